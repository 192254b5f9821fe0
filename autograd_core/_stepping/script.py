"""The steps through a graph as data: in each epoch, a forward pass, a backward sweep and an update."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from .._drawing.groups import Graph
from .._drawing.picture import Picture
from .._operations.operation import PARAMETER
from .asking import Asked
from .backward import Sweep
from .forward import forward, update
from .replay import Replay
from .scene import Scene, Step


class Script:
    """The steps through a picture in all epochs, with the sweep in sorted order (`sorted`) or unsorted order (`eager`).

    In unsorted order, a box passes its gradient on as soon as anything has arrived. Each epoch's update uses the
    gradients of that epoch, even if they are wrong.
    """

    def __init__(
        self, picture: Picture, graph: Graph, rate: float | None, epochs: int, questions: Sequence[Asked] = ()
    ) -> None:
        self.questions = questions
        self.scene = Scene(picture, graph)
        self.name = ", ".join(dict.fromkeys(picture.box(root).name for root in graph.roots))
        self.tape = self.scene.tape
        self.replay = Replay(graph, self.tape)
        self.forward = len(self.tape.code)  # the number of instructions that compute the recorded graph
        data = self.recorded = self.replay.recorded
        self.roots = [data[root] for root in graph.roots]
        self.slots = {box.id: data[box.node] for box in picture.boxes if box.node is not None}
        self.leaves = [box.id for box in self.scene.leaves]
        self.leaf_nodes = [box.node for box in self.scene.leaves if box.node is not None]
        parameters = [data[node] for node in self.scene.order if node.op is PARAMETER]
        self.trained = parameters or [data[node] for node in self.scene.order if node.is_leaf]
        self.parameters = bool(parameters)
        self.rate = None if rate is None else self.tape.hold(float(rate))
        self.sorted = list(self._epochs(epochs, Sweep.sorted))
        self.eager: list[Step] = []
        try:
            for step in self._epochs(epochs, Sweep.eager):
                self.eager.append(step)
        except (ArithmeticError, ValueError) as error:  # only wrong gradients can cause this
            why = "because the parameters were updated with wrong gradients"
            text = f"The next epoch cannot be computed, {why}: {error}"
            self.eager.append(self.scene.step("result", self.eager[-1].epoch, (text,)))

    def _epochs(self, epochs: int, way: Callable[[Sweep], Iterator[Step]]) -> Iterator[Step]:
        self.replay.restart()
        for epoch in range(1, epochs + 1):
            if epoch > 1:
                self.replay.forward()
            yield from forward(self.scene, self.replay, epoch)
            sweep = Sweep(self.scene, self.replay, epoch)
            yield from way(sweep)
            if self.rate is not None:
                yield from update(self.scene, self.replay, epoch, self.rate, sweep.due)
