"""Compute a model's mean loss and accuracy on data, in evaluation mode and without a graph."""

import statistics
from collections.abc import Iterator
from statistics import fmean
from typing import Any

from autograd_core import Value, no_record

from .._checks import as_list, functions
from ..dataset import Data, Example, examples
from ..losses import class_of
from ..module import Module, check_module
from .draws import Draws
from .programs import Programs, why_not
from .settings import Loss

# with at least this many rows, tracing the model costs less time than it saves
MANY = 200


def evaluate(model: Module, loss: Loss, data: Data) -> float:
    """Return the model's mean loss on the data, in evaluation mode and without recording.

    Afterwards, each module is back in its previous mode.

    >>> from nn import MLP, squared_error
    >>> from nn.init import constant
    >>> evaluate(MLP(1, [1], init=constant(1.0)), squared_error, ([[1.0], [2.0]], [0.0, 0.0]))
    1.25
    """
    functions(loss=loss)
    return mean_of([x.data if type(x) is Value else float(x) for x in _evaluated(model, loss, data)])


def accuracy(model: Module, data: Data, threshold: float = 0.0) -> float:
    """Return the share of examples that the model classifies correctly, in evaluation mode.

    With several outputs, the predicted class is the index of the largest output. With one output, the positive class
    (target 1) is predicted if the output is above `threshold`, and the other class (target 0 or -1) if not; the
    threshold should be 0 for logits and scores, and ½ for probabilities. If an output is NaN, the example counts as
    wrong, so that a model that diverged does not look like one that always predicts the same class.

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
        return bool(max(range(len(scores)), key=lambda j: scores[j]) == class_of(target, len(scores)))

    return fmean(_evaluated(model, right, data))


def _evaluated(model: Module, function: Loss, data: Data) -> list[Any]:
    """Return `function(outputs, target)` for each example, in evaluation mode and without a graph."""
    check_module(model=model)
    rows = examples(data)
    modes = [(module, module.training) for _, module in model.named_modules()]
    model.eval()
    try:
        with no_record():
            return [function(y, target) for y, target in _outputs(model, rows)]
    finally:
        for module, mode in modes:
            module.training = mode


def _outputs(model: Module, rows: list[Example]) -> Iterator[tuple[Any, Any]]:
    """Yield (outputs, target) for each row, using a program if there are many rows and the model can be traced."""
    programs = None
    if len(rows) >= MANY and not why_not(model, None, "auto"):
        programs = Programs(lambda x, _: model(x), [], Draws(model))
    for x, target in rows:
        if programs is not None:
            try:
                y = programs.outputs(x)
            except Exception:  # if something is wrong, computing without a program raises the error
                programs, y = None, model(x)
        else:
            y = model(x)
        yield y, target


def mean_of(numbers: list[float]) -> float:
    """Return the mean, even if the sum overflows or there are infinities of both signs."""
    try:
        return fmean(numbers)
    except (OverflowError, ValueError):
        return float(statistics.mean(numbers))
