"""What every kind of step needs to know of a picture, and the step itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..errors import GraphError
from ..graph import toposort
from ..value import Value
from .fold import Group
from .formulas import Formulas
from .picture import Box, Picture
from .texts import number, short

COMPLETE, WRONG = "✓", "✗"
MOST_LISTED = 8


@dataclass(slots=True)
class Step:
    """One step: its line, the elements it is about, and the texts and states it sets, by id.

    Texts are named by the id of an edge, or of a node with ":d" for its data and ":g" for its gradient.
    """

    kind: str
    epoch: int
    text: str
    focus: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)


class Scene:
    """A picture with what its steps look up: its leaves, how often each box is read, every node of a box.

    Raises GraphError where folded scopes read from each other in a circle.
    """

    def __init__(self, picture: Picture, root: Value) -> None:
        self.picture = picture
        self.root = picture.box(root)
        self.order = toposort(root)
        self.leaves = [box for box in picture.boxes if box.node is not None and box.node.is_leaf]
        self.precision = picture.options.precision
        self.formulas = Formulas(self.precision)
        self.members: dict[Box, list[Value]] = {}
        for node in self.order:
            self.members.setdefault(picture.box(node), []).append(node)
        self.incoming = picture.incoming
        self.uses: dict[Box, int] = dict.fromkeys(picture.boxes, 0)
        place = {box: i for i, box in enumerate(picture.boxes)}
        for edge in picture.edges:
            if place[edge.source] > place[edge.target]:
                raise GraphError(
                    f"the folded scopes {edge.source.name!r} and {edge.target.name!r} read from each other, so there "
                    "is no order to step through them in: fold at another depth, or not at all"
                )
            self.uses[edge.source] += 1

    def number(self, x: float) -> str:
        """A number as the picture writes it."""
        return number(x, self.precision)

    def partial(self, of: Box) -> str:
        """The gradient of a box, as a symbol."""
        return f"∂{short(self.root.name)}/∂{short(of.name)}"

    def names(self, box: Box) -> list[str]:
        """The names of a node's operands, in order, those too whose edge another stands for."""
        names = {edge.index: short(edge.source.name) for edge in self.incoming[box]}
        for index, x in enumerate(node_of(box).operands):
            if index not in names and type(x) is Value:
                names[index] = short(self.picture.box(x).name)
        return [names[index] for index in sorted(names)]


def cut(listed: Sequence[str]) -> list[str]:
    """A list short enough to read, with how many are left out."""
    left_out = len(listed) - MOST_LISTED
    return [*listed[:MOST_LISTED], *([f"… {left_out} more"] if left_out > 0 else [])]


def node_of(box: Box) -> Value:
    """The node of a box that is known to stand for one."""
    return group_of(box).nodes[0]


def group_of(box: Box) -> Group:
    """The group of a box that is known to be no constant."""
    if box.group is None:
        raise TypeError("a constant stands for no node")
    return box.group
