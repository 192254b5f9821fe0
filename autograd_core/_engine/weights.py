"""Reads and assigns many leaves at once, as each step of training does, without a Python call per weight."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .choice import accelerated

if TYPE_CHECKING:
    from ..value import Value


@accelerated
def gradients_of(nodes: Sequence[Value]) -> list[float]:
    """Return the gradient of each node.

    >>> from autograd_core import parameter
    >>> w, b = parameter(2.0), parameter(1.0)
    >>> (3.0 * w).backward()
    >>> gradients_of([w, b])
    [3.0, 0.0]
    """
    return [node.grad for node in nodes]


@accelerated
def gradients_are_finite(nodes: Sequence[Value]) -> bool:
    """Return whether the gradients of all nodes are finite."""
    return all(math.isfinite(node.grad) for node in nodes)


@accelerated
def clear_gradients(nodes: Sequence[Value]) -> None:
    """Clear the gradient of each node."""
    for node in nodes:
        node.zero_grad()


@accelerated
def assign_gradients(nodes: Sequence[Value], numbers: Sequence[float]) -> None:
    """Set the gradient of each node."""
    for node, number in zip(nodes, numbers, strict=True):
        node.grad = number


@accelerated
def assign_data(nodes: Sequence[Value], numbers: Sequence[float]) -> None:
    """Set the number of each leaf."""
    for node, number in zip(nodes, numbers, strict=True):
        node.data = number


@accelerated
def add_gradients(nodes: Sequence[Value], sums: array[float], reached: bytearray) -> bool:
    """Add each node's gradient to its sum, mark the nodes that have a gradient, and return whether all are finite."""
    finite = True
    for i, node in enumerate(nodes):
        if node.has_grad:
            sums[i] += node.grad
            reached[i] = 1
            finite = finite and math.isfinite(node.grad)
    return finite


@accelerated
def add_numbers(numbers: array[float], start: int, places: array[int], sums: array[float], reached: bytearray) -> bool:
    """Add each number, from index `start` on, to one of `sums`; `places` holds the index of that sum, or -1 for none.

    Mark in `reached` each sum to which a number is added, and return whether all numbers added are finite.
    """
    finite = True
    for x, at in zip(numbers[start:], places, strict=True):
        if at >= 0:
            sums[at] += x
            reached[at] = 1
            finite = finite and math.isfinite(x)
    return finite


@accelerated
def mean_of_partials(partials: Sequence[array[float]], count: int) -> list[float]:
    """Add the eight partial sums of each entry in the order that a replay uses; return the totals divided by `count`.

    >>> mean_of_partials([array("d", [float(k)]) for k in range(8)], 4)
    [7.0]
    """
    parts = zip(*partials, strict=True)
    return [(((a + b) + (c + d)) + ((e + f) + (g + h))) / count for a, b, c, d, e, f, g, h in parts]


@accelerated
def assign_means(nodes: Sequence[Value], sums: array[float], places: array[int], count: int) -> bool:
    """Set each node's gradient to a sum divided by `count`; `places` holds the index of that sum.

    If the index is -1, clear the gradient instead. Return whether all gradients are finite.

    >>> from autograd_core import parameter
    >>> w, b = parameter(2.0), parameter(1.0)
    >>> assign_means([w, b], array("d", [0.0, 6.0]), array("i", [1, -1]), 4), w.grad, b.has_grad
    (True, 1.5, False)
    """
    for node, at in zip(nodes, places, strict=True):
        if at < 0:
            node.zero_grad()
        else:
            node.grad = sums[at] / count
    return gradients_are_finite(nodes)


@accelerated
def norm_of(nodes: Sequence[Value]) -> float:
    """Return the Euclidean norm of all gradients.

    The norm is computed from eight partial sums of squares or, if their total is extreme, by `math.hypot`.

    >>> from autograd_core import parameter
    >>> w, b = parameter(2.0), parameter(1.0)
    >>> w.grad, b.grad = 3.0, 4.0
    >>> norm_of([w, b])
    5.0
    """
    return _norm(gradients_of(nodes))


@accelerated
def norm_at(numbers: array[float], places: array[int]) -> float:
    """Return the Euclidean norm of the numbers at the indices in `places`, computed as in `norm_of`.

    >>> norm_at(array("d", [4.0, 7.0, 3.0]), array("i", [2, 0]))
    5.0
    """
    return _norm([numbers[at] for at in places])


def _norm(numbers: Sequence[float]) -> float:
    parts = [0.0] * 8
    for i, x in enumerate(numbers):
        parts[i % 8] += x * x
    a, b, c, d, e, f, g, h = parts
    total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    return math.sqrt(total) if 1e-280 < total < 1e300 else math.hypot(*numbers)


@accelerated
def data_into(nodes: Sequence[Value], numbers: array[float]) -> None:
    """Fill an array with the numbers of the nodes.

    >>> from autograd_core import parameter
    >>> numbers = array("d", [0.0, 0.0])
    >>> data_into([parameter(2.0), parameter(1.0)], numbers); numbers.tolist()
    [2.0, 1.0]
    """
    for i, node in enumerate(nodes):
        numbers[i] = node.data


@accelerated
def gather(table: array[float], width: int, chosen: array[int], start: int, rows: memoryview) -> None:
    """Copy rows of a table into `rows`, as many as fit; `chosen` holds their indices, from `chosen[start]` on.

    A row has `width` numbers.

    >>> rows = array("d", bytes(32))
    >>> gather(array("d", [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]), 2, array("i", [1, 2, 0]), 1, memoryview(rows)); rows.tolist()
    [2.0, 2.5, 0.0, 0.5]
    """
    for to in range(len(rows) // width):
        at = chosen[start + to] * width
        rows[to * width : (to + 1) * width] = memoryview(table)[at : at + width]
