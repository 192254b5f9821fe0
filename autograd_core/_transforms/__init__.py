"""The code behind the transforms.

Read `calls.py` (how a transform calls its function), then `run.py` (one run of that function on fresh nodes) and
`sweeps.py` (the reverse and forward sweeps that compute derivatives). `trees.py` and `kinds.py` take arguments apart
and put them back together; `matching.py` reads tangents and cotangents, which must have the same structure as the
arguments or the outputs. `lost.py` warns when a result no longer depends on the arguments.
"""
