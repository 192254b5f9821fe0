"""The lectures' statements about the engine itself: the listing, the chain rule, Jacobians, a module of your own.

The lectures' networks and losses are tested in nn/test_lecture_formulas.py.
"""

import math

import numpy
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import Value, primitive
from autograd_core.check import check_primitive

MODERATE = st.floats(-3, 3)


def values(array):
    """Return a NumPy array of objects that contains Values."""
    return numpy.vectorize(Value, otypes=[object])(array)


def data(array):
    return numpy.vectorize(lambda v: v.data, otypes=[float])(array)


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
    """The derivative adds both paths from x to y, one through u and one through v."""
    x = Value(2.0)
    u, v = x * 3, x**2
    y = u * v
    assert ag.gradients(y, [x, u, v]) == [3 * 4 + 6 * 4, 4.0, 6.0]


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
