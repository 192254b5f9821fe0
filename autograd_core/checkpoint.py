"""Checkpointing: keep no graph of a function, run it again when its gradient is wanted."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .clock import tick
from .context import back_at, current
from .errors import GraphError, described
from .graph import check_current
from .operation import TABLE, Operation
from .value import Value, make_node, number, unwrapped


def _no_formula(*operands: Any) -> Any:
    raise GraphError("a checkpoint has no formula: its function is run again")  # the sweeps never ask for one


CHECKPOINT = TABLE["checkpoint"] = Operation(
    "checkpoint", _no_formula, _no_formula, "A function whose graph is not kept, but made again in each sweep."
)


@dataclass(frozen=True, slots=True)
class Segment:
    """What a checkpoint runs again; it stands where other nodes keep their local derivatives."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]


def checkpoint(function: Callable[..., Any], *arguments: Any) -> Any:
    """`function(*arguments)` as one node: its graph is not kept, and `function` runs again in each sweep.

    Args: `function`, giving one number; gradients reach its arguments and every node and parameter that it closes
    over. It must give the same number each time it runs. The gradients are those of the plain graph; only the order
    in which a shared input's contributions are added may differ. An object that keeps the result of a checkpoint of
    its own method forms a cycle: the cyclic collector frees it on the Python engine, on the native one nothing does
    until the result is let go.
    Raises TypeError for a result that is no number, and GraphError from the sweep when the second run differs in any
    bit or a leaf was assigned between. (Lecture 000: "if memory is an issue, re-calculate some".)

    >>> from autograd_core import Value, exp
    >>> x = Value(1.0)
    >>> y = checkpoint(lambda x: exp(x) * x, x)
    >>> y.backward()
    >>> y.op, x.grad
    (<operation checkpoint>, 5.43656365691809)
    """
    if not current().recording:
        return function(*arguments)
    start = tick()
    result = unwrapped(function(*arguments))
    if type(result) is not Value:
        if number(result) is not None:
            return result
        raise TypeError(
            f"checkpoint takes a function that gives one number; it gave {result!r} of type {type(result).__name__}"
        )
    segment = Segment(function, arguments)
    return make_node(CHECKPOINT, result._data, _boundary(result, start), segment, current(), tick())


def _boundary(result: Value, start: int) -> list[Value]:
    """The leaves and the nodes older than `start` that `result` was computed from, in the order met."""
    found: list[Value] = []
    seen = {result}
    stack = [result]
    while stack:
        node = stack.pop()
        if node.is_leaf or node._stamp < start:
            found.append(node)
            continue
        for operand in reversed(node.operands):
            if type(operand) is Value and operand not in seen:
                seen.add(operand)
                stack.append(operand)
    return found


def rerun(node: Value) -> Value:
    """The result of a checkpoint's function, run again and recorded."""
    check_current(node)
    segment: Segment = node._dx
    start = tick()
    with back_at(node._place):
        result = unwrapped(segment.function(*segment.arguments))
    if type(result) is not Value or struct.pack("d", result._data) != struct.pack("d", node._data):
        raise GraphError(
            f"the function of a checkpoint gave {node._data!r} and, run again, {getattr(result, 'data', result)!r}: "
            "it must compute the same number each time (fix its random seed, and do not change what it reads)"
        )
    known = set(node._x)
    for other in _boundary(result, start):
        if other not in known and other._stamp < start:
            raise GraphError(
                f"the function of a checkpoint now reads {described(other)}, which is not what it read when it was "
                "recorded, so a gradient would be lost: hand copied or unpickled nodes to it as arguments"
            )
    return result
