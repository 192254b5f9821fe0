"""Local derivatives that are too long for the table of operations (`ops.py`), softmax and log_softmax.

Softmax is the gradient of logsumexp. Each function in this module works on floats and on Values, as
the derivatives in the table do. If a function branches, it chooses between formulas for the same result, so derivatives
of every order are correct on both branches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .._engine.numbers import number
from .._engine.traces import running, traces
from ..value import Value
from . import activations, exact, special
from .shape import items

ONE_OVER_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)
SQRT_2, REST_OF_SQRT_2 = 1.4142135623730951, -9.667293313452913e-17


def plain(x: Any) -> Any:
    """Return the number of a Value, or a plain number unchanged."""
    if type(x) is not Value:
        return x
    if traces and (trace := running()) is not None:  # the caller chooses a formula by this number
        trace.asked("is", (x,), x._data)
    return x._data


# --- Operations on many operands -------------------------------------------------------------------------------


def prod_slopes(xs: Sequence[Any], z: Any) -> list[Any]:
    """Return, for each x, the product of the xs before it times the product of the xs after it.

    Dividing the whole product z by x would fail for x = 0.
    """
    before, after = running_products(xs[:-1]), running_products(xs[:0:-1])
    if in_range(before, xs) and in_range(after, xs[::-1]):
        return [a * b for a, b in zip(before, reversed(after), strict=True)]
    return product_slopes(xs)


def product_slopes(xs: Sequence[Any]) -> list[Any]:
    """Return, for each x, the product of all the others, rounded once."""
    if any(type(x) is Value for x in xs):
        return [ops.product([*xs[:i], *xs[i + 1 :]]) for i in range(len(xs))]
    return exact.products_of_others(xs)


def running_products(xs: Sequence[Any]) -> list[Any]:
    """Return the products of the first 0, 1, 2, … numbers."""
    products: list[Any] = [1.0]
    for x in xs:
        products.append(products[-1] * x)
    return products


def in_range(products: Sequence[Any], xs: Sequence[Any]) -> bool:
    """Return whether the running products of xs are all normal floats, at least up to the first x that is 0."""
    for x, product in zip(xs, products[1:], strict=False):  # no product includes the last of xs
        if x == 0.0:
            return True
        if not is_normal(product):
            return False
    return True


def norm_slopes(xs: Sequence[Any], z: Any) -> list[Any]:
    """Return x / norm for each x, or 0 for each x if all are 0.

    Near either end of the range of floats, the norm would be inaccurate or infinite, so the xs are scaled first. The
    derivative of x / r, where r is the norm, is 1 / r - x**2 / r**3. If x makes up most of the norm, this difference
    would lose digits, so x / r is computed as a cosine, whose derivatives are products.
    """
    if not 2.0**-960 <= z <= 2.0**1000:
        scale = 2.0**600 if z < 1.0 else 2.0**-600
        xs = [x * scale for x in xs]
        z = ops.norm(xs)
    most = 0.7 * plain(z)
    return [
        ops.cosine(x, ops.norm([*xs[:i], *xs[i + 1 :]])) if most < size < math.inf else ops.unit(x, z)
        for i, (x, size) in enumerate(zip(xs, map(abs, map(plain, xs)), strict=True))
    ]


def cosine_slopes(x: Any, y: Any, z: Any) -> tuple[Any, Any]:
    """Return the derivatives of the cosine z = x / r, where r = hypot(x, y): sine**2 / r and -sine * z / r.

    Here sine = y / r. In each product, half of the smaller factor is divided by r first, and the final result is
    doubled.
    """
    scale = 2.0**-64 if abs(x) > 2.0**1000 or abs(y) > 2.0**1000 else 1.0
    sine, r = ops.cosine(y, x), ops.hypot(scale * x, scale * y)
    small, large = (sine, z) if abs(sine) <= abs(z) else (z, sine)
    by_x, by_y = ops.quotient(0.5 * sine, r) * sine, ops.quotient(0.5 * small, r) * large
    return 2.0 * scale * by_x, -2.0 * scale * by_y


def shifted(xs: Sequence[Any]) -> tuple[int, list[Any], list[Any]]:
    """Return the index of the largest number, each number minus the largest, and the exp of each of these differences.

    Each exp is corrected for the rounding error of its difference. If the largest number is a Value, it is
    subtracted as a Value, not as a plain number, so that no derivative is a difference of nearly equal numbers.
    """
    if not xs:
        raise ValueError("softmax needs at least one number; got an empty list")
    numbers: list[Any] = [x._data if type(x) is Value else number(x) for x in xs]
    if None in numbers:
        wrong = xs[numbers.index(None)]
        raise TypeError(f"softmax takes Values and real numbers; got {wrong!r} of type {type(wrong).__name__}")
    trace = running() if traces else None
    if trace is None:
        at = max(range(len(xs)), key=numbers.__getitem__)
        finite = math.isfinite(numbers[at])
        lost: list[Any] = [special.residual(x, numbers[at], x - numbers[at]) for x in numbers]
    else:  # the trace records these comparisons
        at = max(range(len(xs)), key=xs.__getitem__)
        finite = trace.asked("isfinite", (xs[at],), math.isfinite(numbers[at]))
        lost = [trace.as_plain(ops.residual(x, xs[at])) for x in xs]
    differences = [x - xs[at] for x in xs]
    exps = [e + e * r if type(r) is Value or r else e for e, r in zip(map(ops.exp, differences), lost, strict=True)]
    if len(xs) > 1 and finite:  # this difference is always 0, so no sweep needs a node for it
        differences[at], exps[at] = 0.0, 1.0
    return at, differences, exps


def softmax(xs: Any) -> list[Any]:
    """Return exp(x) / (the sum of all exp(x)) for each x; the maximum is subtracted first, so that nothing overflows.

    >>> softmax([0.0, 0.0])
    [0.5, 0.5]
    """
    largest, _, exps = shifted(items("softmax", xs))
    total = ops.sum([*exps[:largest], *exps[largest + 1 :], exps[largest]])  # small terms first
    return [ops.quotient(e, total) for e in exps]


def log_softmax(xs: Any) -> list[Any]:
    """Return the logarithm of softmax, accurate even where softmax is near 1 or underflows.

    >>> log_softmax([0.0, -1000.0])
    [0.0, -1000.0]
    """
    largest, differences, exps = shifted(items("log_softmax", xs))
    rest = ops.log1p(ops.sum([*exps[:largest], *exps[largest + 1 :]]))
    return [d - rest for d in differences]


# --- Powers ----------------------------------------------------------------------------------------------------


def is_normal(x: Any) -> bool:
    """Return whether a number, or a Value's number, is finite and neither 0 nor subnormal."""
    return bool(2.0**-1022 <= x < math.inf or -math.inf < x <= -(2.0**-1022))


def less_one_rounds(y: Any) -> bool:
    """Return whether y - 1 may be rounded.

    In x**(y - 1), this rounding error would be magnified to as much as 745 units in the last place, so x**y / x is used
    instead. For these y, either x**y is well within the range of floats, or x**y / x is outside that range too.
    """
    return bool(-1.0 < y < 0.5)


def at_an_end(x: Any) -> bool:
    """Return whether a number, or a Value's number, is 0 or infinite.

    The powers of such a number are limits, on which a rounding error of y - 1 has no effect.
    """
    return bool(x == 0.0 or x == math.inf or x == -math.inf)


def pow_curve(x: Any, y: Any, slope: Any) -> Any:
    """Return the second derivative of x**y with respect to x."""
    if at_an_end(x):
        return ops.times(y, ops.pow_slope(x, y - 1.0))
    if is_normal(slope):  # divide first if the product might overflow
        large = not (-1.0 <= slope <= 1.0 or -1.0 <= x <= 1.0)
        return (y - 1.0) * ops.quotient(slope, x) if large else ops.quotient((y - 1.0) * slope, x)
    sign = 1.0
    if x < 0.0:
        curve = ops.times(y, ops.pow_slope(x, y - 1.0))
        if is_normal(curve) or curve != curve:
            return curve
        x, sign = -x, -1.0 if y % 2.0 == 1.0 else 1.0
    half = ops.pow_log(x, 0.5 * y - 1.0, 0.0)
    return ops.times(ops.times(half, sign * ops.times(y, y - 1.0)), half)


def pow_slope_by_y(x: Any, y: Any) -> Any:
    """Return the derivative of y * x**(y - 1) with respect to y."""
    if at_an_end(x) and x >= 0.0 and y > 1.0:
        return ops.times(y, ops.pow_log(x, y - 1.0, 1.0)) + ops.pow_log(x, y - 1.0, 0.0)
    log = ops.pow_log(x, 0.0, 1.0)
    if less_one_rounds(y) and 0.0 < x < math.inf:
        return ops.quotient(ops.times(ops.pow_log(x, y, 0.0), y * log + 1.0), x)
    half = ops.pow_log(x, 0.5 * (y - 1.0), 0.0)
    return ops.times(ops.times(half, ops.times(y, log) + 1.0), half)


def pow_log_slopes(x: Any, y: Any, k: float) -> tuple[Any, Any, float]:
    """Return the derivatives of x**y * log(x)**k with respect to x and y; k is not a variable."""
    by_y = ops.pow_log(x, y, k + 1.0)
    if not k:
        return ops.pow_slope(x, y), by_y, math.nan
    if at_an_end(x) and x >= 0.0 and y > 1.0:
        less = y - 1.0
        return ops.times(y, ops.pow_log(x, less, k)) + k * ops.pow_log(x, less, k - 1.0), by_y, math.nan
    factor = ops.times(y, ops.pow_log(x, 0.0, 1.0)) + k
    if less_one_rounds(y) and 0.0 < x < math.inf:
        return ops.quotient(ops.times(ops.pow_log(x, y, k - 1.0), factor), x), by_y, math.nan
    half = ops.pow_log(x, 0.5 * (y - 1.0), 0.0)
    return ops.times(ops.times(half, ops.times(ops.pow_log(x, 0.0, k - 1.0), factor)), half), by_y, math.nan


def cbrt_slope(x: Any, z: Any) -> Any:
    """Return 1 / (3 z**2), corrected for the error of math.cbrt."""
    slope, lost = ops.quotient(ops.quotient(1.0 / 3.0, z), z), special.cube_root_error(plain(x), plain(z))
    return slope - slope * (2.0 * lost) if lost else slope


# --- Activations -----------------------------------------------------------------------------------------------


def times_gaussian(factor: Any, x: Any, c: Any, z: Any) -> Any:
    """Return factor * z for z = gaussian(x, c); if z is almost subnormal, multiply twice by its square root."""
    if z > 2.0**-960:
        return ops.times(z, factor)
    half = ops.gaussian(x, 0.5 * c)
    return ops.times(ops.times(half, factor), half)


def logaddexp_slope(x: Any, y: Any) -> Any:
    """Return the derivative of logaddexp with respect to x, sigmoid(x - y), corrected for the rounding of x - y."""
    difference = x - y
    slope, lost = ops.sigmoid(difference), special.residual(plain(x), plain(y), plain(difference))
    return slope + slope * ops.sigmoid(-difference) * lost if lost else slope


def silu_curve(x: Any) -> Any:
    """Return the second derivative of silu, s(x) s(-x) (2 - |x| tanh(|x| / 2)), where s is the sigmoid.

    The product of the sigmoids may be subnormal, so the last factor is multiplied twice by the square root of that
    product instead. Near the root of the second derivative, 2 - |x| is exact.
    """
    size = -x if x < 0.0 else x
    root = ops.exp(-0.5 * size)
    half = root / (1.0 + root * root)
    return ops.times(ops.times(half, 2.0 - size + 2.0 * size * ops.sigmoid(-size)), half)


def gelu_curve(x: Any) -> Any:
    """Return the second derivative of gelu, (2 - x**2) phi(x), where phi is the normal density.

    The polynomial is computed as the product of x's distances from its roots, which are stored to twice the precision
    of a float.
    """
    factor = (SQRT_2 - x + REST_OF_SQRT_2) * (SQRT_2 + x + REST_OF_SQRT_2)
    return times_gaussian(ONE_OVER_SQRT_2PI * factor, x, 0.5, ops.gaussian(x, 0.5))


def gelu_tanh_curve(x: Any) -> Any:
    """Return the second derivative of gelu_tanh(x) = x * s(v), which is an even function.

    Here s is the sigmoid, and v = 2 sqrt(2/pi) (x + 0.044715 x**3).
    """
    size = -x if x < 0.0 else x
    if size > 22.0:
        return 0.0
    if 1.1875 <= size <= 2.1875:
        near = special.polynomial(activations.GELU_TANH_CURVE_NEAR_ROOT, size - 1.6875)
        return (size - 1.4185040087908283 - 8.553562981044113e-17) * near
    square = size * size
    v = size * (1.5957691216057308 + 0.07135481627260025 * square)
    slope, curve = 1.5957691216057308 + 0.21406444881780073 * square, 0.42812889763560147 * size
    root = ops.exp(-0.5 * v)  # the square root of exp(-v), which itself may be subnormal
    root = root - root * (0.5 * activations.gelu_tanh_exponent(plain(size))[1])  # corrects for the rounding of v
    half = root / (1.0 + root * root)
    turn = size * slope
    factor = slope * (2.0 - turn + 2.0 * turn * ops.sigmoid(-v)) + size * curve
    return ops.times(ops.times(half, factor), half)


# These functions and the table refer to each other, so this import comes last: whichever of the two modules is imported
# first, all names exist by now.
from .. import ops  # noqa: E402  # see above
