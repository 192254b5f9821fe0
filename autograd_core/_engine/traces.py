"""The running traces, by thread: the C engine and the transforms report to them through this module.

A trace runs a function and records its operations, so that a program can replay them. All nodes made during a trace are
noted, even nodes that nothing else refers to, because computing such a node can raise an error, too.
"""

from __future__ import annotations

from threading import get_ident
from typing import Any

# For each tracing thread, the list that collects its nodes. The C engine only checks whether the dict is empty.
made: dict[int, list[Any]] = {}
# For each tracing thread, its trace: see `_program/tracing.py`.
traces: dict[int, Any] = {}


def note(node: Any) -> None:
    """Append a new node to this thread's list, if the thread has one."""
    if (nodes := made.get(get_ident())) is not None:
        nodes.append(node)


def running() -> Any:
    """Return the trace that is running in this thread, or None."""
    return traces.get(get_ident()) if traces else None


def note_error(error: Exception) -> None:
    """Add an error to the trace of this thread, if one is running, since the traced function may catch the error."""
    if (trace := running()) is not None:
        trace.errors.append(error)
