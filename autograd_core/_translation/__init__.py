"""The translator of rows, from a row's own Python to C, JavaScript, NumPy and plain Python on floats.

Start with `forms.py` (the typed intermediate form), `operations.py` (the operations of Python and `math`) and
`source.py` (which finds a function's source). The syntax tree becomes the form in `expressions.py`, `loops.py`,
`calls.py`, `assigning.py` and `statements.py`, then in `translator.py` and `rows.py` (all functions of a row). The form
becomes text in `braces.py` and `in_c.py` (with `_native/runtime.h`), `in_python.py`, `in_javascript.py` (with
`runtime.js` and `special.js`), and `differing.py`, `numpy_expressions.py` and `in_numpy.py` (with `numpy_runtime.py`).
JavaScript and NumPy cannot call Python for the functions that only Python can compute; `approximate.py` and `nearly.py`
replace these functions. `kernels.py` writes the kernels of the native engine.

Anything that the translator does not understand is rejected by name, with file and line: a row is
never translated in part.
"""
