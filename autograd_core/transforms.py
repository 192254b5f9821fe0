"""Derivatives of functions, as functions: grad, value_and_grad, jacobian, hessian, hvp, jvp, vjp.

Each runs its function on fresh nodes in place of the arguments, so that nested derivatives do not mix. A derivative is
a Value, which can be differentiated again, wherever it depends on a Value: an argument, or one that the function closes
over. Elsewhere, and inside `no_record()`, it is a float. None touches `.grad`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from .context import current, record
from .ops import dot, identity
from .structure import Structure, flatten, is_bool, matching, passes, taken_apart
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
from .value import Value, constant, make_constant, make_input, number

Function = Callable[..., Any]
Argnums = int | tuple[int, ...]


# Guards the count of those who are inside a run: threads may pull cotangents through one at the same time.
_entering = Lock()


@dataclass(slots=True)
class _Run:
    """One run of a function on fresh nodes in place of its arguments: what went in, and what came out.

    Inside it (`with run:`) the fresh leaves are Values like any other: what the function differentiates in its turn, or
    a checkpoint of it that is run again, depends on them. Outside they are constants: nobody asks for their gradients.
    """

    inputs: list[Value]
    arguments: Structure
    output: Any
    valued: bool  # whether an argument was a Value
    inside: int = 0

    def __enter__(self) -> _Run:
        with _entering:
            self.inside += 1
            make_input(self.inputs)
        return self

    def __exit__(self, *exception: object) -> None:
        with _entering:
            self.inside -= 1
            if not self.inside:
                make_constant(self.inputs)

    def pull(self, outputs: Sequence[Any], cotangents: Sequence[Any]) -> list[Any]:
        """What the cotangents of the outputs send back to each input, as its caller gets it.

        Plain numbers as long as nothing but the inputs is a Value: then no graph of the derivative is made.
        """
        valued = self.valued or _any_value(cotangents)
        recording = current().recording
        if not valued or not recording:
            with record():  # one node whose gradient it is; a cotangent that is a Value counts by its number
                total = dot([Value(c.data) if type(c) is Value else c for c in cotangents], outputs)
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
        """The tangents of the outputs where these are those of the inputs, as their caller gets them."""
        valued = self.valued or _any_value(tangents)
        if not current().recording or (not valued and closed(outputs, self.inputs)):
            return tangent_numbers(outputs, self.inputs, list(map(_start, tangents)))
        with record():
            found = tangent_nodes(outputs, self.inputs, tangents)
        return self.answers(found, valued)

    def values(self, outputs: Sequence[Any], *, beside: Sequence[Any] = ()) -> list[Any]:
        """The outputs as their caller gets them, who gave what stands `beside` besides the function's arguments."""
        valued = self.valued or _any_value(beside)
        if not current().recording or (not valued and closed(outputs, self.inputs)):
            return list(map(_plain, outputs))
        return self.answers(outputs, valued)

    def answers(self, things: Sequence[Any], valued: bool) -> list[Any]:
        """Values all, where an argument was one; otherwise those that depend on a Value which is no argument."""
        if valued:
            return list(map(as_value, things))
        kept = dependent(things, self.inputs)
        return [thing if thing in kept else _plain(thing) for thing in things]


def _any_value(things: Sequence[Any]) -> bool:
    return any(type(thing) is Value for thing in things)


def _start(tangent: Any) -> float:
    """A tangent as a number for the forward sweep: that of a Value is a zero at this point, where it is 0."""
    return tangent.data + 0.0 if type(tangent) is Value else float(started(tangent))


def _plain(thing: Any) -> float:
    """The number of a Value, or a number as a float."""
    return thing.data if type(thing) is Value else float(thing)


def _run(function: Function, arguments: tuple[Any, ...], keywords: dict[str, Any], argnums: Argnums) -> _Run:
    indices = argnums if isinstance(argnums, tuple) else (argnums,)
    single = indices is not argnums
    chosen = [_place_of(index, len(arguments)) for index in indices]
    if len(set(chosen)) < len(chosen):
        raise TypeError(f"argnums names an argument twice: {argnums!r}")
    picked = tuple(arguments[index] for index in chosen)
    if single and passes(picked[0]):
        raise TypeError(f"argument {argnums} is {picked[0]!r}, with no number to differentiate by")
    structure = taken_apart(picked[0] if single else picked)
    with record():
        inputs = [identity(x) if type(x) is Value else Value(x) for x in structure.numbers]
        fresh = structure.rebuild(inputs)
        replaced = list(arguments)
        for index, argument in zip(chosen, (fresh,) if single else fresh, strict=True):
            replaced[index] = argument
        output = function(*replaced, **keywords)
    return _Run(inputs, structure, output, _any_value(structure.numbers))


def _place_of(index: Any, count: int) -> int:
    """The place of an argument, counted from the front."""
    try:
        return range(count)[operator.index(index)]
    except IndexError:
        raise TypeError(f"argnums asks for argument {index}; the function was given {count}") from None
    except TypeError:
        raise TypeError(f"argnums is a whole number or a tuple of such; got {index!r}") from None


def _scalar(output: Any) -> Any:
    """The output of a function that gives one number."""
    if type(output) is Value:
        return output
    _differentiable(output)
    if number(output) is None:
        raise TypeError(
            f"a gradient is that of a function that gives one number; this one gave {output!r} of type "
            f"{type(output).__name__} (jacobian takes functions that give several)"
        )
    return output


def _outputs(output: Any) -> Structure:
    """The output of a function that may give several numbers."""
    _differentiable(output)
    structure = taken_apart(output)
    for x in structure.numbers:
        _differentiable(x)
    return structure


def _differentiable(output: Any) -> None:
    """Refuse what has no derivative, where 0.0 would hide a mistake."""
    if passes(output):
        raise TypeError(f"the function gave {output!r}, which has no derivative: return the numbers to differentiate")
    if is_bool(output):
        raise TypeError(f"the function gave {output!r}, a bool, which has no derivative: return the numbers compared")


def value_and_grad(function: Function, argnums: Argnums = 0) -> Function:
    """The function that gives `function`'s value and its gradient, in the structure of the argument.

    Args: `function`, giving one number; `argnums`, which argument, or a tuple of arguments, to differentiate by:
    numbers, alone or in lists, tuples, dicts, dataclasses, NumPy arrays and what `register` names, nested at will; None
    and strings in them stay. Fits `scipy.optimize.minimize(…, jac=True)`.
    Raises TypeError for a function that gives more than one number, or arguments that are no numbers.

    >>> value_and_grad(lambda p: p["a"] * p["a"] + p["b"])({"a": 3.0, "b": 1.0})
    (10.0, {'a': 6.0, 'b': 1.0})
    """

    def transformed(*arguments: Any, **keywords: Any) -> Any:
        with _run(function, arguments, keywords, argnums) as run:
            y = _scalar(run.output)
            slopes = run.pull([y], [1.0])
            return run.values([y])[0], run.arguments.rebuild(slopes)

    return transformed


def grad(function: Function, argnums: Argnums = 0) -> Function:
    """The gradient of `function`, as a function of the same arguments; see `value_and_grad`.

    >>> grad(lambda x: x * x * x)(2.0)
    12.0
    >>> grad(grad(lambda x: x * x * x))(2.0)
    12.0
    >>> grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 5.0)
    (5.0, 2.0)
    """

    def transformed(*arguments: Any, **keywords: Any) -> Any:
        with _run(function, arguments, keywords, argnums) as run:
            return run.arguments.rebuild(run.pull([_scalar(run.output)], [1.0]))

    return transformed


def jacobian(function: Function, argnums: Argnums = 0) -> Function:
    """The matrix of ∂output/∂input: the structure of the output with that of the argument in each place, as in JAX.

    An array by an array is one array of both shapes, also where they stand in dicts, lists and the like.
    One reverse sweep for each output. (Lecture 003, the chain rule over all paths.)

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    """

    def transformed(*arguments: Any, **keywords: Any) -> Any:
        with _run(function, arguments, keywords, argnums) as run:
            outputs = _outputs(run.output)
            return outputs.jacobian(run.arguments, [run.pull([y], [1.0]) for y in outputs.numbers])

    return transformed


def hessian(function: Function, argnums: Argnums = 0) -> Function:
    """The matrix of second derivatives of a function that gives one number, rows and columns as the argument.

    >>> hessian(lambda x: x[0] * x[0] * x[1])([2.0, 3.0])
    [[6.0, 4.0], [4.0, 0.0]]
    """
    return jacobian(grad(function, argnums), argnums)


def jvp(function: Function) -> Function:
    """Forward mode: `jvp(f)(primals, tangents)` gives f's value and its derivative in the direction of the tangents.

    Args of the function it gives: `primals`, the tuple of arguments; `tangents`, directions in the same structure.

    >>> jvp(lambda x, y: x * y)((2.0, 5.0), (1.0, 0.0))
    (10.0, 5.0)
    """

    def transformed(primals: Any, tangents: Any) -> Any:
        primals, tangents = _arguments(primals, "primals"), _arguments(tangents, "tangents")
        directions = matching(tangents, primals, "the tangents")
        with _run(function, primals, {}, tuple(range(len(primals)))) as run:
            outputs = _outputs(run.output)
            values = run.values(outputs.numbers, beside=directions)
            return outputs.rebuild(values), outputs.rebuild(run.push(outputs.numbers, directions))

    return transformed


def vjp(function: Function, argnums: Argnums = 0) -> Function:
    """Reverse mode: `vjp(f)(*args)` gives f's value and the function that pulls a cotangent back to the argument.

    >>> value, pull = vjp(lambda x: [x * x, 3 * x])(2.0)
    >>> value, pull([1.0, 10.0])
    ([4.0, 6.0], 34.0)
    """

    def transformed(*arguments: Any, **keywords: Any) -> Any:
        with _run(function, arguments, keywords, argnums) as run:
            outputs = _outputs(run.output)
            values = outputs.rebuild(run.values(outputs.numbers))

        def pull(cotangent: Any) -> Any:
            weights = matching(cotangent, run.output, "the cotangent")
            with run:
                return run.arguments.rebuild(run.pull(outputs.numbers, weights))

        return values, pull

    return transformed


def hvp(function: Function, argnums: int = 0) -> Function:
    """Hessian times vector: `hvp(f)(*args, v)` with v in the structure of the argument; no Hessian is made.

    Forward mode over reverse mode: one sweep each way.

    >>> hvp(lambda x: x[0] * x[0] * x[1])([2.0, 3.0], [1.0, 0.0])
    [6.0, 4.0]
    """
    slope = grad(function, argnums)

    def transformed(*arguments: Any, **keywords: Any) -> Any:
        if len(arguments) < 2:
            raise TypeError(
                f"hvp(f) takes the arguments of f and then the vector, hvp(f)(x, v); got {len(arguments)} of them"
            )
        *rest, direction = arguments
        index = _place_of(argnums, len(rest))

        def of_one(x: Any) -> Any:
            return slope(*rest[:index], x, *rest[index + 1 :], **keywords)

        return jvp(of_one)((rest[index],), (direction,))[1]

    return transformed


def _arguments(things: Any, name: str) -> tuple[Any, ...]:
    """The arguments of a function, which stand in a tuple even where there is one."""
    if not isinstance(things, (tuple, list)):
        raise TypeError(
            f"jvp(f)(primals, tangents) takes two tuples, one entry for each argument of f; {name} is {things!r}"
        )
    return tuple(things)


def stop_gradient(value: Any) -> Any:
    """The same number as a new leaf: no gradient passes through it; a plain number as it is.

    Args: `value`, a Value or number, or lists, tuples, dicts and NumPy arrays of such.

    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    3.0
    """
    if type(value) is Value:
        return constant(value.data, value.label)
    if number(value) is not None:
        return value
    parts, rebuild = flatten(value)
    return rebuild([stop_gradient(part) for part in parts])
