"""The lectures' worked numbers and equations on the bare engine: Values, arrays of Values, and nothing of nn.

The same with the layers and losses of nn, at random sizes, stands in nn/test_lecture_formulas.py.
"""

import math
from itertools import pairwise

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import Value, primitive
from autograd_core.check import check_primitive

MODERATE = st.floats(-3, 3)
SEED = st.integers(0, 2**32 - 1)


def values(array):
    """An object array of Values."""
    return numpy.vectorize(Value, otypes=[object])(array)


def data(array):
    return numpy.vectorize(lambda v: v.data, otypes=[float])(array)


def gradient(y, array):
    return numpy.array(ag.gradients(y, array.ravel().tolist())).reshape(array.shape)


def close(left, right):
    return numpy.allclose(left, right, rtol=1e-12, atol=1e-14)


# --- 000 -------------------------------------------------------------------------------------------------------


def test_e9_the_listing_runs_as_it_stands_and_e4_gives_its_gradients():
    import numpy as nd

    import autograd_core as autograd

    draw = nd.random.default_rng(0)
    w1, w2, x, t = (values(draw.normal(size=size)) for size in ((3, 2), (2, 3), 2, 2))

    with autograd.record():
        a = nd.dot(w1, x)
        z = nd.tanh(a)
        y = nd.dot(w2, z)
        error = nd.sum(nd.square(y - t))

    autograd.backward(error)

    expected = numpy.sum((data(w2) @ numpy.tanh(data(w1) @ data(x)) - data(t)) ** 2)
    assert math.isclose(error.data, expected, rel_tol=1e-14)
    # the delta recursion; the listing's error lacks the factor 1/2, so every delta is doubled
    delta_k = 2 * (data(y) - data(t))
    delta_j = (1 - data(z) ** 2) * (data(w2).T @ delta_k)
    grads = numpy.vectorize(lambda v: v.grad, otypes=[float])
    assert close(grads(y), delta_k) and close(grads(a), delta_j)
    assert close(grads(w2), numpy.outer(delta_k, data(z))) and close(grads(w1), numpy.outer(delta_j, data(x)))


@given(SEED)
def test_e3_single_linear_layer(seed):
    draw = numpy.random.default_rng(seed)
    w, x, t = values(draw.normal(size=(2, 3))), draw.normal(size=3), draw.normal(size=2)
    y = w @ x
    error = ((y - t) ** 2).sum() / 2
    assert close(gradient(error, w), numpy.outer(data(y) - t, x))


@given(SEED)
def test_e4_two_layers_of_tanh(seed):
    draw = numpy.random.default_rng(seed)
    w1, w2, x, t = values(draw.normal(size=(3, 2))), values(draw.normal(size=(2, 3))), draw.normal(size=2), [0.5, -1.0]
    a = w1 @ x
    z = numpy.tanh(a)
    y = w2 @ z
    error = ((y - t) ** 2).sum() / 2
    delta_k = data(y) - t
    delta_j = (1 - data(z) ** 2) * (data(w2).T @ delta_k)
    assert close(gradient(error, a), delta_j)
    assert close(gradient(error, w1), numpy.outer(delta_j, x))
    assert close(gradient(error, w2), numpy.outer(delta_k, data(z)))


# --- 001 -------------------------------------------------------------------------------------------------------


@given(SEED)
def test_m3_sensitivities(seed):
    """delta(L) = 2 (x(L) - y) theta'(s(L)); the row of the bias is dropped on the way back."""
    draw = numpy.random.default_rng(seed)
    sizes = (2, 3, 2, 1)
    weights = [values(draw.normal(size=(d + 1, e))) for d, e in pairwise(sizes)]
    x, y = draw.normal(size=2), 0.3
    signals, outputs = [], [numpy.array([1.0, *x], dtype=object)]
    for w in weights:
        signals.append(w.T @ outputs[-1])
        outputs.append(numpy.array([1.0, *numpy.tanh(signals[-1])], dtype=object))
    error = (outputs[-1][1] - y) ** 2
    delta = 2 * (outputs[-1][1].data - y) * (1 - numpy.tanh(data(signals[-1])) ** 2)
    for layer in (2, 1, 0):
        assert close(gradient(error, signals[layer]), delta)
        before = numpy.array([v.data if type(v) is Value else v for v in outputs[layer]])
        assert close(gradient(error, weights[layer]), numpy.outer(before, delta))
        if layer:
            slope = 1 - numpy.tanh(data(signals[layer - 1])) ** 2
            delta = slope * (data(weights[layer]) @ delta)[1:]


# --- 002 -------------------------------------------------------------------------------------------------------


def test_s1_one_association():
    x, target, w = 0.8, 0.2, Value(0.4, "w")
    y = w * x
    delta = y - target
    error = delta**2 / 2
    error.backward()
    assert y.data == pytest.approx(0.32, rel=1e-15) and delta.data == pytest.approx(0.12, rel=1e-15)
    assert error.data == pytest.approx(0.0072, rel=1e-14) and w.grad == pytest.approx(0.096, rel=1e-15)
    steps = 0
    while abs(w.grad) > 1e-12:
        w.data -= 0.5 * w.grad
        w.zero_grad()
        ((w * x - target) ** 2 / 2).backward()
        steps += 1
    assert w.data == pytest.approx(0.25, abs=1e-11) and steps < 100


# --- 003 -------------------------------------------------------------------------------------------------------


@given(MODERATE)
def test_u3_chain_rule(x):
    slope = ag.grad(lambda x: ag.sin(0.5 * x**2))(x)
    assert math.isclose(slope, math.cos(0.5 * x * x) * x, rel_tol=1e-14, abs_tol=1e-300)


@given(MODERATE, MODERATE, MODERATE)
def test_u3_jacobian_of_three_inputs_and_two_outputs(x, y, z):
    jacobian = ag.jacobian(lambda v: [v[0] * v[1] + ag.sin(v[2]), ag.exp(v[0]) * v[2]])([x, y, z])
    assert close(jacobian, [[y, x, math.cos(z)], [math.exp(x) * z, 0.0, math.exp(x)]])
    assert jacobian[1][1] == 0.0


def test_u3_all_paths_are_added():
    """x reaches y by two paths, and z by both of these again."""
    x = Value(2.0)
    u, v = x * 3, x**2
    y = u * v
    assert ag.gradients(y, [x, u, v]) == [3 * 4 + 6 * 4, 4.0, 6.0]


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=6))
def test_u4_softmax_full_sigmoid_diagonal(x):
    a = numpy.array(ag.softmax(x))
    assert close(ag.jacobian(ag.softmax)(x), numpy.diag(a) - numpy.outer(a, a))
    s = numpy.array([1 / (1 + math.exp(-v)) for v in x])
    jacobian = numpy.array(ag.jacobian(lambda x: [ag.sigmoid(v) for v in x])(x))
    assert close(jacobian, numpy.diag(s * (1 - s)))
    assert not (jacobian - numpy.diag(numpy.diag(jacobian))).any()


@primitive(derivatives=(lambda t, x, z: -x * ag.sin(t * x), lambda t, x, z: -t * ag.sin(t * x)))
def wave(t, x):
    return math.cos(t * x) + math.pi


@given(MODERATE, MODERATE)
def test_u6_your_own_module(t, x):
    assert wave(t, x) == math.cos(t * x) + math.pi
    by_t, by_x = ag.grad(wave, argnums=(0, 1))(t, x)
    assert math.isclose(by_t, -x * math.sin(t * x), rel_tol=1e-15) and math.isclose(by_x, -t * math.sin(t * x), rel_tol=1e-15)


def test_u6_is_checked_like_a_row_of_the_table():
    assert check_primitive(wave).ok


# --- 004 -------------------------------------------------------------------------------------------------------


@given(SEED, st.sampled_from([0.0, 1.0]))
def test_o2_logistic_regression_is_one_unit(seed, y):
    draw = numpy.random.default_rng(seed)
    w, x, b = values(draw.normal(size=3)), draw.normal(size=3), Value(0.1)
    a = ag.sigmoid(w @ x + b)
    loss = -(y * ag.log(a) + (1 - y) * ag.log(1 - a))
    assert close(gradient(loss, w), (a.data - y) * x)
    assert math.isclose(ag.gradients(loss, [b])[0], a.data - y, rel_tol=1e-12)


@given(SEED, st.sampled_from([0.0, 1.0]))
def test_o4_equations_13_to_26(seed, y):
    draw = numpy.random.default_rng(seed)
    w2, b2, w3, b3 = (values(draw.normal(size=size)) for size in ((2, 2), 2, (1, 2), 1))
    x = draw.normal(size=2)
    z2 = w2 @ x + b2
    a2 = numpy.tanh(z2)
    z3 = w3 @ a2 + b3
    a3 = ag.sigmoid(z3[0])
    loss = -(y * ag.log(a3) + (1 - y) * ag.log(1 - a3))
    assert math.isclose(z2[0].data, w2[0, 0].data * x[0] + w2[0, 1].data * x[1] + b2[0].data, rel_tol=1e-12)  # (14)
    by_z2, by_z3 = gradient(loss, z2), gradient(loss, z3)
    assert close(gradient(loss, w2), [[by_z2[i] * x[j] for j in range(2)] for i in range(2)])  # (15)
    assert close(gradient(loss, w2), numpy.outer(x, by_z2).T)  # (16)
    assert close(gradient(loss, w3), numpy.outer(data(a2), by_z3).T)  # (17)
    assert close(gradient(loss, b2), by_z2) and close(gradient(loss, b3), by_z3)  # (18), (19)
    assert math.isclose(loss.data, -math.log(a3.data if y else 1 - a3.data), rel_tol=1e-12)  # (20)
    by_a3 = (a3.data - y) / (a3.data * (1 - a3.data))
    assert close(ag.gradients(loss, [a3]), [by_a3])  # (21)
    slope = a3.data * (1 - a3.data)
    assert close(gradient(a3, z3), [slope])  # (22)
    assert close(by_z3, [by_a3 * slope]) and close(by_z3, [a3.data - y])  # (23), whose sign the text reverses
    by_a2 = gradient(z3[0], a2)
    assert close(by_a2, data(w3)[0])  # (24), which is by a2, not z2
    jacobian = numpy.array([gradient(a, z2) for a in a2])
    assert close(jacobian, numpy.diag(1 - data(a2) ** 2)) and jacobian[0, 1] == jacobian[1, 0] == 0.0  # (25)
    assert close(by_z2, by_z3 @ data(w3) @ jacobian)  # (26), and the chain rule (13)
    assert close(gradient(z3[0], z2), data(w3)[0] @ jacobian)  # (13)
