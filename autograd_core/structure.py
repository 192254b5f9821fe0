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


def matching(things: Any, like: Any, name: str) -> list[Any]:
    """The numbers of `things`, which must have the structure of `like`, in the order of `flatten(like)`.

    Args: `name`, what messages call `things`; a vector may be a list for an array, and the other way round.
    Raises ValueError where keys, lengths or shapes differ.

    >>> matching({"b": 1.0, "a": 2.0}, {"a": 0.0, "b": 0.0}, "the tangents")
    [2.0, 1.0]
    """
    if is_array(like) or is_array(things):
        shapes = getattr(things, "shape", None), getattr(like, "shape", None)
        if is_array(like) and is_array(things) and shapes[0] == shapes[1]:
            return [_float(x) for x in things.ravel().tolist()]
        if is_array(like) and like.ndim == 1 and isinstance(things, (list, tuple)):  # a vector in either form
            return matching(list(things), list(like), name)
        if is_array(things) and things.ndim == 1 and isinstance(like, (list, tuple)):
            return matching(list(things), list(like), name)
        raise ValueError(f"{name} must be {_form(like)}, as what they belong to; got {_form(things)}")
    if isinstance(like, dict) and isinstance(things, dict) and things.keys() == like.keys():
        return [x for key in like for x in matching(things[key], like[key], f"{name}[{key!r}]")]
    if isinstance(like, (list, tuple)) and isinstance(things, (list, tuple)) and len(like) == len(things):
        pairs = enumerate(zip(things, like, strict=True))
        return [x for i, (thing, part) in pairs for x in matching(thing, part, f"{name}[{i}]")]
    if _is_number(like) and _is_number(things):
        return [_float(things)]
    raise ValueError(f"{name} must be {_form(like)}, as what they belong to; got {_form(things)}")


def _is_number(thing: Any) -> bool:
    return type(thing) is Value or number(thing) is not None


def _float(thing: Any) -> Any:
    """A number as a float, a Value as it is."""
    return thing if type(thing) is Value else float(thing)


def _form(thing: Any) -> str:
    """A structure in a message."""
    if is_array(thing):
        return f"an array of shape {thing.shape}"
    if isinstance(thing, dict):
        return f"a dict with the keys {list(thing)}"
    if isinstance(thing, (list, tuple)):
        return f"a {type(thing).__name__} of {len(thing)}"
    return "a number" if _is_number(thing) else f"{thing!r} of type {type(thing).__name__}"


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
