"""The data of the stepper's page, as JSON: steps, instructions that recompute the numbers and gradients, and guards.

Each number has a slot, which is its index in a list. A guard is a question that the user's program asked about its
numbers (see `asking.py`). If the answer changes, the recorded graph may no longer apply.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._drawing.picture import graph_of
from .._operations.operation import EVERYWHERE, TABLE
from .._transforms.sweeps import gradients
from ..context import record
from ..ops import sum as total
from ..value import Value
from .asking import SIGNS, Asked
from .frames import Frames
from .lines import coded, slots_of
from .replay import Replay, Tape, why_frozen
from .scene import Scene, Step
from .script import Script
from .source import program_of

MOST_SLOTS = 60_000  # with more, a page could not keep up while the reader drags a leaf's value
MOST_NODES = 150  # with more, the gradients' graph would make up most of the page


def page_data(script: Script, frames: Frames) -> dict[str, Any]:
    """Return the data for the page's script: the distinct steps, both orders of the steps, and the instructions."""
    pool = {repr(step): step for step in (*script.sorted, *script.eager)}  # both orders share most of a forward pass
    at = {text: i for i, text in enumerate(pool)}
    tape, picture = script.tape, script.scene.picture
    guards = guards_of(script)
    live = len(tape.numbers) <= MOST_SLOTS
    lines = [line for step in pool.values() for line in (step.line, *step.marks.values())]
    kept = range(len(tape.numbers)) if live else sorted({slot for line in lines for slot in slots_of(line)})
    slots = dict(zip(kept, range(len(kept)), strict=True))  # renumbered from 0 for the page
    data = {
        "steps": [_step(step, slots) for step in pool.values()],
        "orders": [[at[repr(step)] for step in order] for order in (script.sorted, script.eager)],
        "marks": list(frames.initial),
        "names": {box.id: box.name for box in picture.boxes if box.group is not None},
        "epochs": script.sorted[-1].epoch,
        "note": picture.note,
        "precision": picture.options.precision,
        "numbers": [None if live and slot in tape.sums else _jsonable(tape.numbers[slot]) for slot in kept],
        "forward": script.forward if live else 0,
        "roots": script.roots if live else [],
        "slots": script.slots if live else {},
        "leaves": list(script.leaves) if live else [],
        "trained": script.trained if live else [],
        "parameters": script.parameters,
        "rate": None if script.rate is None or not live else script.rate,
        "still": "" if live else f"{len(script.scene.order):,} nodes are too many for a page to recompute as you drag",
        **_program(tape, live),
    }
    if program := program_of(picture.boxes):
        data["program"] = program
    if live:
        data |= guards
    if live and (second := second_order(script.scene, script.leaf_nodes)):
        known = _computed_first(second.tape)
        data["second"] = {
            "precision": 17,
            "numbers": [None if slot in known else _jsonable(x) for slot, x in enumerate(second.tape.numbers)],
            "leaves": second.leaves,
            "roots": second.roots,
            "forward": len(second.tape.code),
            **_program(second.tape),
        }
    return data


def _computed_first(tape: Tape) -> set[int]:
    """Return the slots whose numbers the page computes before it shows any, so that the data can omit those numbers.

    The slots of operations that take any number of operands are not included: the page needs the recorded derivatives
    of these operations, which show where no gradient passes because other operands are plain numbers.
    """
    rows = ((slot, reads) for name, slot, *reads in tape.code if TABLE[str(name)].arity is not None)
    return {i for slot, reads in rows for i in range(int(slot), int(slot) + 1 + len(reads))}


def _program(tape: Tape, live: bool = True) -> dict[str, Any]:
    """Encode each instruction as numbers: the index of its name, then its slots (~slot if it holds a plain number)."""
    if not live:
        return {"ops": [], "code": [], "frozen": {}, "domains": {}}
    names = sorted({str(name) for name, *_ in tape.code})
    place = {name: i for i, name in enumerate(names)}
    code = []
    for name, *slots in tape.code:
        numbers = [int(slot) for slot in slots]
        if name in TABLE or name == "frozen":
            numbers[1:] = [~slot if slot in tape.constants else slot for slot in numbers[1:]]
        code.append([place[str(name)], *numbers])
    limited = {name: TABLE[name].domain.text for name in names if name in TABLE and _limited(name)}
    return {"ops": names, "code": code, "frozen": tape.frozen, "domains": limited}


def _step(step: Step, slots: Mapping[int, int]) -> list[Any]:
    """Encode a step as JSON; for most operations and edges, omit the parts that the page can infer from the slots."""
    marks = {name: coded(mark, slots) for name, mark in step.marks.items()}
    found = [step.kind, step.epoch, coded(step.line, slots), step.focus, marks, step.states]
    match list(marks.items()):
        case [(edge, [["x", local, above, sent]]), (gradient, [[("g" | "G") as how, total]])] if (
            [edge, gradient[:-2]] == step.focus[:2]
            and total == sent + 1
            and step.states == {edge: "sent"} | ({step.focus[1]: "complete"} if how == "G" else {})
        ):
            found[2] = _chain_rule(found[2], local, above, sent)
            found[4:] = [local, above, sent if how == "g" else -sent]
        case [(_, ["data ", int(value)]), *edges] if (
            step.states == {step.focus[0]: "known"}
            and [name for name, _ in marks.items()] == [f"{step.focus[0]}:d", *step.focus[1:]]
            and all(mark == [[2, value + 1 + int(name.partition("_")[2])]] for name, mark in edges)
        ):
            found[4:] = [value]
    return found


def _chain_rule(line: Any, local: int, above: int, sent: int) -> Any:
    """Encode the text of an edge's step without the parts, such as the new sum, that the page can infer from slots."""
    product = [[2, local], "·", [3, above]]
    match line:
        case [str(start), ["=", factors, *formula, last, [[2, c]]], ["?", *_], str(end), *sums] if (
            len(formula) < 2 and last == product and c == sent and start.endswith(f"{end[3:-3]} += ")
        ):
            match sums:
                case [[2, total]] if total == sent + 1:
                    return [start, end, factors, *formula]
                case [[2, before], " + ", [3, c], " = ", [2, total]] if c == sent and total == sent + 1:
                    return [start, end, before, factors, *formula]
    return [line]


def _limited(name: str) -> bool:
    """Return whether an operation is not defined everywhere."""
    return TABLE[name].domain is not EVERYWHERE


def _jsonable(x: float) -> float | str:
    return x if math.isfinite(x) else str(x)


@dataclass(frozen=True, slots=True)
class SecondOrder:
    """The instructions that compute all gradients, with the slots of the leaves and of their gradients.

    The slot of a constant gradient is None.
    """

    tape: Tape
    leaves: list[int]
    roots: list[int | None]


def second_order(scene: Scene, leaves: Sequence[Value]) -> SecondOrder | None:
    """Return instructions for the leaves' gradients; None if only Python can compute them or the graph is too large."""
    if not leaves or len(scene.order) > MOST_NODES or any(why_frozen(node.op) for node in scene.order):
        return None
    with record():
        y = scene.roots[0] if len(scene.roots) == 1 else total(scene.roots)
        found = gradients(y, list(leaves), create_graph=True)
    tape = Tape()
    data = Replay(graph_of([x for x in (*found, *leaves) if type(x) is Value]), tape).data
    return SecondOrder(tape, [data[x] for x in leaves], [data[g] if type(g) is Value else None for g in found])


def guards_of(script: Script) -> dict[str, Any]:
    """Return the guards, and the stamps that show which computed values were made after each question."""
    data, tape = script.recorded, script.tape
    guards = []
    for question in script.questions:
        if any(type(x) is Value and x not in data for x in question.operands):
            continue  # an operand is not in the graph, so the page cannot ask again
        slots = [data[x] if type(x) is Value else tape.constant(x) for x in question.operands]
        names = [_name(x, script) for x in question.operands]
        where = f" in line {question.line}" if question.line else ""
        guards.append([question.kind, slots, question.outcome, _in_words(question, names) + where, question.stamp])
    if not guards:
        return {}
    return {"guards": guards, "stamps": [[slot, node._stamp] for node, slot in data.items() if not node.is_leaf]}


def _name(x: Any, script: Script) -> str:
    if type(x) is not Value:
        return f"{x:g}"
    box = script.scene.picture.box(x)
    return box.short if box.node is not None else x.label or "a number"


def _in_words(question: Asked, names: Sequence[str]) -> str:
    if question.kind in SIGNS:
        return f"{names[0]} {SIGNS[question.kind]} {names[1]} was {bool(question.outcome)}"
    if question.kind == "read":
        return f"the program takes {names[0]} as a plain number"
    return f"{question.kind}({names[0]}) was {question.outcome:g}"
