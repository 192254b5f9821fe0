"""The C back end: each translated function becomes a C function that calls helpers in _native/runtime.h.

If Python would raise an exception, the C code sets a bit of `*raised` and returns a number that is ignored. The kernel
(the C function for an operation) then returns 0, and the engine calls the operation's Python functions instead. The
results of the C code agree with Python's bit for bit, provided that the code is compiled without floating-point
contraction and without fast-math options.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from .braces import Braces
from .forms import (
    BOOL,
    FLOAT,
    INT,
    INTS,
    LIST,
    WIDE,
    Append,
    Const,
    Function,
    Made,
    Operate,
    Part,
    Return,
    SetItem,
    Table,
    Try,
    Type,
    While,
    called,
    within,
)
from .operations import OTHER

CODES = {
    "ValueError": "VALUE_ERROR", "OverflowError": "OVERFLOW_ERROR", "ZeroDivisionError": "ZERO_DIVISION",
    OTHER: "OTHER_ERROR",
}  # fmt: skip  # a table
LETTERS = {FLOAT: "d", INT: "i", BOOL: "b", LIST: "l", WIDE: "d"}
NAMES = {FLOAT: "double", INT: "int64_t", BOOL: "int", LIST: "List", WIDE: "double"}
KEYWORDS = frozenset((
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern",
    "float", "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return", "short", "signed",
    "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "while", "raised",
    "memory", "List", "Memory", "NAN", "INFINITY", "errno",
))  # fmt: skip  # a list


class C(Braces):
    """Generates C code."""

    runtime = "py_"
    reserved = KEYWORDS
    infix = {**Braces.infix, "eq": "==", "ne": "!="}  # noqa: RUF012  # a constant

    def __init__(self) -> None:
        super().__init__()
        self.raised = "raised"
        self.tuples: dict[str, tuple[Type, ...]] = {}

    # --- Types --------------------------------------------------------------------------------------------------

    def type(self, type: Type) -> str:
        """Return the name of a type in C; the type of a tuple becomes a struct."""
        if isinstance(type, str):
            return NAMES[type]
        name = "Tuple_" + "".join(LETTERS[part] for part in type)
        self.tuples[name] = type
        return name

    def declared(self, type: Type, name: str) -> str:
        return f"{self.type(type)} {name}"

    def constant(self, x: Const) -> str:
        if x.type == BOOL:
            return str(int(x.value))
        if x.type == INT:
            text = str(x.value) if abs(x.value) < 2**31 else f"INT64_C({x.value})"
        elif math.isnan(x.value):
            text = "NAN"
        else:
            text = repr(float(x.value)).replace("inf", "INFINITY")
        return f"({text})" if text.startswith("-") else text

    def tuple_made(self, x: Made) -> str:
        parts = ", ".join(self.bare(part) for part in x.parts)
        uniform = set(x.type) == {FLOAT}
        return f"({self.type(x.type)}){{{{{parts}}}}}" if uniform else f"({self.type(x.type)}){{{parts}}}"

    def part(self, x: Part) -> str:
        field = f"at[{x.index}]" if set(x.of.type) == {FLOAT} else f"part_{x.index}"
        return f"{self.expression(x.of)}.{field}"

    def table(self, x: Table) -> str:
        name = super().table(x)
        return name if x.type == INTS else f"TABLE({name})"

    def length(self, numbers: str) -> str:
        return f"{numbers}.count"

    def at(self, numbers: str, index: str) -> str:
        return f"{numbers}.at[{index}]"

    # --- Expressions --------------------------------------------------------------------------------------------

    def extra(self, allocates: bool, may_raise: bool) -> list[str]:
        return ["memory"] * allocates + [self.raised] * may_raise

    def special(self, x: Operate, parts: list[str]) -> str | None:
        match x.operation:
            case "float":
                return f"((double){parts[0]})"
            case "int":
                return f"((int64_t){parts[0]})"
            case "len":
                return self.length(parts[0])
            case "item" if isinstance(x.parts[0].type, tuple):
                return f"{parts[0]}.at[py_place({self.bare(x.parts[1])}, {len(x.parts[0].type)}, {self.raised})]"
            case "join":
                return self._joined(x)
            case "repeat":
                return f"py_repeat({self.expression(x.parts[0])}, {self.bare(x.parts[1])}, memory, {self.raised})"
            case "hypot" | "largest" | "python":
                return self._of_python(x, parts)
        return None

    def _joined(self, x: Operate) -> str:
        if not x.parts:
            return "(List){0}"
        numbers = [
            self.expression(part) if part.type == LIST else f"(List){{(double[]){{{self.bare(part)}}}, 1, 1}}"
            for part in x.parts
        ]
        if all(part.type == FLOAT for part in x.parts):
            inner = ", ".join(self.bare(part) for part in x.parts)
            return f"py_copied((List){{(double[]){{{inner}}}, {len(x.parts)}, 0}}, memory, {self.raised})"
        return f"py_joined((List[]){{{', '.join(numbers)}}}, {len(numbers)}, memory, {self.raised})"

    def _of_python(self, x: Operate, parts: list[str]) -> str:
        if x.operation == "python":
            nothing = f"py_left_to_python({self.raised})"
            return nothing if x.type == FLOAT else f"({nothing}, {self._nothing(x.type)})"
        if x.operation == "largest":
            return f"py_largest({parts[0]}, {parts[1]}, {self.raised})"
        numbers = ", ".join(self.bare(part) for part in x.parts)
        return f"py_hypot((double[]){{{numbers}}}, {len(parts)}, {self.raised})"

    # --- Statements ---------------------------------------------------------------------------------------------

    def while_test(self, s: While) -> str:
        test = self.expression(s.test)
        assert self.function is not None
        return f"{test} && !*raised" if self.function.raises else self.bare(s.test)

    def raise_statement(self, kind: str) -> None:
        assert self.function is not None and self.function.returns is not None
        self.write(f"*{self.raised} |= {CODES[kind]};")
        self.write(f"return {self._nothing(self.function.returns)};")

    def _nothing(self, type: Type) -> str:
        if isinstance(type, tuple) or type == LIST:
            return f"({self.type(type)}){{0}}"
        return "NAN" if type == FLOAT else "0"

    def try_statement(self, s: Try) -> None:
        i = self.number()
        self.write("{")
        self.depth += 1
        self.write(f"int tried_{i} = 0;")
        self.raised = f"&tried_{i}"
        self.write(f"{self.declared(s.attempt.value.type, f'value_{i}')} = {self.bare(s.attempt.value)};")
        self.raised = "raised"
        for kinds, body in s.handlers:
            self.write(f"if (tried_{i} & ({' | '.join(CODES[kind] for kind in kinds)})) {{")
            self.block(body)
            self.write("} else {")
            self.depth += 1
        self.write(f"*raised |= tried_{i};")
        back = "return" if isinstance(s.attempt, Return) else f"{self.name(s.attempt.name)} ="
        self.write(f"{back} value_{i};")
        for _ in s.handlers:
            self.depth -= 1
            self.write("}")
        self.depth -= 1
        self.write("}")

    def append(self, s: Append) -> None:
        self.write(f"py_append(&{self.name(s.name)}, {self.bare(s.value)}, memory, {self.raised});")

    def reserve(self, name: str, count: str) -> None:
        self.write(f"py_reserve(&{self.name(name)}, {count}, memory, {self.raised});")

    def set_item(self, s: SetItem) -> None:
        name = self.name(s.name)
        self.write(f"py_set({name}, {self.bare(s.index)}, {self.bare(s.value)}, {self.raised});")

    # --- Functions ----------------------------------------------------------------------------------------------

    def function_name(self, function: Function) -> str:
        return f"row_{function.name}"

    def heading(self, function: Function) -> str:
        """Return the declaration of a function, without the semicolon."""
        assert function.returns is not None
        parameters = [self.declared(type, self.name(name)) for name, type in function.parameters]
        parameters += ["Memory *memory"] * function.allocates + ["int *raised"] * function.raises
        name = f"{self.type(function.returns)} {self.function_name(function)}"
        return f"static inline {name}({', '.join(parameters) or 'void'})"

    def define(self, function: Function) -> None:
        """Write a function."""
        self.function, self.count = function, 0
        given = {name for name, _ in function.parameters}
        self.write(f"/* {function.origin} */")
        self.write(self.heading(function))
        self.write("{")
        by_type: dict[str, list[str]] = {}
        for name, type in function.variables.items():
            if name not in given:
                by_type.setdefault(self.type(type), []).append(self.name(name))
        for type_name, names in by_type.items():
            self.write(f"    {type_name} {', '.join(names)};")
        for name, _ in function.parameters:
            if not _used(function, name):
                self.write(f"    (void){self.name(name)};")
        self.block(function.body)
        self.write("}")
        self.write("")

    def text(self, functions: Iterable[Function]) -> str:
        """Return the source text of functions, preceded by the types and tables that they need."""
        done: set[str] = set()
        for function in functions:
            start = len(self.lines)
            self.define(function)
            done.add(function.name)
            ahead = [f for f in called(function) if f.name not in done]
            self.lines[start:start] = [f"{self.heading(f)};" for f in ahead]
        return "\n".join([*self._types(), *self._tables(), *self.lines])

    def _types(self) -> list[str]:
        lines = []
        for name, parts in self.tuples.items():
            fields = "".join(f"{NAMES[str(part)]} part_{i}; " for i, part in enumerate(parts))
            fields = f"double at[{len(parts)}]; " if set(parts) == {FLOAT} else fields
            if name != "Tuple_di":  # the runtime already defines this type, for the result of frexp
                lines.append(f"typedef struct {name} {{ {fields}}} {name};")
        return [*lines, ""]

    def _tables(self) -> list[str]:
        lines = []
        for name, table in self.tables.items():
            kind = "int64_t" if table.type == INTS else "double"
            numbers = ", ".join(self.constant(Const(INT if table.type == INTS else FLOAT, v)) for v in table.values)
            lines += [f"static const {kind} {name}[] = {{", f"    {numbers},", "};"]
        return [*lines, ""]


def _used(function: Function, name: str) -> bool:
    return any(getattr(x, "name", None) == name for x in within(function.body))
