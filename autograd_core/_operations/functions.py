"""How a row of the table becomes a function, and a method and operator of `Value`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from typing import Any, Protocol, overload

from .._engine.choice import accelerated
from .._engine.recording import binary, many, strict, unary
from ..value import Value
from .operation import EVERYWHERE, TABLE, Derivative, Domain, Operation

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
        name, value, (slope,), doc, formula=formula or f"{name}({{x}})", derivative_formulas=printed,
        operator=operator, numpy_name=numpy_name, public=public, **more,
    )
    apply = unary(row)
    if operator:
        _install(f"__{operator}__", apply)
    elif public:
        _install(name, apply)
    if numpy_name:
        _install(numpy_name, apply)
    published: Unary = _published(row, apply, ("x",))
    return published


def binary_row(
    name: str, value: Callable[[float, float], float], slope_x: Derivative, slope_y: Derivative, *,
    printed: tuple[str, str], doc: str, formula: str = "", operator: str = "", numpy_name: str = "",
    public: bool = True, method: bool = True, default: float | None = None, **more: Any,
) -> Binary:
    """Add a row with two operands to the table, install its method and operators, and give its function."""
    row = Operation(
        name, value, (slope_x, slope_y), doc, formula=formula or f"{name}({{x}}, {{y}})", derivative_formulas=printed,
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
    published: Binary = _published(row, function, ("x", "y"))
    return published


def many_row(
    name: str, value: Callable[[Sequence[float]], float], slopes: Callable[[Sequence[Any], Any], Sequence[Any]],
    gather: Callable[..., tuple[Any, ...]], *, doc: str, domain: Domain = EVERYWHERE, **more: Any,
) -> Many:
    """Add a row with many operands to the table, and give its function."""
    row = Operation(name, value, slopes, doc, formula=f"{name}({{x}})", gather=gather, domain=domain, **more)
    published: Many = _published(row, many(row), ())
    return published


def items(name: str, xs: Any) -> tuple[Any, ...]:
    """The operands of operation `name`, from anything that gives one number after the other."""
    if hasattr(xs, "__iter__"):
        return (*xs,)
    raise TypeError(f"{name} takes a list of numbers; got {xs!r} of type {type(xs).__name__}")


def list_of(name: str) -> Callable[[Any], tuple[Any, ...]]:
    """How an operation on one list gathers its operands."""

    def gather(xs: Any) -> tuple[Any, ...]:
        return items(name, xs)

    return gather


@accelerated
def _install(name: str, function: Callable[..., Any]) -> None:
    """Give `Value` a method or operator."""
    if name in Value.__dict__:
        raise TypeError(f"Value.{name} is there already: two rows claim it")
    setattr(Value, name, function)


def _published(row: Operation, function: Any, names: tuple[str, ...]) -> Any:
    """Enter the row in the table, and give its function a name, a signature and a docstring for `help`."""
    if row.name in TABLE:
        raise TypeError(f"the table has a row {row.name!r} already")
    TABLE[row.name] = row
    FUNCTIONS[row.name] = function
    dress(row, function, names)
    return function


def dress(row: Operation, function: Any, names: tuple[str, ...]) -> None:
    """Name and document a function made from a row."""
    function.operation = row
    function.__name__ = function.__qualname__ = row.name
    function.__module__ = "autograd_core"
    result = f"{row.name}({', '.join(names)})"
    slopes = "".join(
        f"\n∂/∂{name} = {text.format(x='x', y='y', z=result)}"
        for name, text in zip(names, row.derivative_formulas, strict=True)
    )
    domain = "" if row.domain is EVERYWHERE else f"\nDefined for {row.domain.text}; ValueError elsewhere."
    function.__doc__ = f"{row.doc}\n{slopes}{domain}"
    if row.gather is not None:
        function.__signature__ = row.takes
    elif names:
        last = Parameter.empty if row.default is None else row.default
        function.__signature__ = Signature([
            Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=last if name == names[-1] else Parameter.empty)
            for name in names
        ])
