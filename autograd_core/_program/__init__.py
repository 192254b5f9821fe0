"""Programs as data, and the translator of rows: from a row's own Python to C, JavaScript and NumPy.

In reading order: `forms` (the typed intermediate form), `operations` (what Python and `math` have), `source` (where a
function's Python is), `expressions`, `loops`, `calls` and `statements` (from the syntax tree to the form), `translator`
and `rows` (all functions of a row). Then one emitter for each language: `braces` and `in_c` with `_native/runtime.h`,
`in_javascript` with `runtime.js`, `in_numpy` and `differing` with `numpy_runtime`; the last two languages cannot ask
Python for what only it computes (`approximate`, `nearly`). `kernels` writes the kernels of the native engine.

What is not understood is refused by name, with file and line: a row is never translated in part.
"""
