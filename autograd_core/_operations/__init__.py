"""The code behind the table of operations in `ops.py`, which has one row for each operation, such as `tanh`.

Read `operation.py` (the fields of a row), `shape.py` (how an operation is called), `functions.py` (how a row becomes a
function and a method of `Value`) and `printing.py` (how formulas for the derivatives are derived from the code of the
row). Then read the modules that the rows refer to: `domains.py` (domains, kinks and flat regions), `values.py` and
`derivatives.py` (values and local derivatives too long for a row), `choosing.py` and `integers.py` (`take`, `max` and
`min`). The numerical functions are in `special.py`, `activations.py`, `series.py` and, in decimal and integer
arithmetic, `exact.py`. `signatures.pyi` is for type checkers.
"""
