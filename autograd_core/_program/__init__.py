"""Programs as data: tracing records a function as flat lists of operations, and a player replays them at new numbers.

A question that the function asks about its numbers, such as a comparison, becomes a guard. Each combination of answers
that has been traced is a branch, and each branch has its own list. In reading order, the modules are:

- `listing` (the flat list) and `guards` (the questions);
- `player` (the Python player, which defines what a list means), `native` (the C player) and `players` (the choice
  between the two);
- `captured` (a record of what a function reads besides its arguments), `reached` (the search that makes it),
  `inspecting` (how the search looks into objects) and `entered` (the code that a function runs);
- `tracing` (records one run of a function), `traced_nodes` (searches among the nodes of that run), `recorded` (turns
  the run into a list), `order` (puts the list into the engine's order) and `arguments` (splits a call's arguments into
  numbers and structure);
- `branches` and `replays` (find the branch that given numbers take), and `failing` (finds the error to raise if a
  replay has no result);
- `spread`, `many_rows` and `over_rows` (replays at many points);
- `replayed` (carries out a call to a program), `nodes` (the node that represents the call) and `program` (the class
  Program);
- `saving` (programs in files) and `explaining` (descriptions of programs);
- `flow` (the steps in which a branch is replayed), `picture` (a branch drawn as boxes), `merging` (decides which steps
  share a box), `words` (the text in a box) and `sketch` (the drawing of a program, in Graphviz's DOT language);
- `exporting`, `exporting_c` and `exporting_python` (programs in other languages), with the players that exported
  Python modules contain (`numpy_player` and `python_player`).
"""
