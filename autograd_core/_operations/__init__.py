"""What the table of operations is made of.

Read `operation.py` (what a row is), `functions.py` (how a row becomes a function and a method of `Value`), then
`derivatives.py` (local derivatives too long for a row). `special.py` and `series.py` hold the special functions.
"""
