"""Decides which steps share a box in the picture of a branch, so that even a large program can be seen at a glance.

A branch is one of the recorded lists of operations that make up a program. A step is one operation, or several
operations that are computed together.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import reduce
from heapq import heapify, heappop, heappush
from operator import or_
from typing import NamedTuple

from .flow import DOTS, MAP, PRODUCTS, Step

FEW = 16  # a picture with at most this number of boxes is left unchanged


class Leaves(NamedTuple):
    """All inputs, or all parameters, that exactly the steps in `readers` read."""

    is_input: bool
    readers: tuple[int, ...]


Below = Sequence[set[int | Leaves]]


class Boxes(NamedTuple):
    """Boxes in topological order. `below` holds the boxes and leaves that each box reads; `steps` holds its steps."""

    below: Below
    steps: Sequence[Sequence[int]]


def merged(steps: Sequence[Step], below: Below) -> list[int]:
    """Return the number of each step's box.

    If there are more than FEW steps, a step that applies an operation (such as an activation function) to each result
    of another step joins that step's box, and a chain of steps with single results becomes one box.

    Args:
        below: For each step, the earlier steps (by number) and the leaves that it reads.
    """
    boxes = Boxes(below, [[i] for i in range(len(steps))])
    if len(steps) > FEW:
        boxes = _contracted(boxes, _joined(below, lambda i, x, others: _joins(steps, i, x, others))) or boxes
    return _numbers(boxes, len(steps))


def gathered(steps: Sequence[Step], below: Below) -> list[int]:
    """Return the number of each step's box in a large program, whose steps have been taken apart into single results.

    Steps of the same kind that read the same parameters share a box, since they are one layer that is used several
    times. Then boxes that read the same boxes and the same kinds of leaves are merged, and a box joins one of the boxes
    that it reads, unless it also reads something new. So a new box begins where parameters or inputs enter the
    computation.
    """
    boxes = Boxes(below, [[i] for i in range(len(steps))])
    boxes = _contracted(boxes, _sharing(steps, below)) or boxes
    for _ in range(2):
        boxes = _contracted(boxes, _reading_alike(boxes.below)) or boxes
        boxes = _contracted(boxes, _joined(boxes.below, lambda i, x, others: True)) or boxes
    return _numbers(boxes, len(steps))


def _numbers(boxes: Boxes, count: int) -> list[int]:
    found = [0] * count
    for box, members in enumerate(boxes.steps):
        for i in members:
            found[i] = box
    return found


def _contracted(boxes: Boxes, into: Sequence[Hashable]) -> Boxes | None:
    """Merge the boxes that have equal entries in `into`; return None if merged boxes would form a cycle."""
    groups: dict[Hashable, int] = {}
    group = [groups.setdefault(key, len(groups)) for key in into]
    below: list[set[int | Leaves]] = [set() for _ in groups]
    steps: list[list[int]] = [[] for _ in groups]
    for i, found in enumerate(boxes.below):
        below[group[i]].update(x if isinstance(x, Leaves) else group[x] for x in found)
        steps[group[i]] += boxes.steps[i]
    waits = [{x for x in found if not isinstance(x, Leaves) and x != i} for i, found in enumerate(below)]
    readers: list[list[int]] = [[] for _ in groups]
    for i, boxes_read in enumerate(waits):
        for x in boxes_read:
            readers[x].append(i)
    left = [len(found) for found in waits]
    ready = [i for i, n in enumerate(left) if not n]
    heapify(ready)
    place: dict[int, int] = {}
    while ready:
        i = heappop(ready)
        place[i] = len(place)
        for x in readers[i]:
            left[x] -= 1
            if not left[x]:
                heappush(ready, x)
    if len(place) < len(groups):
        return None
    kept = [{x if isinstance(x, Leaves) else place[x] for x in below[i] if x != i} for i in place]
    return Boxes(kept, [sorted(steps[i]) for i in place])


def _joins(steps: Sequence[Step], i: int, x: int, others: int) -> bool:
    """Return whether step `i`, which reads `others` boxes and leaves besides step `x`, joins the box of step `x`."""
    step = steps[i]
    if step.kind in (MAP, PRODUCTS) and not others:
        return step.results > 1 or steps[x].results == 1
    return step.results == 1 and steps[x].results == 1 and step.kind in (MAP, PRODUCTS, DOTS)


def _joined(below: Below, joins: Callable[[int, int, int], bool]) -> list[int]:
    """Let each box join the latest box that it reads and may join; return, for each box, the box that it is now in.

    Box B may join box A if `joins` permits it, if A reads every leaf that B reads, and if A is computed from all the
    other boxes that B reads. So merging the boxes cannot form a cycle.
    """
    into: list[int] = []
    leaves: dict[int, set[Leaves]] = {}
    above: dict[int, int] = {}  # the boxes from which each box is computed, as a bit mask
    for i, found in enumerate(below):
        read = {into[x] for x in found if not isinstance(x, Leaves)}
        outside = {x for x in found if isinstance(x, Leaves)}
        bits = sum(1 << x for x in read)
        box = i
        for x in sorted(read, reverse=True):
            new = bits & ~(above[x] | 1 << x)
            if not new and outside <= leaves[x] and joins(i, x, len(read) - 1 + len(outside)):
                box = x
                break
        into.append(box)
        if box == i:
            leaves[i], above[i] = outside, reduce(or_, (above[x] for x in read), bits)
    return into


def _sharing(steps: Sequence[Step], below: Below) -> list[Hashable]:
    """Let steps of the same kind that read the same parameters share a box."""
    into: list[Hashable] = []
    for i, found in enumerate(below):
        parameters = frozenset(x for x in found if isinstance(x, Leaves) and not x.is_input)
        into.append((steps[i].kind, steps[i].row, parameters) if parameters else i)
    return into


def _reading_alike(below: Below) -> list[Hashable]:
    """Let boxes that read the same boxes, and the same kinds of leaves, share a box."""
    into: list[Hashable] = []
    numbers: dict[Hashable, int] = {}
    for found in below:
        position = frozenset(("leaf", x.is_input) if isinstance(x, Leaves) else into[x] for x in found)
        into.append(numbers.setdefault(position, len(numbers)))
    return into
