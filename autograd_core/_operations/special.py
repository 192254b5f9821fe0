"""Quiet, accurate functions of floats that the table of operations uses as values and as local derivatives.

A quiet function never raises an exception: where no finite value exists, it returns an infinity or nan. The error
bounds in the docstrings are the largest errors found in comparisons with mpmath at random arguments of every exponent,
using the exp, log, log1p, expm1, tanh, erfc and pow of glibc 2.36. They are given in units in the last place (ulp) of
the exact result.
"""

import math
from collections.abc import Sequence

_SMALLEST_NORMAL = 2.0**-1022


def quotient(a: float, b: float) -> float:
    """Return a / b, correctly rounded, as IEEE 754 defines it; division by zero returns an infinity or nan.

    >>> quotient(1.0, -0.0), quotient(0.0, 0.0)
    (-inf, nan)
    """
    if b != 0.0:
        return a / b
    return math.nan if a == 0.0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1.0, b)


def over_square(a: float, b: float) -> float:
    """Return a / b**2 to within 1.5 ulp even where b**2 or a / b leaves the range of floats.

    >>> over_square(1e-300, 1e-200)
    1e+100
    """
    # If nothing here can be subnormal, the scaling below would not change a bit of the result, so it is skipped.
    if 1e-75 < abs(b) < 1e75 and 1e-150 < abs(a) < 1e150:
        return a / (b * b)
    if a == 0.0 or b == 0.0 or not math.isfinite(a) or not math.isfinite(b):
        return quotient(a, abs(b))
    (am, ae), (bm, be) = math.frexp(a), math.frexp(b)
    return ldexp_quiet(am / (bm * bm), ae - 2 * be)


def polar_slope(x: float, y: float) -> float:
    """Return x / (x**2 + y**2) to within 2.1 ulp over the whole range of floats; nan at the origin, 0 at infinity.

    >>> polar_slope(3e200, 4e200), polar_slope(1.0, -math.inf)
    (1.2e-201, 0.0)
    """
    if math.isnan(x) or math.isnan(y) or x == y == 0.0:
        return math.nan
    if math.isinf(x) or math.isinf(y):
        return math.copysign(0.0, x)
    e = math.frexp(max(abs(x), abs(y)))[1]
    a, b = math.ldexp(x, -e), math.ldexp(y, -e)
    xm, xe = math.frexp(x)
    return ldexp_quiet(xm / (a * a + b * b), xe - 2 * e)


def cosine(x: float, y: float) -> float:
    """Return x / hypot(x, y) to within 1.1 ulp, even where the hypotenuse leaves the range of floats.

    If x and y are both 0, the result is 0.0.

    >>> cosine(3.0, 4.0), cosine(1e308, 1e308), cosine(0.0, -0.0)
    (0.6, 0.7071067811865475, 0.0)
    """
    length = math.hypot(x, y)
    if not 2.0**-960 <= length <= 2.0**1000:
        scale = 2.0**600 if length < 1.0 else 2.0**-600
        x, length = x * scale, math.hypot(x * scale, y * scale)
    return quotient(x, length) if length else 0.0


def sech2(x: float) -> float:
    """Return 1 - tanh(x)**2 to within 2.1 ulp.

    >>> sech2(0.0), sech2(-math.inf)
    (1.0, 0.0)
    """
    if abs(x) < 0.5:
        t = math.tanh(x)
        return 1.0 - t * t
    e = math.exp(-2.0 * abs(x))
    return 4.0 * e / (1.0 + e * (2.0 + e))


def sigmoid(x: float) -> float:
    """Return 1 / (1 + exp(-x)) to within 1.9 ulp.

    >>> sigmoid(0.0), sigmoid(-math.inf)
    (0.5, 0.0)
    """
    e = math.exp(-abs(x))
    return 1.0 / (1.0 + e) if x >= 0.0 else e / (1.0 + e)


def softplus(x: float) -> float:
    """Return log(1 + exp(x)) to within 1.3 ulp.

    >>> softplus(1000.0), softplus(-math.inf)
    (1000.0, 0.0)
    """
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def gaussian(x: float, c: float) -> float:
    """Return exp(-c * x**2) for c = 1.0 or 0.5 to within 1.9 ulp, even where the result is tiny.

    >>> gaussian(0.0, 1.0), gaussian(2.0, 0.5) == math.exp(-2.0)
    (1.0, True)
    """
    return scaled_gaussian(x, c, 1.0)


def log_quiet(x: float) -> float:
    """Return log(x) to within 0.51 ulp; the result is -inf if x is zero, and nan if x is negative.

    >>> log_quiet(0.0), log_quiet(-1.0)
    (-inf, nan)
    """
    if x > 0.0:
        return math.log(x)
    return -math.inf if x == 0.0 else math.nan


def exp_quiet(x: float) -> float:
    """Return exp(x) to within 0.51 ulp, or inf if it overflows.

    >>> exp_quiet(1000.0), exp_quiet(-math.inf)
    (inf, 0.0)
    """
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def pow_quiet(x: float, y: float) -> float:
    """Return x**y to within 0.51 ulp, as Python computes it on floats.

    If Python would raise an exception, the result is an infinity; if Python would return a complex number, it is nan.

    >>> pow_quiet(-0.0, -3.0), pow_quiet(-10.0, 309.0), pow_quiet(-8.0, 0.5)
    (-inf, -inf, nan)
    """
    if x < 0.0 and math.isfinite(x) and math.isfinite(y) and math.fmod(y, 1.0) != 0.0:
        return math.nan
    try:
        power: float = x**y
    except (OverflowError, ZeroDivisionError):
        return math.copysign(math.inf, x) if abs(math.fmod(y, 2.0)) == 1.0 else math.inf
    return power


def ldexp_quiet(x: float, e: int) -> float:
    """Return x * 2**e, correctly rounded, or an infinity if the product overflows.

    >>> ldexp_quiet(-1.0, 2000)
    -inf
    """
    try:
        return math.ldexp(x, e)
    except OverflowError:
        return math.copysign(math.inf, x)


def pow_slope(x: float, y: float) -> float:
    """Return y * x**(y - 1), the derivative of x**y with respect to x, to within 2.9 ulp.

    If y = 0, the result is 0; for all other y, the result at x = 0 is the limit.

    >>> pow_slope(0.0, 0.5), pow_slope(0.0, 1.0), pow_slope(-3.0, 2.0), pow_slope(-1.0, 0.5)
    (inf, 1.0, -6.0, nan)
    """
    if y == 0.0:
        return 0.0
    if math.copysign(1.0, x) < 0.0 and math.isfinite(y) and math.fmod(y, 1.0) == 0.0:
        return pow_slope(-x, y) if math.fmod(y, 2.0) != 0.0 else -pow_slope(-x, y)
    if x < 0.0:
        return math.nan
    e = y - 1.0
    if x == 0.0 or math.isinf(x) or math.isinf(y):
        power = pow_quiet(abs(x), e)
        return y * power if power != 0.0 else 0.0
    if y - e == 1.0 and e + 1.0 == y:
        power = pow_quiet(x, e)
        if is_normal(power):
            return y * power
        half = pow_quiet(x, 0.5 * e)
        return y * half * half
    # y - 1 was rounded. So either |y| < 1, and x**y is far inside the range of floats, or |y| >= 2**53, and only an x
    # close to 1 has a power inside that range.
    if abs(y) < 1.0:
        return y * pow_quiet(x, y) / x
    half = pow_quiet(x, 0.5 * y)
    return y * half / x * half


def pow_log(x: float, y: float, k: float) -> float:
    """Return x**y * log(x)**k for an integer k >= 0, to within 4 ulp for k <= 3 and 7 ulp for k <= 6.

    If log(x)**k leaves the range of floats, the result is computed as the exp of a sum of logarithms and is accurate
    to about 12 digits.

    >>> pow_log(0.0, 1.0, 2.0), pow_log(math.e, 1.0, 1.0) == math.e, pow_log(-1.0, 2.0, 1.0)
    (0.0, True, nan)
    """
    if k == 0.0:
        return pow_quiet(x, y)
    if not x >= 0.0:
        return math.nan
    log = log_quiet(x)
    power, logs = pow_quiet(abs(x), y), pow_quiet(log, k)
    if x == 0.0 or math.isinf(x) or math.isinf(y):
        return math.copysign(power, logs) if power == 0.0 or math.isinf(power) else power * logs
    if log == 0.0 or (is_normal(power) and is_normal(logs)):
        return power * logs
    half = pow_quiet(x, 0.5 * y)
    if is_normal(half) and is_normal(logs):
        return half * logs * half
    return math.copysign(exp_quiet(y * log + k * log_quiet(abs(log))), logs)


def residual(a: float, b: float, d: float) -> float:
    """Return (a - b) - d, the exact rounding error of the float difference d = fl(a - b), or 0.0 if d is not finite.

    >>> residual(1.0, 1e-30, 1.0 - 1e-30)
    -1e-30
    """
    # This is Dekker's sum, which takes the larger operand first; in contrast to the branchless TwoSum, no intermediate
    # result can overflow.
    if not math.isfinite(d):
        return 0.0
    return (a - d) - b if abs(a) >= abs(b) else a - (b + d)


def is_normal(x: float) -> bool:
    """Return whether x is finite and not subnormal, zero or nan.

    >>> is_normal(1e-310)
    False
    """
    return _SMALLEST_NORMAL <= abs(x) < math.inf


def polynomial(coefficients: Sequence[float], x: float) -> float:
    """Return the value of a polynomial at x, by Horner's rule; the coefficients are ordered lowest power first.

    >>> polynomial((1.0, 2.0, 3.0), 2.0)
    17.0
    """
    total = 0.0
    for c in reversed(coefficients):
        total = total * x + c
    return total


def cube_root_error(x: float, z: float) -> float:
    """Return how far z falls short of the cube root of x, as a relative error, or 0.0 if x is 0 or not finite.

    >>> cube_root_error(27.0, 3.0), cube_root_error(8.0, 2.0000000000000004)
    (0.0, -2.2204460492503136e-16)
    """
    if x == 0.0 or not math.isfinite(x):
        return 0.0
    e = math.frexp(x)[1] // 3
    x, z = math.ldexp(x, -3 * e), math.ldexp(z, -e)
    square = z * z
    cube = square * z
    return ((x - cube) - product_error(square, z, cube) - product_error(z, z, square) * z) / (3.0 * x)


def _high(x: float) -> float:
    """Return x rounded to 26 bits, by Veltkamp's splitting."""
    t = 134217729.0 * x
    return t - (t - x)


def product_error(a: float, b: float, p: float) -> float:
    """Return a * b - p, the rounding error of the float product p = fl(a * b), by Dekker's algorithm."""
    ah, bh = _high(a), _high(b)
    al, bl = a - ah, b - bh
    return ((ah * bh - p) + ah * bl + al * bh) + al * bl


def scaled_exp(factor: float, w: float, v: float) -> float:
    """Return factor * exp(-w - v) for w >= 0 and a small v, accurate even where the exponential is subnormal."""
    factor += factor * math.expm1(-v)
    if w < 700.0:
        return factor * math.exp(-w)
    # exp(-w) may be subnormal, so it is applied as exp(652 - w) times exp(-652). The constant is within 2e-04 ulp of
    # exp(-652).
    return factor * math.exp(652.0 - w) * 6.918274648626584e-284


def scaled_gaussian(x: float, c: float, factor: float) -> float:
    """Return factor * exp(-c * x**2) for c = 1.0 or 0.5."""
    # An absolute error in the argument of exp becomes a relative error of the result, so the argument is passed on in
    # two parts. The first, c * h * h, is exact, since h has only 26 bits.
    if abs(x) > 40.0:
        return 0.0 * factor
    h = _high(x)
    return scaled_exp(factor, c * h * h, c * (x - h) * (x + h))
