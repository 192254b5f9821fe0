"""Sphinx extension that converts our docstrings to RST: they have `code` in single backticks, and bars as in |x|."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

CODE = re.compile(r"(`[^`]+`\w?)")


def as_rst(app: Sphinx, what: str, name: str, thing: object, options: Any, lines: list[str]) -> None:
    """Convert the text around the examples to RST; Sphinx's napoleon extension then reads the lists of arguments."""
    inside = False
    for i, line in enumerate(lines):
        inside = bool(line.strip()) and (inside or line.lstrip().startswith(">>>"))
        if not inside:
            parts = CODE.split(line)
            lines[i] = "".join(code(part) if CODE.fullmatch(part) else part.replace("|", "\\|") for part in parts)
    if what == "property":
        lines.insert(0, "")  # otherwise napoleon takes "The gradient: the sum …" for a type and a description


def code(text: str) -> str:
    """Convert a name in backticks, with any letter that follows it (as in `Value`s), to RST."""
    name, after = text[1:].split("`")
    return f"``{name}``" + (f"\\ {after}" if after else "")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register this extension; Sphinx calls this function."""
    app.connect("autodoc-process-docstring", as_rst, priority=400)
    return {"parallel_read_safe": True}
