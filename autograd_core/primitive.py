"""Turns a user's own function into an operation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import update_wrapper
from typing import Any

from ._engine.numbers import number, unwrapped
from ._engine.recording import binary, many, unary
from ._engine.traces import note_error
from ._operations.operation import EVERYWHERE, Derivative, Domain, Flat, Operation
from ._operations.shape import Shape
from .errors import not_a_number
from .value import Value

MISSING = (
    "a primitive needs local derivatives: one function per operand, which takes the operands and the "
    "result, e.g. @primitive(derivatives=(lambda x, y: …,)) above def {name}(x); "
    "write them with autograd_core's functions, so that they can be differentiated again"
)


def primitive(
    function: Callable[..., float] | None = None,
    /,
    *,
    derivatives: Sequence[Derivative] | None = None,
    formula: str = "",
    derivative_formulas: Sequence[str] = (),
    symbol: str = "",
    domain: Domain = EVERYWHERE,
    kinks: Sequence[Callable[..., float]] = (),
    flat: Sequence[Flat | None] = (),
) -> Any:
    """Turn a function of numbers into an operation, given its local derivatives.

    Args:
        function: Takes one or more floats and returns a float.
        derivatives: The local derivative with respect to each operand: a number, or a function of the operands and the
            result, written with the functions of `autograd_core`. The function is called on floats, and also on Values,
            so that the derivative can be differentiated again. Use NaN for an operand that is not a variable.
        formula, derivative_formulas: How to print the function and its derivatives, with {x} and {y} for the operands
            and {z} for the result.
        symbol: The symbol shown in drawings.
        domain, kinks: Where the function is defined and where it has no derivative, for the gradient checker.
        flat: For each operand, None or a function of the operands that returns whether the derivative is flat, that is,
            0 in a whole neighbourhood. Where a derivative is flat, no gradient passes, so an infinite slope further
            along the path causes no NaN. A derivative given as the number 0 is flat everywhere.

    Raises:
        TypeError: The derivatives are missing, or there is not exactly one for each operand.

    Source: lecture 003, "your own module".

    >>> from autograd_core import Value, cos, primitive, sin
    >>> @primitive(derivatives=(lambda t, x, y: -x * sin(t * x), lambda t, x, y: -t * sin(t * x)))
    ... def wave(t, x):
    ...     return cos(t * x) + 3.0
    >>> t = Value(0.0)
    >>> y = wave(t, 2.0)
    >>> y.op, y.data
    (<operation wave>, 4.0)
    """
    if function is None:
        if derivatives is None:
            raise TypeError(MISSING.format(name="f"))
        if not isinstance(derivatives, Sequence):
            raise TypeError(f"derivatives must be a tuple with one entry for each operand; got {derivatives!r}")
        return lambda actual: primitive(
            actual, derivatives=derivatives, formula=formula, derivative_formulas=derivative_formulas, symbol=symbol,
            domain=domain, kinks=kinks, flat=flat,
        )
    name = getattr(function, "__name__", "primitive")
    if derivatives is None:
        raise TypeError(f"{name}: {MISSING.format(name=name)}")
    signature = _signature(function, name)
    names = tuple(signature.parameters)
    if not derivatives or len(derivatives) != len(names):
        raise TypeError(
            f"{name} must have at least one operand, and one derivative for each: "
            f"its operands are ({', '.join(names)}), and the number of derivatives is {len(derivatives)}"
        )
    if flat and len(flat) != len(names):
        raise TypeError(f"{name}: flat must have one entry for each operand ({', '.join(names)}); got {len(flat)}")
    slopes = tuple(_real(slope, name, names, i) for i, slope in enumerate(derivatives))

    def operation(*operands: Any, **keywords: Any) -> Any:
        if keywords or len(operands) != len(names):
            try:
                bound = signature.bind(*operands, **keywords)
            except TypeError as error:
                raise TypeError(f"{name} takes {len(names)} operands ({', '.join(names)}): {error}") from None
            bound.apply_defaults()
            operands = bound.args
        result = apply(*operands)
        if result is NotImplemented:
            result = apply(*map(unwrapped, operands))
            if result is NotImplemented:
                raise not_a_number(row, next(x for x in operands if type(x) is not Value and number(x) is None))
        return result

    shape = Shape(names, orders=tuple(i for i, slope in enumerate(slopes) if slope != slope))
    few = not shape.together
    value = _checked(function, name)
    row = Operation(
        name,
        shape,
        value if few else lambda xs: value(*xs),
        slopes if few else _together(slopes),
        inspect.getdoc(function) or "",
        symbol=symbol,
        formula=formula or f"{name}({', '.join(('{x}', '{y}')[: len(names)])})",
        derivative_formulas=tuple(derivative_formulas),
        domain=domain,
        kinks=tuple(kinks),
        flat=tuple(flat) if few else _flat_together(slopes, flat),
        gather=None if few else shape.gathering(name),
        origin=update_wrapper(operation, function),
        public=False,
    )
    apply: Callable[..., Any] = unary(row) if len(names) == 1 else binary(row) if few else many(row)
    operation.operation = row  # type: ignore[attr-defined]  # functions take attributes
    return operation


def _checked(function: Callable[..., float], name: str) -> Callable[..., float]:
    """Wrap the user's function so that its result is checked and converted to a float."""

    def value(*numbers: float) -> float:
        try:
            result = function(*numbers)
        except Exception as error:  # the function may raise anything
            note_error(error)
            raise
        checked = number(result)
        if checked is None:
            raise TypeError(f"the primitive {name} must return a real number; it returned {result!r}")
        return checked

    return value


def _signature(function: Callable[..., float], name: str) -> inspect.Signature:
    """Return the signature of the user's function; raise TypeError unless it has a fixed number of named operands."""
    try:
        signature = inspect.signature(function)
    except ValueError:
        raise TypeError(f"{name} has no signature: wrap it in a function with named operands") from None
    for parameter in signature.parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            raise TypeError(f"a primitive takes a fixed number of positional operands; {name} has {parameter}")
    return signature


def _real(slope: Derivative, name: str, names: Sequence[str], index: int) -> Derivative:
    """Wrap a local derivative so that its results are checked, and its errors say which derivative raised them."""
    which = f"the local derivative ∂{name}/∂{names[index]}"

    def checked(result: Any, operands: Sequence[Any]) -> Any:
        if type(result) is float or (type(result) is Value and any(type(x) is Value for x in operands)):
            return result
        found = number(result)
        if found is None:
            raise TypeError(f"the local derivatives of the primitive {name} must be real numbers; one is {result!r}")
        return found

    if not callable(slope):
        constant: float = checked(slope, ())
        return constant
    with suppress(ValueError):  # raised if the function has no signature
        try:
            inspect.signature(slope).bind(*names, "result")
        except TypeError as error:
            raise TypeError(f"{which} must be a function of ({', '.join(names)}, result): {error}") from None

    def derivative(*operands: Any) -> Any:
        try:
            return checked(slope(*operands), operands)
        except Exception as error:  # any error: add a note and re-raise it
            *given, result = operands
            pairs = zip(names, given, strict=True)
            note_error(error)
            error.add_note(f"in {which} at {', '.join(f'{n} = {x!r}' for n, x in pairs)}, where {name} = {result!r}")
            raise

    return derivative


def _together(slopes: tuple[Derivative, ...]) -> Callable[[Sequence[Any], Any], list[Any]]:
    """Combine the local derivatives into a single function, which is what an operation on many operands needs."""

    def all_slopes(operands: Sequence[Any], result: Any) -> list[Any]:
        return [slope(*operands, result) if callable(slope) else slope for slope in slopes]

    return all_slopes


def _flat_together(
    slopes: tuple[Derivative, ...], flat: Sequence[Flat | None]
) -> Callable[[Sequence[float], Sequence[bool]], list[bool]]:
    """Combine the functions in `flat` into a single function, which is what an operation on many operands needs."""
    stated = flat or (None,) * len(slopes)

    def all_flat(operands: Sequence[float], variable: Sequence[bool]) -> list[bool]:
        return [
            not callable(slope) or (where is not None and bool(where(*operands)))
            for slope, where in zip(slopes, stated, strict=True)
        ]

    return all_flat
