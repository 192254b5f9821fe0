"""The class Drawing: a picture for notebooks and files.

Any available layout engine lays the picture out, within a time limit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import graphviz  # type: ignore[import-untyped]  # graphviz has no type hints

from .dot import body
from .layout import PICTURES, SOURCES, LayoutError, lay_out
from .order import layered
from .picture import Picture
from .texts import counted
from .upright import upright

Lines = Callable[[bool], Iterable[str]]


class Drawing:
    """A picture of a graph. A notebook displays the picture, or its DOT source if no layout engine is available.

    `lines` is a function that returns the lines between the braces of the DOT file. If its argument is True, the frames
    (the outlines of scopes) come in reverse order. `layered` states whether edges lead from one box into several
    numbered frames, such as those of the neurons of a layer.

    `digraph` is the underlying `graphviz.Digraph`. You may edit it: anything that you add is drawn too.
    """

    format = "pdf"

    def __init__(self, lines: Lines, name: str, size: str, time_limit: float, layered: bool = False) -> None:
        self.digraph = graphviz.Digraph(body=list(lines(False)))
        self.time_limit = time_limit
        self._lines, self._name, self._size, self._layered = lines, name, size, layered

    @classmethod
    def of(cls, picture: Picture, time_limit: float) -> Drawing:
        """Return a drawing of the picture of a graph."""
        name = ", ".join(box.short for box in picture.boxes if box.root)
        size = f"{counted(picture.boxes, 'box', 'boxes')}, {counted(picture.edges, 'edge')}"
        return cls(lambda last_first: body(picture, last_first=last_first), name, size, time_limit, layered(picture))

    @property
    def source(self) -> str:
        """The drawing in Graphviz's DOT language."""
        return str(self.digraph.source)

    def pipe(self, format: str | None = None, *, encoding: str | None = None) -> Any:
        """Return the picture as bytes, or as text if `encoding` is given.

        Raises:
            LayoutError: No layout engine is available, or it fails or takes too long.
        """
        data = lay_out(self._upright(), format or self.format, self.time_limit)
        return data if encoding is None else data.decode(encoding)

    def _upright(self) -> str:
        """Return the source, with its frames reversed if that is needed to put the first frame on top.

        If the user has edited the source, it is returned unchanged.
        """
        made, turned = self._sources
        return upright(made, turned, self.time_limit) if turned and self.source == made else self.source

    @cached_property
    def _sources(self) -> tuple[str, str]:
        """The original source, and the source with its frames reversed, or "" if their order does not matter."""
        made, turned = (
            graphviz.Digraph(body=list(self._lines(reverse))).source for reverse in (False, True)
        )
        return made, turned if self._layered else ""

    def save(self, filename: str | os.PathLike[str] | None = None, directory: str | os.PathLike[str] = "") -> str:
        """Write the picture or the source, depending on the file's extension, and return the file's path.

        A picture has the extension .svg, .png or .pdf; the source has .dot, .gv or none.

        Raises:
            ValueError: The file has another extension.
            LayoutError: No layout engine is available, or it fails or takes too long.
        """
        path = Path(directory, filename or self.digraph.filename)
        ending = path.suffix.lower()
        if ending in PICTURES:
            path.write_bytes(self.pipe(ending[1:]))
        elif ending in ("", *SOURCES):
            path.write_text(self.source, encoding="utf-8")
        else:
            known = ", ".join((*PICTURES, *SOURCES))
            raise ValueError(f"cannot save a drawing to {str(path)!r}: use one of the extensions {known}, or none")
        return str(path)

    def render(
        self,
        filename: str | os.PathLike[str] | None = None,
        directory: str | os.PathLike[str] = "",
        *,
        format: str | None = None,
        outfile: str | os.PathLike[str] | None = None,
        view: bool = False,
    ) -> str:
        """Write the picture to a file and return its path; the format's extension is added to the name if missing.

        `outfile` replaces `filename`, and no extension is added to it. If `view` is true, the system's viewer opens the
        picture.
        """
        path = Path(outfile or filename or self.digraph.filename)
        ending = path.suffix.lower()
        if format is None and (outfile is not None or ending in PICTURES):
            format = ending[1:]
        format = format or self.format
        if outfile is None and ending != f".{format}":
            path = path.with_name(f"{path.name}.{format}")
        path = Path(directory, path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.pipe(format))
        if view:
            self.digraph._view(path, format=format, quiet=True)
        return str(path)

    def __repr__(self) -> str:
        return f"<Drawing of {self._name}: {self._size}; a notebook shows it, .save('graph.svg') writes it>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, Any]:
        try:
            return {"image/svg+xml": self.pipe("svg", encoding="utf-8"), "text/plain": repr(self)}
        except LayoutError as error:
            return {"text/plain": f"{error}\n\nThe source of the drawing:\n\n{self.source}"}
