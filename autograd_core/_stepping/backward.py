"""The steps of the backward sweep through a picture, edge by edge, in sorted or unsorted order.

A box shows a node or, if it is a folded box, a whole scope (a named group of nodes). In sorted order, a box passes its
gradient on only when the gradient is complete; in unsorted order, as soon as anything has arrived.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from .._drawing.boxes import Box, Edge
from .._drawing.picture import measured
from .._drawing.texts import counted
from ..value import Value
from .lines import MOST_LISTED, Equal, Line, Piece, Undetermined, Wrong, line
from .replay import Replay
from .scene import COMPLETE, INSIDE, WRONG, Scene, Step, group_of, node_of, slope


@dataclass(frozen=True, slots=True)
class Sent:
    """Where the tape (`replay.py`) holds the numbers of one contribution.

    The fields are the slots of the contribution, of its two factors, and of the operand's gradient before and after the
    addition.
    """

    local: int
    upstream: int
    contribution: int
    before: int | None
    total: int


class Sweep:
    """The backward steps of one epoch, which is one forward pass, backward sweep and update."""

    def __init__(self, scene: Scene, replay: Replay, epoch: int) -> None:
        self.scene = scene
        self.replay = replay
        self.epoch = epoch
        self.remaining = dict(scene.uses)  # for each box, how many edges have yet to send a contribution to it
        self.due: dict[Value, int] = {}  # the correct gradients of leaves whose computed gradients may be wrong
        replay.start()

    def _seeds(self) -> Iterator[Step]:
        boxes = dict.fromkeys(self.scene.picture.box(root) for root in self.scene.roots)
        start = "the output" if len(boxes) == 1 else "all the outputs, as if from their sum"
        for root in boxes:
            name, complete = root.short, not self.remaining[root]
            text = f"{self.scene.gradient(root)} = ∂{name}/∂{name} = 1: the sweep starts from {start}"
            step = self.scene.step("seed", self.epoch, (text,), [root.id])
            if complete:
                step.states[root.id] = "complete"
            if root.node is not None:
                step.marks[f"{root.id}:g"] = (f"grad 1 {COMPLETE}" if complete else "grad 1",)
            yield step

    def sorted(self) -> Iterator[Step]:
        """Yield the steps edge by edge, in sorted order: every gradient is complete before it is passed on."""
        yield from self._seeds()
        for box in reversed(self.scene.picture.boxes):
            for _, step in self._passed_on(box):
                yield step
        yield self._result()

    def _passed_on(self, box: Box) -> Iterator[tuple[list[Box], Step]]:
        """Yield each step in which a box passes its gradient on, as (receiving boxes, step); a leaf yields none."""
        incoming = [edge for edge in self.scene.incoming[box] if edge.source.group is not None]
        if box.kind == "folded":
            for edge in incoming:
                self.remaining[edge.source] -= 1
            yield [edge.source for edge in incoming], self._through(box, incoming)
            return
        for edge in incoming:
            self.remaining[edge.source] -= 1
            yield [edge.source], self._along(edge, not self.remaining[edge.source])

    def _along(self, edge: Edge, complete: bool) -> Step:
        """Return the step in which one edge's contribution is sent."""
        sent = self._send(edge)
        if edge.more and edge.source.kind == "folded":
            return self._into(edge, sent.upstream, complete)
        operand = edge.source
        focus = [edge.id, operand.id, edge.target.id]
        step = self.scene.step("edge", self.epoch, self._chain_rule(edge, sent), focus)
        step.states[edge.id] = "sent"
        if complete:
            step.states[operand.id] = "complete"
        step.marks[edge.id] = line(
            slope(sent.local), " × ", slope(sent.upstream, signed=True), " = ", slope(sent.contribution)
        )
        if operand.node is not None:
            step.marks[f"{operand.id}:g"] = _gradient(sent.total, complete)
        return step

    def _send(self, edge: Edge) -> Sent:
        """Send the contributions along all the graph edges that a drawn edge represents.

        Return the slots for the drawn edge itself.
        """
        node, x = node_of(edge.target), node_of(edge.source)
        before = self.replay.adjoint.get(x)
        zero = self.replay.tape.constant(0.0)
        carried = (zero, zero, zero)
        for member, index in self._underlying(edge):
            sent = self.replay.send(member, index)
            if member is node and index == edge.index:
                carried = sent
        return Sent(*carried, before, self.replay.gradient(x))

    def _chain_rule(self, edge: Edge, sent: Sent) -> Line:
        """Return the text of an edge's step: the product in symbols, as a formula and in numbers, then the new sum."""
        result, operand = edge.target, edge.source
        gradient = self.scene.gradient(operand)
        upstream = line("·", slope(sent.upstream, signed=True))
        worked = [line(f"∂{result.short}/∂{operand.short}·{self.scene.gradient(result)}")]
        formula = self.scene.formulas(node_of(result), edge.index, self.scene.names(result), result.short)
        if formula and not _is_number(formula):
            worked.append(line(_bracketed(formula), upstream))
        worked += [line(slope(sent.local), upstream), slope(sent.contribution)]
        text = line(
            f"{self.scene.where(result, operand)}{gradient} += ", Equal(tuple(worked)),
            Undetermined(sent.local, sent.upstream, sent.contribution),
        )  # fmt: skip  # keeps words next to their numbers
        if operand.node is None:
            return text
        if edge.more or result.more:
            return line(text, f", and the same for every repeat of this edge ⇒ {gradient} = ", slope(sent.total))
        if sent.before is None:
            return line(text, f" ⇒ {gradient} = ", slope(sent.total))
        added = line(slope(sent.before), " + ", slope(sent.contribution, signed=True))
        return line(text, f" ⇒ {gradient} = ", added, " = ", slope(sent.total))

    def _into(self, edge: Edge, upstream: int, complete: bool) -> Step:
        """Return the step in which a gradient is sent along several edges at once into a folded scope."""
        text = line(
            f"{self.scene.where(edge.target)}{self.scene.gradient(edge.target)} = ", slope(upstream),
            f" goes back along {edge.more + 1} edges into {edge.source.short}",
        )  # fmt: skip  # keeps words next to their numbers
        step = self.scene.step("edge", self.epoch, text, [edge.id, edge.source.id, edge.target.id])
        step.states = {edge.id: "sent"} | ({edge.source.id: "complete"} if complete else {})
        return step

    def _underlying(self, edge: Edge) -> list[tuple[Value, int]]:
        """Return the graph edges that a drawn edge represents, in the order of the sweep."""
        if not edge.more and not edge.target.more:
            return [(node_of(edge.target), edge.index)]
        return [
            (node, index)
            for node in reversed(self.scene.members[edge.target])
            for index, x in enumerate(node.operands)
            if type(x) is Value and self.scene.picture.box(x) in (edge.source, edge.target)
        ]

    def _through(self, box: Box, incoming: Sequence[Edge]) -> Step:
        """Return the step in which a folded scope passes its gradient on, along all its edges at once."""
        for node in reversed(self.scene.members[box]):
            for index, x in enumerate(node.operands):
                if type(x) is Value:
                    self.replay.send(node, index)
        nodes = measured(group_of(box))
        norm = slope(self.replay.tape.norm([self.replay.gradient(node) for node in nodes]))
        below = ", ".join(dict.fromkeys(edge.source.short for edge in incoming[:MOST_LISTED]))
        to = f" to {below}" if below else ""
        what = counted(nodes, "parameter") if nodes and nodes[0].is_leaf else "results"
        name = f"{self.scene.where(box)}{box.short}"
        text = line(f"{name} passes the gradient back{to}: ‖grad‖ of its {what} = ", norm)
        step = self.scene.step("scope", self.epoch, text, [box.id])
        for edge in incoming:
            source, complete = edge.source, not self.remaining[edge.source]
            step.focus += [edge.id, source.id]
            step.states[edge.id] = "sent"
            if source.node is not None:
                step.marks[f"{source.id}:g"] = _gradient(self.replay.gradient(source.node), complete)
            if complete:
                step.states[source.id] = "complete"
        step.marks[f"{box.id}:g"] = line("‖grad‖ ", norm, f" {COMPLETE}")
        return step

    def _result(self) -> Step:
        def written(box: Box) -> Line:
            return line(f"{self.scene.gradient(box)} = ", slope(self.replay.gradient(node_of(box))))

        listed = self.scene.listed(self.scene.leaves, written)
        text = line("Every gradient is complete", line(": ", listed) if listed else f", including those {INSIDE}")
        return self.scene.step("result", self.epoch, text, [box.id for box in self.scene.leaves])

    def eager(self) -> Iterator[Step]:
        """Yield the steps in unsorted order: every box passes its gradient on once, as soon as anything has arrived.

        Further contributions may arrive too late; sorting prevents this mistake.
        """
        yield from self._seeds()
        numbered = {box.number: box for box in self.scene.picture.boxes}
        queued = {self.scene.picture.box(root) for root in self.scene.roots}
        waiting = sorted((False, root.number) for root in queued)
        sent, wrong = set[Box](), set[Box]()
        while waiting:
            box = numbered[heappop(waiting)[1]]
            missing = self.remaining[box]
            sent.add(box)
            if missing:
                wrong.add(box)
            for operands, step in self._passed_on(box):
                if box in wrong:
                    wrong.update(operands)
                if missing:
                    edges = "1 edge is" if missing == 1 else f"{missing} edges are"
                    step.say(f"; but grad({box.short}) is incomplete: {edges} still to come")
                if late := [operand.short for operand in operands if operand in sent]:
                    passed = "has passed its gradient" if len(late) == 1 else "have passed their gradients"
                    step.say(f"; too late: {', '.join(late)} {passed} on without this")
                for operand in operands:
                    if operand not in queued:
                        queued.add(operand)
                        only_leaves = all(node.is_leaf for node in self.scene.members[operand])
                        heappush(waiting, (only_leaves, operand.number))  # leaves, which pass nothing on, come last
                for about in (box, *operands):
                    if about in wrong:
                        step.states[about.id] = "wrong"
                        if mark := step.marks.get(f"{about.id}:g"):
                            step.marks[f"{about.id}:g"] = line(*(_marked_wrong(piece) for piece in mark))
                yield step
        yield self._compared(wrong)

    def _compared(self, suspects: Collection[Box]) -> Step:
        """Return the step that compares the leaves' gradients with the correct ones; only `suspects` can be wrong."""
        got = self.replay
        right = got.swept() if suspects else {}
        found = []
        for box in self.scene.picture.boxes:
            leaves = [node for node in self.scene.members.get(box, ()) if node.is_leaf]
            if box not in suspects or not leaves:
                continue
            self.due |= {node: right[node] for node in leaves}
            if box.kind == "folded":
                what = f"‖grad‖ of the leaves in {box.short}"
                came = got.tape.norm([got.gradient(node) for node in leaves])
                due = got.tape.norm([right[node] for node in leaves])
            else:
                what, came, due = self.scene.gradient(box), got.gradient(leaves[0]), right[leaves[0]]
            found.append((line(f"{self.scene.where(box)}{what}"), came, due))
        text = "In this graph, even the unsorted order yields the correct gradients: nothing came too late"
        line_ = line(Wrong(tuple(found), text)) if found else (text,)
        return self.scene.step("result", self.epoch, line_, [box.id for box in self.scene.leaves])


def _gradient(slot: int, complete: bool) -> Line:
    return line("grad ", slope(slot), f" {COMPLETE}" if complete else "")


def _marked_wrong(piece: Piece) -> Piece:
    return piece.replace(COMPLETE, WRONG) if isinstance(piece, str) else piece


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _bracketed(formula: str) -> str:
    """Return a formula as a factor: in brackets unless it is a single name or number."""
    return formula if formula.replace("_", "").replace("#", "").isalnum() else f"({formula})"
