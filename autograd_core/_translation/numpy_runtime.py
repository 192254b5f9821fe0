"""Helpers for generated NumPy code: Python's arithmetic and the functions of `math`, on arrays of points.

At points where Python would raise an exception, the result is NaN.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

# For each `Attempt` in progress, the innermost last: a dict from each kind of exception to a mask of the points that
# raise it.
ATTEMPTS: list[dict[str, Any]] = []


class Attempt:
    """Stands for a `try` block: records, for each kind of exception, the points where the `with` block raises it."""

    def __enter__(self) -> Attempt:
        self.kinds: dict[str, Any] = {}
        ATTEMPTS.append(self.kinds)
        return self

    def __exit__(self, *error: Any) -> None:
        ATTEMPTS.pop()

    def caught(self, *kinds: Any) -> Any:
        """Return a mask of the points where an exception of one of these kinds was raised."""
        found: Any = np.False_
        for kind in kinds:
            found = found | self.kinds.get(kind, np.False_)
        return found


def py_raising(z: Any, where: Any, kind: Any) -> Any:
    """Return `z` with NaN where `where` is True, and record that these points raise this kind of exception."""
    if ATTEMPTS:
        ATTEMPTS[-1][kind] = ATTEMPTS[-1].get(kind, np.False_) | where
    return np.where(where, np.nan, z)


def py_row(function: Any) -> Any:
    """Return a function that converts its operands to arrays and calls `function` with NumPy's warnings turned off."""

    def on_arrays(*operands: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*map(_arrays, operands))

    return on_arrays


def _arrays(operand: Any) -> Any:
    if isinstance(operand, (list, tuple)):
        return [np.asarray(x, float) for x in operand]
    return np.asarray(operand, float)


def py_choose(test: Any, yes: Any, no: Any) -> Any:
    """Return `yes` where the test is true and `no` elsewhere; for tuples and lists, choose separately for each item."""
    if isinstance(yes, (tuple, list)) and isinstance(no, (tuple, list)):
        return type(yes)(py_choose(test, a, b) for a, b in zip(yes, no, strict=True))
    if isinstance(yes, (tuple, list)):
        return type(yes)(py_choose(test, a, no) for a in yes)
    if isinstance(no, (tuple, list)):
        return type(no)(py_choose(test, yes, b) for b in no)
    return np.where(test, yes, no)


def py_within(mask: Any, function: Any, *operands: Any) -> Any:
    """Evaluate a function only where `mask` is True, and return NaN elsewhere; scalar operands apply to all points."""
    arrays = [x for x in operands if isinstance(x, np.ndarray)]
    mask, *arrays = np.broadcast_arrays(mask, *arrays)
    found = np.full(mask.shape, np.nan)
    if np.any(mask):
        chosen = iter([array[mask] for array in arrays])
        found[mask] = function(*[next(chosen) if isinstance(x, np.ndarray) else x for x in operands])
    return found


def py_most(counts: Any, where: Any) -> Any:
    """Return the largest of the counts at the points where `where` is True, or 0 if there are no such points."""
    return int(np.max(np.where(where, counts, 0), initial=0))


def py_range_count(start: Any, stop: Any, step: Any) -> Any:
    """Return, at each point, the number of ints in a range."""
    size = stop - start if step > 0 else start - stop
    return np.maximum(0, -(-size // abs(step)))


def py_same_length(*counts: Any) -> Any:
    """Return the common length of several lists; raise ValueError if their lengths differ."""
    if len({*counts}) > 1:
        raise ValueError("lists of different lengths")
    return counts[0]


def py_item(xs: Any, at: Any) -> Any:
    """Return an item of a list; the index may vary from point to point."""
    if isinstance(at, (int, np.integer)):
        return xs[at]
    if isinstance(xs, tuple) and not any(isinstance(x, np.ndarray) for x in xs):
        return np.asarray(xs)[at]
    found: Any = np.nan
    for i, x in enumerate(xs):
        found = np.where((at == i) | (at == i - len(xs)), x, found)
    return found


def py_item_of(xs: Any, at: Any, count: Any) -> Any:
    """Return an item of a list; raise TypeError unless the list has `count` items."""
    if len(xs) != count:
        raise TypeError(f"{count} operands are needed; got {len(xs)}")
    return xs[at]


def py_set(xs: Any, at: Any, value: Any, mask: Any) -> Any:
    """Set an item of a list at the points where `mask` is True."""
    for i, x in enumerate(xs):
        xs[i] = np.where(mask & ((at == i) | (at == i - len(xs))), value, x)


def py_index(xs: Any, value: Any) -> Any:
    """Return, at each point, the index of the first item of a list that equals `value`."""
    found: Any = -1
    for i in reversed(range(len(xs))):
        found = np.where(xs[i] == value, i, found)
    return found


def py_largest(xs: Any, count: Any) -> Any:
    """Return, at each point, the index of the largest of the first `count` items of a list."""
    at: Any = 0
    top = xs[0]
    for i in range(1, count):
        at, top = np.where(xs[i] > top, i, at), np.where(xs[i] > top, xs[i], top)
    return at


def py_slice(xs: Any, low: Any, high: Any) -> Any:
    """Return the list `xs[low:high]`."""
    return xs[low:high]


def py_backwards(xs: Any, stop: Any) -> Any:
    """Return the list `xs[:stop:-1]`."""
    return xs[: stop if stop >= -len(xs) else None : -1]


def py_repeat(xs: Any, times: Any) -> Any:
    """Return a list repeated a number of times."""
    return list(xs) * times


# --- Arithmetic ------------------------------------------------------------------------------------------------------


def py_float(x: Any) -> Any:
    """Return a number as a float."""
    return np.asarray(x, float) if isinstance(x, np.ndarray) else float(x)


def py_int(x: Any) -> Any:
    """Return a bool as an int."""
    return x + 0


def py_truediv(x: Any, y: Any) -> Any:
    """Return the quotient x / y."""
    return py_raising(np.divide(x, y), np.equal(y, 0), "ZeroDivisionError")


def py_floordiv(x: Any, y: Any) -> Any:
    """Return the floor of x / y, as CPython computes it."""
    rest = np.fmod(x, y)
    div = (x - rest) / y
    div = np.where((rest != 0) & (np.less(y, 0) != (rest < 0)), div - 1.0, div)
    down = np.floor(div)
    whole = np.where(div - down > 0.5, down + 1.0, down)
    return py_raising(np.where(div == 0, np.copysign(0.0, np.divide(x, y)), whole), np.equal(y, 0), "ZeroDivisionError")


def py_mod(x: Any, y: Any) -> Any:
    """Return x % y, the remainder of the floor division x // y."""
    rest = np.fmod(x, y)
    rest = np.where(rest == 0, np.copysign(0.0, y), np.where(np.less(y, 0) != (rest < 0), rest + y, rest))
    return py_raising(rest, np.equal(y, 0), "ZeroDivisionError")


def py_mod_int(x: Any, y: Any) -> Any:
    """Return x % y for ints."""
    return x % y


def py_floordiv_int(x: Any, y: Any) -> Any:
    """Return x // y for ints."""
    return x // y


def py_pow(x: Any, y: Any) -> Any:
    """Return x ** y, or NaN where the power is not a real number."""
    z = np.power(py_float(x), y)
    finite = np.isfinite(x) & np.isfinite(y)
    z = py_raising(z, (np.equal(x, 0)) & np.less(y, 0) & np.isfinite(y), "ZeroDivisionError")
    z = np.where(np.equal(x, 0) & np.isneginf(y), np.inf, z)
    return py_raising(z, np.isinf(z) & finite & np.not_equal(x, 0), "OverflowError")


def py_abs(x: Any) -> Any:
    """Return the absolute value of x."""
    return np.abs(x)


def py_max(x: Any, y: Any) -> Any:
    """Return the larger number, or x if neither is larger than the other, as Python's `max` does."""
    return np.where(np.greater(y, x), y, x)


def py_min(x: Any, y: Any) -> Any:
    """Return the smaller number, or x if neither is smaller than the other, as Python's `min` does."""
    return np.where(np.less(y, x), y, x)


# --- The module math -------------------------------------------------------------------------------------------------


def checked(compute: Any, infinite: Any) -> Any:
    """Return a version of a NumPy function that gives NaN where the same function in `math` raises an exception.

    `infinite` is the kind of exception that `math` raises where the result would be infinite.
    """

    def on_arrays(x: Any) -> Any:
        z = compute(x)
        z = py_raising(z, np.isnan(z) & ~np.isnan(x), "ValueError")
        return py_raising(z, np.isinf(z) & np.isfinite(x), infinite)

    return on_arrays


def each(compute: Any) -> Any:
    """Return a function on arrays that applies, point by point, a function in `math` that NumPy lacks."""

    def at_a_point(*operands: Any) -> Any:
        try:
            return compute(*operands)
        except (ArithmeticError, ValueError):
            return math.nan

    return np.vectorize(at_a_point, otypes=[float])


py_acos, py_asin = checked(np.arccos, "ValueError"), checked(np.arcsin, "ValueError")
py_acosh, py_atanh = checked(np.arccosh, "ValueError"), checked(np.arctanh, "ValueError")
py_cos, py_sin, py_tan = checked(np.cos, "ValueError"), checked(np.sin, "ValueError"), checked(np.tan, "ValueError")
py_cosh, py_sinh = checked(np.cosh, "OverflowError"), checked(np.sinh, "OverflowError")
py_exp, py_exp2 = checked(np.exp, "OverflowError"), checked(np.exp2, "OverflowError")
py_expm1 = checked(np.expm1, "OverflowError")
py_log, py_log2, py_log10 = (checked(f, "ValueError") for f in (np.log, np.log2, np.log10))
py_log1p, py_sqrt = checked(np.log1p, "ValueError"), checked(np.sqrt, "ValueError")
py_asinh, py_atan, py_atan2, py_cbrt, py_tanh = np.arcsinh, np.arctan, np.arctan2, np.cbrt, np.tanh
py_copysign, py_fabs, py_isnan, py_isinf, py_isfinite = np.copysign, np.abs, np.isnan, np.isinf, np.isfinite
py_erf, py_erfc, py_gamma, py_lgamma = each(math.erf), each(math.erfc), each(math.gamma), each(math.lgamma)
py_hypot, py_remainder = each(math.hypot), each(math.remainder)
py_factorial = each(lambda n: float(math.factorial(int(n))))


def py_radians(x: Any) -> Any:
    """Convert degrees to radians."""
    return x * (math.pi / 180.0)


def py_degrees(x: Any) -> Any:
    """Convert radians to degrees."""
    return x * (180.0 / math.pi)


def py_fmod(x: Any, y: Any) -> Any:
    """Return the remainder of x / y that has the sign of x."""
    z = np.fmod(x, y)
    return py_raising(z, np.isnan(z) & ~np.isnan(x) & ~np.isnan(y), "ValueError")


def py_frexp(x: Any) -> Any:
    """Return the mantissa and the exponent of x."""
    m, e = np.frexp(x)
    return m, np.asarray(e, np.int64)


def py_ldexp(x: Any, e: Any) -> Any:
    """Return x * 2**e."""
    z = np.ldexp(x, np.clip(e, -5000, 5000).astype(np.int32) if isinstance(e, np.ndarray) else e)
    return py_raising(z, np.isinf(z) & np.isfinite(x), "OverflowError")


def whole(x: Any) -> Any:
    """Convert floats with integer values to ints; NaNs, infinities and floats beyond ±2**53 become 0."""
    if not isinstance(x, np.ndarray):
        return int(x)
    return np.where(np.abs(x) <= 2.0**53, x, 0.0).astype(np.int64)


def py_floor(x: Any) -> Any:
    """Return the largest int that is not greater than x."""
    return whole(np.floor(x))


def py_ceil(x: Any) -> Any:
    """Return the smallest int that is not less than x."""
    return whole(np.ceil(x))


def py_trunc(x: Any) -> Any:
    """Return x rounded towards 0, as an int."""
    return whole(np.trunc(x))


def py_hypot_of(xs: Any) -> Any:
    """Return the Euclidean length of a vector."""
    return py_hypot(*xs)


def py_prod_of(xs: Any) -> Any:
    """Return the product of a list of numbers."""
    product: Any = 1.0
    for x in xs:
        product = product * x
    return product
