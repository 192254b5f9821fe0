"""The operations of Python and `math` that translated code may contain, and which of them can raise exceptions."""

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
# Operations that the translator itself evaluates, in Python, if all operands are constants.
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
# Operations that never raise an exception, except that arithmetic on ints raises one if the result is beyond ±2**53.
QUIET = {
    "add", "sub", "mul", "neg", "abs", "not", "and", "or", "lt", "le", "gt", "ge", "eq", "ne", "float", "int",
    "len", "over", "max", "min", "slice", "isnan", "isinf", "isfinite", "copysign", "fabs", "atan", "asinh", "cbrt",
    "tanh", "erf", "erfc", "frexp", "radians", "degrees",
}  # fmt: skip  # a list
# Operations that allocate memory, because each of them returns a new list.
ALLOCATING = {"join", "repeat", "backwards"}

# For each Python function that is translated to an operation: the operation's name, the types of the arguments, and the
# type of the result.
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
# For `abs`, and for each function that is equivalent to one of Python's operators: the operation's name.
OPERATORS: dict[Any, str] = {
    operator.add: "add", operator.sub: "sub", operator.mul: "mul", operator.truediv: "truediv",
    operator.floordiv: "floordiv", operator.mod: "mod", operator.neg: "neg", operator.pos: "pos", operator.abs: "abs",
    abs: "abs",
}  # fmt: skip  # a table

# The kinds of exceptions that translated code distinguishes. An exception's kind is the first of these classes that the
# exception is an instance of, or OTHER if there is none. An `except` clause catches every kind that is a subclass of
# the exception named in the clause.
KINDS: dict[str, type[Exception]] = {
    "ValueError": ValueError, "OverflowError": OverflowError, "ZeroDivisionError": ZeroDivisionError,
}  # fmt: skip  # a table
OTHER = "other"


def kind_raised(exception: type[BaseException]) -> str:
    """Return the kind of the exception that is named in a `raise` statement."""
    return next((name for name, kind in KINDS.items() if issubclass(exception, kind)), OTHER)


def kinds_caught(exception: type[BaseException]) -> tuple[str, ...]:
    """Return the kinds of exceptions that an `except` clause catches if it names this exception."""
    return tuple(name for name, kind in KINDS.items() if issubclass(kind, exception))


def raises(name: str, result: Type, parts: Sequence[Expression]) -> bool:
    """Return whether an operation may raise an exception, as arithmetic on ints does if the result is beyond ±2**53."""
    return name not in QUIET or (result == INT and parts[0].type == INT and name in ("add", "sub", "mul", "neg", "abs"))
