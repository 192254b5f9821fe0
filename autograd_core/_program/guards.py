"""Guards: the questions, such as comparisons, that a traced function asked about its numbers.

Every replay of the recorded operations asks these questions again. If an answer is not the same as in the trace, the
replay has strayed: the numbers take another branch, on which the function may perform other operations.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .._operations.operation import Operation, is_nothing
from ..errors import failed


class Question(NamedTuple):
    """A question about nodes and numbers that a function asked during its trace, and its outcome; see `Guard`.

    `after` is the number of nodes that the trace had made when the question was asked.
    """

    kind: str
    operands: tuple[Any, ...]
    outcome: float
    row: Operation | None = None
    at_operand: int = 0
    after: int = 0


class Guard(NamedTuple):
    """A question whose outcome must be the same in a replay as in the trace; otherwise the point is on another branch.

    The operands are known after the first `at` instructions. `kind` is a name in `QUESTIONS`, or "flat". `operands` are
    slots of the listing; a plain number in the question is one of the listing's constants. `outcome` is the answer,
    which for a comparison is 0.0 or 1.0. A guard of the kind "flat" asks whether the derivative of the operation `row`
    with respect to operand `at_operand` is flat (0 in a whole neighbourhood). `after` counts the operations that may
    raise an exception (see `Listing.risks`) and that the function computed before it asked the question.
    """

    at: int
    kind: str
    operands: tuple[int, ...]
    outcome: float
    row: Operation | None = None
    at_operand: int = 0
    after: int = 0


def _rounded(x: float, digits: float) -> float:
    return round(x, int(digits))


# "round" rounds to an integer, and "round_to" to a given number of digits; the answer to "is" is the number itself.
QUESTIONS: dict[str, Callable[..., Any]] = {
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq, "ne": operator.ne,
    "is": float, "bool": bool, "isfinite": math.isfinite, "is_integer": float.is_integer, "int": int, "round": round,
    "round_to": _rounded, "floor": math.floor, "ceil": math.ceil, "trunc": math.trunc,
}  # fmt: skip  # a table


class Strayed(Exception):  # noqa: N818  # to stray is not an error
    """Raised when a guard's answer is not the same as in the trace.

    `guard` is the guard's index; `outcome` is the new answer, or None if the question raised an exception.
    """

    def __init__(self, guard: int, outcome: float | None) -> None:
        super().__init__(guard, outcome)
        self.guard, self.outcome = guard, outcome


def computed(row: Operation, numbers: Sequence[float]) -> float:
    """Return the value of an operation; if the operation raises, the error message is the same as the engine's."""
    try:
        return row.evaluate(numbers)
    except (ArithmeticError, ValueError) as error:
        raise failed(row, numbers, error) from None


def answer(guard: Guard, slots: Sequence[float] | dict[int, float], variable: Sequence[int]) -> float | None:
    """Return the answer to a guard's question, or None if computing the answer raises an exception."""
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
    """Raise Strayed for the first guard whose operands are known and whose answer is not the same as in the trace."""
    check_all(guards, slots, variable, len(slots))


def check_all(
    guards: Sequence[Guard], slots: Sequence[float] | dict[int, float], variable: Sequence[int], done: float = math.inf
) -> None:
    """Check the guards as `check` does, but only those whose operands are all among the first `done` slots."""
    for i, guard in enumerate(guards):
        if max(guard.operands) < done:
            outcome = answer(guard, slots, variable)
            if outcome is None or not same(outcome, guard.outcome):
                raise Strayed(i, outcome)


def same(x: float, y: float) -> bool:
    """Return whether two answers agree. Two NaNs agree; 0.0 and -0.0 do not, since their effects may differ."""
    return (x == y and math.copysign(1.0, x) == math.copysign(1.0, y)) or (x != x and y != y)
