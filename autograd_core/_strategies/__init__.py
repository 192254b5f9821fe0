"""Random programs for property tests.

Read `programs.py` (how a program is represented), then `sketches.py` (how Hypothesis draws a program).
"""
