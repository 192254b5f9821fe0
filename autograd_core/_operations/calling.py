"""How a row is called: the shape of its arguments, its value and its slopes on operands given one by one."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from .operation import Operation


def argument_shape(operation: Operation) -> tuple[int, bool]:
    """How many arguments the operation's function takes, and whether each is a list.

    >>> from autograd_core import dot, hypot, operation_of
    >>> argument_shape(operation_of(hypot)), argument_shape(operation_of(dot))
    ((2, False), (2, True))
    """
    if operation.arity is not None:
        return operation.arity, False
    if operation.origin is not None:
        return len(inspect.signature(operation.origin).parameters), False
    for argument in (1.0, [1.0]):
        for count in range(1, 5):
            try:
                operation.gather(*[argument] * count)  # type: ignore[misc]  # rows on many operands gather them
            except TypeError:
                continue
            return count, argument != 1.0
    raise TypeError(f"cannot tell how {operation.name} takes its operands")


def value_of(operation: Operation, operands: Sequence[float]) -> float:
    """The row's value on floats; raises what floats raise."""
    return operation.value(operands) if operation.arity is None else operation.value(*operands)


def slopes_of(operation: Operation, operands: Sequence[Any], result: Any) -> list[Any]:
    """The row's local derivatives by every operand, on floats or on Values."""
    if not isinstance(operation.derivatives, tuple):
        return list(operation.derivatives(operands, result))
    return [operation.derivative(i, operands, result) for i in range(len(operands))]


def orders(operation: Operation) -> tuple[int, ...]:
    """Which operands are whole orders and no variables: those whose derivative is NaN even at ones.

    >>> from autograd_core import operation_of, polygamma
    >>> orders(operation_of(polygamma))
    (0,)
    """
    count, lists = argument_shape(operation)
    if lists:
        return ()
    slopes: Sequence[Any]
    if isinstance(operation.derivatives, tuple):
        slopes = operation.derivatives
    else:
        ones = [1.0] * count
        slopes = operation.derivatives(ones, value_of(operation, ones))
    return tuple(i for i, slope in enumerate(slopes) if slope != slope)
