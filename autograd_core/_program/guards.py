"""Questions that a program asks of its numbers on the way: with another answer than the trace got it has strayed."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .._operations.operation import Operation, is_nothing
from .single import computed


class Question(NamedTuple):
    """What was asked of nodes and numbers while a program was traced, and its outcome; see `Guard`."""

    kind: str
    operands: tuple[Any, ...]
    outcome: float
    row: Operation | None = None
    at_operand: int = 0


class Guard(NamedTuple):
    """What a replay must find as the trace did, or it is on another branch.

    `at`, how many instructions are done when its operands are there; `kind`, what was asked, a name in `QUESTIONS`;
    `operands`, the slots that it was asked of, a second number asked with it among the constants; `outcome`, the
    answer, of a comparison 0.0 or 1.0. Of the kind "flat": whether the derivative of `row` by operand `at_operand` is.
    """

    at: int
    kind: str
    operands: tuple[int, ...]
    outcome: float
    row: Operation | None = None
    at_operand: int = 0


def _rounded(x: float, digits: float) -> float:
    return round(x, int(digits))


# "round" is to a whole number, "round_to" to a number of digits; "is" asks for the number.
QUESTIONS: dict[str, Callable[..., Any]] = {
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq, "ne": operator.ne,
    "is": float, "bool": bool, "isfinite": math.isfinite, "is_integer": float.is_integer, "int": int, "round": round,
    "round_to": _rounded, "floor": math.floor, "ceil": math.ceil, "trunc": math.trunc,
}  # fmt: skip  # a table


class Strayed(Exception):  # noqa: N818  # it is not an error
    """A guard did not find what the trace found: `guard`, its number; `outcome`, what it found, None for an error."""

    def __init__(self, guard: int, outcome: float | None) -> None:
        super().__init__(guard, outcome)
        self.guard, self.outcome = guard, outcome


def answer(guard: Guard, slots: Sequence[float], variable: Sequence[int]) -> float | None:
    """The answer to a question, None where there is none."""
    numbers = [slots[slot] for slot in guard.operands]
    try:
        if guard.row is None:
            return float(QUESTIONS[guard.kind](*numbers))
        moving = [bool(variable[slot]) for slot in guard.operands]
        moving[guard.at_operand] = True
        slopes = guard.row.recorded(numbers, computed(guard.row, numbers), moving)
        return float(is_nothing(slopes[guard.at_operand]))
    except (ArithmeticError, ValueError, LookupError):
        return None


def check(guards: Sequence[Guard], slots: Sequence[float], variable: Sequence[int]) -> None:
    """Raise Strayed for the first guard that finds another answer, of those whose operands have been computed."""
    for i, guard in enumerate(guards):
        if max(guard.operands) < len(slots):
            outcome = answer(guard, slots, variable)
            if outcome is None or not same(outcome, guard.outcome):
                raise Strayed(i, outcome)


def same(x: float, y: float) -> bool:
    """Whether two answers are one; a zero's sign counts, as it does in what is computed from it."""
    return (x == y and math.copysign(1.0, x) == math.copysign(1.0, y)) or (x != x and y != y)
