"""Programs over many rows: one call computes the value for every row, and gradients per row or summed over the rows.

A row holds the numbers for one point. A program has one branch, with its own list of operations, for each combination
of answers to the questions (such as comparisons) that its function asks about its numbers.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import Any

from .._engine.clock import tick
from .._engine.nodes import make_node
from .._engine.places import current
from .._transforms.calls import Argnums, scalar
from .._transforms.trees import is_array
from ..errors import GraphError
from .arguments import Arguments, as_floats, opened
from .many_rows import Answers, play_rows
from .player import Column
from .replayed import Replayed
from .spread import Spread, counted, spread
from .tracing import check_not_tracing

# For each positional argument, the axis along which its rows lie, or None if all rows share the argument. A single
# entry applies to all positional arguments.
Axes = int | None | tuple[int | None, ...]


class Rows:
    """A program over many rows; see `Program.over_rows`.

    The results have one value for each row. With respect to the arguments that have one item per row, there is one
    gradient for each row. The gradients with respect to parameters, and to arguments that all rows share, are summed
    over the rows. The order of summation is fixed. Each group of 1024 consecutive rows is summed as eight partial sums,
    which are combined in a tree. The totals of the groups are then added in order. Within each block of 65,536 rows,
    the rows of each branch are summed separately.
    """

    def __init__(
        self,
        name: str,
        find: Callable[[Arguments], Replayed],
        in_axes: Axes,
        threads: int = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._name, self._find, self._in_axes, self._threads, self._progress = name, find, in_axes, threads, progress

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Return the outputs, each with one item per row: NumPy arrays if an argument is a NumPy array, else lists."""
        call = self._laid_out(arguments, keywords)
        return call.outputs(self._played(call, None))

    def value_and_grad(self, *arguments: Any, argnums: Argnums = 0, **keywords: Any) -> tuple[Any, Any]:
        """Return the value for each row, and the gradient with respect to the arguments in `argnums`."""
        call = self._laid_out(arguments, keywords)
        picked = call.program._picked(arguments, keywords, argnums)
        answers = self._played(call, call.program._varying(picked))
        found = [call.gradient(answers, at) for at in picked]
        return call.outputs(answers), tuple(found) if isinstance(argnums, tuple) else found[0]

    def grad(self, *arguments: Any, argnums: Argnums = 0, **keywords: Any) -> Any:
        """Return only the gradient; see `value_and_grad`."""
        return self.value_and_grad(*arguments, argnums=argnums, **keywords)[1]

    def backward(self, *arguments: Any, **keywords: Any) -> Any:
        """Return the value for each row; add the gradient of the values' sum to the `grad` of the parameters."""
        call = self._laid_out(arguments, keywords)
        answers = self._played(call, (False,) * len(call.columns))
        if not answers.by_parameter:
            raise GraphError(f"{call.program.name} depends on no parameter, so there is no gradient to add")
        nodes, slopes = list(answers.by_parameter), list(answers.by_parameter.values())
        make_node(call.program._row, 0.0, nodes, tuple(slopes), current(), tick()).backward()
        return call.outputs(answers)

    def _played(self, call: RowsCall, varying: tuple[bool, ...] | None) -> Answers:
        answers = play_rows(call.program._replays, call.columns, call.count, varying, self._threads, self._progress)
        if varying is not None and len(answers.branch.output.numbers) != 1:
            scalar(answers.branch.result([0.0] * len(answers.branch.output.numbers)))
        return answers

    def _laid_out(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> RowsCall:
        check_not_tracing(self._name)
        axes = self._in_axes if isinstance(self._in_axes, (tuple, list)) else (self._in_axes,) * len(arguments)
        if len(axes) != len(arguments):
            raise ValueError(
                f"in_axes must have one entry for each argument; got {len(axes)} entries for {len(arguments)} arguments"
            )
        spreads = [
            None if axis is None else spread(argument, axis, f"argument {i}")
            for i, (argument, axis) in enumerate(zip(arguments, axes, strict=True))
        ]
        count = counted({f"argument {i}": part.count for i, part in enumerate(spreads) if part is not None})
        examples = [a if part is None else part.example for a, part in zip(arguments, spreads, strict=True)]
        example = opened(tuple(examples), keywords)
        return RowsCall(self._find(example), example, spreads, count, any(map(is_array, arguments)))


class RowsCall:
    """One call to a program over rows: the program, the columns of its inputs, and how to assemble the results."""

    def __init__(
        self, program: Replayed, example: Arguments, spreads: Sequence[Spread | None], count: int, numpy: bool
    ) -> None:
        self.program, self.example, self.spreads, self.count, self._numpy = program, example, spreads, count, numpy
        self.columns: list[Column] = []
        for i in program._moving:
            at = example.argument_of(i)
            part = spreads[at] if at < len(spreads) else None
            if part is None:
                self.columns.append(Column(array("d", as_floats([example.numbers[i]]))))
            else:
                self.columns.append(part.columns[i - (example.ends[at - 1] if at else 0)])
        for i, x in enumerate(example.numbers):
            at = example.argument_of(i)
            if i not in program._moving and at < len(spreads) and spreads[at] is not None:
                raise GraphError(
                    f"the rows of argument {at} are ints (for example {x!r}), but {program.name} uses them for more "
                    "than indexing with take(table, i); pass floats instead"
                )

    def outputs(self, answers: Answers) -> Any:
        """Return the outputs, each with one item per row."""
        structure, width = answers.branch.output, len(answers.branch.output.numbers)
        made: list[Any] = []
        at = 0
        for leaf in structure.leaves:
            columns = [answers.values[j::width] for j in range(at, at + leaf.size)]
            at += leaf.size
            made.append(self._stacked(columns, leaf.shape))
        return structure.form.filled(iter(made))

    def _stacked(self, columns: Sequence[array[float]], shape: tuple[int, ...] | None) -> Any:
        if shape is None and not self._numpy:
            return columns[0].tolist()
        import numpy

        rows = numpy.array([numpy.frombuffer(column) for column in columns]).T
        return rows.reshape(self.count, *(shape or ()))

    def gradient(self, answers: Answers, at: int) -> Any:
        """Return the gradient of one argument: one for each row if the argument has rows, otherwise their sum."""
        part = self.spreads[at] if at < len(self.spreads) else None
        if part is None:
            return self.program._part(self.example, at, answers.by_input)
        stepped = [k for k, column in enumerate(self.columns) if column.step]
        mine = [k for k in stepped if self.example.argument_of(self.program._moving[k]) == at]
        width = len(stepped)
        return part.joined([answers.by_row[stepped.index(k) :: width] for k in mine])
