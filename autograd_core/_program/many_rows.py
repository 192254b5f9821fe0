"""Replays a program for many rows, each on the branch that its numbers take. A row holds the inputs for one point.

A branch is the list of operations that was traced for one combination of answers to the questions (such as comparisons)
that the function asks about its numbers. The sums over the rows do not depend on the order in which the branches were
traced.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import GraphError
from .branches import Branch
from .player import Column, RowResults
from .replays import Replays
from .spread import selected

# The number of rows in a block. Within a block, the rows of each branch are summed first. Then the sums of the branches
# are added in the order in which the branches first occur in the block. So no sum depends on earlier traces.
BLOCK = 65_536


@dataclass(slots=True)
class Answers:
    """The results for all rows: values, gradients (per row and summed), and a branch with the outputs' structure."""

    values: array[float]
    by_row: array[float]
    by_input: list[float]  # the summed gradients of the inputs; 0.0 for inputs that differ from row to row
    by_parameter: dict[Any, float]  # the summed gradients of the parameters; the keys are the parameters' nodes
    branch: Branch


def play_rows(
    replays: Replays,
    columns: Sequence[Column],
    count: int,
    varying: tuple[bool, ...] | None,
    threads: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Answers:
    """Return the outputs for every row and, unless `varying` is None, the gradients of the first output.

    `varying` specifies which inputs are variables. If the engine would raise an error for a row, that error is raised,
    with a note that states the row's index.
    """
    total: Answers | None = None
    for start in range(0, count, BLOCK):
        size = min(BLOCK, count - start)
        block = [column._replace(start=column.start + start * column.step) for column in columns]
        block = _rebased(block, size) if size < count else block
        found = _block(replays, block, size, varying, threads, start)
        if not any(moves and column.step for moves, column in zip(varying or (), columns, strict=False)):
            # The per-row gradients are not needed, and all blocks' together could take more memory than the inputs.
            found.by_row = array("d")
        total = found if total is None else _after(total, found)
        if progress is not None:
            progress(start + size, count)
    assert total is not None  # there is at least one row
    return total


def _block(
    replays: Replays,
    columns: Sequence[Column],
    count: int,
    varying: tuple[bool, ...] | None,
    threads: int,
    before: int,
) -> Answers:
    branch = replays.branches.latest or _branch_of(replays, columns, 0, before)
    left, fast = list(range(count)), replays.fast
    groups: list[tuple[list[int], Branch, RowResults]] = []
    while left:
        here = columns if len(left) == count else selected(_rebased(columns, count), left)
        found = branch.player(varying, fast).rows(
            here, branch.parameters, len(left), gradients_too=varying is not None, threads=threads
        )
        strays = set(found.strays)
        kept = [row for i, row in enumerate(left) if i not in strays]
        if kept:
            groups.append((kept, branch, _without(found, strays, len(left)) if strays else found))
        left = [left[i] for i in found.strays]
        if left:
            before_it, branch = branch, _branch_of(replays, columns, left[0], before)
            # If this is the same branch again, the row strayed only because of fast arithmetic: replay it exactly.
            fast = replays.fast and branch is not before_it
    groups.sort(key=lambda group: group[0][0])
    return _together(groups, count)


def _rebased(columns: Sequence[Column], count: int) -> list[Column]:
    """Return columns that cover only the first `count` rows of the given columns."""
    views: dict[int, Any] = {}
    made = []
    for column in columns:
        if column.step:
            offset = column.start // column.step * column.step
            if id(column.numbers) not in views:
                numbers: Any = column.numbers
                views[id(numbers)] = memoryview(numbers)[offset : offset + count * column.step]
            column = Column(views[id(column.numbers)], column.start - offset, column.step)
        made.append(column)
    return made


def _branch_of(replays: Replays, columns: Sequence[Column], row: int, before: int) -> Branch:
    try:
        return replays.branch_of([column.at(row) for column in columns])
    except Exception as error:
        error.add_note(f"in row {before + row}")
        raise


def _without(found: RowResults, strays: set[int], count: int) -> RowResults:
    """Return the results without the rows that strayed."""
    values, by_row = array("d"), array("d")
    for kept, numbers in ((values, found.values), (by_row, found.by_row)):
        width = len(numbers) // count
        for i in range(count):
            if i not in strays:
                kept.extend(numbers[i * width : (i + 1) * width])
    return RowResults(values, by_row, found.summed)


def _together(groups: Sequence[tuple[list[int], Branch, RowResults]], count: int) -> Answers:
    first = groups[0][1]
    inputs = first.listing.inputs
    by_input: list[float] = []
    by_parameter: dict[Any, float] = {}
    for _, branch, found in groups:
        if len(branch.output.numbers) != len(first.output.numbers) or branch.output.leaves != first.output.leaves:
            raise GraphError(
                "a traced function that is replayed over rows must return the same structure for each row; the results "
                f"of two rows, of {len(first.output.numbers)} and {len(branch.output.numbers)} numbers, differ in shape"
            )
        if found.summed:
            sums = [found.summed.get(slot, 0.0) for slot in range(inputs)]
            by_input = [x + y for x, y in zip(by_input, sums, strict=True)] if by_input else sums
            for i, node in enumerate(branch.parameters[: branch.below]):
                x = found.summed[inputs + i]
                by_parameter[node] = by_parameter[node] + x if node in by_parameter else x
    values = _in_order([(rows, found.values) for rows, _, found in groups], count)
    by_row = _in_order([(rows, found.by_row) for rows, _, found in groups], count)
    return Answers(values, by_row, by_input, by_parameter, first)


def _in_order(groups: Sequence[tuple[list[int], array[float]]], count: int) -> array[float]:
    """Return the numbers of all groups in the original order of the rows."""
    if len(groups) == 1:
        return groups[0][1]
    width = len(groups[0][1]) // len(groups[0][0])
    made = array("d", bytes(8 * width * count))
    for rows, numbers in groups:
        for i, row in enumerate(rows):
            made[row * width : (row + 1) * width] = numbers[i * width : (i + 1) * width]
    return made


def _after(total: Answers, found: Answers) -> Answers:
    """Append a block's results to those of the earlier blocks, and add the block's sums to the totals."""
    total.values.extend(found.values)
    total.by_row.extend(found.by_row)
    total.by_input = [x + y for x, y in zip(total.by_input, found.by_input, strict=True)]
    for node, x in found.by_parameter.items():
        total.by_parameter[node] = total.by_parameter[node] + x if node in total.by_parameter else x
    return total
