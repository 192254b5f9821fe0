"""Finds the syntax tree of a function, even if the function is one of several lambdas on the same line."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from pathlib import Path
from types import FunctionType

from .forms import Refused

Definition = ast.FunctionDef | ast.Lambda


@cache
def _tree(path: str) -> ast.Module:
    return ast.parse(Path(path).read_text(encoding="utf-8"))


def shown(path: str, line: int) -> str:
    """Describe a line in a file, for use in a message."""
    return f"{Path(path).name}, line {line}"


def definition_of(function: FunctionType) -> Definition:
    """Return the syntax tree of a function.

    Raises:
        Refused: The function's source cannot be found, or does not match the code that runs.
    """
    code = function.__code__
    path = inspect.getsourcefile(function)
    if path is None or not Path(path).is_file():
        raise Refused(f"the source of {function.__qualname__} cannot be found; write the function in a file")
    kind = ast.Lambda if code.co_name == "<lambda>" else ast.FunctionDef
    found = [node for node in ast.walk(_tree(path)) if isinstance(node, kind) and _fits(node, function)]
    if len(found) != 1:
        raise Refused(
            f"the source of {function.__qualname__} ({shown(path, code.co_firstlineno)}) does not match the code that "
            "runs; import the module again"
        )
    return found[0]


def _fits(node: ast.AST, function: FunctionType) -> bool:
    """Return whether the function was compiled from this node of a syntax tree."""
    code = function.__code__
    if isinstance(node, ast.FunctionDef):
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        return node.name == code.co_name and first == code.co_firstlineno
    assert isinstance(node, ast.Lambda)
    names = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
    body = node.body
    if node.lineno != code.co_firstlineno or names != list(code.co_varnames[: code.co_argcount]):
        return False
    within = ((body.lineno, body.col_offset), (body.end_lineno or 0, body.end_col_offset or 0))
    ends = [(line, column) for line, _, column, _ in code.co_positions() if line and column]
    ends += [(line, column) for _, line, _, column in code.co_positions() if line and column]
    return all(within[0] <= end <= within[1] for end in ends)
