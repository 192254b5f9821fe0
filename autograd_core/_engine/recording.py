"""How an operation records a node: three ways to make an operation's function from its row in the table (`ops.py`).

Each function first computes the value, so that any exception that floats would raise is raised before a node exists.
Then it computes the local derivatives with respect to the operands that are Values.

Each function fills in its node itself, since calling a helper to do so would make a multiplication 11 % slower.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .._operations.operation import NOTHING, Operation, first, second
from ..errors import failed, miscalled, not_a_number, value_alone
from ..value import Value, new
from .choice import accelerated
from .clock import clock
from .numbers import number, unwrapped
from .places import current
from .traces import made, note


@accelerated
def unary(row: Operation) -> Callable[[Any], Any]:
    """Make the function for a row with one operand."""
    value = row.value
    slope = row.derivatives[0]  # type: ignore[index]  # a tuple of one derivative

    def apply(x: Any) -> Any:
        a: Any
        try:
            if type(x) is Value:
                a = x._data
            elif (a := number(x)) is None:
                x = value_alone(row, x)
                a = x._data
            z = value(a)
        except (ArithmeticError, ValueError) as error:
            raise failed(row, (x,), error) from None
        if type(x) is not Value:
            return z
        place = current()
        if not place.recording:
            return Value(z)
        node: Value = new(Value)
        node._data = z
        node._row = row
        node._x = x
        node._y = None
        node._dx = (slope(a, z) if callable(slope) else slope) or row.zero(0, (a,), (True,))
        node._place = place
        node._stamp = clock[0]
        if made:
            note(node)
        return node

    return apply


@accelerated
def binary(row: Operation) -> Callable[[Any, Any], Any]:
    """Make the function for a row with two operands; like an operator, it returns NotImplemented for a non-number."""
    value = row.value
    slope_x: Any
    slope_y: Any
    slope_x, slope_y = row.derivatives  # type: ignore[misc]  # a tuple of two derivatives
    constant = not callable(slope_x) and not callable(slope_y)
    swapped = slope_x is second and slope_y is first  # a multiplication: saving two calls saves 5 % of a training step
    if not constant:
        slope_x, slope_y = _as_function(slope_x), _as_function(slope_y)

    def apply(x: Any, y: Any) -> Any:
        a: Any
        b: Any
        try:
            if type(x) is Value:
                a = x._data
            elif (a := number(x)) is None:
                return NotImplemented
            else:
                x = a
            if type(y) is Value:
                b = y._data
            elif type(y) is float:
                b = y
            elif (b := number(y)) is None:
                return NotImplemented
            else:
                y = b
            z = value(a, b)
        except (ArithmeticError, ValueError) as error:
            raise failed(row, (x, y), error) from None
        if a is x and b is y:
            return z
        place = current()
        if not place.recording:
            return Value(z)
        node: Value = new(Value)
        node._data = z
        node._row = row
        node._x = x
        node._y = y
        if constant:
            node._dx = slope_x or NOTHING
            node._dy = slope_y or NOTHING
        elif swapped:
            node._dx = b or (NOTHING if b is y else 0.0)
            node._dy = a or (NOTHING if a is x else 0.0)
        else:
            if a is not x:
                node._dx = slope_x(a, b, z) or row.zero(0, (a, b), (True, b is not y))
            if b is not y:
                node._dy = slope_y(a, b, z) or row.zero(1, (a, b), (a is not x, True))
        node._place = place
        node._stamp = clock[0]
        if made:
            note(node)
        return node

    return apply


def _as_function(slope: Any) -> Any:
    return slope if callable(slope) else lambda x, y, z: slope


def _recorded(row: Operation, operands: Sequence[Any], numbers: Sequence[float], slopes: Sequence[float]) -> Any:
    """Return the local derivatives of an operation on many operands, in the form that the sweeps read."""
    if 0.0 not in slopes:
        return tuple(slopes)
    variable = [type(x) is Value for x in operands]
    return tuple([slope or row.zero(i, numbers, variable) for i, slope in enumerate(slopes)])


@accelerated
def strict(row: Operation, apply: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Wrap a binary function for calls by name: a TypeError is raised where an operator would return NotImplemented."""

    def function(x: Any, y: Any) -> Any:
        result = apply(x, y)
        if result is NotImplemented:
            result = apply(unwrapped(x), unwrapped(y))
            if result is NotImplemented:
                raise not_a_number(row, y if type(x) is Value or number(x) is not None else x)
        return result

    if row.default is not None:
        function.__defaults__ = (row.default,)
    return function


@accelerated
def many(row: Operation) -> Callable[..., Any]:
    """Make the function for a row with many operands; each call makes one node, whatever the number of operands."""
    value, slopes, gather = row.value, row.derivatives, row.gather

    def apply(*arguments: Any) -> Any:
        operands: Sequence[Any]
        try:
            operands = gather(*arguments)  # type: ignore[misc]  # a row with many operands has one
        except TypeError as error:
            raise miscalled(row, arguments, error) from None
        plain = True
        numbers = []
        try:
            for operand in operands:
                if type(operand) is Value:
                    numbers.append(operand._data)
                    plain = False
                elif type(operand) is float:
                    numbers.append(operand)
                elif (a := number(operand)) is None:
                    operands = list(operands)
                    operands[len(numbers)] = inner = value_alone(row, operand)
                    numbers.append(inner._data)
                    plain = False
                else:
                    numbers.append(a)
            z = value(numbers)
        except (ArithmeticError, ValueError) as error:
            raise failed(row, operands, error) from None
        if plain:
            return z
        place = current()
        if not place.recording:
            return Value(z)
        node: Value = new(Value)
        node._data = z
        node._row = row
        node._x = tuple([x if type(x) is Value else a for x, a in zip(operands, numbers, strict=True)])
        node._y = None
        node._dx = _recorded(row, operands, numbers, slopes(numbers, z))  # type: ignore[operator]  # a function
        node._place = place
        node._stamp = clock[0]
        if made:
            note(node)
        return node

    return apply
