"""Translates the operations in `ops.py` to C, to JavaScript, to NumPy code, and to Python code that works on floats.

A row is an entry in the table of operations. It holds the Python functions that compute an operation's value and its
derivatives.

Start with `forms.py` (the typed intermediate form), `operations.py` (the operations of Python and `math`) and
`source.py` (which finds a function's source). `expressions.py`, `loops.py`, `calls.py`, `assigning.py` and
`statements.py` translate a function's syntax tree to the intermediate form. `translator.py` translates a function
together with the functions that it calls, and `rows.py` translates all functions of a row.

The back ends turn the intermediate form into source text. `in_c.py` (with `_native/runtime.h`), `in_javascript.py`
(with `runtime.js` and `special.js`) and `in_python.py` share `braces.py`; `in_numpy.py` (with `numpy_runtime.py`) uses
`differing.py` and `numpy_expressions.py`.

Some functions use decimals or ints of any size, so only Python can compute them. Generated JavaScript and NumPy code
does not call these functions: `approximate.py` removes the branches that call them, and `nearly.py` replaces the
functions that are needed outside these branches.

`kernels.py` generates the native engine's kernels.

A row is never translated in part. If the translator does not understand something in a row, it rejects the whole row,
with an error message that gives the file and the line.
"""
