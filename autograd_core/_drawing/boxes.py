"""The boxes and edges of a picture, and the unique names of the boxes.

A scope is a named group of nodes, such as one neuron. A folded scope is drawn as a single box.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from .._engine.names import marks
from ..value import Value
from .groups import Group, Path
from .texts import short, title


@dataclass(slots=True, eq=False)
class Box:
    """One box, which represents a node, a constant or a folded scope.

    A computation that is repeated, for example for each point of a batch, may be drawn only once; `more` counts the
    other repeats. `mark`, such as "#2", is appended to the label if an earlier box has the same label. `stale` is true
    if a leaf in the box was assigned a new value after a result had been computed from it.
    """

    number: int
    kind: str
    label: str
    path: Path = ()
    group: Group | None = None
    constant: float = 0.0
    root: bool = False
    stale: bool = False
    output: Value | None = None  # for a folded scope: the node that is used outside the scope, if there is exactly one
    mark: str = ""

    @property
    def name(self) -> str:
        """The unique name of the box."""
        return self.label + self.mark

    @property
    def title(self) -> str:
        """The name as written in the heading of the box."""
        return title(self.label) + self.mark

    @property
    def short(self) -> str:
        """The name as written in formulas and in the text of steps."""
        return short(title(self.label)) + self.mark

    @property
    def node(self) -> Value | None:
        """The node that the box represents; None for a constant or a folded scope."""
        return self.group.nodes[0] if self.group is not None and self.group.scope is None else None

    @property
    def valued(self) -> Value | None:
        """The node whose value the box shows."""
        return self.output if self.node is None else self.node

    @property
    def more(self) -> int:
        """The number of repeats of the pictured computation that the box also represents."""
        return 0 if self.group is None else self.group.more

    @property
    def id(self) -> str:
        """The id of the box's element in the SVG."""
        return f"n{self.number}"


@dataclass(slots=True, eq=False)
class Edge:
    """One edge of a picture, from an operand to a result.

    If the edge represents several edges of the graph, `more` counts those beyond the first. `stale` is true if the
    operand was assigned a new value after the result had been computed.
    """

    source: Box
    target: Box
    index: int
    local: float | None = None
    upstream: float | None = None
    more: int = 0
    stale: bool = False

    @property
    def contribution(self) -> float | None:
        """The value added to the operand's gradient: `upstream` times `local`.

        It is 0 if either factor is exactly 0, and None if a factor is unknown.
        """
        if self.upstream and self.local:
            return self.upstream * self.local
        return None if self.upstream is None or self.local is None else 0.0

    @property
    def id(self) -> str:
        """The id of the edge's element in the SVG."""
        return f"e{self.target.number}_{self.index}"


def tell_apart(boxes: Sequence[Box]) -> None:
    """Give each box a unique name.

    A label is used as typed, with a mark if an earlier box has the same label. A box without a label gets a name that
    differs from all labels.
    """
    constants = {box.label for box in boxes if box.group is None}
    labelled = [box for box in boxes if box.group is not None and box.label.strip()]
    given = [(box.name, box.title, box.short) for box in labelled]
    for box, mark in zip(labelled, marks(given, constants), strict=True):
        box.mark = mark
    taken = constants.union(*((box.name, box.title, box.short) for box in labelled))
    free = itertools.count(boxes[-1].number + 1)
    for box in boxes:
        if not box.label.strip():
            kind = "scope " if box.kind == "folded" else "v"
            box.label = next(name for n in itertools.chain([box.number], free) if (name := f"{kind}{n}") not in taken)
