"""Replays of traced functions have the engine's numbers, gradients and errors, on every branch.

The tests compare single points and many rows of data.
"""

import gc
import math
import random
import warnings

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import ENGINE, GraphError, GraphWarning, Program, Value, parameter, trace, traced

# --- What a trace is -------------------------------------------------------------------------------------------


def test_a_branch_is_traced_when_it_is_met():
    program = trace(lambda x: x * 2.0 if x > 1.0 else x * 3.0 if x > 0.0 else -x, 2.0)
    assert program._replays.branches.count == 1
    assert [program(x) for x in (3.0, 0.5, -1.0, 5.0, 0.25, -7.0)] == [6.0, 1.5, 1.0, 10.0, 0.75, 7.0]
    assert program._replays.branches.count == 3
    assert program.over_rows()([3.0, 0.5, -1.0, 5.0]) == [6.0, 1.5, 1.0, 10.0]
    assert program.over_rows().grad([3.0, 0.5, -1.0, 5.0]) == [2.0, 3.0, -1.0, 2.0]
    assert program._replays.branches.count == 3


def test_relu_by_if_with_the_int_0():
    program = trace(lambda x: x if x > 0 else 0, 1.0)
    assert program(-1.0) == 0 and type(program(-1.0)) is int
    assert program.over_rows()([2.0, -1.0]) == [2.0, 0.0]
    assert program.value_and_grad(-1.0) == (0, 0.0)


def test_many_branches_warn_of_what_to_write_instead():
    program = trace(lambda xs: sum(x if x > 0 else 0 for x in xs), [1.0] * 6)
    rows = [[1.0 if k >> i & 1 else -1.0 for i in range(6)] for k in range(64)]
    with pytest.warns(GraphWarning, match=r"16 branches.*relu, maximum"):
        found = [program(row) for row in rows]
    assert found == [k.bit_count() for k in range(64)]


def test_branches_are_bounded_and_right_beyond_the_bound():
    program = trace(lambda x: x * float(round(x)), 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GraphWarning)
        for k in range(300):
            assert program(float(k)) == k * k
        assert [program(float(k)) for k in (3, 299, 298)] == [9.0, 299.0**2, 298.0**2]
    assert program._replays.branches.count == 256


def test_what_is_computed_and_dropped_still_raises():
    def f(x):
        1.0 / x
        return x * 2.0

    program = trace(f, 1.0)
    assert program(3.0) == 6.0
    with pytest.raises(ZeroDivisionError, match=r"x / y"):
        program(0.0)


def test_structures_in_and_out():
    program = trace(lambda p, xs: {"y": p["a"] * xs[0], "all": [x * 2.0 for x in xs]}, {"a": 2.0}, np.array([1.0, 5.0]))
    assert program({"a": 3.0}, np.array([4.0, 5.0])) == {"y": 12.0, "all": [8.0, 10.0]}
    with pytest.raises(ValueError, match="traced for different arguments"):
        program({"a": 3.0}, np.array([4.0, 5.0, 6.0]))
    with pytest.raises(ValueError, match="traced for different arguments"):
        program({"b": 3.0}, np.array([4.0, 5.0]))
    loss = trace(lambda W, x: ag.sum(list((W @ x) ** 2)), np.ones((2, 3)), np.ones(3))
    value, (slope, by_x) = loss.value_and_grad(np.ones((2, 3)), np.arange(3.0), argnums=(0, 1))
    assert value == 18.0 and slope.tolist() == [[0.0, 6.0, 12.0]] * 2 and by_x.tolist() == [12.0] * 3


def test_static_arguments_are_part_of_the_program():
    @traced
    def f(x, n, how):
        y = x
        for _ in range(n):
            y = y * x
        return y if how == "plain" else ag.tanh(y)

    assert f(2.0, 3, "plain") == 16.0 and f(2.0, 2, "plain") == 8.0 and f(3.0, 3, "plain") == 81.0
    assert f(2.0, 2, how="tanh") == math.tanh(8.0)
    assert len(f.programs) == 3
    program = trace(lambda x, n: x**n, 2.0, 3)
    assert program(3.0, 3) == 27.0
    with pytest.raises(ValueError, match="traced for different arguments"):
        program(3.0, 2)


def test_too_many_programs_warn_of_take():
    table = [Value(float(i)) for i in range(20)]
    f = traced(lambda i: table[i] * 2.0)
    with pytest.warns(GraphWarning, match=r"16 programs.*take"):
        found = [f(i).data for i in range(20)]
    assert found == [2.0 * i for i in range(20)]


def test_a_model_as_a_static_argument_and_parameters_read_anew():
    class Model:
        def __init__(self):
            self.w = parameter(3.0)

        def __call__(self, x):
            return self.w * x

    model = Model()
    f = traced(lambda model, x: model(x) ** 2)
    f(model, 2.0).backward()
    assert model.w.grad == 24.0
    model.w.data = 1.0
    assert f(model, 2.0).data == 4.0 and len(f.programs) == 1
    assert f(Model(), 1.0).data == 9.0 and len(f.programs) == 2


def test_a_training_loop_keeps_its_shape():
    def losses(decorate):
        rng = random.Random(1)
        w = [parameter(rng.uniform(-1, 1)) for _ in range(9)]

        @decorate
        def loss(x, target):
            hidden = [ag.tanh(w[2 * i] * x + w[2 * i + 1]) for i in range(3)]
            return (sum(h * v for h, v in zip(hidden, w[6:], strict=True)) - target) ** 2

        found = []
        for step in range(200):
            y = loss(math.sin(step), math.cos(step))
            y.backward()
            for p in w:
                p.data -= 0.05 * p.grad
                p.zero_grad()
            found.append(y.data)
        return found

    assert losses(traced) == losses(lambda f: f)


def test_derivatives_of_a_traced_function_by_every_way():
    w = Value(0.5)
    f = traced(lambda x, y: ag.tanh(x * w) * y + x * x)
    plain = f.__wrapped__
    for transform in (ag.grad, ag.value_and_grad, lambda f: ag.grad(ag.grad(f)), ag.hessian, ag.jacobian):
        found, due = transform(f)(0.3, 2.0), transform(plain)(0.3, 2.0)
        numbers = [x.data if type(x) is Value else x for x in ag._transforms.trees.flatten(found)[0]]
        expected = [x.data if type(x) is Value else x for x in ag._transforms.trees.flatten(due)[0]]
        assert numbers == expected
    value, slope = ag.jvp(f)((0.3, 2.0), (1.0, 0.0))
    assert (value.data, slope.data) == tuple(x.data for x in ag.jvp(plain)((0.3, 2.0), (1.0, 0.0)))
    node = f(Value(0.3), 2.0)
    [slope] = ag.gradients(node, [w], create_graph=True)
    [due] = ag.gradients(plain(Value(0.3), 2.0), [w], create_graph=True)
    assert slope.data == due.data
    assert ag.gradients(slope, [w]) == ag.gradients(due, [w])


@pytest.mark.parametrize("transform", [ag.jacobian, ag.hessian, ag.grad])
def test_programs_of_derivatives(transform):
    def f(x):
        return ag.relu(x[0]) * ag.exp(x[1]) + ag.maximum(x[0], x[1]) * x[0] ** 3

    program = trace(transform(f), [1.0, 2.0])
    for point in ([0.5, 0.25], [0.25, 0.5], [-0.5, 2.0], [-3.0, -4.0], [1.0, 1.0]):
        assert repr(program(point)) == repr(transform(f)(point)), point


def test_a_program_of_jvp():
    def f(x, y):
        return [x * ag.sin(y), ag.relu(x)]

    program = trace(ag.jvp(f), (1.0, 2.0), (1.0, 0.5))
    for primals, tangents in (((2.0, 1.0), (1.0, -1.0)), ((-2.0, 0.5), (0.25, 3.0))):
        assert program(primals, tangents) == ag.jvp(f)(primals, tangents)


def test_a_program_of_a_graph():
    x, w, v = Value(2.0), Value(3.0), Value(5.0)
    program = Program({"y": x * w + v}, inputs=[x], parameters=[v])
    assert program(10.0) == {"y": 35.0}
    w.data = 1.0
    assert program(10.0) == {"y": 15.0}
    program = Program(ag.tanh(x * w), inputs=[x, w])
    assert program.grad(0.5, 2.0, argnums=1) == ag.grad(lambda w: ag.tanh(0.5 * w))(2.0)
    assert Program(x * w, inputs=[x]).backward(4.0) == 4.0 and w.grad == 4.0


def test_parameters_that_are_only_asked_get_no_gradient():
    w, v = Value(2.0), Value(3.0)
    f = traced(lambda x: x * v if w > 0.0 else x)
    f(2.0).backward()
    assert (v.grad, w.has_grad, v.has_grad) == (2.0, False, True)
    trace(lambda x: x * v if w > 0.0 else x, 1.0).over_rows().backward([1.0, 2.0])
    assert (v.grad, w.has_grad) == (5.0, False)


# --- Numbers without a gradient --------------------------------------------------------------------------------


def by_hand(z):
    m = max(getattr(a, "data", a) for a in z)
    e = [ag.exp(a - m) for a in z]
    t = sum(e)
    return [a / t for a in e]


def without_branches(z):
    m = ag.max(getattr(a, "data", a) for a in z)
    e = [ag.exp(a - m) for a in z]
    t = sum(e)
    return [a / t for a in e]


@pytest.mark.parametrize("softmax", [by_hand, without_branches, ag.softmax, ag.log_softmax])
def test_softmax_as_it_is_written_everywhere(softmax):
    def f(z):
        return softmax(z)[0] * z[1]

    program = trace(f, [1.0, 2.0, 3.0])
    for z in ([1.0, 2.0, 3.0], [3.0, 1.0, 2.0], [2.0, 2.0, 1.0], [0.1, 0.7, -900.0], [1e308, -1e308, 0.0]):
        assert repr(program.value_and_grad(z)) == repr(ag.value_and_grad(f)(z)), z
    branches = len(list(program._replays.branches))
    assert branches == 1 if softmax is without_branches else branches > 1


def test_stop_gradient_and_data():
    def f(x, y):
        return ag.stop_gradient(x) * y + x.data * x

    program = trace(f, 1.0, 2.0)
    assert program.value_and_grad(3.0, 5.0, argnums=(0, 1)) == ag.value_and_grad(f, (0, 1))(3.0, 5.0) == (24.0, (3.0, 3.0))
    zero = trace(lambda x, y: ag.sqrt(x) * y.data, 1.0, 1.0)
    assert zero.grad(0.0, 0.0) == ag.grad(lambda x, y: ag.sqrt(x) * y)(0.0, 0.0) == 0.0


def test_traces_leave_nothing_behind():
    program = trace(lambda x: x * x if x > 0 else x, 1.0)
    program.over_rows()([1.0, -1.0])
    gc.collect()
    before = sum(type(x) is Value for x in gc.get_objects())
    for _ in range(3):
        trace(lambda x: x * x if x > 0 else x, 1.0)(-1.0)
    gc.collect()
    assert sum(type(x) is Value for x in gc.get_objects()) <= before + 6


def test_a_traced_function_within_another_and_as_a_method():
    inner = traced(lambda x: x * x if x > 0 else -x)
    outer = trace(lambda x: inner(x) + 1.0, 2.0)
    assert outer(3.0) == 10.0 and outer(-3.0) == 4.0 and not inner.programs

    class Model:
        def __init__(self):
            self.w = parameter(2.0)

        @traced
        def __call__(self, x):
            return self.w * x

    model = Model()
    assert model(3.0).data == 6.0 and model(4.0).data == 8.0


# --- Descriptions of a program ---------------------------------------------------------------------------------


def test_stats_and_explain():
    w = [Value(0.5, "a"), Value(0.25)]

    def f(x):
        ag.log(x)
        return ag.tanh(x * w[0]) + w[1] if x > 1.0 else ag.exp(x)

    program = trace(f, 2.0)
    assert program.stats() == {"branches": 1, "operations": 4, "slots": 8, "guards": 1, "bytes": 8 + 4 * 4 + 5 * 4 + 6 * 4 + 4 + 8 + 4}
    program(0.5)
    assert program.stats()["branches"] == 2
    assert program.explain().split("\n")[0].endswith("f: 2 branches")
    assert "1 mul, 1 tanh, 1 add, 1 log" in program.explain()
    assert "not needed by any output, but may raise or are read by guards: 1 log" in program.explain()
    assert "1 guard: 1 gt" in program.explain()


def test_explain_says_how_the_program_is_played():
    ws = [[Value(0.1 * i + j) for i in range(4)] for j in range(3)]

    def layer(xs):
        return ag.sum(ag.tanh(ag.sum(w * x for w, x in zip(row, xs, strict=True))) for row in ws)

    text = trace(layer, [1.0, 2.0, 3.0, 4.0]).explain()
    if ENGINE == "native":
        assert "3 dot products of length 4 → one 3×4 matrix product" in text and "3 tanh operations" in text
    else:
        assert "played in Python, one operation after another" in text


def test_draw_shows_the_branch_at_its_numbers():
    w = Value(0.5, "a")
    program = trace(lambda x: ag.tanh(x * w) + 1.0 if x > 1.0 else [ag.exp(x), x], 2.0)
    source = program.draw(3.0).source
    assert "tanh" in source and "a" in source and "exp" not in source
    assert "exp" in program.draw(0.5).source
    with pytest.raises(GraphError, match="nothing to draw"):
        trace(lambda x: 1.0, 2.0).draw(2.0)
