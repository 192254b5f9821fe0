"""`Module`, the base class of every network. It finds, names, saves and displays the parameters of a network."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from typing import Any, Self

from autograd_core import Value, scope
from autograd_core._engine.interrupts import undivided
from autograd_core._engine.weights import clear_gradients

from . import _saving
from ._checks import as_list, check_call
from ._members import flattened, members, numbers, values


class Module:
    """A function that takes numbers and has parameters: the building block of every network.

    A subclass assigns its parameters and inner modules to attributes in `__init__`, directly or in lists and dicts, and
    computes its outputs in `forward`. It may also define its own `parameters` method, as modules written for micrograd
    do. The `Value`s that this method returns are then trained and saved like parameters, even if the module is part of
    another one. Plain numbers computed from data (such as a fitted mean) are saved too if `buffers` lists the names of
    their attributes. If `whole_layer` is true, the module acts on all outputs of a layer at once, as Softmax does; a
    layer passes all its outputs together to an activation of this kind.

    A module is called with lists of numbers and returns a list of numbers. Instead of a list of one number, the number
    itself may be passed; if the result has only one number, the number itself is returned. The call runs inside a
    `scope` with the module's `name`.
    (Lecture 003, "everything is a module"; the method names are PyTorch's.)

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
    whole_layer: bool = False

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if "name" not in cls.__dict__:
            cls.name = cls.__name__.lower()
        for key, thing in vars(cls).items():
            if list(members(thing, key, Module)):
                raise TypeError(
                    f"{cls.__name__}.{key} holds parameters or modules that all instances of {cls.__name__} would "
                    f"share: assign self.{key} in __init__ instead"
                )

    def __call__(self, *inputs: Any, **keywords: Any) -> Any:
        """Call `forward` inside the scope `name`; return its outputs, or the output itself if there is only one."""
        if keywords:
            keywords = {name: as_list(x) for name, x in keywords.items()}
        with scope(self.name):
            try:
                outputs = self.forward(*map(as_list, inputs), **keywords)
            except TypeError:
                check_call(self, self.forward, inputs, keywords)
                raise
        return outputs[0] if type(outputs) is list and len(outputs) == 1 else outputs

    def forward(self, *inputs: Any, **keywords: Any) -> Any:
        """Return the list of outputs for lists of inputs. Every subclass must define this method."""
        raise NotImplementedError(f"{type(self).__name__} does not implement forward()")

    # -- contents

    def named_modules(self, depth: float = math.inf) -> Iterator[tuple[str, Module]]:
        """Yield (path, module) for this module, whose path is "", then for the modules inside it, outer modules first.

        Each module is yielded once; modules more than `depth` levels down are left out.
        """
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
        """Yield (path, module) for each module directly inside this one.

        The path is the name of an attribute, followed by any indices or keys.
        """
        for path, member in self._members():
            if isinstance(member, Module):
                yield path, member

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Yield (path, parameter) once for each parameter; the path has the form "layers.0.neurons.2.w.1".

        Numbers in paths start at 0, as in lists. Numbers in scopes and labels, which drawings and reports show, start
        at 1, as in the lectures: the parameter with the path above is "w2" in "layer 1 / neuron 3".

        Raises:
            ValueError: As for `state_dict`.
        """
        trained, seen = set(self.parameters()), set[Value]()
        for name, group in self._groups():
            for path, parameter in flattened(group, name):
                if parameter in trained and parameter not in seen:
                    seen.add(parameter)
                    yield path, parameter

    def parameters(self) -> list[Value]:
        """Return every trained parameter once: those of this module, then those of the modules inside it."""
        found: dict[Value, None] = {}
        seen: set[int] = set()
        waiting: list[Module] = [self]
        while waiting:
            module = waiting.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            if module is not self and module._has_own_parameters():
                found |= dict.fromkeys(module.parameters())
                continue
            children: list[Module] = []
            for _, member in module._members():
                if isinstance(member, Module):
                    children.append(member)
                else:
                    found |= dict.fromkeys(values(member))
            waiting += reversed(children)
        return list(found)

    def _has_own_parameters(self) -> bool:
        return type(self).parameters is not Module.parameters

    def _members(self, listed: Set[Value] = frozenset()) -> Iterator[tuple[str, Any]]:
        for key, attribute in vars(self).items():
            yield from members(attribute, key, Module, listed)

    def _groups(self) -> list[tuple[str, Any]]:
        """Return (path, entry) for each parameter or list of parameters to save.

        Raises:
            ValueError: The saved file would not contain every parameter.
        """
        modules = list(self.named_modules())
        listed = {p for _, module in modules if module._has_own_parameters() for p in module.parameters()}
        groups = [
            (_joined(path, key), member)
            for path, module in modules
            for key, member in module._members(listed)
            if not isinstance(member, Module)
        ]
        [(name, times)] = Counter(name for name, _ in groups).most_common(1) or [("", 1)]
        if times > 1:
            raise ValueError(f"two parameters have the path {name}: use different keys in the dicts that hold them")
        held = {p for _, group in groups for p in values(group)}
        if lost := [p for p in self.parameters() if p not in held]:
            more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
            raise ValueError(
                f"{self!r}.parameters() returns {lost[0]!r}{more} that no attribute holds: store every parameter in an "
                "attribute, directly or inside a list or dict"
            )
        return groups

    def named_buffers(self) -> Iterator[tuple[str, Module, str]]:
        """Yield (path, module, name) for each buffer: its path, the module that holds it, and the attribute's name."""
        for path, module in self.named_modules():
            for key in module.buffers:
                if key in vars(module) and not list(members(vars(module)[key], key, Module)):
                    yield _joined(path, key), module, key

    # -- modes and gradients

    def zero_grad(self) -> None:
        """Clear the gradient of every parameter."""
        clear_gradients(list(self.parameters()))

    def train(self, mode: bool = True) -> Self:
        """Switch this module and all modules inside it to training mode, in which dropout and noise are active."""
        for _, module in self.named_modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Switch this module and all modules inside it to evaluation mode, in which dropout and noise do nothing."""
        return self.train(False)

    # -- saving and loading

    def state_dict(self) -> dict[str, Any]:
        """Return the values of all buffers and parameters: floats and lists of floats, keyed by attribute path.

        A list that contains only parameters is one entry; in other lists and dicts, each parameter is a separate entry.

        Raises:
            ValueError: `parameters` returns a parameter that no attribute holds; the message names it.

        >>> from .layers import Neuron
        >>> from .init import constant
        >>> Neuron(2, init=constant(0.5)).state_dict()
        {'w': [0.5, 0.5], 'b': 0.0}
        """
        buffers = {path: numbers(getattr(module, key)) for path, module, key in self.named_buffers()}
        return buffers | {path: numbers(group) for path, group in self._groups()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set the parameters and buffers to the values in a state that `state_dict` returned.

        Either all parameters and buffers are set, or none are, even if Ctrl-C is pressed.

        Raises:
            ValueError: The state does not fit. The message lists missing and unexpected names, differing shapes, and
                entries that are not finite numbers.
        """
        _saving.check_same(state, self.state_dict())
        buffers, groups = list(self.named_buffers()), self._groups()

        def write() -> None:
            for path, module, key in buffers:
                setattr(module, key, numbers(state[path]))
            for path, group in groups:
                pairs = zip(flattened(group, ""), flattened(state[path], ""), strict=True)
                for (_, parameter), (_, number) in pairs:
                    parameter.data = number

        undivided(write)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the parameters and buffers to a JSON file; a crash leaves an existing file intact.

        Raises:
            ValueError: A parameter is not finite.
            OSError: The file cannot be written.
        """
        _saving.write(path, self.state_dict())

    def load(self, path: str | os.PathLike[str]) -> None:
        """Read the parameters and buffers from a file written by `save`; if an error occurs, none of them change.

        Raises:
            ValueError: The file is damaged, or does not fit this module; the message names the file and what differs.
            OSError: The file cannot be read.
        """
        state = _saving.read(path)
        try:
            self.load_state_dict(state)
        except ValueError as error:
            raise ValueError(f"{os.fspath(path)}: {error}") from None

    # -- display

    def __repr__(self) -> str:
        inside = self.extra_repr() or ", ".join(repr(child) for _, child in self.named_children())
        return f"{type(self).__name__}({inside})"

    def extra_repr(self) -> str:
        """Return the text that `repr` shows in parentheses; if it is empty, `repr` shows the modules inside instead."""
        return ""

    def summary(self, depth: int = 1) -> str:
        """Return a table of this module and the modules up to `depth` levels inside it, with their parameter counts.

        >>> from .layers import MLP
        >>> print(MLP(2, [16, 1]).summary())
        name      module              parameters
        layers.0  Layer(2, 16, relu)          48
        layers.1  Layer(16, 1)                17
                  MLP(2, [16, 1])             65
        """
        whole, *inner = [
            (path, repr(module), f"{len(set(module.parameters())):,}") for path, module in self.named_modules(depth)
        ]
        rows = [("name", "module", "parameters"), *inner, whole]
        first, second, third = (max(map(len, column)) for column in zip(*rows, strict=True))
        return "\n".join(f"{path:<{first}}  {module:<{second}}  {size:>{third}}" for path, module, size in rows)


def check_module(kind: type[Module] = Module, /, **things: Any) -> None:
    """Raise TypeError if an argument is not an instance of `kind`; the message names the argument.

    >>> from autograd_core import tanh
    >>> check_module(block=tanh)
    Traceback (most recent call last):
    TypeError: block must be a Module (Elementwise turns a function into one); got <function tanh at ...>
    """
    for name, thing in things.items():
        if not isinstance(thing, kind):
            fix = " (Elementwise turns a function into one)" if kind is Module else ""
            raise TypeError(f"{name} must be a {kind.__name__}{fix}; got {thing!r}")


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
