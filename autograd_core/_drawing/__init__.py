"""The code that drawings of a graph share with the stepper, which shows a computation step by step.

`layout.py` lays a drawing out, with Graphviz. To read everything, start with `picture.py` (a graph as boxes and edges),
`options.py`, `boxes.py` and `texts.py` (how names and numbers are written). Then read `groups.py` and `fold.py` (which
nodes share a box); `dot.py`, `order.py` and `palette.py` (the picture as DOT source, the order of its boxes, and its
colours); `layout.py`, `upright.py` and `wheel.py` (how a picture is laid out); and finally `drawing.py` (the object
that `draw` returns).
"""
