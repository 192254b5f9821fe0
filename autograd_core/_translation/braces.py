"""The code that the C and JavaScript back ends share: both put statements in braces, and write choices with `?:`.

The Python back end's class is also derived from `Braces`, but writes statements and choices in Python's syntax.
"""

from __future__ import annotations

from collections.abc import Sequence

from .forms import (
    INT,
    INTS,
    Append,
    Assign,
    Call,
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
    Name,
    Operate,
    Part,
    Raise,
    Range,
    Return,
    SetItem,
    Statement,
    Table,
    Try,
    Type,
    While,
    entered,
)
from .operations import ALLOCATING, raises

INFIX = {
    "add": "+", "sub": "-", "mul": "*", "over": "/", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "and": "&&",
    "or": "||",
}  # fmt: skip  # a table


# Runtime functions that have a second version for ints; the name of that version ends in `_int`.
OF_INTS = ("abs", "max", "min", "mod", "floordiv")


class Braces:
    """Generates the source text of functions; a subclass defines what is specific to its language."""

    infix = INFIX
    runtime = ""  # the prefix of the names of the runtime functions
    reserved: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.lines: list[str] = []
        self.depth = 0
        self.count = 0
        self.function: Function | None = None

    # --- Defined by each language --------------------------------------------------------------------------------

    def constant(self, x: Const) -> str:
        """Return the text of a number."""
        raise NotImplementedError

    def declared(self, type: Type, name: str) -> str:
        """Return the declaration of a variable, without the semicolon."""
        raise NotImplementedError

    def tuple_made(self, x: Made) -> str:
        """Return the text of a tuple."""
        raise NotImplementedError

    def part(self, x: Part) -> str:
        """Return the code that reads one part of a tuple."""
        raise NotImplementedError

    def length(self, numbers: str) -> str:
        """Return the code that reads the length of a list."""
        raise NotImplementedError

    def at(self, numbers: str, index: str) -> str:
        """Return the code that reads the number at an index of a list; the index is known to be in range."""
        raise NotImplementedError

    def extra(self, allocates: bool, may_raise: bool) -> list[str]:
        """Return the extra arguments of a call to a function that allocates memory or may raise an exception."""
        return []

    def raise_statement(self, kind: str) -> None:
        """Write a `raise` statement."""
        raise NotImplementedError

    def try_statement(self, s: Try) -> None:
        """Write a `try` statement."""
        raise NotImplementedError

    def special(self, x: Operate, parts: list[str]) -> str | None:
        """Return the code for an operation with special syntax in this language, or None for any other operation."""
        raise NotImplementedError

    # --- Expressions --------------------------------------------------------------------------------------------

    def name(self, name: str) -> str:
        """Return the name to write for a variable or function; it differs if the original name is a reserved word."""
        name = name.strip("_") or "unused"
        return f"{name}_" if name in self.reserved else name

    def expression(self, x: Expression) -> str:
        """Return the text of an expression, in parentheses if needed."""
        match x:
            case Const():
                return self.constant(x)
            case Name():
                return self.name(x.name)
            case Table():
                return self.table(x)
            case Made():
                return self.tuple_made(x)
            case Part():
                return self.part(x)
            case Choice():
                return f"({self.expression(x.test)} ? {self.expression(x.yes)} : {self.expression(x.no)})"
            case Call():
                arguments = [self.bare(a) for a in x.arguments]
                arguments += self.extra(x.function.allocates, x.function.raises)
                return f"{self.function_name(x.function)}({', '.join(arguments)})"
        assert isinstance(x, Operate)
        return self.operate(x)

    def bare(self, x: Expression) -> str:
        """Return the text of an expression without outer parentheses, for use where they are not needed."""
        text = self.expression(x)
        if not text.startswith("("):
            return text
        depth = 0
        for i, c in enumerate(text):
            depth += (c == "(") - (c == ")")
            if depth == 0 and i < len(text) - 1:
                return text
        return text[1:-1]

    def function_name(self, function: Function) -> str:
        """Return a translated function's name."""
        return self.name(function.name)

    def table(self, x: Table) -> str:
        """Return the name under which a table will be written; if necessary, add the table to `self.tables`."""
        return entered(x, self.tables)

    def operate(self, x: Operate) -> str:
        """Return the text of an operation: an operator of the language, or a call to a runtime function."""
        parts = [self.expression(part) for part in x.parts if not isinstance(part, Known)]
        if (text := self.special(x, parts)) is not None:
            return text
        whole = x.type == INT
        if x.operation in self.infix and len(parts) > 1:
            text = f"({f' {self.infix[x.operation]} '.join(parts)})"
            return self._called("whole", [text[1:-1]], True, False) if whole else text
        if x.operation in ("neg", "not"):
            return f"({'-' if x.operation == 'neg' else '!'}{parts[0]})"
        name = f"{x.operation}_int" if whole and x.operation in OF_INTS else x.operation
        may_raise = raises(x.operation, x.type, x.parts)
        return self._called(name, [self.bare(part) for part in x.parts], may_raise, x.operation in ALLOCATING)

    def _called(self, name: str, parts: list[str], may_raise: bool, allocates: bool) -> str:
        return f"{self.runtime}{name}({', '.join(parts + self.extra(allocates, may_raise))})"

    # --- Statements ---------------------------------------------------------------------------------------------

    def write(self, line: str) -> None:
        """Write a line of text."""
        self.lines.append("    " * self.depth + line)

    def block(self, statements: Sequence[Statement]) -> None:
        """Write statements, indented by one more level."""
        self.depth += 1
        for s in statements:
            self.statement(s)
        self.depth -= 1

    def statement(self, s: Statement) -> None:
        """Write a statement."""
        match s:
            case Assign():
                self.write(f"{self.name(s.name)} = {self.bare(s.value)};")
            case Return():
                self.write(f"return {self.bare(s.value)};")
            case If():
                self._if(s, "")
            case While():
                self.write(f"while ({self.while_test(s)}) {{")
                self.block(s.body)
                self.write("}")
            case For():
                self._for(s)
            case Leave():
                self.write(f"{s.word};")
            case Raise():
                self.raise_statement(s.kind)
            case Try():
                self.try_statement(s)
            case Append():
                self.append(s)
            case _:
                assert isinstance(s, SetItem)
                self.set_item(s)

    def while_test(self, s: While) -> str:
        """Return the condition of a loop."""
        return self.bare(s.test)

    def append(self, s: Append) -> None:
        """Write a statement that appends a number to a list."""
        raise NotImplementedError

    def reserve(self, name: str, count: str) -> None:
        """Write a statement that reserves memory in a list for `count` more numbers; only C needs this statement."""

    def set_item(self, s: SetItem) -> None:
        """Write an assignment to an item of a list."""
        raise NotImplementedError

    def _if(self, s: If, before: str) -> None:
        self.write(f"{before}if ({self.bare(s.test)}) {{")
        self.block(s.yes)
        if len(s.no) == 1 and isinstance(s.no[0], If):
            self._if(s.no[0], "} else ")
            return
        if s.no:
            self.write("} else {")
            self.block(s.no)
        self.write("}")

    def number(self) -> int:
        """Return the next unused number, for use in a new name that must be unique."""
        self.count += 1
        return self.count

    def _for(self, s: For) -> None:
        """Write a `for` loop over the indices of its sources (the lists and ranges that the loop iterates over).

        The number of iterations is computed before the loop.
        """
        i = self.number()
        self.write("{")
        self.depth += 1
        counts, items = [], []
        for k, source in enumerate(s.sources):
            count, item = self._source(source, f"{i}_{k}", f"at_{i}")
            counts += [count] if count else []
            items.append(item)
        end = counts[0]
        for other in counts[1:]:
            end = self.same_length(end, other) if s.strict else f"{self.runtime}min_int({end}, {other})"
        self.write(f"{self.declared(INT, f'end_{i}')} = {end};")
        for grown in dict.fromkeys(inner.name for inner in s.body if isinstance(inner, Append)):
            self.reserve(grown, f"end_{i}")
        self.write(f"for ({self.declared(INT, f'at_{i}')} = 0; at_{i} < end_{i}; at_{i}++) {{")
        self.depth += 1
        for target, item in zip(s.targets, items, strict=True):
            self.write(f"{self.name(target)} = {item};")
        self.depth -= 1
        self.block(s.body)
        self.write("}")
        self.depth -= 1
        self.write("}")

    def same_length(self, one: str, other: str) -> str:
        """Return the code for the common length of two lists; if their lengths differ, this code raises an error."""
        return f"{self.runtime}same_length({', '.join([one, other, *self.extra(False, True)])})"

    def _source(self, source: Range | Each, name: str, index: str) -> tuple[str, str]:
        """Return the code for the number of items in a source, and the code for the item at an index.

        The code for the number of items is "" if the source is endless.
        """
        if isinstance(source, Range):
            self.write(f"{self.declared(INT, f'start_{name}')} = {self.bare(source.start)};")
            step = f" * {source.step}" if abs(source.step) != 1 else ""
            item = f"start_{name} {'-' if source.step == -1 else '+'} {index}{step}"
            if source.stop is None:
                return "", item
            return f"{self.runtime}range_count(start_{name}, {self.bare(source.stop)}, {source.step})", item
        if source.numbers.type == INTS and isinstance(source.numbers, Table):
            count, text = str(len(source.numbers.values)), self.table(source.numbers)
            return count, f"{text}[{index}]"
        self.write(f"{self.declared(source.numbers.type, f'list_{name}')} = {self.bare(source.numbers)};")
        count = self.length(f"list_{name}")
        return count, self.at(f"list_{name}", f"{count} - 1 - {index}" if source.backwards else index)
