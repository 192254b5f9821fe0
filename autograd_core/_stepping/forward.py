"""The steps of one forward pass through a picture, and of the update of the parameters between two passes.

Texts contain placeholders for numbers, each of which holds a slot: an index on the tape (`replay.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .._drawing.boxes import Box
from .._drawing.picture import formula, parameters_of, summary
from .._drawing.texts import UNSET, applied, counted
from .._operations.operation import PARAMETER, Operation
from ..value import Value
from .lines import CountWrong, Differs, Equal, Exponent, Line, Number, line
from .replay import Replay
from .scene import INSIDE, Scene, Step, group_of, node_of, slope

FIRST_PLACE = 0xE000  # the first of the private-use characters that replace operands until a formula is split there


def forward(scene: Scene, replay: Replay, epoch: int) -> Iterator[Step]:
    """Yield the step in which the leaves take their values, then a step for each operation, in topological order."""
    yield _leaves(scene, replay, epoch)
    for box in scene.picture.boxes:
        if box.group is not None and (box.node is None or not box.node.is_leaf):
            yield _folded(scene, replay, epoch, box) if box.node is None else _computed(scene, replay, epoch, box)


def _leaves(scene: Scene, replay: Replay, epoch: int) -> Step:
    def written(box: Box) -> Line:
        return line(f"{box.short} = ", Number(replay.data[node_of(box)]))

    listed = scene.listed(scene.leaves, written)
    text = line("Inputs and parameters take their values", line(": ", listed) if listed else f" {INSIDE}")
    step = scene.step("leaves", epoch, text, [box.id for box in scene.leaves])
    if epoch > 1:
        _clear(scene, step)
    for box in scene.leaves:
        step.marks[f"{box.id}:d"] = line("data ", Number(replay.data[node_of(box)]))
        step.states[box.id] = "known"
    return step


def _clear(scene: Scene, step: Step) -> None:
    """Clear everything that the previous epoch set."""
    for box in scene.picture.boxes:
        if box.group is not None:
            step.marks[f"{box.id}:g"] = (f"{'‖grad‖' if box.node is None else 'grad'} {UNSET}",)
            step.states[box.id] = ""
            if box.valued is not None and not box.valued.is_leaf:
                step.marks[f"{box.id}:d"] = (f"data {UNSET}",)
    for edge in scene.picture.edges:
        if edge.source.group is not None:  # a constant's edge has no text and never changes
            step.marks[edge.id] = ()
            step.states[edge.id] = ""


def _focus(scene: Scene, box: Box) -> list[str]:
    return [box.id, *(edge.id for edge in scene.incoming[box])]


def _folded(scene: Scene, replay: Replay, epoch: int, box: Box) -> Step:
    text = line(f"{scene.where(box)}{box.short} is computed: {', '.join(summary(group_of(box)))}")
    step = scene.step("operation", epoch, text, _focus(scene, box))
    step.states[box.id] = "known"
    if box.output is not None:
        result = Number(replay.data[box.output])
        step.say("; its result is ", (result,))
        step.marks[f"{box.id}:d"] = line("data ", result)
    return step


def _computed(scene: Scene, replay: Replay, epoch: int, box: Box) -> Step:
    node = node_of(box)
    result = Number(replay.data[node])
    worked = Equal(((formula(scene.picture, box),), _on_numbers(node.op, replay.operands(node)), (result,)))
    step = scene.step("operation", epoch, line(f"{scene.where(box)}{box.short} = ", worked), _focus(scene, box))
    step.states[box.id] = "known"
    if box.more:
        step.say(f" (and {box.more} more like it)")
    step.marks[f"{box.id}:d"] = line("data ", result)
    for edge in scene.incoming[box]:
        if edge.source.group is not None and not (edge.more and edge.source.kind == "folded"):
            step.marks[edge.id] = slope(replay.local(node, edge.index))
    return step


def _on_numbers(op: Operation, slots: Sequence[int]) -> Line:
    """Return the text of an operation applied to the numbers in these slots."""
    written = applied(op, [chr(FIRST_PLACE + i) for i in range(len(slots))])
    signed = op.arity is not None and not op.formula.startswith(op.name)
    parts: list[str | Number | Exponent] = [""]
    for character in written:
        at = ord(character) - FIRST_PLACE
        if not 0 <= at < len(slots):
            parts.append(character)
        elif parts[-1] == "^":
            parts[-1] = Exponent(slots[at])
        else:
            parts.append(Number(slots[at], signed))
    return line(*parts)


def update(scene: Scene, replay: Replay, epoch: int, rate: int, due: Mapping[Value, int]) -> Iterator[Step]:
    """Yield the steps that update each parameter, w ← w - rate·∂root/∂w.

    `rate` is the slot of the learning rate. `due` holds the correct gradients of the leaves whose computed gradients
    may be wrong.
    """
    before, gradients = dict(replay.data), dict(replay.adjoint)
    none = scene.tape.constant(0.0)
    replay.update(rate)
    for box in scene.picture.boxes:
        node = box.node
        if node is not None and node.op is PARAMETER:
            old, new, gradient = before[node], replay.data[node], gradients.get(node, none)
            text = line(
                f"{scene.where(box)}{box.short} ← {box.short} - η·{scene.gradient(box)} = ", Number(old),
                " - ", Number(rate), "·", slope(gradient, signed=True), " = ", Number(new),
            )  # fmt: skip  # keeps words next to their numbers
            if node in due:
                right = scene.tape.updated(old, due[node], rate)
                text = line(text, Differs(gradient, due[node], line(" instead of ", Number(right))))
            step = scene.step("update", epoch, text, [box.id])
            step.marks[f"{box.id}:d"] = line("data ", Number(new))
            yield step
        elif box.kind == "folded" and (parameters := parameters_of(group_of(box))):
            are = "is" if len(parameters) == 1 else "are"
            text = line(
                f"{scene.where(box)}{box.short}: its {counted(parameters, 'parameter')} {are} updated, w ← w - ",
                Number(rate), "·grad(w)",
                CountWrong(tuple((gradients.get(x, none), due[x]) for x in parameters if x in due)),
            )  # fmt: skip  # keeps words next to their numbers
            yield scene.step("update", epoch, text, [box.id])
