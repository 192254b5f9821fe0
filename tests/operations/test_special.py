"""The float functions of special and special_series compared with mpmath, in units in the last place."""

import math
from itertools import product

import mpmath
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from autograd_core import TABLE
from autograd_core._operations import activations as special_activations
from autograd_core._operations import exact, special
from autograd_core._operations import series as special_series

INF, NAN = math.inf, math.nan
EDGES = (0.0, -0.0, 5e-324, -5e-324, 1e-310, 2.2250738585072014e-308, 1e-160, 1e-20, 0.5, 1.0, -1.0, 1.5, -2.0, 3.0,
         40.0, -745.0, 710.0, 2.0**53, -1e17, 1e155, -1e160, 1.7976931348623157e308, -1.7976931348623157e308, INF, -INF,
         NAN)
many = settings(max_examples=5 * settings().max_examples // 4)


@pytest.fixture(autouse=True)
def digits():
    with mp.workdps(80):
        yield


def ulps(got, exact, scale=None):
    """The error of got in ulps of the exact value, or of a given scale; an overflow must be an infinity."""
    rounded = float(exact)
    if math.isnan(got) or math.isinf(got) or math.isinf(rounded):
        return 0.0 if got == rounded else INF
    return float(abs(mpf(got) - exact) / math.ulp(rounded if scale is None else float(scale)))


def powers(low, high):
    """Positive floats, uniform in their logarithm."""
    return st.builds(lambda m, e: math.ldexp(m, e), st.floats(1.0, 2.0, exclude_max=True), st.integers(low, high))


def signed(numbers):
    return st.builds(lambda x, negative: -x if negative else x, numbers, st.booleans())


anything = signed(powers(-1074, 1023))
moderate = signed(powers(-1074, 9)) | st.floats(-800.0, 800.0) | st.floats(-4.0, 4.0)


def around(root, *, widest=-1):
    """Numbers at every distance from a root."""
    return signed(powers(-56, widest)).map(lambda d: root + d)


def logistic(x):
    return 1 / (1 + mpmath.exp(-x))


def cdf(x):
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def density(x):
    return mpmath.exp(-x * x / 2) / mpmath.sqrt(2 * mp.pi)


def exponent(x, cubes=1):
    return 2 * mpmath.sqrt(2 / mp.pi) * (x + cubes * mpf(0.044715) * x**3)


UNARY = [
    (special.sech2, lambda x: mpmath.sech(x) ** 2, 0.5),
    (special.sigmoid, logistic, 0.0),
    (special.softplus, lambda x: mpmath.log1p(mpmath.exp(x)), 0.0),
    (special_activations.silu, lambda x: x * logistic(x), 0.0),
    (special_activations.silu_slope, lambda x: logistic(x) * (1 + x * logistic(-x)), -1.2784645427610737),
    (lambda x: special.gaussian(x, 1.0), lambda x: mpmath.exp(-x * x), 0.0),
    (lambda x: special.gaussian(x, 0.5), lambda x: mpmath.exp(-x * x / 2), 0.0),
    (special.exp_quiet, mpmath.exp, 709.78),
    (special_activations.gelu, lambda x: x * cdf(x), -1.0),
    (special_activations.gelu_slope, lambda x: cdf(x) + x * density(x), -0.7517915246935645),
    (special_activations.gelu_tanh, lambda x: x * logistic(exponent(x)), 0.0),
    (special_activations.gelu_tanh_slope,
     lambda x: logistic(exponent(x)) * (1 + exponent(x, 3) * logistic(-exponent(x))), -0.7524614220710163),
]


@pytest.mark.parametrize(("function", "exact", "point"), UNARY)
def test_unary(function, exact, point):
    @many
    @given(moderate | around(point) | st.floats(-40.0, 40.0))
    def check(x):
        assert ulps(function(x), exact(mpf(x))) <= 4.0

    check()


@pytest.mark.parametrize("x", [-37.3, -37.7, -37.9, -38.2, -38.4])
def test_gelu_where_the_distribution_function_is_subnormal(x):
    with mp.workprec(3000):
        exact = mpf(x) * mpmath.erfc(-mpf(x) / mpmath.sqrt(2)) / 2
        assert ulps(special_activations.gelu(x), exact) <= 2.0
        slope = exact / mpf(x) + mpf(x) * mpmath.exp(-mpf(x) ** 2 / 2) / mpmath.sqrt(2 * mp.pi)
        assert ulps(special_activations.gelu_slope(x), slope) <= 2.0


@many
@given(st.floats(-20.0, 20.0).map(math.exp2), st.floats(-20.0, 20.0))
@example(24.63379628312227, -9.0190753718639)
def test_a_power_of_ordinary_size_times_a_logarithm(x, y):
    """Two functions and one product round here: the power is not split in halves, as for one that leaves the range."""
    assert ulps(special.pow_log(x, y, 1.0), mpf(x) ** mpf(y) * mpmath.log(mpf(x))) <= 2.0


@many
@given(st.floats(-0.5, 0.5, exclude_min=True, exclude_max=True))
@example(0.2623486454926863)
def test_sech2_near_0_errs_by_little_more_than_a_unit(x):
    """From ½ on, it is computed from an exponential, which errs by two units; below, from a square, small beside 1."""
    assert ulps(special.sech2(x), mpmath.sech(mpf(x)) ** 2) <= 1.5


@many
@given(anything, anything, powers(-3, 3))
@example(1.0, 5e-324, 1.0)
def test_quotients(a, b, c):
    assert ulps(special.over_square(a, b), mpf(a) / mpf(b) ** 2) <= 4.0
    for y in (b, a * c or 1.0):
        assert ulps(special.polar_slope(a, y), mpf(a) / (mpf(a) ** 2 + mpf(y) ** 2)) <= 4.0


@many
@given(signed(powers(-520, 520)), signed(powers(-260, 260)))
def test_a_quotient_by_a_square_has_the_bits_of_the_scaled_one(a, b):
    (am, ae), (bm, be) = math.frexp(a), math.frexp(b)
    scaled = special.ldexp_quiet(am / (bm * bm), ae - 2 * be)
    assert special.over_square(a, b).hex() == scaled.hex() or abs(scaled) < 2.3e-308


@many
@given(powers(-1074, 1023) | around(1.0), st.floats(-760.0, 760.0), signed(powers(-300, 60)) | st.integers(-9, 9))
def test_powers(x, size, other):
    for y in (size / (math.log(x) or 1.0), float(other)):
        log = mpmath.log(mpf(x))
        if not abs(y * log) < 1500 or not abs((y - 1) * log) < 1500:
            continue
        power = mpmath.exp(y * log)
        assert ulps(special.pow_quiet(x, y), power) <= 1.0
        assert ulps(special.pow_slope(x, y), y * power / x) <= 4.0
        for k, bound in ((1, 4.0), (2, 4.0), (3, 4.5), (6, 8.0)):
            assert ulps(special.pow_log(x, y, float(k)), power * log**k) <= bound
        far = special.pow_log(x, y, 150.0)
        assert ulps(far, power * log**150) <= 1e4


@many
@given(powers(-1074, 1023) | around(1.0))
def test_log(x):
    assert ulps(special.log_quiet(x), mpmath.log(mpf(x))) <= 1.0


@many
@given(moderate, moderate | powers(-50, 5), st.lists(moderate, max_size=4))
def test_sums_of_exponentials(a, b, more):
    with mp.workdps(500):
        for xs in ([a, b], [a, a - abs(b), *more]):
            top = max(xs)
            exact = mpmath.log(sum(mpmath.exp(mpf(x)) for x in xs))
            scale = exact if top >= 0.0 else max(-top, exact - top)
            assert ulps(special_series.logsumexp(xs), exact, scale) <= 4.0
        assert special_series.logaddexp(a, b) == special_series.logsumexp([a, b])


@many
@given(anything, anything, powers(-60, 60))
@example(1.7976931348623157e308, -9.9e291, 1.0)
def test_residual(a, b, c):
    for y in (b, a * c):
        d = a - y
        if math.isfinite(d):
            assert mpf_exact(a, y, d) == special.residual(a, y, d)


def mpf_exact(a, b, d):
    with mp.workprec(2300):
        return mpf(a) - mpf(b) - mpf(d)


@many
@given(st.integers(0, 6), powers(-1074, 1020) | st.floats(1e-3, 14.0) | around(1.4616321449683622))
def test_polygamma_right(n, x):
    if x > 1e30 and n > 0:
        exact = -((-1) ** n) * (mpmath.factorial(n - 1) / mpf(x) ** n + mpmath.factorial(n) / mpf(x) ** (n + 1) / 2)
    else:
        exact = mpmath.psi(n, mpf(x))
    assert ulps(special_series.polygamma(float(n), x), exact) <= 4.0


@many
@given(st.integers(0, 6), st.floats(-14.0, -1e-9) | powers(-40, 18).map(lambda x: -x) |
       st.builds(lambda k, d: d - k, st.integers(1, 9), signed(powers(-48, -2))))
def test_polygamma_left(n, x):
    if x == math.floor(x):
        return
    exact = mpmath.psi(n, mpf(x))
    scale = exact
    if n == 0:
        scale = max(1, abs(mpmath.psi(0, 1 - mpf(x))), abs(mp.pi * mpmath.cot(mp.pi * x)))
    elif n % 2 == 0:
        scale = max(abs(mpmath.psi(n, x - mpmath.floor(x))), abs(mpmath.psi(n, mpmath.ceil(x) - x)))
    if scale < mpf(2) ** 1023:
        assert ulps(special_series.polygamma(float(n), x), exact, scale) <= 5.0


def sinc_exact(n, x):
    t = mp.pi * x
    if abs(x) < 1:
        terms = ((-1) ** ((n + m) // 2) * t**m / (mpmath.factorial(m) * (m + n + 1)) for m in range(n % 2, 200, 2))
        return mp.pi**n * sum(terms)
    phases = (mpmath.sinpi(x), mpmath.cospi(x), -mpmath.sinpi(x), -mpmath.cospi(x))
    g = phases[0] / t
    for k in range(1, n + 1):
        g = (phases[k % 4] - k * g) / t
    return mp.pi**n * g


@given(st.integers(0, 6), signed(powers(-1060, 60)) | st.floats(-12.0, 12.0) | around(3.0) | st.floats(-1.0, 1.0))
def test_sinc_derivative(n, x):
    with mp.workdps(160):
        exact = sinc_exact(n, mpf(x))
    got = special_series.sinc_derivative(float(n), x)
    if n == 0 or (n == 1 and abs(x) < 1.0):
        assert ulps(got, exact) <= 4.0
    else:
        assert ulps(got, exact, math.pi ** (n - 1) / max(1.0, abs(x))) <= 4.0


def test_sinc_itself_is_one_quotient():
    """The recurrence of its derivatives would be 2.4 units off here."""
    x = 19.34455109291299
    with mp.workdps(60):
        assert ulps(special_series.sinc_derivative(0.0, x), sinc_exact(0, mpf(x))) <= 1.0


@settings(max_examples=settings().max_examples // 2)
@given(st.sampled_from((1, 3, 5)), signed(powers(-1074, -890)))
def test_odd_derivatives_of_sinc_are_proportional_to_x_near_0(n, x):
    with mp.workdps(60):
        exact = (-1) ** ((n + 1) // 2) * mp.pi ** (n + 1) / (n + 2) * mpf(x)  # the first term of the Taylor series
    assert ulps(special_series.sinc_derivative(float(n), x), exact) <= 4.0


@pytest.mark.parametrize(("got", "expected"), [
    (special.quotient(1.0, 0.0), INF), (special.quotient(-1.0, 0.0), -INF), (special.quotient(1.0, -0.0), -INF),
    (special.quotient(0.0, 0.0), NAN), (special.quotient(NAN, 0.0), NAN), (special.quotient(1e308, 1e-308), INF),
    (special.over_square(-1.0, 0.0), -INF), (special.over_square(0.0, 0.0), NAN), (special.over_square(3.0, INF), 0.0),
    (special.over_square(INF, 1e200), INF), (special.over_square(INF, INF), NAN),
    (special.polar_slope(0.0, 0.0), NAN), (special.polar_slope(2.0, INF), 0.0), (special.polar_slope(INF, 2.0), 0.0),
    (special.polar_slope(INF, INF), 0.0), (special.polar_slope(0.0, 3.0), 0.0), (special.polar_slope(5e-324, 0.0), INF),
    (special.softplus(INF), INF), (special_activations.silu(INF), INF), (special_activations.silu(-INF), -0.0),
    (special_activations.silu_slope(INF), 1.0), (special_activations.silu_slope(-INF), -0.0), (special.gaussian(INF, 0.5), 0.0),
    (special_activations.gelu(INF), INF), (special_activations.gelu(-INF), -0.0), (special_activations.gelu_slope(INF), 1.0),
    (special_activations.gelu_slope(-INF), -0.0), (special_activations.gelu_tanh(INF), INF),
    (special_activations.gelu_tanh(-INF), -0.0), (special_activations.gelu_tanh_slope(INF), 1.0),
    (special_activations.gelu_tanh_slope(-1e308), -0.0),
    (special.log_quiet(-0.0), -INF), (special.log_quiet(-1.0), NAN), (special.log_quiet(INF), INF),
    (special.exp_quiet(1e9), INF), (special.exp_quiet(-INF), 0.0),
    (special.pow_quiet(0.0, -2.0), INF), (special.pow_quiet(-0.0, -1.0), -INF), (special.pow_quiet(-0.0, -2.0), INF),
    (special.pow_quiet(-2.0, 0.5), NAN), (special.pow_quiet(-2.0, 1e4), INF), (special.pow_quiet(-2.0, 9999.0), -INF),
    (special.pow_quiet(NAN, 0.0), 1.0), (special.pow_quiet(-INF, 0.5), INF), (special.pow_quiet(0.0, -INF), INF),
    (special.pow_slope(0.0, 0.0), 0.0), (special.pow_slope(0.0, 0.25), INF), (special.pow_slope(0.0, 1.0), 1.0),
    (special.pow_slope(0.0, 3.0), 0.0), (special.pow_slope(0.0, -1.0), -INF), (special.pow_slope(-0.0, -2.0), INF),
    (special.pow_slope(-2.0, 3.0), 12.0), (special.pow_slope(-2.0, 4.0), -32.0), (special.pow_slope(-2.0, 0.5), NAN),
    (special.pow_log(-INF, 2.0, 1.0), NAN), (special.pow_log(-2.0, INF, 1.0), NAN), (special.pow_slope(-INF, 0.5), NAN), (special.pow_slope(INF, 0.5), 0.0), (special.pow_slope(INF, 1.0), 1.0), (special.pow_slope(INF, 2.0), INF),
    (special.pow_slope(0.5, INF), 0.0), (special.pow_slope(2.0, -INF), 0.0), (special.pow_slope(2.0, INF), INF),
    (special.pow_slope(5e-324, 2.0**-52), 4.4942328371550473e307), (special.pow_slope(NAN, 2.0), NAN),
    (special.pow_log(0.0, 2.0, 3.0), -0.0), (special.pow_log(0.0, 0.0, 1.0), -INF),
    (special.pow_log(0.0, -1.0, 2.0), INF),
    (special.pow_log(-1.0, 2.0, 1.0), NAN), (special.pow_log(-2.0, 2.0, 0.0), 4.0),
    (special.pow_log(1.0, 5.0, 2.0), 0.0),
    (special.pow_log(INF, -1.0, 2.0), 0.0), (special.pow_log(INF, 1.0, 2.0), INF),
    (special_series.polygamma(0.0, 0.0), -INF), (special_series.polygamma(0.0, -0.0), INF),
    (special_series.polygamma(2.0, -3.0), NAN), (special_series.polygamma(1.0, -3.0), INF),
    (special_series.polygamma(0.0, INF), INF), (special_series.polygamma(3.0, INF), 0.0),
    (special_series.polygamma(2.0, INF), -0.0), (special_series.polygamma(0.0, -INF), NAN),
    (special_series.polygamma(-1.0, 1.0), NAN), (special_series.polygamma(1.5, 1.0), NAN),
    (special_series.polygamma(171.0, 1.0), NAN), (special_series.polygamma(NAN, 1.0), NAN),
    (special_series.gamma_derivative(1.0, 173.0), INF), (special_series.gamma_derivative(2.0, 1e300), INF),
    (special_series.gamma_derivative(1.0, INF), INF), (special_series.gamma_derivative(0.0, INF), INF),
    (special_series.gamma_derivative(1.0, -1000.5), 0.0), (special_series.gamma_derivative(2.0, -1000.5), 0.0),
    (special_series.gamma_derivative(1.0, -INF), NAN), (special_series.gamma_derivative(0.0, 0.0), NAN),
    (special_series.gamma_derivative(1.0, -3.0), NAN), (special_series.gamma_derivative(0.5, 2.0), NAN),
    (special_series.gamma_derivative(-1.0, 2.0), NAN), (special_series.gamma_derivative(2.0, NAN), NAN),
    (exact.product([1e200, 1e200, 1e-300]), 1e100), (exact.product([INF, -2.0]), -INF), (exact.product([INF, 0.0]), NAN),
    (exact.product([1e300, -1e300]), -INF), (exact.product([-5e-324, 0.5]), -0.0),
    (exact.products_of_others([INF, 2.0, 3.0])[0], 6.0), (exact.products_of_others([INF, 2.0, 3.0])[2], INF),
    (special.cube_root_error(0.0, 0.0), 0.0), (special.cube_root_error(INF, INF), 0.0), (special.cube_root_error(8.0, 2.0), 0.0),
    (special_series.sinc_derivative(0.0, 0.0), 1.0), (special_series.sinc_derivative(0.0, -7.0), 0.0),
    (special_series.sinc_derivative(4.0, -INF), 0.0), (special_series.sinc_derivative(0.0, NAN), NAN),
    (special_series.sinc_derivative(0.5, 1.0), NAN), (special_series.sinc_derivative(1.0, 4.0), 0.25),
    (special_series.logaddexp(INF, -INF), INF), (special_series.logaddexp(-INF, -INF), -INF),
    (special_series.logaddexp(NAN, INF), NAN), (special_series.logaddexp(3.0, -INF), 3.0),
    (special_series.logsumexp([]), -INF), (special_series.logsumexp([1e308, -1e308]), 1e308),
    (special.residual(INF, 1.0, INF), 0.0), (special.residual(1.0, NAN, NAN), 0.0),
    (special.ldexp_quiet(-1.0, 5000), -INF), (special.ldexp_quiet(1.0, -5000), 0.0),
])
def test_edge(got, expected):
    assert math.isnan(got) if math.isnan(expected) else (got, math.copysign(1.0, got)) == (
        expected, math.copysign(1.0, expected))


def test_quiet_everywhere():
    for function, _, _ in UNARY:
        for x in EDGES:
            assert isinstance(function(x), float)
            assert math.isfinite(x) <= (not math.isnan(function(x)))
    for a, b in product(EDGES, EDGES):
        for function in (special.quotient, special.over_square, special.polar_slope, special.pow_quiet,
                         special.pow_slope, special_series.polygamma, special_series.sinc_derivative,
                         special_series.logaddexp):
            assert isinstance(function(a, b), float)
        assert isinstance(special.residual(a, b, a - b), float)
        assert isinstance(special.log_quiet(a), float)
        for k in (0.0, 1.0, 2.0, 7.0, 170.0, 1e6):
            assert isinstance(special.pow_log(a, b, k), float)


@pytest.mark.parametrize("n", [20, 100, 170])
def test_high_orders(n):
    for x in (0.3, 1.0, 7.5, 40.0, 300.25, 1e6):
        assert ulps(special_series.polygamma(float(n), x), mpmath.psi(n, mpf(x))) <= 16.0


@pytest.mark.parametrize(("name", "xs"), [
    ("gamma_derivative", (1.0, 2.5)), ("polygamma", (0.0, -2.3)), ("polygamma", (2.0, -2.2)), ("polygamma", (1.0, -2.5)),
    ("sinc_derivative", (1.0, 2.1)), ("sinc_derivative", (2.0, 2.1)), ("logaddexp", (1.0, 2.0)), ("logaddexp", (-5.0, -4.0)),
    ("prod", (2.0, 3.0, 4.0)), ("prod", (2.0, 0.0, 5.0)), ("prod", (5e-324,)),
])  # fmt: skip  # a table
def test_ordinary_operands_need_no_slow_arithmetic(monkeypatch, name, xs):
    def refuse(*operands):
        raise AssertionError(f"slow arithmetic for {name} at {xs}")

    for function in ("polygamma", "gamma_derivative", "sinc_slope", "logsumexp", "products_of_others"):
        monkeypatch.setattr(exact, function, refuse)
    row = TABLE[name]
    if row.arity is None:
        assert math.isfinite(row.derivatives(xs, row.value(xs))[0])
    else:
        assert math.isfinite(row.value(*xs))
