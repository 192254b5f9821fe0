"""Optimisers, which move parameters in the direction opposite to their gradients, and gradient clipping."""

import math
from array import array
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, cast

from autograd_core import Value
from autograd_core._engine.choice import NATIVE
from autograd_core._engine.interrupts import undivided
from autograd_core._engine.weights import assign_data, assign_gradients, clear_gradients, gradients_of

from ._checks import real

Rate = float | Callable[[int], float]


class Optimizer:
    """The base class of optimisers. It holds the parameters, the learning rate and the number of steps taken.

    `memory` holds an optimiser's state between steps.

    Args:
        parameters: The parameters to update, as returned by `Module.parameters()`; duplicates count once.
        lr: The learning rate: a number that is at least 0, or a function that takes the number of steps taken so
            far and returns the rate.
        weight_decay: λ in the term λw that is added to each gradient.
        bound: A limit on every |w| (lecture 004, "hard constraints on every individual weight").

    Raises:
        ValueError: A setting is out of range, or there are no parameters.
        TypeError: A parameter is not a leaf, that is, it was computed from other Values.
    """

    memory: Any = None

    def __init__(
        self, parameters: Iterable[Value], lr: Rate, weight_decay: float = 0.0, bound: float | None = None
    ) -> None:
        self.parameters = _leaves(parameters)
        if not self.parameters:
            raise ValueError("there is nothing to optimise: the list of parameters is empty")
        self.lr = lr if callable(lr) else real("lr", lr, least=0.0)
        self.weight_decay = real("weight_decay", weight_decay, least=0.0)
        self.bound = math.inf if bound is None else real("bound", bound, least=0.0)
        self.steps = 0

    def rate(self) -> float:
        """Return the learning rate for the next step."""
        return real(f"lr({self.steps})", self.lr(self.steps), least=0.0) if callable(self.lr) else self.lr

    def zero_grad(self) -> None:
        """Clear the gradient of every parameter."""
        clear_gradients(self.parameters)

    def step(self) -> None:
        """Move every parameter once, according to its gradient; Ctrl-C takes effect before or after the whole step."""
        rate, steps = self.rate(), self.steps + 1
        moved = NotImplemented if NATIVE is None or self._has_own_rule() else self._moved_in_c(rate)
        weights, memory = self._moved(rate) if moved is NotImplemented else moved

        def write() -> None:
            assign_data(self.parameters, weights)
            self.steps, self.memory = steps, memory

        undivided(write)

    def _moved(self, rate: float) -> tuple[Any, Any]:
        """Return the weights and the memory as they will be after a step, without changing anything."""
        directions, memory = self.directions()
        weights = [
            _clamped(p.data - rate * direction, self.bound)
            for p, direction in zip(self.parameters, directions, strict=True)
        ]
        return weights, memory

    def _moved_in_c(self, rate: float) -> Any:
        """Compute the result of `_moved` in C, to the last bit; return NotImplemented if C cannot compute it."""
        return NotImplemented

    def kept_in_arrays(self) -> Any:
        """Return the state as arrays for `step_in_arrays`, or NotImplemented if the state is not made up of floats."""
        return NotImplemented

    def step_in_arrays(self, weights: Any, gradients: Any, kept: list[Any], done: Any) -> None:
        """Take a step with the native engine on weights held in arrays, and increment `done[0]`.

        `done[0]` is the number of steps taken since the state was last put into arrays.
        """
        raise NotImplementedError(f"{type(self).__name__} does not implement step_in_arrays()")

    def keep(self, steps: int, kept: list[Any]) -> None:
        """Read the state back from arrays; `steps` is the total number of steps taken."""
        self.steps = steps

    def _has_own_rule(self) -> bool:
        """Return whether the optimiser's class defines an update rule other than those of `SGD` and `Adam`."""
        return any({"directions", "gradients"} & vars(kind).keys() for kind in type(self).__mro__ if kind not in _KNOWN)

    def gradients(self) -> list[float]:
        """Return ∂loss/∂w + λw for each parameter."""
        gradients = gradients_of(self.parameters)
        if not self.weight_decay:
            return gradients
        return [g + self.weight_decay * p.data for g, p in zip(gradients, self.parameters, strict=True)]

    def directions(self) -> tuple[list[float], Any]:
        """Return each parameter's direction, and the memory after this step, without changing anything.

        A step subtracts the learning rate times the direction from the parameter.
        """
        raise NotImplementedError(f"{type(self).__name__} does not implement directions()")


class SGD(Optimizer):
    """Gradient descent: w ← w − η g, or with momentum m: v ← m v + g, w ← w − η v (Nesterov: w ← w − η (g + m v)).

    The first v is g, as in PyTorch. (Lectures 000; 001; 002, equation 30; 003; 004.)

    Args:
        parameters, lr, weight_decay, bound: As for `Optimizer`.
        momentum: The factor m, from 0 up to but not including 1.
        nesterov: Whether to look one step ahead, which requires momentum > 0.

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
        self.momentum = real("momentum", momentum, least=0.0, below=1.0)
        self.nesterov = nesterov
        if nesterov and not momentum:
            raise ValueError("nesterov needs a momentum greater than 0")
        self.memory = _zeros(self.parameters)

    def directions(self) -> tuple[list[float], Any]:
        """Return g without momentum, v with momentum, and g + m v with Nesterov momentum; the memory is v."""
        m, g = self.momentum, self.gradients()
        if not m:
            return g, self.memory
        v = [m * v + g for v, g in zip(self.memory, g, strict=True)]
        return ([g + m * v for g, v in zip(g, v, strict=True)] if self.nesterov else v), v

    def _moved_in_c(self, rate: float) -> Any:
        kept = _as_array(self.memory) if self.momentum else None
        if kept is NotImplemented:
            return NotImplemented
        moved = cast(Any, NATIVE).sgd_moved(
            self.parameters, kept, rate, self.weight_decay, self.bound, self.momentum, self.nesterov
        )
        weights, *memory = (array("d", numbers) for numbers in moved)
        return weights, memory[0] if memory else self.memory

    def kept_in_arrays(self) -> Any:
        """Return a list that contains the array of velocities, or an empty list if there is no momentum."""
        kept = _as_array(self.memory) if self.momentum else None
        return kept if kept is NotImplemented else [] if kept is None else [kept]

    def step_in_arrays(self, weights: Any, gradients: Any, kept: list[Any], done: Any) -> None:
        """Take a step on arrays, with the same result as `step`."""
        cast(Any, NATIVE).sgd_step(
            weights, gradients, kept[0] if kept else None, done, self.lr, self.weight_decay, self.bound, self.momentum,
            self.nesterov,
        )

    def keep(self, steps: int, kept: list[Any]) -> None:
        """Read back the velocities."""
        self.steps, self.memory = steps, kept[0] if kept else self.memory


class Adam(Optimizer):
    """Adam: a step follows the gradient's running mean, divided by the square root of the running mean of its square.

    (Kingma and Ba, 2015.)

    Args:
        parameters, lr, weight_decay, bound: As for `Optimizer`.
        betas: The fractions of the two running means that a step keeps: one for the gradient, one for its square.
        eps: A small number added to the square root, so that the divisor is not 0.

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
        beta1, beta2 = betas
        self.betas = real("betas[0]", beta1, least=0.0, below=1.0), real("betas[1]", beta2, least=0.0, below=1.0)
        self.eps = real("eps", eps, above=0.0)
        self.memory = _zeros(self.parameters), _zeros(self.parameters)

    def directions(self) -> tuple[list[float], Any]:
        """Return the mean divided by the root mean square, both corrected for having started at 0.

        The memory holds the means of the gradient and of its square, without this correction.
        """
        (b1, b2), (means, squares), gradients = self.betas, self.memory, self.gradients()
        means = [b1 * m + (1.0 - b1) * g for m, g in zip(means, gradients, strict=True)]
        squares = [b2 * s + (1.0 - b2) * g * g for s, g in zip(squares, gradients, strict=True)]
        begun1, begun2 = 1.0 - b1 ** (self.steps + 1), 1.0 - b2 ** (self.steps + 1)
        directions = [
            m / begun1 / (math.sqrt(s / begun2) + self.eps) for m, s in zip(means, squares, strict=True)
        ]
        return directions, (means, squares)

    def _moved_in_c(self, rate: float) -> Any:
        (b1, b2), steps, kept = self.betas, self.steps + 1, [*map(_as_array, self.memory)]
        if NotImplemented in kept:
            return NotImplemented
        moved = cast(Any, NATIVE).adam_moved(
            self.parameters, *kept, rate, self.weight_decay, self.bound, b1, b2, self.eps,
            1.0 - b1**steps, 1.0 - b2**steps,
        )
        if moved is NotImplemented:
            return NotImplemented
        weights, *memory = (array("d", numbers) for numbers in moved)
        return weights, tuple(memory)

    def kept_in_arrays(self) -> Any:
        """Return the two running means."""
        kept = [*map(_as_array, self.memory)]
        return NotImplemented if NotImplemented in kept or min(kept[1]) < 0.0 else kept

    def step_in_arrays(self, weights: Any, gradients: Any, kept: list[Any], done: Any) -> None:
        """Take a step on arrays, with the same result as `step`."""
        (b1, b2), steps = self.betas, self.steps + done[0] + 1
        cast(Any, NATIVE).adam_step(
            weights, gradients, *kept, done, self.lr, self.weight_decay, self.bound, b1, b2, self.eps,
            1.0 - b1**steps, 1.0 - b2**steps,
        )

    def keep(self, steps: int, kept: list[Any]) -> None:
        """Read back the two running means."""
        self.steps, self.memory = steps, (kept[0], kept[1])


# the classes whose update rules the native engine implements
_KNOWN = (Optimizer, SGD, Adam)


def clip_grad_norm(parameters: Iterable[Value], max_norm: float) -> float:
    """Scale all gradients by one factor so that their norm is at most `max_norm`; return the norm before scaling.

    A parameter listed twice counts once. If any gradient is infinite or NaN, no gradient is changed.

    >>> from autograd_core import parameter
    >>> w = parameter(0.0); w.grad = 10.0
    >>> clip_grad_norm([w], 1.0), w.grad
    (10.0, 1.0)
    """
    parameters, limit = _leaves(parameters), real("max_norm", max_norm, least=0.0)
    gradients = gradients_of(parameters)
    total, largest = math.hypot(*gradients), max(map(abs, gradients), default=0.0)
    if total > limit and largest < math.inf:
        # the gradients are first divided by the largest one, because their norm may overflow
        directions = [g / largest for g in gradients]
        factor = limit / math.hypot(*directions)
        assign_gradients(parameters, [direction * factor for direction in directions])
    return total


def clip_grad_value(parameters: Iterable[Value], bound: float) -> None:
    """Clip each gradient to the range from -`bound` to `bound`.

    >>> from autograd_core import parameter
    >>> w = parameter(0.0); w.grad = -3.0
    >>> clip_grad_value([w], 0.5); w.grad
    -0.5
    """
    limit = real("bound", bound, least=0.0)
    leaves = _leaves(parameters)
    assign_gradients(leaves, [_clamped(g, limit) for g in gradients_of(leaves)])


def _zeros(parameters: list[Value]) -> Any:
    return array("d", bytes(8 * len(parameters)))


def _as_array(numbers: Any) -> Any:
    """Return an optimiser's state as an array.

    Returns NotImplemented if the state does not consist of floats; the step is then taken in Python.
    """
    if type(numbers) is array:
        return numbers
    return array("d", numbers) if set(map(type, numbers)) == {float} else NotImplemented


def _clamped(number: float, limit: float) -> float:
    # with the arguments in this order, NaN stays NaN
    return max(min(number, limit), -limit)


def _leaves(parameters: Any) -> list[Value]:
    """Return each parameter once; a list collected from several layers may contain a shared one twice."""
    leaves: list[Value] = list(parameters) if hasattr(parameters, "__iter__") else [parameters]
    if not (set(map(type, leaves)) <= {Value} and all(map(attrgetter("is_leaf"), leaves))):
        wrong = next(p for p in leaves if type(p) is not Value or not p.is_leaf)
        raise TypeError(f"the parameters must be leaves, as returned by model.parameters(); got {wrong!r}")
    return list(dict.fromkeys(leaves))
