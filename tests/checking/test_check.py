"""The gradient checker: the derivatives that it accepts and rejects, and those that it declines to judge."""

import math
import random
from collections import Counter
from dataclasses import replace

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import TABLE, Value, parameter, primitive
from autograd_core.check import check_gradient, check_primitive
from autograd_core.strategies import smooth_programs

# `stop` and `residual` are constant by contract, even if the value changes.
ROWS = [row for row in TABLE.values() if row.arity != 0 and row.name not in ("checkpoint", "stop", "residual")]
EACH_ROW = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


def off_by(slope, share):
    """A local derivative that is wrong by a fraction of itself, or of 1 if it is 0 everywhere."""
    if callable(slope):
        return lambda *operands: slope(*operands) * (1.0 + share)
    return slope * (1.0 + share) if slope else share


def with_wrong_rule(row, index, share):
    """The row with one local derivative that is wrong by `share`."""
    if not row.shape.together:
        slopes = [off_by(slope, share if i == index else 0.0) for i, slope in enumerate(row.derivatives)]
        return replace(row, derivatives=tuple(slopes))
    return replace(row, derivatives=lambda xs, z: [
        off_by(slope, share) if i == index and type(slope) is not Value else slope * (1.0 + share) if i == index
        else slope for i, slope in enumerate(row.derivatives(xs, z))
    ])  # fmt: skip


@EACH_ROW
def test_every_right_row_is_accepted(row):
    report = check_primitive(row, seed=1)
    assert report.ok, str(report)
    # few points are lost to rounding
    assert len(report.agreeing) >= 0.75 * len(report)


@EACH_ROW
@pytest.mark.parametrize("share", [1e-3, -1e-3])
def test_every_row_wrong_by_a_thousandth_is_rejected(row, share):
    count, lists = len(row.shape.parameters), row.shape.lists
    for index in range(4 if lists else count):
        if index not in row.shape.orders and (row.name, index) != ("take", 0):  # an index is not a variable
            wrong = check_primitive(with_wrong_rule(row, index, share))
            assert wrong.disagreeing, f"operand {index}:\n{wrong}"
            assert not wrong.ok
            assert wrong.worst.verdict == "disagrees"


@EACH_ROW
def test_every_row_with_a_flipped_sign_is_rejected(row):
    if row.name not in ("floordiv", "sign", "larger"):  # slopes that are 0 throughout
        index = 1 if row.name in ("where", "take") or row.shape.orders == (0,) else 0
        assert check_primitive(with_wrong_rule(row, index, -2.0)).disagreeing


# `where` tests whether its condition is 0: if a variable that is 0 switches it, no neighbour takes the other branch.
SMOOTH = [row for row in ROWS if row.public and row.name != "where"]


@given(smooth_programs(SMOOTH, max_operations=12))
def test_no_smooth_program_is_rejected(program):
    report = check_gradient(lambda xs: program(*xs), list(program.inputs))
    assert not report.disagreeing, str(report)


@settings(max_examples=settings().max_examples // 4)
@given(smooth_programs(SMOOTH, max_inputs=2, max_operations=6))
def test_no_smooth_program_is_rejected_in_second_order(program):
    report = check_gradient(lambda xs: program(*xs), list(program.inputs), order=2)
    assert not report.disagreeing, str(report)


def test_a_branch_taken_at_one_point_alone_is_rejected():
    """The function is x, but the graph records 2 x at 0."""
    report = check_gradient(lambda x: ag.where(x, x, x + x), 0.0)
    assert (report.worst.analytic, report.worst.verdict) == (2.0, "disagrees")
    assert report.worst.numeric == pytest.approx(1.0)


MAGNITUDE = st.floats(-250, 250).map(lambda exponent: 10.0**exponent)


@given(MAGNITUDE, st.floats(-40, 40).map(lambda e: 10.0**e), st.sampled_from([ag.exp, ag.sin, ag.atan, ag.sigmoid]))
def test_scale_of_the_argument_does_not_matter(scale, height, function):
    """h · f(x / s) is judged at x = 0.7 s, for s and h of any size, and a rule off by a thousandth is noticed."""
    assert check_gradient(lambda x: height * function(x / scale), 0.7 * scale).ok
    right = ag.operation_of(function)
    wrong = primitive(derivatives=[lambda x, z: 1.001 * right.slopes([x], z)[0]])(lambda x: right.value(x))
    assert not check_gradient(lambda x: height * wrong(x / scale), 0.7 * scale).ok


@given(st.floats(-150, 150).map(lambda exponent: 10.0**exponent))
def test_powers_are_judged_at_any_magnitude(x):
    for function in (ag.log, ag.sqrt, lambda x: 1 / x, lambda x: x**0.3):
        assert check_gradient(function, x).ok


@pytest.mark.parametrize("x", [1e6, 1e6 + 1 / 3, -149038.0, 54321.0])
def test_steps_do_not_fall_in_step_with_a_period(x):
    assert check_gradient(ag.sin, x).ok
    assert check_gradient(ag.sinc, x).ok
    assert check_gradient(lambda x: ag.exp(-ag.square(x - 1e6 - 0.5)), 1e6).ok  # flat except at one place


def test_a_small_argument_of_a_function_with_scale_one():
    report = check_gradient(lambda x: ag.exp(x) + 2 * x, 1e-200)
    assert report.ok
    assert report.worst.step > 1e-6


# --- Points that it declines to judge --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "at", "named"),
    [
        (abs, 0.0, "abs"),
        (ag.relu, 0.0, "relu"),
        (ag.sign, 0.0, "sign"),
        (ag.leaky_relu, 0.0, "leaky_relu"),
        (lambda x: ag.maximum(x, 2.0), 2.0, "maximum"),
        (lambda x: ag.minimum(2 * x, x), 0.0, "minimum"),
        (lambda x: ag.hypot(x, x), 0.0, "hypot"),
        (lambda x: ag.relu(x - 0.1) * 3 + ag.exp(x), 0.1, "relu"),
        (lambda x: x // 1.0, 3.0, "floordiv"),
        (lambda x: x % 1.5, 3.0, "mod"),
        (lambda x: ag.atan2(x, -1.0), 0.0, "atan2"),
    ],
)
def test_a_kink_of_an_operation_is_named(function, at, named):
    report = check_gradient(function, at)
    assert not report.ok and not report.disagreeing
    assert report.worst.verdict == "not judged"
    assert f"kink of {named}" in report.worst.reason
    assert "nothing was judged" in report.verdict()
    assert "not judged" in str(report)


@pytest.mark.parametrize(
    ("function", "slopes"),
    [
        (lambda x: x if x > 0 else 3 * x, "3 to the left and 1 to the right"),
        (lambda x: ag.exp(x) * 2 if x > 0 else 2 - 2 * x, "-2 to the left and 2 to the right"),
        (lambda x: ag.checkpoint(lambda x: abs(x) + x, x + 0.0), "0 to the left and 2 to the right"),
        (lambda x: ag.where(x > 0, x, -x), "-1 to the left and 1 to the right"),
    ],
)
def test_a_kink_that_no_operation_declares_shows_in_its_slopes(function, slopes):
    report = check_gradient(function, 0.0)
    assert not report.ok and not report.disagreeing
    assert slopes in report.worst.reason


def test_the_angle_has_a_kink_on_the_negative_axis_alone():
    for at in ([0.0, 1.0], [-0.0, 1.0], [1.0, 0.0], [1.0, -1.0]):
        assert len(check_gradient(lambda p: ag.atan2(*p), at).agreeing) == 2


def test_a_jump_shows_in_its_slopes():
    report = check_gradient(lambda x: x + 1 if x > 2 else x, 2.0)
    assert not report.ok
    assert "kink or jump" in report.worst.reason


@pytest.mark.parametrize("distance", [1e-2, -1e-4, 1e-5])
def test_a_kink_is_stepped_around(distance):
    for function in (abs, lambda x: ag.relu(x) * 3 + x, lambda x: x if x > 0 else 3 * x):
        report = check_gradient(function, distance)
        assert report.ok, str(report)
    report = check_gradient(lambda x: ag.relu(x - 1) * 3 + ag.sin(x), 1 + distance)
    assert report.ok and report.worst.step < abs(distance)


def test_another_branch_on_each_side_does_not_matter_if_the_function_is_smooth():
    assert check_gradient(lambda x: ag.relu(x) if x > 1 else abs(x), 1.0).ok
    assert check_gradient(lambda x: abs(x) if x > 1 else ag.relu(x) + 0 * abs(x - 5), 1.0).ok

    def root(x):
        guess = 1.0
        while abs(guess * guess - x) > 1e-12 * x:
            guess = (guess + x / guess) / 2
        return guess

    for x in (2.0, 3.0, 1e3):
        assert check_gradient(root, x).ok


@pytest.mark.parametrize("x", [0.5, 2.5, 7.5, -0.5])
def test_half_way_between_two_steps_is_no_kink(x):
    """There, math.remainder changes sign without passing through zero."""
    assert check_gradient(lambda x: x % 1.0, x).ok
    assert check_gradient(lambda x: x // 1.0, x).ok


@pytest.mark.parametrize(
    ("function", "at"), [(lambda x: ag.sqrt(x) ** 3, 0.0), (lambda x: ag.acos(x) ** 3, 1.0), (ag.log1p, math.inf)]
)
def test_an_edge_or_infinity_is_not_judged(function, at):
    report = check_gradient(function, at)
    assert not report.ok and not report.disagreeing


def test_reasons_are_given():
    reasons = {
        "edge": check_gradient(lambda x: x * x * math.sqrt(x.data), 0.0),  # not defined below
        "0 times infinity": check_gradient(lambda x: ag.sqrt(x) ** 3, 0.0),
        "met the slope": check_gradient(lambda x: ag.acos(x) ** 2, 1.0),
        "derivative is inf": check_gradient(ag.sqrt, 0.0),
        "value is inf": check_gradient(lambda x: x + math.inf, 1.0),
        "rounding": check_gradient(lambda x: 1e30 + 1e-30 * x, 1.0),
        "inside the function is not finite": check_gradient(lambda x: x + ag.sqrt(Value(0.0) * 2), 1.0),
    }
    for reason, report in reasons.items():
        assert reason in report.worst.reason, str(report)


# --- Arguments and names ---------------------------------------------------------------------------------------


def loss(p):
    return ag.tanh(p["w"][0] * p["w"][1] + p["b"]) ** 2


@pytest.mark.parametrize(
    ("function", "at", "names"),
    [
        (lambda x: x * x, 3.0, ["x"]),
        (lambda x: x * x, 3, ["x"]),
        (lambda x: x[0] * x[1], [2.0, 3.0], ["x[0]", "x[1]"]),
        (lambda x: x[0] * x[1][0], (2.0, [3.0]), ["x[0]", "x[1][0]"]),
        (loss, {"w": [0.5, -0.3], "b": 0.2}, ["w[0]", "w[1]", "b"]),
        (lambda p: p["a"]["b"] ** 2, {"a": {"b": 2.0}}, ["a['b']"]),
        (lambda x: x[0] * x[1], numpy.array([2.0, 3.0]), ["x[0]", "x[1]"]),
        (lambda x: (x @ numpy.array([1.0, 2.0]))[1], numpy.eye(2), ["x[0, 0]", "x[0, 1]", "x[1, 0]", "x[1, 1]"]),
        (lambda p: p["w"] * 2.0, {"w": numpy.array(3.0)}, ["w"]),
    ],
)
def test_structures(function, at, names):
    report = check_gradient(function, at)
    assert report.ok, str(report)
    assert [c.name for c in report] == names
    assert len(report) == len(names) and report[0].name == names[0]


def test_values_are_those_of_the_engine():
    report = check_gradient(lambda x: x[0] ** 3 * x[1], [2.0, 5.0])
    assert [c.analytic for c in report] == [60.0, 8.0]
    assert [c.at for c in report] == [2.0, 5.0]
    for c in report:
        assert abs(c.numeric - c.analytic) == c.difference <= c.tolerance < 1e-6 * c.analytic
        assert c.relative == c.difference / max(abs(c.analytic), abs(c.numeric))
        assert c.step > 0


def test_a_constant_has_gradient_zero():
    for function in (lambda x: 7, lambda x: 7.0 + 0 * x, lambda x: Value(7.0)):
        assert check_gradient(function, 1.0).ok
        assert check_gradient(function, 1.0, order=2).ok


def test_second_order_names_pairs_and_finds_a_lost_second_derivative():
    report = check_gradient(lambda x: x[0] ** 2 * x[1], [2.0, 3.0], order=2)
    assert report.ok
    assert {c.name: c.analytic for c in report} == {
        "∂/∂x[0] ∂/∂x[0]": 6.0, "∂/∂x[0] ∂/∂x[1]": 4.0, "∂/∂x[1] ∂/∂x[0]": 4.0, "∂/∂x[1] ∂/∂x[1]": 0.0,
    }  # fmt: skip
    lost = primitive(derivatives=[lambda x, z: 2.0 * ag.stop_gradient(x)])(lambda x: x * x)
    assert check_gradient(lost, 3.0).ok
    assert check_gradient(lost, 3.0, order=2).disagreeing
    assert check_primitive(lost).disagreeing


@pytest.mark.parametrize(
    ("arguments", "keywords", "error", "text"),
    [
        ((lambda x: x, []), {}, ValueError, "nothing to check"),
        ((lambda x: x, "two"), {}, ValueError, "no number"),
        ((lambda x: x, {1.0}), {}, TypeError, "numbers"),
        ((lambda x: x, 1.0), {"order": 3}, ValueError, "order must be 1"),
        ((lambda x: x, 1.0), {"sample": 0}, ValueError, "sample"),
        ((lambda x: [x], 1.0), {}, TypeError, "one number"),
        ((lambda: 1.0, [Value(1.0), 2.0]), {}, TypeError, "2.0"),
        ((lambda: 1.0, [Value(1.0) * 2]), {}, TypeError, "must be a leaf"),
        ((lambda x: x * x, [Value(1.0)]), {}, TypeError, "must take no arguments: pass lambda: f"),
        ((Value(1.0, "y"), [Value(1.0)]), {}, TypeError, r"expected a function.*1.0 \(label 'y'\)"),
    ],
)
def test_errors(arguments, keywords, error, text):
    with pytest.raises(error, match=text):
        check_gradient(*arguments, **keywords)


def test_a_function_with_noise_of_its_own_is_refused():
    generator = random.Random(1)
    with pytest.raises(ValueError, match=r"then .* the same number each time"):
        check_gradient(lambda x: x * generator.random(), 1.0)


# --- Parameters of a model -------------------------------------------------------------------------------------


def model():
    weights = [parameter(0.1 * i - 0.2, f"w[{i}]") for i in range(4)]
    biases = [parameter(0.3, "b1"), parameter(-0.1, "b2")]

    def training_loss():
        hidden = [ag.tanh(ag.dot(weights[2 * j : 2 * j + 2], [0.5, -1.5]) + biases[j]) for j in range(2)]
        return (hidden[0] * hidden[1] - 0.3) ** 2

    return weights, biases, training_loss


def test_parameters_are_moved_and_put_back():
    weights, biases, training_loss = model()
    before = [p.data for p in weights + biases]
    for order in (1, 2):
        report = check_gradient(training_loss, weights + biases, order=order)
        assert report.ok, str(report)
        assert [p.data for p in weights + biases] == before
        assert not any(p.has_grad for p in weights + biases)
    assert [c.name for c in check_gradient(training_loss, weights + biases)] == [p.label for p in weights + biases]


def test_graphs_made_before_a_check_hold_after_it():
    w = parameter(2.0, "w")
    y = w * w
    assert check_gradient(lambda: w * w * w, [w]).ok
    assert ag.gradients(y, [w], create_graph=True)[0].data == 4.0
    w.data = 2.0
    with pytest.raises(ag.GraphError):
        ag.gradients(y, [w], create_graph=True)


def test_a_model_stands_for_its_parameters():
    weights, biases, training_loss = model()

    class Model:
        def parameters(self):
            return weights + biases

    report = check_gradient(training_loss, Model())
    assert [c.name for c in report] == [p.label for p in weights + biases]
    assert repr(report) == f"<{report.summary()}; {report.verdict()}>"


def test_parameters_are_put_back_after_an_error():
    w = parameter(2.0)

    def fails_beside():
        if w.data != 2.0:
            raise RuntimeError("far from 2")
        return w * w

    with pytest.raises(RuntimeError, match="far from 2"):
        check_gradient(fails_beside, [w])
    assert w.data == 2.0


def test_a_graph_that_was_there_before_is_not_touched():
    w = parameter(2.0)
    y = w * w
    check_gradient(lambda: w**3, [w])
    y.backward()
    assert w.grad == 4.0


def test_it_records_whatever_the_caller_does():
    with ag.no_record():
        assert check_gradient(lambda x: x * x, 3.0).worst.analytic == 6.0
        assert check_primitive(ag.tanh).ok


def test_a_wrong_gradient_among_many_is_the_worst():
    bad = primitive(derivatives=[lambda x, z: 1.001 * ag.cos(x)])(math.sin)
    report = check_gradient(lambda x: ag.sum([ag.sin(v) for v in x[:5]]) + bad(x[5]), [0.1 * i + 0.1 for i in range(6)])
    assert [c.name for c in report.disagreeing] == ["x[5]"]
    assert report.worst.name == "x[5]"
    assert report.worst.relative == pytest.approx(0.001 / 1.001, rel=1e-3)
    assert "worst: x[5]" in str(report) and "disagrees" in report.verdict()


def test_moving_all_parameters_at_once_gives_a_wrong_answer():
    """Lecture 003: move one parameter at a time. Moving all at once measures the gradient's sum instead."""
    x, step = [0.3, -0.7, 1.1], 1e-5

    def f(x):
        return ag.sin(x[0]) * x[1] + x[2] ** 2

    exact = ag.grad(f)(x)
    one_by_one = [
        (f([v + step * (i == j) for j, v in enumerate(x)]) - f([v - step * (i == j) for j, v in enumerate(x)]))
        / (2 * step) for i in range(3)
    ]  # fmt: skip
    at_once = (f([v + step for v in x]) - f([v - step for v in x])) / (2 * step)
    assert one_by_one == pytest.approx(exact, rel=1e-8)
    assert at_once == pytest.approx(sum(exact), rel=1e-8)
    assert all(abs(at_once - slope) > 0.1 for slope in exact)
    assert check_gradient(f, x).ok


@given(st.integers(1, 40), st.integers(0, 2**31), st.integers(1, 30), st.integers(1, 10), st.integers(1, 3))
def test_a_sample_is_even_over_groups(sample, seed, weights, biases, others):
    at = {"weights": [0.5] * weights, "biases": [0.25] * biases, "others": [2.0] * others}

    def function(p):
        return ag.sum(p["weights"] + p["biases"] + p["others"])

    report = check_gradient(function, at, sample=sample, seed=seed)
    sizes = {"weights": weights, "biases": biases, "others": others}
    drawn = Counter(c.group for c in report)
    assert len(report) == min(sample, sum(sizes.values()))
    assert len({c.name for c in report}) == len(report)
    # a group has fewer than another, by more than one, only if it has been used up
    for group, size in sizes.items():
        assert drawn[group] == size or drawn[group] >= max(drawn.values()) - 1
    again = check_gradient(function, at, sample=sample, seed=seed)
    assert [c.name for c in again] == [c.name for c in report]


def test_every_coordinate_is_drawn_by_some_seed():
    drawn = {c.name for seed in range(60) for c in check_gradient(lambda x: ag.sum(x), [1.0] * 8, sample=2, seed=seed)}
    assert drawn == {f"x[{i}]" for i in range(8)}


def test_labels_make_groups_where_there_is_no_structure():
    weights, biases, training_loss = model()
    report = check_gradient(training_loss, weights + biases, sample=4)
    assert Counter(c.group for c in report) == {"w": 2, "b": 2}
    unlabelled = [parameter(1.0), parameter(2.0, "7")]
    report = check_gradient(lambda: unlabelled[0] * unlabelled[1], unlabelled)
    assert [(c.name, c.group) for c in report] == [("x[0]", "x"), ("7", "7")]


def test_nested_lists_and_arrays_make_groups():
    report = check_gradient(lambda p: ag.sum([*p[0], *p[1], p[2]]), [[1.0, 2.0], numpy.ones(2), 3.0])
    assert [c.group for c in report] == ["x[0]", "x[0]", "x[1]", "x[1]", "x"]


def test_pairs_are_sampled_too():
    at = {"a": [1.0, 2.0], "b": [3.0]}
    report = check_gradient(lambda p: p["a"][0] * p["a"][1] * p["b"][0], at, order=2, sample=4)
    assert Counter(c.group for c in report) == {"a × a": 1, "a × b": 1, "b × a": 1, "b × b": 1}
