"""Translates rows of the table of operations: their values, local derivatives, and tests for flat derivatives.

A row is an operation's entry in the table. A derivative is flat at a point if it is 0 in a whole neighbourhood of the
point.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .._operations.operation import Operation
from .calls import LEFT_TO_PYTHON
from .expressions import named
from .forms import BOOL, FLOAT, KNOWN, LIST, Const, Function, Known, Name, Refused
from .translator import Translation


@dataclass(frozen=True, slots=True)
class TranslatedRow:
    """A row whose Python code has been translated.

    `slopes` holds, for each operand, a function that computes the local derivative from the operands and the result.
    `flat` holds, for each operand, a function of the operands that returns whether the derivative is flat. In place of
    a function, `flat` holds True for a constant derivative (which is flat if it is 0), and None if the row has no such
    function. `beside` is like `flat`, for the case where the other operand is a plain number.

    For an operation on many operands, `slopes` holds a single function, which returns all local derivatives as a list
    or tuple. In this case, `flat` or `beside` also holds a single function, which returns the answers for all operands.
    The function is in `flat` if the answers depend only on the operands' values. Otherwise, it is in `beside` and takes
    a second argument, which holds 1.0 for each operand that is a variable, and 0.0 for each other operand.
    """

    row: Operation
    value: Function
    slopes: tuple[Function, ...]
    flat: tuple[Function | bool | None, ...]
    beside: tuple[Function | bool | None, ...] = ()

    @property
    def many(self) -> bool:
        """Whether the operation takes many operands."""
        return self.row.arity is None

    @property
    def functions(self) -> list[Function]:
        """All translated functions of the row."""
        return [f for f in (self.value, *self.slopes, *self.flat, *self.beside) if isinstance(f, Function)]


def translated_row(row: Operation, translation: Translation) -> TranslatedRow:
    """Translate a row; add its functions, and all functions that they call, to `translation`.

    Raises:
        Refused: The translator does not understand some of the row's Python code. The message names the row, and says
            what was not understood and where.
    """
    try:
        return _many(row, translation) if row.arity is None else _few(row, translation)
    except Refused as refused:
        raise Refused(f"{row.name}: {refused}") from None


def translated_rows(
    rows: Iterable[Operation], *, exact: bool = True
) -> tuple[list[TranslatedRow], Translation, dict[str, Refused]]:
    """Translate rows; return the translated rows, the translation, and the errors for the rows that were refused.

    The errors are in a dict whose keys are the names of the rows.

    Args:
        exact: Whether the generated code can call Python for the functions that only Python can compute.
    """
    translation, found, refused = Translation(exact), [], {}
    for row in rows:
        try:
            found.append(translated_row(row, translation))
        except Refused as reason:
            refused[row.name] = reason
    return found, translation, refused


def _few(row: Operation, translation: Translation) -> TranslatedRow:
    operands = [Name(FLOAT, name) for name in row.shape.parameters]
    value = _function(translation, f"{row.name}_value", row.value, operands)
    assert not callable(row.derivatives)
    slopes = tuple(
        _function(translation, f"{row.name}_by_{name.name}", slope, [*operands, Name(FLOAT, "z")])
        for name, slope in zip(operands, row.derivatives, strict=True)
    )
    flat = tuple(_flat(row, translation, operands, i, row.flat, "flat") for i in range(len(operands)))
    beside = tuple(_flat(row, translation, operands, i, row.flat_beside, "beside") for i in range(len(operands)))
    return TranslatedRow(row, value, slopes, flat, beside)


def _flat(
    row: Operation, translation: Translation, operands: list[Name], index: int, flat: Any, what: str
) -> Function | bool | None:
    """Translate the function that returns whether the derivative with respect to an operand is flat.

    If the derivative is constant, return True instead; if the row has no such function, return None.
    """
    assert isinstance(row.derivatives, tuple)
    if not callable(row.derivatives[index]):
        return True
    said = flat[index] if isinstance(flat, tuple) and flat else None
    name = f"{row.name}_{what}_by_{operands[index].name}"
    return None if said is None else _function(translation, name, said, operands, BOOL)


def _many(row: Operation, translation: Translation) -> TranslatedRow:
    xs = Name(LIST if row.shape.lists else (FLOAT,) * len(row.shape.parameters), "xs")
    value = _function(translation, f"{row.name}_value", row.value, [xs])
    slopes = translation.function(row.derivatives, [xs, Name(FLOAT, "z")], f"{row.name}_slopes")
    if not isinstance(slopes, Function) or (slopes.returns != LIST and set(slopes.returns or ()) != {FLOAT}):
        raise Refused("its derivatives are not a list of floats; return a list of floats")
    if not callable(row.flat):
        return TranslatedRow(row, value, (slopes,), ())
    try:  # first try it without specifying which operands are variables
        flat = translation.function(row.flat, [xs, Known(KNOWN, None)], f"{row.name}_flat")
    except Refused:
        flat = None
    if isinstance(flat, Function) and set(flat.returns or ()) == {BOOL}:
        return TranslatedRow(row, value, (slopes,), (flat,))
    beside = translation.function(row.flat, [xs, Name(xs.type, "variable")], f"{row.name}_beside")
    if not isinstance(beside, Function) or (beside.returns != LIST and set(beside.returns or ()) != {BOOL}):
        raise Refused("its `flat` does not return a list of bools; make it return one")
    return TranslatedRow(row, value, (slopes,), (), (beside,))


def _function(
    translation: Translation, name: str, python: Any, operands: list[Name], gives: str = FLOAT
) -> Function:
    """Translate a builtin, a function written in Python, or a number, which stands for a constant function."""
    if not callable(python):
        return translation.of_call(Const(FLOAT, float(python)), operands, name)
    if not hasattr(python, "__code__") or python.__module__ in LEFT_TO_PYTHON:
        return translation.of_call(python, operands, name)
    found = translation.function(python, operands, name)
    if not isinstance(found, Function):
        raise Refused(f"{name} does not return a number; return one")
    if found.returns == gives:
        return found
    raise Refused(f"{name} returns {named(found.returns)}; return {named(gives)}")
