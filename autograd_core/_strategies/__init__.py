"""Random programs: `programs.py` says what a program is, `sketches.py` draws one."""
