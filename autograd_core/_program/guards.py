"""Questions that a program asks of its numbers on the way: another answer than the trace got, and it is another branch."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple


class Guard(NamedTuple):
    """What a replay must find as the trace did, or it is on another branch.

    `at`, how many instructions are done when its operands are there; `kind`, what was asked, a name in `QUESTIONS`;
    `operands`, the slots that it was asked of, a second number asked with it among the constants; `outcome`, the
    answer, of a comparison 0.0 or 1.0.
    """

    at: int
    kind: str
    operands: tuple[int, ...]
    outcome: float


def _rounded(x: float, digits: float) -> float:
    return round(x, int(digits))


# "round" is to a whole number, "round_to" to a number of digits.
QUESTIONS: dict[str, Callable[..., Any]] = {
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq, "ne": operator.ne,
    "bool": bool, "is_integer": float.is_integer, "int": int, "round": round, "round_to": _rounded, "floor": math.floor,
    "ceil": math.ceil, "trunc": math.trunc,
}  # fmt: skip  # a table


class Strayed(Exception):
    """A guard did not find what the trace found: `guard`, its number, and `outcome`, what it found instead."""

    def __init__(self, guard: int, outcome: float) -> None:
        super().__init__(guard, outcome)
        self.guard, self.outcome = guard, outcome


def answer(kind: str, numbers: Iterable[float]) -> float:
    """The answer to a question, NaN where there is none: no trace has found that."""
    try:
        return float(QUESTIONS[kind](*numbers))
    except (ArithmeticError, ValueError):
        return math.nan


def check(guards: Sequence[Guard], slots: Sequence[float]) -> None:
    """Raise Strayed for the first guard that finds another answer, of those whose operands have been computed."""
    for i, guard in enumerate(guards):
        if all(slot < len(slots) for slot in guard.operands):
            outcome = answer(guard.kind, [slots[slot] for slot in guard.operands])
            if not same(outcome, guard.outcome):
                raise Strayed(i, outcome)


def same(x: float, y: float) -> bool:
    """Whether two answers are one; a zero's sign counts, as it does in what is computed from it."""
    return x == y and math.copysign(1.0, x) == math.copysign(1.0, y)
