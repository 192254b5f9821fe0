"""Records what a traced function reads besides its arguments, and finds out later whether any of it has changed.

A replay repeats the operations that the function performed, but does not run the function's code, so it would not
notice such a change. `reached.py` finds what to record.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from types import CellType
from typing import Any

from .._engine.choice import accelerated

# Stands for a value that does not exist, such as that of a key that a dict does not have, or that of an empty cell. (A
# cell is the object in which Python keeps a variable that an inner function uses too.)
MISSING = object()
# A holder (a list, dict or cell); for a dict, the keys to compare, otherwise None; the holder's contents (for a dict,
# the values of these keys); and the number of all keys of the dict if this is compared too, otherwise -1.
Held = tuple[Any, tuple[Any, ...] | None, tuple[Any, ...], int]
Contents = Callable[[], tuple[Any, ...]]


class Captured:
    """A record of what a function captures: variables of outer functions, globals, attributes, contents of containers.

    Two objects count as the same if they are one object; if they are numbers or strings of the same type with the same
    bits; if they are tuples whose items count as the same; or if both are an empty list, an empty dict or an empty set.
    """

    def __init__(self) -> None:
        self.generators: list[Any] = []  # the NumPy random number generators that the function captures
        self.iterator = ""  # the name of an iterator, if the function captures one
        self._held: list[Held] = []
        self._names: list[str] = []
        self._read: list[tuple[str, Hashable, Contents, tuple[Any, ...]]] = []

    def hold(self, name: str, holder: Any, keys: tuple[Any, ...] | None, contents: tuple[Any, ...], size: int) -> None:
        """Record the contents of a list, dict or cell; see `Held`.

        `name` is for messages. If it is empty or ends with a dot, the key whose value has changed is appended to it.
        """
        self._held.append((holder, keys, contents, size))
        self._names.append(name)

    def read(self, name: str, of: Hashable, contents: Contents) -> None:
        """Record the contents of anything else; `of` identifies it, and `contents` returns its current contents."""
        self._read.append((name, of, contents, contents()))

    def change(self) -> str | None:
        """Return the name of something that has changed since it was recorded, or None if nothing has."""
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
        return f"the set of attributes of {name[:-1]}"

    def change_since(self, earlier: Captured) -> str | None:
        """Return the name of something that has changed since an earlier record, or None if nothing has.

        Here, two different lists, tuples, dicts or NumPy arrays count as the same if their contents do. Something that
        is not in the earlier record is ignored, unless it is an attribute that the object did not have then.
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
    """Return the index of the first holder whose contents have changed since they were recorded, or -1 if none have."""
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
    """Return whether two objects count as the same if lists, tuples, dicts and NumPy arrays are compared by content.

    `depth` is the number of levels of nested containers that are compared in this way.
    """
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
