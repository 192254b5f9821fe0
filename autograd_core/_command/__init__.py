"""Behind the command line: `expression.py` reads what was typed, `files.py` writes pictures."""
