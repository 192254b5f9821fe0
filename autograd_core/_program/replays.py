"""Replays at one point: on the branch where it is, which is traced where no replay has been yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import RLock
from typing import TypeVar

from ..errors import GraphError
from .branches import Branch, Branches
from .guards import Strayed

T = TypeVar("T")
# A branch, and what was found on it when it was traced.
Tracer = Callable[[Sequence[float]], Branch]


class Replays:
    """The branches of one program, and how a point finds its own.

    Args: `tracer`, which traces the branch of a point and raises what the engine raises there; None where there is no
    function to trace; `fast`, whether its players may be.
    """

    def __init__(self, name: str, tracer: Tracer | None, fast: bool) -> None:
        self.name, self.tracer, self.fast = name, tracer, fast
        self.branches = Branches(name)
        self._tracing = RLock()

    def values(self, numbers: Sequence[float]) -> tuple[Branch, list[float]]:
        """The outputs at a point, and the branch that gave them."""
        return self.played(numbers, lambda branch: branch.player(None, self.fast).values(numbers, branch.parameters))

    def value_and_gradients(
        self, numbers: Sequence[float], varying: tuple[bool, ...]
    ) -> tuple[Branch, tuple[float, list[float], list[float]]]:
        """The first output at a point, its gradients by inputs and parameters, and the branch that gave them."""
        return self.played(
            numbers, lambda branch: branch.player(varying, self.fast).value_and_gradients(numbers, branch.parameters)
        )

    def played(self, numbers: Sequence[float], play: Callable[[Branch], T]) -> tuple[Branch, T]:
        """What `play` gives on the branch of a point; raises what the engine raises there."""
        branch = self.branches.latest
        while branch is not None:
            try:
                return branch, play(branch)
            except Strayed as strayed:
                branch = self.branches.after(branch, strayed)
            except Exception:
                if self.tracer is None:
                    raise
                branch = None
        branch = self.traced(numbers)
        try:
            return branch, play(branch)
        except Strayed:
            raise GraphError(
                f"the parameters of {self.name} were assigned by another thread while it was traced; "
                "assign them between its calls"
            ) from None

    def branch_of(self, numbers: Sequence[float]) -> Branch:
        """The branch of a point, as the engine's own numbers choose it."""
        return self.played(numbers, lambda branch: branch.player().values(numbers, branch.parameters))[0]

    def traced(self, numbers: Sequence[float]) -> Branch:
        """The branch of a point, traced there and kept."""
        if self.tracer is None:
            raise GraphError(
                f"{self.name} holds only the branches that were traced, and these numbers are on another; "
                "trace the function that it came from at them"
            )
        with self._tracing:
            branch = self.tracer(numbers)
            self.branches.add(branch)
        return branch

