"""What every kind of step needs to know of a picture, and the step itself."""

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
    """One step: its line, the elements it is about, and the texts and states it sets, by id.

    Texts are named by the id of an edge, or of a node with ":d" for its data and ":g" for its gradient.
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
        """The line, with its numbers."""
        return self.filling(self.line)

    @property
    def texts(self) -> dict[str, str]:
        """The texts it sets, with their numbers."""
        return {name: self.filling(mark) for name, mark in self.marks.items()}

    def say(self, *parts: str | Line) -> None:
        """Add to the line."""
        self.line = line(self.line, *parts)


class Scene:
    """A picture with what its steps look up: its leaves, how often each box is read, every node of a box."""

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
        """A step that sets nothing yet."""
        return Step(kind, epoch, text, list(focus), {}, {}, self.filling)

    def gradient(self, of: Box) -> str:
        """The gradient of a box, ∂root/∂box, as a symbol that no local derivative has."""
        return f"grad({of.short})"

    def where(self, *boxes: Box) -> str:
        """The scopes of boxes whose labels do not tell them apart, to stand before a line; empty for others."""
        places = dict.fromkeys(place for box in boxes if (place := self.places.get(box)))
        return f"{' → '.join(places)}: " if places else ""

    def listed(self, boxes: Sequence[Box], written: Callable[[Box], Line]) -> Line:
        """What is written of each box, with its scopes where they are needed, short enough to read."""
        text, last = line(), ""
        for box in boxes[:MOST_LISTED]:
            place = self.where(box)
            between = "" if not text else ", " if place == last else "; "
            text = line(text, between + (place if place != last else ""), written(box))
            last = place
        more = left_out(len(boxes))
        return line(text, f", {more[0]}") if more else text

    def names(self, box: Box) -> list[str]:
        """The names of a node's operands, in order, those too whose edge another stands for."""
        names = {edge.index: edge.source.short for edge in self.incoming[box]}
        for index, x in enumerate(node_of(box).operands):
            if index not in names and type(x) is Value:
                names[index] = self.picture.box(x).short
        return [names[index] for index in sorted(names)]


def _places(boxes: Sequence[Box]) -> dict[Box, str]:
    """For boxes that share their label, the innermost scopes that tell them apart, or as many as are named."""
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
    """A derivative: where it is zero, without a sign."""
    return (Number(slot, signed, slope=True),)


def node_of(box: Box) -> Value:
    """The node of a box that is known to stand for one."""
    return group_of(box).nodes[0]


def group_of(box: Box) -> Group:
    """The group of a box that is known to be no constant."""
    if box.group is None:
        raise TypeError("a constant stands for no node")
    return box.group
