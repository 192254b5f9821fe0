"""Writes programs as self-contained C code: translated operations, and listings (flat lists of operations) as tables.

Listings become tables rather than code, so that any compiler can handle a program of any size.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .._translation.forms import LIST, Function
from .._translation.in_c import C
from .._translation.rows import TranslatedRow
from ..value import Value
from .branches import Branch
from .exporting import comment, plain_guards, translated

HERE = Path(__file__).parent
HEADERS = ("py_arithmetic.h", "py_lists.h", "py_math.h")
INCLUDE = re.compile(r'^#include "py_\w+\.h"\n', re.MULTILINE)


def in_c(name: str, branches: Sequence[Branch], parameters: Sequence[Value]) -> str:
    """Return the text of a C file; see `Program.to_c`."""
    rows, translation = translated(branches, "C")
    places = {row.row: i for i, row in enumerate(rows)}
    index = {node: i for i, node in enumerate(parameters)}
    player, _, calls = (HERE / "play.c").read_text(encoding="utf-8").partition("static int is_nothing")
    functions = C().text(translation.functions)
    lines = [
        f"/* {comment(name).replace('*/', '* /')}: written by autograd_core. Compile with -ffp-contract=off. */",
        (HERE / "standalone.h").read_text(encoding="utf-8"),
        *(INCLUDE.sub("", (HERE.parent / "_native" / header).read_text(encoding="utf-8")) for header in HEADERS),
        functions,
        *_values(rows),
        *_slopes(rows),
        player,
        f"enum {{ PARAMETERS = {len(parameters)} }};",
        f"const double program_parameters[] = {{{_doubles([node._data for node in parameters])}}};",
    ]
    entries = []
    for i, branch in enumerate(branches):
        listing = branch.listing
        widest = max((b - a for a, b in zip(listing.starts, listing.starts[1:], strict=False)), default=0)
        code = [places[listing.rows[at]] for at in listing.code]
        lines += [
            f"static const int parameter_{i}[] = {{{_ints(index[node] for node in branch.parameters)}}};",
            f"static const double constant_{i}[] = {{{_doubles(listing.constants)}}};",
            f"static const int code_{i}[] = {{{_ints(code)}}}, starts_{i}[] = {{{_ints(listing.starts)}}};",
            f"static const int operands_{i}[] = {{{_ints(listing.operands)}}};",
            f"static const int output_{i}[] = {{{_ints(listing.outputs)}}};",
            f"static const signed char variable_{i}[] = {{{_ints(listing.variable)}}};",
            f"static const Guard guard_{i}[] = {{{_guards(branch)}}};",
            f"static const int risk_{i}[] = {{{_ints(listing.risks)}}};",
        ]
        counts = (
            listing.inputs, listing.parameters, len(listing.constants), len(code), len(listing.guards),
            len(listing.outputs), widest,
        )  # fmt: skip  # in the order of the fields of the C structure
        tables = ("parameter", "code", "starts", "operands", "output", "variable", "constant", "guard", "risk")
        entries.append(f"    {{{_ints(counts)}, {', '.join(f'{table}_{i}' for table in tables)}}},")
    return "\n".join([*lines, "static const Branch branches[] = {", *entries, "};", f"static int is_nothing{calls}"])


def _values(rows: Iterable[TranslatedRow]) -> Iterator[str]:
    """Yield the text of a C function that computes the value of an operation and returns 0 on success."""
    yield "static int value_of(int row, const double *xs, int64_t count, double *z)\n{"
    yield "    int raised = 0;\n    Memory memory;\n    (void)xs, (void)count;\n    memory_begin(&memory);"
    yield "    switch (row) {"
    for i, row in enumerate(rows):
        yield f"    case {i}: *z = {_call(row.value, row.many)}; break;"
    yield "    default: raised = OTHER_ERROR;\n    }\n    memory_end(&memory);\n    return raised;\n}\n"


def _slopes(rows: Iterable[TranslatedRow]) -> Iterator[str]:
    """Yield the text of a C function that computes an operation's local derivatives.

    A derivative that is flat (0 in a whole neighbourhood) is marked by -0.0.
    """
    yield "static void slopes_of(int row, const double *xs, int64_t count, double z, const double *variable,"
    yield "                      double *locals)\n{"
    yield "    int raised = 0;\n    Memory memory;\n    (void)xs, (void)count, (void)z, (void)variable, (void)raised;"
    yield "    memory_begin(&memory);\n    switch (row) {"
    for i, row in enumerate(rows):
        yield f"    case {i}: {{"
        yield from _together(row) if row.many else _one_by_one(row)
        yield "        break;\n    }"
    yield "    }\n    memory_end(&memory);\n}\n"


def _one_by_one(row: TranslatedRow) -> Iterator[str]:
    beside = row.beside or (None,) * len(row.slopes)
    for i, (slope, flat, near) in enumerate(zip(row.slopes, row.flat, beside, strict=True)):
        yield f"        locals[{i}] = {_call(slope, False, 'z')};"
        said = _said(flat) + (f" || (!(variable[0] && variable[1]) && {_said(near)})" if row.beside else "")
        yield f"        if (locals[{i}] == 0.0)\n            locals[{i}] = {said} ? -0.0 : 0.0;"


def _said(flat: Function | bool | None) -> str:
    return _call(flat, False) if isinstance(flat, Function) else str(int(bool(flat)))


def _together(row: TranslatedRow) -> Iterator[str]:
    (slopes,) = row.slopes
    size = "count" if slopes.returns == LIST else len(slopes.returns or ())
    found = "i < found.count ? found.at[i] + 0.0 : NAN" if slopes.returns == LIST else "found.at[i] + 0.0"
    yield f"        {_type(slopes)} found = {_call(slopes, True, 'z')};"  # the list is empty if the operation raises
    yield f"        for (int64_t i = 0; i < {size}; i++)\n            locals[i] = {found};"
    for flat in (*row.flat, *row.beside):
        assert isinstance(flat, Function)
        variable = [_operands(flat, "variable")] if len(flat.parameters) > 1 else []
        yield f"        {_type(flat)} flat = {_call(flat, True, *variable)};"
        if flat.returns == LIST:
            said = "i < flat.count && flat.at[i] != 0.0"
        else:
            said = f"(const int[]){{{', '.join(f'flat.part_{i}' for i in range(len(flat.returns or ())))}}}[i]"
        yield f"        for (int64_t i = 0; i < {size}; i++)"
        yield f"            locals[i] = locals[i] == 0.0 && {said} ? -0.0 : locals[i];"


def _type(function: Function) -> str:
    assert function.returns is not None
    return C().type(function.returns)


def _operands(function: Function, numbers: str) -> str:
    """Return the text that passes an array of numbers as the only argument of a function with many operands."""
    type = function.parameters[0][1]
    if type == LIST:
        return f"(List){{{numbers}, count, 0}}"
    return f"({C().type(type)}){{{{{', '.join(f'{numbers}[{i}]' for i in range(len(type)))}}}}}"


def _call(function: Function, many: bool, *more: str) -> str:
    """Return the text of a call to a translated function with the operands in `xs`."""
    given = [_operands(function, "xs")] if many else [f"xs[{i}]" for i in range(len(function.parameters) - len(more))]
    extra = ["&memory"] * function.allocates + ["&raised"] * function.raises
    return f"row_{function.name}({', '.join([*given, *more, *extra])})"


def _guards(branch: Branch) -> str:
    made = []
    for guard in plain_guards(branch):
        x, *y = guard.operands
        made.append(
            f"{{{guard.kind.upper()}, {len(guard.operands)}, {{{x}, {y[0] if y else 0}}}, {guard.after}, "
            f"{_double(guard.outcome)}}}"
        )
    return ", ".join(made) or "{0}"


def _ints(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers)) or "0"


def _doubles(numbers: Iterable[float]) -> str:
    return ", ".join(map(_double, numbers)) or "0.0"


def _double(x: float) -> str:
    return "NAN" if math.isnan(x) else repr(float(x)).replace("inf", "INFINITY")
