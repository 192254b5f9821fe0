"""Generated data sets, batches and samples, and the rejection of bad data."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn import MLP, Identity, accuracy, evaluate, fit, squared_error
from nn._checks import check_rows, check_targets
from nn.dataset import examples
from nn.datasets import CURVES, Dataset, batches, bootstrap, circles, curve, digits, one_hot, spirals, xor

NUMBERS = st.floats(-1e6, 1e6)
ROWS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(NUMBERS, min_size=width, max_size=width), min_size=1, max_size=6)
)


# -- generated data sets


@given(st.integers(1, 200), st.floats(0.1, 0.9), st.integers(0, 10))
def test_circles_without_noise_lie_on_two_circles(n, factor, seed):
    data = circles(n, noise=0.0, seed=seed, factor=factor)
    assert len(data) == n
    assert data.targets.count(0) == n // 2
    for (x, y), target in zip(data.inputs, data.targets, strict=True):
        assert math.hypot(x, y) == pytest.approx(factor if target else 1.0, rel=1e-14)
    assert len({tuple(row) for row in data.inputs}) == n


@given(st.integers(1, 200), st.integers(1, 5), st.floats(0.25, 3.0), st.integers(0, 10))
def test_spirals_without_noise_wind_evenly(n, arms, turns, seed):
    data = spirals(n, noise=0.0, seed=seed, arms=arms, turns=turns)
    assert len(data) == n
    counts = [data.targets.count(arm) for arm in range(arms)]
    assert max(counts) - min(counts) <= 1
    for (x, y), arm in zip(data.inputs, data.targets, strict=True):
        radius = math.hypot(x, y)
        angle = 2 * math.pi * (turns * radius + arm / arms)
        assert math.cos(math.atan2(y, x) - angle) == pytest.approx(1.0, abs=1e-9)
        assert 0 < radius <= 1 + 1e-12


@pytest.mark.parametrize("make", [circles, spirals, lambda n, noise, seed: curve("sine", n, noise, seed)])
def test_noise_and_seed(make):
    clean = np.array([*make(2000, 0.0, 1).inputs])
    noisy = make(2000, 0.1, 1)
    assert noisy.inputs == make(2000, 0.1, 1).inputs
    assert noisy.targets == make(2000, 0.1, 1).targets
    assert (noisy.inputs, noisy.targets) != (make(2000, 0.1, 2).inputs, make(2000, 0.1, 2).targets)
    assert np.shape(noisy.inputs) == clean.shape


def test_the_spread_of_the_noise():
    radii = np.array([math.hypot(*row) for row in circles(4000, 0.05, 1, 0.5).inputs])
    spread = np.minimum(abs(radii - 1), abs(radii - 0.5))
    assert math.sqrt(np.mean(spread**2)) == pytest.approx(0.05, rel=0.05)
    clean, noisy = curve("step", 4000), curve("step", 4000, 0.05, 1)
    assert np.std(np.subtract(noisy.targets, clean.targets)) == pytest.approx(0.05, rel=0.05)
    assert noisy.inputs == clean.inputs


@given(st.sampled_from(sorted(CURVES)), st.integers(1, 100))
def test_curves_are_the_functions_of_the_figure(kind, n):
    function = {"square": np.square, "sine": lambda x: np.sin(np.pi * x), "absolute": np.abs,
                "step": lambda x: np.heaviside(x, 0.0)}[kind]
    data = curve(kind, n)
    x = np.ravel(data.inputs)
    assert len(x) == n
    assert (abs(x) < 1).all()
    np.testing.assert_allclose(np.diff(x), 2 / n, rtol=1e-10)
    np.testing.assert_allclose(x, -x[::-1], atol=1e-15)
    np.testing.assert_allclose(data.targets, function(x), rtol=1e-15, atol=1e-15)


def test_only_some_classes():
    data = digits().only(7, 0)
    assert (len(data), set(data.targets), data.name) == (357, {0, 7}, "digits, 7 and 0")
    data.inputs[0][0] = 99.0
    assert digits().inputs[0][0] != 99.0
    with pytest.raises(ValueError, match="digits has no row of class 10"):
        digits().only(3, 10)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: circles(0), "n must be an integer of at least 1; got 0"),
        (lambda: circles(factor=1.0), "factor must be a finite number above 0 and below 1; got 1.0"),
        (lambda: circles(noise=-1), "noise must be a finite number of at least 0; got -1"),
        (lambda: spirals(arms=0), "arms must be an integer of at least 1; got 0"),
        (lambda: spirals(turns=0.0), "turns must be a finite number above 0; got 0.0"),
        (lambda: spirals(seed=-1), "seed must be an integer of at least 0; got -1"),
        (lambda: curve("cube"), "kind must be one of square, sine, absolute, step; got 'cube'"),
        (lambda: curve(n=0), "n must be an integer of at least 1; got 0"),
        (lambda: one_hot([0, 3], 3), "the target of row 1 must be a class from 0 to 2; got 3"),
        (lambda: one_hot([0], 0), "classes must be an integer of at least 1; got 0"),
        (lambda: list(batches(xor(), 0)), "size must be an integer of at least 1; got 0"),
        (lambda: bootstrap(([], [])), "the data: there are no rows"),
        (lambda: examples(3), "the data must be a Dataset, a pair of lists"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# -- batches and samples


@given(st.integers(1, 40), st.one_of(st.none(), st.integers(1, 50)), st.integers(0, 100))
def test_batches_hold_every_example_once(n, size, seed):
    data = Dataset("numbered", [[float(i)] for i in range(n)], list(range(n)))
    found = list(batches(data, size, seed))
    assert all(len(batch) == (size or n) for batch in found[:-1])
    assert 1 <= len(found[-1]) <= (size or n)
    rows = [row for batch in found for row in batch]
    assert sorted(target for _, target in rows) == list(range(n))
    assert all(x == [float(target)] for x, target in rows)
    assert found == list(batches(examples(data), size, seed))
    assert data.targets == list(range(n))


def test_one_generator_shuffles_each_epoch_anew():
    generator = random.Random(0)
    first, second = (list(batches(xor(20), 20, generator)) for _ in range(2))
    assert first != second


def test_a_bootstrap_sample_repeats_rows_and_leaves_out_about_a_third():
    data = ([[float(i)] for i in range(2000)], list(range(2000)))
    inputs, targets = bootstrap(data, seed=0)
    assert len(inputs) == len(targets) == 2000
    assert all(x == [float(t)] for x, t in zip(inputs, targets, strict=True))
    # a row is left out with probability (1 - 1/n)^n, which is about 1/e
    assert len(set(targets)) / 2000 == pytest.approx(1 - math.exp(-1), abs=0.03)


@given(st.integers(1, 6).flatmap(lambda k: st.tuples(st.just(k), st.lists(st.integers(0, k - 1)))))
def test_one_hot(case):
    classes, targets = case
    assert np.array_equal(np.reshape(one_hot(targets, classes), (len(targets), classes)), np.eye(classes)[targets])


# -- bad data


@given(ROWS)
def test_good_rows_pass_in_every_shape(rows):
    check_rows(rows)
    check_rows(rows, len(rows[0]))
    check_rows(np.array(rows))
    check_rows([tuple(row) for row in rows])
    check_rows([[[x] for x in row] for row in rows], name="sequences")


BAD = st.sampled_from([math.nan, math.inf, -math.inf, "1.0", None, 1j, [1.0], b"x"])


@given(ROWS, st.data())
def test_a_bad_number_is_named_by_row_and_column(rows, data):
    i = data.draw(st.integers(0, len(rows) - 1))
    j = data.draw(st.integers(0, len(rows[0]) - 1))
    rows[i][j] = data.draw(BAD.filter(lambda bad: not isinstance(bad, list) or len(rows[0]) > 1))
    with pytest.raises(ValueError, match=rf"^mine: row {i}, column {j} must be a finite number; got "):
        check_rows(rows, name="mine")
    inputs = [[0.0]] * len(rows)
    if not isinstance(rows[i][j], list):
        with pytest.raises(ValueError, match=rf"^mine: the target of row {i}, column {j}, must be a finite number; "):
            check_targets(rows, len(inputs), "mine")
        with pytest.raises(ValueError, match=rf"^mine: the target of row {i} must be a finite number; got "):
            check_targets([rows[i][j] if k == i else 0 for k in range(len(rows))], len(inputs), "mine")


@given(ROWS, st.data())
def test_a_ragged_row_is_named(rows, data):
    width = len(rows[0])
    rows.append(rows[0] + [1.0] if data.draw(st.booleans()) else rows[0][1:])
    where = f"row {len(rows) - 1}"
    if not rows[-1]:
        message = rf"^d: {where} is empty: column 0 is missing$"
    elif len(rows[-1]) > width:
        message = rf"^d: {where} has {width + 1} columns, not {width}: column {width} is unexpected$"
    else:
        message = rf"^d: {where} has {width - 1} columns, not {width}: column {width - 1} is missing$"
    with pytest.raises(ValueError, match=message):
        Dataset("d", rows, [0] * len(rows))


@pytest.mark.parametrize(
    ("rows", "width", "message"),
    [
        ([[1.0, 2.0]], 3, "row 0 has 2 columns, not 3: column 2 is missing"),
        ([[1.0, 2.0]], 1, "row 0 has 2 columns, not 1: column 1 is unexpected"),
        ([1.0, 2.0], None, "row 0 must be a list of numbers; got 1.0"),
        (["ab"], None, "row 0 must be a list of numbers; got 'ab'"),
        ([{}], None, "row 0 must be a list of numbers; got {}"),
        ([[[1.0], ["x"]]], None, "sequence 0: row 1, column 0 must be a finite number; got 'x'"),
        ([[[1.0], [1.0, 2.0]]], None, "sequence 0: row 1 has 2 columns, not 1"),
    ],
)
def test_wrong_shapes_are_named(rows, width, message):
    with pytest.raises(ValueError, match=message):
        check_rows(rows, width)


def test_numpy_data_trains_like_lists():
    inputs, targets = np.array([[0.0, 1.0], [1.0, 0.5]]), np.array([0, 1])
    assert [(list(x), int(t)) for x, t in examples((inputs, targets))] == [([0.0, 1.0], 0), ([1.0, 0.5], 1)]


# -- the ways to pass data


def test_a_pair_is_a_pair_whatever_holds_it():
    inputs, targets = [[1.0, 2.0], [3.0, 4.0]], [0, 1]
    for data in (
        (inputs, targets), [inputs, targets], (tuple(inputs), tuple(targets)), [np.array(inputs), np.array(targets)],
        [tuple(map(tuple, inputs)), tuple(targets)], list(zip(inputs, targets, strict=True)),
        Dataset("two", inputs, targets),
    ):
        for found in (examples(data), *batches(data, None, 0), list(zip(*bootstrap(data, 2), strict=True))):
            assert len(found) == 2
            assert all(list(x) == inputs[t] for x, t in found)
        assert evaluate(Identity(), lambda y, t: 10 * y[0] + t, data) == 20.5
        assert accuracy(Identity(), data) == 0.5
        fit(MLP(2, [1]), squared_error, data, epochs=1, validation=data, patience=1)


@given(ROWS, st.integers(1, 3), st.data())
def test_examples_of_examples_are_the_same(rows, width, data):
    targets = data.draw(st.lists(st.lists(NUMBERS, min_size=width, max_size=width), min_size=len(rows), max_size=len(rows)))
    once = examples((rows, targets))
    assert examples(once) == once


@pytest.mark.parametrize("bad", [[[1, 2]], [1.0], [([1.0], 0, 0)], "ab", {1: 2, 3: 4}, None, [[[1.0], 0]] * 3])
def test_what_is_neither_pair_nor_examples_is_said(bad):
    for read in (
        examples, lambda data: batches(data, 1), bootstrap, lambda data: accuracy(Identity(), data),
        lambda data: evaluate(Identity(), squared_error, data),
    ):
        with pytest.raises(ValueError, match=r"the data must be a Dataset, a pair of lists \(inputs, targets\), or a list of examples \(input, target\)$"):
            read(bad)


def test_bad_examples_are_named():
    with pytest.raises(ValueError, match="the data: row 1 has 2 columns, not 1"):
        examples([([1.0], 0), ([1.0, 2.0], 0)])
    with pytest.raises(ValueError, match="the data: the target of row 0 must be a finite number; got None"):
        examples([([1.0], None)])
