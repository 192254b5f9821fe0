"""Paths through a program's node: an infinite derivative reaches the same leaves as in the function's own graph.

A derivative with respect to a result is called an adjoint; in forward mode, the derivative of a result is a tangent.
A path is flat if its derivative is zero in a whole neighbourhood.
"""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import GraphError, Program, Value, parameter, trace, traced
from autograd_core.strategies import defined_programs

INF, NAN = math.inf, math.nan
FLAT = [
    lambda x, z: ag.relu(x - 5.0) * 2.0 + z,
    lambda x, z: z,
    lambda x, z: x * z if x > 5.0 else z * z,
    lambda x, z: ag.where(z, z, x),
    lambda x, z: ag.maximum(x - 9.0, z),
    lambda x, z: x * 0.0 + z,
    lambda x, z: (x + z) ** 0 + z,
    lambda x, z: ag.sign(x) * z,
    lambda x, z: x**2.0 * 0.0 - z,
]
POINTWISE = [
    lambda x, z: x * (z - z) + z,
    lambda x, z: 2.0 * x - x + z,
    lambda x, z: (x - x) * ag.relu(-z) + z * z,
    lambda x, z: abs(x - 0.5) + z,
    lambda x, z: ag.exp(-x * x * 1e6) + x * z,
    lambda x, z: ag.sqrt(x - 0.5) + ag.relu(-z),
]
# Functions of the program's result. They send it an infinite adjoint, NaN, or an adjoint that is zero only here.
AFTER = [
    lambda y: ag.sqrt(y - ag.stop_gradient(y)),
    lambda y: (y - ag.stop_gradient(y)) ** 0.5 * -1.0,
    lambda y: ag.cbrt(y - ag.stop_gradient(y)) + ag.relu(-abs(y) - 1.0),
    lambda y: ag.sqrt(y - y),
    lambda y: (y - ag.stop_gradient(y)) * y * 0.0,
    lambda y: y,
]


def unchanged(x):
    return x


def kind(x):
    return "NaN" if math.isnan(x) else "finite" if math.isfinite(x) else "inf" if x > 0.0 else "-inf"


def reached(function, point, seed, before, after):
    """Return the kind of gradient (finite, infinite or NaN) that a sweep leaves in each leaf."""
    leaves = list(map(Value, point))
    y = after(function(*map(before, leaves)))
    if type(y) is Value:
        y.backward(seed)
    return [kind(x.grad) for x in leaves]


@pytest.mark.parametrize("before", [unchanged, lambda x: ag.cbrt(x - ag.stop_gradient(x))])
@pytest.mark.parametrize("seed", [1.0, -INF, NAN])
@pytest.mark.parametrize("function", FLAT + POINTWISE)
def test_a_sweep_reaches_what_it_reaches_eagerly(function, seed, before):
    """Nothing passes along flat paths, whatever comes before or after; a zero at this point only leads to NaN."""
    for after in AFTER:
        for point in ((0.5, 2.0), (7.0, 2.0)):
            start = [*point] if before is unchanged else [0.0, 0.0]
            try:
                due = reached(function, start, seed, before, after)
            except (ArithmeticError, ValueError):
                continue
            assert reached(traced(function), start, seed, before, after) == due


@pytest.mark.parametrize("function", FLAT)
def test_nothing_comes_through_a_flat_path(function):
    """An infinite adjoint does not change the gradient of an operand that the result does not depend on."""
    x, z = Value(0.5), Value(2.0)
    traced(function)(x, z).backward(INF)
    assert x.grad == 0.0 and not math.isfinite(z.grad)


@pytest.mark.parametrize("function", FLAT)
def test_nothing_comes_into_the_graph_below_a_flat_path(function):
    """This holds for a finite adjoint too: a slope further down may be infinite, and 0 times infinity is NaN."""
    root, z = Value(0.0), Value(2.0)
    traced(function)(ag.sqrt(root), z).backward()
    assert root.grad == 0.0


def test_nothing_comes_into_a_graph_that_the_function_closes_over():
    root, x = Value(0.0), Value(0.5)
    h = ag.sqrt(root)
    f = traced(lambda x: ag.relu(h * 2.0 - 1.0) + x)
    f(x).backward()
    assert (root.grad, x.grad) == (0.0, 1.0)
    f(x).backward(INF)
    assert (root.grad, x.grad) == (0.0, INF)


def made_from_a_graph(function, x, z):
    a, b = Value(x), Value(z)
    return Program(function(a, b), inputs=[a, b])


def loaded(function, x, z, directory):
    trace(function, x, z).save(directory / "program")
    return Program.load(directory / "program")


@pytest.mark.parametrize("function", FLAT[:3] + POINTWISE[:3])
def test_every_kind_of_program(function, tmp_path):
    due = reached(function, [0.5, 2.0], INF, unchanged, AFTER[0])
    for program in (made_from_a_graph(function, 0.5, 2.0), loaded(function, 0.5, 2.0, tmp_path), traced(function, fast=True)):
        assert reached(program, [0.5, 2.0], INF, unchanged, AFTER[0]) == due


@pytest.mark.parametrize("function", FLAT + POINTWISE)
@pytest.mark.parametrize("after", AFTER)
def test_recorded_sweeps_and_tangents(function, after):
    """Sweeps with `create_graph`, forward mode and plain sweeps reach the same leaves."""
    replayed = traced(function)
    for f in (function, replayed):
        f(Value(0.5), Value(2.0))
    results = []
    for f in (function, replayed):
        x, z = Value(0.5), Value(2.0)
        y = after(f(x, z))
        plain = ag.gradients(y, [x, z])
        recorded = [g.data for g in ag.gradients(y, [x, z], create_graph=True)]
        push = ag.jvp(lambda x, z, f=f: after(f(x, z)))
        tangents = [push((0.5, 2.0), d)[1] for d in ((1.0, 0.0), (0.0, 1.0), (INF, 1.0))]
        results.append([[kind(g) for g in numbers] for numbers in (plain, recorded, tangents)])
    assert results[0] == results[1]
    assert results[1][0] == results[1][1]


def test_second_derivatives_behind_an_infinite_adjoint():
    """A sweep with `create_graph` records the same graph for the program as for the function."""
    results = []
    for f in (POINTWISE[4], traced(POINTWISE[4])):
        x, z = Value(0.5), Value(2.0)
        y = ag.sqrt(f(x, z) - 1.0) * 1.0
        [slope] = ag.gradients(y, [x], create_graph=True)
        results.append([*map(kind, [slope.data, *ag.gradients(slope, [x, z])])])
    assert results[0] == results[1]


def test_a_program_within_a_checkpoint():
    x, z = Value(0.5), Value(2.0)
    f = traced(FLAT[0])
    y = ag.checkpoint(lambda: ag.sqrt(f(x, z) - 2.0))
    y.backward()
    assert (x.grad, z.grad) == (0.0, INF)
    y = ag.sqrt(ag.checkpoint(lambda: f(x, z) * 1.0) - 2.0)
    assert ag.gradients(y, [x, z]) == [0.0, INF]


def test_parameters_and_a_branch_chosen_by_one():
    w, v, turn = parameter(3.0), parameter(4.0), parameter(1.0)
    f = traced(lambda x: x * w + ag.relu(v - 9.0) if turn > 0.0 else x * v)
    y = ag.sqrt(f(Value(2.0)) - 6.0)
    y.backward()
    assert (w.grad, v.grad) == (INF, 0.0)
    turn.data = -1.0
    f(Value(2.0))
    with pytest.raises(GraphError, match="assigned after"):
        y.backward()


def test_an_assigned_leaf_is_named_and_no_gradient_changes():
    """An infinite adjoint needs a replay, which would use the new number of x; a finite adjoint needs none."""
    x, z = Value(0.5, "x"), Value(2.0, "z")
    inner = traced(FLAT[0])(x, z)
    outer = inner * z
    x.data = 7.0
    outer.backward()
    before = x.grad, z.grad
    with pytest.raises(GraphError, match="label 'x'"):
        inner.backward(INF)
    with pytest.raises(GraphError, match="label 'x'"):
        (inner * z).backward(NAN)
    assert (x.grad, z.grad) == before


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_random_programs(data):
    program = data.draw(defined_programs())
    point = program.inputs
    after = data.draw(st.sampled_from(AFTER))
    before = data.draw(st.sampled_from([unchanged, lambda x: x * 1.0, lambda x: x + ag.cbrt(x - ag.stop_gradient(x))]))
    seed = data.draw(st.sampled_from([1.0, -1.0, INF, NAN]))
    try:
        due = reached(program, point, seed, before, after)
    except (ArithmeticError, ValueError):
        return
    assert reached(traced(lambda *xs: program(*xs)), point, seed, before, after) == due
