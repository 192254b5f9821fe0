"""Numbers taken out of Values while a transform runs its function: is the result cut off from the arguments?

A function that computes with `x.data`, `round(x, 6)` or the floats of `gradients` returns a plain number, which counts
as a constant. Whether it is one depends on what was taken out during the run, and on whether the graph leads from there
to the arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import get_ident
from typing import Any

# How many nodes a search for the inputs may visit in all; after that it gives up and does not warn.
PATIENCE = 100_000

# The watches that are on. The C engine checks whether there are any.
watches: list[Watch] = []


def taken(node: Any) -> None:
    """Note that a node's number, or one of its derivatives, has left the graph."""
    for watch in tuple(watches):
        watch.note(node)


class Watch:
    """Watches, until it is ended, for numbers taken out of nodes that depend on its inputs."""

    __slots__ = ("_around", "_inputs", "_patience", "_thread", "found")

    def __init__(self, inputs: Sequence[Any]) -> None:
        self.found = False
        self._inputs = inputs
        self._patience = PATIENCE
        self._thread = thread = get_ident()
        self._around = [watch for watch in watches if watch._thread == thread] if watches else ()
        watches.append(self)

    def end(self) -> None:
        """Stop watching. What was taken meanwhile does not concern the watches around this one."""
        self._leave()
        for watch in self._around:
            if watch.found:
                watch.found = False
                watches.append(watch)

    def note(self, node: Any) -> None:
        """Check whether the node depends on the inputs; once one does, there is no more to find out."""
        inputs, seen, waiting = set(self._inputs), {node}, [node]
        while waiting:
            node = waiting.pop()
            self._patience -= 1
            if node in inputs or not self._patience:
                self.found = node in inputs
                self._leave()
                return
            for x in node.operands:
                if type(x) is type(node) and x not in seen:
                    seen.add(x)
                    waiting.append(x)

    def _leave(self) -> None:
        if self in watches:
            watches.remove(self)
