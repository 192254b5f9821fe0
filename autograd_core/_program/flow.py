"""How numbers flow through a branch during a replay: the steps that compute values, and the cells that the steps use.

A branch is one of the recorded lists of operations that make up a program. A cell holds one number; a step reads some
cells and fills others. A step of the C player can combine many operations. Without the C player, each operation is a
separate step.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from .._operations.operation import Operation
from . import native
from .listing import Listing

MAP, DOTS, PRODUCTS, MATVEC, CONVOLUTION = 0, 1, 2, 3, 6  # StepKind in _native/plan.h, which also describes `pool`


class Step(NamedTuple):
    """One step, of sizes `n` and `m`; its results fill `results` cells, the first of which is `out`.

    If the step computes sums, `inits` is the number of sums that start from a number other than 0. `terms` is the
    number of terms of each sum or, in a step of kind DOTS, of all sums together. If the step was made by `alone`,
    `whole` is the step from which its single result was taken.
    """

    kind: int
    row: Operation | None
    n: int
    m: int
    terms: int
    stride: int
    out: int
    results: int
    pool: Sequence[int]
    inits: int = 0
    whole: Step | None = None

    def reads(self) -> Iterator[int]:
        """Yield the cells that the step reads; the same cell may occur several times."""
        n, terms, pool = self.n, self.terms, self.pool
        if self.kind == DOTS:
            found = pool[n + 1 :]
        elif self.kind == MATVEC:
            found = pool[: n + terms]
        elif self.kind == CONVOLUTION:
            found = pool[: self.m * (n + terms)]
        else:
            found = pool
        yield from (cell for cell in found if cell >= 0)
        if self.kind in (MATVEC, CONVOLUTION):  # rows of the matrix, or filters, are `stride` cells apart
            for first in pool[len(found) :]:
                yield from range(first, first + n * self.stride, self.stride) if self.stride else (first,)

    def alone(self, o: int) -> Step:
        """Return a step that computes only result `o`: a single sum, product or operation."""
        n, terms, pool = self.n, self.terms, self.pool
        kind = self.kind if self.kind in (MAP, PRODUCTS) else DOTS
        inits = 0
        if self.kind == MAP:
            together = self.row is None or self.row.arity not in (1, 2)  # the operands of one result are adjacent
            read = pool[o * terms : (o + 1) * terms] if together else pool[o::n]
        elif self.kind == PRODUCTS:
            read = pool[o::n]
        else:
            init, pairs = self._sum(o)
            terms, inits = len(pairs), int(init >= 0 and self.inits > 0)
            read = array("i", (0, terms, init, *(a for a, _ in pairs), *(b for _, b in pairs)))
        return Step(kind, self.row, 1, 0, terms, 0, self.out + o, 1, read, inits, self)

    def _sum(self, o: int) -> tuple[int, list[tuple[int, int]]]:
        """Return the cell that sum `o` starts from (or -1), and the cells of the two factors of each term."""
        n, m, terms, pool, stride = self.n, self.m, self.terms, self.pool, self.stride
        if self.kind == DOTS:
            start, end = 2 * n + 1 + pool[o], 2 * n + 1 + pool[o + 1]
            return pool[n + 1 + o], list(zip(pool[start:end], pool[start + terms : end + terms], strict=True))
        if self.kind == MATVEC:
            row = (cell + o * stride for cell in pool[n + terms :])
            return pool[o], list(zip(pool[n : n + terms], row, strict=True))
        one, place = divmod(o, m)  # the results of a filter are adjacent
        at = n * m + place * terms
        row = (cell + one * stride for cell in pool[n * m + m * terms :])
        return pool[o], list(zip(pool[at : at + terms], row, strict=True))

    def operands(self) -> Sequence[tuple[int, int]]:
        """Return the operands of the step's only result, as pairs of cells.

        The number in the second cell multiplies the number in the first cell; the second cell is -1 if there is no
        factor.
        """
        if self.kind == DOTS:
            start, init, terms = self.pool[0], self.pool[2], self.terms
            pairs = list(zip(self.pool[3 : 3 + terms], self.pool[3 + terms :], strict=True))
            return [(init, -1), *pairs[start:]] if init >= 0 else pairs[start:]
        if self.kind == PRODUCTS:
            return [(self.pool[0], self.pool[1])]
        return [(cell, -1) for cell in self.pool]


class Flow(NamedTuple):
    """How numbers flow through a branch: its steps in order, and the cells of its leaves, outputs and guards.

    Each guard (a question about the numbers, such as a comparison) has two cells, which are the same if the guard asks
    about a single number. `constants` maps the cell of each constant to the constant.
    """

    steps: Sequence[Step]
    leaves: Sequence[int]
    outputs: Sequence[int]
    guards: Sequence[int]
    constants: dict[int, float]


def apart(flow: Flow) -> Flow:
    """Return the flow with a separate step for each result."""
    return flow._replace(steps=[step.alone(o) for step in flow.steps for o in range(step.results)])


def flow_of(listing: Listing, fast: bool) -> Flow:
    """Return how numbers flow through a listing when the available player, in C or in Python, replays it."""
    if not native.available():
        return _by_operations(listing)
    passes = (native.FAST if fast else native.EXACT) & ~native.REUSE  # without REUSE, each cell is filled once
    steps, leaves, outputs, guards, constants = native.prepare(listing, passes=passes).plan().flow()
    made = [_step(constants, *step) for step in steps]
    return Flow(made, _integers(leaves), _integers(outputs), _integers(guards), constants)


def _step(constants: dict[int, float], *sizes: Any) -> Step:
    step = Step._make((*sizes[:-1], _integers(sizes[-1]), 0, None))
    if step.kind != DOTS:
        return step
    inits = step.pool[step.n + 1 : 2 * step.n + 1]
    return step._replace(inits=sum(cell >= 0 and constants.get(cell) != 0.0 for cell in inits))


def _integers(data: bytes) -> array[int]:
    return array("i", data)


def _by_operations(listing: Listing) -> Flow:
    first = listing.inputs + listing.parameters
    steps = [
        Step(MAP, row, 1, 0, len(operands), 0, listing.first + k, 1, operands)
        for k, (row, operands) in enumerate(listing.instructions())
    ]
    guards = [slot for guard in listing.guards for slot in (guard.operands[0], guard.operands[-1])]
    constants = dict(enumerate(listing.constants, first))
    return Flow(steps, range(first), listing.outputs, guards, constants)
