"""softmax and log_softmax, which return lists of Values and are not rows, compared with mpmath, to second order."""

import math

import mpmath
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mpmath import mp, mpf

from autograd_core import Value, gradients, log_softmax, logsumexp, softmax
from autograd_core._checking.ulps import same, ulps

LISTS = st.lists(st.floats(-8.0, 8.0) | st.floats(-700.0, 700.0) | st.integers(-3, 3).map(float), min_size=1, max_size=5)


def shares(xs):
    """The exact softmax."""
    exps = [mpmath.exp(mpf(x)) for x in xs]
    return [e / sum(exps) for e in exps]


@given(LISTS)
def test_numbers(xs):
    with mp.workdps(700):
        exact = shares(xs)
        for found, p in zip(softmax(xs), exact, strict=True):
            assert ulps(found, p) <= 8
        for found, p in zip(log_softmax(xs), exact, strict=True):
            # the difference from the largest rounds, by half a unit of the largest number in it
            assert abs(found - mpmath.log(p)) <= 4 * math.ulp(float(mpmath.log(p))) + max(map(math.ulp, xs))
    values = [Value(x) for x in xs]
    for function in (softmax, log_softmax):
        assert all(same(v.data, x) for v, x in zip(function(values), function(xs), strict=True))


@given(LISTS, st.data())
def test_slopes_and_curves(xs, data):
    """∂p_i/∂x_j = p_i (δ_ij - p_j), and ∂log p_i/∂x_j = δ_ij - p_j, with slope -p_j (δ_jk - p_k) for x_k.

    These hold even where 1 - p is far below 1: no slope is a difference of nearly equal numbers.
    """
    i, j, k = (data.draw(st.integers(0, len(xs) - 1)) for _ in range(3))
    values = [Value(x) for x in xs]
    with mp.workdps(700):
        p = shares(xs)
        assume(min(p) > 2.0**-900)
        others = [sum(q for n, q in enumerate(p) if n != m) for m in range(len(p))]
        slope = others[i] if i == j else -p[j]
        [by_j] = gradients(log_softmax(values)[i], [values[j]], create_graph=True)
        assert abs(by_j.data - slope) <= 16 * math.ulp(float(slope))
        [by_both] = gradients(by_j, [values[k]])
        curve = -p[j] * (others[j] if j == k else -p[k])
        assert abs(by_both - curve) <= 64 * math.ulp(float(curve))
        [by_j] = gradients(softmax(values)[i], [values[j]], create_graph=True)
        assert abs(by_j.data - p[i] * slope) <= 32 * math.ulp(float(p[i] * slope))
        [by_both] = gradients(by_j, [values[k]])
        # p_i ((δ_ik - p_k)(δ_ij - p_j) - p_j (δ_jk - p_k)) has a root where a share is ½
        curve = p[i] * ((others[i] if i == k else -p[k]) * slope - p[j] * (others[j] if j == k else -p[k]))
        terms = p[i] * (abs((others[i] if i == k else p[k]) * slope) + p[j] * (others[j] if j == k else p[k]))
        assert abs(by_both - curve) <= 64 * math.ulp(float(terms))


@pytest.mark.parametrize("gap", [30.0, 50.0, 600.0])
def test_slopes_where_one_number_is_far_above_the_others(gap):
    xs = [Value(0.0), Value(-gap), Value(-gap)]
    small = 2 * math.exp(-gap)
    for function in (softmax, log_softmax):
        assert gradients(function(xs)[0], [xs[0]])[0] == pytest.approx(small, rel=1e-12)
    [slope] = gradients(logsumexp(xs), [xs[0]], create_graph=True)
    assert gradients(slope, [xs[0]])[0] == pytest.approx(small, rel=1e-12)


@pytest.mark.parametrize("function", [softmax, log_softmax])
def test_numbers_among_values(function):
    x = Value(0.5)
    found = function([x, 0.25, 1])
    assert [same(v.data, n) for v, n in zip(found, function([0.5, 0.25, 1.0]), strict=True)] == [True] * 3
    assert all(type(v) is Value for v in found)


@pytest.mark.parametrize("function", [softmax, log_softmax])
def test_of_one_number(function):
    x = Value(0.7)
    [y] = function([x])
    assert y.data == function([0.7])[0] == (1.0 if function is softmax else 0.0)
    assert gradients(y, [x]) == [0.0]


def test_where_a_share_is_1_its_logarithm_is_exact():
    assert log_softmax([0.0, -50.0])[0] == -math.log1p(math.exp(-50.0)) < 0.0
    assert log_softmax([1000.0, -1000.0]) == [0.0, -2000.0]
    assert softmax([1000.0, -1000.0]) == [1.0, 0.0]


@pytest.mark.parametrize("function", [softmax, log_softmax])
def test_what_is_no_number(function):
    with pytest.raises(TypeError, match="softmax takes Values and real numbers; got 'a' of type str"):
        function([Value(1.0), "a"])


@pytest.mark.parametrize("function", [softmax, log_softmax])
def test_no_numbers(function):
    with pytest.raises(ValueError, match="softmax needs at least one number"):
        function([])
