"""The modules of the engine.

Read `recording.py` first: it shows how an operation makes a node. The other modules by subject:

- Nodes: `nodes.py` makes a node from its parts, `numbers.py` defines what counts as a number, `leaf_arguments.py`
  checks the arguments of `Value(…)`, and `clock.py` gives nodes their time stamps.
- The two engines: `choice.py` picks the C or the Python engine and defines `@accelerated`.
- The context of an operation: `places.py` keeps the current scopes and whether operations are recorded, `decorated.py`
  makes the wrappers for `@scope(…)`, `sources.py` records the source line that made a node, and `traces.py` keeps the
  running traces (each records a function as a program, to be replayed).
- Whole graphs: `copying.py` copies graphs of any depth, `flat.py` turns them into lists of numbers, which `pickling.py`
  stores and traced programs replay, `old_pickles.py` loads the pickles of version 0.1.0, and `freeing.py` frees deep
  graphs in a browser.
- Writing: `interrupts.py` protects updates from Ctrl-C, and `writing.py` replaces files atomically.
- Diagnosis: `nonfinite.py` finds where a NaN comes from, and `watching.py` notices numbers that leave the graph.
- Networks: `weighted.py` computes the sums of a layer, and `weights.py` reads and assigns many leaves at once.
- Labels and drawings: `names.py` makes names unique, and `pictures.py` gives `Value` its methods `draw` and `step`.
"""
