"""The polygamma functions, the derivatives of gamma and of the normalised sinc, logaddexp and logsumexp.

Derivatives are available up to order 170. None of these functions raises an exception.

The error bounds in the docstrings are the largest errors found in comparisons with mpmath, using glibc 2.36. They are
given in units in the last place (ulp) of the exact result.
"""

import math
from collections.abc import Sequence

from autograd_core._operations.special import ldexp_quiet, log_quiet, polynomial, pow_quiet, residual

from . import exact

_MAX_ORDER = 170.0
# digamma(x) / (x - r), where r is the positive root of digamma, is the sum over k >= 0 of 1 / ((r + k) * (x + k)).
# The first table holds the factors 1 / (r + k) of the first four terms; the second holds the coefficients, in powers of
# x - 1.5, of the Chebyshev interpolant on [0, 3] of the sum of all other terms.
_DIGAMMA_POLES = (
    0.6841666717870696, 0.40623453916297975, 0.2888810705821371, 0.22413322468275587,
)
_DIGAMMA_REST = (
    0.2001061138413399, -0.01990538306304733, 0.0026300480522829287, -0.00038963014634630337, 6.137675978650725e-05,
    -1.004105132917865e-05, 1.6847487909736926e-06, -2.8776614543829834e-07, 4.979952116969973e-08,
    -8.70338476561189e-09, 1.532361428985091e-09, -2.7145189011999265e-10, 4.853588117825483e-11,
    -8.671567335698878e-12, 1.4561750082127032e-12, -2.614806114218406e-13, 7.023844410924368e-14,
    -1.2674829357620707e-14,
)
# B(2j) / (2j)! for j = 1, …, 10, where the B(2j) are Bernoulli numbers.
_BERNOULLI = (
    0.08333333333333333, -0.001388888888888889, 3.306878306878307e-05, -8.267195767195768e-07, 2.08767569878681e-08,
    -5.284190138687493e-10, 1.3382536530684679e-11, -3.3896802963225827e-13, 8.586062056277845e-15,
    -2.174868698558062e-16,
)


def polygamma(n: float, x: float) -> float:
    """Return the n-th derivative of digamma at x for an integer n from 0 to 170, and nan for any other n.

    The result is accurate to within 2.9 ulp, even near the derivative's roots. At the poles it is inf for odd n; for
    even n it is -inf at 0.0, inf at -0.0 and nan at the negative integers. At x = inf it is inf for n = 0 and 0.0 for
    all other n; at x = -inf it is nan.

    >>> polygamma(0.0, 1.0), polygamma(1.0, 0.0), polygamma(0.0, -2.0), polygamma(0.5, 1.0)
    (-0.5772156649015329, inf, nan, nan)
    """
    if not is_order(n) or math.isnan(x) or x == -math.inf:
        return math.nan
    odd = math.fmod(n, 2.0) != 0.0
    if x <= 0.0 and math.fmod(x, 1.0) == 0.0:
        return math.inf if odd else -math.copysign(math.inf, x) if x == 0.0 else math.nan
    if x > 0.0:
        return _digamma(x) if n == 0.0 else _zeta_factorial(n, x) if odd else -_zeta_factorial(n, x)
    if n == 0.0:
        up, down = _digamma(1.0 - x), math.pi * _cos_pi(x) / _sin_pi(x)
    else:
        # Reflect without trigonometry: the sum over all integers splits into two zeta functions, one of x - floor(x)
        # and one of ceil(x) - x. Both arguments are computed directly from x, because one of them may be tiny.
        up, down = x - math.floor(x), math.ceil(x) - x
        up, down = _zeta_factorial(n, up), _zeta_factorial(n, down) - _zeta_factorial(n, 1.0 - x)
        if odd:
            return up + down
        up, down = down, up
    value = up - down
    # A derivative of even order has a root between any two neighbouring poles, where this difference loses digits.
    # Moreover, 1 - x is rounded, which may change digamma by half a unit in the last place of 1. So if the difference
    # is small, the result is computed in decimal arithmetic instead.
    least = 0.8 * max(abs(up), abs(down), 1.0)
    return value if least < abs(value) < math.inf else exact.polygamma(int(n), x)


def is_order(n: float) -> bool:
    """Return whether derivatives of order n are available, that is, whether n is an integer from 0 to 170.

    >>> is_order(2.0), is_order(-1.0), is_order(math.nan)
    (True, False, False)
    """
    return 0.0 <= n <= _MAX_ORDER and math.fmod(n, 1.0) == 0.0


def gamma_derivative(n: float, x: float) -> float:
    """Return the n-th derivative of gamma for an integer n from 0 to 170, and nan for any other n and at the poles.

    The result is accurate to within 3.7 ulp for n = 1, and correctly rounded for all other n.

    >>> gamma_derivative(0.0, 5.0), gamma_derivative(1.0, 1.0), gamma_derivative(1.0, -1.0)
    (24.0, -0.5772156649015329, nan)
    """
    if not is_order(n) or math.isnan(x) or x == -math.inf or (x <= 0.0 and math.fmod(x, 1.0) == 0.0):
        return math.nan
    if n == 1.0 and math.isfinite(x):
        return exact.times_gamma(polygamma(0.0, x), x)
    return exact.gamma_derivative(int(n), x)


def sinc_derivative(n: float, x: float) -> float:
    """Return the n-th derivative of sin(pi * x) / (pi * x) for an integer n from 0 to 170, and nan for any other n.

    The result is accurate to within 2.6 ulp for n = 0 and 3.2 ulp for n = 1. The derivatives have roots near
    half-integers if n is odd and near integers if n is even. For n >= 2, only the absolute error is small near these
    roots: it is at most 3.1 ulp of pi**(n - 1) / max(1, |x|) for 2 <= n <= 6.

    >>> sinc_derivative(0.0, 0.5) == 2.0 / math.pi, sinc_derivative(1.0, -1.0)
    (True, 1.0)
    """
    # g(k), the k-th derivative of sin(t) / t, obeys t * g(k) + k * g(k - 1) = sin(t + k * pi / 2). Run upwards,
    # the recurrence divides errors by t / k, so it is used for k <= t. Run downwards, it multiplies errors by t / k, so
    # if it starts far above n, the error of its starting value vanishes, and no Taylor series is needed.
    if not is_order(n) or math.isnan(x):
        return math.nan
    a, order, scale = abs(x), int(n), 1.0
    if math.isinf(a) or (n == 0.0 and a < 1e-9):
        return 0.0 if a > 1.0 else 1.0
    if a < 2.0**-900 and order % 2 == 1:  # the result is proportional to x; scaling avoids subnormals
        a, scale = a * 2.0**600, 2.0**-600
    t, sine, cosine = math.pi * a, _sin_pi(a), _cos_pi(a)
    phases = (sine, cosine, -sine, -cosine)
    if n == 0.0:
        return sine / t
    if t < n + 1.0:
        g = 0.0
        for k in range(2 * order + 40, order, -1):
            g = (phases[k % 4] - t * g) / k
        value = pow_quiet(math.pi, n) * g * scale
    else:
        g = sine / t
        for k in range(1, order):
            g = (phases[k % 4] - k * g) / t
        value = phases[order % 4] - n * g
        if order == 1 and abs(value) < 1.5 * abs(g):  # near a root
            value = exact.sinc_slope(a)
        else:
            value = pow_quiet(math.pi, n - 1.0) * value / a
    return -value if x < 0.0 and order % 2 == 1 else value


def logaddexp(a: float, b: float) -> float:
    """Return log(exp(a) + exp(b)) to within 2.4 ulp, even where the result is near 0.

    >>> logaddexp(-math.inf, 2.0), logaddexp(1e4, 0.0), logaddexp(math.inf, -math.inf)
    (2.0, 10000.0, inf)
    """
    return logsumexp((a, b))


def logsumexp(xs: Sequence[float]) -> float:
    """Return log(sum(exp(x) for x in xs)), which is -inf for an empty list.

    For two numbers, the bound on the error is that of logaddexp.

    >>> logsumexp([]), logsumexp([1000.0]), logsumexp([-math.inf, -math.inf])
    (-inf, 1000.0, -inf)
    """
    top = -math.inf
    for x in xs:
        if math.isnan(x):
            return math.nan
        top = max(top, x)
    if math.isinf(top):
        return top
    # The sum leaves out the term of the maximum, which is 1, because log1p adds 1 itself. Adding it earlier would round
    # the small terms away.
    skip, rest = xs.index(top), 0.0
    for i, x in enumerate(xs):
        if i != skip:
            d = x - top
            e = math.exp(d)
            rest += e + e * residual(x, top, d)
    log = math.log1p(rest)
    if 0.5 * log < -top < 2.0 * log:  # near a root
        return exact.logsumexp(xs)
    return top + log


def _sin_pi(x: float) -> float:
    """Return sin(pi * x) for finite x, with exact argument reduction."""
    q = math.remainder(x, 2.0)
    if abs(q) > 0.5:
        q = math.copysign(1.0, q) - q
    return math.sin(math.pi * q)


def _cos_pi(x: float) -> float:
    """Return cos(pi * x) for finite x, with an argument reduction that is exact near every root."""
    return math.sin(math.pi * (0.5 - abs(math.remainder(x, 2.0))))


def _digamma(x: float) -> float:
    """Return digamma(x) for x > 0."""
    if x >= 10.0:
        return log_quiet(x) - _euler_maclaurin(0.0, x)
    rest = 0.0
    while x >= 3.0:
        x -= 1.0
        rest += 1.0 / x
    factor = polynomial(_DIGAMMA_REST, x - 1.5)
    for k in (3, 2, 1, 0):
        factor += _DIGAMMA_POLES[k] / (x + k)
    return (x - 1.4616321449683622 - 9.549995429965697e-17) * factor + rest


def _zeta_factorial(n: float, x: float) -> float:
    """Return n! * (sum over k >= 0 of (x + k)**-(n + 1)) for n >= 1 and x > 0."""
    # Every term is scaled by a power of two, so that only the final result, and no intermediate result, can overflow or
    # underflow. Raising x + k to the power -(n + 1) magnifies the rounding error of x + k; each term is corrected for
    # this.
    fm, fe = math.frexp(math.factorial(int(n) - 1))
    steps = max(0, math.ceil(10.0 + n - x)) if x < 10.0 + n else 0
    y = x + steps
    ym, ye = math.frexp(y)
    far = fm * (1.0 + n * _euler_maclaurin(n, y)) / pow_quiet(ym, n)
    total = ldexp_quiet(far - far * n * residual(x, -steps, y) / y, fe - ye * int(n))
    for k in range(steps - 1, -1, -1):
        y = x + k
        ym, ye = math.frexp(y)
        term = fm * n / pow_quiet(ym, n + 1.0)
        total += ldexp_quiet(term - term * (n + 1.0) * residual(x, -k, y) / y, fe - ye * (int(n) + 1))
    return total


def _euler_maclaurin(n: float, y: float) -> float:
    """Return 1 / (2y) + the sum of B(2j) / (2j)! * (n + 1) * ... * (n + 2j - 1) / y**(2j) for j = 1, …, 10.

    The sum is accurate for y >= 10 + n.
    """
    v = 1.0 / y
    w = v * v
    power, total = (n + 1.0) * w, 0.0
    for j, b in enumerate(_BERNOULLI, 1):
        total += b * power
        power *= (n + 2 * j) * (n + 2 * j + 1) * w
    return total + 0.5 * v
