"""The training loop: batches, sweeps and steps, with every habit of the lectures as an option."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from autograd_core import Value, first_nonfinite, mean, no_record

from .batching import Data, Example, batches, examples, in_order
from .checks import whole
from .history import History
from .init import Seed, generator_from
from .module import Module, as_list
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
        data: a `Dataset`, or a pair of lists, inputs and targets, which are checked.
        epochs, batch_size: how often all data are seen, and how many make one step (None: all).
        shuffle: whether each epoch has an order of its own, or all have that of the data.
        optimizer: by default `SGD(model.parameters(), lr=0.1)`.
        penalty: of the list of parameters, added to each batch's loss.
        max_norm: clips the norm of each batch's gradient.
        validation: data on which loss and `metrics` are taken after each epoch (metrics of the training data else).
        patience: stop after so many epochs without a smaller validation loss, and go back to the best parameters.
        metrics: functions of model and a list of examples by name, such as `{"accuracy": accuracy}`.
        callbacks: called with the history after each epoch; one that gives True ends training.
        augment: makes, with a `random.Random`, a changed input from an input, anew each time it is used.
        input_noise: standard deviation of Gaussian noise added to each input, anew each time it is used.
        seed: of shuffling, augmentation and noise, see `nn.init.generator_from`.
        progress: whether to show it on stderr; by default where that is a terminal.

    Ctrl-C ends training with the history so far. The model is left in evaluation mode. Raises ValueError for bad data
    or settings, and FloatingPointError, with epoch, batch and the first node that went wrong, where the loss or its
    gradient is no longer finite: the parameters are then those before that batch.
    (Lectures 000 to 004; options: 003, practical tricks, and 004, section 3.)

    >>> from nn import MLP, hinge
    >>> from nn.datasets import moons
    >>> history = fit(MLP(2, [8, 1], seed=0), hinge, moons(40), epochs=3, batch_size=8)
    >>> len(history), history.stopped
    (3, 'epochs')
    """
    rows = examples(data, name="the training data")
    held_out = None if validation is None else examples(validation, len(rows[0][0]), "the validation data")
    if patience is not None and held_out is None:
        raise ValueError("patience needs validation data")
    if not (math.isfinite(input_noise) and input_noise >= 0):
        raise ValueError(f"input_noise must be a finite number of at least 0; got {input_noise!r}")
    epochs, size = whole("epochs", epochs, 1), len(rows) if batch_size is None else whole("batch_size", batch_size, 1)
    patience = None if patience is None else whole("patience", patience, 1)
    parameters = model.parameters()
    optimizer = optimizer or SGD(parameters, lr=0.1)
    parts = _parts(model)
    generator, history = generator_from(seed), History()
    best: dict[str, Any] = {}
    best_loss = math.inf
    shown = progress_of(epochs * math.ceil(len(rows) / size), progress)

    def noisy(x: Any) -> Any:
        x = x if augment is None else augment(x, generator)
        return _shaken(x, input_noise, generator) if input_noise else x

    def sweep(batch: list[Example], where: str) -> float:
        """Put the gradient of the batch's loss into the parameters; its loss without the penalty."""
        try:
            value = mean([loss(model(noisy(x)), target) for x, target in batch])
            total = value if penalty is None else value + penalty(parameters)
        except (ArithmeticError, ValueError) as error:
            error.add_note(f"This happened in {where}.")
            raise
        model.zero_grad()
        total.backward()
        if not (math.isfinite(total.data) and all(math.isfinite(p.grad) for p in parameters)):
            raise _diverged(total, where)
        return float(value.data)

    try:
        for epoch in range(1, epochs + 1):
            model.train()
            lost: list[float] = []
            norms: dict[str, list[float]] = {name: [] for name in parts}
            for number, batch in enumerate(batches(rows, size, generator) if shuffle else in_order(rows, size), 1):
                lost += [sweep(batch, f"epoch {epoch}, batch {number}")] * len(batch)
                for name, part in parts.items():
                    norms[name].append(math.hypot(*(p.grad for p in part)))
                if max_norm is not None:
                    clip_grad_norm(parameters, max_norm)
                optimizer.step()
                shown.batch()
            watched = rows if held_out is None else held_out
            figures = {name: metric(model, watched) for name, metric in (metrics or {}).items()}
            if held_out is not None:
                validation_loss = evaluate(model, loss, held_out)
                history.validation_losses.append(validation_loss)
                if validation_loss < best_loss:
                    best_loss, history.best_epoch, best = validation_loss, epoch, model.state_dict()
            history.add(math.fsum(lost) / len(lost), figures, norms)
            shown.epoch(history.last())
            answers = [callback(history) for callback in callbacks]
            if True in answers:
                history.stopped = "callback"
                break
            if patience is not None and epoch - (history.best_epoch or 0) >= patience:
                history.stopped = "patience"
                break
        else:
            history.stopped = "epochs"
    except KeyboardInterrupt:
        history.stopped = "interrupted"
    finally:
        shown.close()
        model.eval()
    if patience is not None and best:
        model.load_state_dict(best)
    return history


def evaluate(model: Module, loss: Loss, data: Data | list[Example]) -> float:
    """The mean loss over data, in evaluation mode and without recording; the mode is put back.

    >>> from nn import MLP, squared_error
    >>> from nn.init import constant
    >>> evaluate(MLP(1, [1], init=constant(1.0)), squared_error, ([[1.0], [2.0]], [0.0, 0.0]))
    1.25
    """
    losses = _evaluated(model, loss, data)
    return math.fsum(getattr(x, "data", x) for x in losses) / len(losses)


def accuracy(model: Module, data: Data | list[Example], threshold: float = 0.0) -> float:
    """The share of examples whose class the model finds, in evaluation mode.

    Several outputs: the class is the index of the largest. One output: the class is positive (a target of 1, not 0
    or -1) where the output is above `threshold`: 0 for logits and scores, ½ for probabilities.

    >>> from nn import MLP
    >>> from nn.init import constant
    >>> accuracy(MLP(1, [1], init=constant(1.0)), ([[1.0], [-2.0], [3.0]], [1, -1, -1]))
    0.6666666666666666
    """

    def right(outputs: Any, target: Any) -> bool:
        scores = as_list(outputs)
        if len(scores) == 1:
            return bool((scores[0] > threshold) == (target > 0))
        return max(range(len(scores)), key=lambda j: scores[j]) == int(target)

    found: list[bool] = _evaluated(model, right, data)
    return sum(found) / len(found)


def _evaluated(model: Module, function: Loss, data: Data | list[Example]) -> list[Any]:
    """`function` of output and target for each example, in evaluation mode and without a graph."""
    rows = data if isinstance(data, list) else examples(data)
    training = model.training
    model.eval()
    try:
        with no_record():
            return [function(model(x), target) for x, target in rows]
    finally:
        model.train(training)


def _parts(model: Module) -> dict[str, list[Value]]:
    """The parameters of each module directly inside the model, or of the model itself where there is none."""
    parts = {path: child.parameters() for path, child in model.named_children()}
    return {path: part for path, part in parts.items() if part} or {model.name: model.parameters()}


def _shaken(x: Any, spread: float, generator: random.Random) -> Any:
    if hasattr(x, "__len__"):
        return [_shaken(a, spread, generator) for a in x]
    return x + generator.gauss(0.0, spread)


def _diverged(total: Value, where: str) -> FloatingPointError:
    node = cast(Value, first_nonfinite(total))  # there is one: that is why we are here
    what = f"{node.op.name}{f' (label {node.label!r})' if node.label else ''} = {node.data!r}, gradient {node.grad!r}"
    place = f" in {' / '.join(node.scope)}" if node.scope else ""
    return FloatingPointError(
        f"in {where} the loss is {total.data!r} or its gradient not finite; first at the node {what}{place}. "
        "A smaller learning rate, clipping (max_norm) or normalised inputs may help"
    )
