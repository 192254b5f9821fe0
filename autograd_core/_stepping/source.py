"""The user's program, which the page shows beside the graph: the source lines that made each box."""

from __future__ import annotations

import linecache
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._drawing.boxes import Box
from .._engine.sources import line_of

AROUND = 4  # how many lines are shown before and after a line that made a node
APART = 6  # at least this many lines are left out between two parts


def program_of(boxes: Iterable[Box]) -> dict[str, Any] | None:
    """Return the source of the boxes for the page: parts of files and, for each box, the indices of a part and a line.

    Return None if the source is unknown.
    """
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
    """Return the name of a file as the page shows it."""
    return "notebook cell" if "ipykernel" in file or file.startswith("<ipython") else Path(file).name


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines of a file, starting at line `first`."""

    file: str
    first: int
    lines: Sequence[str]


def _parts(lines: Sequence[int], count: int) -> list[tuple[int, int]]:
    """Return the first and last line of each part to show."""
    parts: list[tuple[int, int]] = []
    for line in lines:
        first, last = max(1, line - AROUND), min(count, line + AROUND)
        if parts and first <= parts[-1][1] + APART:
            parts[-1] = parts[-1][0], max(last, parts[-1][1])
        else:
            parts.append((first, last))
    return parts
