"""Chains of every kind of node are built, swept and freed on a small C stack; .ci/run repeats this in Pyodide."""

import copy
import gc
import pickle
import sys

import pytest

import autograd_core as ag
from autograd_core import ENGINE, Value, checkpoint, gradients, primitive

DEPTH = 100_000


@primitive(derivatives=(0.5,))
def halved(x):
    return x / 2


LINKS = {
    "the first operand": lambda y, x: y * x,
    "the second operand": lambda y, x: x - y,
    "both operands": lambda y, x: x * 0.5 + y * y,
    "one operand": lambda y, x: ag.tanh(y),
    "one of many operands": lambda y, x: ag.sum([x, y, 0.5]),
    "a checkpoint": lambda y, x: checkpoint(lambda u, v: u * v, y, x),
    "a primitive": lambda y, x: halved(y),
}


def chain(link, x):
    y = x
    for _ in range(DEPTH):
        y = link(y, x)
    return y


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_a_chain_is_built_swept_and_freed(link):
    x = Value(0.75)
    before = sys.getrefcount(x)
    y = chain(link, x)
    y.backward()
    assert x.has_grad and len(ag.toposort(y)) > DEPTH
    del y
    gc.collect()
    assert sys.getrefcount(x) == before


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda y: pickle.loads(pickle.dumps(y))], ids=["copied", "pickled"])
def test_a_copy_of_a_chain_is_freed(copied):
    y = copied(chain(LINKS["the first operand"], Value(0.75)))
    [x] = ag.leaves(y)
    held = sys.getrefcount(x)
    del y
    gc.collect()
    assert sys.getrefcount(x) < held


def test_a_derivative_that_is_a_graph_is_freed():
    x = Value(0.75)
    before = sys.getrefcount(x)
    [slope] = gradients(chain(LINKS["one operand"], x), [x], create_graph=True)
    slope.backward()
    del slope
    gc.collect()
    assert sys.getrefcount(x) == before


@pytest.mark.skipif(ENGINE == "native", reason="the C engine uses its own list to free nodes")
def test_what_frees_where_the_stack_is_small_goes_no_deeper_than_two(monkeypatch):
    from autograd_core._engine import freeing

    depth = deepest = freed = 0

    def release(node):
        nonlocal depth, deepest, freed
        depth, freed = depth + 1, freed + 1
        deepest = max(deepest, depth)
        freeing.release(node)
        depth -= 1

    monkeypatch.setattr(Value, "__del__", release, raising=False)
    for name, link in LINKS.items():
        x = Value(0.75)
        before, freed = sys.getrefcount(x), 0
        kept = (y := link(x, x)).operands
        for _ in range(1000):
            y = link(y, x)
        del y, kept
        gc.collect()
        assert freed >= 1000 and deepest <= 2, name
        assert sys.getrefcount(x) == before, name
