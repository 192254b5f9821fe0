"""The questions that a program asks about its numbers as it runs, such as whether x < y.

When the reader of the stepper's page changes a leaf's value, a comparison may have a different outcome. The program
would then take another branch, which the recorded graph does not contain, so the page asks the questions again. This
module records the questions: while the program runs, `Value` notes each question that the current thread asks and
answers it as usual.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock, get_ident
from typing import Any

from .._engine.clock import tick
from .._engine.numbers import number
from .._engine.sources import line_now
from .._engine.traces import traces
from ..context import record
from ..errors import GraphError
from ..value import Value

SIGNS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
ANSWERS: dict[str, Callable[[float], Any]] = {
    "bool": bool, "int": int, "floor": math.floor, "ceil": math.ceil, "trunc": math.trunc,
}  # fmt: skip  # keeps the table compact
# Other ways, besides `.data`, to take a plain number out of a Value.
READING: dict[str, Callable[..., Any]] = {
    "__round__": round, "rint": lambda x: round(x, 0), "is_integer": float.is_integer,
}  # fmt: skip  # keeps the table compact
_asking = RLock()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about Values and numbers, the answer, and a stamp that shows which nodes were made later.

    `kind` is a key of `SIGNS` or `ANSWERS`, or "read" if the number itself was taken out of a Value, by `.data` or by
    rounding.
    """

    kind: str
    operands: tuple[Any, ...]
    outcome: float
    stamp: int  # nodes made after the question have this stamp or a later one
    line: int | None


def called(function: Callable[..., Any], arguments: Sequence[Any]) -> tuple[Any, list[Asked]]:
    """Call a function on leaves named after its parameters; return the result and the questions that were asked.

    A leaf replaces each number in `arguments`, also in lists, tuples and dicts; anything else is passed on unchanged.
    Each node records the source line that made it.

    Raises:
        GraphError: The function returns something other than one or several Values.
    """
    bound = inspect.signature(function).bind(*arguments)
    bound.arguments.update({name: _labelled(argument, name) for name, argument in bound.arguments.items()})
    with asked() as questions, record(source=True):
        y = function(*bound.args)
    if not isinstance(y, Value | list | tuple):
        name = getattr(function, "__name__", repr(function))
        raise GraphError(f"{name} must return a Value that it computes from its arguments; it returned {y!r}")
    return y, questions


def _labelled(thing: Any, name: str) -> Any:
    if isinstance(thing, dict):
        return {key: _labelled(part, f"{name}[{key!r}]") for key, part in thing.items()}
    if isinstance(thing, list | tuple):
        return type(thing)(_labelled(part, f"{name}[{i}]") for i, part in enumerate(thing))
    if type(thing) is Value or isinstance(thing, bool) or (x := number(thing)) is None:
        return thing
    return Value(x, name)


@contextmanager
def asked() -> Iterator[list[Asked]]:
    """Collect the questions that this thread asks about Values inside the `with` block.

    Raises:
        GraphError: A function is being traced.
    """
    if traces:
        raise GraphError(
            "a function cannot be stepped through while another is being traced; call step() outside the trace"
        )
    found: list[Asked] = []
    thread = get_ident()

    def note(kind: str, operands: tuple[Any, ...], outcome: Any) -> None:
        if get_ident() == thread:
            found.append(Asked(kind, operands, float(outcome), tick(), line_now()))

    names = [*(f"__{kind}__" for kind in (*SIGNS, *ANSWERS)), *READING, "data"]
    with _asking:
        originals = {name: vars(Value).get(name, getattr(Value, name)) for name in names}
        for kind in SIGNS:
            setattr(Value, f"__{kind}__", _compared(kind, originals[f"__{kind}__"], note))
        for kind, function in ANSWERS.items():
            setattr(Value, f"__{kind}__", _answered(kind, function, note))
        for name, function in READING.items():
            setattr(Value, name, _answered("read", function, note))
        setattr(Value, "data", _read(originals["data"], note))  # noqa: B010  # a property while questions are recorded
        try:
            yield found
        finally:
            for name, original in originals.items():
                setattr(Value, name, original)


Note = Callable[[str, tuple[Any, ...], Any], None]


def _compared(kind: str, original: Any, note: Note) -> Callable[[Value, Any], Any]:
    def compare(self: Value, other: Any) -> Any:
        outcome = original(self, other)
        operand = other if type(other) is Value else number(other)
        if type(outcome) is bool and operand is not None:
            note(kind, (self, operand), outcome)
        return outcome

    return compare


def _answered(kind: str, function: Callable[..., Any], note: Note) -> Callable[..., Any]:
    """Return a method that computes its answer from `_data`, since reading `.data` would record another question."""

    def answer(self: Value, *arguments: Any) -> Any:
        outcome = function(self._data, *arguments)
        note(kind, (self,), self._data if kind == "read" else outcome)
        return outcome

    return answer


def _read(original: Any, note: Note) -> property:
    def get(self: Value) -> Any:
        note("read", (self,), self._data)
        return self._data

    def put(self: Value, given: Any) -> None:
        original.__set__(self, given)

    return property(get, put)
