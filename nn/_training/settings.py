"""The arguments of `fit`, checked before training begins."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd_core import Value
from autograd_core._program.arguments import checked_fast

from .._checks import functions, real, whole
from ..dataset import Data, Example, examples
from ..history import History
from ..init import Seed, generator_from
from ..module import Module, check_module
from ..optim import SGD, Optimizer

Loss = Callable[[Any, Any], Any]
Metric = Callable[[Module, list[Example]], float]
Augment = Callable[[Any, random.Random], Any]


@dataclass
class Settings:
    """The arguments of `fit`, which are documented there.

    An invalid argument raises a TypeError or ValueError that names the argument.
    """

    model: Module
    loss: Loss
    data: Data
    epochs: int
    batch_size: int | None
    shuffle: bool
    optimizer: Optimizer | None
    penalty: Callable[[Sequence[Value]], Any] | None
    max_norm: float | None
    validation: Data | None
    patience: int | None
    metrics: Mapping[str, Metric] | None
    callbacks: Sequence[Callable[[History], Any]]
    augment: Augment | None
    input_noise: float
    seed: Seed
    progress: bool | None
    engine: str
    fast: bool
    # derived from the fields above: `watched` contains the examples for `metrics`, and `moved` all parameters to update
    rows: list[Example] = field(init=False)
    held_out: list[Example] | None = field(init=False)
    watched: list[Example] = field(init=False)
    size: int = field(init=False)
    parameters: list[Value] = field(init=False)
    moved: list[Value] = field(init=False)
    mover: Optimizer = field(init=False)
    generator: random.Random = field(init=False)

    @property
    def changes_inputs(self) -> bool:
        """Whether inputs change each time they are used."""
        return self.augment is not None or self.input_noise > 0.0

    def __post_init__(self) -> None:
        check_module(model=self.model)
        functions(loss=self.loss, penalty=self.penalty, augment=self.augment)
        self._read_data()
        self.epochs = whole("epochs", self.epochs, 1)
        self.size = len(self.rows) if self.batch_size is None else whole("batch_size", self.batch_size, 1)
        real("input_noise", self.input_noise, least=0.0)
        if self.engine not in ("auto", "eager", "program"):
            raise ValueError(f'engine must be "auto", "eager" or "program"; got {self.engine!r}')
        checked_fast(self.fast)
        self._check_observers()
        self._find_parameters()
        self.generator = generator_from(self.seed)

    def _read_data(self) -> None:
        self.rows = examples(self.data, name="the training data")
        width = len(self.rows[0][0])
        self.held_out = None if self.validation is None else examples(self.validation, width, "the validation data")
        self.watched = self.rows if self.held_out is None else self.held_out

    def _check_observers(self) -> None:
        """Check the arguments that only observe training: metrics, callbacks, and patience."""
        self.metrics = {} if self.metrics is None else self.metrics
        if not isinstance(self.metrics, Mapping):
            example = '{"accuracy": accuracy}'
            raise TypeError(
                f"metrics must be a dict of functions keyed by name, such as {example}; got {self.metrics!r}"
            )
        functions(**self.metrics)
        for callback in self.callbacks:
            functions(callback=callback)
        if self.patience is not None:
            self.patience = whole("patience", self.patience, 1)
            if self.held_out is None:
                raise ValueError("patience needs validation data")

    def _find_parameters(self) -> None:
        """Find the model's own parameters and all parameters to update, which may include some outside the model."""
        model = self.model
        self.parameters = list(dict.fromkeys(model.parameters()))
        if not self.parameters:
            raise ValueError(
                f"{model!r} has no parameters: create them with `parameter` and assign them to attributes, "
                "individually or in lists"
            )
        mover = SGD(self.parameters, lr=0.1) if self.optimizer is None else self.optimizer
        if not isinstance(mover, Optimizer):
            raise TypeError(f"optimizer must be an Optimizer, such as SGD(model.parameters(), lr=0.1); got {mover!r}")
        if set(self.parameters).isdisjoint(mover.parameters):
            raise ValueError(
                f"the optimizer has none of the parameters of {model!r}: create it with model.parameters()"
            )
        self.mover = mover
        self.moved = list(dict.fromkeys([*self.parameters, *mover.parameters]))
