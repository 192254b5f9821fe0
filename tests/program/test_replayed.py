"""The single node that a call of a program returns: its value, and gradients of every order; several outputs."""

import gc
import math
import operator
import sys
import weakref

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import GraphError, Program, Value, parameter, trace, traced
from autograd_core._program.arguments import _taken_apart, opened


def function(x, y):
    return ag.tanh(x * y) + x**3


def test_a_node_is_asked_again_for_its_value_and_derivatives():
    """The operation of a program's node can be evaluated for other inputs and parameters, like any operation."""
    w, v = parameter(2.0), parameter(5.0)
    node = traced(lambda x, y: function(x, y) * w if v > 0.0 else x)(Value(0.5), 3.0)
    assert node.operands[0].data == 0.5 and node.operands[1:] == (3.0, w)
    row = node.op
    assert node.data == row.evaluate([0.5, 3.0, 2.0])
    for x, y, scale in ((0.5, 3.0, 2.0), (0.25, -1.0, 4.0)):
        due, slopes = ag.value_and_grad(lambda x, y, w: function(x, y) * w, argnums=(0, 1, 2))(x, y, scale)
        assert row.evaluate([x, y, scale]) == due
        assert list(row.slopes([x, y, scale], due)) == list(slopes)
    due = row.slopes([0.5, 3.0, 2.0], node.data)
    assert node.local_derivatives == (due[0], None, due[2])  # y is a plain number, so it has no derivative


@pytest.mark.parametrize("seed", [1.0, -0.5, 0.0])
@pytest.mark.parametrize("same", [False, True])
def test_a_node_sends_what_the_functions_own_graph_sends(same, seed):
    """Each operand gets the sum of its contributions, even if it is two arguments and a parameter at the same time.

    Gradients add up from sweep to sweep.
    """
    w = parameter(1.5)
    x, y = (w, w) if same else (Value(0.25), 0.5)

    def quadratic(x, y):  # called with numbers whose sums are exact in any order
        return ag.relu(x - 5.0) + (x * y - y) * w + w

    found = []
    for call in (traced(quadratic), quadratic):
        w.zero_grad(), x.zero_grad()
        for _ in range(2):
            node = call(x, y)
            node.backward(seed)
        found.append([str(leaf.grad) for leaf in (node, w, x)])
    assert found[0] == found[1] and found[0][1] == str(2 * seed * (4.75 if same else 0.625))


def test_a_program_over_computed_values_sweeps_on_below_them():
    x = Value(0.5)
    f = traced(lambda a, b: a * b + a)
    f(x * 3.0, x * x).backward()
    assert x.grad == 3 * 3 * 0.5**2 + 3


def test_second_and_third_derivatives_of_a_replayed_node():
    f = traced(function)
    x = Value(0.5)
    [slope] = ag.gradients(f(x, 3.0), [x], create_graph=True)
    due = ag.grad(lambda x: function(x, 3.0))
    assert slope.data == due(0.5)
    [second] = ag.gradients(slope, [x], create_graph=True)
    assert second.data == ag.grad(due)(0.5)
    assert ag.gradients(second, [x]) == [ag.grad(ag.grad(due))(0.5)]


def test_a_result_that_does_not_depend_has_no_slopes():
    """On one branch the program returns a plain number; the derivatives of the program's operation are 0 there."""
    f = traced(lambda x: x * x if x > 0.0 else 7.0)
    x = Value(2.0)
    node = f(x)
    assert f(Value(-1.0)) == 7.0
    assert list(node.op.slopes([Value(-1.0)], 7.0)) == [0.0]


def test_several_numbers_are_the_engines_own_graph():
    w = parameter(3.0)
    f = traced(lambda x: {"double": x * w, "square": x * x})
    x = Value(2.0)
    found = f(x)
    (found["double"] + found["square"]).backward()
    assert (found["double"].data, found["square"].data, x.grad, w.grad) == (6.0, 4.0, 7.0, 2.0)
    assert {name: float(y.data) if type(y) is Value else y for name, y in f(5.0).items()} == {"double": 15.0, "square": 25.0}
    assert len(f.programs) == 1


def test_without_recording_a_call_gives_numbers_alone():
    w = parameter(3.0)
    f = traced(lambda x: x * w)
    with ag.no_record():
        y = f(Value(2.0))
        assert type(y) is Value and y.data == 6.0 and y.is_leaf
    assert f(2.0).operands[1] is w


def test_plain_numbers_stay_plain():
    f = traced(lambda x: x * 2.0 if x > 0.0 else 0)
    assert f(Value(1.0)).data == 2.0
    zero = f(Value(-1.0))
    assert zero == 0 and type(zero) is int
    assert traced(lambda x, y: y * 2.0)(Value(1.0), 3.0) == 6.0  # this program contains nothing that varies


def test_a_program_of_a_graph_on_values():
    x, w = Value(2.0), parameter(3.0)
    program = Program(ag.tanh(x * w), inputs=[x])
    y = program(Value(0.25))
    assert y.data == math.tanh(0.75)
    with pytest.raises(GraphError, match="was made from a graph, so it has no second derivatives; trace a function"):
        ag.gradients(y, list(filter(lambda n: type(n) is Value, y.operands)), create_graph=True)
    several = Program([x * w, x + w], inputs=[x])
    assert several(4.0) == [12.0, 7.0]


def test_a_program_of_a_graph_with_several_outputs_says_what_it_cannot():
    x = Value(2.0)
    w = parameter(5.0)
    program = Program([x * w, x + 1.0], inputs=[x])
    with pytest.raises(GraphError, match="graph with several outputs, so it takes only floats; make one program for each"):
        program(Value(3.0))
    for several in (program, trace(lambda x: [x * w, x], 1.0)):
        with pytest.raises(GraphError, match=r"returns several numbers, but backward\(\) needs exactly one; return their sum"):
            several.backward(3.0)
    assert not w.has_grad


def test_an_argument_without_numbers_has_no_gradient():
    program = trace(lambda x, name, more: x * 2.0 + more["a"], 1.0, "up", {"a": 3.0, "b": []})
    assert program.value_and_grad(2.0, "up", {"a": 1.0, "b": []}, argnums=(0, 2)) == (5.0, (2.0, {"a": 1.0, "b": []}))
    with pytest.raises(TypeError, match="argument 1 contains no number to differentiate with respect to"):
        program.grad(2.0, "up", {"a": 1.0, "b": []}, argnums=1)


# --- Arguments that select a different program -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (True, False),
        ("up", "down"),
        (None, 0.5),
        (np.array([True, False]), np.array([True, True])),
        (np.array(["a", "b"]), np.array(["a", "c"])),
        (np.array([]), np.array([[]])),
        ([1.0, 2.0], [1.0, 2.0, 3.0]),
        ([1.0, 2.0], (1.0, 2.0)),
        (frozenset({1}), frozenset({2})),
        ({1, 2}, {1, 2}),  # not hashable: the object itself
        (np.array([1.0, None]), np.array([1.0, None])),
        (1, 1.0),
    ],
)
def test_what_tells_static_arguments_apart(one, other):
    f = traced(lambda x, given: x * 2.0)
    assert (f(1.0, one), f(2.0, one), len(f.programs)) == (2.0, 4.0, 1)
    assert (f(1.0, other), len(f.programs)) == (2.0, 2)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.int64(3), 4), (np.float64(2.0), 3.0), (np.array(2.0), 3.0), (np.array(2), 3), (Value(2.0), 3.0),
        (np.array([1.0, 2.0]), np.array([3.0, 4.0])), (np.array([1, 2]), np.array([3, 4])),
        ({"a": 1.0, "b": None}, {"a": 2.0, "b": None}),
    ],
)  # fmt: skip  # a table
def test_numbers_do_not(one, other):
    assert opened((one,), {}).key == opened((other,), {}).key


@pytest.mark.parametrize(
    "arguments", [(), (1.0,), (2, Value(3.0)), ([1.0, 2],), ([], (), 4.0), ((1.0, Value(2.0)), [3], 5), ([1.0, 2.0], [3.0])]
)
def test_calls_that_look_alike_are_taken_apart_alike(arguments):
    """The cached structure of a call with numbers and lists of numbers is the one that an analysis would find."""
    for _ in range(2):
        call, due = opened(arguments, {}), _taken_apart(arguments, {})
        assert (call.key, call.ends, call.structure.leaves) == (due.key, due.ends, due.structure.leaves)
        assert all(map(operator.is_, call.numbers, due.numbers)) and len(call.numbers) == len(due.numbers)
        assert repr(call.structure.rebuild(call.numbers)) == repr((arguments, {}))
        for at, argument in enumerate(arguments):
            assert repr(call.part(at).rebuild(call.part(at).numbers)) == repr(argument)
    assert opened(([1.0, 2.0],), {}).key != opened(((1.0, 2.0),), {}).key != opened((1.0, 2.0), {}).key
    assert opened(([1.0, 2],), {}).key != opened(([1, 2.0],), {}).key


def test_nothing_holds_the_values_of_a_call_but_the_call():
    x = Value(2.0)
    before = sys.getrefcount(x)
    opened(([x, 1.0, 1.0, x],), {})
    gc.collect()
    assert sys.getrefcount(x) == before


def test_a_program_goes_with_its_last_node():
    program = trace(function, 1.0, 2.0)
    node, gone = program(Value(1.0), 2.0), weakref.ref(program)
    del program
    gc.collect()
    assert gone() is not None and ag.gradients(node, [node.operands[0]], create_graph=True)
    del node
    gc.collect()
    assert gone() is None


def test_part_of_a_call():
    call = opened((1.0, [2.0, (3.0, 4)]), {"z": np.array([[5.0, 6.0]])})
    assert [call.argument_of(i) for i in range(6)] == [0, 1, 1, 1, 2, 2]
    assert call.part(1).rebuild([7.0, 8.0, 9.0]) == [7.0, (8.0, 9.0)]
    assert call.part(2).numbers == [5.0, 6.0] and call.part(2).rebuild([1.0, 2.0]).shape == (1, 2)


def test_a_node_keeps_its_parameters_alive():
    """The parameters live on when the program and everything else are gone, however many calls share them."""
    made = [Value(float(i)) for i in range(1, 4)]
    replayed = traced(lambda x, ws=tuple(made): sum((w * w * x for w in ws), 0.0))
    first, second = replayed(2.0), replayed(3.0)
    del replayed, made
    gc.collect()
    operands = first.operands
    first.backward()
    second.backward()
    assert [w.grad for w in operands[1:]] == [10.0, 20.0, 30.0] and operands[0] == 2.0
    assert first.operands[1] is second.operands[1] and len(ag.toposort(first)) == 4
    before = sys.getrefcount(operands[1])
    del first, second
    gc.collect()
    assert sys.getrefcount(operands[1]) < before


def test_parameters_that_are_no_leaves_or_come_as_inputs_too():
    w = Value(3.0)
    square = w * w
    replayed = traced(lambda x: x * square + w)
    replayed(5.0).backward()
    assert w.grad == 31.0 and square.grad == 5.0
    w.zero_grad()
    replayed(w).backward()
    assert w.grad == 9.0 + 3.0 * 6.0 + 1.0
