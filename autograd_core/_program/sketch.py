"""Draws a program as the steps in which it is replayed, in Graphviz's DOT language.

A step is one operation, or several operations that the C player computes together. A program has one branch, with its
own list of operations, for each combination of answers to the questions that the traced function asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .._drawing.dot import FONT
from .._drawing.drawing import Drawing
from .._drawing.palette import KINDS, ROOT
from .._drawing.texts import counted, quoted
from ..draw import draw, limited
from ..errors import GraphError
from ..ops import sum as sum_of
from ..value import Value
from . import native
from .branches import Branch
from .explaining import graph
from .picture import Part, Picture

if TYPE_CHECKING:
    from .program import Program

SMALL = 48  # a program with at most this number of operations is drawn operation by operation


def drawing_of(program: Program, arguments: tuple[Any, ...], steps: bool | None, options: dict[str, Any]) -> Drawing:
    """Return the drawing of a program; see `Program.draw`, which has the same arguments."""
    if not arguments and program._moving:
        if steps is False:
            raise TypeError("a drawing of operations shows their numbers; pass arguments to draw()")
        known = list(program._replays.branches)
        return _played(program, list(enumerate(known, 1)), len(known), options)
    numbers = program._numbers(program._checked(arguments, {}))
    branch = program._replays.branch_of(numbers)
    if len(branch.listing.code) <= SMALL if steps is None else not steps:
        return _operations(program.name, branch, numbers, options)
    known = list(program._replays.branches)
    return _played(program, [pair for pair in enumerate(known, 1) if pair[1] is branch], len(known), options)


def _operations(name: str, branch: Branch, numbers: Sequence[float], options: dict[str, Any]) -> Drawing:
    """Draw a branch's operations, with their numbers."""
    names = [f"x{i}" for i in range(len(numbers))]
    found = [x for x in graph(branch.listing, numbers, branch.parameters, names) if type(x) is Value]
    if not found:
        raise _constant(name)
    return draw(found[0] if len(found) == 1 else sum_of(found), **options)


def _constant(name: str) -> GraphError:
    return GraphError(f"{name} returns a constant here, so there is nothing to draw")


def _played(program: Program, branches: Sequence[tuple[int, Branch]], count: int, options: dict[str, Any]) -> Drawing:
    """Draw branches as the steps in which they are replayed.

    Args:
        branches: The branches to draw, each with its number.
        count: The number of branches that have been traced.
    """
    checked, most, time_limit = limited(**options)
    pictures = [Picture(branch, program.fast, checked.precision, most) for _, branch in branches]
    parts = [part for picture in pictures for part in picture.parts]
    if not any(part.root for part in parts):
        raise _constant(program.name)
    name = program.name.rpartition("<locals>.")[2]
    caption = "\n".join(_caption(name, at, branch, count, program.fast) for at, branch in branches)

    def lines(last_first: bool) -> Iterator[str]:
        yield from _head(checked.direction, caption)
        numbers = {part: i for i, part in enumerate(parts)}
        frames = [(at, picture) for (at, _), picture in zip(branches, pictures, strict=True)]
        for at, picture in reversed(frames) if last_first else frames:
            inside = [f"\t{_node(part, numbers[part])}" for part in picture.parts]
            yield from inside if len(frames) == 1 else _frame(at, inside)
        for part in parts:
            for source, n in part.reads.items():
                yield _edge(numbers[source], numbers[part], n, part.kind)

    edges = [source for part in parts for source in part.reads]
    size = f"{counted(parts, 'box', 'boxes')}, {counted(edges, 'edge')}"
    return Drawing(lines, name, size, time_limit, layered=len(pictures) > 1)


def _caption(name: str, at: int, branch: Branch, count: int, fast: bool) -> str:
    of = f", branch {at} of {count}" if count > 1 else ""
    operations = native.counted(len(branch.listing.code), "operation")
    if not native.available():
        return f"{name}{of}: {operations}, played one after another"
    stats = native.prepare(branch.listing, fast=fast).stats()
    forward, backward = stats["steps_forward"], stats["steps"] - stats["steps_forward"]
    return f"{name}{of}: {operations} as {native.counted(forward, 'step')} forward and {backward:,} backward"


def _head(direction: str, caption: str) -> Iterator[str]:
    yield f'\tgraph [rankdir={direction} fontname="{FONT}" fontsize=11 nodesep=0.18 ranksep=0.4'
    yield f" label={quoted(caption)} labeljust=l]\n"
    yield f'\tnode [shape=box style=filled fillcolor="#ffffff" color="#444444" fontname="{FONT}" fontsize=11'
    yield ' margin="0.1,0.05" height=0.3 width=0.4]\n'
    yield f'\tedge [color="#666666" fontname="{FONT}" fontsize=9 arrowsize=0.6]\n'


def _frame(at: int, inside: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a frame around the boxes of a branch."""
    yield f'\tsubgraph cluster_{at} {{\n\t\tgraph [label="branch {at}" id="c{at}" class="scope"'
    yield ' style=rounded color="#aaaaaa" fontcolor="#555555" labeljust=l]\n'
    yield from (f"\t{line}" for line in inside)
    yield "\t}\n"


def _node(part: Part, number: int) -> str:
    attributes = dict(KINDS[part.kind])
    classes = ["node", part.kind]
    if part.root:
        classes.append("root")
        attributes |= ROOT if part.kind in ("computed", "folded") else {"peripheries": "2"}
    written = "".join(f' {key}="{value}"' for key, value in attributes.items())
    label = quoted("\n".join(part.lines))
    return f'{number} [label={label} id="n{number}" class="{" ".join(classes)}"{written} tooltip={label}]\n'


def _edge(source: int, target: int, n: int, kind: str) -> str:
    attributes = f' label="{n:,}"' if n > 1 else ""
    attributes += " style=dashed" if kind == "guard" else ""
    return f'\t{source} -> {target} [id="e{target}_{source}" class="edge"{attributes}]\n'
