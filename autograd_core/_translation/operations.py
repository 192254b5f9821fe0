"""The operations of Python and `math` that expressions may contain, by name, and which of them can raise."""

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
# Operations that are evaluated during translation, in Python, if all operands are constants.
FOLDED: dict[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "truediv": operator.truediv,
    "floordiv": operator.floordiv, "mod": operator.mod, "pow": operator.pow, "neg": operator.neg, "abs": abs,
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq, "ne": operator.ne,
}  # fmt: skip  # a table

# The functions in `math` that take one or two floats and return a float.
FLOATS = (
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "copysign", "cos", "cosh", "degrees", "erf",
    "erfc", "exp", "exp2", "expm1", "fabs", "fmod", "gamma", "lgamma", "log", "log10", "log1p", "log2", "radians",
    "remainder", "sin", "sinh", "sqrt", "tan", "tanh",
)  # fmt: skip  # a list
TWO_FLOATS = ("atan2", "copysign", "fmod", "remainder")
# Operations that never raise, except that arithmetic on ints raises if its result leaves ±2**53.
QUIET = {
    "add", "sub", "mul", "neg", "abs", "not", "and", "or", "lt", "le", "gt", "ge", "eq", "ne", "float", "int",
    "len", "over", "max", "min", "slice", "isnan", "isinf", "isfinite", "copysign", "fabs", "atan", "asinh", "cbrt",
    "tanh", "erf", "erfc", "frexp", "radians", "degrees",
}  # fmt: skip  # a list
# Operations whose results are new lists, for which memory is allocated.
ALLOCATING = {"join", "repeat", "backwards"}

# For each object that can be called: the name of its operation, and the types of its arguments and of its result.
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
# The names of the operations for functions that do the same as Python's operators, and for `abs`.
OPERATORS: dict[Any, str] = {
    operator.add: "add", operator.sub: "sub", operator.mul: "mul", operator.truediv: "truediv",
    operator.floordiv: "floordiv", operator.mod: "mod", operator.neg: "neg", operator.pos: "pos", operator.abs: "abs",
    abs: "abs",
}  # fmt: skip  # a table

# The kinds of exceptions that translated code distinguishes. The kind of an exception is the first of these of which it
# is a subclass. A handler for an exception catches every kind that is a subclass of that exception.
KINDS: dict[str, type[Exception]] = {
    "ValueError": ValueError, "OverflowError": OverflowError, "ZeroDivisionError": ZeroDivisionError,
}  # fmt: skip  # a table
OTHER = "other"


def kind_raised(exception: type[BaseException]) -> str:
    """Return the kind of the exception that a `raise` statement names."""
    return next((name for name, kind in KINDS.items() if issubclass(exception, kind)), OTHER)


def kinds_caught(exception: type[BaseException]) -> tuple[str, ...]:
    """Return the kinds of exceptions that an `except` clause catches if it names this exception."""
    return tuple(name for name, kind in KINDS.items() if issubclass(kind, exception))


def raises(name: str, result: Type, parts: Sequence[Expression]) -> bool:
    """Return whether an operation may raise; arithmetic on ints raises if the result leaves ±2**53."""
    return name not in QUIET or (result == INT and parts[0].type == INT and name in ("add", "sub", "mul", "neg", "abs"))
