"""Checkpointing: discard a function's graph, and run the function again when its gradients are needed."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ._engine.clock import tick
from ._engine.nodes import make_node
from ._engine.numbers import unwrapped
from ._engine.places import current
from ._operations.operation import TABLE, Operation
from ._operations.shape import Shape
from ._transforms.trees import passes, taken_apart
from .context import back_at
from .errors import GraphError, described
from .graph import check_current
from .value import Value


def _no_formula(*operands: Any) -> Any:
    raise GraphError("a checkpoint has no formula; its function is run again instead")  # never called by a sweep


CHECKPOINT = TABLE["checkpoint"] = Operation(
    "checkpoint", Shape(("operands",), lists=True), _no_formula, _no_formula,
    "A function whose graph is rebuilt in each sweep instead of being kept."
)


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """The call that a checkpoint runs again, stored where other nodes keep their local derivatives.

    If there are several outputs, the first one is the leader: its node has the operands of all outputs, and its segment
    holds the function. The node of any other output has the leader as its only operand, and its segment holds no
    function. A sweep defers these nodes until it reaches the leader, then runs the function once for all outputs.
    """

    function: Callable[..., Any] | None
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    output: int | None = None  # the index of this output, if there are several


def checkpoint(function: Callable[..., Any], /, *arguments: Any, **keywords: Any) -> Any:
    """Return `function(*arguments, **keywords)` without keeping its graph; each sweep runs `function` again.

    Gradients reach the arguments, and every node and parameter that `function` closes over. The gradients are the same
    as without a checkpoint, except that the contributions to a shared input may be added in a different order. The
    stepper does not support checkpoints with several outputs. If an object stores the result of checkpointing one of
    its own methods, the object and that result form a reference cycle. On the Python engine, the garbage collector
    frees the cycle; on the native engine, the cycle is freed only once the object drops the result. (Lecture 000: "if
    memory is an issue, re-calculate some".)

    Args:
        function: Returns one number, or several in lists, tuples, dicts, dataclasses, NumPy arrays or classes
            registered with `register`; each Value among the numbers becomes one node. Each sweep runs the function
            once, and the function must return the same numbers every time.
        arguments, keywords: Passed to `function`.

    Raises:
        TypeError: The result contains something other than numbers.
        GraphError: Raised by a sweep if the function now returns a number that differs from the recorded one in any
            bit, or if a leaf was assigned after the checkpoint was made.

    >>> from autograd_core import Value, exp
    >>> x = Value(1.0)
    >>> y = checkpoint(lambda x: exp(x) * x, x)
    >>> y.backward()
    >>> y.op, x.grad
    (<operation checkpoint>, 5.43656365691809)
    >>> checkpoint(lambda x, *, k: {"square": x * x, "more": k * x}, x, k=2.0)
    {'square': Value(1.0), 'more': Value(2.0)}
    """
    if not current().recording:
        return function(*arguments, **keywords)
    start = tick()
    result = unwrapped(function(*arguments, **keywords))
    if type(result) is Value:
        segment = Segment(function, arguments, keywords)
        return make_node(CHECKPOINT, result._data, _boundary([result], start), segment, current(), tick())
    if passes(result):
        raise TypeError(
            "checkpoint takes a function that returns one number or several; "
            f"it returned {result!r} of type {type(result).__name__}"
        )
    structure = taken_apart(result)
    if not any(type(x) is Value for x in structure.numbers):
        return result
    return structure.rebuild(_nodes(structure.numbers, start, function, arguments, keywords))


def _nodes(
    numbers: list[Any], start: int, function: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> list[Any]:
    """Return the outputs, with each Value among them replaced by a node, the first of which is the leader."""
    operands = _boundary([x for x in numbers if type(x) is Value], start)
    stamp = tick()
    made: list[Any] = []
    leader: Value | None = None
    for i, x in enumerate(numbers):
        if type(x) is not Value:
            made.append(x)
        elif leader is None:
            segment = Segment(function, arguments, keywords, i)
            leader = make_node(CHECKPOINT, x._data, operands, segment, current(), stamp)
            made.append(leader)
        else:
            made.append(make_node(CHECKPOINT, x._data, [leader], Segment(None, (), {}, i), current(), stamp))
    return made


def leader_of(node: Value) -> Value:
    """Return the leading output of the checkpoint that `node` belongs to."""
    leader: Value = node if node._dx.function is not None else node._x[0]
    return leader


def behind(nodes: Sequence[Value]) -> list[Value]:
    """Rebuild the graph hidden behind `nodes`, and return, for each of them, the corresponding node of that graph.

    `nodes` are outputs of one checkpoint, or the single node that a call to a traced program recorded.
    """
    inside = nodes[0].op.inside
    return rerun(nodes) if inside is None else [inside(nodes[0])]


def below(nodes: Sequence[Value]) -> list[Value]:
    """Return the distinct Values from which the graph that `behind` rebuilds is computed."""
    leader = leader_of(nodes[0]) if nodes[0].op is CHECKPOINT else nodes[0]
    return [x for x in dict.fromkeys(leader._x) if type(x) is Value]


def _boundary(results: list[Value], start: int) -> list[Value]:
    """Return the leaves and the nodes older than `start` that `results` were computed from, in order of discovery."""
    found: list[Value] = []
    seen = set(results)
    stack = list(dict.fromkeys(reversed(results)))
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


def rerun(nodes: Sequence[Value]) -> list[Value]:
    """Run the checkpoint's function again, recording it, and return the new version of each output in `nodes`."""
    leader = leader_of(nodes[0])
    check_current(leader)
    segment: Any = leader._dx
    start = tick()
    with back_at(leader._place):
        result = unwrapped(segment.function(*segment.arguments, **segment.keywords))
    outputs = [result] if segment.output is None else taken_apart(result).numbers
    found = [_again(node, outputs) for node in nodes]
    known = set(leader._x)
    for other in _boundary(found, start):
        if other not in known and other._stamp < start:
            raise GraphError(
                f"the function of a checkpoint now reads {described(other)}, which it did not read when the "
                "checkpoint was recorded, so a gradient would be lost: pass copied or unpickled nodes to the function "
                "as arguments"
            )
    return found


def _again(node: Value, outputs: list[Any]) -> Value:
    """Return the new version of `node` among the outputs of another run; raise GraphError unless every bit agrees."""
    at = node._dx.output or 0
    again = outputs[at] if at < len(outputs) else None
    if type(again) is not Value or struct.pack("d", again._data) != struct.pack("d", node._data):
        raise GraphError(
            f"the function of a checkpoint returned {node._data!r} and, when run again, "
            f"{getattr(again, '_data', again)!r}: "
            "it must return the same number each time (fix its random seed, and do not change what it reads)"
        )
    return again
