"""Weighted sums make the same nodes as their definition: with the same bits, operations, scopes and gradients."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import Value, dot, no_record, parameter, primitive, record, scope, toposort
from autograd_core._engine.weighted import weighted_sums
from autograd_core.strategies import numbers


@primitive(derivatives=(lambda x, z: 3.0 * x * x,))
def cube(x):
    return x * x * x


FUNCTIONS = [
    None, *(getattr(ag, name) for name in ("relu", "tanh", "sigmoid", "softplus", "gelu", "exp", "sign", "cos", "square")),
    ag.leaky_relu, cube, lambda a: 2.0 * a - 1.0, lambda a: 7.0,
]  # fmt: skip


def by_definition(x, units):
    outputs = []
    for name, w, b, function in units:
        with scope(name):
            a = dot(w, x) + b
            outputs.append(a if function is None else function(a))
    return outputs


def told(outputs, recording=True):
    """Everything that can be observed of the graphs of some outputs."""
    seen = []
    for y in outputs:
        if type(y) is not Value:
            seen.append(repr(y))
            continue
        nodes = toposort(y)
        number = {node: at for at, node in enumerate(nodes)}
        if recording:
            y.backward()
        seen.append([
            (n.op.name, repr(n.data), repr(n.grad), n.scope, n.label, [number.get(o, repr(o)) if type(o) is Value else repr(o) for o in n.operands])
            for n in nodes
        ])
        for n in nodes:
            n.zero_grad()
    return seen


@given(st.data(), st.integers(1, 4), st.integers(1, 4), st.booleans())
def test_they_make_the_nodes_of_their_definition(data, nin, nout, recording):
    def draw():
        return data.draw(numbers())

    x = [data.draw(st.sampled_from([Value, float]))(draw()) for _ in range(nin)]
    units = [
        (f"neuron {i}", [parameter(draw(), f"w{i}") for _ in range(nin)], parameter(draw(), "b"), data.draw(st.sampled_from(FUNCTIONS)))
        for i in range(nout)
    ]

    def outcome(function):
        try:
            with scope("layer 1"), record() if recording else no_record():
                return told(function(), recording)
        except (ArithmeticError, ValueError) as error:
            return type(error), str(error)

    assert outcome(lambda: weighted_sums(x, units, dot)) == outcome(lambda: by_definition(x, units))


@pytest.mark.parametrize("x", [(1.0, -2.0), np.array([1.0, -2.0]), [1, True], [np.float32(1.5), -0.0], np.array([Value(1.0), 2.0])])
@pytest.mark.parametrize("b", [0.5, Value(0.5), 1])
@pytest.mark.parametrize("w", [[Value(2.0), -1.0], [2.0, 3.0], (Value(2.0), Value(3.0)), np.array([2.0, 3.0])])
def test_whatever_a_weighted_sum_takes(x, w, b):
    units = [("unit", w, b, ag.tanh), ("unit", w, b, None)]
    assert told(weighted_sums(x, units, dot)) == told(by_definition(x, units))


def test_a_frozen_bias_and_plain_numbers_alone():
    assert weighted_sums([1.0], [("unit", [2.0], 3.0, None)], dot) == [5.0]
    assert weighted_sums([1.0], [("unit", [2.0], Value(3.0), None)], dot)[0].scope == ("unit",)


@pytest.mark.parametrize("units", [
    [("unit", [Value(1.0)], Value(1.0), None)],
    [("unit", [Value(1.0), Value(1.0)], "b", None)],
    [("unit", [Value(1.0), Value(1.0)], Value(0.0), 5)],
    [(5, [Value(1.0), Value(1.0)], Value(0.0), None)],
    [("unit", [Value(1e308), Value(1.0)], Value(0.0), lambda a: ag.exp(a))],
])
def test_what_is_wrong_is_said_as_by_its_definition(units):
    x = [1.0, 1.0]
    with pytest.raises((ArithmeticError, TypeError, ValueError)) as expected:
        by_definition(x, units)
    with pytest.raises(expected.type) as found:
        weighted_sums(x, units, dot)
    assert str(found.value) == str(expected.value)


def test_a_function_may_change_the_list_of_units():
    units = []
    units += [("first", [Value(1.0)], Value(0.0), lambda a: units.clear() or a), ("second", [Value(1.0)], Value(0.0), None)]
    first, *_ = weighted_sums([2.0], units, dot)
    assert first.data == 2.0 and units == []


def test_each_place_is_that_of_its_unit_and_none_is_left_behind():
    seen = []
    unit = ("unit", [Value(1.0)], Value(0.0), lambda a: seen.append((a * 2).scope) or a)
    with scope("layer"):
        y, z = weighted_sums([Value(1.0)], [unit, ("other", [Value(1.0)], Value(0.0), ag.tanh)], dot)
        assert (Value(1.0) * 2).scope == ("layer",)
    assert seen == [("layer", "unit")] and y.scope == ("layer", "unit") and z.scope == ("layer", "other")


def test_there_is_no_limit_to_what_is_kept_alive():
    """Nodes outlive the list, the units and their inputs."""
    box = SimpleNamespace(x=[Value(0.5)] * 40)
    for _ in range(200):
        box.x = weighted_sums(box.x, [("unit", [parameter(0.1)] * 40, parameter(0.0), ag.tanh)] * 40, dot)
    assert math.isfinite(box.x[0].data)
