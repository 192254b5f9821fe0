"""What modules are called with: one example, a flat list of numbers; whatever else is refused with the way out."""

import inspect
import reprlib
from collections.abc import Callable
from numbers import Real
from typing import Any

from autograd_core import Value


def as_list(x: Any) -> Any:
    """What a module works on: a list or array as it is, a single number as a list of one, None as None."""
    if type(x) is list or x is None:
        return x
    if not hasattr(x, "__len__"):
        return [x]
    # NumPy's array of no dimension is a number that has a __len__
    return [x[()]] if getattr(x, "shape", None) == () else x


def check_example(module: Any, x: Any, width: int) -> None:
    """Raise TypeError for what is no flat list of numbers, ValueError for another number of them than `width`.

    >>> check_example("Layer", [[1.0, 2.0], [3.0, 4.0]], 2)
    Traceback (most recent call last):
    TypeError: 'Layer' takes one example, a flat list of 2 numbers; got [1.0, 2.0] in it: for a batch, loop over it
    """
    if type(x) is list and len(x) == width and set(map(type, x)) <= {float, Value}:
        return  # the common case, quickly
    wanted = f"{module!r} takes one example, a flat list of {width} number{'s' * (width > 1)}"
    if not _is_sequence(x):
        raise TypeError(f"{wanted}; got {reprlib.repr(x)}")
    for number in x:
        if not isinstance(number, (Value, Real)):
            way_out = ": for a batch, loop over it" if _is_sequence(number) else ""
            raise TypeError(f"{wanted}; got {reprlib.repr(number)} in it{way_out}")
    if len(x) != width:
        raise ValueError(f"{module!r} takes {width} inputs; got {len(x)}")


def _is_sequence(thing: Any) -> bool:
    return hasattr(thing, "__len__") and not isinstance(thing, (str, bytes, dict))


def check_call(module: Any, function: Callable[..., Any], inputs: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    """Raise TypeError where a function does not take these arguments."""
    taken = inspect.signature(function)
    try:
        taken.bind(*inputs, **keywords)
    except TypeError as error:
        raise TypeError(
            f"{module!r} takes {', '.join(taken.parameters)}, and an example is one list of its numbers, "
            f"model([1.0, 2.0]) and not model(1.0, 2.0); here {error}"
        ) from None
