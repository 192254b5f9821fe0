"""The heart of the engine: the reverse sweep, a pass over the graph that needs only floats and local derivatives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from math import isfinite
from threading import RLock

from ._engine.choice import NATIVE, ORIGINALS, accelerated  # graph.py explains `accelerated`
from ._engine.interrupts import undivided
from ._engine.numbers import number, unwrapped
from ._engine.watching import taken, watches
from ._operations.operation import NOTHING, is_nothing
from .checkpoint import CHECKPOINT, Segment, behind, below, leader_of
from .context import record
from .graph import check_recorded, discovered
from .ops import sum as sum_of
from .value import Value

# Threads may sweep graphs that share leaves. The lock makes adding to a gradient atomic. It is reentrant because, while
# a thread holds it, a signal handler may start another sweep in that thread.
_adding = RLock()


def sweep(order: list[Value], adjoints: dict[Value, float]) -> None:
    """Propagate the adjoints of the nodes in `order` back along every edge.

    `adjoints` maps each node in `order`, and each Value among the operands of these nodes, to its adjoint, the sum of
    the contributions that have reached it so far. Contributions are added in reverse topological order and, at each
    node, in the order of its operands. A node to which no contribution has been added is skipped, and so is an edge
    whose local derivative is flat (0 in a whole neighbourhood). So a branch that was not taken never produces a NaN.
    (The float -0.0 marks both the adjoint of such a node and the local derivative of such an edge. A contribution must
    not be -0.0, so 0.0 is added to every contribution, which turns -0.0 into 0.0.)
    """
    rest = reversed(order)
    for node in rest:
        upstream = adjoints[node]
        if upstream or not is_nothing(upstream):
            x = node._x
            if type(x) is Value:
                if (local := node._dx) or not is_nothing(local):
                    adjoints[x] += upstream * local + 0.0
            elif type(x) is tuple:
                if type(node._dx) is Segment:
                    if node._dx.output is not None:
                        _sweep_on(chain([node], rest), adjoints)
                        return
                    _sweep_again([node], adjoints)
                    continue
                if not isfinite(upstream) and node.op.inside is not None:
                    _sweep_again([node], adjoints)
                    continue
                for operand, local in zip(x, node._dx, strict=True):
                    if type(operand) is Value and (local or not is_nothing(local)):
                        adjoints[operand] += upstream * local + 0.0
            y = node._y
            if type(y) is Value and ((local := node._dy) or not is_nothing(local)):
                adjoints[y] += upstream * local + 0.0


def _sweep_on(rest: Iterable[Value], adjoints: dict[Value, float]) -> None:
    """Finish a sweep that has reached a checkpoint with several outputs, whose function is run again once for them all.

    Outputs that have received a contribution wait until the sweep reaches the checkpoint's leader, its first output.
    """
    waiting: dict[Value, list[Value]] = {}
    for node in rest:
        if node.op is not CHECKPOINT:
            sweep([node], adjoints)
            continue
        leader = leader_of(node)
        if not is_nothing(adjoints[node]):
            waiting.setdefault(leader, []).append(node)
        if node is leader and node in waiting:
            _sweep_again(waiting.pop(node)[::-1], adjoints)


def _sweep_again(nodes: Sequence[Value], adjoints: dict[Value, float]) -> None:
    """Sweep the graph hidden behind `nodes`: outputs of one checkpoint, or the single node of a call to a program."""
    results, operands = behind(nodes), below(nodes)
    order, inner = discovered_all(results, operands)
    for node, result in zip(nodes, results, strict=True):
        inner[result] += adjoints[node]
    sweep(order, inner)
    for operand in operands:
        adjoints[operand] += inner[operand]


def discovered_all(roots: Sequence[Value], stops: Iterable[Value] = ()) -> tuple[list[Value], dict[Value, float]]:
    """Return what `discovered` returns, but for several roots at once."""
    if len(roots) == 1:
        return discovered(roots[0], stops)
    with record():
        order, zeros = discovered(sum_of(roots), stops)
    return order[:-1], zeros


@accelerated
def backward(y: Value, gradient: float = 1.0) -> None:
    """Add ∂y/∂leaf · gradient to the `grad` of every leaf below `y`, and set the `grad` of every node in between.

    For each leaf, the contributions of a sweep are summed before they are added to its `grad`, so a second sweep
    exactly doubles the gradients of the leaves. The `grad` of a computed node is its adjoint in the last sweep. If an
    exception is raised, no gradient is changed. (Lecture 000, backpropagation; lecture 003, reverse mode.)

    Args:
        y: The output.
        gradient: The adjoint of `y`, from which the sweep starts.

    Raises:
        GraphError: `y` was made inside `no_record()`.

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
        raise TypeError(f"the gradient to start from must be a real number; got {gradient!r}")
    check_recorded(y)
    if watches:
        taken(y)
    order, adjoints = discovered(y)
    adjoints[y] = seed or NOTHING
    sweep(order, adjoints)

    waiting = iter(adjoints.items())

    def write() -> None:
        for node, adjoint in waiting:  # Python checks for signals between iterations, not within one
            if node._x is None and node._grad is not None:
                node._grad += adjoint
            else:
                node._grad = adjoint + 0.0

    with _adding:
        undivided(write)


def _method(self: Value, gradient: float = 1.0) -> None:
    """Add ∂self/∂leaf · gradient to the `grad` of every leaf below self, and set the `grad` of every node in between.

    See `autograd_core.backward`.

    >>> w = Value(3.0)
    >>> (w * w).backward()
    >>> w.grad
    6.0
    """
    backward(self, gradient)


_method.__name__, _method.__qualname__ = "backward", "Value.backward"
for _class in {Value, ORIGINALS.get("Value", Value)}:  # the C class has its own method, which saves a Python call
    if "backward" not in vars(_class):
        setattr(_class, "backward", _method)  # noqa: B010  # a type checker rejects the plain assignment
    elif NATIVE is not None:
        NATIVE.document(vars(_class)["backward"], _method.__doc__)
