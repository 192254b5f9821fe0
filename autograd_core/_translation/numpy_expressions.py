"""Generates Python code for NumPy arrays from translated expressions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .differing import Differing
from .forms import (
    FLOAT,
    INT,
    LIST,
    Call,
    Choice,
    Const,
    Expression,
    Function,
    Made,
    Name,
    Operate,
    Part,
    Refused,
    Table,
    entered,
)

if TYPE_CHECKING:
    from .in_numpy import NumPy

INFIX = {
    "add": "+", "sub": "-", "mul": "*", "over": "/", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==",
    "ne": "!=",
}  # fmt: skip  # a table


class OnArrays(Differing):
    """Writes the expressions of one function as Python code for NumPy arrays.

    `mask` is the text of a mask that is True at the points where statements currently take effect. If it is "",
    statements take effect at all points.
    """

    def __init__(self, language: NumPy, function: Function, differs: Sequence[bool]) -> None:
        self.language = language
        self.source = function
        self.lines: list[str] = []
        self.depth = 1
        self.count = 0
        self.mask = ""
        self.early = False  # whether some points may already have their result
        self.bound = {name for name, _ in function.parameters}
        self.begun: dict[str, str] = {}  # for each variable, the mask in effect when the variable was last set
        super().__init__(function, differs)

    def refuse(self, what: str) -> Refused:
        """Return the error for code that cannot be translated to NumPy."""
        return Refused(f"{what} cannot be translated to NumPy ({self.source.origin})")

    # --- Expressions --------------------------------------------------------------------------------------------

    def expression(self, x: Expression) -> str:
        """Return the text of an expression."""
        match x:
            case Const():
                text = "np.nan" if x.type == FLOAT and math.isnan(x.value) else repr(x.value).replace("inf", "np.inf")
                return f"({text})" if text.startswith("-") else text
            case Name():
                return variable(x.name)
            case Table():
                return entered(x, self.language.tables)
            case Made():
                return f"({''.join(self.expression(part) + ', ' for part in x.parts)})"
            case Part():
                return f"{self.expression(x.of)}[{x.index}]"
            case Choice():
                return self._choice(x)
            case Call():
                return self._call(x)
        assert isinstance(x, Operate)
        return self._operate(x)

    def _choice(self, x: Choice) -> str:
        test = self.expression(x.test)
        if not self.differs(x.test):
            return f"({self.expression(x.yes)} if {test} else {self.expression(x.no)})"
        outside = self.mask
        before = f"{outside} & " if outside else ""
        self.mask = f"{before}{test}"
        yes = self.expression(x.yes)
        self.mask = f"{before}np.logical_not({test})"
        no = self.expression(x.no)
        self.mask = outside
        return f"py_choose({test}, {yes}, {no})"

    def _call(self, x: Call) -> str:
        """Return the text of a call; a call that might not end is made only at points where its result is needed."""
        differs = [self.differs(argument) for argument in x.arguments]
        name = self.language.function(x.function, differs)
        arguments = ", ".join(map(self.expression, x.arguments))
        where = self.unfinished()
        if where == "np.True_" or not any(differs) or not self.language.endless.may_go_on(x.function):
            return f"{name}({arguments})"
        if x.function.returns != FLOAT:
            raise self.refuse(f"{x.function.name}, which loops or calls itself and does not return a single number,")
        return f"py_within({where}, {name}, {arguments})"

    def _operate(self, x: Operate) -> str:
        if x.operation == "python":
            return "np.nan"
        parts = [self.expression(part) for part in x.parts]
        if x.operation in INFIX:
            return f"({f' {INFIX[x.operation]} '.join(parts)})"
        if x.operation in ("and", "or"):
            sign = {"and": "&", "or": "|"}[x.operation] if self.differs(x) else x.operation
            return f"({f' {sign} '.join(parts)})"
        if x.operation == "not":
            return f"np.logical_not({parts[0]})" if self.differs(x) else f"(not {parts[0]})"
        if x.operation == "neg":
            return f"(-{parts[0]})"
        if x.operation == "len":
            return f"len({parts[0]})"
        if x.operation == "join":
            stars = [f"*{part}" if of.type == LIST else part for of, part in zip(x.parts, parts, strict=True)]
            return f"[{', '.join(stars)}]"
        if x.operation in ("repeat", "slice", "backwards") and any(self.differs(part) for part in x.parts[1:]):
            raise self.refuse("a list whose length varies from point to point")
        whole = x.type == INT and x.operation in ("mod", "floordiv")
        return f"py_{x.operation}{'_int' * whole}({', '.join(parts)})"

    def unfinished(self) -> str:
        """Return the text of a mask of the points that have no result yet, among those where statements take effect.

        A loop ends as soon as it is done at all of these points.
        """
        if not self.early:
            return self.mask or "np.True_"
        return f"{self.mask} & np.logical_not(early)" if self.mask else "np.logical_not(early)"


def variable(name: str) -> str:
    """Return the name to write for a variable; it differs if the original name has another use in generated code."""
    name = name.strip("_") or "unused"
    return f"{name}_" if name in ("np", "early", "result", "lambda", "math") else name
