"""Losses of a single example, which training minimises, and penalties on the parameters.

`outputs` is the model's result, a list or a single number; `target` is the desired result. The caller averages the
losses over a batch (`nn.fit` takes the mean) and chooses the weight of a penalty.
"""

from collections.abc import Sequence
from typing import Any

from autograd_core import Value, dot, log, log1p, logsumexp, mean, relu, softplus, square, sum, take, where
from autograd_core._operations.integers import index_of

from ._checks import as_list

Number = Value | float


def squared_error(outputs: Any, target: Any) -> Any:
    """½ Σ (y − t)², the sum-of-squares or Euclidean loss (lecture 000; 002, equation 22; 003, Euclidean loss module).

    Raises:
        ValueError: The number of outputs differs from the number of targets.

    >>> squared_error([1.0, 3.0], [0.0, 1.0])
    2.5
    """
    return 0.5 * sum(_squares(outputs, target))


def mse_loss(outputs: Any, target: Any) -> Any:
    """The mean of (y − t)² over the outputs (lecture 001, E_in for one output).

    >>> mse_loss([1.0, 3.0], [0.0, 1.0])
    2.5
    """
    return mean(_squares(outputs, target))


def _squares(outputs: Any, target: Any) -> list[Any]:
    outputs, target = as_list(outputs), as_list(target)
    if len(outputs) != len(target):
        raise ValueError(f"{len(outputs)} outputs cannot be compared with {len(target)} targets")
    return [square(y - t) for y, t in zip(outputs, target, strict=True)]


def cross_entropy(logits: Sequence[Number], target: int) -> Any:
    """−log softmax(z)_t for the class t, computed as log Σ exp(z_j − z_t) (lecture 004, section 2.2).

    The target's logit is subtracted from every logit, so that the loss and its gradient stay accurate for logits of
    any size, even if the loss is almost 0.

    Args:
        logits: One score for each class.
        target: The correct class, counted from 0.

    Raises:
        ValueError: The target is not one of the classes, or there is only one logit (the loss would always be 0).

    >>> cross_entropy([1000.0, -1000.0], 1)
    2000.0
    """
    logits = as_list(logits)
    t = class_of(target, len(logits))
    minus = -take(logits, t)
    if type(t) is Value:
        return logsumexp([where(t - j, minus + z, 0.0) for j, z in enumerate(logits)])
    return logsumexp([0.0 if j == t else minus + z for j, z in enumerate(logits)])


def nll_loss(log_probabilities: Sequence[Number], target: int) -> Any:
    """−log p_t for the class t, computed from log-probabilities, for instance from `log_softmax` of the logits.

    Raises:
        ValueError: The target is not one of the classes, or the target's log-probability is above 0.

    >>> nll_loss([-0.1, -2.4], 1)
    2.4
    """
    log_probabilities = as_list(log_probabilities)
    log_p = take(log_probabilities, class_of(target, len(log_probabilities)))
    if log_p > 0:
        raise ValueError(
            f"nll_loss takes log-probabilities, which are at most 0; got {log_p!r}. For raw scores, use cross_entropy"
        )
    return -log_p


def binary_cross_entropy(probability: Any, target: float) -> Any:
    """−t log p − (1 − t) log(1 − p), for one probability or a list of one (lecture 004, equation 8).

    A term whose factor is 0 is omitted, so p may be 0 or 1 if it equals the target. `binary_cross_entropy_with_logits`
    is more accurate for probabilities near 0 and 1, and is always finite.

    Raises:
        ValueError: p is not a probability, or the loss is infinite.

    >>> binary_cross_entropy(0.5, 1)
    0.6931471805599453
    """
    p, t = _single(probability), _share(target)
    if p < 0 or p > 1:
        raise ValueError(
            f"binary_cross_entropy takes a probability from 0 to 1; got {p!r}. For raw scores, use "
            "binary_cross_entropy_with_logits"
        )
    if (p == 0 and t > 0) or (p == 1 and t < 1):
        raise ValueError(
            f"the loss is infinite for probability {p!r} and target {t:g}: binary_cross_entropy_with_logits, applied "
            "to the score before the sigmoid, is finite"
        )
    if t in (0.0, 1.0):
        return -log(p) if t else -log1p(-p)
    return -t * log(p) - (1.0 - t) * log1p(-p)


def binary_cross_entropy_with_logits(logit: Any, target: float) -> Any:
    """The binary cross-entropy of p = σ(z), computed from z; it is finite for every z, and its derivative is σ(z) − t.

    >>> binary_cross_entropy_with_logits(-1000.0, 1)
    1000.0
    """
    z, t = _single(logit), index_of(target)
    if t is not target and t * t == t:
        return softplus((1.0 - 2.0 * t) * z)
    t = _share(target)
    if t in (0.0, 1.0):
        return softplus(-z) if t else softplus(z)
    return t * softplus(-z) + (1.0 - t) * softplus(z)


def hinge(score: Any, target: float) -> Any:
    """max(0, 1 − t·s) for a target of −1 or 1 (lecture 003, hinge loss).

    >>> hinge(0.25, -1)
    1.25
    """
    t = index_of(target)  # when a loss is traced, the target can be a Value (see class_of)
    if t * t != 1 if type(t) is Value else t not in (-1, 1):
        raise ValueError(f"the target of hinge must be -1 or 1; got {target!r}")
    return relu(1.0 - t * _single(score))


def multi_margin_loss(scores: Sequence[Number], target: int) -> Any:
    """The multi-class hinge: the sum of max(0, 1 − s_t + s_j) over all j ≠ t, divided by the number of classes.

    >>> multi_margin_loss([2.0, 1.5, -1.0], 0)
    0.16666666666666666
    """
    scores = as_list(scores)
    t = class_of(target, len(scores))
    own = take(scores, t)
    if type(t) is Value:
        margins = [where(t - j, relu(1.0 - (own - s)), 0.0) for j, s in enumerate(scores)]
    else:
        margins = [relu(1.0 - (own - s)) for j, s in enumerate(scores) if j != t]
    return sum(margins) / len(scores)


def l1_penalty(parameters: Sequence[Number]) -> Any:
    """Σ |w|, to be added to a loss with a factor of your choice (lecture 004, section 3.3).

    >>> l1_penalty([1.0, -2.0])
    3.0
    """
    return sum([abs(w) for w in parameters])


def l2_penalty(parameters: Sequence[Number]) -> Any:
    """Σ w², to be added to a loss with a factor of your choice (lecture 004, section 3.3).

    >>> l2_penalty([1.0, -2.0])
    5.0
    """
    return dot(parameters, parameters)


def _single(outputs: Any) -> Any:
    outputs = as_list(outputs)
    if len(outputs) != 1:
        raise ValueError(f"this loss takes one output; got {len(outputs)}")
    return outputs[0]


def _share(target: Any) -> Any:
    if not 0 <= target <= 1:
        raise ValueError(f"the target of a binary cross-entropy must be from 0 to 1; got {target!r}")
    return target if type(target) is Value else float(target)  # when a loss is traced, the target can be a Value


def class_of(target: Any, classes: int) -> Any:
    """Return the target as a class; raise ValueError if there is no such class, or if there are fewer than two classes.

    When `nn.fit` traces a loss to replay it as a program, the target can be an input of the program and thus a Value.
    Losses then select outputs with `take` and `where`, so that one program serves every class. The backward pass adds
    gradients in the same order with and without a program: in both cases it first reaches the outputs through `take`,
    which has all outputs as operands, whatever the class.
    """
    if classes < 2:
        raise ValueError(
            f"there must be at least 2 outputs, one for each class; got {classes}. "
            "For two classes with one output, use binary_cross_entropy_with_logits or hinge"
        )
    t = index_of(target)
    if t is not target and t >= 0 and t < classes:
        return t
    if target not in range(classes):
        raise ValueError(f"the target must be a class from 0 to {classes - 1}; got {target!r}")
    return int(target)
