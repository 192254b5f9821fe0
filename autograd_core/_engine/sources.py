"""Implements `record(source=True)`, which records the line of the user's code that made each node.

Each call to a function becomes a scope. Before each line that runs, Python calls a trace function, which sets the
current place (which new nodes record) to a place that represents the line. The engine itself is not involved. Code in
this package, in installed packages and in the standard library is not followed.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from .places import Place, _place, current

if TYPE_CHECKING:
    from ..value import Value

LINE = 1 << 63  # the owner of a line's place is LINE plus the line's index; no object has so large an id
UNNAMED = ("<module>", "<lambda>", "<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
INSTALLED = tuple(
    str(Path(path)) for name in ("stdlib", "platstdlib", "purelib", "platlib") if (path := sysconfig.get_path(name))
)
OWN = tuple(str(Path(__file__).parents[2] / name) for name in ("autograd_core", "nn"))

_lines: list[tuple[str, int]] = []
_numbers: dict[tuple[str, int], int] = {}
Trace = Callable[[FrameType, str, Any], Any]


def line_of(node: Value) -> tuple[str, int] | None:
    """Return the file and line of the code that made a node, or None if that code was not followed."""
    place: Place | None = node._place
    while place is not None:
        if place.owner >= LINE:
            return _lines[place.owner - LINE]
        place = place.parent
    return None


def line_now() -> int | None:
    """Return the number of the running line, or None if that line is not followed."""
    here = current()
    return _lines[here.owner - LINE][1] if here.owner >= LINE else None


@cache
def followed(code: CodeType) -> bool:
    """Return whether a function is the user's own code; only the lines of such functions are followed."""
    name = code.co_filename
    return not name.startswith(("<frozen", "<string>", *INSTALLED, *OWN))


class Following:
    """The context manager and decorator behind `record(source=True)`, for one use at a time in one thread."""

    def __init__(self) -> None:
        self._left: list[Callable[[], None]] = []

    def __enter__(self) -> None:
        frame, before, traced = sys._getframe(1), current(), sys.gettrace()
        traced_here = frame.f_trace
        _place.set(Place(before, None, True))
        if followed(frame.f_code):
            frame.f_trace = _following(None)
            _move_to(frame)
        sys.settrace(_called)

        def leave() -> None:
            sys.settrace(traced)
            frame.f_trace = traced_here
            _place.set(before)

        self._left.append(leave)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.pop()()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a function so that it is followed wherever it is called."""

        @wraps(function)
        def inside(*arguments: Any, **keywords: Any) -> Any:
            with Following():
                return function(*arguments, **keywords)

        return inside


def _called(frame: FrameType, event: str, argument: Any) -> Trace | None:
    """Handle a call to a function, which is a scope until the function returns or, in a generator, yields."""
    if not followed(frame.f_code):
        return None
    before = current()
    if frame.f_code.co_name not in UNNAMED:
        _place.set(Place(before, frame.f_code.co_name, before.recording))
    return _following(before)


def _following(before: Place | None) -> Trace:
    """Return the trace function for the lines of one call; at the end of the call, it restores the place `before`."""

    def told(frame: FrameType, event: str, argument: Any) -> Trace:
        if event == "line":
            _move_to(frame)
        elif event == "return" and before is not None:
            _place.set(before)
        return told

    return told


def _move_to(frame: FrameType) -> None:
    """Replace the place of the previous line with a place for the line that a frame is about to run."""
    here = current()
    around = here.parent if here.owner >= LINE and here.parent is not None else here
    line = (frame.f_code.co_filename, frame.f_lineno)
    if line not in _numbers:
        _numbers[line] = len(_lines)
        _lines.append(line)
    _place.set(Place(around, None, around.recording, LINE + _numbers[line]))
