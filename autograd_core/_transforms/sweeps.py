"""Derivatives of a graph: gradients and tangents, as floats or as Values that can be differentiated again.

`NOTHING` stands for a derivative of 0 that results from the absence of a path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import isfinite
from typing import Any

from .._engine.choice import accelerated
from .._engine.numbers import unwrapped
from .._engine.traces import running, traces
from .._engine.watching import taken, watches
from .._operations.operation import CONSTANT, NOTHING, is_nothing
from ..backward import discovered_all, sweep
from ..checkpoint import CHECKPOINT, behind, below, leader_of
from ..context import record
from ..graph import check_current, discovered
from ..ops import chain
from ..value import Value


def gradients(y: Value, inputs: Iterable[Value], create_graph: bool = False) -> list[Any]:
    """Return ∂y/∂input for each of `inputs`: floats or, with `create_graph`, Values that can be differentiated again.

    No node's `grad` is changed. The results are the same to the last bit with and without `create_graph`.

    Args:
        y: The output.
        inputs: Any nodes, whether leaves or computed. The gradient is 0 for a node that `y` does not depend on.
        create_graph: Whether to record the sweep, so that the results can be differentiated.

    Raises:
        GraphError: With `create_graph`, a leaf was assigned a new number after a node had been computed from it.

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
    """Return the inputs as a list; raise TypeError unless all are Values."""
    if isinstance(inputs, Value):
        raise TypeError(f"gradients takes a list of inputs; got one Value: write gradients(y, [x]) for {inputs!r}")
    listed = list(inputs)
    for x in listed:
        if type(x) is not Value:
            raise TypeError(f"gradients takes a Value and a list of Values; got {x!r} of type {type(x).__name__}")
    return listed


@accelerated
def gradient_numbers(y: Value, inputs: Sequence[Value], stops: Sequence[Value] = ()) -> list[float]:
    """Return the gradients as floats.

    The sweep does not visit the nodes that `stops` depend on, and reruns only the checkpoints that depend on `inputs`.
    """
    order, adjoints = discovered(y, stops)
    adjoints[y] = 1.0
    if any(node.op is CHECKPOINT for node in order):
        wanted = depending(order, inputs)
        order = [node for node in order if node in wanted]
    sweep(order, adjoints)
    return [adjoints.get(x, 0.0) + 0.0 for x in inputs]


@accelerated
def closed(outputs: Sequence[Any], inputs: Sequence[Value]) -> bool:
    """Return whether the outputs depend on no Values other than the inputs and constants."""
    return all(
        node.op is CONSTANT or not node.is_leaf
        for y in outputs
        if type(y) is Value
        for node in discovered(y, inputs)[0]
    )


@accelerated
def closed_gradients(y: Value, inputs: Sequence[Value]) -> list[float] | None:
    """Return the gradients as floats, or None if `y` depends on Values other than the inputs and constants."""
    return gradient_numbers(y, inputs, stops=inputs) if closed([y], inputs) else None


@accelerated
def dependent(things: Sequence[Any], inputs: Sequence[Value]) -> list[bool]:
    """Return, for each of `things`, whether it depends on Values other than the inputs and constants."""
    order = ordered(things, inputs)
    found = depending(order, [node for node in order if node.is_leaf and node.op is not CONSTANT])
    return [type(thing) is Value and thing in found for thing in things]


def ordered(outputs: Sequence[Any], stops: Sequence[Value] = ()) -> list[Value]:
    """Return the outputs and the nodes they depend on, in topological order; ignore outputs that are plain numbers."""
    nodes = [y for y in outputs if type(y) is Value]
    return discovered_all(nodes, stops)[0] if nodes else []


def as_value(x: Any) -> Value:
    """Return a number as a Value, and a Value unchanged."""
    return x if type(x) is Value else Value(x)


def gradient_nodes(
    outputs: Sequence[Any], cotangents: Sequence[Any], inputs: Sequence[Value], stops: Sequence[Value] = ()
) -> list[Any]:
    """Return the inputs' gradients, given the outputs' cotangents; a gradient is a Value, or a float if it is constant.

    The sweep starts from the cotangents; it does not visit the nodes from which the cotangents were computed.
    """
    order = ordered(outputs, stops)
    adjoints: dict[Value, Any] = dict.fromkeys((*stops, *order), NOTHING)
    for y, cotangent in zip(outputs, cotangents, strict=True):
        if type(y) is Value:
            adjoints[y] = _sum(adjoints[y], started(cotangent))
    sweep_values(order, adjoints, depending(order, inputs))
    return [reached(adjoints.get(x, NOTHING)) for x in inputs]


def started(x: Any) -> Any:
    """Return the adjoint or tangent that starts a sweep: a plain 0 becomes `NOTHING`, unlike a Value that is 0."""
    return x if type(x) is Value else float(x) or NOTHING


def reached(x: Any) -> Any:
    """Return the adjoint or tangent with which a sweep ended: `NOTHING` becomes 0.0."""
    return x if type(x) is Value else x + 0.0


def depending(order: list[Value], inputs: Iterable[Value]) -> set[Value]:
    """Return the nodes of `order` that depend on `inputs`, together with the inputs themselves."""
    found = set(inputs)
    for node in order:
        if any(type(x) is Value and x in found for x in node.operands):
            found.add(node)
    return found


def sweep_values(order: list[Value], adjoints: dict[Value, Any], wanted: set[Value]) -> None:
    """Run the reverse sweep on Values: record the products that the sweep on floats computes, in the same order.

    Only nodes in `wanted` receive contributions and pass them on.
    """
    waiting: dict[Value, list[Value]] = {}  # each checkpoint's outputs, until the sweep reaches the first, their leader
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
        if node.op.inside is not None and not isfinite(getattr(upstream, "_data", upstream)):
            _sweep_values_again([node], adjoints, wanted)
            continue
        for operand, local in local_derivative_nodes(node):
            if operand in wanted:
                adjoints[operand] = _sum(adjoints[operand], chain(upstream, local))


def _sweep_values_again(nodes: Sequence[Value], adjoints: dict[Value, Any], wanted: set[Value]) -> None:
    """Sweep the graph behind `nodes`: the outputs of a checkpoint, or the single node of a recorded program."""
    results, operands = behind(nodes), below(nodes)
    order, zeros = discovered_all(results, operands)
    inner: dict[Value, Any] = dict(zeros)
    for node, result in zip(nodes, results, strict=True):
        inner[result] = _sum(inner[result], adjoints[node])
    sweep_values(order, inner, depending(order, wanted.intersection(operands)))
    for operand in operands:
        adjoints[operand] = _sum(adjoints[operand], inner[operand])


def push_forward(order: list[Value], tangents: dict[Value, Any], locals_of: Callable[[Value], Any]) -> None:
    """Run the forward sweep: `tangents` holds the inputs' tangents, and receives the tangent of each node in `order`.

    A node's tangent is the sum, over its operands, of the local derivative times the operand's tangent.
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
        if node.op.inside is not None and _is_unsettled(tangent):
            [tangent] = _pushed_again([node], tangents, locals_of)
        tangents[node] = tangent


def _is_unsettled(tangent: Any) -> bool:
    """Return whether the tangent of a node that stands for a graph must be computed again inside that graph.

    A tangent of 0 may or may not mean that there is no path, and a tangent that is not finite does not show where in
    the graph an infinity arose.
    """
    number = getattr(tangent, "_data", tangent)
    return not isfinite(number) or (number == 0.0 and not is_nothing(tangent))


def _outputs(order: list[Value]) -> dict[Value, list[Value]]:
    """Return the outputs of each checkpoint, keyed by the first of them, their leader."""
    found: dict[Value, list[Value]] = {}
    for node in order:
        if node.op is CHECKPOINT:
            found.setdefault(leader_of(node), []).append(node)
    return found


def _pushed_again(
    nodes: Sequence[Value], tangents: dict[Value, Any], locals_of: Callable[[Value], Any]
) -> list[Any]:
    """Return the tangents of nodes that stand for a graph, by pushing their operands' tangents through that graph."""
    operands = below(nodes)
    inner = {operand: tangents.get(operand, NOTHING) for operand in operands}
    if all(map(is_nothing, inner.values())):
        return [NOTHING] * len(nodes)
    results = behind(nodes)
    push_forward(discovered_all(results, operands)[0], inner, locals_of)
    return [inner[result] for result in results]


@accelerated
def tangent_numbers(outputs: Sequence[Any], inputs: Sequence[Value], directions: Sequence[float]) -> list[float]:
    """Return the tangents of `outputs` as floats.

    `directions` holds the tangents of `inputs`; a tangent of `NOTHING` means that no path starts at its input.
    """
    tangents: dict[Value, Any] = dict(zip(inputs, directions, strict=True))
    for y in outputs:
        if type(y) is Value:
            push_forward(discovered(y, stops=inputs)[0], tangents, recorded_derivatives)
    return [reached(tangents[y]) if type(y) is Value else 0.0 for y in outputs]


def tangent_nodes(outputs: Sequence[Any], inputs: Sequence[Value], directions: Sequence[Any]) -> list[Any]:
    """Return the tangents of `outputs`; each is a Value that can be differentiated again, or a float if it is constant.

    `directions` holds the tangents of `inputs`.
    """
    tangents: dict[Value, Any] = dict(zip(inputs, map(started, directions), strict=True))
    for y in outputs:
        if type(y) is Value:
            push_forward(discovered(y, stops=inputs)[0], tangents, local_derivative_nodes)
    return [reached(tangents[y]) if type(y) is Value else 0.0 for y in outputs]


def local_derivative_nodes(node: Value) -> Iterator[tuple[Value, Any]]:
    """Yield the operands that are Values, each with the local derivative with respect to it, computed on Values.

    Operands whose recorded derivative is `NOTHING` are skipped.
    """
    check_current(node)
    if traces and (trace := running()) is not None:
        trace.asked_flat(node)
    operands = node.operands
    slopes = node._slopes
    taken = [type(x) is Value and not is_nothing(slopes[i]) for i, x in enumerate(operands)]
    for operand, slope in zip(operands, node.op.slopes(operands, node, taken), strict=True):
        if slope is not None:
            yield operand, slope  # type: ignore[misc]  # slopes are computed only for Values


def recorded_derivatives(node: Value) -> Iterator[tuple[Value, float]]:
    """Yield the operands that are Values, each with the recorded local derivative with respect to it.

    Operands without a recorded derivative are skipped, as are those whose derivative is `NOTHING`.
    """
    for operand, local in zip(node.operands, node._slopes, strict=True):
        if type(operand) is Value and local is not None and not is_nothing(local):
            yield operand, local


def _sum(x: Any, y: Any) -> Any:
    """Return x + y; if one of the two is `NOTHING`, return the other without making a node."""
    return y if is_nothing(x) else x if is_nothing(y) else x + y
