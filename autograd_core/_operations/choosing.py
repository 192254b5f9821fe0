"""Functions that choose among Values without branching in Python: `take` chooses by index, `max` and `min` by size."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

from .. import ops
from ..value import Value
from .integers import index_of


def take(table: Any, i: Any) -> Any:
    """Return the entry of `table` at index `i`; a negative index counts from the end.

    The gradient goes to the chosen entry. If a function that `trace` records takes `i` as an argument, one recorded
    program serves every index, whereas `table[i]` would need a separate program for each index.

    Args:
        table: A list of numbers, or a list of lists of equal length; in the second case, the entry is a list.
        i: An int, or a Value that holds an integer.

    Raises:
        ValueError: The index is out of range, or is not an integer.

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
    """Return the largest number in a list, or the largest of several numbers, without branching on Values.

    The arguments are those of the builtin `max`. The gradient goes to the chosen number; if several numbers are equally
    large, the first of them is chosen. In a function that `trace` records, the builtin would need a separate program
    for each possible order of the numbers.

    >>> from autograd_core import Value
    >>> max(Value(1.0), Value(3.0), 2.0)
    Value(3.0)
    """
    return _extreme(builtins.max, 1.0, numbers, key, default)


def min(*numbers: Any, key: Callable[[Any], Any] | None = None, **default: Any) -> Any:
    """Return the smallest number in a list, or the smallest of several numbers; see `max`.

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
        # The result is 1 if `best` is better, 0 if `x` is better, and ½ in a tie; `where` keeps `best` unless it is 0.
        stays = ops.larger(sign * of_best, sign * of_x)
        best = ops.where(stays, best, x)
        of_best = best if key is None else ops.where(stays, of_best, of_x)
    return best
