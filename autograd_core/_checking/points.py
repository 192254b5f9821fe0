"""Points at which to check an operation: inside its domain, and away from its kinks."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from .._operations.operation import Operation
from .._transforms.sweeps import gradients
from ..value import Value

TRIES = 2000
CLEARANCE = 2.0**-6  # the least distance from a kink, relative to the largest operand


def operand_names(row: Operation) -> list[str]:
    """Return the names of the operands that `point` draws for an operation."""
    return [f"x[{i}]" for i in range(4)] if row.shape.lists else list(row.shape.parameters)


def point(
    row: Operation, apply: Callable[..., Any], how_many: int, whole: Sequence[int], zero: int, draw: random.Random
) -> list[float]:
    """Draw operands inside the domain and away from kinks, where the value and derivatives are finite.

    The operands with the indices in `whole` are integers. To reveal bugs at 0, the operand with the index `zero` is 0,
    unless the first tries find no point of this kind.
    """
    for attempt in range(TRIES):
        operands = [float(draw.randint(0, 4)) if i in whole else _number(row, draw) for i in range(how_many)]
        if zero < how_many and zero not in whole and attempt < TRIES // 20:
            operands[zero] = 0.0
        clear = CLEARANCE * max(map(abs, operands))
        try:
            if not row.domain.contains(*operands) or not all(abs(kink(*operands)) > clear for kink in row.kinks):
                continue
            leaves = [Value(x) for x in operands]
            y = apply(*leaves)
        except (ArithmeticError, ValueError):
            continue
        slopes = gradients(y, leaves)
        if math.isfinite(y.data) and all(math.isfinite(slope) or i in whole for i, slope in enumerate(slopes)):
            return operands
    raise ValueError(f"no point found in the domain of {row.name} ({row.domain.text}) away from its kinks")


def _number(row: Operation, draw: random.Random) -> float:
    """Draw an integer, a number near a special point of the domain, or some other number.

    A number of the last kind is between -3 and 3, or has a magnitude from 2**-20 to 2**20.
    """
    kind, side, shift = draw.random(), 2.0 * draw.randint(0, 1) - 1.0, draw.uniform(-20.0, 20.0)
    if kind < 0.2:
        return float(draw.randint(0, 4))
    if kind < 0.35 and row.domain.special:
        return draw.choice(row.domain.special) + side * math.exp2(-abs(shift) / 2.0)
    if kind < 0.8:
        return draw.uniform(-3.0, 3.0)
    return side * math.exp2(shift)
