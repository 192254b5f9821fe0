"""Choosing without a branch: one of a table by an index, and the largest and smallest of a list."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

from .. import ops
from ..value import Value
from .integers import index_of


def take(table: Any, i: Any) -> Any:
    """The entry of `table` that the whole number `i` names, counted from 0, or from the end where it is negative.

    Args: `table`, a list of numbers, or of rows, of which one comes back as a list; `i`, an int, or a Value that is a
    whole number. Differentiable in the table: a gradient goes to the entry that is chosen. In a traced function `i` is
    an input: one program serves every index (`table[i]` would make a program of each).
    Raises ValueError for an index that names none.

    >>> from autograd_core import Value
    >>> table = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]]
    >>> row = take(table, 1)
    >>> (row[0] * row[1]).backward()
    >>> row[0].data, table[1][0].grad
    (3.0, 4.0)
    """
    rows, i = list(table), index_of(i)
    if rows and hasattr(rows[0], "__len__"):
        return [take(column, i) for column in zip(*rows, strict=True)]
    return ops.take([i, *rows])


def max(*numbers: Any, key: Callable[[Any], Any] | None = None, **default: Any) -> Any:
    """The largest of a list, or of several numbers, as the builtin gives it; where Values are among them, no branch.

    Args: as of the builtin. Its gradient goes to the one that is chosen, of equal ones the first. In a traced function
    the builtin would make a program of each order of the numbers.

    >>> from autograd_core import Value
    >>> max(Value(1.0), Value(3.0), 2.0)
    Value(3.0)
    """
    return _extreme(builtins.max, 1.0, numbers, key, default)


def min(*numbers: Any, key: Callable[[Any], Any] | None = None, **default: Any) -> Any:
    """The smallest of a list, or of several numbers; see `max`.

    >>> min([3.0, 1.0, 2.0])
    1.0
    """
    return _extreme(builtins.min, -1.0, numbers, key, default)


def _extreme(
    builtin: Callable[..., Any], sign: float, numbers: tuple[Any, ...], key: Any, default: dict[str, Any]
) -> Any:
    given = list(numbers[0]) if len(numbers) == 1 else list(numbers)
    keys = [key(x) for x in given] if key is not None else given
    if not given or not any(type(x) is Value for x in keys):
        return builtin(given, key=key, **default) if len(numbers) == 1 else builtin(*numbers, key=key, **default)
    best, of_best = given[0], keys[0]
    for x, of_x in zip(given[1:], keys[1:], strict=True):
        stays = ops.larger(sign * of_best, sign * of_x)  # 1, in a tie ½, and 0 where x is better
        best = ops.where(stays, best, x)
        of_best = best if key is None else ops.where(stays, of_best, of_x)
    return best
