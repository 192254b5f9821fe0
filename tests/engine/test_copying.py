"""Graphs are copied, pickled and freed at any depth, without leaving anything behind."""

import copy
import gc
import pickle
import sys
import threading

import pytest
from hypothesis import given, settings

import autograd_core as ag
from autograd_core import Value, parameter, scope
from autograd_core._checking.ulps import same
from autograd_core.strategies import defined_programs

DEPTH = min(1_000_000, 8_000 * settings().max_examples)  # too deep for the stack


def assert_same_graph(one, other):
    """The same operations on the same numbers, connected alike, and nothing shared."""
    first, second = ag.toposort(one), ag.toposort(other)
    assert len(first) == len(second)
    place = {node: i for i, node in enumerate(first)}
    place_there = {node: i for i, node in enumerate(second)}
    for a, b in zip(first, second, strict=True):
        assert a is not b and a.op is b.op and same(a.data, b.data)
        assert (a.label, a.scope, a.has_grad, a.is_leaf) == (b.label, b.scope, b.has_grad, b.is_leaf)
        assert same(a.grad, b.grad)
        assert len(a.operands) == len(b.operands)
        for x, y in zip(a.operands, b.operands, strict=True):
            assert type(x) is type(y)
            assert place[x] == place_there[y] if type(x) is Value else same(x, y)
        for x, y in zip(a.local_derivatives, b.local_derivatives, strict=True):
            assert (x is None) == (y is None) and (x is None or same(x, y))


@given(defined_programs(max_operations=25))
def test_copies_and_pickles_keep_the_graph(program):
    inputs = [Value(x, f"x{i}") for i, x in enumerate(program.inputs)]
    with scope("outer"):
        y = program(*inputs)
    y.label = "y"
    y.backward()
    assert_same_graph(y, copy.deepcopy(y))
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert_same_graph(y, pickle.loads(pickle.dumps(y, protocol)))


def test_leaves_keep_their_identity_within_one_pickle():
    w, b = parameter(2.0, "w"), Value(1.0)
    first, second = w * 3 + b, w * w
    w2, first2, second2, b2 = pickle.loads(pickle.dumps([w, first, second, b]))
    assert ag.leaves(first2) == [w2, b2] and ag.leaves(second2)[0] is w2
    assert ag.leaves(first2)[0] is w2 and ag.leaves(first2)[1] is b2
    assert w2.op.name == "parameter" and w2 is not w
    first2.backward()
    assert w2.grad == 3.0 and w.grad == 0.0


def test_deepcopy_keeps_every_identity():
    w = parameter(2.0, "w")
    inner = w * w
    model = {"w": w, "nodes": [inner, inner * 2, inner + w]}
    other = copy.deepcopy(model)
    assert other["nodes"][1].operands[0] is other["nodes"][0]
    assert other["nodes"][0].operands == (other["w"], other["w"]) and other["nodes"][0].operands[0] is other["w"]
    assert copy.deepcopy(w) is not w and copy.deepcopy(w).label == "w"


def test_a_shallow_copy_has_the_same_operands():
    a = Value(2.0, "a")
    a.grad = 5.0
    for node in (a, a * 3, ag.sum([a, 1.0]), ag.checkpoint(lambda x: x * x, a)):
        other = copy.copy(node)
        assert other is not node and same(other.data, node.data) and other.op is node.op
        assert list(map(id, other.operands[:1])) == list(map(id, node.operands[:1])) and other.grad == node.grad
        assert ag.gradients(other, [a]) == ag.gradients(node, [a]) or node is a
    twin = copy.copy(a)
    twin.data = 7.0
    assert a.data == 2.0


def test_stamps_survive():
    w = Value(2.0, "w")
    w.data = 3.0
    y = w * w
    stale = w * 2
    w.data = 4.0
    fresh = w * 3
    w3, stale3, fresh3 = pickle.loads(pickle.dumps([w, stale, fresh]))
    with pytest.raises(ag.GraphError):
        ag.gradients(stale3, [w3], create_graph=True)
    assert ag.gradients(fresh3, [w3], create_graph=True)[0].data == 3.0
    copied = copy.deepcopy([w, y])
    with pytest.raises(ag.GraphError):
        ag.gradients(copied[1], [copied[0]], create_graph=True)
    # a leaf loaded from a process that had assigned more often is not stale before it is used
    loaded = pickle.loads(pickle.dumps(w))
    assert ag.gradients(loaded * loaded, [loaded], create_graph=True)[0].data == 8.0


def squared(x):
    return x * x


def of_a_list(xs, extra):
    return xs[0] * xs[1] * extra["k"]


def test_checkpoints_copy_and_pickle_with_their_arguments():
    a, b = Value(2.0), Value(3.0)
    node = a * 1
    y = ag.checkpoint(squared, node) + ag.checkpoint(of_a_list, [a, b], {"k": (b, 1.0)[0]})
    expected = ag.gradients(y, [a, b])
    for a2, b2, y2 in (copy.deepcopy((a, b, y)), pickle.loads(pickle.dumps((a, b, y)))):
        assert ag.gradients(y2, [a2, b2]) == expected == [4.0 + 9.0, 12.0]
        assert ag.gradients(y2, [a, b]) == [0.0, 0.0]
        assert [g.data for g in ag.gradients(y2, [a2, b2], create_graph=True)] == expected
    constant = ag.checkpoint(of_a_list, (a, 5.0), {"k": 1})
    assert ag.gradients(pickle.loads(pickle.dumps([constant, a]))[0], [a]) == [0.0]


def test_a_checkpoint_of_a_closure_is_refused_or_names_what_it_lost():
    w, x = parameter(2.0), Value(3.0)
    y = ag.checkpoint(lambda x: w * x, x)
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(y)
    w2, y2 = copy.deepcopy((w, y))  # the function still reads the first w
    with pytest.raises(ag.GraphError, match="pass copied or unpickled nodes to the function as arguments"):
        y2.backward()
    assert not w2.has_grad


# --- Depth -----------------------------------------------------------------------------------------------------


def chain(x, length):
    y = x
    for _ in range(length):
        y = y + 1.0
    return y


def test_a_long_chain_is_built_swept_pickled_copied_and_freed():
    x = Value(1.0, "x")
    y = chain(x, DEPTH)
    assert y.data == DEPTH + 1.0
    y.backward()
    assert x.grad == 1.0 and len(ag.toposort(y)) == DEPTH + 1
    assert ag.gradients(y, [x]) == [1.0]
    other = copy.deepcopy(y)
    assert ag.leaves(other)[0] is not x and other.data == y.data
    del other
    loaded = pickle.loads(pickle.dumps(y))
    del y
    loaded.backward()
    assert ag.leaves(loaded)[0].grad == 2.0
    assert ag.first_nonfinite(loaded) is None


def test_a_deep_graph_with_create_graph_and_forwards():
    x = Value(0.5)
    y = x
    for _ in range(DEPTH // 10):
        y = ag.sin(y)
    [slope] = ag.gradients(y, [x], create_graph=True)
    assert same(slope.data, ag.gradients(y, [x])[0])
    assert len(ag.toposort(slope)) > DEPTH // 10
    assert ag.jvp(lambda x: chain(x, DEPTH // 10))((1.0,), (2.0,)) == (DEPTH // 10 + 1.0, 2.0)


def test_deep_graphs_of_operations_on_two_and_many():
    x = Value(1.0)
    y = z = x
    for i in range(DEPTH // 30):
        y = 0.5 * y + 0.5 * x if i % 2 else ag.mean([x, y, 1.0])
        z = z * 1.0 + y * 0.0
    z.backward()
    assert x.grad == 1.0 and len(ag.toposort(z)) > DEPTH // 30
    assert_same_graph(y, pickle.loads(pickle.dumps(copy.deepcopy(y))))


def test_it_is_freed_on_a_small_stack_too():
    failures = []

    def work():
        try:
            y = chain(Value(1.0), DEPTH // 5)
            y.backward()
            del y
        except BaseException as error:
            failures.append(error)

    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert failures == []


def test_checkpoints_in_a_row():
    x = Value(1.0)
    y = x
    for _ in range(2000):
        y = ag.checkpoint(chain, y, 3)
    y.backward()
    assert x.grad == 1.0 and y.data == 6001.0


# --- Memory ----------------------------------------------------------------------------------------------------


def network(seed=0):
    import random

    draw = random.Random(seed)
    layer = [[parameter(draw.gauss(0, 1)) for _ in range(3)] for _ in range(4)]
    last = [parameter(draw.gauss(0, 1)) for _ in range(5)]
    parameters = [w for row in layer for w in row] + last

    def step():
        loss = 0.0
        for i in range(10):
            x = [0.1 * i, 1.0 - 0.2 * i]
            hidden = [ag.tanh(ag.dot(row[:2], x) + row[2]) for row in layer]
            y = last[4]
            for w, h in zip(last, hidden, strict=False):
                y = y + w * h
            loss = loss + (y - x[0]) ** 2
        loss.backward()
        for w in parameters:
            w.data -= 0.01 * w.grad
            w.zero_grad()
        return loss.data

    return step


def test_training_leaves_memory_flat_without_the_collector():
    step = network()
    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            step()
        gc.collect()
        before = sys.getallocatedblocks()
        losses = [step() for _ in range(200)]
        grown = sys.getallocatedblocks() - before
        assert gc.collect() == 0
        assert grown < 1000  # 200 graphs of 190 nodes would be 40,000 blocks or more; 200 floats are kept
        assert losses[-1] < losses[0]
    finally:
        gc.enable()


def test_no_program_leaves_cycles():
    @given(defined_programs(max_operations=30))
    def holds(program):
        inputs = [Value(x) for x in program.inputs]
        gc.collect()
        gc.freeze()  # so that existing objects are not searched again
        y = program(*inputs)
        y.backward()
        gc.collect()  # frees what compiling the program left behind
        ag.gradients(y, inputs, create_graph=True)
        copy.deepcopy(y)
        ag.jvp(ag.tanh)((0.5,), (1.0,))
        del y
        assert gc.collect() == 0

    gc.collect()
    gc.disable()
    try:
        holds()
    finally:
        gc.enable()


def stopped(a, b):
    """Its first argument does not reach the result."""
    return ag.stop_gradient(a) * b


def test_a_chain_of_checkpoints_whose_arguments_do_not_reach_the_results():
    x = Value(0.5, "x")
    y = x
    for _ in range(3_000):
        y = ag.checkpoint(stopped, y, x)
    for there in (copy.deepcopy([x, y]), pickle.loads(pickle.dumps([x, y]))):
        [x2, y2] = there
        held = y2._dx.arguments[0]
        assert y2.data == y.data and held.op is y.op and held._dx.arguments[1] is x2
        assert ag.gradients(y2, [x2]) == ag.gradients(y, [x])
