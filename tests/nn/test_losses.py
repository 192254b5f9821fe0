"""Losses compared with mpmath for logits between -1000 and 1000, and rejected arguments."""

import math

import mpmath
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import nn
from autograd_core import Value, log_softmax, sigmoid
from autograd_core import sum as total

# A separate context, with enough precision to tell 1 + exp(-2000) from 1.
mp = mpmath.MPContext()
mp.dps = 950
LOGITS = st.floats(-1000.0, 1000.0)


def ulps(found, exact):
    """Return the error of `found` in units in the last place; for subnormal numbers, this unit is 2**-1074."""
    unit = mp.mpf(math.ulp(max(abs(float(exact)), 2.0**-1022)))
    return abs((mp.mpf(found) - exact) / unit)


def assert_close(found, exact, count):
    assert math.isfinite(found)
    assert ulps(found, exact) <= count


@given(st.lists(LOGITS, min_size=2, max_size=6), st.data())
@example([1000.0, -1000.0], None)
@example([1000.0, 1000.0, 990.0], None)
@example([40.0, 0.0], None)
def test_cross_entropy_and_its_gradient(logits, data):
    targets = [data.draw(st.integers(0, len(logits) - 1))] if data else range(len(logits))
    for t in targets:
        nodes = [Value(z) for z in logits]
        loss = nn.cross_entropy(nodes, t)
        exps = [mp.exp(mp.mpf(z) - mp.mpf(logits[t])) for z in logits]
        whole = mp.fsum(exps)
        # the differences z_j - z_t, which are at most 2000, are rounded
        condition = 2 + 4 * max(1.0, max(abs(z - logits[t]) for z in logits))
        loss = loss if type(loss) is Value else Value(loss)
        assert_close(loss.data, mp.log(whole), condition)
        total([loss, *(0.0 * z for z in nodes)]).backward()
        for j, node in enumerate(nodes):
            p = exps[j] / whole
            exact = -mp.fsum([e for i, e in enumerate(exps) if i != t]) / whole if j == t else p
            assert_close(node.grad, exact, condition * len(logits))


@given(LOGITS, st.one_of(st.sampled_from([0, 1, 0.0, 1.0]), st.floats(0.0, 1.0)))
@example(1000.0, 0)
@example(-1000.0, 1)
def test_binary_cross_entropy_with_logits(z, t):
    node = Value(z)
    loss = nn.binary_cross_entropy_with_logits(node, t)
    loss.backward()
    x = mp.mpf(z)
    exact = t * mp.log1p(mp.exp(-x)) + (1 - mp.mpf(t)) * mp.log1p(mp.exp(x))
    assert_close(loss.data, exact, 8)
    s = 1 / (1 + mp.exp(-x))
    # for a target between 0 and 1, the two terms of the derivative partly cancel
    largest = max(s * (1 - mp.mpf(t)), (1 - s) * mp.mpf(t))
    assert abs(mp.mpf(node.grad) - (s - t)) <= 8 * mp.mpf(2) ** -53 * largest + mp.mpf(2) ** -1070


@given(st.floats(-30.0, 30.0), st.sampled_from([0, 1, 0.25]))
def test_binary_cross_entropy_of_probabilities(z, t):
    p = sigmoid(z)
    if p == 1.0 and t != 1:
        return
    found = nn.binary_cross_entropy(p, t)
    q = mp.mpf(p)
    exact = (-t * mp.log(q) if t else 0) - ((1 - mp.mpf(t)) * mp.log1p(-q) if t != 1 else 0)
    assert_close(found, exact, 8)


def test_probabilities_of_0_and_1():
    assert nn.binary_cross_entropy(1.0, 1) == nn.binary_cross_entropy(0.0, 0) == 0.0
    assert nn.binary_cross_entropy(sigmoid(Value(1000.0)), 1).data == 0.0
    for p, t in ((1.0, 0), (0.0, 1), (0.0, 0.5), (1.0, 0.5), (Value(0.0), 1), ([sigmoid(Value(1000.0))], 0)):
        with pytest.raises(ValueError, match=r"the loss is infinite for probability .* and target .*: binary_cross_entropy_with_logits, applied to the score before the sigmoid, is finite"):
            nn.binary_cross_entropy(p, t)


@pytest.mark.parametrize("p", [1.5, -0.1, Value(1.5), [Value(-3.0)], math.inf])
@pytest.mark.parametrize("t", [0, 1, 0.5])
def test_a_score_is_no_probability(p, t):
    with pytest.raises(ValueError, match=r"binary_cross_entropy takes a probability from 0 to 1; got .*\. For raw scores, use binary_cross_entropy_with_logits"):
        nn.binary_cross_entropy(p, t)


def test_probabilities_are_no_logarithms():
    with pytest.raises(ValueError, match=r"nll_loss takes log-probabilities, which are at most 0; got 0\.9\. For raw scores, use cross_entropy"):
        nn.nll_loss([0.9, 0.1], 0)
    assert nn.nll_loss([0.0, -1.0], 0) == 0.0


def test_what_is_nan_stays_nan_for_training_to_find():
    assert math.isnan(nn.binary_cross_entropy(math.nan, 1))
    assert math.isnan(nn.nll_loss([math.nan, -1.0], 0))


@given(st.lists(LOGITS, min_size=2, max_size=6))
def test_log_softmax_is_taken(logits):
    for t in range(len(logits)):
        assert nn.nll_loss(log_softmax(logits), t) >= 0.0


@pytest.mark.parametrize("loss", [nn.cross_entropy, nn.nll_loss, nn.multi_margin_loss])
def test_one_score_has_no_classes(loss):
    for outputs in ([-0.5], -0.5, Value(-0.5), [Value(-0.5)]):
        with pytest.raises(ValueError, match=r"there must be at least 2 outputs, one for each class; got 1\. For two classes with one output, use binary_cross_entropy_with_logits or hinge"):
            loss(outputs, 0)


@given(LOGITS, st.sampled_from([-1, 1]))
def test_hinge(s, t):
    assert nn.hinge(s, t) == max(0.0, 1 - t * s)
    assert nn.hinge([s], float(t)) == max(0.0, 1 - t * s)


@given(st.lists(LOGITS, min_size=2, max_size=5), st.data())
def test_multi_class_hinge(scores, data):
    t = data.draw(st.integers(0, len(scores) - 1))
    exact = mp.fsum([max(0, 1 - (scores[t] - s)) for j, s in enumerate(scores) if j != t]) / len(scores)
    assert_close(nn.multi_margin_loss(scores, t), exact, 8)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=5))
def test_penalties(numbers):
    assert_close(nn.l1_penalty(numbers), mp.fsum([abs(x) for x in numbers]), 8)
    assert_close(nn.l2_penalty(numbers), mp.fsum([mp.mpf(x) ** 2 for x in numbers]), 8)


def test_a_single_output_needs_no_list():
    assert nn.squared_error(3.0, 1.0) == nn.squared_error([3.0], [1.0]) == 2.0
    assert nn.mse_loss(3.0, [1.0]) == 4.0
    assert nn.binary_cross_entropy([0.5], 1) == nn.binary_cross_entropy(0.5, 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.squared_error([1.0], [1.0, 2.0]), "1 outputs cannot be compared with 2 targets"),
        (lambda: nn.mse_loss([1.0, 2.0], 1.0), "2 outputs cannot be compared with 1 targets"),
        (lambda: nn.cross_entropy([1.0, 2.0], 2), "the target must be a class from 0 to 1; got 2"),
        (lambda: nn.cross_entropy([1.0, 2.0], -1), "the target must be a class from 0 to 1; got -1"),
        (lambda: nn.nll_loss([1.0, 2.0], 0.5), "the target must be a class from 0 to 1; got 0.5"),
        (lambda: nn.multi_margin_loss([1.0, 2.0], 7), "the target must be a class from 0 to 1; got 7"),
        (lambda: nn.cross_entropy([1.0, 2.0], [0.0, 1.0]), r"the target must be a class from 0 to 1; got \[0\.0, 1\.0\]"),
        (lambda: nn.hinge(1.0, 0), "the target of hinge must be -1 or 1; got 0"),
        (lambda: nn.hinge([1.0, 2.0], 1), "this loss takes one output; got 2"),
        (lambda: nn.binary_cross_entropy(0.5, 2), "must be from 0 to 1; got 2"),
        (lambda: nn.binary_cross_entropy_with_logits(0.5, math.nan), "must be from 0 to 1; got nan"),
    ],
)
def test_what_losses_refuse(call, message):
    with pytest.raises(ValueError, match=message):
        call()
