"""The warning that a function's result no longer depends on its arguments."""

from __future__ import annotations

import dis
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any

from ..errors import GraphWarning
from ..value import Value

PACKAGE = os.path.dirname(os.path.dirname(__file__))
CONSTANTS = ("LOAD_CONST", "RETURN_CONST", "LOAD_SMALL_INT")


def warn_of_lost(numbers: Sequence[Any], function: Callable[..., Any], given: Sequence[Any]) -> None:
    """Warn about the first plain number among a function's results that is not a constant.

    A `Run` calls this function only if a number was taken out of a Value while the function ran. Any plain number
    among the results is then assumed to have been computed from that number, unless it is a constant: one of the
    arguments `given` to the function, or a number that the code of the function contains or refers to by name. If the
    code refers to other functions, their code is searched as well.
    """
    if all(type(x) is Value for x in numbers):
        return
    known = {repr(x) for x in (*given, *_constants(function)) if _is_short(x)}
    for x in numbers:
        if type(x) is not Value and repr(x) not in known:
            warnings.warn(
                f"the function returned {x!r}, a plain number computed from a number that was taken out of a Value, "
                "so its gradient is lost and counts as 0.0; compute with Values (x, not x.data; no round or int; "
                "gradients with create_graph=True), or return stop_gradient(…) if the gradient is meant to be 0.0",
                GraphWarning,
                stacklevel=_level(),
            )
            return


def _is_short(thing: Any) -> bool:
    """Return whether a thing is a number that is short enough to print; an int may have thousands of digits."""
    return isinstance(thing, float) or (isinstance(thing, int) and thing.bit_length() <= 1024)


def _constants(function: Any) -> Iterator[Any]:
    """Yield the constants in the code of a function, and the objects that the code refers to by name.

    A function among these objects is not yielded; instead, its code is searched in the same way.
    """
    seen: set[Any] = set()
    waiting: list[Any] = [function]
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, (FunctionType, MethodType, partial, CodeType)):
            if thing not in seen:
                seen.add(thing)
                waiting.extend(_named_in(thing))
        else:
            yield thing


def _named_in(thing: Any) -> Iterator[Any]:
    if isinstance(thing, CodeType):
        yield from (at.argval for at in dis.get_instructions(thing) if at.opname in CONSTANTS)
        return
    if isinstance(thing, partial):
        yield from (thing.func, *thing.args, *thing.keywords.values())
        return
    yield thing.__code__
    yield from (thing.__globals__.get(name) for name in thing.__code__.co_names)
    yield from (*(thing.__defaults__ or ()), *(thing.__kwdefaults__ or {}).values())
    for cell in thing.__closure__ or ():
        with suppress(ValueError):  # raised if the variable has not been assigned yet
            yield cell.cell_contents


def _level() -> int:
    """Return the `stacklevel` with which a warning in the caller points to the first code outside this package."""
    level = 0
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(PACKAGE + os.sep):
        level, frame = level + 1, frame.f_back
    return level + 1
