"""Functions that are too long for a row of the table of operations.

They compute the values of operations, or gather the operands of `mean` and `sum`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import series
from .domains import ORDERS_OFF_POLES
from .shape import items


def power(x: float, y: float) -> float:
    """Return x ** y; raise ValueError if the result would be complex."""
    z: Any = x**y
    if isinstance(z, complex):
        raise ValueError("the result would be complex")
    return float(z)


def polygamma_value(n: float, x: float) -> float:
    if not ORDERS_OFF_POLES.contains(n, x):
        raise ValueError("no derivative of the digamma function")
    return series.polygamma(n, x)


def running_sum(xs: Sequence[float]) -> float:
    """Return the sum from left to right, starting at 0.0.

    The builtin `sum` would return other results, because it has compensated for rounding since Python 3.12.
    """
    total = 0.0
    for x in xs:
        total += x
    return total


def dot_value(operands: Sequence[float]) -> float:
    total = 0.0
    half = len(operands) // 2
    for x, y in zip(operands[:half], operands[half:], strict=True):
        total += x * y
    return total


def at_least_one(xs: Any) -> tuple[Any, ...]:
    numbers = items("mean", xs)
    if not numbers:
        raise ValueError("mean needs at least one number; got an empty list")
    return numbers


def list_and_start(xs: Any, start: Any = 0) -> tuple[Any, ...]:
    """Gather the operands of `sum` from its arguments.

    The arguments are those of the builtin `sum`, which this operation replaces after `from autograd_core import *`.
    """
    return items("sum", xs) if type(start) is int and start == 0 else (start, *items("sum", xs))
