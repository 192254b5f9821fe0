"""The mathematical definition of each row of the operations table, in mpmath, independent of the engine's formulas."""

import math

import mpmath
from mpmath import mp, mpf

from autograd_core import TABLE

BITS = 400  # enough for every cancellation in the formulas below
WIDE = 4400  # enough to divide any float by any other and keep the fraction
NAN = mpf("nan")


def logistic(x):
    return 1 / (1 + mpmath.exp(-x))


def density(x):
    return mpmath.exp(-x * x / 2) / mpmath.sqrt(2 * mp.pi)


def cdf(x):
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2 if abs(x) < 1e6 else mpf(x > 0)  # mpmath's own erfc has limits


def power(x, y):
    """x**y for x > 0, or for x < 0 and an integer y."""
    if x == 0:
        return mpf(0) ** y
    if x < 0 and y % 1:
        return NAN
    size = mpmath.exp(y * mpmath.log(abs(x)))
    return -size if x < 0 and y % 2 == 1 else size


def slope_of_power(x, y):
    """y x**(y - 1), also at x = 0 if the result is finite there."""
    return y * power(x, y) / x if x else y * power(x, y - 1)


def floor_of_quotient(x, y):
    with mp.workprec(WIDE):
        return mpmath.floor(x / y)


def psi(n, x):
    """The polygamma function: by reflection for x < 0; by its asymptotic series for large x, where mpmath is slow."""
    if x < 0:
        cotangent = [mpf(0), mpf(1)]  # the n-th derivative of cot, as a polynomial in cot
        for _ in range(int(n)):
            slope = [k * c for k, c in enumerate(cotangent)][1:]
            cotangent = [-(a + b) for a, b in zip([*slope, 0, 0], [0, 0, *slope], strict=True)]
        reflected = mp.pi ** (n + 1) * mpmath.polyval(cotangent[::-1], mpmath.cot(mp.pi * x))
        return (-1) ** int(n) * psi(n, 1 - x) - reflected
    if x < 1e12:
        return mpmath.psi(int(n), x)
    if n == 0:
        return mpmath.log(x) - 1 / (2 * x) - sum(
            mpmath.bernoulli(2 * k) / (2 * k * x ** (2 * k)) for k in range(1, 8)
        )
    series = mpmath.factorial(n - 1) / x**n + mpmath.factorial(n) / (2 * x ** (n + 1)) + sum(
        mpmath.bernoulli(2 * k) * mpmath.factorial(2 * k + n - 1) / (mpmath.factorial(2 * k) * x ** (2 * k + n))
        for k in range(1, 8)
    )
    return -((-1) ** int(n)) * series


def derivative_of_gamma(n, x):
    """The n-th derivative of the gamma function, from gamma' = gamma psi differentiated n - 1 times."""
    found = [mpmath.gamma(x)]
    slopes = [psi(k, x) for k in range(int(n))]
    for m in range(int(n)):
        found.append(sum(mpmath.binomial(m, k) * slopes[k] * found[m - k] for k in range(m + 1)))
    return found[-1]


def sinc(n, x):
    """The n-th derivative of f(x) = sin(pi x) / (pi x), from its series or from x f(x) = sin(pi x) / pi."""
    n = int(n)
    if n == 0 and x:
        return mpmath.sinpi(x) / (mp.pi * x)
    if abs(x) < 2:
        return mpmath.nsum(
            lambda m: 0 if 2 * m < n else
            (-1) ** int(m) * mp.pi ** (2 * m) * mpmath.ff(2 * m, n) * x ** int(2 * m - n) / mpmath.factorial(2 * m + 1),
            [0, 90], method="d") if x else _sinc_at_zero(n)
    f = mpmath.sinpi(x) / (mp.pi * x)
    for k in range(1, n + 1):
        turned = (mpmath.sinpi, mpmath.cospi, lambda t: -mpmath.sinpi(t), lambda t: -mpmath.cospi(t))[k % 4]
        f = (mp.pi ** (k - 1) * turned(x) - k * f) / x
    return f


def _sinc_at_zero(n):
    return mpf(0) if n % 2 else (-1) ** (n // 2) * mp.pi**n / (n + 1)


def gate(x):
    """The argument of the sigmoid in gelu_tanh, and this argument's first two derivatives."""
    k, c = 2 * mpmath.sqrt(2 / mp.pi), mpf(0.044715)  # the float 0.044715, because programs contain this literal
    return k * (x + c * x**3), k * (1 + 3 * c * x**2), 6 * k * c * x


def gelu_tanh_slope(x):
    v, dv, _ = gate(x)
    return logistic(v) * (1 + x * dv * logistic(-v))


def gelu_tanh_curve(x):
    v, dv, ddv = gate(x)
    s, t = logistic(v), logistic(-v)
    return s * t * (2 * dv + x * ddv + x * dv**2 * (t - s))


def times(xs):
    return mpmath.fprod(xs)


def logsumexp(*xs):
    *others, top = sorted(xs)
    return top + mpmath.log1p(sum(mpmath.exp(x - top) for x in others))


def softmax(xs):
    exps = [mpmath.exp(x - max(xs)) for x in xs]
    return [e / sum(exps) for e in exps]


def length(*xs):
    return mpmath.sqrt(sum(x * x for x in xs))


def sgn(x):
    return mpf(mpmath.sign(x))


LN2, LN10 = math.log(2), math.log(10)

# The mathematics of each row: its value, and its derivative with respect to each operand.
def rounded_off(x, y):
    """The rounding error of x - y, or 0 if x - y is not finite."""
    rounded = float(x) - float(y)
    return x - y - mpf(rounded) if math.isfinite(rounded) else mpf(0)


MATHEMATICS = {
    "add": (lambda x, y: x + y, lambda x, y: 1, lambda x, y: 1),
    "sub": (lambda x, y: x - y, lambda x, y: 1, lambda x, y: -1),
    "mul": (lambda x, y: x * y, lambda x, y: y, lambda x, y: x),
    "div": (lambda x, y: x / y, lambda x, y: 1 / y, lambda x, y: -x / y**2),
    "floordiv": (floor_of_quotient, lambda x, y: 0, lambda x, y: 0),
    "mod": (lambda x, y: x - y * floor_of_quotient(x, y), lambda x, y: 1, lambda x, y: -floor_of_quotient(x, y)),
    "pow": (power, slope_of_power, lambda x, y: power(x, y) * mpmath.log(x) if x > 0 else NAN),
    "neg": (lambda x: -x, lambda x: -1),
    "identity": (lambda x: x, lambda x: 1),
    "abs": (abs, sgn),
    "exp": (mpmath.exp, mpmath.exp),
    "exp2": (lambda x: power(mpf(2), x), lambda x: mpmath.log(2) * power(mpf(2), x)),
    "expm1": (mpmath.expm1, mpmath.exp),
    "log": (mpmath.log, lambda x: 1 / x),
    "log2": (lambda x: mpmath.log(x) / mpmath.log(2), lambda x: 1 / (x * mpmath.log(2))),
    "log10": (mpmath.log10, lambda x: 1 / (x * mpmath.log(10))),
    "log1p": (mpmath.log1p, lambda x: 1 / (1 + x)),
    "logaddexp": (
        lambda x, y: max(x, y) + mpmath.log1p(mpmath.exp(-abs(x - y))),
        lambda x, y: logistic(x - y), lambda x, y: logistic(y - x),
    ),
    "sqrt": (mpmath.sqrt, lambda x: 1 / (2 * mpmath.sqrt(x))),
    "radians": (lambda x: x * mp.pi / 180, lambda x: mp.pi / 180),
    "degrees": (lambda x: x * 180 / mp.pi, lambda x: 180 / mp.pi),
    "cbrt": (lambda x: sgn(x) * mpmath.cbrt(abs(x)), lambda x: 1 / (3 * mpmath.cbrt(abs(x)) ** 2)),
    "square": (lambda x: x * x, lambda x: 2 * x),
    "hypot": (length, lambda x, y: x / length(x, y), lambda x, y: y / length(x, y)),
    "sin": (mpmath.sin, mpmath.cos),
    "cos": (mpmath.cos, lambda x: -mpmath.sin(x)),
    "tan": (mpmath.tan, lambda x: mpmath.sec(x) ** 2),
    "asin": (mpmath.asin, lambda x: 1 / mpmath.sqrt(1 - x**2)),
    "acos": (mpmath.acos, lambda x: -1 / mpmath.sqrt(1 - x**2)),
    "atan": (mpmath.atan, lambda x: 1 / (1 + x**2)),
    "atan2": (mpmath.atan2, lambda x, y: y / (x**2 + y**2), lambda x, y: -x / (x**2 + y**2)),
    "sinc": (lambda x: sinc(0, x), lambda x: sinc(1, x)),
    "sinh": (mpmath.sinh, mpmath.cosh),
    "cosh": (mpmath.cosh, mpmath.sinh),
    "tanh": (mpmath.tanh, lambda x: mpmath.sech(x) ** 2),
    "asinh": (mpmath.asinh, lambda x: 1 / mpmath.sqrt(1 + x**2)),
    "acosh": (mpmath.acosh, lambda x: 1 / mpmath.sqrt(x**2 - 1)),
    "atanh": (mpmath.atanh, lambda x: 1 / (1 - x**2)),
    "sigmoid": (logistic, lambda x: logistic(x) * logistic(-x)),
    "softplus": (lambda x: mpmath.log1p(mpmath.exp(x)), logistic),
    "silu": (lambda x: x * logistic(x), lambda x: logistic(x) * (1 + x * logistic(-x))),
    "gelu": (lambda x: x * cdf(x), lambda x: cdf(x) + x * density(x)),
    "gelu_tanh": (lambda x: x * logistic(gate(x)[0]), gelu_tanh_slope),
    "relu": (lambda x: max(x, 0), lambda x: 1 if x > 0 else 0),
    "leaky_relu": (
        lambda x, y: x if x > 0 else x * y, lambda x, y: 1 if x > 0 else y, lambda x, y: 0 if x > 0 else x
    ),
    "maximum": (max, lambda x, y: 1 if x > y else 0, lambda x, y: 1 if y > x else 0),
    "minimum": (min, lambda x, y: 1 if x < y else 0, lambda x, y: 1 if y < x else 0),
    "sign": (sgn, lambda x: 0),
    "erf": (mpmath.erf, lambda x: 2 / mpmath.sqrt(mp.pi) * mpmath.exp(-x * x)),
    "erfc": (mpmath.erfc, lambda x: -2 / mpmath.sqrt(mp.pi) * mpmath.exp(-x * x)),
    "gamma": (mpmath.gamma, lambda x: mpmath.gamma(x) * psi(0, x)),
    "lgamma": (lambda x: mpmath.log(abs(mpmath.gamma(x))), lambda x: psi(0, x)),
    "polygamma": (psi, lambda n, x: NAN, lambda n, x: psi(n + 1, x)),
    "sum": (lambda *xs: mpmath.fsum(xs), lambda *xs: [1] * len(xs)),
    "mean": (lambda *xs: mpmath.fsum(xs) / len(xs), lambda *xs: [1 / mpf(len(xs))] * len(xs)),
    "prod": (lambda *xs: times(xs), lambda *xs: [times(xs[:i] + xs[i + 1 :]) for i in range(len(xs))]),
    "product": (lambda *xs: times(xs), lambda *xs: [times(xs[:i] + xs[i + 1 :]) for i in range(len(xs))]),
    "dot": (
        lambda *xs: mpmath.fdot(xs[: len(xs) // 2], xs[len(xs) // 2 :]),
        lambda *xs: xs[len(xs) // 2 :] + xs[: len(xs) // 2],
    ),
    "norm": (length, lambda *xs: [x / length(*xs) for x in xs]),
    "logsumexp": (
        logsumexp, lambda *xs: softmax(xs)
    ),
    "where": (lambda c, x, y: x if c else y, lambda c, x, y: [0, 1, 0] if c else [0, 0, 1]),
    "chain": (lambda x, y: x * y, lambda x, y: y, lambda x, y: x),
    "stop": (lambda x: x, lambda x: 0),  # by definition, its derivative is 0, as is that of the next row
    "residual": (rounded_off, lambda x, y: 0, lambda x, y: 0),
    "times": (lambda x, y: x * y, lambda x, y: y, lambda x, y: x),
    "quotient": (lambda x, y: x / y, lambda x, y: 1 / y, lambda x, y: -x / y**2),
    "over_square": (lambda x, y: x / y**2, lambda x, y: 1 / y**2, lambda x, y: -2 * x / y**3),
    "polar_slope": (
        lambda x, y: x / (x**2 + y**2),
        lambda x, y: (y - x) * (y + x) / (x**2 + y**2) ** 2, lambda x, y: -2 * x * y / (x**2 + y**2) ** 2,
    ),
    "one_minus_square": (lambda x: 1 - x**2, lambda x: -2 * x),
    "sigmoid_slope": (
        lambda x: logistic(x) * logistic(-x), lambda x: -logistic(x) * logistic(-x) * mpmath.tanh(x / 2)
    ),
    "cosine": (
        lambda x, y: x / length(x, y),
        lambda x, y: y**2 / length(x, y) ** 3, lambda x, y: -x * y / length(x, y) ** 3,
    ),
    "unit": (lambda x, y: x / y, lambda x, y: 1 / y, lambda x, y: -x / y**2),
    "larger": (lambda x, y: 1 if x > y else 0, lambda x, y: 0, lambda x, y: 0),
    "sech2": (lambda x: mpmath.sech(x) ** 2, lambda x: -2 * mpmath.tanh(x) * mpmath.sech(x) ** 2),
    "gaussian": (
        lambda x, c: mpmath.exp(-c * x**2),
        lambda x, c: -2 * c * x * mpmath.exp(-c * x**2), lambda x, c: -(x**2) * mpmath.exp(-c * x**2),
    ),
    "take": (
        lambda i, *xs: xs[int(i)] if i == int(i) and -len(xs) <= i < len(xs) else NAN,
        lambda i, *xs: [NAN, *(mpf(j in (i, i + len(xs))) for j in range(len(xs)))],
    ),
    "silu_slope": (
        lambda x: logistic(x) * (1 + x * logistic(-x)),
        lambda x: logistic(x) * logistic(-x) * (2 - x * mpmath.tanh(x / 2)),
    ),
    "gelu_slope": (lambda x: cdf(x) + x * density(x), lambda x: density(x) * (2 - x**2)),
    "gelu_tanh_slope": (gelu_tanh_slope, gelu_tanh_curve),
    "sinc_derivative": (sinc, lambda n, x: NAN, lambda n, x: sinc(n + 1, x)),
    "gamma_derivative": (derivative_of_gamma, lambda n, x: NAN, lambda n, x: derivative_of_gamma(n + 1, x)),
    "pow_slope": (
        lambda x, y: y * power(x, y) / x, lambda x, y: y * (y - 1) * power(x, y) / x**2,
        lambda x, y: power(x, y) / x * (1 + y * mpmath.log(x)) if x > 0 else NAN,
    ),
    "pow_log": (
        lambda x, y, k: power(x, y) * mpmath.log(x) ** int(k) if x > 0 else NAN,
        lambda x, y, k: [
            power(x, y) / x * (y * mpmath.log(x) ** int(k) + (k * mpmath.log(x) ** int(k - 1) if k else 0)),
            power(x, y) * mpmath.log(x) ** int(k + 1), NAN,
        ] if x > 0 else [NAN] * 3,
    ),
}  # fmt: skip  # one row per line


def exact_slopes(name, xs):
    """The exact derivatives, as mpf; raises ZeroDivisionError at singular points."""
    slopes = MATHEMATICS[name][1:]
    xs = [mpf(x) for x in xs]
    return list(slopes[0](*xs)) if TABLE[name].arity is None else [slope(*xs) for slope in slopes]


def spread(name, xs, i, exact):
    """The change of the exact i-th derivative when each operand changes by one unit in the last place."""
    total = mpf(0)
    whole = TABLE[name].shape.orders
    for j, x in enumerate(xs):
        if j in whole:
            continue
        moved = []
        for towards in (math.inf, -math.inf):
            try:
                slope = exact_slopes(name, [*xs[:j], math.nextafter(x, towards), *xs[j + 1 :]])[i]
            except (ZeroDivisionError, ValueError):
                return mpf("inf")  # a neighbour is a singular point
            moved.append(abs(slope - exact) if slope == slope else mpf(0))
        total += max(moved)
    return total
