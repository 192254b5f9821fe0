"""Translates assignments, keeping track of what each name stands for and which lists may be changed in place."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .calls import Calls
from .forms import FLOAT, INT, LIST, Assign, Const, Expression, Known, Made, Name, Part, SetItem, Table


class Assigning(Calls):
    """Translates the assignments in one function."""

    def assign(self, node: ast.stmt, target: ast.expr, value: Expression) -> None:
        """Translate an assignment to a name, to an item of a list, or to a tuple or list of such targets."""
        if isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(node, target, value)
        elif isinstance(target, ast.Name) and target.id == "_":
            pass  # `_` is the name for values that are not used
        elif isinstance(target, ast.Name):
            self._set(node, target.id, value)
        elif isinstance(target, ast.Subscript):
            of, index = self.visit(target.value), self.visit(target.slice)
            if not isinstance(of, Name) or not self._own(of) or index.type != INT:
                self.refuse(node, f"`{ast.unparse(target)} = …`")
            self.function.raises = True
            self.out.append(SetItem(of.name, index, self.converted(node, value, FLOAT)))
        else:
            self.refuse(node, f"`{ast.unparse(target)} = …`")

    def _set(self, node: ast.stmt, name: str, value: Expression) -> None:
        if isinstance(value, (Known, Table)):
            if name in self.function.variables:
                self.refuse(node, f"{name}, which was a number before,")
            self.names[name] = value
            return
        if name in self.changing and not self._is_new(value):
            self.refuse(node, f"{name}, which is changed in place and may be shared,", "assign a new list to it")
        if isinstance(value, Name) and value.name in self.changing:
            self.refuse(node, f"a second name for {value.name}, which is changed in place,", "copy the list")
        before = self.function.variables.setdefault(name, value.type)
        if before != value.type:
            self.refuse(node, f"{name} with a different type than before", "give it the same type everywhere")
        self.names[name] = Name(value.type, name)
        self.out.append(Assign(name, value))

    def _own(self, x: Expression) -> bool:
        """Return whether an expression is a list that the translated function itself makes and changes in place."""
        given = {name for name, _ in self.function.parameters}
        return x.type == LIST and self._changes(x) and isinstance(x, Name) and x.name not in given

    def _is_new(self, value: Expression) -> bool:
        """Return whether an expression makes a new list, so that nothing else refers to that list."""
        made = isinstance(value, Name) and value.name.startswith("made_")
        return made or getattr(value, "operation", "") in ("join", "repeat")

    def _unpack(self, node: ast.stmt, target: ast.Tuple | ast.List, value: Expression) -> None:
        count = len(target.elts)
        if value.type == LIST:
            value = self._kept(value)
            exact = (Const(INT, count),)
            parts = [self.operate("item_of", FLOAT, value, Const(INT, i), *exact) for i in range(count)]
        elif isinstance(value.type, tuple) and len(value.type) == count:
            if not isinstance(value, (Made, Name)):
                value = self._kept(value)
            types = value.type
            parts = list(value.parts) if isinstance(value, Made) else [Part(types[i], value, i) for i in range(count)]
        else:
            self.refuse(node, f"`{ast.unparse(node)}`")
        if isinstance(value, Made) and count > 1:  # Python computes all parts before it assigns any name
            set_here = {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
            parts = [self._kept(part) if _reads(part, set_here) else part for part in parts]
        for element, part in zip(target.elts, parts, strict=True):
            self.assign(node, element, part)

    def _kept(self, value: Expression) -> Name:
        kept = self.fresh(value.type)
        self.out.append(Assign(kept.name, value))
        return kept


def changed(node: ast.AST) -> set[str]:
    """Return the names of the lists that the code in a syntax tree changes in place."""
    found = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and inner.attr == "append" and isinstance(inner.value, ast.Name):
            found.add(inner.value.id)
        if isinstance(inner, ast.Subscript) and isinstance(inner.ctx, ast.Store) and isinstance(inner.value, ast.Name):
            found.add(inner.value.id)
    return found


def inside(x: Expression) -> Iterator[Expression]:
    """Yield an expression, its parts, their parts, and so on."""
    yield x
    for slot in ("parts", "arguments", "of", "test", "yes", "no"):
        child = getattr(x, slot, ())
        for part in child if isinstance(child, tuple) else (child,):
            yield from inside(part)


def _reads(x: Expression, names: set[str]) -> bool:
    """Return whether an expression reads a variable whose name is in `names`."""
    return any(isinstance(part, Name) and part.name in names for part in inside(x))
