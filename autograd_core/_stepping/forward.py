"""One pass forward through a picture, and the move of the parameters between two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .._drawing.boxes import Box
from .._drawing.picture import formula, parameters_of, summary
from .._drawing.texts import UNSET, applied, counted, factor
from .._operations.operation import PARAMETER
from ..value import Value
from .replay import Replay
from .scene import INSIDE, Scene, Step, group_of, node_of


def forward(scene: Scene, replay: Replay, epoch: int) -> Iterator[Step]:
    """Leaves take their values, then each operation in topological order."""
    texts: dict[str, str] = {}
    states: dict[str, str] = {}
    if epoch > 1:  # nothing of the epoch before stays
        for box in scene.picture.boxes:
            if box.group is not None:
                texts[f"{box.id}:g"] = f"{'‖grad‖' if box.node is None else 'grad'} {UNSET}"
                states[box.id] = ""
                if box.valued is not None and not box.valued.is_leaf:
                    texts[f"{box.id}:d"] = f"data {UNSET}"
        for edge in scene.picture.edges:
            if edge.source.group is not None:  # a constant's edge has no text and never changes
                texts[edge.id] = ""
                states[edge.id] = ""
    for box in scene.leaves:
        texts[f"{box.id}:d"] = f"data {scene.number(replay.data[node_of(box)])}"
        states[box.id] = "known"
    listed = scene.listed(
        scene.leaves, lambda box: f"{box.short} = {scene.number(replay.data[node_of(box)])}"
    )
    text = f"Inputs and parameters take their values{f': {listed}' if listed else f' {INSIDE}'}"
    yield Step("leaves", epoch, text, [box.id for box in scene.leaves], texts, states)
    for box in scene.picture.boxes:
        if box.group is not None and (box.node is None or not box.node.is_leaf):
            yield _computed(scene, replay, epoch, box)


def _computed(scene: Scene, replay: Replay, epoch: int, box: Box) -> Step:
    incoming = scene.incoming[box]
    step = Step("operation", epoch, "", [box.id, *(edge.id for edge in incoming)], states={box.id: "known"})
    node = box.node
    if node is None:
        step.text = f"{scene.where(box)}{box.short} is computed: {', '.join(summary(group_of(box)))}"
        if box.output is not None:
            result = scene.number(replay.data[box.output])
            step.text += f"; its result is {result}"
            step.texts[f"{box.id}:d"] = f"data {result}"
        return step
    numbers = applied(node.op, [scene.number(x) for x in replay.numbers(node)])
    result = scene.number(replay.data[node])
    worked = [formula(scene.picture, box), numbers, result]
    step.text = scene.where(box) + " = ".join([box.short, *dict.fromkeys(worked)])
    if box.more:
        step.text += f" (and {box.more} more like it)"
    step.texts[f"{box.id}:d"] = f"data {result}"
    for edge in incoming:
        if edge.source.group is not None and not (edge.more and edge.source.kind == "folded"):
            step.texts[edge.id] = scene.number(replay.slope(node, edge.index))
    return step


def update(scene: Scene, replay: Replay, epoch: int, rate: float, due: Mapping[Value, float]) -> Iterator[Step]:
    """Each parameter moves against its gradient: w ← w − rate · ∂root/∂w; `due` has the right ones of those wrong."""
    before = dict(replay.data)
    gradients = {node: adjoint + 0.0 for node, adjoint in replay.adjoint.items()}
    replay.update(rate)
    rule = f"w ← w - {scene.number(rate)}·grad(w)"
    for box in scene.picture.boxes:
        node = box.node
        if node is not None and node.op is PARAMETER:
            old, slope, new = (scene.number(x) for x in (before[node], gradients.get(node, 0.0), replay.data[node]))
            name = box.short
            moved = f"{name} ← {name} - η·{scene.gradient(box)}"
            text = f"{scene.where(box)}{moved} = {old} - {scene.number(rate)}·{factor(slope)} = {new}"
            if node in due:
                text += f" instead of {scene.number(before[node] - rate * due[node])}"
            yield Step("update", epoch, text, [box.id], {f"{box.id}:d": f"data {new}"})
        elif box.kind == "folded" and (parameters := parameters_of(group_of(box))):
            moves = "moves" if len(parameters) == 1 else "move"
            text = f"{scene.where(box)}{box.short}: its {counted(parameters, 'parameter')} {moves}, {rule}"
            wrong = sum(x in due for x in parameters)
            yield Step("update", epoch, f"{text}, {wrong} by a wrong gradient" if wrong else text, [box.id])
