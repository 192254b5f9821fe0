"""The code behind the command line.

Read `expression.py` (parses an expression), `functions.py` (finds a function in a file), `numbers.py` (parses numeric
options), then `files.py` (writes pictures).
"""
