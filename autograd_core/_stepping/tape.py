"""The numbers of all steps in slots, each with how it was computed: what a page computes again when a leaf is moved.

An instruction is a list of integers after its name: the slot that it fills first, then the slots that it reads.

a row's name  fills its value, then its local derivative by each operand; reads the operands
"frozen"      the same, for an operation that only Python can compute
"send"        fills a contribution, then the sum with what had arrived before; reads the local derivative, the gradient
              above and that sum (-1: nothing has arrived)
"norm"        fills the root of the sum of squares of what it reads
"update"      fills w - rate·g; reads w, g and the rate
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from .._operations.operation import NOTHING, Operation, is_nothing
from ..value import Value
from .inside import Computed

Instruction = list[str | int]


class Tape:
    """Slots with numbers, and the instructions that fill them, in order; what is computed twice is there once."""

    def __init__(self) -> None:
        self.numbers: list[float] = []
        self.code: list[Instruction] = []
        self.frozen: dict[int, str] = {}  # why, by the slot of the value
        self.constants: set[int] = set()
        self.sums: set[int] = set()  # products and sums, which are the same to the bit wherever they are computed
        self._known: dict[object, int] = {}

    def hold(self, number: float) -> int:
        """A slot that nothing computes: a leaf's."""
        self.numbers.append(number)
        return len(self.numbers) - 1

    def constant(self, number: float) -> int:
        """The slot of a plain number, one for all that are equal to the bit."""
        key = number.hex()
        if key not in self._known:
            self._known[key] = self.hold(number)
            self.constants.add(self._known[key])
        return self._known[key]

    def computed(self, node: Value, operands: Sequence[int], compute: Callable[[], Computed]) -> int:
        """The slot of a node's value; those of its local derivatives follow."""
        key = (node, *operands)
        if key not in self._known:
            value, slopes = compute()
            slot = self._known[key] = self.hold(value)
            self.numbers += [math.nan if slope is None else slope for slope in slopes]
            why = why_frozen(node.op)
            self.code.append(["frozen" if why else node.op.name, slot, *operands])
            if why:
                self.frozen[slot] = why
        return self._known[key]

    def sent(self, local: int, upstream: int, before: int | None) -> int:
        """The slot of a contribution; the sum with what had arrived before it follows."""
        a, b = self.numbers[local], self.numbers[upstream]
        contribution = NOTHING if is_nothing(a) or is_nothing(b) else b * a + 0.0
        total = (NOTHING if before is None else self.numbers[before]) + contribution
        return self._filled(["send", local, upstream, -1 if before is None else before], contribution, total)

    def norm(self, slots: Sequence[int]) -> int:
        """The slot of the root of a sum of squares."""
        return self._filled(["norm", *slots], math.hypot(*(self.numbers[i] for i in slots)))

    def updated(self, w: int, gradient: int, rate: int) -> int:
        """The slot of a parameter that has moved against its gradient."""
        moved = self.numbers[w] - self.numbers[rate] * self.numbers[gradient]
        return self._filled(["update", w, gradient, rate], moved)

    def _filled(self, instruction: Instruction, *numbers: float) -> int:
        key = tuple(instruction)
        if key not in self._known:
            name, *reads = instruction
            slot = self._known[key] = len(self.numbers)
            self.numbers += numbers
            self.code.append([name, slot, *reads])
            if name != "norm":
                self.sums.update(range(slot, slot + len(numbers)))
        return self._known[key]


def why_frozen(op: Operation) -> str:
    """Why only Python can compute an operation; empty for the rows of the table."""
    if op.origin is not None:
        return f"{op.name} is a primitive, a Python function of your own"
    if op.name == "checkpoint":
        return "a checkpoint runs its Python function again"
    return ""
