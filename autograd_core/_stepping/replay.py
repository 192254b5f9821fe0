"""The numbers of a graph epoch by epoch: values, local derivatives and gradients, each in a slot of a tape."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from .._operations.operation import NOTHING, PARAMETER
from ..checkpoint import CHECKPOINT
from ..graph import check_current
from ..value import Value
from .inside import Computed, Inside, computed
from .tape import Tape


class Replay:
    """The slots of one epoch: of `data`, of `local` derivatives, and of `adjoint` where a gradient has arrived.

    The graph's own `data` and `grad` are not touched. Raises GraphError where a leaf was assigned since.
    """

    def __init__(self, order: Sequence[Value], tape: Tape) -> None:
        self.order = order
        self.tape = tape
        self.data: dict[Value, int] = {}
        self.adjoint: dict[Value, int] = {}
        self._inside: dict[Value, Inside] = {}  # of checkpoints
        for node in order:
            check_current(node)
            if node.is_leaf:
                self.data[node] = tape.hold(node.data)
                continue
            if node.op is CHECKPOINT:
                self._inside[node] = Inside(node)
            self.data[node] = tape.computed(node, self.operands(node), partial(self._recorded, node))
        self._leaves = {node: slot for node, slot in self.data.items() if node.is_leaf}

    def local(self, node: Value, index: int) -> int:
        """The slot of the local derivative of a node by an operand."""
        return self.data[node] + 1 + index

    def send(self, node: Value, index: int) -> tuple[int, int, int]:
        """Send a node's adjoint back along one edge; returns local derivative, adjoint and contribution."""
        operand = node.operands[index]  # edges to constants carry no gradient, and are not sent along
        local = self.local(node, index)
        upstream = self.adjoint.get(node)
        if upstream is None:
            upstream = self.tape.constant(NOTHING)
        contribution = self.tape.sent(local, upstream, self.adjoint.get(operand))  # type: ignore[arg-type]  # a node
        self.adjoint[operand] = contribution + 1  # type: ignore[index]
        return local, upstream, contribution

    def gradient(self, node: Value) -> int:
        """The slot of a node's gradient; of one that nothing has reached, that of 0."""
        return self.adjoint[node] if node in self.adjoint else self.tape.constant(0.0)

    def start(self, roots: Sequence[Value]) -> None:
        """Before a sweep: the gradient of each root is 1, nothing else has one."""
        self.adjoint = dict.fromkeys(roots, self.tape.constant(1.0))

    def swept(self, roots: Sequence[Value]) -> dict[Value, int]:
        """The gradients by everything below the roots: the whole sweep at once, with no adjoint from before."""
        before = self.adjoint
        self.start(roots)
        for node in reversed(self.order):
            for index, x in enumerate(node.operands):
                if type(x) is Value:
                    self.send(node, index)
        swept, self.adjoint = self.adjoint, before
        return swept

    def restart(self) -> None:
        """Back to the first epoch."""
        self.data |= self._leaves
        self.forward()

    def update(self, rate: int) -> None:
        """w ← w - rate·gradient for every parameter; the gradients are cleared."""
        for node in self.order:
            if node.op is PARAMETER:
                self.data[node] = self.tape.updated(self.data[node], self.gradient(node), rate)
        self.adjoint.clear()

    def forward(self) -> None:
        """Compute every node again from the leaves, in the order of the graph.

        Raises what floats raise where a value does not exist, with the operation's name and operands.
        """
        for node in self.order:
            if not node.is_leaf:
                self.data[node] = self.tape.computed(node, self.operands(node), partial(self._again, node))

    def operands(self, node: Value) -> list[int]:
        """The slots of a node's operands."""
        return [self.data[x] if type(x) is Value else self.tape.constant(float(x)) for x in node.operands]

    def _recorded(self, node: Value) -> Computed:
        return self._again(node) if node.op is CHECKPOINT else (node.data, node._slopes)

    def _again(self, node: Value) -> Computed:
        numbers = [self.tape.numbers[slot] for slot in self.operands(node)]
        return self._inside[node].computed(numbers) if node.op is CHECKPOINT else computed(node, numbers)
