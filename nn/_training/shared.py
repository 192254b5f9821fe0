"""Training whose gradients are computed by several workers, in processes or on other machines.

Each batch is divided into parts of `PART` rows. Any worker can compute any part, again if another one died over it, and
the answers are added in the order of the parts, so the result is the same to the last bit with any number of workers.
"""

import math
import pickle
import secrets
from array import array
from collections.abc import Callable, Iterable
from concurrent.futures import BrokenExecutor, Executor, Future
from importlib import import_module
from typing import Any

from autograd_core._engine.weights import add_numbers, assign_means

from ..dataset import Example
from .settings import Settings
from .training import Training
from .worker import Answer, Part, generators_of, part_gradient

PART = 16


class SharedTraining(Training):
    """Training that sends the parts of each batch to an executor."""

    def __init__(self, settings: Settings, executor: Executor) -> None:
        super().__init__(settings)
        self.executor, self.token, self.number = executor, secrets.token_hex(16), 0
        self.places = array("i", range(len(settings.moved)))
        self.blob = pickled((settings.model, settings.loss, settings.moved))
        self.noise = settings.generator.getrandbits(64) if generators_of(settings.model) else 0

    def _plan(self) -> None:
        """Return None: the workers compute all gradients."""

    def _losses(self, batch: list[int], where: str) -> list[float]:
        """The same as in Training, from the workers' sums, added in order."""
        self.number += 1
        rows = list(self._examples(batch))
        answers = self._answers(rows)
        losses = [loss for answer in answers for loss in answer.losses]
        totals, marks = array("d", bytes(8 * len(self.places))), bytearray(len(self.places))
        finite = [add_numbers(answer.sums, 0, self.places, totals, marks) for answer in answers]
        reached = any_of([answer.reached for answer in answers])
        places = array("i", [at if mark else -1 for at, mark in zip(self.places, reached, strict=True)])
        means_are = assign_means(self.settings.moved, totals, places, len(rows))
        if not (means_are and all(finite) and all(map(math.isfinite, losses))):
            return self._swept_row_by_row(rows, where)  # it says where something went wrong
        return losses

    def _answers(self, rows: list[Example]) -> list[Answer]:
        weights = array("d", [p.data for p in self.settings.moved]).tobytes()
        parts = [self._part(rows, start, weights) for start in range(0, len(rows), PART)]
        try:
            asked = self._asked(parts, None)
            # send the model to workers that do not have it, or no longer have it
            missing = [part for part, answer in zip(parts, asked, strict=True) if answer is None]
            sent = iter(self._asked(missing, self.blob))
            return [answer or next(sent) for answer in asked]  # type: ignore[misc]  # workers that got it answer
        except BrokenExecutor as error:
            error.add_note(f"This happened in batch {self.number}; the parameters are those before it.")
            raise

    def _part(self, rows: list[Example], start: int, weights: bytes) -> Part:
        noise = [f"{self.noise} {self.number} {row}" for row in range(start, min(start + PART, len(rows)))]
        return Part(self.token, weights, rows[start : start + PART], noise)

    def _asked(self, parts: Iterable[Part], blob: bytes | None) -> list[Answer | None]:
        """The answers to some parts, in their order; none is left running where one fails."""
        futures: list[Future[Answer | None]] = []
        try:
            for part in parts:
                futures.append(self.executor.submit(part_gradient, part, blob))
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()


def any_of(marks: list[bytes]) -> bytes:
    """Return, for each place, whether any of them marks it.

    >>> any_of([bytes([1, 0, 0]), bytes([0, 0, 1])])
    b'\\x01\\x00\\x01'
    """
    found = 0
    for mark in marks:
        found |= int.from_bytes(mark, "big")
    return found.to_bytes(len(marks[0]), "big")


def executor_of(client: Any) -> Executor:
    """Return the client as an executor: one of `concurrent.futures`, or the one of a Dask client."""
    if isinstance(client, Executor):
        return client
    if not callable(getattr(client, "get_executor", None)):
        raise TypeError(
            f"client must be a concurrent.futures executor or a distributed.Client, got {client!r}: make one, such as "
            "ProcessPoolExecutor()"
        )
    # not pure: the same question may get another answer, if the worker has got or lost the model in between
    executor: Executor = client.get_executor(pure=False)
    return executor


def pickled(thing: Any) -> bytes:
    """Return a pickle; with cloudpickle, also of lambdas and functions defined in a notebook."""
    try:
        dumps: Callable[[Any], bytes] = import_module("cloudpickle").dumps
    except ImportError:
        dumps = pickle.dumps
    try:
        return dumps(thing)
    except (AttributeError, TypeError, pickle.PicklingError) as error:
        error.add_note("Model and loss are sent to other processes: define them in a module, or install cloudpickle.")
        raise
