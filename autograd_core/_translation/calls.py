"""Translates calls to operations, helper functions, functions in `math`, and builtin functions."""

from __future__ import annotations

import ast
import builtins
import inspect
import math
from collections.abc import Callable, Sequence
from types import FunctionType, MethodType
from typing import Any

from .._operations.operation import Operation
from . import nearly
from .forms import (
    BOOL,
    FLOAT,
    INT,
    INTS,
    KNOWN,
    LIST,
    Call,
    Const,
    Expression,
    Function,
    Known,
    Made,
    Operate,
    Part,
    Range,
    Table,
)
from .loops import Lists
from .operations import CALLS, OPERATORS

# Modules whose functions compute with more digits than floats have. These functions are not translated: generated code
# either lets Python compute them or calls their replacements in nearly.py.
LEFT_TO_PYTHON = ("autograd_core._operations.exact",)


# The type of a callable that translates a function for arguments of given types.
Translated = Callable[[Any, Sequence[Expression]], Function | Expression]


class Calls(Lists):
    """Translates the calls in one function; `translated` translates the functions that are called.

    `exact` is True if the generated code can call Python for the functions that only Python can compute.
    """

    exact: bool
    translated: Translated

    def visit_Call(self, node: ast.Call) -> Expression:
        if isinstance(node.func, ast.Attribute) and node.func.attr == "index":
            of = self.visit(node.func.value)
            if of.type == LIST and len(node.args) == 1:
                return self.operate("index", INT, of, self.converted(node, self.visit(node.args[0]), FLOAT))
        called = self.visit(node.func)
        if not isinstance(called, Known) or not callable(called.value):
            self.refuse(node, f"the call `{ast.unparse(node)}`")
        function = called.value
        special = getattr(self, f"call_{getattr(function, '__name__', '')}", None)
        if special is not None and getattr(builtins, function.__name__, None) is function:
            result: Expression = special(node)
            return result
        if any(isinstance(argument, ast.Starred) for argument in node.args):
            return self._starred_call(node, function)
        arguments = [self.visit(argument) for argument in node.args]
        named = {str(word.arg): self.visit(word.value) for word in node.keywords}
        return self.call(node, function, arguments, named)

    def call(
        self, node: ast.AST, function: Any, arguments: Sequence[Expression], named: dict[str, Expression] | None = None
    ) -> Expression:
        """Translate a call to an object that is known during translation."""
        operation = getattr(function, "operation", None)
        if isinstance(operation, Operation):
            if named:
                self.refuse(node, f"{operation.name} with operands passed by name", "pass them by position")
            return self._row(node, operation, arguments)
        try:
            known = CALLS.get(function)
        except TypeError:
            known = None
        if known is not None and not named and len(arguments) == len(known[1]):
            name, takes, gives = known
            parts = [self.converted(node, x, type) for x, type in zip(arguments, takes, strict=True)]
            return parts[0] if name == "float" else self.operate(name, gives, *parts)
        if function is math.hypot and not named:
            return self.operate("hypot", FLOAT, *[self.converted(node, x, FLOAT) for x in arguments])
        if function is math.prod and not named and [x.type for x in arguments] == [LIST]:
            return self.operate("prod_of", FLOAT, *arguments)
        if not named and isinstance(function, type(len)) and function in OPERATORS:
            return self.apply(OPERATORS[function], node, arguments)
        if isinstance(function, MethodType):
            self.refuse(node, f"the method {function.__qualname__}", "make it a function")
        if not isinstance(function, FunctionType):
            self.refuse(node, f"{getattr(function, '__qualname__', function)!s}")
        return self._function(node, function, arguments, named or {})

    def _function(
        self, node: ast.AST, function: FunctionType, arguments: Sequence[Expression], named: dict[str, Expression]
    ) -> Expression:
        if function.__module__ in LEFT_TO_PYTHON:
            gives = LIST if "list" in str(function.__annotations__["return"]) else FLOAT
            if self.exact or not hasattr(nearly, function.__name__):
                return self.operate("python", gives, Known(KNOWN, function), *arguments)
            function = getattr(nearly, function.__name__)
        try:
            bound = inspect.signature(function).bind(*arguments, **named)
        except TypeError as error:
            self.refuse(node, f"a call to {function.__name__} with the wrong arguments ({error})")
        if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in bound.signature.parameters.values()):
            self.refuse(node, f"{function.__name__}, which takes any number of arguments,")
        given = [
            self._as_stated(node, bound.arguments.get(p.name, self.of_object(node, p.name, p.default)), p.annotation)
            for p in bound.signature.parameters.values()
        ]
        target = self.translated(function, given)
        if isinstance(target, Expression):
            return target
        assert target.returns is not None
        if LIST in (target.returns, *target.returns) and any(map(self._changes, given)):
            what = f"a list that is changed in place and is passed to {target.name}, which may keep it,"
            self.refuse(node, what, "copy the list")
        self.function.raises |= target.raises
        self.function.allocates |= target.allocates
        return Call(target.returns, target, tuple(x for x in given if not isinstance(x, Known)))

    def _row(self, node: ast.AST, row: Operation, arguments: Sequence[Expression]) -> Expression:
        """Translate a call to an operation from `ops.py`.

        When an operation is called with floats, it returns the result of its `value` function, so the translated code
        calls that function.
        """
        if row.arity is None:
            return self.converted(node, self.call(node, row.value, [self._gathered(node, row, arguments)]), FLOAT)
        given = [self.converted(node, x, FLOAT) for x in arguments]
        if row.default is not None and len(given) == 1:
            given.append(Const(FLOAT, row.default))
        if len(given) != row.arity:
            self.refuse(node, f"{row.name} with {len(given)} operand{'s' * (len(given) != 1)}")
        return self.converted(node, self.call(node, row.value, given), FLOAT)

    def _gathered(self, node: ast.AST, row: Operation, arguments: Sequence[Expression]) -> Expression:
        """Combine the arguments of an operation on many operands into one tuple or list."""
        if len(arguments) != len(row.shape.parameters):
            self.refuse(node, f"{row.name} with {len(arguments)} argument{'s' * (len(arguments) != 1)}")
        if not row.shape.lists:
            parts = [self.converted(node, x, FLOAT) for x in arguments]
            return Made(tuple(x.type for x in parts), tuple(parts))
        lists = [self.converted(node, x, LIST) for x in arguments]
        return lists[0] if len(lists) == 1 else self.operate("join", LIST, *lists)

    def _as_stated(self, node: ast.AST, x: Expression, annotation: Any) -> Expression:
        """Convert a tuple to a list of floats if the parameter is annotated as `Sequence[float]`."""
        many = "Sequence[float]" in str(annotation) and isinstance(x.type, tuple)
        return self.converted(node, x, LIST) if many else x

    def _starred_call(self, node: ast.Call, function: Any) -> Expression:
        """Translate `f(*xs)`, where `xs` is a tuple or a list.

        If `xs` is a list, it must contain one number for each parameter of `f`, except that `math.hypot` takes a list
        of any length.
        """
        first = node.args[0]
        xs = self.visit(first.value) if isinstance(first, ast.Starred) else Known(KNOWN, None)
        if len(node.args) != 1 or node.keywords or not (xs.type == LIST or isinstance(xs.type, tuple)):
            self.refuse(node, f"`{ast.unparse(node)}`", "pass the arguments one by one")
        if isinstance(xs.type, tuple):
            parts = xs.parts if isinstance(xs, Made) else [Part(type, xs, i) for i, type in enumerate(xs.type)]
            return self.call(node, function, parts)
        if function is math.hypot:
            return self.operate("hypot_of", FLOAT, xs)
        count = Const(INT, len(inspect.signature(function).parameters))
        numbers = [self.operate("item_of", FLOAT, xs, Const(INT, i), count) for i in range(count.value)]
        return self.call(node, function, numbers)

    # --- Builtins -----------------------------------------------------------------------------------------------

    def call_float(self, node: ast.Call) -> Expression:
        return self.converted(node, self.visit(node.args[0]), FLOAT)

    def call_int(self, node: ast.Call) -> Expression:
        x = self.visit(node.args[0])
        return self.operate("trunc", INT, x) if x.type == FLOAT else self.converted(node, x, INT)

    def call_bool(self, node: ast.Call) -> Expression:
        return self.truth(node.args[0])

    def call_abs(self, node: ast.Call) -> Expression:
        return self.apply("abs", node, [self.visit(node.args[0])])

    def call_len(self, node: ast.Call) -> Expression:
        xs = self.visit(node.args[0])
        if isinstance(xs.type, tuple):
            return Const(INT, len(xs.type))
        if xs.type not in (LIST, INTS):
            self.refuse(node, f"`{ast.unparse(node)}`")
        return Const(INT, len(xs.values)) if isinstance(xs, Table) else self.operate("len", INT, xs)

    def call_type(self, node: ast.Call) -> Expression:
        kinds = {FLOAT: float, INT: int, BOOL: bool, LIST: list}
        x = self.visit(node.args[0])
        if x.type not in kinds:
            self.refuse(node, f"`{ast.unparse(node)}`")
        return Known(KNOWN, kinds[x.type])

    def call_isinstance(self, node: ast.Call) -> Expression:
        """Translate `isinstance`; no number is complex, because a power with a complex result raises an exception."""
        kind, asked = self.call_type(node), self.visit(node.args[1])
        if not isinstance(kind, Known) or not isinstance(asked, Known):
            self.refuse(node, f"`{ast.unparse(node)}`")
        return Const(BOOL, issubclass(kind.value, asked.value))

    def call_hasattr(self, node: ast.Call) -> Expression:
        kind, name = self.call_type(node), self.visit(node.args[1])
        assert isinstance(kind, Known) and isinstance(name, Known)
        return Const(BOOL, hasattr(kind.value, name.value))

    def call_max(self, node: ast.Call) -> Expression:
        if len(node.keywords) == 1 and ast.unparse(node.keywords[0]).endswith(".__getitem__"):
            return self._largest(node)
        return self._extreme(node, "max")

    def call_min(self, node: ast.Call) -> Expression:
        return self._extreme(node, "min")

    def _extreme(self, node: ast.Call, name: str) -> Expression:
        parts = [self.visit(argument) for argument in node.args]
        if len(parts) < 2 or node.keywords:
            self.refuse(node, f"`{ast.unparse(node)}`", "pass two or more numbers")
        result = parts[0]
        for part in parts[1:]:
            result = self.operate(name, self.joined(node, result, part), result, part)
        return result

    def _largest(self, node: ast.Call) -> Expression:
        """Translate `max(range(len(xs)), key=ys.__getitem__)`, the index of the largest number in a list."""
        key = node.keywords[0].value
        assert isinstance(key, ast.Attribute)
        ys = self.visit(key.value)
        source, _ = self.sources(node.args[0])
        if ys.type != LIST or len(source) != 1 or not isinstance(source[0], Range) or source[0].stop is None:
            self.refuse(node, f"`{ast.unparse(node)}`")
        self.function.raises = True  # `max` raises ValueError if the list is empty
        return Operate(INT, "largest", (ys, source[0].stop))

    def call_list(self, node: ast.Call) -> Expression:
        xs = self.visit(node.args[0])
        return xs if xs.type == LIST else self.refuse(node, f"`{ast.unparse(node)}`")

    call_tuple = call_list

    def call_any(self, node: ast.Call) -> Expression:
        return self._quantified(node, False)

    def call_all(self, node: ast.Call) -> Expression:
        return self._quantified(node, True)

    def call_sum(self, node: ast.Call) -> Expression:
        self.refuse(node, "the builtin `sum`, whose result depends on the version of Python,", "use a loop")
