"""Traced functions that choose a number without branching: `take`, `max` and `min`."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import GraphError, Value, parameter, take, trace, traced
from autograd_core._checking.ulps import same
from autograd_core.strategies import numbers


def test_take_is_eager_too():
    table = [Value(1.0), Value(2.0), 3.0]
    y = take(table, 1) * take(table, -3)
    y.backward()
    assert y.data == 2.0 and table[1].grad == 1.0 and table[0].grad == 2.0
    assert take(table, 2).data == 3.0 and take([1.0, 2.0], 1) == 2.0
    assert take([1.0, 2.0], Value(1.0)).data == 2.0
    for wrong in (3, -4, 0.5, math.nan):
        with pytest.raises(ValueError, match="take has no value here"):
            take(table, wrong)


def test_take_keeps_one_program_for_all_indices():
    table = [[parameter(float(10 * i + j)) for j in range(3)] for i in range(5)]

    @traced
    def f(tokens, target):
        rows = [take(table, i) for i in tokens]
        return take([ag.sum(list(column)) for column in zip(*rows, strict=True)], target)

    assert f([1, 2], 0).data == 30.0 and f([4, 4], 2).data == 84.0
    assert len(f.programs) == 1
    f([4, 4], 2).backward()
    assert table[4][2].grad == 2.0 and table[3][2].grad == 0.0
    assert f.programs[0]([0, 3], 1) == 32.0
    with pytest.raises(ValueError, match="take has no value here"):
        f([5, 0], 0)


def test_labels_over_rows():
    w = [[0.1 * i - 0.05 * j for j in range(4)] for i in range(3)]

    def loss(w, x, label):
        z = [ag.sum([a * b for a, b in zip(row, x, strict=True)]) for row in w]
        return ag.logsumexp(z) - take(z, label)

    X = np.random.default_rng(0).normal(size=(50, 4))
    labels = np.arange(50) % 3
    program = trace(loss, w, X[0], 0)
    values, slope = program.over_rows((None, 0, 0)).value_and_grad(w, X, labels)
    for i in range(50):
        assert values[i] == ag.value_and_grad(loss)(w, list(X[i]), int(labels[i]))[0]
    due = np.sum([ag.grad(loss)(w, list(X[i]), int(labels[i])) for i in range(50)], axis=0)
    assert np.allclose(slope, due, rtol=1e-13)
    by_x = program.over_rows((None, 0, 0)).grad(w, X, labels, argnums=1)
    assert by_x.shape == X.shape
    assert by_x[7].tolist() == ag.grad(loss, argnums=1)(w, list(X[7]), int(labels[7]))
    rows = traced(lambda x, n: x * n, in_axes=0)
    with pytest.raises(GraphError, match="pass floats instead"):
        rows([1.0, 2.0], [1, 2])
    assert rows([1.0, 2.0], [1.0, 2.0]) == [1.0, 4.0]


@given(st.lists(st.one_of(st.just(math.nan), numbers()), min_size=1, max_size=6))
def test_max_and_min_are_the_builtins(xs):
    for ours, builtin in ((ag.max, max), (ag.min, min)):
        assert same(ours(xs), builtin(xs))
        assert same(float(ours([Value(x) for x in xs]).data), builtin(xs))
        due = builtin(xs, key=lambda x: -x * x)
        assert same(ours([Value(x) for x in xs], key=lambda x: -x * x).data, due)
    assert ag.max([], default=3) == 3 and ag.max(1, 2) == 2 and ag.min("ab", key=ord) == "a"
