"""The domains of operations, functions that locate kinks, and functions that tell where a derivative is flat."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .operation import Domain

# --- Domains ---------------------------------------------------------------------------------------------------


def has_power(x: float, y: float) -> bool:
    """Return whether x ** y is defined and real."""
    if x > 0 or (x == 0 and y >= 0) or (x < 0 and y % 1 == 0):
        return True
    return x != x or y != y or (math.isinf(y) and x != 0)


def is_order(n: float) -> bool:
    """Return whether a number is an order of differentiation: a non-negative integer."""
    return n >= 0 and n % 1 == 0


def is_no_pole(x: float) -> bool:
    """Return whether the gamma function and its derivatives are defined at x."""
    return x > 0 or x % 1 != 0


POSITIVE = Domain("x > 0", lambda x: x > 0, (0.0, 1.0))
UNIT = Domain("-1 <= x <= 1", lambda x: -1 <= x <= 1, (-1.0, 0.0, 1.0))
OPEN_UNIT = Domain("-1 < x < 1", lambda x: -1 < x < 1, (-1.0, 0.0, 1.0))
FINITE = Domain("finite x", math.isfinite, (0.0, math.pi / 2, math.pi))
DIVISOR = Domain("y != 0", lambda x, y: y != 0, (0.0, 1.0))
NOT_A_POLE = Domain("x other than 0, -1, -2, … and -inf", is_no_pole, (0.0, -1.0, -2.0, 1.0, 2.0))
POWERS = Domain("x > 0, or x = 0 with y >= 0, or x < 0 with an integer y", has_power, (0.0, 0.5, 1.0, 2.0, -1.0))
NOT_NEGATIVE_Y = Domain("y >= 0", lambda x, y: y >= 0, (0.0, 0.5, 1.0))
ORDERS = Domain("an integer order x >= 0", lambda n, x: is_order(n))
ORDERS_OFF_POLES = Domain(
    "an integer order x >= 0 and y other than 0, -1, -2, …", lambda n, x: is_order(n) and is_no_pole(x)
)

# --- Kinks -----------------------------------------------------------------------------------------------------

# A kink function is zero at a kink or jump of an operation, and its magnitude grows with the distance from there.


def at_zero(x: float) -> float:
    """Return x: the kink function of an operation with a kink at 0."""
    return x


def difference(x: float, y: float) -> float:
    """Return x - y: the kink function of an operation with a kink where its operands are equal."""
    return x - y


# --- Where derivatives are flat: zero in a whole neighbourhood, so that no gradient passes -----------------------


def x_is_zero(x: float, y: float) -> bool:
    return x == 0


def y_is_zero(x: float, y: float) -> bool:
    return y == 0


def y_is_infinite(x: float, y: float) -> bool:
    return math.isinf(y)


def is_less(x: float, y: float) -> bool:
    return x < y


def is_greater(x: float, y: float) -> bool:
    return x > y


FACTORS = (y_is_zero, x_is_zero)
FRACTION = (y_is_infinite, x_is_zero)


def facing_a_zero(xs: Sequence[float], variable: Sequence[bool]) -> list[bool]:
    """Return, for each operand of a dot product, whether its partner in the other list is the plain number 0."""
    half = len(xs) // 2
    return [xs[i - half] == 0 and not variable[i - half] for i in range(len(xs))]


def beside_a_zero(xs: Sequence[float], variable: Sequence[bool]) -> list[bool]:
    """Return, for each factor of a product, whether another factor is the plain number 0."""
    zeros = [float(x == 0 and not moves) for x, moves in zip(xs, variable, strict=True)]
    count = 0.0
    for zero in zeros:
        count += zero
    return [count > zero for zero in zeros]


def flat_power_of_log(xyk: Sequence[float], variable: Sequence[bool]) -> tuple[bool, bool, bool]:
    """Return, for each operand of x**y * log(x)**k, whether the derivative with respect to it is flat.

    The derivative with respect to x is flat if y is the plain number 0 and k is 0. The derivative with respect to y is
    flat if x is a plain number whose powers do not change with y.
    """
    x, y, k = xyk
    return not variable[1] and y == 0 == k, not variable[0] and (x == 1 or (x == 0 and y > 0)), False
