"""The node of a whole program (one operation on inputs and parameters), and the graph that the node stands for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._engine.clock import tick
from .._engine.nodes import make_node
from .._engine.places import ROOT, current
from .._operations.operation import NOTHING, Operation
from ..value import Value
from .listing import Listing
from .player import forward


def recorded(
    row: Operation,
    value: float,
    given: Sequence[Any],
    inputs: Sequence[float],
    parameters: Sequence[Value],
    slopes: Sequence[float],
) -> Value:
    """Make a node that stands for a whole program; its operands are the inputs (Values or numbers) and parameters."""
    operands = [x if type(x) is Value else number for x, number in zip(given, inputs, strict=True)]
    return make_node(row, value, (*operands, *parameters), slopes, current(), tick())


def unfolded(listing: Listing, leaves: Sequence[Any]) -> list[Any]:
    """Return the outputs as nodes of a graph that applies the listing's operations to `leaves` (Values or numbers)."""
    numbers = [x._data if type(x) is Value else x for x in leaves]
    locals_: list[Sequence[float | None]] = []
    data = forward(listing, numbers[: listing.inputs], numbers[listing.inputs :], locals_)
    nodes: list[Any] = [*leaves, *listing.constants]
    for k, (row, slots) in enumerate(listing.instructions()):
        nodes.append(_unfolded(row, data[listing.first + k], [nodes[slot] for slot in slots], locals_[k]))
    return [nodes[slot] for slot in listing.outputs]


def _unfolded(row: Operation, z: float, operands: list[Any], slopes: Sequence[float | None]) -> Any:
    """Return the result of one operation: a node or, if all operands are plain numbers, only the number.

    A node that the listing treats as a plain number blocks gradients.
    """
    if not any(type(x) is Value for x in operands):
        return z
    known = [NOTHING if slope is None else slope for slope in slopes] or [NOTHING] * len(operands)
    return make_node(row, z, operands, tuple(known), ROOT, tick())
