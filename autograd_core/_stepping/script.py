"""The steps through a graph as data: epochs of forward pass, sweep and update, and the same with unsorted sweeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .._drawing.boxes import Box
from .._drawing.picture import Picture
from ..value import Value
from .backward import Sweep
from .forward import forward, update
from .replay import Replay
from .scene import Scene, Step


class Script:
    """The steps of a picture through all epochs: `sorted`, in the sweep's order; `eager`, in an unsorted one.

    The unsorted epochs go on with the parameters that their own gradients gave.
    """

    def __init__(self, picture: Picture, root: Value, rate: float | None, epochs: int) -> None:
        scene = Scene(picture, root)
        self.root: Box = scene.root
        self.sorted = list(_epochs(scene, rate, epochs, Sweep.sorted))
        self.eager: list[Step] = []
        try:
            self.eager += _epochs(scene, rate, epochs, Sweep.eager)
        except (ArithmeticError, ValueError) as error:  # the right gradients led to no such place
            text = f"Wrong gradients led to parameters where there is no next epoch: {error}"
            self.eager.append(Step("result", self.eager[-1].epoch, text))


def _epochs(scene: Scene, rate: float | None, epochs: int, way: Callable[[Sweep], Iterator[Step]]) -> Iterator[Step]:
    replay = Replay(scene.order)
    for epoch in range(1, epochs + 1):
        if epoch > 1:
            replay.forward()
        yield from forward(scene, replay, epoch)
        sweep = Sweep(scene, replay, epoch)
        yield from way(sweep)
        if rate is not None:
            yield from update(scene, replay, epoch, rate, sweep.due)
