"""Numbers typed as options."""

from argparse import ArgumentTypeError


def integer(text: str) -> int:
    """The integer that a text says."""
    try:
        return int(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not an integer") from None


def at_least_one(text: str) -> int:
    """The same, of at least 1."""
    number = integer(text)
    if number < 1:
        raise ArgumentTypeError(f"{number} is less than 1")
    return number
