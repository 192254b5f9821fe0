"""Translates the operations in `ops.py` to C, to JavaScript, to NumPy code, and to Python code that works on floats.

Each operation has a row in the table of operations. The row holds the Python functions that compute the operation's
value and its derivatives.

Start reading with `forms.py` (the typed intermediate form), `operations.py` (the operations of Python and `math`) and
`source.py` (which finds a function's source code). `expressions.py`, `loops.py`, `calls.py`, `assigning.py` and
`statements.py` translate a function's syntax tree to the intermediate form. `translator.py` translates a function
together with the functions that it calls, and `rows.py` translates all functions of a row.

The back ends turn the intermediate form into source text. `in_c.py` (with `_native/runtime.h`), `in_javascript.py`
(with `runtime.js` and `special.js`) and `in_python.py` share `braces.py`; `in_numpy.py` (with `numpy_runtime.py`) uses
`differing.py` and `numpy_expressions.py`.

Some functions compute with decimals or with ints of any size, which only Python can do. Generated JavaScript and NumPy
code does not call these functions: `approximate.py` removes the branches that call them, and `nearly.py` replaces the
functions that are needed outside these branches.

`kernels.py` generates the native engine's kernels.

The translator never translates only a part of a row. If it does not understand something in a row, it rejects the whole
row, with an error message that names the file and the line.
"""
