"""The reverse sweep over the recorded local derivatives: plain floats, one pass, the heart of the engine."""

from __future__ import annotations

from threading import RLock

from .checkpoint import Segment, rerun
from .engine import accelerated
from .graph import check_recorded, discovered
from .interrupts import undivided
from .operation import NOTHING, is_nothing
from .taken import taken, watches
from .value import Value, number, unwrapped

# Threads may sweep graphs that share leaves: no sweep's gradients are lost between another's reading and writing. A
# signal's handler may sweep in the middle of it, in the same thread.
_adding = RLock()


def sweep(order: list[Value], adjoints: dict[Value, float]) -> None:
    """Send the adjoints of the nodes in `order` back along every edge.

    `adjoints` has an entry for every node in `order` and every operand of one; contributions are added to them in
    reverse topological order, operands left to right. Where nothing has arrived, nothing is sent on, and nothing along
    an edge that is flat: a path not taken never makes a NaN. (Adding 0.0 makes of -0.0, which means nothing, a zero.)
    """
    for node in reversed(order):
        upstream = adjoints[node]
        if upstream or not is_nothing(upstream):
            x = node._x
            if type(x) is Value:
                if (local := node._dx) or not is_nothing(local):
                    adjoints[x] += upstream * local + 0.0
            elif type(x) is tuple:
                if type(node._dx) is Segment:
                    _sweep_again(node, upstream, adjoints)
                    continue
                for operand, local in zip(x, node._dx, strict=True):
                    if type(operand) is Value and (local or not is_nothing(local)):
                        adjoints[operand] += upstream * local + 0.0
            y = node._y
            if type(y) is Value and ((local := node._dy) or not is_nothing(local)):
                adjoints[y] += upstream * local + 0.0


def _sweep_again(node: Value, upstream: float, adjoints: dict[Value, float]) -> None:
    """Run a checkpoint's function again and sweep what it recorded."""
    result = rerun(node)
    order, inner = discovered(result, stops=node._x)
    inner[result] = upstream
    sweep(order, inner)
    for operand in dict.fromkeys(node._x):
        adjoints[operand] += inner[operand]


@accelerated
def backward(y: Value, gradient: float = 1.0) -> None:
    """Add ∂y/∂leaf · gradient to the `grad` of every leaf below `y`, and set the `grad` of every node between.

    Args: `y`, the output; `gradient`, the adjoint it starts from. Each leaf's contributions are summed first and
    added once, so two sweeps double the leaves exactly; a computed node holds the last sweep's adjoint. If anything
    raises, no gradient has changed. Raises GraphError for a `y` that was made inside `no_record()`.
    (Lecture 000, backpropagation; lecture 003, reverse mode.)

    >>> from autograd_core import Value
    >>> a = Value(3.0)
    >>> y = a * a
    >>> backward(y); backward(y)
    >>> a.grad, y.grad
    (12.0, 1.0)
    """
    if type(y := unwrapped(y)) is not Value:
        raise TypeError(f"backward takes a Value; got {y!r} of type {type(y).__name__}")
    seed = number(gradient)
    if seed is None:
        raise TypeError(f"the gradient to start from is a real number; got {gradient!r}")
    check_recorded(y)
    if watches:
        taken(y)
    order, adjoints = discovered(y)
    adjoints[y] = seed or NOTHING
    sweep(order, adjoints)

    waiting = iter(adjoints.items())

    def write() -> None:
        for node, adjoint in waiting:  # Python looks for signals between two rounds, not within one
            if node._x is None and node._grad is not None:
                node._grad += adjoint
            else:
                node._grad = adjoint + 0.0

    with _adding:
        undivided(write)
