"""Where operations happen: `scope` names the nodes made inside, `no_record` and `record` switch recording."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import TracebackType
from typing import Any

from ._engine.choice import accelerated
from ._engine.decorated import decorated
from ._engine.places import Place, _place, current, leave


class _Inside:
    """A context manager, and decorator, that moves to another place and back.

    It keeps nothing: the place knows the one around it and who put it there, so one instance serves any number of
    threads and tasks.
    """

    __slots__ = ()

    def _next(self, here: Place) -> Place:
        raise NotImplementedError  # each kind of place says where it leads

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

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        if type(name) is not str:
            raise TypeError(f"a scope is named by a str; got {name!r}")
        self._name = name

    @property
    def name(self) -> str:
        """What the nodes made inside are told."""
        return self._name

    def _next(self, here: Place) -> Place:
        return Place(here, self._name, here.recording, id(self))


@accelerated
class no_record(_Inside):
    """Record nothing inside: operations give leaves with the right numbers and no operands.

    Also a decorator, `@no_record()`; so are `record` and `scope`. A generator that yields inside `with no_record():`
    leaves its consumer there too, as context managers made with `contextlib` must; one that is decorated does not.

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
    """Record inside, also within `no_record()`; recording is on to begin with (lecture 000 writes it out).

    With `source=True` each node also knows the line of your code that made it, and the functions that you call are
    scopes: the stepper shows the program beside the graph. That takes time, as a debugger does, and is for one thread.

    >>> from autograd_core import Value
    >>> with no_record(), record():
    ...     y = Value(2.0) * 3
    >>> y.operands
    (Value(2.0), 3.0)
    """

    __slots__ = ()

    def __new__(cls, *, source: bool = False) -> Any:
        """The context manager; with `source` another one."""
        if not source:
            return object.__new__(cls)
        return import_module("autograd_core._engine.sources").Following()  # which stands on this module

    def _next(self, here: Place) -> Place:
        return Place(here, None, True, id(self))
