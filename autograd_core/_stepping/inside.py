"""Nodes computed again on other numbers: by their rows, and checkpoints by running through what they hide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .._operations.operation import NOTHING, is_nothing
from ..checkpoint import CHECKPOINT, rerun
from ..errors import GraphError, failed
from ..graph import discovered
from ..value import Value

Computed = tuple[float, Sequence[float | None]]


def computed(node: Value, numbers: Sequence[float]) -> Computed:
    """An operation's value and its local derivatives by those operands that are nodes.

    Raises what floats raise where a value does not exist, with the operation's name and operands.
    """
    try:
        z = node.op.evaluate(numbers)
    except (ArithmeticError, ValueError) as error:
        raise failed(node.op, numbers, error) from None
    return z, node.op.recorded(numbers, z, [type(x) is Value for x in node.operands])


class Inside:
    """The graph that a checkpoint hides: its function is run once, and what it made is computed again from then on."""

    def __init__(self, checkpoint: Value) -> None:
        if checkpoint._dx.output is not None:
            raise GraphError(
                "the stepper cannot enter a checkpoint with several outputs: step through its function itself, or "
                "use checkpoints that return one number"
            )
        [self.result] = rerun([checkpoint])
        self.inputs = [x for x in checkpoint.operands if type(x) is Value]  # all of them
        self.order = discovered(self.result, self.inputs)[0]
        self.nested = {node: Inside(node) for node in self.order if node.op is CHECKPOINT and node not in self.inputs}

    def computed(self, numbers: Sequence[float]) -> Computed:
        """The checkpoint's value and its local derivatives on these inputs."""
        data = dict(zip(self.inputs, numbers, strict=True))
        local: dict[Value, Sequence[float | None]] = {}
        for node in self.order:
            if node in data:
                continue
            if node.is_leaf:
                data[node] = node.data
                continue
            xs = [data[x] if type(x) is Value else float(x) for x in node.operands]
            inner = self.nested.get(node)
            data[node], local[node] = computed(node, xs) if inner is None else inner.computed(xs)
        gradients = self._swept(local)
        return data[self.result], [gradients.get(x, NOTHING) for x in self.inputs]

    def _swept(self, local: Mapping[Value, Sequence[float | None]]) -> dict[Value, float]:
        gradients = {self.result: 1.0}
        for node in reversed(self.order):
            above = gradients.get(node, NOTHING)
            for x, slope in zip(node.operands, local.get(node, ()), strict=False):  # none of an input
                if type(x) is Value and slope is not None:
                    sent = NOTHING if is_nothing(above) or is_nothing(slope) else above * slope + 0.0
                    gradients[x] = gradients.get(x, NOTHING) + sent
        return gradients
