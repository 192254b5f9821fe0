"""Translates loops, comprehensions, and the items and slices of lists."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from .expressions import Expressions
from .forms import (
    BOOL,
    FLOAT,
    INT,
    INTS,
    LARGEST_INT,
    LIST,
    Append,
    Assign,
    Const,
    Each,
    Expression,
    For,
    If,
    Known,
    Made,
    Name,
    Part,
    Range,
    Statement,
    Table,
)


class Lists(Expressions):
    """Translates the operations on lists in one function."""

    # The lists that a `for` loop's body changes in place; empty except while the loop's `for` line is translated.
    changed_within: frozenset[str] = frozenset()

    def visit_Subscript(self, node: ast.Subscript) -> Expression:
        of = self.visit(node.value)
        if isinstance(node.slice, ast.Slice):
            return self._slice(node, of, node.slice)
        index = self.visit(node.slice)
        if isinstance(of.type, tuple) and isinstance(index, Const):
            at = index.value if index.value >= 0 else index.value + len(of.type)
            if type(at) is int and 0 <= at < len(of.type):
                return of.parts[at] if isinstance(of, Made) else Part(of.type[at], of, at)
        elif index.type == INT and (of.type == LIST or (isinstance(of.type, tuple) and set(of.type) == {FLOAT})):
            return self.operate("item", FLOAT, of, index)
        return self.refuse(node, f"`{ast.unparse(node)}`")

    def _slice(self, node: ast.Subscript, of: Expression, part: ast.Slice) -> Expression:
        step = self.visit(part.step) if part.step else Const(INT, 1)
        backwards = isinstance(step, Const) and step.value == -1 and part.lower is None
        if of.type != LIST or not (backwards or part.step is None) or self._changes(of):
            self.refuse(node, f"`{ast.unparse(node)}`", "slice a list of numbers that does not change, in steps of 1")
        if backwards:
            stop = self.visit(part.upper) if part.upper else Const(INT, -LARGEST_INT)
            return self.operate("backwards", LIST, of, self.converted(node, stop, INT))
        low = self.visit(part.lower) if part.lower else Const(INT, 0)
        high = self.visit(part.upper) if part.upper else Const(INT, LARGEST_INT)
        return self.operate("slice", LIST, of, self.converted(node, low, INT), self.converted(node, high, INT))

    def visit_Tuple(self, node: ast.Tuple) -> Expression:
        if not any(isinstance(element, ast.Starred) for element in node.elts):
            parts = tuple(map(self.visit, node.elts))
            return Made(tuple(part.type for part in parts), parts)
        if len(node.elts) == 1 and not self._changes(whole := self._starred(node, node.elts[0])):
            return whole  # a list that never changes needs no copy
        return self.visit_List(node)

    def visit_List(self, node: ast.List | ast.Tuple) -> Expression:
        parts = [
            self._starred(node, element) if isinstance(element, ast.Starred)
            else self.converted(node, self.visit(element), FLOAT)
            for element in node.elts
        ]  # fmt: skip  # one branch per line
        return self.operate("join", LIST, *parts)

    def _starred(self, node: ast.AST, element: ast.expr) -> Expression:
        assert isinstance(element, ast.Starred)
        x = self.visit(element.value)
        if x.type != LIST:
            self.refuse(node, f"`{ast.unparse(element)}`")
        return x

    def _changes(self, x: Expression) -> bool:
        """Return whether an expression is a list that is changed in place."""
        return isinstance(x, Name) and x.name in self.changing

    # --- Iterating over lists ------------------------------------------------------------------------------------

    def _quantified(self, node: ast.Call, default: bool) -> Expression:
        if len(node.args) != 1 or not isinstance(node.args[0], ast.GeneratorExp):
            self.refuse(node, f"`{ast.unparse(node)}`", "pass a generator expression")

        def body(element: ast.expr) -> None:
            more = self.operate("and" if default else "or", BOOL, found, self.truth(element))
            self.out.append(Assign(found.name, more))

        self._beforehand(node)
        if (said := self._said_already(node.args[0])) is not None and said.value is default:
            return said
        found = self.fresh(BOOL)
        self.out.append(Assign(found.name, Const(BOOL, default)))
        self._through(node, node.args[0], body)
        return found

    def _said_already(self, loop: ast.GeneratorExp) -> Const | None:
        """Return the value of the test in `all` or `any` if it is the same constant in every iteration, else None."""
        outside, names, variables = self.out, dict(self.names), dict(self.function.variables)
        self.out = []
        targets, _, _ = self.loop(loop.generators[0].target, loop.generators[0].iter)
        self.names.update({name: Name(type, name) for name, type in targets})
        test = self.truth(loop.elt)
        self.out, self.names, self.function.variables = outside, names, variables
        return test if isinstance(test, Const) else None

    def visit_ListComp(self, node: ast.ListComp) -> Expression:
        def body(element: ast.expr) -> None:
            self.out.append(Append(made.name, self.converted(element, self.visit(element), FLOAT)))

        self._beforehand(node)
        made = self.fresh(LIST)
        self.out.append(Assign(made.name, self.operate("join", LIST)))
        self._through(node, node, body)
        return made

    def _beforehand(self, node: ast.AST) -> None:
        if self.conditional:
            what = "a loop inside an expression that might not be evaluated"
            self.refuse(node, what, "put the loop on a separate line")

    def _through(self, node: ast.AST, loop: ast.ListComp | ast.GeneratorExp, body: Callable[[ast.expr], None]) -> None:
        if len(loop.generators) != 1 or loop.generators[0].is_async:
            self.refuse(node, "two loops in one expression", "write them as `for` statements")
        generator = loop.generators[0]
        names = dict(self.names)
        targets, sources, strict = self.loop(generator.target, generator.iter)
        outside, self.out = self.out, []
        for name, type in targets:
            inner = self.fresh(type)
            self.names[name] = inner
        bound = tuple(self.names[name] for name, _ in targets)
        inside: list[Statement] = self.out
        tests = [self.truth(test) for test in generator.ifs]
        kept: list[Statement] = []
        self.out = kept if tests else inside
        body(loop.elt)
        if tests:
            inside.append(If(tests[0] if len(tests) == 1 else self.operate("and", BOOL, *tests), kept, []))
        self.out, self.names = outside, names
        self.out.append(For(tuple(x.name for x in bound if isinstance(x, Name)), sources, strict, inside))

    def loop(
        self, target: ast.expr, iterable: ast.expr
    ) -> tuple[list[tuple[str, Any]], tuple[Range | Each, ...], bool]:
        """Return a loop's targets with their types, its sources, and whether these sources must have equal lengths.

        The sources are the lists and ranges that the loop iterates over in parallel.
        """
        sources, strict = self.sources(iterable)
        names: list[str] = []
        for element in ast.walk(target):
            if isinstance(element, ast.Name):
                names.append(element.id)
            elif not isinstance(element, (ast.Tuple, ast.Store)):
                self.refuse(target, f"`{ast.unparse(target)}` as the target of a loop")
        if len(names) != len(sources):
            loop = f"`for {ast.unparse(target)} in {ast.unparse(iterable)}`"
            self.refuse(target, loop, "use one name for each list that the loop iterates over")
        types = [INT if isinstance(s, Range) or s.numbers.type == INTS else FLOAT for s in sources]
        return list(zip(names, types, strict=True)), tuple(sources), strict

    def sources(self, node: ast.expr) -> tuple[list[Range | Each], bool]:
        """Return the sources that a loop iterates over in parallel, and whether the sources must have equal lengths."""
        called = self.visit(node.func) if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Call) and isinstance(called, Known):
            if called.value is range:
                return [self._range(node)], False
            if called.value is zip:
                strict = any(w.arg == "strict" and getattr(w.value, "value", None) is True for w in node.keywords)
                return [source for argument in node.args for source in self.sources(argument)[0]], strict
            if called.value is enumerate:
                start = node.args[1] if len(node.args) > 1 else node.keywords[0].value if node.keywords else None
                first = self.converted(node, self.visit(start), INT) if start else Const(INT, 0)
                inner, strict = self.sources(node.args[0])
                return [Range(first, None, 1), *inner], strict
            if called.value is map and len(node.args) == 2:
                return [Each(self._mapped(node), False)], False
            if called.value is reversed:
                inner, _ = self.sources(node.args[0])
                if len(inner) == 1 and isinstance(inner[0], Each):
                    return [Each(inner[0].numbers, not inner[0].backwards)], False
                self.refuse(node, f"`{ast.unparse(node)}`", "count downwards with range")
        xs = self.visit(node)
        if isinstance(xs, Made) and xs.parts and all(isinstance(part, Const) for part in xs.parts):
            values = tuple(part.value for part in xs.parts if isinstance(part, Const))
            if {part.type for part in xs.parts} in ({INT}, {FLOAT}):
                xs = Table(INTS if xs.parts[0].type == INT else LIST, "numbers", values)
        if xs.type not in (LIST, INTS) or (isinstance(xs, Name) and xs.name in self.changed_within):
            self.refuse(node, f"a loop over `{ast.unparse(node)}`")
        return [Each(xs, False)], False

    def _mapped(self, node: ast.Call) -> Expression:
        """Translate `map(f, xs)` as the list comprehension `[f(x) for x in xs]`."""
        x = ast.Name("mapped", ast.Load())
        loop = ast.comprehension(ast.Name("mapped", ast.Store()), node.args[1], [], 0)
        listed = ast.ListComp(ast.Call(node.args[0], [x], []), [loop])
        return self.visit_ListComp(ast.fix_missing_locations(ast.copy_location(listed, node)))

    def _range(self, node: ast.Call) -> Range:
        parts = [self.converted(node, self.visit(argument), INT) for argument in node.args]
        start = parts[0] if len(parts) > 1 else Const(INT, 0)
        stop = parts[1] if len(parts) > 1 else parts[0]
        step = parts[2] if len(parts) > 2 else Const(INT, 1)
        if not isinstance(step, Const) or step.value == 0:
            self.refuse(node, f"`{ast.unparse(node)}`", "use a constant step")
        return Range(start, stop, step.value)

