"""Replays a program at one point, on the branch that the point takes; this branch is traced first if necessary.

A branch is the list of operations for one combination of answers to the questions (such as comparisons) that the
program's function asks about its numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import RLock
from typing import Any, TypeVar

from .._operations.operation import Operation
from ..errors import GraphError
from .branches import Branch, Branches
from .failing import first_failure
from .guards import Strayed

T = TypeVar("T")
# The type of a function that traces the branch of a point.
Tracer = Callable[[Sequence[float]], Branch]


class Replays:
    """The branches of one program, and the choice among them at each point.

    Args:
        tracer: A function that traces the branch of a point, and raises any error that the engine would raise at this
            point; None if the program has no function to trace.
        fast: Whether the program is fast (see `Program`).
    """

    def __init__(self, name: str, tracer: Tracer | None, fast: bool) -> None:
        self.name, self.tracer, self.fast = name, tracer, fast
        self.branches = Branches(name)
        self._tracing = RLock()

    def values(self, numbers: Sequence[float]) -> tuple[Branch, list[float]]:
        """Return the branch of a point, and the outputs at this point."""
        return self.played(numbers, lambda branch: branch.player(None, self.fast).values(numbers, branch.parameters))

    def value_and_gradients(
        self, numbers: Sequence[float], varying: tuple[bool, ...]
    ) -> tuple[Branch, tuple[float, list[float], list[float]]]:
        """Return the branch of a point, and the first output and its gradients at this point."""
        return self.played(
            numbers, lambda branch: branch.player(varying, self.fast).value_and_gradients(numbers, branch.parameters)
        )

    def node(
        self, row: Operation, given: Sequence[Any], numbers: Sequence[float], varying: tuple[bool, ...]
    ) -> tuple[Branch, Any]:
        """Return the branch of a point, and the only output: a node of `row`, or a number.

        `given` holds the inputs as the caller passed them, `varying` specifies which inputs are Values, and `numbers`
        holds all inputs as floats. The output is a number if it depends on no variable.
        """
        return self.played(numbers, lambda branch: branch.node(row, given, numbers, varying, self.fast))

    def played(self, numbers: Sequence[float], play: Callable[[Branch], T]) -> tuple[Branch, T]:
        """Return the branch of a point, and the result of calling `play` on this branch.

        Raise any error that the engine raises at this point.
        """
        branch = self.branches.latest
        while branch is not None:
            try:
                found = play(branch)
                self.branches.latest = branch  # the next point is often nearby, on the same branch
                return branch, found
            except Strayed as strayed:
                branch = self.branches.after(branch, strayed) or self._lost(branch, numbers, None)
            except Exception as error:
                branch = self._lost(branch, numbers, error)
        branch = self.traced(numbers)
        try:
            return branch, play(branch)
        except Strayed:
            raise GraphError(
                f"another thread assigned to the parameters of {self.name} while it was being traced; "
                "assign to them between calls"
            ) from None

    def _lost(self, branch: Branch, numbers: Sequence[float], error: Exception | None) -> Branch | None:
        """Return the branch to try after `branch` has failed, or None if the function must be traced.

        If there is no function to trace, raise the error that the engine would raise first or, if this error cannot be
        found, raise `error`.
        """
        if self.tracer is not None:
            return None
        first = first_failure(branch.listing, numbers, branch.parameters) or error
        if isinstance(first, Strayed):
            return self.branches.after(branch, first)
        if first is not None:
            raise first from None
        return None

    def branch_of(self, numbers: Sequence[float]) -> Branch:
        """Return the branch of a point, chosen with exact arithmetic even if the program is fast."""
        return self.played(numbers, lambda branch: branch.player().values(numbers, branch.parameters))[0]

    def traced(self, numbers: Sequence[float]) -> Branch:
        """Trace the branch of a point, add it to the known branches, and return it."""
        if self.tracer is None:
            raise GraphError(
                f"these numbers take a branch of {self.name} that was not traced; "
                "trace the original function at these numbers"
            )
        with self._tracing:
            branch = self.tracer(numbers)
            self.branches.add(branch)
        return branch

