"""The results that a traced function may return, and the numbers that a program keeps in memory."""

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Value, primitive, trace
from autograd_core._engine.choice import NATIVE
from autograd_core._program.recorded import may_raise


def test_an_array_in_which_something_is_no_number():
    with pytest.raises(TypeError, match="a traced function must return numbers; got an array that contains 'a' of type str"):
        trace(lambda x: np.array([x, "a"], dtype=object), 1.0)
    with pytest.raises(TypeError, match="return the numbers that it contains"):
        trace(lambda x: [x, object()], 1.0)
    with pytest.raises(TypeError, match="return the numbers that it contains"):
        trace(lambda x: [x, np.array([1 + 2j])], 1.0)


def test_arrays_come_back_as_they_were():
    program = trace(lambda x: {"all": np.array([x, 2.0 * x]), "one": np.array(x), "kept": np.arange(3)}, 1.0)
    found = program(3.0)
    assert found["all"].tolist() == [3.0, 6.0] and found["one"] == 3.0
    assert found["kept"].tolist() == [0, 1, 2] and found["kept"].dtype.kind == "i"


def test_a_whole_number_that_is_returned_is_static():
    program = trace(lambda x, i, n: (ag.take([x, 2.0 * x, 3.0 * x], i), n), 1.0, 2, 5)
    assert program(10.0, 1, 5) == (20.0, 5) and type(program(10.0, 0, 5)[1]) is int
    with pytest.raises(ValueError, match="traced for different arguments"):
        program(10.0, 1, 6)
    whole = trace(lambda x, at: x * int(at[0]) + float(at[1]), 1.0, np.array([3, 4]))
    assert whole(2.0, np.array([3, 4])) == 10.0
    with pytest.raises(ValueError, match="traced for different arguments"):
        whole(2.0, np.array([3, 5]))


@pytest.mark.skipif(NATIVE is None, reason="Python itself manages the memory of the Python engine")
def test_a_trace_gives_the_memory_of_its_graph_back():
    def function(x):
        for _ in range(400_000):
            x = x * 1.0
        return x

    assert trace(function, 1.0)(3.0) == 3.0
    found = NATIVE.memory()
    assert found["empty_slabs"] <= 16 < 400_000 * found["node_bytes"] // found["slab_bytes"]


def test_what_a_circle_keeps_is_not_kept():
    """Only the garbage collector frees a list that contains itself; the program need not keep the number in it."""

    def function(x):
        circle = [x * 3.0]
        circle.append(circle)
        return x * 2.0

    assert trace(function, 1.0)(4.0) == 8.0


@primitive(derivatives=(lambda x, z: {1: 3.0}[1],))
def looked_up(x):
    return {1: 3.0 * x}[1]


def test_what_is_dropped_is_kept_where_it_may_raise():
    def function(x):
        looked_up(x)
        ag.tanh(x)
        ag.log(x)
        return x * 2.0

    assert [may_raise(row) for row in (looked_up.operation, ag.TABLE["tanh"], ag.TABLE["log"])] == [True, False, True]
    assert "not needed by any output, but may raise or are read by guards: 1 log, 1 looked_up" in trace(function, 1.0).explain()
    assert type(looked_up(Value(1.0))) is Value
