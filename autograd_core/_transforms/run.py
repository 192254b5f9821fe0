"""One run of a function with fresh nodes in place of its arguments, and the derivatives of that run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from .._engine.nodes import make_constant, make_input
from .._engine.places import current
from .._engine.watching import Watch
from ..context import record
from ..ops import dot, identity
from ..value import Value
from .calls import Argnums, Function, located, parted, scalar, several
from .lost import warn_of_lost
from .sweeps import (
    as_value,
    closed,
    closed_gradients,
    dependent,
    gradient_nodes,
    gradient_numbers,
    started,
    tangent_nodes,
    tangent_numbers,
)
from .trees import Kept, Structure, taken_apart, values_in

# Guards `Run.inside`, since several threads may pull cotangents through the same run at the same time.
_entering = Lock()


@dataclass(slots=True)
class Run:
    """One run of a function with fresh nodes in place of its arguments.

    Inside a `with run:` block, the fresh leaves are ordinary Values: nested derivatives depend on them, and so do
    checkpoints, which run their functions again. Outside this block, the fresh leaves are constants, whose gradients
    are never needed.
    """

    inputs: list[Value]
    arguments: Structure
    output: Any
    aux: Any
    valued: bool  # whether any number in the arguments was a Value
    # If a number was taken out of a Value that depends on the inputs: the function, and the arguments that were passed
    # on unchanged. Otherwise None.
    suspect: tuple[Function, list[Any]] | None
    inside: int = 1  # the number of threads inside `with run:`; the thread that makes the run counts from the start

    def again(self) -> Run:
        """Prepare this run for another `with` block, and return the run."""
        with _entering:
            self.inside += 1
            make_input(self.inputs)
        return self

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *exception: object) -> None:
        with _entering:
            self.inside -= 1
            if not self.inside:
                make_constant(self.inputs)

    def scalar(self) -> Any:
        """Return the output; raise TypeError unless it is one number."""
        y = scalar(self.output)
        if self.suspect is not None:
            warn_of_lost([y], *self.suspect)
        return y

    def several(self) -> Structure:
        """Return the output, taken apart into the numbers in it and their structure."""
        outputs = several(self.output)
        if self.suspect is not None:
            warn_of_lost(outputs.numbers, *self.suspect)
        return outputs

    def pull(self, outputs: Sequence[Any], cotangents: Sequence[Any]) -> list[Any]:
        """Pull cotangents of the outputs back to the inputs; return the results in the form that the caller expects.

        The results are plain numbers if nothing is being recorded. They are also plain numbers if no argument and no
        cotangent was a Value and the outputs depend on no Values other than the inputs and constants: the derivative
        then needs no graph.
        """
        valued = self.valued or _any_value(cotangents)
        recording = current().recording
        if not valued or not recording:
            total = _weighted(outputs, cotangents)
            if type(total) is not Value:
                return [0.0] * len(self.inputs)
            if not recording:
                return gradient_numbers(total, self.inputs, stops=self.inputs)
            slopes = closed_gradients(total, self.inputs)
            if slopes is not None:
                return slopes
        with record():
            found = gradient_nodes(outputs, cotangents, self.inputs, stops=self.inputs)
        return self.answers(found, valued)

    def push(self, outputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        """Push tangents of the inputs forward; return the outputs' tangents in the form that the caller expects."""
        valued = self.valued or _any_value(tangents)
        if not current().recording or (not valued and closed(outputs, self.inputs)):
            return tangent_numbers(outputs, self.inputs, list(map(_start, tangents)))
        with record():
            found = tangent_nodes(outputs, self.inputs, tangents)
        return self.answers(found, valued)

    def values(self, outputs: Sequence[Any], *, beside: Sequence[Any] = ()) -> list[Any]:
        """Return the outputs in the form that the caller expects.

        `beside` holds the tangents or cotangents that were passed in the same call.
        """
        valued = self.valued or _any_value(beside)
        if not current().recording or (not valued and closed(outputs, self.inputs)):
            return list(map(_plain, outputs))
        return self.answers(outputs, valued)

    def beside(self) -> Any:
        """Return the function's auxiliary output, with the Values in it in the form that the caller expects."""
        structure = values_in(self.aux)
        return structure.rebuild(self.values(structure.numbers)) if structure.numbers else self.aux

    def answers(self, things: Sequence[Any], valued: bool) -> list[Any]:
        """Return `things` in the form that the caller expects.

        All are Values if `valued`. Otherwise those that depend on Values other than the inputs and constants are
        Values, and the others are floats.
        """
        if valued:
            return list(map(as_value, things))
        kept = dependent(things, self.inputs)
        return [thing if keep else _plain(thing) for thing, keep in zip(things, kept, strict=True)]


def _weighted(outputs: Sequence[Any], cotangents: Sequence[Any]) -> Any:
    """Return the sum of the outputs, weighted by the cotangents, as one node.

    The gradients of this node with respect to the inputs are the inputs' cotangents. If a cotangent of an output is a
    Value, only its number enters the sum.
    """
    if len(outputs) == 1 and type(cotangents[0]) is float and cotangents[0] == 1.0:
        return outputs[0]
    with record():
        return dot([Value(c._data) if type(c) is Value else c for c in cotangents], outputs)


def _any_value(things: Sequence[Any]) -> bool:
    return Value in map(type, things)


def _start(tangent: Any) -> float:
    """Return a tangent as a float for the forward sweep: `NOTHING` (no path) for a plain 0, 0.0 for a Value of 0."""
    return tangent._data + 0.0 if type(tangent) is Value else float(started(tangent))


def _plain(thing: Any) -> float:
    """Return the number of a Value, or a plain number, as a float."""
    return thing._data if type(thing) is Value else float(thing)


def run_on(
    function: Function, arguments: tuple[Any, ...], keywords: dict[str, Any], argnums: Argnums, has_aux: bool
) -> Run:
    """Run `function` with fresh nodes in place of the numbers in the arguments that `argnums` names.

    The other arguments are passed on unchanged.
    """
    places = located(function, arguments, keywords, argnums)
    positional: Any = list(arguments)
    named: Any = dict(keywords)
    picked = [(positional if type(place) is int else named)[place] for place in places]
    single = not isinstance(argnums, tuple)
    structure = taken_apart(picked[0] if single else tuple(picked))
    if type(structure.form) is Kept:
        raise TypeError(
            f"argument {argnums} is {picked[0]!r}, which contains no number to differentiate with respect to"
        )
    with record():
        inputs = [identity(x) if type(x) is Value else Value(x) for x in structure.numbers]
        fresh = structure.rebuild(inputs)
        for place, argument in zip(places, (fresh,) if single else fresh, strict=True):
            (positional if type(place) is int else named)[place] = argument
        watch = Watch(inputs)
        try:
            output = function(*positional, **named)
        finally:
            watch.end()
    output, aux = parted(output) if has_aux else (output, None)
    suspect = None
    if watch.found:
        given = [*enumerate(positional), *named.items()]
        suspect = function, [x for place, x in given if place not in places]
    return Run(inputs, structure, output, aux, _any_value(structure.numbers), suspect)
