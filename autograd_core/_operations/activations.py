"""The activations that multiply x by a distribution function (silu, gelu and gelu_tanh), and their derivatives.

In the formulas, Phi is the standard normal distribution function and phi is its density. The error bounds in the
docstrings are the largest errors found in comparisons with mpmath, using glibc 2.36. They are given in units in the
last place (ulp) of the exact result.

The tables below hold coefficients of polynomials, lowest power first. Near a root of a derivative f, the polynomial is
a Chebyshev interpolant of f(x) / (x - root), which was computed to 60 digits.
"""

import math

from autograd_core._operations.special import polynomial, product_error, residual, scaled_exp, scaled_gaussian

# For the derivative of silu near its root, on [-1.40625, -1.15625]; in powers of x + 1.28125.
_SILU_NEAR_ROOT = (
    0.21740336854059594, 0.1465432932649427, 0.019001712808600888, -0.015149036257066342, -0.006608259930828664,
    0.00011331223299089696, 0.0007948936865031039, 0.00018660922983321189, -4.027786972893193e-05,
    -2.956008827041391e-05,
)
# For the derivative of gelu near its root, on [-1.5, -0.375]; in powers of x + 0.9375.
_GELU_NEAR_ROOT = (
    0.3594670418076932, 0.3837363420037744, 0.04110718107676708, -0.09700226570572018, -0.03002157896295544,
    0.013031981098364264, 0.006653410701019478, -0.000970870829577773, -0.0009153202955785581, 1.609921096307067e-05,
    9.130702725201889e-05, 5.9171292532005145e-06, -7.072302064608297e-06, -9.313655869936147e-07,
    4.39839882286527e-07, 8.007093767639435e-08, -2.1164871526919248e-08,
)
# For the derivative of gelu_tanh near its root, on [-1.0625, -0.375]; in powers of x + 0.71875.
_GELU_TANH_NEAR_ROOT = (
    0.4434415663366933, 0.38606342282246614, -0.027412228122295625, -0.11595792682492624, -0.013215381411113104,
    0.020686690605564582, 0.004660713421607483, -0.002661501199624386, -0.000841241961880959, 0.00030350104446155756,
    0.00011015823907384679, -4.0850565081115936e-05, -1.3095007407737991e-05, 6.924406518208963e-06,
    1.7265884384366634e-06, -1.114692652478167e-06,
)
# For the second derivative of gelu_tanh near a root, on [1.1875, 2.1875]; in powers of x - 1.6875.
GELU_TANH_CURVE_NEAR_ROOT = (
    -0.2967282487869627, 0.3975220658147952, -0.11089724633768336, -0.09171829615530033, 0.06689978986044633,
    -0.003453754420992913, -0.01132279478094891, 0.004177632752089849, 0.000508280685982848, -0.000818504890780908,
    0.0001624557860477702, 8.188973672644998e-05, -4.67522996080708e-05, -4.377684846783957e-08,
    6.850404235800215e-06, -1.7882646539647276e-06, -5.083201653977187e-07, 3.9151176760077055e-07,
    -3.171328259102685e-08, -4.381362614591579e-08, 1.3684657040439526e-08,
)
# This polynomial in (t - 3) / (t + 3) approximates (1 + t) * Phi(-t) * exp(t**2 / 2) for 1 <= t <= 40.
_MILLS = (
    0.48605579342224864, -0.09652675790053518, -0.016432180656093687, 0.04516388989619883, -0.022729586396610248,
    0.001160791820344524, 0.0030092685899941675, -0.00035468835912675397, -0.0005196598440749258,
    1.7404999376810265e-05, 0.00010400724319908806, 1.7435704170235385e-05, -1.8210176154056846e-05,
    -9.215285848286428e-06, 1.2472988438416139e-06, 2.628919252747861e-06, 8.344298784643741e-07,
    -2.460907939218467e-07, -6.105247583679221e-07, -9.954813356208129e-08, 3.201665262570609e-07,
    -8.730582101993295e-08,
)


def silu(x: float) -> float:
    """Return x * sigmoid(x) to within 2.5 ulp; at inf and -inf, the results are the limits inf and -0.0.

    >>> silu(math.inf), silu(-math.inf)
    (inf, -0.0)
    """
    return -0.0 if x < -800.0 else gate(x, abs(x), 0.0)


def silu_slope(x: float) -> float:
    """Return the derivative of silu, s(x) * (1 + x * s(-x)), to within 3.3 ulp, where s is the sigmoid.

    >>> silu_slope(0.0), silu_slope(math.inf), silu_slope(-math.inf)
    (0.5, 1.0, -0.0)
    """
    if abs(x) > 800.0:
        return 1.0 if x > 0.0 else -0.0
    if -1.40625 <= x <= -1.15625:
        return (x - -1.2784645427610737 + 1.0946994183093437e-16) * polynomial(_SILU_NEAR_ROOT, x + 1.28125)
    return gate_slope(x, abs(x), 0.0, 0.0)


def gelu(x: float) -> float:
    """Return x * Phi(x) to within 3.9 ulp.

    >>> gelu(0.0), gelu(math.inf), gelu(-math.inf)
    (0.0, inf, -0.0)
    """
    if abs(x) > 40.0:
        return x if x > 0.0 else -0.0
    if x <= -1.0:
        return scaled_gaussian(x, 0.5, x * _mills(-x))
    return x * _normal_cdf(x)


def gelu_slope(x: float) -> float:
    """Return the derivative of gelu, Phi(x) + x * phi(x), to within 3.7 ulp, even near the root at -0.7518.

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
    """Return x * sigmoid(2u), where u = sqrt(2 / pi) * (x + 0.044715 * x**3), to within 2.9 ulp.

    The constant in the formula is the float nearest to 0.044715.

    >>> gelu_tanh(0.0), gelu_tanh(math.inf), gelu_tanh(-math.inf)
    (0.0, inf, -0.0)
    """
    if abs(x) > 22.0:
        return x if x > 0.0 else -0.0
    w, v = gelu_tanh_exponent(abs(x))
    return gate(x, w, v)


def gelu_tanh_slope(x: float) -> float:
    """Return the derivative of gelu_tanh to within 3.6 ulp, even near the root at -0.7525.

    >>> gelu_tanh_slope(0.0), gelu_tanh_slope(math.inf), gelu_tanh_slope(-math.inf)
    (0.5, 1.0, -0.0)
    """
    if abs(x) > 22.0:
        return 1.0 if x > 0.0 else -0.0
    if -1.0625 <= x <= -0.375:
        return (x - -0.7524614220710163 - 3.4358218314355225e-17) * polynomial(_GELU_TANH_NEAR_ROOT, x + 0.71875)
    w, v = gelu_tanh_exponent(abs(x))
    return gate_slope(x, w, v, 0.1427096325452005 * abs(x) * x * x)


def gelu_tanh_exponent(x: float) -> tuple[float, float]:
    """Return w and v, whose sum is 2 * sqrt(2 / pi) * (x + 0.044715 * x**3), for 0 <= x <= 22.

    The sum is accurate to twice the precision of a float.

    >>> gelu_tanh_exponent(1.0)
    (1.6671239378783311, -1.7320388485192467e-16)
    """
    s = x * x
    p = 0.07135481627260025 * s
    q = 1.5957691216057308 + p
    w = x * q
    r = (product_error(0.07135481627260025, s, p) + 0.07135481627260025 * product_error(x, x, s)
         - 4.1218577217431825e-18 * s + residual(p, -1.5957691216057308, q) - 9.96930880911092e-17)
    return w, product_error(x, q, w) + x * r


def gate(x: float, w: float, v: float) -> float:
    """Return x * sigmoid(w + v) for x >= 0 and x * sigmoid(-w - v) otherwise.

    Here w >= 0, and v is a correction for the rounding error of w.
    """
    return x / (1.0 + scaled_exp(1.0, w, v)) if x >= 0.0 else scaled_exp(x / (1.0 + math.exp(-w)), w, v)


def gate_slope(x: float, w: float, v: float, rest: float) -> float:
    """Return the slope of `gate(x, w, v)`, where |x * w'(x)| = w + v + rest."""
    e = math.exp(-w)
    square = 1.0 + e * (2.0 + e)
    if x >= 0.0:
        return (1.0 + e * (1.0 + w + rest)) / square
    return scaled_exp(((1.0 - w) + (e - (rest + v))) / square, w, v)


def _mills(t: float) -> float:
    """Return Phi(-t) * exp(t**2 / 2) for 1 <= t <= 40."""
    return polynomial(_MILLS, (t - 3.0) / (t + 3.0)) / (1.0 + t)


def _normal_cdf(x: float) -> float:
    """Return Phi(x) for -1 <= x <= 40."""
    # y + d is x / sqrt(2) to twice the precision of a float; erfc(-y - d) is expanded to first order in d.
    y = 0.7071067811865476 * x
    d = product_error(0.7071067811865476, x, y) - 4.833646656726457e-17 * x
    return 0.5 * math.erfc(-y) + 0.5641895835477563 * math.exp(-y * y) * d
