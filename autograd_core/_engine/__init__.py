"""The code behind the engine.

Read `recording.py` first: it shows how an operation makes a node. `nodes.py` shows how the engine makes a node from its
parts. `numbers.py` defines what counts as a number, `leaf_arguments.py` checks the arguments of `Value(…)`,
`clock.py` stamps nodes, and `choice.py` picks the C or the Python engine and defines `@accelerated`.

The context of an operation: `places.py` (scopes and recording), `decorated.py` (the wrappers that `@scope(…)` makes),
`sources.py` (the source line that made a node) and `traces.py` (the running traces). Whole graphs: `copying.py` copies
them at any depth; `flat.py` turns them into lists of numbers, which `pickling.py` stores and programs replay;
`old_pickles.py` loads the pickles of version 0.1.0; `freeing.py` frees deep graphs in a browser. Writing:
`interrupts.py` protects updates from Ctrl-C, and `writing.py` replaces files atomically. Diagnosis: `nonfinite.py`
finds where a NaN comes from, and `watching.py` notices numbers that leave the graph. For networks: `weighted.py` (the
sums of a layer) and `weights.py` (reading and assigning many leaves at once). `names.py` makes names unique;
`pictures.py` gives `Value` its `draw` and `step`.
"""
