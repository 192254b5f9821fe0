"""Arithmetic typed on the command line: parsed with `ast` and checked against a whitelist, but never run as Python."""

from __future__ import annotations

import ast
import io
import math
import re
import tokenize
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any, NoReturn

from .._operations.functions import FUNCTIONS
from .._operations.operation import TABLE

CONSTANTS = {"pi": math.pi, "e": math.e}
LONGEST = 20_000
LONGEST_SAID = 40
LONGEST_ADVISED = 200
TOO_DEEP = "the expression is nested too deeply"
ALLOWED = "write numbers, names, + - * / // % ** and functions"
# Names that other libraries use for functions in the table of operations. The table itself contains NumPy's names.
ELSEWHERE = {
    "ln": "log", "lg": "log10", "max": "maximum", "min": "minimum", "fabs": "abs", "sgn": "sign", "logistic": "sigmoid",
    "average": "mean", "product": "prod",
}  # fmt: skip  # pairs, side by side

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
    """A parsed expression: its text, and the names that need values, in order of appearance.

    >>> f = parse("tanh(w*x + b)")
    >>> f.names
    ('w', 'x', 'b')
    >>> f(w=0.0, x=1.0, b=0.0)
    0.0
    """

    text: str
    names: tuple[str, ...]
    _body: ast.expr

    def __call__(self, /, **values: Any) -> Any:
        """Return the result: a node if it depends on a Value, otherwise a number.

        Raises:
            ExpressionError: A name has no value.
            ArithmeticError, ValueError: An operation has no value at these numbers; plain floats would raise the same
                exception.
        """
        if missing := [name for name in self.names if name not in values]:
            add = f"there is no value for {', '.join(missing)}: add {' '.join(f'{name}=…' for name in missing)}"
            calls = [f"to call the function {name}, write {_example(name)}" for name in missing if name in _functions()]
            raise ExpressionError("; ".join([add, *calls]))
        try:
            return _evaluated(self._body, values)
        except RecursionError:
            raise ExpressionError(TOO_DEEP) from None


def parse(text: str) -> Expression:
    """Parse an expression: numbers, names, + - * / // % **, comparisons and the functions in the table of operations.

    Raises:
        ExpressionError: The text contains something else (the message says what, and in which column), or the
            expression's value is not a single number.
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"the expression has {len(text)} characters; the limit is {LONGEST}")
    text = text.strip()
    if not text:
        raise ExpressionError('the expression is empty: write one such as "tanh(w*x + b)"')
    reader = _Reader(text)
    try:
        body = ast.parse(text, mode="eval").body
        reader.single_number(body)
    except ExpressionError:
        raise
    except SyntaxError as error:
        said = _hint(text) or error.msg.partition(". Maybe")[0]
        column = error.offset or len(text) + 1
        raise ExpressionError(f"{said} (near column {column} of {_cut(text, 60)!r})") from None
    except (RecursionError, MemoryError):
        raise ExpressionError(TOO_DEEP) from None
    except ValueError as error:  # a null byte, or more digits than int accepts
        raise ExpressionError(f"{error} in {_cut(text, 60)!r}") from None
    return Expression(text, tuple(reader.names), body)


def _hint(text: str) -> str:
    """Return a hint for text that is not an expression: what its author may have meant."""
    if re.match(r"\w+\s*=(?!=)", text):
        return "write the expression alone, without a name and = before it"
    if re.search(r"(?<![\w.])\d[\d.]*\s*(?!e[-+]?\d|if\b)[^\W\d]", text, re.IGNORECASE):
        return "write a product with *, as in 2*x"
    return ""


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


@cache
def _functions() -> tuple[str, ...]:
    """Return the names of the functions that an expression may call."""
    return tuple(sorted(name for name in FUNCTIONS if TABLE[name].public))


def _example(name: str) -> str:
    """Return an example of a call to a function, with the right number of arguments."""
    row = TABLE[name]
    count = len(row.shape.parameters) - (row.default is not None)
    return f"{name}({', '.join(['[x, y]'] * count if row.shape.lists else 'xyz'[:count])})"


def _with_powers(text: str) -> str:
    """Return the text on one line, with ** in place of every ^; Python then parses these as powers."""
    lines = text.split("\n")
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(text).readline))):
        if token.type == tokenize.OP and token.string == "^":
            row, column = token.start[0] - 1, token.start[1]
            lines[row] = f"{lines[row][:column]}**{lines[row][column + 1 :]}"
    written = "\n".join(lines)
    return written if written.isprintable() else ast.unparse(ast.parse(written, mode="eval"))


class _Reader:
    """Checks the syntax tree of one expression, and collects the names that need values."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: dict[str, None] = {}

    def refuse(self, node: ast.AST, why: str) -> NoReturn:
        line = self.text.encode().split(b"\n")[getattr(node, "lineno", 1) - 1]
        column = len(line[: getattr(node, "col_offset", 0)].decode(errors="ignore")) + 1
        raise ExpressionError(f"{why} (column {column})")

    def said(self, *nodes: ast.AST) -> list[str]:
        """Return the text of each node, shortened if it is long."""
        return [_cut(ast.get_source_segment(self.text, node) or "…", LONGEST_SAID) for node in nodes]

    def advised(self, *nodes: ast.expr) -> list[str]:
        """Return the text of each node for use in suggested code; a text that is too long is replaced with "…"."""
        typed = [ast.get_source_segment(self.text, node) or "…" for node in nodes]
        lines = [text if text.isprintable() else ast.unparse(node) for node, text in zip(nodes, typed, strict=True)]
        return [line if len(line) <= LONGEST_SAID else "…" for line in lines]

    def single_number(self, node: ast.expr) -> None:
        """Check a whole expression, whose value must be a single number."""
        kind = self.check(node)
        [said] = self.said(node)
        if kind == "a comparison":
            where = f"where({self.advised(node)[0]}, 1, 0)"
            self.refuse(node, f"{said!r} is a comparison, not a number; write {where}")
        if isinstance(node, ast.List | ast.Tuple):
            total = f"sum([{', '.join(self.advised(*node.elts))}])"
            self.refuse(node, f"{said!r} is a list, not a number; write {total}")

    def numbers(self, *nodes: ast.expr) -> None:
        """Check operands that must be numbers."""
        for node in nodes:
            if self.check(node) == "a list":
                lists = ", ".join(name for name in _functions() if TABLE[name].shape.lists)
                self.refuse(node, f"{self.said(node)[0]!r} is a list; lists are only allowed inside {lists}")

    def check(self, node: ast.expr) -> str:
        """Reject anything unsupported, and return whether the node is a number, a comparison or a list."""
        match node:
            case ast.Constant(value=value):
                if type(value) not in (int, float):
                    self.refuse(node, f"only numbers are allowed here, not {_cut(repr(value), LONGEST_SAID)}")
            case ast.Name(id=name):
                if name not in CONSTANTS:
                    self.names[name] = None
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
                self.numbers(left, right)
            case ast.UnaryOp(op=operator, operand=operand) if type(operator) in _OPERATORS:
                self.numbers(operand)
            case ast.Compare(left=left, ops=[comparison], comparators=[right]) if type(comparison) in _COMPARISONS:
                self.numbers(left, right)
                return "a comparison"
            case ast.List(elts=items) | ast.Tuple(elts=items):
                self.numbers(*items)
                return "a list"
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if not any(
                isinstance(argument, ast.Starred) for argument in arguments
            ):
                self.call(node, name, arguments)
            case _:
                self.refuse(node, self.why_not(node))
        return "a number"

    def call(self, node: ast.expr, name: str, arguments: list[ast.expr]) -> None:
        """Check the name of the function called, the number of its arguments, and whether they are lists."""
        if name not in _functions():
            self.refuse(node, f"there is no function {name!r}{_meant(name)}")
        row = TABLE[name]
        most, lists = len(row.shape.parameters), row.shape.lists
        least = most - (row.default is not None)
        if not least <= len(arguments) <= most:
            what = f"{'list' if lists else 'number'}{'' if most == 1 else 's'}"
            times = most if least == most else f"{least} or {most}"
            self.refuse(node, f"{name} takes {times} {what}, not {len(arguments)}")
        if not lists:
            self.numbers(*arguments)
            return
        for argument in arguments:
            if self.check(argument) != "a list":
                [item] = self.advised(argument)
                self.refuse(argument, f"{name} takes a list: write [{item}] for {item}")

    def why_not(self, node: ast.expr) -> str:
        """Return why a node is rejected and what to write instead."""
        [said] = self.said(node)
        match node:
            case ast.BinOp(op=ast.BitXor()):
                written = _with_powers(self.text)
                return f"write a power with **, not ^{f': {written}' if len(written) <= LONGEST_ADVISED else ''}"
            case ast.Call(func=ast.Attribute(value=ast.Name(), attr=name)):
                if (ours := _ours(name)) in _functions():
                    return f"write {ours}(…), not {self.said(node.func)[0]}(…)"
            case ast.Attribute(value=ast.Name(), attr=name) if name in CONSTANTS:
                return f"write {name}, not {said}"
            case ast.Call(func=ast.Name(id=name)):
                return f"{name} takes positional arguments only: write them without * or name="
            case ast.Call(func=ast.Constant() | ast.BinOp() | ast.Call()):
                return f"write a product with *, even before a bracket: {said!r}"
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return f"write where({', '.join(self.advised(test, body, orelse))}), not {said!r}"
            case ast.Compare(ops=[_, _, *_]):
                return f"{said!r} is a chained comparison; compare two numbers at a time, as in where(0 < x, …, …)"
            case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                return f"'and', 'or' and 'not' are not supported; instead of {said!r}, put one where(…) inside another"
        return f"{said!r} is not supported; {ALLOWED}"


def _ours(name: str) -> str:
    """Return the table's name for a function, given its name in NumPy or elsewhere."""
    numpy_names = {row.numpy_name: row.name for row in TABLE.values() if row.numpy_name}
    return numpy_names.get(name) or ELSEWHERE.get(name) or name


def _meant(name: str) -> str:
    """Return suggestions for a wrong function name; if nothing is similar, list all functions."""
    if (ours := _ours(name.lower())) in _functions():
        return f"; did you mean {ours}?"
    if close := get_close_matches(name.lower(), _functions(), n=2):
        return f"; did you mean {' or '.join(close)}?"
    return f"; the functions are {', '.join(_functions())} (write a product with *)"


def _evaluated(node: ast.expr, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=value):
            return float(value)  # type: ignore[arg-type]  # `parse` has checked its type
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
            return FUNCTIONS[name](*(_evaluated(argument, values) for argument in arguments))
    raise ExpressionError("not an expression")  # `parse` rejects everything else
