"""The intermediate form of translated Python: every expression has a type, and nothing depends on a target language.

A type is a string, except that the type of a tuple is the tuple of its parts' types. Expressions have no side effects,
so a back end may write the same expression twice. An `Operate` names an operation of Python or of `math`; operations.py
lists these operations, and specifies which of them can raise exceptions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

# An INT must stay within ±2**53, where floats represent every int exactly. A WIDE int may be larger; it can only be
# converted to a float.
FLOAT, INT, WIDE, BOOL, LIST, INTS, KNOWN = "float", "int", "wide", "bool", "list", "ints", "known"
Type = str | tuple[Any, ...]
LARGEST_INT = 2**53


class Refused(NotImplementedError):  # noqa: N818  # the name says what the translator did
    """Python code contains something that the translator does not understand; the message says what and where."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A piece of code that has a value."""

    type: Type


@dataclass(frozen=True, slots=True)
class Const(Expression):
    """A number, or True or False."""

    value: Any


@dataclass(frozen=True, slots=True)
class Known(Expression):
    """An object known during translation that never appears in the generated code: a function, string, type or None."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name(Expression):
    """A variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Table(Expression):
    """A constant list of numbers, such as a table of coefficients."""

    name: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Operate(Expression):
    """An operation; `parts` are its operands."""

    operation: str
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Choice(Expression):
    """`yes if test else no`; as in Python, only `yes` or `no` is evaluated, but NumPy code may evaluate both."""

    test: Expression
    yes: Expression
    no: Expression


@dataclass(frozen=True, slots=True)
class Call(Expression):
    """A call to a translated function."""

    function: Function
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Made(Expression):
    """An expression that makes a tuple from its parts."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Part(Expression):
    """One part of a tuple."""

    of: Expression
    index: int


class Statement:
    """A piece of code that has an effect."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Assign(Statement):
    """`name = value`."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Append(Statement):
    """`name.append(value)`."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class SetItem(Statement):
    """`name[index] = value`."""

    name: str
    index: Expression
    value: Expression


@dataclass(frozen=True, slots=True)
class If(Statement):
    """An `if` statement; `yes` and `no` are its two branches."""

    test: Expression
    yes: list[Statement]
    no: list[Statement]


@dataclass(frozen=True, slots=True)
class While(Statement):
    """A `while` loop."""

    test: Expression
    body: list[Statement]


@dataclass(frozen=True, slots=True)
class Range:
    """The range of ints in a loop; if `stop` is None, the range is endless, and another source ends the loop."""

    start: Expression
    stop: Expression | None
    step: int


@dataclass(frozen=True, slots=True)
class Each:
    """The numbers in a list that a loop iterates over, in reverse order if `backwards` is True."""

    numbers: Expression
    backwards: bool


@dataclass(frozen=True, slots=True)
class For(Statement):
    """A loop over one or more sources (lists and ranges) in parallel, as with `zip`.

    If `strict` is True, sources of different lengths raise ValueError.
    """

    targets: tuple[str, ...]
    sources: tuple[Range | Each, ...]
    strict: bool
    body: list[Statement]


@dataclass(frozen=True, slots=True)
class Leave(Statement):
    """`break` or `continue`."""

    word: str


@dataclass(frozen=True, slots=True)
class Return(Statement):
    """`return value`."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Raise(Statement):
    """A `raise` statement; `kind` names the kind of exception."""

    kind: str


@dataclass(frozen=True, slots=True)
class Try(Statement):
    """A `try` statement around an assignment or return with at most one operation that can raise.

    Each handler is a pair: the kinds of exceptions that it catches, and its statements.
    """

    attempt: Assign | Return
    handlers: list[tuple[tuple[str, ...], list[Statement]]]


@dataclass(slots=True, eq=False)
class Function:
    """A Python function translated for arguments of given types; `origin` is its file and its name in that file."""

    name: str
    origin: str
    parameters: list[tuple[str, Type]] = field(default_factory=list)
    returns: Type | None = None
    body: list[Statement] = field(default_factory=list)
    variables: dict[str, Type] = field(default_factory=dict)
    raises: bool = False
    allocates: bool = False


def leaves(block: Sequence[Statement]) -> bool:
    """Return whether the end of a block is never reached."""
    return any(
        isinstance(s, (Return, Raise, Leave))
        or (isinstance(s, If) and leaves(s.yes) and leaves(s.no))
        or (isinstance(s, Try) and isinstance(s.attempt, Return) and all(leaves(body) for _, body in s.handlers))
        for s in block
    )


def within(x: object) -> Iterator[object]:
    """Yield a piece of code in the intermediate form, and all pieces that it contains.

    The bodies of called functions and the operands of operations left to Python are not searched.
    """
    yield x
    if isinstance(x, Operate) and x.operation == "python":
        return
    if isinstance(x, (list, tuple)):
        for part in x:
            yield from within(part)
    elif hasattr(x, "__dataclass_fields__") and not isinstance(x, Function):
        for name in x.__dataclass_fields__:
            yield from within(getattr(x, name))


def called(function: Function) -> list[Function]:
    """Return the functions that a function calls, without duplicates."""
    return list({x.function.name: x.function for x in within(function.body) if isinstance(x, Call)}.values())


def entered(table: Table, tables: dict[str, Table]) -> str:
    """Return the name under which a table will be written; if necessary, add the table to `tables`."""
    name = table.name.strip("_").upper()
    while name in tables and tables[name].values != table.values:
        name += "_"
    tables[name] = table
    return name
