"""A graph's numbers replayed apart from it: values and local derivatives at each epoch, adjoints edge by edge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from .._operations.operation import NOTHING, PARAMETER, is_nothing
from ..checkpoint import CHECKPOINT, rerun
from ..errors import GraphError, failed
from ..graph import check_current, discovered
from ..value import Value


class Replay:
    """The numbers of one epoch: `data`, `local` derivatives, and `adjoint` of what has a gradient so far.

    The graph's own `data` and `grad` are not touched. Raises GraphError where a leaf was assigned since.
    """

    def __init__(self, order: Sequence[Value]) -> None:
        self.order = order
        self.data = {node: node.data for node in order}
        self.local: dict[Value, Sequence[float | None]] = {}
        self.adjoint: dict[Value, float] = {}
        self._inside: dict[Value, tuple[Value, Replay]] = {}  # of checkpoints
        for node in order:
            check_current(node)
            if node.op is CHECKPOINT:
                self.local[node] = self._swept_inside(node)
            else:
                self.local[node] = node._slopes

    def slope(self, node: Value, index: int) -> float:
        """The local derivative of a node by an operand that is a node."""
        return cast(float, self.local[node][index]) + 0.0

    def send(self, node: Value, index: int) -> tuple[float, float, float]:
        """Send a node's adjoint back along one edge; returns the local derivative, the adjoint and the contribution."""
        operand = cast(Value, node.operands[index])  # edges to constants carry no gradient, and are not sent along
        local = cast(float, self.local[node][index])
        upstream = self.adjoint.get(node, NOTHING)
        taken = not is_nothing(upstream) and not is_nothing(local)
        contribution = upstream * local + 0.0 if taken else NOTHING
        self.adjoint[operand] = self.adjoint.get(operand, NOTHING) + contribution
        return local + 0.0, upstream + 0.0, contribution + 0.0

    def gradient(self, node: Value) -> float | None:
        """The gradient of a node so far, None before anything has been sent to it."""
        return self.adjoint[node] + 0.0 if node in self.adjoint else None

    def swept(self, root: Value) -> dict[Value, float]:
        """The gradient of `root` by everything below it: the whole sweep at once, with no adjoint from before."""
        before, self.adjoint = self.adjoint, {root: 1.0}
        for node in reversed(self.order):
            for index, x in enumerate(node.operands):
                if type(x) is Value:
                    self.send(node, index)
        swept, self.adjoint = self.adjoint, before
        return swept

    def update(self, rate: float) -> None:
        """w ← w − rate · gradient for every parameter; the gradients are cleared."""
        for node in self.order:
            if node.op is PARAMETER:
                self.data[node] -= rate * self.adjoint.get(node, 0.0)
        self.adjoint.clear()

    def forward(self) -> None:
        """Compute every node again from the leaves, in the order of the graph.

        Raises what floats raise where a value does not exist, with the operation's name and operands.
        """
        for node in self.order:
            if node.is_leaf:
                continue
            if node.op is CHECKPOINT:
                self.data[node], self.local[node] = self._again(node)
                continue
            numbers = self.numbers(node)
            try:
                self.data[node] = node.op.evaluate(numbers)
            except (ArithmeticError, ValueError) as error:
                raise failed(node.op, numbers, error) from None
            self.local[node] = self._locals(node, numbers)

    def _again(self, node: Value) -> tuple[float, list[float | None]]:
        """A checkpoint on this epoch's numbers: its function is run once, and the graph it makes is replayed."""
        result, inside = self._inside[node]
        inside.data |= {x: self.data[x] for x in _inputs(node)}
        inside.forward()
        return inside.data[result], _gradients(node, result, inside)

    def _swept_inside(self, node: Value) -> list[float | None]:
        """The local derivatives of a checkpoint on the first epoch's numbers: its function runs again, once for all."""
        if node._dx.output is not None:
            raise GraphError(
                "the stepper cannot enter a checkpoint with several outputs: step through its function itself, or "
                "use checkpoints that return one number"
            )
        [result] = rerun([node])
        self._inside[node] = result, Replay(discovered(result, _inputs(node))[0])
        return _gradients(node, *self._inside[node])

    def numbers(self, node: Value) -> list[float]:
        """The operands of a node as numbers."""
        return [self.data[x] if type(x) is Value else float(x) for x in node.operands]

    def _locals(self, node: Value, numbers: Sequence[float]) -> list[float | None]:
        return node.op.recorded(numbers, self.data[node], [type(x) is Value for x in node.operands])


def _gradients(checkpoint: Value, result: Value, inside: Replay) -> list[float | None]:
    """The gradients of a checkpoint's result by its operands."""
    swept = inside.swept(result)
    return [swept.get(x, NOTHING) for x in _inputs(checkpoint)]


def _inputs(checkpoint: Value) -> list[Value]:
    """What a checkpoint's function was computed from: all its operands are nodes."""
    return [x for x in checkpoint.operands if type(x) is Value]
