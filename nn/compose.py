"""Modules built from other modules: sequences, branches, residual blocks, recurrent networks and convolutions."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from autograd_core import mean, relu, scope, tanh

from ._checks import as_list, whole
from .init import Initializer, Seed
from .layers import MLP, Activation, Layer, Number
from .module import Module, check_module


class Sequential(Module):
    """Modules applied one after another: a feed-forward cascade (lecture 003).

    >>> from nn import Layer, Dropout
    >>> model = Sequential(Layer(2, 8), Dropout(0.5), Layer(8, 1, nonlin=False))
    >>> model
    Sequential(Layer(2, 8, relu), Dropout(0.5), Layer(8, 1))
    >>> [module.name for module in model]
    ['layer 1', 'dropout 1', 'layer 2']
    """

    def __init__(self, *modules: Module) -> None:
        self.modules = _numbered(*modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.modules)

    def __len__(self) -> int:
        return len(self.modules)

    def __getitem__(self, index: int) -> Module:
        return self.modules[index]

    def forward(self, x: Any) -> Any:
        """Apply each module to the outputs of the previous one."""
        for module in self.modules:
            x = module(x)
        return x


class Parallel(Module):
    """Modules that all receive the same inputs; their outputs are joined into one list.

    Combined with `Identity` and `Sequential`, `Parallel` can express any acyclic arrangement of modules (lecture 003,
    interweaved connections).

    >>> from nn import Identity, ReLU
    >>> Parallel(Identity(), ReLU())([1.0, -1.0])
    [1.0, -1.0, 1.0, 0.0]
    """

    def __init__(self, *branches: Module) -> None:
        self.branches = _numbered(*branches)

    def forward(self, x: Any) -> list[Any]:
        """Return the outputs of all branches, in order."""
        return [y for branch in self.branches for y in as_list(branch(x))]


class Residual(Module):
    """x + block(x): the block learns only what to add to x (lecture 003; He et al., 2016).

    Args:
        block: A module with as many outputs as inputs, unless there is a shortcut.
        shortcut: A module whose outputs are added instead of x; it must return as many numbers as the block.

    Raises:
        ValueError: In a call, the two lists to be added differ in length.

    >>> from nn import ReLU
    >>> Residual(ReLU())([1.0, -1.0])
    [2.0, -1.0]
    """

    def __init__(self, block: Module, shortcut: Module | None = None) -> None:
        check_module(block=block, shortcut=block if shortcut is None else shortcut)
        self.block, self.shortcut = block, shortcut

    def forward(self, x: Sequence[Number]) -> list[Any]:
        """Return the sum of each input (or output of the shortcut) and the corresponding output of the block."""
        outputs, passed = as_list(self.block(x)), x if self.shortcut is None else as_list(self.shortcut(x))
        if len(outputs) != len(passed):
            raise ValueError(f"{self!r} cannot add {len(outputs)} outputs of its block to {len(passed)} inputs")
        return [a + y for a, y in zip(passed, outputs, strict=True)]


class RNNCell(Module):
    """One step of a recurrent network: h ← f(W [x; h] + b) (lecture 003, recurrent architecture).

    If h is omitted or None, all its entries are 0.

    Args:
        nin: The number of inputs at each step.
        nhidden: The size of the state h.
        activation, init, bias, seed: As for `Layer`.

    >>> from nn.init import constant
    >>> cell = RNNCell(1, 2, init=constant(0.5))
    >>> [f"{h:.4f}" for h in cell([1.0])]
    ['0.4621', '0.4621']
    """

    def __init__(
        self, nin: int, nhidden: int, *, activation: Activation = tanh, init: Initializer | None = None,
        bias: float = 0.0, seed: Seed = None,
    ) -> None:
        self.nhidden, inputs = whole("nhidden", nhidden, 1), whole("nin", nin, 1) + nhidden
        self.layer = Layer(inputs, nhidden, activation=activation, init=init, bias=bias, seed=seed)

    def forward(self, x: Sequence[Number], h: Sequence[Number] | None = None) -> Any:
        """Return the next state."""
        h = [0.0] * self.nhidden if h is None else h
        if len(h) != self.nhidden:
            raise ValueError(f"{self!r} has a state of {self.nhidden} numbers; got {len(h)}")
        return self.layer([*x, *h])

    def unroll(self, sequence: Sequence[Any], h: Sequence[Number] | None = None) -> list[list[Any]]:
        """Return the state after each step of a sequence; the loop is unrolled into a graph without cycles.

        Args:
            sequence: One item for each step: a list of inputs, or a single number.
            h: The state before the first step; by default, all its entries are 0.

        >>> [len(h) for h in RNNCell(1, 2, seed=0).unroll([0.0, 1.0, 0.0])]
        [2, 2, 2]
        """
        states, state = [], [0.0] * self.nhidden if h is None else h
        for number, x in enumerate(sequence, 1):
            with scope(f"step {number}"):
                state = as_list(self(x, state))
            states.append(state)
        return states


class RNN(Module):
    """A recurrent cell that runs along a sequence, followed by a module whose input is the cell's last state.

    >>> from nn import Layer
    >>> RNN(RNNCell(1, 4, seed=0), Layer(4, 1, nonlin=False, seed=1))([0.0, 1.0, 1.0]).op.name
    'add'
    """

    def __init__(self, cell: RNNCell, head: Module) -> None:
        check_module(RNNCell, cell=cell)
        check_module(head=head)
        self.cell, self.head = cell, head

    def forward(self, sequence: Sequence[Any]) -> Any:
        """Return the head's outputs for the last state; raise ValueError for an empty sequence."""
        if len(sequence) == 0:
            raise ValueError("the sequence is empty")
        return self.head(self.cell.unroll(sequence)[-1])


class MLPConv(Module):
    """A small multilayer perceptron that slides along a one-dimensional input.

    This is "network in network" (lecture 003; Lin et al.). The activation is applied to the last layer too. The output
    is one flat list, with `nouts[-1]` numbers for each window.

    Args:
        width: The number of positions in the window.
        nouts: The sizes of the perceptron's layers, as for `MLP`.
        channels: The number of values at each position; a position's values are adjacent in the flat input.
        stride: The number of positions by which each window is shifted from the previous one.
        activation, init, bias, seed: As for `Layer`.

    >>> module = MLPConv(3, [4, 2], seed=0)
    >>> len(module([0.0, 1.0, 2.0, 3.0, 4.0]))
    6
    """

    def __init__(
        self, width: int, nouts: Sequence[int], *, channels: int = 1, stride: int = 1, activation: Activation = relu,
        init: Initializer | None = None, bias: float = 0.0, seed: Seed = None,
    ) -> None:
        self.channels, self.stride = whole("channels", channels, 1), whole("stride", stride, 1)
        self.window = whole("width", width, 1) * channels
        self.mlp = MLP(self.window, nouts, activation=activation, output=activation, init=init, bias=bias, seed=seed)

    def forward(self, x: Sequence[Number]) -> list[Any]:
        """Return the outputs for each window, in order."""
        if len(x) < self.window or len(x) % self.channels:
            raise ValueError(
                f"{self!r} takes at least {self.window} numbers, {self.channels} for each position; got {len(x)}"
            )
        outputs: list[Any] = []
        for number, start in enumerate(range(0, len(x) - self.window + 1, self.stride * self.channels), 1):
            with scope(f"window {number}"):
                outputs += as_list(self.mlp(x[start : start + self.window]))
        return outputs


class MeanPool(Module):
    """The mean of each channel over all positions, used as the last layer of a "network in network".

    >>> MeanPool(2)([1.0, 10.0, 3.0, 30.0])
    [2.0, 20.0]
    """

    whole_layer = True

    def __init__(self, channels: int) -> None:
        self.channels = whole("channels", channels, 1)

    def forward(self, x: Sequence[Number]) -> list[Any]:
        """Return one mean for each channel."""
        if len(x) == 0 or len(x) % self.channels:
            raise ValueError(f"{self!r} takes {self.channels} numbers for each position; got {len(x)} in all")
        return [mean(x[channel :: self.channels]) for channel in range(self.channels)]

    def extra_repr(self) -> str:
        """Return the number of channels as text."""
        return str(self.channels)


def _numbered(*modules: Module) -> list[Module]:
    """Return the modules as a list, after naming those that have no custom name.

    The names are "layer 1", "layer 2", "dropout 1" and so on.

    Raises:
        TypeError: An argument is not a module.
    """
    counts: Counter[str] = Counter()
    for number, module in enumerate(modules, 1):
        check_module(**{f"module {number}": module})
        if module.name == type(module).name:
            counts[module.name] += 1
            module.name += f" {counts[module.name]}"
    return list(modules)
