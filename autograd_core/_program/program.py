"""The class Program: a function recorded as a list of operations."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from .._engine.traces import running
from .._operations.operation import CONSTANT
from .._transforms.calls import Argnums, Function, is_named, scalar
from .._transforms.trees import taken_apart
from ..errors import GraphError
from ..graph import leaves
from ..value import Value, parameter
from . import saving
from .arguments import checked_fast, opened
from .branches import Branch
from .explaining import explained, stats
from .listing import Listing
from .over_rows import Axes, Rows
from .replayed import Replayed


class Program(Replayed):
    """A function as a list of operations that can be replayed with any numbers.

    `trace` makes a program from a function. The constructor makes a program from an existing graph; this program takes
    one number for each input and returns numbers in the structure of `output`. A graph does not record the order in
    which its nodes were made. So if several operations in a program made from a graph have no value, the program may
    raise the error of any one of them.

    A `fast` program lets the native engine add the terms of a sum in a different order, fuse a multiplication with the
    addition that follows it, and compute exp and tanh with vector instructions. The error of each operation is then at
    most 4 units in the last place (for a sum, relative to the size of its terms). The error of a gradient is at most
    1e-12 times the gradient's condition number, which is the change in the gradient per small relative change in each
    step of the computation. The results still do not depend on the number of threads. Comparisons, and the other
    questions that decide which branch is taken, use these less exact numbers, so a point close to a boundary between
    branches may take either one. Without the native engine, a fast program is exact.

    Args:
        output: A Value, or a structure of numbers and Values.
        inputs: The leaves for which each call supplies numbers.
        parameters: The other leaves, in any order. Leaves that you leave out are added at the end.
        fast: Whether to make a fast program.

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
                kind = type(x).__name__
                raise TypeError(f"inputs and parameters of a Program must be Values; got {x!r} of type {kind}")
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
        """Return the function's result; if an argument is a Value, the result can be differentiated."""
        if (trace := running()) is not None:
            return self._within(trace, arguments, keywords)
        call = self._checked(arguments, keywords)
        if any(type(x) is Value for x in call.numbers):
            return self._recorded(call)
        branch, outputs = self._replays.values(self._numbers(call))
        return branch.result(outputs)

    def value_and_grad(self, *arguments: Any, argnums: Argnums = 0, **keywords: Any) -> tuple[Any, Any]:
        """Return the value and its gradient with respect to the arguments in `argnums`.

        `argnums` has the same meaning as in `autograd_core.value_and_grad`.

        >>> from autograd_core import trace
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
        """Return the value, and add its gradient to the parameters' `grad`, as `backward()` on the result would.

        >>> from autograd_core import trace
        >>> w = Value(3.0)
        >>> trace(lambda x: x * w, 1.0).backward(2.0), w.grad
        (6.0, 2.0)
        """
        node = self._node(self._checked(arguments, keywords))
        if node is NotImplemented:
            raise GraphError(f"{self.name} returns several numbers, but backward() needs exactly one; return their sum")
        if type(node) is not Value:
            raise GraphError(f"{self.name} depends on no parameter, so there is no gradient to add; see value_and_grad")
        node.backward()
        return node._data

    def over_rows(
        self, in_axes: Axes = 0, *, threads: int = 1, progress: Callable[[int, int], None] | None = None
    ) -> Rows:
        """Return a callable that replays this program for many rows of inputs in one call.

        Args:
            in_axes: As in JAX's `vmap`: for each positional argument, the axis along which its rows lie, or None if
                all rows share the argument. A single entry applies to all positional arguments. Keyword arguments are
                shared by all rows. A NumPy array has its rows along the given axis; in a list or `array.array`, each
                item is a row.
            threads: The maximum number of threads; the results are the same, bit for bit, for any number of threads.
            progress: A function that is called with the number of rows done so far and the total number of rows.

        >>> from autograd_core import trace
        >>> rows = trace(lambda x, w: x * w, 1.0, 1.0).over_rows((0, None))
        >>> rows([1.0, 2.0], 10.0), rows.grad([1.0, 2.0], 10.0, argnums=1)
        ([10.0, 20.0], 3.0)
        """
        return Rows(self.name, lambda call: self, in_axes, threads, progress)

    # --- Descriptions ------------------------------------------------------------------------------------------

    def explain(self) -> str:
        """Describe each branch: its operations, counted by kind, its guards, and how it is replayed.

        Operations that no output needs are also listed separately. The C player combines operations into fewer, larger
        steps; the description states which operations the player could not combine, and why.

        >>> from autograd_core import trace
        >>> print(trace(lambda x: x * x if x > 0.0 else -x, 2.0).explain().replace("<lambda>", "f"))
        f: 1 branch
        branch 1: 1 operation on 1 input, 0 parameters and 1 constant; 1 output, 35 bytes
            1 mul
            1 guard: 1 gt
            ...
        """
        return explained(self.name, list(self._replays.branches), self.fast)

    def stats(self) -> dict[str, int]:
        """Return the number of branches, and the totals of their operations, slots (for numbers), guards and bytes."""
        return stats(list(self._replays.branches))

    def draw(self, *arguments: Any, steps: bool | None = None, **options: Any) -> Any:
        """Draw the branch that these arguments take or, without arguments, all branches that have been traced.

        A large program is drawn as the steps in which it is replayed. The drawing shows the inputs and parameters, the
        steps that `explain` lists, the guards and the output. If more than one number flows along an edge, the edge's
        label says how many. Steps that belong together share a box. The C player finds the steps. Without this player,
        each operation is a step, and if there are more than 2000 steps, all of them share one box.

        A small program is drawn as its operations, with their numbers, so this drawing needs arguments; if there are
        several outputs, their sum is drawn.

        Args:
            arguments: Positional arguments for the program.
            steps: Whether to draw the steps instead of the operations. By default, the steps are drawn if the branch
                has more than 48 operations, or if there are no arguments.
            options: The options of `autograd_core.draw`. A drawing of steps takes only direction, precision, max_nodes
                and time_limit.

        Raises:
            GraphError: There is nothing to draw, because the program returns a constant.

        >>> from autograd_core import trace
        >>> trace(lambda x: x * x, 2.0).draw()
        <Drawing of <lambda>: 2 boxes, 1 edge; a notebook shows it, .save('graph.svg') writes it>
        """
        from .sketch import drawing_of  # imported only here, since the drawing code is large

        return drawing_of(self, arguments, steps, options)

    # --- Files -------------------------------------------------------------------------------------------------

    @property
    def parameters(self) -> list[Value]:
        """The parameters of all branches: Values whose current numbers are read at each replay."""
        return list(dict.fromkeys(node for branch in self._replays.branches for node in branch.parameters))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the program to a file, with the numbers of its parameters; `Program.load` reads the file.

        The file is text with a format version and contains no code. It is written atomically.

        Raises:
            GraphError: The program contains a primitive, or static arguments other than numbers and strings.
            OSError: The file cannot be written.
        """
        parameters = self.parameters
        numbers = {"parameters": [node._data.hex() for node in parameters], "labels": [x.label for x in parameters]}
        saving.write(path, {**self._state(parameters), **numbers})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Program:
        """Load a program that `save` wrote; the program's `parameters` are new leaves with the saved numbers.

        The program knows only the branches that had been traced when it was saved; calling it with numbers that take
        any other branch raises GraphError. If an operation has no value, the program raises the error that the function
        itself would raise first. The error message mentions the labels of parameters, but no other labels.

        Raises:
            ValueError: The file does not contain a program, is damaged, or is in a format version that cannot be read.
            OSError: The file cannot be read.
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

        The script defines `parameters`, the current numbers of the parameters, and `program(inputs, parameters)`. The
        function `program` returns an object with `values`, all numbers in the result in order, and `gradients(seed)`, a
        function that returns the gradients of the first number with respect to inputs and parameters, times `seed`. If
        an operation has no value, `program` throws the error that the traced function would raise first, as a
        `py.Raised` whose `kind` names the exception. On a branch that has not been traced, `program` throws a
        RangeError. Functions such as exp are those of JavaScript, whose results may differ in the last digits.

        Raises:
            GraphError: The program contains a primitive.
        """
        from .exporting import in_javascript  # imported only here, since the translator is large

        return in_javascript(self.name, list(self._replays.branches), self.parameters)

    def to_c(self) -> str:
        """Return the program as a C file that needs only the C library.

        Compile the file with `cc -O2 -ffp-contract=off file.c -lm`. The file defines `program_parameters` (the current
        numbers of the parameters), `program(inputs, parameters, outputs)` and `program_gradients(inputs, parameters,
        outputs, by_input, by_parameter)`. Both functions return 0 on success, 1 on a branch that has not been traced, 2
        if an operation has no value, and 3 if memory runs out. If both 1 and 2 apply, they return the code for
        whichever the traced function would meet first. With the same C library, the numbers equal the program's, except
        where they depend on hypot, norm, gamma or lgamma, which the library computes.

        Raises:
            GraphError: The program contains a primitive.
        """
        from .exporting_c import in_c  # imported only here, since the translator is large

        return in_c(self.name, list(self._replays.branches), self.parameters)

    def to_python(self) -> str:
        """Return the program as a module in plain Python, which works on floats and has no dependencies.

        The module defines `parameters`, the current numbers of the parameters; `program(inputs, parameters)`, which
        returns all numbers in the function's result in order; and `gradients(inputs, parameters)`, which returns the
        gradients of the first number with respect to inputs and then parameters. The numbers equal the program's to the
        last bit. If an operation has no value, both functions raise an error of the type that the traced function would
        raise first; on a branch that has not been traced, they raise LookupError.

        Raises:
            GraphError: The program contains a primitive.
        """
        from .exporting_python import in_python  # imported only here, since the translator is large

        return in_python(self.name, list(self._replays.branches), self.parameters)

    def to_numpy(self) -> str:
        """Return the program as a Python module that needs only NumPy.

        The module defines `parameters`, the current numbers of the parameters; `program(inputs, parameters)`, which
        takes a list with an array for each input, and returns a list with an array for each number in the function's
        result; and `gradients(inputs, parameters)`, which returns the gradients of the first number with respect to
        inputs and then parameters, each as an array. Each position in the arrays is one row. For a row that would raise
        an error or takes a branch that has not been traced, the results are NaN. Functions such as exp are NumPy's,
        whose results may differ in the last digits.

        Raises:
            GraphError: The program contains a primitive.
            NotImplementedError: The program contains an operation that cannot be translated.
        """
        from .exporting_python import in_numpy  # imported only here, since the translator is large

        return in_numpy(self.name, list(self._replays.branches), self.parameters)

    def __reduce__(self) -> tuple[Function, tuple[Any, ...]]:
        parameters, function = self.parameters, self._function
        return program_from, (self._state(parameters), parameters, function if is_named(function) else None)

    def _state(self, parameters: list[Value]) -> dict[str, Any]:
        return saving.state_of(
            self.name, self._arguments, self._moving, list(self._replays.branches), parameters, self.fast
        )


def program_from(state: dict[str, Any], parameters: Sequence[Value], function: Function | None) -> Program:
    """Rebuild a program from its state; unpickling calls this function."""
    name, arguments, moving, branches, fast = saving.program_of(state, parameters)
    program = Program.__new__(Program)
    program._begin(function, arguments, set(), fast)
    program._moving, program.name = moving, name
    for branch in branches:
        program._replays.branches.add(branch)
    return program
