"""The translator: a `Translation` holds the functions translated for the operations of the table of operations."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from . import forms
from .approximate import without_exact
from .forms import FLOAT, Const, Expression, Function, Known, Name, Refused, Return
from .source import definition_of
from .statements import Body


def _nowhere() -> None:
    """Do nothing; this function stands in for the Python source of a function that has none."""


class Translation:
    """The functions translated so far, callees before callers; each has one version per combination of argument types.

    Args:
        exact: Whether the generated code can call Python for the functions that only Python can compute.
    """

    def __init__(self, exact: bool = True) -> None:
        self.exact = exact
        self.functions: list[Function] = []
        self._known: dict[Any, Function | Expression] = {}
        self._names: set[str] = set()

    def function(self, function: Any, given: Sequence[Expression], name: str = "") -> Function | Expression:
        """Translate a Python function for arguments of the given types.

        If the function does nothing but return an object that is known during translation, return that object instead.

        Args:
            function: The Python function.
            given: For each argument, an expression of the argument's type. The object in a `Known` expression becomes
                part of the translated function.
            name: The name of the translated function; by default, it is derived from the Python function's name.

        Raises:
            Refused: The function contains something that the translator does not understand.
        """
        key = (function, tuple((x.type, x.value) if isinstance(x, Known) else x.type for x in given))
        if key not in self._known:
            definition = definition_of(function)
            path = inspect.getsourcefile(function) or ""
            called = function.__name__
            made = Function(self._unused(name or called.strip("_").replace("<lambda>", "unnamed")), Path(path).name)
            made.origin += "" if called == "<lambda>" else f": {called}"
            stated = getattr(function, "__annotations__", {}).get("return")
            made.returns = FLOAT if stated in ("float", float) else None
            made.raises = made.returns is not None  # assumed for recursive calls until the body is translated
            self._known[key] = made
            try:
                body = Body(self.function, self.exact, made, path, function)
                self._known[key] = body.translated_as(definition, given)
            except Refused:
                del self._known[key]
                raise
            if isinstance(self._known[key], Function):
                self.functions.append(made)
                if not self.exact:
                    without_exact(made)
        return self._known[key]

    def of_call(self, called: Any, operands: Sequence[Name], name: str) -> Function:
        """Make a function of the operands that returns `called` if it is a constant, else the result of calling it."""
        made = Function(self._unused(name), "ops.py", [(x.name, x.type) for x in operands])
        made.variables = dict(made.parameters)
        body = Body(self.function, self.exact, made, "ops.py", _nowhere)
        result = called if isinstance(called, Const) else body.call(ast.Pass(), called, operands)
        made.body, made.returns = [Return(result)], result.type
        self.functions.append(made)
        return made

    def keep(self, roots: Iterable[Function]) -> None:
        """Drop every function except those in `roots` and the functions that they call, directly or indirectly."""
        left, needed = list(roots), set[str]()
        while left:
            function = left.pop()
            if function.name not in needed:
                needed.add(function.name)
                left += forms.called(function)
        self.functions = [function for function in self.functions if function.name in needed]

    def _unused(self, name: str) -> str:
        found, count = name, 1
        while found in self._names:
            count += 1
            found = f"{name}_{count}"
        self._names.add(found)
        return found
