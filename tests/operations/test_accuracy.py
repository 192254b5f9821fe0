"""Every row's derivatives over its whole domain compared with mpmath, in units in the last place."""

import itertools
import math

import mpmath
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from autograd_core import TABLE, Value, grad, gradients, jvp, norm, toposort
from autograd_core._checking.ulps import same, ulps
from autograd_core._operations.functions import FUNCTIONS
from autograd_core._strategies.programs import function_of
from autograd_core.strategies import operands

SIDES = st.sampled_from((-1, 1))
POWERS = ("pow", "pow_slope", "pow_log")


@st.composite
def powers(draw, count):
    """Operands x, y of a power, and `count` integer orders, for which the slopes are near the ends of the float range.

    The exponent is of ordinary size; or near 0 or 1, where y - 1 rounds or cancels; or large, with x near 1.
    """
    near = st.builds(lambda k, side, at: at + side * 2.0**-k * 1.1, st.integers(1, 40), SIDES, st.integers(0, 1))
    large = st.builds(lambda k, side, plus: side * 2.0**k + plus, st.integers(3, 40), SIDES, st.integers(0, 2))
    y = draw(st.floats(-6.0, 6.0) | st.integers(-6, 6).map(float) | near | large)
    exponent = draw(st.floats(-1100.0, -960.0) | st.floats(960.0, 1030.0) | st.floats(-600.0, 600.0))
    power = y - draw(st.integers(0, 2))  # the power whose result has that exponent
    assume(power and abs(exponent / power) < 1020.0)
    x = 2.0 ** (exponent / power)
    return (draw(st.sampled_from((x, -x))) if y % 1 == 0 else x, y, *(draw(st.integers(0, 2)) for _ in range(count)))


def drawn(row):
    """Operands of a row; the factor in the Gaussian is one of two constants, not a variable."""
    if row.name == "gaussian":
        return st.tuples(operands(TABLE["exp"]).map(lambda xs: xs[0]), st.sampled_from((0.5, 1.0)))
    if row.name in POWERS:
        return operands(row) | powers(len(row.shape.orders))
    return operands(row)


def error(mathematics, row, xs, i, got, exact):
    """The error of derivative i in units in the last place.

    For a row with an allowance, an error that would be too large is reduced by the change in the exact derivative over
    one unit of each operand.
    """
    plain = ulps(got, exact)
    if plain <= row.ulps or not row.allowance:
        return plain
    return plain - float(mathematics.spread(row.name, xs, i, exact) / math.ulp(min(abs(float(exact)), 1e308)))


def errors(mathematics, row, xs):
    """The error of each derivative in units in the last place, or None if it does not exist; both modes are compared."""
    if not all(map(math.isfinite, xs)) or any(kink(*xs) == 0 for kink in row.kinks):
        return None
    try:
        z = row.evaluate(xs)
    except (ArithmeticError, ValueError):
        return None
    if math.isinf(z) and not row.public:
        return None  # a private row that closes others has overflowed
    try:
        with mp.workprec(mathematics.BITS):
            exact = mathematics.exact_slopes(row.name, xs)
    except ZeroDivisionError:
        return None  # a singular point: see the test of the edges
    inputs = [Value(x) for x in xs]
    y = function_of(row)(*row.shape.arguments(inputs))
    y.backward()
    whole = row.shape.orders
    variables = [i for i in range(len(xs)) if i not in whole and (row.name, i) != ("gaussian", 1)]
    for i in variables:
        tangents = [1.0 if i == j else 0.0 for j in range(len(xs))]
        forward = jvp(lambda *a: function_of(row)(*row.shape.arguments(a)))(xs, tangents)[1]
        assert same(forward + 0.0, inputs[i].grad + 0.0), (row.name, xs, i)
    with mp.workprec(mathematics.BITS):
        return [error(mathematics, row, xs, i, inputs[i].grad, exact[i]) for i in variables if exact[i] == exact[i]]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_forward_and_reverse_are_exact_to_a_few_units(mathematics, name):
    row = TABLE[name]

    @settings(max_examples=settings().max_examples * (8 if name in POWERS else 1))  # these branch most
    @given(drawn(row))
    def holds(xs):
        found = errors(mathematics, row, xs)
        assert found is None or max(found, default=0.0) <= row.ulps

    holds()


# --- Second derivatives ------------------------------------------------------------------------------------------

# A remainder jumps, so mod is left out. Each example is a pair of slopes in thousands of bits: a hundred examples for
# each row, but only a few if mpmath is slow or there are many pairs of operands.
CURVED = [name for name in FUNCTIONS if TABLE[name].public and name != "mod"]
SECOND = 8.0
SLOW = ("gamma", "lgamma", "polygamma", "logsumexp", "prod")


def curves(mathematics, name, xs, i, j):
    """The exact ∂²/∂x_i∂x_j by central differences of the exact slopes: at the point, then at its neighbours."""

    def at(point):
        x = mpf(point[j])
        step = mpf(2) ** -100 * (min(abs(x), 1) if x else mpf(2) ** -1200)
        up, down = (mathematics.exact_slopes(name, [*point[:j], side, *point[j + 1 :]])[i] for side in (x + step, x - step))
        return (up - down) / (2 * step)

    scale = max((abs(math.frexp(x)[1]) for x in xs if x), default=0)
    if "gamma" in name:  # near 0 their scale is that of the operand
        bits = 600 + max(0, *(math.frexp(x)[1] for x in xs))
    else:
        bits = 1500 + 4 * scale + (3600 if xs[j] == 0 else 0)
    with mp.workprec(bits):
        yield at(xs)
        variables = [k for k in range(len(xs)) if k not in TABLE[name].shape.orders]
        for k, towards in itertools.product(variables, (math.inf, -math.inf)):
            yield at((*xs[:k], math.nextafter(xs[k], towards), *xs[k + 1 :]))


def curve_error(mathematics, row, xs, i, j, got):
    """The error in units in the last place, less the change in the exact curve over one unit of each operand."""
    exact = curves(mathematics, row.name, xs, i, j)
    here = next(exact)
    plain = ulps(got, here)
    if plain <= SECOND:
        return plain
    with mp.workprec(mathematics.BITS):
        spread = sum(abs(there - here) for there in exact)
        return plain - float(spread / math.ulp(min(abs(float(here)), 1e308)))


@pytest.mark.parametrize("name", CURVED)
def test_second_derivatives_are_exact_to_a_few_units(mathematics, name):
    row = TABLE[name]
    whole = row.shape.orders

    @settings(max_examples=settings().max_examples // (10 if name in SLOW else 2))
    @given(operands(row))
    def holds(xs):
        if not all(map(math.isfinite, xs)) or any(kink(*xs) == 0 for kink in row.kinks):
            return
        inputs = [Value(x) for x in xs]
        try:
            y = function_of(row)(*row.shape.arguments(inputs))
        except (ArithmeticError, ValueError):
            return
        variables = [i for i in range(len(xs)) if i not in whole]
        slopes = gradients(y, [inputs[i] for i in variables], create_graph=True)
        if any(0 < abs(slope.data) < 2.0**-1022 for slope in slopes):
            return  # its ingredients are already rounded coarsely
        for i, slope in zip(variables, slopes, strict=True):
            found = gradients(slope, [inputs[j] for j in variables])
            for j, got in zip(variables, found, strict=True):
                try:
                    error = curve_error(mathematics, row, xs, i, j, got)
                except (ZeroDivisionError, ValueError, TypeError):
                    continue  # at or next to a singular point
                assert error <= SECOND or error != error, (i, j, got, error)

    holds()


@pytest.mark.parametrize(("name", "xs", "derivatives"), [
    ("pow", (0.0, 1.0), (0.0, 1.0, 0.0, 0.0)), ("pow", (0.0, 2.0), (0.0, 0.0, 2.0, 0.0)), ("pow", (0.0, 3.0), (0.0, 0.0, 0.0, 6.0)),
    ("pow", (0.0, 2.5), (0.0, 0.0, 0.0, math.inf)), ("pow", (0.0, 0.5), (0.0, math.inf, -math.inf, math.inf)),
    ("pow", (math.inf, 1.0), (math.inf, 1.0, 0.0, 0.0)), ("pow", (math.inf, 3.0), (math.inf, math.inf, math.inf, 6.0)),
    ("pow", (-0.0, 3.0), (0.0, 0.0, 0.0, 6.0)), ("pow", (-math.inf, 2.0), (math.inf, -math.inf, 2.0, 0.0)),
    ("cbrt", (0.0,), (0.0, math.inf, -math.inf, math.inf)), ("sqrt", (0.0,), (0.0, math.inf, -math.inf, math.inf)),
])  # fmt: skip  # a table
def test_derivatives_of_powers_at_the_ends_of_the_range(name, xs, derivatives):
    f = lambda x: function_of(TABLE[name])(x, *xs[1:])  # noqa: E731  # differentiated below
    for derivative in derivatives:
        assert f(xs[0]) == derivative
        f = grad(f)


@pytest.mark.parametrize("y", [2.0, 3.0, 4.0])
@pytest.mark.parametrize("first", ["by x", "by y"])
def test_mixed_derivatives_of_a_power_at_0(first, y):
    """x**(y - 1) (1 + y log x) and its derivatives with respect to x, in the limit; y comes first or last."""
    f = lambda x, y: x**y  # noqa: E731  # differentiated below
    mixed = grad(grad(f, argnums=0), argnums=1) if first == "by x" else grad(grad(f, argnums=1), argnums=0)
    for derivative in (*[0.0] * int(y - 1), -math.inf):
        assert mixed(0.0, y) == derivative
        mixed = grad(mixed)


# --- Where terms cancel, or the argument rounds ------------------------------------------------------------------

# Points where a derivative or its error was once off by dozens of units or more; many are near roots.
DELICATE = [
    ("logaddexp", (-566.6193384108036, -0.6961742760167349)), ("logaddexp", (710.3, 1e-3)), ("logaddexp", (-0.7, -740.1)),
    ("gelu_tanh", (-20.0,)), ("gelu_tanh", (-19.5,)), ("gelu_tanh", (-5.1,)), ("gelu_tanh_slope", (1.4185040087908283,)),
    ("gelu_tanh_slope", (-1.4142135623730951,)), ("gelu_tanh_slope", (-2.052679803994593,)), ("gelu_slope", (1.4142135623730951,)),
    ("gelu_slope", (-1.414213562373095,)), ("silu_slope", (-2.399357280520547,)), ("silu_slope", (2.471893173066685,)),
    ("gamma", (1.4616321449683622,)), ("gamma", (-175.0517122660118,)), ("gamma", (-1.5734984731623904,)),
    ("gamma", (2.987921230154977,)), ("gamma", (-2.0000000000000004,)), ("gamma", (-180.5,)), ("gamma", (171.6,)),
    ("lgamma", (-2.6107208684441447,)), ("lgamma", (-0.5006546691683066,)), ("lgamma", (-7.14835457e-315,)),
    ("polygamma", (1.0, -0.49996902450222086)), ("polygamma", (1.0, -1.5)), ("polygamma", (3.0, -7.4999999)), ("polygamma", (1.0, -1e15 - 0.5)),
    ("polygamma", (0.0, -3.3)), ("polygamma", (19.0, 40.123)), ("polygamma", (99.0, 100.1)), ("polygamma", (169.0, -16.456)),
    ("gamma_derivative", (1.0, -3.7)), ("gamma_derivative", (2.0, 0.4)),
    ("sinc", (1.4302966531242027,)), ("sinc", (19.48891081646214,)), ("sinc", (-1e15 - 0.5,)), ("sinc", (2.4590240,)),
    ("cbrt", (-1.5734992147235203,)), ("cbrt", (5e-324,)), ("cbrt", (1.7e308,)), ("logsumexp", (-0.1, -2.3521684610440907)),
    ("logsumexp", (1.4608997573666482, 21.519377031513955, -5e-139, 2.3952898937914193e-12, 0.5000000094471789, -0.7313610586734827)),
    ("logsumexp", (-0.6332600315566281, 33.88483712056018, -2.8496541462124636, 0.3678794584262268, -6.647980457110595e-12, -1.3867339926932565e-11)),
    ("prod", (1e200, 1e200, 1e-300, 1e-90)), ("prod", (1e-200, 1e-200, 0.0, 1e250, 1e100)), ("prod", (0.0, 1e300, 1e300)),
    ("prod", (5e-324, 5e-324, 1e300, 1e300)), ("prod", (1.7e308, 1.7e308, 1.7e308, 1e-300, 1e-300, 1e-320)),
    ("prod", (1e-300, 1e-300, 1e-300)), ("prod", (-1e300, 1e300, 1e300, 1e300)),
]  # fmt: skip  # a table


@pytest.mark.parametrize(("name", "xs"), DELICATE)
def test_slopes_where_terms_cancel(mathematics, name, xs):
    found = errors(mathematics, TABLE[name], xs)
    assert len(found) >= 1
    assert max(found) <= TABLE[name].ulps


def test_numbers_of_like_size_are_divided_by_their_norm():
    """A number that makes up most of a norm takes a different path, as long as the list; these numbers must not."""
    xs = [Value(1.0 + i / 8) for i in range(8)]
    slopes = gradients(norm(xs), xs, create_graph=True)
    assert not {node.op.name for slope in slopes for node in toposort(slope)} & {"cosine", "hypot"}


def ends_of_the_range(size):
    """Numbers some of whose products leave the float range while others come back into it."""
    number = st.builds(lambda k, side: side * 2.0**k * 1.1, st.integers(-1060, 1020), SIDES) | st.floats(-9.0, 9.0)
    return st.lists(number, min_size=3, max_size=size).map(tuple)


@given(ends_of_the_range(6))
def test_slopes_of_products_that_leave_the_range(mathematics, xs):
    found = errors(mathematics, TABLE["prod"], xs)
    assert max(found) <= 4.0


OWN = ("logaddexp", "logsumexp", "sinc", "sigmoid", "softplus", "silu", "gelu", "gelu_tanh")  # not functions of math


@st.composite
def near_a_root(draw, name):
    """Operands near a root, for rows that sum exponentials; for any other row, any operands."""
    if name not in ("logaddexp", "logsumexp"):
        return draw(operands(TABLE[name]))
    a = -draw(st.floats(-60.0, 4.0).map(math.exp2))
    b = math.log(-math.expm1(a)) * (1 + draw(SIDES) * 2.0 ** -draw(st.integers(1, 60)))
    return draw(st.permutations((a, b))) if name == "logaddexp" else (a - 1.0, b - 1.0, *[-2.0] * draw(st.integers(0, 3)))


@pytest.mark.parametrize("name", OWN)
def test_values_are_exact_to_a_few_units(mathematics, name):
    @given(operands(TABLE[name]) | near_a_root(name))
    def holds(xs):
        if all(map(math.isfinite, xs)):
            with mp.workprec(mathematics.BITS):
                exact = mathematics.MATHEMATICS[name][0](*map(mpf, xs))
                assert ulps(TABLE[name].evaluate(xs), exact) <= 4.0

    holds()


# --- Where the parts of a formula would leave the range ----------------------------------------------------------


@pytest.mark.parametrize(("name", "xs"), [
    ("pow", (2.7244965e-316, 0.0269971)), ("pow", (1.217195e-318, 0.0474696)),
    ("pow_slope", (5e-324, 0.9)), ("pow_log", (5e-324, 0.9, 1.0)), ("pow_slope", (2.0**1023, 0.9999)), ("pow_log", (2.0**1010, 0.99, 2.0)),
    ("pow_log", (5.472220127961653e215, -0.5, 1.0)), ("pow_log", (2.0**-1000, 1e-5, 1.0)), ("pow_log", (2.0**1000, -1e-7, 2.0)), ("pow_slope", (2.0**-1074, 0.3)), ("pow_log", (2.0**-1074, 0.3, 1.0)), ("pow_log", (2.0**1023, -0.7, 1.0)), ("pow_log", (2.0**900, -0.1, 3.0)),
    ("pow", (1.0 - 65 * 2.0**-53, 1e17)), ("pow_slope", (1.0 - 65 * 2.0**-53, 1e17)), ("pow_slope", (2.0**200, 6.1)), ("pow_slope", (2.0**-500, 0.0625)), ("pow_slope", (-(2.0**-530), 4.0)),
    ("pow_slope", (-4.3790577010150533e-47, 9.0)), ("pow_slope", (-1e-70, -3.0)), ("pow_slope", (1e-150, 1e-3)), ("pow_slope", (2.0**-1015, 0.25)), ("pow_slope", (0.99, 1e5)),
    ("silu_slope", (-740.0,)), ("silu_slope", (740.0,)), ("silu", (-740.0,)), ("sigmoid", (-740.0,)), ("sech2", (-371.0,)),
    ("tanh", (371.0,)), ("softplus", (-740.0,)), ("logaddexp", (-740.0, 0.0)), ("gelu", (-37.7,)), ("gelu", (-38.2,)), ("gelu_slope", (-38.0,)),
    ("gelu_tanh", (-21.5,)), ("gelu_tanh_slope", (-21.5,)), ("gaussian", (38.0, 0.5)), ("gaussian", (27.0, 1.0)),
    ("erf", (26.9,)), ("erfc", (-26.9,)),
])  # fmt: skip  # a table
def test_slopes_whose_parts_would_leave_the_range(mathematics, name, xs):
    found = errors(mathematics, TABLE[name], xs)
    assert len(found) >= 1
    assert max(found) <= TABLE[name].ulps


def test_the_mathematics_covers_the_table(mathematics):
    assert set(mathematics.MATHEMATICS) == set(FUNCTIONS)
    assert all(row.ulps == 4 and not row.allowance for row in TABLE.values() if row.public)
    assert all(row.ulps <= SECOND for row in TABLE.values())


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name not in ("stop", "residual")])  # constant by contract
def test_the_mathematics_is_consistent(mathematics, name):
    """Each derivative written above agrees with mpmath's own differentiation of the value written above."""
    row = TABLE[name]
    value = mathematics.MATHEMATICS[name][0]
    if row.shape.orders == (0,):
        points = [(1, 2.3), (2, -1.3)]
    elif name == "take":
        points = [(1, 0.6, -1.7), (-1, 2.3, 0.4)]
    elif name in ("where", "pow_log"):
        points = [(0.6, 1.7, 2.0), (1.3, 0.4, 1.0)]
    else:
        points = {None: [(0.6, -1.7, 2.3, 0.4)], 1: [(0.6,), (-0.3,), (2.5,)], 2: [(0.6, 1.7), (2.3, 0.4)]}[row.arity]
    with mp.workdps(40):
        for xs in points:
            if not row.domain.contains(*xs):
                continue
            for i, slope in enumerate(mathematics.exact_slopes(name, xs)):
                if slope == slope:
                    once = tuple(int(i == j) for j in range(len(xs)))
                    numeric = mpmath.diff(lambda *a: mpf(value(*a)), tuple(map(mpf, xs)), once)
                    assert mpmath.almosteq(slope, numeric, 1e-15, 1e-15), (xs, i)
