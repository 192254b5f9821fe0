"""Collects the code that a function runs, so that only what this code reads is compared before a replay."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any


@contextmanager
def entered() -> Iterator[set[CodeType] | None]:
    """Collect the code of the Python functions that this thread enters in the `with` block.

    The context is None if a profiler is running, since a thread can have only one.
    """
    if sys.getprofile() is not None:
        yield None
        return
    codes: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            codes.add(frame.f_code)

    sys.setprofile(note)
    try:
        yield codes
    finally:
        sys.setprofile(None)
