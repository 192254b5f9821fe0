"""Training whose gradients are computed by several workers, in other processes or on other machines.

Each batch is divided into parts, which are runs of consecutive rows (examples). The gradients of the parts are added by
repeated halving: first within each half of the parts, then the sums of the two halves. A worker computes the sum for a
piece, which is half of the parts, or half of a half, and so on. The rows of each part and the order of addition depend
only on the batch. Any worker can compute any piece, and can compute it again if another worker dies, so the result is
the same, to the last bit, with any number of workers.

Rows are not assigned to workers, because executors do not say which worker takes a piece, and any batch may contain any
rows. In the first epoch the rows are sent along with the pieces, and the workers keep them. From then on a piece refers
to its rows by number. A worker that lacks a row, because the worker is new or another one received it, reports this and
is sent all of the data, once. If there are more than `KEPT` bytes of data, or if the rows differ in each epoch, the
rows are sent every time and not kept.
"""

from __future__ import annotations

import math
import os
import secrets
import warnings
from array import array
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Any

from autograd_core._engine.weights import assign_means, data_into

from ..dataset import Example
from .arrays import arrays_for
from .carried import Sender, packet_of, pickled
from .draws import Draws
from .halves import Share, all_places, by_halves, pieces, rows_of_part
from .programs import Programs, are_same, contents
from .settings import Settings
from .training import Training
from .worker import Answer, Missing, Piece, piece_gradient

KEPT = 2**28


class SharedTraining(Training):
    """Training that sends pieces of each batch to an executor."""

    def __init__(self, settings: Settings, client: Any) -> None:
        super().__init__(settings)
        self.client, self.executor = client, executor_of(client)
        self.sender, self.number, self.epoch = Sender(settings.rows), 0, 0
        size = 8 * len(self.sender.table) or len(self.sender.packet(range(len(settings.rows))).content)
        self.kept = size <= KEPT and not settings.changes_inputs
        self.weights = array("d", bytes(8 * len(settings.moved)))
        self._take_model()
        self.arrays = arrays_for(settings.moved, settings, self.parts)
        self.total: tuple[list[float], Share] | None = None
        self.changed: list[Example] = []  # the examples of the batch, if augmentation or noise changes them
        self.noise = settings.generator.getrandbits(64) if Draws(settings.model).generators else 0

    def _take_model(self) -> None:
        """Pickle the model for the workers; a new token tells them that the model has changed."""
        s, self.token = self.settings, secrets.token_hex(16)
        self._take_for_granted()
        self.blob = pickled((s.model, s.loss, s.moved, s.engine))

    def _begun_programs(self) -> Programs | None:
        """Return None, because the workers have the programs."""
        self.own_modes = True
        return None

    def _epoch(self, epoch: int, bar: Any) -> None:
        self.epoch, self.workers = epoch, workers_of(self.client)
        if not are_same(contents(self.modules), self.taken_for_granted):
            self._take_model()  # a callback has changed the model
        super()._epoch(epoch, bar)

    def _step_in_arrays(self, batch: list[int], norms: dict[str, list[float]]) -> float | None:
        """Like `Training._step_in_arrays`, but with gradients from the workers."""
        self.total = None
        if self.arrays is None or not self.arrays.ready():
            return None
        try:
            self.total = self._total(batch, self.arrays.weights)
        except (ArithmeticError, TypeError, ValueError):
            self.number -= 1
            return None  # `_losses` will raise the error again, with a note that says where
        losses, share = self.total
        sound = 0 not in share.reached and all(map(math.isfinite, losses))
        return self.arrays.step(losses, share.sums, 0, norms) if sound else None

    def _losses(self, batch: list[int], where: str) -> list[float]:
        """Like `Training._losses`, but the workers compute the losses, and may have done so already."""
        if self.total is None:
            data_into(self.settings.moved, self.weights)
            self.total = self._total(batch, self.weights)
        losses, share = self.total
        if not (self._assign(share, len(losses)) and all(map(math.isfinite, losses))):
            return self._swept_row_by_row(self._rows(batch), where)  # the error says what went wrong, and where
        return losses

    def _total(self, batch: list[int], weights: array[float]) -> tuple[list[float], Share]:
        """Have the workers compute a batch; return the loss of each row, and the sum of the rows' gradients."""
        self.number += 1
        asked = pieces(range(math.ceil(len(batch) / rows_of_part(len(batch)))), self.workers)
        found = self._answers(self._pieces(asked, batch, weights.tobytes()))
        self._note_engine([answer.reason for answer in found])
        answers = dict(zip(asked, found, strict=True))
        losses = [loss for answer in found for loss in answer.losses]
        share = by_halves(range(asked[-1].stop), lambda parts: answers[parts].share if parts in answers else None)
        return losses, share

    def _pieces(self, asked: list[range], batch: list[int], weights: bytes) -> list[Piece]:
        """Return the pieces for the workers; a piece includes the rows themselves if no worker can have kept them."""
        size, noise = rows_of_part(len(batch)), f"{self.noise} {self.number}"
        self.changed = list(self._examples(batch)) if self.settings.changes_inputs else []
        found = []
        for parts in asked:
            run = slice(parts.start * size, parts.stop * size)
            numbers: Sequence[int] = array("i", batch[run])
            packet = None
            if self.settings.changes_inputs:
                packet = packet_of(self.changed[run])
                numbers = packet.numbers
            elif self.epoch == 1 or not self.kept:
                packet = self.sender.packet(numbers)
            found.append(Piece(self.token, weights, run.start, size, numbers, packet, self.kept, noise))
        return found

    def _rows(self, batch: list[int]) -> list[Example]:
        """Return the examples of the batch as the workers receive them."""
        return self.changed or [self.settings.rows[i] for i in batch]

    def _answers(self, asked: list[Piece]) -> list[Answer]:
        """Return the answers to these pieces, in order; resend a piece along with whatever its worker lacked."""
        found: dict[int, Answer] = {}
        blobs: dict[int, bytes] = {}
        try:
            while left := [k for k in range(len(asked)) if k not in found]:
                for k, answer in zip(left, self._submitted([(asked[k], blobs.get(k)) for k in left]), strict=True):
                    if isinstance(answer, Answer):
                        found[k] = answer
                        continue
                    if answer.model:
                        blobs[k] = self.blob
                    if asked[k].packet is None:  # all rows, because another worker may take the piece
                        asked[k] = asked[k]._replace(packet=self.sender.packet(range(len(self.settings.rows))))
        except BrokenExecutor as error:
            error.add_note(f"This happened in batch {self.number}; the parameters are as they were before that batch.")
            raise
        return [found[k] for k in range(len(asked))]

    def _submitted(self, asked: list[tuple[Piece, bytes | None]]) -> list[Answer | Missing]:
        """Submit the pieces, and return the executor's answers in order; if a call fails, cancel the others."""
        futures: list[Future[Answer | Missing]] = []
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Sending large graph")  # a warning from Dask; rows are sent only once
                for piece, blob in asked:
                    futures.append(self.executor.submit(piece_gradient, piece, blob))
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()

    def _assign(self, total: Share, count: int) -> bool:
        """Put the mean gradient into the parameters; return whether it is finite."""
        places = all_places(len(total.sums))
        if 0 in total.reached:
            places = array("i", [at if mark else -1 for at, mark in zip(places, total.reached, strict=True)])
        return assign_means(self.settings.moved, total.sums, places, count)

    def _note_engine(self, reasons: list[str]) -> None:
        """Record which engine the workers used, unless the history already gives a reason for not using programs."""
        s, reason = self.settings, next(filter(None, reasons), "")
        if reason and s.engine == "program":
            raise ValueError(f'engine="program" cannot train {s.model!r}: {reason}')
        if not self.history.reason:
            self.history.engine, self.history.reason = "eager" if reason else "program", reason


def executor_of(client: Any) -> Executor:
    """Return an executor of `concurrent.futures` unchanged, or the executor of a Dask client."""
    if isinstance(client, Executor):
        return client
    if not callable(getattr(client, "get_executor", None)):
        raise TypeError(
            f"client must be a concurrent.futures executor or a distributed.Client; got {client!r}: create one, "
            "such as ProcessPoolExecutor()"
        )
    # pure=False, because the same call may return a different answer if the worker has received or lost something in
    # between
    executor: Executor = client.get_executor(pure=False)
    return executor


def workers_of(client: Any) -> int:
    """Return how many pieces a client can compute at a time, or a guess; batches are divided accordingly."""
    if callable(getattr(client, "nthreads", None)):
        return sum(client.nthreads().values()) or 1
    return getattr(client, "_max_workers", None) or os.cpu_count() or 1
