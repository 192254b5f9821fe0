"""The training loop: batches, sweeps and steps, with every habit of the lectures as an option."""

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
    """Train `model` on `data`: each epoch uses every example once, and each batch makes one step of the optimizer.

    Ctrl-C ends training and returns the history of the completed epochs; the parameters are those after a whole step,
    or the best ones if `patience` is set. The model is left in evaluation mode. For data larger than memory, call it
    with `epochs=1` for each file in turn, and the same optimizer.
    (Lectures 000 to 004; options: 003, practical tricks, and 004, section 3.)

    Args:
        loss: Of one example, from outputs and target, as in `nn.losses`; a batch takes the mean.
        data: A `Dataset`, a pair of lists (inputs and targets), or a list of examples. All are checked.
        epochs: How often all the data are used.
        batch_size: How many examples make one step; None for all.
        shuffle: Whether each epoch has an order of its own, instead of that of the data.
        optimizer: By default `SGD(model.parameters(), lr=0.1)`. It may also move parameters outside the model,
            or only some of the model's.
        penalty: Of the list of parameters; added to each batch's loss.
        max_norm: The norm to which each batch's gradient is clipped.
        validation: Data for a loss after each epoch, and for `metrics`, which otherwise use the training data.
        patience: Stop after this many epochs without a smaller validation loss, and restore the best parameters.
        metrics: Functions of the model and a list of examples, by name, such as `{"accuracy": accuracy}`. They are
            called in evaluation mode and without recording (`record()` resumes it).
        callbacks: Called with the history after each epoch, in evaluation mode; one that returns True ends training.
        augment: Makes a changed input from an input and a `random.Random`, afresh each time the input is used.
        input_noise: Standard deviation of Gaussian noise added to each input, afresh each time it is used.
        seed: Of shuffling, augmentation and noise; see `nn.init.generator_from`.
        progress: Whether to show it on stderr; by default, if that is a terminal.
        client: Computes the gradients of parts of each batch, of 16 rows: an executor of `concurrent.futures`, or a
            `distributed.Client` (extra `distributed`), which replaces workers that die. Every number of workers leads
            to the same bits. Modules such as Dropout then draw from `seed`, anew for each row of each batch.
        engine: "program" traces model and loss once and replays them for whole batches, much faster and with the same
            bits; what your own code does besides computing is then not done again. "eager" runs them for each example.
            "auto" takes programs if it knows all of model and loss: modules, functions and losses of `nn` and
            `autograd_core`. The history says which ran, and why. Random numbers of the generators that modules hold are
            drawn as ever. Programs read the data when training begins: do not change them while it runs.
        fast: Whether programs may round otherwise, as `autograd_core.Program` says; it changes nothing eagerly.

    Raises:
        ValueError: Data or settings are bad, or the loss depends on no parameter.
        FloatingPointError: The loss or its gradient is no longer finite. The message names epoch, batch and the first
            node that went wrong; the parameters are those before that batch.

    >>> from nn import MLP, hinge
    >>> from nn.datasets import moons
    >>> history = fit(MLP(2, [8, 1], seed=0), hinge, moons(40), epochs=3, batch_size=8)
    >>> len(history), history.stopped
    (3, 'epochs')
    """
    settings = Settings(
        model, loss, data, epochs, batch_size, shuffle, optimizer, penalty, max_norm, validation, patience, metrics,
        callbacks, augment, input_noise, seed, progress, "eager" if client is not None and engine == "auto" else engine,
        fast,
    )
    if client is not None:
        from ._training.shared import SharedTraining, executor_of  # which needs half as long again to import

        return SharedTraining(settings, executor_of(client)).run()
    return Training(settings).run()
