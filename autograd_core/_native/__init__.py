"""The engine in C, with the same objects as the Python engine; `_engine/choice.py` chooses between the two."""
