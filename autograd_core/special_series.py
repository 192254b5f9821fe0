"""Quiet polygamma functions and derivatives of the normalised sinc, for every order up to 170.

Bounds are in units in the last place of the exact result, the largest error seen against mpmath with glibc 2.36.
"""

import math
from collections.abc import Sequence

from autograd_core.special import (
    gate,
    gate_slope,
    ldexp_quiet,
    log_quiet,
    polynomial,
    pow_quiet,
    product_error,
    residual,
    scaled_gaussian,
)

# Chebyshev interpolants computed with 60 digits, lowest power first: f(x) / (x - root) for f the derivative of gelu on
# [-1.5, -0.375], in powers of x + 0.9375, and of gelu_tanh on [-1.0625, -0.375], in powers of x + 0.75.
_GELU_NEAR_ROOT = (
    0.3594670418076932, 0.3837363420037744, 0.04110718107676708, -0.09700226570572018, -0.03002157896295544,
    0.013031981098364264, 0.006653410701019478, -0.000970870829577773, -0.0009153202955785581, 1.609921096307067e-05,
    9.130702725201889e-05, 5.9171292532005145e-06, -7.072302064608297e-06, -9.313655869936147e-07,
    4.39839882286527e-07, 8.007093767639435e-08, -2.1164871526919248e-08,
)
_GELU_TANH_NEAR_ROOT = (
    0.4313538401592927, 0.3874386775883778, -0.01662485111939453, -0.11410691776917173, -0.016376619135696546,
    0.019759698565820494, 0.0052191586937317845, -0.0024409366982898343, -0.0009215614357401832, 0.0002669750041266245,
    0.00012329791827232577, -3.543312297614508e-05, -1.573913243461764e-05, 6.054724536832179e-06,
    2.2491006192858038e-06, -1.1146926524781678e-06,
)
# (1 + t) * Phi(-t) * exp(t**2 / 2) for 1 <= t <= 40, in powers of (t - 3) / (t + 3).
_MILLS = (
    0.48605579342224864, -0.09652675790053518, -0.016432180656093687, 0.04516388989619883, -0.022729586396610248,
    0.001160791820344524, 0.0030092685899941675, -0.00035468835912675397, -0.0005196598440749258,
    1.7404999376810265e-05, 0.00010400724319908806, 1.7435704170235385e-05, -1.8210176154056846e-05,
    -9.215285848286428e-06, 1.2472988438416139e-06, 2.628919252747861e-06, 8.344298784643741e-07,
    -2.460907939218467e-07, -6.105247583679221e-07, -9.954813356208129e-08, 3.201665262570609e-07,
    -8.730582101993295e-08,
)
_MAX_ORDER = 170.0
# digamma(x) / (x - r), r its positive root, is the sum over k >= 0 of 1 / ((r + k) * (x + k)): the factors 1 / (r + k)
# of the first four terms, and the others as a Chebyshev interpolant on [0, 3] in powers of x - 1.5.
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
# B(2j) / (2j)!, j = 1..10, B the Bernoulli numbers.
_BERNOULLI = (
    0.08333333333333333, -0.001388888888888889, 3.306878306878307e-05, -8.267195767195768e-07, 2.08767569878681e-08,
    -5.284190138687493e-10, 1.3382536530684679e-11, -3.3896802963225827e-13, 8.586062056277845e-15,
    -2.174868698558062e-16,
)


def gelu(x: float) -> float:
    """Return x * Phi(x), Phi the normal distribution function, to within 3.9 ulp.

    >>> gelu(0.0), gelu(math.inf), gelu(-math.inf)
    (0.0, inf, -0.0)
    """
    if abs(x) > 40.0:
        return x if x > 0.0 else -0.0
    if x <= -1.0:
        return scaled_gaussian(x, 0.5, x * _mills(-x))
    return x * _normal_cdf(x)


def gelu_slope(x: float) -> float:
    """Return the derivative of gelu, Phi(x) + x * phi(x), to within 3.7 ulp, its root near -0.7518 included.

    >>> gelu_slope(0.0), gelu_slope(math.inf), gelu_slope(-math.inf)
    (0.5, 1.0, -0.0)
    """
    if abs(x) > 40.0:
        return 1.0 if x > 0.0 else -0.0
    if -1.5 <= x <= -0.375:
        return (x - -0.7517915246935645 - 1.4956759177009883e-17) * polynomial(_GELU_NEAR_ROOT, x + 0.9375)
    if x < -1.5:
        return scaled_gaussian(x, 0.5, _mills(-x) + 0.3989422804014327 * x)
    return _normal_cdf(x) + x * scaled_gaussian(x, 0.5, 0.3989422804014327)


def gelu_tanh(x: float) -> float:
    """Return x * sigmoid(2u), u = sqrt(2 / pi) * (x + 0.044715 * x**3), to within 2.9 ulp.

    >>> gelu_tanh(0.0), gelu_tanh(math.inf), gelu_tanh(-math.inf)
    (0.0, inf, -0.0)
    """
    if abs(x) > 22.0:
        return x if x > 0.0 else -0.0
    w, v = _gelu_tanh_exponent(abs(x))
    return gate(x, w, v)


def gelu_tanh_slope(x: float) -> float:
    """Return the derivative of gelu_tanh to within 3.6 ulp, its root near -0.7525 included.

    >>> gelu_tanh_slope(0.0), gelu_tanh_slope(math.inf), gelu_tanh_slope(-math.inf)
    (0.5, 1.0, -0.0)
    """
    if abs(x) > 22.0:
        return 1.0 if x > 0.0 else -0.0
    if -1.0625 <= x <= -0.375:
        return (x - -0.7524614220710163 - 3.635560509207687e-17) * polynomial(_GELU_TANH_NEAR_ROOT, x + 0.75)
    w, v = _gelu_tanh_exponent(abs(x))
    return gate_slope(x, w, v, 0.1427096325452005 * abs(x) * x * x)


def polygamma(n: float, x: float) -> float:
    """Return the n-th derivative of digamma for an integer n from 0 to 170 and real x, nan for any other n.

    Bounds for x > 0: 2.8 ulp for n = 0 (its root included), 2.4 for n = 1, 3.9 for 2 <= n <= 6. For x < 0:
    2.1 for n = 1, 2.1 for n = 3 and 5; even n has a root between any two poles, and only the absolute error is
    small there: 3.4 ulp of max(1, |digamma(1 - x)|, |pi * cot(pi * x)|) for n = 0.
    Poles: inf for odd n; for even n -inf at 0.0, inf at -0.0 and nan at the negative integers. The limits at x = inf
    are inf for n = 0 and else 0.0; -inf gives nan.

    >>> polygamma(0.0, 1.0), polygamma(1.0, 0.0), polygamma(0.0, -2.0), polygamma(0.5, 1.0)
    (-0.5772156649015329, inf, nan, nan)
    """
    if not 0.0 <= n <= _MAX_ORDER or math.fmod(n, 1.0) != 0.0 or math.isnan(x) or x == -math.inf:
        return math.nan
    odd = math.fmod(n, 2.0) != 0.0
    if x <= 0.0 and math.fmod(x, 1.0) == 0.0:
        return math.inf if odd else -math.copysign(math.inf, x) if x == 0.0 else math.nan
    if n == 0.0:
        if x > 0.0:
            return _digamma(x)
        return _digamma(1.0 - x) - math.pi * _cos_pi(x) / _sin_pi(x)
    if x > 0.0:
        value = _zeta_factorial(n, x)
    else:
        # Reflection without trigonometry: the sum over all integers splits into two zeta functions of the fractional
        # parts, each taken straight from x because one of them may be tiny.
        up, down = x - math.floor(x), math.ceil(x) - x
        value = _zeta_factorial(n, down) - _zeta_factorial(n, 1.0 - x)
        value = _zeta_factorial(n, up) + (value if odd else -value)
    return value if odd else -value


def sinc_derivative(n: float, x: float) -> float:
    """Return the n-th derivative of sin(pi * x) / (pi * x) for an integer n from 0 to 170, nan for any other n.

    Bounds: 2.6 ulp for n = 0, and for n = 1 3.1 where |x| < 1. Derivatives have a root near every half-integer
    or integer, and there only the absolute error is small: 3.1 ulp of pi**(n - 1) / max(1, |x|) for 1 <= n <= 6.

    >>> sinc_derivative(0.0, 0.5) == 2.0 / math.pi, sinc_derivative(1.0, -1.0)
    (True, 1.0)
    """
    # g(k), the k-th derivative of sin(t) / t, obeys t * g(k) + k * g(k - 1) = sin(t + k * pi / 2). Upwards the
    # recurrence divides errors by t / k, so it is used for k <= t; downwards it multiplies them by t / k and from far
    # above forgets its starting value, which replaces a Taylor series.
    if not 0.0 <= n <= _MAX_ORDER or math.fmod(n, 1.0) != 0.0 or math.isnan(x):
        return math.nan
    a, order, scale = abs(x), int(n), 1.0
    if math.isinf(a) or (n == 0.0 and a < 1e-9):
        return 0.0 if a > 1.0 else 1.0
    if a < 2.0**-900 and order % 2 == 1:  # proportional to x: no subnormals on the way
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
        value = pow_quiet(math.pi, n - 1.0) * (phases[order % 4] - n * g) / a
    return -value if x < 0.0 and order % 2 == 1 else value


def logaddexp(a: float, b: float) -> float:
    """Return log(exp(a) + exp(b)) to within 1.8 ulp if max(a, b) >= 0.

    Below zero the two terms of the sum may cancel, and the bound is in ulp of the larger of them.

    >>> logaddexp(-math.inf, 2.0), logaddexp(1e4, 0.0), logaddexp(math.inf, -math.inf)
    (2.0, 10000.0, inf)
    """
    return logsumexp((a, b))


def logsumexp(xs: Sequence[float]) -> float:
    """Return log(sum(exp(x) for x in xs)), -inf for no arguments; for two arguments as accurate as logaddexp.

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
    # The term of the maximum is left out rather than subtracted from the sum, which would round the small ones away.
    skip, rest = xs.index(top), 0.0
    for i, x in enumerate(xs):
        if i != skip:
            d = x - top
            e = math.exp(d)
            rest += e + e * residual(x, top, d)
    return top + math.log1p(rest)


def _mills(t: float) -> float:
    """Return Phi(-t) * exp(t**2 / 2) for 1 <= t <= 40."""
    return polynomial(_MILLS, (t - 3.0) / (t + 3.0)) / (1.0 + t)


def _normal_cdf(x: float) -> float:
    """Return Phi(x) for -1 <= x <= 40."""
    # y + d is x / sqrt(2) to twice the precision; erfc(-y - d) is expanded to first order in d.
    y = 0.7071067811865476 * x
    d = product_error(0.7071067811865476, x, y) - 4.833646656726457e-17 * x
    return 0.5 * math.erfc(-y) + 0.5641895835477563 * math.exp(-y * y) * d


def _gelu_tanh_exponent(x: float) -> tuple[float, float]:
    """Return w + v = 2 * sqrt(2 / pi) * (x + 0.044715 * x**3) to twice the precision, for 0 <= x <= 22."""
    s = x * x
    p = 0.07135481627260025 * s
    q = 1.5957691216057308 + p
    w = x * q
    r = (product_error(0.07135481627260025, s, p) + 0.07135481627260025 * product_error(x, x, s)
         - 6.175149918155315e-19 * s + residual(p, -1.5957691216057308, q) - 9.96930880911092e-17)
    return w, product_error(x, q, w) + x * r


def _sin_pi(x: float) -> float:
    """Return sin(pi * x) for finite x, the argument reduced exactly."""
    q = math.remainder(x, 2.0)
    if abs(q) > 0.5:
        q = math.copysign(1.0, q) - q
    return math.sin(math.pi * q)


def _cos_pi(x: float) -> float:
    """Return cos(pi * x) for finite x, exact in its argument near every root."""
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
    # (n - 1)! = fm * 2**fe; every term is scaled by a power of two, so only the results can leave the range.
    fm, fe = 0.5, 1
    for i in range(2, int(n)):
        fm, e = math.frexp(fm * i)
        fe += e
    steps = max(0, math.ceil(10.0 + n - x)) if x < 10.0 + n else 0
    y = x + steps
    ym, ye = math.frexp(y)
    total = ldexp_quiet(fm * (1.0 + n * _euler_maclaurin(n, y)) / pow_quiet(ym, n), fe - ye * int(n))
    for k in range(steps - 1, -1, -1):
        ym, ye = math.frexp(x + k)
        total += ldexp_quiet(fm * n / pow_quiet(ym, n + 1.0), fe - ye * (int(n) + 1))
    return total


def _euler_maclaurin(n: float, y: float) -> float:
    """Return 1 / (2y) + sum of B(2j) / (2j)! * (n + 1) * ... * (n + 2j - 1) / y**(2j), j = 1..10, for y >= 10 + n."""
    v = 1.0 / y
    w = v * v
    power, total = (n + 1.0) * w, 0.0
    for j, b in enumerate(_BERNOULLI, 1):
        total += b * power
        power *= (n + 2 * j) * (n + 2 * j + 1) * w
    return total + 0.5 * v
