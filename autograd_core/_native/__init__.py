"""The engine in C: the same objects as the Python one, chosen in `_engine/choice.py`."""
