"""Laying out DOT: the engines there are, tried in order, each with a time limit that ends it."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from ..errors import GraphError

HOW_TO_GET = (
    "To see it, install Graphviz (Debian and Ubuntu: apt install graphviz; macOS: brew install graphviz; Windows: "
    "winget install graphviz), or Graphviz inside a Python package: pip install pygraphviz"
)
WHEEL = "pygraphviz"
PICTURES = (".svg", ".png", ".pdf")
SOURCES = (".dot", ".gv")
PLACED = ("-Kneato", "-n2")


class LayoutError(GraphError):
    """A picture could not be laid out; the graph and its source are unharmed."""


def engines() -> dict[str, list[str]]:
    """The commands that lay out here, in the order they are tried."""
    found = {}
    if (dot := shutil.which("dot")) is not None:
        found["the dot program"] = [dot]
    if importlib.util.find_spec(WHEEL) is not None:
        found[f"the Python package {WHEEL}"] = [sys.executable, "-P", str(Path(__file__).with_name("wheel.py"))]
    return found


def lay_out(source: str, format: str, time_limit: float, placed: bool = False) -> bytes:
    """The picture of a DOT source in `format`: "svg", "png", or another that the engine knows.

    With `placed` the source gives every position, and nothing is moved. Raises LayoutError if there is no engine, or
    none that finishes within `time_limit` seconds.
    """
    tried = []
    for name, command in engines().items():
        try:
            done = subprocess.run(
                [*command, *(PLACED if placed else ()), f"-T{format}"],
                input=source.encode(), capture_output=True, timeout=time_limit, check=False,
            )  # fmt: skip  # one line for what is run, one for how
        except subprocess.TimeoutExpired:
            raise LayoutError(
                f"{name} had not laid out this graph after {time_limit:g} s and was stopped. To fix this, fold it with "
                "collapse=1 or batch=True, draw an inner node or a smaller batch, or pass a longer time_limit"
            ) from None
        if done.returncode == 0 and done.stdout:
            return done.stdout
        tried.append(f"{name}: {done.stderr.decode(errors='replace').strip() or 'no output'}")
    if tried:
        raise LayoutError(f"could not make a picture of this graph as {format!r}; tried {'; '.join(tried)}")
    raise LayoutError(
        f"nothing here can lay out a graph: neither the dot program nor the Python package {WHEEL} is installed. "
        f"{HOW_TO_GET}"
    )
