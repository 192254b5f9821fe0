"""One operation on numbers, and what it raises."""

from __future__ import annotations

from collections.abc import Sequence

from .._operations.operation import Operation
from ..errors import failed


def computed(row: Operation, numbers: Sequence[float]) -> float:
    """The value of an operation; what it raises is said as the engine says it."""
    try:
        return row.evaluate(numbers)
    except (ArithmeticError, ValueError) as error:
        raise failed(row, numbers, error) from None
