"""Train and evaluate with programs: the computation for an example is traced once and replayed afterwards.

A program computes the same numbers as the eager engine, to the last bit, unless `fast` is set. There is one program for
each shape of the inputs (and for each class among the targets, if the loss needs that). If the traced code branches on
numbers, as PReLU does on the sign of its input, a program has one plan for each path taken. A branch is such a path.
"""

from __future__ import annotations

import random
import sys
from array import array
from collections import deque
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from numbers import Integral
from operator import is_
from typing import Any

from autograd_core import Value, no_record
from autograd_core._program import native, player
from autograd_core._program.branches import Branch
from autograd_core._program.guards import Strayed
from autograd_core._program.recorded import record_function

from .. import losses
from ..layers import Neuron
from ..module import Module
from .draws import Call, Draws, Untraceable
from .sums import RowSums

# The maximum number of paths through one program, and the maximum number of programs. Beyond these limits, programs
# would be no faster than the eager engine.
WAYS, KINDS = 8, 256


class Plan:
    """One path through a program, prepared to be played, that is, computed with new numbers."""

    def __init__(self, branch: Branch, inputs: int, places: dict[Value, int], fast: bool) -> None:
        self.branch, self.inputs = branch, inputs
        self.listing = branch.varying((False,) * inputs)
        self.player = native.prepare(self.listing, fast=fast).plan() if native.available() else None
        self.parameters = list(branch.parameters)
        self.places = array("i", [places.get(p, -1) for p in self.parameters])
        self.all_placed = -1 not in self.places
        where = {p: inputs + i for i, p in enumerate(self.parameters)}
        self.found_at = array("i", [where.get(p, -1) for p in places])
        self.outputs = array("d", bytes(8 * len(self.listing.outputs)))
        order = list(range(len(self.outputs)))
        self.is_list = not branch.plain and branch.result(order) == order  # the common case: a flat list
        self.found = array("d", bytes(8 * (inputs + len(self.parameters))))

    def play_rows(self, tables: tuple[tuple[Any, int, bool], ...], parameters: Any, losses: Any) -> bool:
        """Play the plan for all rows, and return whether all rows take this branch.

        If they do, `losses` is filled with the losses of the rows, and `found` with the gradients summed over the rows.
        """
        assert self.player is not None
        strays = bytearray(len(losses))
        self.player.rows(len(losses), tables, parameters, losses, None, self.found, strays, 1)
        return 1 not in strays

    def play(self, numbers: Sequence[float], gradients_too: bool) -> bool:
        """Play the plan with these numbers, and return whether they take this branch; if they do, fill `outputs`.

        With `gradients_too`, also fill `found` with the gradients of the first output.
        """
        if self.player is not None:
            found = self.found if gradients_too else None
            done: bool = self.player.point(numbers, self.parameters, self.outputs, found, 1.0)
            return done
        try:
            if gradients_too:
                y, by_input, by_parameter = player.value_and_gradients(self.listing, numbers, self.branch.numbers())
                self.outputs[0], self.found[:] = y, array("d", [*by_input, *by_parameter])
            else:
                self.outputs[:] = array("d", player.values(self.listing, numbers, self.branch.numbers()))
        except (Strayed, ArithmeticError, ValueError):
            return False
        return True


class Programs:
    """Programs that compute `function(x, target)` for an example, and its gradients with respect to `moved`."""

    def __init__(
        self,
        function: Callable[[Any, Any], Any],
        moved: Sequence[Value],
        draws: Draws,
        fast: bool = False,
        generators: Sequence[Any] = (),
    ) -> None:
        """`generators` are the NumPy generators that the function must not draw from while it is traced."""
        self.draws, self.fast, self.generators = draws, fast, generators
        self.calls: dict[Hashable, list[Call]] = {}  # keyed by shape: the random draws for an example
        self.function, self.places = function, {p: i for i, p in enumerate(moved)}
        self.plans: dict[Hashable, list[Plan]] = {}
        self.of_every_class: dict[Hashable, bool] = {}  # keyed by shape: whether one program serves all classes

    def plan(self, x: Any, target: Any, *, gradients_too: bool) -> Plan:
        """Play a plan for an example, tracing the example first if no plan fits, and return the plan.

        The method may raise Untraceable, or any error that the function raises.
        """
        shape, kind, numbers = taken_apart(x, target)
        plans = self.plans_of(shape, kind)
        drawn = self.draws.drawn(self.calls.get(shape, ()))
        if kind is not None and self.of_every_class.get(shape):
            numbers = [*numbers, float(kind)]
        numbers = [*numbers, *drawn] if drawn else numbers
        for plan in plans:
            if plan.play(numbers, gradients_too):
                return plan
        if len(plans) == WAYS:
            raise Untraceable(f"the model or the loss has more than {WAYS} branches")
        if self.draws.generators and shape not in self.calls:
            with no_record():
                self.calls[shape], drawn = self.draws.observed(lambda: self.function(x, target))
        branch, numbers = self._traced(x, target, shape, drawn)
        plan = Plan(branch, len(numbers), self.places, self.fast)
        if not plan.play(numbers, gradients_too):
            raise Untraceable("the model or the loss raises an error, or returns something different when called again")
        self._kept(shape, kind).insert(0, plan)
        return plan

    def plans_of(self, shape: Hashable, kind: int | None) -> list[Plan]:
        """Return the plans for examples of a shape, the latest first; `kind` is the examples' class, or None."""
        return self.plans.get((shape, None if self.of_every_class.get(shape) else kind), [])

    def _kept(self, shape: Hashable, kind: int | None) -> list[Plan]:
        key = shape, None if self.of_every_class.get(shape) else kind
        if key not in self.plans and len(self.plans) == KINDS:
            raise Untraceable(f"there are more than {KINDS} classes or shapes of inputs")
        return self.plans.setdefault(key, [])

    def _traced(self, x: Any, target: Any, shape: Hashable, drawn: list[float]) -> tuple[Branch, list[float]]:
        """Return an example's branch and its inputs, which include the class if one program serves all classes."""
        inputs, before, calls = _floats(x), _random_state(), self.calls.get(shape, ())

        def function(x: Any, target: Any, drawn: list[Any]) -> Any:
            with self.draws.given(calls, drawn):
                return self.function(x, target)

        given = int(target) if isinstance(target, Integral) else None if target is None else _floats(target)
        if given is None or self.of_every_class.get(shape) is False:  # another branch needs the class to be fixed
            example: tuple[Any, ...] = (inputs, drawn)
            branch = record_function(lambda x, drawn: function(x, given, drawn), *example, generators=self.generators)
        else:
            branch = record_function(function, inputs, given, drawn, generators=self.generators)
        if _random_state() != before:  # the trace itself notices this only if there is a single thread
            raise Untraceable("the model or the loss draws random numbers")
        numbers = _flat(inputs)
        if isinstance(target, Integral):
            self.of_every_class[shape] = branch.listing.inputs > len(numbers) + len(drawn)
        if target is not None and branch.listing.inputs > len(numbers) + len(drawn):
            numbers = [*numbers, *_flat(_floats(target))]
        return branch, [*numbers, *drawn]

    def add_gradient(self, x: Any, target: Any, sums: RowSums) -> tuple[float, bool]:
        """Add an example's gradient to the sums; return its loss, and whether the gradient is finite."""
        plan = self.plan(x, target, gradients_too=True)
        return plan.outputs[0], sums.add_numbers(plan.found, plan.inputs, plan.places)

    def outputs(self, x: Any) -> Any:
        """Return the function's result for an input, as it would be inside `no_record()`."""
        plan = self.plan(x, None, gradients_too=False)
        outputs = list(map(Value, plan.outputs))
        return outputs if plan.is_list else plan.branch.result(outputs)


def _random_state() -> list[Any]:
    """Return the state of Python's random number generator, and of NumPy's if NumPy is loaded."""
    state: list[Any] = [random.getstate()]
    if "numpy.random" in sys.modules:
        _, keys, *others = sys.modules["numpy.random"].get_state()
        state += [keys.tobytes(), *others]
    return state


def taken_apart(x: Any, target: Any) -> tuple[Hashable, int | None, list[float]]:
    """Return an example's shape, its target if that is a class (otherwise None), and its other numbers."""
    if type(x) is list and type(target) is int and not hasattr(x[0], "__len__"):
        return (len(x),), target, x  # a fast path for the common case
    inputs = _floats(x)
    if target is None:
        return _shape(inputs), None, _flat(inputs)
    if isinstance(target, Integral):
        return (_shape(inputs),), int(target), _flat(inputs)
    targets = _floats(target)
    return (_shape(inputs), _shape(targets)), None, [*_flat(inputs), *_flat(targets)]


def _floats(thing: Any) -> Any:
    return [_floats(inner) for inner in thing] if hasattr(thing, "__len__") else float(thing)


def _shape(thing: Any) -> Hashable:
    if type(thing) is not list:
        return ()
    return tuple(map(_shape, thing)) if thing and type(thing[0]) is list else len(thing)


def _flat(thing: Any) -> list[float]:
    if type(thing) is not list:
        return [thing]
    return [x for inner in thing for x in _flat(inner)] if thing and type(thing[0]) is list else thing


def contents(modules: Sequence[Module]) -> list[Any]:
    """Return everything that a program depends on: the modules' attributes (except the mode) and their contents."""
    found: list[Any] = []
    for module in modules:
        _gather([thing for key, thing in vars(module).items() if key != "training"], found)
        if module._has_own_parameters():
            found += module.parameters()
    return found


def _gather(things: Collection[Any], found: list[Any]) -> None:
    """Add the things to `found`, and the contents of any containers among them."""
    found += things
    if set(map(type, things)) == {Value}:
        return
    for thing in things:
        if isinstance(thing, Mapping):
            _gather([*thing.keys(), *thing.values()], found)
        elif isinstance(thing, (list, tuple, deque)):
            _gather(thing, found)
        elif str(getattr(thing, "dtype", "")) == "object":
            _gather(thing.ravel().tolist(), found)


def are_same(things: Sequence[Any], others: Sequence[Any]) -> bool:
    """Return whether both sequences contain the same objects, not just equal ones."""
    return len(things) == len(others) and all(map(is_, things, others))


def why_not(model: Module, loss: Callable[..., Any] | None, engine: str) -> str:
    """Return why a model may not be traced, or "" if it may.

    Traced code runs once, so its side effects are not repeated. The code of `nn` and `autograd_core` is known to have
    none; by passing `engine="program"`, you assert the same of your own code.
    """
    if engine == "program":
        return ""
    for _, module in model.named_modules():
        if not type(module).__module__.startswith("nn."):
            return f"{type(module).__name__} is a module of your own"
        activation = module.activation if isinstance(module, Neuron) else getattr(module, "function", None)
        if not (activation is None or isinstance(activation, Module) or _is_known(activation)):
            return f"{activation!r} is a function of your own"
    if loss is not None and getattr(loss, "__module__", "") != losses.__name__:
        return "the loss is a function of your own"
    return "" if native.available() else "the C code that replays programs was not built"


def _is_known(activation: Any) -> bool:
    """Return whether the activation is a function from autograd_core or from one of nn's modules."""
    module = getattr(activation, "__module__", None) or ""
    return module == "autograd_core" or module.startswith(("autograd_core.", "nn."))
