"""The branches of a program, in a tree whose forks are the program's guards.

A guard is a question, such as a comparison, that the traced function asked about its numbers. Each combination of
outcomes that has been traced is a branch, and each branch has a listing: the flat list of the operations to replay.
"""

from __future__ import annotations

import warnings
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._operations.operation import Operation
from .._transforms.trees import Structure
from ..errors import GraphWarning
from ..value import Value
from .arguments import key_of
from .guards import Guard, Strayed
from .listing import Listing
from .players import Player, prepared

# The maximum number of branches that are kept, and the number of branches at which a warning is issued.
MOST, MANY = 256, 16


class Branch:
    """One way through a program: its listing, the nodes that are its parameters, and the structure of its result.

    `plain` holds the outputs that the function returned as plain numbers, by position. The outputs depend only on the
    first `below` parameters, which are also in `moving`. The other parameters are read only by guards, or by operations
    that no output needs but that may raise an exception. `computed` is True if any parameter in `moving` is not a leaf.
    `example` is the point at which the function was traced, or None if it was not, or if the branch was loaded.
    """

    __slots__ = (
        "_for_nodes", "_players", "_varied", "below", "computed", "example", "listing", "moving", "output",
        "parameters", "plain",
    )  # fmt: skip  # a list

    def __init__(
        self,
        listing: Listing,
        parameters: Sequence[Value],
        output: Structure,
        plain: dict[int, Any],
        below: int,
        example: Sequence[float] | None = None,
    ) -> None:
        self.example = example
        self.listing, self.parameters, self.output, self.plain = listing, tuple(parameters), output, plain
        self.below, self.moving = below, self.parameters[:below]
        self.computed = any(not node.is_leaf for node in self.moving)
        self._varied: dict[tuple[bool, ...], Listing] = {}
        self._players: dict[tuple[tuple[bool, ...] | None, bool], Player] = {}
        self._for_nodes: dict[tuple[tuple[bool, ...], bool], tuple[Player, bool]] = {}

    @property
    def path(self) -> tuple[Guard, ...]:
        """The guards of this branch: the questions that the function asked, and their outcomes."""
        return self.listing.guards

    def varying(self, inputs: tuple[bool, ...]) -> Listing:
        """Return the listing with only the inputs flagged in `inputs`, and the parameters, as variables."""
        if inputs not in self._varied:
            self._varied[inputs] = self.listing.varying(inputs)
        return self._varied[inputs]

    def is_like(self, other: Branch) -> bool:
        """Return whether both branches compute the same results, with the same operations, from the same parameters."""
        one, two = (replace(branch.listing, constants=array("d")) for branch in (self, other))
        return (
            one == two
            and self.listing.constants.tobytes() == other.listing.constants.tobytes()
            and self.parameters == other.parameters
            and repr(self.plain) == repr(other.plain)
            and self.output.leaves == other.output.leaves
            and key_of(self.output.form) == key_of(other.output.form)
        )

    def numbers(self) -> list[float]:
        """Return the current numbers of the parameters."""
        return [node._data for node in self.parameters]

    def player(self, varying: tuple[bool, ...] | None = None, fast: bool = False) -> Player:
        """Return the player that replays the listing with the inputs flagged in `varying` as variables.

        By default, the player computes only values.
        """
        if (varying, fast) not in self._players:
            listing = self.listing if varying is None else self.varying(varying)
            self._players[varying, fast] = prepared(listing, fast)
        return self._players[varying, fast]

    def node(
        self, row: Operation, given: Sequence[Any], numbers: Sequence[float], varying: tuple[bool, ...], fast: bool
    ) -> Any:
        """Return the only output: a node of the operation `row`, or a number if the output depends on no variable."""
        player, depends = self._for_nodes.get((varying, fast)) or self._player_for_nodes(varying, fast)
        if not depends:
            return player.value_and_gradients(numbers, self.parameters)[0]
        return player.node(row, given, numbers, self.parameters, self.below, self.computed)

    def _player_for_nodes(self, varying: tuple[bool, ...], fast: bool) -> tuple[Player, bool]:
        """Return the player for nodes, and whether the output depends on a variable; keep both for the next call."""
        depends = not self.plain and bool(self.varying(varying).variable[self.listing.outputs[0]])
        found = self._for_nodes[varying, fast] = self.player(varying, fast), depends
        return found

    def result(self, numbers: Sequence[Any]) -> Any:
        """Return these outputs in the structure of the result; plain numbers are those that the function returned."""
        if not self.plain:
            return self.output.rebuild(numbers)
        return self.output.rebuild([self.plain.get(i, x) for i, x in enumerate(numbers)])


@dataclass(slots=True)
class Fork:
    """A guard, with the branches that follow each of its outcomes."""

    ways: dict[str, Fork | Branch] = field(default_factory=dict)


class Branches:
    """A tree of at most MOST branches; at each fork, the outcome of a guard selects one of the ways."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._root: Fork | Branch | None = None
        self.latest: Branch | None = None
        self.count = 0

    def __iter__(self) -> Iterator[Branch]:
        waiting = [] if self._root is None else [self._root]
        while waiting:
            at = waiting.pop()
            if isinstance(at, Branch):
                yield at
            else:
                waiting.extend(reversed(at.ways.values()))

    def add(self, branch: Branch) -> None:
        """Keep a branch, in place of any earlier branch with the same path."""
        self.latest = branch
        if self.count >= MOST and self._at(branch.path) is None:
            return
        outcomes = [_key(guard.outcome) for guard in branch.path]
        if not outcomes:
            self.count += self._root is None
            self._root = branch
            return
        at = self._root = self._root if isinstance(self._root, Fork) else Fork()
        for outcome in outcomes[:-1]:
            after = at.ways.get(outcome)
            if not isinstance(after, Fork):  # it is None, or a branch whose trace asked fewer questions
                after = at.ways[outcome] = Fork()
            at = after
        self.count += outcomes[-1] not in at.ways
        at.ways[outcomes[-1]] = branch
        if self.count == MANY:
            warnings.warn(
                f"{self.name} now has {MANY} branches, each of which is traced and kept; if the branches only choose "
                "between numbers, use relu, maximum, minimum, abs, where or autograd_core.max, which do not branch",
                GraphWarning,
                stacklevel=2,
            )

    def after(self, branch: Branch, strayed: Strayed) -> Branch | None:
        """Return a branch that has the new outcome of the guard at which a replay strayed from `branch`.

        Return None if no such branch has been traced.
        """
        outcomes = [_key(guard.outcome) for guard in branch.path[: strayed.guard]]
        at = self._descended([*outcomes, _key(strayed.outcome)])
        while isinstance(at, Fork):
            at = next(reversed(at.ways.values()), None)
        return at

    def _at(self, path: Sequence[Guard]) -> Fork | Branch | None:
        return self._descended([_key(guard.outcome) for guard in path])

    def _descended(self, outcomes: Sequence[str]) -> Fork | Branch | None:
        at = self._root
        for outcome in outcomes:
            if not isinstance(at, Fork):
                return None
            at = at.ways.get(outcome)
        return at


def _key(outcome: float | None) -> str:
    """Return an outcome as a key that distinguishes 0.0 from -0.0."""
    return repr(outcome)
