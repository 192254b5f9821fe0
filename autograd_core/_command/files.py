"""Writes a drawing to a file, whether or not a layout program is available."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

from .._drawing.layout import PICTURES, SOURCES, LayoutError
from ..draw import draw
from ..value import Value

FORMATS = (*PICTURES, *SOURCES)
PAGES = (".html", ".htm", ".gif")


def check_output(path: Path, endings: Sequence[str]) -> None:
    """Check, before any work is done, that `path` ends in one of `endings` and that its directory exists.

    Raises:
        ValueError: The path has another extension.
        OSError: The directory of the path does not exist, or the path is itself a directory.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{str(path)!r} is a directory: name a file in it")
    if path.suffix.lower() not in endings:
        raise ValueError(f"the output file must end in {', '.join(endings)}; got {str(path)!r}")
    if not path.parent.is_dir():
        raise NotADirectoryError(f"there is no directory {str(path.parent)!r}: create it first, or choose another")


def write_drawing(y: Value, path: Path, **options: Any) -> Path:
    """Draw the graph below `y`, write the picture to `path`, and return `path`.

    Args:
        y: The output.
        path: The path of the file, whose extension selects the format (.dot or .gv for the source).
        options: The options of `draw`.

    Raises:
        LayoutError: No layout engine is available, or it fails. The message says where the source was saved instead,
            and how to install Graphviz.
        ValueError, OSError: `check_output` rejects the path.
    """
    check_output(path, FORMATS)
    drawing = draw(y, **options)
    try:
        drawing.save(path)
    except LayoutError as error:
        source = _kept(drawing.source, path)
        raise LayoutError(f"the picture could not be made (its DOT source is in {source}): {error}") from None
    return path


def _kept(source: str, path: Path) -> Path:
    """Write the source to a new file beside `path`, or keep a file that already contains it; return the path."""
    names = (path.with_name(f"{path.stem}{f'-{i}' if i > 1 else ''}.dot") for i in count(1))
    kept = next(name for name in names if not name.exists() or _holds(name, source))
    kept.write_text(source, encoding="utf-8")
    return kept


def _holds(path: Path, source: str) -> bool:
    return path.is_file() and path.read_bytes() == source.encode()
