"""What Ctrl-C must not divide."""

from collections.abc import Callable


def undivided(write: Callable[[], None]) -> None:
    """Do something that may be begun again, to its end: where Ctrl-C comes in between, it is raised after the end.

    >>> presses = [KeyboardInterrupt, KeyboardInterrupt]
    >>> def write():
    ...     if presses:
    ...         raise presses.pop()
    ...     print("written")
    >>> try:
    ...     undivided(write)
    ... except KeyboardInterrupt:
    ...     print("raised")
    written
    raised
    """
    try:
        write()
    except KeyboardInterrupt:
        undivided(write)
        raise
