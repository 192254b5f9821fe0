"""A record of what a traced function reads besides its arguments, to find out later whether any of it has changed.

A replay does not run the function, so it would not notice such a change. `reached.py` finds what there is to record.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from types import CellType
from typing import Any

from .._engine.choice import accelerated

# Stands for the content of an empty cell, and for the value of a key that a dict does not have.
MISSING = object()
# A holder (a list, dict or cell); for a dict, the keys to compare, otherwise None; what the holder contains; and the
# number of keys, if the dict may have no others, otherwise -1.
Held = tuple[Any, tuple[Any, ...] | None, tuple[Any, ...], int]
Contents = Callable[[], tuple[Any, ...]]


class Captured:
    """What a function captures: enclosing variables, globals, attributes and the contents of containers.

    Two objects count as the same if they are one object; if they are numbers or strings of one type with the same bits,
    or tuples of such; or if both are an empty list, dict or set.
    """

    def __init__(self) -> None:
        self.generators: list[Any] = []  # NumPy's random number generators among the objects
        self.iterator = ""  # the name of a variable that contains an iterator
        self._held: list[Held] = []
        self._names: list[str] = []
        self._read: list[tuple[str, Hashable, Contents, tuple[Any, ...]]] = []

    def hold(self, name: str, holder: Any, keys: tuple[Any, ...] | None, contents: tuple[Any, ...], size: int) -> None:
        """Record the contents of a list, dict or cell; see `Held`. For some keys of a dict, `name` precedes a key."""
        self._held.append((holder, keys, contents, size))
        self._names.append(name)

    def read(self, name: str, of: Hashable, contents: Contents) -> None:
        """Record the contents of anything else, which `of` identifies; `contents` returns them as they are now."""
        self._read.append((name, of, contents, contents()))

    def change(self) -> str | None:
        """Return the name of something that is not as it was recorded, or None if there is nothing of the kind."""
        at = first_changed(self._held, MISSING)
        if at >= 0:
            return self._described(at)
        for name, _, contents, recorded in self._read:
            if not _are_same(contents(), recorded):
                return name
        return None

    def _described(self, at: int) -> str:
        name, (holder, keys, contents, _) = self._names[at], self._held[at]
        if keys is None or (name and not name.endswith(".")):
            return name
        for key, thing in zip(keys, contents, strict=True):
            if not _same(dict.get(holder, key, MISSING), thing):
                return f"{name}{key}"
        return f"the number of attributes of {name[:-1]}"

    def change_since(self, earlier: Captured) -> str | None:
        """Return the name of something that an earlier record has otherwise, or None if there is nothing of the kind.

        Lists, tuples and dicts made anew count as the same if their contents do. What the earlier record lacks does not
        count, unless it is an attribute that the object did not have.
        """
        before: dict[Hashable, Any] = {}
        for holder, keys, contents, size in earlier._held:
            before[id(holder)] = contents if keys is None else MISSING
            before.update(((id(holder), key), thing) for key, thing in zip(keys or (), contents, strict=False))
            before["all", id(holder)] = size
        before.update((of, recorded) for _, of, _, recorded in earlier._read)
        for name, (holder, keys, contents, _) in zip(self._names, self._held, strict=True):
            if id(holder) not in before:
                continue
            if keys is None:
                if not _alike(before[id(holder)], contents):
                    return name
                continue
            for key, thing in zip(keys, contents, strict=True):
                known = (id(holder), key) in before or before["all", id(holder)] >= 0
                if known and not _alike(before.get((id(holder), key), MISSING), thing):
                    return name if name and not name.endswith(".") else f"{name}{key}"
        for name, of, _, recorded in self._read:
            if not _alike(before.get(of, recorded), recorded):
                return name
        return None


@accelerated
def first_changed(held: list[Held], missing: object) -> int:
    """Return the index of the first holder whose contents are not the recorded ones, or -1 if there is none."""
    for i, (holder, keys, contents, size) in enumerate(held):
        if keys is not None:
            now: Any = [dict.get(holder, key, missing) for key in keys]
            if size not in (-1, dict.__len__(holder)):
                return i
        else:
            now = _content(holder, missing) if type(holder) is CellType else list.copy(holder)
        if not _are_same(now, contents):
            return i
    return -1


def _content(cell: CellType, missing: object) -> tuple[Any]:
    try:
        return (cell.cell_contents,)
    except ValueError:
        return (missing,)


def _are_same(things: Any, others: tuple[Any, ...]) -> bool:
    return len(things) == len(others) and all(map(_same, things, others))


def _same(one: Any, other: Any) -> bool:
    if one is other:
        return True
    kind = type(one)
    if kind is not type(other):
        return False
    if issubclass(kind, float):
        return float.hex(one) == float.hex(other)
    if kind is tuple:
        return _are_same(one, other)
    return (kind in (int, str, bytes) and bool(one == other)) or (kind in (list, dict, set) and not one and not other)


def _alike(one: Any, other: Any, depth: int = 4) -> bool:
    """Return whether two objects are the same, or lists, tuples or dicts whose contents are."""
    if _same(one, other):
        return True
    kind = type(one)
    if kind is not type(other) or not depth:
        return False
    if kind is dict:
        return one.keys() == other.keys() and all(_alike(one[key], other[key], depth - 1) for key in one)
    if kind in (list, tuple):
        return len(one) == len(other) and all(_alike(x, y, depth - 1) for x, y in zip(one, other, strict=True))
    return kind.__module__ == "numpy" and hasattr(one, "tobytes") and _packed(one) == _packed(other)


def _packed(thing: Any) -> tuple[Any, ...]:
    return thing.dtype.str, thing.shape, thing.tobytes() if thing.dtype.kind != "O" else id(thing)
