"""The choice of player: the C player if it was built, otherwise the Python player, which computes the same numbers.

A player replays a listing, which is a flat list of operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from .._operations.operation import Operation
from ..value import Value
from . import native, player
from .listing import Listing
from .nodes import recorded
from .player import Column, RowResults


class Player(Protocol):
    """A listing that is ready to be replayed. Parameters are floats, or Values whose current numbers are read."""

    def values(self, inputs: Sequence[float], parameters: Sequence[Any], /) -> list[float]:
        """Return the outputs at one point."""

    def value_and_gradients(
        self, inputs: Sequence[float], parameters: Sequence[Any], seed: float = 1.0, /
    ) -> tuple[float, list[float], list[float]]:
        """Return the first output at one point, and the gradients of inputs and parameters."""

    def node(
        self,
        row: Operation,
        given: Sequence[Any],
        inputs: Sequence[float],
        parameters: Sequence[Value],
        below: int,
        computed: bool,
        /,
    ) -> Value:
        """Return the only output as a node of `row` on the inputs and the first `below` parameters.

        `given` holds the inputs as the caller passed them; some are Values. `computed` says whether any of the first
        `below` parameters is not a leaf.
        """

    def rows(
        self, inputs: Sequence[Column], parameters: Sequence[Any], count: int, /, *, gradients_too: bool, threads: int
    ) -> RowResults:
        """Return the outputs for each row, and the gradients of the first output."""


class InPython:
    """The Python player of one listing."""

    def __init__(self, listing: Listing) -> None:
        self.listing = listing

    def values(self, inputs: Sequence[float], parameters: Sequence[Any], /) -> list[float]:
        """Return the outputs at one point."""
        return player.values(self.listing, inputs, native.numbers(parameters))

    def value_and_gradients(
        self, inputs: Sequence[float], parameters: Sequence[Any], seed: float = 1.0, /
    ) -> tuple[float, list[float], list[float]]:
        """Return the first output at one point, and the gradients of inputs and parameters."""
        return player.value_and_gradients(self.listing, inputs, native.numbers(parameters), seed)

    def node(
        self,
        row: Operation,
        given: Sequence[Any],
        inputs: Sequence[float],
        parameters: Sequence[Value],
        below: int,
        computed: bool,
        /,
    ) -> Value:
        """Return the only output as a node of `row` on the inputs and the first `below` parameters."""
        value, slopes = player.value_and_adjoints(self.listing, inputs, native.numbers(parameters))
        return recorded(row, value, given, inputs, parameters[:below], tuple(slopes[: len(inputs) + below]))

    def rows(
        self,
        inputs: Sequence[Column],
        parameters: Sequence[Any],
        count: int,
        /,
        *,
        gradients_too: bool,
        threads: int,
    ) -> RowResults:
        """Return the outputs for each row, and the gradients of the first output; use one thread only."""
        return player.rows(self.listing, inputs, native.numbers(parameters), count, gradients_too=gradients_too)


def prepared(listing: Listing, fast: bool) -> Player:
    """Return the player of a listing; the Python player ignores `fast` and is always exact."""
    return native.prepare(listing, fast=fast) if native.available() else InPython(listing)
