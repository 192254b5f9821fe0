"""A drawing as the `graphviz` package's Digraph, laid out with a time limit by whatever engine there is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import graphviz  # type: ignore[import-untyped]  # it has no types

from .dot import body
from .layout import PICTURES, SOURCES, LayoutError, lay_out
from .picture import Picture
from .texts import counted


class Drawing(graphviz.Digraph):  # type: ignore[misc]  # it has no types
    """A `graphviz.Digraph` of a graph; in a notebook it shows itself, or its source where nothing can lay it out."""

    def __init__(self, picture: Picture, time_limit: float) -> None:
        super().__init__(body=list(body(picture)))
        self.time_limit = time_limit
        [self._name] = [box.short for box in picture.boxes if box.root]
        self._size = f"{counted(picture.boxes, 'box', 'boxes')}, {counted(picture.edges, 'edge')}"

    def pipe(self, format: str | None = None, *_: Any, encoding: str | None = None, **more: Any) -> Any:
        """The picture as bytes, or with `encoding` as text; LayoutError where no engine makes it in time."""
        data = lay_out(self.source, format or self.format, self.time_limit)
        return data if encoding is None else data.decode(encoding)

    def save(self, filename: Any = None, directory: Any = None, **_: Any) -> str:
        """Write what the file's ending says and give its path: .svg, .png, .pdf a picture; .dot, .gv, none the source.

        Raises ValueError for another ending, LayoutError where no engine makes the picture in time.
        """
        path = Path(directory or self.directory or "", filename or self.filename)
        ending = path.suffix.lower()
        if ending in PICTURES:
            path.write_bytes(self.pipe(ending[1:]))
        elif ending in ("", *SOURCES):
            path.write_text(self.source, encoding="utf-8")
        else:
            known = ", ".join((*PICTURES, *SOURCES))
            raise ValueError(f"a drawing is saved to a file ending in {known}, or in none; got {str(path)!r}")
        return str(path)

    def render(self, filename: Any = None, directory: Any = None, *_: Any, **more: Any) -> str:
        """Write the picture to `filename` and give the path; its format's ending is added where it is not there yet."""
        format = more.pop("format", None)
        outfile = more.pop("outfile", None)
        path = Path(os.fspath(outfile or filename or self.filename))
        ending = path.suffix.lower()
        if format is None and (outfile is not None or ending in PICTURES):
            format = ending[1:]
        format = format or self.format
        if outfile is None and ending != f".{format}":
            path = path.with_name(f"{path.name}.{format}")
        path = Path(directory or self.directory or "") / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.pipe(format))
        if more.pop("view", False):
            self._view(path, format=format, quiet=True)
        return str(path)

    def __repr__(self) -> str:
        return f"<Drawing of {self._name}: {self._size}; a notebook shows it, .save('graph.svg') writes it>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, Any]:
        try:
            return {"image/svg+xml": self.pipe("svg", encoding="utf-8"), "text/plain": repr(self)}
        except LayoutError as error:
            return {"text/plain": f"{error}\n\nThe source of the drawing:\n\n{self.source}"}
