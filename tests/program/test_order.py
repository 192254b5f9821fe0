"""Traced functions that read `x.data`: the trace has edges that the engine's graph does not have.

Outside a trace, `x.data` is a plain number, so these edges must not change the order in which gradients are added.
"""

import random
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import GraphError, Value, max, stop_gradient, tanh, trace, traced
from autograd_core._program import order


def softmax(z):
    m = max(a.data for a in z)
    e = [(a - m).exp() for a in z]
    t = sum(e)
    return [a / t for a in e]


def attention(x, layers):
    """Return the loss of two layers, each of which weights its numbers by a softmax."""
    for w in layers:
        z = [sum(a * b for a, b in zip(row, x, strict=True)) for row in w]
        p = softmax(z)
        x = [a * b + c for a, b, c in zip(p, z, x, strict=True)]
    return -softmax(x)[0].log()


def gradients(function, ws):
    """Return the exact value and the exact gradient of each leaf, as hexadecimal text."""
    y = function()
    for w in ws:
        w.grad = None
    y.backward()
    return y.data.hex(), [float(w.grad).hex() for w in ws]


@pytest.mark.parametrize("seed", range(20))
def test_a_softmax_written_with_data_adds_gradients_in_the_engines_order(seed):
    draws = random.Random(seed)
    layers = [[[Value(draws.gauss(0, 1)) for _ in range(4)] for _ in range(4)] for _ in range(2)]
    ws = [w for layer in layers for row in layer for w in row]
    x = [draws.gauss(0, 1) for _ in range(4)]
    assert gradients(lambda: traced(attention)(x, layers), ws) == gradients(lambda: attention(x, layers), ws)


def data_first(x, w):
    """Use `.data` so that the engine's order cannot be kept: the quotient's gradient for w comes after the sum's."""
    total = w * x + w
    return w / total.data + total * total


def test_a_program_that_cannot_keep_the_order_is_refused_with_the_way_out():
    w = Value(0.7)
    with pytest.raises(GraphError, match=r"\.data.*write stop_gradient"):
        trace(data_first, 1.3, w)
    held = trace(lambda x: (lambda total: w / stop_gradient(total) + total * total)(w * x + w), 1.3)
    assert held(1.3) == data_first(1.3, w).data


def random_function(seed, length):
    """Return a function of two inputs and two closed-over leaves, in which some operations read `.data`."""
    draws = random.Random(seed)
    leaves = [Value(draws.uniform(-1, 1)) for _ in range(2)]
    plan = [
        (draws.choice("+-**t"), *(draws.randrange(4 + k) for _ in range(2)), *(draws.random() < 0.15 for _ in range(2)))
        for k in range(length)
    ]
    ends = [draws.randrange(4 + length) for _ in range(3)]

    def function(a, b):
        known = [a, b, *leaves]
        for kind, i, j, plain_i, plain_j in plan:
            x, y = (getattr(known[k], "data", known[k]) if plain else known[k] for k, plain in ((i, plain_i), (j, plain_j)))
            known.append(tanh(x) if kind == "t" else x + y if kind == "+" else x - y if kind == "-" else x * y)
        return sum(known[k] for k in ends) + leaves[0] * leaves[1]

    return function, leaves


@given(st.integers(0, 10**9), st.integers(2, 12))
def test_any_program_that_reads_data_agrees_to_the_last_bit_or_is_refused(seed, length):
    function, leaves = random_function(seed, length)
    xs = [Value(0.31), Value(-0.77)]
    try:
        program = trace(function, 0.5, 0.25)
    except GraphError as error:
        if "write stop_gradient" not in str(error):
            raise
        return
    assert gradients(lambda: program(*xs), [*xs, *leaves]) == gradients(lambda: function(*xs), [*xs, *leaves])


def test_most_of_these_programs_are_not_refused():
    refused = 0
    for seed in range(300):
        try:
            trace(random_function(seed, 8)[0], 0.5, 0.25)
        except GraphError:
            refused += 1
    assert refused < 30


@given(st.integers(0, 10**9), st.integers(2, 12))
def test_both_engines_put_a_list_into_the_same_order(seed, length):
    if order.NATIVE is None:
        pytest.skip("there is no native engine to compare with")
    draws = random.Random(seed)
    first = 3
    operands = [[draws.randrange(first + k) for _ in range(draws.randint(1, 3))] for k in range(length)]
    plain = [draws.random() < 0.3 for _ in operands]
    roots = [draws.randrange(first + length) for _ in range(2)]
    made = []
    for engine in (None, order.NATIVE):
        listed = lists(first, operands, plain)
        made.append((order.reordered(engine, *listed, roots), *listed))
    assert made[0] == made[1]
    check_moved(made[0], lists(first, operands, plain), first)


def lists(first, operands, plain):
    """Return the codes, starts, operands and flags of a list of instructions; each code is the instruction's index."""
    starts, flat, variable = array("i", [0]), array("i"), array("b", [1] * first)
    for below, is_plain in zip(operands, plain, strict=True):
        flat.extend(below)
        starts.append(len(flat))
        variable.append(not is_plain and any(variable[k] for k in below))
    return array("i", range(len(operands))), starts, flat, variable


def check_moved(made, before, first):
    """Assert that each moved instruction reads the same operands, which precede it; without an order, nothing moves."""
    moved, code, starts, operands, variable = made
    if moved is None:
        assert (code, starts, operands, variable) == before
        return
    for new, old in enumerate(code):
        below = before[2][before[1][old] : before[1][old + 1]]
        assert list(operands[starts[new] : starts[new + 1]]) == [moved[slot] for slot in below]
        assert all(moved[slot] < first + new for slot in below)
        assert moved[first + old] == first + new and variable[first + new] == before[3][first + old]
    assert list(moved[:first]) == list(range(first))


def test_a_damaged_list_is_rejected():
    if order.NATIVE is None:
        pytest.skip("only the native engine checks the bounds")
    with pytest.raises(ValueError, match="the listing is damaged"):
        order.reordered(order.NATIVE, array("i", [0]), array("i", [0, 1]), array("i", [7]), array("b", [1, 1]), [1])
