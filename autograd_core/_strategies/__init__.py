"""Random programs: read `programs.py` (programs as data), then `sketches.py` (how Hypothesis draws a program)."""
