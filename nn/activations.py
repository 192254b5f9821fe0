"""Modules that act on each output of a layer or on all outputs at once: activations, dropout and normalisation."""

import statistics
from collections.abc import Callable, Sequence
from typing import Any, Self

import autograd_core as ag
from autograd_core import Value
from autograd_core.ops import larger

from ._checks import check_example, check_rows, functions, real, whole
from .init import Seed, generator_from
from .layers import Number, named
from .module import Module


class _Each(Module):
    """A module that applies `function` to each input."""

    function: Callable[[Any], Any]

    def forward(self, x: Sequence[Number]) -> list[Any]:
        """Return the function's value for each input."""
        return [self.function(a) for a in x]


class Elementwise(_Each):
    """A function of one number, applied to each input (lecture 003, "everything is a module").

    >>> from autograd_core import sin
    >>> Elementwise(sin)([0.0, 0.0])
    [0.0, 0.0]
    """

    def __init__(self, function: Callable[[Any], Any]) -> None:
        functions(function=function)
        self.function = function

    def extra_repr(self) -> str:
        """Return the function's name."""
        return named(self.function)


class ReLU(_Each):
    """max(0, x), with slope 0 at 0."""

    function = staticmethod(ag.relu)


class Sigmoid(_Each):
    """σ(x) = 1/(1 + exp(−x))."""

    function = staticmethod(ag.sigmoid)


class Tanh(_Each):
    """tanh(x)."""

    function = staticmethod(ag.tanh)


class Softplus(_Each):
    """log(1 + exp(x)), a smooth approximation of ReLU."""

    function = staticmethod(ag.softplus)


class SiLU(_Each):
    """x σ(x)."""

    function = staticmethod(ag.silu)


class GELU(_Each):
    """x Φ(x), where Φ is the standard normal distribution function."""

    function = staticmethod(ag.gelu)


class Identity(Module):
    """Return the inputs unchanged; useful as a branch of `Parallel`."""

    def forward(self, x: Sequence[Number]) -> list[Any]:
        """Return the inputs as a list."""
        return list(x)


class Softmax(Module):
    """exp(x_k)/Σ exp(x_j), computed after subtracting the largest input from all inputs, to avoid overflow.

    (Lecture 003, softmax module; 004, section 2.1.)
    """

    whole_layer = True

    def forward(self, x: Sequence[Number]) -> list[Any]:
        """Return the probabilities."""
        check_example(self, x, len(x))
        return ag.softmax(x)


class LeakyReLU(_Each):
    """x for x > 0, otherwise a fixed slope times x (the slope is 0.01 in lecture 003).

    >>> LeakyReLU()([2.0, -2.0])
    [2.0, -0.02]
    """

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = negative_slope

    def function(self, x: Number) -> Any:
        """Return x if x > 0, otherwise the slope times x."""
        return ag.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        """Return the slope as text."""
        return f"{self.negative_slope:g}"


class PReLU(_Each):
    """x for x > 0, otherwise β x with a trainable β (lecture 003; He et al., 2015, who start β at 0.25).

    >>> PReLU()([2.0, -2.0])
    [2.0, Value(-0.5)]
    """

    def __init__(self, slope: float = 0.25) -> None:
        self.slope = ag.parameter(slope, "β")

    def function(self, x: Number) -> Any:
        """Return x if x > 0, otherwise β x."""
        return x if x > 0 else self.slope * x


class NoisyReLU(_Each):
    """max(0, x + ε) in training, max(0, x) in evaluation; ε ~ N(0, σ(x)) is noise whose variance is the sigmoid of x.

    The gradient flows through x itself and through the variance. (Lecture 003; Nair and Hinton, 2010.)

    Args:
        seed: See `nn.init.generator_from`.
    """

    def __init__(self, seed: Seed = None) -> None:
        self.generator = generator_from(seed)

    def function(self, x: Number) -> Any:
        """Return max(0, x + ε) in training, and max(0, x) in evaluation."""
        return ag.relu(x + self.generator.gauss(0.0, 1.0) * ag.sqrt(ag.sigmoid(x)) if self.training else x)


class Dropout(Module):
    """In training, replace each input x by 0 with probability p, otherwise by x/(1 − p); in evaluation, change nothing.

    The scaling gives each output the same mean in training as in evaluation, so the weights need no change for
    evaluation. Lecture 004 instead halves the weights at test time, which is equivalent for p = ½.
    (Lecture 004, section 3.3; Srivastava et al., 2014.)

    Args:
        p: The probability of dropping an input, from 0 up to but not including 1.
        seed: See `nn.init.generator_from`.

    >>> Dropout(0.5, seed=1)([1.0, 1.0, 1.0, 1.0])
    [0.0, 2.0, 2.0, 0.0]
    """

    def __init__(self, p: float = 0.5, seed: Seed = None) -> None:
        self.p = real("p", p, least=0, below=1)
        self.generator = generator_from(seed)

    def forward(self, x: Sequence[Number]) -> list[Any]:
        """Return, for each input, the scaled input if it is kept, or 0 if it is dropped."""
        check_example(self, x, len(x))
        if not self.training or not self.p:
            return list(x)
        scale = 1.0 / (1.0 - self.p)
        return [ag.where(self._kept(), a * scale, 0.0) for a in x]

    def _kept(self) -> Any:
        """Return 1 to keep an input or 0 to drop it; while a model is traced, the draw and the result are Values."""
        drawn: Any = self.generator.random()
        return larger(drawn, self.p) if type(drawn) is Value else float(drawn >= self.p)

    def extra_repr(self) -> str:
        """Return the probability as text."""
        return f"{self.p:g}"


class L1Norm(Module):
    """x/Σ|x|, or zeros if all inputs are 0 (lecture 003, ℓ1-normalisation)."""

    whole_layer = True

    def forward(self, x: Sequence[Number]) -> list[Any]:
        """Return the inputs divided by their ℓ1 norm."""
        return _over(x, ag.sum([abs(a) for a in x]))


class L2Norm(Module):
    """x/√Σx², or zeros if all inputs are 0 (lecture 003, ℓ2-normalisation)."""

    whole_layer = True

    def forward(self, x: Sequence[Number]) -> list[Any]:
        """Return the inputs divided by their Euclidean norm."""
        return _over(x, ag.norm(x))


def _over(x: Sequence[Number], length: Any) -> list[Any]:
    # the norm is raised to at least 1e-12, as in PyTorch, so that a vector of zeros is not divided by 0
    length = ag.maximum(length, 1e-12)
    return [a / length for a in x]


class Normalize(Module):
    """Normalise each input to (x − mean)/std, with the mean and standard deviation of the data passed to `fit`.

    After normalisation, each column of those data has mean 0 and variance 1. Before `fit` is called, inputs pass
    through unchanged. An input that is constant in the data is only shifted. `mean` and `std` are saved with the
    parameters. (Lecture 003, practical tricks.)

    Args:
        width: The number of inputs.

    >>> Normalize(1).fit([[1.0], [3.0]])([3.0])
    1.0
    """

    buffers = ("mean", "std")
    whole_layer = True

    def __init__(self, width: int) -> None:
        whole("width", width, 1)
        self.mean, self.std = [0.0] * width, [1.0] * width

    def fit(self, rows: Sequence[Sequence[float]]) -> Self:
        """Compute each column's mean and standard deviation; raise ValueError for a number that is not finite."""
        check_rows(rows, len(self.mean))
        # `statistics` sums exactly; with rounded sums, the deviation of a constant column could be 1e-17 instead of 0
        columns = [list(map(float, column)) for column in zip(*rows, strict=True)]
        self.mean = list(map(statistics.mean, columns))
        self.std = [statistics.pstdev(column) or 1.0 for column in columns]
        return self

    def forward(self, x: Sequence[Number]) -> list[Any]:
        """Return the normalised inputs; raise ValueError if there are too many or too few inputs."""
        check_example(self, x, len(self.mean))
        return [(a - m) / s for a, m, s in zip(x, self.mean, self.std, strict=True)]

    def extra_repr(self) -> str:
        """Return the number of inputs as text."""
        return str(len(self.mean))
