"""Optimisers: how the parameters move against their gradients, and how gradients are clipped before they do."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from autograd_core import Value

Rate = float | Callable[[int], float]


class Optimizer:
    """What the optimisers share: the parameters, the learning rate, and the count of steps.

    Args: `parameters`, as from `Module.parameters()`; `lr`, a positive number, or a function that gives one for the
    number of steps done; `weight_decay`, λ in the term λw added to each gradient; `bound`, a limit that no |w|
    passes (lecture 004, "hard constraints on every individual weight"). Raises ValueError for settings that make no
    sense.
    """

    def __init__(
        self, parameters: Iterable[Value], lr: Rate, weight_decay: float = 0.0, bound: float | None = None
    ) -> None:
        self.parameters = list(parameters)
        if not self.parameters:
            raise ValueError("there is nothing to optimise: the list of parameters is empty")
        self.lr = lr if callable(lr) else _within("lr", lr, 0.0, math.inf)
        self.weight_decay = _within("weight_decay", weight_decay, 0.0, math.inf)
        self.bound = math.inf if bound is None else _within("bound", bound, 0.0, math.inf)
        self.steps = 0

    def rate(self) -> float:
        """The learning rate of the next step."""
        return self.lr(self.steps) if callable(self.lr) else self.lr

    def zero_grad(self) -> None:
        """Clear the gradient of every parameter."""
        for p in self.parameters:
            p.zero_grad()

    def step(self) -> None:
        """Move every parameter once, by the gradients that it holds."""
        rate, directions = self.rate(), self.directions()
        self.steps += 1
        for p, direction in zip(self.parameters, directions, strict=True):
            p.data = max(-self.bound, min(self.bound, p.data - rate * direction))

    def gradients(self) -> list[float]:
        """∂loss/∂w + λw for each parameter."""
        if not self.weight_decay:
            return [p.grad for p in self.parameters]
        return [p.grad + self.weight_decay * p.data for p in self.parameters]

    def directions(self) -> list[float]:
        """What each parameter moves against, before the learning rate; every optimiser has its own."""
        raise NotImplementedError(f"{type(self).__name__} has no directions")


class SGD(Optimizer):
    """Gradient descent: w ← w − η g, or with momentum m: v ← m v + g, w ← w − η v (Nesterov: w ← w − η (g + m v)).

    Args beyond `Optimizer`'s: `momentum`, from 0 up to but not 1; `nesterov`. Momentum's first v is g, as in PyTorch.
    (Lectures 000; 001; 002, equation 30; 003; 004.)

    >>> from autograd_core import parameter
    >>> w = parameter(0.4)
    >>> optimizer = SGD([w], lr=0.5)
    >>> (0.5 * (w * 0.8 - 0.2) ** 2).backward()
    >>> optimizer.step()
    >>> round(w.data, 12)
    0.352
    """

    def __init__(
        self, parameters: Iterable[Value], lr: Rate, momentum: float = 0.0, nesterov: bool = False,
        weight_decay: float = 0.0, bound: float | None = None,
    ) -> None:
        super().__init__(parameters, lr, weight_decay, bound)
        self.momentum = _within("momentum", momentum, 0.0, 1.0)
        self.nesterov = nesterov
        if nesterov and not momentum:
            raise ValueError("nesterov needs a momentum greater than 0")
        self.velocities: list[float] | None = None

    def directions(self) -> list[float]:
        """g, or the velocity."""
        m, g = self.momentum, self.gradients()
        if not m:
            return g
        v = self.velocities = (
            g if self.velocities is None else [m * v + g for v, g in zip(self.velocities, g, strict=True)]
        )
        return [g + m * v for g, v in zip(g, v, strict=True)] if self.nesterov else v


class Adam(Optimizer):
    """Adam: steps by the running mean of the gradient over the root of its running mean square (Kingma and Ba, 2015).

    Args beyond `Optimizer`'s: `betas`, how much of the two running means each step keeps; `eps`, added to the root.

    >>> from autograd_core import parameter
    >>> w = parameter(1.0)
    >>> optimizer = Adam([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(w.data, 6)
    0.9
    """

    def __init__(
        self, parameters: Iterable[Value], lr: Rate = 0.001, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0.0, bound: float | None = None,
    ) -> None:
        super().__init__(parameters, lr, weight_decay, bound)
        self.betas = _within("betas[0]", betas[0], 0.0, 1.0), _within("betas[1]", betas[1], 0.0, 1.0)
        self.eps = _within("eps", eps, 0.0, math.inf)
        self.means = [0.0] * len(self.parameters)
        self.squares = [0.0] * len(self.parameters)

    def directions(self) -> list[float]:
        """The mean over the root of the mean square, both made good for having begun at 0."""
        (b1, b2), g = self.betas, self.gradients()
        self.means = [b1 * m + (1.0 - b1) * g for m, g in zip(self.means, g, strict=True)]
        self.squares = [b2 * s + (1.0 - b2) * g * g for s, g in zip(self.squares, g, strict=True)]
        begun1, begun2 = 1.0 - b1 ** (self.steps + 1), 1.0 - b2 ** (self.steps + 1)
        return [
            m / begun1 / (math.sqrt(s / begun2) + self.eps) for m, s in zip(self.means, self.squares, strict=True)
        ]


def clip_grad_norm(parameters: Iterable[Value], max_norm: float) -> float:
    """Scale all gradients by one factor so that their Euclidean norm is at most `max_norm`; gives the norm before.

    >>> from autograd_core import parameter
    >>> w = parameter(0.0); w.grad = 10.0
    >>> clip_grad_norm([w], 1.0), w.grad
    (10.0, 1.0)
    """
    parameters, limit = list(parameters), _within("max_norm", max_norm, 0.0, math.inf)
    total = math.hypot(*(p.grad for p in parameters))
    if total > limit:
        for p in parameters:
            p.grad = p.grad * (limit / total)
    return total


def clip_grad_value(parameters: Iterable[Value], bound: float) -> None:
    """Move each gradient to the nearest number within ±`bound`.

    >>> from autograd_core import parameter
    >>> w = parameter(0.0); w.grad = -3.0
    >>> clip_grad_value([w], 0.5); w.grad
    -0.5
    """
    limit = _within("bound", bound, 0.0, math.inf)
    for p in parameters:
        p.grad = max(-limit, min(limit, p.grad))


def _within(name: str, number: float, low: float, high: float) -> float:
    if not low <= number < high:
        raise ValueError(f"{name} must be a number from {low:g} up to but not {high:g}; got {number!r}")
    return float(number)
