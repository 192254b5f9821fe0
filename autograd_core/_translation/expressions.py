"""Translates expressions in Python's syntax tree to the typed intermediate form; calls.py translates calls."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from .forms import (
    BOOL,
    FLOAT,
    INT,
    INTS,
    KNOWN,
    LARGEST_INT,
    LIST,
    WIDE,
    Choice,
    Const,
    Expression,
    Function,
    Known,
    Made,
    Name,
    Operate,
    Refused,
    Statement,
    Table,
    Type,
)
from .operations import ALLOCATING, ARITHMETIC, COMPARISONS, FOLDED, raises
from .source import shown

NUMBERS = (FLOAT, INT, BOOL, WIDE)


class Expressions:
    """Translates the expressions in one function; `names` maps each name to the expression that it now stands for."""

    def __init__(self, function: Function, path: str, outer: Callable[[str], Any]) -> None:
        self.function = function
        self.path = path
        self.outer = outer  # a function that looks up a name outside the translated function
        self.names: dict[str, Expression] = {}
        self.changing: set[str] = set()  # the names of lists that are changed in place
        self.out: list[Statement] = []  # the list to which translated statements are added
        # Greater than 0 inside an expression that might not be evaluated, or might be evaluated more than once. A loop
        # in that expression is refused, because translation moves loops out of expressions: the translated loop would
        # run exactly once, before the statement that contains the expression.
        self.conditional = 0
        self.made = 0
        self.tests: set[int] = set()  # the ids of nodes for which only the truth value matters

    def refuse(self, node: ast.AST, what: str, remedy: str = "") -> NoReturn:
        """Raise Refused with a message that names the file, the line and the function."""
        line = getattr(node, "lineno", 0)
        remedy = remedy or "write it differently, or extend autograd_core/_translation"
        raise Refused(f"{what} cannot be translated ({shown(self.path, line)}, in {self.function.name}); {remedy}")

    def fresh(self, type: Type) -> Name:
        """Return a new variable."""
        self.made += 1
        name = f"made_{self.made}"
        self.function.variables[name] = type
        return Name(type, name)

    # --- Making expressions -------------------------------------------------------------------------------------

    def operate(self, name: str, type: Type, *parts: Expression) -> Expression:
        """Return an operation or, if all operands are constants, the constant that is the operation's result."""
        if parts and name in FOLDED and all(isinstance(part, Const) for part in parts):
            try:
                value = FOLDED[name](*[part.value for part in parts])  # type: ignore[attr-defined]  # constants
            except ArithmeticError:
                value = None
            if isinstance(value, (float, int)):
                return Const(type, value)
        if raises(name, type, parts):
            self.function.raises = True
        if name in ALLOCATING:
            self.function.allocates = self.function.raises = True
        return Operate(type, name, parts)

    def converted(self, node: ast.AST, x: Expression, type: Type) -> Expression:
        """Convert an expression to another type, as Python does implicitly."""
        if x.type == type:
            return x
        if type == FLOAT and x.type in (INT, BOOL, WIDE):
            return Const(FLOAT, float(x.value)) if isinstance(x, Const) else self.operate("float", FLOAT, x)
        if type == INT and x.type == BOOL:
            return self.operate("int", INT, x)
        if type == LIST and isinstance(x.type, tuple) and set(x.type) <= {FLOAT} and isinstance(x, Made):
            return self.operate("join", LIST, *x.parts)
        return self.refuse(node, f"{named(x.type)} where {named(type)} is needed")

    def joined(self, node: ast.AST, x: Expression, y: Expression) -> Type:
        """Return the type that two alternative expressions have in common; refuse them if their types differ."""
        if x.type == y.type and x.type != KNOWN:
            return x.type
        what = f"a choice between alternatives of different types ({named(x.type)} and {named(y.type)})"
        return self.refuse(node, what, "give both the same type")

    def truth(self, node: ast.expr) -> Expression:
        """Translate an expression for which only the truth value matters."""
        self.tests.add(id(node))
        return self.true_of(node, self.visit(node))

    def true_of(self, node: ast.AST, x: Expression) -> Expression:
        """Return the truth value of an expression."""
        if isinstance(x, (Const, Known)):
            return Const(BOOL, bool(x.value))
        if x.type == LIST:
            return self.operate("ne", BOOL, self.operate("len", INT, x), Const(INT, 0))
        if x.type in (FLOAT, INT):
            return self.operate("ne", BOOL, x, Const(x.type, 0))
        return self.converted(node, x, BOOL)

    # --- Visiting -----------------------------------------------------------------------------------------------

    def visit(self, node: ast.expr) -> Expression:
        """Translate an expression to the typed intermediate form."""
        method = getattr(self, f"visit_{type(node).__name__}", None)
        if method is None:
            self.refuse(node, f"`{ast.unparse(node)}` ({type(node).__name__})")
        result: Expression = method(node)
        return result

    def under_condition(self, node: ast.expr) -> Expression:
        """Translate an expression that might not be evaluated."""
        self.conditional += 1
        result = self.visit(node)
        self.conditional -= 1
        return result

    def of_object(self, node: ast.AST, name: str, value: Any) -> Expression:
        """Return the expression for an object that is known during translation, such as a global variable's value."""
        if type(value) is float:
            return Const(FLOAT, value)
        if type(value) is bool or type(value) is int:
            return Const(BOOL if type(value) is bool else INT, value)
        if type(value) in (tuple, list) and value and all(type(x) is float for x in value):
            return Table(LIST, name, tuple(value))
        if type(value) in (tuple, list) and value and all(type(x) is int for x in value):
            return Table(INTS, name, tuple(value))
        return Known(KNOWN, value)

    def visit_Constant(self, node: ast.Constant) -> Expression:
        if type(node.value) is int and abs(node.value) > LARGEST_INT:
            self.refuse(node, f"the int {node.value}", "write it as a float")
        return self.of_object(node, "constant", node.value)

    def visit_Name(self, node: ast.Name) -> Expression:
        if node.id in self.names:
            return self.names[node.id]
        if node.id in self.function.variables:
            what = f"{node.id}, which is not assigned on every path to this line,"
            self.refuse(node, what, "assign it on every path")
        try:
            value = self.outer(node.id)
        except LookupError:
            self.refuse(node, f"the name {node.id}")
        return self.of_object(node, node.id, value)

    def visit_Attribute(self, node: ast.Attribute) -> Expression:
        of = self.visit(node.value)
        if not isinstance(of, Known) or not hasattr(of.value, node.attr):
            self.refuse(node, f"`{ast.unparse(node)}`")
        return self.of_object(node, node.attr, getattr(of.value, node.attr))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Expression:
        if isinstance(node.op, ast.Not):
            x = self.truth(node.operand)
            return Const(BOOL, not x.value) if isinstance(x, Const) else self.operate("not", BOOL, x)
        if isinstance(node.op, ast.Invert):
            self.refuse(node, f"`{ast.unparse(node)}`")
        x = self.visit(node.operand)
        return self.apply("neg" if isinstance(node.op, ast.USub) else "pos", node, [x])

    def visit_BinOp(self, node: ast.BinOp) -> Expression:
        x, y = self.visit(node.left), self.visit(node.right)
        name = ARITHMETIC.get(type(node.op))
        if name is None:
            self.refuse(node, f"`{ast.unparse(node)}`")
        if name == "mul" and isinstance(node.left, ast.List) and y.type == INT:
            return self.operate("repeat", LIST, x, y)
        return self.apply(name, node, [x, y])

    def apply(self, name: str, node: ast.AST, parts: Sequence[Expression]) -> Expression:
        """Translate an arithmetic operation on numbers."""
        for part in parts:
            if part.type not in NUMBERS:
                self.refuse(node, f"arithmetic on {named(part.type)}")
        common = INT if all(part.type in (INT, BOOL) for part in parts) and name != "truediv" else FLOAT
        if common == INT and name == "pow" and not all(isinstance(part, Const) for part in parts):
            self.refuse(node, "an int raised to an int power", "make one of the two a float")
        exact = [self.converted(node, part, common) for part in parts]
        if name == "pos":
            return exact[0]
        if name == "truediv" and isinstance(exact[1], Const) and exact[1].value:
            folded = self.operate("truediv", FLOAT, *exact) if isinstance(exact[0], Const) else None
            return folded or self.operate("over", FLOAT, *exact)
        return self.operate(name, common, *exact)

    def visit_BoolOp(self, node: ast.BoolOp) -> Expression:
        name = "and" if isinstance(node.op, ast.And) else "or"
        parts: list[Expression] = []
        for i, value in enumerate(node.values):
            if id(node) in self.tests:
                self.tests.add(id(value))
            x = self.visit(value) if i == 0 else self.under_condition(value)
            if x.type not in (BOOL, KNOWN) and id(node) not in self.tests:
                self.refuse(node, f"`{name}` used as a number", "write a conditional expression")
            part = self.true_of(value, x)
            if not isinstance(part, Const):
                parts.append(part)
            elif part.value is (name == "or"):
                parts.append(part)
                break
        if not parts or isinstance(parts[0], Const):
            return parts[0] if parts else Const(BOOL, name == "and")
        return parts[0] if len(parts) == 1 else self.operate(name, BOOL, *parts)

    def visit_Compare(self, node: ast.Compare) -> Expression:
        values = [self.visit(node.left), *map(self.visit, node.comparators)]
        parts = [self._compared(node, op, x, y) for op, x, y in zip(node.ops, values, values[1:], strict=False)]
        if any(isinstance(part, Const) and not part.value for part in parts):
            return Const(BOOL, False)
        parts = [part for part in parts if not isinstance(part, Const)]
        if len(parts) < 2:
            return parts[0] if parts else Const(BOOL, True)
        return self.operate("and", BOOL, *parts)

    def _compared(self, node: ast.Compare, op: ast.cmpop, x: Expression, y: Expression) -> Expression:
        if isinstance(op, (ast.Is, ast.IsNot)):
            if not isinstance(x, Known) and not isinstance(y, Known):
                self.refuse(node, f"`{ast.unparse(node)}`", "compare with ==")
            alike = isinstance(x, Known) and isinstance(y, Known) and x.value is y.value
            return Const(BOOL, alike is isinstance(op, ast.Is))
        if isinstance(op, (ast.In, ast.NotIn)):
            return self._contained(node, x, y, isinstance(op, ast.In))
        if isinstance(x, Known) or isinstance(y, Known) or not {x.type, y.type} <= set(NUMBERS):
            self.refuse(node, f"`{ast.unparse(node)}`")
        common = INT if {x.type, y.type} <= {INT, BOOL} else FLOAT
        x, y = self.converted(node, x, common), self.converted(node, y, common)
        return self.operate(COMPARISONS[type(op)], BOOL, x, y)

    def _contained(self, node: ast.Compare, x: Expression, y: Expression, inside: bool) -> Expression:
        if isinstance(x, Known) and x.value is None and y.type == LIST:
            return Const(BOOL, not inside)
        if not isinstance(y, (Made, Table)) or x.type not in (INT, FLOAT):
            self.refuse(node, f"`{ast.unparse(node)}`", "compare with ==")
        numbers = y.parts if isinstance(y, Made) else [Const(type(v).__name__, v) for v in y.values]
        equal = [self._compared(node, ast.Eq(), x, number) for number in numbers]
        found = self.operate("or", BOOL, *equal)
        return found if inside else self.operate("not", BOOL, found)

    def visit_IfExp(self, node: ast.IfExp) -> Expression:
        test = self.truth(node.test)
        if isinstance(test, Const):
            return self.visit(node.body if test.value else node.orelse)
        yes, no = self.under_condition(node.body), self.under_condition(node.orelse)
        return Choice(self.joined(node, yes, no), test, yes, no)


def named(type: Type | None) -> str:
    """Describe a type for a message."""
    if isinstance(type, tuple):
        return "a tuple"
    names = {
        INT: "an int", LIST: "a list of floats", INTS: "a list of ints", KNOWN: "something that is not a number",
        WIDE: "an int of any size",
    }  # fmt: skip  # a table
    return names.get(str(type), f"a {type}")
