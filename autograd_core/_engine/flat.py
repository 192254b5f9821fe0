"""A graph as a flat list: the operation of each node, and the numbers of its operands; of pickles and of programs.

Numbered are first the nodes from which the list begins, then plain numbers, the constants, and then the nodes in it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from struct import pack
from types import MappingProxyType

from .._operations.operation import Operation
from ..value import Value

NONE: Mapping[Value, Operation] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Flat:
    """Node k is row `rows[code[k]]` of what has the numbers `operands[starts[k]:starts[k + 1]]`."""

    constants: array[float]
    rows: tuple[Operation, ...]
    code: array[int]
    starts: array[int]
    operands: array[int]

    def instructions(self) -> Iterator[tuple[Operation, array[int]]]:
        """The row of each node and the numbers of its operands."""
        for k, at in enumerate(self.code):
            yield self.rows[at], self.operands[self.starts[k] : self.starts[k + 1]]


def operands_of(nodes: Sequence[Value]) -> tuple[list[Value | float], array[int]]:
    """The operands of computed nodes one after another, and where those of each begin and the last end."""
    found: list[Value | float] = []
    starts = array("i", [0])
    for node in nodes:
        found += node.operands
        starts.append(len(found))
    return found, starts


class Numbers:
    """Gives nodes and constants their numbers; `outside` are the nodes from which a list begins."""

    def __init__(self, outside: Iterable[Value]) -> None:
        self.of = dict(zip(outside, count(), strict=False))
        self.constants = array("d")
        self._outside = len(self.of)
        self._plain: dict[float | bytes, int] = {}

    def held(self, node: Value) -> None:
        """Number a node as a constant of its own, before any plain number."""
        self.of[node] = self._outside + len(self.constants)
        self.constants.append(node._data)

    def constants_among(self, things: Sequence[Value | float]) -> Iterator[int]:
        """The numbers of plain numbers, in turn: one for all that are the same to the bit."""
        plain = [x for x in things if type(x) is not Value]
        keys = [x if x and x == x else pack("d", x) for x in plain]  # the two zeros are equal, and a NaN to nothing
        new = {key: x for key, x in zip(keys, plain, strict=True) if key not in self._plain}
        self._plain.update(zip(new, count(self._outside + len(self.constants)), strict=False))
        self.constants.extend(new.values())
        return map(self._plain.__getitem__, keys)

    def flat(
        self,
        nodes: Sequence[Value],
        operands: Sequence[Value | float],
        starts: array[int],
        ends: Sequence[Value | float] = (),
        rows: Mapping[Value, Operation] = NONE,
    ) -> Flat:
        """The list of computed nodes, operands before results.

        Args:
            nodes: What they are computed from, if not among them, is outside or held.
            operands, starts: `operands_of` them.
            ends: Where constants are among these, they are in the list too.
            rows: Of some nodes, the row to be listed in place of their own.
        """
        plain = self.constants_among(operands)
        if ends:
            self.constants_among(ends)
        self.of.update(zip(nodes, count(self._outside + len(self.constants)), strict=False))
        applied = [rows.get(node, node._row) for node in nodes] if rows else [node._row for node in nodes]
        places = dict(zip(dict.fromkeys(applied), count(), strict=False))
        code = array("i", [places[row] for row in applied])
        of = self.of
        numbered = array("i", [of[x] if type(x) is Value else next(plain) for x in operands])
        return Flat(self.constants, tuple(places), code, starts, numbered)
