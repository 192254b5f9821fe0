"""A graph as a flat list of operations on numbered slots, which players read to replay a program."""

from __future__ import annotations

from array import array
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice, repeat
from typing import Any

from .._engine.choice import NATIVE
from .._engine.flat import NONE, Flat, Numbers, operands_of
from .._engine.numbers import number
from .._operations.operation import CONSTANT, Operation
from ..backward import discovered_all
from ..checkpoint import CHECKPOINT
from ..errors import GraphError, described
from ..graph import check_current
from ..value import Value
from .guards import Guard, Question
from .order import in_engine_order


@dataclass(frozen=True, slots=True)
class Listing(Flat):
    """Instructions that read and fill numbered slots, each of which holds one number.

    Each instruction is an operation (a row of the table of operations) on earlier slots. The slots hold first the
    inputs, which every replay sets; then the parameters, whose numbers every replay reads; then the constants; then the
    result of each instruction. The instructions are in the order of `toposort`, or in another order in which the
    instructions that read the same variable keep their order. So a sweep through the instructions in reverse adds
    contributions in the engine's order and agrees with the engine to the last bit.

    `variable` is 1 for a slot that stands for a node of the graph, and 0 for a slot that holds a plain number. This
    matters because only variables have adjoints, and because some derivatives are flat only if another operand is a
    plain number. `outputs` are slots. The instructions that the first output needs come before those that only the
    other outputs need.

    `risks` are the instructions that may raise an exception, in the order in which the function computed them. If that
    order is not known, `risks` is empty.
    """

    inputs: int
    parameters: int
    outputs: array[int]
    variable: array[int]
    guards: tuple[Guard, ...] = ()
    risks: array[int] = field(default_factory=lambda: array("i"))

    @property
    def first(self) -> int:
        """The slot of the first instruction's result."""
        return self.inputs + self.parameters + len(self.constants)

    @property
    def slots(self) -> int:
        """The number of slots."""
        return self.first + len(self.code)

    def varying(self, inputs: Sequence[bool], parameters: bool = True) -> Listing:
        """Return this list with only the flagged inputs and, if `parameters` is True, the parameters as variables."""
        old, first = self.variable, self.first
        new = array("b", (*inputs, *repeat(parameters, self.parameters)))
        if NATIVE is not None:
            new = array("b", NATIVE.varied(new, old, self.starts, self.operands))
        else:
            new.extend(old[len(new) : first])
            for k in range(len(self.code)):
                below = self.operands[self.starts[k] : self.starts[k + 1]]
                new.append(old[first + k] and any(new[slot] for slot in below))
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
        risks: Sequence[Value] = (),
        questions: Sequence[Question] = (),
        checkpoints: Mapping[Value, Operation] = NONE,
    ) -> Listing:
        """Make the list of all operations from which `outputs` are computed.

        Args:
            outputs: Values and plain numbers.
            inputs: Nodes of the graph; the nodes from which they were computed are not visited.
            parameters: All other leaves, except `constants` and the results of `stop_gradient`.
            constants: Leaves whose numbers are fixed.
            plain: The nodes of a trace that represent plain numbers.
            risks: The nodes of a trace that may raise an exception, in the order in which they were made. All of them
                are listed, even if no output needs them.
            questions: The questions that a trace asked about nodes and numbers. Each comes with its outcome and the
                number of nodes in `risks` that were made before it was asked.
            checkpoints: For each checkpoint, the operation that takes its place.

        Raises:
            GraphError: A leaf is neither an input, a parameter nor a constant; a checkpoint is not in `checkpoints`; or
                a number has been assigned to a leaf after a node was computed from the leaf.
        """
        asked = [question.operands for question in questions]
        roots = [x if type(x) is Value else _number(x) for x in (*outputs, *chain(*asked), *risks)]
        leaves = (*inputs, *parameters)
        flat, slots, variable = _by_engine(roots, leaves, plain) or _by_python(
            roots, leaves, constants, plain, checkpoints
        )
        if plain:
            slots = in_engine_order(flat, slots, variable, len(outputs))
        first, at = len(variable) - len(flat.code), iter(slots[len(outputs) :])
        return cls(
            flat.constants,
            flat.rows,
            flat.code,
            flat.starts,
            flat.operands,
            len(inputs),
            len(parameters),
            array("i", slots[: len(outputs)]),
            variable,
            tuple(_guard(first, question, tuple(islice(at, len(question.operands)))) for question in questions),
            array("i", [slot - first for slot in at]),
        )


# A flat list, the slots of the roots, and a flag for each slot that is 1 if the slot is a variable.
Listed = tuple[Flat, list[int], "array[int]"]


def _number(x: Any) -> float:
    if (value := number(x)) is None:
        raise TypeError(f"a program must return Values or real numbers; got {x!r} of type {type(x).__name__}")
    return value


def _guard(first: int, question: Question, slots: tuple[int, ...]) -> Guard:
    return Guard(max(0, max(slots) - first + 1), question.kind, slots, *question[2:])


def _by_engine(roots: Sequence[Value | float], leaves: Sequence[Value], plain: Container[Value]) -> Listed | None:
    """Make the list with the C engine; return None if this engine is not in use or does not handle the case."""
    if NATIVE is None or not all(type(x) is Value for x in leaves):
        return None
    made = NATIVE.listed(tuple(roots), tuple(leaves), plain if isinstance(plain, set) else None, _ONES)
    if made is None:
        return None
    (constants, code, starts, operands, variable), rows, slots = made
    return Flat(constants, rows, code, starts, operands), slots, variable


# Example arrays from which the C engine makes the arrays of a list, one for each type: numbers, indices and flags.
_ONES = (array("d", [0.0]), array("i", [0]), array("b", [0]))


def _by_python(
    roots: Sequence[Value | float],
    leaves: Sequence[Value],
    constants: Container[Value],
    plain: Container[Value],
    checkpoints: Mapping[Value, Operation],
) -> Listed:
    """Make the list in Python; if this is impossible, raise an error that says why."""
    numbers, computed = Numbers(leaves), []
    for node in (node for i, node in enumerate(leaves) if numbers.of[node] != i):
        raise GraphError(f"{described(node)} is listed twice among the inputs and parameters; list it once")
    for node in _below(roots, leaves):
        if node.is_leaf:
            _check_constant(node, constants)
            numbers.held(node)
        else:
            _check_computed(node, checkpoints)
            computed.append(node)
    variable = array("b", [1] * len(numbers.of))
    flat = numbers.flat(computed, *operands_of(computed), roots, checkpoints)
    slots = numbers.of
    variable.extend([0] * (len(leaves) + len(flat.constants) - len(variable)))
    for node in computed:
        moves = node not in plain and any(type(x) is Value and variable[slots[x]] for x in node.operands)
        variable.append(moves)
    plain_roots = numbers.constants_among(roots)
    return flat, [slots[x] if type(x) is Value else next(plain_roots) for x in roots], variable


def _check_constant(leaf: Value, constants: Container[Value]) -> None:
    if leaf.op is not CONSTANT and leaf not in constants:
        raise GraphError(
            f"{described(leaf)} is neither an input nor a parameter of the program; list it as one or the other"
        )


def _check_computed(node: Value, checkpoints: Container[Value]) -> None:
    if node.op is CHECKPOINT and node not in checkpoints:
        raise GraphError(
            "a program cannot hold a checkpoint, whose function runs again in each sweep; "
            "call the function directly instead, since a program keeps no more than its gradient needs"
        )
    check_current(node)


def _below(outputs: Sequence[Value | float], stops: Sequence[Value]) -> list[Value]:
    """Return the nodes that the outputs depend on; those of the first output come first, in the order of its sweep."""
    nodes = [y for y in outputs if type(y) is Value]
    return discovered_all(nodes, stops)[0] if nodes else []
