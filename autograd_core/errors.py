"""The messages: each names the operation, the operands with their labels, and the way out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ._operations.operation import Operation
from .value import Value, number, unwrapped

NAMES = ("x", "y")
SHOWN = 8
KINDS = (OverflowError, ZeroDivisionError, ArithmeticError, FloatingPointError, ValueError)


class GraphError(RuntimeError):
    """The graph cannot answer what was asked of it, for a reason that the message gives."""


class GraphWarning(UserWarning):
    """A gradient is probably not what was meant, for a reason that the message gives."""


def described(operand: Any, name: str = "") -> str:
    """One operand in a message: its name, number and label.

    >>> from autograd_core import Value
    >>> described(Value(-1.0, label="p"), "x")
    "x = -1.0 (label 'p')"
    """
    label = operand.label if type(operand) is Value else None
    prefix = f"{name} = " if name else ""
    return f"{prefix}{shown(plain(operand))}" + (f" (label {label!r})" if label is not None else "")


def plain(operand: Any) -> Any:
    """The number of an operand: a float, or an int that is too large for one."""
    if type(operand) is Value:
        return operand._data
    try:
        return number(operand)
    except OverflowError:
        return operand


def shown(operand: Any) -> str:
    """A number in a message; of an int too large for a float only how many digits it has."""
    if type(operand) is int:
        return f"an int of {round(operand.bit_length() * math.log10(2))} digits"
    return repr(operand)


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
    """The error that plain floats raise here, of the same type, with a message that says what went in.

    An error of a type of its own, as a primitive may raise, stays as it is, with a note.
    """
    numbers = list(map(plain, operands))
    if type(error) not in KINDS:
        error.add_note(f"{operation.name} failed; it got {listed(operands)}")
        return error
    if any(type(x) is int for x in numbers):
        text = f"an operand of {named(operation)} is too large for a float"
    elif operation.origin is not None:
        text = f"{operation.name} failed: {error}"
    elif isinstance(error, OverflowError):
        text = f"the result of {named(operation)} is too large for a float"
    elif operation.domain.contains(*numbers):
        text = f"{named(operation)} has no value here ({error})"
    else:
        text = f"{named(operation)} is defined for {operation.domain.text}"
    # the way into a primitive is its user's to see
    trace = error.__traceback__ if operation.origin is not None else None
    return type(error)(f"{text}; got {listed(operands)}").with_traceback(trace)


def value_alone(operation: Operation, operand: Any) -> Value:
    """The Value in an array of no dimensions, for an operand that is no number; TypeError for any other."""
    inner = unwrapped(operand)
    if type(inner) is not Value:
        raise not_a_number(operation, operand)
    return inner


def not_a_number(operation: Operation, operand: Any) -> TypeError:
    """The error for an operand that no operation takes."""
    return TypeError(
        f"{operation.name} takes Values and real numbers; got {operand!r} of type {type(operand).__name__}"
    )


def miscalled(operation: Operation, arguments: Sequence[Any], error: TypeError) -> TypeError:
    """The error for a call of an operation on many operands with arguments that it does not take, in its own name."""
    try:
        operation.signature.bind(*arguments)
    except TypeError as wrong:
        return TypeError(f"{operation.name}{operation.signature}: {wrong}")
    return error


def misfit(name: str, operands: int, default: float | None) -> Callable[..., None]:
    """A Python function of this name and so many operands: for its words to a call that it does not take."""

    def of_one(x: Any) -> None:
        pass

    def of_two(x: Any, y: Any) -> None:
        pass

    function = of_one if operands == 1 else of_two
    function.__qualname__ = name
    if default is not None:
        function.__defaults__ = (default,)
    return function
