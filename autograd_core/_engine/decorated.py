"""The wrappers that `@scope(…)` and `@no_record()` put around functions, generators and coroutines.

Wrapped code runs inside a place (see `places.py`): in another scope, or without recording.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from types import TracebackType, coroutine
from typing import Any, Protocol, cast

from .places import ROOT, Place, _place, current, part_of, put


class Enters(Protocol):
    """A context manager that enters another place."""

    def _next(self, here: Place) -> Place: ...

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def decorated(place: Enters, function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap `function` so that it runs inside a place; a generator or coroutine leaves the place while it waits."""
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


def _generator_inside(place: Enters, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def inside(*arguments: Any, **keywords: Any) -> Generator[Any, Any, Any]:
        return (yield from _Visit(place).steps(function(*arguments, **keywords)))

    return inside


def _coroutine_inside(place: Enters, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    async def inside(*arguments: Any, **keywords: Any) -> Any:
        return await _Visit(place).awaited(function(*arguments, **keywords))

    return inside


def _async_generator_inside(place: Enters, function: Callable[..., Any]) -> Callable[..., Any]:
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
                given = None  # so that this frame does not keep the error alive
            try:
                step, given = generator.asend, (yield item)
            except GeneratorExit:
                await visit.awaited(generator.aclose())
                raise
            except BaseException as error:
                step, given = generator.athrow, error

    return inside


class _Visit:
    """The places of a generator or coroutine, which leaves them when it waits and enters them again when it continues.

    They are the place of the decorator, and any places that the wrapped code has entered but not yet left.
    """

    __slots__ = ("part",)

    def __init__(self, place: Enters) -> None:
        entered = place._next(ROOT)
        self.part = [Place(ROOT, entered.name, entered.recording, id(self))]

    def __enter__(self) -> None:
        _place.set(put(self.part, current()))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.part = part_of(self)
        _place.set(cast(Place, self.part[0].parent))

    def steps(self, generator: Any) -> Generator[Any, Any, Any]:
        """Run `generator`, and execute each of its steps inside these places."""
        step, given = generator.send, None
        while True:
            try:
                with self:
                    item = step(given)
            except StopIteration as stop:
                return stop.value
            finally:
                given = None  # so that this frame does not keep the error alive
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
        """Await a coroutine, and execute each of its steps inside these places."""
        return (yield from self.steps(thing))
