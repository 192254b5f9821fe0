"""Integer indices for `take`, including the int arguments of a function that `trace` records.

These arguments may differ from one replay of the recorded program to the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn


class Static(BaseException):
    """An int argument of a traced function was used as something other than an index for `take`.

    Such an argument must be static: a recorded program is valid for only one value of the argument. `Static` does not
    derive from `Exception`, so that `except Exception` in the traced function does not catch it. `position` is the
    int's index among the numbers in the arguments.
    """

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


class Integer:
    """The stand-in for an int argument during tracing: `take` may index with it; any other use raises `Static`."""

    __slots__ = ("node", "position")

    def __init__(self, position: int, node: Any) -> None:
        self.position, self.node = position, node

    @property
    def __class__(self) -> type:  # so that isinstance treats it as the int that it stands for
        return int

    @__class__.setter
    def __class__(self, other: type) -> None:
        self._static()

    def _static(self, *others: Any) -> NoReturn:
        raise Static(self.position)


for _name in (
    "add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "floordiv", "rfloordiv", "mod", "rmod", "pow",
    "rpow", "divmod", "rdivmod", "lshift", "rlshift", "rshift", "rrshift", "and", "rand", "or", "ror", "xor", "rxor",
    "neg", "pos", "abs", "invert", "bool", "int", "float", "complex", "index", "round", "trunc", "floor", "ceil",
    "eq", "ne", "lt", "le", "gt", "ge", "hash", "repr", "str", "format", "getattr", "reduce", "reduce_ex", "copy",
    "deepcopy", "iter", "len", "contains", "getitem",
):  # fmt: skip  # a list of all special methods that a number may have
    setattr(Integer, f"__{_name}__", Integer._static)


def index_of(thing: Any) -> Any:
    """Return the index for `take`: the node behind an int that is being traced, or anything else unchanged."""
    return thing.node if type(thing) is Integer else thing


def chosen(xs: Sequence[float]) -> float:
    """Return the element of `xs[1:]` at the index `xs[0]`."""
    count = len(xs) - 1
    for j in range(count):
        if xs[0] == j or xs[0] == j - count:
            return xs[j + 1]
    raise ValueError("the first operand must be an integer index into the others")


def chosen_slopes(xs: Sequence[Any], z: Any) -> list[float]:
    """Return the derivatives of a choice: 1 for the chosen element, 0 for the other elements and for the index."""
    count = len(xs) - 1
    return [0.0, *[1.0 if xs[0] == j or xs[0] == j - count else 0.0 for j in range(count)]]


def not_chosen(xs: Sequence[float], variable: Sequence[bool]) -> list[bool]:
    """Return, for each operand of a choice, whether the derivative with respect to it is flat (zero nearby as well).

    The derivative is flat for every operand except the chosen element.
    """
    return [slope == 0.0 for slope in chosen_slopes(xs, None)]
