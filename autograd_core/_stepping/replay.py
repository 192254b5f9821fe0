"""The numbers of all steps, each in a slot, and the instructions that a page runs to compute the numbers again.

A slot is an index on the tape, the list of all numbers. An epoch is a forward pass, a backward sweep and an update. The
numbers of the first epoch are those in the recorded graph. The numbers of later epochs are computed by
`_program/player.py`, which runs a recorded graph on new numbers.

An instruction is a name, followed by the first slot that it fills and by the slots that it reads. If the name is an
operation's name in `TABLE`, the instruction reads the operands and fills the slot of the value, then a slot for the
local derivative with respect to each operand. The other names are:

"frozen"  reads and fills the same slots, for an operation that only Python can compute
"send"    reads the local derivative, the upstream gradient and the sum of all earlier contributions to the operand (-1
          if there are none); fills the contribution, then the new sum
"norm"    fills the square root of the sum of the squares of the slots that it reads
"update"  reads w, g and the rate; fills w - rate·g
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, lru_cache

from .._drawing.groups import Graph
from .._operations.operation import NOTHING, PARAMETER, Operation, is_nothing
from .._program import player
from .._program.listing import Listing
from ..backward import discovered_all
from ..checkpoint import CHECKPOINT, rerun
from ..errors import GraphError
from ..graph import check_current
from ..value import Value

Instruction = list[str | int]
Slopes = Sequence[float | None]


class Tape:
    """Slots with numbers, and the instructions that fill the slots, in order; nothing is computed twice."""

    def __init__(self) -> None:
        self.numbers: list[float] = []
        self.code: list[Instruction] = []
        self.frozen: dict[int, str] = {}  # why only Python can compute a value, keyed by the value's slot
        self.constants: set[int] = set()
        self.sums: set[int] = set()  # the slots of products and sums, which have the same bits on every platform
        self._known: dict[object, int] = {}

    def hold(self, number: float) -> int:
        """Put a number into a new slot that no instruction fills, such as a leaf's, and return the slot."""
        self.numbers.append(number)
        return len(self.numbers) - 1

    def constant(self, number: float) -> int:
        """Return the slot of a plain number, shared by all numbers with the same bits."""
        key = number.hex()
        if key not in self._known:
            self._known[key] = self.hold(number)
            self.constants.add(self._known[key])
        return self._known[key]

    def computed(self, node: Value, operands: Sequence[int], value: float, slopes: Slopes) -> int:
        """Return the slot of a node's value; the next slots hold the node's local derivatives."""
        key = (node, *operands)
        if key not in self._known:
            slot = self._known[key] = self.hold(value)
            self.numbers += [math.nan if slope is None else slope for slope in slopes]
            why = why_frozen(node.op)
            self.code.append(["frozen" if why else node.op.name, slot, *operands])
            if why:
                self.frozen[slot] = why
        return self._known[key]

    def sent(self, local: int, upstream: int, before: int | None) -> int:
        """Return the slot of a contribution; the next slot holds the sum of all that has arrived so far."""
        a, b = self.numbers[local], self.numbers[upstream]
        contribution = NOTHING if is_nothing(a) or is_nothing(b) else b * a + 0.0
        total = (NOTHING if before is None else self.numbers[before]) + contribution
        return self._filled(["send", local, upstream, -1 if before is None else before], contribution, total)

    def norm(self, slots: Sequence[int]) -> int:
        """Return the slot of the square root of a sum of squares."""
        return self._filled(["norm", *slots], math.hypot(*(self.numbers[i] for i in slots)))

    def updated(self, w: int, gradient: int, rate: int) -> int:
        """Return the slot of an updated parameter."""
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
    """Return why only Python can compute an operation, or an empty string for an operation that a page can compute."""
    if op.origin is not None:
        return f"{op.name} is a primitive, a Python function of your own, which a page cannot run"
    if op.name == "checkpoint":
        return "a checkpoint runs its Python function again, which a page cannot do"
    return ""


class Replay:
    """The slots of one epoch: of all values, of the local derivatives, and of the adjoints that are known so far.

    A node's adjoint is the sum of the contributions that have reached the node in the current sweep.

    The graph's own `data` and `grad` are not changed. The constructor raises GraphError if a leaf has been assigned a
    new number since the graph was recorded.
    """

    def __init__(self, graph: Graph, tape: Tape) -> None:
        self.graph = graph
        self.tape = tape
        self.adjoint: dict[Value, int] = {}
        self._leaves = [node for node in graph.order if node.is_leaf]
        self._computed = [node for node in graph.order if not node.is_leaf]
        self._checkpoints = {node: hidden(node) for node in self._computed if node.op is CHECKPOINT}
        self.data = {leaf: tape.hold(leaf.data) for leaf in self._leaves}
        for node in self._computed:
            check_current(node)
        self._enter([node.data for node in self._computed], list(map(self._slopes, self._computed)))
        self.recorded = dict(self.data)

    def _slopes(self, node: Value) -> Slopes:
        """Return the recorded local derivatives, or compute those of a checkpoint, which are not recorded."""
        if node not in self._checkpoints:
            return node._slopes
        numbers = [x.data for x in node._x]
        return self._checkpoints[node].recorded(numbers, node.data, [True] * len(numbers))

    def _enter(self, values: Sequence[float], slopes: Sequence[Slopes]) -> None:
        for node, value, by_operand in zip(self._computed, values, slopes, strict=True):
            self.data[node] = self.tape.computed(node, self.operands(node), value, by_operand)

    def local(self, node: Value, index: int) -> int:
        """Return the slot of the local derivative of a node with respect to an operand."""
        return self.data[node] + 1 + index

    def send(self, node: Value, index: int) -> tuple[int, int, int]:
        """Send a node's adjoint back along one edge.

        Return the slots of the local derivative, the adjoint and the contribution.
        """
        operand = node.operands[index]  # a node, since nothing is sent to constants
        local = self.local(node, index)
        upstream = self.adjoint.get(node)
        if upstream is None:
            upstream = self.tape.constant(NOTHING)
        contribution = self.tape.sent(local, upstream, self.adjoint.get(operand))  # type: ignore[arg-type]  # a node
        self.adjoint[operand] = contribution + 1  # type: ignore[index]
        return local, upstream, contribution

    def gradient(self, node: Value) -> int:
        """Return the slot of a node's gradient, or the slot of 0 if nothing has reached the node."""
        return self.adjoint[node] if node in self.adjoint else self.tape.constant(0.0)

    def start(self) -> None:
        """Prepare for a sweep: set the gradient of each root to 1, and clear all others."""
        self.adjoint = dict.fromkeys(self.graph.roots, self.tape.constant(1.0))

    def swept(self) -> dict[Value, int]:
        """Run the whole sweep from the start, and return the gradients of everything below the roots."""
        before = self.adjoint
        self.start()
        for node in reversed(self._computed):
            for index, x in enumerate(node.operands):
                if type(x) is Value:
                    self.send(node, index)
        swept, self.adjoint = self.adjoint, before
        return swept

    def restart(self) -> None:
        """Return to the first epoch."""
        self.data = dict(self.recorded)

    def update(self, rate: int) -> None:
        """Update every parameter, w ← w - rate·gradient, and clear the gradients."""
        for node in self._leaves:
            if node.op is PARAMETER:
                self.data[node] = self.tape.updated(self.data[node], self.gradient(node), rate)
        self.adjoint.clear()

    def forward(self) -> None:
        """Recompute every node from the leaves.

        If an operation has no value for its operands, it raises the same exception as for floats; the message names the
        operation and the operands.
        """
        slopes: list[Slopes] = []
        numbers = [self.tape.numbers[self.data[leaf]] for leaf in self._leaves]
        slots = player.forward(self._listing, numbers, (), slopes)
        self._enter(slots[self._listing.first :], slopes)

    @cached_property
    def _listing(self) -> Listing:
        return Listing.of(self.graph.roots, self._leaves, checkpoints=self._checkpoints)

    def operands(self, node: Value) -> list[int]:
        """Return the slots of a node's operands."""
        return [self.data[x] if type(x) is Value else self.tape.constant(float(x)) for x in node.operands]


def hidden(checkpoint: Value) -> Operation:
    """Return a checkpoint, which records only its result, as an operation that works on other numbers too.

    The checkpoint's function is run once; the operation then runs the resulting graph.
    """
    if checkpoint._dx.output is not None:
        raise GraphError(
            "the stepper cannot enter a checkpoint with several outputs: step through the function directly, or "
            "use checkpoints that return one number"
        )
    outputs, inputs = rerun([checkpoint]), checkpoint._x
    below = discovered_all(outputs, inputs)[0]
    nested = {node: hidden(node) for node in below if node.op is CHECKPOINT}
    listing = Listing.of(outputs, inputs, constants=set(below), checkpoints=nested)

    @lru_cache(maxsize=1)
    def played(numbers: bytes) -> tuple[float, list[float]]:
        slopes: list[Slopes] = []
        slots = player.forward(listing, array("d", numbers), (), slopes)
        return slots[listing.outputs[0]], player.adjoints(listing, slopes, 1.0)[: listing.inputs]

    def at(numbers: Sequence[float]) -> tuple[float, list[float]]:
        return played(array("d", numbers).tobytes())

    return replace(
        CHECKPOINT,
        value=lambda numbers: at(numbers)[0],
        derivatives=lambda numbers, result: at(numbers)[1],
        flat=lambda numbers, variable: list(map(is_nothing, at(numbers)[1])),
        origin=checkpoint._dx.function,
    )
