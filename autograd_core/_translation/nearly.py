"""Functions on floats that replace functions in _operations/exact.py where generated code cannot call Python.

The functions in exact.py compute with more digits than floats have, which matters near a root. Generated JavaScript and
NumPy code uses floats instead, so near a root its results are off by a few ulps of the terms that cancel. The functions
in this module are also needed at other points, where they are as accurate as floats allow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from .._operations import series as special_series
from .._operations import special


def gamma_quiet(x: float) -> float:
    """Return the gamma function at an x that is not a pole; if the result overflows, return infinity with x's sign.

    >>> gamma_quiet(5.0), gamma_quiet(200.0)
    (24.0, inf)
    """
    try:
        return math.gamma(x)
    except OverflowError:
        return math.copysign(math.inf, x)


def times_gamma(factor: float, x: float) -> float:
    """Return `factor` times the gamma function at x, which must be finite and not a pole.

    >>> times_gamma(0.5, 5.0)
    12.0
    """
    return factor * gamma_quiet(x)


def gamma_derivative(n: int, x: float) -> float:
    """Return the n-th derivative of the gamma function at an x that is not a pole.

    The first derivative is gamma · digamma; the higher derivatives follow from Leibniz's rule for this product.

    >>> gamma_derivative(0, 5.0), gamma_derivative(2, 1.0)
    (24.0, 1.978111990655945)
    """
    derivatives = [gamma_quiet(x)]
    if math.isinf(derivatives[0]) and x > 1.0:
        return math.inf
    for m in range(n):
        total, ways = 0.0, 1.0
        for k in range(m + 1):
            total += ways * special_series.polygamma(float(k), x) * derivatives[m - k]
            ways = ways * float(m - k) / float(k + 1)
        derivatives.append(total)
    return derivatives[n]


def product_without(xs: Sequence[float], at: int) -> float:
    """Return the product of all numbers in `xs` except `xs[at]`; if `at` is -1, return the product of all numbers.

    The exponent is kept separately, so that no partial product overflows or underflows.

    >>> product_without([1e200, 7.0, 1e200, 1e-300], 1)
    1e+100
    """
    if not all(math.isfinite(x) or i == at for i, x in enumerate(xs)):
        total = 1.0
        for i, x in enumerate(xs):
            if i != at:
                total *= x
        return total
    mantissa, exponent = 1.0, 0
    for i, x in enumerate(xs):
        if i != at:
            part, size = math.frexp(x)
            mantissa, carry = math.frexp(mantissa * part)
            exponent += size + carry
    return special.ldexp_quiet(mantissa, exponent)


def product(xs: Sequence[float]) -> float:
    """Return the product of the numbers in `xs`.

    >>> product([1e200, 1e200, 1e-300])
    1e+100
    """
    return product_without(xs, -1)


def products_of_others(xs: Sequence[float]) -> list[float]:
    """Return, for each number in `xs`, the product of all other numbers in `xs`.

    >>> products_of_others([2.0, 3.0, 5.0])
    [15.0, 10.0, 6.0]
    """
    return [product_without(xs, i) for i in range(len(xs))]
