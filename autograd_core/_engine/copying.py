"""Copies graphs of any depth, and builds graphs from tables of numbers, without recursion."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from itertools import pairwise
from typing import Any

from .._operations.operation import Operation
from ..checkpoint import CHECKPOINT, Segment
from ..value import Value
from .clock import catch_up
from .nodes import make_node
from .places import ROOT, Place


def shallow(node: Value) -> Value:
    """Return a new node with the same operands and numbers."""
    return _like(node, node.operands, _recorded(node))


def _like(node: Value, operands: Sequence[Value | float], recorded: Any) -> Value:
    grad = node.grad if node.has_grad else None
    return make_node(node.op, node.data, operands, recorded, node._place, node._stamp, grad, node.label)


def _recorded(node: Value) -> Any:
    """Return a node's local derivatives or, if it is a checkpoint, its segment, which holds the call to run again."""
    return node._dx if is_segment(node) else node._slopes


def deep(root: Value, memo: dict[int, Any]) -> Value:
    """Copy the graph below `root`, using the copies that are already in `memo`, and return the copy of `root`."""
    segments = []
    for node in ordered(root, lambda x: id(x) in memo):
        operands = [memo[id(x)] if type(x) is Value else x for x in node.operands]
        memo[id(node)] = _like(node, operands, blank() if is_segment(node) else node._slopes)
        if is_segment(node):
            segments.append(node)
    for node in segments:  # only now, because a segment may refer to any of the nodes
        fill(memo[id(node)], deepcopy(contents(node), memo))
    found: Value = memo[id(root)]
    return found


def ordered(root: Value, known: Callable[[Value], bool]) -> list[Value]:
    """Return `root` and the nodes below it, operands before results, without the nodes for which `known` is true.

    The nodes that a checkpoint's segment refers to, and the nodes below these, are included too.
    """
    found: dict[Value, None] = {}
    there = set[Value]()
    roots = [root]
    for start in roots:
        waiting = [] if known(start) else [start]
        while waiting:
            node = waiting[-1]
            missing: list[Value] = []
            for x in () if node in found else node.operands:
                if type(x) is Value and x not in found and x not in there:
                    (there.add if known(x) else missing.append)(x)
            if missing:
                waiting.extend(reversed(missing))
                continue
            waiting.pop()
            if node not in found:
                found[node] = None
                if is_segment(node):
                    roots.extend(_nodes_in(contents(node)))
    return list(found)


def is_segment(node: Value) -> bool:
    """Return whether a node is a checkpoint, which stores a segment in place of local derivatives."""
    return type(node._x) is tuple and type(node._dx) is not tuple


def blank() -> Segment:
    """Return an empty segment for a checkpoint, to be filled later."""
    return Segment(None, (), {})


def contents(node: Value) -> dict[str, Any]:
    """Return the fields of a checkpoint's segment, as a dict by name."""
    return {name: getattr(node._dx, name) for name in Segment.__slots__}


def fill(node: Value, things: dict[str, Any]) -> None:
    """Fill in the fields of a checkpoint's segment."""
    for name, thing in things.items():
        object.__setattr__(node._dx, name, thing)  # the segment is frozen, but was not complete until now


def _nodes_in(thing: Any) -> Iterator[Value]:
    """Yield the nodes in nested lists, tuples and dicts."""
    waiting, seen = [thing], set[int]()
    while waiting:
        thing = waiting.pop()
        if type(thing) is Value:
            yield thing
        elif type(thing) in (list, tuple, dict) and id(thing) not in seen:
            seen.add(id(thing))
            waiting.extend(thing.values() if type(thing) is dict else thing)


def leaf_from(
    op: Operation, data: float, label: str | None, grad: float | None, scope: tuple[str, ...], stamp: int
) -> Value:
    """Rebuild a leaf from its pickled fields."""
    catch_up(stamp)
    return make_node(op, data, (), (), _place_of(scope), stamp, grad, label)


def nodes_from(outside: list[Value], program: dict[str, Any]) -> list[Value]:
    """Rebuild the nodes of a flat list (see `flat.py`); checkpoints get blank segments.

    Args:
        outside: The nodes to which the list refers but which it does not contain.
        program: A dict with the fields of a `Flat` by name. Further entries hold the data and stamp of each node, the
            local derivative for each operand, and any grads, labels and scopes that the nodes have.
    """
    numbered: list[Any] = [*outside, *program.get("constants", ())]
    first, starts, operands, slopes = len(numbered), program["starts"], program["operands"], program["locals"]
    rows, scopes = program["rows"], program.get("scopes", {})
    grads, labels = program.get("grads", {}), program.get("labels", {})
    places: dict[tuple[str, ...], Place] = {(): ROOT}
    columns = zip(program["code"], program["data"], program["stamps"], pairwise(starts), strict=True)
    for i, (at, data, stamp, (start, end)) in enumerate(columns):
        op = rows[at]
        xs = [numbered[at] for at in operands[start:end]]
        recorded: Any = blank() if op is CHECKPOINT else tuple(slopes[start:end])
        scope = scopes.get(i, ())
        if scope not in places:
            places[scope] = _place_of(scope)
        numbered.append(make_node(op, data, xs, recorded, places[scope], stamp, grads.get(i), labels.get(i)))
    catch_up(max(program["stamps"]))
    return numbered[first:]


def _place_of(scope: tuple[str, ...]) -> Place:
    place = ROOT
    for name in scope:
        place = Place(place, name, place.recording)
    return place


setattr(Value, "__copy__", shallow)  # noqa: B010  # a type checker refuses the plain assignment
setattr(Value, "__deepcopy__", deep)  # noqa: B010  # as above
