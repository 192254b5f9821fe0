"""Misuse crashes nothing: wrong arguments, callbacks in the middle of everything, threads, and graphs of any depth."""

import copy
import gc
import pickle
from collections.abc import Callable
from numbers import Real
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import ENGINE, GraphError, Value, checkpoint, gradients, primitive, toposort
from autograd_core._engine.choice import NATIVE
from autograd_core._engine.nodes import make_node
from autograd_core._operations.functions import FUNCTIONS

pytestmark = pytest.mark.skipif(ENGINE != "native", reason="Python itself manages the memory of the Python engine")


def live() -> int:
    """The number of nodes that exist."""
    gc.collect()
    return NATIVE.memory()["live_nodes"]


class Raising:
    """An object that claims to be a number but raises when converted."""

    def __float__(self) -> float:
        raise RuntimeError("no")


Real.register(Raising)
WRONG = [None, "a", b"b", [1.0], (), {}, object(), 1j, 10**400, Raising(), float, Value]


@settings(suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_misuse_raises_and_crashes_nothing(data: st.DataObject) -> None:
    pool: list[Any] = [Value(0.5), Value(2.0, "w"), ag.parameter(-1.0), 3.0, *WRONG]
    functions = [*FUNCTIONS.values(), Value, ag.parameter, checkpoint, gradients, ag.backward, toposort, copy.deepcopy,
                 ag.scope, make_node, ag.first_nonfinite, lambda x: x + x, lambda x, y: x @ y, lambda x: x.backward(x)]
    for _ in range(data.draw(st.integers(1, 12))):
        function = data.draw(st.sampled_from(functions))
        count = data.draw(st.integers(0, 3))
        arguments = [data.draw(st.sampled_from(pool)) for _ in range(count)]
        if data.draw(st.booleans()):
            arguments = [[data.draw(st.sampled_from(pool)) for _ in range(3)], *arguments[1:]]
        try:
            result = function(*arguments)
        except Exception:  # raising is the point
            continue
        pool.append(result)
    for thing in pool:
        if type(thing) is Value:
            thing.backward()


def test_lists_that_change_while_they_are_read() -> None:
    xs: list[Any] = []

    class Shrinking:
        def __float__(self) -> float:
            xs.clear()
            gc.collect()
            return 1.0

    Real.register(Shrinking)
    xs.extend([Value(1.0), Shrinking(), Value(2.0), Value(3.0)])
    assert ag.sum(xs).data == 7.0
    xs.extend([Value(1.0), Shrinking(), Value(2.0)])
    assert ag.dot(xs, [1.0, 2.0, Value(3.0)]).data == 9.0


def test_a_value_that_dies_in_the_callback_it_is_an_operand_of() -> None:
    holder = [Value(2.0)]

    class Stealing:
        def __float__(self) -> float:
            holder.clear()
            gc.collect()
            return 3.0

    Real.register(Stealing)
    assert (holder[0] * Stealing()).data == 6.0


def test_callbacks_that_sweep_free_and_fail_in_the_middle_of_a_sweep() -> None:
    w = Value(0.5, "w")
    inner = ag.exp(w)
    rounds = []

    def function(x: Value) -> Value:
        rounds.append(len(toposort(inner)))
        (inner * w).backward()  # the same nodes, in the middle of the outer sweep
        del rounds[:-1]
        gc.collect()
        return x * ag.sin(x) * inner

    y = checkpoint(function, inner) * inner
    w.zero_grad()
    inner.zero_grad()
    y.backward()
    swept = w.grad
    w.zero_grad()
    (inner * w).backward()  # what the callback added
    added = w.grad
    w.zero_grad()
    plain = inner * ag.sin(inner) * inner * inner
    plain.backward()
    assert swept == pytest.approx(w.grad + added, rel=1e-14)

    def failing(x: Value) -> Value:
        if rounds:
            raise KeyError("second run")
        return x * x

    rounds.clear()
    z = checkpoint(failing, w) + inner
    rounds.append(1)
    before = w.grad, inner.grad
    with pytest.raises(KeyError):
        z.backward()
    assert (w.grad, inner.grad) == before
    (inner * w).backward()


def test_finalizers_that_build_and_drop_graphs_while_a_graph_is_freed() -> None:
    made = []

    class Finalized:
        def __call__(self, x: Value) -> Value:
            return x * 2

        def __del__(self) -> None:
            y = Value(1.0)
            for _ in range(10):
                y = y * 2 + y
            y.backward()
            made.append(y.data)

    nodes = live()
    y = Value(1.0)
    for _ in range(50):
        y = checkpoint(Finalized(), y) + 1
    y.backward()
    del y
    assert made == [3.0**10] * 50
    assert live() == nodes


def test_chains_of_checkpoints_are_freed_without_recursion() -> None:
    nodes = live()
    y = Value(0.5)
    for _ in range(20_000):
        y = checkpoint(ag.sin, y)
    del y
    assert live() == nodes


def test_deep_graphs_are_built_swept_copied_and_freed() -> None:
    nodes = live()
    x = Value(1.0)
    y = x
    for _ in range(100_000):
        y = y * 1.0
    y.backward()
    assert x.grad == 1.0
    assert len(toposort(y)) == 100_001
    z = pickle.loads(pickle.dumps(copy.deepcopy(y)))
    z.backward()
    del x, y, z
    assert live() == nodes


def test_no_cycle_can_be_made_of_nodes() -> None:
    """The attributes that would have to be assigned are read-only, and a node holds no container but its operands."""
    nodes = live()
    x = Value(1.0)
    y = ag.dot([x, 2.0], [3.0, x]) * x
    for name in ("operands", "local_derivatives", "op", "_x", "_y", "_dx", "_place", "scope", "self"):
        with pytest.raises(AttributeError):
            setattr(x, name, y)
    with pytest.raises(AttributeError):
        y.data = y
    for thing in (y, [y], ag.scope("s")):
        with pytest.raises(TypeError):
            x.label = thing
        with pytest.raises(TypeError):
            ag.scope(thing)
    with pytest.raises(TypeError):
        type("Sub", (Value,), {})
    with pytest.raises(TypeError):
        type("Sub", (type("Hook", (), {"__init_subclass__": classmethod(lambda cls: None)}), Value), {})(1.0)
    Value.__init__(y, 3.0)  # does nothing to an existing node
    assert y.operands[1] is x
    assert not gc.is_tracked(y)
    del x, y
    assert live() == nodes


def test_threads_build_graphs_of_their_own_and_sweep_shared_leaves(in_threads: Callable[..., Any]) -> None:
    w = ag.parameter(0.5)

    def work(_: int) -> None:
        for _ in range(30):
            with ag.scope("thread"):
                y = w
                for _ in range(200):
                    y = y * 1.0 + 0.0
            assert y.scope == ("thread",)
            y.backward()
            checkpoint(lambda x: x * 1.0, w).backward()

    in_threads(work, 4)
    assert w.grad == 4 * 30 * 2.0


def test_errors_in_the_middle_of_a_node_leave_everything_usable() -> None:
    @primitive(derivatives=(lambda x, z: [1.0],))
    def wrong(x: float) -> float:
        return x

    nodes = live()
    with pytest.raises(TypeError):
        wrong(Value(1.0))
    with pytest.raises(ZeroDivisionError):
        Value(1.0) / 0
    x = Value(1.0)
    y = checkpoint(lambda x: x * x, x)
    x.data = 2.0
    with pytest.raises(GraphError):
        y.backward()
    del x, y
    assert live() == nodes


def test_a_name_that_is_none() -> None:
    @primitive(derivatives=(1.0,))
    def own(x: float) -> float:
        return x

    apply = ag.tanh
    name = apply.__name__
    try:
        apply.__name__ = 5
        assert repr(apply).startswith("<function ")
        with pytest.raises(TypeError):
            apply(1.0, 2.0)
    finally:
        apply.__name__ = name
