"""How the gradient checker in `check.py` works.

Read `differences.py` (how a derivative is estimated), then `report.py` (how results are shown). `points.py` draws
operands at which to check an operation. A coordinate is a derivative to check, or the number with respect to which the
derivative is taken; `names.py` gives each coordinate a name and a group. `ulps.py` measures errors in units in the last
place.
"""
