"""Many leaves at once are read and assigned as one after the other."""

import pytest

from autograd_core import Value, leaves, parameter
from autograd_core._engine.weights import assign_data, assign_gradients, clear_gradients, gradients_of
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


@pytest.mark.parametrize("numbers", [[4.0, 5.0, 6.0], [4, True, 6.0], (4.0, 1.0, 6.0)])
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
