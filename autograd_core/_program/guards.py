"""Guards: questions about a program's numbers. A replay whose answer differs from the trace's has strayed."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .._operations.operation import Operation, is_nothing
from ..errors import failed


class Question(NamedTuple):
    """A question about nodes and numbers, asked while a program was traced, and its outcome; see `Guard`.

    `after` is the number of nodes that the trace had made by then.
    """

    kind: str
    operands: tuple[Any, ...]
    outcome: float
    row: Operation | None = None
    at_operand: int = 0
    after: int = 0


class Guard(NamedTuple):
    """A question whose outcome must be the same in a replay as in the trace; otherwise the replay is on another branch.

    `at` is the number of instructions after which the operands are known. `kind` is a name in `QUESTIONS`. `operands`
    are slots; a plain number in the question is one of the constants. `outcome` is the answer, 0.0 or 1.0 for a
    comparison. The kind "flat" asks whether the derivative of `row` with respect to operand `at_operand` is flat.
    `after` is the number of operations that may raise (`Listing.risks`) which the function computed before it asked.
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


# "round" rounds to an integer, "round_to" to a number of digits; "is" compares the number itself.
QUESTIONS: dict[str, Callable[..., Any]] = {
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq, "ne": operator.ne,
    "is": float, "bool": bool, "isfinite": math.isfinite, "is_integer": float.is_integer, "int": int, "round": round,
    "round_to": _rounded, "floor": math.floor, "ceil": math.ceil, "trunc": math.trunc,
}  # fmt: skip  # a table


class Strayed(Exception):  # noqa: N818  # it is not an error
    """Guard number `guard` got an answer other than the trace's: `outcome`, which is None if the question raised."""

    def __init__(self, guard: int, outcome: float | None) -> None:
        super().__init__(guard, outcome)
        self.guard, self.outcome = guard, outcome


def computed(row: Operation, numbers: Sequence[float]) -> float:
    """Return the value of an operation; errors are worded as the engine words them."""
    try:
        return row.evaluate(numbers)
    except (ArithmeticError, ValueError) as error:
        raise failed(row, numbers, error) from None


def answer(guard: Guard, slots: Sequence[float] | dict[int, float], variable: Sequence[int]) -> float | None:
    """The answer to a question, or None if computing it raises."""
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
    """Raise Strayed for the first guard whose operands are known and whose answer has changed."""
    check_all(guards, slots, variable, len(slots))


def check_all(
    guards: Sequence[Guard], slots: Sequence[float] | dict[int, float], variable: Sequence[int], done: float = math.inf
) -> None:
    """Like `check`, for the guards whose operands are all among the first `done` slots."""
    for i, guard in enumerate(guards):
        if max(guard.operands) < done:
            outcome = answer(guard, slots, variable)
            if outcome is None or not same(outcome, guard.outcome):
                raise Strayed(i, outcome)


def same(x: float, y: float) -> bool:
    """Whether two answers are equal; 0.0 and -0.0 are not, since results computed from them differ."""
    return (x == y and math.copysign(1.0, x) == math.copysign(1.0, y)) or (x != x and y != y)
