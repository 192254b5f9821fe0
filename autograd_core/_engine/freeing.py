"""Freeing a graph where the C stack is small: one node after another, so that depth does not matter.

Python frees what an object holds while it frees the object. Elsewhere it stops in time and goes on from a list; on
Emscripten, which runs it in a browser, the stack ends first, at 5,000 nodes, and the interpreter with it.
"""

from __future__ import annotations

import sys
from typing import Any

from ..value import Value

_held: list[tuple[Any, ...]] = []  # what freed nodes held, until it is let go of
_letting_go = False


def release(node: Value) -> None:
    """Take from `node` what it holds, and unless another node is being freed, let go of that and all that follows."""
    global _letting_go
    if getattr(node, "_x", None) is None:
        return
    _held.append((node._x, node._y, getattr(node, "_dx", None)))
    node._x = node._y = node._dx = None
    if not _letting_go:
        _letting_go = True
        try:
            while _held:
                _held.pop()
        finally:
            _letting_go = False


if sys.platform == "emscripten":
    Value.__del__ = release  # type: ignore[attr-defined]  # it has none elsewhere
