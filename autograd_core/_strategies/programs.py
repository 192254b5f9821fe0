"""Random programs, represented as data: each has a few inputs and several lines, with one operation per line.

Hypothesis draws these programs in property tests. A program runs on floats and on Values, and prints as Python source,
which can be copied from the report of a failing test. Each line either applies an operation or is an expression that
plain Python evaluates, such as a comparison.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .._operations.functions import FUNCTIONS
from .._operations.operation import Operation
from ..value import Value

INPUT_NAMES = ("a", "b", "c", "d", "e", "f")
FROM_MATH = ("inf", "nan", "floor", "ceil", "trunc")


def function_of(operation: Operation) -> Callable[..., Any]:
    """Return the function that applies an operation: a function from the table of operations, or a primitive."""
    return operation.origin or FUNCTIONS[operation.name]


def in_math(operation: Operation) -> bool:
    """Return whether plain Python provides the operation: as an operator, or in `math` under the same name."""
    return bool(operation.operator) or operation.value is getattr(math, operation.name, None)


@dataclass(frozen=True, slots=True)
class Form:
    """The right-hand side of a line: its text, with {0}, {1}, … in place of the operands, and the operation it applies.

    `operation` is None for an expression that plain Python evaluates. `is_plain` states whether the result can be a
    plain number even when the operands are Values, as with a comparison.
    """

    text: str
    operation: Operation | None = None
    is_plain: bool = False


# Forms that plain Python evaluates. They must have the same results on Values as on floats.
PYTHON_FORMS = (
    *(Form(f"{{0}} {sign} {{1}}", is_plain=True) for sign in ("<", "<=", ">", ">=", "==", "!=")),
    *(Form(f"{name}({{0}})", is_plain=True) for name in ("bool", "int", "round", "floor", "ceil", "trunc")),
    Form("round({0}, 2)", is_plain=True),
    Form("not {0}", is_plain=True),
    Form("float(format({0}, '.3f'))", is_plain=True),
    Form("float(f'{{{0}:+.5e}}')", is_plain=True),
    Form("({0} in [{1}, {2}])", is_plain=True),
    Form("({0} if {1} < {2} else {3})", is_plain=True),
    Form("max({0}, {1})", is_plain=True),
    Form("min({0}, {1})", is_plain=True),
    Form("divmod({0}, {1})[0]"),
    Form("divmod({0}, {1})[1]"),
)
PYTHON_ARITY = {form: 1 + max(i for i in range(4) if f"{{{i}}}" in form.text) for form in PYTHON_FORMS}


def form_of(operation: Operation, count: int) -> Form:
    """Return the form that applies `operation` to `count` operands."""
    places = [f"{{{i}}}" for i in range(count)]
    if operation.operator:
        return Form(operation.formula.format(x="{0}", y="{1}"), operation)
    arguments = operation.shape.arguments(places)
    texts = [f"[{', '.join(a)}]" if isinstance(a, list) else a for a in arguments]
    return Form(f"{operation.name}({', '.join(texts)})", operation)


# An operand of a line: the name of an input or of an earlier line, or a plain number.
Operand = str | float


def printed(operand: Operand) -> str:
    """Return an operand as source text; a negative number is in parentheses, because -1.0 ** x means -(1.0 ** x)."""
    text = operand if isinstance(operand, str) else repr(operand)
    return f"({text})" if text.startswith("-") else text


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a program: `name = form(operands)`."""

    name: str
    form: Form
    operands: tuple[Operand, ...]

    @property
    def expression(self) -> str:
        """The source of the line's right-hand side."""
        return self.form.text.format(*map(printed, self.operands))

    @property
    def references(self) -> tuple[str, ...]:
        """The operands that are names of inputs or of earlier lines."""
        return tuple(x for x in self.operands if isinstance(x, str))


@dataclass(frozen=True, repr=False)
class RandomProgram:
    """A program: the values of its inputs, and its lines, the last of which computes the result.

    `program(*operands)` runs the program. On floats, it uses only builtins and `math` if these provide all operations
    of the program; on Values, it uses the functions of autograd_core. `repr(program)` is a script that can be pasted
    and run.

    >>> from autograd_core import operation_of, tanh
    >>> program = RandomProgram((0.5,), (Line("t1", form_of(operation_of(tanh), 1), ("a",)),))
    >>> print(program)
    from autograd_core import Value, tanh
    <BLANKLINE>
    def program(a):
        return tanh(a)
    <BLANKLINE>
    y = program(Value(0.5))
    >>> program(*program.inputs)
    0.46211715726000974
    """

    inputs: tuple[float, ...]
    lines: tuple[Line, ...]

    @classmethod
    def of(cls, inputs: dict[str, float], lines: Sequence[Line]) -> RandomProgram:
        """Return the program whose result is the line that depends on the largest number of other lines.

        Lines and inputs that the result does not depend on are left out.
        """
        behind: dict[str, set[str]] = {name: {name} for name in inputs}
        for line in lines:
            behind[line.name] = {line.name}.union(*(behind[x] for x in line.references))
        result = max(reversed(lines), key=lambda line: len(behind[line.name]), default=None)
        needed = behind[result.name] if result is not None else set()
        kept = [line for line in lines if line.name in needed]
        used = [name for name in inputs if name in needed]
        renamed = dict(zip(used, INPUT_NAMES, strict=False)) | {line.name: f"t{i}" for i, line in enumerate(kept, 1)}

        def rewritten(line: Line) -> Line:
            operands = tuple(renamed[x] if isinstance(x, str) else x for x in line.operands)
            return Line(renamed[line.name], line.form, operands)

        return cls(tuple(inputs[name] for name in used), tuple(map(rewritten, kept)))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the inputs."""
        return INPUT_NAMES[: len(self.inputs)]

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations that the lines apply, in order. A line evaluated by plain Python applies none."""
        return tuple(line.form.operation for line in self.lines if line.form.operation is not None)

    @property
    def in_math(self) -> bool:
        """Whether the program can run on floats with only builtins and `math`."""
        return all(map(in_math, self.operations))

    @property
    def source(self) -> str:
        """The source of the function `program`; to run it, first prepend the lines returned by `imports`."""
        *first, last = self.lines
        body = [*(f"{line.name} = {line.expression}" for line in first), f"return {last.expression}"]
        return "\n    ".join([f"def program({', '.join(self.names)}):", *body])

    def imports(self, module: str) -> str:
        """Return the import lines that `source` needs, with functions from `module` ("math" or "autograd_core")."""
        wanted: dict[str, set[str]] = {}
        for operation in self.operations:
            if not operation.operator:
                wanted.setdefault(_home(operation, module), set()).add(operation.name)
        words = {word for line in self.lines for word in re.findall(r"\w+", line.expression)}
        if used := words.intersection(FROM_MATH):
            wanted.setdefault("math", set()).update(used)
        return "\n".join(f"from {home} import {', '.join(sorted(names))}" for home, names in sorted(wanted.items()))

    def __call__(self, *operands: Any) -> Any:
        """Return the result for these operands; exceptions raised by the program's operations propagate."""
        namespace = self._functions(operands)
        exec(self.source, namespace)
        return namespace["program"](*operands)

    def trace(self, *operands: Any) -> Iterator[tuple[Line, Any]]:
        """Yield each line with its result; an exception propagates from the line that raises it."""
        namespace = self._functions(operands)
        namespace.update(zip(self.names, operands, strict=True))
        for line in self.lines:
            namespace[line.name] = eval(line.expression, namespace)
            yield line, namespace[line.name]

    def _functions(self, operands: Sequence[Any]) -> dict[str, Any]:
        """Return a dict from the names in the source to the objects that these names refer to."""
        plain = self.in_math and not any(type(x) is Value for x in operands)
        found: dict[str, Any] = {name: getattr(math, name) for name in FROM_MATH}
        for operation in self.operations:
            if not operation.operator:
                found[operation.name] = getattr(math, operation.name) if plain else function_of(operation)
        return found

    def __str__(self) -> str:
        values = ", ".join(f"Value({_number(x)})" for x in self.inputs)
        imports = self.imports("autograd_core").splitlines()
        home = "from autograd_core import "
        names = next((line[len(home) :] for line in imports if line.startswith(home)), "")
        rest = [line for line in imports if not line.startswith(home)]
        first = home + ", ".join(["Value", names] if names else ["Value"])
        return "\n".join([first, *rest, "", self.source, "", f"y = program({values})"])

    __repr__ = __str__

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Print the program in IPython and in the reports of Hypothesis."""
        printer.text(str(self))


def _number(x: float) -> str:
    return repr(x) if math.isfinite(x) else f'float("{x!r}")'


def _home(operation: Operation, module: str) -> str:
    """Return the module from which an operation's function is imported."""
    if operation.origin is not None:
        return operation.origin.__module__
    if module == "autograd_core" and not operation.public:
        return "autograd_core.ops"
    return module


