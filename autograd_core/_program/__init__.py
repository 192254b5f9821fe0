"""Programs as data, and the translator of rows: from a row's own Python to C, JavaScript and NumPy.

What replays, in reading order: `listing` (the flat list) and `guards` (the questions on the way); `player` (what a list
means, in Python, with `single` for one operation), `native` (the same in C) and `players` (which of them runs);
`tracing` (what happens while a function runs), `recorded` (from such a run to a list) and `arguments`; `branches` and
`replays` (how a point finds its branch); `spread`, `many_rows` and `over_rows` (many points); `replayed` (how a call is
made); `saving`, `explaining`, `exporting`, `exporting_c` and `exporting_python`, with the players that exports contain
(`numpy_player` and `python_player`).

The translator, in reading order: `forms` (the typed intermediate form), `operations` (what Python and `math` have),
`source` (where a function's Python is), `expressions`, `loops`, `calls`, `assigning` and `statements` (from the syntax
tree to the form), `translator` and `rows` (all functions of a row). Then one emitter for each language: `braces` and
`in_c` with `_native/runtime.h`, `in_python`, `in_javascript` with `runtime.js`, `differing`, `numpy_expressions` and
`in_numpy` with `numpy_runtime`; the last two languages cannot ask Python for what only it computes (`approximate`,
`nearly`). `kernels` writes the kernels of the native engine.

What is not understood is refused by name, with file and line: a row is never translated in part.
"""
