"""The program beside the graph: a function called on labelled leaves, and the source lines that made each box."""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._drawing.boxes import Box
from .._engine.sources import line_of
from ..context import record
from ..value import Value, number

AROUND = 4  # lines shown before and after those that made a node
APART = 6  # lines left out between two parts, at least


def called(function: Callable[..., Any], arguments: Sequence[Any], keywords: Mapping[str, Any] | None = None) -> Any:
    """What a function returns for numbers that are leaves named like its parameters, each node with its source line.

    Numbers may stand in lists, tuples and dicts; what holds no numbers is passed on as it is.
    """
    bound = inspect.signature(function).bind(*arguments, **(keywords or {}))
    bound.arguments.update({name: _labelled(argument, name) for name, argument in bound.arguments.items()})
    with record(source=True):
        return function(*bound.args, **bound.kwargs)


def _labelled(thing: Any, name: str) -> Any:
    if isinstance(thing, dict):
        return {key: _labelled(part, f"{name}[{key!r}]") for key, part in thing.items()}
    if isinstance(thing, list | tuple):
        return type(thing)(_labelled(part, f"{name}[{i}]") for i, part in enumerate(thing))
    if type(thing) is Value or isinstance(thing, bool) or (x := number(thing)) is None:
        return thing
    return Value(x, name)


def program_of(boxes: Iterable[Box]) -> dict[str, Any] | None:
    """The source of what made the boxes: parts of files with their lines, and the line of each box, for the page."""
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
    shown = [[Path(part.file).name, part.first, [line.rstrip("\n") for line in part.lines]] for part in parts]
    return {"parts": shown, "at": at} if at else None


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines of a file, from the line `first` on."""

    file: str
    first: int
    lines: Sequence[str]


def _parts(lines: Sequence[int], count: int) -> list[tuple[int, int]]:
    """First and last lines of the parts that are shown."""
    parts: list[tuple[int, int]] = []
    for line in lines:
        first, last = max(1, line - AROUND), min(count, line + AROUND)
        if parts and first <= parts[-1][1] + APART:
            parts[-1] = parts[-1][0], max(last, parts[-1][1])
        else:
            parts.append((first, last))
    return parts
