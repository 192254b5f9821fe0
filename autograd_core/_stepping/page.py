"""Builds the stepper's page as one string: markup, style, script and data, with no external resources."""

from __future__ import annotations

import html
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from .._operations.operation import TABLE
from .data import page_data
from .frames import Frames
from .script import Script

HERE = Path(__file__).parent / "live"
SCRIPTS = ("lines.js", "player.js", "view.js", "steps.js", "leaves.js", "tools.js", "source.js", "page.js")
# Parts of JavaScript: strings, templates and regular expressions are kept; comments and the spaces around operators are
# removed.
_TOKENS = re.compile(
    r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`"""
    r"|/(?![/*\s])(?:\\.|[^/\\\n])+/[a-z]*(?=[.,)])"
    r"|(?P<comment>//[^\n]*|/\*.*?\*/)"
    r"|(?P<space>(?<=[{}()\[\];,:?=<>&|!*]) +| +(?=[{}()\[\];,:?=<>&|!*]))"
    r"|(?P<sign>(?<=[\w)\]]) [-+/] (?=[\w(\[]))",
    re.DOTALL,
)
_STYLE_SPACE = re.compile(r"\s*/\*.*?\*/\s*|(?<=[{};,])\s+|\s+(?=[{}])", re.DOTALL)


def page(script: Script, frames: Frames, title: str | None) -> str:
    """Return the stepper's page as HTML."""
    data = page_data(script, frames)
    operations = {*data["ops"], *data.get("second", {}).get("ops", ())}
    parts = {
        "title": html.escape(title or f"Backpropagation through {script.name}"),
        "style": _STYLE_SPACE.sub("", (HERE / "page.css").read_text(encoding="utf-8")),
        "script": _script(tuple(sorted(operations & TABLE.keys())), "program" in data),
        "svg": frames.inline_svg,
        "data": embedded(data),
    }
    first, *rest = (HERE / "page.html").read_text(encoding="utf-8").split("<!-- ")
    filled = [first]
    for piece in rest:  # each part is inserted once; the inserted text is not searched for markers
        name, _, after = piece.partition(" -->")
        filled += [parts[name], after]
    return "".join(filled)


@cache
def _script(operations: tuple[str, ...], sourced: bool) -> str:
    """Return the page's script, with the operations that it needs and, if `sourced`, code that shows source lines."""
    from .._translation.in_javascript import javascript  # the translator, loaded only when a page is made
    from .._translation.rows import translated_rows

    found, translation, refused = translated_rows([TABLE[name] for name in operations], exact=False)
    if refused:
        raise TypeError(f"these operations cannot be translated to JavaScript: {refused}")
    rows = javascript(found, translation)
    sources = [(HERE / name).read_text(encoding="utf-8") for name in SCRIPTS if sourced or name != "source.js"]
    table = f"const table = (() => {{\n{rows}\nreturn {{ rows, Raised: py.Raised }};\n}})();"
    return packed("\n".join(['"use strict";\n(() => {', table, *sources, "})();"]))


def packed(script: str) -> str:
    """Return a script without comments and indentation; it still works if a notebook puts it on one line."""
    bare = _TOKENS.sub(_packed, script)
    return "\n".join(line for line in (line.strip() for line in bare.split("\n")) if line)


def _packed(found: re.Match[str]) -> str:
    if found["comment"] or found["space"]:
        return ""
    return found[0].strip() if found["sign"] else found[0]


def embedded(data: Any) -> str:
    """Return JSON for use inside a page: no character in it can end the enclosing script element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
