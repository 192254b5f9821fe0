"""The training loop: batches, gradients and steps, with the techniques from the lectures as options."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd_core import Value

from ._training.evaluation import accuracy, evaluate
from ._training.settings import Augment, Loss, Metric, Settings
from ._training.training import Training
from .dataset import Data
from .history import History
from .init import Seed
from .module import Module
from .optim import Optimizer

__all__ = ["accuracy", "evaluate", "fit"]


def fit(
    model: Module, loss: Loss, data: Data, *, epochs: int = 10, batch_size: int | None = 32, shuffle: bool = True,
    optimizer: Optimizer | None = None, penalty: Callable[[Sequence[Value]], Any] | None = None,
    max_norm: float | None = None, validation: Data | None = None, patience: int | None = None,
    metrics: Mapping[str, Metric] | None = None, callbacks: Sequence[Callable[[History], Any]] = (),
    augment: Augment | None = None, input_noise: float = 0.0, seed: Seed = 0, progress: bool | None = None,
    client: Any = None, engine: str = "auto", fast: bool = False,
) -> History:
    """Train `model` on `data`: each epoch uses every example once, and the optimizer takes one step per batch.

    If Ctrl-C ends training, `fit` returns the history of the completed epochs and leaves the parameters as they were
    after the last complete step, or at their best if `patience` is set. The model is left in evaluation mode. For data
    larger than memory, call `fit` with `epochs=1` and the same optimizer on one file after another.
    (Lectures 000 to 004; for the options, 003, practical tricks, and 004, section 3.)

    Args:
        loss: A function of one example's outputs and target, as in `nn.losses`; a batch's loss is the mean over its
            examples.
        data: A `Dataset`, a pair of lists (inputs and targets), or a list of examples. The data are checked.
        epochs: The number of passes over the data.
        batch_size: The number of examples per step; None for all.
        shuffle: Whether to reorder the data in each epoch.
        optimizer: By default, `SGD(model.parameters(), lr=0.1)`. An optimizer may also update parameters outside the
            model, or only some of the model's own parameters.
        penalty: A function that takes the list of parameters; its result is added to each batch's loss.
        max_norm: The largest norm allowed for each batch's gradient; larger gradients are scaled down to this norm.
        validation: Data on which the loss and `metrics` are computed after each epoch; without it, `metrics` are
            computed on the training data.
        patience: Stop after this many epochs without a smaller validation loss, and restore the best parameters.
        metrics: Functions of the model and a list of examples, keyed by name, such as `{"accuracy": accuracy}`. They
            are called in evaluation mode and without recording a graph (inside `record()`, they can record one).
        callbacks: Functions that are called with the history after each epoch, in evaluation mode. Training ends if
            one of them returns True.
        augment: A function that takes an input and a `random.Random`, and returns a changed input; it is called each
            time an input is used.
        input_noise: The standard deviation of Gaussian noise, drawn anew each time an input is used.
        seed: The seed for shuffling, augmentation and noise; see `nn.init.generator_from`.
        progress: Whether to show progress on stderr; by default, only if stderr is a terminal.
        client: An object that computes the gradients of each batch: an executor from `concurrent.futures`, or a
            `distributed.Client` (extra `distributed`), which replaces workers that die. Workers keep the model and up
            to 256 MiB of data. The result is the same, to the last bit, with any number of workers. A batch of up
            to 1,024 examples is divided among at most 8 workers, and at most one for every 16 examples; a larger batch,
            among at most one for every 128 examples. With a client, modules such as Dropout derive new random
            numbers from `seed` for each example of each batch.
        engine: "program" traces the model and the loss once and replays the trace, called a program, for whole batches.
            This is much faster and has the same results to the last bit; side effects of your own code are not
            repeated. "eager" runs model and loss for each example. "auto" uses programs if model and loss consist only
            of modules, functions and losses from `nn` and `autograd_core`. The history records which engine ran, and
            why. Modules draw random numbers from their own generators as usual. Programs read the data when training
            begins, so do not change the data during training.
        fast: Whether programs may round differently from the eager engine (see `autograd_core.Program`). This option
            has no effect with `engine="eager"` or with a `client`.

    Raises:
        ValueError: Data or settings are invalid, or the loss does not depend on any parameter.
        FloatingPointError: The loss or its gradient is no longer finite. The message names the epoch, the batch and the
            first node that is not finite; the parameters are as they were before that batch.

    >>> from nn import MLP, hinge
    >>> from nn.datasets import moons
    >>> history = fit(MLP(2, [8, 1], seed=0), hinge, moons(40), epochs=3, batch_size=8)
    >>> len(history), history.stopped
    (3, 'epochs')
    """
    settings = Settings(
        model, loss, data, epochs, batch_size, shuffle, optimizer, penalty, max_norm, validation, patience, metrics,
        callbacks, augment, input_noise, seed, progress, engine, fast,
    )
    if client is not None:
        from ._training.shared import SharedTraining  # imported only if needed: it adds half of nn's import time

        return SharedTraining(settings, client).run()
    return Training(settings).run()
