"""What one row of the table of operations holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import Parameter, Signature, signature
from math import copysign
from typing import Any

from .shape import NO_OPERANDS, Shape

# Where an operation's derivative is flat: a function of its operands as numbers.
Flat = Callable[..., bool]
# A local derivative is a function of the operands and the result, or a number where it is constant.
Derivative = Callable[..., Any] | float


def first(x: Any, y: Any, z: Any) -> Any:
    """The local derivative that is the first operand."""
    return x


def second(x: Any, y: Any, z: Any) -> Any:
    """The local derivative that is the second operand."""
    return y


# What a sweep records in place of a derivative that is zero in a whole neighbourhood, and of an adjoint that nothing
# has reached: no path. It reads as 0, and adding to it changes no bit; a zero that is only the value of a derivative
# at this point is recorded as 0.0, and times infinity it is NaN.
NOTHING = -0.0


def is_nothing(x: Any) -> bool:
    """Whether a number, or a Value, is `NOTHING`."""
    return type(x) is float and x == 0.0 and copysign(1.0, x) < 0.0


@dataclass(frozen=True, slots=True)
class Domain:
    """Where an operation is defined, for its messages, its tests and the strategies.

    `text` completes the sentence "log is defined for …"; `contains` answers for given operands (floats);
    `special` lists the numbers near which something happens, to be tried first.
    """

    text: str
    contains: Callable[..., bool]
    special: tuple[float, ...] = ()


def always(*operands: float) -> bool:
    """Every operand is in the domain."""
    return True


EVERYWHERE = Domain("every number", always)


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation: its value, its local derivatives, and what is needed to name, draw, check and print it.

    `shape` says how it is called. `value` takes floats and gives a float. `derivatives` holds, for each operand,
    ∂result/∂operand as a function of operands and result that works on floats and on `Value`s alike; where operands
    are taken together, it is one function that takes all of them and the result and gives the list. `evaluate` and
    `slopes` call both. `formula` and `derivative_formulas` are the same in
    print, in Python's syntax, with `{x}`, `{y}` for the operands and `{z}` for the result.
    """

    name: str
    shape: Shape
    value: Callable[..., float]
    derivatives: tuple[Derivative, ...] | Callable[[Sequence[Any], Any], Sequence[Any]]
    doc: str = ""
    symbol: str = ""
    formula: str = ""
    derivative_formulas: tuple[str, ...] = ()
    domain: Domain = EVERYWHERE
    # Functions of the operands that are zero at a kink or jump and grow with the distance from it.
    kinks: tuple[Callable[..., float], ...] = ()
    # The special method behind an operator, without underscores ("add"), and NumPy's name where it differs.
    operator: str = ""
    numpy_name: str = ""
    # Where a derivative that is 0 is so in a whole neighbourhood, by operand: a path not taken. `flat_beside` holds the
    # same where the other operand is a plain number, which stays as it is. A derivative that is the number 0 is flat
    # everywhere. An operation on many operands has one function of the numbers and of which of them are variables.
    flat: tuple[Flat | None, ...] | Callable[[Sequence[float], Sequence[bool]], Sequence[bool]] = ()
    flat_beside: tuple[Flat | None, ...] = ()
    # How many units in the last place a derivative may be off over the whole domain: 4 for every public row, up to 8
    # for rows that close others, whose derivatives are second ones. Where those have an allowance, what the exact
    # derivative changes over one unit of each operand comes on top.
    ulps: float = 4.0
    allowance: str = ""
    # Rows that only close others under differentiation are not exported.
    public: bool = True
    # Gathers the arguments of an operation on many operands into one flat tuple.
    gather: Callable[..., tuple[Any, ...]] | None = None
    # A second operand that may be left out.
    default: float | None = None
    # The user's function behind a primitive: what pickles by its qualified name.
    origin: Callable[..., Any] | None = None

    @property
    def arity(self) -> int | None:
        """How many operands it takes: 0 for a leaf, 1, 2, or None where it takes them together."""
        return None if self.shape.together else len(self.shape.parameters)

    @property
    def signature(self) -> Signature:
        """How its function is called."""
        if self.gather is not None:
            gathered = signature(self.gather).parameters.values()
            return Signature([parameter.replace(annotation=Parameter.empty) for parameter in gathered])
        parameters = list(self.shape.signature.parameters.values())
        if self.default is not None:
            parameters[-1] = parameters[-1].replace(default=self.default)
        return Signature(parameters)

    def evaluate(self, operands: Sequence[float]) -> float:
        """The value of floats; raises what floats raise."""
        return self.value(operands) if self.shape.together else self.value(*operands)

    def slopes(self, operands: Sequence[Any], result: Any, wanted: Sequence[bool] = ()) -> list[Any]:
        """The local derivatives, of floats as floats, of `Value`s as `Value`s; None where they are not `wanted`.

        >>> TABLE["mul"].slopes((2.0, 3.0), 6.0), TABLE["mul"].slopes((2.0, 3.0), 6.0, (False, True))
        ([3.0, 2.0], [None, 2.0])
        """
        asked = wanted or (True,) * len(operands)
        if callable(self.derivatives):
            found = self.derivatives(operands, result) if any(asked) else asked
            return [slope if ask else None for slope, ask in zip(found, asked, strict=True)]
        return [
            None if not ask else slope(*operands, result) if callable(slope) else slope
            for slope, ask in zip(self.derivatives, asked, strict=True)
        ]

    def recorded(self, operands: Sequence[float], result: float, variable: Sequence[bool]) -> list[float | None]:
        """The local derivatives of floats as they are recorded; None by an operand that is no `variable`.

        >>> TABLE["mul"].recorded((2.0, 0.0), 0.0, (True, False)), TABLE["mul"].recorded((2.0, 0.0), 0.0, (True, True))
        ([-0.0, None], [0.0, 2.0])
        """
        slopes = self.slopes(operands, result, variable)
        return [x or self.zero(i, operands, variable) if x is not None else None for i, x in enumerate(slopes)]

    def zero(self, index: int, operands: Sequence[float], variable: Sequence[bool]) -> float:
        """A local derivative of 0 as it is recorded: `NOTHING` where it is flat, else 0.0."""
        if callable(self.derivatives):
            flat = callable(self.flat) and self.flat(operands, variable)[index]
        elif not callable(self.derivatives[index]):
            flat = True
        else:
            flat = _said(self.flat, index, operands) or (
                not all(variable) and _said(self.flat_beside, index, operands)
            )
        return NOTHING if flat else 0.0

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    def __copy__(self) -> Operation:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Operation:
        return self

    def __reduce__(self) -> tuple[Callable[..., Operation], tuple[Any, ...]]:
        if self.origin is not None:
            return operation_of, (self.origin,)
        return row_named, (self.name,)


def _said(flat: Any, index: int, operands: Sequence[float]) -> bool:
    """Whether a row says of its derivative by operand `index` that it is flat here."""
    where = flat[index] if flat else None
    return where is not None and bool(where(*operands))


# The rows, by name; filled by ops.py and by nothing else.
TABLE: dict[str, Operation] = {}


def row_named(name: str) -> Operation:
    """The row of the table with this name; what a pickle calls."""
    if name not in TABLE:
        raise LookupError(f"no operation is called {name!r}: this was saved by another version of autograd_core")
    return TABLE[name]


def operation_of(function: Callable[..., Any]) -> Operation:
    """The operation behind a function of `autograd_core` or a primitive.

    >>> from autograd_core import tanh
    >>> operation_of(tanh)
    <operation tanh>
    """
    found = getattr(function, "operation", None)
    if not isinstance(found, Operation):
        raise TypeError(f"{function!r} is not an operation of autograd_core or a primitive")
    return found


# Leaves are told apart by their operation.
INPUT = TABLE["input"] = Operation("input", NO_OPERANDS, float, (), "A number that enters the graph.")
PARAMETER = TABLE["parameter"] = Operation("parameter", NO_OPERANDS, float, (), "A number that training moves.")
# What stop_gradient lets through, and a transform's plain argument once the transform has answered.
CONSTANT = TABLE["constant"] = Operation(
    "constant", NO_OPERANDS, float, (), "A number whose gradient nobody outside can ask for."
)
