"""One pass forward through a picture, and the move of the parameters between two."""

from __future__ import annotations

from collections.abc import Iterator

from ..operation import PARAMETER
from .picture import Box, formula, summary
from .scene import MOST_LISTED, Scene, Step, gradients_of, group_of, local_of, node_of
from .simulate import Replay
from .texts import UNSET, applied, atom, short


def forward(scene: Scene, replay: Replay, epoch: int) -> Iterator[Step]:
    """Leaves take their values, then each operation in topological order."""
    leaves = [box for box in scene.picture.boxes if box.node is not None and box.node.is_leaf]
    texts: dict[str, str] = {}
    states: dict[str, str] = {}
    if epoch > 1:  # nothing of the epoch before stays
        for box in scene.picture.boxes:
            if box.group is not None:
                texts[f"{box.id}:g"] = f"{'‖grad‖' if box.node is None else 'grad'} {UNSET}"
                states[box.id] = ""
                if box.node is not None and not box.node.is_leaf:
                    texts[f"{box.id}:d"] = f"data {UNSET}"
        for edge in scene.picture.edges:
            if edge.source.group is not None:  # a constant's edge has no text and never changes
                texts[edge.id] = ""
                states[edge.id] = ""
    for box in leaves:
        texts[f"{box.id}:d"] = f"data {scene.number(replay.data[node_of(box)])}"
        states[box.id] = "known"
    listed = [f"{short(box.name)} = {scene.number(replay.data[node_of(box)])}" for box in leaves[:MOST_LISTED]]
    if len(leaves) > MOST_LISTED:
        listed.append(f"… {len(leaves) - MOST_LISTED} more")
    text = f"Inputs and parameters take their values: {', '.join(listed) or 'all inside'}"
    yield Step("leaves", epoch, text, [box.id for box in leaves], texts, states)
    for box in scene.picture.boxes:
        if box.group is not None and (box.node is None or not box.node.is_leaf):
            yield _computed(scene, replay, epoch, box)


def _computed(scene: Scene, replay: Replay, epoch: int, box: Box) -> Step:
    incoming = scene.incoming[box]
    step = Step("operation", epoch, "", [box.id, *(edge.id for edge in incoming)], states={box.id: "known"})
    node = box.node
    if node is None:
        step.text = f"{box.name} is computed: {', '.join(summary(group_of(box)))}"
        return step
    numbers = applied(node.op, [scene.number(x) for x in replay.numbers(node)])
    result = scene.number(replay.data[node])
    worked = [formula(box, incoming), numbers, result]
    step.text = " = ".join([short(box.name), *dict.fromkeys(worked)])
    if box.more:
        step.text += f"   (and {box.more} more like it)"
    step.texts[f"{box.id}:d"] = f"data {result}"
    for edge in incoming:
        if edge.source.group is not None and not (edge.more and edge.source.kind == "folded"):
            step.texts[edge.id] = scene.number(local_of(replay, node, edge.index))
    return step


def update(scene: Scene, replay: Replay, epoch: int, rate: float) -> Iterator[Step]:
    """Each parameter moves against its gradient: w ← w − rate · ∂root/∂w."""
    before = dict(replay.data)
    gradients = dict(replay.adjoint)
    replay.update(rate)
    for box in scene.picture.boxes:
        node = box.node
        if node is not None and node.op is PARAMETER:
            old, slope, new = (scene.number(x) for x in (before[node], gradients.get(node, 0.0), replay.data[node]))
            work = f"{old} - {scene.number(rate)}·{atom(slope)} = {new}"
            text = f"{short(box.name)} ← {short(box.name)} - η·{scene.partial(box)} = {work}"
            yield Step("update", epoch, text, [box.id], {f"{box.id}:d": f"data {new}"})
        elif node is None and box.group is not None:
            what = gradients_of(box.group, replay)[0]
            if what != "results":
                rule = f"w ← w - {scene.number(rate)}·∂{short(scene.root.name)}/∂w"
                text = f"{box.name}: each of its {what} moves, {rule}"
                yield Step("update", epoch, text, [box.id])
