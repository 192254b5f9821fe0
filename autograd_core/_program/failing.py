"""Finds the error that the engine would raise first at a point, for programs whose function is not available.

These programs were loaded from files, or made from graphs. Their listings (flat lists of operations) are in the order
that the backward sweep needs. The engine, however, computes nodes in the order in which the function makes them, and
between them the function asks questions about its numbers, such as comparisons. `Listing.risks` and `Guard.after`
record as much of that order as is needed here. This module is used only after a replay has failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import failed
from .guards import QUESTIONS, Strayed, answer, same
from .listing import Listing


def first_failure(listing: Listing, inputs: Sequence[float], parameters: Sequence[Any]) -> Exception | None:
    """Return the first failure that the engine would meet, or None if there is none.

    A failure is an error that an operation or a guard's question raises, or Strayed if the answer to a guard's question
    is not the same as in the trace. Operations whose order is not known come last, in the order of the listing.

    Args:
        parameters: Values or floats; error messages mention the labels of Values.
    """
    slots, errors = _computed(listing, inputs, parameters)
    done = 0
    for i, guard in enumerate(listing.guards):
        for k in listing.risks[done : guard.after]:
            if k in errors:
                return errors[k]
        done = guard.after
        failure = _asked(listing, i, slots)
        if failure is not None:
            return failure
    return next((errors[k] for k in (*listing.risks[done:], *errors) if k in errors), None)


def _computed(
    listing: Listing, inputs: Sequence[float], parameters: Sequence[Any]
) -> tuple[list[Any], dict[int, Exception]]:
    """Return the numbers in all slots, and the error of each instruction that raises.

    A slot holds None if its instruction raises an error, or depends on an instruction that does.
    """
    slots: list[Any] = [*inputs, *(getattr(x, "_data", x) for x in parameters), *listing.constants]
    named = {listing.inputs + i: x for i, x in enumerate(parameters)}
    errors: dict[int, Exception] = {}
    for k, (row, operands) in enumerate(listing.instructions()):
        numbers = [slots[slot] for slot in operands]
        found = None
        if None not in numbers:
            try:
                found = row.evaluate(numbers)
            except (ArithmeticError, ValueError) as error:
                errors[k] = failed(row, [named.get(slot, slots[slot]) for slot in operands], error)
            except Exception as error:  # a primitive is the user's own function, which may raise anything
                errors[k] = error
        slots.append(found)
    return slots, errors


def _asked(listing: Listing, i: int, slots: Sequence[Any]) -> Exception | None:
    """Return the error of guard `i`, or None if its answer is the same as in the trace or an operand has no number."""
    guard = listing.guards[i]
    numbers = [slots[slot] for slot in guard.operands]
    if None in numbers:
        return None
    outcome = answer(guard, slots, listing.variable)
    if outcome is None and guard.row is None:
        try:
            QUESTIONS[guard.kind](*numbers)
        except (ArithmeticError, ValueError) as error:
            return error
    return None if outcome is not None and same(outcome, guard.outcome) else Strayed(i, outcome)
