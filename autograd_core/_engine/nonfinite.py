"""Finds where an infinity or NaN comes from: the node, and the edge on which zero met infinity."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from .._operations.operation import is_nothing
from ..errors import described
from ..graph import toposort
from ..value import Value

WAY_OUT = (
    "only the mathematics can say which of the two wins: write the limit as one operation (hypot or norm for a length, "
    "x for sqrt(x)**2), keep the other branch away from the point, as in where(x > 0, sqrt(where(x > 0, x, 1)), 0), "
    "or move the input away from it"
)


def first_nonfinite(y: Value) -> Value | None:
    """Return the node where an infinity or NaN first appears, in the values or else in the gradients of the last sweep.

    Values are searched in topological order, gradients in the order of the sweep. The result is None if all are finite.
    `explain_nonfinite` describes the same node in words.

    >>> from autograd_core import Value, exp
    >>> a = Value(float("inf"), label="a")
    >>> first_nonfinite(exp(-a) + a)
    Value(inf, label='a')
    """
    order = toposort(y)
    for node in order:
        if not math.isfinite(node.data):
            return node
    for node in reversed(order):
        if not math.isfinite(node.grad):
            return node
    return None


def explain_nonfinite(y: Value) -> str | None:
    """Explain where an infinity or NaN first appears below `y`, or return None if all values and gradients are finite.

    The text names the node and, for a gradient, the edge on which zero met infinity, with advice on what to write
    instead.

    >>> from autograd_core import Value, sqrt
    >>> x = Value(0.0, label="x")
    >>> y = sqrt(x) ** 2
    >>> y.backward()
    >>> print(explain_nonfinite(y).split(":")[0])
    the gradient of 0.0 (label 'x') is nan
    """
    node = first_nonfinite(y)
    if node is None:
        return None
    if not math.isfinite(node.data):
        inputs = "" if node.is_leaf else f", computed from {', '.join(described(x) for x in node.operands[:4])}"
        return f"the value of {node.op.name} is {described(node)}{inputs}"
    what = f"the gradient of {described(node)} is {node.grad!r}"
    edge = undetermined_edge(toposort(y), lambda x: x.grad)
    return f"{what}: {edge}" if edge else what


def undetermined_edge(order: Sequence[Value], adjoint: Callable[[Value], float]) -> str | None:
    """Describe the first edge, in the order of the sweep, on which zero met infinity, and say what to write instead.

    Return None if there is no such edge.

    Args:
        order: Nodes in topological order.
        adjoint: Returns the adjoint that the sweep left at a node.
    """
    for node in reversed(order):
        upstream = adjoint(node)
        for operand, local in zip(node.operands, node._slopes, strict=True):
            if type(operand) is Value and local is not None and not is_nothing(local) and meets(upstream, local):
                return (
                    f"along the edge from {node.op.name} = {described(node)} to {described(operand)}, the adjoint "
                    f"{upstream!r} met the slope {local + 0.0!r}, and 0 times infinity is undetermined; {WAY_OUT}"
                )
    return None


def meets(upstream: float, local: float) -> bool:
    """Return whether one factor is zero and the other infinite."""
    return (upstream == 0.0 and math.isinf(local)) or (math.isinf(upstream) and local == 0.0)
