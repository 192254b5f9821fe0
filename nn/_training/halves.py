"""Add the gradients of a batch's parts by repeated halving, so that other processes can sum the halves.

A part is a run of consecutive rows (examples) of the batch.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from autograd_core._engine.weights import add_numbers

# A part has from LEAST to MOST rows (the last part may have fewer), and a batch has at most PARTS parts unless each has
# MOST rows, because each part means extra work for every weight.
LEAST, MOST, PARTS = 16, 128, 8


def rows_of_part(batch: int) -> int:
    """Return the number of rows in each part of a batch; within a part, rows are added in the order of `RowSums`.

    >>> [rows_of_part(batch) for batch in (10, 128, 500, 100_000)]
    [16, 16, 64, 128]
    """
    return min(max(-(-batch // (PARTS * LEAST)) * LEAST, LEAST), MOST)


class Share(NamedTuple):
    """The contribution of some rows to the gradients.

    For each parameter, `sums` contains the sum of the rows' gradients, and `reached` contains 1 if the loss of any row
    depends on the parameter, otherwise 0.
    """

    sums: array[float]
    reached: bytes


def by_halves(parts: range, share: Callable[[range], Share | None]) -> Share:
    """Return the share of some parts: `share(parts)` or, if that is None, the sum of the two halves' shares.

    >>> by_halves(range(3), lambda parts: Share(array("d", [10.0 ** parts[0]]), b"\\1") if len(parts) == 1 else None)
    Share(sums=array('d', [111.0]), reached=b'\\x01')
    """
    found = share(parts)
    if found is not None:
        return found
    first, second = (by_halves(half, share) for half in halves(parts))
    sums = first.sums[:]
    add_numbers(second.sums, 0, all_places(len(sums)), sums, bytearray(len(sums)))
    return Share(sums, _either(first.reached, second.reached))


@lru_cache(maxsize=4)
def all_places(count: int) -> array[int]:
    """Return the numbers from 0 to `count` - 1."""
    return array("i", range(count))


def halves(parts: range) -> tuple[range, range]:
    """Return the first and the second half of the parts.

    >>> halves(range(4, 9))
    (range(4, 6), range(6, 9))
    """
    middle = (parts.start + parts.stop) // 2
    return range(parts.start, middle), range(middle, parts.stop)


def pieces(parts: range, workers: int) -> list[range]:
    """Halve the parts until the workers can share the resulting pieces about equally, and return the pieces.

    >>> pieces(range(5), 2), len(pieces(range(100), 3))
    ([range(0, 2), range(2, 5)], 8)
    """
    wanted = 1 << (workers - 1).bit_length()
    return _halved(parts, wanted if wanted == workers else 2 * wanted)


def _halved(parts: range, wanted: int) -> list[range]:
    if wanted == 1 or len(parts) == 1:
        return [parts]
    return [piece for half in halves(parts) for piece in _halved(half, wanted // 2)]


def _either(marks: bytes, others: bytes) -> bytes:
    if marks == others:
        return marks
    return (int.from_bytes(marks, "big") | int.from_bytes(others, "big")).to_bytes(len(marks), "big")
