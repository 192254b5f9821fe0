"""Checkpoints keep no graph, run the function again, and return the same gradients."""

import gc
import weakref
from fractions import Fraction

import numpy
import pytest
from hypothesis import given

import autograd_core as ag
from autograd_core import ENGINE, GraphError, Value, checkpoint, parameter
from autograd_core._checking.ulps import same
from autograd_core.strategies import smooth_programs


@given(smooth_programs(max_inputs=3, max_operations=12))
def test_checkpoint_is_the_plain_graph(program):
    """Nothing outside shares the inputs, so not even the order of addition differs."""
    inputs = [Value(x) for x in program.inputs]
    plain = program(*inputs)
    wrapped = checkpoint(program, *inputs)
    if type(plain) is not Value:
        assert type(wrapped) is not Value
        return
    assert same(wrapped.data, plain.data) and wrapped.op.name == "checkpoint"
    expected = ag.gradients(plain, inputs)
    assert all(map(same, ag.gradients(wrapped, inputs), expected))
    recorded = ag.gradients(wrapped, inputs, create_graph=True)
    assert all(same(g.data, e) for g, e in zip(recorded, expected, strict=True))
    f = ag.jvp(lambda *xs: checkpoint(program, *xs))
    g = ag.jvp(lambda *xs: program(*xs))
    ones = (1.0,) * len(inputs)
    assert all(map(same, f(program.inputs, ones), g(program.inputs, ones)))


def test_gradients_reach_what_the_function_closes_over():
    w, x = parameter(0.5, "w"), Value(2.0)
    hidden = w * x
    y = checkpoint(lambda: ag.tanh(hidden) * w) + w
    plain = ag.tanh(hidden) * w + w
    y.backward()
    got = w.grad, x.grad, hidden.grad
    for v in (w, x, hidden):
        v.zero_grad()
    plain.backward()
    assert got == (w.grad, x.grad, hidden.grad)
    assert hidden.has_grad and y.operands[0].operands


def test_higher_orders():
    f = lambda x: ag.sin(x) * x  # noqa: E731  # used twice
    for order in range(1, 4):
        plain, wrapped = f, lambda x: checkpoint(f, x)
        for _ in range(order):
            plain, wrapped = ag.grad(plain), ag.grad(wrapped)
        assert wrapped(0.7) == pytest.approx(plain(0.7), rel=1e-14)
    assert ag.hvp(lambda x: checkpoint(f, x))(0.7, 2.0) == pytest.approx(2 * ag.grad(ag.grad(f))(0.7), rel=1e-14)
    assert ag.grad(lambda x: ag.jvp(lambda y: checkpoint(f, y))((x,), (1.0,))[1])(0.7) == pytest.approx(
        ag.grad(ag.grad(f))(0.7), rel=1e-14
    )


def test_checkpoints_nest():
    def layered(x, depth):
        return ag.sin(x) + x if depth == 0 else checkpoint(layered, layered(x, depth - 1), depth - 1)

    def plain(x, depth):
        return ag.sin(x) + x if depth == 0 else plain(plain(x, depth - 1), depth - 1)

    assert ag.grad(lambda x: layered(x, 4))(0.3) == ag.grad(lambda x: plain(x, 4))(0.3)


def test_no_graph_is_kept():
    x = Value(0.5)

    def long(x):
        for _ in range(1000):
            x = ag.sin(x)
        return x

    y = checkpoint(long, x)
    assert len(ag.toposort(y)) == 2
    y.backward()
    assert len(ag.toposort(y)) == 2 and y.has_grad
    assert x.grad == ag.grad(long)(0.5)


def test_inside_no_record_it_is_the_function_alone():
    with ag.no_record():
        y = checkpoint(lambda x: x * x, Value(3.0))
        assert y.is_leaf and y.data == 9.0
        assert checkpoint(lambda: "anything") == "anything"
    assert checkpoint(lambda x: x * x, 3.0) == 9.0
    assert checkpoint(lambda: 4) == 4


def test_a_leaf_or_an_older_node_as_the_result():
    x = Value(3.0)
    assert ag.gradients(checkpoint(lambda x: x, x), [x]) == [1.0]
    node = x * x
    y = checkpoint(lambda: node)
    assert ag.gradients(y * 2, [x, node]) == [12.0, 2.0]
    assert ag.gradients(y * 2, [x], create_graph=True)[0].data == 12.0


def test_another_number_at_the_second_run_is_refused():
    runs = []

    def noisy(x):
        runs.append(0)
        return x * float(len(runs))

    x = Value(1.0)
    y = checkpoint(noisy, x)
    with pytest.raises(GraphError, match=r"returned 1\.0 and, when run again, 2\.0.*seed"):
        y.backward()
    assert not x.has_grad
    signs = [0.0, -0.0]
    zero = checkpoint(lambda x: x * signs.pop(0), x)
    with pytest.raises(GraphError, match=r"0\.0 and, when run again, -0\.0"):
        ag.gradients(zero, [x])
    kinds = [x * 2, 2.0]
    plain = checkpoint(lambda: kinds.pop(0))
    with pytest.raises(GraphError, match="run again"):
        plain.backward()


@pytest.mark.parametrize("sweep", ["backward", "gradients", "create_graph"])
def test_a_leaf_assigned_between_is_named(sweep):
    w = parameter(2.0, "w")
    y = checkpoint(lambda: w * w)
    w.data = 3.0
    with pytest.raises(GraphError, match=r"3\.0 \(label 'w'\) was assigned after checkpoint = 4\.0"):
        y.backward() if sweep == "backward" else ag.gradients(y, [w], create_graph=sweep == "create_graph")
    assert not w.has_grad


def test_a_gradient_that_would_be_lost_is_refused():
    """The function reads a different node from the one that it read when it was recorded."""
    holder = [Value(2.0, "first")]
    x = Value(3.0)
    y = checkpoint(lambda: holder[0] * x)
    holder[0] = Value(2.0, "second")
    with pytest.raises(GraphError, match=r"now reads 2\.0 \(label 'second'\)"):
        y.backward()
    assert not x.has_grad


def test_shared_inputs():
    x = Value(3.0)
    y = checkpoint(lambda a, b: a * b + a, x, x) * x
    assert ag.gradients(y, [x]) == [ag.grad(lambda x: (x * x + x) * x)(3.0)]
    assert ag.gradients(y, [x], create_graph=True)[0].data == ag.gradients(y, [x])[0]


def test_its_rule_is_never_asked():
    row = ag.TABLE["checkpoint"]
    with pytest.raises(GraphError, match="no formula"):
        row.value(1.0)
    y = checkpoint(lambda x: x * x, Value(3.0))
    assert y.local_derivatives == (None,)


def test_what_a_model_that_keeps_its_checkpoint_loses():
    """The documented cycle is a model, its result and their dependants, and nothing else; breaking it frees all of them."""

    class Model:
        def __init__(self):
            self.w = parameter(2.0)
            self.loss = None

        def run(self):
            return self.w * self.w

    gc.collect()
    gc.disable()
    try:
        models = []
        for _ in range(10):
            model = Model()
            model.loss = checkpoint(model.run)
            models.append(weakref.ref(model))
        del model
        assert gc.collect() <= 10 * 12  # a handful of objects for each model
        lost = [ref() for ref in models if ref() is not None]
        assert len(lost) == (0 if ENGINE == "python" else 10)  # the collector does not track native nodes
        for model in lost:
            model.loss = None
        del lost
        model = None
        assert all(ref() is None for ref in models)
    finally:
        gc.enable()


def inner_slope(x):
    """A derivative inside the function: inside another transform it depends on the variables that it closes over."""
    return x * ag.grad(lambda y: x * y * y)(2.0)


def test_a_derivative_inside_is_the_same_when_run_again():
    assert ag.grad(inner_slope)(3.0) == 24.0
    assert ag.grad(lambda x: checkpoint(inner_slope, x))(3.0) == 24.0
    assert ag.jvp(lambda x: checkpoint(inner_slope, x))((3.0,), (1.0,)) == (36.0, 24.0)
    assert ag.vjp(lambda x: checkpoint(inner_slope, x))(3.0)[1](1.0) == 24.0
    assert ag.jacobian(lambda x: [checkpoint(inner_slope, x)])(3.0) == [24.0]
    assert ag.grad(lambda x: checkpoint(lambda x: ag.grad(lambda y: x * y * y)(2.0), x))(3.0) == 4.0
    outside = Value(3.0)
    y, plain = checkpoint(inner_slope, outside), inner_slope(outside)
    assert ag.gradients(y, [outside]) == ag.gradients(plain, [outside]) == [24.0]
    assert ag.grad(lambda t: t * ag.gradients(y, [outside])[0])(1.0) == 24.0


def test_run_again_it_stands_in_its_own_scopes():
    seen = []

    def function(x):
        seen.append((x * x).scope)
        return x * x

    with ag.scope("layer"):
        y = checkpoint(function, Value(2.0))
    with ag.scope("elsewhere"), ag.no_record():
        y.backward()
    assert seen == [("layer",)] * 2


def test_what_the_inputs_do_not_depend_on_is_not_run_again():
    runs = []

    def function(w):
        runs.append(1)
        return w * w

    w, t = parameter(2.0, "w"), Value(3.0)
    y = t * checkpoint(function, w) + t
    w.data = 5.0
    assert ag.gradients(y, [t]) == [5.0]
    assert [slope.data for slope in ag.gradients(y, [t], create_graph=True)] == [5.0]
    assert ag.grad(lambda t: t * y.operands[0].operands[1])(3.0) == 4.0
    assert len(runs) == 1
    with pytest.raises(GraphError, match="label 'w'"):
        ag.gradients(y, [t, w])


def test_any_real_number_passes_through():
    for number in (1, 2.5, True, Fraction(1, 3), numpy.float32(0.5), numpy.int64(3)):
        assert checkpoint(lambda number=number: number) is number
    with pytest.raises(TypeError, match="returned 'a' of type str"):
        checkpoint(lambda: "a")
