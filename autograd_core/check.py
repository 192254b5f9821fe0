"""The gradient checker: compares the engine's derivatives with central differences, one coordinate at a time."""

from __future__ import annotations

import inspect
import math
import random
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ._checking.differences import Estimate, Point, estimate, observed
from ._checking.names import named, path_of, stem
from ._checking.points import operand_names, point
from ._checking.report import AGREES, DISAGREES, NOT_JUDGED, Coordinate, Report
from ._checking.ulps import ulps
from ._engine.names import marks
from ._engine.nodes import put_back
from ._engine.nonfinite import undetermined_edge
from ._engine.numbers import number, unwrapped
from ._engine.recording import binary, many, unary
from ._operations.operation import Operation, operation_of
from ._transforms.sweeps import gradients
from ._transforms.trees import flatten
from .context import record
from .errors import described
from .graph import toposort
from .value import Value

__all__ = ["check_gradient", "check_primitive", "ulps"]

# The error that rounding and underflow may cause in the analytic derivative.
OWN_ROUNDING, OWN_UNDERFLOW = 2.0**-40, 2.0**-1070
# The largest relative tolerance at which a nonzero derivative may be reported to agree. At this value, 0.05 %, the
# check still distinguishes a derivative that is wrong by 0.1 % from a correct one.
RESOLUTION = 2.0**-11


@dataclass(frozen=True, slots=True)
class _Input:
    """One coordinate: the leaf whose number is varied, the coordinate's name, and the group that it is sampled from."""

    leaf: Value
    name: str
    group: str


def check_gradient(
    function: Callable[..., Any], at: Any, *, order: int = 1, sample: int | None = None, seed: int = 0
) -> Report:
    """Compare the derivatives of `function` at `at` with central differences, one coordinate at a time.

    For each coordinate, the checker searches for the best step and estimates the error of the central difference. A
    derivative agrees if it differs from the central difference by no more than a tolerance based on that error. A
    derivative is not judged at a kink (a point without a derivative), at the edge of the domain, or where the rounding
    error of the difference is too large. (Lecture 003, gradient check.)

    Args:
        function: Returns one number.
        at: The argument of `function`: a number, or lists, tuples, dicts and NumPy arrays of numbers. If `at` contains
            `Value`s (leaves), or is a model with parameters, `function` is called without arguments while the numbers
            of these leaves or parameters are varied. Afterwards, even if there was an error, the numbers are restored.
            No `grad` is changed.
        order: 1 compares the gradient with differences of the function; 2 compares the Hessian with differences of the
            exact gradient.
        sample: How many coordinates to check; they are drawn evenly from groups. A group is an entry of a dict, a list
            within a list, or the leaves whose labels differ only in their numbers. None checks all coordinates.
        seed: The seed of the sample, which makes it repeatable.

    Raises:
        TypeError: `at` contains something other than numbers or leaves, or the function does not return one number.
        ValueError: `at` is empty, `order` or `sample` is out of range, or the function returns a different number when
            it is called again.

    >>> report = check_gradient(lambda p: p["w"][0] * p["w"][1] + p["b"], {"w": [2.0, 3.0], "b": 0.5})
    >>> report.ok, [(c.name, c.analytic) for c in report]
    (True, [('w[0]', 3.0), ('w[1]', 2.0), ('b', 1.0)])
    >>> from autograd_core import Value
    >>> w = Value(-2.0, label="w")
    >>> check_gradient(lambda: abs(w) * w, [w], order=2).worst.analytic
    -2.0
    >>> print(check_gradient(abs, 0.0).verdict())
    nothing was judged; x: a kink of abs is here, or too close to step around
    """
    if order not in (1, 2):
        raise ValueError(f"order must be 1 (gradient) or 2 (Hessian); got {order!r}")
    if sample is not None and sample < 1:
        raise ValueError(f"sample, the number of coordinates to check, must be at least 1; got {sample!r}")
    inputs, call = _inputs(function, at)
    inputs = _told_apart(inputs)
    pairs = [(i, j) for i in (inputs if order == 2 else (None,)) for j in inputs]
    if sample is not None:
        pairs = _drawn(pairs, sample, random.Random(seed))
    name = "Hessian" if order == 2 else "gradient"
    with record():
        _check_repeats(call)
        return Report(f"{name} check", tuple(_checked(call, i, j) for i, j in pairs))


def _inputs(function: Callable[..., Any], at: Any) -> tuple[list[_Input], Callable[[], Any]]:
    """Return the leaves whose numbers will be varied, and a function without arguments that computes the output."""
    if not callable(function):
        raise TypeError(f"expected a function, such as lambda: loss(); got {described(function)}")
    if hasattr(at, "parameters"):
        at = at.parameters()
    numbers, rebuild = flatten(at)
    if not numbers:
        raise ValueError("there is nothing to check: `at` contains no numbers")
    names = list(named(at, ""))
    if any(type(x) is Value for x in numbers):
        for x in numbers:
            if type(x) is not Value or not x.is_leaf:
                raise TypeError(f"if `at` contains a Value, everything in it must be a leaf; got {described(x)}")
        if _takes_arguments(function):
            raise TypeError(
                "leaves are varied in place, so the function must take no arguments: pass lambda: f(x) instead of f"
            )
        return [
            _Input(x, path_of(x) or name or "x", stem(x.label) if x.label and not group else group or "x")
            for x, (name, group) in zip(numbers, names, strict=True)
        ], function
    leaves = [Value(x, name or "x") for x, (name, _) in zip(numbers, names, strict=True)]
    inputs = [_Input(leaf, leaf.label or "x", group or "x") for leaf, (_, group) in zip(leaves, names, strict=True)]
    return inputs, lambda: function(rebuild(leaves))


def _told_apart(inputs: Sequence[_Input]) -> list[_Input]:
    """Return the inputs with "#2", "#3" and so on appended to names that an earlier leaf already has."""
    names = {x.leaf: x.name for x in inputs}
    mark = dict(zip(names, marks([(name,) for name in names.values()]), strict=True))
    return [replace(x, name=x.name + mark[x.leaf]) for x in inputs]


def _takes_arguments(function: Callable[..., Any]) -> bool:
    """Return whether the function requires arguments."""
    try:
        inspect.signature(function).bind()
    except TypeError:
        return True
    except ValueError:  # some builtin functions have no signature
        return False
    return False


def _drawn(
    pairs: list[tuple[_Input | None, _Input]], sample: int, draw: random.Random
) -> list[tuple[_Input | None, _Input]]:
    """Return at most `sample` of the coordinates, taken from the groups in turn; empty groups are skipped."""
    groups: dict[tuple[str, str], list[int]] = {}
    for index, (i, j) in enumerate(pairs):
        groups.setdefault((i.group if i else "", j.group), []).append(index)
    waiting = list(groups.values())
    draw.shuffle(waiting)
    for members in waiting:
        draw.shuffle(members)
    taken: list[int] = []
    while waiting and len(taken) < sample:
        waiting = [members for members in waiting if members]
        taken.extend(members.pop() for members in waiting[: sample - len(taken)])
    return [pairs[index] for index in sorted(taken)]


def _check_repeats(call: Callable[[], Any]) -> None:
    first, second = (_number(call()) for _ in range(2))
    if struct.pack("d", first) != struct.pack("d", second):
        raise ValueError(
            f"the function returned {first!r} and then {second!r}, but must return the same number each time: "
            "fix its random seed, or turn its noise off"
        )


def _number(y: Any) -> float:
    y = unwrapped(y)
    value = y.data if type(y) is Value else number(y)
    if value is None:
        raise TypeError(f"the function must return one number; it returned {y!r} of type {type(y).__name__}")
    return value


def _checked(call: Callable[[], Any], by: _Input | None, moved: _Input) -> Coordinate:
    """Check the derivative of the function (or of ∂function/∂by, if `by` is given) with respect to `moved`."""
    leaf = moved.leaf
    at = leaf.data

    def output() -> Any:
        y = unwrapped(call())
        if by is None or type(y) is not Value:
            return y if by is None else 0.0
        return gradients(y, [by.leaf], create_graph=True)[0]

    def evaluate(x: float) -> Point:
        if x == at:
            return observed(output())
        with _set(leaf, x):
            return observed(output())

    y = output()
    analytic = gradients(y, [leaf])[0] if type(y) is Value else 0.0
    name = f"∂/∂{by.name} ∂/∂{moved.name}" if by else moved.name
    group = f"{by.group} × {moved.group}" if by else moved.group
    if not math.isfinite(analytic):
        reason = _why_not_finite(y, analytic)
        return Coordinate(name, group, at, analytic, math.nan, math.inf, 0.0, NOT_JUDGED, reason)
    numeric = estimate(evaluate, at, analytic)
    return Coordinate(name, group, at, analytic, numeric.derivative, *_judged(analytic, numeric))


def _why_not_finite(y: Any, analytic: float) -> str:
    """Explain why a derivative is not judged: it is infinite, or undetermined because a zero met an infinity."""
    order = toposort(y)
    adjoints = dict(zip(order, gradients(y, order), strict=True))
    edge = undetermined_edge(order, adjoints.__getitem__)
    return f"the derivative is {analytic!r} here{f': {edge}' if edge else ''}"


@contextmanager
def _set(leaf: Value, x: float) -> Iterator[None]:
    before = leaf.data, leaf._stamp
    leaf.data = x
    try:
        yield
    finally:
        put_back(leaf, *before)


def _judged(analytic: float, numeric: Estimate) -> tuple[float, float, str, str]:
    """Return the tolerance, the step, the verdict and the reason for the verdict."""
    if numeric.reason:
        return math.inf, numeric.step, NOT_JUDGED, numeric.reason
    tolerance = 4.0 * numeric.error + max(OWN_ROUNDING * abs(analytic), OWN_UNDERFLOW)
    if abs(analytic - numeric.derivative) > tolerance:
        return tolerance, numeric.step, DISAGREES, ""
    if analytic and tolerance > RESOLUTION * abs(analytic):
        return tolerance, numeric.step, NOT_JUDGED, "rounding hides the difference"
    return tolerance, numeric.step, AGREES, ""


def check_primitive(operation: Operation | Callable[..., Any], *, points: int = 8, seed: int = 0) -> Report:
    """Check an operation's first and second derivatives with respect to every operand, at random points in its domain.

    Args:
        operation: A function of `autograd_core`, a primitive, or a row of the table of operations. An operand whose
            derivative is declared as NaN (such as the order of `polygamma`) is not a variable: a number is drawn for
            it, but no derivative with respect to it is checked.
        points: How many points to draw. They lie away from kinks, and the value and derivatives there are finite.
        seed: The seed of the points, which makes them repeatable.

    Raises:
        TypeError: `operation` is not an operation with derivatives.
        ValueError: No suitable point was found in the domain of the operation.

    >>> from autograd_core import log
    >>> check_primitive(log, points=2).summary()
    'log: 4 coordinates, 4 agree, 0 disagree, 0 not judged'
    """
    row = operation if isinstance(operation, Operation) else operation_of(operation)
    if row.arity == 0 or row.name == "checkpoint":
        raise TypeError(f"{row.name} has no derivatives to check")
    # `apply` takes the operands one by one, even if the operation's own function takes them in lists.
    few = unary(row) if row.arity == 1 else binary(row) if row.arity == 2 else None
    apply = few or many(replace(row, gather=lambda *operands: operands))
    draw = random.Random(f"{row.name} {seed}")
    names = operand_names(row)
    whole = row.shape.orders
    free = [i for i in range(len(names)) if i not in whole]
    if not free:
        raise TypeError(f"every derivative of {row.name} is NaN: there is nothing to check")
    found: list[Coordinate] = []
    for index in range(points):
        operands = point(row, apply, len(names), whole, index, draw)
        where = ", ".join(f"{name} = {x:.6g}" for name, x in zip(names, operands, strict=True))

        leaves = {i: Value(operands[i], names[i]) for i in free}
        mixed = [leaves.get(i, x) for i, x in enumerate(operands)]
        for order in (1, 2):
            report = check_gradient(partial(apply, *mixed), list(leaves.values()), order=order)
            found.extend(replace(c, name=f"{c.name if order == 2 else f'∂/∂{c.name}'} at {where}") for c in report)
    return Report(row.name, tuple(found))
