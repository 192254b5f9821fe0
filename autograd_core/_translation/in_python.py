"""The Python back end: each translated function becomes a Python function on plain floats, without `Value`s."""

from __future__ import annotations

import keyword
import math
from collections.abc import Iterable, Sequence

from .braces import Braces
from .forms import (
    FLOAT,
    Append,
    Assign,
    Choice,
    Const,
    Each,
    Expression,
    For,
    Function,
    If,
    Known,
    Leave,
    Made,
    Operate,
    Part,
    Raise,
    Range,
    Return,
    SetItem,
    Statement,
    Table,
    Try,
    While,
)
from .operations import OTHER

INFIX = {
    "add": "+", "sub": "-", "mul": "*", "over": "/", "truediv": "/", "floordiv": "//", "mod": "%", "lt": "<",
    "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=", "and": "and", "or": "or",
}  # fmt: skip  # a table
# The functions that operations call. An operation that is not listed calls the function of the same name in `math`.
CALLED = {
    "abs": "abs", "max": "max", "min": "min", "len": "len", "float": "float", "int": "int",
    "pow": "power", "item_of": "item_of", "prod_of": "math.prod",
}  # fmt: skip  # a table
RESERVED = frozenset((
    *keyword.kwlist, "abs", "bool", "count", "float", "inf", "int", "item_of", "len", "math", "max", "min", "nan",
    "power", "range", "reversed", "zip",
))  # fmt: skip  # a list


class Python(Braces):
    """Generates Python code."""

    infix = INFIX
    reserved = RESERVED

    # --- Expressions --------------------------------------------------------------------------------------------

    def constant(self, x: Const) -> str:
        if x.type == FLOAT and not math.isnan(x.value):
            text = repr(float(x.value))
            return f"({text})" if text.startswith("-") else text
        return repr(x.value)

    def expression(self, x: Expression) -> str:
        """Return the text of an expression, in parentheses if needed."""
        if isinstance(x, Choice):
            return f"({self.expression(x.yes)} if {self.expression(x.test)} else {self.expression(x.no)})"
        return super().expression(x)

    def bare(self, x: Expression) -> str:
        """Return the text of an expression without outer parentheses, except that a tuple keeps its parentheses."""
        return self.expression(x) if isinstance(x, Made) else super().bare(x)

    def tuple_made(self, x: Made) -> str:
        return f"({''.join(f'{self.bare(part)}, ' for part in x.parts)})"

    def part(self, x: Part) -> str:
        return f"{self.expression(x.of)}[{x.index}]"

    def table(self, x: Table) -> str:
        return f"TABLE_{super().table(x)}"

    def function_name(self, function: Function) -> str:
        return f"row_{function.name}"

    def operate(self, x: Operate) -> str:
        """Return the text of an operation: an operator, a list expression, or a call to a function."""
        parts = [self.expression(part) for part in x.parts if not isinstance(part, Known)]
        if x.operation in self.infix:
            return f"({f' {self.infix[x.operation]} '.join(parts)})"
        match x.operation:
            case "neg" | "not":
                return f"({'-' if x.operation == 'neg' else 'not '}{parts[0]})"
            case "item":
                return f"{parts[0]}[{parts[1]}]"
            case "slice":
                return f"{parts[0]}[{parts[1]}:{parts[2]}]"
            case "backwards":
                return f"{parts[0]}[:{parts[1]}:-1]"
            case "join":
                inner = (t if of.type == FLOAT else f"*{t}" for of, t in zip(x.parts, parts, strict=True))
                return f"[{', '.join(inner)}]"
            case "repeat":
                return f"({parts[0]} * {parts[1]})"
            case "index":
                return f"{parts[0]}.index({parts[1]})"
            case "largest":
                return f"max(range({parts[1]}), key={parts[0]}.__getitem__)"
            case "hypot_of":
                return f"math.hypot(*{parts[0]})"
            case "python":
                assert isinstance(x.parts[0], Known)
                return f"{x.parts[0].value.__name__}({', '.join(parts)})"
        return f"{CALLED.get(x.operation, f'math.{x.operation}')}({', '.join(parts)})"

    # --- Statements ---------------------------------------------------------------------------------------------

    def block(self, statements: Sequence[Statement]) -> None:
        """Write statements, indented by one more level."""
        self.depth += 1
        before = len(self.lines)
        for s in statements:
            self.statement(s)
        if len(self.lines) == before:
            self.write("pass")
        self.depth -= 1

    def statement(self, s: Statement) -> None:
        """Write a statement."""
        match s:
            case Assign():
                self.write(f"{self.name(s.name)} = {self.bare(s.value)}")
            case Return():
                self.write(f"return {self.bare(s.value)}")
            case If():
                self.write(f"if {self.bare(s.test)}:")
                self.block(s.yes)
                if s.no:
                    self.write("else:")
                    self.block(s.no)
            case While():
                self.write(f"while {self.bare(s.test)}:")
                self.block(s.body)
            case For():
                self._loop(s)
            case Leave():
                self.write(s.word)
            case Raise():
                self.write(f"raise {'ArithmeticError' if s.kind == OTHER else s.kind}")
            case Try():
                self.write("try:")
                self.block([s.attempt])
                for kinds, body in s.handlers:
                    self.write(f"except ({', '.join(kinds)},):")
                    self.block(body)
            case Append():
                self.write(f"{self.name(s.name)}.append({self.bare(s.value)})")
            case SetItem():
                self.write(f"{self.name(s.name)}[{self.bare(s.index)}] = {self.bare(s.value)}")

    def _loop(self, s: For) -> None:
        """Write a loop; several sources are joined with `zip`, and an endless source becomes a call to `count`."""
        pairs = [(self.name(target), source) for target, source in zip(s.targets, s.sources, strict=True)]
        endless = [pair for pair in pairs if isinstance(pair[1], Range) and pair[1].stop is None]
        ending = [pair for pair in pairs if pair not in endless]
        names, through = self._beside(ending, s.strict)
        for name, source in endless:
            assert isinstance(source, Range)
            names, through = f"{name}, ({names})", f"zip(count({self.bare(source.start)}, {source.step}), {through})"
        self.write(f"for {names} in {through}:")
        self.block(s.body)

    def _beside(self, pairs: list[tuple[str, Range | Each]], strict: bool) -> tuple[str, str]:
        """Return the text of a loop's targets, and the text of the iterable that the loop iterates over."""
        texts = [self._goes_through(source) for _, source in pairs]
        if len(pairs) == 1:
            return pairs[0][0], texts[0]
        return ", ".join(name for name, _ in pairs), f"zip({', '.join(texts)}{', strict=True' if strict else ''})"

    def _goes_through(self, source: Range | Each) -> str:
        if isinstance(source, Each):
            text = self.bare(source.numbers)
            return f"reversed({text})" if source.backwards else text
        assert source.stop is not None
        step = f", {source.step}" if source.step != 1 else ""
        return f"range({self.bare(source.start)}, {self.bare(source.stop)}{step})"

    # --- Functions ----------------------------------------------------------------------------------------------

    def define(self, function: Function) -> None:
        """Write a function."""
        self.function = function
        given = ", ".join(self.name(name) for name, _ in function.parameters)
        self.write(f"def {self.function_name(function)}({given}):")
        self.write(f"    # {function.origin}")
        self.block(function.body)
        self.write("")

    def text(self, functions: Iterable[Function]) -> str:
        """Return the source text of functions, preceded by the tables that they need."""
        for function in functions:
            self.define(function)
        tables = [f"TABLE_{name} = {table.values!r}" for name, table in self.tables.items()]
        return "\n".join([*tables, "", *self.lines])
