"""Copying and pickling graphs of any depth: flat lists, no recursion."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from typing import Any

from .checkpoint import Segment
from .context import ROOT, Place
from .graph import toposort
from .operation import Operation
from .value import Value, catch_up, new

# The slots that are neither operands nor always set.
_OPTIONAL = ("_y", "_dx", "_dy", "_grad", "_label")


def shallow(node: Value) -> Value:
    """A node with the same operands and numbers."""
    made: Value = new(Value)
    made._data, made._op, made._x, made._place, made._stamp = node._data, node._op, node._x, node._place, node._stamp
    for name in _OPTIONAL:
        if hasattr(node, name):
            setattr(made, name, getattr(node, name))
    return made


def deep(root: Value, memo: dict[int, Any]) -> Value:
    """The graph below `root` copied; every node that `memo` knows keeps its identity."""
    for node in toposort(root):
        if id(node) in memo:
            continue
        made = memo[id(node)] = shallow(node)
        if _is_segment(node):
            made._dx = deepcopy(node._dx, memo)
        if type(node._x) is tuple:
            made._x = tuple(memo[id(x)] if type(x) is Value else x for x in node._x)
        elif type(node._x) is Value:
            made._x = memo[id(node._x)]
        if type(node._y) is Value:
            made._y = memo[id(node._y)]
    found: Value = memo[id(root)]
    return found


def reduced(root: Value) -> tuple[Callable[..., Value], tuple[Any, ...]]:
    """What `pickle` is told: a leaf by its numbers, a computed node as one flat program over its leaves.

    Leaves keep their identity within one pickle, computed nodes within one root.
    """
    if root.is_leaf:
        return leaf_from, (root._op, root._data, root._label, root._grad, root.scope, root._stamp)
    order = toposort(root)
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
    leaf: Value = new(Value)
    leaf._data, leaf._op, leaf._label, leaf._grad, leaf._stamp = data, op, label, grad, stamp
    leaf._x = leaf._y = None
    leaf._place = _place_of(scope)
    catch_up(stamp)
    return leaf


def graph_from(leaves: list[Value], program: dict[str, Any]) -> Value:
    """The root of a graph from its leaves and its flat program."""
    nodes = list(leaves)
    operands, slopes = iter(program["operands"]), iter(program["locals"])
    places: dict[tuple[str, ...], Place] = {(): ROOT}
    columns = zip(program["op"], program["data"], program["stamps"], program["counts"], strict=True)
    for i, (op, data, stamp, how_many) in enumerate(columns):
        node: Value = new(Value)
        node._op, node._data, node._stamp = program["ops"][op], data, stamp
        xs = [nodes[at] if at >= 0 else program["constants"][-at - 1] for at in islice(operands, how_many)]
        ds = list(islice(slopes, how_many))
        if node._op.arity is None:
            node._x, node._y, node._dx = tuple(xs), None, tuple(ds)
            if i in program["segments"]:
                function, arguments = program["segments"][i]
                node._dx = Segment(function, _mapped(arguments, lambda x: nodes[x.at] if type(x) is _Reference else x))
        else:
            node._x, node._dx = xs[0], ds[0]
            node._y = None
            if how_many == 2:
                node._y, node._dy = xs[1], ds[1]
        scope = program["scopes"].get(i, ())
        if scope not in places:
            places[scope] = _place_of(scope)
        node._place = places[scope]
        if i in program["grads"]:
            node._grad = program["grads"][i]
        if i in program["labels"]:
            node._label = program["labels"][i]
        nodes.append(node)
    catch_up(max(program["stamps"]))
    return nodes[-1]


def _place_of(scope: tuple[str, ...]) -> Place:
    place = ROOT
    for name in scope:
        place = Place(place, name, place.recording, place.transforming)
    return place
