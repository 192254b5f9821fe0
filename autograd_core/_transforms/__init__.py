"""The code behind the transforms.

Read `calls.py` (how the function is called), `run.py` (one run on fresh nodes), then `sweeps.py` (gradients as
Values, and forward mode). `trees.py` and `kinds.py` take arguments apart and put them back together; `matching.py`
compares tangents and cotangents with them. `lost.py` warns when a result has been cut off from the arguments.
"""
