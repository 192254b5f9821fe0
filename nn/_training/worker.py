"""A worker of `fit(…, client=…)`: it computes the gradient of a part of a batch, with a model that it keeps."""

from __future__ import annotations

import pickle
import random
import threading
from array import array
from typing import Any, NamedTuple

from autograd_core import Value, mean, record
from autograd_core._engine.weights import assign_data, clear_gradients

from ..dataset import Example
from ..module import Module
from .draws import Draws
from .packed import AtOnce, Packed
from .programs import Programs, why_not
from .sums import RowSums


class Part(NamedTuple):
    """A part of a batch, with everything its gradient depends on, so that any worker can compute it at any time."""

    token: str  # identifies the training, and so the model that a worker keeps
    weights: bytes
    rows: list[Example]
    noise: list[str]  # for each row, the seed of its random numbers


class Answer(NamedTuple):
    """The loss of each row of a part, the gradients summed over the rows, and which parameters have one."""

    losses: list[float]
    sums: array[float]
    reached: bytes


# The model of the latest training, in each thread: threads of one process must not share a model.
_kept = threading.local()


def part_gradient(part: Part, blob: bytes | None = None) -> Answer | None:
    """Return the answer for a part, or None if the model is not here and must be sent along as `blob`."""
    if getattr(_kept, "token", None) != part.token:
        if blob is None:
            return None
        _kept.model, _kept.loss, _kept.moved = pickle.loads(blob)
        _kept.programs = _programs(_kept.model, _kept.loss, _kept.moved)
        _kept.model.train()
        _kept.token = part.token
    assign_data(_kept.moved, array("d", part.weights))
    answer = None if _kept.programs is None else _answer_at_once(part, _kept.programs, _kept.moved)
    return answer or _answer(part, _kept.model, _kept.loss, _kept.moved)


def _programs(model: Module, loss: Any, moved: list[Value]) -> Programs | None:
    """Return the programs of a known model that draws no random numbers; their bits are the engine's."""
    if generators_of(model) or why_not(model, loss, "auto"):
        return None
    return Programs(lambda x, target: loss(model(x), target), moved, Draws(model))


def _answer_at_once(part: Part, programs: Programs, moved: list[Value]) -> Answer | None:
    """Return the answer by one call of a program, or None if the rows must be swept one by one."""
    try:
        examples = Packed(part.rows)
        plan = examples.plan(programs)
    except Exception:  # the engine will say what is wrong
        return None
    if plan is None:
        return None
    losses = AtOnce(programs, moved).play(plan, examples, range(len(part.rows)), plan.parameters)
    if losses is None:
        return None
    sums = array("d", [plan.found[at] if at >= 0 else 0.0 for at in plan.found_at])
    return Answer(losses, sums, bytes(at >= 0 for at in plan.found_at))


def _answer(part: Part, model: Module, loss: Any, moved: list[Value]) -> Answer:
    generators, before = generators_of(model), _contents(model)
    losses: list[float] = []
    sums = RowSums(moved)
    with record():
        for (x, target), noise in zip(part.rows, part.noise, strict=True):
            for number, generator in enumerate(generators):
                generator.seed(f"{noise} {number}")
            y = loss(model(x), target)
            clear_gradients(moved)
            if type(y) is Value:
                y.backward()
            losses.append(y.data if type(y) is Value else float(mean([y])))
            sums.add()
    if _contents(model) != before:
        raise ValueError(
            f"{model!r} changes a buffer while it trains, which its other copies would not see: train it without client"
        )
    return Answer(losses, array("d", sums.totals()), bytes(sums.reached))


def generators_of(model: Module) -> list[random.Random]:
    """Return the generators that modules such as Dropout draw from, each once."""
    held = [thing for _, module in model.named_modules() for thing in vars(module).values()]
    return list({id(thing): thing for thing in held if isinstance(thing, random.Random)}.values())


def _contents(model: Module) -> list[str]:
    return [repr(getattr(module, key)) for _, module, key in model.named_buffers()]
