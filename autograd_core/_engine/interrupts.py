"""Work that Ctrl-C must not cut in two."""

from collections.abc import Callable


def undivided(write: Callable[[], None]) -> None:
    """Do something restartable to its end; if Ctrl-C comes in between, raise it afterwards.

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
