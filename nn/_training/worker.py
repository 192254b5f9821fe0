"""What a worker of `fit(…, client=…)` does: the gradient of a part of a batch, of a model that it keeps."""

import pickle
import random
import threading
from array import array
from typing import Any, NamedTuple

from autograd_core import Value, record
from autograd_core import sum as total

from ..dataset import Example
from ..module import Module


class Part(NamedTuple):
    """A part of a batch: everything that its gradient depends on, so that any worker can compute it, and again."""

    token: str  # of the training, by which a worker finds the model that it keeps
    weights: bytes
    rows: list[Example]
    share: float  # of each row in the mean over the batch
    noise: list[str]  # for each row, what its random numbers are drawn from


class Answer(NamedTuple):
    """The loss of each row of a part, and for each parameter that they depend on the gradient, summed over the rows."""

    losses: list[float]
    gradients: list[float | None]


# The model of the latest training, in each thread: threads of one process must not share a model.
_kept = threading.local()


def part_gradient(part: Part, blob: bytes | None = None) -> Answer | None:
    """The answer for a part; None if the model is not here, and has to be sent along as `blob`."""
    if getattr(_kept, "token", None) != part.token:
        if blob is None:
            return None
        _kept.model, _kept.loss, _kept.moved = pickle.loads(blob)
        _kept.token = part.token
    return _answer(part, _kept.model, _kept.loss, _kept.moved)


def _answer(part: Part, model: Module, loss: Any, moved: list[Value]) -> Answer:
    for p, weight in zip(moved, array("d", part.weights), strict=True):
        p.data = weight
        p.zero_grad()
    model.train()
    generators, before = generators_of(model), _contents(model)
    losses = []
    with record():
        for (x, target), noise in zip(part.rows, part.noise, strict=True):
            for number, generator in enumerate(generators):
                generator.seed(f"{noise} {number}")
            losses.append(loss(model(x), target))
        y = total(losses)
        if type(y) is Value:
            y.backward(part.share)
    if _contents(model) != before:
        raise ValueError(
            f"{model!r} changes a buffer while it trains, which its other copies would not see: train it without client"
        )
    gradients = [p.grad if p.has_grad else None for p in moved]
    return Answer([x.data if type(x) is Value else float(x) for x in losses], gradients)


def generators_of(model: Module) -> list[random.Random]:
    """The generators that modules such as Dropout draw from, each once."""
    held = [thing for _, module in model.named_modules() for thing in vars(module).values()]
    return list({id(thing): thing for thing in held if isinstance(thing, random.Random)}.values())


def _contents(model: Module) -> list[str]:
    return [repr(getattr(module, key)) for _, module, key in model.named_buffers()]
