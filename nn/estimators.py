"""Networks as scikit-learn estimators, for pipelines, cross-validation and grid search.

The estimators need scikit-learn 1.6 or later (extra `sklearn`); import them as `nn.Classifier` and `nn.Regressor`.
"""

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

import autograd_core
from autograd_core import no_record, softmax

from ._checks import as_list
from .dataset import Dataset
from .layers import MLP
from .losses import cross_entropy, squared_error
from .module import Module
from .optim import Adam
from .train import fit

Activation = str | Callable[[Any], Any]


class _Network(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """The base class of both estimators: settings, training and outputs."""

    def __init__(
        self, hidden: Sequence[int] = (16,), *, activation: Activation = "relu",
        model: Callable[[int, int], Module] | None = None, lr: float = 0.01, epochs: int = 50,
        batch_size: int | None = 32, weight_decay: float = 0.0, patience: int | None = None, held_out: float = 0.1,
        random_state: Any = None,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.model = model
        self.lr = lr
        self.epochs = epochs
        self.batch_size = batch_size
        self.weight_decay = weight_decay
        self.patience = patience
        self.held_out = held_out
        self.random_state = random_state

    def _train(self, inputs: Any, targets: list[Any], outputs: int, loss: Callable[[Any, Any], Any]) -> None:
        seed = int(check_random_state(self.random_state).randint(2**31))
        training = Dataset("X", inputs.tolist(), targets)
        validation = None
        if self.patience is not None:
            training, validation = training.split(self.held_out, seed)
        self.module_ = self._module(inputs.shape[1], outputs, seed)
        self.history_ = fit(
            self.module_, loss, training, epochs=self.epochs, batch_size=self.batch_size, validation=validation,
            optimizer=Adam(self.module_.parameters(), lr=self.lr, weight_decay=self.weight_decay),
            patience=self.patience, seed=seed, progress=False,
        )
        self.n_iter_ = len(self.history_)

    def _module(self, inputs: int, outputs: int, seed: int) -> Module:
        if self.model is not None:
            return self.model(inputs, outputs)
        activation: Any = self.activation
        if isinstance(activation, str) and (activation := getattr(autograd_core, activation, None)) is None:
            raise ValueError(
                f"autograd_core has no function {self.activation!r}: use an existing one, such as 'relu' or 'tanh'"
            )
        return MLP(inputs, [*self.hidden, outputs], activation=activation, seed=seed)

    def _outputs(self, X: Any) -> list[list[float]]:
        """Return the network's outputs for each row."""
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False, dtype=np.float64).tolist()
        with no_record():
            return [[y.data for y in as_list(self.module_(row))] for row in rows]


class Classifier(ClassifierMixin, _Network):  # type: ignore[misc]
    """A multilayer perceptron for classification, trained with Adam on the cross-entropy of its softmax.

    After `fit`, `classes_` holds the classes, `module_` the trained `Module`, and `history_` the `History`.

    Args:
        hidden: The number of units in each hidden layer.
        activation: The name of a function in `autograd_core`, or any function of one number, for the hidden layers.
        model: A function that takes the number of inputs and the number of outputs, and returns the network to use
            instead of a multilayer perceptron: a `Module` that returns logits.
        lr: Adam's learning rate.
        epochs: The maximum number of passes over the data.
        batch_size: The number of rows per step; None for all.
        weight_decay: λ in the term λw that is added to each gradient.
        patience: Stop after this many epochs without a smaller loss on held-out rows.
        held_out: The share of rows to hold out if `patience` is set.
        random_state: An int, a `numpy.random.RandomState` or None; it determines the initial weights, the split
            and the shuffling.

    >>> from nn.datasets import moons
    >>> data = moons(60)
    >>> classifier = Classifier([8], activation="tanh", epochs=40, random_state=0).fit(data.inputs, data.targets)
    >>> classifier.predict([[0.0, 1.0]])
    array([-1])
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Train a new network on the rows of `X` and their classes `y`."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError("the targets contain only 1 class: a classifier needs at least 2")
        self._train(X, codes.tolist(), len(self.classes_), cross_entropy)
        return self

    def predict_proba(self, X: Any) -> Any:
        """Return an array with the probability of each class, in the order of `classes_`, for each row."""
        return np.array([softmax(scores) for scores in self._outputs(X)])

    def predict(self, X: Any) -> Any:
        """Return an array with the most probable class of each row."""
        best = np.argmax(self._outputs(X), axis=1)
        return self.classes_[best]


class Regressor(RegressorMixin, _Network):  # type: ignore[misc]
    """A multilayer perceptron for regression, trained with Adam on the squared error.

    After `fit`, `module_` holds the trained `Module` and `history_` the `History`. Scale the inputs and the
    targets before calling `fit`.

    Args:
        hidden, activation, model, lr, epochs, batch_size, weight_decay, patience, held_out, random_state: As for
            `Classifier`.

    >>> from nn.datasets import curve
    >>> data = curve("square", 40)
    >>> Regressor([8], activation="tanh", epochs=100, random_state=0).fit(data.inputs, data.targets).score(
    ...     data.inputs, data.targets) > 0.9
    True
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Train a new network on the rows of `X` and their targets `y`, which are one or more numbers for each row."""
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        y = y.astype(np.float64)
        self._flat = y.ndim == 1
        self._train(X, y.tolist(), 1 if self._flat else y.shape[1], squared_error)
        return self

    def predict(self, X: Any) -> Any:
        """Return an array with the prediction for each row."""
        outputs = np.array(self._outputs(X))
        return outputs[:, 0] if self._flat else outputs
