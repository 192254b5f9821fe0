"""The NumPy back end: translated functions take arrays, one item per point, and call helpers in numpy_runtime.py.

If a condition is true at some points and false at others, both branches are computed at every point, and each result is
kept only at the points where its branch applies. If the number of iterations of a loop varies from point to point, the
loop runs until every point is done. At points where an operation would raise an exception, the result is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .differing import Endless
from .forms import (
    BOOL,
    FLOAT,
    INT,
    Append,
    Assign,
    For,
    Function,
    If,
    Leave,
    Name,
    Raise,
    Range,
    Return,
    SetItem,
    Statement,
    Table,
    Try,
    While,
    leaves,
)
from .numpy_expressions import OnArrays, variable

RUNTIME = Path(__file__).with_name("numpy_runtime.py")


class NumPy:
    """Generates Python code for NumPy arrays.

    Each function has one version for each combination of arguments that vary from point to point.
    """

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.texts: list[str] = []
        self._names: dict[Any, str] = {}
        self.endless = Endless()

    def function(self, function: Function, differs: Sequence[bool]) -> str:
        """Return the name of a function's version for these arguments; write the version first if it is new."""
        key = (function.name, tuple(differs))
        if key not in self._names:
            plain = all(differs) or not any(name == function.name for name, _ in self._names)
            self._names[key] = function.name if plain and function.name not in self._names.values() else (
                f"{function.name}_{''.join('v' if d else 'u' for d in differs)}"
            )
            self.texts.append(_Body(self, function, differs).text(self._names[key]))
        return self._names[key]


class _Body(OnArrays):
    """Writes the body of one version of a function."""

    # --- Statements ---------------------------------------------------------------------------------------------

    def text(self, name: str) -> str:
        """Return the function's source text, with the given name in its `def` line."""
        self.block(self.source.body)
        if not self.lines[-1].startswith("    return "):
            self.write("return result")
        parameters = ", ".join(variable(name) for name, _ in self.source.parameters)
        head = [f"def {name}({parameters}):", f'    """From {self.source.origin}."""']
        if any("early" in line for line in self.lines):
            nothing = {FLOAT: "np.nan", BOOL: "np.False_", INT: "0"}.get(str(self.source.returns), "np.nan")
            head.append(f"    early, result = np.False_, {nothing}")
        return "\n".join([*head, *self.lines, "", ""])

    def write(self, line: str) -> None:
        """Write a line."""
        self.lines.append("    " * self.depth + line)

    def block(self, statements: Sequence[Statement]) -> None:
        """Write statements in order."""
        for s in statements:
            getattr(self, f"do_{type(s).__name__}")(s)

    def fresh(self, name: str) -> str:
        """Return a name that has not been used yet."""
        self.count += 1
        return f"{name}_{self.count}"

    def store(self, name: str, text: str) -> None:
        """Write an assignment that sets a variable only at the points where statements currently take effect."""
        self.begun[name] = self.mask
        if self.mask and name in self.bound and not name.startswith("made_"):
            text = f"py_choose({self.mask}, {text}, {variable(name)})"
        self.bound.add(name)
        self.write(f"{variable(name)} = {text}")

    def result(self, text: str) -> None:
        """Write a `return` that sets the result only at the points where statements currently take effect."""
        if self.mask:
            self.write(f"result = py_choose({self.mask} & np.logical_not(early), {text}, result)")
            self.write(f"early = early | {self.mask}")
            self.early = True
        else:
            self.write(f"return py_choose(early, result, {text})" if self.early else f"return {text}")

    def do_Assign(self, s: Assign) -> None:
        self.store(s.name, self.expression(s.value))

    def do_Return(self, s: Return) -> None:
        self.result(self.expression(s.value))

    def do_Raise(self, s: Raise) -> None:
        self.result(f"py_raising(np.nan, {self.unfinished()}, {s.kind!r})")

    def do_Append(self, s: Append) -> None:
        if self.mask != self.begun.get(s.name):
            raise self.refuse("a list that grows only at some of the points")
        self.write(f"{variable(s.name)}.append({self.expression(s.value)})")

    def do_SetItem(self, s: SetItem) -> None:
        where = self.mask or "True"
        self.write(f"py_set({variable(s.name)}, {self.expression(s.index)}, {self.expression(s.value)}, {where})")

    def do_Leave(self, s: Leave) -> None:
        if self.mask:
            raise self.refuse(f"`{s.word}` only at some of the points")
        self.write(s.word)

    def do_If(self, s: If) -> None:
        if self.differs(s.test):
            self.branch(self.expression(s.test), s.yes, s.no)
            return
        self.write(f"if {self.expression(s.test)}:")
        bound, early = set(self.bound), self.early
        self._inner(s.yes)
        ways = [] if leaves(s.yes) and not self.mask else [(self.bound, self.early)]
        self.bound, self.early = set(bound), early
        if s.no:
            self.write("else:")
            self._inner(s.no)
        ways += [] if leaves(s.no) and not self.mask else [(self.bound, self.early)]
        self.bound = set.intersection(*(names for names, _ in ways)) if ways else self.bound
        self.early = any(e for _, e in ways)

    def branch(self, test: str, yes: Sequence[Statement], no: Sequence[Statement]) -> None:
        """Write both branches of an `if` whose condition varies from point to point.

        Each branch takes effect only at the points where it applies.
        """
        outside, name = self.mask, self.fresh("where")
        self.write(f"{name} = {test}" if not outside else f"{name} = {outside} & {test}")
        self._masked(name, yes)
        if no:
            other = self.fresh("where")
            self.write(f"{other} = np.logical_not({name})" + (f" & {outside}" if outside else ""))
            self._masked(other, no)
        self.mask = outside

    def _masked(self, mask: str, block: Sequence[Statement]) -> None:
        self.mask = mask
        self.block(block)

    def _inner(self, block: Sequence[Statement]) -> None:
        self.depth += 1
        before = len(self.lines)
        self.block(block)
        if len(self.lines) == before:
            self.write("pass")
        self.depth -= 1

    def do_While(self, s: While) -> None:
        if not self.differs(s.test) and not self.mask:
            self.write(f"while {self.expression(s.test)}:")
            self._inner(s.body)
            return
        outside, live = self.mask, self.fresh("live")
        self.write(f"{live} = {self.unfinished()}")
        self.write("while True:")
        self.depth += 1
        self.write(f"{live} = {live} & {self.expression(s.test)}")
        self.write(f"if not np.any({live}):")
        self.write("    break")
        self._masked(live, s.body)
        self.depth -= 1
        self.mask = outside

    def do_For(self, s: For) -> None:
        counts, items, at = [], [], self.fresh("at")
        for source in s.sources:
            if isinstance(source, Range):
                start = self.fresh("start")
                self.write(f"{start} = {self.expression(source.start)}")
                items.append(f"{start} + {at} * {source.step}")
                if source.stop is not None:
                    counts.append(f"py_range_count({start}, {self.expression(source.stop)}, {source.step})")
            else:
                numbers = self.fresh("numbers")
                text = self.expression(source.numbers)
                self.write(f"{numbers} = {text}[::-1]" if source.backwards else f"{numbers} = {text}")
                items.append(f"{numbers}[{at}]")
                counts.append(f"len({numbers})")
        end, outside = self.fresh("end"), self.mask
        different = any(map(self.ends_differ, s.sources))
        if len(counts) > 1:
            counts = [f"{'py_same_length' if s.strict else 'min'}({', '.join(counts)})"]
        unfinished = self.unfinished()
        self.write(f"{end} = {counts[0]}")
        self.write(f"for {at} in range({f'py_most({end}, {unfinished})' if different else end}):")
        self.depth += 1
        bound = set(self.bound)
        if different:
            self.mask = self.fresh("live")
            self.write(f"{self.mask} = {unfinished} & ({at} < {end})")
        for target, item in zip(s.targets, items, strict=True):
            self.store(target, item)
        self.block(s.body)
        self.bound = bound
        self.depth -= 1
        self.mask = outside

    def do_Try(self, s: Try) -> None:
        tried, value = self.fresh("tried"), self.fresh("value")
        self.write(f"with Attempt() as {tried}:")
        self.write(f"    {value} = {self.expression(s.attempt.value)}")
        self.varying |= {value, tried}
        found = Name(FLOAT, value)
        again: list[Statement] = [Return(found) if isinstance(s.attempt, Return) else Assign(s.attempt.name, found)]
        for kinds, body in reversed(s.handlers):
            caught = self.fresh("caught")
            self.varying.add(caught)
            self.write(f"{caught} = {tried}.caught({', '.join(map(repr, kinds))})")
            again = [If(Name(BOOL, caught), list(body), again)]
        self.block(again)
