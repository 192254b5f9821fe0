"""A function of a file named on the command line, FILE.py:function, and the numbers for its parameters."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ..errors import GraphError
from ..value import Value

_NAMED = re.compile(r"(?P<file>.+\.py):(?P<function>[^\W\d]\w*)")


def names_function(text: str) -> bool:
    """Whether it names a function of a file, not an expression."""
    return _NAMED.fullmatch(text) is not None


def graph_of(text: str, values: Iterable[str]) -> Value:
    """What the function returns for `values`, each name=number or name=[numbers], with the line that made each node.

    Raises FileNotFoundError if there is no such file, ValueError for a function or values that do not fit, and what the
    file and the function raise themselves.
    """
    from .._stepping.program import called  # loaded where it is asked for

    function = _loaded(text)
    keywords = dict(_valued(value) for value in values)
    try:
        inspect.signature(function).bind(**keywords)
    except TypeError as error:
        shape = f"{function.__name__}{inspect.signature(function)}"
        raise ValueError(f"{error}: {shape} is called with what stands after it as name=number") from None
    y = called(function, (), keywords)
    if type(y) is not Value:
        raise GraphError(f"{function.__name__} must return a Value, computed from its parameters; it returned {y!r}")
    return y


def _loaded(text: str) -> Callable[..., Any]:
    named = _NAMED.fullmatch(text)
    assert named is not None
    path, name = Path(named["file"]), named["function"]
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {str(path)!r}")
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.path.insert(0, str(path.parent.resolve()))  # as for a program, whose neighbours it may import
    try:
        specification.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    function = getattr(module, name, None)
    if not inspect.isfunction(function):
        own = [key for key, thing in vars(module).items() if getattr(thing, "__module__", "") == path.stem]
        raise ValueError(f"{path.name} has no function {name!r}; it has {', '.join(own) or 'none'}")
    return function


def _valued(text: str) -> tuple[str, Any]:
    name, equals, value = text.strip().partition("=")
    if not equals or not name.isidentifier():
        raise ValueError(f"expected name=number or name=[numbers], got {text.strip()!r}")
    try:
        return name, _numbers(ast.parse(value.strip(), mode="eval").body)
    except (SyntaxError, ValueError):
        raise ValueError(f"the value of {name} must be a number or a list of numbers; got {value!r}") from None


def _numbers(node: ast.expr) -> Any:
    if isinstance(node, ast.List | ast.Tuple):
        return [_numbers(part) for part in node.elts]
    return float(ast.unparse(node))
