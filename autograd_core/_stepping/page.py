"""The page as one string: markup, style, script and data, with no external resources."""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from .._operations.operation import EVERYWHERE, TABLE
from .frames import Frames
from .lines import coded, slots_of
from .program import guards_of, program_of
from .replay import Tape
from .scene import Step
from .script import Script
from .second import second_order

HERE = Path(__file__).parent / "live"
SCRIPTS = ("lines.js", "player.js", "view.js", "steps.js", "leaves.js", "tools.js", "source.js", "page.js")
MOST_SLOTS = 60_000  # a page with more could not keep up while the reader drags
# Strings, templates and regular expressions, which are kept; comments, and the spaces around signs.
_TOKENS = re.compile(
    r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`"""
    r"|/(?![/*\s])(?:\\.|[^/\\\n])+/[a-z]*(?=[.,)])"
    r"|(?P<comment>//[^\n]*|/\*.*?\*/)"
    r"|(?P<space>(?<=[{}()\[\];,:?=<>&|!*]) +| +(?=[{}()\[\];,:?=<>&|!*]))"
    r"|(?P<sign>(?<=[\w)\]]) [-+/] (?=[\w(\[]))",
    re.DOTALL,
)
_STYLE_SPACE = re.compile(r"\s*/\*.*?\*/\s*|(?<=[{};,])\s+|\s+(?=[{}])", re.DOTALL)


def page(script: Script, frames: Frames, title: str | None) -> str:
    """Return the page of a stepper."""
    data = page_data(script, frames)
    operations = {*data["ops"], *data.get("second", {}).get("ops", ())}
    parts = {
        "title": html.escape(title or f"Backpropagation through {script.name}"),
        "style": _STYLE_SPACE.sub("", (HERE / "page.css").read_text(encoding="utf-8")),
        "script": _script(tuple(sorted(operations & TABLE.keys())), "program" in data),
        "svg": frames.inline_svg,
        "data": embedded(data),
    }
    first, *rest = (HERE / "page.html").read_text(encoding="utf-8").split("<!-- ")
    filled = [first]
    for piece in rest:  # each part once, without searching the inserted text
        name, _, after = piece.partition(" -->")
        filled += [parts[name], after]
    return "".join(filled)


def page_data(script: Script, frames: Frames) -> dict[str, Any]:
    """Return the data for the page's script: each distinct step once, both orders, and the program of the numbers."""
    pool = {repr(step): step for step in (*script.sorted, *script.eager)}  # they share most of the forward pass
    at = {text: i for i, text in enumerate(pool)}
    tape, picture = script.tape, script.scene.picture
    guards = guards_of(script)
    live = len(tape.numbers) <= MOST_SLOTS
    lines = [line for step in pool.values() for line in (step.line, *step.marks.values())]
    kept = range(len(tape.numbers)) if live else sorted({slot for line in lines for slot in slots_of(line)})
    slots = dict(zip(kept, range(len(kept)), strict=True))  # the page's own numbers of them
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
        "still": "" if live else f"{len(script.scene.order):,} nodes are too many for a page to compute while you drag",
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
    """Return the slots whose numbers the page computes before it shows any, so that the data can omit them.

    For an operation on many operands, its recorded derivatives tell where it is flat beside a plain number.
    """
    rows = ((slot, reads) for name, slot, *reads in tape.code if TABLE[str(name)].arity is not None)
    return {i for slot, reads in rows for i in range(int(slot), int(slot) + 1 + len(reads))}


def _program(tape: Tape, live: bool = True) -> dict[str, Any]:
    """Encode the instructions as numbers: the index of the name, then slots; plain operands of a row are ~slot."""
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
    """Encode a step as JSON, without what the page can infer from slots: what most operations and edges set."""
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
    """Encode an edge's line without what the page can infer from slots: its target, its factors and the old sum."""
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


@cache
def _script(operations: tuple[str, ...], sourced: bool) -> str:
    """Return the page's script, with the rows that it needs and, if there is a program, the code that shows it."""
    from .._program.in_javascript import javascript  # the translator, loaded where a page is made
    from .._program.rows import translated_rows

    found, translation, refused = translated_rows([TABLE[name] for name in operations], exact=False)
    if refused:
        raise TypeError(f"rows without JavaScript: {refused}")
    rows = javascript(found, translation)
    sources = [(HERE / name).read_text(encoding="utf-8") for name in SCRIPTS if sourced or name != "source.js"]
    table = f"const table = (() => {{\n{rows}\nreturn {{ rows, Raised: py.Raised }};\n}})();"
    return packed("\n".join(['"use strict";\n(() => {', table, *sources, "})();"]))


def packed(script: str) -> str:
    """Return a script without comments and indentation, which still works if a notebook puts it on one line."""
    bare = _TOKENS.sub(_packed, script)
    return "\n".join(line for line in (line.strip() for line in bare.split("\n")) if line)


def _packed(found: re.Match[str]) -> str:
    if found["comment"] or found["space"]:
        return ""
    return found[0].strip() if found["sign"] else found[0]


def embedded(data: Any) -> str:
    """Return JSON for use inside a page: no character in it can end the enclosing script element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
