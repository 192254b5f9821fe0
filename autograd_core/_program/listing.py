"""A graph as a flat list: what every program is, and all its players read: numbered slots, rows of the table."""

from __future__ import annotations

from array import array
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain, islice, repeat
from struct import pack
from types import MappingProxyType
from typing import Any

from .._engine.choice import NATIVE
from .._engine.numbers import number
from .._operations.operation import CONSTANT, Operation
from ..backward import discovered_all
from ..checkpoint import CHECKPOINT
from ..errors import GraphError, described
from ..graph import check_current
from ..value import Value
from .guards import Guard, Question

EMPTY: Mapping[Value, Operation] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Listing:
    """Instructions over numbered slots.

    The slots are first the inputs, which each replay brings; then the parameters, whose numbers are read anew at each
    replay; then the constants; then one for the result of each instruction. Instructions stand in the order of
    `toposort`, so that a sweep that runs them backwards adds up contributions as the engine does, to the last bit.
    Instruction k applies row `rows[code[k]]` to the slots `operands[starts[k]:starts[k + 1]]`.

    `variable` has for each slot 1 where the graph has a node, 0 where it has a plain number: only a variable has an
    adjoint, and what is flat beside a plain number is told by it. Of the `outputs`, slots, the first is listed first:
    below it stands what only others need.
    """

    inputs: int
    parameters: int
    constants: array[float]
    rows: tuple[Operation, ...]
    code: array[int]
    starts: array[int]
    operands: array[int]
    outputs: array[int]
    variable: array[int]
    guards: tuple[Guard, ...] = ()

    @property
    def first(self) -> int:
        """The slot of the first instruction's result."""
        return self.inputs + self.parameters + len(self.constants)

    @property
    def slots(self) -> int:
        """How many slots there are."""
        return self.first + len(self.code)

    def instructions(self) -> Iterator[tuple[Operation, array[int]]]:
        """The row of each instruction and the slots of its operands."""
        for k, at in enumerate(self.code):
            yield self.rows[at], self.operands[self.starts[k] : self.starts[k + 1]]

    def varying(self, inputs: Sequence[bool], parameters: bool = True) -> Listing:
        """The same list where only these inputs, and the parameters or not, are nodes; the others are plain numbers."""
        old = self.variable
        new = array("b", (*inputs, *repeat(parameters, self.parameters)))
        new.extend(old[len(new) : self.first])
        for k in range(len(self.code)):
            below = self.operands[self.starts[k] : self.starts[k + 1]]
            new.append(old[self.first + k] and any(new[slot] for slot in below))
        return self if new == old else replace(self, variable=new)

    @classmethod
    def of(
        cls,
        outputs: Sequence[Any],
        inputs: Sequence[Value],
        parameters: Sequence[Value] = (),
        *,
        constants: Container[Value] = (),
        plain: Container[Value] = (),
        others: Sequence[Value] = (),
        questions: Sequence[Question] = (),
        checkpoints: Mapping[Value, Operation] = EMPTY,
    ) -> Listing:
        """The list of what `outputs` are computed from.

        Args: `outputs`, Values and plain numbers; `inputs`, nodes of the graph, below which it is not looked at;
        `parameters`, all leaves besides these, but for `constants` and what `stop_gradient` lets through; of a trace
        besides, `plain`, nodes that stand for plain numbers; `others`, nodes that are computed though no output needs
        them; `questions`, asked of nodes and numbers, each with its outcome; `checkpoints`, the row in place of each.
        Raises GraphError for a leaf that is none of these or was assigned since, and for a checkpoint without a row.
        """
        asked = [question.operands for question in questions]
        roots = [*outputs, *chain(*asked), *others]
        made = _by_engine(roots, (*inputs, *parameters), plain)
        if made is None:
            made = _Writer(inputs, parameters, constants, checkpoints).written(roots, plain)
        numbers, rows, code, starts, operands, slots, variable = made
        first, at = len(variable) - len(code), iter(slots[len(outputs) :])
        return cls(
            len(inputs),
            len(parameters),
            numbers,
            rows,
            code,
            starts,
            operands,
            array("i", slots[: len(outputs)]),
            variable,
            tuple(_guard(first, question, tuple(islice(at, len(question.operands)))) for question in questions),
        )


# Constants, rows, code, starts and operands of a listing, the slots of the roots, and which slots are variable.
Parts = tuple["array[float]", tuple[Operation, ...], "array[int]", "array[int]", "array[int]", list[int], "array[int]"]


def _guard(first: int, question: Question, slots: tuple[int, ...]) -> Guard:
    return Guard(max(0, max(slots) - first + 1), question.kind, slots, *question[2:])


def _by_engine(roots: Sequence[Any], leaves: tuple[Value, ...], plain: Container[Value]) -> Parts | None:
    """What `_Writer` writes, by the engine in C; None without it, and where something is out of the ordinary."""
    numbers = tuple(x if type(x) is Value else number(x) for x in roots)
    if NATIVE is None or None in numbers or not all(type(x) is Value for x in leaves):
        return None
    made = NATIVE.listed(numbers, leaves, plain if isinstance(plain, set) else None)
    if made is None:
        return None
    constants, rows, code, starts, operands, slots, variable = made
    flat = [array("i", numbers) for numbers in (code, starts, operands)]
    return array("d", constants), rows, flat[0], flat[1], flat[2], slots, array("b", variable)


class _Writer:
    """Writes the list of a graph: the slot of each node, and of each constant."""

    def __init__(
        self,
        inputs: Sequence[Value],
        parameters: Sequence[Value],
        constants: Container[Value],
        checkpoints: Mapping[Value, Operation],
    ) -> None:
        self.inputs, self.parameters, self.fixed, self.checkpoints = inputs, parameters, constants, checkpoints
        self.slots: dict[Value, int] = {}
        for slot, node in enumerate((*inputs, *parameters)):
            if self.slots.setdefault(node, slot) != slot:
                raise GraphError(f"{described(node)} is named twice among the inputs and parameters; name it once")
        self.numbers: list[float] = []
        self.variable = array("b", [1] * len(self.slots))
        self.constants: dict[bytes, int] = {}

    def written(self, roots: Sequence[Any], plain: Container[Value]) -> Parts:
        order = _below(roots, (*self.inputs, *self.parameters))
        computed = [node for node in order if self._is_computed(node)]
        below = [node.operands for node in computed]
        for operands in (*below, roots):
            for x in operands:
                if type(x) is not Value:
                    self._constant(x)
        first = len(self.variable)
        self.slots.update(zip(computed, range(first, first + len(computed)), strict=True))
        variable = self.variable
        for node, operands in zip(computed, below, strict=True):
            moves = node not in plain and any(type(x) is Value and variable[self.slots[x]] for x in operands)
            variable.append(moves)
        applied = [self.checkpoints.get(node, node.op) for node in computed]
        rows = {row: i for i, row in enumerate(dict.fromkeys(applied))}
        return (
            array("d", self.numbers),
            tuple(rows),
            array("i", [rows[row] for row in applied]),
            array("i", accumulate(map(len, below), initial=0)),
            array("i", [self._slot(x) for operands in below for x in operands]),
            list(map(self._slot, roots)),
            variable,
        )

    def _is_computed(self, node: Value) -> bool:
        """Whether a node is an instruction; a leaf that is a constant is entered among these."""
        if node.op is CHECKPOINT and node not in self.checkpoints:
            raise GraphError(
                "a program cannot hold a checkpoint, whose function runs again in each sweep; "
                "call the function itself: a program keeps no more than its gradient needs"
            )
        if not node.is_leaf:
            check_current(node)
            return True
        if node.op is not CONSTANT and node not in self.fixed:
            raise GraphError(f"{described(node)} is neither an input nor a parameter of the program; name it as one")
        self.slots[node] = self._new_constant(node._data, variable=1)
        return False

    def _constant(self, x: Any) -> int:
        """The slot of a plain number: one for each that differs in a bit."""
        value = number(x)
        if value is None:
            raise TypeError(f"a program gives Values and real numbers; got {x!r} of type {type(x).__name__}")
        key = pack("d", value)
        if key not in self.constants:
            self.constants[key] = self._new_constant(value, variable=0)
        return self.constants[key]

    def _new_constant(self, value: float, variable: int) -> int:
        self.numbers.append(value)
        self.variable.append(variable)
        return len(self.variable) - 1

    def _slot(self, x: Any) -> int:
        return self.slots[x] if type(x) is Value else self._constant(x)


def _below(outputs: Sequence[Any], stops: Sequence[Value]) -> list[Value]:
    """The nodes below the outputs, those below the first in the order of its own sweep, then what only others need."""
    nodes = [y for y in outputs if type(y) is Value]
    return discovered_all(nodes, stops)[0] if nodes else []
