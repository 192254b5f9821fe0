"""Traced programs: write a function once, on scalars, and replay it without running its Python code again.

`trace` runs a function on fresh leaves and records its operations as a flat list (`_program/listing.py`). The code in
`_program/players.py` replays this list with other numbers: at one point or over many rows of inputs, for values and
gradients. `traced` does both automatically: it traces a function at the first call for each structure of the arguments
(how their numbers are nested), and replays it at later calls. A replay returns the same numbers as running the function
would, to the last bit.
"""

from __future__ import annotations

import warnings
from functools import partial, update_wrapper
from types import MethodType
from typing import Any

from ._engine.traces import running
from ._operations.choosing import max, min, take
from ._operations.integers import Static
from ._program.arguments import Arguments, checked_fast, opened
from ._program.branches import MANY
from ._program.over_rows import Axes, Rows
from ._program.program import Program
from ._transforms.calls import Function, is_named, name_of, takes
from .errors import GraphWarning

__all__ = ["Program", "Rows", "Traced", "max", "min", "take", "trace", "traced"]


def trace(function: Function, *example: Any, fast: bool = False, **keywords: Any) -> Program:
    """Trace `function` at example arguments and return its program.

    Values that the function closes over become the program's parameters, whose numbers are read anew at each replay.
    If the function reads anything else besides its arguments, such as a plain number that it closes over, the program
    keeps using what the function read during the trace, even if it changes later. (`traced` notices such a change.) The
    function's own exceptions propagate.

    Args:
        function: The function to trace.
        example, keywords: Arguments for `function`. Their floats become the program's inputs, as do ints that the
            function uses only as indices for `take`; other ints, strings and objects are static: they become part of
            the program.
        fast: Whether to make a fast program; see `Program`.

    Raises:
        GraphError: The function does something that a replay could not repeat: it reads or computes gradients, draws
            random numbers, formats numbers as text, catches an operation's error, assigns `data`, stores a number that
            it computed, or changes something on which its result depends, such as a counter or an iterator. A call to
            the program raises it too if the function would take a new branch, such as the other side of an `if`, but
            something that it reads has changed since the trace.

    >>> from autograd_core import tanh
    >>> program = trace(lambda x, y: tanh(x * y) + x, 0.5, 1.0)
    >>> program(0.0, 3.0), program.grad(0.0, 3.0)
    (0.0, 4.0)
    """
    actual = _callable(function, "trace(f, x)")
    if fast and takes(actual, "fast"):
        raise TypeError(
            "both trace and the function have a parameter named fast: trace a lambda that passes fast to the function"
        )
    return _traced_program(actual, opened(example, keywords), {}, checked_fast(fast))


def _callable(function: Any, written: str) -> Function:
    if not callable(function):
        raise TypeError(f"{written} takes a function f; got {function!r} of type {type(function).__name__}")
    found: Function = function
    return found


def _traced_program(function: Function, arguments: Arguments, static: dict[Any, set[int]], fast: bool) -> Program:
    """Trace `function` at the arguments of a call, and return the program.

    `static` maps the key of a call (for the structure of its arguments) to the indices of the arguments that contain
    static ints, which are part of the program; this function adds the indices that it finds.
    """
    while True:
        program = Program.__new__(Program)
        program._begin(function, arguments, static.get(arguments.key, set()), fast)
        try:
            program._replays.traced(program._numbers(arguments))
        except Static as used:
            static.setdefault(arguments.key, set()).add(arguments.argument_of(used.position))
        else:
            return program


def traced(function: Function | None = None, *, in_axes: Axes | str = "none", fast: bool = False) -> Any:
    """Decorate a function so that it is traced at the first call for each structure of its arguments, then replayed.

    Calls return what `function` returns. A returned number that depends on Values is a single node, whose operands are
    the arguments and the parameters (the Values that the function closes over). Calling `backward()` on this node has
    the same effect as on the function's own result. In a larger graph, the gradient that reaches the node is multiplied
    by the gradients of the whole function, so the result may be rounded differently. If the gradient that reaches the
    node is infinite or NaN, it is instead propagated through the function's operations, so it reaches the same operands
    as without tracing. If the function returns several numbers, each call runs the function itself instead of replaying
    it; to replay such a function on floats, use the program that `trace` returns.

    The function is traced again if anything else that it reads has changed: a variable of an outer function, a global,
    an attribute, or the contents of a container. This is checked before each replay, for up to a million objects and
    items of containers in total. Some changes cannot be noticed, such as those of the time, of a file, or of an
    attribute whose name is computed: these are read only during the trace. At most 16 programs are kept for each
    structure; a call that would need another program runs the function itself.

    Args:
        function: The function to decorate.
        in_axes: If given, each call replays the function over many rows of inputs; see `Program.over_rows`.
        fast: Whether to make fast programs; see `Program`.

    >>> from autograd_core import Value
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
    return update_wrapper(Rows(name_of(function), made.program_for, in_axes), function, updated=())


class Traced:
    """A function that is traced and replayed; see `traced`. `programs` lists the programs traced so far."""

    __qualname__: str

    def __init__(self, function: Function, *, fast: bool = False) -> None:
        update_wrapper(self, function, updated=())
        self._function, self.fast = function, checked_fast(fast)
        self._programs: dict[Any, list[Program]] = {}
        self._static: dict[Any, set[int]] = {}

    @property
    def programs(self) -> list[Program]:
        """The programs: for each structure of the arguments and each combination of static values, one or more.

        There is more than one if something else that the function reads has changed between calls.
        """
        return [program for programs in self._programs.values() for program in programs]

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Return what the function returns."""
        if running() is not None:  # within another trace, this is an ordinary function
            return self._function(*arguments, **keywords)
        call = opened(arguments, keywords)
        program = self._program_for(call)
        return self._function(*arguments, **keywords) if program is None else program._recorded(call)

    def program_for(self, call: Arguments) -> Program:
        """Return the program for a call, tracing it if necessary."""
        return self._program_for(call) or _traced_program(self._function, call, self._static, self.fast)

    def _program_for(self, call: Arguments) -> Program | None:
        """Return a program that has read what the function would read now; None if too many are out of date."""
        ints: tuple[int, ...] = ()
        if static := self._static.get(call.key):
            ints = tuple(x for i, x in enumerate(call.numbers) if type(x) is int and call.argument_of(i) in static)
        change, programs = None, self._programs.get((call.key, ints), ())
        for program in programs:
            change = program._captured.change()
            if change is None:
                return program
        if len(programs) == MANY:
            return None
        program = _traced_program(self._function, call, self._static, self.fast)
        self._keep(program, call, change)
        return program

    def _keep(self, program: Program, call: Arguments, change: str | None) -> None:
        programs = self._programs.setdefault((call.key, tuple(program._static(call))), [])
        message = None
        if not programs and len(self._programs) == MANY:
            message = (
                "one for each structure and static value of its arguments; to keep an int that only indexes a table "
                "from being static, use take(table, i)"
            )
        elif len(programs) == MANY - 1:
            message = (
                f"the latest because {change} changed; pass the changing value as an argument, since from now on the "
                "function itself runs whenever none of these programs fits"
            )
        programs.insert(0, program)
        if message is not None:
            name = name_of(self._function)
            warnings.warn(f"{name} now has {MANY} programs, {message}", GraphWarning, stacklevel=4)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Bind the traced function to an instance, as Python does with methods."""
        return self if instance is None else MethodType(self, instance)

    def __reduce__(self) -> str | tuple[Function, tuple[Any, ...]]:
        return self.__qualname__ if is_named(self) else (partial(traced, fast=self.fast), (self._function,))

    def __repr__(self) -> str:
        return f"<traced {getattr(self, '__qualname__', self._function)}>"
