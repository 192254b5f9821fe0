"""The class Shape, which describes how an operation, and the functions in its row of the table, are called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Any


@dataclass(frozen=True, slots=True)
class Shape:
    """The parameters of an operation: either each is a number, or each is a list, and all lists have the same length.

    `orders` holds the indices of the operands that are integers and not variables, such as the order of a derivative.

    >>> from autograd_core import TABLE
    >>> TABLE["hypot"].shape, TABLE["dot"].shape
    (Shape(x, y), Shape([xs], [ys]))
    """

    parameters: tuple[str, ...]
    lists: bool = False
    orders: tuple[int, ...] = ()

    @property
    def together(self) -> bool:
        """Whether the row's functions take all operands as one sequence, as they do if there can be more than two."""
        return self.lists or len(self.parameters) > 2

    @property
    def signature(self) -> Signature:
        """The signature that `help` shows."""
        return Signature([Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in self.parameters])

    def arguments(self, operands: Sequence[Any]) -> list[Any]:
        """Return the arguments with which to call the operation's function on these operands.

        >>> Shape(("xs", "ys"), lists=True).arguments([1.0, 2.0, 3.0, 4.0])
        [[1.0, 2.0], [3.0, 4.0]]
        """
        if not self.lists:
            return list(operands)
        size = len(operands) // len(self.parameters)
        return [list(operands[i * size : (i + 1) * size]) for i in range(len(self.parameters))]

    def gathering(self, name: str) -> Callable[..., tuple[Any, ...]]:
        """Return a function that takes the arguments of operation `name` and returns all operands as one tuple.

        The returned function raises ValueError if it is given two lists of different lengths.
        """

        def numbers(*arguments: Any) -> tuple[Any, ...]:
            if len(arguments) != len(self.parameters):
                raise TypeError(f"{name} takes {len(self.parameters)} numbers, not {len(arguments)}")
            return arguments

        def one_list(xs: Any) -> tuple[Any, ...]:
            return items(name, xs)

        def two_lists(xs: Any, ys: Any) -> tuple[Any, ...]:
            xs, ys = items(name, xs), items(name, ys)
            if len(xs) != len(ys):
                raise ValueError(f"{name} takes two lists of the same length; got {len(xs)} and {len(ys)} numbers")
            return (*xs, *ys)

        gather: Any = numbers if not self.lists else one_list if len(self.parameters) == 1 else two_lists
        gather.__signature__ = self.signature
        gathers: Callable[..., tuple[Any, ...]] = gather
        return gathers

    def __repr__(self) -> str:
        return f"Shape({', '.join(f'[{name}]' if self.lists else name for name in self.parameters)})"


NO_OPERANDS = Shape(())
ONE_NUMBER = Shape(("x",))
TWO_NUMBERS = Shape(("x", "y"))
ORDER_AND_NUMBER = Shape(("x", "y"), orders=(0,))
ONE_LIST = Shape(("xs",), lists=True)
TWO_LISTS = Shape(("xs", "ys"), lists=True)


def items(name: str, xs: Any) -> tuple[Any, ...]:
    """Return the items of `xs`, an argument of operation `name`; raise TypeError if `xs` is not iterable."""
    if hasattr(xs, "__iter__"):
        return (*xs,)
    raise TypeError(f"{name} takes a list of numbers; got {xs!r} of type {type(xs).__name__}")
