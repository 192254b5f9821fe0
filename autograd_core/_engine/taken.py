"""Numbers that are taken out of Values while a transform runs its function: has its result lost its way back?

A function that computes with `x.data`, `round(x, 6)` or the floats of `gradients` gives a plain number, which counts as
a constant. Whether it is one is told by what was taken out during the run, and whether the graph leads from there to
the arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import get_ident
from typing import Any

# How many nodes a search for the inputs goes through, all in all, before it is given up and nothing is said.
PATIENCE = 100_000

# Those that look out for what is taken. The C engine looks whether there are any.
watches: list[Watch] = []


def taken(node: Any) -> None:
    """Note that the number of a node, or of its derivatives, has gone where no graph follows it."""
    for watch in tuple(watches):
        watch.note(node)


class Watch:
    """Looks out, until it is ended, for numbers taken out of nodes that depend on its inputs."""

    __slots__ = ("_around", "_inputs", "_patience", "_thread", "found")

    def __init__(self, inputs: Sequence[Any]) -> None:
        self.found = False
        self._inputs = inputs
        self._patience = PATIENCE
        self._thread = thread = get_ident()
        self._around = [watch for watch in watches if watch._thread == thread] if watches else ()
        watches.append(self)

    def end(self) -> None:
        """Look out no more; what was taken meanwhile is nothing to the watches around: it is for this one to judge."""
        self._leave()
        for watch in self._around:
            if watch.found:
                watch.found = False
                watches.append(watch)

    def note(self, node: Any) -> None:
        """Look whether the node depends on the inputs; once one does, that is all there is to know."""
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
