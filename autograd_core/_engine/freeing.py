"""Frees graphs of any depth, one node at a time, on a platform whose C stack is small.

Python frees the contents of an object while it frees the object itself. Normally, Python limits how deeply such calls
nest. On Emscripten, which runs Python in a browser, the stack overflows before that limit, at 5,000 nodes, and the
interpreter crashes.
"""

from __future__ import annotations

import sys
from typing import Any

from ..value import Value

_held: list[tuple[Any, ...]] = []  # the contents of freed nodes that are not released yet
_letting_go = False


def release(node: Value) -> None:
    """Queue the contents of `node` and, unless a call to this function is already emptying the queue, empty it."""
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
    Value.__del__ = release  # type: ignore[attr-defined]  # elsewhere, Value has no __del__
