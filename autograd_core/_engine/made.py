"""What goes on while a program is traced, by thread: the C engine and the transforms tell the trace by this.

All nodes that are made are noted, also those that nothing else keeps, for they too could raise.
"""

from __future__ import annotations

from threading import get_ident
from typing import Any

# The list that takes the nodes; empty while nothing is traced, and the C engine looks whether it is.
made: dict[int, list[Any]] = {}
# The traces: see `_program/tracing.py`.
traces: dict[int, Any] = {}


def note(node: Any) -> None:
    """Put a new node into the list of its thread, if there is one."""
    if (nodes := made.get(get_ident())) is not None:
        nodes.append(node)


def running() -> Any:
    """The trace that runs in this thread, or None."""
    return traces.get(get_ident()) if traces else None
