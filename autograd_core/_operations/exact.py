"""Functions computed in decimal and integer arithmetic, for points where floats would lose most digits.

Most of these points are near roots. Of the fifty digits computed, thirty remain correct even at the float nearest to a
root, so every result is correctly rounded unless it is so close to the midpoint of two floats that thirty digits do
not show which float is nearer. A call takes tens of microseconds, so other modules call these functions only where
float arithmetic is not accurate enough.
"""

import math
from collections.abc import Sequence
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from functools import cache
from itertools import accumulate

DIGITS = 50
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803")
ROOT_OF_TWO_PI = Decimal("2.50662827463100050241576528481104525300698674060993831662992357634229365461")
# For arguments of at least FAR, TERMS terms of the asymptotic series give full precision.
FAR, TERMS = 30, 26


@cache
def bernoulli() -> tuple[Decimal, ...]:
    """Return the Bernoulli numbers B(2), B(4), …, computed by the Akiyama–Tanigawa algorithm.

    >>> bernoulli()[1] * 30
    Decimal('-1.000000000000000000000000000')
    """
    row: list[Fraction] = []
    numbers = []
    for m in range(2 * TERMS + 1):
        row.append(Fraction(1, m + 1))
        for j in range(m, 0, -1):
            row[j - 1] = j * (row[j - 1] - row[j])
        numbers.append(row[0])
    with localcontext(Context(DIGITS)):
        return tuple(Decimal(b.numerator) / b.denominator for b in numbers[2::2])


def polygamma(n: int, x: float) -> float:
    """Return the n-th derivative of the digamma function at a finite x that is not a pole.

    The result is accurate even near the derivative's roots.

    >>> polygamma(0, 1.0), polygamma(2, -0.5)
    (-0.5772156649015329, -0.82879664423432)
    """
    with localcontext(Context(DIGITS)):
        return float(_polygamma(n, Decimal(x)))


def gamma_derivative(n: int, x: float) -> float:
    """Return the n-th derivative of the gamma function at a finite x that is not a pole.

    >>> gamma_derivative(0, 5.0), gamma_derivative(1, 1.0)
    (24.0, -0.5772156649015329)
    """
    if x > 172.0 or x < -1000.0:  # every derivative up to order 170 overflows or underflows
        return math.inf if x > 0.0 else 0.0
    with localcontext(Context(DIGITS)):
        at = Decimal(x)
        derivatives = [_gamma(at)]
        slopes = [_polygamma(k, at) for k in range(n)]
        for m in range(n):
            terms = (math.comb(m, k) * slopes[k] * derivatives[m - k] for k in range(m + 1))
            derivatives.append(sum(terms, Decimal()))
        return float(derivatives[n])


def times_gamma(factor: float, x: float) -> float:
    """Return `factor` times the gamma function at a finite x that is not a pole, even where gamma is subnormal.

    >>> times_gamma(0.5, 5.0), times_gamma(2.0**70, -180.5)
    (12.0, -1.373215774661803e-309)
    """
    if x > 172.0 or x < -1000.0:
        return factor * math.inf if x > 0.0 else 0.0
    with localcontext(Context(36)):  # 36 digits are enough to subtract a nearby integer from x
        return float(Decimal(factor) * _gamma(Decimal(x)))


def sinc_slope(x: float) -> float:
    """Return the derivative of sin(pi x) / (pi x) at a finite x other than 0.

    >>> sinc_slope(1.0)
    -1.0
    """
    with localcontext(Context(DIGITS)):
        turns = Decimal(x)
        angle = PI * Decimal(math.remainder(x, 2.0))
        term, k, sine, cosine = Decimal(1), 0, Decimal(), Decimal()
        while k < 4 or abs(term) > Decimal(10) ** -DIGITS:
            if k % 2:
                sine += term if k % 4 == 1 else -term
            else:
                cosine += term if k % 4 == 0 else -term
            k += 1
            term *= angle / k
        return float((cosine - sine / (PI * turns)) / turns)


def logsumexp(xs: Sequence[float]) -> float:
    """Return log(sum(exp(x) for x in xs)) for finite numbers xs; the result is accurate even when it is nearly 0.

    >>> logsumexp([-math.log(2.0), -math.log(2.0)])
    2.3190468138462996e-17
    """
    at = max(range(len(xs)), key=xs.__getitem__)
    with localcontext(Context(DIGITS)) as context:
        top = Decimal(xs[at])
        rest = sum(((Decimal(x) - top).exp() for i, x in enumerate(xs) if i != at), Decimal())
        context.prec += max(0, -rest.adjusted())  # otherwise, adding rest to 1 would lose this many digits
        return float(top + (1 + rest).ln())


def product(xs: Sequence[float]) -> float:
    """Return the correctly rounded product of numbers, even if partial products leave the range of floats.

    >>> product([1e200, 1e200, 1e-300]), product([1e200, 1e200]), product([])
    (1e+100, inf, 1.0)
    """
    if not all(map(math.isfinite, xs)):
        return math.prod(xs, start=1.0)
    parts = list(map(_whole, xs))
    return _rounded(math.prod(n for n, _ in parts), sum(e for _, e in parts))


def products_of_others(xs: Sequence[float]) -> list[float]:
    """Return, for each number, the product of all the others, rounded once as in `product`.

    >>> products_of_others([1e200, 1e200, 1e-300])
    [1e-100, 1e-100, inf]
    """
    if not all(map(math.isfinite, xs)):
        return [product([*xs[:i], *xs[i + 1 :]]) for i in range(len(xs))]
    parts = list(map(_whole, xs))
    sides = []
    for some in (parts[:-1], parts[:0:-1]):
        sides.append(list(accumulate(some, lambda a, b: (a[0] * b[0], a[1] + b[1]), initial=(1, 0))))
    return [_rounded(m * n, d + e) for (m, d), (n, e) in zip(sides[0], reversed(sides[1]), strict=True)]


def _whole(x: float) -> tuple[int, int]:
    """Return integers n and e such that a finite x equals n / 2**e."""
    numerator, denominator = x.as_integer_ratio()
    return numerator, denominator.bit_length() - 1


def _rounded(n: int, e: int) -> float:
    """Return n / 2**e, correctly rounded, or an infinity if the quotient overflows."""
    try:
        return n / (1 << e)
    except OverflowError:
        return math.inf if n > 0 else -math.inf


def _polygamma(n: int, x: Decimal) -> Decimal:
    """Return `polygamma(n, x)` as a Decimal."""
    if x > 0:
        return _right(n, x)
    # Take the reflection formula at x, and subtract the formula at the fractional part of x: the cotangents cancel.
    up, down = x - x.to_integral_value("ROUND_FLOOR"), x.to_integral_value("ROUND_CEILING") - x
    sign = -1 if n % 2 else 1
    return (_right(n, up) - sign * _right(n, down)) + sign * _right(n, 1 - x)


def _right(n: int, x: Decimal) -> Decimal:
    """Return the n-th derivative of digamma for x > 0."""
    factor = Decimal(math.factorial(n))
    steps = max(0, math.ceil(FAR + n - x))
    near = sum((1 / (x + k) ** (n + 1) for k in range(steps)), Decimal()) * factor
    y = x + steps
    far = factor / (2 * y) + (factor / n if n else -y.ln()) + _in_powers(_coefficients(n), 1 / (y * y))
    value = near + far / y**n
    return value if n % 2 else -value


def _gamma(x: Decimal) -> Decimal:
    """Return the gamma function at x."""
    product, y = Decimal(1), x
    while y < FAR:
        product *= y
        y += 1
    log = (y - Decimal("0.5")) * y.ln() - y + _in_powers(_coefficients(-1), 1 / (y * y)) * y
    return log.exp() * ROOT_OF_TWO_PI / product


@cache
def _coefficients(n: int) -> tuple[Decimal, ...]:
    """Return the coefficients B(2k) (2k + n - 1)! / (2k)!, k = 1, 2, …, of the asymptotic series for polygamma.

    For n = -1 they are the coefficients of the series for log gamma.
    """
    with localcontext(Context(DIGITS)):
        return tuple(b * math.factorial(2 * k + n - 1) / math.factorial(2 * k) for k, b in enumerate(bernoulli(), 1))


def _in_powers(coefficients: Sequence[Decimal], x: Decimal) -> Decimal:
    """Return c[0] * x + c[1] * x**2 + …, where c stands for the coefficients."""
    total = Decimal()
    for c in reversed(coefficients):
        total = (total + c) * x
    return total
