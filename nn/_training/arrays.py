"""Take training steps on arrays of weights, gradients and optimiser state, and copy these back to Values at the end."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Any

from autograd_core import Value, mean
from autograd_core._engine.choice import NATIVE
from autograd_core._engine.interrupts import undivided
from autograd_core._engine.weights import assign_data, assign_gradients, data_into, gather, norm_at

from ..optim import SGD, Adam
from .settings import Settings


class Arrays:
    """The weights, gradients and optimiser state as arrays, in the order of `parameters`.

    After a step, the parameters' Values are out of date until `write_back` is called.
    """

    def __init__(
        self, parameters: Sequence[Value], settings: Settings, parts: Mapping[str, Sequence[Value]]
    ) -> None:
        self.parameters, self.mover = parameters, settings.mover
        at = {node: i for i, node in enumerate(parameters)}
        self.places = {name: array("i", [at[p] for p in part]) for name, part in parts.items()}
        self.to_mover = array("i", [at[p] for p in self.mover.parameters])
        back = {at: i for i, at in enumerate(self.to_mover)}
        self.from_mover = array("i", [back[i] for i in range(len(at))])
        self.weights, self.means = (array("d", bytes(8 * len(at))) for _ in range(2))
        self.kept: list[array[float]] = []
        self.done = array("i", [0])
        self.loaded = False

    def ready(self) -> bool:
        """Load the current values if necessary; return whether the optimiser's state can be stored in arrays."""
        return self.loaded or self._load()

    def _load(self) -> bool:
        kept = self.mover.kept_in_arrays()
        if kept is NotImplemented:
            return False
        data_into(self.parameters, self.weights)
        self.kept = [_in_order(numbers, self.from_mover) for numbers in kept]
        self.done[0] = 0
        self.loaded = True
        return True

    def step(
        self, losses: Sequence[float], sums: array[float], start: int, norms: Mapping[str, list[float]]
    ) -> float | None:
        """Take a step with `sums[start:]`, the gradients summed over a batch's rows; return the mean of the losses.

        Returns None if the step must be taken on Values instead.
        """
        native: Any = NATIVE
        if not native.means_of(sums, start, len(losses), self.means):
            return None
        for name, places in self.places.items():
            norms[name].append(norm_at(self.means, places))
        self.mover.step_in_arrays(self.weights, self.means, self.kept, self.done)
        return float(mean(losses))

    def write_back(self) -> None:
        """Write the arrays back into the Values and the optimiser: all of them or none, even if Ctrl-C is pressed."""
        if not self.loaded:
            return
        steps = self.mover.steps + self.done[0]

        def write() -> None:
            if self.done[0]:
                assign_data(self.parameters, self.weights)
                assign_gradients(self.parameters, self.means.tolist())
                self.mover.keep(steps, [_in_order(numbers, self.to_mover) for numbers in self.kept])
            self.loaded = False

        undivided(write)


def arrays_for(
    parameters: Sequence[Value], settings: Settings, parts: Mapping[str, Sequence[Value]]
) -> Arrays | None:
    """Return arrays for the parameters, or None if steps cannot be taken on arrays.

    Steps on arrays need the native engine. They are also impossible if something reads the Values between steps, or if
    the optimiser has its own update rule or does not update exactly these parameters.
    """
    s = settings
    own = type(s.mover) not in (SGD, Adam) or "step" in vars(s.mover)
    looks = s.penalty is not None or s.max_norm is not None or s.changes_inputs or callable(s.mover.lr)
    same = set(parameters) == set(s.moved) == set(s.mover.parameters)
    return None if NATIVE is None or own or looks or not same else Arrays(parameters, settings, parts)


def _in_order(numbers: array[float], places: array[int]) -> array[float]:
    found = array("d", bytes(8 * len(numbers)))
    gather(numbers, 1, places, 0, memoryview(found))
    return found
