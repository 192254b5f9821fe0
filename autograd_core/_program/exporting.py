"""Writes programs as source code in other languages.

The text consists of the translated operations, the listings (the flat lists of operations) as data, and a short player,
which replays the listings.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from .._operations.operation import Operation
from .._translation.in_javascript import javascript
from .._translation.rows import TranslatedRow, translated_rows
from .._translation.translator import Translation
from ..errors import GraphError
from ..value import Value
from .branches import Branch
from .guards import Guard

PLAY_JAVASCRIPT = Path(__file__).with_name("play.js")


def in_javascript(name: str, branches: Sequence[Branch], parameters: Sequence[Value]) -> str:
    """Return a script that defines `program` and `parameters`; see `Program.to_javascript`."""
    rows, translation = translated(branches, "JavaScript")
    index = {node: i for i, node in enumerate(parameters)}
    lines = [
        f"// {comment(name)}: written by autograd_core.",
        javascript(rows, translation),
        PLAY_JAVASCRIPT.read_text(encoding="utf-8"),
        f"const parameters = {_numbers([node._data for node in parameters])};",
        "const program = player(rows, [",
    ]
    for branch in branches:
        listing = branch.listing
        guards = ", ".join(
            f'["{g.kind}", {list(g.operands)}, {_number(g.outcome)}, {g.after}]' for g in plain_guards(branch)
        )
        lines += [
            "{",
            f"    inputs: {listing.inputs}, parameters: {[index[node] for node in branch.parameters]},",
            f"    rows: {[row.name for row in listing.rows]},",
            f"    constants: {_numbers(listing.constants)},",
            f"    code: {listing.code.tolist()},",
            f"    starts: {listing.starts.tolist()},",
            f"    operands: {listing.operands.tolist()},",
            f"    outputs: {listing.outputs.tolist()},",
            f"    variable: {listing.variable.tolist()},",
            f"    guards: [{guards}], risks: {listing.risks.tolist()},",
            "},",
        ]
    return "\n".join([*lines, "]);", ""])


def translated(
    branches: Sequence[Branch], language: str, *, exact: bool = False
) -> tuple[list[TranslatedRow], Translation]:
    """Translate the operations that the branches use.

    Args:
        exact: Whether the generated code can call Python for the functions that only Python can compute.

    Raises:
        GraphError: One of the operations is a primitive, that is, a function that the user wrote.
    """
    used: dict[Operation, None] = {row: None for branch in branches for row in branch.listing.rows}
    used |= {guard.row: None for branch in branches for guard in branch.path if guard.row is not None}
    for row in used:
        if not row.permanent:
            raise GraphError(f"{row.name} is a function of your own, which cannot be translated to {language}")
    rows, translation, refused = translated_rows(used, exact=exact)
    for reason in refused.values():
        raise reason
    if not exact:  # drop functions that were needed only by calls that are left to Python
        translation.keep(function for row in rows for function in row.functions)
    return rows, translation


def plain_guards(branch: Branch) -> Sequence[Guard]:
    """Return the guards of a branch; raise GraphError if one of them asks a question that only Python can answer."""
    for guard in branch.path:
        if guard.kind in ("round_to", "flat"):
            raise GraphError(
                f"a program that depends on {guard.kind!r} cannot be exported; "
                "remove round(x, digits), or any derivative that the traced function computes"
            )
    return branch.path


def comment(name: str) -> str:
    """Return the name in a form that is safe inside a comment."""
    return "".join(c if c.isprintable() else "?" for c in name)


def _numbers(numbers: Sequence[float]) -> str:
    return f"[{', '.join(map(_number, numbers))}]"


def _number(x: float) -> str:
    return "NaN" if math.isnan(x) else repr(float(x)).replace("inf", "Infinity")
