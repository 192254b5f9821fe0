"""Traced programs: write a function once, on scalars, and replay it without running its Python again.

`trace` runs a function on fresh leaves and keeps what it did as a flat list (`_program/listing.py`), which players
replay at other numbers: one point or many rows, values and gradients. `traced` does so by itself, at the first call for
each structure of the arguments. What a replay gives is what the engine gives, to the last bit.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import partial, update_wrapper
from types import MethodType
from typing import Any

from ._engine.made import running
from ._operations.choosing import max, min, take
from ._operations.integers import Static
from ._operations.operation import CONSTANT
from ._program import saving
from ._program.arguments import Arguments, checked_fast, opened
from ._program.branches import MANY, Branch
from ._program.explaining import explained, graph, stats
from ._program.listing import Listing
from ._program.over_rows import Axes, Rows
from ._program.replayed import Function, Replayed
from ._transforms.calls import Argnums, scalar, takes
from ._transforms.trees import taken_apart
from .errors import GraphError, GraphWarning
from .graph import leaves
from .ops import sum as sum_of
from .value import Value, parameter

__all__ = ["Program", "Rows", "Traced", "max", "min", "take", "trace", "traced"]


def trace(function: Function, *example: Any, fast: bool = False, **keywords: Any) -> Program:
    """The program of `function`, traced at example arguments.

    Args: `example`, arguments as `function` takes them: their floats are the program's inputs, and so are ints that the
    function uses for nothing but `take`; other ints, strings and objects are static, part of the program. Values that
    the function closes over are its parameters, whose numbers are read anew at each replay; what it closes over
    besides, plain numbers too, is as it was. `fast` makes it a fast program, see `Program`. Raises what `function`
    raises there, and GraphError for what no replay could do again: gradients that are read or swept, random numbers,
    text, what is assigned or kept outside.

    >>> from autograd_core import tanh
    >>> program = trace(lambda x, y: tanh(x * y) + x, 0.5, 1.0)
    >>> program(0.0, 3.0), program.grad(0.0, 3.0)
    (0.0, 4.0)
    """
    actual = _callable(function, "trace(f, x)")
    if fast and takes(actual, "fast"):
        raise TypeError("trace takes fast=True itself, and so does its function; trace a lambda that sets that one")
    return _traced_program(actual, opened(example, keywords), {}, checked_fast(fast))


def _callable(function: Any, written: str) -> Function:
    if not callable(function):
        raise TypeError(f"{written} takes a function f; got {function!r} of type {type(function).__name__}")
    found: Function = function
    return found


def _traced_program(function: Function, arguments: Arguments, static: dict[Any, set[int]], fast: bool) -> Program:
    """The program of a call; which arguments have static ints is noted in `static` by the call's key."""
    while True:
        program = Program.__new__(Program)
        program._begin(function, arguments, static.get(arguments.key, set()), fast)
        try:
            program._replays.traced(program._numbers(arguments))
        except Static as used:
            static.setdefault(arguments.key, set()).add(arguments.argument_of(used.position))
        else:
            return program


class Program(Replayed):
    """A function as a list of operations, replayed at any numbers; `trace` makes one of a function.

    Args, to make one of a graph that is there: `output`, a Value, or numbers and Values in a structure; `inputs`, the
    leaves that each call brings, in a list; `parameters`, other leaves, named in an order of your own: those that are
    not named follow. Called, it takes one number for each input, and gives numbers as `output` holds them.

    `fast` lets the native engine add the terms of a sum in another order, round a product and the sum that it is added
    to once, and take exp and tanh by vector mathematics. An operation is then off by at most 4 units in the last place
    (a sum, relative to its terms), gradients by 1e-12 relative to their condition; the number of threads still changes
    no bit. Guards ask those numbers, so that a point next to a border may be on either side. Without the native engine
    a fast program is an exact one.

    >>> x, w = Value(2.0), Value(3.0)
    >>> program = Program(x * w, inputs=[x])
    >>> program(5.0)
    15.0
    """

    def __init__(
        self, output: Any, inputs: Sequence[Value] = (), parameters: Sequence[Value] = (), *, fast: bool = False
    ) -> None:
        for x in (*inputs, *parameters):
            if type(x) is not Value:
                raise TypeError(f"inputs and parameters of a Program are Values; got {x!r} of type {type(x).__name__}")
        structure = taken_apart(output)
        nodes = [x for x in structure.numbers if type(x) is Value]
        known = {*inputs, *parameters}
        found = dict.fromkeys(leaf for node in nodes for leaf in leaves(node) if leaf.op is not CONSTANT)
        others = [leaf for leaf in found if leaf not in known]
        listing = Listing.of(structure.numbers, list(inputs), [*parameters, *others])
        self._begin(None, opened(tuple(float(x._data) for x in inputs), {}), set(), checked_fast(fast))
        empty = structure.rebuild([Value(0.0) if type(x) is Value else x for x in structure.numbers])
        branch = Branch(listing, [*parameters, *others], taken_apart(empty), {}, len(parameters) + len(others))
        self._replays.branches.add(branch)

    # --- Calls -------------------------------------------------------------------------------------------------

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """What the function gives on floats; where an argument is a Value, a Value that knows its gradient."""
        call = self._checked(arguments, keywords)
        if any(type(x) is Value for x in call.numbers):
            return self._recorded(call)
        branch, outputs = self._replays.values(self._numbers(call))
        return branch.result(outputs)

    def value_and_grad(self, *arguments: Any, argnums: Argnums = 0, **keywords: Any) -> tuple[Any, Any]:
        """The value and its gradient by the arguments that `argnums` names; see `autograd_core.value_and_grad`.

        >>> trace(lambda x, y: x * y, 1.0, 1.0).value_and_grad(2.0, 5.0, argnums=(0, 1))
        (10.0, (5.0, 2.0))
        """
        call = self._checked(arguments, keywords)
        picked = self._picked(arguments, keywords, argnums)
        branch, (value, slopes, _) = self._replays.value_and_gradients(self._numbers(call), self._varying(picked))
        scalar(branch.result([value] * len(branch.output.numbers)))
        answers = [self._part(call, at, slopes) for at in picked]
        return branch.result([value]), tuple(answers) if isinstance(argnums, tuple) else answers[0]

    def grad(self, *arguments: Any, argnums: Argnums = 0, **keywords: Any) -> Any:
        """The gradient alone; see `value_and_grad`."""
        return self.value_and_grad(*arguments, argnums=argnums, **keywords)[1]

    def backward(self, *arguments: Any, **keywords: Any) -> Any:
        """Give the value and add its gradient to the `grad` of the parameters, as the result's `backward()` does.

        >>> w = Value(3.0)
        >>> trace(lambda x: x * w, 1.0).backward(2.0), w.grad
        (6.0, 2.0)
        """
        node = self._node(self._checked(arguments, keywords))
        if node is NotImplemented:
            raise GraphError(f"{self.name} returns several numbers, and backward() needs one; return their sum")
        if type(node) is not Value:
            raise GraphError(f"{self.name} depends on no parameter, so there is no gradient to add; see value_and_grad")
        node.backward()
        return node._data

    def over_rows(
        self, in_axes: Axes = 0, *, threads: int = 1, progress: Callable[[int, int], None] | None = None
    ) -> Rows:
        """The same program over many rows at once.

        Args: `in_axes`, as JAX's `vmap` has it: for each argument by position the axis that carries rows, or None where
        one is for all, or one answer for all arguments; arguments by keyword are for all rows. Rows are along `axis` in
        NumPy arrays, and item by item in lists and `array.array`. `threads`, at most so many, which
        changes no bit; `progress` is called with the rows done and all.

        >>> rows = trace(lambda x, w: x * w, 1.0, 1.0).over_rows((0, None))
        >>> rows([1.0, 2.0], 10.0), rows.grad([1.0, 2.0], 10.0, argnums=1)
        ([10.0, 20.0], 3.0)
        """
        return Rows(lambda call: self, in_axes, threads, progress)

    # --- What it holds -----------------------------------------------------------------------------------------

    def explain(self) -> str:
        """What each branch holds: operations by kind, what is computed for no output, guards.

        >>> print(trace(lambda x: x * x if x > 0.0 else -x, 2.0).explain().replace("<lambda>", "f"))
        f: 1 branch
        branch 1: 1 operation on 1 input, 0 parameters and 1 constant; 1 output, 35 bytes
            1 mul
            1 guard: 1 gt
        """
        return explained(self.name, list(self._replays.branches))

    def stats(self) -> dict[str, int]:
        """The number of branches, and over all of them of operations, slots, guards and bytes."""
        return stats(list(self._replays.branches))

    def draw(self, *arguments: Any, **options: Any) -> Any:
        """The picture of the operations on the branch of these arguments, with their numbers there.

        Args: `options`, those of `autograd_core.draw`, but as keywords alone. Several outputs are drawn as their sum.
        """
        call = self._checked(arguments, {})
        numbers = self._numbers(call)
        branch = self._replays.branch_of(numbers)
        names = [f"x{i}" for i in range(len(numbers))]
        found = [x for x in graph(branch.listing, numbers, branch.parameters, names) if type(x) is Value]
        if not found:
            raise GraphError(f"{self.name} gives a constant here: there is nothing to draw")
        from .draw import draw  # only here: it is large

        return draw(found[0] if len(found) == 1 else sum_of(found), **options)

    # --- Files -------------------------------------------------------------------------------------------------

    @property
    def parameters(self) -> list[Value]:
        """The Values that each replay reads anew, of all branches."""
        return list(dict.fromkeys(node for branch in self._replays.branches for node in branch.parameters))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the program to a file, with the numbers of its parameters; `Program.load` reads it.

        The file is text with a version, written all or nothing, and holds no code. Raises GraphError for a program with
        a primitive, or static arguments other than numbers and strings; OSError where it cannot be written.
        """
        parameters = self.parameters
        numbers = {"parameters": [node._data.hex() for node in parameters], "labels": [x.label for x in parameters]}
        saving.write(path, {**self._state(parameters), **numbers})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Program:
        """The program in a file that `save` wrote; its `parameters` are new ones, with the numbers that they had.

        It knows the branches that were traced when it was saved: for numbers on another GraphError is raised. Where
        several operations have no value, the error is that of one of them, not always of the first as written. Raises
        ValueError for a file that is not a program, is damaged or of another version; OSError where it cannot be read.
        """
        state = saving.read(path)
        try:
            pairs = zip(state["parameters"], state["labels"], strict=True)
            parameters = [parameter(float.fromhex(number), label) for number, label in pairs]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{os.fspath(path)!r} is damaged ({error})") from None
        return program_from(state, parameters, None)

    def to_javascript(self) -> str:
        """The program as a script that stands alone, and runs in Node and in browsers.

        It sets `parameters`, their numbers now, and `program(inputs, parameters)`, which gives `values`, all numbers in
        the order in which they stand in what the function gives, and `gradients(seed)`, of the first of them by inputs
        and parameters. It knows the branches that have been traced; on another it throws. Functions such as exp are the
        browser's, right to their last units. Raises GraphError for a program with a primitive.
        """
        from ._program.exporting import in_javascript  # only here: the translator is large

        return in_javascript(self.name, list(self._replays.branches), self.parameters)

    def to_c(self) -> str:
        """The program as one file of C that needs nothing but the C library: `cc -O2 -ffp-contract=off file.c -lm`.

        It has `program_parameters`, their numbers now, `program(inputs, parameters, outputs)` and
        `program_gradients(inputs, parameters, outputs, by_input, by_parameter)`. Both answer 0, or 1 for numbers on a
        branch that has not been traced, 2 where an operation has no value, 3 without memory. Numbers are those of the
        program on a machine with the same C library, but for hypot, norm, gamma and lgamma, which are the library's.
        Raises GraphError for a program with a primitive.
        """
        from ._program.exporting_c import in_c  # only here, as below

        return in_c(self.name, list(self._replays.branches), self.parameters)

    def to_python(self) -> str:
        """The program as a module of plain Python on floats that needs nothing else.

        It has `parameters`, their numbers now, `program(inputs, parameters)`, which gives all numbers in the order in
        which they stand in what the function gives, and `gradients`, of the first of them by inputs and then by
        parameters. Numbers are the program's to the last bit, and where an operation has no value it raises an error of
        the same type; on a branch that has not been traced, LookupError. Raises GraphError for a program with a
        primitive.
        """
        from ._program.exporting_python import in_python  # only here, as above

        return in_python(self.name, list(self._replays.branches), self.parameters)

    def to_numpy(self) -> str:
        """The program as a module of Python that needs NumPy alone.

        It has `parameters`, their numbers now, `program(inputs, parameters)` on a list of arrays, which gives all
        numbers in the order in which they stand in what the function gives, each as an array over the rows, and
        `gradients`, of the first of them by inputs and parameters, row by row. A row that raises, or is on a branch
        that has not been traced, is NaN. Functions such as exp are NumPy's, right to their last units. Raises
        GraphError for a program with a primitive, and NotImplementedError for an operation that is not translated.
        """
        from ._program.exporting import in_numpy  # only here, as above

        return in_numpy(self.name, list(self._replays.branches), self.parameters)

    def __reduce__(self) -> tuple[Function, tuple[Any, ...]]:
        parameters, function = self.parameters, self._function
        return program_from, (self._state(parameters), parameters, function if _pickles(function) else None)

    def _state(self, parameters: list[Value]) -> dict[str, Any]:
        return saving.state_of(
            self.name, self._arguments, self._moving, list(self._replays.branches), parameters, self.fast
        )


def program_from(state: dict[str, Any], parameters: Sequence[Value], function: Function | None) -> Program:
    """A program from its state; what a pickle calls."""
    name, arguments, moving, branches, fast = saving.program_of(state, parameters)
    program = Program.__new__(Program)
    program._begin(function, arguments, set(), fast)
    program._moving, program.name = moving, name
    for branch in branches:
        program._replays.branches.add(branch)
    return program


def _pickles(function: Any) -> bool:
    """Whether a function is found again by its name."""
    found: Any = sys.modules.get(getattr(function, "__module__", ""))
    for part in getattr(function, "__qualname__", "").split("."):
        found = getattr(found, part, None)
    return found is function


def traced(function: Function | None = None, *, in_axes: Axes | str = "none", fast: bool = False) -> Any:
    """Make a function one that is traced at the first call for each structure of its arguments, and replayed after.

    A decorator. Called with floats and with what it closes over, it gives what `function` gives: a number is one node
    on the arguments and parameters, whose `backward()` does as that of the function's own graph. With `in_axes`, see
    `Program.over_rows`, it is a program over rows; with `fast`, see `Program`, its programs are fast ones. Of several
    numbers that depend on Values the engine makes the graph each time: that is not replayed;
    `trace(…).value_and_grad` and `over_rows` are.

    >>> w = Value(3.0)
    >>> @traced
    ... def loss(x, target):
    ...     return (w * x - target) ** 2
    >>> loss(2.0, 5.0).backward(); loss(1.0, 5.0).backward()
    >>> w.grad, len(loss.programs)
    (0.0, 1)
    """
    if function is None:
        return lambda actual: traced(actual, in_axes=in_axes, fast=fast)
    made = Traced(_callable(function, "traced(f)"), fast=fast)
    if isinstance(in_axes, str):
        return made
    return update_wrapper(Rows(made.program_for, in_axes), function, updated=())


class Traced:
    """A function that is traced and replayed; see `traced`. `programs` lists what it has traced."""

    __name__: str
    __qualname__: str

    def __init__(self, function: Function, *, fast: bool = False) -> None:
        update_wrapper(self, function, updated=())
        self._function, self.fast = function, checked_fast(fast)
        self._programs: dict[Any, Program] = {}
        self._static: dict[Any, set[int]] = {}

    @property
    def programs(self) -> list[Program]:
        """The programs, one for each structure of the arguments and each of their static values."""
        return list(self._programs.values())

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """What the function gives."""
        if running() is not None:  # within another trace it is a function like any other
            return self._function(*arguments, **keywords)
        call = opened(arguments, keywords)
        return self.program_for(call)._recorded(call)

    def program_for(self, call: Arguments) -> Program:
        """The program of a call, traced if there is none yet."""
        static = self._static.get(call.key, set())
        ints = tuple(x for i, x in enumerate(call.numbers) if type(x) is int and call.argument_of(i) in static)
        program = self._programs.get((call.key, ints))
        if program is None:
            program = _traced_program(self._function, call, self._static, self.fast)
            self._programs[call.key, tuple(program._static(call))] = program
            if len(self._programs) == MANY:
                warnings.warn(
                    f"{self.__name__} has {MANY} programs by now, one for each structure and static value of its "
                    "arguments; a whole number that only chooses from a table is static no more with take(table, i)",
                    GraphWarning,
                    stacklevel=3,
                )
        return program

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """As a method it is given the instance first, like the function."""
        return self if instance is None else MethodType(self, instance)

    def __reduce__(self) -> str | tuple[Function, tuple[Any, ...]]:
        return self.__qualname__ if _pickles(self) else (partial(traced, fast=self.fast), (self._function,))

    def __repr__(self) -> str:
        return f"<traced {getattr(self, '__qualname__', self._function)}>"
