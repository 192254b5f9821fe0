"""The training loop: batches, sweeps and steps, with every habit of the lectures as an option."""

import math
import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from contextvars import copy_context
from copy import deepcopy
from operator import attrgetter
from statistics import fmean
from typing import Any, cast

from autograd_core import Value, explain_nonfinite, first_nonfinite, mean, no_record, record
from autograd_core._engine.interrupts import undivided

from .batching import Data, Example, batches, examples, in_order
from .checks import functions, real, whole
from .history import History
from .init import Seed, generator_from
from .inputs import as_list
from .losses import class_of
from .module import Module, check_module
from .optim import SGD, Optimizer, clip_grad_norm
from .progress import progress_of

Loss = Callable[[Any, Any], Any]
Metric = Callable[[Module, list[Example]], float]
Augment = Callable[[Any, random.Random], Any]


def fit(
    model: Module, loss: Loss, data: Data, *, epochs: int = 10, batch_size: int | None = 32, shuffle: bool = True,
    optimizer: Optimizer | None = None, penalty: Callable[[Sequence[Value]], Any] | None = None,
    max_norm: float | None = None, validation: Data | None = None, patience: int | None = None,
    metrics: Mapping[str, Metric] | None = None, callbacks: Sequence[Callable[[History], Any]] = (),
    augment: Augment | None = None, input_noise: float = 0.0, seed: Seed = 0, progress: bool | None = None,
) -> History:
    """Train `model` on `data`: in each epoch every example is seen once, each batch makes one step of the optimiser.

    Args:
        loss: of one example, from outputs and target, as in `nn.losses`; a batch takes the mean.
        data: a `Dataset`, a pair of lists, inputs and targets, or a list of examples, which are checked.
        epochs, batch_size: how often all data are seen, and how many make one step (None: all).
        shuffle: whether each epoch has an order of its own, or all have that of the data.
        optimizer: by default `SGD(model.parameters(), lr=0.1)`; it may move others too, or a part of the model alone.
        penalty: of the list of parameters, added to each batch's loss.
        max_norm: clips the norm of each batch's gradient.
        validation: data on which loss and `metrics` are taken after each epoch (metrics of the training data else).
        patience: stop after so many epochs without a smaller validation loss, and go back to the best parameters.
        metrics: functions of model and a list of examples by name, such as `{"accuracy": accuracy}`, called in
            evaluation mode and without recording (`record()` resumes it).
        callbacks: called with the history after each epoch, in evaluation mode; one that gives True ends training.
        augment: makes, with a `random.Random`, a changed input from an input, anew each time it is used.
        input_noise: standard deviation of Gaussian noise added to each input, anew each time it is used.
        seed: of shuffling, augmentation and noise, see `nn.init.generator_from`.
        progress: whether to show it on stderr; by default where that is a terminal.

    Ctrl-C ends training with the history so far, epochs that came to their end, and the parameters after a whole step
    (with `patience` the best ones). The model is left in evaluation mode. Raises ValueError for bad data or settings
    and for a loss that no parameter has a part in, and FloatingPointError, with epoch, batch and the first node that
    went wrong, where the loss or its gradient is no longer finite: the parameters are then those before that batch.
    (Lectures 000 to 004; options: 003, practical tricks, and 004, section 3.)

    >>> from nn import MLP, hinge
    >>> from nn.datasets import moons
    >>> history = fit(MLP(2, [8, 1], seed=0), hinge, moons(40), epochs=3, batch_size=8)
    >>> len(history), history.stopped
    (3, 'epochs')
    """
    check_module(model=model)
    functions(loss=loss, penalty=penalty, augment=augment)
    rows = examples(data, name="the training data")
    held_out = None if validation is None else examples(validation, len(rows[0][0]), "the validation data")
    watched = rows if held_out is None else held_out
    epochs, size = whole("epochs", epochs, 1), len(rows) if batch_size is None else whole("batch_size", batch_size, 1)
    real("input_noise", input_noise, least=0.0)
    metrics = {} if metrics is None else metrics
    if not isinstance(metrics, Mapping):
        raise TypeError(f'metrics must be functions by name, such as {{"accuracy": accuracy}}, got {metrics!r}')
    functions(**metrics)
    for callback in callbacks:
        functions(callback=callback)
    if patience is not None:
        patience = whole("patience", patience, 1)
        if held_out is None:
            raise ValueError("patience needs validation data")
    parameters = list(dict.fromkeys(model.parameters()))
    if not parameters:
        raise ValueError(f"{model!r} has no parameters: make them with `parameter`, as attributes, alone or in lists")
    optimizer = SGD(parameters, lr=0.1) if optimizer is None else optimizer
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer must be one, such as SGD(model.parameters(), lr=0.1), got {optimizer!r}")
    if set(parameters).isdisjoint(optimizer.parameters):
        raise ValueError(f"the optimizer has none of the parameters of {model!r}: make it with model.parameters()")
    # what is swept and moved, which may be more than the model's own
    moved, parts = list(dict.fromkeys([*parameters, *optimizer.parameters])), _parts(model, set(parameters))
    generator, history, begun = generator_from(seed), History(), optimizer.steps
    buffers = [(module, key) for _, module, key in model.named_buffers()]
    kept: dict[int, tuple[list[float], list[Any]]] = {}

    def noisy(x: Any) -> Any:
        x = x if augment is None else augment(x, generator)
        return _shaken(x, input_noise, generator) if input_noise else x

    def sweep(batch: list[Example], where: str) -> float:
        """Put the gradient of the batch's loss into the parameters; its loss without the penalty."""
        try:
            value = mean([loss(model(noisy(x)), target) for x, target in batch])
            total = value if penalty is None else value + penalty(parameters)
        except (ArithmeticError, TypeError, ValueError) as error:
            error.add_note(f"This happened in {where}.")
            raise
        # the loss alone, once: a penalty depends on every parameter, and would hide that the loss does on none
        for swept in [total] if penalty is None or optimizer.steps > begun else [value, total]:
            for p in moved:
                p.zero_grad()
            if type(swept) is Value:
                swept.backward()
            if not any(map(attrgetter("has_grad"), parameters)):
                raise ValueError(
                    f"in {where} the loss, {swept!r}, depends on no parameter: is it computed with `.data`?"
                )
        if not (math.isfinite(total.data) and all(math.isfinite(p.grad) for p in moved)):
            raise _diverged(total, where)
        return value.data if type(value) is Value else float(value)

    def train() -> str:
        """Go through the epochs; why they ended."""
        with record(), closing(progress_of(epochs * math.ceil(len(rows) / size), progress)) as bar:
            for epoch in range(1, epochs + 1):
                model.train()
                lost: list[float] = []
                norms: dict[str, list[float]] = {name: [] for name in parts}
                for number, batch in enumerate(batches(rows, size, generator) if shuffle else in_order(rows, size), 1):
                    lost += [sweep(batch, f"epoch {epoch}, batch {number}")] * len(batch)
                    for name, part in parts.items():
                        norms[name].append(math.hypot(*(p.grad for p in part)))
                    if max_norm is not None:
                        clip_grad_norm(moved, max_norm)
                    optimizer.step()
                    bar.update()
                model.eval()
                with no_record():
                    figures = {name: metric(model, watched) for name, metric in metrics.items()}
                validation_loss = None if held_out is None else evaluate(model, loss, held_out)
                if patience is not None:
                    # before the epoch counts, beside the best so far: Ctrl-C may come between the two
                    kept[epoch] = [p.data for p in moved], [deepcopy(getattr(module, key)) for module, key in buffers]
                history.add(_mean(lost), validation_loss, figures, {name: _mean(norms[name]) for name in norms})
                for old in kept.keys() - {history.best_epoch}:
                    del kept[old]
                bar.set_postfix_str(history.last(), refresh=False)
                if True in [callback(history) for callback in callbacks]:
                    return "callback"
                if patience is not None and epoch - (history.best_epoch or 0) >= patience:
                    return "patience"
        return "epochs"

    def settle() -> None:
        history.drop_unfinished()
        model.eval()
        if history.best_epoch in kept:
            weights, rest = kept[history.best_epoch]
            for p, weight in zip(moved, weights, strict=True):
                p.data = weight
            for (module, key), content in zip(buffers, rest, strict=True):
                setattr(module, key, content)

    try:
        try:
            # in a context of its own, so that no scope stays open that Ctrl-C broke off
            history.stopped = copy_context().run(train)
        finally:
            undivided(settle)
    except KeyboardInterrupt:
        history.stopped = "interrupted"
    return history


def evaluate(model: Module, loss: Loss, data: Data) -> float:
    """The mean loss over data, in evaluation mode and without recording; each module's mode is put back.

    >>> from nn import MLP, squared_error
    >>> from nn.init import constant
    >>> evaluate(MLP(1, [1], init=constant(1.0)), squared_error, ([[1.0], [2.0]], [0.0, 0.0]))
    1.25
    """
    functions(loss=loss)
    return _mean([x.data if type(x) is Value else float(x) for x in _evaluated(model, loss, data)])


def accuracy(model: Module, data: Data, threshold: float = 0.0) -> float:
    """The share of examples whose class the model finds, in evaluation mode.

    Several outputs: the class is the index of the largest. One output: the class is positive (a target of 1, not 0
    or -1) where the output is above `threshold`: 0 for logits and scores, ½ for probabilities. An answer with a NaN in
    it is wrong, so that a model that diverged does not look like one that always says the same.

    >>> from nn import MLP
    >>> from nn.init import constant
    >>> accuracy(MLP(1, [1], init=constant(1.0)), ([[1.0], [-2.0], [3.0]], [1, -1, -1]))
    0.6666666666666666
    """

    def right(outputs: Any, target: Any) -> bool:
        scores = as_list(outputs)
        if any(score != score for score in scores):  # only a NaN differs from itself
            return False
        if len(scores) == 1:
            return bool((scores[0] > threshold) == (target > 0))
        return max(range(len(scores)), key=lambda j: scores[j]) == class_of(target, len(scores))

    return fmean(_evaluated(model, right, data))


def _evaluated(model: Module, function: Loss, data: Data) -> list[Any]:
    """`function` of output and target for each example, in evaluation mode and without a graph."""
    check_module(model=model)
    rows = examples(data)
    modes = [(module, module.training) for _, module in model.named_modules()]
    model.eval()
    try:
        with no_record():
            return [function(model(x), target) for x, target in rows]
    finally:
        for module, mode in modes:
            module.training = mode


def _mean(numbers: list[float]) -> float:
    """The mean, also where the sum is beyond all floats or has infinities of both signs."""
    try:
        return fmean(numbers)
    except (OverflowError, ValueError):
        return float(statistics.mean(numbers))


def _parts(model: Module, trained: set[Value]) -> dict[str, list[Value]]:
    """The trained parameters of each module directly inside the model, or all of them where none has any."""
    parts = {
        path: [p for p in dict.fromkeys(child.parameters()) if p in trained] for path, child in model.named_children()
    }
    return {path: part for path, part in parts.items() if part} or {model.name: list(trained)}


def _shaken(x: Any, spread: float, generator: random.Random) -> Any:
    if hasattr(x, "__len__"):
        return [_shaken(a, spread, generator) for a in x]
    return x + generator.gauss(0.0, spread)


def _diverged(total: Value, where: str) -> FloatingPointError:
    node = cast(Value, first_nonfinite(total))  # there is one: that is why we are here
    what = f"{node.op.name}{f' (label {node.label!r})' if node.label else ''} = {node.data!r}, gradient {node.grad!r}"
    place = f" in {' / '.join(node.scope)}" if node.scope else ""
    why = f" ({explain_nonfinite(total)})" if math.isfinite(node.data) else ""
    return FloatingPointError(
        f"in {where} the loss is {total.data!r} or its gradient not finite; first at the node {what}{place}{why}. "
        "A smaller learning rate, clipping (max_norm) or normalised inputs may help"
    )
