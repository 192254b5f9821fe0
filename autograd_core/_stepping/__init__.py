"""What the stepper is made of.

Read `script.py` (all steps in order), `forward.py` and `backward.py` (what each step says, as `lines.py` with numbers
left open), `replay.py` (the numbers, on a tape that says how each was computed), then `frames.py` (still pictures) and
`page.py`, which puts the page together from `live/`. There, `player.js` computes the tape again when the reader
moves a leaf, `steps.js` shows steps, `leaves.js` and `tools.js` are what the reader plays with. `program.py` is the
program beside the graph, `asking.py` what it asked, `second.py` the graph of the gradients.
"""
