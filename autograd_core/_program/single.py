"""One operation on numbers, with the engine's errors."""

from __future__ import annotations

from collections.abc import Sequence

from .._operations.operation import Operation
from ..errors import failed


def computed(row: Operation, numbers: Sequence[float]) -> float:
    """The value of an operation; errors are worded as the engine words them."""
    try:
        return row.evaluate(numbers)
    except (ArithmeticError, ValueError) as error:
        raise failed(row, numbers, error) from None
