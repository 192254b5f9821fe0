"""Send rows (examples) of the training data to worker processes, which keep them; floats are sent as one array."""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Any, NamedTuple

from autograd_core._engine.weights import gather

from ..dataset import Example
from .packed import Packed


class Form(NamedTuple):
    """How rows are sent: each as `width` floats, the last of which is the row's target, or pickled if `width` is 0.

    `classes` says whether the targets are integers.
    """

    width: int
    classes: bool


class Packet(NamedTuple):
    """The contents of some rows, and the numbers that identify these rows in the training data."""

    numbers: Sequence[int]
    form: Form
    content: bytes


def form_of(rows: Sequence[Example]) -> Form:
    """Return a form in which the rows can be sent unchanged.

    >>> form_of([([0.5, 1.0], 1), ([0.0, 2.0], 0)]), form_of([([1, 0], 1)])
    (Form(width=3, classes=True), Form(width=0, classes=False))
    """
    kinds = {type(target) for _, target in rows}
    length = len(rows[0][0])
    floats = all(type(x) is list and len(x) == length and set(map(type, x)) == {float} for x, _ in rows)
    if not floats or kinds not in ({int}, {float}) or any(abs(target) > 2**53 for _, target in rows if kinds == {int}):
        return Form(0, False)
    return Form(length + 1, kinds == {int})


class Sender:
    """The training data, from which packets are made."""

    def __init__(self, rows: Sequence[Example]) -> None:
        self.rows, self.form = rows, form_of(rows)
        self.table = side_by_side(rows) if self.form.width else array("d")

    def packet(self, numbers: Sequence[int]) -> Packet:
        """Return the rows with these numbers as a packet."""
        width = self.form.width
        if not width:
            return Packet(numbers, self.form, pickled([self.rows[i] for i in numbers]))
        chosen = array("d", bytes(8 * width * len(numbers)))
        gather(self.table, width, array("i", numbers), 0, memoryview(chosen))
        return Packet(numbers, self.form, chosen.tobytes())


def packet_of(rows: Sequence[Example]) -> Packet:
    """Return a packet of rows that are not in the training data; they are numbered from 0."""
    form = form_of(rows)
    return Packet(range(len(rows)), form, side_by_side(rows).tobytes() if form.width else pickled(rows))


class Receiver:
    """The rows that have arrived, keyed by number; all have the same form."""

    def __init__(self) -> None:
        self.places: dict[int, int] = {}
        self.form = Form(0, False)
        self.examples: list[Example] = []  # used if the form has width 0; otherwise the rows are in `packed`
        self.packed: Packed | None = None

    def add(self, packet: Packet) -> None:
        """Keep those rows of a packet that are new."""
        new = [k for k, number in enumerate(packet.numbers) if number not in self.places]
        self.places |= {packet.numbers[k]: at for at, k in enumerate(new, len(self.places))}
        self.form = packet.form
        if not self.form.width:
            rows = pickle.loads(packet.content)
            self.examples += [rows[k] for k in new]
        elif new:
            self._add_numbers(array("d", packet.content), new)

    def _add_numbers(self, numbers: array[float], new: list[int]) -> None:
        width = self.form.width
        if self.packed is None:
            self.packed = Packed([self._example(numbers[:width])])
            del self.packed.numbers[:]
        if len(new) * width == len(numbers):
            self.packed.numbers.extend(numbers)
        else:
            for k in new:
                self.packed.numbers.extend(numbers[k * width : (k + 1) * width])

    def _example(self, numbers: array[float]) -> Example:
        return numbers[:-1].tolist(), int(numbers[-1]) if self.form.classes else numbers[-1]

    def lacks(self, numbers: Iterable[int]) -> bool:
        """Return whether any of these rows are missing."""
        return not self.places.keys() >= set(numbers)

    def rows(self, numbers: Sequence[int]) -> list[Example]:
        """Return the rows with these numbers, as they were sent."""
        at = [self.places[i] for i in numbers]
        if self.packed is None:
            return [self.examples[k] for k in at]
        width, table = self.form.width, self.packed.numbers
        return [self._example(table[k * width : (k + 1) * width]) for k in at]

    def side_by_side(self, numbers: Sequence[int]) -> tuple[Packed, Sequence[int]]:
        """Return a `Packed` that contains the rows with these numbers, and the rows' positions in it."""
        if self.packed is not None:
            return self.packed, [self.places[i] for i in numbers]
        return Packed(self.rows(numbers)), range(len(numbers))


def side_by_side(rows: Iterable[Example]) -> array[float]:
    """Return the contents of the rows in one array, with each target after its inputs.

    >>> side_by_side([([0.5, 1.0], 1), ([0.0, 2.0], 0)]).tolist()
    [0.5, 1.0, 1.0, 0.0, 2.0, 0.0]
    """
    numbers = array("d")
    for x, target in rows:
        numbers.extend(x)
        numbers.append(target)
    return numbers


def pickled(thing: Any) -> bytes:
    """Return `thing` pickled, if possible with cloudpickle, which also pickles lambdas and functions from notebooks."""
    try:
        dumps: Callable[[Any], bytes] = import_module("cloudpickle").dumps
    except ImportError:
        dumps = pickle.dumps
    try:
        return dumps(thing)
    except (AttributeError, TypeError, pickle.PicklingError) as error:
        error.add_note(
            "The model and the loss are sent to other processes: define them in a file that those processes "
            "can import, or install cloudpickle."
        )
        raise
