"""The code shared by drawings and the stepper.

Read `picture.py` (a graph as boxes and edges), with `options.py`, `boxes.py` and `texts.py` (how names and numbers are
written); then `groups.py` and `fold.py` (which nodes share a box); then `dot.py`, `order.py` and `palette.py` (the
picture as DOT source, the order of its boxes, and its colours); then `layout.py`, `upright.py` and `wheel.py` (how the
picture is laid out); and last `drawing.py` (the object that the user gets).
"""
