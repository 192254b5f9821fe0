"""The Python player, which defines the meaning of a listing. The C player agrees with it bit for bit.

A player replays a listing, which is a flat list of instructions on numbered slots. The forward pass computes one slot
after another. The backward pass goes through the instructions from last to first and sends adjoints along every edge,
by the rules of `backward.sweep`.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .._operations.operation import NOTHING, is_nothing
from .guards import check, computed
from .listing import Listing

# The order in which gradients are summed over rows does not depend on the number of threads or on the width of a vector
# register. Each chunk of CHUNK rows has eight partial sums: partial sum k is over the rows whose index modulo 8 is k.
# The eight partial sums are added in a fixed tree, and then the sums of the chunks are added in order.
CHUNK = 1024
PARTIALS = 8


class Column(NamedTuple):
    """Where an input's numbers are.

    A row holds the inputs for one point. The number for row r is at index `start + step * r`; if `step` is 0, all rows
    share one number.
    """

    numbers: Sequence[float]
    start: int = 0
    step: int = 0

    def at(self, row: int) -> float:
        """Return the number for a row."""
        return self.numbers[self.start + self.step * row]


@dataclass(slots=True)
class RowResults:
    """The results of replaying many rows.

    `values` holds the outputs row by row. `by_row` holds, row by row, the gradients of the inputs that differ from row
    to row; `summed` holds the summed gradients of the other inputs and the parameters, by slot. `strays` lists, in
    order, the rows that are on another branch or raise an error. The entries of these rows in `values` and `by_row` are
    meaningless, and the sums leave these rows out.
    """

    values: array[float]
    by_row: array[float]
    summed: dict[int, float]
    strays: list[int] = field(default_factory=list)


def values(listing: Listing, inputs: Sequence[float], parameters: Sequence[float]) -> list[float]:
    """Return the outputs at one point.

    Raises Strayed if the point is on another branch, and any exception that an operation raises.
    """
    slots = forward(listing, inputs, parameters)
    return [slots[slot] for slot in listing.outputs]


def value_and_gradients(
    listing: Listing, inputs: Sequence[float], parameters: Sequence[float], seed: float = 1.0
) -> tuple[float, list[float], list[float]]:
    """Return the first output at one point, and its gradients times `seed`; raise whatever `values` raises."""
    locals_: list[Sequence[float | None]] = []
    slots = forward(listing, inputs, parameters, locals_)
    found = gradients(listing, locals_, seed)
    return slots[listing.outputs[0]], found[: listing.inputs], found[listing.inputs :]


def value_and_adjoints(
    listing: Listing, inputs: Sequence[float], parameters: Sequence[float]
) -> tuple[float, list[float]]:
    """Return the first output at one point, and the adjoint of each leaf: `NOTHING` if no path leads to that leaf."""
    locals_: list[Sequence[float | None]] = []
    slots = forward(listing, inputs, parameters, locals_)
    return slots[listing.outputs[0]], adjoints(listing, locals_, 1.0)[: listing.inputs + listing.parameters]


def rows(
    listing: Listing, inputs: Sequence[Column], parameters: Sequence[float], count: int, *, gradients_too: bool
) -> RowResults:
    """Return the outputs for each of `count` rows, and the gradients of the first output."""
    result = RowResults(array("d"), array("d"), {})
    by_row = [slot for slot, column in enumerate(inputs) if column.step]
    shared = [slot for slot in range(listing.inputs + listing.parameters) if slot not in by_row]
    summing = RowSum(len(shared))
    for row in range(count):
        numbers = [column.at(row) for column in inputs]
        locals_: list[Sequence[float | None]] | None = [] if gradients_too else None
        try:
            slots = forward(listing, numbers, parameters, locals_)
        except Exception:  # running the function itself on this row will raise the same error again
            result.strays.append(row)
            result.values.extend([0.0] * len(listing.outputs))
            result.by_row.extend([0.0] * len(by_row) if gradients_too else ())
            continue
        result.values.extend(slots[slot] for slot in listing.outputs)
        if locals_ is not None:
            found = gradients(listing, locals_, 1.0)
            result.by_row.extend(found[slot] for slot in by_row)
            summing.add([found[slot] for slot in shared])
    if gradients_too:
        result.summed = dict(zip(shared, summing.total(), strict=True))
    return result


class RowSum:
    """Sums numbers over rows, in the order that all players use."""

    def __init__(self, width: int) -> None:
        self._totals: list[float] | None = None
        self._width = width
        self._count = 0
        self._partials = [[0.0] * width for _ in range(PARTIALS)]

    def add(self, numbers: Sequence[float]) -> None:
        """Add the numbers of one row."""
        partial = self._partials[self._count % PARTIALS]
        for i, x in enumerate(numbers):
            partial[i] += x
        self._count += 1
        if self._count == CHUNK:
            self._close_chunk()

    def total(self) -> list[float]:
        """Return the sums over all rows."""
        if self._count or self._totals is None:
            self._close_chunk()
        assert self._totals is not None
        return self._totals

    def _close_chunk(self) -> None:
        parts = zip(*self._partials, strict=True)
        sums = [((a + b) + (c + d)) + ((e + f) + (g + h)) for a, b, c, d, e, f, g, h in parts]
        before = self._totals
        self._totals = sums if before is None else [x + y for x, y in zip(before, sums, strict=True)]
        self._count = 0
        self._partials = [[0.0] * self._width for _ in range(PARTIALS)]


def forward(
    listing: Listing,
    inputs: Sequence[float],
    parameters: Sequence[float],
    locals_: list[Sequence[float | None]] | None = None,
) -> list[float]:
    """Return the numbers in all slots; append each instruction's local derivatives to `locals_`, unless it is None."""
    slots = [*inputs, *parameters, *listing.constants]
    variable = listing.variable
    try:
        for row, operands in listing.instructions():
            numbers = [slots[slot] for slot in operands]
            z = computed(row, numbers)
            if locals_ is not None:
                moving = [bool(variable[slot]) for slot in operands]
                moves = variable[len(slots)]
                locals_.append(row.recorded(numbers, z, moving) if moves else ())
            slots.append(z)
    except Exception:
        check(listing.guards, slots, variable)  # the point may be on a branch without this operation
        raise
    check(listing.guards, slots, variable)
    return slots


def gradients(listing: Listing, locals_: Sequence[Sequence[float | None]], seed: float) -> list[float]:
    """Return the first output's gradients with respect to all inputs and parameters; 0.0 for plain numbers."""
    found = adjoints(listing, locals_, seed)
    ends = listing.inputs + listing.parameters
    return [found[slot] + 0.0 if listing.variable[slot] else 0.0 for slot in range(ends)]


def adjoints(listing: Listing, locals_: Sequence[Sequence[float | None]], seed: float) -> list[float]:
    """Return the adjoints of all slots; slots on which the first output does not depend have `NOTHING`."""
    found = [NOTHING] * listing.slots
    found[listing.outputs[0]] = seed or NOTHING
    starts, operands, first = listing.starts, listing.operands, listing.first
    for k in reversed(range(len(locals_))):
        upstream = found[first + k]
        if upstream or not is_nothing(upstream):
            for slot, local in zip(operands[starts[k] : starts[k + 1]], locals_[k], strict=False):
                if local is not None and (local or not is_nothing(local)):
                    found[slot] += upstream * local + 0.0
    return found
