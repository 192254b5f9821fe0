"""Makes the leaves and other nodes that the engine itself needs in transforms, copies, pickles and checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._operations.operation import CONSTANT, INPUT, Operation
from ..value import Value, fill_leaf, new
from .choice import accelerated
from .places import Place
from .traces import made, note


@accelerated
def constant(data: float, label: str | None = None) -> Value:
    """Make a leaf that needs no gradient; a derivative that depends only on such leaves is a float."""
    leaf: Value = new(Value)
    fill_leaf(leaf, CONSTANT, data, label)
    return leaf


@accelerated
def make_constant(nodes: Sequence[Value]) -> None:
    """Turn the inputs among `nodes` into constants."""
    _replace(nodes, INPUT, CONSTANT)


@accelerated
def make_input(nodes: Sequence[Value]) -> None:
    """Turn the constants among `nodes` into inputs."""
    _replace(nodes, CONSTANT, INPUT)


def _replace(nodes: Sequence[Value], old: Operation, new: Operation) -> None:
    for node in nodes:
        if node._row is old:
            node._row = new


@accelerated
def make_node(
    op: Operation,
    data: float,
    operands: Sequence[Value | float],
    recorded: Any,
    place: Place,
    stamp: int,
    grad: float | None = None,
    label: str | None = None,
) -> Value:
    """Make a node from its parts, for copies, pickles and checkpoints.

    `operands` is empty for a leaf. `recorded` holds the local derivative with respect to each operand (for a plain
    number, any object). For an operation on many operands, `recorded` may also be an array of doubles; for a
    checkpoint, it is the segment, which holds the call to run again.
    """
    node: Value = new(Value)
    node._data, node._row, node._place, node._stamp, node._grad, node._label = data, op, place, stamp, grad, label
    node._x = node._y = None
    if op.arity is None:
        node._x, node._dx = tuple(operands), recorded
    elif operands:
        node._x, node._dx = operands[0], recorded[0]
        if len(operands) == 2:
            node._y, node._dy = operands[1], recorded[1]
    if made:
        note(node)
    return node


@accelerated
def put_back(leaf: Value, data: float, stamp: int) -> None:
    """Restore the number and stamp of a leaf, so that graphs computed from it are current again."""
    leaf._data, leaf._stamp = data, stamp
