"""Descriptions of a program: in words, in numbers, and as a graph to draw.

A program has one branch, with its own list of operations, for each combination of answers to its guards that has been
traced. Guards are the questions, such as comparisons, that the traced function asked about its numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from ..value import Value, parameter
from . import native
from .branches import Branch
from .listing import Listing
from .nodes import unfolded

SHOWN = 12  # the maximum number of different names in one line


def stats(branches: Sequence[Branch]) -> dict[str, int]:
    """Return the number of branches, and the total numbers of their operations, slots, guards and bytes."""
    listings = [branch.listing for branch in branches]
    return {
        "branches": len(listings),
        "operations": sum(len(listing.code) for listing in listings),
        "slots": sum(listing.slots for listing in listings),
        "guards": sum(len(listing.guards) for listing in listings),
        "bytes": sum(map(_bytes, listings)),
    }


def _bytes(listing: Listing) -> int:
    arrays = (
        listing.constants, listing.code, listing.starts, listing.operands, listing.outputs, listing.variable,
        listing.risks,
    )  # fmt: skip
    return sum(len(numbers) * numbers.itemsize for numbers in arrays)


def explained(name: str, branches: Sequence[Branch], fast: bool) -> str:
    """Describe each branch: its operations, its guards, and the steps in which the C player replays it."""
    lines = [f"{name}: {_counted(branches, 'branch', 'branches')}"]
    for i, branch in enumerate(branches, 1):
        listing = branch.listing
        lines.append(
            f"branch {i}: {_counted(listing.code, 'operation')} on {_counted(range(listing.inputs), 'input')}, "
            f"{_counted(branch.parameters, 'parameter')} and {_counted(listing.constants, 'constant')}; "
            f"{_counted(listing.outputs, 'output')}, {_bytes(listing)} bytes"
        )
        lines.append(f"    {_most(listing.rows[at].name for at in listing.code)}")
        unneeded = _unneeded(listing)
        if unneeded:
            lines.append(f"    not needed by any output, but may raise or are read by guards: {_most(unneeded)}")
        if listing.guards:
            lines.append(f"    {_counted(listing.guards, 'guard')}: {_most(guard.kind for guard in listing.guards)}")
        if native.available():
            lines += [f"    {line}" for line in native.prepare(listing, fast=fast).explain().split("\n")]
        else:
            lines.append("    played in Python, one operation after another")
    return "\n".join(lines)


def _unneeded(listing: Listing) -> list[str]:
    """Return the names of the operations whose results no output needs."""
    needed = bytearray(listing.slots)
    for slot in listing.outputs:
        needed[slot] = 1
    found = []
    for k in reversed(range(len(listing.code))):
        if needed[listing.first + k]:
            for slot in listing.operands[listing.starts[k] : listing.starts[k + 1]]:
                needed[slot] = 1
        else:
            found.append(listing.rows[listing.code[k]].name)
    return found


def _counted(things: Sequence[Any], one: str, many: str = "") -> str:
    return f"{len(things)} {one if len(things) == 1 else many or one + 's'}"


def _most(names: Iterable[str]) -> str:
    """Return a text that states how often each name occurs, with the most frequent name first."""
    counts = Counter(names).most_common()
    shown = ", ".join(f"{count} {name}" for name, count in counts[:SHOWN])
    return f"{shown}{f', and {len(counts) - SHOWN} more kinds' if len(counts) > SHOWN else ''}"


def graph(listing: Listing, inputs: Sequence[float], parameters: Sequence[Value], names: Sequence[str]) -> list[Any]:
    """Return the outputs as nodes of a graph that performs the operations of the listing at these numbers."""
    leaves = [Value(x, name) for x, name in zip(inputs, names, strict=True)]
    leaves += [parameter(node._data, node.label or f"w{i}") for i, node in enumerate(parameters)]
    return unfolded(listing, leaves)
