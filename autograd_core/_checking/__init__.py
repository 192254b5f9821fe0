"""How the gradient checker works.

Read `differences.py` (how a derivative is estimated), then `report.py` (how results are shown). `points.py` draws
operands at which to check an operation, `names.py` names and groups the coordinates, and `ulps.py` measures errors in
units in the last place.
"""
