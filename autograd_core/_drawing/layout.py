"""Lays out DOT source with a function that a web page provides, or else with an installed program and a time limit."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ..errors import GraphError

HOW_TO_GET = (
    "To see the picture, install Graphviz (Debian and Ubuntu: apt install graphviz; macOS: brew install graphviz; "
    "Windows: winget install graphviz), or a Python package that contains it: pip install pygraphviz"
)
WHEEL = "pygraphviz"
PICTURES = (".svg", ".png", ".pdf")
SOURCES = (".dot", ".gv")
PLACED = ("-Kneato", "-n2")


LayOut = Callable[[str, str, bool], bytes | str]
_given: LayOut | None = None


class LayoutError(GraphError):
    """A picture could not be laid out; the graph and the DOT source are unaffected."""


def lay_out_with(function: LayOut | None) -> None:
    """Lay out every drawing with `function` from now on; this is needed in a browser, where no program can be run.

    Args:
        function: `function(source, format, placed)` returns the picture of a DOT source in `format` ("svg", or "json0"
            for the stepper). If `placed` is true, the function must keep the positions in the source. Any exception
            that the function raises becomes a LayoutError, and no time limit applies. Pass None to return to installed
            programs.

    >>> from autograd_core import Value
    >>> lay_out_with(lambda source, format, placed: f"{len(source.splitlines())} lines as {format}")
    >>> Value(2.0).draw().pipe("svg")
    b'6 lines as svg'
    >>> lay_out_with(None)
    """
    global _given
    _given = function


def engines() -> dict[str, list[str]]:
    """Return the available layout commands, in the order in which they are tried."""
    found = {}
    if (dot := shutil.which("dot")) is not None:
        found["the dot program"] = [dot]
    if importlib.util.find_spec(WHEEL) is not None:
        found[f"the Python package {WHEEL}"] = [sys.executable, "-P", str(Path(__file__).with_name("wheel.py"))]
    return found


def lay_out(source: str, format: str, time_limit: float, placed: bool = False) -> bytes:
    """Return the picture of a DOT source in `format`: "svg", "png", or another format that the engine supports.

    If `placed` is true, the source must contain all positions, and nothing is moved.

    Raises:
        LayoutError: No engine is available, all engines fail, or one has not finished after `time_limit` seconds.
    """
    if _given is not None:
        return _laid_out_by(_given, source, format, placed)
    tried = []
    for name, command in engines().items():
        try:
            done = subprocess.run(
                [*command, *(PLACED if placed else ()), f"-T{format}"],
                input=source.encode(), capture_output=True, timeout=time_limit, check=False,
            )  # fmt: skip  # one line for what is run, one for how
        except subprocess.TimeoutExpired:
            raise LayoutError(
                f"{name} had not laid out this graph after {time_limit:g} s and was stopped. To fix this, fold the "
                "graph with collapse=1 or batch=True, draw an inner node or a smaller batch, or pass a longer "
                "time_limit"
            ) from None
        except OSError as error:  # this program cannot be run, or no program can
            tried.append(f"{name}: {error}")
            continue
        if done.returncode == 0 and done.stdout:
            return done.stdout
        tried.append(f"{name}: {done.stderr.decode(errors='replace').strip() or 'no output'}")
    if tried:
        raise LayoutError(f"could not make a picture of this graph in the format {format!r}; tried {'; '.join(tried)}")
    raise LayoutError(
        f"no layout engine was found: neither the dot program nor the Python package {WHEEL} is installed. "
        f"{HOW_TO_GET}"
    )


def _laid_out_by(function: LayOut, source: str, format: str, placed: bool) -> bytes:
    try:
        picture = function(source, format, placed)
    except Exception as error:  # the page's function may raise anything
        raise LayoutError(f"could not make a picture of this graph in the format {format!r}: {error}") from error
    return picture.encode() if isinstance(picture, str) else picture
