"""The messages: each names the operation, the operands with their labels, and the way out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .operation import Operation

NAMES = ("x", "y")
SHOWN = 8


class GraphError(RuntimeError):
    """The graph cannot answer what was asked of it, for a reason that the message gives."""


def described(operand: Any, name: str = "") -> str:
    """One operand in a message: its name, number and label.

    >>> from autograd_core import Value
    >>> described(Value(-1.0, label="p"), "x")
    "x = -1.0 (label 'p')"
    """
    label = getattr(operand, "label", None)
    number = getattr(operand, "data", operand)
    prefix = f"{name} = " if name else ""
    return f"{prefix}{number!r}" + (f" (label {label!r})" if label is not None else "")


def listed(operands: Sequence[Any]) -> str:
    """The operands of one operation in a message."""
    if len(operands) <= len(NAMES):
        return ", ".join(described(operand, name) for operand, name in zip(operands, NAMES, strict=False))
    shown = ", ".join(described(operand) for operand in operands[:SHOWN])
    return f"[{shown}{f', … {len(operands) - SHOWN} more' if len(operands) > SHOWN else ''}]"


def named(operation: Operation) -> str:
    """An operation in a message: an operator as it is written, a function by its name."""
    return operation.formula.format(x="x", y="y") if operation.operator else operation.name


def failed(operation: Operation, operands: Sequence[Any], error: Exception) -> Exception:
    """The error that plain floats raise here, of the same type, with a message that says what went in."""
    numbers = [getattr(operand, "data", operand) for operand in operands]
    if isinstance(error, OverflowError):
        text = f"the result of {named(operation)} is too large for a float"
    elif operation.origin is not None:
        text = f"{operation.name} failed: {error}"
    elif operation.domain.contains(*numbers):
        text = f"{named(operation)} has no value here ({error})"
    else:
        text = f"{named(operation)} is defined for {operation.domain.text}"
    for kind in (OverflowError, ZeroDivisionError, ArithmeticError):
        if isinstance(error, kind):
            return kind(f"{text}; got {listed(operands)}")
    return ValueError(f"{text}; got {listed(operands)}")


def not_a_number(operation: Operation, operand: Any) -> TypeError:
    """The error for an operand that no operation takes."""
    return TypeError(
        f"{operation.name} takes Values and real numbers; got {operand!r} of type {type(operand).__name__}"
    )
