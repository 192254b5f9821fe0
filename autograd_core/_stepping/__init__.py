"""The code behind the stepper, which shows the forward and backward passes of a graph step by step.

Start with `scene.py` (the data of a step), `script.py` (all steps in order), `forward.py` and `backward.py` (the text
of each step, with `lines.py` for the numbers in it and `formulas.py` for the derivatives), and `replay.py` (the
numbers, on a tape that records how each number was computed). Then read `frames.py` (still pictures), with
`geometry.py` and `wrapping.py` (their layout), and `page.py`, which assembles the page from `data.py` and `live/`. In
`live/`, `player.js` recomputes the numbers on the tape when the reader changes a leaf's value, `steps.js` shows steps,
and `leaves.js` and `tools.js` contain the controls. `asking.py` calls the user's function and records the questions
that the function asks about its numbers, and `source.py` finds the source lines shown beside the graph.
"""
