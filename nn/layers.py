"""Neurons, layers and multilayer perceptrons, which consist of weighted sums and activation functions."""

from collections.abc import Callable, Sequence
from typing import Any

from autograd_core import Value, dot, parameter, relu, scope
from autograd_core._engine.weighted import weighted_sums

from ._checks import as_list, check_call, check_example, functions, whole
from .init import Initializer, Seed, generator_from, kaiming_normal, lecun_normal
from .module import Module

Number = Value | float
Activation = Callable[[Any], Any]


class Neuron(Module):
    """A single unit, which computes f(w · x + b).

    The product w · x is one `dot` node in the graph. (Lecture 004, equation 1.)

    Args:
        nin: The number of inputs.
        nonlin: Whether f is `activation`; if false, f is the identity.
        activation: Any function of one number, a module such as `PReLU`, or None for the identity.
        init: An initialiser from `nn.init`; by default N(0, 2/D) for ReLU and N(0, 1/D) for other activations.
        bias: The initial value of b.
        seed: See `nn.init.generator_from`.
        fan_out: The number of units in the neuron's layer, which is passed to `init`.
        name: The name under which drawings and error messages show the neuron's nodes (see `autograd_core.scope`).

    >>> from autograd_core import tanh
    >>> unit = Neuron(2, activation=tanh, seed=1)
    >>> unit, len(unit.parameters()), unit([1.0, -2.0]).op
    (Neuron(2, tanh), 3, <operation tanh>)
    """

    def __init__(
        self, nin: int, nonlin: bool = True, *, activation: Activation | None = relu, init: Initializer | None = None,
        bias: float = 0.0, seed: Seed = None, fan_out: int = 1, name: str | None = None,
    ) -> None:
        nin, generator = whole("nin", nin, 1), generator_from(seed)
        functions(activation=activation, init=init)
        if nonlin and _whole(activation):
            raise TypeError(
                f"activation {activation!r} acts on a whole layer, but a Neuron has only one output: pass it to "
                "Layer or MLP, or put it after the layer in a Sequential"
            )
        self.name = name or self.name
        self.activation = activation if nonlin else None
        draw = init or (kaiming_normal if self.activation is relu else lecun_normal)
        with scope(self.name):
            self.w = [parameter(draw(generator, nin, fan_out), f"w{i}") for i in range(1, nin + 1)]
            self.b = parameter(bias, "b")

    def __call__(self, x: Number | Sequence[Number], *others: Any) -> Any:
        """Return f(w · x + b)."""
        # equivalent to Module.__call__, but with one Python call fewer, because this method runs for every unit and
        # every example
        if others:
            check_call(self, lambda x: None, (x, *others), {})
        given: Any = x
        unit = (self.name, self.w, self.b, self.activation)
        try:
            return weighted_sums(given, [unit], dot)[0]
        except (TypeError, ValueError):
            listed = as_list(x)
            check_example(self, listed, len(self.w))
            if listed is given:
                raise
            return weighted_sums(listed, [unit], dot)[0]

    @property
    def nonlin(self) -> bool:
        """Whether the neuron has an activation function."""
        return self.activation is not None

    def extra_repr(self) -> str:
        """Return the number of inputs and the activation as text."""
        return f"{len(self.w)}{_described(self.activation)}"


class Layer(Module):
    """`nout` neurons that receive the same inputs: f(W x + b).

    An activation that acts on a whole layer, such as `Softmax()`, is applied to the outputs of all neurons together.

    Args:
        nin: The number of inputs.
        nout: The number of neurons.
        nonlin, activation, init, bias, seed, name: As for `Neuron`.

    >>> Layer(2, 3, seed=0)
    Layer(2, 3, relu)
    """

    def __init__(
        self, nin: int, nout: int, nonlin: bool = True, *, activation: Activation | None = relu,
        init: Initializer | None = None, bias: float = 0.0, seed: Seed = None, name: str | None = None,
    ) -> None:
        self.nin, nout, generator = whole("nin", nin, 1), whole("nout", nout, 1), generator_from(seed)
        self.name = name or self.name
        self.joint_activation = activation if nonlin and _whole(activation) else None
        own = activation if self.joint_activation is None else None
        with scope(self.name):
            self.neurons = [
                Neuron(
                    nin, nonlin, activation=own, init=init, bias=bias, seed=generator, fan_out=nout,
                    name=f"neuron {number}",
                )
                for number in range(1, nout + 1)
            ]

    def forward(self, x: Sequence[Number]) -> list[Any]:
        """Return f(w · x + b) for each neuron."""
        if x is None or len(x) != self.nin:
            check_example(self, x, self.nin)
        outputs = self._weighted(x)
        return outputs if self.joint_activation is None else as_list(self.joint_activation(outputs))

    def _weighted(self, x: Sequence[Number]) -> list[Any]:
        """Return each neuron's output; one call computes all outputs, unless a neuron is an instance of a subclass."""
        if set(map(type, self.neurons)) != {Neuron}:
            return [neuron(x) for neuron in self.neurons]
        units = [(neuron.name, neuron.w, neuron.b, neuron.activation) for neuron in self.neurons]
        try:
            return weighted_sums(x, units, dot)
        except (TypeError, ValueError):
            check_example(self, x, self.nin)
            raise

    def extra_repr(self) -> str:
        """Return the numbers of inputs and outputs, and the activation, as text."""
        joint, own = self.joint_activation, self.neurons[0].activation
        return f"{self.nin}, {len(self.neurons)}{_described(own if joint is None else joint)}"


class MLP(Module):
    """A multilayer perceptron: a sequence of layers, the last of which is linear by default.

    (Lecture 004, section 1.2.)

    Args:
        nin: The number of inputs.
        nouts: The number of units in each layer; the last is the number of outputs.
        activation: The activation of every layer except the last.
        output: The activation of the last layer; None, the default, makes this layer linear.
        init, bias, seed, name: As for `Neuron`.

    >>> model = MLP(2, [16, 16, 1], seed=0)
    >>> model, len(model.parameters())
    (MLP(2, [16, 16, 1]), 337)
    """

    def __init__(
        self, nin: int, nouts: Sequence[int], *, activation: Activation | None = relu,
        output: Activation | None = None, init: Initializer | None = None, bias: float = 0.0, seed: Seed = None,
        name: str | None = None,
    ) -> None:
        if not isinstance(nouts, Sequence) or not nouts:
            raise ValueError(f"nouts must be a non-empty list with one size for each layer; got {nouts!r}")
        functions(activation=activation, output=output)
        generator, activations = generator_from(seed), [activation] * (len(nouts) - 1) + [output]
        self.name = name or self.name
        with scope(self.name):
            self.layers = [
                Layer(inputs, outputs, activation=f, init=init, bias=bias, seed=generator, name=f"layer {number}")
                for number, (inputs, outputs, f) in enumerate(zip([nin, *nouts], nouts, activations, strict=False), 1)
            ]

    def forward(self, x: Sequence[Number]) -> Any:
        """Apply each layer to the outputs of the previous one."""
        for layer in self.layers:
            x = layer(x)
        return x

    def extra_repr(self) -> str:
        """Return the number of inputs and the sizes of the layers as text."""
        return f"{self.layers[0].nin}, {[len(layer.neurons) for layer in self.layers]}"


def named(function: Activation) -> str:
    """Return the function's name, or its repr if it has none."""
    return getattr(function, "__name__", repr(function))


def _whole(activation: Activation | None) -> bool:
    """Return whether the activation, or a module inside it, acts on a whole layer."""
    return isinstance(activation, Module) and any(inner.whole_layer for _, inner in activation.named_modules())


def _described(activation: Activation | None) -> str:
    return "" if activation is None else f", {named(activation)}"
