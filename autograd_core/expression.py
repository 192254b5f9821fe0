"""Arithmetic typed on the command line: parsed with `ast` against a whitelist, never evaluated as Python."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .operation import TABLE
from .rows import FUNCTIONS

CONSTANTS = {"pi": math.pi, "e": math.e}
LONGEST = 20_000
TOO_DEEP = "the expression is nested too deeply"

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.FloorDiv: "floordiv", ast.Mod: "mod",
    ast.Pow: "pow", ast.USub: "neg", ast.UAdd: "identity",
}  # fmt: skip  # a table reads better in rows
_COMPARISONS: dict[type[ast.AST], Callable[[Any, Any], bool]] = {
    ast.Lt: lambda x, y: bool(x < y),
    ast.LtE: lambda x, y: bool(x <= y),
    ast.Gt: lambda x, y: bool(x > y),
    ast.GtE: lambda x, y: bool(x >= y),
    ast.Eq: lambda x, y: bool(x == y),
    ast.NotEq: lambda x, y: bool(x != y),
}


class ExpressionError(ValueError):
    """The text is not an expression that can be differentiated; the message says where and why."""


@dataclass(frozen=True)
class Expression:
    """A parsed expression: its text, and the names it needs values for, in the order they appear.

    >>> f = parse("tanh(w*x + b)")
    >>> f.names
    ('w', 'x', 'b')
    >>> f(w=0.0, x=1.0, b=0.0)
    0.0
    """

    text: str
    names: tuple[str, ...]
    _body: ast.expr

    def __call__(self, **values: Any) -> Any:
        """The number, or with Values the node.

        Raises ExpressionError for names without a value, and what floats raise for operations that have no result.
        """
        missing = [name for name in self.names if name not in values]
        if missing:
            raise ExpressionError(f"no value for {', '.join(missing)}: add {' '.join(f'{name}=…' for name in missing)}")
        try:
            return _evaluated(self._body, values)
        except RecursionError:
            raise ExpressionError(TOO_DEEP) from None


def parse(text: str) -> Expression:
    """The expression written in `text`: numbers, names, + - * / // % **, comparisons and the functions of the table.

    Raises ExpressionError for anything else, naming it and the column.
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"the expression has {len(text)} characters; at most {LONGEST} are read")
    try:
        body = ast.parse(text.strip(), mode="eval").body
        names: dict[str, None] = {}
        _check(body, names)
    except ExpressionError:
        raise
    except SyntaxError as error:
        raise ExpressionError(f"{error.msg} near column {max(error.offset or 1, 1)} of {text[:60]!r}") from None
    except (RecursionError, MemoryError):
        raise ExpressionError(TOO_DEEP) from None
    except ValueError as error:  # a null byte, or digits beyond what int takes
        raise ExpressionError(f"{error} in {text[:60]!r}") from None
    return Expression(text.strip(), tuple(names), body)


def _refuse(node: ast.AST, why: str) -> ExpressionError:
    return ExpressionError(f"{why} (column {getattr(node, 'col_offset', 0) + 1})")


def _check(node: ast.expr, names: dict[str, None]) -> None:
    match node:
        case ast.Constant(value=value):
            if type(value) not in (int, float):
                raise _refuse(node, f"only numbers are known here, not {value!r}")
        case ast.Name(id=name):
            if name not in CONSTANTS:
                names[name] = None
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
            _check(left, names)
            _check(right, names)
        case ast.UnaryOp(op=operator, operand=operand) if type(operator) in _OPERATORS:
            _check(operand, names)
        case ast.Compare(left=left, ops=[comparison], comparators=[right]) if type(comparison) in _COMPARISONS:
            _check(left, names)
            _check(right, names)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            for item in items:
                _check(item, names)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            known = sorted(name for name in FUNCTIONS if TABLE[name].public)
            if name not in known:
                raise _refuse(node, f"no function is called {name!r}; known are {', '.join(known)}")
            for argument in arguments:
                _check(argument, names)
        case _:
            what = type(node).__name__.lower()
            allowed = "an expression has numbers, names, + - * / // % ** and functions"
            raise _refuse(node, f"not allowed here: {what}; {allowed}")


def _evaluated(node: ast.expr, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=value):
            return float(value)  # type: ignore[arg-type]  # checked when it was parsed
        case ast.Name(id=name):
            return values[name] if name in values else CONSTANTS[name]
        case ast.BinOp(left=left, op=operator, right=right):
            return FUNCTIONS[_OPERATORS[type(operator)]](_evaluated(left, values), _evaluated(right, values))
        case ast.UnaryOp(op=operator, operand=operand):
            return FUNCTIONS[_OPERATORS[type(operator)]](_evaluated(operand, values))
        case ast.Compare(left=left, ops=[comparison], comparators=[right]):
            return _COMPARISONS[type(comparison)](_evaluated(left, values), _evaluated(right, values))
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_evaluated(item, values) for item in items]
        case ast.Call(func=ast.Name(id=name), args=arguments):
            try:
                return FUNCTIONS[name](*(_evaluated(argument, values) for argument in arguments))
            except TypeError as error:  # too many arguments, or a list where a number belongs
                raise _refuse(node, f"{name}: {error}") from None
    raise _refuse(node, "not an expression")  # parse lets nothing else through
