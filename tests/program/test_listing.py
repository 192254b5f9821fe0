"""A graph as a flat list of operations, and the player that computes the list: results identical to the engine's."""

import math
from array import array
from dataclasses import replace
from struct import pack, unpack

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import GraphError, Value, parameter, primitive
from autograd_core._checking.ulps import same
from autograd_core._engine.nodes import constant
from autograd_core._program.guards import Guard, Strayed
from autograd_core._program.listing import Listing, _by_python
from autograd_core._program.player import CHUNK, Column, RowSum, rows, value_and_gradients, values
from autograd_core.strategies import defined_programs, numbers


def eager(program, points):
    """Return the engine's value and gradients, or its error."""
    inputs = [Value(x) for x in points]
    try:
        y = program(*inputs)
    except (ArithmeticError, ValueError) as error:
        return error
    y.backward()
    return y.data, [x.grad for x in inputs]


def replayed(listing, points):
    try:
        z, slopes, _ = value_and_gradients(listing, points, [])
    except (ArithmeticError, ValueError) as error:
        return error
    return z, slopes


def agree(a, b):
    if isinstance(a, Exception) or isinstance(b, Exception):
        return isinstance(a, Exception) and isinstance(b, Exception)  # the engine may meet a different one first
    return same(a[0], b[0]) and len(a[1]) == len(b[1]) and all(map(same, a[1], b[1]))


def listed(program):
    inputs = [Value(x) for x in program.inputs]
    y = program(*inputs)
    return Listing.of([y], inputs)


@given(defined_programs(), st.data())
def test_a_replay_is_the_engine_to_the_last_bit(program, data):
    listing = listed(program)
    elsewhere = data.draw(st.lists(st.tuples(*[numbers()] * len(program.inputs)), max_size=3))
    for points in (program.inputs, *elsewhere):
        found, due = replayed(listing, points), eager(program, points)
        assert agree(found, due), (points, found, due)
        if not isinstance(due, Exception):
            assert same(values(listing, points, [])[0], due[0])


@given(defined_programs(), st.data())
def test_rows_are_points_and_strays_those_that_raise(program, data):
    listing = listed(program)
    table = [program.inputs, *data.draw(st.lists(st.tuples(*[numbers()] * len(program.inputs)), max_size=12))]
    wide = len(program.inputs)
    flat = array("d", [x for row in table for x in row])
    shared = data.draw(st.booleans())
    columns = [Column(flat, j, 0 if shared and j == 0 else wide) for j in range(wide)]
    points = [(program.inputs[0], *row[1:]) if shared else row for row in table]
    found = rows(listing, columns, [], len(table), gradients_too=True)
    due = [eager(program, row) for row in points]
    assert found.strays == [i for i, answer in enumerate(due) if isinstance(answer, Exception)]
    first = []
    for i, answer in enumerate(due):
        if i not in found.strays:
            assert same(found.values[i], answer[0])
            held = found.by_row[i * (wide - shared) : (i + 1) * (wide - shared)]
            assert all(map(same, held, answer[1][shared:]))
            first.append(answer[1][0])
    if shared:
        partials = [0.0] * 8
        for k, x in enumerate(first):
            partials[k % 8] += x
        a, b, c, d, e, f, g, h = partials
        assert same(found.summed[0], ((a + b) + (c + d)) + ((e + f) + (g + h)))


def test_a_sum_over_rows_goes_by_eights_and_chunks():
    table = [math.sin(i * i) * 10.0 ** (i % 7) for i in range(2 * CHUNK + 77)]
    summing = RowSum(1)
    for x in table:
        summing.add([x])
    total = None
    for start in range(0, len(table), CHUNK):
        chunk = table[start : start + CHUNK]
        parts = []
        for k in range(8):
            part = 0.0
            for x in chunk[k::8]:
                part += x
            parts.append(part)
        a, b, c, d, e, f, g, h = parts
        tree = ((a + b) + (c + d)) + ((e + f) + (g + h))
        total = tree if total is None else total + tree
    assert summing.total() == [total]
    assert RowSum(2).total() == [0.0, 0.0]


def test_parameters_constants_and_several_outputs():
    x, w = Value(2.0), parameter(3.0)
    c = constant(0.0)
    y = (x * w + 1.0) * 1.0 + c * w
    listing = Listing.of([y, x, 5.0, w * 2.0], [x], [w])
    assert (listing.inputs, listing.parameters) == (1, 1)
    assert sorted(listing.constants) == [0.0, 1.0, 2.0, 5.0]
    assert values(listing, [10.0], [0.5]) == [6.0, 10.0, 5.0, 1.0]
    assert value_and_gradients(listing, [10.0], [0.5], 2.0) == (6.0, [1.0], [20.0])


def test_what_is_flat_beside_a_plain_zero_alone():
    """An infinite slope times the plain number 0 is 0, as that path is flat; times a Value that is 0, it is NaN."""
    x, zero = Value(0.0), constant(0.0)
    for factor, due in ((0.0, 0.0), (zero, math.nan)):
        y = ag.sqrt(x) * factor
        y.backward()
        listing = Listing.of([y], [x])
        _, [slope], _ = value_and_gradients(listing, [0.0], [])
        assert same(slope, x.grad) and same(slope, due)
        x.zero_grad()


def test_inputs_that_are_plain_numbers_for_the_engine():
    """If only one argument varies, the other is a plain number; a product with the plain number 0 is flat."""
    a, b = Value(0.0), Value(0.0)
    listing = Listing.of([ag.sqrt(a) * b], [a, b])
    assert all(map(same, value_and_gradients(listing, [0.0, 0.0], [])[1], (math.nan, 0.0)))
    assert value_and_gradients(listing.varying([True, False]), [0.0, 0.0], [])[1] == [0.0, 0.0]
    assert list(listing.varying([False, False]).variable) == [0, 0, 0, 0]
    assert listing.varying([True, True]) is listing


def test_a_graph_cut_at_nodes():
    x = Value(2.0)
    inner = x * x
    listing = Listing.of([inner + 1.0], [inner])
    assert values(listing, [7.0], []) == [8.0]


def test_what_no_program_holds():
    x = Value(1.0, "x")
    with pytest.raises(GraphError, match=r"x.* is neither an input nor a parameter"):
        Listing.of([x * 2], [])
    with pytest.raises(GraphError, match="listed twice"):
        Listing.of([x * 2], [x], [x])
    with pytest.raises(GraphError, match="cannot hold a checkpoint"):
        Listing.of([ag.checkpoint(lambda x: x * x, x)], [x])
    with pytest.raises(TypeError, match="'a'"):
        Listing.of(["a"], [x])
    y = x * 2
    x.data = 3.0
    with pytest.raises(GraphError, match="assigned after"):
        Listing.of([y], [x])


def test_the_same_error_as_the_engine_but_for_labels():
    x = Value(2.0)
    listing = Listing.of([ag.log(x) / (x - 1)], [x])
    for at in (-1.0, 1.0):
        with pytest.raises((ValueError, ZeroDivisionError)) as due:
            _ = ag.log(Value(at)) / (Value(at) - 1)
        with pytest.raises(type(due.value)) as found:
            values(listing, [at], [])
        assert str(found.value) == str(due.value)


def test_a_primitive_whose_slope_raises():
    def refused(x, z):
        raise RuntimeError("no slope")

    @primitive(derivatives=(refused,))
    def double(x):
        return 2 * x

    @primitive(derivatives=(2.0,))
    def twice(x):
        return 2 * x

    x = Value(1.0)
    listing = Listing.of([twice(x)], [x])
    assert value_and_gradients(listing, [3.0], []) == (6.0, [2.0], [])
    raising = replace(listing, rows=(double.operation,))
    assert values(raising, [3.0], []) == [6.0]
    with pytest.raises(RuntimeError, match="no slope"):
        value_and_gradients(raising, [3.0], [])


def test_guards_are_looked_at_in_their_order():
    x = Value(2.0)
    listing = Listing.of([1.0 / x, x - 1.0], [x])
    guards = Guard(2, "lt", (listing.outputs[1], 0), 1.0), Guard(0, "floor", (0,), 2.0)
    guarded = replace(listing, guards=guards)
    assert values(guarded, [2.5], []) == [0.4, 1.5]
    with pytest.raises(Strayed) as strayed:
        values(guarded, [3.0], [])
    assert (strayed.value.guard, strayed.value.outcome) == (1, 3.0)
    with pytest.raises(Strayed) as strayed:
        values(guarded, [math.nan], [])
    assert (strayed.value.guard, strayed.value.outcome) == (0, 0.0)
    with pytest.raises(Strayed) as strayed:  # comes before the error of 1 / 0, since another branch may avoid it
        values(guarded, [0.0], [])
    assert (strayed.value.guard, strayed.value.outcome) == (1, 0.0)


def test_constants_are_listed_once_for_each_that_differs_in_a_bit():
    x = Value(2.0)
    payload = unpack("d", pack("Q", 0x7FF8000000000001))[0]
    plain = [0.0, -0.0, math.nan, payload, math.inf, 1.5, 0.0, -0.0, math.nan, 1.5]
    operands = [x] * len(plain)
    y = ag.dot(operands, plain)
    for listing in (_by_python([y], [x], (), (), {})[0], Listing.of([y], [x])):
        assert [pack("d", c) for c in listing.constants] == [pack("d", c) for c in plain[:6]]
        [(row, slots)] = listing.instructions()
        assert row is ag.dot.operation
        given = {0: 2.0} | dict(enumerate(listing.constants, 1))
        assert [pack("d", given[slot]) for slot in slots] == [pack("d", c) for c in (*[2.0] * len(plain), *plain)]


def test_depth_does_not_matter():
    x = Value(1.0)
    y = x
    for _ in range(100_000):
        y = y * 1.0
    assert value_and_gradients(Listing.of([y], [x]), [3.0], []) == (3.0, [1.0], [])
