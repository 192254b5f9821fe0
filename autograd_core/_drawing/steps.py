"""The steps through a graph as data: epochs of forward pass, sweep and update, and the same sweep unsorted."""

from __future__ import annotations

from ..value import Value
from .backward import Sweep
from .passes import forward, update
from .picture import Box, Picture
from .scene import Scene, Step
from .simulate import Replay


class Script:
    """The steps of a picture: `sorted`, all epochs in the sweep's order; `eager`, the first epoch in an unsorted one.

    `eager` is empty for a folded picture, whose boxes hide the edges that the order is about.
    """

    def __init__(self, picture: Picture, root: Value, rate: float | None, epochs: int) -> None:
        scene = Scene(picture, root)
        self.root: Box = scene.root
        self.sorted: list[Step] = []
        self.eager: list[Step] = []
        replay = Replay(scene.order)
        for epoch in range(1, epochs + 1):
            if epoch > 1:
                replay.forward()
            there = list(forward(scene, replay, epoch))
            self.sorted += [*there, *Sweep(scene, replay, epoch).sorted()]
            gradients = replay.adjoint
            if epoch == 1 and not any(box.more or box.kind == "folded" for box in picture.boxes):
                self.eager = [*there, *Sweep(scene, replay, epoch).eager(gradients)]
                replay.adjoint = gradients
            if rate is not None:
                self.sorted += update(scene, replay, epoch, rate)
