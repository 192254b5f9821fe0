"""What the stepper is made of.

Read `script.py` (all steps in order), `forward.py` and `backward.py` (what each step says), `replay.py` (the numbers),
then `frames.py` (still pictures) and `page.html`, `page.css`, `page.js` (the page).
"""
