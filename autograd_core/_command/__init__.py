"""The code behind the command line.

Read `expression.py`, which parses expressions; `functions.py`, which finds a function in a file; `numbers.py`, which
parses numeric options; and finally `files.py`, which writes pictures.
"""
