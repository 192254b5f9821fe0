"""The engine in C: the same objects as the Python one, chosen in `engine.py`."""
