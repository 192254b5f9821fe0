"""The runtime of translated rows: Python's arithmetic and `math` on arrays, with NaN where they raise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

# For each part of a row that is running and may catch exceptions: the points that raise, by kind.
ATTEMPTS: list[dict[str, Any]] = []


class Attempt:
    """Records the points where a part of a row raises, by kind of exception."""

    def __enter__(self) -> Attempt:
        self.kinds: dict[str, Any] = {}
        ATTEMPTS.append(self.kinds)
        return self

    def __exit__(self, *error: Any) -> None:
        ATTEMPTS.pop()

    def caught(self, *kinds: Any) -> Any:
        """The points where one of these kinds was raised."""
        found: Any = np.False_
        for kind in kinds:
            found = found | self.kinds.get(kind, np.False_)
        return found


def py_raising(z: Any, where: Any, kind: Any) -> Any:
    """The result `z`, with NaN where it raises."""
    if ATTEMPTS:
        ATTEMPTS[-1][kind] = ATTEMPTS[-1].get(kind, np.False_) | where
    return np.where(where, np.nan, z)


def py_row(function: Any) -> Any:
    """A function on arrays of one shape, or on a list of them, without NumPy's warnings."""

    def on_arrays(*operands: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*map(_arrays, operands))

    return on_arrays


def _arrays(operand: Any) -> Any:
    if isinstance(operand, (list, tuple)):
        return [np.asarray(x, float) for x in operand]
    return np.asarray(operand, float)


def py_choose(test: Any, yes: Any, no: Any) -> Any:
    """`yes` or `no` at each point, for each part of tuples and lists."""
    if isinstance(yes, (tuple, list)) and isinstance(no, (tuple, list)):
        return type(yes)(py_choose(test, a, b) for a, b in zip(yes, no, strict=True))
    if isinstance(yes, (tuple, list)):
        return type(yes)(py_choose(test, a, no) for a in yes)
    if isinstance(no, (tuple, list)):
        return type(no)(py_choose(test, yes, b) for b in no)
    return np.where(test, yes, no)


def py_within(mask: Any, function: Any, *operands: Any) -> Any:
    """A function evaluated only at the points that matter, NaN at the others; plain numbers are the same everywhere."""
    arrays = [x for x in operands if isinstance(x, np.ndarray)]
    mask, *arrays = np.broadcast_arrays(mask, *arrays)
    found = np.full(mask.shape, np.nan)
    if np.any(mask):
        chosen = iter([array[mask] for array in arrays])
        found[mask] = function(*[next(chosen) if isinstance(x, np.ndarray) else x for x in operands])
    return found


def py_most(counts: Any, where: Any) -> Any:
    """The largest number of iterations among the points that matter."""
    return int(np.max(np.where(where, counts, 0), initial=0))


def py_range_count(start: Any, stop: Any, step: Any) -> Any:
    """The number of ints in a range."""
    size = stop - start if step > 0 else start - stop
    return np.maximum(0, -(-size // abs(step)))


def py_same_length(*counts: Any) -> Any:
    """The common length of several lists."""
    if len({*counts}) > 1:
        raise ValueError("lists of different lengths")
    return counts[0]


def py_item(xs: Any, at: Any) -> Any:
    """An item of a list; the index may differ from point to point."""
    if isinstance(at, (int, np.integer)):
        return xs[at]
    if isinstance(xs, tuple) and not any(isinstance(x, np.ndarray) for x in xs):
        return np.asarray(xs)[at]
    found: Any = np.nan
    for i, x in enumerate(xs):
        found = np.where((at == i) | (at == i - len(xs)), x, found)
    return found


def py_item_of(xs: Any, at: Any, count: Any) -> Any:
    """An item of a list that must have `count` numbers."""
    if len(xs) != count:
        raise TypeError(f"{count} operands are needed; got {len(xs)}")
    return xs[at]


def py_set(xs: Any, at: Any, value: Any, mask: Any) -> Any:
    """Set an item of a list at the points that matter."""
    for i, x in enumerate(xs):
        xs[i] = np.where(mask & ((at == i) | (at == i - len(xs))), value, x)


def py_index(xs: Any, value: Any) -> Any:
    """The index of the first matching item of a list, at each point."""
    found: Any = -1
    for i in reversed(range(len(xs))):
        found = np.where(xs[i] == value, i, found)
    return found


def py_largest(xs: Any, count: Any) -> Any:
    """The index of the largest item of a list, at each point."""
    at: Any = 0
    top = xs[0]
    for i in range(1, count):
        at, top = np.where(xs[i] > top, i, at), np.where(xs[i] > top, xs[i], top)
    return at


def py_slice(xs: Any, low: Any, high: Any) -> Any:
    """A part of a list."""
    return xs[low:high]


def py_backwards(xs: Any, stop: Any) -> Any:
    """The list `xs[:stop:-1]`."""
    return xs[: stop if stop >= -len(xs) else None : -1]


def py_repeat(xs: Any, times: Any) -> Any:
    """A list, repeated."""
    return list(xs) * times


# --- Arithmetic ------------------------------------------------------------------------------------------------------


def py_float(x: Any) -> Any:
    """A number as a float."""
    return np.asarray(x, float) if isinstance(x, np.ndarray) else float(x)


def py_int(x: Any) -> Any:
    """A bool as an int."""
    return x + 0


def py_truediv(x: Any, y: Any) -> Any:
    """The quotient x / y."""
    return py_raising(np.divide(x, y), np.equal(y, 0), "ZeroDivisionError")


def py_floordiv(x: Any, y: Any) -> Any:
    """The floor of x / y, as CPython computes it."""
    rest = np.fmod(x, y)
    div = (x - rest) / y
    div = np.where((rest != 0) & (np.less(y, 0) != (rest < 0)), div - 1.0, div)
    down = np.floor(div)
    whole = np.where(div - down > 0.5, down + 1.0, down)
    return py_raising(np.where(div == 0, np.copysign(0.0, np.divide(x, y)), whole), np.equal(y, 0), "ZeroDivisionError")


def py_mod(x: Any, y: Any) -> Any:
    """The remainder of x // y."""
    rest = np.fmod(x, y)
    rest = np.where(rest == 0, np.copysign(0.0, y), np.where(np.less(y, 0) != (rest < 0), rest + y, rest))
    return py_raising(rest, np.equal(y, 0), "ZeroDivisionError")


def py_mod_int(x: Any, y: Any) -> Any:
    """The remainder of ints."""
    return x % y


def py_floordiv_int(x: Any, y: Any) -> Any:
    """The quotient of ints."""
    return x // y


def py_pow(x: Any, y: Any) -> Any:
    """The power x ** y, if it is real."""
    z = np.power(py_float(x), y)
    finite = np.isfinite(x) & np.isfinite(y)
    z = py_raising(z, (np.equal(x, 0)) & np.less(y, 0) & np.isfinite(y), "ZeroDivisionError")
    z = np.where(np.equal(x, 0) & np.isneginf(y), np.inf, z)
    return py_raising(z, np.isinf(z) & finite & np.not_equal(x, 0), "OverflowError")


def py_abs(x: Any) -> Any:
    """The absolute value."""
    return np.abs(x)


def py_max(x: Any, y: Any) -> Any:
    """The larger of two, as in Python: the first if they are not ordered."""
    return np.where(np.greater(y, x), y, x)


def py_min(x: Any, y: Any) -> Any:
    """The smaller of two, as in Python."""
    return np.where(np.less(y, x), y, x)


# --- The module math -------------------------------------------------------------------------------------------------


def checked(compute: Any, infinite: Any) -> Any:
    """A NumPy function, with NaN where `math` raises."""

    def on_arrays(x: Any) -> Any:
        z = compute(x)
        z = py_raising(z, np.isnan(z) & ~np.isnan(x), "ValueError")
        return py_raising(z, np.isinf(z) & np.isfinite(x), infinite)

    return on_arrays


def each(compute: Any) -> Any:
    """A function of `math` that NumPy lacks, point by point."""

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
    """Degrees in radians."""
    return x * (math.pi / 180.0)


def py_degrees(x: Any) -> Any:
    """Radians in degrees."""
    return x * (180.0 / math.pi)


def py_fmod(x: Any, y: Any) -> Any:
    """The remainder of x / y with the sign of x."""
    z = np.fmod(x, y)
    return py_raising(z, np.isnan(z) & ~np.isnan(x) & ~np.isnan(y), "ValueError")


def py_frexp(x: Any) -> Any:
    """Mantissa and exponent."""
    m, e = np.frexp(x)
    return m, np.asarray(e, np.int64)


def py_ldexp(x: Any, e: Any) -> Any:
    """The product x * 2**e."""
    z = np.ldexp(x, np.clip(e, -5000, 5000).astype(np.int32) if isinstance(e, np.ndarray) else e)
    return py_raising(z, np.isinf(z) & np.isfinite(x), "OverflowError")


def whole(x: Any) -> Any:
    """Integral floats as ints; 0 for any others, since the result is NaN there anyway."""
    if not isinstance(x, np.ndarray):
        return int(x)
    return np.where(np.abs(x) <= 2.0**53, x, 0.0).astype(np.int64)


def py_floor(x: Any) -> Any:
    """The largest int not above x."""
    return whole(np.floor(x))


def py_ceil(x: Any) -> Any:
    """The smallest int not below x."""
    return whole(np.ceil(x))


def py_trunc(x: Any) -> Any:
    """The nearest int towards 0."""
    return whole(np.trunc(x))


def py_hypot_of(xs: Any) -> Any:
    """The length of a vector."""
    return py_hypot(*xs)


def py_prod_of(xs: Any) -> Any:
    """The product of a list."""
    product: Any = 1.0
    for x in xs:
        product = product * x
    return product
