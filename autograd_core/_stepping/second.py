"""The graph of a graph's gradients, which the page differentiates once more for entries of the Hessian."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .._drawing.picture import graph_of
from .._transforms.sweeps import gradients
from ..context import record
from ..ops import sum as total
from ..value import Value
from .replay import Replay, Tape, why_frozen
from .scene import Scene

MOST_NODES = 150  # with more, the gradients' graph would make up most of the page


@dataclass(frozen=True, slots=True)
class SecondOrder:
    """The program of all gradients: the slot of each leaf, and of the gradient by it, or None if that is constant."""

    tape: Tape
    leaves: list[int]
    roots: list[int | None]


def second_order(scene: Scene, leaves: Sequence[Value]) -> SecondOrder | None:
    """Return the gradients by the leaves as a program, or None if only Python can compute them or it is too large."""
    if not leaves or len(scene.order) > MOST_NODES or any(why_frozen(node.op) for node in scene.order):
        return None
    with record():
        y = scene.roots[0] if len(scene.roots) == 1 else total(scene.roots)
        found = gradients(y, list(leaves), create_graph=True)
    tape = Tape()
    data = Replay(graph_of([x for x in (*found, *leaves) if type(x) is Value]), tape).data
    return SecondOrder(tape, [data[x] for x in leaves], [data[g] if type(g) is Value else None for g in found])
