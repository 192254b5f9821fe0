"""Which error the engine raises first at a point, for programs that have no function to be run there.

A listing is in the order of a sweep. The engine computes in the order in which the function made its nodes, and the
function asks its questions in between; `Listing.risks` and `Guard.after` hold what matters of that order. This runs
only where a replay has failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import failed
from .guards import QUESTIONS, Strayed, answer, same
from .listing import Listing


def first_failure(listing: Listing, inputs: Sequence[float], parameters: Sequence[Any]) -> Exception | None:
    """Return what the engine would meet first: an operation's error, or a guard that fails, as Strayed or an error.

    Operations whose order is unknown come last, in the order of the listing. Parameters are Values, whose labels errors
    mention, or floats.
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
    """Return the numbers in all slots, None where there is none, and the errors of the instructions that raise."""
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
            except Exception as error:  # a primitive may raise anything
                errors[k] = error
        slots.append(found)
    return slots, errors


def _asked(listing: Listing, i: int, slots: Sequence[Any]) -> Exception | None:
    """Return what comes of asking guard `i`, or None if its answer is the trace's or an operand has no number."""
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
