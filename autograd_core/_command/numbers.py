"""Parsers for the numeric options of the command line."""

from argparse import ArgumentTypeError


def integer(text: str) -> int:
    """Parse an integer."""
    try:
        return int(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not an integer") from None


def at_least_one(text: str) -> int:
    """Parse an integer of at least 1."""
    number = integer(text)
    if number < 1:
        raise ArgumentTypeError(f"{number} is less than 1")
    return number
