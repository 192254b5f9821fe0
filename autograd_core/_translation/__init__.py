"""Translates the operations in `ops.py` to C, to JavaScript, to NumPy code, and to Python code that works on floats.

A row is an entry in the table of operations; it holds the Python functions for an operation's value and derivatives.

Start with `forms.py` (the typed intermediate form), `operations.py` (the operations of Python and `math`) and
`source.py` (which finds a function's source). `expressions.py`, `loops.py`, `calls.py`, `assigning.py` and
`statements.py` translate a function's syntax tree to the intermediate form. `translator.py` translates a function
together with the functions that it calls, and `rows.py` translates all functions of a row.

The back ends turn the intermediate form into text. `in_c.py` (with `_native/runtime.h`), `in_javascript.py` (with
`runtime.js` and `special.js`) and `in_python.py` share `braces.py`; `in_numpy.py` (with `numpy_runtime.py`) uses
`differing.py` and `numpy_expressions.py`.

Some functions can be computed only in Python. Generated JavaScript and NumPy code cannot call Python; there,
`approximate.py` and `nearly.py` replace these functions. `kernels.py` generates the native engine's kernels.

A row is never translated in part. If the translator does not understand something in a row, it rejects the whole row;
the message gives the file and line.
"""
