"""How a transform, such as `grad`, picks the arguments to differentiate with respect to, and checks the result.

Each transform returns a `Transformed`, which calls the function that the transform was given.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from functools import partial, update_wrapper
from inspect import Parameter, Signature, signature
from types import MethodType
from typing import Any

from .._engine.numbers import number, unwrapped
from ..value import Value
from .trees import Structure, is_bool, passes, taken_apart

Function = Callable[..., Any]
Argnums = int | tuple[int, ...]


class Transformed:
    """The function that a transform returns.

    It has the original function's name and docstring and, unless another signature is passed as `takes`, that
    function's signature. It can be pickled if the original function can be.
    """

    def __init__(
        self, transform: Function, apply: Function, function: Function, takes: Signature | None = None, **options: Any
    ) -> None:
        """Store the arguments; each call runs `apply(function, arguments, keywords, **options)`."""
        if not callable(function):
            raise TypeError(
                f"{transform.__name__} takes a function and returns one; got {function!r}: "
                f"write {transform.__name__}(f)(x), not {transform.__name__}(f(x))"
            )
        update_wrapper(self, function, updated=())
        if takes is not None:  # a signature that differs from the original function's
            self.__signature__ = takes
        self._transform, self._apply, self._function, self._options = transform, apply, function, options

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Run the transformed function on these arguments."""
        return self._apply(self._function, arguments, keywords, **self._options)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Return a bound method when this object is accessed through an instance, as a plain function does."""
        return self if instance is None else MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<{self._transform.__name__} of {getattr(self, '__qualname__', None) or repr(self._function)}>"

    def __reduce__(self) -> str | tuple[Function, tuple[Any, ...]]:
        if is_named(self):  # used as a decorator: the name now refers to this object
            return str(getattr(self, "__qualname__", ""))
        return transformed_again, (self._transform, self._function, self._options)


def name_of(function: Any) -> str:
    """Return a callable's own name, the name of the function inside a partial, or the name of the callable's class."""
    while isinstance(function, partial):
        function = function.func
    return str(getattr(function, "__qualname__", type(function).__qualname__))


def is_named(function: Any) -> bool:
    """Return whether the function can be found in its module under its qualified name, as pickling requires."""
    found: Any = sys.modules.get(getattr(function, "__module__", ""))
    for part in getattr(function, "__qualname__", "").split("."):
        found = getattr(found, part, None)
    return found is function


def transformed_again(transform: Function, function: Function, options: dict[str, Any]) -> Function:
    """Apply `transform` to the original function again; called when a transformed function is unpickled."""
    made: Function = transform(function, **options)
    return made


def takes(function: Function, name: str) -> bool:
    """Return whether a function has a parameter called `name`, according to its signature."""
    try:
        found = signature(function).parameters.get(name)
    except (TypeError, ValueError):
        return False
    return found is not None and found.kind is not Parameter.POSITIONAL_ONLY


def checked(argnums: Any) -> Argnums:
    """Return `argnums`; raise TypeError unless it is an integer or a non-empty tuple of integers."""
    try:
        indices = tuple(map(operator.index, argnums)) if isinstance(argnums, tuple) else operator.index(argnums)
    except TypeError:
        raise TypeError(f"argnums must be an integer or a tuple of integers; got {argnums!r}") from None
    if indices == ():
        raise TypeError("argnums=() differentiates with respect to nothing; name at least one argument")
    return indices


def located(
    function: Function, arguments: tuple[Any, ...], keywords: dict[str, Any], argnums: Argnums
) -> list[Any]:
    """Return, for each argument that `argnums` refers to, its index, or its name if it is passed by keyword."""
    if not isinstance(argnums, tuple):
        return [_place(function, len(arguments), keywords, argnums)]
    places: list[Any] = [_place(function, len(arguments), keywords, index) for index in argnums]
    if len(set(places)) < len(places):
        raise TypeError(f"argnums names an argument twice: {argnums!r}")
    return places


def _place(function: Function, count: int, keywords: dict[str, Any], index: int) -> Any:
    if -count <= index < count:
        return index % count
    if count <= index and keywords:
        name = _parameter(function, index)
        if name in keywords:
            return name
    kind = "positional argument" if keywords else "argument"
    given = f"{count} {kind}" if count == 1 else f"{count} {kind}s"
    raise TypeError(f"argnums names argument {index}, but the function was called with {given}")


def _parameter(function: Function, index: int) -> str | None:
    """Return the name of the parameter at `index` among those that can be passed by position, or None."""
    try:
        parameters = list(signature(function).parameters.values())
    except (TypeError, ValueError):  # the function has no signature
        return None
    named = [p.name for p in parameters if p.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)]
    return named[index] if index < len(named) else None


def parted(output: Any) -> tuple[Any, Any]:
    """Split the pair that a function returns (with `has_aux`) into the result and the auxiliary output."""
    if not isinstance(output, (tuple, list)) or len(output) != 2:
        raise TypeError(f"with has_aux the function must return a pair (result, aux); got {output!r}")
    return output[0], output[1]


def scalar(output: Any) -> Any:
    """Return the output of a function; raise TypeError unless the output is a single number."""
    if type(output) is Value or type(output := unwrapped(output)) is Value:
        return output
    _differentiable(output)
    if number(output) is None:
        raise TypeError(
            f"a gradient needs a function that returns one number; this one returned {output!r} of type "
            f"{type(output).__name__} (jacobian takes functions that return several numbers)"
        )
    return output


def several(output: Any) -> Structure:
    """Take a function's output apart into its numbers and their structure; raise TypeError if it has no derivative."""
    _differentiable(unwrapped(output))
    structure = taken_apart(output)
    for x in structure.numbers:
        _differentiable(x)
    return structure


def _differentiable(output: Any) -> None:
    """Raise TypeError for an output that has no derivative, because a gradient of 0.0 would hide a mistake."""
    if passes(output):
        raise TypeError(
            f"the function returned {output!r}, which has no derivative; return the numbers to differentiate"
        )
    if is_bool(output):
        raise TypeError(
            f"the function returned {output!r}, a bool, which has no derivative; return the numbers that were compared"
        )
