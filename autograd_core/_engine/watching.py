"""Watches for numbers taken out of Values while a transform runs its function, since their gradients may be lost.

A function that computes with `x.data`, `round(x, 6)` or the floats that `gradients` returns may return a plain number,
which counts as a constant. Whether it really is constant depends on which Values were read during the run, and on
whether those Values depend on the arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import get_ident
from typing import Any

# How many nodes a watch may visit, in all its searches for the inputs together, before it gives up without a warning.
PATIENCE = 100_000

# The active watches. The C engine checks only whether this list is empty.
watches: list[Watch] = []


def taken(node: Any) -> None:
    """Note that a node's number, or one of its derivatives, has left the graph."""
    for watch in tuple(watches):
        watch.note(node)


class Watch:
    """A watch for numbers taken out of nodes that depend on its inputs, until `end` is called."""

    __slots__ = ("_around", "_inputs", "_patience", "_thread", "found")

    def __init__(self, inputs: Sequence[Any]) -> None:
        self.found = False
        self._inputs = inputs
        self._patience = PATIENCE
        self._thread = thread = get_ident()
        self._around = [watch for watch in watches if watch._thread == thread] if watches else ()
        watches.append(self)

    def end(self) -> None:
        """Stop watching. Numbers taken during this watch do not concern the watches around it."""
        self._leave()
        for watch in self._around:
            if watch.found:
                watch.found = False
                watches.append(watch)

    def note(self, node: Any) -> None:
        """Check whether the node depends on the inputs; stop watching if it does, or if PATIENCE is used up."""
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
