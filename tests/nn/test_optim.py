"""Optimisers compared with their update rules, which are written out here, and rejected arguments."""

import math
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import ENGINE, parameter
from autograd_core.strategies import numbers
from nn import SGD, Adam, clip_grad_norm, clip_grad_value
from nn.optim import Optimizer

NUMBERS = st.floats(-10.0, 10.0)
RUNS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=6)


def run(optimizer_of, start, gradients):
    """Return the values of two parameters after each step; each step has its own pair of gradients."""
    ps = [parameter(x) for x in start]
    optimizer = optimizer_of(ps)
    course = []
    for pair in gradients:
        for p, g in zip(ps, pair, strict=True):
            p.grad = g
        optimizer.step()
        course.append([p.data for p in ps])
    assert optimizer.steps == len(gradients)
    return course


def close(found, expected):
    return all(
        math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12)
        for xs, ys in zip(found, expected, strict=True) for a, b in zip(xs, ys, strict=True)
    )


@given(st.tuples(NUMBERS, NUMBERS), RUNS)
def test_plain_descent(start, gradients):
    found = run(lambda ps: SGD(ps, lr=0.1), start, gradients)
    expected = [
        [w - 0.1 * math.fsum(g[i] for g in gradients[: n + 1]) for i, w in enumerate(start)]
        for n in range(len(gradients))
    ]
    assert close(found, expected)


@given(st.tuples(NUMBERS, NUMBERS), RUNS, st.booleans(), st.floats(0.0, 0.9))
def test_momentum_is_a_weighted_sum_of_all_gradients(start, gradients, nesterov, decay):
    m = 0.8
    found = run(lambda ps: SGD(ps, lr=0.1, momentum=m, nesterov=nesterov, weight_decay=decay), start, gradients)
    w, expected, seen = list(start), [], []
    for pair in gradients:
        seen.append([g + decay * x for g, x in zip(pair, w, strict=True)])
        n = len(seen)
        velocity = [math.fsum(m ** (n - 1 - k) * g[i] for k, g in enumerate(seen)) for i in range(2)]
        move = [seen[-1][i] + m * velocity[i] if nesterov else velocity[i] for i in range(2)]
        w = [x - 0.1 * d for x, d in zip(w, move, strict=True)]
        expected.append(w)
    assert close(found, expected)


@given(st.tuples(NUMBERS, NUMBERS), RUNS, st.floats(0.0, 0.5))
def test_adam_divides_weighted_means(start, gradients, decay):
    b1, b2, eps = 0.7, 0.9, 1e-6
    found = run(lambda ps: Adam(ps, lr=0.1, betas=(b1, b2), eps=eps, weight_decay=decay), start, gradients)
    w, expected, seen = list(start), [], []
    for pair in gradients:
        seen.append([g + decay * x for g, x in zip(pair, w, strict=True)])

        def weighted(b, power, i, seen=seen):
            weights = [b ** (len(seen) - 1 - k) for k in range(len(seen))]
            return math.fsum(a * g[i] ** power for a, g in zip(weights, seen, strict=True)) / math.fsum(weights)

        w = [x - 0.1 * weighted(b1, 1, i) / (math.sqrt(weighted(b2, 2, i)) + eps) for i, x in enumerate(w)]
        expected.append(w)
    # terms of the mean may cancel; at worst, the mean's rounding error is divided by eps
    assert all(
        math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-8) for xs, ys in zip(found, expected, strict=True)
        for a, b in zip(xs, ys, strict=True)
    )


def test_the_first_step_of_adam_has_the_size_of_the_rate():
    [[w, v]] = run(lambda ps: Adam(ps, lr=0.01), (1.0, 1.0), [(1e-3, -1e5)])
    assert w == pytest.approx(0.99, rel=1e-6)
    assert v == pytest.approx(1.01, rel=1e-12)


@pytest.mark.parametrize("make", [SGD, Adam])
def test_the_rate_may_be_a_function_of_the_step(make):
    asked = []

    def rate(step):
        asked.append(step)
        return 0.1 / (step + 1)

    found = run(lambda ps: make(ps, lr=rate), (0.0, 0.0), [(1.0, -1.0)] * 3)
    assert asked == [0, 1, 2]
    assert found[0][0] == pytest.approx(-0.1)
    assert found[2][0] == pytest.approx(-0.1 - 0.05 - 0.1 / 3)


@pytest.mark.parametrize("make", [SGD, Adam])
@given(gradients=RUNS, bound=st.floats(0.0, 2.0))
def test_no_weight_passes_the_bound(make, gradients, bound):
    for course in run(lambda ps: make(ps, lr=1.0, bound=bound), (0.0, 0.0), gradients):
        assert max(map(abs, course)) <= bound


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=5), st.floats(1e-3, 1e3))
def test_clipping_the_norm(gradients, limit):
    ps = [parameter(0.0) for _ in gradients]
    for p, g in zip(ps, gradients, strict=True):
        p.grad = g
    norm = clip_grad_norm(iter(ps), limit)
    assert norm == math.hypot(*gradients)
    after = math.hypot(*(p.grad for p in ps))
    if norm <= limit:
        assert [p.grad for p in ps] == gradients
    else:
        assert after == pytest.approx(limit, rel=1e-12)
        assert all(p.grad * norm == pytest.approx(g * limit, rel=1e-12) for p, g in zip(ps, gradients, strict=True))


@given(st.lists(NUMBERS, min_size=1, max_size=5), st.floats(0.0, 5.0))
def test_clipping_each_value(gradients, bound):
    ps = [parameter(0.0) for _ in gradients]
    for p, g in zip(ps, gradients, strict=True):
        p.grad = g
    clip_grad_value(ps, bound)
    assert [p.grad for p in ps] == [sorted([-bound, g, bound])[1] for g in gradients]


def test_zero_grad():
    p = parameter(1.0)
    p.grad = 2.0
    SGD([p], lr=0.1).zero_grad()
    assert not p.has_grad


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SGD([], lr=0.1), "there is nothing to optimise: the list of parameters is empty"),
        (lambda: SGD([parameter(0.0)], lr=-0.1), "lr must be a finite number of at least 0; got -0.1"),
        (lambda: SGD([parameter(0.0)], lr=math.nan), "lr must be .* got nan"),
        (lambda: SGD([parameter(0.0)], lr=0.1, momentum=1.0), "momentum must be a finite number of at least 0 and below 1; got 1.0"),
        (lambda: SGD([parameter(0.0)], lr=0.1, nesterov=True), "nesterov needs a momentum greater than 0"),
        (lambda: SGD([parameter(0.0)], lr=0.1, bound=-1.0), "bound must be"),
        (lambda: Adam([parameter(0.0)], betas=(0.9, 1.0)), r"betas\[1\] must be"),
        (lambda: Adam([parameter(0.0)], weight_decay=-1.0), "weight_decay must be"),
        (lambda: Adam([parameter(0.0)], eps=0.0), "eps must be a finite number above 0; got 0.0"),
        (lambda: SGD([parameter(0.0)], lr="fast"), "lr must be a finite number of at least 0; got 'fast'"),
        (lambda: SGD([parameter(0.0)], lr=lambda step: -1.0).step(), r"lr\(0\) must be a finite number of at least 0; got"),
        (lambda: clip_grad_norm([], -1.0), "max_norm must be"),
    ],
)
def test_settings_that_make_no_sense(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_what_is_no_list_of_leaves_is_refused():
    w = parameter(1.0)
    for wrong in ([w, 2.0 * w], [1.0], nn.Layer(1, 1), nn.Sequential(nn.Layer(1, 1)), w * 2.0):
        with pytest.raises(TypeError, match=r"must be leaves, as returned by model\.parameters\(\); got "):
            SGD(wrong, lr=0.1)
        with pytest.raises(TypeError, match="must be leaves"):
            clip_grad_norm(wrong, 1.0)


def test_nan_is_not_hidden_by_a_bound():
    w = parameter(1.0)
    w.grad = math.nan
    clip_grad_value([w], 1.0)
    assert math.isnan(w.grad)
    for optimizer in (SGD([w], lr=0.1), SGD([w], lr=0.1, bound=2.0)):
        w.data = 1.0
        optimizer.step()
        assert math.isnan(w.data)


def test_a_step_that_fails_changes_nothing():
    w = parameter(1.0)
    w.grad = 1.0
    optimizer = Adam([w], lr=lambda step: [0.1, math.nan][step])
    optimizer.step()
    before = w.data, optimizer.memory, optimizer.steps
    with pytest.raises(ValueError, match=r"lr\(1\) must be a finite number of at least 0; got nan"):
        optimizer.step()
    assert (w.data, optimizer.memory, optimizer.steps) == before


def test_an_optimiser_of_ones_own_needs_directions():
    with pytest.raises(NotImplementedError, match="Optimizer does not implement directions"):
        Optimizer([parameter(0.0)], 0.1).step()


@pytest.mark.parametrize(
    ("gradients", "limit", "expected"),
    [
        ([1e308] * 4, 1.0, [0.5] * 4), ([1e308, -1e308], 1e-20, [1e-20 / math.sqrt(2), -1e-20 / math.sqrt(2)]),
        ([3e-320, 4e-320], 1e-320, [6e-321, 8e-321]), ([1.0, 0.0], 0.0, [0.0, 0.0]), ([1e308] * 4, 1e308, [0.5e308] * 4),
    ],
)
def test_clipping_at_the_ends_of_the_range(gradients, limit, expected):
    ps = [parameter(0.0) for _ in gradients]
    for p, g in zip(ps, gradients, strict=True):
        p.grad = g
    assert clip_grad_norm(ps, limit) == math.hypot(*gradients)
    assert [p.grad for p in ps] == pytest.approx(expected, rel=1e-15, abs=2e-323)


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_clipping_hides_no_gradient_that_is_not_finite(bad):
    ps = [parameter(0.0), parameter(0.0)]
    ps[0].grad, ps[1].grad = bad, 1.0
    assert not math.isfinite(clip_grad_norm(ps, 1.0))
    assert repr([p.grad for p in ps]) == repr([bad, 1.0])


def test_a_shared_parameter_counts_once():
    w, b = parameter(0.0), parameter(0.0)
    w.grad, b.grad = 3.0, 4.0
    assert clip_grad_norm([w, b, w], 10.0) == 5.0 and (w.grad, b.grad) == (3.0, 4.0)
    assert clip_grad_norm([w, w], 1.0) == 3.0 and w.grad == 1.0
    clip_grad_value([w, w], 0.5)
    assert w.grad == 0.5


@pytest.mark.parametrize("make", [SGD, partial(SGD, momentum=0.9, nesterov=True, weight_decay=0.1), Adam])
def test_a_shared_parameter_moves_once(make):
    once, twice = parameter(1.0), parameter(1.0)
    optimizers = make([once], lr=0.1), make([twice, twice], lr=0.1)
    for optimizer in optimizers:
        [p] = optimizer.parameters
        for _ in range(3):
            p.grad = p.data - 3.0
            optimizer.step()
    assert twice.data == once.data
    assert optimizers[0].memory == optimizers[1].memory


SETTINGS = {
    "weight_decay": st.sampled_from([0.0, 0.1, 3e200]), "bound": st.sampled_from([None, 0.0, 1.0, 1e300]),
    "lr": st.sampled_from([0.0, 0.1, 1e-300, 1e300]),
}
KINDS = {
    SGD: {"momentum": st.sampled_from([0.0, 0.9]), "nesterov": st.just(False)},
    Adam: {"betas": st.tuples(*[st.sampled_from([0.0, 0.5, 0.999])] * 2), "eps": st.sampled_from([1e-8, 1e-300, 1.0])},
}


def written(thing):
    """Return the numbers in lists or arrays as text, so that 0.0 and -0.0 differ and NaN equals NaN."""
    return repr(thing) if isinstance(thing, float) else [written(x) for x in thing]


@pytest.mark.skipif(ENGINE == "python", reason="the Python engine has no step in C")
@given(st.data(), st.sampled_from(list(KINDS)), st.integers(1, 4))
def test_a_step_in_c_is_a_step_in_python_to_the_bit(data, kind, count):
    settings = data.draw(st.fixed_dictionaries(SETTINGS | KINDS[kind]))
    if settings.get("momentum"):
        settings["nesterov"] = data.draw(st.booleans())
    any_number = numbers()
    optimizer = kind([parameter(data.draw(any_number)) for _ in range(count)], **settings)
    for _ in range(3):
        for p in optimizer.parameters:
            p.grad = data.draw(st.none() | any_number)
        rate = optimizer.rate()
        assert written(optimizer._moved_in_c(rate)) == written(optimizer._moved(rate))
        optimizer.step()


@pytest.mark.skipif(ENGINE == "python", reason="the Python engine has no step in C")
def test_what_is_kept_may_be_anything_that_python_takes():
    w = parameter(1.0)
    optimizer = SGD([w], lr=0.5, momentum=0.5)
    optimizer.memory, w.grad = [2], 1.0
    optimizer.step()
    assert w.data == 0.0 and optimizer.memory == [2.0]
    optimizer = Adam([w], lr=0.5)
    optimizer.memory = [0.0], [-1.0]
    with pytest.raises(ValueError, match=r"math domain error|expected a nonnegative input"):
        optimizer.step()


@pytest.mark.parametrize("base", [SGD, Adam])
def test_a_subclass_moves_by_its_own_rule(base):
    class Signed(base):
        def directions(self):
            directions, memory = super().directions()
            return [math.copysign(1.0, d) for d in directions], memory

    class Doubled(base):
        def gradients(self):
            return [2.0 * g for g in super().gradients()]

    for kind, expected in ((Signed, 1.0 - 0.1), (Doubled, None)):
        w = parameter(1.0)
        w.grad = 3.0
        kind([w], lr=0.1).step()
        other = parameter(1.0)
        other.grad = 6.0
        base([other], lr=0.1).step()
        assert w.data == (other.data if expected is None else expected)
