"""The public strategies: the values that they draw, how programs shrink, and distances in ulps."""

import math
from fractions import Fraction

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from mpmath import mpf

from autograd_core import TABLE, Value, exp, log, operation_of, polygamma, primitive, relu, tanh
from autograd_core._checking.ulps import same, ulps
from autograd_core._operations.functions import FUNCTIONS
from autograd_core._strategies.programs import Line, RandomProgram, form_of, function_of, in_math
from autograd_core.strategies import (
    defined_programs,
    is_smooth,
    near,
    numbers,
    operands,
    programs,
    smooth_operands,
    smooth_programs,
)

INF, NAN = math.inf, math.nan
ROWS = [operation_of(function) for function in FUNCTIONS.values()]
once = settings(max_examples=3000, derandomize=True, database=None, deadline=None)


@primitive(derivatives=(2.0, -1.0, 0.0))
def plane(x, y, z):
    """Of three operands."""
    return 2 * x - y + 1.0


@pytest.mark.parametrize("wanted", [
    lambda x: x != x, lambda x: x == INF, lambda x: x == 0 and math.copysign(1, x) < 0, lambda x: 0 < abs(x) < 1e-310,
    lambda x: 1e300 < x < INF, lambda x: 1e-200 < -x < 1e-100, lambda x: 0 < abs(x - math.pi) < 1e-10,
    lambda x: 0 < abs(x - 2 * math.pi) < 1e-3, lambda x: 700 < x < 800, lambda x: x == 1.0,
])  # fmt: skip  # cases that must be reached
def test_numbers_reach(wanted):
    assert wanted(find(numbers([0.0, math.pi]), wanted, settings=once))


@settings(max_examples=10 * settings().max_examples)
@given(st.one_of(*(st.tuples(st.just(row), operands(row)) for row in [*ROWS, operation_of(plane)])))
def test_operands_are_inside_the_domain(drawn):
    row, xs = drawn
    count, lists = len(row.shape.parameters), row.shape.lists
    assert row.domain.contains(*xs)
    assert len(xs) % count == 0 if lists else len(xs) == count
    arguments = row.shape.arguments(xs)
    assert len(arguments) == count
    assert tuple(x for a in arguments for x in (a if lists else [a])) == xs or any(x != x for x in xs)


@settings(max_examples=5 * settings().max_examples)
@given(st.one_of(*(st.tuples(st.just(row), smooth_operands(row)) for row in ROWS)))
def test_smooth_operands_have_finite_values_and_derivatives(drawn):
    row, xs = drawn
    inputs = [Value(x) for x in xs]
    y = function_of(row)(*row.shape.arguments(inputs))
    assert math.isfinite(y.data)
    assert all(abs(kink(*xs)) > 2.0**-10 * max(map(abs, xs)) for kink in row.kinks)


def test_kinks_singular_points_and_poles_are_not_smooth():
    assert not is_smooth(relu, (0.0,))
    assert not is_smooth(TABLE["sqrt"], (0.0,))
    assert not is_smooth(TABLE["hypot"], (0.0, 0.0))
    assert not is_smooth(TABLE["norm"], (0.0, 0.0, 0.0))
    assert not is_smooth(TABLE["div"], (1.0, 0.0))
    assert not is_smooth(exp, (1000.0,))
    assert not is_smooth(exp, (INF,))
    assert is_smooth(polygamma, (1.0, 0.5))


def test_where_a_row_has_no_derivative_it_is_not_smooth():
    @primitive(derivatives=(lambda x, z: INF,))
    def cliff(x):
        return 0.0

    assert not is_smooth(cliff, (1.0,))


def test_near_reaches_the_neighbours():
    assert find(near([1.0]), lambda x: x == math.nextafter(1.0, 2.0), settings=once) == math.nextafter(1.0, 2.0)


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_programs_can_be_made_of_any_row(row):
    drawn = []

    @settings(max_examples=settings().max_examples // 12)
    @given(programs([row], forms=(), max_operations=3))
    def draw(program):
        drawn.append(program)
        assert set(program.operations) == {row}

    draw()
    assert drawn


def test_all_public_rows_are_drawn_together():
    drawn, wanted = set(), {row for row in ROWS if row.public}

    def complete(program):
        drawn.update(program.operations)
        return drawn >= wanted

    find(programs(), complete, settings=settings(max_examples=1000, phases=[Phase.generate]))
    assert drawn == wanted


@pytest.mark.parametrize("strategy", [programs, defined_programs, smooth_programs])
def test_sizes_and_shape(strategy):
    sizes, inputs, shared = set(), set(), []

    @settings(max_examples=max(300, settings().max_examples))  # it checks which values are drawn
    @given(strategy())
    def draw(program):
        assert 1 <= len(program.lines) <= 60
        assert 1 <= len(program.inputs) <= 6
        known = [*program.names]
        for line in program.lines:
            assert set(line.references) <= set(known)
            known.append(line.name)
        used = [x for line in program.lines for x in line.references]
        assert set(known[:-1]) == set(used), "nothing is computed in vain"
        sizes.add(len(program.lines))
        inputs.add(len(program.inputs))
        shared.append(len(used) > len(set(used)))

    draw()
    assert max(sizes) >= 20
    assert 1 in sizes
    assert inputs >= {1, 2, 3}
    assert sum(shared) > len(shared) // 10


@given(smooth_programs())
def test_smooth_programs_have_moderate_numbers_and_gradients(program):
    inputs = [Value(x) for x in program.inputs]
    for line, y in program.trace(*inputs):
        assert y.data == 0 or 2.0**-60 < abs(y.data) < 2.0**60, line
        assert all(map(math.isfinite, (d for d in y.local_derivatives if d is not None)))


def test_defined_programs_have_values_of_every_kind():
    """No line raises; infinities, NaN and slopes that are not finite are among the numbers."""
    seen, drawn, least = set(), [], 5 * settings().max_examples

    def complete(program):
        drawn.append(program)
        inputs = [Value(x) for x in program.inputs]
        for _, y in program.trace(*inputs):
            seen.update(map(math.isfinite, (y.data, *(d for d in y.local_derivatives if d is not None))))
            seen.update("NaN" for x in (y.data,) if x != x)
        return len(drawn) >= least and len(seen) == 3

    find(defined_programs(), complete, settings=settings(max_examples=1000, phases=[Phase.generate]))
    assert seen == {True, False, "NaN"}


def test_a_failing_program_shrinks_to_a_minimal_expression():
    rows = [TABLE[name] for name in ("add", "mul", "exp", "tanh", "dot")]
    program = find(programs(rows, max_operations=12), lambda program: TABLE["tanh"] in program.operations, settings=once)
    assert program.source == "def program(a):\n    return tanh(a)"
    assert program.inputs == (0.0,)
    both = {TABLE["exp"], TABLE["dot"]}
    program = find(smooth_programs(rows, max_operations=12), lambda program: both <= {*program.operations}, settings=once)
    assert len(program.lines) <= 3  # of up to 12; it is up to hypothesis where to stop
    assert program.inputs == (0.0,)


def test_a_failing_test_prints_a_program_that_runs():
    @settings(max_examples=2000, derandomize=True, database=None, print_blob=False)
    @given(programs([log], forms=(), max_operations=4))
    def fails(program):
        assert not any(x == 2 for x in program.inputs)

    with pytest.raises(AssertionError) as caught:
        fails()
    text = "\n".join(caught.value.__notes__)
    source = text[text.index("from autograd_core") : text.rindex(",\n)")]
    exec(source, namespace := {})
    assert namespace["y"].data == math.log(2.0)


def test_what_a_program_prints():
    form = form_of(TABLE["pow"], 2)
    program = RandomProgram((-1.0, INF), (Line("t1", form, (-2.0, "a")), Line("t2", form, ("t1", "b"))))
    assert program.source == "def program(a, b):\n    t1 = (-2.0) ** a\n    return t1 ** b"
    assert str(program).endswith('y = program(Value(-1.0), Value(float("inf")))')
    assert program.in_math
    assert program.imports("math") == ""
    with_nan = RandomProgram((1.0,), (Line("t1", form_of(TABLE["add"], 2), ("a", NAN)),))
    assert with_nan.imports("math") == "from math import nan"
    assert math.isnan(with_nan(1.0))
    inner = RandomProgram((1.0,), (Line("t1", form_of(TABLE["sech2"], 1), ("a",)),))
    assert inner.imports("autograd_core") == "from autograd_core.ops import sech2"
    assert not inner.in_math
    assert inner(0.0) == 1.0
    own = RandomProgram((1.0,), (Line("t1", form_of(operation_of(plane), 3), ("a", 1, True)),))
    assert own.imports("autograd_core") == f"from {plane.__module__} import plane"
    assert own(3.0) == 6.0
    assert own(Value(3.0)).op is operation_of(plane)


def test_in_math_means_the_same_function():
    assert in_math(operation_of(tanh))
    assert not in_math(TABLE["sum"])
    assert not in_math(operation_of(relu))


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 1000))
def test_ulps_counts_floats(x, steps):
    y = x
    for _ in range(min(steps, 20)):
        y = math.nextafter(y, INF)
    if 0 < abs(x) < 1e300 and math.frexp(x)[1] == math.frexp(y)[1]:
        assert ulps(y, x) == min(steps, 20)
        assert ulps(y, Fraction(x)) == min(steps, 20)
        assert ulps(y, mpf(x)) == min(steps, 20)
    assert ulps(x, x) == 0.0


@pytest.mark.parametrize(("got", "exact", "distance"), [
    (NAN, NAN, 0.0), (NAN, 1.0, INF), (1.0, NAN, INF), (INF, INF, 0.0), (INF, -INF, INF), (1.0, INF, INF),
    (INF, Fraction(10) ** 400, 0.0), (-INF, -(Fraction(10) ** 400), 0.0), (1e308, Fraction(10) ** 400, INF),
    (INF, 1.7976931348623157e308, 1.0), (INF, mpf("1e400"), 0.0), (5e-324, 0.0, 1.0), (1.0, Fraction(1, 3), None),
    (0.0, 1, 2.0**52), (-INF, -1.7976931348623157e308, 1.0),
])  # fmt: skip  # a table reads better in rows
def test_ulps_at_the_ends(got, exact, distance):
    expected = float(abs(Fraction(got) - exact) / Fraction(math.ulp(1 / 3))) if distance is None else distance
    assert ulps(got, exact) == expected


def test_same_is_type_and_bits():
    assert same(0.0, 0.0)
    assert not same(0.0, -0.0)
    assert not same(1, 1.0)
    assert not same(True, 1)
    assert same(NAN, -NAN)
    assert same(3, 3)
    assert not same(3, 4)
