"""The engine's inner workings.

Read `recording.py` first: it shows how an operation makes a node, and `nodes.py` how the engine makes one from its
parts. `places.py` says where an operation happens, `decorated.py` what `@scope(…)` does to a function. `copying.py` and
`pickling.py` handle graphs of any depth; `flat.py` makes of a graph the list of numbers that pickles hold and programs
replay; `choice.py` picks the C or the Python engine; `clock.py` stamps nodes; `numbers.py` says what a number is;
`freeing.py` frees deep graphs in a browser; `nonfinite.py` finds where a NaN comes from; `pictures.py` gives `Value`
its `draw` and `step`.
"""
