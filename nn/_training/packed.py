"""Compute a whole batch in one call, from an array with one row of numbers for each example.

The call plays a plan, that is, it replays one path through a traced computation (see `programs.py`) for every row.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from typing import Any

from autograd_core import Value
from autograd_core._engine.weights import assign_means, gather

from ..dataset import Example
from .programs import Plan, Programs, taken_apart


class Packed:
    """Examples of the same shape, each stored as a row of numbers; a target that is a class comes last in its row."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.first = examples[0]
        self.shape, self.kind, _ = taken_apart(*self.first)
        self.numbers = array("d")
        for x, target in examples:
            shape, kind, numbers = taken_apart(x, target)
            if shape != self.shape:
                raise ValueError("the examples differ in shape")
            self.numbers.extend(numbers)
            if kind is not None:
                self.numbers.append(kind)
        self.width = len(self.numbers) // len(examples)

    def plan(self, programs: Programs) -> Plan | None:
        """Return the only plan for these examples; if there is no plan yet, trace an example first.

        Returns None if there are several plans, or if a row contains a number that is not an input of the plan.
        """
        plans = programs.plans_of(self.shape, self.kind)
        if not plans:
            state = programs.draws.state()
            try:
                programs.plan(*self.first, gradients_too=True)
            finally:
                programs.draws.restore(state)
            plans = programs.plans_of(self.shape, self.kind)
        only = plans[0] if len(plans) == 1 else None
        width = self.width + len(programs.calls.get(self.shape, ()))
        return only if only is not None and only.player is not None and only.inputs == width else None


def packed(examples: Sequence[Example]) -> Packed | None:
    """Return the examples as a `Packed`, or None if their shapes differ or a number is too large for a float."""
    try:
        return Packed(examples)
    except (OverflowError, ValueError):
        return None


class AtOnce:
    """Computes the losses of whole batches, and their gradients with respect to `moved`, by playing plans."""

    def __init__(self, programs: Programs, moved: Sequence[Value]) -> None:
        self.programs, self.moved = programs, moved
        self.rows = self.losses = memoryview(array("d"))

    def sweep(self, plan: Plan, examples: Packed, chosen: Sequence[int]) -> list[float] | None:
        """Return the losses of the chosen examples, and leave their mean gradient in the parameters.

        Returns None if an example does not take the plan's path or a number is not finite; the gradients are then
        meaningless.
        """
        losses = self.play(plan, examples, chosen, plan.parameters)
        if losses is None or not assign_means(self.moved, plan.found, plan.found_at, len(losses)):
            return None
        return losses

    def play(self, plan: Plan, examples: Packed, chosen: Sequence[int], parameters: Any) -> list[float] | None:
        """Return the losses of the chosen examples, and leave the sums of their gradients in the plan.

        Returns None if an example does not take the plan's path or a loss is not finite.
        """
        count, width = len(chosen), examples.width
        if len(self.losses) != count or len(self.rows) != count * width:
            self.rows, self.losses = (memoryview(array("d", bytes(8 * count * n))) for n in (width, 1))
        gather(examples.numbers, width, array("i", chosen), 0, self.rows)
        calls = self.programs.calls.get(examples.shape, ())
        drawn = array("d", self.programs.draws.of_rows(calls, count))
        tables = ((self.rows, width, True), (drawn, len(calls), True)) if calls else ((self.rows, width, True),)
        if not plan.play_rows(tables, parameters, self.losses):
            return None
        losses: list[float] = self.losses.tolist()  # type: ignore[assignment]  # of float64
        return losses if math.isfinite(sum(losses)) else None
