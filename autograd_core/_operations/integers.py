"""Whole numbers that `take` chooses by: also those that a trace knows as inputs, and not as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn


class Static(BaseException):
    """An int among the arguments of a traced function was used for more than choosing by `take`: it has to be static.

    It is none of the errors that a function catches. `position`, which of the numbers of the arguments it is.
    """

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


class Integer:
    """An int among the arguments while it is traced: `take` may choose by it; whatever else is done makes it static."""

    __slots__ = ("node", "position")

    def __init__(self, position: int, node: Any) -> None:
        self.position, self.node = position, node

    @property
    def __class__(self) -> type:  # so that isinstance says what it will be
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
):  # fmt: skip  # a list: all that Python asks of a number
    setattr(Integer, f"__{_name}__", Integer._static)


def index_of(thing: Any) -> Any:
    """What `take` chooses by: the node behind an int that is traced, anything else as it is."""
    return thing.node if type(thing) is Integer else thing


def chosen(xs: Sequence[float]) -> float:
    """The number of a list that the index before it names."""
    count = len(xs) - 1
    for j in range(count):
        if xs[0] == j or xs[0] == j - count:
            return xs[j + 1]
    raise ValueError("the index, which stands first, is not a whole number that names one")


def chosen_slopes(xs: Sequence[Any], z: Any) -> list[float]:
    """1 by the number that is chosen, 0 by every other and by the index."""
    count = len(xs) - 1
    return [0.0, *[1.0 if xs[0] == j or xs[0] == j - count else 0.0 for j in range(count)]]


def not_chosen(xs: Sequence[float], variable: Sequence[bool]) -> list[bool]:
    """Of the index, and of each number: it is not the one that is chosen."""
    return [slope == 0.0 for slope in chosen_slopes(xs, None)]
