"""Module: what every network is made of, and how its parameters are found, named, carried over and shown."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

from autograd_core import TABLE, Value, scope

from . import saving

PARAMETER = TABLE["parameter"]


def as_list(x: Any) -> Any:
    """What a module works on: a list or array as it is, a single number as a list of one."""
    return x if hasattr(x, "__len__") else [x]


def is_parameters(thing: Any) -> bool:
    """Whether it is a parameter, or a list of nothing but such, however nested."""
    if type(thing) is Value:
        return thing.op is PARAMETER
    return isinstance(thing, (list, tuple)) and bool(thing) and all(map(is_parameters, thing))


def undivided(write: Callable[[], None]) -> None:
    """Do something that may be begun again, to its end: where Ctrl-C comes in between, it is raised after the end.

    >>> presses = [KeyboardInterrupt, KeyboardInterrupt]
    >>> def write():
    ...     if presses:
    ...         raise presses.pop()
    ...     print("written")
    >>> try:
    ...     undivided(write)
    ... except KeyboardInterrupt:
    ...     print("raised")
    written
    raised
    """
    try:
        write()
    except KeyboardInterrupt:
        undivided(write)
        raise


class Module:
    """A function of numbers with parameters of its own: the building block of every network.

    A subclass sets its parameters and inner modules as attributes, alone or in lists, and computes in `forward`.
    Calling a module takes lists of numbers and gives a list, or the number itself where the list has one; a single
    number may be passed for a list of one. It runs inside a `scope` of the module's `name`. Attributes of plain
    numbers that belong to what was learnt (a fitted mean) are saved too if `buffers` names them.
    (Lecture 003, "everything is a module"; the names are those of PyTorch.)

    >>> from autograd_core import cos, parameter
    >>> class Cosine(Module):
    ...     def __init__(self):
    ...         self.theta = parameter(0.0, "θ")
    ...     def forward(self, x):
    ...         return [cos(self.theta * x[0]) + 3.0]
    >>> Cosine()(2.0)
    Value(4.0)
    """

    name: str = "module"
    training: bool = True
    buffers: tuple[str, ...] = ()

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if "name" not in cls.__dict__:
            cls.name = cls.__name__.lower()

    def __call__(self, *inputs: Any) -> Any:
        """The outputs of `forward`, one output without its list, computed in the scope of `name`."""
        with scope(self.name):
            outputs = self.forward(*map(as_list, inputs))
        return outputs[0] if type(outputs) is list and len(outputs) == 1 else outputs

    def forward(self, *inputs: Any, **keywords: Any) -> Any:
        """The list of outputs for lists of inputs; every module has its own."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    # -- what it is made of

    def named_modules(self, depth: float = math.inf) -> Iterator[tuple[str, Module]]:
        """This module, as "", and those inside it, down to `depth` levels, with their paths, each once, outer first."""
        seen: set[int] = set()
        waiting: list[tuple[str, Module, int]] = [("", self, 0)]
        while waiting:
            path, module, level = waiting.pop()
            if id(module) not in seen:
                seen.add(id(module))
                yield path, module
                if level < depth:
                    children = [(_joined(path, key), child, level + 1) for key, child in module.named_children()]
                    waiting += reversed(children)

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly inside this one, with the name of the attribute, and the index where it is a list."""
        for key, attribute in vars(self).items():
            yield from _modules_in(attribute, key)

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Every parameter with its path, such as "layers.0.neurons.2.w.1", each once."""
        seen: set[Value] = set()
        for name, module, key in self._state():
            for path, thing in saving.flattened(getattr(module, key), name):
                if type(thing) is Value and thing not in seen:
                    seen.add(thing)
                    yield path, thing

    def parameters(self) -> list[Value]:
        """Every parameter, each once, in the order of `named_parameters`."""
        return [parameter for _, parameter in self.named_parameters()]

    def _state(self) -> Iterator[tuple[str, Module, str]]:
        """The path, the module and the name of each attribute that holds parameters or is a buffer."""
        for path, module in self.named_modules():
            for key, attribute in vars(module).items():
                if key in module.buffers or is_parameters(attribute):
                    yield _joined(path, key), module, key

    # -- what is done to all of it

    def zero_grad(self) -> None:
        """Clear the gradient of every parameter."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def train(self, mode: bool = True) -> Self:
        """Switch to training, where dropout and noise act, this module and all inside it."""
        for _, module in self.named_modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Switch to evaluation, where dropout and noise rest."""
        return self.train(False)

    # -- what it has learnt

    def state_dict(self) -> dict[str, Any]:
        """The numbers of all parameters and buffers: floats and lists of floats by the path of their attribute.

        >>> from .layers import Neuron
        >>> from .init import constant
        >>> Neuron(2, init=constant(0.5)).state_dict()
        {'w': [0.5, 0.5], 'b': 0.0}
        """
        return {path: _numbers(getattr(module, key)) for path, module, key in self._state()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the numbers of a `state_dict` of the same names and shapes.

        Raises ValueError that lists the names that are missing or unexpected, the shapes that differ, and whatever
        is no finite number; then nothing has changed. Ctrl-C comes before or after all of it.
        """
        saving.check_same(state, self.state_dict())

        def write() -> None:
            for path, module, key in self._state():
                attribute = getattr(module, key)
                if key in module.buffers:
                    setattr(module, key, _numbers(state[path]))
                    continue
                pairs = zip(saving.flattened(attribute, ""), saving.flattened(state[path], ""), strict=True)
                for (_, parameter), (_, number) in pairs:
                    parameter.data = number

        undivided(write)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the parameters to a JSON file, all or nothing: a crash leaves the old file whole.

        Raises ValueError for a parameter that is not finite, OSError where the file cannot be written.
        """
        saving.write(path, self.state_dict())

    def load(self, path: str | os.PathLike[str]) -> None:
        """Take over the parameters from a file written by `save`.

        Raises ValueError that names the file and what is wrong with it, or which names and shapes differ from this
        module's; then nothing has changed. OSError where it cannot be read.
        """
        state = saving.read(path)
        try:
            self.load_state_dict(state)
        except ValueError as error:
            raise ValueError(f"{os.fspath(path)}: {error}") from None

    # -- how it is shown

    def __repr__(self) -> str:
        inside = self.extra_repr() or ", ".join(repr(child) for _, child in self.named_children())
        return f"{type(self).__name__}({inside})"

    def extra_repr(self) -> str:
        """What stands between the brackets of `repr`: by default the modules inside."""
        return ""

    def summary(self, depth: int = 1) -> str:
        """A table of the modules inside, down to `depth` levels, with their numbers of parameters.

        >>> from .layers import MLP
        >>> print(MLP(2, [16, 1]).summary())
        name      module              parameters
        layers.0  Layer(2, 16, relu)          48
        layers.1  Layer(16, 1)                17
                  MLP(2, [16, 1])             65
        """
        whole, *inner = [
            (path, repr(module), f"{len(module.parameters()):,}") for path, module in self.named_modules(depth)
        ]
        rows = [("name", "module", "parameters"), *inner, whole]
        first, second, third = (max(map(len, column)) for column in zip(*rows, strict=True))
        return "\n".join(f"{path:<{first}}  {module:<{second}}  {size:>{third}}" for path, module, size in rows)


def numbered(*modules: Module) -> list[Module]:
    """Modules, named for their scopes "layer 1", "layer 2", "dropout 1" where they have no name of their own.

    Raises TypeError for what is none.
    """
    counts: Counter[str] = Counter()
    for module in modules:
        is_module(module)
        if module.name == type(module).name:
            counts[module.name] += 1
            module.name += f" {counts[module.name]}"
    return list(modules)


def is_module(thing: Any, kind: type[Module] = Module) -> None:
    """Raise TypeError for what is no module of a kind."""
    if not isinstance(thing, kind):
        raise TypeError(f"this must be a {kind.__name__} (Elementwise makes one of a function); got {thing!r}")


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _modules_in(thing: Any, key: str) -> Iterator[tuple[str, Module]]:
    if isinstance(thing, Module):
        yield key, thing
    elif isinstance(thing, (list, tuple)):
        for index, inner in enumerate(thing):
            yield from _modules_in(inner, f"{key}.{index}")


def _numbers(thing: Any) -> Any:
    if isinstance(thing, (list, tuple)):
        return [_numbers(inner) for inner in thing]
    return thing.data if type(thing) is Value else float(thing)
