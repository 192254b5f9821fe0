"""Converts real numbers, including NumPy's, to floats."""

from __future__ import annotations

from numbers import Real
from typing import Any

from .choice import accelerated


@accelerated
def number(operand: Any) -> float | None:
    """Return a real number as a float, or None for anything else.

    NumPy bools and zero-dimensional arrays count as numbers.
    """
    kind = type(operand)
    if kind is float or kind is int or isinstance(operand, Real):
        return float(operand)
    if kind.__module__ == "numpy":
        if kind.__name__ in ("bool", "bool_"):
            return float(operand)
        if (item := unwrapped(operand)) is not operand:
            return number(item)
    return None


def unwrapped(thing: Any) -> Any:
    """Return the number or Value in a zero-dimensional array, and anything else unchanged.

    For example, `np.tensordot(v, v, 1)` returns a zero-dimensional array.
    """
    kind = type(thing)
    if kind.__name__ == "ndarray" and kind.__module__ == "numpy" and not thing.shape and thing.dtype.kind in "fiubO":
        return thing.item()
    return thing
