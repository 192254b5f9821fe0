"""A trace rejects anything that a replay could not repeat; the error names it, and no state is changed."""

import math
import random

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import GraphError, Value, trace, traced

PRIVATE, ARRAYS, LEGACY = random.Random(0), np.random.default_rng(0), np.random.RandomState(0)
DROPOUT = nn.Dropout(0.5, seed=0)


def noise():
    return [ARRAYS.random() for _ in range(2)]


def hidden(function):
    return lambda x: (function(x), x * 2.0)[1]


KEPT = []


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (hidden(lambda x: f"{x:.2f}"), "as text"),
        (hidden(lambda x: str(x * 2.0)), "as text"),
        (hidden(lambda x: x.hex()), "as text"),
        (hidden(lambda x: x.grad), "reads a gradient"),
        (hidden(lambda x: (x * x).backward()), r"calls backward\(\)"),
        (hidden(lambda x: ag.gradients(x * x, [x])), "without create_graph"),
        (hidden(lambda x: ag.backward(x * x)), "without create_graph"),
        (hidden(lambda x: x.zero_grad()), "clears gradients"),
        (hidden(lambda x: setattr(Value(1.0), "data", 2.0)), "assigns data"),
        (hidden(lambda x: (x * x).local_derivatives), "reads local derivatives"),
        (hidden(lambda x: x < np.arange(3.0)), "compares a Value with"),
        (hidden(lambda x: x < 2**53 + 1), "compares a Value with"),
        (hidden(lambda x: KEPT.append(x * 3.0)), "stores a number"),
        (hidden(lambda x: KEPT.append(x.data)), "stores a number"),
        (hidden(lambda x: random.random()), "draws random numbers"),
        (hidden(lambda x: np.random.rand()), "draws random numbers"),
        (hidden(lambda x: PRIVATE.gauss()), "draws random numbers"),
        (hidden(lambda x: PRIVATE.choice([1, 2])), "draws random numbers"),
        (hidden(lambda x: random.SystemRandom().random()), "draws random numbers"),
        (hidden(lambda x: noise()), "draws random numbers"),
        (hidden(lambda x: LEGACY.rand()), "draws random numbers"),
        (lambda x: DROPOUT(x), "draws random numbers"),
        (hidden(lambda x: __import__("copy").copy(x)), "copies a Value"),
        (lambda x: ag.no_record()(lambda: x * 2.0)(), "no_record"),
        (lambda x: ag.checkpoint(lambda x: x * x, x), "cannot hold a checkpoint"),
    ],
)
def test_refused_by_name(function, message):
    with pytest.raises(GraphError, match=message):
        trace(function, 1.5)
    KEPT.clear()
    assert trace(lambda x: x * 3.0, 1.0)(2.0) == 6.0  # and everything is as before
    assert str(Value(1.0)) == "Value(1.0)" and Value(1.0).data == 1.0


def test_an_argument_that_is_changed_and_a_result_that_hides_numbers():
    with pytest.raises(GraphError, match="changes its arguments"):
        trace(lambda xs: xs.append(xs[0]) or xs[0], [1.0])
    with pytest.raises(TypeError, match="a traced function must return numbers"):
        trace(lambda x: iter([x]), 1.0)
    for function in (lambda x: [1.0, 2.0][x], lambda x: math.sin(x)):
        with pytest.raises(TypeError):
            trace(function, 1.0)
    with pytest.raises(TypeError, match=r"take\(table, i\)"):
        trace(lambda x: [1.0, 2.0][x], 1.0)


def test_parameters_that_another_thread_assigns_meanwhile():
    w = Value(1.0)
    program = trace(lambda x: x if w > 0.0 else -x, 1.0)
    tracer = program._replays.tracer

    def late(numbers):
        branch = tracer(numbers)
        w.data = 1.0
        return branch

    program._replays.tracer = late
    w.data = -1.0
    with pytest.raises(GraphError, match="another thread assigned to the parameters"):
        program(2.0)
    assert program(2.0) == 2.0


@ag.primitive(derivatives=(2.0,))
def up_to_two(x):
    if x > 2.0:
        raise KeyError(x)
    return 2.0 * x


def caught(act, default):
    """Return a function that uses `default` in place of `act(x)` if `act` raises."""

    def function(x, y):
        try:
            return act(x) * y
        except Exception:
            return default * y

    return function


@pytest.mark.parametrize(
    ("act", "points"),
    [
        (ag.log, [1.5, -1.0]),
        (lambda x: 1.0 / x, [2.0, 0.0]),
        (lambda x: x**0.5, [2.0, -1.0]),
        (ag.exp, [1.0, 1000.0]),
        (lambda x: int(x), [2.5, math.inf]),
        (round, [2.5, math.nan]),
        (lambda x: ag.floor(x) if hasattr(ag, "floor") else math.floor(x), [2.5, -math.inf]),
        (lambda x: ag.norm([x, ag.log(x)]), [1.5, -1.0]),
        (lambda x: len(f"{x}"), [2.5, 0.25]),
        (lambda x: ag.take([1.0, x], int(x)), [1.5, 2.5]),
        (up_to_two, [1.5, 2.5]),
    ],
)
def test_an_error_that_the_function_catches_decides_nothing(act, points):
    """A replay does not ask whether an operation raises, so such a trace is rejected, rather than replayed wrongly."""
    function = caught(act, 3.0)
    for order in (points, points[::-1]):
        program = traced(function)
        for x in order * 2:
            try:
                assert program(x, 2.0) == function(Value(x), Value(2.0)).data
            except GraphError as error:
                refusal = str(error)
                assert "catches an error" in refusal or "as text" in refusal


def test_an_error_that_the_function_catches_is_named():
    with pytest.raises(GraphError, match=r"catches an error \(log is defined for x > 0.*-1\.0.*test the number with `if`"):
        trace(caught(ag.log, 3.0), -1.0, 2.0)
