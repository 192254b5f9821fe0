"""The program beside the graph: a function called on labelled leaves, and the source lines that made each box."""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._drawing.boxes import Box
from .._engine.numbers import number
from .._engine.sources import line_of
from ..context import record
from ..errors import GraphError
from ..value import Value
from .asking import SIGNS, Asked, asked
from .script import Script

AROUND = 4  # lines shown before and after those that made a node
APART = 6  # lines left out between two parts, at least


def called(function: Callable[..., Any], arguments: Sequence[Any]) -> tuple[Any, list[Asked]]:
    """Call a function with leaves named after its parameters; return its result and the questions it asked.

    Numbers may be in lists, tuples and dicts; anything without numbers is passed on unchanged. Each node records its
    line.

    Raises:
        GraphError: The function does not return one or several Values.
    """
    bound = inspect.signature(function).bind(*arguments)
    bound.arguments.update({name: _labelled(argument, name) for name, argument in bound.arguments.items()})
    with asked() as questions, record(source=True):
        y = function(*bound.args)
    if not isinstance(y, Value | list | tuple):
        name = getattr(function, "__name__", repr(function))
        raise GraphError(f"{name} must return a Value that it computes from its arguments; it returned {y!r}")
    return y, questions


def _labelled(thing: Any, name: str) -> Any:
    if isinstance(thing, dict):
        return {key: _labelled(part, f"{name}[{key!r}]") for key, part in thing.items()}
    if isinstance(thing, list | tuple):
        return type(thing)(_labelled(part, f"{name}[{i}]") for i, part in enumerate(thing))
    if type(thing) is Value or isinstance(thing, bool) or (x := number(thing)) is None:
        return thing
    return Value(x, name)


def guards_of(script: Script) -> dict[str, Any]:
    """Return the questions that the page asks again, and the stamp of each value, which tells what came after which."""
    data, tape = script.recorded, script.tape
    guards = []
    for question in script.questions:
        if any(type(x) is Value and x not in data for x in question.operands):
            continue  # it decided nothing that the output was computed from
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


def program_of(boxes: Iterable[Box]) -> dict[str, Any] | None:
    """Return the source that made the boxes, for the page: parts of files with their lines, and each box's line."""
    places = {box.id: place for box in boxes if box.group is not None and (place := line_of(box.group.nodes[0]))}
    if not places:
        return None
    parts: list[Part] = []
    for file in dict.fromkeys(file for file, _ in places.values()):
        source = linecache.getlines(file)
        wanted = sorted({line for other, line in places.values() if other == file})
        parts += [Part(file, first, source[first - 1 : last]) for first, last in _parts(wanted, len(source))]
    at = {
        name: [k, line - part.first]
        for name, (file, line) in places.items()
        for k, part in enumerate(parts)
        if part.file == file and part.first <= line < part.first + len(part.lines)
    }
    shown = [[_file_name(part.file), part.first, [line.rstrip("\n") for line in part.lines]] for part in parts]
    return {"parts": shown, "at": at} if at else None


def _file_name(file: str) -> str:
    """Return the name of a file for the page."""
    return "notebook cell" if "ipykernel" in file or file.startswith("<ipython") else Path(file).name


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines of a file, starting at line `first`."""

    file: str
    first: int
    lines: Sequence[str]


def _parts(lines: Sequence[int], count: int) -> list[tuple[int, int]]:
    """Return the first and last lines of the parts to show."""
    parts: list[tuple[int, int]] = []
    for line in lines:
        first, last = max(1, line - AROUND), min(count, line + AROUND)
        if parts and first <= parts[-1][1] + APART:
            parts[-1] = parts[-1][0], max(last, parts[-1][1])
        else:
            parts.append((first, last))
    return parts
