"""Reading and assigning many leaves at once has the same effect as one after another."""

import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import Value, leaves, parameter
from autograd_core._engine.weights import (
    add_gradients,
    add_numbers,
    assign_data,
    assign_gradients,
    assign_means,
    clear_gradients,
    gather,
    gradients_are_finite,
    gradients_of,
    mean_of_partials,
    norm_of,
)
from autograd_core.errors import GraphError


def three():
    return [Value(1.0), parameter(2.0), Value(3.0)]


@pytest.mark.parametrize("kind", [list, tuple])
def test_gradients_are_read_set_and_cleared(kind):
    nodes = kind(three())
    (nodes[0] * nodes[1]).backward()
    assert gradients_of(nodes) == [2.0, 1.0, 0.0]
    assert [n.has_grad for n in nodes] == [True, True, False]
    assign_gradients(nodes, [4.0, -0.0, float("inf")])
    assert repr(gradients_of(nodes)) == "[4.0, -0.0, inf]" and all(n.has_grad for n in nodes)
    clear_gradients(nodes)
    assert gradients_of(nodes) == [0.0] * 3 and not any(n.has_grad for n in nodes)


@pytest.mark.parametrize("numbers", [[4.0, 5.0, 6.0], [4, True, 6.0], (4.0, 1.0, 6.0), array("d", [4.0, 5.0, 6.0]), array("f", [4.0, 5.0, 6.0])])
def test_data_is_assigned_and_a_graph_of_before_knows_it(numbers):
    nodes = three()
    y = nodes[0] * nodes[1] + nodes[2]
    assert set(leaves(y)) == set(nodes)
    assign_data(nodes, numbers)
    assert [n.data for n in nodes] == [float(x) for x in numbers]
    with pytest.raises(GraphError, match="assigned"):
        y.step()


def test_what_is_refused_leaves_what_is_before_it_as_a_loop_does():
    a, b = Value(1.0), Value(2.0)
    for wrong, error in (([5.0], ValueError), ([5.0, 6.0, 7.0], ValueError), ([5.0, "x"], TypeError)):
        for assign in (assign_data, assign_gradients):
            with pytest.raises(error):
                assign([a, b], wrong)
    with pytest.raises(AttributeError, match="the data of a computed node cannot be assigned"):
        assign_data([a, a * b], [1.0, 2.0])


@pytest.mark.parametrize("function", [gradients_of, clear_gradients])
def test_other_things_are_no_nodes(function):
    with pytest.raises((TypeError, AttributeError)):
        function([1.0])


def test_gradients_are_added_to_sums_where_there_are_any():
    a, b, c = three()
    a.grad, c.grad = 2.0, -0.0
    sums, reached = array("d", [1.0, 5.0, 0.0]), bytearray(3)
    assert add_gradients([a, b, c], sums, reached) is True
    assert (sums.tolist(), list(reached)) == ([3.0, 5.0, 0.0], [1, 0, 1])
    b.grad = float("inf")
    assert add_gradients((a, b, c), sums, reached) is False and gradients_are_finite([a, b, c]) is False
    assert gradients_are_finite([a, c]) and list(reached) == [1, 1, 1]


@pytest.mark.parametrize(("numbers", "finite"), [([9.0, 1.0, 2.0, 4.0], True), ([float("nan"), 1.0, float("nan"), 4.0], False)])
def test_numbers_are_added_at_their_places(numbers, finite):
    sums, reached = array("d", [10.0, 20.0]), bytearray(2)
    assert add_numbers(array("d", numbers), 1, array("i", [1, 0, -1]), sums, reached) is finite
    assert repr(sums.tolist()) == repr([10.0 + numbers[2], 21.0]) and list(reached) == [1, 1]


def test_what_is_at_no_place_is_not_looked_at():
    assert add_numbers(array("d", [float("nan")]), 0, array("i", [-1]), array("d", [1.0]), bytearray(1)) is True


def test_partial_sums_are_added_as_a_tree():
    parts = [array("d", [x]) for x in (1e16, 1.0, -1e16, 1.0, 1.0, 1e16, 1.0, -1e16)]
    [(a,), (b,), (c,), (d,), (e,), (f,), (g,), (h,)] = parts
    assert mean_of_partials(parts, 3) == [(((a + b) + (c + d)) + ((e + f) + (g + h))) / 3]


def test_means_are_assigned_and_what_has_no_sum_is_cleared():
    a, b, c = three()
    b.grad = 7.0
    assert assign_means([a, b, c], array("d", [9.0, 1.0, -3.0]), array("i", [2, -1, 1]), 4) is True
    assert (a.grad, b.has_grad, c.grad) == (-0.75, False, 0.25)
    assert assign_means((a, b), array("d", [math.inf, math.nan]), array("i", [1, -1]), 1) is False
    assert assign_means([a], array("d", [math.nan, 1.0]), array("i", [1]), 1) is True, "an unassigned number may be NaN"
    with pytest.raises((ValueError, IndexError)):
        assign_means([a], array("d", [1.0]), array("i", [1]), 1)
    with pytest.raises(ValueError, match=r"match in length|argument 2 is longer"):
        assign_means([a], array("d", [1.0]), array("i", [0, 0]), 1)


@given(st.lists(st.floats(-1e200, 1e200) | st.sampled_from([0.0, 1e-200, 5e-324, math.inf, math.nan]), max_size=20))
def test_the_norm_is_the_root_of_the_sum_of_squares(numbers):
    nodes = [parameter(0.0) for _ in numbers]
    assign_gradients(nodes, numbers)
    expected = math.hypot(*numbers)
    assert norm_of(nodes) == pytest.approx(expected, rel=1e-15, nan_ok=True)
    if expected < 1e-150 or expected > 1e150:
        assert repr(norm_of(nodes)) == repr(expected)


@given(st.integers(1, 3), st.lists(st.integers(0, 4), max_size=6), st.integers(0, 2))
def test_rows_are_gathered(width, chosen, skipped):
    table = [[float(row * width + i) for i in range(width)] for row in range(5)]
    start = min(skipped, len(chosen))
    rows = array("d", bytes(8 * width * (len(chosen) - start)))
    gather(array("d", [x for row in table for x in row]), width, array("i", chosen), start, memoryview(rows))
    assert rows.tolist() == [x for row in chosen[start:] for x in table[row]]


@pytest.mark.parametrize(("chosen", "start", "rows"), [([5], 0, 1), ([-6], 0, 1), ([0], 1, 1), ([0], 0, 2)])
def test_rows_that_are_not_there_are_not_gathered(chosen, start, rows):
    with pytest.raises((ValueError, IndexError)):
        gather(array("d", [0.0] * 5), 1, array("i", chosen), start, memoryview(array("d", bytes(8 * rows))))
