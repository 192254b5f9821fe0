"""A picture of a branch: boxes for its leaves, for the steps in which it is replayed, and for its guards.

A branch is one of the recorded lists of operations that make up a program. Its guards are the questions, such as
comparisons, whose answers decide that this branch is taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .._drawing.texts import short
from .branches import Branch
from .flow import Flow, apart, flow_of
from .guards import Guard
from .merging import Leaves, gathered, merged
from .words import Names, contents, formula

# If there are at most ALONE leaves, each leaf has its own box. If there are more than MOST_STEPS steps, all steps share
# one box. There are rarely so many steps with the C player; without it, each operation is a step.
ALONE, MOST_STEPS = 8, 2000
# If there are more than SOME boxes, single results are grouped instead of steps, unless there are more than
# MOST_RESULTS results.
SOME, MOST_RESULTS = 20, 30_000
SIGNS = {"lt": "<", "le": "≤", "gt": ">", "ge": "≥", "eq": "=", "ne": "≠"}


@dataclass(eq=False)
class Part:
    """One box. `reads` holds, for each other box that this box reads, how many numbers it reads from that box.

    `root` is True if one of the branch's outputs is in this box.
    """

    kind: str
    lines: list[str]
    root: bool = False
    reads: dict[Part, int] = field(default_factory=dict)


class Picture:
    """The boxes of one branch, in `parts`: first the leaves, then the steps, then the guards.

    Args:
        branch: The branch to draw.
        fast: Whether the branch belongs to a fast program.
        precision: The number of digits with which constants are shown.
        most: The maximum number of boxes for steps; if more would be needed, all steps share one box.
    """

    def __init__(self, branch: Branch, fast: bool, precision: int, most: int) -> None:
        self.branch, self.listing = branch, branch.listing
        self.flow: Flow = flow_of(self.listing, fast)
        self.names = Names(self.flow, self._labels(), precision)
        self.reads = [dict.fromkeys(step.reads()) for step in self.flow.steps]
        count = len(self.flow.steps)
        self.boxes = merged(self.flow.steps, self._below()) if count <= MOST_STEPS else [0] * count
        if count <= MOST_STEPS and len(set(self.boxes)) > SOME:
            self._take_apart(precision)
        if len(set(self.boxes)) > most:
            self.boxes = [0] * len(self.boxes)
        self.parts = self._parts()

    def _take_apart(self, precision: int) -> None:
        """Group single results instead of steps, because one step may contain parts of several layers."""
        single = apart(self.flow)
        if len(single.steps) > MOST_RESULTS:
            return
        self.flow, self.names = single, Names(single, self.names.labels, precision)
        self.reads = [dict.fromkeys(step.reads()) for step in single.steps]
        self.boxes = gathered(single.steps, self._below())

    def _labels(self) -> list[str]:
        """Return the names of the leaves."""
        inputs = [f"x{i}" for i in range(self.listing.inputs)]
        return inputs + [short(node.label or f"w{i}") for i, node in enumerate(self.branch.parameters)]

    def _below(self) -> list[set[int | Leaves]]:
        """Return the steps and leaves that each step reads, in the form that `merged` takes."""
        readers: dict[int, list[int]] = {}
        for i, cells in enumerate(self.reads):
            for cell in cells:
                if (slot := self.names.slots.get(cell)) is not None:
                    readers.setdefault(slot, []).append(i)
        groups = {slot: Leaves(slot < self.listing.inputs, tuple(found)) for slot, found in readers.items()}
        owners, slots = self.names.owners, self.names.slots
        return [
            {owners[x] if x in owners else groups[slots[x]] for x in cells if x in owners or x in slots}
            for cells in self.reads
        ]

    def _parts(self) -> list[Part]:
        by_box = {box: Part("", []) for box in self.boxes}
        for box, part in by_box.items():
            self._describe(part, [i for i, other in enumerate(self.boxes) if other == box])
        guards = self._guards()
        cells: dict[Part, dict[int, None]] = {part: {} for part in by_box.values()}
        for i, read in enumerate(self.reads):
            cells[by_box[self.boxes[i]]].update(read)
        cells |= {part: dict.fromkeys(read) for part, read in guards}
        leaves = self._leaves(cells)
        for part, read in cells.items():
            sources = Counter(self._source(cell, by_box, leaves) for cell in read)
            part.reads = {source: n for source, n in sources.items() if source is not None and source is not part}
        for cell in self.flow.outputs:
            if (source := self._source(cell, by_box, leaves)) is not None:
                source.root = True
        return [*dict.fromkeys(leaves.values()), *cells]

    def _source(self, cell: int, by_box: dict[int, Part], leaves: dict[int, Part]) -> Part | None:
        """Return the box from which a cell's number comes, or None if the number is a constant."""
        if cell in self.names.owners:
            return by_box[self.boxes[self.names.owners[cell]]]
        return leaves.get(self.names.slots.get(cell, -1))

    def _describe(self, part: Part, members: Sequence[int]) -> None:
        """Set the lines and the kind of a box, given the steps in it."""
        steps = [self.flow.steps[i] for i in members]
        if len(set(self.boxes)) == len(self.boxes):
            part.lines = [formula(steps[0], members[0], self.names)]
        else:
            part.lines = contents(steps)
        part.kind = "computed" if len(steps) == 1 and steps[0].results == 1 else "folded"
        if len(steps) > 1 and len(steps) == len(self.boxes):
            part.lines.insert(0, f"{len(steps):,} steps")

    def _leaves(self, cells: dict[Part, dict[int, None]]) -> dict[int, Part]:
        """Return the box of each leaf; the keys are the slots of the leaves.

        Leaves that are read by the same boxes share a box, unless there are only a few leaves.
        """
        readers: dict[int, list[Part]] = {slot: [] for slot in map(self._slot, self.flow.outputs) if slot is not None}
        for part, read in cells.items():
            for slot in map(self._slot, read):
                if slot is not None:
                    readers.setdefault(slot, []).append(part)
        groups: dict[Hashable, list[int]] = {}
        few = len(readers) <= ALONE
        for slot in sorted(readers):
            key: Hashable = slot if few else (slot < self.listing.inputs, frozenset(readers[slot]))
            groups.setdefault(key, []).append(slot)
        found: dict[int, Part] = {}
        for group in groups.values():
            kind = "input" if group[0] < self.listing.inputs else "parameter"
            found |= dict.fromkeys(group, Part(kind, self._leaf_lines(group, kind)))
        return found

    def _slot(self, cell: int) -> int | None:
        return self.names.slots.get(cell)

    def _leaf_lines(self, group: Sequence[int], kind: str) -> list[str]:
        names = [self.names.labels[slot] for slot in group]
        if len(group) == 1:
            return names
        different = list(dict.fromkeys(names))  # several neurons may use the same labels
        shown = f"{names[0]} … {names[-1]}" if len(different) == len(names) else ", ".join(different[:3])
        more = ", …" if len(names) > len(different) > 3 else ""
        return [f"{len(group):,} {kind}s", shown + more]

    def _guards(self) -> list[tuple[Part, Iterable[int]]]:
        """Return the boxes of the guards, each with the cells that it reads.

        Guards of the same kind that ask about numbers from the same boxes share a box.
        """
        groups: dict[Hashable, list[int]] = {}
        for i, guard in enumerate(self.listing.guards):
            sources = {self._place(cell) for cell in self._asked(i)}
            groups.setdefault((guard.kind, frozenset(sources)), []).append(i)
        found: list[tuple[Part, Iterable[int]]] = []
        for group in groups.values():
            guard = self.listing.guards[group[0]]
            text = self._question(guard, self._asked(group[0])) if len(group) == 1 else f"{len(group):,} × {guard.kind}"
            found.append((Part("guard", [text, "else another branch"]), [x for i in group for x in self._asked(i)]))
        return found

    def _asked(self, i: int) -> Sequence[int]:
        return self.flow.guards[2 * i : 2 * i + 2]

    def _place(self, cell: int) -> Hashable:
        """Return where a cell's number comes from, as a key for grouping guards."""
        owner = self.names.owners.get(cell)
        return ("leaf", cell in self.names.slots) if owner is None else self.boxes[owner]

    def _question(self, guard: Guard, cells: Sequence[int]) -> str:
        """Describe one guard in words."""
        named = self.is_named
        x, y = (self.names.of(cell) if named or cell not in self.names.owners else "·" for cell in cells)
        if guard.kind in SIGNS:
            return f"{x} {SIGNS[guard.kind]} {y}: {'yes' if guard.outcome else 'no'}"
        return f"{guard.kind}({x}) is {guard.outcome:g}"

    @cached_property
    def is_named(self) -> bool:
        """Whether each step has a separate box, which shows the step's name."""
        return len(set(self.boxes)) == len(self.boxes)
