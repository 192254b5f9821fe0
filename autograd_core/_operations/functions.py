"""How a row of the table becomes a function, and a method and operator of `Value`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, overload

from .._engine.choice import accelerated
from .._engine.recording import binary, many, strict, unary
from ..value import Value
from .operation import EVERYWHERE, TABLE, Derivative, Operation
from .shape import ONE_NUMBER, TWO_NUMBERS, Shape

# The functions made from the rows, by name.
FUNCTIONS: dict[str, Callable[..., Any]] = {}


class Unary(Protocol):
    """A function of one number: a float gives a float, a Value a Value."""

    operation: Operation

    @overload
    def __call__(self, x: float, /) -> float: ...
    @overload
    def __call__(self, x: Value, /) -> Value: ...


class Binary(Protocol):
    """A function of two numbers: floats give a float; where one is a Value, so is the result."""

    operation: Operation

    @overload
    def __call__(self, x: float, y: float = ..., /) -> float: ...
    @overload
    def __call__(self, x: Value, y: Value | float = ..., /) -> Value: ...
    @overload
    def __call__(self, x: float, y: Value, /) -> Value: ...


class Many(Protocol):
    """A function of many numbers: floats give a float; where one is a Value, so is the result."""

    operation: Operation

    def __call__(self, *arguments: Any) -> Any:
        """The number or node."""


def unary_row(
    name: str, value: Callable[[float], float], slope: Derivative, *, printed: tuple[str], doc: str,
    formula: str = "", operator: str = "", numpy_name: str = "", public: bool = True, **more: Any,
) -> Unary:
    """Add a row with one operand to the table, install its method and operator, and give its function."""
    row = Operation(
        name, ONE_NUMBER, value, (slope,), doc, formula=formula or f"{name}({{x}})", derivative_formulas=printed,
        operator=operator, numpy_name=numpy_name, public=public, **more,
    )
    apply = unary(row)
    if operator:
        _install(f"__{operator}__", apply)
    elif public:
        _install(name, apply)
    if numpy_name:
        _install(numpy_name, apply)
    published: Unary = _published(row, apply)
    return published


def binary_row(
    name: str, value: Callable[[float, float], float], slope_x: Derivative, slope_y: Derivative, *,
    printed: tuple[str, str], doc: str, formula: str = "", operator: str = "", numpy_name: str = "",
    public: bool = True, method: bool = True, default: float | None = None, shape: Shape = TWO_NUMBERS, **more: Any,
) -> Binary:
    """Add a row with two operands to the table, install its method and operators, and give its function."""
    row = Operation(
        name, shape, value, (slope_x, slope_y), doc, formula=formula or f"{name}({{x}}, {{y}})", derivative_formulas=printed,
        operator=operator, numpy_name=numpy_name, public=public, default=default, **more,
    )
    apply = binary(row)
    apply.__name__ = apply.__qualname__ = name

    function = strict(row, apply)
    if operator:
        _install(f"__{operator}__", apply)
        _install(f"__r{operator}__", lambda self, other: apply(other, self))
    if public and method and (name == "pow" or not operator):
        _install(name, function)
        if numpy_name:
            _install(numpy_name, function)
    published: Binary = _published(row, function)
    return published


def many_row(
    name: str, shape: Shape, value: Callable[[Sequence[float]], float],
    slopes: Callable[[Sequence[Any], Any], Sequence[Any]], *, doc: str,
    gather: Callable[..., tuple[Any, ...]] | None = None, **more: Any,
) -> Many:
    """Add a row with many operands to the table, and give its function."""
    gather = gather or shape.gathering(name)
    row = Operation(name, shape, value, slopes, doc, formula=f"{name}({{x}})", gather=gather, **more)
    published: Many = _published(row, many(row))
    return published


@accelerated
def _install(name: str, function: Callable[..., Any]) -> None:
    """Give `Value` a method or operator."""
    if name in Value.__dict__:
        raise TypeError(f"Value.{name} is there already: two rows claim it")
    setattr(Value, name, function)


def _published(row: Operation, function: Any) -> Any:
    """Enter the row in the table, and give its function a name, a signature and a docstring for `help`."""
    if row.name in TABLE:
        raise TypeError(f"the table has a row {row.name!r} already")
    TABLE[row.name] = row
    FUNCTIONS[row.name] = function
    dress(row, function)
    return function


def dress(row: Operation, function: Any) -> None:
    """Name and document a function made from a row."""
    names = row.shape.parameters
    function.operation = row
    function.__name__ = function.__qualname__ = row.name
    function.__module__ = "autograd_core"
    function.__signature__ = row.signature
    result = f"{row.name}({', '.join(names)})"
    slopes = "".join(
        f"\n∂/∂{name} = {text.format(x='x', y='y', z=result)}"
        for name, text in zip(names, row.derivative_formulas, strict=False)  # of many operands there are none
    )
    domain = "" if row.domain is EVERYWHERE else f"\nDefined for {row.domain.text}; ValueError elsewhere."
    function.__doc__ = f"{row.doc}\n{slopes}{domain}"
