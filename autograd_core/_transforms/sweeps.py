"""Gradients of a graph: as floats, as Values that can be differentiated again, and forwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from .._engine.choice import accelerated
from .._engine.made import running, traces
from .._engine.numbers import unwrapped
from .._engine.taken import taken, watches
from .._operations.operation import CONSTANT, NOTHING, is_nothing
from ..backward import discovered_all, sweep
from ..checkpoint import CHECKPOINT, leader_of, rerun
from ..context import record
from ..graph import check_current, discovered
from ..ops import chain
from ..value import Value


def gradients(y: Value, inputs: Iterable[Value], create_graph: bool = False) -> list[Any]:
    """Return ∂y/∂input for each of `inputs`: floats, or with `create_graph` Values that can be differentiated again.

    No `grad` is touched. The numbers with and without `create_graph` are the same, bit for bit.

    Args:
        y: The output.
        inputs: Any nodes, leaves or computed. One that `y` does not depend on has gradient 0.
        create_graph: Whether to record the sweep.

    Raises:
        GraphError: With `create_graph`, a leaf was assigned after its node was computed.

    >>> x = Value(3.0)
    >>> [slope] = gradients(x * x * x, [x], create_graph=True)
    >>> slope.data, gradients(slope, [x])
    (27.0, [18.0])
    """
    wanted = _values(inputs)
    if type(y := unwrapped(y)) is not Value:
        raise TypeError(f"gradients takes a Value and a list of Values; got {y!r} of type {type(y).__name__}")
    if create_graph:
        with record():
            return [as_value(x) for x in gradient_nodes([y], [1.0], wanted)]
    if watches:
        taken(y)
    return gradient_numbers(y, wanted)


def _values(inputs: Iterable[Value]) -> list[Value]:
    """The inputs as a list, checked to be Values."""
    if isinstance(inputs, Value):
        raise TypeError(f"gradients takes a list of inputs; got one Value: write gradients(y, [x]) for {inputs!r}")
    listed = list(inputs)
    for x in listed:
        if type(x) is not Value:
            raise TypeError(f"gradients takes a Value and a list of Values; got {x!r} of type {type(x).__name__}")
    return listed


@accelerated
def gradient_numbers(y: Value, inputs: Sequence[Value], stops: Sequence[Value] = ()) -> list[float]:
    """The gradients as floats. Nothing below `stops` is looked at, and no checkpoint is run without need."""
    order, adjoints = discovered(y, stops)
    adjoints[y] = 1.0
    if any(node.op is CHECKPOINT for node in order):
        wanted = depending(order, inputs)
        order = [node for node in order if node in wanted]
    sweep(order, adjoints)
    return [adjoints.get(x, 0.0) + 0.0 for x in inputs]


@accelerated
def closed(outputs: Sequence[Any], inputs: Sequence[Value]) -> bool:
    """Whether the outputs depend on no Value but the inputs and constants."""
    return all(
        node.op is CONSTANT or not node.is_leaf
        for y in outputs
        if type(y) is Value
        for node in discovered(y, inputs)[0]
    )


@accelerated
def closed_gradients(y: Value, inputs: Sequence[Value]) -> list[float] | None:
    """The gradients as floats, or None where `y` depends on any Value but the inputs and constants."""
    return gradient_numbers(y, inputs, stops=inputs) if closed([y], inputs) else None


@accelerated
def dependent(things: Sequence[Any], inputs: Sequence[Value]) -> list[bool]:
    """Which of `things` depend on a Value besides the inputs and constants."""
    order = ordered(things, inputs)
    found = depending(order, [node for node in order if node.is_leaf and node.op is not CONSTANT])
    return [type(thing) is Value and thing in found for thing in things]


def ordered(outputs: Sequence[Any], stops: Sequence[Value] = ()) -> list[Value]:
    """The nodes below several outputs in topological order; plain numbers among them are skipped."""
    nodes = [y for y in outputs if type(y) is Value]
    return discovered_all(nodes, stops)[0] if nodes else []


def as_value(x: Any) -> Value:
    """A number as a Value; a Value as it is."""
    return x if type(x) is Value else Value(x)


def gradient_nodes(
    outputs: Sequence[Any], cotangents: Sequence[Any], inputs: Sequence[Value], stops: Sequence[Value] = ()
) -> list[Any]:
    """What the cotangents of the outputs send back to the inputs: Values, or floats where they are constant.

    The cotangents only start the sweep: what they were computed from is not differentiated.
    """
    order = ordered(outputs, stops)
    adjoints: dict[Value, Any] = dict.fromkeys((*stops, *order), NOTHING)
    for y, cotangent in zip(outputs, cotangents, strict=True):
        if type(y) is Value:
            adjoints[y] = _sum(adjoints[y], started(cotangent))
    sweep_values(order, adjoints, depending(order, inputs))
    return [reached(adjoints.get(x, NOTHING)) for x in inputs]


def started(x: Any) -> Any:
    """What a sweep starts from. A plain 0 is a path not taken; a Value that happens to be 0 is not."""
    return x if type(x) is Value else float(x) or NOTHING


def reached(x: Any) -> Any:
    """What a sweep has left here: 0.0 where nothing arrived."""
    return x if type(x) is Value else x + 0.0


def depending(order: list[Value], inputs: Iterable[Value]) -> set[Value]:
    """The nodes of `order` that depend on `inputs`, and `inputs` themselves."""
    found = set(inputs)
    for node in order:
        if any(type(x) is Value and x in found for x in node.operands):
            found.add(node)
    return found


def sweep_values(order: list[Value], adjoints: dict[Value, Any], wanted: set[Value]) -> None:
    """The reverse sweep in Values: the same products in the same order as the plain one, recorded.

    Contributions go only to nodes in `wanted`: no other formula is evaluated.
    """
    waiting: dict[Value, list[Value]] = {}  # outputs of a checkpoint, until their leader's turn
    for node in reversed(order):
        upstream = adjoints[node]
        asked = not is_nothing(upstream) and node in wanted
        if node.op is CHECKPOINT:
            leader = leader_of(node)
            if asked:
                waiting.setdefault(leader, []).append(node)
            if node is leader and node in waiting and node in wanted:
                _sweep_values_again(waiting.pop(node)[::-1], adjoints, wanted)
            continue
        if not asked:
            continue
        for operand, local in local_derivative_nodes(node):
            if operand in wanted:
                adjoints[operand] = _sum(adjoints[operand], chain(upstream, local))


def _sweep_values_again(nodes: Sequence[Value], adjoints: dict[Value, Any], wanted: set[Value]) -> None:
    """Run the function of a checkpoint again, of which `nodes` are outputs, and sweep what it recorded."""
    results, leader = rerun(nodes), leader_of(nodes[0])
    order, zeros = discovered_all(results, leader._x)
    below: dict[Value, Any] = dict(zeros)
    for node, result in zip(nodes, results, strict=True):
        below[result] = _sum(below[result], adjoints[node])
    sweep_values(order, below, depending(order, wanted.intersection(leader._x)))
    for operand in dict.fromkeys(leader._x):
        adjoints[operand] = _sum(adjoints[operand], below[operand])


def push_forward(order: list[Value], tangents: dict[Value, Any], locals_of: Callable[[Value], Any]) -> None:
    """The forward sweep: a node's tangent is the sum over its operands of local derivative times tangent.

    `tangents` holds the tangents of the inputs; other leaves count as constants.
    """
    outputs: dict[Value, list[Value]] = {}
    for node in order:
        if node in tangents:
            continue
        if node.op is CHECKPOINT:
            outputs = outputs or _outputs(order)
            together = [output for output in outputs[leader_of(node)] if output not in tangents]
            tangents.update(zip(together, _pushed_again(together, tangents, locals_of), strict=True))
            continue
        if all(type(x) is not Value or is_nothing(tangents[x]) for x in node.operands):
            tangents[node] = NOTHING
            continue
        tangent: Any = NOTHING
        for operand, local in locals_of(node):
            if not is_nothing(tangents[operand]):
                tangent = _sum(tangent, chain(tangents[operand], local))
        tangents[node] = tangent


def _outputs(order: list[Value]) -> dict[Value, list[Value]]:
    """The outputs of each checkpoint, by their leader."""
    found: dict[Value, list[Value]] = {}
    for node in order:
        if node.op is CHECKPOINT:
            found.setdefault(leader_of(node), []).append(node)
    return found


def _pushed_again(
    nodes: Sequence[Value], tangents: dict[Value, Any], locals_of: Callable[[Value], Any]
) -> list[Any]:
    """The tangents of a checkpoint's outputs: its function is run again, and the tangents pushed through."""
    leader = leader_of(nodes[0])
    inner = {operand: tangents.get(operand, NOTHING) for operand in leader._x}
    if all(map(is_nothing, inner.values())):
        return [NOTHING] * len(nodes)
    results = rerun(nodes)
    push_forward(discovered_all(results, leader._x)[0], inner, locals_of)
    return [inner[result] for result in results]


@accelerated
def tangent_numbers(outputs: Sequence[Any], inputs: Sequence[Value], directions: Sequence[float]) -> list[float]:
    """The tangents of `outputs`, as floats, where those of `inputs` are `directions`; `NOTHING` is a path not taken."""
    tangents: dict[Value, Any] = dict(zip(inputs, directions, strict=True))
    for y in outputs:
        if type(y) is Value:
            push_forward(discovered(y, stops=inputs)[0], tangents, recorded_derivatives)
    return [reached(tangents[y]) if type(y) is Value else 0.0 for y in outputs]


def tangent_nodes(outputs: Sequence[Any], inputs: Sequence[Value], directions: Sequence[Any]) -> list[Any]:
    """The tangents of `outputs` as Values that can be differentiated again, or floats where they are constant."""
    tangents: dict[Value, Any] = dict(zip(inputs, map(started, directions), strict=True))
    for y in outputs:
        if type(y) is Value:
            push_forward(discovered(y, stops=inputs)[0], tangents, local_derivative_nodes)
    return [reached(tangents[y]) if type(y) is Value else 0.0 for y in outputs]


def local_derivative_nodes(node: Value) -> Iterator[tuple[Value, Any]]:
    """Each operand that is a Value, with its local derivative computed on Values; flat edges are left out."""
    check_current(node)
    if traces and (trace := running()) is not None:
        trace.asked_flat(node)
    operands = node.operands
    slopes = node._slopes
    taken = [type(x) is Value and not is_nothing(slopes[i]) for i, x in enumerate(operands)]
    for operand, slope in zip(operands, node.op.slopes(operands, node, taken), strict=True):
        if slope is not None:
            yield operand, slope  # type: ignore[misc]  # what is taken is a Value


def recorded_derivatives(node: Value) -> Iterator[tuple[Value, float]]:
    """Each operand that is a Value, with its recorded local derivative; flat edges are left out."""
    for operand, local in zip(node.operands, node._slopes, strict=True):
        if type(operand) is Value and local is not None and not is_nothing(local):
            yield operand, local


def _sum(x: Any, y: Any) -> Any:
    """The sum: of plain numbers a plain one. Adding to nothing makes no node."""
    return y if is_nothing(x) else x if is_nothing(y) else x + y
