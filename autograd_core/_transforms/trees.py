"""Takes apart lists, tuples, dicts, dataclasses and NumPy arrays of numbers, and puts them back together."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .._engine.numbers import number, unwrapped
from ..value import Value
from .kinds import KINDS, Kind, kind_of

Rebuild = Callable[[Sequence[Any]], Any]
Shape = tuple[int, ...] | None  # the shape of an array, or None for a number


def is_array(thing: Any) -> bool:
    """Return whether `thing` is a NumPy array, without importing NumPy."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(thing, numpy.ndarray)


def passes(thing: Any) -> bool:
    """Return whether `thing` is None or a string, which a structure may contain although neither has a derivative."""
    return thing is None or isinstance(thing, str)


def is_bool(thing: Any) -> bool:
    """Return whether `thing` is a Python or NumPy bool."""
    kind = type(thing)
    return kind is bool or (kind.__module__ == "numpy" and kind.__name__ in ("bool", "bool_"))


@dataclass(frozen=True, slots=True)
class Nested:
    """The form of a structure with parts: its kind, the original object, and the names and forms of the parts."""

    kind: Kind
    like: Any
    names: list[Any]
    parts: list[Any]

    def filled(self, leaves: Iterator[Any]) -> Any:
        """Return a new structure of the same form, filled with the next items of `leaves`."""
        parts = [next(leaves) if type(part) is Leaf else part.filled(leaves) for part in self.parts]
        return self.kind.close(self.like, self.names, parts)


@dataclass(frozen=True, slots=True)
class Kept:
    """A part that contains no numbers, such as None or a string, and is kept as it is."""

    thing: Any

    def filled(self, leaves: Iterator[Any]) -> Any:
        """Return the part itself."""
        return self.thing


@dataclass(frozen=True, slots=True)
class Leaf:
    """The position of a number or an array in a structure."""

    shape: Shape

    def filled(self, leaves: Iterator[Any]) -> Any:
        """Return the next item of `leaves`."""
        return next(leaves)

    @property
    def size(self) -> int:
        """How many numbers belong here: 1 or, for an array, the number of elements."""
        return 1 if self.shape is None else math.prod(self.shape)


NUMBER = Leaf(None)


@dataclass(slots=True)
class Structure:
    """A structure that has been taken apart: the numbers in it, in order, and the position where each belongs."""

    numbers: list[Any]
    leaves: list[Leaf]
    form: Nested | Kept | Leaf

    @property
    def is_of_numbers(self) -> bool:
        """Whether the structure contains only single numbers, and no arrays."""
        return all(leaf is NUMBER for leaf in self.leaves)

    def rebuild(self, numbers: Sequence[Any]) -> Any:
        """Return the same structure with new numbers in place of the old ones."""
        if self.form is NUMBER:
            return numbers[0]
        if len(numbers) == len(self.leaves) and self.is_of_numbers:
            return self.form.filled(iter(numbers))
        made, at = [], 0
        for leaf in self.leaves:
            made.append(joined(numbers[at : at + leaf.size], leaf.shape))
            at += leaf.size
        return self.form.filled(iter(made))

    def jacobian(self, inputs: Structure, rows: Sequence[Sequence[Any]]) -> Any:
        """Return the derivatives of the numbers in this structure with respect to the numbers in `inputs`.

        The result is this structure with the structure of `inputs` in place of each number. The derivative of one array
        with respect to another has the shape of the first followed by the shape of the second.

        Args:
            inputs: The structure of the inputs.
            rows: One row for each number in this structure; each row has one derivative for each number in `inputs`.
        """
        if self.is_of_numbers and inputs.is_of_numbers:
            return self.form.filled(inputs.form.filled(iter(row)) for row in rows)
        made, at = [], 0
        for leaf in self.leaves:
            made.append(inputs.form.filled(_blocks(leaf, inputs.leaves, rows[at : at + leaf.size])))
            at += leaf.size
        return self.form.filled(iter(made))


def _blocks(output: Leaf, inputs: Sequence[Leaf], rows: Sequence[Sequence[Any]]) -> Iterator[Any]:
    """Yield the derivatives of the leaf `output` with respect to each leaf of the inputs."""
    at = 0
    for leaf in inputs:
        shape = None if output.shape is None and leaf.shape is None else (*(output.shape or ()), *(leaf.shape or ()))
        yield joined([x for row in rows for x in row[at : at + leaf.size]], shape)
        at += leaf.size


def taken_apart(thing: Any) -> Structure:
    """Take `thing` apart into the numbers in it, in order, and the positions where they belong.

    An array is rebuilt as an array of float64, or as an array of objects if any of its new elements are Values.

    Args:
        thing: A number or Value, or arbitrarily nested lists, tuples, dicts, named tuples, dataclasses, NumPy arrays
            and classes registered with `register`. None and strings in it are left unchanged.

    Raises:
        TypeError: `thing` contains anything else; the message names the offending object.
    """
    if type(thing) is float or type(thing) is Value:  # a fast path for the most common case
        return Structure([thing], [NUMBER], NUMBER)
    return apart(thing, _numbers_of, _kept)


def values_in(thing: Any) -> Structure:
    """Take `thing` apart into the Values in it and the elements of arrays that contain Values; keep everything else."""
    return apart(thing, _values_of, Kept)


def apart(
    thing: Any, leaf: Callable[[Any], tuple[list[Any], Shape] | None], otherwise: Callable[[Any], Kept]
) -> Structure:
    """Take a structure apart according to the caller's rules.

    Args:
        thing: The structure.
        leaf: A function that returns the numbers in a leaf and the leaf's shape, or None if its argument is not a leaf.
        otherwise: A function for anything that is neither a leaf nor a known structure. It returns a `Kept`, or raises
            an exception.
    """
    structure = Structure([], [], NUMBER)
    structure.form = _placed(thing, leaf, otherwise, structure)
    return structure


def _placed(
    thing: Any, leaf: Callable[[Any], tuple[list[Any], Shape] | None], otherwise: Callable[[Any], Kept], into: Structure
) -> Nested | Kept | Leaf:
    """Return the form of `thing`, adding its numbers and leaves to the structure `into`."""
    if type(thing) is Value or type(thing) is float:
        into.numbers.append(thing)
        into.leaves.append(NUMBER)
        return NUMBER
    kind = KINDS.get(type(thing))
    if kind is None and (found := leaf(thing)) is not None:
        into.numbers.extend(found[0])
        into.leaves.append(Leaf(found[1]) if found[1] is not None else NUMBER)
        return into.leaves[-1]
    if kind is None and (kind := kind_of(thing)) is None:
        return otherwise(thing)
    names, parts = kind.open(thing)
    return Nested(kind, thing, names, [_placed(part, leaf, otherwise, into) for part in parts])


def _numbers_of(thing: Any) -> tuple[list[Any], Shape] | None:
    if is_number(inner := unwrapped(thing)):
        return [inner], None
    return (elements_of(thing), thing.shape) if is_array(thing) else None


def _values_of(thing: Any) -> tuple[list[Any], Shape] | None:
    if type(inner := unwrapped(thing)) is Value:
        return [inner], None
    if is_array(thing) and thing.dtype == object and _is_plain_array(thing):
        elements = thing.ravel().tolist()
        if any(type(x) is Value for x in elements) and all(map(is_number, elements)):
            return elements, thing.shape
    return None


def _kept(thing: Any) -> Kept:
    if not passes(thing):
        raise TypeError(_unknown(thing))
    return Kept(thing)


def flatten(thing: Any) -> tuple[list[Any], Rebuild]:
    """Return the numbers in `thing`, and a function that rebuilds `thing` with new numbers; see `taken_apart`.

    >>> numbers, rebuild = flatten({"w": [1.0, 2.0], "b": 3.0, "how": "relu"})
    >>> numbers, rebuild([10, 20, 30])
    ([1.0, 2.0, 3.0], {'w': [10, 20], 'b': 30, 'how': 'relu'})
    """
    structure = taken_apart(thing)
    return structure.numbers, structure.rebuild


def _is_plain_array(thing: Any) -> bool:
    return type(thing) is sys.modules["numpy"].ndarray


def elements_of(array: Any) -> list[Any]:
    """Return the numbers in an array."""
    if not _is_plain_array(array):
        raise TypeError(_unknown(array))
    found: list[Any] = array.ravel().tolist()
    if array.dtype.kind not in "fiub":
        for x in found:
            if not is_number(x):
                raise TypeError(f"an array argument or result must contain only numbers; this one contains {x!r}")
    return found


def _unknown(thing: Any) -> str:
    """Return the message for something that is neither a number nor a known structure."""
    name = type(thing).__qualname__
    base = "array" if is_array(thing) else next((kind.__name__ for kind in KINDS if isinstance(thing, kind)), None)
    if base is not None:
        plain = "numpy.asarray" if base == "array" else base
        return (
            f"{name} is a subclass of {base} and would come back as a plain {base}; "
            f"pass {plain}(…), or register it with autograd_core.register({name}, …)"
        )
    return (
        "derivatives exist only for numbers, single or in lists, tuples, dicts, dataclasses and NumPy arrays; "
        f"got {thing!r} of type {name}: leave it out, or register its class with autograd_core.register"
    )


def is_number(thing: Any) -> bool:
    """Return whether `thing` is a Value or a real number."""
    return type(thing) is Value or number(thing) is not None


def joined(numbers: Sequence[Any], shape: Shape) -> Any:
    """Return an array of the given shape, or the single number itself if `shape` is None.

    The array contains floats, or objects if any element is not a plain number.
    """
    if shape is None:
        return numbers[0]
    numpy = sys.modules["numpy"]
    if all(number(x) is not None for x in numbers):
        return numpy.array(numbers, dtype=float).reshape(shape)
    made = numpy.empty(len(numbers), dtype=object)
    made[:] = numbers
    return made.reshape(shape)
