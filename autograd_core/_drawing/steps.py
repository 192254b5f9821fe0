"""The steps of one pass through a graph as data: each with its line of text and what it changes in the picture."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from ..errors import GraphError
from ..graph import toposort
from ..operation import PARAMETER
from ..value import Value
from .fold import Group
from .formulas import Formulas
from .picture import Box, Edge, Picture, summary
from .simulate import Replay
from .texts import UNSET, applied, atom, number, short

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


class Script:
    """The steps of a picture: `forward` and `backward` in the sweep's order, and `eager` in an unsorted one."""

    def __init__(self, picture: Picture, root: Value, rate: float | None, epochs: int) -> None:
        self.picture = picture
        self.root = picture.box(root)
        self.order = toposort(root)
        self.precision = picture.options.precision
        self.formulas = Formulas(self.precision)
        self.members: dict[Group, list[Value]] = {}
        for node in self.order:
            self.members.setdefault(picture.owner[node], []).append(node)
        self.incoming: dict[Box, list[Edge]] = {box: [] for box in picture.boxes}
        self.uses: dict[Box, int] = dict.fromkeys(picture.boxes, 0)
        place = {box: i for i, box in enumerate(picture.boxes)}
        for edge in picture.edges:
            if place[edge.source] > place[edge.target]:
                raise GraphError(
                    f"the folded scopes {edge.source.name!r} and {edge.target.name!r} read from each other, so there is "
                    "no order to step through them in: fold at another depth, or not at all"
                )
            self.incoming[edge.target].append(edge)
            self.uses[edge.source] += 1
        self.final: dict[Value, float] = {}
        self.sorted: list[Step] = []
        self.eager: list[Step] = []
        self._write(root, rate, epochs)

    def _write(self, root: Value, rate: float | None, epochs: int) -> None:
        replay = Replay(self.order)
        for epoch in range(1, epochs + 1):
            if epoch > 1:
                replay.forward()
            start = len(self.sorted)
            self.sorted += self._forward(replay, epoch)
            forward = self.sorted[start:]
            replay.adjoint = {root: 1.0}
            self.sorted += self._backward(replay, epoch)
            self.final = dict(replay.adjoint)
            if epoch == 1 and all(box.group is None or (box.node is not None and not box.more) for box in self.picture.boxes):
                replay.adjoint = {root: 1.0}
                self.eager = forward + list(self._unsorted(replay))
                replay.adjoint = dict(self.final)
            if rate is not None:
                self.sorted += self._update(replay, epoch, rate)

    def _number(self, x: float) -> str:
        return number(x, self.precision)

    def _partial(self, of: Box) -> str:
        return f"∂{short(self.root.name)}/∂{short(of.name)}"

    # --- forward ---------------------------------------------------------------------------------------------------

    def _forward(self, replay: Replay, epoch: int) -> Iterator[Step]:
        leaves = [box for box in self.picture.boxes if box.node is not None and box.node.is_leaf]
        texts: dict[str, str] = {}
        states: dict[str, str] = {}
        if epoch > 1:  # nothing of the epoch before stays
            for box in self.picture.boxes:
                if box.group is not None:
                    texts |= {f"{box.id}:g": f"grad {UNSET}"}
                    states[box.id] = ""
                    if box.node is not None and not box.node.is_leaf:
                        texts[f"{box.id}:d"] = f"data {UNSET}"
            for edge in self.picture.edges:
                texts[edge.id] = ""
                states[edge.id] = ""
        for box in leaves:
            texts[f"{box.id}:d"] = f"data {self._number(replay.data[_node(box)])}"
            states[box.id] = "known"
        listed = [f"{short(box.name)} = {self._number(replay.data[_node(box)])}" for box in leaves[:MOST_LISTED]]
        if len(leaves) > MOST_LISTED:
            listed.append(f"… {len(leaves) - MOST_LISTED} more")
        text = "Inputs and parameters take their values: " + ", ".join(listed) if leaves else "Nothing is read from outside"
        yield Step("leaves", epoch, text, [box.id for box in leaves], texts, states)
        for box in self.picture.boxes:
            if box.group is not None and box not in leaves:
                yield self._computed(replay, epoch, box)

    def _computed(self, replay: Replay, epoch: int, box: Box) -> Step:
        incoming = self.incoming[box]
        step = Step("operation", epoch, "", [box.id, *(edge.id for edge in incoming)], states={box.id: "known"})
        node = box.node
        if node is None:
            step.text = f"{box.name} is computed: {', '.join(summary(_group(box)))}"
            return step
        names = self._names(box)
        numbers = [atom(self._number(x)) for x in replay.numbers(node)]
        result = self._number(replay.data[node])
        worked = [applied(node.op, names), applied(node.op, [x.strip("()") for x in numbers]), result]
        step.text = " = ".join([short(box.name), *dict.fromkeys(worked)]) + self._more(box)
        step.texts[f"{box.id}:d"] = f"data {result}"
        for edge in incoming:
            if edge.source.group is not None:
                step.texts[edge.id] = self._number(_local(replay, node, edge.index))
        return step

    def _names(self, box: Box) -> list[str]:
        names = {edge.index: short(edge.source.name) for edge in self.incoming[box]}
        operands = _node(box).operands
        return [names.get(i) or short(self.picture.box(x).name if type(x) is Value else "") for i, x in enumerate(operands)]

    def _more(self, box: Box) -> str:
        return f"   (and {box.more} more like it)" if box.more else ""

    # --- backward --------------------------------------------------------------------------------------------------

    def _seed(self, epoch: int) -> Step:
        name = short(self.root.name)
        texts = {f"{self.root.id}:g": f"grad 1 {COMPLETE}"}
        return Step("seed", epoch, f"∂{name}/∂{name} = 1: the sweep starts from the output", [self.root.id], texts,
                    {self.root.id: "complete"})  # fmt: skip  # one line for one step

    def _backward(self, replay: Replay, epoch: int) -> Iterator[Step]:
        remaining = dict(self.uses)
        yield self._seed(epoch)
        for box in reversed(self.picture.boxes):
            if box.group is None or (box.node is not None and box.node.is_leaf):
                continue
            if box.node is None:
                yield self._through(replay, epoch, box, remaining)
                continue
            for edge in self.incoming[box]:
                if edge.source.group is not None:
                    remaining[edge.source] -= 1
                    yield self._along(replay, epoch, edge, remaining[edge.source] == 0)
        yield self._result(replay, epoch)

    def _along(self, replay: Replay, epoch: int, edge: Edge, complete: bool) -> Step:
        """One edge's contribution, with its chain-rule line."""
        result, operand = edge.target, edge.source
        node = _node(result)
        x = _group(operand).nodes[0]
        before = replay.adjoint.get(x)
        local = upstream = contribution = 0.0
        for member, index in self._underlying(edge):
            sent = replay.send(member, index)
            if member is node and index == edge.index:
                local, upstream, contribution = sent
        numbers = (self._number(local), self._number(upstream), self._number(contribution))
        formula = self.formulas(node, edge.index, self._names(result), short(result.name))
        work = f"{atom(numbers[0])}·{atom(numbers[1])}"
        if formula and formula != numbers[0]:
            work = f"{formula if formula.isidentifier() else f'({formula})'}·{atom(numbers[1])} = {work}"
        text = f"{self._partial(operand)} += ∂{short(result.name)}/∂{short(operand.name)}·{self._partial(result)}"
        text = f"{text} = {work} = {numbers[2]}"
        step = Step("edge", epoch, text, [edge.id, operand.id, result.id])
        step.texts[edge.id] = f"{numbers[0]} × {numbers[1]} = {numbers[2]}"
        step.states[edge.id] = "sent"
        if complete:
            step.states[operand.id] = "complete"
        if operand.node is None:
            return step
        total = self._number(replay.adjoint[x])
        step.texts[f"{operand.id}:g"] = f"grad {total} {COMPLETE}" if complete else f"grad {total}"
        if edge.more or result.more:
            step.text += f", and the like of all its repeats ⇒ grad({short(operand.name)}) = {total}"
        elif before is None:
            step.text += f" ⇒ grad({short(operand.name)}) = {total}"
        else:
            step.text += f" ⇒ grad({short(operand.name)}) = {self._number(before)} + {atom(numbers[2])} = {total}"
        return step

    def _underlying(self, edge: Edge) -> list[tuple[Value, int]]:
        """The edges of the graph that a drawn edge stands for, in the order of the sweep."""
        target, source = _group(edge.target), _group(edge.source)
        if not edge.more and not target.more:
            return [(target.nodes[0], edge.index)]
        return [
            (node, index)
            for node in reversed(self.members[target])
            for index, x in enumerate(node.operands)
            if type(x) is Value and self.picture.owner[x] in (source, target)
        ]

    def _through(self, replay: Replay, epoch: int, box: Box, remaining: dict[Box, int]) -> Step:
        """A folded scope passes its gradient on, along all its edges at once."""
        group = _group(box)
        step = Step("scope", epoch, "", [box.id])
        for node in reversed(self.members[group]):
            for index, x in enumerate(node.operands):
                if type(x) is Value:
                    replay.send(node, index)
        for edge in self.incoming[box]:
            remaining[edge.source] -= 1
            step.focus += [edge.id, edge.source.id]
            step.states[edge.id] = "sent"
            if (operand := edge.source.node) is not None:
                done = f" {COMPLETE}" if not remaining[edge.source] else ""
                step.texts[f"{edge.source.id}:g"] = f"grad {self._number(replay.adjoint[operand])}{done}"
            if not remaining[edge.source]:
                step.states[edge.source.id] = "complete"
        what, gradients = _gradients(group, replay)
        norm = self._number(math.hypot(*gradients))
        step.texts[f"{box.id}:g"] = f"‖grad‖ {norm} {COMPLETE}"
        below = ", ".join(dict.fromkeys(short(edge.source.name) for edge in self.incoming[box][:MOST_LISTED]))
        step.text = f"{box.name} passes the gradient back{f' to {below}' if below else ''}: ‖grad‖ of its {what} = {norm}"
        return step

    def _result(self, replay: Replay, epoch: int, wrong: Sequence[str] = ()) -> Step:
        leaves = [box for box in self.picture.boxes if box.node is not None and box.node.is_leaf]
        listed = [f"{self._partial(box)} = {self._number(replay.adjoint.get(_node(box), 0.0))}" for box in leaves]
        if len(listed) > MOST_LISTED:
            listed[MOST_LISTED:] = [f"… {len(leaves) - MOST_LISTED} more"]
        text = "; ".join(wrong) if wrong else "Every gradient is complete: " + ", ".join(listed)
        return Step("result", epoch, text, [box.id for box in leaves])

    # --- in the wrong order ----------------------------------------------------------------------------------------

    def _unsorted(self, replay: Replay) -> Iterator[Step]:
        """Every node passes its gradient on once, as soon as anything has arrived: what sorting prevents."""
        yield self._seed(1)
        remaining = dict(self.uses)
        waiting = [self.root.number]
        queued = {self.root}
        sent: set[Box] = set()
        wrong: set[Box] = set()
        numbered = {box.number: box for box in self.picture.boxes}
        while waiting:
            box = numbered[heappop(waiting)]
            missing = remaining[box]
            if missing:
                wrong.add(box)
            sent.add(box)
            for edge in self.incoming[box]:
                if edge.source.group is None:
                    continue
                operand = edge.source
                remaining[operand] -= 1
                step = self._along(replay, 1, edge, remaining[operand] == 0)
                if box in wrong:
                    wrong.add(operand)
                if missing:
                    step.text += f"   But grad({short(box.name)}) is not complete: {missing} more to come."
                if operand in sent:
                    step.text += f"   Too late: {short(operand.name)} has passed its gradient on without this."
                elif operand not in queued and not _node(operand).is_leaf:
                    queued.add(operand)
                    heappush(waiting, operand.number)
                for about in (box, operand):
                    if about in wrong:
                        step.states[about.id] = "wrong"
                if operand in wrong and (text := step.texts.get(f"{operand.id}:g")):
                    step.texts[f"{operand.id}:g"] = text.replace(COMPLETE, WRONG)
                yield step
        yield self._result(replay, 1, self._differences(replay))

    def _differences(self, replay: Replay) -> list[str]:
        wrong = []
        for box in self.picture.boxes:
            if box.node is not None and box.node.is_leaf:
                got, right = replay.adjoint.get(box.node, 0.0), self.final.get(box.node, 0.0)
                if got != right and not (got != got and right != right):
                    wrong.append(f"{self._partial(box)} = {self._number(got)} instead of {self._number(right)}")
        if not wrong:
            return ["In this graph even that order gives the right gradients: no inner node is used twice"]
        return ["Wrong, for want of sorting: " + wrong[0], *wrong[1:MOST_LISTED]]

    # --- update ----------------------------------------------------------------------------------------------------

    def _update(self, replay: Replay, epoch: int, rate: float) -> Iterator[Step]:
        before = dict(replay.data)
        gradients = dict(replay.adjoint)
        replay.update(rate)
        for box in self.picture.boxes:
            node = box.node
            if node is not None and node.op is PARAMETER:
                old, slope, new = (self._number(x) for x in (before[node], gradients.get(node, 0.0), replay.data[node]))
                work = f"{old} - {self._number(rate)}·{atom(slope)} = {new}"
                text = f"{short(box.name)} ← {short(box.name)} - η·{self._partial(box)} = {work}"
                yield Step("update", epoch, text, [box.id], {f"{box.id}:d": f"data {new}"})
            elif node is None and box.group is not None:
                what, gradients_of = _gradients(box.group, replay)
                if what != "results":
                    text = f"{box.name}: each of its {what} moves, w ← w - {self._number(rate)}·∂{short(self.root.name)}/∂w"
                    yield Step("update", epoch, text, [box.id])


COMPLETE, WRONG = "✓", "✗"


def _node(box: Box) -> Value:
    """The node of a box that is known to stand for one."""
    return _group(box).nodes[0]


def _group(box: Box) -> Group:
    """The group of a box that is known to be no constant."""
    if box.group is None:
        raise TypeError("a constant stands for no node")
    return box.group


def _local(replay: Replay, node: Value, index: int) -> float:
    local = replay.local[node][index]
    return math.nan if local is None else local


def _gradients(group: Group, replay: Replay) -> tuple[str, list[float]]:
    """Of what, and the gradients whose norm stands for a folded scope."""
    parameters = [node for node in (*group.nodes, *group.absorbed) if node.op is PARAMETER]
    nodes = parameters or [node for node in group.nodes if not node.is_leaf]
    what = f"{len(parameters)} parameters" if parameters else "results"
    return what, [replay.adjoint.get(node, 0.0) for node in nodes]
