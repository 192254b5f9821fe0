"""Loads pickles from version 0.1.0: provides the functions that they call, under that version's module names."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import Any

from .._operations.operation import row_named
from ..checkpoint import CHECKPOINT
from ..value import Value
from .copying import fill, leaf_from, nodes_from

__all__ = ["graph_from", "leaf_from", "row_named"]


@dataclass(frozen=True, slots=True)
class _Reference:
    """A reference, in a pickled checkpoint's arguments, to the node with this number."""

    at: int


def graph_from(leaves: list[Value], program: dict[str, Any]) -> Value:
    """Rebuild a graph from its leaves and a dict of columns that describe its other nodes, and return its root."""
    nodes = nodes_from(leaves, _as_now(leaves, program))
    everything = [*leaves, *nodes]
    for i, (function, arguments) in program["segments"].items():
        fill(nodes[i], {"function": function, "arguments": _resolved(arguments, everything)})
    return nodes[-1]


def _as_now(leaves: list[Value], old: dict[str, Any]) -> dict[str, Any]:
    """Return the columns in today's format; version 0.1.0 numbered constants separately, from -1 down."""
    first, more = len(leaves), len(old["constants"])
    return {
        **old,
        "rows": old["ops"],
        "code": old["op"],
        "starts": list(accumulate(old["counts"], initial=0)),
        "operands": [first - 1 - at if at < 0 else at if at < first else at + more for at in old["operands"]],
        "locals": list(_with_flat(leaves, old)),
    }


def _with_flat(leaves: list[Value], program: dict[str, Any]) -> Iterator[float]:
    """Yield the local derivatives, with `NOTHING` for those that are 0 in a whole neighbourhood.

    The pickle does not distinguish these from other zeros, so the operations decide which zeros they are.
    """
    numbers = [*(leaf.data for leaf in leaves), *program["data"]]
    operands, slopes = iter(program["operands"]), iter(program["locals"])
    for op, how_many in zip(program["op"], program["counts"], strict=True):
        places = list(islice(operands, how_many))
        xs = [numbers[at] if at >= 0 else program["constants"][-at - 1] for at in places]
        for i, slope in enumerate(islice(slopes, how_many)):
            row = program["ops"][op]
            yield slope or (row.zero(i, xs, [at >= 0 for at in places]) if row is not CHECKPOINT else 0.0)


def _resolved(thing: Any, nodes: list[Value]) -> Any:
    if type(thing) is _Reference:
        return nodes[thing.at]
    if type(thing) in (list, tuple):
        return type(thing)(_resolved(x, nodes) for x in thing)
    if type(thing) is dict:
        return {key: _resolved(x, nodes) for key, x in thing.items()}
    return thing


for _module in ("copying", "operation"):
    sys.modules[f"autograd_core.{_module}"] = sys.modules[__name__]
