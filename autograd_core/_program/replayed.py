"""Carries out a call to a program: checks the arguments, selects the inputs in them, and makes a node for the call.

A program is a function recorded as lists of operations. It has a list, called a branch, for each combination of
outcomes of the comparisons and other tests that the function made on its numbers.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from types import CodeType
from typing import Any

from .._engine.places import current
from .._operations.operation import Operation
from .._operations.shape import ONE_LIST
from .._transforms.calls import Argnums, Function, checked, located, name_of, scalar
from .._transforms.sweeps import gradients
from .._transforms.trees import Structure, taken_apart
from ..errors import GraphError
from ..graph import check_current, check_not_assigned
from ..value import Value
from .arguments import Arguments, as_floats, opened
from .branches import Branch, Branches
from .captured import Captured
from .nodes import unfolded
from .reached import captured
from .recorded import record_branch
from .replays import Replays
from .tracing import Trace, check_not_tracing, refused


class Replayed:
    """A function with the arguments that it was traced for, the positions of the inputs in them, and its branches."""

    name: str
    _function: Function | None
    _arguments: Arguments
    _moving: tuple[int, ...]
    _captured: Captured
    _codes: Set[CodeType] | None
    _replays: Replays

    def _begin(self, function: Function | None, arguments: Arguments, static: set[int], fast: bool) -> None:
        self._function, self._arguments = function, arguments
        self._moving = arguments.inputs(static)
        self._captured, self._codes = Captured(), set()
        self.name = "program" if function is None else name_of(function)
        self._replays = Replays(self.name, None if function is None else self._trace, fast)
        self._row = Operation(
            f"program {self.name}", ONE_LIST, self._row_value, self._row_slopes, f"The program {self.name}.",
            formula=f"{self.name}({{x}})", gather=ONE_LIST.gathering(self.name), public=False,
            inside=self._inside,
        )

    @property
    def fast(self) -> bool:
        """Whether the program's numbers may differ from the engine's, within the bounds that `Program` states."""
        return self._replays.fast

    def _trace(self, numbers: Sequence[float]) -> Branch:
        """Trace the branch that the function takes at a point, and return it."""
        if self._replays.branches.count and (change := self._captured.change()) is not None:
            raise GraphError(
                f"{self.name} was traced before {change} changed, so the branch that these numbers take can no longer "
                "be added; trace the function again"
            )
        before = captured(self._roots())
        branch, codes = self._record(numbers, before.generators)
        found = captured(self._roots(), self._entered(codes))
        change = found.change_since(before)
        if change is not None or found.iterator:  # trace again to see whether the result depends on it
            again, codes = self._record(numbers, before.generators)
            if not again.is_like(branch):
                if change is None:
                    raise refused(f"reads the iterator {found.iterator}", "pass its items as arguments")
                raise refused(
                    f"changes {change}", "make the change outside the function, and pass the result as an argument"
                )
            self._drop_outdated()
            found = captured(self._roots(), self._entered(codes))
        self._captured = found
        return branch

    def _drop_outdated(self) -> None:
        """Drop each branch that would not be the same if it were traced now."""
        earlier = list(self._replays.branches)
        kept = [branch for branch in earlier if self._is_current(branch)]
        if len(kept) < len(earlier):
            self._replays.branches = Branches(self.name)
            for branch in kept:
                self._replays.branches.add(branch)

    def _is_current(self, branch: Branch) -> bool:
        try:
            return branch.example is not None and self._record(branch.example, ())[0].is_like(branch)
        except Exception:  # the function may raise anything, now that something has changed
            return False

    def _record(self, numbers: Sequence[float], generators: Sequence[Any]) -> tuple[Branch, Set[CodeType] | None]:
        assert self._function is not None
        return record_branch(self._function, self._arguments, numbers, self._moving, generators)

    def _entered(self, codes: Set[CodeType] | None) -> Set[CodeType] | None:
        """Add the code that a new branch ran; return the code of all branches, or None if any of it is unknown."""
        self._codes = None if codes is None or self._codes is None else self._codes | codes
        return self._codes

    def _roots(self) -> list[tuple[str, Any]]:
        """Return the function and the objects among the arguments, each with a name for messages."""
        assert self._function is not None
        return [(name_of(self._function), self._function), *self._arguments.kept()]

    def _checked(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Arguments:
        check_not_tracing(self.name)
        return self._fitting(arguments, keywords)

    def _fitting(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Arguments:
        call = opened(arguments, keywords)
        if call.key != self._arguments.key or self._static(call) != self._static(self._arguments):
            raise ValueError(
                f"{self.name} was traced for different arguments (their number, structure, shape or static values "
                "differ); trace it for these arguments, or use @traced"
            )
        return call

    def _static(self, call: Arguments) -> list[Any]:
        """Return the static ints in a call's arguments. Static ints are not inputs: they select a program."""
        if len(self._moving) == len(call.numbers):
            return []
        moving = set(self._moving)
        return [x for i, x in enumerate(call.numbers) if i not in moving]

    def _given(self, call: Arguments) -> list[Any]:
        """Return the inputs among the numbers in a call's arguments; usually, all of the numbers are inputs."""
        numbers = call.numbers
        return numbers if len(self._moving) == len(numbers) else [numbers[i] for i in self._moving]

    def _numbers(self, call: Arguments) -> list[float]:
        return as_floats(self._given(call))

    def _picked(self, arguments: tuple[Any, ...], keywords: dict[str, Any], argnums: Argnums) -> list[int]:
        """Return the positions of the arguments that `argnums` selects; those of keyword arguments come last."""
        function = self._function or _anything
        places = located(function, arguments, keywords, checked(argnums))
        return [at if type(at) is int else len(arguments) + list(keywords).index(at) for at in places]

    def _varying(self, picked: Sequence[int]) -> tuple[bool, ...]:
        """Return, for each input, whether it belongs to one of the picked arguments."""
        return tuple(self._arguments.argument_of(i) in picked for i in self._moving)

    def _part(self, call: Arguments, at: int, slopes: Sequence[float]) -> Any:
        """Return the gradient of one argument, in the argument's structure."""
        by_number = dict(zip(self._moving, slopes, strict=True))
        start = call.ends[at - 1] if at else 0
        part = call.part(at)
        if not part.numbers:
            raise TypeError(f"argument {at} contains no number to differentiate with respect to")
        return part.rebuild([by_number.get(start + i, 0.0) for i in range(len(part.numbers))])

    def _within(self, trace: Trace, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Return the result of a call made during a trace of another function; that trace records the operations.

        If no argument is a Value, the numbers in the result count as plain numbers.
        """
        call = self._fitting(arguments, keywords)
        result = self._inlined(call) if self._function is None else taken_apart(self._function(*arguments, **keywords))
        if any(type(x) is Value for x in call.numbers):
            return result.rebuild(result.numbers)
        return result.rebuild([trace.stopped(x, plain=True) if type(x) is Value else x for x in result.numbers])

    def _inlined(self, call: Arguments) -> Structure:
        """Return the outputs of a program that has no function, as nodes of the engine's graph."""
        [branch, *others] = self._replays.branches
        if others or branch.path:
            raise refused(
                f"calls {self.name}, a loaded program with several branches", "trace the original function"
            )
        given = self._given(call)
        listing = branch.varying(tuple(type(x) is Value for x in given))
        return Structure(unfolded(listing, [*given, *branch.parameters]), branch.output.leaves, branch.output.form)

    def _recorded(self, call: Arguments) -> Any:
        """Return the result of a call: one node or, if there are several outputs, the graph that the engine builds."""
        result = self._node(call)
        if result is NotImplemented:
            if self._function is None:
                raise GraphError(
                    f"{self.name} was made from a graph with several outputs, so it takes only floats; "
                    "make one program for each output"
                )
            positional, keywords = call.structure.rebuild(call.numbers)
            return self._function(*positional, **keywords)
        return result

    def _node(self, call: Arguments) -> Any:
        """Return one node for the call. Its operands are the inputs and parameters.

        The local derivatives of this node are the gradients that a replay computes. Return NotImplemented if there are
        several outputs, since each output would need a separate backward sweep; the engine then builds the graph.
        """
        given = self._given(call)
        numbers = as_floats(given)
        varying = tuple([type(x) is Value for x in given])
        branch = self._replays.branch_of(numbers) if self._replays.branches.latest is None else None
        branch = branch or self._replays.branches.latest
        assert branch is not None
        if len(branch.output.numbers) != 1:
            return NotImplemented
        if not current().recording or not (any(varying) or branch.below):
            branch, outputs = self._replays.values(numbers)
            valued = any(varying) or branch.below
            return branch.result([Value(x) for x in outputs] if valued else outputs)
        branch, node = self._replays.node(self._row, given, numbers, varying)
        return branch.result([node])

    def _row_value(self, operands: Sequence[float]) -> float:
        """Return the value of a node of this program; the node's operands are the inputs and then the parameters."""
        return self._at(operands)[0]

    def _row_slopes(self, operands: Sequence[Any], result: Any) -> Sequence[Any]:
        """Return the local derivatives of a node of this program.

        If any operand is a Value, differentiate the graph that the function itself builds.
        """
        if not any(type(x) is Value for x in operands):
            return self._at(operands)[1]
        if self._function is None:
            raise GraphError(f"{self.name} was made from a graph, so it has no second derivatives; trace a function")
        moving = dict(zip(self._moving, operands, strict=False))
        numbers = [moving.get(i, x) for i, x in enumerate(self._arguments.numbers)]
        positional, keywords = self._arguments.structure.rebuild(numbers)
        y = scalar(self._function(*positional, **keywords))
        if type(y) is not Value:
            return [0.0] * len(operands)
        slopes = iter(gradients(y, [x for x in operands if type(x) is Value], create_graph=True))
        return [next(slopes) if type(x) is Value else 0.0 for x in operands]

    def _inside(self, node: Value) -> Any:
        """Build the graph that a node of this program represents, on the node's operands; return the graph's result."""
        count = len(self._moving)
        given, parameters = node.operands[:count], node.operands[count:]
        branch = self._replays.branch_of(as_floats(given))
        others = branch.parameters[branch.below :]
        check_current(node)
        check_not_assigned(node, others)
        listing = branch.varying(tuple(type(x) is Value for x in given))
        return unfolded(listing, [*given, *parameters, *others])[0]

    def _at(self, operands: Sequence[float]) -> tuple[float, list[float]]:
        """Return the value and gradients at these operands, which include the parameters' values."""
        count = len(self._moving)
        numbers, parameters = operands[:count], operands[count:]
        if len({tuple(map(id, branch.moving)) for branch in self._replays.branches}) > 1:
            raise GraphError(
                f"the branches of {self.name} read different parameters, so a node of one branch cannot be evaluated "
                "at numbers that take another branch; call the program with those numbers"
            )
        branch, (value, by_input, by_parameter) = self._replays.played(
            numbers,
            lambda branch: branch.player((True,) * count, self._replays.fast).value_and_gradients(
                numbers, [*parameters, *branch.parameters[branch.below :]]
            ),
        )
        return value, [*by_input, *by_parameter[: branch.below]]


def _anything(*arguments: Any, **keywords: Any) -> None:
    """Stand in for the function of a program that has none; with this signature, `argnums` are positions."""
