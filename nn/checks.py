"""Bad data refused: every message names the row and the column."""

import math
import numbers
import operator
from collections.abc import Sequence
from typing import Any

import autograd_core


def is_finite(thing: Any) -> bool:
    """Whether it is a real number, NumPy's included, and finite as a float."""
    try:
        return isinstance(thing, numbers.Real) and math.isfinite(thing)
    except OverflowError:  # a whole number beyond all floats
        return False


def real(
    name: str, value: Any, *, least: float = -math.inf, above: float = -math.inf, below: float = math.inf
) -> float:
    """A finite number within limits, NumPy's included, as a float; ValueError, naming it, otherwise.

    >>> real("momentum", 1.0, least=0.0, below=1.0)
    Traceback (most recent call last):
    ValueError: momentum must be a finite number of at least 0 and below 1, got 1.0
    """
    if not (is_finite(value) and value >= least and above < value < below):
        limits = {"of at least": least, "above": above, "below": below}
        wanted = " and ".join(f"{word} {limit:g}" for word, limit in limits.items() if math.isfinite(limit))
        raise ValueError(f"{name} must be a finite number {wanted}, got {value!r}")
    return float(value)


def whole(name: str, value: Any, least: int) -> int:
    """A whole number of at least `least`, NumPy's included; ValueError, naming it, otherwise."""
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least or isinstance(value, bool):
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return number


def functions(**things: Any) -> None:
    """Raise TypeError, naming it, for what is neither None nor can be called; a class is not what is meant.

    >>> functions(activation="tanh")
    Traceback (most recent call last):
    TypeError: activation must be a function or a module, got 'tanh': pass the function itself, autograd_core.tanh
    """
    for name, thing in things.items():
        if isinstance(thing, type):
            raise TypeError(f"{name} must be a function or a module, got {thing!r}: make one, {thing.__name__}()")
        if thing is not None and not callable(thing):
            known = isinstance(thing, str) and callable(getattr(autograd_core, thing, None))
            way_out = f": pass the function itself, autograd_core.{thing}" if known else ""
            raise TypeError(f"{name} must be a function or a module, got {thing!r}{way_out}")


def check_rows(rows: Sequence[Any], width: int | None = None, name: str = "the data") -> None:
    """Raise ValueError, naming row and column, unless `rows` are equally long rows of finite numbers.

    Args: `width`, how many columns there must be, by default as many as in row 0; `name`, of the data, for the
    message. A row may also be a sequence of steps, each a row of numbers; then rows may differ in length.

    >>> check_rows([[1.0, 2.0], [3.0, float("nan")]])
    Traceback (most recent call last):
    ValueError: the data: row 1, column 1 must be a finite number, got nan
    """
    if len(rows) == 0:
        raise ValueError(f"{name}: there are no rows")
    wanted = width or (len(rows[0]) if _is_row(rows[0]) else 1)
    for index, row in enumerate(rows):
        if _is_row(row) and len(row) > 0 and all(map(_is_row, row)):
            check_rows(row, name=f"{name}: sequence {index}")
        else:
            check_row(row, wanted, f"{name}: row {index}")


def check_row(row: Any, width: int, where: str) -> None:
    """Raise ValueError, naming the column, unless `row` holds finite numbers, `width` of them."""
    if not _is_row(row):
        raise ValueError(f"{where} must be a list of numbers, got {row!r}")
    if len(row) == 0:
        raise ValueError(f"{where} is empty: column 0 is missing")
    if len(row) != width:
        wrong = "missing" if len(row) < width else "too many"
        raise ValueError(f"{where} has {len(row)} columns, not {width}: column {min(len(row), width)} is {wrong}")
    if set(map(type, row)) == {float} and all(map(math.isfinite, row)):
        return  # the common case, quickly
    for column, number in enumerate(row):
        if not is_finite(number):
            raise ValueError(f"{where}, column {column} must be a finite number, got {number!r}")


def check_targets(targets: Sequence[Any], rows: int, name: str = "the data") -> None:
    """Raise ValueError, naming the row, unless there is one target of finite numbers for each row.

    >>> check_targets([0, "1"], 2)
    Traceback (most recent call last):
    ValueError: the data: the target of row 1 must be a finite number, got '1'
    """
    if len(targets) != rows:
        raise ValueError(f"{name}: {rows} rows of inputs but {len(targets)} targets")
    for index, target in enumerate(targets):
        for column, number in enumerate(target) if _is_row(target) else [(None, target)]:
            if not is_finite(number):
                where = f"row {index}" if column is None else f"row {index}, column {column},"
                raise ValueError(f"{name}: the target of {where} must be a finite number, got {number!r}")


def _is_row(thing: Any) -> bool:
    return hasattr(thing, "__len__") and not isinstance(thing, (str, bytes, dict))
