"""The node of a whole program, which is one operation on its inputs and parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._engine.clock import tick
from .._engine.nodes import make_node
from .._engine.places import current
from .._operations.operation import Operation
from ..value import Value


def recorded(
    row: Operation,
    value: float,
    given: Sequence[Any],
    inputs: Sequence[float],
    parameters: Sequence[Value],
    slopes: Sequence[float],
) -> Value:
    """Make a node of a program's row on its inputs, which are Values where `given` has Values, and its parameters."""
    operands = [x if type(x) is Value else number for x, number in zip(given, inputs, strict=True)]
    return make_node(row, value, (*operands, *parameters), slopes, current(), tick())
