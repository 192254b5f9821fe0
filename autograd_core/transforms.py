"""Derivatives of functions, as functions: grad, value_and_grad, jacobian, hessian, hvp, jvp, vjp.

Each runs its function on fresh nodes in place of the arguments, so that nested derivatives do not mix, and gives
floats where plain numbers went in; inside another transform, or given Values, it gives Values that can be
differentiated again. None touches `.grad`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .context import current, record, transforming
from .ops import dot, identity
from .structure import Rebuild, flatten
from .sweeps import gradient_nodes, gradient_numbers, tangent_nodes, tangent_numbers
from .value import Value, number

Function = Callable[..., Any]
Argnums = int | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Run:
    """One run of a function on fresh nodes: what went in, what came out, and whether derivatives are to be Values."""

    inputs: list[Value]
    rebuild_inputs: Rebuild
    output: Any
    nested: bool

    def plain(self, thing: Any) -> Any:
        """A result as the caller should see it: Values when nested, otherwise their numbers."""
        return thing if self.nested or type(thing) is not Value else thing.data

    def gradients(self, y: Any) -> list[Any]:
        """The gradient of one output by every input."""
        if type(y) is not Value:
            return [0.0] * len(self.inputs)
        if not self.nested:
            return gradient_numbers(y, self.inputs, stops=self.inputs)
        with record():
            return gradient_nodes(y, self.inputs, stops=self.inputs)


def _run(function: Function, arguments: tuple[Any, ...], keywords: dict[str, Any], argnums: Argnums) -> _Run:
    chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for index in chosen:
        if not -len(arguments) <= index < len(arguments):
            raise TypeError(f"argnums asks for argument {index}; the function was given {len(arguments)}")
    picked = tuple(arguments[index] for index in chosen)
    numbers, rebuild = flatten(picked[0] if isinstance(argnums, int) else picked)
    nested = current().transforming or any(type(x) is Value for x in numbers)
    with transforming():
        inputs = [identity(x) if type(x) is Value else Value(x) for x in numbers]
        fresh = rebuild(inputs)
        replaced = list(arguments)
        for index, argument in zip(chosen, (fresh,) if isinstance(argnums, int) else fresh, strict=True):
            replaced[index] = argument
        output = function(*replaced, **keywords)
    return _Run(inputs, rebuild, output, nested)


def _scalar(output: Any, transform: str) -> Any:
    if type(output) is not Value and number(output) is None:
        raise TypeError(
            f"{transform} takes a function that gives one number; it gave {output!r} of type {type(output).__name__} "
            "(jacobian takes functions that give several)"
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
        y = _scalar(run.output, "value_and_grad")
        value = run.plain(y) if type(y) is Value else float(y)
        return value, run.rebuild_inputs(run.gradients(y))

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

    def transformed(primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        primals = tuple(primals)
        directions = _matching(tangents, primals, "tangents")
        run = _run(function, primals, {}, tuple(range(len(primals))))
        nested = run.nested or any(type(t) is Value for t in directions)
        outputs, rebuild = flatten(run.output)
        with record():
            tangent = (tangent_nodes if nested else tangent_numbers)(outputs, run.inputs, directions)
        values = outputs if nested else [run.plain(y) for y in outputs]
        return rebuild(values), rebuild(tangent)

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
            weights = _matching(cotangent, run.output, "the cotangent")
            with record():
                total = dot(weights, outputs)
            return run.rebuild_inputs(run.gradients(total))

        return rebuild([run.plain(y) for y in outputs]), pull

    return transformed


def hvp(function: Function, argnums: int = 0) -> Function:
    """Hessian times vector: `hvp(f)(*args, v)` with v in the structure of the argument; no Hessian is made.

    Forward mode over reverse mode: one sweep each way.

    >>> hvp(lambda x: x[0] * x[0] * x[1])([2.0, 3.0], [1.0, 0.0])
    [6.0, 4.0]
    """
    slope = grad(function, argnums)

    def transformed(*arguments: Any) -> Any:
        *rest, direction = arguments
        index = range(len(rest))[argnums]

        def of_one(x: Any) -> Any:
            return slope(*rest[:index], x, *rest[index + 1 :])

        return jvp(of_one)((rest[index],), (direction,))[1]

    return transformed


def _matching(things: Any, like: Any, name: str) -> list[Any]:
    """The numbers of `things`, which must be as many as those of `like`."""
    numbers = flatten(things)[0]
    expected = len(flatten(like)[0])
    if len(numbers) != expected:
        raise ValueError(f"{name} must have {expected} numbers, one for each of what it belongs to; got {len(numbers)}")
    return [x if type(x) is Value else float(x) for x in numbers]


def stop_gradient(value: Any) -> Any:
    """The same number as a new leaf: no gradient passes through it; a plain number as it is.

    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    3.0
    """
    return Value(value.data, value.label) if type(value) is Value else value
