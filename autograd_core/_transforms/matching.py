"""Reads tangents and cotangents, which must have the same structure as the arguments or the outputs."""

from __future__ import annotations

from typing import Any

from .._engine.numbers import unwrapped
from ..value import Value
from .kinds import kind_of
from .trees import elements_of, is_array, is_number, passes


def matching(things: Any, like: Any, name: str) -> list[Any]:
    """Return the numbers in `things`, which must have the same structure as `like`, in the order of `flatten(like)`.

    Where `like` has a one-dimensional array, `things` may have a list or a tuple, and vice versa. Where `like` has
    None, `things` must have None; where `like` has a string, `things` must have that string or None.

    Args:
        things: The structure to read.
        like: An object with the required structure.
        name: The name of `things` in error messages.

    Raises:
        ValueError: The structures differ, for example in their keys, lengths or shapes.

    >>> matching({"b": 1.0, "a": 2.0}, {"a": 0.0, "b": 0.0}, "the tangents")
    [2.0, 1.0]
    """
    things, like = unwrapped(things), unwrapped(like)
    if is_array(like) or is_array(things):
        shapes = getattr(things, "shape", None), getattr(like, "shape", None)
        if is_array(like) and is_array(things) and shapes[0] == shapes[1]:
            return [_float(x) for x in elements_of(things)]
        if is_array(like) and like.ndim == 1 and isinstance(things, (list, tuple)):  # `things` may be of either type
            return matching(list(things), list(like), name)
        if is_array(things) and things.ndim == 1 and isinstance(like, (list, tuple)):
            return matching(list(things), list(like), name)
    elif passes(like):
        if things is None or (isinstance(things, str) and things == like):
            return []
    elif is_number(like):
        if is_number(things):
            return [_float(things)]
    elif (kind := kind_of(like)) is not None and (other := kind_of(things)) is not None and kind.family == other.family:
        names, parts = kind.open(like)
        given = dict(zip(*other.open(things), strict=True))
        if given.keys() == set(names):
            pairs = zip(names, parts, strict=True)
            return [x for key, part in pairs for x in matching(given[key], part, name + kind.place(key))]
    raise ValueError(f"{name} must be {_form(like)}; got {_form(things)}")


def _float(thing: Any) -> Any:
    """Return a number as a float, and a Value unchanged."""
    return thing if type(thing) is Value else float(thing)


def _form(thing: Any) -> str:
    """Describe a structure for an error message."""
    if is_array(thing):
        return f"an array of shape {thing.shape}"
    if isinstance(thing, dict):
        return f"a {type(thing).__name__} with the keys {list(thing)}"
    if isinstance(thing, (list, tuple)):
        return f"a {type(thing).__name__} of length {len(thing)}"
    if is_number(thing):
        return "a number"
    if thing is None:
        return "None"
    return f"a {type(thing).__name__}" if kind_of(thing) else f"{thing!r} of type {type(thing).__name__}"
