"""Translates the operations in `ops.py` from Python to C, JavaScript, NumPy and plain Python on floats.

A row is an entry of the table of operations: it holds the Python functions for an operation's value and derivatives.

Start with `forms.py` (the typed intermediate form), `operations.py` (the operations of Python and `math`) and
`source.py` (which finds a function's source). `expressions.py`, `loops.py`, `calls.py`, `assigning.py` and
`statements.py` translate a function's syntax tree to the intermediate form; `translator.py` does this for a function
and for those that it calls, and `rows.py` for all functions of a row.

The back ends turn the form into text: `in_c.py` (with `_native/runtime.h`), `in_javascript.py` (with `runtime.js` and
`special.js`) and `in_python.py`, which share `braces.py`; and `in_numpy.py` (with `numpy_runtime.py`), which uses
`differing.py` and `numpy_expressions.py`.

Generated JavaScript and NumPy code cannot call Python for the functions that only Python can compute;
`approximate.py` and `nearly.py` replace these functions. `kernels.py` writes the kernels of the native engine.

A row is never translated in part. If the translator does not understand something in a row, it rejects the whole row;
the message gives the file and line.
"""
