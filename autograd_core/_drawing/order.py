"""The order of boxes within a rank, and the colours that make crossing edges easier to follow.

A rank is a column of boxes or, if the picture is drawn from top to bottom, a row. A frame is the outline drawn around
the boxes of a scope (a named group of nodes, such as a neuron). A folded scope is drawn as a single box.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from .boxes import Box, Edge
from .groups import Path
from .palette import SOURCES
from .picture import Picture

MANY = 3


def layered(picture: Picture) -> bool:
    """Return whether edges lead from one box into several numbered frames, such as those of the neurons of a layer."""
    seen: set[tuple[Box, Path, str]] = set()
    for source, frame in {(edge.source, frame) for edge in picture.edges for frame in _entered(edge)}:
        name = str(frame[-1].name)
        stem = (source, frame[:-1], name.rstrip("0123456789"))
        if stem[2] != name and stem in seen:
            return True
        seen.add(stem)
    return False


def _entered(edge: Edge) -> list[Path]:
    """Return the frames around an edge's target that are not around its source."""
    path = edge.target.path
    return [path[: depth + 1] for depth in range(len(path)) if path[depth] not in edge.source.path]


def in_order(boxes: Sequence[Box]) -> list[Box]:
    """Return the boxes, with the folded scopes in each frame ordered by name: neuron 2 comes before neuron 10."""
    order = list(boxes)
    frames: dict[Path, list[int]] = {}
    for place, box in enumerate(boxes):
        if box.kind == "folded":
            frames.setdefault(box.path, []).append(place)
    for places in frames.values():
        named = sorted((boxes[place] for place in places), key=_natural)
        for place, box in zip(places, named, strict=True):
            order[place] = box
    return order


def ties(picture: Picture) -> dict[int, str]:
    """Return invisible edges that keep similar folded scopes, such as the neurons of a layer, in order.

    Each edge, a line of DOT source, connects two successive folded scopes that are in the same frame and have the same
    operands. The lines are keyed by the number of the second box. Without these edges, newer versions of Graphviz
    reverse the scopes in left-to-right drawings, and older versions reverse them in top-to-bottom drawings.
    """
    reads: dict[Box, set[Box]] = {}
    for edge in picture.edges:
        if edge.source.kind != "constant":
            reads.setdefault(edge.target, set()).add(edge.source)
    ties: dict[int, str] = {}
    last: dict[tuple[Path, frozenset[Box]], Box] = {}
    for box in in_order(picture.boxes):
        if box.kind == "folded" and box in reads:
            alike = (box.path, frozenset(reads[box]))
            if alike in last:
                pair = (last[alike].number, box.number)
                first, second = reversed(pair) if picture.options.direction == "LR" else pair
                ties[box.number] = f"{{ rank=same {first} -> {second} [style=invis] }}\n"
            last[alike] = box
    return ties


def _natural(box: Box) -> list[str | int]:
    return [int(part) if i % 2 else part for i, part in enumerate(re.split(r"(\d+)", box.name))]


def hues(picture: Picture) -> dict[Box, int]:
    """Return, for each box that at least MANY edges leave, the index of a colour for those edges."""
    often = Counter(edge.source for edge in picture.edges if edge.source.kind != "constant")
    many = (box for box in in_order(picture.boxes) if often[box] >= MANY)
    return {box: i % len(SOURCES) for i, box in enumerate(many)}
