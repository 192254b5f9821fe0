"""A worker that computes the gradients of pieces of batches for `fit(…, client=…)`.

It keeps a copy of the model and the rows (examples) that it has received. A piece consists of parts, which are runs of
consecutive rows (see `halves.py`).
"""

from __future__ import annotations

import pickle
import threading
from array import array
from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd_core import Value, mean, record
from autograd_core._engine.weights import add_numbers, assign_data, clear_gradients, gather

from ..dataset import Example
from ..module import Module
from .carried import Packet, Receiver
from .draws import Call, Draws
from .halves import Share, by_halves
from .packed import AtOnce
from .programs import Plan, Programs, why_not
from .sums import RowSums


class Piece(NamedTuple):
    """Consecutive rows of a batch, with everything that a worker needs to compute their gradient at any time."""

    token: str  # identifies the training run, and so the model and the rows that a worker keeps
    weights: bytes
    start: int  # the index in the batch of the piece's first row
    rows_of_part: int
    # the rows' indices in the training data or, if inputs change from epoch to epoch, in the packet
    numbers: Sequence[int]
    packet: Packet | None  # the rows, if they are sent along
    keep: bool  # whether the worker keeps these rows
    noise: str  # combined with a row's index in the batch, this seeds the row's random numbers


class Missing(NamedTuple):
    """A worker's answer when it cannot compute a piece: it lacks rows, and also the model if `model` is true."""

    model: bool


class Answer(NamedTuple):
    """Each row's loss, the rows' share of the gradient, and the reason why no program was used ("" if one was).

    A program is a traced computation, which is replayed for all rows of a part in one call.
    """

    losses: list[float]
    share: Share
    reason: str


class SeededDraws(Draws):
    """The model's random generators, seeded anew for each row with a seed that depends only on the row."""

    seeds: Sequence[str] = ()

    def seed(self, seed: str) -> None:
        """Seed the generators for a row."""
        for number, generator in enumerate(self.generators):
            generator.seed(f"{seed} {number}")

    def of_rows(self, calls: Sequence[Call], count: int) -> list[float]:
        """Make these calls for each row of a part, and return all results."""
        numbers: list[float] = []
        for seed in self.seeds:
            self.seed(seed)
            numbers += self.drawn(calls)
        return numbers


class Worker:
    """A copy of the model, its programs, and the rows received so far."""

    def __init__(self, token: str, model: Module, loss: Any, moved: list[Value], engine: str) -> None:
        self.token, self.model, self.loss, self.moved = token, model, loss, moved
        self.buffers = [(module, key) for _, module, key in model.named_buffers()]
        self.draws, self.kept = SeededDraws(model), Receiver()
        self.weights = array("d")
        self.ordered: tuple[Plan, array[float]] | None = None
        self.assigned = False
        self.reason = 'engine="eager"' if engine == "eager" else why_not(model, loss, engine)
        programs = Programs(lambda x, target: loss(model(x), target), moved, self.draws)
        self.programs = None if self.reason else programs
        self.at_once = AtOnce(programs, moved)
        model.train()

    def answer(self, piece: Piece) -> Answer | Missing:
        """Return the answer to a piece, or `Missing` if rows are missing."""
        rows = self.kept if piece.keep else Receiver()
        if piece.packet is not None:
            rows.add(piece.packet)
        if rows.lacks(piece.numbers):
            return Missing(model=False)
        self.weights, size = array("d", piece.weights), piece.rows_of_part
        self.ordered, self.assigned = None, False
        losses: list[float] = []

        def share(part: range) -> Share | None:
            if len(part) > 1:
                return None
            start = part[0] * size
            numbers = piece.numbers[start - piece.start : start - piece.start + size]
            self.draws.seeds = [f"{piece.noise} {start + k}" for k in range(len(numbers))]
            found, share = self._part(rows, numbers)
            losses.extend(found)
            return share

        first = piece.start // size
        total = by_halves(range(first, first - (-len(piece.numbers) // size)), share)
        return Answer(losses, total, self.reason)

    def _part(self, rows: Receiver, numbers: Sequence[int]) -> tuple[list[float], Share]:
        before = self._contents()
        found = self._at_once(rows, numbers) or self._row_by_row(rows.rows(numbers))
        if self._contents() != before:
            raise ValueError(
                f"{self.model!r} changes a buffer during training, and the model's copies in other processes would not "
                "see the change: train the model without a client"
            )
        return found

    def _contents(self) -> list[str]:
        return [repr(getattr(module, key)) for module, key in self.buffers]

    def _at_once(self, rows: Receiver, numbers: Sequence[int]) -> tuple[list[float], Share] | None:
        """Return the losses and the share from one call of a program, or None if rows must be computed one by one."""
        if self.programs is None:
            return None
        try:
            packed, chosen = rows.side_by_side(numbers)
            plan = packed.plan(self.programs)
        except Exception:  # computing row by row will raise the error again
            return None
        if plan is None:
            return None
        losses = self.at_once.play(plan, packed, chosen, self._weights_for(plan))
        if losses is None:
            return None
        sums, reached = array("d", bytes(8 * len(self.moved))), bytearray(len(self.moved))
        add_numbers(plan.found, plan.inputs, plan.places, sums, reached)
        return losses, Share(sums, bytes(reached))

    def _weights_for(self, plan: Plan) -> Any:
        """Return the weights in the order that the plan expects, or the parameters if the piece lacks some weights."""
        if not plan.all_placed:
            self._assign()
            return plan.parameters
        if self.ordered is None or self.ordered[0] is not plan:
            weights = array("d", bytes(8 * len(plan.places)))
            gather(self.weights, 1, plan.places, 0, memoryview(weights))
            self.ordered = plan, weights
        return self.ordered[1]

    def _assign(self) -> None:
        """Assign the weights of the piece to the parameters, unless they have already been assigned."""
        if not self.assigned:
            assign_data(self.moved, self.weights)
            self.assigned = True

    def _row_by_row(self, rows: Sequence[Example]) -> tuple[list[float], Share]:
        self._assign()
        losses: list[float] = []
        sums = RowSums(self.moved)
        with record():
            for (x, target), seed in zip(rows, self.draws.seeds, strict=True):
                losses.append(self._row(x, target, seed, sums))
        return losses, Share(array("d", sums.totals()), bytes(sums.reached))

    def _row(self, x: Any, target: Any, seed: str, sums: RowSums) -> float:
        self.draws.seed(seed)
        if self.programs is not None:
            try:
                return self.programs.add_gradient(x, target, sums)[0]
            except Exception as error:  # the eager engine raises the model's own errors again
                self.programs, self.reason = None, str(error)
                self.draws.seed(seed)
        y = self.loss(self.model(x), target)
        clear_gradients(self.moved)
        if type(y) is Value:
            y.backward()
        sums.add()
        return y.data if type(y) is Value else float(mean([y]))


# Each thread's worker for the latest training run: threads of one process must not share a model.
_here = threading.local()


def piece_gradient(piece: Piece, blob: bytes | None = None) -> Answer | Missing:
    """Return the answer to a piece, or `Missing`; `blob` is the pickled model, loss and settings."""
    worker: Worker | None = getattr(_here, "worker", None)
    if worker is None or worker.token != piece.token:
        if blob is None:
            return Missing(model=True)
        worker = _here.worker = Worker(piece.token, *pickle.loads(blob))
    return worker.answer(piece)
