"""The current place, which every new node records: the scopes that the code is in, and whether recording is on."""

from __future__ import annotations

from contextvars import ContextVar
from typing import cast

from .choice import accelerated


@accelerated
class Place:
    """The scopes that the running code is in, and whether operations are recorded; a place is immutable."""

    __slots__ = ("parent", "name", "recording", "owner")

    def __init__(self, parent: Place | None, name: str | None, recording: bool, owner: int = 0) -> None:
        self.parent = parent
        self.name = name
        self.recording = recording
        self.owner = owner  # the `id` of the object that entered this place and will leave it

    @property
    def path(self) -> tuple[str, ...]:
        """The names of the scopes around this place, outermost first."""
        names = []
        place: Place | None = self
        while place is not None:
            if place.name is not None:
                names.append(place.name)
            place = place.parent
        return tuple(reversed(names))


ROOT = Place(None, None, recording=True)
_place: ContextVar[Place] = ContextVar("autograd_core.place", default=ROOT)
current = _place.get


def part_of(owner: object) -> list[Place]:
    """Return the innermost of the current places that `owner` entered, followed by the places inside it."""
    part = []
    place: Place | None = current()
    while place is not None:
        part.append(place)
        if place.owner == id(owner):
            return part[::-1]
        place = place.parent
    raise RuntimeError(
        f"{type(owner).__name__} was exited more times than it was entered: exit it once, in the thread or "
        "task that entered it"
    )


def put(part: list[Place], place: Place) -> Place:
    """Nest the places in `part` (the outermost comes first) inside `place`, and return the innermost place."""
    for inner in part:
        if inner.parent is place:
            place = inner
        else:  # a scope inherits `recording` from the place around it
            recording = inner.recording if inner.name is None else place.recording
            place = Place(place, inner.name, recording, inner.owner)
    return place


def leave(owner: object) -> None:
    """Remove the place that `owner` entered, even if other places are inside it.

    For example, a generator may leave its place after the code that consumes the generator has entered another one.
    """
    place, *others = part_of(owner)
    _place.set(put(others, cast(Place, place.parent)))
