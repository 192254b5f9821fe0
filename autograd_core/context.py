"""Context managers: `scope` groups nodes under a name; `no_record` and `record` turn recording off and on."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import TracebackType
from typing import Any

from ._engine.choice import accelerated
from ._engine.decorated import decorated
from ._engine.places import Place, _place, current, leave


class _Inside:
    """A context manager and decorator that changes the current place and restores it.

    A place consists of the current scopes, and of whether recording is on (see `_engine/places.py`). The context
    manager has no state, since each place refers to its parent and to the object that entered it. So one instance can
    serve any number of threads and tasks.
    """

    __slots__ = ()

    def _next(self, here: Place) -> Place:
        raise NotImplementedError  # each subclass returns the place that it enters

    def __enter__(self) -> None:
        _place.set(self._next(current()))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        here = current()
        if here.owner == id(self) and here.parent is not None:
            _place.set(here.parent)
        else:
            leave(self)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return decorated(self, function)


class back_at:
    """Run code again in the place where it ran before: in the same scopes, and with recording on or off as before.

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
    """Group the nodes made inside the scope under a name, for drawings: `with scope("layer 1"): …`. Scopes nest.

    Raises:
        TypeError: The name is not a `str`.

    >>> from autograd_core import Value
    >>> with scope("layer 1"):
    ...     y = Value(2.0) * 3
    >>> y.scope
    ('layer 1',)
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        if type(name) is not str:
            raise TypeError(f"the name of a scope must be a str; got {name!r}")
        self._name = name

    @property
    def name(self) -> str:
        """The scope's name, which every node made inside the scope records."""
        return self._name

    def _next(self, here: Place) -> Place:
        return Place(here, self._name, here.recording, id(self))


@accelerated
class no_record(_Inside):
    """Turn recording off: operations inside return leaves, with the correct numbers but no operands.

    It also works as a decorator, `@no_record()`, as do `record` and `scope`. As with any context manager, if a
    generator yields inside `with no_record():`, recording is also off in the code that consumes the generator; to avoid
    this, decorate the generator instead.

    >>> from autograd_core import Value
    >>> with no_record():
    ...     y = Value(2.0) * 3
    >>> y, y.operands
    (Value(6.0), ())
    """

    __slots__ = ()

    def _next(self, here: Place) -> Place:
        return Place(here, None, False, id(self))


@accelerated
class record(_Inside):
    """Turn recording on, even within `no_record()`; recording is on by default.

    With `source=True`, each node also knows the line of your code that made it, and each function you call becomes a
    scope, so the stepper can show the program beside the graph. This is as slow as running under a debugger, and
    applies only to the current thread. (In lecture 000, the record of operations is written by hand.)

    >>> from autograd_core import Value
    >>> with no_record(), record():
    ...     y = Value(2.0) * 3
    >>> y.operands
    (Value(2.0), 3.0)
    """

    __slots__ = ()

    def __new__(cls, *, source: bool = False) -> Any:
        """Return the context manager; if `source` is True, return the one that also records source lines."""
        if not source:
            return object.__new__(cls)
        return import_module("autograd_core._engine.sources").Following()  # imported only when needed

    def _next(self, here: Place) -> Place:
        return Place(here, None, True, id(self))
