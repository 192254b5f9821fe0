"""Numbers in lists, tuples, dicts and NumPy arrays, taken apart and put together again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from .value import Value, number

Rebuild = Callable[[Sequence[Any]], Any]


def is_array(thing: Any) -> bool:
    """Whether it is a NumPy array, without importing NumPy."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(thing, numpy.ndarray)


def flatten(thing: Any) -> tuple[list[Any], Rebuild]:
    """The numbers in `thing`, in order, and the function that puts as many others into the same structure.

    Args: `thing`, a number or Value, or a list, tuple, dict or NumPy array of such, nested at will. An array is
    rebuilt as float64, or as an array of objects where it is given Values.
    Raises TypeError for anything else, naming it.

    >>> numbers, rebuild = flatten({"w": [1.0, 2.0], "b": 3.0})
    >>> numbers, rebuild([10, 20, 30])
    ([1.0, 2.0, 3.0], {'w': [10, 20], 'b': 30})
    """
    if type(thing) is Value or number(thing) is not None:
        return [thing], lambda numbers: numbers[0]
    if is_array(thing):
        return thing.ravel().tolist(), lambda numbers: _array(numbers, thing.shape)
    if isinstance(thing, dict):
        keys = list(thing)
        return _joined([thing[key] for key in keys], lambda parts: dict(zip(keys, parts, strict=True)))
    if isinstance(thing, tuple):
        named = hasattr(thing, "_fields")
        return _joined(list(thing), lambda parts: type(thing)(*parts) if named else tuple(parts))
    if isinstance(thing, list):
        return _joined(thing, list)
    raise TypeError(
        "a function is differentiated by numbers, and lists, tuples, dicts and NumPy arrays of numbers; "
        f"got {thing!r} of type {type(thing).__name__}"
    )


def _joined(things: list[Any], join: Rebuild) -> tuple[list[Any], Rebuild]:
    parts = [flatten(thing) for thing in things]

    def rebuild(numbers: Sequence[Any]) -> Any:
        rebuilt, at = [], 0
        for inner, build in parts:
            rebuilt.append(build(numbers[at : at + len(inner)]))
            at += len(inner)
        return join(rebuilt)

    return [x for inner, _ in parts for x in inner], rebuild


def _array(numbers: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """A NumPy array of this shape: of floats, or of objects where an element is no plain number.

    Elements that are themselves arrays (the rows of a Jacobian) add their dimensions behind.
    """
    numpy = sys.modules["numpy"]
    if any(type(x) is Value for x in numbers):
        made = numpy.empty(len(numbers), dtype=object)
        made[:] = numbers
        return made.reshape(shape)
    if numbers and isinstance(numbers[0], numpy.ndarray):
        return numpy.stack(numbers).reshape(shape + numbers[0].shape)
    if any(number(x) is None for x in numbers):  # structures other than arrays: one object each
        made = numpy.empty(len(numbers), dtype=object)
        made[:] = numbers
        return made.reshape(shape)
    return numpy.array(numbers, dtype=float).reshape(shape)
