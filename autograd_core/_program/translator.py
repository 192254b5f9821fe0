"""The translator itself: `Translation` holds all functions that rows are made of."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .approximate import without_exact
from .forms import FLOAT, Const, Expression, Function, Known, Name, Refused, Return
from .source import definition_of
from .statements import Body


def _nowhere() -> None:
    """Where a function that has no Python of its own comes from."""


class Translation:
    """The functions translated so far, each once for every set of types that it is called with, callees first.

    Args: `exact`, whether the translated text can ask Python for what only Python computes.
    """

    def __init__(self, exact: bool = True) -> None:
        self.exact = exact
        self.functions: list[Function] = []
        self._known: dict[Any, Function | Expression] = {}
        self._names: set[str] = set()

    def function(self, function: Any, given: Sequence[Expression], name: str = "") -> Function | Expression:
        """A function of Python for arguments of these types, or the object that it gives if that is known now.

        Args: `given`, an expression of each argument's type; what is `Known` is bound as it is. Raises Refused.
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
            made.raises = made.returns is not None  # until it is known, for functions that call themselves
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
        """The function whose result is a constant, or one call of something on the operands."""
        made = Function(self._unused(name), "ops.py", [(x.name, x.type) for x in operands])
        made.variables = dict(made.parameters)
        body = Body(self.function, self.exact, made, "ops.py", _nowhere)
        result = called if isinstance(called, Const) else body.call(ast.Pass(), called, operands)
        made.body, made.returns = [Return(result)], result.type
        self.functions.append(made)
        return made

    def _unused(self, name: str) -> str:
        found, count = name, 1
        while found in self._names:
            count += 1
            found = f"{name}_{count}"
        self._names.add(found)
        return found
