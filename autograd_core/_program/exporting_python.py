"""Writes programs as Python modules for floats or NumPy arrays.

A module contains the translated operations, the listings (the flat lists of operations) as data, and a short player,
which replays the listings.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from .._operations import exact
from .._translation.forms import Function, Refused
from .._translation.in_numpy import RUNTIME, NumPy
from .._translation.in_python import Python
from .._translation.rows import TranslatedRow
from ..value import Value
from .branches import Branch
from .exporting import comment, plain_guards, translated
from .guards import Guard
from .saving import ARRAYS

PLAYER = Path(__file__).with_name("python_player.py")
PLAY_NUMPY = Path(__file__).with_name("numpy_player.py")


def in_python(name: str, branches: Sequence[Branch], parameters: Sequence[Value]) -> str:
    """Return a module with the functions `program` and `gradients`; see `Program.to_python`."""
    rows, translation = translated(branches, "Python", exact=True)
    language = Python()
    functions = language.text(translation.functions)
    asked = re.search(rf"(?<!\w)({'|'.join(vars(exact))})\(", functions)
    before = [
        "from collections.abc import Sequence\nfrom itertools import count",
        PLAYER.read_text(encoding="utf-8"),
        *([inspect.getsource(exact)] if asked else []),
        functions,
    ]
    facts = _facts(rows, language.function_name)
    return "\n".join(_module(name, before, facts, branches, parameters, lambda branch: branch.path))


def in_numpy(name: str, branches: Sequence[Branch], parameters: Sequence[Value]) -> str:
    """Return a module with the functions `program` and `gradients`; see `Program.to_numpy`."""
    rows, _ = translated(branches, "NumPy")
    language = NumPy()
    facts = _facts(rows, lambda f: f"py_row({language.function(f, [True] * len(f.parameters))})")
    before = [
        RUNTIME.read_text(encoding="utf-8"),
        *(f"{name} = {table.values!r}" for name, table in language.tables.items()),
        "inf, nan = np.inf, np.nan",
        *language.texts,
        PLAY_NUMPY.read_text(encoding="utf-8").replace("from typing import Any\n\nimport numpy as np\n", ""),
    ]
    return "\n".join(_module(name, before, facts, branches, parameters, plain_guards))


def _facts(rows: Sequence[TranslatedRow], written: Callable[[Function], str]) -> list[str]:
    """Return, for each operation, the text of a dict entry with the functions and flags that a player needs."""

    def all_of(functions: Sequence[Function | bool | None]) -> str:
        return f"[{', '.join(written(f) if isinstance(f, Function) else repr(bool(f)) for f in functions)}]"

    def entry(row: TranslatedRow) -> Iterator[str]:
        yield f"'together': {row.many}, 'raises': {row.value.raises}, 'value': {written(row.value)}"
        for field in ("slopes", "flat", "beside"):
            yield f"{field!r}: {all_of(getattr(row, field))}"

    entries = []
    for row in rows:
        try:
            entries.append(f"    {row.row.name!r}: {{{', '.join(entry(row))}}},")
        except Refused as reason:
            raise Refused(f"{row.row.name}: {reason}") from None
    return entries


def _module(
    name: str,
    before: Sequence[str],
    rows: Sequence[str],
    branches: Sequence[Branch],
    parameters: Sequence[Value],
    guards: Callable[[Branch], Sequence[Guard]],
) -> Iterator[str]:
    """Yield the parts of a module's text: those in `before`, the operations, and the listings of the branches."""
    yield f"# {comment(name)}: written by autograd_core."
    yield from (*before, "rows = {", *rows, "}")
    yield f"parameters = {[node._data for node in parameters]!r}"
    yield "branches = ["
    index = {node: i for i, node in enumerate(parameters)}
    for branch in branches:
        facts = {
            "inputs": branch.listing.inputs,
            "parameters": [index[node] for node in branch.parameters],
            "rows": [row.name for row in branch.listing.rows],
            "guards": [
                (g.kind, list(g.operands), g.outcome, g.after, g.row and g.row.name, g.at_operand)
                for g in guards(branch)
            ],
            "risks": branch.listing.risks.tolist(),
        }
        arrays = {field: getattr(branch.listing, field).tolist() for field in ARRAYS}
        yield f"    {facts | arrays!r},"
    yield from ("]", "program, gradients = player(rows, branches, parameters)", "")
