"""Distances between floats, in units in the last place; all accuracy figures in this project use this unit."""

from __future__ import annotations

import math
import struct
from fractions import Fraction
from typing import Any

BEYOND = 2**1024  # stands for an infinite result; it is just above the smallest number that rounds to infinity
COARSEST = math.ulp(1.7976931348623157e308)


def ulps(got: float, exact: Any) -> float:
    """Return how far `got` is from `exact`, in units in the last place of `exact` rounded to a float64.

    Two NaNs are 0 apart, as are two infinities of the same sign; NaN is infinitely far from any number. For subnormals,
    the unit is the smallest positive float. For numbers beyond the largest float, it is the unit of the largest float.

    Args:
        got: The result to judge.
        exact: A float or a number of higher precision (an mpmath `mpf`, a `Fraction`): anything that supports
            subtraction and conversion to float.

    >>> ulps(1.0000000000000002, 1.0)
    1.0
    >>> ulps(float("nan"), float("nan")), ulps(float("inf"), 1.0)
    (0.0, inf)
    """
    if got != got or exact != exact:
        return 0.0 if got != got and exact != exact else math.inf
    try:
        rounded = float(exact)
    except OverflowError:  # raised by a Fraction; an mpf becomes inf
        rounded = math.inf if exact > 0 else -math.inf
    if math.isinf(rounded):
        if got == rounded or exact == rounded:
            return 0.0 if got == rounded else math.inf
        unit: Any = COARSEST
    else:
        unit = math.ulp(rounded)
    if isinstance(exact, (int, float)):
        exact, unit = Fraction(exact), Fraction(unit)
    if math.isinf(got):
        number: Any = BEYOND if got > 0 else -BEYOND
    else:
        number = Fraction(got) if isinstance(exact, Fraction) else got
    try:
        return float(abs(exact - number) / unit)
    except OverflowError:
        return math.inf


def same(x: Any, y: Any) -> bool:
    """Return whether two numbers have the same type and the same bits; all NaNs count as the same.

    >>> same(0.0, -0.0), same(1, 1.0), same(float("nan"), -float("nan"))
    (False, False, True)
    """
    if type(x) is not type(y):
        return False
    if type(x) is float:
        return (x != x and y != y) or struct.pack("<d", x) == struct.pack("<d", y)
    return bool(x == y)
