"""Generates the native engine's kernels (C functions for operations) from the table of operations.

A row of the table holds the Python functions that compute an operation's value and its derivatives. To write
`kernels_generated.c`, run `python -m autograd_core._translation.kernels`. The file is committed, so a wheel can be
built without the generator. With `--check`, nothing is written, and the exit code is 1 if the file does not match the
rows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from .. import ops
from .._operations.operation import TABLE, Operation
from .forms import LIST, Function, Operate, Return
from .in_c import C
from .rows import TranslatedRow, translated_rows

TARGET = Path(__file__).parents[1] / "_native" / "kernels_generated.c"
# The kernels that are written by hand, in kernels_by_hand.c, and the reason for each. The times were measured by
# tests/benchmarks/kernels.py.
BY_HAND = {
    "dot": "4 ns for 8 numbers; the generated kernel takes 14 ns, and every neuron calls `dot`",
    "take": "4 ns for 32 numbers; the generated kernel takes 85 ns, and every embedding calls `take` for each column",
}
HEADING = """\
/* Generated from the rows of ops.py by `python -m autograd_core._translation.kernels`: do not edit.
 *
 * Each function translates the Python function named above it; a kernel returns 0 if Python would raise.
 */
#include "kernels.h"
#include "runtime.h"
"""
END = "    {NULL, NULL, FLAT_BY_ROW, 0},"


def rows_of_numbers() -> list[Operation]:
    """Return the rows of the operations that compute a value (all except leaves and checkpoints), in table order."""
    assert ops.add is not None  # importing ops adds the rows to the table
    return [row for row in TABLE.values() if row.arity != 0 and row.name != "checkpoint"]


def kernels(rows: Iterable[Operation], by_hand: Sequence[str] = tuple(BY_HAND)) -> str:
    """Return the C source of the kernels for `rows`, and of the tables that map operations' names to kernels.

    Raises:
        Refused: The translator does not understand some of a row's Python code.
    """
    found, translation, refused = translated_rows(rows)
    if refused:
        raise next(iter(refused.values()))
    translation.keep(f for row in found for f in row.functions if f not in row.beside)
    language = C()
    lines = [HEADING, language.text(translation.functions)]
    generated = [row for row in found if row.row.name not in by_hand and not _only_python(row.value)]
    for row in generated:
        lines += [*_kernel(row), ""]
    for name, arity in (("unary", 1), ("binary", 2), ("many", None)):
        lines += [f"Kernel {name}_kernels[] = {{"]
        lines += [_entry(row, by_hand) for row in found if row.row.arity == arity and not _only_python(row.value)]
        lines += [END, "};", ""]
    lines += ["const WithoutKernel without_kernel[] = {"]
    lines += [
        f'    {{"{row.row.name}", "{_said(row.row.value)} computes with numbers that only Python has"}},'
        for row in found if _only_python(row.value)
    ]  # fmt: skip  # one line per clause
    return "\n".join([*lines, "    {NULL, NULL},", "};", ""])


def _said(function: Callable[..., float]) -> str:
    return f"{function.__module__.rpartition('.')[2]}.{function.__name__}"


def _only_python(value: Function) -> bool:
    """Return whether a row's value can be computed only in Python, whatever the operands are."""
    (first, *_) = value.body
    return isinstance(first, Return) and isinstance(first.value, Operate) and first.value.operation == "python"


def _call(function: Function, *arguments: str) -> str:
    given = [*arguments, *["&memory"] * function.allocates, *["&raised"] * function.raises]
    return f"row_{function.name}({', '.join(given)})"


def _kernel(row: TranslatedRow) -> list[str]:
    functions = [row.value, *row.slopes, *[f for f in row.flat if isinstance(f, Function)]]
    begin = ["    int raised = 0;"]
    end = []
    if any(f.allocates for f in functions):
        begin += ["    Memory memory;", "    memory_begin(&memory);"]
        end = ["    memory_end(&memory);"]
    name = f"kernel_{row.row.name}"
    if row.many:
        heading = f"static int {name}(const double *xs, Py_ssize_t count, double *z, double *locals)"
        body = [*begin, *_many(row), *end]
    else:
        operands = list(row.row.shape.parameters)
        numbers = "".join(f"double {x}, " for x in operands)
        heading = f"static int {name}({numbers}double *z, {', '.join(f'double *d{x}' for x in operands)})"
        body = [*begin, *_few(row, operands), *end]
    return [heading, "{", *body, "    return !raised;", "}"]


def _few(row: TranslatedRow, operands: list[str]) -> list[str]:
    lines = [f"    *z = {_call(row.value, *operands)};"]
    says = flat_by_kernel(row)
    for name, slope, flat in zip(operands, row.slopes, row.flat, strict=True):
        if flat is True and says and _is_zero(row, name):
            lines.append(f"    *d{name} = NOTHING;")
            continue
        lines.append(f"    *d{name} = {_call(slope, *operands, '*z')};")
        if isinstance(flat, Function):
            lines += [f"    if (*d{name} == 0.0)", f"        *d{name} = {_call(flat, *operands)} ? NOTHING : 0.0;"]
        elif says and flat is None:
            lines.append(f"    *d{name} += 0.0;")
    return lines


def _is_zero(row: TranslatedRow, name: str) -> bool:
    assert not callable(row.row.derivatives)
    return row.row.derivatives[row.row.shape.parameters.index(name)] == 0.0


def _many(row: TranslatedRow) -> list[str]:
    (slopes,) = row.slopes
    operands = "(List){xs, count, 0}"
    lines = []
    if not row.row.shape.lists:
        count = len(row.row.shape.parameters)
        operands = f"(Tuple_{'d' * count}){{{{{', '.join(f'xs[{i}]' for i in range(count))}}}}}"
        lines = [f"    if (count != {count})", "        return 0;"]
    lines += [f"    *z = {_call(row.value, operands)};", "    if (locals != NULL && !raised) {"]
    if slopes.returns == LIST:
        lines += [
            f"        List slopes = {_call(slopes, operands, '*z')};",
            "        raised |= slopes.count == count ? 0 : OTHER_ERROR;",
            "        if (!raised)",
            "            copy_numbers(locals, slopes.at, count);",
        ]
    else:  # copying the slopes one by one lets the compiler keep them in registers
        size = len(slopes.returns or ())
        lines.append(f"        Tuple_{'d' * size} slopes = {_call(slopes, operands, '*z')};")
        lines += [f"        locals[{i}] = slopes.at[{i}];" for i in range(size)]
    for flat in row.flat:
        assert isinstance(flat, Function)
        lines.append(f"        Tuple_{'b' * len(flat.returns or ())} flat = {_call(flat, operands)};")
        for i in range(len(flat.returns or ())):
            lines += [f"        if (locals[{i}] == 0.0)", f"            locals[{i}] = flat.part_{i} ? NOTHING : 0.0;"]
    return [*lines, "    }"]


def flat_by_kernel(row: TranslatedRow) -> bool:
    """Return whether a row's kernel marks flat derivatives; it does if the operands alone determine which are flat.

    A derivative is flat at a point if it is 0 in a whole neighbourhood of the point. The kernel marks it by
    returning NOTHING (the C constant -0.0) instead of 0.
    """
    return any(isinstance(flat, Function) for flat in row.flat) or (
        True in row.flat and any(_is_zero(row, name) for name in row.row.shape.parameters)
    )


def _entry(row: TranslatedRow, by_hand: Sequence[str]) -> str:
    name = row.row.name
    if name in by_hand:
        return f"    HAND_WRITTEN_{name.upper()},"
    flat = "FLAT_BY_KERNEL" if flat_by_kernel(row) else "FLAT_BY_ROW"
    return f'    {{"{name}", (void *)kernel_{name}, {flat}, 0}},'


def main() -> None:
    """Write the file of kernels or, with `--check`, exit with an error if the file does not match the rows."""
    text = kernels(rows_of_numbers())
    if "--check" not in sys.argv:
        TARGET.write_text(text, encoding="utf-8")
    elif TARGET.read_text(encoding="utf-8") != text:
        sys.exit(f"{TARGET.name} does not match the rows: run python -m autograd_core._translation.kernels")


if __name__ == "__main__":
    main()
