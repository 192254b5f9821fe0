"""The classes Step and Scene; a Scene holds the facts about a picture that all kinds of steps need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from .._drawing.boxes import Box
from .._drawing.groups import Graph, Group
from .._drawing.picture import Picture
from .._drawing.texts import short
from ..value import Value
from .formulas import Formulas
from .lines import MOST_LISTED, Filling, Line, Number, left_out, line
from .replay import Tape

COMPLETE, WRONG = "✓", "✗"
MOST_SCOPES = 3
INSIDE = "inside the folded boxes"


@dataclass(slots=True)
class Step:
    """One step: its line of text, the ids of the elements that it concerns, and the texts and states that it sets.

    The states are keyed by the id of an edge or a node. The texts are keyed by the id of an edge, or by that of a node
    followed by ":d" for the node's data or ":g" for its gradient.
    """

    kind: str
    epoch: int
    line: Line
    focus: list[str]
    marks: dict[str, Line]
    states: dict[str, str]
    filling: Filling = field(repr=False, compare=False)

    @property
    def text(self) -> str:
        """The line with its numbers filled in."""
        return self.filling(self.line)

    @property
    def texts(self) -> dict[str, str]:
        """The texts that the step sets, with their numbers filled in."""
        return {name: self.filling(mark) for name, mark in self.marks.items()}

    def say(self, *parts: str | Line) -> None:
        """Add parts to the line."""
        self.line = line(self.line, *parts)


class Scene:
    """A picture with the data that its steps need: the leaves, each box's nodes, and how many edges leave each box."""

    def __init__(self, picture: Picture, graph: Graph) -> None:
        self.picture = picture
        self.order, self.roots = graph.order, graph.roots
        self.leaves = [box for box in picture.boxes if box.node is not None and box.node.is_leaf]
        self.tape = Tape()
        self.filling = Filling(self.tape.numbers, picture.options.precision)
        self.formulas = Formulas(picture.options.precision)
        self.members: dict[Box, list[Value]] = {}
        for node in self.order:
            self.members.setdefault(picture.box(node), []).append(node)
        self.incoming = picture.incoming
        self.places = _places([box for box in picture.boxes if box.group is not None])
        self.uses: dict[Box, int] = dict.fromkeys(picture.boxes, 0)
        for edge in picture.edges:
            self.uses[edge.source] += 1

    def step(self, kind: str, epoch: int, text: Line, focus: Iterable[str] = ()) -> Step:
        """Return a step that does not set anything yet."""
        return Step(kind, epoch, text, list(focus), {}, {}, self.filling)

    def gradient(self, of: Box) -> str:
        """Return the symbol for a box's gradient, ∂root/∂box: one that cannot be mistaken for a local derivative."""
        return f"grad({of.short})"

    def where(self, *boxes: Box) -> str:
        """Return a line's prefix: the scopes of the boxes whose labels are ambiguous, or "" if no label is."""
        places = dict.fromkeys(place for box in boxes if (place := self.places.get(box)))
        return f"{' → '.join(places)}: " if places else ""

    def listed(self, boxes: Sequence[Box], written: Callable[[Box], Line]) -> Line:
        """List what `written` returns for each box, with scopes where needed, cut to a readable length."""
        text, last = line(), ""
        for box in boxes[:MOST_LISTED]:
            place = self.where(box)
            between = "" if not text else ", " if place == last else "; "
            text = line(text, between + (place if place != last else ""), written(box))
            last = place
        more = left_out(len(boxes))
        return line(text, f", {more[0]}") if more else text

    def names(self, box: Box) -> list[str]:
        """Return the names of a node's operands in order, even those of operands that share an edge."""
        names = {edge.index: edge.source.short for edge in self.incoming[box]}
        for index, x in enumerate(node_of(box).operands):
            if index not in names and type(x) is Value:
                names[index] = self.picture.box(x).short
        return [names[index] for index in sorted(names)]


def _places(boxes: Sequence[Box]) -> dict[Box, str]:
    """Return, for boxes that share a label, the innermost scopes (at most MOST_SCOPES) that tell the boxes apart."""
    alike: dict[str, list[Box]] = {}
    for box in boxes:
        alike.setdefault(short(box.label), []).append(box)
    places: dict[Box, str] = {}
    for group in alike.values():
        depth = 0
        while len(group) > 1 and depth < MOST_SCOPES:
            depth += 1
            found = {box: " / ".join(short(str(place.name)) for place in box.path[-depth:]) for box in group}
            if len(set(found.values())) == len(group) or depth == MOST_SCOPES:
                places |= found
                break
    return places


def slope(slot: int, *, signed: bool = False) -> Line:
    """Return the line for the derivative in a slot; a zero is written without a sign."""
    return (Number(slot, signed, slope=True),)


def node_of(box: Box) -> Value:
    """Return the node of a box that is known to represent a node."""
    return group_of(box).nodes[0]


def group_of(box: Box) -> Group:
    """Return the group of a box that is known not to be a constant."""
    if box.group is None:
        raise TypeError("a constant does not represent a node")
    return box.group
