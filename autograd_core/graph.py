"""Functions that sort and search the graph. None of them is recursive, so a graph may have any depth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ._engine.choice import accelerated  # replaces a function with its C version, if the C engine is in use
from ._engine.numbers import unwrapped
from ._operations.operation import INPUT, NOTHING
from .errors import GraphError, described
from .value import Value


@accelerated
def discovered(root: Value, stops: Iterable[Value] = ()) -> tuple[list[Value], dict[Value, float]]:
    """Return `root` and the nodes below it in topological order, and a dict that maps them and `stops` to `NOTHING`.

    `NOTHING` (-0.0) is the gradient of a node that no contribution has reached yet. The order is depth-first
    post-order, with operands from left to right. The nodes in `stops` are omitted from the order, and so are nodes that
    `root` depends on only through `stops`.
    """
    order: list[Value] = []
    zeros = dict.fromkeys(stops, NOTHING)
    if root in zeros:
        return order, zeros
    zeros[root] = NOTHING
    path: list[Value] = []  # nodes that are waiting for an operand
    waiting: dict[Value, Iterator[Value | float]] = {}  # for nodes with many operands: the unvisited operands
    node = root
    while True:
        while type(x := node._x) is Value and x not in zeros:
            zeros[x] = NOTHING
            if x._x is None:  # nothing is below a leaf
                order.append(x)
                break
            path.append(node)
            node = x
        if type(x) is tuple:
            if node not in waiting:
                waiting[node] = iter(x)
            if (x := _next_computed(waiting[node], zeros, order)) is not None:
                path.append(node)
                node = x
                continue
        while True:
            y = node._y
            if type(y) is Value and y not in zeros:
                zeros[y] = NOTHING
                if y._x is not None:
                    path.append(node)
                    node = y
                    break
                order.append(y)
            order.append(node)
            if not path:
                return order, zeros
            node = path.pop()
            if waiting and node in waiting:
                break  # the node's remaining operands come first


def _next_computed(
    operands: Iterator[Value | float], zeros: dict[Value, float], order: list[Value]
) -> Value | None:
    """Return the next unvisited operand that is a computed node; append any unvisited leaves before it to `order`."""
    for operand in operands:
        if type(operand) is Value and operand not in zeros:
            zeros[operand] = NOTHING
            if operand._x is not None:
                return operand
            order.append(operand)
    return None


@accelerated
def toposort(root: Value) -> list[Value]:
    """Return the nodes that `root` depends on, operands before results, with `root` last.

    The order is depth-first post-order, with operands from left to right. This order is part of the contract: every
    sweep follows it, so results are reproducible to the last bit.

    >>> from autograd_core import Value
    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> [node.label or node.op.name for node in toposort((a * b) + a)]
    ['a', 'b', 'mul', 'add']
    """
    if type(root := unwrapped(root)) is not Value:
        raise TypeError(f"toposort takes a Value; got {root!r} of type {type(root).__name__}")
    return discovered(root)[0]


def leaves(root: Value) -> list[Value]:
    """Return the inputs and parameters that `root` depends on, in topological order.

    >>> from autograd_core import Value
    >>> a = Value(2.0)
    >>> leaves(a * a) == [a]
    True
    """
    return [node for node in toposort(root) if node.is_leaf]


def assigned_since(node: Value) -> list[Value]:
    """Return the leaf operands of `node` that were assigned after `node` was computed.

    >>> from autograd_core import Value
    >>> w = Value(1.0, "w")
    >>> y = w * 2
    >>> w.data = 5.0
    >>> assigned_since(y)
    [Value(5.0, label='w')]
    """
    return [x for x in node.operands if type(x) is Value and x._x is None and x._stamp > node._stamp]


def check_current(node: Value) -> None:
    """Raise GraphError if a leaf operand of `node` was assigned after `node` was made: its formulas would be wrong."""
    check_not_assigned(node, assigned_since(node))


def check_not_assigned(node: Value, leaves: Iterable[Value]) -> None:
    """Raise GraphError if any of `leaves`, from which `node` was computed, was assigned after `node` was made."""
    for leaf in leaves:
        if leaf._stamp <= node._stamp:
            continue
        raise GraphError(
            f"{described(leaf)} was assigned after {node.op.name} = {node.data!r} was computed from it, so the "
            "formulas of the graph no longer match its numbers; compute the output again after assigning"
        )


def check_recorded(y: Value) -> None:
    """Raise GraphError if `y` was made inside `no_record()` and so has no recorded operands."""
    if y._row is INPUT and not y._place.recording:
        raise GraphError(
            f"{described(y)} was made inside no_record(), so it has no graph to sweep; compute it "
            "outside no_record(), or inside record(); decorate a generator with @no_record() "
            "instead of yielding inside `with no_record():`"
        )
