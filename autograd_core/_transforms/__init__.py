"""The code behind the transforms.

Read `calls.py` (how a transform calls its function), `run.py` (one run on fresh nodes), then `sweeps.py` (gradients as
Values, and forward mode). `trees.py` and `kinds.py` take arguments apart and put them back together; `matching.py`
reads tangents and cotangents, which must have the same structure as the arguments or the outputs. `lost.py` warns when
a result no longer depends on the arguments.
"""
