"""Training steps on arrays of weights, gradients and optimiser state, until Python reads the parameters again."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Any

from autograd_core import Value, mean
from autograd_core._engine.choice import NATIVE
from autograd_core._engine.interrupts import undivided
from autograd_core._engine.weights import assign_data, assign_gradients, data_into, gather, norm_at

from ..optim import SGD, Adam
from .packed import AtOnce, Packed
from .programs import Plan
from .settings import Settings


class Flat:
    """The parameters of a plan as arrays, in its order; the Values are out of date until `write_back`."""

    def __init__(
        self, plan: Plan, at_once: AtOnce, settings: Settings, parts: Mapping[str, Sequence[Value]]
    ) -> None:
        self.plan, self.mover, self.at_once = plan, settings.mover, at_once
        at = {node: i for i, node in enumerate(plan.parameters)}
        self.places = {name: array("i", [at[p] for p in part]) for name, part in parts.items()}
        self.to_mover = array("i", [at[p] for p in self.mover.parameters])
        back = {at: i for i, at in enumerate(self.to_mover)}
        self.from_mover = array("i", [back[i] for i in range(len(at))])
        self.weights, self.means = (array("d", bytes(8 * len(at))) for _ in range(2))
        self.kept: list[array[float]] = []
        self.done = array("i", [0])
        self.loaded = False

    def _load(self) -> bool:
        """Read the current numbers; return False if the optimiser's state does not fit into arrays."""
        kept = self.mover.kept_in_arrays()
        if kept is NotImplemented:
            return False
        data_into(self.plan.parameters, self.weights)
        self.kept = [_in_order(numbers, self.from_mover) for numbers in kept]
        self.done[0] = 0
        self.loaded = True
        return True

    def step(self, examples: Packed, chosen: Sequence[int], norms: Mapping[str, list[float]]) -> float | None:
        """Take a step on the chosen examples and return their mean loss; return None if Values must take it."""
        if not (self.loaded or self._load()):
            return None
        losses = self.at_once.play(self.plan, examples, chosen, self.weights)
        native: Any = NATIVE
        if losses is None or not native.means_of(self.plan.found, self.plan.inputs, len(losses), self.means):
            return None
        for name, places in self.places.items():
            norms[name].append(norm_at(self.means, places))
        self.mover.step_in_arrays(self.weights, self.means, self.kept, self.done)
        return float(mean(losses))

    def write_back(self) -> None:
        """Write the arrays back into the Values and the optimiser, all or nothing with respect to Ctrl-C."""
        if not self.loaded:
            return
        steps = self.mover.steps + self.done[0]

        def write() -> None:
            if self.done[0]:
                assign_data(self.plan.parameters, self.weights)
                assign_gradients(self.plan.parameters, self.means.tolist())
                self.mover.keep(steps, [_in_order(numbers, self.to_mover) for numbers in self.kept])
            self.loaded = False

        undivided(write)


def flat_for(
    plan: Plan, at_once: AtOnce, settings: Settings, parts: Mapping[str, Sequence[Value]]
) -> Flat | None:
    """Return arrays for a plan, or None if something reads the parameters between steps, or moves other parameters."""
    s = settings
    own = type(s.mover) not in (SGD, Adam) or "step" in vars(s.mover)
    looks = s.penalty is not None or s.max_norm is not None or s.changes_inputs or callable(s.mover.lr)
    same = set(plan.parameters) == set(s.moved) == set(s.mover.parameters)
    return None if own or looks or not same else Flat(plan, at_once, settings, parts)


def _in_order(numbers: array[float], places: array[int]) -> array[float]:
    found = array("d", bytes(8 * len(numbers)))
    gather(numbers, 1, places, 0, memoryview(found))
    return found
