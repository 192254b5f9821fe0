"""The operations in expressions: those of Python and `math`, by name, and which of them can raise."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

from .._engine.numbers import number
from .forms import BOOL, FLOAT, INT, WIDE, Expression, Type

ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.FloorDiv: "floordiv", ast.Mod: "mod",
    ast.Pow: "pow",
}  # fmt: skip  # a table
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq", ast.NotEq: "ne",
}  # fmt: skip  # a table
# Operations that Python itself evaluates during translation, if all operands are constants.
FOLDED: dict[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "truediv": operator.truediv,
    "floordiv": operator.floordiv, "mod": operator.mod, "pow": operator.pow, "neg": operator.neg, "abs": abs,
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq, "ne": operator.ne,
}  # fmt: skip  # a table

# Functions from floats to a float.
FLOATS = (
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "copysign", "cos", "cosh", "degrees", "erf",
    "erfc", "exp", "exp2", "expm1", "fabs", "fmod", "gamma", "lgamma", "log", "log10", "log1p", "log2", "radians",
    "remainder", "sin", "sinh", "sqrt", "tan", "tanh",
)  # fmt: skip  # a list
TWO_FLOATS = ("atan2", "copysign", "fmod", "remainder")
# Operations that never raise.
QUIET = {
    "add", "sub", "mul", "neg", "abs", "not", "and", "or", "lt", "le", "gt", "ge", "eq", "ne", "float", "int",
    "len", "over", "max", "min", "slice", "isnan", "isinf", "isfinite", "copysign", "fabs", "atan", "asinh", "cbrt",
    "tanh", "erf", "erfc", "frexp", "radians", "degrees",
}  # fmt: skip  # a list
# Operations whose results need memory.
ALLOCATING = {"join", "repeat", "backwards"}

# For each object that can be called: its operation, the types of its arguments and the type of its result.
CALLS: dict[Any, tuple[str, tuple[Type, ...], Type]] = {
    **{getattr(math, name): (name, (FLOAT,) * (2 if name in TWO_FLOATS else 1), FLOAT) for name in FLOATS},
    **{getattr(math, name): (name, (FLOAT,), BOOL) for name in ("isnan", "isinf", "isfinite")},
    math.frexp: ("frexp", (FLOAT,), (FLOAT, INT)),
    math.ldexp: ("ldexp", (FLOAT, INT), FLOAT),
    math.floor: ("floor", (FLOAT,), INT),
    math.ceil: ("ceil", (FLOAT,), INT),
    math.factorial: ("factorial", (INT,), WIDE),
    number: ("float", (FLOAT,), FLOAT),
}  # fmt: skip  # a table
# The operation for each of the functions behind operators.
OPERATORS: dict[Any, str] = {
    operator.add: "add", operator.sub: "sub", operator.mul: "mul", operator.truediv: "truediv",
    operator.floordiv: "floordiv", operator.mod: "mod", operator.neg: "neg", operator.pos: "pos", operator.abs: "abs",
    abs: "abs",
}  # fmt: skip  # a table

# The kinds of exceptions that are distinguished; a handler also catches the kinds below its own.
KINDS: dict[str, type[Exception]] = {
    "ValueError": ValueError, "OverflowError": OverflowError, "ZeroDivisionError": ZeroDivisionError,
}  # fmt: skip  # a table
OTHER = "other"


def kind_raised(exception: type[BaseException]) -> str:
    """Return the kind of exception that a `raise` raises."""
    return next((name for name, kind in KINDS.items() if issubclass(exception, kind)), OTHER)


def kinds_caught(exception: type[BaseException]) -> tuple[str, ...]:
    """Return the kinds that an `except` catches."""
    return tuple(name for name, kind in KINDS.items() if issubclass(kind, exception))


def raises(name: str, result: Type, parts: Sequence[Expression]) -> bool:
    """Return whether an operation may raise; arithmetic on ints raises if it leaves ±2**53."""
    return name not in QUIET or (result == INT and parts[0].type == INT and name in ("add", "sub", "mul", "neg", "abs"))
