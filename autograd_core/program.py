"""Traced programs: write a function once, on scalars, and replay it without running its Python again.

`trace` runs a function on fresh leaves and records its operations as a flat list (`_program/listing.py`), which players
replay at other numbers: at one point or over many rows, values and gradients. `traced` does so automatically, at the
first call for each structure of the arguments. A replay returns what the engine would return, to the last bit.
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
    """Trace `function` at example arguments and return its program.

    Values that the function closes over become the program's parameters, whose numbers are read anew at each replay;
    anything else it closes over, including plain numbers, stays as it was. The function's own exceptions propagate.

    Args:
        function: The function to trace.
        example, keywords: Arguments for `function`. Their floats become the program's inputs, as do ints that the
            function uses only as indices of `take`; other ints, strings and objects are static, part of the program.
        fast: Whether to make a fast program, see `Program`.

    Raises:
        GraphError: The function does something that a replay could not repeat: it reads or computes gradients, draws
            random numbers, makes text of numbers, or assigns or stores anything outside itself.

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
    """Trace the program of a call, noting in `static`, by the call's key, which arguments have static ints."""
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
    """A function as a list of operations, replayed at any numbers. `trace` makes one from a function.

    The constructor makes one from an existing graph. Called with one number for each input, it then returns numbers in
    the structure of `output`.

    A `fast` program lets the native engine add the terms of a sum in another order, fuse a product with the sum it is
    added to, and compute exp and tanh with vector instructions. Each operation is then off by at most 4 units in the
    last place (a sum, relative to its terms), and gradients by 1e-12 relative to their condition; the number of threads
    still changes no bit. Guards compare these numbers, so a point next to a boundary may end up on either side. Without
    the native engine a fast program is exact.

    Args:
        output: A Value, or numbers and Values in a structure.
        inputs: The leaves for which each call supplies numbers.
        parameters: Other leaves, in the order you want; any you do not list follow.
        fast: Whether the program is a fast one.

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
        """Return what the function returns on floats; if an argument is a Value, return a Value with its gradient."""
        call = self._checked(arguments, keywords)
        if any(type(x) is Value for x in call.numbers):
            return self._recorded(call)
        branch, outputs = self._replays.values(self._numbers(call))
        return branch.result(outputs)

    def value_and_grad(self, *arguments: Any, argnums: Argnums = 0, **keywords: Any) -> tuple[Any, Any]:
        """Return the value and its gradient by the arguments in `argnums`; see `autograd_core.value_and_grad`.

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
        """Return only the gradient; see `value_and_grad`."""
        return self.value_and_grad(*arguments, argnums=argnums, **keywords)[1]

    def backward(self, *arguments: Any, **keywords: Any) -> Any:
        """Return the value, and add its gradient to the `grad` of the parameters, as `backward()` of the result does.

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
        """Return the same program over many rows at once.

        Args:
            in_axes: As in JAX's `vmap`: for each positional argument the axis that holds the rows, or None if all rows
                share the argument; or one such entry for all arguments. Keyword arguments are shared by all rows. NumPy
                arrays have rows along that axis; lists and `array.array` have one row per item.
            threads: The maximum number of threads, which changes no bit of the results.
            progress: Called with the number of rows done and the total.

        >>> rows = trace(lambda x, w: x * w, 1.0, 1.0).over_rows((0, None))
        >>> rows([1.0, 2.0], 10.0), rows.grad([1.0, 2.0], 10.0, argnums=1)
        ([10.0, 20.0], 3.0)
        """
        return Rows(lambda call: self, in_axes, threads, progress)

    # --- What it holds -----------------------------------------------------------------------------------------

    def explain(self) -> str:
        """Describe each branch: its operations by kind, those that no output needs, its guards, and how it is played.

        The C player turns operations into fewer, larger steps; what it did not find is said with the reason.

        >>> print(trace(lambda x: x * x if x > 0.0 else -x, 2.0).explain().replace("<lambda>", "f"))
        f: 1 branch
        branch 1: 1 operation on 1 input, 0 parameters and 1 constant; 1 output, 35 bytes
            1 mul
            1 guard: 1 gt
            ...
        """
        return explained(self.name, list(self._replays.branches), self.fast)

    def stats(self) -> dict[str, int]:
        """Return the number of branches, and their total numbers of operations, slots, guards and bytes."""
        return stats(list(self._replays.branches))

    def draw(self, *arguments: Any, **options: Any) -> Any:
        """Draw the operations on the branch of these arguments, with their numbers; several outputs as their sum.

        Args:
            arguments: Positional arguments for the program.
            options: The options of `autograd_core.draw`.
        """
        call = self._checked(arguments, {})
        numbers = self._numbers(call)
        branch = self._replays.branch_of(numbers)
        names = [f"x{i}" for i in range(len(numbers))]
        found = [x for x in graph(branch.listing, numbers, branch.parameters, names) if type(x) is Value]
        if not found:
            raise GraphError(f"{self.name} returns a constant here, so there is nothing to draw")
        from .draw import draw  # only here: it is large

        return draw(found[0] if len(found) == 1 else sum_of(found), **options)

    # --- Files -------------------------------------------------------------------------------------------------

    @property
    def parameters(self) -> list[Value]:
        """The Values whose numbers each replay reads anew, over all branches."""
        return list(dict.fromkeys(node for branch in self._replays.branches for node in branch.parameters))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the program to a file, with the numbers of its parameters; `Program.load` reads it.

        The file is versioned text without code, and is written atomically.

        Raises:
            GraphError: The program contains a primitive, or static arguments other than numbers and strings.
            OSError: The file cannot be written.
        """
        parameters = self.parameters
        numbers = {"parameters": [node._data.hex() for node in parameters], "labels": [x.label for x in parameters]}
        saving.write(path, {**self._state(parameters), **numbers})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Program:
        """Load a program that `save` wrote; its `parameters` are new leaves with the saved numbers.

        It knows only the branches that had been traced when it was saved; calling it with numbers on any other raises
        GraphError. If several operations have no value, the error may come from any of them, not always the first.

        Raises:
            ValueError: The file is not a program, is damaged, or has another version.
            OSError: It cannot be read.
        """
        state = saving.read(path)
        try:
            pairs = zip(state["parameters"], state["labels"], strict=True)
            parameters = [parameter(float.fromhex(number), label) for number, label in pairs]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{os.fspath(path)!r} is damaged ({error})") from None
        return program_from(state, parameters, None)

    def to_javascript(self) -> str:
        """Return the program as a self-contained script for Node and browsers.

        It defines `parameters`, their current numbers, and `program(inputs, parameters)`, which returns `values`, all
        numbers in the function's result in order, and `gradients(seed)`, of the first of them by inputs and parameters.
        It throws on a branch that has not been traced. Functions such as exp are the browser's, which may differ in the
        last units.

        Raises:
            GraphError: The program contains a primitive.
        """
        from ._program.exporting import in_javascript  # only here: the translator is large

        return in_javascript(self.name, list(self._replays.branches), self.parameters)

    def to_c(self) -> str:
        """Return the program as a C file that needs only the C library: `cc -O2 -ffp-contract=off file.c -lm`.

        It defines `program_parameters`, their current numbers, `program(inputs, parameters, outputs)` and
        `program_gradients(inputs, parameters, outputs, by_input, by_parameter)`. Both return 0 on success, 1 for a
        branch that has not been traced, 2 if an operation has no value, and 3 if memory runs out. With the same C
        library the numbers are those of the program, except for hypot, norm, gamma and lgamma, which are the library's.

        Raises:
            GraphError: The program contains a primitive.
        """
        from ._program.exporting_c import in_c  # only here, as below

        return in_c(self.name, list(self._replays.branches), self.parameters)

    def to_python(self) -> str:
        """Return the program as a module in plain Python, on floats and without dependencies.

        It defines `parameters`, their current numbers, `program(inputs, parameters)`, which returns all numbers in the
        function's result in order, and `gradients`, of the first of them by inputs and then by parameters. The numbers
        are the program's to the last bit. If an operation has no value, the module raises an error of the same type; on
        a branch that has not been traced, it raises LookupError.

        Raises:
            GraphError: The program contains a primitive.
        """
        from ._program.exporting_python import in_python  # only here, as above

        return in_python(self.name, list(self._replays.branches), self.parameters)

    def to_numpy(self) -> str:
        """Return the program as a Python module that needs only NumPy.

        It defines `parameters`, their current numbers, `program(inputs, parameters)` on a list of arrays, which returns
        all numbers in the function's result in order, each as an array over the rows, and `gradients`, of the first of
        them by inputs and parameters, row by row. A row that raises, or is on a branch that has not been traced, is
        NaN. Functions such as exp are NumPy's, which may differ in the last units.

        Raises:
            GraphError: The program contains a primitive.
            NotImplementedError: It contains an operation that cannot be translated.
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
    """Rebuild a program from its state; pickles call this."""
    name, arguments, moving, branches, fast = saving.program_of(state, parameters)
    program = Program.__new__(Program)
    program._begin(function, arguments, set(), fast)
    program._moving, program.name = moving, name
    for branch in branches:
        program._replays.branches.add(branch)
    return program


def _pickles(function: Any) -> bool:
    """Return whether a function can be pickled, by its qualified name."""
    found: Any = sys.modules.get(getattr(function, "__module__", ""))
    for part in getattr(function, "__qualname__", "").split("."):
        found = getattr(found, part, None)
    return found is function


def traced(function: Function | None = None, *, in_axes: Axes | str = "none", fast: bool = False) -> Any:
    """Decorate a function to be traced at the first call for each structure of its arguments, and replayed afterwards.

    Calls return what `function` returns. A number that depends on Values is a single node on the arguments and
    parameters, and its `backward()` has the same effect as that of the function's own graph. If several numbers depend
    on Values, the engine builds the graph at each call instead of replaying; use `trace(…).value_and_grad` or
    `over_rows` for that.

    Args:
        function: The function to decorate.
        in_axes: Makes it a program over rows, see `Program.over_rows`.
        fast: Makes its programs fast, see `Program`.

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
    """A function that is traced and replayed; see `traced`. `programs` lists the programs traced so far."""

    __name__: str
    __qualname__: str

    def __init__(self, function: Function, *, fast: bool = False) -> None:
        update_wrapper(self, function, updated=())
        self._function, self.fast = function, checked_fast(fast)
        self._programs: dict[Any, Program] = {}
        self._static: dict[Any, set[int]] = {}

    @property
    def programs(self) -> list[Program]:
        """The programs, one for each structure of the arguments and combination of static values."""
        return list(self._programs.values())

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Return what the function returns."""
        if running() is not None:  # within another trace it is an ordinary function
            return self._function(*arguments, **keywords)
        call = opened(arguments, keywords)
        return self.program_for(call)._recorded(call)

    def program_for(self, call: Arguments) -> Program:
        """Return the program for a call, tracing it if necessary."""
        static = self._static.get(call.key, set())
        ints = tuple(x for i, x in enumerate(call.numbers) if type(x) is int and call.argument_of(i) in static)
        program = self._programs.get((call.key, ints))
        if program is None:
            program = _traced_program(self._function, call, self._static, self.fast)
            self._programs[call.key, tuple(program._static(call))] = program
            if len(self._programs) == MANY:
                warnings.warn(
                    f"{self.__name__} now has {MANY} programs, one for each structure and static value of its "
                    "arguments; to keep an int that only indexes a table from being static, use take(table, i)",
                    GraphWarning,
                    stacklevel=3,
                )
        return program

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Bind to an instance, as functions do when they are methods."""
        return self if instance is None else MethodType(self, instance)

    def __reduce__(self) -> str | tuple[Function, tuple[Any, ...]]:
        return self.__qualname__ if _pickles(self) else (partial(traced, fast=self.fast), (self._function,))

    def __repr__(self) -> str:
        return f"<traced {getattr(self, '__qualname__', self._function)}>"
