"""Checkpoints with keywords and several outputs: each sweep reruns the function once, with the plain gradients."""

import copy
import gc
import pickle
from collections import namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import GraphError, Value, checkpoint, grad, gradients, hessian, jacobian, jvp, parameter, vjp
from autograd_core._checking.ulps import same
from autograd_core.draw import to_dot
from autograd_core.strategies import smooth_programs

State = namedtuple("State", "h c")


class Counted:
    """A function that counts its runs."""

    def __init__(self, function):
        self.function, self.runs = function, 0

    def __call__(self, *arguments, **keywords):
        self.runs += 1
        return self.function(*arguments, **keywords)


def cell(state, x, *, w):
    """A step of a recurrence: two results that share their work."""
    c = ag.tanh(w[0] * state.h + w[1] * x) + state.c * ag.sigmoid(w[2] * x)
    return State(ag.sin(c) * w[3], c)


# --- Keywords ---------------------------------------------------------------------------------------------------------


def test_keywords_reach_the_function():
    x, k = Value(2.0), Value(3.0)
    y = checkpoint(lambda a, *, k: a * a * k, x, k=k)
    assert y.data == 12.0 and len(ag.toposort(y)) == 3
    assert gradients(y, [x, k]) == [12.0, 4.0]
    assert [g.data for g in gradients(y, [x, k], create_graph=True)] == [12.0, 4.0]
    assert jvp(lambda a, k: checkpoint(lambda *, a, k: a * a * k, a=a, k=k))((2.0, 3.0), (1.0, 1.0)) == (12.0, 16.0)
    with ag.no_record():
        assert checkpoint(lambda *, k: k * 2, k=3.0) == 6.0


def scaled(x, *, by):
    return x * by


@pytest.mark.parametrize("again", [copy.deepcopy, lambda things: pickle.loads(pickle.dumps(things))], ids=["copy", "pickle"])
def test_keywords_are_copied_and_pickled(again):
    x, k = Value(2.0), Value(3.0)
    x, k, y = again((x, k, checkpoint(scaled, x, by=k) * 1.0))
    y.backward()
    assert (x.grad, k.grad) == (3.0, 2.0)


# --- Several outputs --------------------------------------------------------------------------------------------------

STRUCTURES = {
    "tuple": lambda x: (x * x, 3.0 * x),
    "list": lambda x: [x * x, 3.0 * x],
    "dict": lambda x: {"a": x * x, "b": 3.0 * x},
    "named tuple": lambda x: State(x * x, 3.0 * x),
    "array": lambda x: np.array([x * x, 3.0 * x]),
    "nested": lambda x: {"a": [x * x, None, "name"], "b": (3.0 * x, 7)},
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_the_structure_of_the_result_is_kept(name):
    f = STRUCTURES[name]
    x = Value(2.0)
    result, plain = checkpoint(f, x), f(x)
    assert type(result) is type(plain)
    first, second = (ag._transforms.trees.flatten(result)[0])[:2]
    assert (first.data, second.data, first.op.name, second.op.name) == (4.0, 6.0, "checkpoint", "checkpoint")
    assert gradients(first + 10.0 * second, [x]) == [34.0]
    assert gradients(first, [x]) == [4.0] and gradients(second, [x]) == [3.0]
    if name == "nested":
        assert result["a"][1:] == [None, "name"] and type(result["b"][1]) is int


def test_what_holds_no_value_is_handed_on():
    for result in ([1.0, 2], {"a": 1}, (), [], [None, "a", 1.0]):
        assert checkpoint(lambda result=result: result) is result
    for wrong in (None, "text", object(), {1.0}, [object()]):
        with pytest.raises(TypeError, match=r"checkpoint|derivatives exist only for numbers"):
            checkpoint(lambda wrong=wrong: wrong)


def test_it_is_run_again_once_in_each_sweep():
    w = [parameter(v) for v in (0.5, -0.3, 0.8, 1.1)]
    step = Counted(cell)
    state = State(0.1, 0.2)
    for x in (0.5, -1.0, 2.0):
        state = checkpoint(step, state, x, w=w)
    assert step.runs == 3 and len(ag.toposort(state.h + state.c)) == 4 + 2 * 3 + 1
    y = state.h * state.c + state.h
    for sweep in (
        y.backward, lambda: gradients(y, w), lambda: gradients(y, w, create_graph=True),
        lambda: gradients(state.c, w), lambda: gradients(state.h, w),
    ):  # fmt: skip  # a list
        step.runs = 0
        sweep()
        assert step.runs == 3


def test_what_the_inputs_do_not_depend_on_is_not_run_again():
    w, t = parameter(2.0, "w"), Value(3.0)
    f = Counted(lambda: (w * w, w + 1.0))
    first, second = checkpoint(f)
    y = t * first + second
    w.data = 5.0
    assert gradients(y, [t]) == [4.0] and gradients(y, [second]) == [1.0]
    assert [g.data for g in gradients(y, [t, second], create_graph=True)] == [4.0, 1.0]
    assert f.runs == 1
    with pytest.raises(GraphError, match="label 'w'"):
        gradients(y, [w])


def plainly(w, xs, run):
    state = State(0.1, 0.2)
    for x in xs:
        state = run(cell, state, x, w=w)
    return state


def directly(function, *arguments, **keywords):
    return function(*arguments, **keywords)


AT = [0.5, -0.3, 0.8, 1.1]
LOSSES = [lambda s: s.h, lambda s: s.c, lambda s: s.h * s.c, lambda s: s.c - ag.exp(s.h), lambda s: s.c * 0.0 + s.h]


@pytest.mark.parametrize("loss", range(len(LOSSES)))
def test_every_transform_gives_what_the_plain_graph_gives(loss):
    def with_run(run):
        return lambda w: LOSSES[loss](plainly(w, (0.5, -1.0), run))

    wrapped, plain = with_run(checkpoint), with_run(directly)
    assert grad(wrapped)(AT) == pytest.approx(grad(plain)(AT), rel=1e-14)
    assert np.allclose(hessian(wrapped)(AT), hessian(plain)(AT), rtol=1e-12, atol=1e-15)
    v = [1.0, 2.0, -1.0, 0.5]
    assert jvp(wrapped)((AT,), (v,)) == pytest.approx(jvp(plain)((AT,), (v,)), rel=1e-14)
    assert ag.hvp(wrapped)(AT, v) == pytest.approx(ag.hvp(plain)(AT, v), rel=1e-12)
    both = lambda run: lambda w: list(plainly(w, (0.5, -1.0), run))  # noqa: E731  # one expression
    assert np.allclose(jacobian(both(checkpoint))(AT), jacobian(both(directly))(AT), rtol=1e-14)
    assert vjp(both(checkpoint))(AT)[1]([1.0, 3.0]) == pytest.approx(vjp(both(directly))(AT)[1]([1.0, 3.0]), rel=1e-14)


@given(smooth_programs(max_inputs=3, max_operations=8), smooth_programs(max_inputs=3, max_operations=8), st.permutations([0, 1, 2]))
def test_programs_side_by_side(first, second, order):
    """Two results of one run: the gradient of each alone is the plain graph's, bit for bit, in every sweep."""
    count = max(len(first.inputs), len(second.inputs))
    numbers = [*first.inputs, *second.inputs][:count]

    def both(*xs):
        return [first(*xs[: len(first.inputs)]), second(*xs[: len(second.inputs)])]

    inputs = [Value(x) for x in numbers]
    try:
        plain = both(*inputs)
    except (ArithmeticError, ValueError):
        return
    wrapped = checkpoint(both, *inputs)
    for y, z in zip(plain, wrapped, strict=True):
        assert type(y) is type(z)
        if type(y) is Value:
            assert same(y.data, z.data)
            expected = gradients(y, inputs)
            assert all(map(same, gradients(z, inputs), expected))
            recorded = gradients(z, inputs, create_graph=True)
            assert all(same(g.data, e) for g, e in zip(recorded, expected, strict=True))
    ones = (1.0,) * count
    pushed = jvp(lambda *xs: checkpoint(both, *xs))(tuple(numbers), ones)
    direct = jvp(both)(tuple(numbers), ones)
    assert all(map(same, [*pushed[0], *pushed[1]], [*direct[0], *direct[1]]))


def test_in_whatever_order_the_outputs_are_used():
    x = Value(2.0)
    for pick in ([0, 1, 2], [2, 1, 0], [1, 0, 2], [2], [1, 1], [0, 2]):
        outputs = checkpoint(lambda x: [x, x * x, x * x * x], x)
        y = ag.sum([outputs[i] * float(10**i) for i in pick])
        assert gradients(y, [x]) == [float(sum(10**i * (1, 4, 12)[i] for i in pick))]
        assert gradients(y, [x], create_graph=True)[0].data == gradients(y, [x])[0]
    # one result from which another is computed later, and one that is used within the other's own argument
    a, b = checkpoint(lambda x: (x * x, x + 1), x)
    c, d = checkpoint(lambda b, a: (a * b, b * b), b, a)
    assert gradients(c * a + d, [x]) == [4.0 * 8 * 3 + 16 + 2 * 3]  # x⁴(x + 1) + (x + 1)²


def test_a_path_not_taken_is_not_taken_here_either():
    """sqrt has an infinite slope at 0, which matters only if its output is used."""
    x = Value(0.0)
    root, line = checkpoint(lambda x: (ag.sqrt(x), 3.0 * x), x)
    assert gradients(line, [x]) == [3.0] and gradients(0.0 * root + line, [x]) == [3.0]
    assert gradients(line, [x], create_graph=True)[0].data == 3.0
    line, root = checkpoint(lambda x: (3.0 * x, ag.sqrt(x)), x)
    assert gradients(line, [x]) == [3.0] and gradients(root, [x]) == [float("inf")]
    assert jvp(lambda x: checkpoint(lambda x: [3.0 * x, ag.sqrt(x)], x))((0.0,), (1.0,))[1] == [3.0, float("inf")]


def test_the_first_output_gets_nothing_of_the_others():
    x = Value(2.0)
    first, second = checkpoint(lambda x: (x * x, x * x * x), x)
    y = second * 5.0
    y.backward()
    assert first.grad == 0.0 and second.grad == 5.0 and x.grad == 60.0
    assert gradients(y, [first, second]) == [0.0, 5.0]


def test_one_node_twice_and_inputs_handed_on():
    x = Value(3.0)
    older = x * 2.0
    square, again, itself, before, constant = checkpoint(lambda x: (lambda s: (s, s, x, older, 7.5))(x * x), x)
    assert constant == 7.5 and type(constant) is float
    assert gradients(square + 10.0 * again + 100.0 * itself + 1000.0 * before, [x]) == [6.0 + 60.0 + 100.0 + 2000.0]


def test_they_nest():
    def outer(x):
        a, b = checkpoint(lambda x: (x * x, x + 1), x)
        return {"p": a * b, "q": checkpoint(lambda a: [a * a], a)[0]}

    def loss(run):
        return lambda x: (lambda r: r["p"] + r["q"])(run(outer, x))

    assert grad(loss(checkpoint))(2.0) == 3 * 4 + 2 * 2 + 4 * 8 == grad(lambda x: x**3 + x**2 + x**4)(2.0)
    assert grad(grad(loss(checkpoint)))(2.0) == 6 * 2 + 2 + 12 * 4


def test_another_number_or_another_structure_is_refused():
    runs = []

    def noisy(x):
        runs.append(1)
        return [x * 2.0, x * float(len(runs))]

    x = Value(1.0)
    first, second = checkpoint(noisy, x)
    assert gradients(first, [x]) == [2.0]
    with pytest.raises(GraphError, match=r"returned 1\.0 and, when run again, 3\.0"):
        gradients(first + second, [x])
    shorter = [[x * 2.0], [x * 2.0, x * 3.0]]
    first, second = checkpoint(lambda x: shorter.pop(), x)
    with pytest.raises(GraphError, match=r"returned 3\.0 and, when run again, None"):
        second.backward()
    w = parameter(2.0, "w")
    first, second = checkpoint(lambda: (w * 1.0, w * w))
    w.data = 3.0
    with pytest.raises(GraphError, match="label 'w'"):
        second.backward()
    holder = [Value(2.0)]
    first, second = checkpoint(lambda: (x * 1.0, holder[0] * x))
    holder[0] = Value(2.0, "other")
    with pytest.raises(GraphError, match="label 'other'"):
        second.backward()


@pytest.mark.parametrize("again", [copy.deepcopy, lambda things: pickle.loads(pickle.dumps(things))], ids=["copy", "pickle"])
def test_they_are_copied_and_pickled(again):
    w = [parameter(v) for v in AT]
    state = plainly(w, (0.5, -1.0), checkpoint)
    expected = gradients(state.h + state.c, w)
    w2, state2 = again((w, state))
    assert gradients(state2.h + state2.c, w2) == expected
    assert gradients(state2.c, w2) == gradients(state.c, w)
    only = again(state.c)  # only the last
    only.backward()
    leaves = [node.grad for node in ag.leaves(only)]
    assert sorted(leaves) == sorted(gradients(state.c, ag.leaves(state.c)))


def test_only_the_boundary_is_kept():
    w = [[parameter(0.01 * i * j) for i in range(20)] for j in range(20)]
    block = Counted(lambda x: [ag.tanh(ag.dot(row, x)) for row in w])
    x = [Value(0.1 * i) for i in range(20)]
    hidden = checkpoint(block, x)
    top = ag.sum(hidden)
    assert sum(len(node.operands) for node in ag.toposort(top)) == 420 + 19 + 20
    top.backward()
    assert block.runs == 2
    plain = ag.sum(block(x))
    assert [p.grad for row in w for p in row] == gradients(plain, [p for row in w for p in row])


def test_nothing_is_left_behind():
    x = Value(0.5)
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            a, b = checkpoint(lambda x: (ag.sin(x), ag.cos(x)), x)
            (a * b).backward()
            gradients(a * b, [x], create_graph=True)
            jvp(lambda x: checkpoint(lambda x: (ag.sin(x), x), x))((0.5,), (1.0,))
        del a, b
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_the_stepper_refuses_them():
    a, b = checkpoint(lambda x: (x * x, x + 1), Value(2.0))
    with pytest.raises(GraphError, match="several outputs"):
        (a * b).step()
    assert "checkpoint" in to_dot(a * b) and (a * b).draw() is not None


def test_inside_no_record_it_is_the_function_alone():
    with ag.no_record():
        a, b = checkpoint(lambda x: (x * x, x + 1), Value(2.0))
        assert a.is_leaf and (a.data, b.data) == (4.0, 3.0)


def test_an_array_of_no_dimensions_is_its_number():
    x = Value(2.0)
    y = checkpoint(lambda x: np.array(x * x), x)
    assert type(y) is Value and gradients(y, [x]) == [4.0]
    first, second = checkpoint(lambda x: [np.array(x * x), x + 1], x)
    assert gradients(first + second, [x]) == [5.0]
