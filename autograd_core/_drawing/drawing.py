"""Drawing: a picture that notebooks display and `save` writes, laid out within a time limit by any available engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import graphviz  # type: ignore[import-untyped]  # it has no types

from .dot import body
from .layout import PICTURES, SOURCES, LayoutError, lay_out
from .order import layered
from .picture import Picture
from .texts import counted
from .upright import upright

Lines = Callable[[bool], Iterable[str]]


class Drawing:
    """A picture of a graph: a notebook displays it, or its source if no layout engine is available.

    `lines` returns the lines of the DOT file between the braces, with numbered frames in reverse if asked; `layered`
    says whether such frames are side by side.

    `digraph` is the underlying `graphviz.Digraph`, which you may edit: anything added to it is drawn too.
    """

    format = "pdf"

    def __init__(self, lines: Lines, name: str, size: str, time_limit: float, layered: bool = False) -> None:
        self.digraph = graphviz.Digraph(body=list(lines(False)))
        self.time_limit = time_limit
        self._lines, self._name, self._size, self._layered = lines, name, size, layered

    @classmethod
    def of(cls, picture: Picture, time_limit: float) -> Drawing:
        """Return the drawing of a graph's picture."""
        name = ", ".join(box.short for box in picture.boxes if box.root)
        size = f"{counted(picture.boxes, 'box', 'boxes')}, {counted(picture.edges, 'edge')}"
        return cls(lambda last_first: body(picture, last_first=last_first), name, size, time_limit, layered(picture))

    @property
    def source(self) -> str:
        """The drawing in Graphviz's DOT language."""
        return str(self.digraph.source)

    def pipe(self, format: str | None = None, *, encoding: str | None = None) -> Any:
        """Return the picture as bytes, or with `encoding` as text; raise LayoutError if no engine draws it in time."""
        data = lay_out(self._upright(), format or self.format, self.time_limit)
        return data if encoding is None else data.decode(encoding)

    def _upright(self) -> str:
        """The source, with its frames reversed if only that puts the first frame on top; unchanged if it was edited."""
        made, turned = self._sources
        return upright(made, turned, self.time_limit) if turned and self.source == made else self.source

    @cached_property
    def _sources(self) -> tuple[str, str]:
        """The source as it was made and, if numbered frames are side by side, the source with its frames reversed."""
        made, turned = (
            graphviz.Digraph(body=list(self._lines(reverse))).source for reverse in (False, True)
        )
        return made, turned if self._layered else ""

    def save(self, filename: str | os.PathLike[str] | None = None, directory: str | os.PathLike[str] = "") -> str:
        """Write the picture or the source, depending on the file's extension, and return the file's path.

        A picture has the extension .svg, .png or .pdf; the source has .dot, .gv or none.

        Raises:
            ValueError: The file has any other extension.
            LayoutError: No engine draws the picture in time.
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
        """Write the picture and return its path, adding the format's extension if it is missing.

        `outfile` is used unchanged; `view` opens the picture in the system's viewer.
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
