"""A graph as a flat list, for pickles and programs: for each node, its operation and the indices of its operands.

Indices are assigned first to the outside nodes (to which the list refers but which it does not contain), then to the
constants (plain numbers), and then to the list's own nodes.
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
    """A flat list: node k applies `rows[code[k]]` to the operands with indices `operands[starts[k]:starts[k + 1]]`."""

    constants: array[float]
    rows: tuple[Operation, ...]
    code: array[int]
    starts: array[int]
    operands: array[int]

    def instructions(self) -> Iterator[tuple[Operation, array[int]]]:
        """Yield, for each node, its operation and the indices of its operands."""
        for k, at in enumerate(self.code):
            yield self.rows[at], self.operands[self.starts[k] : self.starts[k + 1]]


def operands_of(nodes: Sequence[Value]) -> tuple[list[Value | float], array[int]]:
    """Return the operands of computed nodes in one list, and the offsets where each node's operands start and end."""
    found: list[Value | float] = []
    starts = array("i", [0])
    for node in nodes:
        found += node.operands
        starts.append(len(found))
    return found, starts


class Numbers:
    """Assigns indices to nodes and constants; the nodes in `outside` get the first indices."""

    def __init__(self, outside: Iterable[Value]) -> None:
        self.of = dict(zip(outside, count(), strict=False))
        self.constants = array("d")
        self._outside = len(self.of)
        self._plain: dict[float | bytes, int] = {}

    def held(self, node: Value) -> None:
        """Add a node as a separate constant; call this method before any plain number is added."""
        self.of[node] = self._outside + len(self.constants)
        self.constants.append(node._data)

    def constants_among(self, things: Sequence[Value | float]) -> Iterator[int]:
        """Return an iterator over the indices of the plain numbers in `things`; numbers with equal bits share one."""
        plain = [x for x in things if type(x) is not Value]
        keys = [x if x and x == x else pack("d", x) for x in plain]  # since 0.0 == -0.0 and nan != nan
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
        """Make a flat list of some computed nodes.

        Args:
            nodes: The nodes, operands before results; any operand that is not among them is an outside node or a
                constant.
            operands, starts: The two results of `operands_of(nodes)`.
            ends: The results of the graph; any plain numbers among them are added to the constants.
            rows: Maps some of the nodes to the operation that the list states for them instead of the node's own.
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
