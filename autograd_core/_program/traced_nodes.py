"""Searches among the nodes that a trace made, once the function has returned."""

from __future__ import annotations

import sys
from collections.abc import Callable

from .._engine.choice import accelerated
from .._operations.operation import Operation
from ..value import Value

# This many references to a node do not count as uses: those of the list, the loop variable and `getrefcount`.
IN_PASSING = 3


@accelerated
def leaked(nodes: list[Value]) -> Value | None:
    """Return a node that something other than these nodes and their list refers to, or None if there is none.

    The number of a node that is stored elsewhere would be out of date after the next replay.
    """
    uses: dict[int, int] = dict.fromkeys(map(id, nodes), 0)
    for node in nodes:
        for at in map(id, node.operands):
            if at in uses:
                uses[at] += 1
    for node in nodes:
        if sys.getrefcount(node) > uses[id(node)] + IN_PASSING:
            return node
    return None


@accelerated
def release_memory() -> None:
    """Give the memory of freed nodes back to the operating system.

    The C engine usually keeps this memory for the next graph. After a trace there is no next graph, since a replay
    makes only one node, and the C player's plans need memory too.
    """


@accelerated
def leaves_among(nodes: list[Value]) -> list[Value]:
    """Return the leaves among these nodes."""
    return [node for node in nodes if node.is_leaf]


@accelerated
def risky(nodes: list[Value], may_raise: Callable[[Operation], bool]) -> list[int]:
    """Return the indices of the nodes, other than leaves, whose operations may raise an exception."""
    return [i for i, node in enumerate(nodes) if not node.is_leaf and may_raise(node.op)]


@accelerated
def unused(roots: list[Value], nodes: list[Value]) -> list[Value]:
    """Return the nodes in `nodes`, other than leaves, that no root depends on."""
    seen = _seen(roots, nodes)
    return [node for node in nodes if node not in seen and not node.is_leaf]


@accelerated
def outside(roots: list[Value], nodes: list[Value]) -> list[Value]:
    """Return the nodes outside `nodes` that the roots depend on directly, or through nodes in `nodes` only.

    The result is in the order in which the nodes in `nodes` first use these outside nodes. A function usually uses its
    inputs in the order in which they are stored (the elements of a matrix, for instance, row by row), and replays are
    faster if they read adjacent numbers.
    """
    own, seen = set(nodes), _seen(roots, nodes)
    used = (x for node in nodes if node in seen for x in node.operands if type(x) is Value)
    return list(dict.fromkeys(x for x in (*used, *roots) if x not in own))


def _seen(roots: list[Value], nodes: list[Value]) -> set[Value]:
    """Return the nodes in `nodes` on which the roots depend, and the roots that are in `nodes`."""
    own, seen, waiting = set(nodes), set[Value](), list(roots)
    while waiting:
        node = waiting.pop()
        if node in own and node not in seen:
            seen.add(node)
            waiting.extend(x for x in node.operands if type(x) is Value)
    return seen
