"""A drawing as the `graphviz` package's Digraph, laid out with a time limit by whatever engine there is."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import graphviz  # type: ignore[import-untyped]  # it has no types

from .layout import LayoutError, lay_out


class Drawing(graphviz.Digraph):  # type: ignore[misc]  # it has no types
    """A `graphviz.Digraph` of a graph; in a notebook it shows itself, or its source where nothing can lay it out."""

    def __init__(self, body: Iterable[str], time_limit: float) -> None:
        super().__init__(body=list(body))
        self.time_limit = time_limit

    def pipe(self, format: str | None = None, *_: Any, encoding: str | None = None, **more: Any) -> Any:
        """The picture as bytes, or with `encoding` as text; LayoutError where no engine makes it in time."""
        data = lay_out(self.source, format or self.format, self.time_limit)
        return data if encoding is None else data.decode(encoding)

    def render(self, filename: Any = None, directory: Any = None, *_: Any, **more: Any) -> str:
        """Write the picture to `filename` with its format's ending, or to `outfile`, and give the path."""
        format = more.pop("format", None)
        outfile = more.pop("outfile", None)
        if outfile is not None:
            path = Path(outfile)
            format = format or path.suffix[1:]
        else:
            path = Path(f"{os.fspath(filename or self.filename)}.{format or self.format}")
        path = Path(directory or self.directory or "") / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.pipe(format))
        if more.pop("view", False):
            self._view(path, format=format or self.format, quiet=True)
        return str(path)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, Any]:
        try:
            return {"image/svg+xml": self.pipe("svg", encoding="utf-8"), "text/plain": repr(self)}
        except LayoutError as error:
            return {"text/plain": f"{error}\n\n{self.source}"}
