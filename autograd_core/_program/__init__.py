"""Programs as data: a function is traced into flat lists of operations, and a player replays these at new numbers.

A question that the function asks about its numbers, such as a comparison, becomes a guard; each way through the guards
is a branch, and each branch has its own list. In reading order, the modules are:

- `listing` (the flat list) and `guards` (the questions);
- `player` (what a list means, in Python), `native` (the same in C) and `players` (the choice between the two);
- `tracing` (one run of a function), `traced_nodes` (which of its nodes matter), `recorded` (which turns that run into a
  list), `order` (which puts the list into the engine's order) and `arguments` (which splits a call's arguments into
  numbers and structure);
- `branches` and `replays` (how the branch for given numbers is found), and `failing` (which error is raised if there is
  no result);
- `spread`, `many_rows` and `over_rows` (replays at many points);
- `replayed` (how a call of a program is carried out), `nodes` (the node that a call makes) and `program` (the class
  Program);
- `saving` and `explaining`;
- `flow` (the steps in which a branch is played), `merging` (which steps share a box), `words` (what a box says),
  `picture` (a branch as boxes) and `sketch` (the drawing of a program, in Graphviz's language);
- `exporting`, `exporting_c` and `exporting_python`, with the players that exported modules contain (`numpy_player` and
  `python_player`).
"""
