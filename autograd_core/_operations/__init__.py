"""The code behind the table of operations.

Read `operation.py` (the fields of a row), `shape.py` (how an operation is called), `functions.py` (how a row becomes a
function and a method of `Value`) and `printing.py` (how its derivatives become printed formulas). Then read the modules
that the rows refer to: `domains.py` (domains, kinks and flat regions), `values.py` and `derivatives.py` (values and
local derivatives too long for a row), `choosing.py` and `integers.py` (`take`, `max` and `min`). The numerics are in
`special.py`, `activations.py`, `series.py` and, in exact arithmetic, `exact.py`. `signatures.py` is for type checkers.
"""
