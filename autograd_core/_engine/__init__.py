"""The engine's inner workings.

Read `recording.py` first: it shows how an operation makes a node. `copying.py` and `pickling.py` handle graphs of any
depth; `choice.py` picks the C or the Python engine; `clock.py` stamps nodes; `freeing.py` frees deep graphs
in a browser; `nonfinite.py` finds where a NaN comes from; `pictures.py` gives `Value` its `draw` and `step`.
"""
