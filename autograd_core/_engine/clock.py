"""One counter for the whole process: assigning a leaf advances it, and every node records the counter's value."""

import threading

from .choice import accelerated

clock = [0]
_moving = threading.Lock()


@accelerated
def tick() -> int:
    """Advance the clock and return its reading: nodes made from now on carry a later stamp than all earlier ones."""
    with _moving:
        clock[0] += 1
        return clock[0]


@accelerated
def catch_up(stamp: int) -> None:
    """Advance the clock to at least `stamp`, for nodes from a pickle."""
    with _moving:
        clock[0] = max(clock[0], stamp)
