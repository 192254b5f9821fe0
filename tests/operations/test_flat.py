"""Zero times infinity: no contribution if a derivative is 0 in a whole neighbourhood, NaN if only at the point."""

import copy
import itertools
import math
import pickle

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

import autograd_core as ag
from autograd_core import TABLE, Value, checkpoint, grad, gradients, hypot, jvp, norm, operation_of, sqrt, vjp
from autograd_core._checking.ulps import same
from autograd_core._operations.functions import FUNCTIONS
from autograd_core._strategies.programs import function_of
from autograd_core.check import check_gradient
from autograd_core.stepper import step
from autograd_core.strategies import operands

ROWS = [operation_of(function) for function in FUNCTIONS.values()]

# At x = 0, where sqrt(x) has slope inf: functions that do not take that path.
NOT_TAKEN = {
    "where": lambda x: ag.where(x > 0, sqrt(x), 0.0),
    "where not": lambda x: ag.where(x == 0, 0.0, sqrt(x)),
    "the condition": lambda x: ag.where(sqrt(x), 1.0, 2.0),
    "relu": lambda x: ag.relu(sqrt(x) - 1.0),
    "leaky_relu": lambda x: ag.leaky_relu(sqrt(x) - 1.0, 0.0),
    "leaky_relu's slope": lambda x: ag.leaky_relu(1.0, sqrt(x)),
    "maximum": lambda x: ag.maximum(sqrt(x), 1.0),
    "minimum": lambda x: ag.minimum(-1.0, sqrt(x)),
    "0 *": lambda x: 0.0 * sqrt(x),
    "* 0": lambda x: sqrt(x) * 0,
    "* -0.0": lambda x: sqrt(x) * -0.0,
    "/ inf": lambda x: sqrt(x) / math.inf,
    "0 /": lambda x: 0.0 / (1.0 + sqrt(x)),
    "** 0": lambda x: sqrt(x) ** 0,
    "1 **": lambda x: 1.0 ** sqrt(x),
    "0 **": lambda x: 0.0 ** (1.0 + sqrt(x)),
    "//": lambda x: (sqrt(x) + 0.5) // 1,
    "sign": lambda x: ag.sign(sqrt(x) + 1.0),
    "%": lambda x: 1.0 % (2.0 + sqrt(x)),
    "dot": lambda x: ag.dot([0.0, 1.0], [sqrt(x), 2.0]),
    "dot, other side": lambda x: ag.dot([sqrt(x), 1.0], [0.0, 2.0]),
    "prod": lambda x: ag.prod([sqrt(x), 0.0, 3.0]),
    "atan2": lambda x: ag.atan2(0.0, 1.0 + sqrt(x)),
}
# At x = 0: 0 times inf, with nothing to say which wins.
UNDETERMINED = {
    "square of a root": lambda x: sqrt(x) ** 2,
    "product of roots": lambda x: sqrt(x) * sqrt(x),
    "length by hand": lambda x: sqrt(x * x + x * x),
    "abs": lambda x: abs(sqrt(x)),
    "relu at its kink": lambda x: ag.relu(sqrt(x)),
    "a Value that is 0": lambda x: sqrt(x) * x,
    "dot with itself": lambda x: ag.dot([sqrt(x)], [sqrt(x)]),
    "cos": lambda x: ag.cos(sqrt(x)),
    "prod": lambda x: ag.prod([sqrt(x), x, 3.0]),
}


def routes(f, x):
    """The derivative by every route that the engine has."""
    leaf, inner, kept = Value(x), Value(x), Value(x)
    y = f(leaf)
    y.backward()
    f(inner).backward()
    checkpoint(f, kept).backward()
    again = Value(x)
    wrapped = checkpoint(f, again)
    return {
        "backward": leaf.grad,
        "gradients": gradients(y, [leaf])[0],
        "create_graph": gradients(y, [leaf], create_graph=True)[0].data,
        "grad": grad(f)(x),
        "of a Value": grad(f)(Value(x)).data,
        "jvp": jvp(f)((x,), (1.0,))[1],
        "jvp of Values": jvp(f)((Value(x),), (Value(1.0),))[1].data,
        "vjp": vjp(f)(x)[1](1.0),
        "vjp of Values": vjp(f)(Value(x))[1](Value(1.0)).data,
        "checkpoint": kept.grad,
        "checkpoint, create_graph": gradients(wrapped, [again], create_graph=True)[0].data,
        "checkpoint, jvp": jvp(lambda x: checkpoint(f, x))((x,), (1.0,))[1],
    }


@pytest.mark.parametrize("name", NOT_TAKEN)
def test_a_path_not_taken_leaves_no_trace(name):
    assert routes(NOT_TAKEN[name], 0.0) == dict.fromkeys(routes(NOT_TAKEN[name], 0.0), 0.0)


@pytest.mark.parametrize("name", UNDETERMINED)
def test_a_zero_at_one_point_times_infinity_is_undetermined(name):
    assert all(map(math.isnan, routes(UNDETERMINED[name], 0.0).values())), routes(UNDETERMINED[name], 0.0)


def test_the_wrong_numbers_of_before():
    assert math.isnan(grad(lambda x: sqrt(x) ** 2)(0.0))  # the true slope is 1
    assert math.isnan(grad(lambda x: ag.acos(x) ** 2)(1.0))  # the true slope is -2
    hessian = ag.hessian(lambda v: norm(v) ** 2)([0.0, 0.0])  # the true one is twice the identity
    assert all(map(math.isnan, itertools.chain(*hessian)))
    assert all(map(math.isnan, grad(lambda v: sqrt(v[0] * v[0] + v[1] * v[1]))([0.0, 0.0])))


def test_stated_slopes_stay():
    assert grad(hypot, argnums=(0, 1))(0.0, 0.0) == (0.0, 0.0)
    assert grad(norm)([0.0, 0.0]) == [0.0, 0.0]
    assert grad(abs)(0.0) == 0.0 == grad(ag.relu)(0.0)
    assert ag.hessian(ag.relu)(0.0) == 0.0 == ag.hessian(abs)(0.0)


def test_what_starts_at_zero_is_not_taken():
    x = Value(0.0)
    y = sqrt(x)
    y.backward(0.0)
    assert x.grad == 0.0 and math.copysign(1.0, x.grad) == 1.0 and y.grad == 0.0
    assert jvp(lambda x, y: sqrt(x) + y)((0.0, 1.0), (0.0, 1.0)) == (1.0, 1.0)
    assert math.isnan(jvp(lambda x: sqrt(x))((0.0,), (Value(0.0),))[1].data)


def test_no_gradient_is_minus_zero_and_no_derivative_is():
    x = Value(-0.0)
    for y in (x * 0.0, ag.relu(x - 1.0), ag.cos(x), x * Value(-0.0), ag.where(0.0, x, 1.0), ag.dot([x], [0.0]), x // 1.0):
        y.backward()
        slopes = [d for d in y.local_derivatives if d is not None]
        assert all(math.copysign(1.0, d) == 1.0 for d in (*slopes, x.grad) if d == 0), y.op
        x.zero_grad()


def neighbours(row, xs, variable):
    """Surrounding points, much less than a unit in the last place away in every operand that varies."""
    steps = [[x + side * mpf(2) ** -120 * (-x if x < 0 else x or 1) for side in (-1, 0, 1)] for x in map(mpf, xs)]
    return itertools.product(*(step if moves else (x,) for x, step, moves in zip(xs, steps, variable, strict=True)))


# The kinks of where are in its condition, which mpmath's formula branches on; sign and floordiv jump, and their slope
# is declared flat at the jump too. The slopes of rows with orders are not among these.
EVERYWHERE_FLAT = ("sign", "floordiv", "larger", "where")


@settings(max_examples=3 * settings().max_examples)
@given(st.one_of(*(st.tuples(st.just(row), operands(row)) for row in ROWS)), st.data())
def test_flat_is_what_mathematics_calls_so(mathematics, drawn, data):
    """A slope of 0 is flat exactly if the mathematical slope is 0 all around, with plain numbers held constant."""
    row, xs = drawn
    assume(all(math.isfinite(x) and (x == 0 or 1e-30 < math.fabs(x) < 1e30) for x in xs))
    variable = [data.draw(st.booleans()) and i not in row.shape.orders for i in range(len(xs))]
    assume(any(variable))
    try:
        mixed = [Value(x) if moves else x for x, moves in zip(xs, variable, strict=True)]
        y = function_of(row)(*row.shape.arguments(mixed))
    except (ArithmeticError, ValueError):
        return
    flat_as_in_mathematics(mathematics, row, xs, variable, y)


def flat_as_in_mathematics(mathematics, row, xs, variable, y):
    for i, (slope, moves) in enumerate(zip(y._slopes, variable, strict=True)):
        if not moves or slope != 0:
            continue
        said = math.copysign(1.0, slope) < 0
        with mp.workprec(400):
            try:
                around = [mathematics.exact_slopes(row.name, point)[i] for point in neighbours(row, xs, variable)]
            except (ZeroDivisionError, ValueError):
                continue
        if row.name in EVERYWHERE_FLAT:
            assert said
        elif all(x == x for x in around):
            assert said == all(x == 0 for x in around), (row.name, xs, variable, i)


def recorded_at(row, points):
    """What the row records at each point, for each choice of operands as variables; the others are plain numbers."""
    for xs in points:
        for mask in itertools.product((True, False), repeat=len(xs)):
            variable = [moves and i not in row.shape.orders for i, moves in enumerate(mask)]
            mixed = [Value(x) if moves else x for x, moves in zip(xs, variable, strict=True)]
            try:
                y = function_of(row)(*row.shape.arguments(mixed))
            except (ArithmeticError, ValueError):
                continue
            if type(y) is Value:
                yield xs, variable, y


@pytest.mark.parametrize("row", [row for row in ROWS if row.flat or row.flat_beside], ids=lambda row: row.name)
def test_flat_at_the_points_where_it_begins(mathematics, row):
    """Every operand at 0, 1, 2 and -1, each as a variable and as a plain number."""
    count = row.arity or {"dot": 4}.get(row.name, 3)
    for xs, variable, y in recorded_at(row, itertools.product((0.0, 1.0, 2.0, -1.0), repeat=count)):
        flat_as_in_mathematics(mathematics, row, xs, variable, y)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_recorded_is_what_the_row_says(row):
    """Even if the engine has its own way to record an operation."""
    count = 4 if row.shape.lists else len(row.shape.parameters)
    points = [0.0, -0.0, 1.0, -2.0, math.inf]
    all_of = itertools.product(points, repeat=count) if count < 4 else [(a, b, a, b) for a in points for b in points]
    for xs, variable, y in recorded_at(row, all_of):
        said = row.recorded(xs, y.data, variable)
        assert all(map(same, y._slopes, said)), (xs, variable, y._slopes, said)


@pytest.mark.parametrize("name", ["div", "quotient", "over_square", "unit"])
def test_a_fraction_of_an_infinite_number_is_flat(name):
    steep = ag.primitive(derivatives=(math.inf,))(float)
    x = Value(2.0)
    y = function_of(TABLE[name])(steep(x), math.inf)
    assert gradients(y, [x]) == [0.0]


@settings(max_examples=3 * settings().max_examples)
@given(st.one_of(*(st.tuples(st.just(row), operands(row)) for row in ROWS)), st.data())
def test_a_flat_edge_stops_an_infinite_slope_and_no_other_does(drawn, data):
    """Each operand comes through a primitive with slope inf: its leaf gets 0 if flat, else infinity or NaN."""
    row, xs = drawn
    steep = ag.primitive(derivatives=(math.inf,))(float)
    at = data.draw(st.sampled_from([i for i in range(len(xs)) if i not in row.shape.orders]))
    leaf = Value(xs[at])
    operand = steep(leaf)
    try:
        y = function_of(row)(*row.shape.arguments([operand if i == at else x for i, x in enumerate(xs)]))
    except (ArithmeticError, ValueError):
        return
    slope = y._slopes[[x is operand for x in y.operands].index(True)]
    expected = 0.0 if slope == 0 and math.copysign(1.0, slope) < 0 else slope * math.inf
    assert same(gradients(y, [leaf])[0], expected)
    assert same(gradients(y, [leaf], create_graph=True)[0].data, expected)


def test_a_primitive_says_where_it_is_flat():
    clipped = ag.primitive(
        derivatives=(lambda x, z: 1.0 if x < 1.0 else 0.0,), flat=(lambda x: x > 1.0,), kinks=(lambda x: x - 1.0,)
    )(lambda x: min(x, 1.0))
    assert grad(lambda x: clipped(sqrt(x) + 2.0))(0.0) == 0.0
    assert math.isnan(grad(lambda x: clipped(sqrt(x) + 1.0))(0.0))
    constant = ag.primitive(derivatives=(0.0, 1.0, lambda a, b, c, z: 0.0), flat=(None, None, lambda a, b, c: True))
    three = constant(lambda a, b, c: b)
    assert grad(lambda x: three(sqrt(x), x, sqrt(x)))(0.0) == 1.0
    with pytest.raises(TypeError, match="flat"):
        ag.primitive(derivatives=(1.0,), flat=(None, None))(lambda x: x)


def test_rows_that_state_where_they_are_flat():
    stated = {row.name for row in ROWS if row.flat or row.flat_beside}
    assert {"relu", "leaky_relu", "maximum", "minimum", "where", "mul", "div", "pow", "dot", "prod"} <= stated
    assert TABLE["relu"].flat[0](-1.0) and not TABLE["relu"].flat[0](0.0)


def test_it_is_explained():
    x = Value(0.0, label="x")
    y = ag.sin(sqrt(x) ** 2)
    assert ag.explain_nonfinite(y) is None
    y.backward()
    said = ag.explain_nonfinite(y)
    assert "the gradient of 0.0 (label 'x') is nan" in said and "0 times infinity is undetermined" in said
    assert "from sqrt = 0.0 to 0.0 (label 'x'), the adjoint 0.0 met the slope inf" in said and "hypot" in said
    assert ag.explain_nonfinite(ag.exp(Value(math.inf))) == "the value of input is inf"
    overflown = Value(1e300) * Value(1e300)
    assert ag.explain_nonfinite(overflown) == "the value of mul is inf, computed from 1e+300, 1e+300"


def test_the_stepper_shows_the_edge():
    texts = [step.text for step in step(sqrt(Value(0.0, "x")) ** 2).eager]
    assert sum("0 times infinity is undetermined" in text for text in texts) == 1
    texts = [step.text for step in step(ag.where(0.0, sqrt(Value(0.0, "x")), Value(1.0))).eager]
    assert not any("undetermined" in text for text in texts) and not any("nan" in text for text in texts)


def test_the_checker_refuses_to_judge():
    for f, x in ((lambda x: sqrt(x) ** 2, 0.0), (lambda x: ag.acos(x) ** 2, 1.0)):
        report = check_gradient(f, x)
        assert not report.ok and len(report.not_judged) == 1
        assert "0 times infinity is undetermined" in report.worst.reason
    report = check_gradient(lambda v: norm(v) ** 2, [0.0, 0.0], order=2)
    assert not report.ok and len(report.not_judged) == 4
    kink = check_gradient(lambda x: x.__abs__() ** 2, 0.0, order=2)
    assert kink.worst.analytic == 0.0 and "kink of abs" in kink.worst.reason


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda y: pickle.loads(pickle.dumps(y))])
def test_copies_know_what_is_flat(copied):
    for y in (ag.where(0.0, Value(1.0), 2.0), ag.cos(Value(0.0)), Value(3.0) * 0.0, ag.prod([Value(0.0), Value(0.0), 1.0])):
        assert [str(slope) for slope in copied(y)._slopes] == [str(slope) for slope in y._slopes]
