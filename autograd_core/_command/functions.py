"""Loads functions that the command line names as FILE.py:function, and parses the numbers for their parameters."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

_NAMED = re.compile(r"(?P<file>.+\.py):(?P<function>[^\W\d]\w*)")


def names_function(text: str) -> bool:
    """Return whether the text names a function in a file; otherwise it is an expression."""
    return _NAMED.fullmatch(text) is not None


def call_of(text: str, values: Iterable[str]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Return the function that `text` names, and its arguments from `values` (name=number or name=[numbers]).

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file has no function with this name, or the values do not match the function's parameters.
        Exception: Any other exception that running the file raises.
    """
    function = _loaded(text)
    shape = f"{function.__name__}{inspect.signature(function)}"
    try:
        bound = inspect.signature(function).bind(**dict(_valued(value) for value in values))
    except TypeError as error:
        raise ValueError(f"{error}: pass the arguments of {shape} as name=number") from None
    if bound.kwargs:
        raise ValueError(f"{shape} has keyword-only parameters, but step passes arguments by position: remove the *")
    return function, bound.args


def _loaded(text: str) -> Callable[..., Any]:
    named = _NAMED.fullmatch(text)
    assert named is not None
    path, name = Path(named["file"]), named["function"]
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {str(path)!r}")
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.path.insert(0, str(path.parent.resolve()))  # so that the file can import modules beside it, as a script can
    try:
        specification.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    function = getattr(module, name, None)
    if not inspect.isfunction(function):
        own = [key for key, thing in vars(module).items() if getattr(thing, "__module__", "") == path.stem]
        raise ValueError(f"{path.name} has no function {name!r}; it defines {', '.join(own) or 'nothing'}")
    return function


def _valued(text: str) -> tuple[str, Any]:
    name, equals, value = text.strip().partition("=")
    if not equals or not name.isidentifier():
        raise ValueError(f"expected name=number or name=[numbers]; got {text.strip()!r}")
    try:
        return name, _numbers(ast.parse(value.strip(), mode="eval").body)
    except (SyntaxError, ValueError):
        raise ValueError(f"the value of {name} must be a number or a list of numbers; got {value!r}") from None


def _numbers(node: ast.expr) -> Any:
    if isinstance(node, ast.List | ast.Tuple):
        return [_numbers(part) for part in node.elts]
    return float(ast.unparse(node))
