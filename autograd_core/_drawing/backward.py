"""The sweep backward through a picture: edge by edge, sorted, and in an order that is not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from heapq import heappop, heappush

from ..value import Value
from .picture import Box, Edge
from .scene import COMPLETE, MOST_LISTED, WRONG, Scene, Step, gradients_of, group_of, node_of
from .simulate import Replay
from .texts import atom, short


class Sweep:
    """The backward steps of one epoch."""

    def __init__(self, scene: Scene, replay: Replay, epoch: int) -> None:
        self.scene = scene
        self.replay = replay
        self.epoch = epoch
        self.remaining = dict(scene.uses)  # of each box, how many edges its gradient still waits for
        root = node_of(scene.root) if scene.root.node is not None else scene.order[-1]
        replay.adjoint = {root: 1.0}

    def _seed(self) -> Step:
        root = self.scene.root
        step = Step("seed", self.epoch, f"{self.scene.partial(root)} = 1: the sweep starts from the output", [root.id])
        step.states[root.id] = "complete"
        if root.node is not None:
            step.texts[f"{root.id}:g"] = f"grad 1 {COMPLETE}"
        return step

    def sorted(self) -> Iterator[Step]:
        """Edge by edge in the order of the sweep: every gradient is complete before it is passed on."""
        yield self._seed()
        for box in reversed(self.scene.picture.boxes):
            if box.group is None or (box.node is not None and box.node.is_leaf):
                continue
            if box.node is None:
                yield self._through(box)
                continue
            for edge in self.scene.incoming[box]:
                if edge.source.group is not None:
                    self.remaining[edge.source] -= 1
                    yield self._along(edge, self.remaining[edge.source] == 0)
        yield self._result()

    def _along(self, edge: Edge, complete: bool) -> Step:
        """One edge's contribution, with its chain-rule line."""
        result, operand = edge.target, edge.source
        node = node_of(result)
        x = group_of(operand).nodes[0]
        before = self.replay.adjoint.get(x)
        local = upstream = contribution = 0.0
        for member, index in self._underlying(edge):
            sent = self.replay.send(member, index)
            if member is node and index == edge.index:
                local, upstream, contribution = sent
        if edge.more and operand.kind == "folded":
            return self._into(edge, upstream, complete)
        numbers = (self.scene.number(local), self.scene.number(upstream), self.scene.number(contribution))
        slope = self.scene.formulas(node, edge.index, self.scene.names(result), short(result.name))
        work = f"{atom(numbers[0])}·{atom(numbers[1])}"
        if slope and slope != numbers[0]:
            factor = slope if slope.replace("_", "").isalnum() else f"({slope})"
            work = f"{factor}·{atom(numbers[1])} = {work}"
        factors = f"∂{short(result.name)}/∂{short(operand.name)}·{self.scene.partial(result)}"
        text = f"{self.scene.partial(operand)} += {factors} = {work} = {numbers[2]}"
        step = Step("edge", self.epoch, text, [edge.id, operand.id, result.id])
        step.texts[edge.id] = f"{numbers[0]} × {numbers[1]} = {numbers[2]}"
        step.states[edge.id] = "sent"
        if complete:
            step.states[operand.id] = "complete"
        if operand.node is None:
            return step
        total = self.scene.number(self.replay.adjoint[x])
        step.texts[f"{operand.id}:g"] = f"grad {total} {COMPLETE}" if complete else f"grad {total}"
        if edge.more or result.more:
            step.text += f", and the like of all its repeats ⇒ grad({short(operand.name)}) = {total}"
        elif before is None:
            step.text += f" ⇒ grad({short(operand.name)}) = {total}"
        else:
            step.text += f" ⇒ grad({short(operand.name)}) = {self.scene.number(before)} + {atom(numbers[2])} = {total}"
        return step

    def _into(self, edge: Edge, upstream: float, complete: bool) -> Step:
        """Several edges at once into a folded scope."""
        gradient = f"{self.scene.partial(edge.target)} = {self.scene.number(upstream)}"
        text = f"{gradient} goes back along {edge.more + 1} edges into {short(edge.source.name)}"
        step = Step("edge", self.epoch, text)
        step.focus = [edge.id, edge.source.id, edge.target.id]
        step.states = {edge.id: "sent"} | ({edge.source.id: "complete"} if complete else {})
        return step

    def _underlying(self, edge: Edge) -> list[tuple[Value, int]]:
        """The edges of the graph that a drawn edge stands for, in the order of the sweep."""
        target, source = group_of(edge.target), group_of(edge.source)
        if not edge.more and not target.more:
            return [(target.nodes[0], edge.index)]
        return [
            (node, index)
            for node in reversed(self.scene.members[target])
            for index, x in enumerate(node.operands)
            if type(x) is Value and self.scene.picture.owner[x] in (source, target)
        ]

    def _through(self, box: Box) -> Step:
        """A folded scope passes its gradient on, along all its edges at once."""
        group = group_of(box)
        step = Step("scope", self.epoch, "", [box.id])
        for node in reversed(self.scene.members[group]):
            for index, x in enumerate(node.operands):
                if type(x) is Value:
                    self.replay.send(node, index)
        for edge in self.scene.incoming[box]:
            self.remaining[edge.source] -= 1
            step.focus += [edge.id, edge.source.id]
            step.states[edge.id] = "sent"
            if (operand := edge.source.node) is not None:
                done = f" {COMPLETE}" if not self.remaining[edge.source] else ""
                step.texts[f"{edge.source.id}:g"] = f"grad {self.scene.number(self.replay.adjoint[operand])}{done}"
            if not self.remaining[edge.source]:
                step.states[edge.source.id] = "complete"
        what, gradients = gradients_of(group, self.replay)
        norm = self.scene.number(math.hypot(*gradients))
        step.texts[f"{box.id}:g"] = f"‖grad‖ {norm} {COMPLETE}"
        below = ", ".join(dict.fromkeys(short(edge.source.name) for edge in self.scene.incoming[box][:MOST_LISTED]))
        to = f" to {below}" if below else ""
        step.text = f"{box.name} passes the gradient back{to}: ‖grad‖ of its {what} = {norm}"
        return step

    def _result(self, wrong: Sequence[str] = ()) -> Step:
        leaves = [box for box in self.scene.picture.boxes if box.node is not None and box.node.is_leaf]
        gradients = [self.scene.number(self.replay.adjoint.get(node_of(box), 0.0)) for box in leaves]
        listed = [f"{self.scene.partial(box)} = {text}" for box, text in zip(leaves, gradients, strict=True)]
        if len(listed) > MOST_LISTED:
            listed[MOST_LISTED:] = [f"… {len(leaves) - MOST_LISTED} more"]
        text = "; ".join(wrong) if wrong else "Every gradient is complete: " + ", ".join(listed)
        return Step("result", self.epoch, text, [box.id for box in leaves])

    def eager(self, right: Mapping[Value, float]) -> Iterator[Step]:
        """Every node passes its gradient on once, as soon as anything has arrived: what sorting prevents."""
        yield self._seed()
        waiting = [self.scene.root.number]
        queued = {self.scene.root}
        sent: set[Box] = set()
        wrong: set[Box] = set()
        numbered = {box.number: box for box in self.scene.picture.boxes}
        while waiting:
            box = numbered[heappop(waiting)]
            missing = self.remaining[box]
            if missing:
                wrong.add(box)
            sent.add(box)
            for edge in self.scene.incoming[box]:
                if edge.source.group is None:
                    continue
                operand = edge.source
                self.remaining[operand] -= 1
                step = self._along(edge, self.remaining[operand] == 0)
                if box in wrong:
                    wrong.add(operand)
                if missing:
                    step.text += f"   But grad({short(box.name)}) is not complete: {missing} more to come."
                if operand in sent:
                    step.text += f"   Too late: {short(operand.name)} has passed its gradient on without this."
                elif operand not in queued and not node_of(operand).is_leaf:
                    queued.add(operand)
                    heappush(waiting, operand.number)
                for about in (box, operand):
                    if about in wrong:
                        step.states[about.id] = "wrong"
                if operand in wrong and (text := step.texts.get(f"{operand.id}:g")):
                    step.texts[f"{operand.id}:g"] = text.replace(COMPLETE, WRONG)
                yield step
        yield self._result(self._differences(right))

    def _differences(self, right: Mapping[Value, float]) -> list[str]:
        wrong = []
        for box in self.scene.picture.boxes:
            if box.node is not None and box.node.is_leaf:
                got, due = self.replay.adjoint.get(box.node, 0.0), right.get(box.node, 0.0)
                if not (math.isclose(got, due, rel_tol=1e-9) or (math.isnan(got) and math.isnan(due))):
                    texts = self.scene.number(got), self.scene.number(due)
                    wrong.append(f"{self.scene.partial(box)} = {texts[0]} instead of {texts[1]}")
        if not wrong:
            return ["In this graph even that order gives the right gradients: nothing came too late"]
        return ["Wrong, for want of sorting: " + wrong[0], *wrong[1:MOST_LISTED]]
