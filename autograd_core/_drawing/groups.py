"""The data structures for folding a graph, which means drawing several of its nodes as one box."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from .._engine.places import Place
from ..value import Value

# The scopes (named groups of nodes, such as a neuron) around a node, outermost first. A place stands for one entry
# into a scope, so entering the same scope twice makes two places.
Path = tuple[Place, ...]
UNKNOWN = sys.maxsize  # `Group.more` of a folded scope to which no computed node has been added yet


@dataclass(frozen=True, slots=True)
class Graph:
    """The graph of some outputs: its nodes in topological order as `order`, and the outputs themselves as `roots`."""

    order: Sequence[Value]
    roots: Sequence[Value]


@dataclass(slots=True, eq=False)
class Group:
    """The contents of one box: a single node, or the nodes made during one entry into a folded scope.

    If a computation is repeated but drawn only once, `more` counts the repeats other than the one in `nodes`.
    `absorbed` holds the leaves that were put into the box because only nodes of this scope use them.
    """

    nodes: list[Value]
    path: Path
    scope: Place | None = None
    more: int = 0
    absorbed: list[Value] = field(default_factory=list)


@dataclass(slots=True)
class Folding:
    """A folded graph: its groups in topological order, and the group that owns each node."""

    groups: list[Group]
    owner: dict[Value, Group]

    @property
    def size(self) -> int:
        """The number of boxes: one for each group, and one for each constant outside folded scopes."""
        return sum(1 + (group.scope is None and constants(group.nodes[0])) for group in self.groups)


def constants(node: Value) -> int:
    """Return how many operands of a node are plain numbers."""
    return sum(type(x) is float for x in node.operands)


class Paths:
    """Finds the path of a node: the named places around the node. Each chain of places is followed only once."""

    def __init__(self) -> None:
        self._known: dict[int, Path] = {}

    def __call__(self, node: Value) -> Path:
        place: Place | None = node._place
        chain = []
        while place is not None and id(place) not in self._known:
            chain.append(place)
            place = place.parent
        path = () if place is None else self._known[id(place)]
        for place in reversed(chain):
            path = path if place.name is None else (*path, place)
            self._known[id(place)] = path
        return path
