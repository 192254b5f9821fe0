"""The code behind the transforms: functions such as `grad` that take a function and return one for its derivatives.

Read `calls.py` (how a transform calls the function it is given), then `run.py` (one run on fresh nodes) and
`sweeps.py` (the reverse and forward sweeps that compute derivatives). `trees.py` and `kinds.py` take arguments apart
and put them back together; `matching.py` reads tangents and cotangents, which must have the same structure as the
arguments or the outputs. `lost.py` warns when a result no longer depends on the arguments.
"""
