"""Where an operation happens: is it recorded, and in which scope."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from types import TracebackType
from typing import Any

from .engine import accelerated


@accelerated
class Place:
    """What new nodes are told about the code that makes them; never changed once made."""

    __slots__ = ("parent", "name", "recording")

    def __init__(self, parent: Place | None, name: str | None, recording: bool) -> None:
        self.parent = parent
        self.name = name
        self.recording = recording

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


def decorated(place: _Inside, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, run inside a place each time it is called."""

    @wraps(function)
    def inside(*arguments: Any, **keywords: Any) -> Any:
        with place:
            return function(*arguments, **keywords)

    return inside


class _Inside:
    """A context manager, and decorator, that moves to another place and back.

    It keeps nothing: the place itself knows the one around it, so one instance serves any number of threads and tasks.
    """

    __slots__ = ()

    def _next(self, here: Place) -> Place:
        raise NotImplementedError  # each kind of place says where it leads

    def __enter__(self) -> None:
        _place.set(self._next(current()))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        around = current().parent
        if around is None:
            raise RuntimeError(f"{type(self).__name__} was left more often than entered")
        _place.set(around)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return decorated(self, function)


class back_at:
    """Run code again where it ran before: in the same scopes, and recording as there.

    >>> from autograd_core import Value
    >>> with scope("layer 1"):
    ...     x = Value(2.0)
    >>> with back_at(x._place):
    ...     y = x * 3
    >>> y.scope
    ('layer 1',)
    """

    __slots__ = ("_before", "_there")

    def __init__(self, place: Place) -> None:
        self._there = place

    def __enter__(self) -> None:
        self._before = current()
        _place.set(self._there)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _place.set(self._before)


@accelerated
class scope(_Inside):
    """Name the nodes made inside, for drawing: `with scope("layer 1"): …`; scopes nest.

    Raises TypeError for a name that is not a `str`.

    >>> from autograd_core import Value
    >>> with scope("layer 1"):
    ...     y = Value(2.0) * 3
    >>> y.scope
    ('layer 1',)
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        if type(name) is not str:
            raise TypeError(f"a scope is named by a str; got {name!r}")
        self.name = name

    def _next(self, here: Place) -> Place:
        return Place(here, self.name, here.recording)


@accelerated
class no_record(_Inside):
    """Record nothing inside: operations give leaves with the right numbers and no operands.

    Also a decorator, `@no_record()`; so are `record` and `scope`.

    >>> from autograd_core import Value
    >>> with no_record():
    ...     y = Value(2.0) * 3
    >>> y, y.operands
    (Value(6.0), ())
    """

    __slots__ = ()

    def _next(self, here: Place) -> Place:
        return Place(here, None, False)


@accelerated
class record(_Inside):
    """Record inside, also within `no_record()`; recording is on to begin with (lecture 000 writes it out).

    >>> from autograd_core import Value
    >>> with no_record(), record():
    ...     y = Value(2.0) * 3
    >>> y.operands
    (Value(2.0), 3.0)
    """

    __slots__ = ()

    def _next(self, here: Place) -> Place:
        return Place(here, None, True)
