"""The kinds of structure that can contain numbers, such as lists, and how each is taken apart and rebuilt."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of structure is taken apart and rebuilt.

    `open` takes a structure and returns the names of its parts (indices, keys or fields) and the parts themselves;
    `close` makes a new structure from the original one, the names and the new parts. A tangent or cotangent may have
    any structure of the same `family` as the argument or output that it belongs to.
    """

    family: Any
    open: Callable[[Any], tuple[list[Any], list[Any]]]
    close: Callable[[Any, list[Any], list[Any]], Any]

    def place(self, name: Any) -> str:
        """Return the suffix that turns a structure's name into the name of one of its parts: "[0]" or ".field"."""
        return f".{name}" if type(name) is str and self.family != "mapping" else f"[{name!r}]"


def _numbered(parts: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    return list(range(len(parts))), list(parts)


def _keyed(things: dict[Any, Any]) -> tuple[list[Any], list[Any]]:
    return list(things), list(things.values())


def _again(like: dict[Any, Any], keys: list[Any], parts: list[Any]) -> Any:
    """Make a structure of the same type as the original: a dict or an OrderedDict."""
    return type(like)(zip(keys, parts, strict=True))


def _default(like: defaultdict[Any, Any], keys: list[Any], parts: list[Any]) -> Any:
    return defaultdict(like.default_factory, zip(keys, parts, strict=True))


# The kinds, keyed by exact type. Subclasses are not included, because their operators may behave differently.
KINDS: dict[type, Kind] = {
    list: Kind("sequence", _numbered, lambda like, names, parts: parts),
    tuple: Kind("sequence", _numbered, lambda like, names, parts: tuple(parts)),
    dict: Kind("mapping", _keyed, _again),
    OrderedDict: Kind("mapping", _keyed, _again),
    defaultdict: Kind("mapping", _keyed, _default),
}
NAMED_TUPLE = Kind("sequence", _numbered, lambda like, names, parts: type(like)._make(parts))


def register(kind: type, parts: Callable[[Any], Sequence[Any]], rebuild: Callable[[Any, Sequence[Any]], Any]) -> None:
    """Register your own class as a structure that a transformed function can take and return.

    Args:
        kind: The class; its subclasses are not included.
        parts: A function that takes an instance and returns the numbers and structures in it, in order.
        rebuild: A function that takes an instance and a replacement for each of its parts, and returns a new instance.
            The replacements may be Values, gradients or None.

    Raises:
        TypeError: `kind` is not a class or is already registered, or `parts` or `rebuild` is not callable.

    >>> from autograd_core import grad
    >>> class Vector(list):
    ...     def __mul__(self, other):
    ...         return sum(x * y for x, y in zip(self, other))
    >>> register(Vector, list, lambda like, parts: Vector(parts))
    >>> slope = grad(lambda v: v * v)(Vector([1.0, 2.0]))
    >>> slope, type(slope).__name__
    ([2.0, 4.0], 'Vector')
    """
    if not isinstance(kind, type) or not callable(parts) or not callable(rebuild):
        raise TypeError(f"register takes a class and two functions; got {kind!r}, {parts!r}, {rebuild!r}")
    if kind in KINDS:
        raise TypeError(f"{kind.__qualname__} is already registered")
    KINDS[kind] = Kind(kind, lambda thing: _numbered(parts(thing)), lambda like, names, new: rebuild(like, new))


def kind_of(thing: Any) -> Kind | None:
    """Return the kind of a structure, or None if it is not a structure of a known kind."""
    kind = type(thing)
    if (known := KINDS.get(kind)) is not None:
        return known
    if isinstance(thing, tuple) and hasattr(kind, "_fields") and hasattr(kind, "_make"):
        return None if _beside(thing, ()) else NAMED_TUPLE
    if dataclasses.is_dataclass(kind) and not isinstance(thing, (list, tuple, dict)):
        fields = dataclasses.fields(kind)
        names = [field.name for field in fields]
        if all(field.init for field in fields) and not _beside(thing, names):
            return Kind(kind, lambda thing: (names, [getattr(thing, name) for name in names]), _made)
    return None


def _beside(thing: Any, names: Sequence[str]) -> bool:
    """Return whether an object has attributes other than `names`, which would be lost if the object were rebuilt.

    Cached properties are ignored.
    """
    return any(
        name not in names
        and not name.startswith("__")
        and not isinstance(getattr(type(thing), name, None), cached_property)
        for name in getattr(thing, "__dict__", ())
    )


def _made(like: Any, names: list[Any], parts: list[Any]) -> Any:
    """Make a dataclass instance without calling `__post_init__`, which might reject or change gradients."""
    made = object.__new__(type(like))
    for name, part in zip(names, parts, strict=True):
        object.__setattr__(made, name, part)
    return made
