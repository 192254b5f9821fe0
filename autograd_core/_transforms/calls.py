"""How a transform's function is called: by which arguments it is differentiated, and what it may give."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from functools import update_wrapper
from inspect import Parameter, Signature, signature
from types import MethodType
from typing import Any

from ..value import Value, number, unwrapped
from .trees import Structure, is_bool, passes, taken_apart

Function = Callable[..., Any]
Argnums = int | tuple[int, ...]


class Transformed:
    """What a transform makes of a function: another with its name, docstring and signature, that pickles as it does."""

    def __init__(
        self, transform: Function, apply: Function, function: Function, takes: Signature | None = None, **options: Any
    ) -> None:
        """Args: `apply`, called with the function, its arguments and keywords, and the `options` of the transform."""
        if not callable(function):
            raise TypeError(
                f"{transform.__name__} takes a function and gives one; got {function!r}: "
                f"write {transform.__name__}(f)(x), not {transform.__name__}(f(x))"
            )
        update_wrapper(self, function, updated=())
        if takes is not None:  # not that of the function
            self.__signature__ = takes
        self._transform, self._apply, self._function, self._options = transform, apply, function, options

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """The transform's answer for these arguments."""
        return self._apply(self._function, arguments, keywords, **self._options)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """As a method it is given the instance first, like the function."""
        return self if instance is None else MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<{self._transform.__name__} of {getattr(self, '__qualname__', None) or repr(self._function)}>"

    def __reduce__(self) -> str | tuple[Function, tuple[Any, ...]]:
        name = getattr(self, "__qualname__", "")
        found: Any = sys.modules.get(self.__module__)
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is self:  # a decorator: the function's name is now this one's
            return str(name)
        return transformed_again, (self._transform, self._function, self._options)


def transformed_again(transform: Function, function: Function, options: dict[str, Any]) -> Function:
    """What a pickle of a transformed function calls."""
    made: Function = transform(function, **options)
    return made


def checked(argnums: Any) -> Argnums:
    """Which arguments to differentiate by, held to be a whole number or a tuple of such."""
    try:
        indices = tuple(map(operator.index, argnums)) if isinstance(argnums, tuple) else operator.index(argnums)
    except TypeError:
        raise TypeError(f"argnums is a whole number or a tuple of such; got {argnums!r}") from None
    if indices == ():
        raise TypeError("argnums=() differentiates by nothing: name at least one argument")
    return indices


def located(
    function: Function, arguments: tuple[Any, ...], keywords: dict[str, Any], argnums: Argnums
) -> list[Any]:
    """The place of each argument to differentiate by: an index, or the name of one that is given by keyword."""
    indices = argnums if isinstance(argnums, tuple) else (argnums,)
    places: list[Any] = [_place(function, len(arguments), keywords, index) for index in indices]
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
    given = f"{count} by position" if keywords else f"{count}"
    raise TypeError(f"argnums asks for argument {index}; the function was given {given}")


def _parameter(function: Function, index: int) -> str | None:
    """The name of a parameter that is given by position or keyword, counted from the front."""
    try:
        parameters = list(signature(function).parameters.values())
    except (TypeError, ValueError):  # of what has no signature
        return None
    named = [p.name for p in parameters if p.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)]
    return named[index] if index < len(named) else None


def parted(output: Any) -> tuple[Any, Any]:
    """What a function gives that `has_aux`: its result, and what it hands out beside it."""
    if not isinstance(output, (tuple, list)) or len(output) != 2:
        raise TypeError(f"with has_aux the function gives a pair, its result and what goes beside it; got {output!r}")
    return output[0], output[1]


def scalar(output: Any) -> Any:
    """The output of a function that gives one number."""
    if type(output := unwrapped(output)) is Value:
        return output
    _differentiable(output)
    if number(output) is None:
        raise TypeError(
            f"a gradient is that of a function that gives one number; this one gave {output!r} of type "
            f"{type(output).__name__} (jacobian takes functions that give several)"
        )
    return output


def several(output: Any) -> Structure:
    """The output of a function that may give several numbers."""
    _differentiable(unwrapped(output))
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
