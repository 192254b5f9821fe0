"""Error messages: each names the operation, shows its operands with their labels, and says what to do."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ._engine.numbers import number, unwrapped
from ._engine.traces import note_error
from ._operations.operation import Operation
from .value import Value

NAMES = ("x", "y")
SHOWN = 8
KINDS = (OverflowError, ZeroDivisionError, ArithmeticError, FloatingPointError, ValueError)


class GraphError(RuntimeError):
    """The graph does not allow the requested operation; the message says why."""


class GraphWarning(UserWarning):
    """A gradient is probably not what you meant; the message says why."""


def described(operand: Any, name: str = "") -> str:
    """Describe one operand for a message: its name, number and label.

    >>> from autograd_core import Value
    >>> described(Value(-1.0, label="p"), "x")
    "x = -1.0 (label 'p')"
    """
    label = operand.label if type(operand) is Value else None
    prefix = f"{name} = " if name else ""
    return f"{prefix}{shown(plain(operand))}" + (f" (label {label!r})" if label is not None else "")


def plain(operand: Any) -> Any:
    """Return the operand as a float, or unchanged if it is an int too large for a float."""
    if type(operand) is Value:
        return operand._data
    try:
        return number(operand)
    except OverflowError:
        return operand


def shown(operand: Any) -> str:
    """Format a number for a message; an int too large for a float is described by its number of digits."""
    if type(operand) is int:
        return f"an int of {round(operand.bit_length() * math.log10(2))} digits"
    return repr(operand)


def listed(operands: Sequence[Any]) -> str:
    """Format all operands of an operation for a message."""
    if len(operands) <= len(NAMES):
        return ", ".join(described(operand, name) for operand, name in zip(operands, NAMES, strict=False))
    shown = ", ".join(described(operand) for operand in operands[:SHOWN])
    return f"[{shown}{f', … {len(operands) - SHOWN} more' if len(operands) > SHOWN else ''}]"


def named(operation: Operation) -> str:
    """Format an operation for a message: an operator as it is written, a function by its name."""
    return operation.formula.format(x="x", y="y") if operation.operator else operation.name


def failed(operation: Operation, operands: Sequence[Any], error: Exception) -> Exception:
    """Return an error of the type that floats would raise, with the operands in its message.

    An exception of any other type, which only a primitive (an operation that the user defined) can raise, is returned
    as it is, with a note added.
    """
    better = _worded(operation, operands, error)
    if any(type(x) is Value for x in operands):
        note_error(better)
    return better


def _worded(operation: Operation, operands: Sequence[Any], error: Exception) -> Exception:
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
    # the author of a primitive needs the part of the traceback that lies in the primitive's own code
    trace = error.__traceback__ if operation.origin is not None else None
    return type(error)(f"{text}; got {listed(operands)}").with_traceback(trace)


def value_alone(operation: Operation, operand: Any) -> Value:
    """Return the Value inside a zero-dimensional array; raise TypeError for anything else."""
    inner = unwrapped(operand)
    if type(inner) is not Value:
        raise not_a_number(operation, operand)
    return inner


def not_a_number(operation: Operation, operand: Any) -> TypeError:
    """Return the error for an operand that is not a number."""
    return TypeError(
        f"{operation.name} takes Values and real numbers; got {operand!r} of type {type(operand).__name__}"
    )


def miscalled(operation: Operation, arguments: Sequence[Any], error: TypeError) -> TypeError:
    """Return the error for wrong arguments to an operation on many operands; the message shows the public signature."""
    try:
        operation.signature.bind(*arguments)
    except TypeError as wrong:
        return TypeError(f"{operation.name}{operation.signature}: {wrong}")
    return error


def misfit(name: str, operands: int, default: float | None) -> Callable[..., None]:
    """Return a function with this name and number of operands; wrong arguments make it raise Python's own error."""

    def of_one(x: Any) -> None:
        pass

    def of_two(x: Any, y: Any) -> None:
        pass

    function = of_one if operands == 1 else of_two
    function.__qualname__ = name
    if default is not None:
        function.__defaults__ = (default,)
    return function
