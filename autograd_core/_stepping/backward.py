"""The sweep backward through a picture: edge by edge, sorted, and in an order that is not."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import cast

from .._drawing.boxes import Box, Edge
from .._drawing.picture import measured
from .._drawing.texts import counted, factor
from .._engine.nonfinite import meets
from ..value import Value
from .replay import Replay
from .scene import COMPLETE, INSIDE, MOST_LISTED, WRONG, Scene, Step, cut, group_of, node_of


@dataclass(frozen=True, slots=True)
class Sent:
    """What an edge carried to its operand, and the operand's gradient before and after."""

    local: float
    upstream: float
    contribution: float
    before: float | None
    total: float


class Sweep:
    """The backward steps of one epoch."""

    def __init__(self, scene: Scene, replay: Replay, epoch: int) -> None:
        self.scene = scene
        self.replay = replay
        self.epoch = epoch
        self.remaining = dict(scene.uses)  # of each box, how many edges its gradient still waits for
        self.due: dict[Value, float] = {}  # the right gradients of leaves that came out wrong
        replay.adjoint = {scene.order[-1]: 1.0}

    def _seed(self) -> Step:
        root = self.scene.root
        name = root.short
        text = f"{self.scene.gradient(root)} = ∂{name}/∂{name} = 1: the sweep starts from the output"
        step = Step("seed", self.epoch, text, [root.id])
        step.states[root.id] = "complete"
        if root.node is not None:
            step.texts[f"{root.id}:g"] = f"grad 1 {COMPLETE}"
        return step

    def sorted(self) -> Iterator[Step]:
        """Edge by edge in the order of the sweep: every gradient is complete before it is passed on."""
        yield self._seed()
        for box in reversed(self.scene.picture.boxes):
            for _, step in self._passed_on(box):
                yield step
        yield self._result()

    def _passed_on(self, box: Box) -> Iterator[tuple[list[Box], Step]]:
        """The steps in which a box passes its gradient on, each with the boxes that receive it: none from a leaf."""
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
        """The step in which one edge's contribution is sent."""
        sent = self._send(edge)
        if edge.more and edge.source.kind == "folded":
            return self._into(edge, sent.upstream, complete)
        operand = edge.source
        step = Step("edge", self.epoch, self._chain_rule(edge, sent), [edge.id, operand.id, edge.target.id])
        step.states[edge.id] = "sent"
        if complete:
            step.states[operand.id] = "complete"
        local, upstream, contribution = map(self.scene.number, (sent.local, sent.upstream, sent.contribution))
        step.texts[edge.id] = f"{local} × {factor(upstream)} = {contribution}"
        if operand.node is not None:
            total = self.scene.number(sent.total)
            step.texts[f"{operand.id}:g"] = f"grad {total} {COMPLETE}" if complete else f"grad {total}"
        return step

    def _send(self, edge: Edge) -> Sent:
        """Send along everything a drawn edge stands for, and return what its own edge carried."""
        node, x = node_of(edge.target), node_of(edge.source)
        before = self.replay.gradient(x)
        carried = (0.0, 0.0, 0.0)
        for member, index in self._underlying(edge):
            sent = self.replay.send(member, index)
            if member is node and index == edge.index:
                carried = sent
        return Sent(*carried, before, cast(float, self.replay.gradient(x)) if edge.source.node is not None else 0.0)

    def _chain_rule(self, edge: Edge, sent: Sent) -> str:
        """An edge's line: its factors as symbols, as a formula and as numbers, and the sum that they are added to."""
        result, operand = edge.target, edge.source
        gradient, number = self.scene.gradient(operand), self.scene.number
        local, upstream, contribution = map(number, (sent.local, sent.upstream, sent.contribution))
        factors = f"∂{result.short}/∂{operand.short}·{self.scene.gradient(result)}"
        worked = [factors, f"{local}·{factor(upstream)}", contribution]
        slope = self.scene.formulas(node_of(result), edge.index, self.scene.names(result), result.short)
        if slope and slope != local:
            worked.insert(1, f"{_bracketed(slope)}·{factor(upstream)}")
        line = f"{self.scene.where(result, operand)}{gradient} += {' = '.join(worked)}"
        if meets(sent.upstream, sent.local) and math.isnan(sent.contribution):
            line += " (0 times infinity is undetermined)"
        if operand.node is None:
            return line
        if edge.more or result.more:
            return f"{line}, and the like of all its repeats ⇒ {gradient} = {number(sent.total)}"
        if sent.before is None:
            return f"{line} ⇒ {gradient} = {number(sent.total)}"
        return f"{line} ⇒ {gradient} = {number(sent.before)} + {factor(contribution)} = {number(sent.total)}"

    def _into(self, edge: Edge, upstream: float, complete: bool) -> Step:
        """Several edges at once into a folded scope."""
        gradient = f"{self.scene.where(edge.target)}{self.scene.gradient(edge.target)} = {self.scene.number(upstream)}"
        text = f"{gradient} goes back along {edge.more + 1} edges into {edge.source.short}"
        step = Step("edge", self.epoch, text)
        step.focus = [edge.id, edge.source.id, edge.target.id]
        step.states = {edge.id: "sent"} | ({edge.source.id: "complete"} if complete else {})
        return step

    def _underlying(self, edge: Edge) -> list[tuple[Value, int]]:
        """The edges of the graph that a drawn edge stands for, in the order of the sweep."""
        if not edge.more and not edge.target.more:
            return [(node_of(edge.target), edge.index)]
        return [
            (node, index)
            for node in reversed(self.scene.members[edge.target])
            for index, x in enumerate(node.operands)
            if type(x) is Value and self.scene.picture.box(x) in (edge.source, edge.target)
        ]

    def _through(self, box: Box, incoming: Sequence[Edge]) -> Step:
        """A folded scope passes its gradient on, along all its edges at once."""
        step = Step("scope", self.epoch, "", [box.id])
        for node in reversed(self.scene.members[box]):
            for index, x in enumerate(node.operands):
                if type(x) is Value:
                    self.replay.send(node, index)
        for edge in incoming:
            source, complete = edge.source, not self.remaining[edge.source]
            step.focus += [edge.id, source.id]
            step.states[edge.id] = "sent"
            if source.node is not None:
                total = f"grad {self.scene.number(cast(float, self.replay.gradient(source.node)))}"
                step.texts[f"{source.id}:g"] = f"{total} {COMPLETE}" if complete else total
            if complete:
                step.states[source.id] = "complete"
        nodes = measured(group_of(box))
        norm = self.scene.number(math.hypot(*(self.replay.adjoint.get(node, 0.0) for node in nodes)))
        step.texts[f"{box.id}:g"] = f"‖grad‖ {norm} {COMPLETE}"
        below = ", ".join(dict.fromkeys(edge.source.short for edge in incoming[:MOST_LISTED]))
        to = f" to {below}" if below else ""
        what = counted(nodes, "parameter") if nodes and nodes[0].is_leaf else "results"
        name = f"{self.scene.where(box)}{box.short}"
        step.text = f"{name} passes the gradient back{to}: ‖grad‖ of its {what} = {norm}"
        return step

    def _result(self) -> Step:
        gradients = self.replay.adjoint
        listed = self.scene.listed(
            self.scene.leaves,
            lambda box: f"{self.scene.gradient(box)} = {self.scene.number(gradients.get(node_of(box), 0.0))}",
        )
        text = f"Every gradient is complete: {listed}" if listed else f"Every gradient is complete, {INSIDE}"
        return Step("result", self.epoch, text, [box.id for box in self.scene.leaves])

    def eager(self) -> Iterator[Step]:
        """Every box passes its gradient on once, as soon as anything has arrived: what sorting prevents."""
        root = self.scene.root
        yield self._seed()
        numbered = {box.number: box for box in self.scene.picture.boxes}
        waiting = [(False, root.number)]
        queued, sent, wrong = {root}, set[Box](), set[Box]()
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
                    step.text += f"; but grad({box.short}) is not complete, {missing} more to come"
                if late := [operand.short for operand in operands if operand in sent]:
                    passed = "has passed its gradient" if len(late) == 1 else "have passed their gradients"
                    step.text += f"; too late, {', '.join(late)} {passed} on without this"
                for operand in operands:
                    if operand not in queued:
                        queued.add(operand)
                        only_leaves = all(node.is_leaf for node in self.scene.members[operand])
                        heappush(waiting, (only_leaves, operand.number))  # leaves pass nothing on: they come last
                for about in (box, *operands):
                    if about in wrong:
                        step.states[about.id] = "wrong"
                        if text := step.texts.get(f"{about.id}:g"):
                            step.texts[f"{about.id}:g"] = text.replace(COMPLETE, WRONG)
                yield step
        yield self._compared(wrong)

    def _compared(self, suspects: Collection[Box]) -> Step:
        """The gradients of leaves beside the right ones; only those of `suspects` can differ."""
        got, right = self.replay.adjoint, self.replay.swept(self.scene.order[-1])
        wrong = []
        for box in self.scene.picture.boxes:
            if box not in suspects:
                continue
            leaves = [node for node in self.scene.members[box] if node.is_leaf]
            differing = [node for node in leaves if not _alike(got.get(node, 0.0), right[node])]
            if not differing:
                continue
            self.due |= {node: right[node] for node in differing}
            if box.kind == "folded":
                what = f"‖grad‖ of the leaves in {box.short}"
                came, due = (math.hypot(*(gradients.get(node, 0.0) for node in leaves)) for gradients in (got, right))
            else:
                what, came, due = self.scene.gradient(box), got.get(differing[0], 0.0), right[differing[0]]
            what = f"{self.scene.where(box)}{what}"
            wrong.append(f"{what} = {self.scene.number(came)} instead of {self.scene.number(due)}")
        text = "In this graph even that order gives the right gradients: nothing came too late"
        if wrong:
            text = f"Wrong, because the boxes were not sorted: {'; '.join(cut(wrong))}"
        return Step("result", self.epoch, text, [box.id for box in self.scene.leaves])


def _bracketed(slope: str) -> str:
    """A formula as a factor: in brackets unless it is a single name or number."""
    return slope if slope.replace("_", "").replace("#", "").isalnum() else f"({slope})"


def _alike(a: float, b: float) -> bool:
    """Whether two gradients differ by no more than the order of a sum may."""
    return math.isclose(a, b, rel_tol=1e-9) or (math.isnan(a) and math.isnan(b))
