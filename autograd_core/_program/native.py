"""The player in C: it computes the same numbers as the Python player, bit for bit, at the speed of array operations.

A player replays a listing, which is a flat list of operations. `prepare` turns a listing into a plan of fewer, larger
steps. Passes over the listing find these steps. Chains of additions become sums of products, sums that share factors
become matrix products, sums that apply the same weights at several positions become convolutions, and several
operations of the same kind become one step. An exact plan adds the terms of every sum in the order of the engine's
sweep; `_native/plan_check.c` checks this, and a plan that fails the check is made again without passes.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from .._engine.choice import NATIVE
from .._operations.operation import Operation
from ..value import Value
from . import player
from .guards import check_all
from .listing import Listing
from .nodes import recorded
from .player import Column, RowResults

CHAINS, MATRICES, REUSE, CONVOLUTIONS, SORTED, FUSED = 1, 2, 4, 8, 16, 32
EXACT = CHAINS | MATRICES | REUSE | CONVOLUTIONS
FAST = EXACT | SORTED | FUSED
SHOWN = 12  # the maximum number of kinds of steps that `explain` lists


class Table(NamedTuple):
    """A contiguous float64 buffer with the numbers of `width` adjacent inputs.

    If `by_rows` is True, each row (one point) has its own numbers; otherwise, all rows share the numbers.
    """

    numbers: Any
    width: int
    by_rows: bool


def available() -> bool:
    """Return whether the C player was built and the C engine is in use."""
    return NATIVE is not None


def prepare(listing: Listing, *, fast: bool = False, passes: int | None = None) -> Prepared:
    """Prepare a listing to be played in C.

    Args:
        fast: Whether sums may be reordered, and functions may have errors of up to 4 units in the last place.
        passes: Which passes to run, as bits (such as `CHAINS | MATRICES`); by default, all passes that `fast` permits.

    Raises:
        ImportError: The C player was not built, or the Python engine is in use.
    """
    if NATIVE is None:
        raise ImportError("the C player was not built, or the Python engine is in use; use _program.player instead")
    return Prepared(listing, (FAST if fast else EXACT) if passes is None else passes)


class Prepared:
    """A listing prepared for the C player, with one plan for each set of inputs that differ from row to row."""

    def __init__(self, listing: Listing, passes: int) -> None:
        self.listing, self.passes = listing, passes
        self._asking: Prepared | None = None  # a second prepared listing, which computes the operands of the guards
        self._plans: dict[bytes, Any] = {}
        self._all = bytes([1]) * listing.inputs

    def plan(self, by_rows: bytes | None = None) -> Any:
        """Return the plan for the case in which the flagged inputs differ from row to row; by default, all do."""
        flags = self._all if by_rows is None else by_rows
        if flags not in self._plans:
            assert NATIVE is not None
            self._plans[flags] = NATIVE.Player(self.listing, flags, self.passes)
        return self._plans[flags]

    # --- One point ---------------------------------------------------------------------------------------------

    def values(self, inputs: Sequence[float], parameters: Sequence[float]) -> list[float]:
        """Return the outputs at one point, as `player.values` does."""
        outputs = array("d", bytes(8 * len(self.listing.outputs)))
        if self.plan().point(inputs, parameters, outputs, None, 1.0):
            return outputs.tolist()
        self._look_for_strays(inputs, parameters)
        return player.values(self.listing, inputs, numbers(parameters))  # this call raises the error

    def value_and_gradients(
        self, inputs: Sequence[float], parameters: Sequence[Any], seed: float = 1.0
    ) -> tuple[float, list[float], list[float]]:
        """Return the first output at one point and its gradients, as `player.value_and_gradients` does."""
        listing = self.listing
        outputs = array("d", bytes(8 * len(listing.outputs)))
        found = array("d", bytes(8 * (listing.inputs + listing.parameters)))
        if self.plan().point(inputs, parameters, outputs, found, seed):
            gradients = found.tolist()
            return outputs[0], gradients[: listing.inputs], gradients[listing.inputs :]
        self._look_for_strays(inputs, parameters)
        return player.value_and_gradients(listing, inputs, numbers(parameters), seed)

    def node(
        self,
        row: Operation,
        given: Sequence[Any],
        inputs: Sequence[float],
        parameters: Sequence[Value],
        below: int,
        computed: bool,
    ) -> Value:
        """Return the only output as a node of `row`, as `Player.node` does."""
        node: Value | None = self.plan().node(row, given, parameters, below, computed)
        if node is not None:
            return node
        value, by_input, by_parameter = self.value_and_gradients(inputs, parameters)
        return recorded(row, value, given, inputs, parameters[:below], (*by_input, *by_parameter[:below]))

    def _look_for_strays(self, inputs: Sequence[float], parameters: Sequence[Any]) -> None:
        """Raise Strayed if a guard's answer is not the same as in the trace; do nothing if an operation has no value.

        The Python player would also find this guard, but would take a thousand times as long for a long program.
        """
        listing = self.listing
        asked = array("i", dict.fromkeys(slot for guard in listing.guards for slot in guard.operands))
        if not asked:
            return
        if self._asking is None:
            self._asking = Prepared(replace(listing, outputs=asked, guards=()), EXACT)
        found = array("d", bytes(8 * len(asked)))
        if self._asking.plan().point(inputs, parameters, found, None, 1.0):
            check_all(listing.guards, dict(zip(asked, found, strict=True)), listing.variable)

    # --- Many rows ---------------------------------------------------------------------------------------------

    def rows(
        self,
        inputs: Sequence[Column],
        parameters: Sequence[float],
        count: int,
        *,
        gradients_too: bool,
        threads: int = 1,
    ) -> RowResults:
        """Return the outputs for each of `count` rows, and the gradients of the first output, as `player.rows` does.

        Args:
            threads: The maximum number of threads; the results are the same, bit for bit, for any number of threads.
        """
        listing = self.listing
        tables = tables_of(inputs, count)
        by_rows = [slot for slot, column in enumerate(inputs) if column.step]
        values = array("d", bytes(8 * count * len(listing.outputs)))
        by_row = array("d", bytes(8 * count * len(by_rows) if gradients_too else 0))
        summed = array("d", bytes(8 * (listing.inputs + listing.parameters)))
        if not gradients_too:
            return RowResults(values, by_row, {}, self.play(tables, parameters, count, values, threads=threads))
        strays = self.play(tables, parameters, count, values, by_row, summed, threads)
        apart = set(by_rows)
        return RowResults(values, by_row, {i: x for i, x in enumerate(summed) if i not in apart}, strays)

    def play(
        self,
        tables: Sequence[Table],
        parameters: Any,
        count: int,
        values: Any,
        by_row: Any = None,
        summed: Any = None,
        threads: int = 1,
    ) -> list[int]:
        """Write the results for `count` rows directly into float64 buffers; return the rows without results.

        These are the rows that take another branch or for which an operation raises an error.

        Args:
            tables: All inputs, in order.
            parameters: float64 numbers or Values.
            values: The outputs, row by row.
            by_row: The gradients of the inputs that differ from row to row, row by row, or None.
            summed: The gradients of all inputs and parameters, summed over the rows, or None to compute only values.
        """
        by_rows = b""
        for _, width, differs in tables:
            by_rows += (b"\1" if differs else b"\0") * width
        strays = bytearray(count)
        self.plan(by_rows).rows(count, tuple(tables), parameters, values, by_row, summed, strays, threads)
        return [row for row, stray in enumerate(strays) if stray] if 1 in strays else []

    # --- Descriptions ----------------------------------------------------------------------------------------

    def stats(self, by_rows: bytes | None = None) -> dict[str, int]:
        """Return the numbers of operations, slots, steps, cells and bytes."""
        found: dict[str, int] = self.plan(by_rows).stats()
        return found

    def explain(self, by_rows: bytes | None = None) -> str:
        """Describe the steps that the passes found, and the operations that they could not combine, one per line."""
        plan = self.plan(by_rows)
        stats = plan.stats()
        lines = [
            f"{counted(stats['operations'], 'operation')} as {counted(stats['steps'], 'step')}, "
            f"{stats['steps_forward']} of them forward"
        ]
        if stats["refused"]:
            lines.append("the passes would have changed the order of a sum, so each operation is played separately")
        for phase, backward in (("forward", False), ("backward", True)):
            lines += [f"{phase}:", *_shortened([said(step) for step in plan.steps() if step[1] == backward])]
        return "\n".join(lines)


def numbers(parameters: Sequence[Any]) -> list[float]:
    """Return the parameters, which may be Values or floats, as floats."""
    return [getattr(x, "_data", x) for x in parameters]


def tables_of(columns: Sequence[Column], count: int) -> list[Table]:
    """Return the columns as tables; columns that make up a whole buffer share a table, and other columns are copied."""
    tables = []
    at = 0
    while at < len(columns):
        width = _side_by_side(columns, at, count)
        if width:
            tables.append(Table(columns[at].numbers, width, True))
        else:
            tables.append(_copied(columns[at], count))
        at += width or 1
    return tables


def _side_by_side(columns: Sequence[Column], at: int, count: int) -> int:
    """Return how many columns, starting at position `at`, make up a whole float64 buffer, or 0 if they do not."""
    first = columns[at]
    width = first.step
    if width < 1 or first.start or at + width > len(columns):
        return 0
    here = columns[at : at + width]
    alike = all(x.numbers is first.numbers and x.step == width and x.start == i for i, x in enumerate(here))
    return width if alike and _is_whole(first.numbers, count * width) else 0


def _is_whole(thing: Any, count: int) -> bool:
    """Return whether an object is a contiguous buffer of `count` float64 numbers."""
    try:
        view = memoryview(thing)
    except TypeError:
        return False
    return view.c_contiguous and view.format == "d" and view.nbytes == 8 * count


def _copied(column: Column, count: int) -> Table:
    if not column.step:
        return Table(array("d", [column.at(0)]), 1, False)
    return Table(array("d", [column.at(row) for row in range(count)]), 1, True)


def _shortened(steps: Sequence[str]) -> list[str]:
    """Return one line for each of the first SHOWN kinds of steps, and one line for all others."""
    kinds = Counter(steps)
    lines = [f"  {step}{f', {n} times' if n > 1 else ''}" for step, n in kinds.items()]
    hidden = list(kinds.values())[SHOWN:]
    return lines[:SHOWN] + ([f"  and {counted(sum(hidden), 'step')} of other kinds"] if hidden else [])


def said(step: tuple[Any, ...]) -> str:
    """Describe one step in words."""
    kind, _, row, _, n, m, terms, _ = step
    if kind == "matvec":
        return f"{n} dot products of length {terms} → one {n}×{terms} matrix product"
    if kind == "convolution":
        filters = "" if n == 1 else f" of {n} filters"
        return f"{n * m} dot products with {terms} weights at {m} positions → one convolution{filters}"
    if kind == "outer":
        of = "" if terms == 1 else f", each of {terms} terms"
        return f"{n * m} gradients → one {n}×{m} outer product{of}"
    if kind == "map":
        return counted(n, f"{row.name} operation")
    if kind == "products":
        return counted(n, "separate product")
    if n == 1:
        return f"1 {'gradient' if kind == 'sums' else 'sum'} of {counted(terms, 'term')}"
    if kind == "sums":
        return f"{counted(n, 'gradient')} of {counted(terms, 'term')} in all, not in the form of a matrix"
    return f"{counted(n, 'sum')} of {counted(terms, 'term')} in all, without a common list of factors"


def counted(n: int, thing: str) -> str:
    """Return a count with its noun, in the singular or plural."""
    return f"{n} {thing}" if n == 1 else f"{n:,} {thing}s"
