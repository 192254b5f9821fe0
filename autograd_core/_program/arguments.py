"""Splits the arguments of a call to a traced function into numbers and structure.

A program is the recorded form of the function for one structure of its arguments. The structure of a call's arguments,
and the static ints (ints that were fixed when the function was traced), select the program to replay.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from .._engine.numbers import number, unwrapped
from .._transforms.trees import Kept, Leaf, Nested, Shape, Structure, apart, is_array, is_bool
from ..value import Value


@dataclass(frozen=True, slots=True)
class Arguments:
    """A call's arguments, split into their numbers and their structure.

    `structure` contains both; integers of other types, such as NumPy's, have been converted to ints. Calls with equal
    `key`s share a program, unless their static ints differ. `ends` holds, for each argument, the position just after
    the argument's last number.
    """

    structure: Structure
    key: Hashable
    ends: tuple[int, ...]

    @property
    def numbers(self) -> list[Any]:
        """The numbers in the arguments (floats, ints and Values), in order."""
        return self.structure.numbers

    def part(self, at: int) -> Structure:
        """Return the structure of the argument at index `at`."""
        start = self.ends[at - 1] if at else 0
        numbers = self.numbers[start : self.ends[at]]
        first, second = self.structure.form.parts  # type: ignore[union-attr]  # positional and keyword
        form = [*first.parts, *second.parts][at]
        leaves, count = [], 0
        for leaf in self.structure.leaves:
            if start <= count < self.ends[at]:
                leaves.append(leaf)
            count += leaf.size
        return Structure(numbers, leaves, form)

    def inputs(self, static: Collection[int]) -> tuple[int, ...]:
        """Return the positions of the inputs: all numbers except ints in arguments whose indices are in `static`."""
        return tuple(i for i, x in enumerate(self.numbers) if type(x) is not int or self.argument_of(i) not in static)

    def kept(self) -> list[tuple[str, Any]]:
        """Return the arguments' parts other than numbers, and their containers' classes, with the arguments' names."""
        first, second = self.structure.form.parts  # type: ignore[union-attr]  # positional and keyword
        names = [f"argument {i}" for i in first.names] + second.names
        parts = first.parts + second.parts
        return [(name, thing) for name, part in zip(names, parts, strict=True) for thing in _kept(part)]

    def argument_of(self, position: int) -> int:
        """Return the index of the argument that contains the number at a position."""
        return next(i for i, end in enumerate(self.ends) if position < end)


def opened(positional: tuple[Any, ...], keywords: dict[str, Any]) -> Arguments:
    """Split a call's arguments into numbers (floats, Values and ints) and structure (everything else)."""
    flat = None if keywords else _flat(positional)
    return _taken_apart(positional, keywords) if flat is None else flat


# A cache for calls whose arguments are numbers, or lists and tuples of numbers. The cache holds everything except the
# numbers, keyed by the layout and types of the arguments. A training loop makes the same few kinds of calls repeatedly.
_known: dict[Hashable, tuple[list[Leaf], Nested, Hashable, tuple[int, ...]]] = {}
_MOST, _LONGEST = 64, 1 << 14  # at most _MOST kinds of calls are cached, none with more than _LONGEST numbers
_NUMBERS = {float, int, Value}


def _flat(positional: tuple[Any, ...]) -> Arguments | None:
    """Split arguments as `opened` does if they are numbers, or lists and tuples of numbers; otherwise return None."""
    numbers: list[Any] = []
    parts: list[Hashable] = []
    for argument in positional:
        kind = type(argument)
        if kind is list or kind is tuple:
            numbers += argument
            parts.append((kind, len(argument)))
        else:
            numbers.append(argument)
            parts.append(None)
    types = tuple(map(type, numbers))
    looks = (tuple(parts), types)
    known = _known.get(looks)
    if known is None:
        if len(numbers) > _LONGEST or not _NUMBERS.issuperset(types):
            return None
        known = _remembered(looks, positional)
    leaves, form, key, ends = known
    return Arguments(Structure(numbers, leaves, form), key, ends)


def _remembered(looks: Hashable, positional: tuple[Any, ...]) -> tuple[list[Leaf], Nested, Hashable, tuple[int, ...]]:
    found = _taken_apart(tuple(_without_values(argument) for argument in positional), {})
    assert isinstance(found.structure.form, Nested)
    if len(_known) >= _MOST:
        _known.clear()
    _known[looks] = known = (found.structure.leaves, found.structure.form, found.key, found.ends)
    return known


def _without_values(argument: Any) -> Any:
    """Return an argument with 0.0 in place of each Value, so that the cache does not keep the Values alive."""
    if type(argument) in (list, tuple):
        return type(argument)(map(_without_values, argument))
    return 0.0 if type(argument) is Value else argument


def _taken_apart(positional: tuple[Any, ...], keywords: dict[str, Any]) -> Arguments:
    parts, ends = [], []
    whole = Structure([], [], Leaf(None))
    for argument in (*positional, *keywords.values()):
        part = apart(argument, _numbers, Kept)
        parts.append(part.form)
        whole.numbers.extend(part.numbers)
        whole.leaves.extend(part.leaves)
        ends.append(len(whole.numbers))
    whole.form = _together(positional, keywords, parts)
    key = (len(positional), tuple(keywords), tuple(map(key_of, parts)))
    ints = tuple(i for i, x in enumerate(whole.numbers) if type(x) is int)
    return Arguments(whole, (key, ints), tuple(ends))


def _together(positional: tuple[Any, ...], keywords: dict[str, Any], parts: list[Any]) -> Nested:
    count = len(positional)
    sequence, mapping = apart((), _numbers, Kept).form, apart({}, _numbers, Kept).form
    assert isinstance(sequence, Nested) and isinstance(mapping, Nested)
    first = Nested(sequence.kind, positional, list(range(count)), parts[:count])
    second = Nested(mapping.kind, {}, list(keywords), parts[count:])
    return Nested(sequence.kind, (), [0, 1], [first, second])


def _numbers(thing: Any) -> tuple[list[Any], Shape] | None:
    """Return the numbers in an innermost part of the structure, and their shape; return None if there are none."""
    if type(thing) in (float, int, Value):  # nearly all arguments are of these types, and the checks below take longer
        return [thing], None
    if is_array(thing) and thing.shape:
        elements = thing.ravel().tolist() if thing.dtype.kind in "fiuO" else []
        if elements and all(type(x) in (float, int, Value) for x in elements):
            return elements, thing.shape
        return None
    inner = unwrapped(thing)
    if type(inner) is Value:
        return [inner], None
    if is_bool(inner):
        return None
    if isinstance(inner, Integral):
        return [int(inner)], None
    x = number(inner)
    return None if x is None else ([x], None)


def _kept(form: Nested | Kept | Leaf) -> list[Any]:
    if isinstance(form, Nested):
        return [type(form.like), *(thing for part in form.parts for thing in _kept(part))]
    return [form.thing] if isinstance(form, Kept) else []


def key_of(form: Nested | Kept | Leaf) -> Hashable:
    """Return a key for a structure. Structures of equal form with equal static objects have equal keys."""
    if isinstance(form, Leaf):
        return form.shape
    if isinstance(form, Kept):
        return key_of_static(form.thing)
    return type(form.like), tuple(form.names), tuple(map(key_of, form.parts))


def key_of_static(thing: Any) -> Hashable:
    """Return a key for a static argument: its value if that is hashable, otherwise its identity."""
    if is_array(thing):
        return "array", thing.dtype.str, thing.shape, thing.tobytes() if thing.dtype.kind != "O" else id(thing)
    try:
        hash(thing)
    except TypeError:
        return type(thing), id(thing)
    return type(thing), thing


def as_floats(numbers: Sequence[Any]) -> list[float]:
    """Return the numbers of a call as floats."""
    return [x if type(x) is float else x._data if type(x) is Value else float(x) for x in numbers]


def checked_fast(fast: Any) -> bool:
    """Return `fast` if it is True or False; raise TypeError otherwise."""
    if type(fast) is not bool:
        raise TypeError(f"fast must be True or False; got {fast!r} of type {type(fast).__name__}")
    return fast
