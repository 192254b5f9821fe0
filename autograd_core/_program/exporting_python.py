"""Programs as plain Python on floats: translated rows, copies of Python-only functions, and a short player."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from .._operations import exact
from .._translation.forms import Function
from .._translation.in_python import Python
from .._translation.rows import TranslatedRow
from ..value import Value
from .branches import Branch
from .exporting import comment, translated
from .saving import ARRAYS

PLAYER = Path(__file__).with_name("python_player.py")


def in_python(name: str, branches: Sequence[Branch], parameters: Sequence[Value]) -> str:
    """Return a module with the functions `program` and `gradients`; see `Program.to_python`."""
    rows, translation = translated(branches, "Python", exact=True)
    language = Python()
    functions = language.text(translation.functions)
    said = dict.fromkeys(row.row.flat for row in rows if row.many and callable(row.row.flat) and not row.flat)
    asked = re.search(rf"(?<!\w)({'|'.join(vars(exact))})\(", functions)
    index = {node: i for i, node in enumerate(parameters)}
    lines = [
        f"# {comment(name)}: written by autograd_core.",
        "from collections.abc import Sequence\nfrom itertools import count",
        PLAYER.read_text(encoding="utf-8"),
        *([inspect.getsource(exact)] if asked else []),
        functions,
        *_sources(said),
        "rows = {",
        *(f"    {row.row.name!r}: {{{', '.join(_facts(language, row))}}}," for row in rows),
        "}",
        f"parameters = {[node._data for node in parameters]!r}",
        "branches = [",
    ]
    for branch in branches:
        facts = {
            "inputs": branch.listing.inputs,
            "parameters": [index[node] for node in branch.parameters],
            "rows": [row.name for row in branch.listing.rows],
            "guards": [(g.kind, list(g.operands), g.outcome, g.row and g.row.name, g.at_operand) for g in branch.path],
        }
        arrays = {field: getattr(branch.listing, field).tolist() for field in ARRAYS}
        lines.append(f"    {facts | arrays!r},")
    return "\n".join([*lines, "]", "program, gradients = player(rows, branches, parameters)", ""])


def _facts(language: Python, row: TranslatedRow) -> Iterator[str]:
    """Yield the facts about a row that the player needs."""

    def written(function: Function | bool | None) -> str:
        return language.function_name(function) if isinstance(function, Function) else repr(bool(function))

    slopes = list(map(written, row.slopes))
    yield f"'together': {row.many}, 'value': {written(row.value)}"
    if row.many:
        flat = f"lambda xs, _: {written(row.flat[0])}(xs)" if row.flat else getattr(row.row.flat, "__name__", None)
        yield f"'slopes': {slopes[0]}, 'flat': {flat}"
    else:
        yield f"'slopes': [{', '.join(slopes)}], 'flat': [{', '.join(map(written, row.flat))}]"
        yield f"'beside': [{', '.join(map(written, row.beside))}]"


def _sources(functions: Iterable[Callable[..., object]]) -> Iterator[str]:
    """Yield the source of functions on numbers, each after the functions of its module that it calls."""
    for function in functions:
        module = inspect.getmodule(function)
        called = [getattr(module, name, None) for name in inspect.unwrap(function).__code__.co_names]
        yield from _sources(f for f in called if inspect.isfunction(f))
        yield inspect.getsource(function)
