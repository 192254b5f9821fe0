"""Random programs: read `programs.py` (what a program is), then `sketches.py` (how one is drawn)."""
