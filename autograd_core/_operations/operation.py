"""The class Operation, each instance of which is a row of the table of operations, and the class Domain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import Parameter, Signature, signature
from math import copysign
from typing import Any

from .shape import NO_OPERANDS, Shape

# A function that takes an operation's operands as numbers and returns whether a derivative is flat at this point, that
# is, whether the derivative is zero in a whole neighbourhood of the point.
Flat = Callable[..., bool]
# A local derivative is a function of the operands and the result, or a number if it is constant.
Derivative = Callable[..., Any] | float


def first(x: Any, y: Any, z: Any) -> Any:
    """Return the first operand; used as a local derivative."""
    return x


def second(x: Any, y: Any, z: Any) -> Any:
    """Return the second operand; used as a local derivative."""
    return y


# NOTHING marks "no path": a derivative that is zero in a whole neighbourhood, or an adjoint to which nothing has been
# added. It equals 0, and adding a number to it keeps every bit of the number. A derivative that is zero only at the
# current point is recorded as 0.0 instead: a path exists, and 0.0 times an infinity on that path is NaN.
NOTHING = -0.0


def is_nothing(x: Any) -> bool:
    """Return whether a number, or a Value's number, is `NOTHING`."""
    return type(x) is float and x == 0.0 and copysign(1.0, x) < 0.0


@dataclass(frozen=True, slots=True)
class Domain:
    """The domain of an operation, used by error messages, tests and the strategies.

    `text` completes the sentence "log is defined for …"; `contains` takes operands as floats and returns whether they
    are in the domain; `special` lists the numbers at which the operation's behaviour changes, which tests try first.
    """

    text: str
    contains: Callable[..., bool]
    special: tuple[float, ...] = ()


def always(*operands: float) -> bool:
    """Return True, since any operands are in the domain."""
    return True


EVERYWHERE = Domain("every number", always)


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation: its value, its local derivatives, and what is needed to name, draw, check and print it.

    `shape` specifies how the operation is called. `value` takes floats and returns a float. `derivatives` holds
    ∂result/∂operand for each operand, which is either a number or a function of the operands and the result; the
    function works on floats and on `Value`s. If the operation takes all operands as one sequence, `derivatives` is a
    single function instead, which takes this sequence and the result, and returns a list. `evaluate` calls `value`, and
    `slopes` calls `derivatives`. `formula` and `derivative_formulas` are the printed forms of the value and the
    derivatives, in Python's syntax: `{x}` and `{y}` are the operands, and `{z}` is the result.
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
    # Functions of the operands; each is zero at a kink or jump, and its magnitude grows with the distance from there.
    kinks: tuple[Callable[..., float], ...] = ()
    # The special method behind an operator, without underscores ("add"), and NumPy's name for the operation, if that
    # differs from `name`.
    operator: str = ""
    numpy_name: str = ""
    # For each operand, a function that returns whether the derivative is flat, in which case no gradient passes.
    # `flat_beside` applies if the other operand is a plain number, which is constant. A derivative given as the number
    # 0 is flat everywhere. An operation on many operands has a single function, which takes the operands' numbers and,
    # for each operand, whether it is a variable.
    flat: tuple[Flat | None, ...] | Callable[[Sequence[float], Sequence[bool]], Sequence[bool]] = ()
    flat_beside: tuple[Flat | None, ...] = ()
    # The bound on a derivative's error over the whole domain, in units in the last place: 4 for every public row, up to
    # 8 for a row that is the derivative of another row. If such a row has an allowance, the bound also includes the
    # change in the exact derivative caused by shifting each operand by one unit; the text of the allowance states why.
    ulps: float = 4.0
    allowance: str = ""
    # Whether the operation is exported. Rows for internal use, such as the derivatives of other rows, are not.
    public: bool = True
    # A function that gathers the operands of an operation on many operands from its arguments into one tuple.
    gather: Callable[..., tuple[Any, ...]] | None = None
    # The default of the second operand, if it has one.
    default: float | None = None
    # For an operation whose node stands for a whole graph, as the node of a recorded program does: a function that
    # takes the node and returns the result of that graph, computed from the node's operands. Sweeps call this function
    # if an adjoint or a tangent is infinite or NaN, since the node's local derivatives then do not show what happens
    # along each path.
    inside: Callable[[Any], Any] | None = None
    # The user's function behind a primitive; a pickle refers to this function by its qualified name.
    origin: Callable[..., Any] | None = None

    @property
    def permanent(self) -> bool:
        """Whether the row lives as long as the process.

        A row made for a primitive or for a recorded program is instead freed with the last node that uses it.
        """
        return self.origin is None and not self.name.startswith("program ")

    @property
    def arity(self) -> int | None:
        """The number of operands (0 for a leaf), or None if the operation takes them as one sequence."""
        return None if self.shape.together else len(self.shape.parameters)

    @property
    def signature(self) -> Signature:
        """The signature of the operation's function."""
        if self.gather is not None:
            gathered = signature(self.gather).parameters.values()
            return Signature([parameter.replace(annotation=Parameter.empty) for parameter in gathered])
        parameters = list(self.shape.signature.parameters.values())
        if self.default is not None:
            parameters[-1] = parameters[-1].replace(default=self.default)
        return Signature(parameters)

    def evaluate(self, operands: Sequence[float]) -> float:
        """Return the value for operands that are floats; exceptions raised by the arithmetic propagate."""
        return self.value(operands) if self.shape.together else self.value(*operands)

    def slopes(self, operands: Sequence[Any], result: Any, wanted: Sequence[bool] = ()) -> list[Any]:
        """Return the local derivatives, or None for each one that is not `wanted`.

        The derivatives are floats if the operands are floats, and `Value`s if the operands are `Value`s.

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
        """Return the local derivatives for float operands, in the form in which nodes record them.

        The entry for an operand that is not a `variable` is None; the entry for a flat derivative is `NOTHING`.

        >>> TABLE["mul"].recorded((2.0, 0.0), 0.0, (True, False)), TABLE["mul"].recorded((2.0, 0.0), 0.0, (True, True))
        ([-0.0, None], [0.0, 2.0])
        """
        slopes = self.slopes(operands, result, variable)
        return [x or self.zero(i, operands, variable) if x is not None else None for i, x in enumerate(slopes)]

    def zero(self, index: int, operands: Sequence[float], variable: Sequence[bool]) -> float:
        """Return the number to record for a local derivative that is 0: `NOTHING` if it is flat here, else 0.0."""
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
    """Return whether the function in `flat` for operand `index`, if there is one, returns True for these operands."""
    where = flat[index] if flat else None
    return where is not None and bool(where(*operands))


# The rows by name; ops.py fills this table.
TABLE: dict[str, Operation] = {}


def row_named(name: str) -> Operation:
    """Return the row of the table with this name; called when a pickle or a saved program is loaded."""
    if name not in TABLE:
        raise LookupError(f"no operation is called {name!r}; the data was saved by another version of autograd_core")
    return TABLE[name]


def operation_of(function: Callable[..., Any]) -> Operation:
    """Return the operation that a function of `autograd_core`, or a primitive, applies.

    >>> from autograd_core import tanh
    >>> operation_of(tanh)
    <operation tanh>
    """
    found = getattr(function, "operation", None)
    if not isinstance(found, Operation):
        raise TypeError(f"{function!r} is neither an operation of autograd_core nor a primitive")
    return found


# Each kind of leaf has its own operation.
INPUT = TABLE["input"] = Operation("input", NO_OPERANDS, float, (), "A number that enters the graph.")
PARAMETER = TABLE["parameter"] = Operation("parameter", NO_OPERANDS, float, (), "A number that training adjusts.")
# The operation of the leaves that stop_gradient makes. The leaves that a transform makes for plain arguments change to
# this operation when the transform returns.
CONSTANT = TABLE["constant"] = Operation(
    "constant", NO_OPERANDS, float, (), "A number whose gradient cannot be requested."
)
