"""One argument over many rows: where each row's numbers are, and how the argument's gradient is assembled.

A row holds the numbers for one point at which a program is replayed.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .._transforms.kinds import kind_of
from .._transforms.trees import is_array
from .arguments import opened
from .player import Column

Columns = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Spread:
    """An argument that has one item per row.

    `example` is the argument for the first row. `columns` has, for each number in `example`, a column that locates the
    corresponding number of every row. `count` is the number of rows. `joined` turns columns, one for each number, back
    into the argument's structure.
    """

    example: Any
    columns: list[Column]
    count: int
    joined: Callable[[Columns], Any]


def spread(thing: Any, axis: int, name: str) -> Spread:
    """Split an argument into rows: along `axis` in a NumPy array, item by item in a list or `array.array`.

    A dict, tuple or dataclass may contain several arrays and lists. `name` is the argument's name in messages.

    Raises:
        ValueError: The arrays and lists have different numbers of rows, or the rows have different structures.
        TypeError: The argument contains something that cannot be split into rows.
    """
    if is_array(thing):
        return _of_array(thing, axis, name)
    if isinstance(thing, array):
        return _of_list(thing, name)
    if type(thing) is list:
        return _of_list(thing, name)
    kind = kind_of(thing)
    if kind is None:
        raise TypeError(
            f"{name} must have one item per row, as in_axes specifies; got {thing!r} of type {type(thing).__name__}: "
            "pass a list or an array, or set its entry in in_axes to None"
        )
    names, parts = kind.open(thing)
    within = [spread(part, axis, name + kind.place(key)) for key, part in zip(names, parts, strict=True)]
    count = counted({name + kind.place(key): part.count for key, part in zip(names, within, strict=True)})

    def joined(columns: Columns) -> Any:
        made, at = [], 0
        for part in within:
            made.append(part.joined(columns[at : at + len(part.columns)]))
            at += len(part.columns)
        return kind.close(thing, names, made)

    example = kind.close(thing, names, [part.example for part in within])
    return Spread(example, [column for part in within for column in part.columns], count, joined)


def counted(counts: dict[str, int]) -> int:
    """Return the number of rows, which must be the same for every argument that has rows."""
    if len(set(counts.values())) != 1:
        said = ", ".join(f"{name} has {count}" for name, count in counts.items()) or "no argument has rows"
        raise ValueError(f"all arguments that have rows must have the same number of rows; {said}")
    [count] = set(counts.values())
    return count


def _of_array(thing: Any, axis: int, name: str) -> Spread:
    import numpy

    if not thing.shape or thing.dtype.kind not in "fiu":
        raise TypeError(f"{name} must be an array of numbers with an axis along which its rows lie; got {thing!r}")
    rows = numpy.moveaxis(thing, axis, 0)
    flat = numpy.ascontiguousarray(rows, dtype=numpy.float64).reshape(-1)
    count, shape = rows.shape[0], rows.shape[1:]
    if not count:
        raise ValueError(f"{name} has no rows; pass at least one")
    numbers, width = memoryview(flat), flat.size // count  # type: ignore[arg-type]  # an array is a buffer

    def joined(columns: Columns) -> Any:
        made = numpy.array([numpy.asarray(column) for column in columns]).T.reshape(count, *shape)
        return numpy.moveaxis(made, 0, axis)

    example = rows[0] if shape else rows[0].item()
    return Spread(example, [Column(numbers, j, width) for j in range(width)], count, joined)


def _of_list(thing: Any, name: str) -> Spread:
    if not len(thing):
        raise ValueError(f"{name} has no rows; pass at least one")
    first = opened((thing[0],), {})
    numbers = array("d")
    if isinstance(thing, array) and thing.typecode == "d":
        numbers = thing
    elif all(type(x) in (float, int) for x in thing) and any(type(x) is float for x in thing):
        numbers.extend(map(float, thing))
        first = opened((numbers[0],), {})
    else:
        for i, row in enumerate(thing):
            part = opened((row,), {})
            if part.key != first.key:
                raise ValueError(f"{name}: row {i} must have the same structure as row 0; got {row!r} and {thing[0]!r}")
            numbers.extend(x if type(x) is float else float(getattr(x, "_data", x)) for x in part.numbers)
    width = len(first.numbers)

    def joined(columns: Columns) -> Any:
        rows = zip(*columns, strict=True) if columns else ((),) * len(thing)
        made = [first.structure.rebuild(list(row))[0][0] for row in rows]
        return array("d", made) if isinstance(thing, array) else made

    example = first.structure.rebuild(first.numbers)[0][0]
    return Spread(example, [Column(numbers, j, width) for j in range(width)], len(thing), joined)


def selected(columns: Sequence[Column], rows: Sequence[int]) -> list[Column]:
    """Return the columns with only the given rows."""
    made: dict[int, array[float]] = {}
    for column in columns:
        if column.step and id(column.numbers) not in made:
            numbers, step = memoryview(column.numbers).cast("B"), 8 * column.step  # type: ignore[arg-type]
            chosen = made[id(column.numbers)] = array("d")
            for row in rows:
                chosen.frombytes(numbers[row * step : (row + 1) * step])
    return [column._replace(numbers=made[id(column.numbers)]) if column.step else column for column in columns]
