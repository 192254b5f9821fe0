"""Protects work that Ctrl-C must not leave half done."""

from collections.abc import Callable


def undivided(write: Callable[[], None]) -> None:
    """Run a restartable function to completion; if Ctrl-C interrupts it, raise KeyboardInterrupt afterwards.

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
