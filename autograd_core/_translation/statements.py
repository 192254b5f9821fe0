"""Translates the statements in a function's body from Python's syntax tree to the typed intermediate form."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator, Sequence
from types import FunctionType
from typing import Any

from .assigning import Assigning, changed, inside
from .calls import Translated
from .forms import (
    FLOAT,
    KNOWN,
    Append,
    Assign,
    Call,
    Const,
    Expression,
    For,
    Function,
    If,
    Known,
    Leave,
    Made,
    Name,
    Operate,
    Raise,
    Return,
    Statement,
    Try,
    While,
    leaves,
)
from .operations import ARITHMETIC, KINDS, kind_raised, kinds_caught, raises
from .source import Definition


class Body(Assigning):
    """Translates the statements of one function."""

    def __init__(
        self, translated: Translated, exact: bool, function: Function, path: str, source: Callable[..., Any]
    ) -> None:
        assert isinstance(source, FunctionType)
        closure = dict(zip(source.__code__.co_freevars, source.__closure__ or (), strict=True))

        def outer(name: str) -> Any:
            if name in closure:
                return closure[name].cell_contents
            if name in source.__globals__:
                return source.__globals__[name]
            return vars(builtins)[name]

        super().__init__(function, path, outer)
        self.exact = exact
        self.translated = translated
        self.objects: list[ast.Return] = []  # the `return` statements whose result is a `Known` object

    def translated_as(self, definition: Definition, given: Sequence[Expression]) -> Function | Expression:
        """Translate a definition. Return the function, or a known object if the function only returns that object."""
        arguments = definition.args
        if arguments.vararg or arguments.kwarg:
            self.refuse(definition, "a function that takes any number of arguments", "name each parameter")
        names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        for name, x in zip(names, given, strict=True):
            if isinstance(x, Known):
                self.names[name] = x
                continue
            self.names[name] = Name(x.type, name)
            self.function.parameters.append((name, x.type))
            self.function.variables[name] = x.type
        recursive, self.function.raises = self.function.raises, False
        if isinstance(definition, ast.Lambda):
            body: Sequence[ast.stmt] = [ast.copy_location(ast.Return(definition.body), definition.body)]
        else:
            body = definition.body
        self.changing = set().union(*map(changed, body))
        self.block(body)
        self.function.body = self.out
        self.function.raises |= recursive and self._calls_itself(definition)
        if len(self.out) == 1 and isinstance(self.out[0], Return) and isinstance(self.out[0].value, Known):
            return self.out[0].value
        if self.objects:
            what = f"`{ast.unparse(self.objects[0])}` in a function that also returns something else"
            self.refuse(self.objects[0], what, "return a number on every path")
        if not leaves(self.out) or self.function.returns is None:
            self.refuse(definition, "a function that may end without a `return`", "return a number on every path")
        return self.function

    def _calls_itself(self, definition: Definition) -> bool:
        return any(isinstance(n, ast.Name) and n.id == getattr(definition, "name", "") for n in ast.walk(definition))

    def block(self, statements: Sequence[ast.stmt]) -> None:
        """Translate statements in order, up to and including the first statement that leaves the block."""
        for statement in statements:
            method = getattr(self, f"do_{type(statement).__name__}", None)
            if method is None:
                self.refuse(statement, f"`{ast.unparse(statement).splitlines()[0]}` ({type(statement).__name__})")
            method(statement)
            if leaves(self.out):
                break

    def nested(self, statements: Sequence[ast.stmt]) -> tuple[list[Statement], dict[str, Expression] | None]:
        """Translate a nested block; return its statements, and the expressions that names stand for at its end.

        If the end of the block is never reached, return None instead of these expressions.
        """
        outside, names = self.out, self.names
        self.out, self.names = [], dict(names)
        self.block(statements)
        inside, after = self.out, self.names
        self.out, self.names = outside, names
        return inside, None if leaves(inside) else after

    def merge(self, *ways: dict[str, Expression] | None) -> None:
        """Keep only the names that stand for the same expression on every path to this point."""
        reached = [names for names in ways if names is not None]
        if reached:
            self.names = {name: x for name, x in reached[0].items() if all(way.get(name) == x for way in reached)}

    # --- Statements ---------------------------------------------------------------------------------------------

    def do_Expr(self, node: ast.Expr) -> None:
        value = node.value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "append":
            of = self.visit(value.func.value)
            if self._own(of):
                assert isinstance(of, Name)
                self.function.allocates = self.function.raises = True
                self.out.append(Append(of.name, self.converted(node, self.visit(value.args[0]), FLOAT)))
                return
        self.refuse(node, f"`{ast.unparse(node)}`")

    def do_Pass(self, node: ast.Pass) -> None:
        """Translate `pass` to nothing."""

    def do_Assign(self, node: ast.Assign) -> None:
        if len(node.targets) != 1:
            self.refuse(node, f"`{ast.unparse(node)}`", "assign to one target at a time")
        self.assign(node, node.targets[0], self.visit(node.value))

    def do_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.assign(node, node.target, self.visit(node.value))

    def do_AugAssign(self, node: ast.AugAssign) -> None:
        if not isinstance(node.target, ast.Name):
            self.refuse(node, f"`{ast.unparse(node)}`")
        left = ast.copy_location(ast.Name(node.target.id, ast.Load()), node)
        if type(node.op) not in ARITHMETIC:
            self.refuse(node, f"`{ast.unparse(node)}`")
        value = self.visit_BinOp(ast.copy_location(ast.BinOp(left, node.op, node.value), node))
        self.assign(node, node.target, value)

    def do_If(self, node: ast.If) -> None:
        test = self.truth(node.test)
        if isinstance(test, Const):
            self.block(node.body if test.value else node.orelse)
            return
        yes, after_yes = self.nested(node.body)
        no, after_no = self.nested(node.orelse)
        self.out.append(If(test, yes, no))
        self.merge(after_yes, after_no)

    def do_While(self, node: ast.While) -> None:
        if node.orelse:
            self.refuse(node, "the `else` clause of a loop")
        self.conditional += 1  # the test is evaluated before every iteration, so it must not contain a loop
        test = self.truth(node.test)
        self.conditional -= 1
        body, _ = self.nested(node.body)
        self.out.append(While(test, body))

    def do_For(self, node: ast.For) -> None:
        if node.orelse:
            self.refuse(node, "the `else` clause of a loop")
        self.changed_within = frozenset().union(*map(changed, node.body))
        targets, sources, strict = self.loop(node.target, node.iter)
        self.changed_within = frozenset()
        self.function.raises |= strict
        names = dict(self.names)
        for name, type in targets:
            if self.function.variables.setdefault(name, type) != type:
                self.refuse(node, f"{name} with a different type than before", "give it the same type everywhere")
            self.names[name] = Name(type, name)
        body, _ = self.nested(node.body)
        self.names = names  # as before the loop, because the body might never run
        self.out.append(For(tuple(name for name, _ in targets), sources, strict, body))

    def do_Break(self, node: ast.Break) -> None:
        self.out.append(Leave("break"))

    def do_Continue(self, node: ast.Continue) -> None:
        self.out.append(Leave("continue"))

    def do_Return(self, node: ast.Return) -> None:
        value = self.visit(node.value) if node.value else Known(KNOWN, None)
        if isinstance(value, Known):
            self.objects.append(node)
        elif self.function.returns is None:
            self.function.returns = value.type
        elif self.function.returns != value.type:
            self.refuse(node, "a result of a different type than before", "return the same type everywhere")
        self.out.append(Return(value))

    def do_Raise(self, node: ast.Raise) -> None:
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        kind = self.visit(raised) if raised is not None else None
        if not isinstance(kind, Known) or not isinstance(kind.value, type):
            self.refuse(node, f"`{ast.unparse(node)}`", "raise an exception by its name")
        self.function.raises = True
        self.out.append(Raise(kind_raised(kind.value)))

    def do_Try(self, node: ast.Try) -> None:
        if node.orelse or node.finalbody or len(node.body) != 1:
            self.refuse(node, "`try` around more than one line", "put only one line in the block")
        attempt, after = self.nested(node.body)
        if len(attempt) != 1 or not isinstance(attempt[0], (Assign, Return)):
            self.refuse(node.body[0], "`try` around this statement", "put one line with one call in the block")
        if sum(_raising(attempt[0].value)) > 1:
            what = "`try` around several operations that can raise"
            self.refuse(node.body[0], what, "keep only one of them in the block")
        handlers, ways = [], [after]
        for handler in node.handlers:
            caught = self.visit(handler.type) if handler.type is not None else Known(KNOWN, Exception)
            kinds = [x.value for x in (caught.parts if isinstance(caught, Made) else (caught,)) if isinstance(x, Known)]
            names = tuple(name for kind in kinds for name in kinds_caught(kind))
            if not names:
                self.refuse(handler, f"`{ast.unparse(handler).splitlines()[0]}`", f"catch one of {', '.join(KINDS)}")
            body, way = self.nested(handler.body)
            handlers.append((names, body))
            ways.append(way)
        self.out.append(Try(attempt[0], handlers))
        self.merge(*ways)


def _raising(x: Expression) -> Iterator[bool]:
    """Yield, for each operation and each call in an expression, whether it can raise an exception."""
    for part in inside(x):
        if isinstance(part, Operate):
            yield raises(part.operation, part.type, part.parts)
        elif isinstance(part, Call):
            yield part.function.raises

