"""Where an operation happens: is it recorded, and in which scope."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextvars import ContextVar
from functools import wraps
from importlib import import_module
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from types import TracebackType, coroutine
from typing import Any, cast

from ._engine.choice import accelerated


@accelerated
class Place:
    """What new nodes are told about the code that makes them; never changed once made."""

    __slots__ = ("parent", "name", "recording", "owner")

    def __init__(self, parent: Place | None, name: str | None, recording: bool, owner: int = 0) -> None:
        self.parent = parent
        self.name = name
        self.recording = recording
        self.owner = owner  # the `id` of who put it there and will take it away

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


def _part_of(owner: Any) -> list[Place]:
    """The innermost place around the running code that `owner` put there, then those inside it."""
    part = []
    place: Place | None = current()
    while place is not None:
        part.append(place)
        if place.owner == id(owner):
            return part[::-1]
        place = place.parent
    raise RuntimeError(
        f"{type(owner).__name__} was left more often than entered: leave it once, in the thread or task that entered it"
    )


def _put(part: list[Place], place: Place) -> Place:
    """The places of `part` inside `place`."""
    for inner in part:
        if inner.parent is place:
            place = inner
        else:  # a scope records as the place around it does
            recording = inner.recording if inner.name is None else place.recording
            place = Place(place, inner.name, recording, inner.owner)
    return place


def leave(owner: _Inside) -> None:
    """Take away what `owner` put there, wherever it stands: a generator may leave after its consumer has entered."""
    place, *others = _part_of(owner)
    _place.set(_put(others, cast(Place, place.parent)))


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


def decorated(place: _Inside, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, run inside a place: of a generator or coroutine each step, and nothing of who waits for it."""
    if isgeneratorfunction(function):
        return _generator_inside(place, function)
    if iscoroutinefunction(function):
        return _coroutine_inside(place, function)
    if isasyncgenfunction(function):
        return _async_generator_inside(place, function)

    @wraps(function)
    def inside(*arguments: Any, **keywords: Any) -> Any:
        with place:
            return function(*arguments, **keywords)

    return inside


def _generator_inside(place: _Inside, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def inside(*arguments: Any, **keywords: Any) -> Generator[Any, Any, Any]:
        return (yield from _Visit(place).steps(function(*arguments, **keywords)))

    return inside


def _coroutine_inside(place: _Inside, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    async def inside(*arguments: Any, **keywords: Any) -> Any:
        return await _Visit(place).awaited(function(*arguments, **keywords))

    return inside


def _async_generator_inside(place: _Inside, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    async def inside(*arguments: Any, **keywords: Any) -> AsyncGenerator[Any, Any]:
        visit, generator = _Visit(place), function(*arguments, **keywords)
        step, given = generator.asend, None
        while True:
            try:
                item = await visit.awaited(step(given))
            except StopAsyncIteration:
                return
            finally:
                given = None  # an error that goes on is not kept alive from here
            try:
                step, given = generator.asend, (yield item)
            except GeneratorExit:
                await visit.awaited(generator.aclose())
                raise
            except BaseException as error:
                step, given = generator.athrow, error

    return inside


class _Visit:
    """The part of the place that belongs to one generator or coroutine: there while it runs, put aside while it waits.

    It is what the decorator puts there, and whatever the code inside has entered and not left.
    """

    __slots__ = ("part",)

    def __init__(self, place: _Inside) -> None:
        entered = place._next(ROOT)
        self.part = [Place(ROOT, entered.name, entered.recording, id(self))]

    def __enter__(self) -> None:
        _place.set(_put(self.part, current()))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.part = _part_of(self)
        _place.set(cast(Place, self.part[0].parent))

    def steps(self, generator: Any) -> Generator[Any, Any, Any]:
        """`generator`, of which each step is taken inside."""
        step, given = generator.send, None
        while True:
            try:
                with self:
                    item = step(given)
            except StopIteration as stop:
                return stop.value
            finally:
                given = None  # an error that goes on is not kept alive from here
            try:
                step, given = generator.send, (yield item)
            except GeneratorExit:
                with self:
                    generator.close()
                raise
            except BaseException as error:
                step, given = generator.throw, error

    @coroutine
    def awaited(self, thing: Any) -> Generator[Any, Any, Any]:
        """What awaiting a coroutine gives, of which each step is taken inside."""
        return (yield from self.steps(thing))


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
