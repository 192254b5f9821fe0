"""The JavaScript back end: each translated function becomes a JavaScript function that calls helpers in runtime.js.

Some functions also need helpers in special.js. If Python would raise an exception, the JavaScript code throws a
`Raised` that names the exception. Arithmetic, square roots and the formulas for the special functions give the same
results as in Python, bit for bit. The results of the other functions in JavaScript's `Math` may differ from Python's in
the last digits.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from pathlib import Path

from .._operations import activations as special_activations
from .braces import Braces
from .forms import BOOL, FLOAT, Append, Const, Function, Made, Operate, Part, SetItem, Try, Type
from .rows import TranslatedRow
from .translator import Translation

RUNTIME = Path(__file__).with_name("runtime.js")
SPECIAL = Path(__file__).with_name("special.js")
_NEEDS_SPECIAL = re.compile(r"py\.(?:erf|erfc|gamma|lgamma|factorial)\b")
KEYWORDS = frozenset((
    "arguments", "await", "break", "case", "catch", "class", "const", "continue", "debugger", "default", "delete",
    "do", "else", "enum", "eval", "export", "extends", "false", "finally", "for", "function", "if", "implements",
    "import", "in", "instanceof", "interface", "let", "new", "null", "package", "private", "protected", "public",
    "return", "static", "super", "switch", "this", "throw", "true", "try", "typeof", "undefined", "var", "void",
    "while", "with", "yield", "py", "rows", "runtime", "Math", "Number", "NaN", "Infinity",
))  # fmt: skip  # a list


class JavaScript(Braces):
    """Generates JavaScript code."""

    runtime = "py."
    reserved = KEYWORDS
    infix = {**Braces.infix, "eq": "===", "ne": "!=="}  # noqa: RUF012  # a constant

    def declared(self, type: Type, name: str) -> str:
        return f"{'let' if name.startswith('at_') else 'const'} {name}"

    def constant(self, x: Const) -> str:
        if x.type == BOOL:
            return "true" if x.value else "false"
        if math.isnan(x.value):
            return "NaN"
        text = repr(x.value).replace("inf", "Infinity")
        return f"({text})" if text.startswith("-") else text

    def tuple_made(self, x: Made) -> str:
        return f"[{', '.join(self.bare(part) for part in x.parts)}]"

    def part(self, x: Part) -> str:
        return f"{self.expression(x.of)}[{x.index}]"

    def length(self, numbers: str) -> str:
        return f"{numbers}.length"

    def at(self, numbers: str, index: str) -> str:
        return f"{numbers}[{index}]"

    def special(self, x: Operate, parts: list[str]) -> str | None:
        match x.operation:
            case "float":
                return f"Number({parts[0]})" if x.parts[0].type == BOOL else parts[0]
            case "int":
                return f"Number({parts[0]})"
            case "len":
                return self.length(parts[0])
            case "join":
                inner = [part if of.type == FLOAT else f"...{part}" for of, part in zip(x.parts, parts, strict=True)]
                return f"[{', '.join(inner)}]"
            case "python":
                return "py.python()"
            case "hypot":
                return f"py.hypot_of([{', '.join(parts)}])"
        return None

    def raise_statement(self, kind: str) -> None:
        self.write(f'throw new py.Raised("{kind}");')

    def try_statement(self, s: Try) -> None:
        self.write("try {")
        self.block([s.attempt])
        self.write("} catch (error) {")
        self.depth += 1
        for kinds, body in s.handlers:
            self.write(f"if (py.caught(error, {', '.join(repr(kind) for kind in kinds)})) {{")
            self.block(body)
            self.write("} else {")
            self.depth += 1
        self.write("throw error;")
        for _ in s.handlers:
            self.depth -= 1
            self.write("}")
        self.depth -= 1
        self.write("}")

    def append(self, s: Append) -> None:
        self.write(f"{self.name(s.name)}.push({self.bare(s.value)});")

    def set_item(self, s: SetItem) -> None:
        name = self.name(s.name)
        self.write(f"{name}[py.place({self.bare(s.index)}, {name}.length)] = {self.bare(s.value)};")

    def define(self, function: Function) -> None:
        """Write a function."""
        self.function, self.count = function, 0
        given = [name for name, _ in function.parameters]
        self.write(f"// {function.origin}")
        self.write(f"function {self.function_name(function)}({', '.join(map(self.name, given))}) {{")
        own = [self.name(name) for name in function.variables if name not in given]
        if own:
            self.write(f"    let {', '.join(own)};")
        self.block(function.body)
        self.write("}")
        self.write("")

    def text(self, functions: Iterable[Function]) -> str:
        """Return the source text of functions, preceded by the tables that they need."""
        for function in functions:
            self.define(function)
        tables = [f"const {name} = {list(table.values)!r};" for name, table in self.tables.items()]
        return "\n".join([*tables, "", *self.lines])


def javascript(rows: Iterable[TranslatedRow], translation: Translation) -> str:
    """Return a script that defines `rows`, an object that maps each operation's name to its translated functions.

    The functions of an operation are in an object. Its `value` is the function that computes the operation's value.
    `slopes` holds the functions for the local derivatives. The functions in `flat` return whether a derivative is flat
    (0 in a whole neighbourhood), and the functions in `beside` return whether it is flat if the other operand is a
    plain number. All functions take the operands; the functions in `slopes` also take the result, as the last argument.

    For an operation on many operands, the functions take a list of the operands, and `slopes` is a single function that
    returns all local derivatives. Such an operation has a single function in either `flat` or `beside`. A function in
    `beside` takes a second list, which holds 1 for each operand that is a variable, and 0 for each other operand.

    Args:
        rows: The translated operations; a row is an operation's entry in the table of operations.
        translation: The translation that contains the functions of these operations.
    """
    language = JavaScript()
    functions = language.text(translation.functions)
    lines = [RUNTIME.read_text(encoding="utf-8"), "const py = runtime();"]
    if _NEEDS_SPECIAL.search(functions):
        mills = ", ".join(map(repr, special_activations._MILLS))
        lines += [SPECIAL.read_text(encoding="utf-8"), f"Object.assign(py, special(py, [{mills}]));"]
    lines += [functions, "const rows = {"]
    for row in rows:
        slopes = ", ".join(language.function_name(slope) for slope in row.slopes)
        slopes = slopes if row.many else f"[{slopes}]"
        flat, beside = (
            ", ".join(
                language.function_name(f) if isinstance(f, Function) else "true" if f else "null" for f in places
            )
            for places in (row.flat, row.beside)
        )
        value = language.function_name(row.value)
        facts = f"value: {value}, slopes: {slopes}, flat: [{flat}], beside: [{beside}]"
        lines.append(f"    {row.row.name}: {{{facts}}},")
    return "\n".join([*lines, "};", ""])
