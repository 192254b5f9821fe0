"""Transforms, which turn a function into its derivative: grad, value_and_grad, jacobian, hessian, hvp, jvp and vjp.

Each transform runs the given function on fresh nodes in place of the arguments, so that nested derivatives stay
separate. A derivative that depends on a Value (one among the arguments, or one that the function closes over) is itself
a Value and can be differentiated again; otherwise, and inside `no_record()`, the derivative is a float. No transform
changes any node's `grad`.
"""

from __future__ import annotations

from inspect import signature
from typing import Any

from ._engine.nodes import constant
from ._engine.numbers import number
from ._engine.traces import running
from ._transforms.calls import Argnums, Function, Transformed, checked, located
from ._transforms.matching import matching
from ._transforms.run import run_on
from ._transforms.trees import flatten
from .value import Value


def value_and_grad(function: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """Return a function that computes `function`'s value and gradient; the gradient has the argument's structure.

    The returned function has `function`'s name, docstring and signature, and can be pickled if `function` can. It can
    be passed to `scipy.optimize.minimize(…, jac=True)`.

    Args:
        function: Returns one number or, with `has_aux`, a pair of one number and any other object (aux).
        argnums: The index of the argument to differentiate with respect to, or a tuple of such indices. Each of these
            arguments holds numbers, alone or in arbitrarily nested lists, tuples, dicts, dataclasses, NumPy arrays and
            classes registered with `register`. None and strings in the arguments are left unchanged. Arguments may
            also be passed by keyword.
        has_aux: Whether to return ((value, aux), gradient). Values in aux become plain numbers unless they depend on a
            Value that was passed in or that `function` closes over.

    Raises:
        TypeError: `function` returns several numbers, a bool or nothing; an argument contains something other than
            numbers; or `argnums` does not refer to an argument.

    Warns:
        GraphWarning: `function` returns a plain number computed from a number that was taken out of a Value (`x.data`,
            `round(x, 6)`, `x.backward()`), so the gradient is lost and counts as 0.0. Constants that are passed to
            `function` or written in its code cause no warning.

    >>> value_and_grad(lambda p: p["a"] * p["a"] + p["b"])({"a": 3.0, "b": 1.0})
    (10.0, {'a': 6.0, 'b': 1.0})
    >>> value_and_grad(lambda x: (x * x, {"error": x - 1}), has_aux=True)(3.0)
    ((9.0, {'error': 2.0}), 6.0)
    """
    return Transformed(value_and_grad, _value_and_grad, function, argnums=checked(argnums), has_aux=has_aux)


def _value_and_grad(
    function: Function, arguments: tuple[Any, ...], keywords: dict[str, Any], argnums: Argnums, has_aux: bool
) -> Any:
    with run_on(function, arguments, keywords, argnums, has_aux) as run:
        y = run.scalar()
        slopes = run.arguments.rebuild(run.pull([y], [1.0]))
        value = run.values([y])[0]
        return ((value, run.beside()), slopes) if has_aux else (value, slopes)


def grad(function: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """Return a function of the same arguments that computes the gradient of `function`; see `value_and_grad`.

    With `has_aux`, the returned function computes the pair (gradient, aux).

    >>> grad(lambda x: x * x * x)(2.0)
    12.0
    >>> grad(grad(lambda x: x * x * x))(2.0)
    12.0
    >>> grad(lambda x, y: x * y, argnums=(0, 1))(2.0, y=5.0)
    (5.0, 2.0)
    """
    return Transformed(grad, _grad, function, argnums=checked(argnums), has_aux=has_aux)


def _grad(
    function: Function, arguments: tuple[Any, ...], keywords: dict[str, Any], argnums: Argnums, has_aux: bool
) -> Any:
    with run_on(function, arguments, keywords, argnums, has_aux) as run:
        slopes = run.arguments.rebuild(run.pull([run.scalar()], [1.0]))
        return (slopes, run.beside()) if has_aux else slopes


def jacobian(function: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """Return a function that computes the Jacobian ∂output/∂input of `function`.

    The Jacobian has the structure of the output, with the structure of the argument in place of each number. As in JAX,
    the derivative of one array with respect to another is an array whose shape is the shape of the first followed by
    the shape of the second, even inside dicts and lists. Each number in the output takes one reverse sweep. For
    `argnums` and `has_aux` see `grad`. (Lecture 003, the chain rule over all paths.)

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    >>> jacobian(lambda p: {"y": p["a"] * p["b"]})({"a": 2.0, "b": 3.0})
    {'y': {'a': 3.0, 'b': 2.0}}
    """
    return Transformed(jacobian, _jacobian, function, argnums=checked(argnums), has_aux=has_aux)


def _jacobian(
    function: Function, arguments: tuple[Any, ...], keywords: dict[str, Any], argnums: Argnums, has_aux: bool
) -> Any:
    with run_on(function, arguments, keywords, argnums, has_aux) as run:
        outputs = run.several()
        matrix = outputs.jacobian(run.arguments, [run.pull([y], [1.0]) for y in outputs.numbers])
        return (matrix, run.beside()) if has_aux else matrix


def hessian(function: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """Return a function that computes the matrix of second derivatives of `function`, which returns one number.

    The rows and the columns have the structure of the argument. For `argnums` and `has_aux` see `grad`.

    >>> hessian(lambda x: x[0] * x[0] * x[1])([2.0, 3.0])
    [[6.0, 4.0], [4.0, 0.0]]
    """
    return Transformed(hessian, _hessian, function, argnums=checked(argnums), has_aux=has_aux)


def _hessian(
    function: Function, arguments: tuple[Any, ...], keywords: dict[str, Any], argnums: Argnums, has_aux: bool
) -> Any:
    return jacobian(grad(function, argnums, has_aux), argnums, has_aux)(*arguments, **keywords)


def jvp(function: Function, has_aux: bool = False) -> Function:
    """Forward mode: `jvp(f)(primals, tangents)` returns f's value and its derivative in the direction of the tangents.

    `primals` is the tuple of arguments; `tangents` has the same structure and holds the direction. Keyword arguments
    are passed to f unchanged. With `has_aux`, the aux that f returns is the third result.

    >>> jvp(lambda x, y: x * y)((2.0, 5.0), (1.0, 0.0))
    (10.0, 5.0)
    """
    return Transformed(jvp, _jvp, function, signature(_of_primals), has_aux=has_aux)


def _of_primals(primals: Any, tangents: Any, /, **keywords: Any) -> Any:
    """Define the signature of the function that `jvp` returns."""
    return primals, tangents, keywords


def _jvp(function: Function, arguments: tuple[Any, ...], keywords: dict[str, Any], has_aux: bool) -> Any:
    primals, tangents, keywords = _of_primals(*arguments, **keywords)
    primals, tangents = _arguments(primals, "primals"), _arguments(tangents, "tangents")
    directions = matching(tangents, primals, "the tangents")
    with run_on(function, primals, keywords, tuple(range(len(primals))), has_aux) as run:
        outputs = run.several()
        values = outputs.rebuild(run.values(outputs.numbers, beside=directions))
        pushed = outputs.rebuild(run.push(outputs.numbers, directions))
        return (values, pushed, run.beside()) if has_aux else (values, pushed)


def vjp(function: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """Reverse mode: `vjp(f)(*args)` returns f's value and a function that pulls cotangents back to the argument.

    For `argnums` see `grad`. With `has_aux`, the aux that f returns is the third result.

    >>> value, pull = vjp(lambda x: [x * x, 3 * x])(2.0)
    >>> value, pull([1.0, 10.0])
    ([4.0, 6.0], 34.0)
    """
    return Transformed(vjp, _vjp, function, argnums=checked(argnums), has_aux=has_aux)


def _vjp(
    function: Function, arguments: tuple[Any, ...], keywords: dict[str, Any], argnums: Argnums, has_aux: bool
) -> Any:
    with run_on(function, arguments, keywords, argnums, has_aux) as run:
        outputs = run.several()
        values = outputs.rebuild(run.values(outputs.numbers))
        beside = (run.beside(),) if has_aux else ()

    def pull(cotangent: Any) -> Any:
        weights = matching(cotangent, run.output, "the cotangent")
        with run.again():
            return run.arguments.rebuild(run.pull(outputs.numbers, weights))

    return values, pull, *beside


def hvp(function: Function, argnums: int = 0, has_aux: bool = False) -> Function:
    """Hessian times vector: `hvp(f)(*args, v)` returns the product of f's Hessian and v without forming the Hessian.

    The vector v has the structure of the argument. The product is computed by forward mode over reverse mode, with one
    sweep in each direction. `argnums` is the index of a single argument. With `has_aux`, the result is the pair
    (product, aux).

    >>> hvp(lambda x: x[0] * x[0] * x[1])([2.0, 3.0], [1.0, 0.0])
    [6.0, 4.0]
    """
    if isinstance(argnums, tuple):
        raise TypeError(f"hvp differentiates with respect to one argument: argnums must be an integer; got {argnums!r}")
    return Transformed(hvp, _hvp, function, signature(_of_all), argnums=checked(argnums), has_aux=has_aux)


def _of_all(*arguments_and_vector: Any, **keywords: Any) -> Any:
    """Define the signature of the function that `hvp` returns."""
    if len(arguments_and_vector) < 2:
        raise TypeError(
            "hvp(f) takes the arguments of f and then the vector, as in hvp(f)(x, v), so at least two arguments; "
            f"got {len(arguments_and_vector)}"
        )
    return arguments_and_vector[:-1], arguments_and_vector[-1]


def _hvp(
    function: Function, arguments: tuple[Any, ...], keywords: dict[str, Any], argnums: int, has_aux: bool
) -> Any:
    rest, direction = _of_all(*arguments)
    [index] = located(function, rest, {}, argnums)
    slope = grad(function, argnums, has_aux)

    def of_one(x: Any) -> Any:
        return slope(*rest[:index], x, *rest[index + 1 :], **keywords)

    _, *product = jvp(of_one, has_aux)((rest[index],), (direction,))
    return tuple(product) if has_aux else product[0]


def _arguments(things: Any, name: str) -> tuple[Any, ...]:
    """Return the primals or tangents as a tuple; raise TypeError unless they are in a tuple or list."""
    if not isinstance(things, (tuple, list)):
        raise TypeError(
            f"jvp(f)(primals, tangents) takes two tuples with one entry per argument of f; {name} is {things!r}"
        )
    return tuple(things)


def stop_gradient(value: Any) -> Any:
    """Return a new leaf with the same number, through which no gradient passes; return plain numbers unchanged.

    Args:
        value: A Value or a number, or lists, tuples, dicts and NumPy arrays that contain Values and numbers.

    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    3.0
    """
    if type(value) is Value:
        trace = running()
        return constant(value._data, value.label) if trace is None else trace.stopped(value, plain=False)
    if number(value) is not None:
        return value
    parts, rebuild = flatten(value)
    return rebuild([stop_gradient(part) for part in parts])
