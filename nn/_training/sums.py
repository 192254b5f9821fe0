"""Compute the gradient of a batch: the mean of the gradients of its rows (examples).

The rows are summed in the same order as in `autograd_core.Program`, so that both results are equal to the last bit.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from autograd_core import Value
from autograd_core._engine.weights import (
    add_gradients,
    add_numbers,
    assign_gradients,
    clear_gradients,
    mean_of_partials,
)
from autograd_core._program.player import CHUNK, PARTIALS


class RowSums:
    """The gradients of some parameters, summed over rows.

    The rows are divided into chunks. Each chunk has eight partial sums, the k-th of which is over the rows whose index
    modulo 8 is k. These sums are added in pairs, then the results are added in pairs, and so on. The sums of the chunks
    are added in order.
    """

    def __init__(self, nodes: Sequence[Value]) -> None:
        self.nodes, self.count = nodes, 0
        self.reached = bytearray(len(nodes))
        self.chunks: list[list[float]] = []
        self._begin_chunk()

    def _begin_chunk(self) -> None:
        self.partials = [array("d", bytes(8 * len(self.nodes))) for _ in range(PARTIALS)]

    def add(self) -> bool:
        """Add the current gradients of the parameters as one more row; return whether all are finite."""
        finite = add_gradients(self.nodes, self.partials[self.count % CHUNK % PARTIALS], self.reached)
        self._end_row()
        return finite

    def _end_row(self) -> None:
        self.count += 1
        if self.count % CHUNK == 0:
            self._close_chunk()

    def add_numbers(self, numbers: array[float], start: int, places: array[int]) -> bool:
        """Like `add`, but for the gradients in `numbers[start:]`; `places` contains the indices of their parameters."""
        finite = add_numbers(numbers, start, places, self.partials[self.count % CHUNK % PARTIALS], self.reached)
        self._end_row()
        return finite

    def _close_chunk(self) -> None:
        self.chunks.append(mean_of_partials(self.partials, 1))
        self._begin_chunk()

    def totals(self) -> list[float]:
        """Return the sums over all rows."""
        if self.count % CHUNK or not self.chunks:
            self._close_chunk()
        return [added(sums) for sums in zip(*self.chunks, strict=True)] if len(self.chunks) > 1 else self.chunks[0]

    def assign_mean(self) -> None:
        """Set each parameter's gradient to the mean over all rows, or clear it if no row's loss depends on it."""
        means = [x / self.count for x in self.totals()] if self.chunks else mean_of_partials(self.partials, self.count)
        assign_reached(self.nodes, means, self.reached)


def assign_reached(nodes: Sequence[Value], gradients: Sequence[float], reached: bytes | bytearray) -> None:
    """Set the gradients of the nodes that are marked in `reached`; clear those of the other nodes."""
    assign_gradients(nodes, gradients)
    if 0 in reached:
        clear_gradients([node for node, marked in zip(nodes, reached, strict=True) if not marked])


def added(numbers: Sequence[float]) -> float:
    """Return the sum, rounded after each addition from left to right (the builtin `sum` is more exact since 3.12)."""
    total = numbers[0]
    for x in numbers[1:]:
        total += x
    return total
