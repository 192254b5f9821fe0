"""How a row of the table of operations becomes a function, and also a method or operator of `Value`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast, overload

from .._engine.choice import accelerated
from .._engine.recording import binary, many, strict, unary
from ..value import Value
from .operation import EVERYWHERE, TABLE, Derivative, Operation
from .printing import Term, as_symbol, nameless, read_off
from .shape import ONE_NUMBER, TWO_NUMBERS, Shape

# The functions made from the rows, keyed by name.
FUNCTIONS: dict[str, Callable[..., Any]] = {}


class Unary(Protocol):
    """A function of one number, which returns a float for a float and a Value for a Value."""

    operation: Operation

    @overload
    def __call__(self, x: float, /) -> float: ...
    @overload
    def __call__(self, x: Value, /) -> Value: ...


class Binary(Protocol):
    """A function of two numbers, which returns a float for floats, and a Value if either operand is a Value."""

    operation: Operation

    @overload
    def __call__(self, x: float, y: float = ..., /) -> float: ...
    @overload
    def __call__(self, x: Value, y: Value | float = ..., /) -> Value: ...
    @overload
    def __call__(self, x: float, y: Value, /) -> Value: ...


class Many(Protocol):
    """A function of many numbers, which returns a float for floats, and a Value if any operand is a Value."""

    operation: Operation

    def __call__(self, *arguments: Any) -> Any:
        """Return a float or, if any operand is a Value, a node."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A row as ops.py states it, before `publish` names it after the variable that it is assigned to.

    `printed` holds a formula to print for each local derivative; None means that the formula is derived from the
    derivative's code.
    """

    shape: Shape
    value: Callable[..., float]
    derivatives: Any
    printed: tuple[str | None, ...]
    formula: str
    method: bool
    fields: dict[str, Any]


def unary_row(
    value: Callable[[float], float], slope: Derivative, *, printed: str | None = None, formula: str = "",
    method: bool = True, **fields: Any,
) -> Unary:
    """Make the row of an operation on one number; `publish` enters it in the table later."""
    return cast(Unary, Stated(ONE_NUMBER, value, (slope,), (printed,), formula, method, fields))


def binary_row(
    value: Callable[[float, float], float], slope_x: Derivative, slope_y: Derivative, *, shape: Shape = TWO_NUMBERS,
    printed: tuple[str | None, str | None] = (None, None), formula: str = "", method: bool = True, **fields: Any,
) -> Binary:
    """Make the row of an operation on two numbers; `publish` enters it in the table later."""
    return cast(Binary, Stated(shape, value, (slope_x, slope_y), printed, formula, method, fields))


def many_row(
    shape: Shape, value: Callable[[Sequence[float]], float],
    slopes: Callable[[Sequence[Any], Any], Sequence[Any]], **fields: Any,
) -> Many:
    """Make the row of an operation on many numbers; `publish` enters it in the table later."""
    return cast(Many, Stated(shape, value, slopes, (), "", False, fields))


def publish(names: dict[str, Any]) -> None:
    """Enter a module's rows in the table under their names, and replace each row in the module with its function.

    The rows' methods and operators are installed on `Value`.

    Args:
        names: The module's globals.

    Raises:
        TypeError: A row's name is already taken, or the printed formula of a derivative is neither stated nor
            derivable from the derivative's code.
    """
    stated = {name: row for name, row in names.items() if isinstance(row, Stated)}
    symbols: dict[str, Callable[..., Term]] = {}
    for name, row in stated.items():
        symbols[name] = as_symbol(name, _formula(name, row), symbols)
    private = [name for name, row in stated.items() if not row.fields.get("public", True)]
    hidden = {name: nameless(name) for name in private if not stated[name].formula}
    for name, row in stated.items():
        if name in TABLE:
            raise TypeError(f"the table of operations already has a row {name!r}: choose another name")
        operation = _operation(name, row, symbols | hidden | {name: symbols[name]})
        names[name] = FUNCTIONS[name] = _function(operation, row.method)
        TABLE[name] = operation


def _formula(name: str, row: Stated) -> str:
    operands = "".join(f"{{{x}}}, " for x in "xy"[: max(1, len(row.printed))]).removesuffix(", ")
    return row.formula or f"{name}({operands})"


def _operation(name: str, row: Stated, symbols: dict[str, Callable[..., Term]]) -> Operation:
    printed = tuple(
        read_off(name, row.derivatives, i, symbols) if text is None else text for i, text in enumerate(row.printed)
    )
    fields = dict(row.fields)
    if row.shape.together:
        fields.setdefault("gather", row.shape.gathering(name))
    return Operation(
        name, row.shape, row.value, row.derivatives, formula=_formula(name, row), derivative_formulas=printed, **fields
    )


def _function(row: Operation, method: bool) -> Any:
    """Make the function of a row, and install the row's methods and operators on `Value`."""
    function: Any = _unary(row) if row.arity == 1 else _binary(row) if row.arity == 2 else many(row)
    if row.public and method:
        if not row.operator or row.name == "pow":
            _install(row.name, function)
        if row.numpy_name:
            _install(row.numpy_name, function)
    dress(row, function)
    return function


def _unary(row: Operation) -> Any:
    apply = unary(row)
    if row.operator:
        _install(f"__{row.operator}__", apply)
    return apply


def _binary(row: Operation) -> Any:
    apply = binary(row)
    apply.__name__ = apply.__qualname__ = row.name
    if row.operator:
        _install(f"__{row.operator}__", apply)
        _install(f"__r{row.operator}__", lambda self, other: apply(other, self))
    return strict(row, apply)


@accelerated
def _install(name: str, function: Callable[..., Any]) -> None:
    """Give `Value` a method or operator."""
    if name in Value.__dict__:
        raise TypeError(f"Value.{name} is already defined: two operations in the table define it")
    setattr(Value, name, function)


def dress(row: Operation, function: Any) -> None:
    """Give a function made from a row its name, signature and docstring."""
    names = row.shape.parameters
    function.operation = row
    function.__name__ = function.__qualname__ = row.name
    function.__module__ = "autograd_core"
    function.__signature__ = row.signature
    result = f"{row.name}({', '.join(names)})"
    slopes = "".join(
        f"\n∂/∂{name} = {text.format(x='x', y='y', z=result)}"
        for name, text in zip(names, row.derivative_formulas, strict=False)  # many operands: no formulas
        if text
    )
    domain = "" if row.domain is EVERYWHERE else f"\nDefined for {row.domain.text}; raises ValueError elsewhere."
    function.__doc__ = f"{row.doc}\n{slopes}{domain}"
