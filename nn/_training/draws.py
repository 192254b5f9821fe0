"""Draw the random numbers that modules need before a program (a traced computation) is replayed.

The numbers are inputs of the program. For each example, they are those that the modules would draw, in the same order.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..module import Module

# A call that draws a number: the index of the generator in `Draws.generators`, the method's name, and the arguments.
Call = tuple[int, str, tuple[Any, ...]]
NUMBERS = {"random", "uniform", "gauss", "normalvariate", "lognormvariate", "expovariate", "triangular", "betavariate",
           "gammavariate", "paretovariate", "weibullvariate", "vonmisesvariate"}  # fmt: skip


class Untraceable(Exception):  # noqa: N818  # its text says why no program is used, and is recorded in the history
    """Programs cannot be used, or would not be faster; the message says why."""


class Draws:
    """The random generators that the modules of a model hold; a shared generator is listed once."""

    def __init__(self, model: Module) -> None:
        self.holders = [
            (module, key, thing)
            for _, module in model.named_modules()
            for key, thing in vars(module).items()
            if isinstance(thing, random.Random)
        ]
        self.generators = list({id(thing): thing for _, _, thing in self.holders}.values())

    def state(self) -> list[Any]:
        """Return the states of the generators."""
        return [generator.getstate() for generator in self.generators]

    def restore(self, state: Sequence[Any]) -> None:
        """Put the generators back into these states, so that they draw the same numbers again."""
        for generator, then in zip(self.generators, state, strict=True):
            generator.setstate(then)

    def drawn(self, calls: Sequence[Call]) -> list[float]:
        """Make these calls in order, and return their results."""
        return [getattr(self.generators[i], name)(*arguments) for i, name, arguments in calls]

    def of_rows(self, calls: Sequence[Call], count: int) -> list[float]:
        """Make these calls in order for each of `count` examples, and return all results."""
        methods = [(getattr(self.generators[i], name), arguments) for i, name, arguments in calls]
        return [method(*arguments) for _ in range(count) for method, arguments in methods]

    def observed(self, run: Callable[[], Any]) -> tuple[list[Call], list[float]]:
        """Call `run`, and return the draws that it makes: the calls and their results."""
        calls: list[Call] = []
        numbers: list[float] = []

        def draw(call: Call) -> float:
            calls.append(call)
            numbers.extend(self.drawn([call]))
            return numbers[-1]

        with self._replaced(draw):
            run()
        return calls, numbers

    @contextmanager
    def given(self, calls: Sequence[Call], numbers: Sequence[Any]) -> Iterator[None]:
        """Inside the context, these calls, in this order, return these numbers; any other call raises Untraceable."""
        answers = iter(zip(calls, numbers, strict=True))

        def draw(call: Call) -> Any:
            expected, number = next(answers, (None, None))
            if call != expected:
                raise Untraceable("a module draws random numbers in a different order each time")
            return number

        with self._replaced(draw):
            yield
        if next(answers, None) is not None:
            raise Untraceable("a module draws random numbers in a different order each time")

    @contextmanager
    def _replaced(self, draw: Callable[[Call], Any]) -> Iterator[None]:
        places = {id(generator): i for i, generator in enumerate(self.generators)}
        try:
            for module, key, generator in self.holders:
                setattr(module, key, _Watched(places[id(generator)], draw))
            yield
        finally:
            for module, key, generator in self.holders:
                setattr(module, key, generator)


class _Watched:
    """A stand-in for a generator; it calls `draw` for each number that is requested."""

    def __init__(self, place: int, draw: Callable[[Call], Any]) -> None:
        self._place, self._draw = place, draw

    def __getattr__(self, name: str) -> Any:
        if name not in NUMBERS:
            raise Untraceable(f"a module draws random numbers with {name}, which programs do not support")

        def drawn(*arguments: Any) -> Any:
            if not all(type(x) in (int, float) for x in arguments):
                raise Untraceable("a module draws random numbers that depend on its inputs")
            return self._draw((self._place, name, arguments))

        return drawn
