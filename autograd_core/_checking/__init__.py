"""How the gradient checker works.

`differences.py` estimates a derivative, `report.py` shows the result, `ulps.py` measures in units in the last place.
"""
