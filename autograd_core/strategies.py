"""Hypothesis strategies for testing with this engine: numbers inside an operation's domain, and whole programs.

The strategies take an operation's domain, special points and kinks (points without a derivative) from its row in the
table of operations. A primitive, an operation that you define yourself, has a row too. This module needs Hypothesis:
pip install "autograd-core[test]".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any

try:
    from hypothesis import strategies as st
    from hypothesis.strategies import SearchStrategy
except ImportError as error:  # pragma: no cover  # the tests themselves need hypothesis
    raise ImportError('autograd_core.strategies needs hypothesis: pip install "autograd-core[test]"') from error

from ._operations.functions import FUNCTIONS
from ._operations.operation import Operation, operation_of
from ._strategies.programs import INPUT_NAMES, PYTHON_FORMS, Form, RandomProgram
from ._strategies.sketches import MOST_OPERATIONS, programs_of, sketches_of

__all__ = [
    "defined_programs", "is_smooth", "log_uniform", "near", "numbers", "operands", "programs", "smooth_operands",
    "smooth_programs",
]  # fmt: skip  # keeps the list compact

LARGEST, SMALLEST, SMALLEST_NORMAL = 1.7976931348623157e308, 5e-324, 2.0**-1022
SPECIALS = (
    0.0, 1.0, -1.0, -0.0, 0.5, -0.5, 2.0, -2.0, 3.0, math.nextafter(1.0, 0.0), math.nextafter(1.0, 2.0),
    SMALLEST, -SMALLEST, SMALLEST_NORMAL, -SMALLEST_NORMAL, LARGEST, -LARGEST, math.inf, -math.inf, math.nan,
)  # fmt: skip  # Hypothesis shrinks towards the first of these
# The smallest distance between a smooth point and a kink, relative to the largest operand.
AWAY = 2.0**-10
# Smooth programs keep the sizes of their numbers between 1 / MODERATE and MODERATE, so that a product of a few of them
# does not overflow.
MODERATE = 2.0**60

Row = Operation | Callable[..., Any]


def _row(operation: Row) -> Operation:
    return operation if isinstance(operation, Operation) else operation_of(operation)


# --- Numbers ---------------------------------------------------------------------------------------------------


def log_uniform() -> SearchStrategy[float]:
    """Return a strategy for finite floats of either sign, with exponents uniform over the whole range.

    Subnormal floats are included.

    >>> from hypothesis import find
    >>> find(log_uniform(), lambda x: x > 3)
    4.0
    """
    parts = st.tuples(st.integers(-1074, 1023), st.integers(0, 2**52 - 1), st.sampled_from((1.0, -1.0)))
    return parts.map(lambda part: part[2] * math.ldexp(1.0 + part[1] * 2.0**-52, part[0]))


def near(points: Sequence[float]) -> SearchStrategy[float]:
    """Return a strategy for the given points, some multiples of these points, and floats near both.

    "Near" means at a relative distance of 2⁻⁵³ to 2⁻¹.

    >>> from hypothesis import find
    >>> find(near([3.0]), lambda x: 3.0 < x < 3.5)
    3.375
    """
    multiples = tuple(point * times for point in points for times in (1.0, -1.0, 2.0, 3.0, 4.0, 7.0, 100.0))
    parts = st.tuples(st.sampled_from(multiples), st.sampled_from((0.0, 1.0, -1.0)), st.integers(1, 53))
    return parts.map(lambda part: part[0] * (1.0 + part[1] * 2.0 ** -part[2]))


def numbers(special: Sequence[float] = ()) -> SearchStrategy[float]:
    """Return a strategy for floats: special values (such as inf and nan), simple fractions, and numbers of every size.

    Args:
        special: Additional numbers; floats at and near these are drawn too.

    >>> from hypothesis import find
    >>> find(numbers(), lambda x: x > 1)
    2.0
    """
    everyday = (st.integers(-64, 64).map(lambda n: n / 8), st.floats(-32.0, 32.0), st.floats(-800.0, 800.0))
    points = tuple(point for point in special if point)
    return st.one_of(st.sampled_from(SPECIALS), *everyday, log_uniform(), *([near(points)] if points else ()))


def operands(operation: Row) -> SearchStrategy[tuple[float, ...]]:
    """Return a strategy for operands in an operation's domain, including special values and points near singularities.

    The operands are drawn as a flat tuple. Two of them are often equal, opposite or close to each other; a list has one
    to six numbers; an operand that must be an integer (the order of polygamma) is small. The operation's value may
    overflow.

    Args:
        operation: A row of the table, a function of `autograd_core` or a primitive.

    >>> from autograd_core import log
    >>> from hypothesis import find
    >>> find(operands(log), lambda x: x[0] > 1.5)
    (2.0,)
    """
    row = _row(operation)
    count, lists = len(row.shape.parameters), row.shape.lists
    number = numbers(row.domain.special)
    if lists:
        return st.integers(1, 6).flatmap(lambda size: st.tuples(*[number] * (size * count)))
    if count == 1:
        drawn: SearchStrategy[Any] = st.tuples(number)
    else:
        related = st.builds(_related, st.integers(0, 5), number, number, *[number] * (count - 2))
        drawn = st.one_of(st.tuples(*[number] * count), related)
    whole = row.shape.orders
    if whole:
        small = st.integers(0, 3).map(float)
        drawn = st.tuples(*(small if i in whole else number for i in range(count)))
    return drawn.map(lambda xs: _inside(row, xs)).filter(lambda xs: row.domain.contains(*xs))


def _related(how: int, x: float, y: float, *more: float) -> tuple[float, ...]:
    """Return operands; the first two are equal, opposite or adjacent, or have the difference or the ratio `y`."""
    others = (x, -x, math.nextafter(x, math.inf), math.nextafter(x, -math.inf), x + y, x * y)
    return (x, others[how], *more)


def _inside(row: Operation, xs: tuple[float, ...]) -> tuple[float, ...]:
    """Return the operands or, if they lie outside the domain and a variant inside it is found, that variant.

    In a variant, some operands are negated, rounded, or replaced by their reciprocals.
    """
    if row.domain.contains(*xs):
        return xs
    choices = ([x, -x, float(round(x)) if math.isfinite(x) else x, 1.0 / x if x else x] for x in xs)
    return next((ys for ys in product(*choices) if row.domain.contains(*ys)), xs)


def smooth_operands(operation: Row) -> SearchStrategy[tuple[float, ...]]:
    """Return a strategy for operands in an operation's domain, away from kinks, where value and slopes are finite.

    >>> from autograd_core import relu
    >>> from hypothesis import find
    >>> find(smooth_operands(relu), lambda x: True)
    (1.0,)
    """
    row = _row(operation)
    return operands(row).filter(lambda xs: is_smooth(row, xs))


def is_smooth(operation: Row, xs: Sequence[float]) -> bool:
    """Return whether the operation has a finite value and finite derivatives at `xs`, with no kink nearby.

    A kink is nearby if its distance is at most 2⁻¹⁰ times the largest operand; a rounding error, or a step of the
    gradient checker, could then cross it.

    >>> from autograd_core import maximum
    >>> is_smooth(maximum, (1.0, 2.0)), is_smooth(maximum, (1.0, 1.0))
    (True, False)
    """
    row = _row(operation)
    whole = row.shape.orders
    if not all(map(math.isfinite, xs)):
        return False
    try:
        z = row.evaluate(xs)
        slopes = [slope for i, slope in enumerate(row.slopes(xs, z)) if i not in whole]
        kinks = [kink(*xs) for kink in row.kinks]
    except (ArithmeticError, ValueError):
        return False
    distance = AWAY * max(map(abs, xs), default=0.0)
    return all(map(math.isfinite, (z, *slopes))) and not any(abs(kink) <= distance for kink in kinks)


# --- Programs --------------------------------------------------------------------------------------------------

_EVERYDAY = st.one_of(st.integers(-64, 64).map(lambda n: n / 8), st.floats(-8.0, 8.0, allow_subnormal=False))
_CONSTANTS = st.one_of(
    st.sampled_from((1, 2, 3, -1, 0, True, False, 10)), st.sampled_from((0.5, 1.5, -0.25, 2.0)), numbers()
)


def programs(
    operations: Iterable[Row] | None = None,
    *,
    max_inputs: int = len(INPUT_NAMES),
    max_operations: int = MOST_OPERATIONS,
    forms: Sequence[Form] = PYTHON_FORMS,
) -> SearchStrategy[RandomProgram]:
    """Return a strategy for random programs, with 1 to 6 inputs, 1 to 60 lines, shared nodes, and any numbers.

    A program may raise exceptions when it runs. Hypothesis shrinks failing programs to a few lines and simple numbers,
    and a program is printed as runnable Python.

    Args:
        operations: The operations to use: rows, functions of `autograd_core` or primitives; None for all public rows.
        max_inputs, max_operations: The largest number of inputs, and the largest number of operations.
        forms: The other Python expressions to use, such as comparisons, `round`, `divmod` and conditional expressions.

    >>> from autograd_core import exp
    >>> from hypothesis import find
    >>> program = find(programs([exp], forms=()), lambda program: len(program.lines) == 2)
    >>> print(program.source)
    def program(a):
        t1 = exp(a)
        return exp(t1)
    """
    sketches = sketches_of(_rows(operations), forms, max_operations)
    return programs_of(sketches, numbers(), _CONSTANTS, max_inputs)


def defined_programs(
    operations: Iterable[Row] | None = None,
    *,
    max_inputs: int = len(INPUT_NAMES),
    max_operations: int = MOST_OPERATIONS,
) -> SearchStrategy[RandomProgram]:
    """Return a strategy for random programs that raise no exception when they run on their inputs.

    The inputs may be infinite or NaN, and slopes may be singular there. Lines that would raise an exception are left
    out. The arguments are the same as those of `programs`, without `forms`.

    >>> from autograd_core import log
    >>> from hypothesis import find
    >>> program = find(defined_programs([log], max_operations=3), lambda program: len(program.lines) == 2)
    >>> program.inputs, program(*program.inputs)
    ((2.0,), -0.36651292058166435)
    """
    sketches = sketches_of(_rows(operations), (), max_operations)
    return programs_of(sketches, numbers(), _CONSTANTS, max_inputs, _has_value)


def smooth_programs(
    operations: Iterable[Row] | None = None,
    *,
    max_inputs: int = len(INPUT_NAMES),
    max_operations: int = MOST_OPERATIONS,
) -> SearchStrategy[RandomProgram]:
    """Return a strategy for random programs that are smooth at their inputs.

    Their numbers are moderate, their derivatives are finite, and no kink is nearby; lines that would break these rules
    are left out. The arguments are the same as those of `programs`, without `forms`.

    >>> from hypothesis import find
    >>> program = find(smooth_programs(), lambda program: len(program.lines) > 1)
    >>> len(program.lines)
    2
    """
    sketches = sketches_of(_rows(operations), (), max_operations)
    return programs_of(sketches, _EVERYDAY, _EVERYDAY, max_inputs, _is_moderate)


def _has_value(row: Operation, xs: Sequence[float]) -> bool:
    try:
        row.evaluate(xs)
    except (ArithmeticError, ValueError):
        return False
    return True


def _is_moderate(row: Operation, xs: Sequence[float]) -> bool:
    """Return whether the row is smooth at `xs`, with value and slopes that are 0 or moderate, ignoring NaN slopes."""
    if not row.domain.contains(*xs) or not is_smooth(row, xs):
        return False
    z = row.evaluate(xs)
    return all(x == 0 or 1 / MODERATE < abs(x) < MODERATE for x in (z, *row.slopes(xs, z)) if x == x)


def _rows(operations: Iterable[Row] | None) -> tuple[Operation, ...]:
    if operations is None:
        return tuple(row for row in map(operation_of, FUNCTIONS.values()) if row.public)
    return tuple(map(_row, operations))
