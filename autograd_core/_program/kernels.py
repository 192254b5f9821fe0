"""Kernels of the native engine, generated from the rows: `python -m autograd_core._program.kernels` writes them.

The file is committed, so that no Python runs when a wheel is built.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .. import ops
from .._operations.operation import TABLE, Operation
from .forms import LIST, Function
from .in_c import C
from .rows import TranslatedRow, translated_rows

TARGET = Path(__file__).parents[1] / "_native" / "kernels_generated.c"
HEADING = """\
/* Generated from the rows of ops.py by `python -m autograd_core._program.kernels`: not to be edited.
 *
 * Each function is one of Python, whose place stands above it; a kernel answers 0 where Python would raise.
 */
#include "kernels.h"
#include "runtime.h"
"""


def rows_of_numbers() -> list[Operation]:
    """The rows that compute: all but leaves and checkpoints, in the order of the table."""
    assert ops.add is not None  # the table is filled by importing it
    return [row for row in TABLE.values() if row.arity != 0 and row.name != "checkpoint"]


def kernels(rows: Iterable[Operation]) -> tuple[str, dict[str, str]]:
    """The text of all kernels that can be generated, and why the others are refused, by name."""
    found, translation, refused = translated_rows(rows)
    language = C()
    functions = language.text(translation.functions)
    lines = [HEADING, functions]
    for row in found:
        lines += [*_kernel(row), ""]
    for name, arity in (("unary", 1), ("binary", 2), ("many", None)):
        lines += [f"Kernel generated_{name}_kernels[] = {{"]
        lines += [f"    {_entry(row)}," for row in found if row.row.arity == arity]
        lines += ["    {NULL, NULL, FLAT_BY_ROW, 0},", "};", ""]
    return "\n".join(lines), refused


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
    elif len(row.slopes) == 1:
        heading = f"static int {name}(double x, double *z, double *dx)"
        body = [*begin, *_slopes(row, ["x"]), *end]
    else:
        heading = f"static int {name}(double x, double y, double *z, double *dx, double *dy)"
        body = [*begin, *_slopes(row, ["x", "y"]), *end]
    return [heading, "{", *body, "    return !raised;", "}"]


def _slopes(row: TranslatedRow, operands: list[str]) -> list[str]:
    lines = [f"    *z = {_call(row.value, *operands)};"]
    for name, slope, flat in zip(operands, row.slopes, row.flat, strict=True):
        said = flat_by_kernel(row)
        lines.append(f"    *d{name} = {_call(slope, *operands, '*z')};")
        if flat is True:
            lines[-1:] = [f"    *d{name} = NOTHING;"] if said and _is_zero(row, name) else lines[-1:]
        elif isinstance(flat, Function):
            lines += [f"    if (*d{name} == 0.0)", f"        *d{name} = {_call(flat, *operands)} ? NOTHING : 0.0;"]
        elif said:
            lines.append(f"    *d{name} += 0.0;")
    return lines


def _is_zero(row: TranslatedRow, name: str) -> bool:
    assert isinstance(row.row.derivatives, tuple)
    return row.row.derivatives["xy".index(name)] == 0.0


def _many(row: TranslatedRow) -> list[str]:
    (slopes,) = row.slopes
    numbers = "(List){xs, count, 0}"
    lines = [f"    *z = {_call(row.value, numbers)};", "    if (locals != NULL && !raised) {"]
    if slopes.returns == LIST:
        lines += [
            f"        List slopes = {_call(slopes, numbers, '*z')};",
            "        raised |= slopes.count == count ? 0 : OTHER_ERROR;",
            "        if (!raised)",
            "            copy_numbers(locals, slopes.at, count);",
        ]
    else:
        size = len(slopes.returns or ())
        lines += [
            f"        Tuple_{'d' * size} slopes = {_call(slopes, numbers, '*z')};",
            f"        raised |= count == {size} ? 0 : OTHER_ERROR;",
            "        if (!raised)",
            "            copy_numbers(locals, slopes.at, count);",
        ]
    for flat in row.flat:
        assert isinstance(flat, Function)
        size = len(flat.returns or ())
        lines += [
            f"        Tuple_{'b' * size} flat = {_call(flat, numbers)};",
            f"        const int said[] = {{{', '.join(f'flat.part_{i}' for i in range(size))}}};",
            f"        for (int i = 0; i < {size} && !raised; i++)",
            "            if (locals[i] == 0.0)",
            "                locals[i] = said[i] ? NOTHING : 0.0;",
        ]
    return [*lines, "    }"]


def flat_by_kernel(row: TranslatedRow) -> bool:
    """Whether the kernel says where derivatives are flat, as far as operands alone decide."""
    return any(isinstance(flat, Function) for flat in row.flat) or (
        True in row.flat and any(_is_zero(row, name) for name in "xy"[: len(row.slopes)])
    )


def _entry(row: TranslatedRow) -> str:
    flat = "FLAT_BY_KERNEL" if flat_by_kernel(row) else "FLAT_BY_ROW"
    return f'{{"{row.row.name}", (void *)kernel_{row.row.name}, {flat}, 0}}'


def main() -> None:
    """Write the kernels."""
    text, refused = kernels(rows_of_numbers())
    TARGET.write_text(text, encoding="utf-8")
    for reason in refused.values():
        print(reason)


if __name__ == "__main__":
    main()
