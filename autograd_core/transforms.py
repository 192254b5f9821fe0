"""Derivatives of functions, as functions: grad, value_and_grad, jacobian, hessian, hvp, jvp, vjp.

Each runs its function on fresh nodes in place of the arguments, so that nested derivatives do not mix, and gives
floats where plain numbers went in; inside another transform, or given Values, it gives Values that can be
differentiated again. None touches `.grad`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .context import current, record, transforming
from .ops import dot, identity
from .structure import Rebuild, flatten, matching
from .sweeps import gradient_nodes, gradient_numbers, tangent_nodes, tangent_numbers
from .value import Value, number

Function = Callable[..., Any]
Argnums = int | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a caller gets: floats, or inside another transform and for Values, Values; recorded if it is recording."""

    nested: bool
    recording: bool

    @classmethod
    def for_caller(cls, numbers: Iterable[Any]) -> _Answer:
        """The answer to the code that runs now, about these numbers."""
        here = current()
        return cls(here.transforming or any(type(x) is Value for x in numbers), here.recording)

    @property
    def recorded(self) -> bool:
        """Whether derivatives are to be nodes of a graph."""
        return self.nested and self.recording

    def of(self, thing: Any) -> Any:
        """A number or node as the caller gets it."""
        if type(thing) is not Value:
            return Value(thing) if self.nested else float(thing)
        return thing.data if not self.nested else thing if self.recording else Value(thing.data)


@dataclass(frozen=True, slots=True)
class _Run:
    """One run of a function on fresh nodes: what went in, what came out, and how its caller is to be answered."""

    inputs: list[Value]
    rebuild_inputs: Rebuild
    output: Any
    answer: _Answer

    def gradients(self, y: Any, answer: _Answer | None = None) -> list[Any]:
        """The gradient of one output by every input, as `answer` has it."""
        answer = answer or self.answer
        if type(y) is not Value:
            found: list[Any] = [0.0] * len(self.inputs)
        elif answer.recorded:
            with record():
                found = gradient_nodes(y, self.inputs, stops=self.inputs)
        else:
            found = gradient_numbers(y, self.inputs, stops=self.inputs)
        return list(map(answer.of, found)) if answer.nested else found


def _run(function: Function, arguments: tuple[Any, ...], keywords: dict[str, Any], argnums: Argnums) -> _Run:
    indices = argnums if isinstance(argnums, tuple) else (argnums,)
    single = indices is not argnums
    chosen = [_place_of(index, len(arguments)) for index in indices]
    if len(set(chosen)) < len(chosen):
        raise TypeError(f"argnums names an argument twice: {argnums!r}")
    picked = tuple(arguments[index] for index in chosen)
    numbers, rebuild = flatten(picked[0] if single else picked)
    answer = _Answer.for_caller(numbers)
    with transforming():
        inputs = [identity(x) if type(x) is Value else Value(x) for x in numbers]
        fresh = rebuild(inputs)
        replaced = list(arguments)
        for index, argument in zip(chosen, (fresh,) if single else fresh, strict=True):
            replaced[index] = argument
        output = function(*replaced, **keywords)
    return _Run(inputs, rebuild, output, answer)


def _place_of(index: Any, count: int) -> int:
    """The place of an argument, counted from the front."""
    try:
        return range(count)[operator.index(index)]
    except IndexError:
        raise TypeError(f"argnums asks for argument {index}; the function was given {count}") from None
    except TypeError:
        raise TypeError(f"argnums is a whole number or a tuple of such; got {index!r}") from None


def _scalar(output: Any) -> Any:
    if type(output) is not Value and number(output) is None:
        raise TypeError(
            f"a gradient is that of a function that gives one number; this one gave {output!r} of type "
            f"{type(output).__name__} (jacobian takes functions that give several)"
        )
    return output


def value_and_grad(function: Function, argnums: Argnums = 0) -> Function:
    """The function that gives `function`'s value and its gradient, in the structure of the argument.

    Args: `function`, giving one number; `argnums`, which argument, or a tuple of arguments, to differentiate by: a
    number, or lists, tuples, dicts or NumPy arrays of numbers. Fits `scipy.optimize.minimize(…, jac=True)`.
    Raises TypeError for a function that gives more than one number, or arguments that are no numbers.

    >>> value_and_grad(lambda p: p["a"] * p["a"] + p["b"])({"a": 3.0, "b": 1.0})
    (10.0, {'a': 6.0, 'b': 1.0})
    """

    def transformed(*arguments: Any, **keywords: Any) -> Any:
        run = _run(function, arguments, keywords, argnums)
        y = _scalar(run.output)
        return run.answer.of(y), run.rebuild_inputs(run.gradients(y))

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
    both = value_and_grad(function, argnums)

    def transformed(*arguments: Any, **keywords: Any) -> Any:
        return both(*arguments, **keywords)[1]

    return transformed


def jacobian(function: Function, argnums: Argnums = 0) -> Function:
    """The matrix of ∂output/∂input: the structure of the output with that of the argument in each place.

    One reverse sweep for each output. (Lecture 003, the chain rule over all paths.)

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    """

    def transformed(*arguments: Any, **keywords: Any) -> Any:
        run = _run(function, arguments, keywords, argnums)
        outputs, rebuild = flatten(run.output)
        return rebuild([run.rebuild_inputs(run.gradients(y)) for y in outputs])

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
        run = _run(function, primals, {}, tuple(range(len(primals))))
        answer = _Answer.for_caller((*flatten(primals)[0], *directions))
        outputs, rebuild = flatten(run.output)
        if answer.recorded:
            with record():
                tangent = tangent_nodes(outputs, run.inputs, directions)
        else:
            tangent = tangent_numbers(outputs, run.inputs, [t.data if type(t) is Value else t for t in directions])
        return rebuild(list(map(answer.of, outputs))), rebuild(list(map(answer.of, tangent)))

    return transformed


def vjp(function: Function, argnums: Argnums = 0) -> Function:
    """Reverse mode: `vjp(f)(*args)` gives f's value and the function that pulls a cotangent back to the argument.

    >>> value, pull = vjp(lambda x: [x * x, 3 * x])(2.0)
    >>> value, pull([1.0, 10.0])
    ([4.0, 6.0], 34.0)
    """

    def transformed(*arguments: Any, **keywords: Any) -> Any:
        run = _run(function, arguments, keywords, argnums)
        outputs, rebuild = flatten(run.output)

        def pull(cotangent: Any) -> Any:
            weights = matching(cotangent, run.output, "the cotangent")
            answer = _Answer.for_caller((*weights, *arguments_given))
            with record():
                total = dot(weights, outputs)
            return run.rebuild_inputs(run.gradients(total, answer))

        arguments_given = run.inputs if run.answer.nested else ()
        return rebuild(list(map(run.answer.of, outputs))), pull

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
        return Value(value.data, value.label)
    if number(value) is not None:
        return value
    parts, rebuild = flatten(value)
    return rebuild([stop_gradient(part) for part in parts])
