"""The clock: one counter for the whole process. Assigning a leaf advances it; every new node records its reading."""

import threading

from .choice import accelerated

clock = [0]
_moving = threading.Lock()


@accelerated
def tick() -> int:
    """Advance the clock and return its reading: nodes made from now on get a later stamp than all earlier nodes."""
    with _moving:
        clock[0] += 1
        return clock[0]


@accelerated
def catch_up(stamp: int) -> None:
    """Advance the clock to at least `stamp`, the latest stamp of the nodes loaded from a pickle."""
    with _moving:
        clock[0] = max(clock[0], stamp)
