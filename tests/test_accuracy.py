"""Every row's derivatives over its whole domain against mpmath, in units in the last place; and composites."""

import math

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf

from autograd_core import TABLE, Value, jvp
from autograd_core.random_programs import arguments_of, function_of, orders, value_of
from autograd_core.rows import FUNCTIONS
from autograd_core.strategies import operands
from autograd_core.ulps import same, ulps

BITS = 400  # enough for every cancellation in the formulas below
WIDE = 4400  # enough to divide any float by any other and see the fraction
NAN = mpf("nan")


def logistic(x):
    return 1 / (1 + mpmath.exp(-x))


def density(x):
    return mpmath.exp(-x * x / 2) / mpmath.sqrt(2 * mp.pi)


def cdf(x):
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2 if abs(x) < 1e6 else mpf(x > 0)  # mpmath's own erfc has limits


def power(x, y):
    """x**y for x > 0, or for x < 0 and a whole y."""
    if x == 0:
        return mpf(0) ** y
    if x < 0 and y % 1:
        return NAN
    size = mpmath.exp(y * mpmath.log(abs(x)))
    return -size if x < 0 and y % 2 == 1 else size


def floor_of_quotient(x, y):
    with mp.workprec(WIDE):
        return mpmath.floor(x / y)


def psi(n, x):
    """The polygamma function: by reflection left of 0, by its asymptotic series far right, where mpmath is slow."""
    if x < 0:
        cotangent = [mpf(0), mpf(1)]  # of the n-th derivative of cot, a polynomial in cot
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


def sinc(n, x):
    """The n-th derivative of sin(pi x) / (pi x): its power series, or from x f(x) = sin(pi x) / pi derived n times."""
    n = int(n)
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
    """The exponent of gelu_tanh's sigmoid and its first two derivatives."""
    k, c = 2 * mpmath.sqrt(2 / mp.pi), mpf("0.044715")
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


def softmax(xs):
    exps = [mpmath.exp(x - max(xs)) for x in xs]
    return [e / sum(exps) for e in exps]


def length(*xs):
    return mpmath.sqrt(sum(x * x for x in xs))


def sgn(x):
    return mpf(mpmath.sign(x))


LN2, LN10 = math.log(2), math.log(10)

# The mathematics of each row: its value, and its derivative by each operand.
MATHEMATICS = {
    "add": (lambda x, y: x + y, lambda x, y: 1, lambda x, y: 1),
    "sub": (lambda x, y: x - y, lambda x, y: 1, lambda x, y: -1),
    "mul": (lambda x, y: x * y, lambda x, y: y, lambda x, y: x),
    "div": (lambda x, y: x / y, lambda x, y: 1 / y, lambda x, y: -x / y**2),
    "floordiv": (floor_of_quotient, lambda x, y: 0, lambda x, y: 0),
    "mod": (lambda x, y: x - y * floor_of_quotient(x, y), lambda x, y: 1, lambda x, y: -floor_of_quotient(x, y)),
    "pow": (power, lambda x, y: y * power(x, y) / x, lambda x, y: power(x, y) * mpmath.log(x) if x > 0 else NAN),
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
    "dot": (
        lambda *xs: mpmath.fdot(xs[: len(xs) // 2], xs[len(xs) // 2 :]),
        lambda *xs: xs[len(xs) // 2 :] + xs[: len(xs) // 2],
    ),
    "norm": (length, lambda *xs: [x / length(*xs) for x in xs]),
    "logsumexp": (
        lambda *xs: max(xs) + mpmath.log(sum(mpmath.exp(x - max(xs)) for x in xs)), lambda *xs: softmax(xs)
    ),
    "where": (lambda c, x, y: x if c else y, lambda c, x, y: [0, 1, 0] if c else [0, 0, 1]),
    "chain": (lambda x, y: x * y, lambda x, y: y, lambda x, y: x),
    "quotient": (lambda x, y: x / y, lambda x, y: 1 / y, lambda x, y: -x / y**2),
    "over_square": (lambda x, y: x / y**2, lambda x, y: 1 / y**2, lambda x, y: -2 * x / y**3),
    "polar_slope": (
        lambda x, y: x / (x**2 + y**2),
        lambda x, y: (y - x) * (y + x) / (x**2 + y**2) ** 2, lambda x, y: -2 * x * y / (x**2 + y**2) ** 2,
    ),
    "unit": (lambda x, y: x / y, lambda x, y: 1 / y, lambda x, y: -x / y**2),
    "larger": (lambda x, y: 1 if x > y else 0, lambda x, y: 0, lambda x, y: 0),
    "sech2": (lambda x: mpmath.sech(x) ** 2, lambda x: -2 * mpmath.tanh(x) * mpmath.sech(x) ** 2),
    "gaussian": (
        lambda x, c: mpmath.exp(-c * x**2),
        lambda x, c: -2 * c * x * mpmath.exp(-c * x**2), lambda x, c: -(x**2) * mpmath.exp(-c * x**2),
    ),
    "silu_slope": (
        lambda x: logistic(x) * (1 + x * logistic(-x)),
        lambda x: logistic(x) * logistic(-x) * (2 - x * mpmath.tanh(x / 2)),
    ),
    "gelu_slope": (lambda x: cdf(x) + x * density(x), lambda x: density(x) * (2 - x**2)),
    "gelu_tanh_slope": (gelu_tanh_slope, gelu_tanh_curve),
    "sinc_derivative": (sinc, lambda n, x: NAN, lambda n, x: sinc(n + 1, x)),
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
}  # fmt: skip  # one row a line


def exact_slopes(name, xs):
    """The exact derivatives, as mpf; raises ZeroDivisionError at singular points."""
    slopes = MATHEMATICS[name][1:]
    xs = [mpf(x) for x in xs]
    return list(slopes[0](*xs)) if TABLE[name].arity is None else [slope(*xs) for slope in slopes]


def drawn(row):
    """Operands of a row; the factor in the Gaussian is one of two constants, and no variable."""
    if row.name == "gaussian":
        return st.tuples(operands(TABLE["exp"]).map(lambda xs: xs[0]), st.sampled_from((0.5, 1.0)))
    return operands(row)


def spread(name, xs, i, exact):
    """By how much the exact derivative i changes when each operand moves by one unit in the last place."""
    total = mpf(0)
    for j, x in enumerate(xs):
        moved = []
        for towards in (math.inf, -math.inf):
            try:
                slope = exact_slopes(name, [*xs[:j], math.nextafter(x, towards), *xs[j + 1 :]])[i]
            except (ZeroDivisionError, ValueError):
                return mpf("inf")  # a singular point next door
            moved.append(abs(slope - exact) if slope == slope else mpf(0))
        total += max(moved)
    return total


def error(row, xs, i, got, exact):
    """The error of derivative i in units in the last place.

    For a row with an allowance, what the exact derivative changes over one unit of each operand counts as a unit
    too, if the error would be too large without: near a root of the derivative no formula on floats does better.
    """
    plain = ulps(got, exact)
    if plain <= row.ulps or not row.allowance:
        return plain
    return plain / float(1 + spread(row.name, xs, i, exact) / math.ulp(min(abs(float(exact)), 1e308)))


def errors(row, xs):
    """The error of each derivative in units in the last place, or None where there is none; both modes are compared."""
    if not all(map(math.isfinite, xs)) or any(kink(*xs) == 0 for kink in row.kinks):
        return None
    try:
        z = value_of(row, xs)
    except (ArithmeticError, ValueError):
        return None
    if math.isinf(z) and not row.public:
        return None  # what closes others has overflowed
    if row.name == "prod" and sum(abs(math.log2(abs(x))) for x in xs if x) > 1000:
        return None  # its allowance
    try:
        with mp.workprec(BITS):
            exact = exact_slopes(row.name, xs)
    except ZeroDivisionError:
        return None  # a singular point: see the test of edges
    inputs = [Value(x) for x in xs]
    y = function_of(row)(*arguments_of(row, inputs))
    y.backward()
    whole = orders(row)
    variables = [i for i in range(len(xs)) if i not in whole and (row.name, i) != ("gaussian", 1)]
    for i in variables:
        tangents = [1.0 if i == j else 0.0 for j in range(len(xs))]
        forward = jvp(lambda *a: function_of(row)(*arguments_of(row, a)))(xs, tangents)[1]
        assert same(forward + 0.0, inputs[i].grad + 0.0), (row.name, xs, i)
    with mp.workprec(BITS):
        return [error(row, xs, i, inputs[i].grad, exact[i]) for i in variables if exact[i] == exact[i]]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_forward_and_reverse_are_exact_to_a_few_units(name):
    row = TABLE[name]

    @given(drawn(row))
    def holds(xs):
        found = errors(row, xs)
        assert found is None or max(found, default=0.0) <= row.ulps

    holds()


def test_the_mathematics_covers_the_table():
    assert set(MATHEMATICS) == set(FUNCTIONS)
    assert all(row.ulps == 4 or row.allowance for row in TABLE.values())


@pytest.mark.parametrize("name", MATHEMATICS)
def test_the_mathematics_is_consistent(name):
    """Each derivative written above is that of the value written above, by mpmath's own differentiation."""
    row = TABLE[name]
    value = MATHEMATICS[name][0]
    if orders(row) == (0,):
        points = [(1, 2.3), (2, -1.3)]
    elif name in ("where", "pow_log"):
        points = [(0.6, 1.7, 2.0), (1.3, 0.4, 1.0)]
    else:
        points = {None: [(0.6, -1.7, 2.3, 0.4)], 1: [(0.6,), (-0.3,), (2.5,)], 2: [(0.6, 1.7), (2.3, 0.4)]}[row.arity]
    with mp.workdps(40):
        for xs in points:
            if not row.domain.contains(*xs):
                continue
            for i, slope in enumerate(exact_slopes(name, xs)):
                if slope == slope:
                    once = tuple(int(i == j) for j in range(len(xs)))
                    numeric = mpmath.diff(lambda *a: mpf(value(*a)), tuple(map(mpf, xs)), once)
                    assert mpmath.almosteq(slope, numeric, 1e-15, 1e-15), (xs, i)
