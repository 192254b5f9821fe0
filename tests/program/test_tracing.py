"""A trace: the questions about numbers that it notes, the operations that it rejects, and its limits to one thread."""

import copy
import math
import pickle
import random
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import GraphError, Value, parameter, trace
from autograd_core._program.traced_nodes import leaked, leaves_among, outside, unused
from autograd_core._program.tracing import Trace, tracing


def everything_of_a_value():
    """Return everything that can be asked of a Value and that a trace would answer differently or reject."""
    x = Value(2.5, "x")
    y = x * x
    y.backward()
    compared = [x < 3.0, x <= 2.5, x > 3.0, x >= 2.5, x == 2.5, x != Value(2.5), x < 2**53 + 1]
    whole = [bool(x), int(x), round(x), round(x, 1), math.floor(x), math.ceil(x), math.trunc(x), x.is_integer()]
    held = [x.data, x.grad, x.has_grad, y.local_derivatives, repr(x), f"{x:.2f}", x.hex()]
    copies = [copy.copy(x).data, copy.deepcopy(x).data, pickle.loads(pickle.dumps(x)).data]
    x.zero_grad()
    cleared = x.grad
    x.grad, x.data = 4.0, 3.0
    return [compared, whole, held, copies, cleared, x.grad, x.data]


def test_other_threads_answer_as_ever_while_a_trace_runs():
    due = everything_of_a_value()
    with ThreadPoolExecutor(1) as pool:

        def function(x):
            if x > 0.0:
                assert pool.submit(everything_of_a_value).result() == due
            return x * 2.0

        program = trace(function, 1.0)
    assert everything_of_a_value() == due
    assert program.stats()["guards"] == 1 and program(3.0) == 6.0


def test_gradients_that_another_thread_takes_for_the_traced_function():
    with ThreadPoolExecutor(1) as pool, pytest.raises(GraphError, match="takes plain gradients"):
        trace(lambda x: x * pool.submit(lambda: ag.gradients(x * x, [x])[0]).result(), 1.0)


def test_two_traces_at_once():
    """Each trace notes what its own thread does; the patched methods stay in place until the last trace has ended."""
    with ThreadPoolExecutor(1) as pool, tracing() as first:
        other = pool.submit(lambda: trace(lambda x: x * 3.0 if x > 0.0 else -x, 1.0)).result()
        x = Value(2.0)
        assert x < 3.0
        with pytest.raises(GraphError, match="as text"):
            str(x)
    assert other(2.0) == 6.0 and other.stats()["guards"] == 1
    assert [question.kind for question in first.questions] == ["lt"]
    assert str(x) == "Value(2.0)"


@pytest.mark.parametrize(
    ("ask", "kind", "here", "elsewhere"),
    [
        (lambda x: x == x, "eq", 1.5, 2.5),
        (lambda x: x != 1.5, "ne", 1.5, 2.5),
        (lambda x: x < 2.0, "lt", 1.5, 2.5),
        (lambda x: x <= 2, "le", 1.5, 2.5),
        (lambda x: x >= 2.0, "ge", 1.5, 2.5),
        (lambda x: bool(x - 1.5), "bool", 1.5, 2.5),
        (int, "int", 1.5, 2.5),
        (round, "round", 1.25, 2.75),
        (lambda x: round(x, 1), "round_to", 1.26, 2.0),
        (np.rint, "round_to", 1.25, 2.75),
        (math.floor, "floor", 1.5, 2.5),
        (math.ceil, "ceil", 1.5, 2.5),
        (math.trunc, "trunc", 1.5, -2.5),
        (lambda x: x.is_integer(), "is_integer", 1.5, 2.0),
    ],
)
def test_each_question_is_asked_again(ask, kind, here, elsewhere):
    def function(x):
        return x * float(ask(x)) + x

    program = trace(function, here)
    assert [guard.kind for branch in program._replays.branches for guard in branch.path] == [kind]
    for point in (here, elsewhere, here):
        assert program(point) == function(point) == function(Value(point)).data


def test_what_is_no_number_compares_as_ever():
    def function(x):
        assert (x == "a", x != None) == (False, True)  # noqa: E711  # what is tested
        with pytest.raises(TypeError, match="not supported"):
            _ = x < "a"
        return x * 2.0

    program = trace(function, 1.0)
    assert program.stats()["guards"] == 0


def test_refused_in_the_thread_of_the_trace_alone():
    for refused, message in (
        (lambda x: x.has_grad, "reads has_grad"),
        (lambda x: setattr(Value(1.0), "grad", 2.0), "assigns grad"),
        (copy.deepcopy, "copies a Value"),
        (pickle.dumps, "copies a Value"),
        (lambda x: x.local_derivatives, "reads local derivatives"),
    ):
        with pytest.raises(GraphError, match=rf"a traced function {message}, which a replay could not repeat; \w"):
            trace(lambda x, refused=refused: (refused(x), x)[1], 1.0)
    assert everything_of_a_value()[0][0] is True


def test_random_numbers_before_numpy_is_there(monkeypatch):
    monkeypatch.delitem(sys.modules, "numpy.random", raising=False)
    with pytest.raises(GraphError, match="draws random numbers"):
        trace(lambda x: x * random.random(), 1.0)
    assert trace(lambda x: x * 2.0, 1.0)(3.0) == 6.0


def test_a_leaf_made_inside_no_record_is_refused_where_it_is_asked_or_returned():
    def inside(x, use):
        with ag.no_record():
            y = x * 2.0
        return use(y, x)

    for use in (lambda y, x: y, lambda y, x: x if y > 1.0 else -x, lambda y, x: y.data * x):
        with pytest.raises(GraphError, match=r"computed a Value inside no_record\(\)"):
            trace(lambda x, use=use: inside(x, use), 1.0)
    w = Value(3.0)  # made before the trace: a parameter
    assert trace(lambda x: x if w > 1.0 else -x, 1.0)(2.0) == 2.0


def test_whether_a_derivative_is_flat_is_asked_for_each_operand():
    def slope(x):
        return ag.grad(lambda x: ag.relu(x) * ag.maximum(x, 1.0))(x)

    program = trace(slope, 2.0)
    for point in (2.0, 0.5, -1.0, 0.0, 1.0):
        assert program(point) == slope(point)
    [first, *_] = program._replays.branches
    flat = [guard for guard in first.path if guard.kind == "flat"]
    assert {(guard.row.name, guard.at_operand) for guard in flat} >= {("relu", 0), ("maximum", 0)}


def test_what_something_keeps_and_what_lies_outside():
    before = Value(3.0)
    nodes = [Value(1.0)]
    nodes.append(nodes[0] * before)
    nodes.append(nodes[1] * nodes[1])
    assert leaked(nodes) is None
    assert outside([nodes[2]], nodes) == [before]
    later = nodes[1] * 2.0  # a node outside `nodes` keeps its operand
    assert leaked(nodes) is nodes[1]
    assert outside([later], nodes) == [later]
    del later
    kept = nodes[2]
    assert leaked(nodes) is kept


def test_what_a_trace_uses_is_named_in_the_order_of_its_first_use():
    """This is the order even if a sort of the graph, starting at the end, would find the Values in another order."""
    a, b, c = before = [Value(2.0), Value(3.0), Value(5.0)]
    nodes = [Value(1.0)]
    nodes += [nodes[0] * a, nodes[0] * b]
    nodes += [nodes[2] * c + nodes[1], nodes[0] * c, nodes[0] * 7.0]
    nodes.insert(3, nodes[3].operands[0])
    assert outside([nodes[4]], nodes) == before
    assert outside([nodes[2], a], nodes) == [b, a]
    assert outside([a, a], nodes) == [a]
    assert unused([nodes[4]], nodes) == nodes[5:]
    assert unused([nodes[5], a], nodes) == [nodes[1], nodes[2], nodes[3], nodes[4], nodes[6]]
    assert unused([], nodes) == nodes[1:] and leaves_among(nodes) == nodes[:1]


def test_plain_numbers_stay_plain():
    noted = Trace()
    x = parameter(2.0)
    assert noted.as_plain(x) is x and noted.as_plain(2.0) == 2.0
    assert noted.plain == {x}


@pytest.mark.parametrize("point", [math.inf, -math.inf, math.nan])
def test_a_question_without_an_answer_raises_what_the_engine_raises(point):
    def function(x):
        return x * float(int(x))

    program = trace(function, 1.5)
    with pytest.raises((OverflowError, ValueError)) as due:
        function(Value(point))
    with pytest.raises(type(due.value)) as found:
        program(point)
    assert str(found.value) == str(due.value)
    assert program(2.5) == 5.0


@pytest.mark.parametrize(
    "ask",
    [
        lambda x: x > 2.0, lambda x: x.__lt__(Value(2.0)), bool, lambda x: x == x, int, round, lambda x: round(x, 2), math.floor,
        lambda x: x.is_integer(), copy.copy, pickle.dumps, lambda x: x.has_grad, lambda x: x.data, str,
    ],
)  # fmt: skip  # a list
def test_what_another_thread_asks_of_a_traced_number_is_refused(ask):
    """A replay would not ask the question again, so it would take the trace's branch for all numbers."""
    with ThreadPoolExecutor(1) as pool:

        def function(x):
            pool.submit(ask, x * 3.0).result()
            return x * x

        with pytest.raises(GraphError, match=r"in another thread|plain gradients"):
            trace(function, 1.5)
