"""A graph's numbers replayed apart from it: values and local derivatives at each epoch, adjoints edge by edge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from ..checkpoint import CHECKPOINT, rerun
from ..errors import failed
from ..graph import check_current, discovered
from ..operation import PARAMETER
from ..sweeps import gradient_numbers
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
        self._inside: dict[Value, tuple[Value, Replay]] = {}  # of checkpoints, from the second epoch on
        for node in order:
            check_current(node)
            if node.op is CHECKPOINT:
                inputs = _inputs(node)
                self.local[node] = gradient_numbers(node, inputs, stops=inputs)
            else:
                self.local[node] = node.local_derivatives

    def slope(self, node: Value, index: int) -> float:
        """The local derivative of a node by an operand that is a node."""
        return cast(float, self.local[node][index])

    def send(self, node: Value, index: int) -> tuple[float, float, float]:
        """Send a node's adjoint back along one edge; gives the local derivative, the adjoint and the contribution."""
        operand = cast(Value, node.operands[index])  # edges to constants carry no gradient, and are not sent along
        local = self.slope(node, index)
        upstream = self.adjoint.get(node, 0.0)
        contribution = upstream * local if upstream and local else 0.0
        self.adjoint[operand] = self.adjoint[operand] + contribution if operand in self.adjoint else contribution
        return local, upstream, contribution

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
                self.data[node] = node.op.value(numbers) if node.op.arity is None else node.op.value(*numbers)
            except (ArithmeticError, ValueError) as error:
                raise failed(node.op, numbers, error) from None
            self.local[node] = self._locals(node, numbers)

    def _again(self, node: Value) -> tuple[float, list[float | None]]:
        """A checkpoint on this epoch's numbers: its function is run once, and the graph it makes is replayed."""
        inputs = _inputs(node)
        if node not in self._inside:
            result = rerun(node)
            self._inside[node] = result, Replay(discovered(result, inputs)[0])
        result, inside = self._inside[node]
        inside.data |= {x: self.data[x] for x in inputs}
        inside.forward()
        gradients = inside.swept(result)
        return inside.data[result], [gradients.get(x, 0.0) for x in inputs]

    def numbers(self, node: Value) -> list[float]:
        """The operands of a node as numbers."""
        return [self.data[x] if type(x) is Value else float(x) for x in node.operands]

    def _locals(self, node: Value, numbers: Sequence[float]) -> list[float | None]:
        z = self.data[node]
        if not isinstance(node.op.derivatives, tuple):
            every = node.op.derivatives(numbers, z)
            return [d if type(x) is Value else None for x, d in zip(node.operands, every, strict=True)]
        return [
            node.op.derivative(i, numbers, z) if type(x) is Value else None for i, x in enumerate(node.operands)
        ]


def _inputs(checkpoint: Value) -> list[Value]:
    """What a checkpoint's function was computed from: all its operands are nodes."""
    return [x for x in checkpoint.operands if type(x) is Value]
