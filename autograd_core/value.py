"""The class `Value`, whose instances are the nodes of the graph.

`_engine/recording.py` shows how an operation makes a node. Most methods and operators are added to the class by other
modules: operators by the rows of the table in `ops.py`, `backward` by `backward.py`, the methods for copying and
pickling by `_engine/copying.py` and `_engine/pickling.py`, and `draw` and `step` by `_engine/pictures.py`.
"""

from __future__ import annotations

import math
from typing import Any, NoReturn, final

from ._engine.choice import accelerated
from ._engine.clock import clock, tick
from ._engine.leaf_arguments import SIGNATURE, label_checked, leaf_label, miscalled
from ._engine.numbers import number, unwrapped
from ._engine.places import Place, current
from ._engine.traces import made, note
from ._engine.watching import taken, watches
from ._operations.operation import INPUT, PARAMETER, Operation
from ._operations.signatures import Operators


def _not_here(name: str, instead: str) -> property:
    """Return a property for an attribute of other small engines; using the attribute raises an error with advice."""

    def refuse(node: Value, value: object = None) -> NoReturn:
        raise AttributeError(f"a Value has no {name}: {instead}")

    return property(refuse, refuse)


@accelerated
@final
class Value(Operators):
    """A float64 that remembers how it was computed: a node of the graph. `Value(data)` makes an input.

    Args:
        data: Any real number.
        label: A name for messages and drawings.

    Raises:
        TypeError: `data` is not a real number.

    >>> a = Value(2.0, label="a")
    >>> y = a * a + 1
    >>> y.backward()
    >>> y.data, a.grad
    (5.0, 4.0)
    """

    # A node made by an operation on one or two operands stores the operands in _x and _y and the local derivatives in
    # _dx and _dy; a node made by an operation on many operands stores tuples in _x and _dx, and None in _y. A slot that
    # was never set counts as None, so when a node is made, only the slots that it needs are set.
    __slots__ = ("_data", "_row", "_x", "_y", "_dx", "_dy", "_grad", "_label", "_place", "_stamp")

    _data: float
    _row: Operation
    _x: Any
    _y: Any
    _dx: Any
    _dy: Any
    _grad: float | None
    _label: str | None
    _place: Place
    _stamp: int

    def __init__(self, data: float, label: str | None = None, *more: Any, **others: Any) -> None:
        if more or others:
            raise miscalled(label, more, others)
        fill_leaf(self, INPUT, data, label)

    __init__.__signature__ = SIGNATURE  # type: ignore[attr-defined]  # without `more` and `others`, which only raise

    _prev = _not_here("_prev", "use `operands`, which lists the node's operands in order, plain numbers included")
    _op = _not_here("_op", "use `op.symbol` or `op.name` for the node's operation, and `is_leaf` to recognise inputs")
    _backward = _not_here("_backward", "use `local_derivatives`, or `@primitive` to define your own operation")

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("Value cannot be subclassed: operations would return plain Values")

    @property
    def data(self) -> float:
        """The number of this node; it can be assigned only if the node is a leaf."""
        if watches:
            taken(self)
        return self._data

    @data.setter
    def data(self, data: float) -> None:
        if self._x is not None:
            raise AttributeError(
                f"the data of a computed node cannot be assigned: this node is the result of {self._row.name}; "
                "assign the data of its leaves and compute the node again"
            )
        value = number(data)
        if value is None:
            raise TypeError(f"data must be a real number; got {data!r} of type {type(data).__name__}")
        self._data = value
        self._stamp = tick()

    @property
    def grad(self) -> float:
        """The gradient: for a leaf, the sum over all sweeps; for a computed node, the adjoint in the last sweep.

        The gradient is 0.0 before the first sweep. To clear it, assign None or call `zero_grad`.
        """
        grad = getattr(self, "_grad", None)
        return 0.0 if grad is None else grad

    @grad.setter
    def grad(self, grad: float | None) -> None:
        value = number(grad)
        if value is None and grad is not None:
            raise TypeError(
                f"grad must be a real number, or None to clear it; got {grad!r} of type {type(grad).__name__}"
            )
        self._grad = value

    @property
    def has_grad(self) -> bool:
        """Whether a sweep or an assignment has set the gradient since the gradient was last cleared."""
        return getattr(self, "_grad", None) is not None

    def zero_grad(self) -> None:
        """Clear the gradient: `grad` is 0.0 again, and `has_grad` is False."""
        self._grad = None

    @property
    def label(self) -> str | None:
        """The name that messages and drawings show."""
        return getattr(self, "_label", None)

    @label.setter
    def label(self, label: str | None) -> None:
        self._label = label_checked(label)

    @property
    def op(self) -> Operation:
        """The operation (a row of `TABLE`) that made this node; for a leaf, `input`, `parameter` or `constant`."""
        return self._row

    @property
    def operands(self) -> tuple[Value | float, ...]:
        """The operands of this node in order, with plain numbers as floats; for a leaf, the tuple is empty."""
        x, y = self._x, self._y
        if x is None:
            return ()
        if type(x) is tuple:
            return x
        return (x,) if y is None else (x, y)

    @property
    def _slopes(self) -> tuple[float | None, ...]:
        """The local derivatives as sweeps read them; `NOTHING` marks any that are 0 in a whole neighbourhood."""
        if type(self._x) is tuple:
            recorded = self._dx if type(self._dx) is tuple else (None,) * len(self._x)
        else:
            recorded = (getattr(self, "_dx", None), getattr(self, "_dy", None))
        return tuple([
            slope if type(operand) is Value else None
            for operand, slope in zip(self.operands, recorded, strict=False)
        ])

    @property
    def local_derivatives(self) -> tuple[float | None, ...]:
        """∂self/∂operand for each operand, as recorded when this node was made; None for a plain number."""
        return tuple(None if slope is None else slope + 0.0 for slope in self._slopes)

    @property
    def is_leaf(self) -> bool:
        """Whether this node has no operands, because `Value`, `parameter` or an unrecorded operation made it."""
        return self._x is None

    @property
    def scope(self) -> tuple[str, ...]:
        """The names of the scopes in which this node was made, outermost first."""
        return self._place.path

    # Except for divmod, these methods return plain numbers, as they do for floats, so no gradient can pass through
    # their results. (Reading `data` instead of `_data` notifies the transforms that watch for lost gradients.)

    def __bool__(self) -> bool:
        return bool(self._data)

    def __int__(self) -> int:
        return int(self.data)

    def __round__(self, ndigits: int | None = None) -> float:
        return round(self.data, ndigits)

    def __floor__(self) -> int:
        return math.floor(self.data)

    def __ceil__(self) -> int:
        return math.ceil(self.data)

    def __trunc__(self) -> int:
        return math.trunc(self.data)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    # The other attributes and methods of float; NumPy calls some of them on the objects in its arrays.

    @property
    def real(self) -> Value:
        """The Value itself."""
        return self

    @property
    def imag(self) -> float:
        """0.0, as for every real number."""
        return 0.0

    def conjugate(self) -> Value:
        """Return the Value itself, as for every real number."""
        return self

    def rint(self) -> float:
        """Return the nearest integer as a float, rounding ties to even; `np.rint` and `np.round` call this method."""
        return round(self.data, 0)

    def is_integer(self) -> bool:
        """Return whether the number is an integer."""
        return self._data.is_integer()

    def hex(self) -> str:
        """Return the exact number in hexadecimal."""
        return self.data.hex()

    def as_integer_ratio(self) -> NoReturn:
        """Raise TypeError: anything computed from the two ints would have no gradient."""
        raise TypeError(
            "converting a Value to a ratio of ints would lose its gradient; "
            "use .data.as_integer_ratio() if you only need the number"
        )

    def __float__(self) -> NoReturn:
        raise TypeError(
            "converting a Value to float would lose its gradient; "
            "use autograd_core.sin (and so on) instead of math.sin, or .data if you only need the number"
        )

    __complex__ = __float__

    def __index__(self) -> NoReturn:
        raise TypeError(
            "a Value cannot be used as an index: use take(table, i), which keeps the gradient of the table, "
            "or int(i) for a plain number"
        )

    # Values compare by number and hash by identity, so `in` on a list compares numbers, while sets and dicts
    # distinguish nodes with equal numbers.
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self._data == (other._data if type(other) is Value else other)

    def __ne__(self, other: object) -> bool:
        return self._data != (other._data if type(other) is Value else other)

    def __lt__(self, other: Any) -> bool:
        return self._data < (other._data if type(other) is Value else other)

    def __le__(self, other: Any) -> bool:
        return self._data <= (other._data if type(other) is Value else other)

    def __gt__(self, other: Any) -> bool:
        return self._data > (other._data if type(other) is Value else other)

    def __ge__(self, other: Any) -> bool:
        return self._data >= (other._data if type(other) is Value else other)

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label is not None else ""
        grad = f", grad={self.grad!r}" if self.has_grad else ""
        return f"{'parameter' if self._row is PARAMETER else 'Value'}({self._data!r}{label}{grad})"

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else str(self)


new = object.__new__


def fill_leaf(leaf: Value, kind: Operation, data: Any, label: str | None) -> None:
    """Set the slots that a new leaf needs; raise TypeError if `data` is not a real number."""
    value = number(data)
    if value is None:
        hint = "; it is already a Value" if type(unwrapped(data)) is Value else ""
        raise TypeError(f"Value takes a real number; got {data!r} of type {type(data).__name__}{hint}")
    leaf._data = value
    leaf._row = kind
    leaf._x = leaf._y = leaf._grad = None
    leaf._label = None if label is None else leaf_label(label)
    leaf._place = current()
    leaf._stamp = clock[0]
    if made:
        note(leaf)


@accelerated
def parameter(data: float, label: str | None = None) -> Value:
    """Make a leaf that training adjusts; drawings and `nn` distinguish it from an input.

    >>> parameter(0.5, label="w").op
    <operation parameter>
    """
    leaf: Value = new(Value)
    fill_leaf(leaf, PARAMETER, data, label)
    return leaf
