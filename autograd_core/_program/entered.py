"""Collects the code that a function runs while it is traced.

Before a replay, `traced` checks whether anything that this code reads has changed, and ignores what other code reads.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any


@contextmanager
def entered() -> Iterator[set[CodeType] | None]:
    """Collect the code of the Python functions that this thread enters in the `with` block.

    `with entered() as codes` sets `codes` to a set that is filled in the block. If a profiler is already running,
    `codes` is None: collecting the code takes a profiler, and a thread can have only one.
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
