"""A drawing written to a file, whether or not there is a program to lay it out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..draw import draw
from ..value import Value
from .layout import LayoutError

FORMATS = (".svg", ".png", ".pdf", ".dot", ".gv")


def write_drawing(y: Value, path: Path, **options: Any) -> str:
    """Write the picture of the graph below `y` and give its path, and what to know about it, as a line of text.

    Args: `path`, whose ending says the format; .dot or .gv for the source; the options of `draw`. Where nothing can
    lay the graph out, the source is written beside it, and the line says how to get Graphviz.
    Raises ValueError for an ending that is none of these, OSError where the file cannot be written.
    """
    if path.suffix not in FORMATS:
        raise ValueError(f"a drawing is written to a file ending in {', '.join(FORMATS)}; got {str(path)!r}")
    drawing = draw(y, **options)
    if path.suffix in (".dot", ".gv"):
        path.write_text(drawing.source, encoding="utf-8")
        return str(path)
    try:
        drawing.render(outfile=path)
    except LayoutError as error:
        source = path.with_suffix(".dot")
        source.write_text(drawing.source, encoding="utf-8")
        return f"{source} (the source only: {error})"
    return str(path)
