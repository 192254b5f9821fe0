"""Copying and pickling graphs of any depth: flat lists, no recursion."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from typing import Any

from .checkpoint import Segment
from .clock import catch_up
from .context import ROOT, Place
from .graph import toposort
from .operation import Operation
from .value import Value, make_node


def shallow(node: Value) -> Value:
    """A node with the same operands and numbers."""
    return _like(node, node.operands, _recorded(node))


def _like(node: Value, operands: Sequence[Value | float], recorded: Any) -> Value:
    grad = node.grad if node.has_grad else None
    return make_node(node.op, node.data, operands, recorded, node._place, node._stamp, grad, node.label)


def _recorded(node: Value) -> Any:
    """What a node keeps beside its operands: their local derivatives, or what a checkpoint runs again."""
    return node._dx if _is_segment(node) else node.local_derivatives


def deep(root: Value, memo: dict[int, Any]) -> Value:
    """The graph below `root` copied; every node that `memo` knows keeps its identity."""
    for node in ordered(root):
        if id(node) in memo:
            continue
        operands = [memo[id(x)] if type(x) is Value else x for x in node.operands]
        recorded = deepcopy(node._dx, memo) if _is_segment(node) else node.local_derivatives
        memo[id(node)] = _like(node, operands, recorded)
    found: Value = memo[id(root)]
    return found


def ordered(root: Value) -> list[Value]:
    """The nodes below `root`, and those that its checkpoints hold as arguments, each after what it refers to."""
    order = toposort(root)
    if not any(_is_segment(node) for node in order):
        return order
    found: dict[Value, None] = {}
    waiting = [root]
    while waiting:
        node = waiting[-1]
        missing = [x for x in _references(node) if x not in found] if node not in found else []
        waiting.extend(reversed(missing))
        if not missing:
            found[waiting.pop()] = None
    return list(found)


def _references(node: Value) -> list[Value]:
    """The nodes that a node refers to: its operands, and of a checkpoint its arguments."""
    things = [x for x in node.operands if type(x) is Value]
    if _is_segment(node):
        _mapped(node._dx.arguments, things.append)
    return things


def reduced(root: Value) -> tuple[Callable[..., Value], tuple[Any, ...]]:
    """What `pickle` is told: a leaf by its numbers, a computed node as one flat program over its leaves.

    Leaves keep their identity within one pickle, computed nodes within one root.
    """
    if root.is_leaf:
        return leaf_from, (root._op, root._data, root._label, root._grad, root.scope, root._stamp)
    order = ordered(root)
    leaves = [node for node in order if node.is_leaf]
    computed = [node for node in order if not node.is_leaf]
    index = {node: i for i, node in enumerate((*leaves, *computed))}
    constants: list[float] = []
    operands, counts = array("q"), array("q")
    for node in computed:
        for x in node.operands:
            if type(x) is Value:
                operands.append(index[x])
            else:
                constants.append(float(x))  # counted downwards from -1
                operands.append(-len(constants))
        counts.append(len(node.operands))
    ops = list(dict.fromkeys(node._op for node in computed))
    op_index = {op: i for i, op in enumerate(ops)}
    program = {
        "ops": ops,
        "op": array("q", (op_index[node._op] for node in computed)),
        "data": array("d", (node._data for node in computed)),
        "stamps": array("q", (node._stamp for node in computed)),
        "counts": counts,
        "operands": operands,
        "constants": array("d", constants),
        "locals": array("d", (0.0 if d is None else d for node in computed for d in node.local_derivatives)),
        "segments": {
            i: (node._dx.function, _mapped(node._dx.arguments, lambda x: _Reference(index[x]) if x in index else x))
            for i, node in enumerate(computed)
            if _is_segment(node)
        },
        "grads": {i: node.grad for i, node in enumerate(computed) if node.has_grad},
        "labels": {i: node.label for i, node in enumerate(computed) if node.label is not None},
        "scopes": {i: node.scope for i, node in enumerate(computed) if node._place.parent is not None},
    }
    return graph_from, (leaves, program)


def _is_segment(node: Value) -> bool:
    return type(node._x) is tuple and type(node._dx) is not tuple


@dataclass(frozen=True, slots=True)
class _Reference:
    """In a pickled checkpoint's arguments: the node with this number."""

    at: int


def _mapped(thing: Any, replace: Callable[[Any], Any]) -> Any:
    """The arguments of a checkpoint with each node replaced, in lists, tuples and dicts."""
    if type(thing) in (Value, _Reference):
        return replace(thing)
    if type(thing) in (list, tuple):
        return type(thing)(_mapped(x, replace) for x in thing)
    if type(thing) is dict:
        return {key: _mapped(x, replace) for key, x in thing.items()}
    return thing


def leaf_from(
    op: Operation, data: float, label: str | None, grad: float | None, scope: tuple[str, ...], stamp: int
) -> Value:
    """A leaf from its pickled numbers."""
    catch_up(stamp)
    return make_node(op, data, (), (), _place_of(scope), stamp, grad, label)


def graph_from(leaves: list[Value], program: dict[str, Any]) -> Value:
    """The root of a graph from its leaves and its flat program."""
    nodes = list(leaves)
    operands, slopes = iter(program["operands"]), iter(program["locals"])
    places: dict[tuple[str, ...], Place] = {(): ROOT}
    columns = zip(program["op"], program["data"], program["stamps"], program["counts"], strict=True)
    for i, (op, data, stamp, how_many) in enumerate(columns):
        xs = [nodes[at] if at >= 0 else program["constants"][-at - 1] for at in islice(operands, how_many)]
        recorded: Any = tuple(islice(slopes, how_many))
        if i in program["segments"]:
            function, arguments = program["segments"][i]
            recorded = Segment(function, _mapped(arguments, lambda x: nodes[x.at] if type(x) is _Reference else x))
        scope = program["scopes"].get(i, ())
        if scope not in places:
            places[scope] = _place_of(scope)
        grad, label = program["grads"].get(i), program["labels"].get(i)
        nodes.append(make_node(program["ops"][op], data, xs, recorded, places[scope], stamp, grad, label))
    catch_up(max(program["stamps"]))
    return nodes[-1]


def _place_of(scope: tuple[str, ...]) -> Place:
    place = ROOT
    for name in scope:
        place = Place(place, name, place.recording)
    return place
