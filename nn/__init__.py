"""Neural networks built on autograd_core: every module, loss and penalty consists of autograd_core's operations."""

from typing import Any

from . import datasets, init
from .activations import (
    GELU,
    Dropout,
    Elementwise,
    Identity,
    L1Norm,
    L2Norm,
    LeakyReLU,
    NoisyReLU,
    Normalize,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from .compose import RNN, MeanPool, MLPConv, Parallel, Residual, RNNCell, Sequential
from .dataset import Dataset, batches, bootstrap, one_hot
from .history import History
from .layers import MLP, Layer, Neuron
from .losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge,
    l1_penalty,
    l2_penalty,
    mse_loss,
    multi_margin_loss,
    nll_loss,
    squared_error,
)
from .module import Module
from .optim import SGD, Adam, clip_grad_norm, clip_grad_value
from .rbf import RBF, kmeans
from .train import accuracy, evaluate, fit

__all__ = [
    "GELU", "MLP", "RBF", "RNN", "SGD", "Adam", "Dataset", "Dropout", "Elementwise", "History", "Identity",
    "L1Norm", "L2Norm", "Layer", "LeakyReLU", "MLPConv", "MeanPool", "Module", "Neuron", "NoisyReLU", "Normalize",
    "PReLU", "Parallel", "RNNCell", "ReLU", "Residual", "Sequential", "SiLU", "Sigmoid", "Softmax", "Softplus",
    "Tanh", "accuracy", "batches", "binary_cross_entropy", "binary_cross_entropy_with_logits", "bootstrap",
    "clip_grad_norm", "clip_grad_value", "cross_entropy", "datasets", "evaluate", "fit", "hinge", "init", "kmeans",
    "l1_penalty", "l2_penalty", "mse_loss", "multi_margin_loss", "nll_loss", "one_hot", "squared_error",
]


def __getattr__(name: str) -> Any:
    """Return `Classifier` or `Regressor`, which need scikit-learn and are therefore imported only when first used."""
    if name not in ("Classifier", "Regressor"):
        raise AttributeError(f"module 'nn' has no attribute {name!r}")
    try:
        from . import estimators
    except ImportError as error:
        raise ImportError(f"nn.{name} needs scikit-learn: pip install 'autograd-core[sklearn]' ({error})") from error
    return getattr(estimators, name)
