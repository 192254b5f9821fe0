"""The code behind the stepper.

Read `scene.py` (the data of a step) and `script.py` (all steps in order), `forward.py` and `backward.py` (the text of
each step, with `lines.py` for its numbers and `formulas.py` for its derivatives) and `replay.py` (the numbers, on a
tape that records how each was computed). Then read `frames.py` (still pictures), with `geometry.py` and `wrapping.py`
(their layout), and `page.py`, which assembles the page from `data.py` and `live/`. In `live/`, `player.js` recomputes
the tape when the reader changes a leaf's value, `steps.js` shows steps, and `leaves.js` and `tools.js` contain the
controls. `asking.py` calls a function and records the questions that it asks about its numbers, and `source.py` finds
the source lines shown beside the graph.
"""
