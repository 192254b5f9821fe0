"""Puts a traced list of operations into the engine's order if the function uses numbers such as `x.data`.

Outside a trace, `x.data` is a plain number, so the engine's sort does not reach `x` from nodes that use `x.data`. A
replay, however, must compute `x` before anything that uses `x.data`. So the list and the engine's sort may put
operations in different orders, and their backward sweeps may add contributions in different orders. A sweep through a
list in reverse agrees with the engine to the last bit if, for each variable, the instructions that read it are in the
engine's order. This module puts the instructions into an order with this property.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain
from types import ModuleType

from .._engine.choice import NATIVE
from .._engine.flat import Flat
from ..errors import GraphError


def in_engine_order(flat: Flat, slots: list[int], variable: array[int], outputs: int) -> list[int]:
    """Reorder the instructions of a list in place; return the new slots of its roots, outputs first.

    Raises:
        GraphError: No order of the instructions makes a sweep agree with the engine.
    """
    moved = reordered(NATIVE, flat.code, flat.starts, flat.operands, variable, slots[:outputs])
    if moved is None:
        raise GraphError(
            "a traced function uses x.data in a way that prevents a replay from adding up gradients in the engine's "
            "order; write stop_gradient(x) instead of x.data"
        )
    return [moved[slot] for slot in slots]


def reordered(
    engine: ModuleType | None,
    code: array[int],
    starts: array[int],
    operands: array[int],
    variable: array[int],
    roots: Sequence[int],
) -> array[int] | None:
    """Reorder instructions so that a sweep agrees with the engine; return each slot's new number.

    Return None if no order of the instructions achieves this.

    Args:
        engine: The C engine, or None to compute the order in Python.
        code, starts, operands: The arrays of the list. Operands come before the instructions that read them.
        variable: For each slot, whether it represents a node of the engine's graph.
        roots: The slots of the outputs. The instructions that the first output needs come first.
    """
    if engine is not None:
        return engine.reordered(code, starts, operands, variable, array("i", roots), array("i", [0]))  # type: ignore[no-any-return]
    first = len(variable) - len(code)
    earlier = _earlier(starts, operands, variable, _swept(starts, operands, variable, first, roots))
    order, state = array("i"), bytearray(len(code))  # the state of an instruction is 1 while it waits, 2 once added
    for root in (*earlier, *range(len(state))):
        if not _add(root, starts, operands, first, earlier, order, state):
            return None
    return _moved(order, code, starts, operands, variable)


def _moved(
    order: array[int], code: array[int], starts: array[int], operands: array[int], variable: array[int]
) -> array[int]:
    """Put the instructions into the given order; return each slot's new number."""
    first, slots = len(variable) - len(code), array("i", range(len(variable)))
    for new, old in enumerate(order):
        slots[first + old] = first + new
    below = [[slots[slot] for slot in operands[starts[old] : starts[old + 1]]] for old in order]
    code[:] = array(code.typecode, [code[old] for old in order])
    variable[first:] = array(variable.typecode, [variable[first + old] for old in order])
    starts[:] = array(starts.typecode, accumulate(map(len, below), initial=0))
    operands[:] = array(operands.typecode, chain.from_iterable(below))
    return slots


def _swept(
    starts: array[int], operands: array[int], variable: array[int], first: int, roots: Sequence[int]
) -> list[int]:
    """Return the instructions in the order of the engine's sort, which visits only variables."""
    swept, seen = [], bytearray(len(starts) - 1)
    for root in roots:
        if root < first or not variable[root] or seen[root - first]:
            continue
        path = [(root - first, starts[root - first])]
        while path:
            k, edge = path.pop()
            for at in range(edge, starts[k + 1]):
                below = operands[at] - first
                if below >= 0 and variable[operands[at]] and not seen[below]:
                    path += (k, at + 1), (below, starts[below])
                    break
            else:
                seen[k] = 1
                swept.append(k)
    return swept


def _earlier(
    starts: array[int], operands: array[int], variable: array[int], swept: list[int]
) -> dict[int, list[int]]:
    """Return, for each instruction in the sweep, the instructions that last read its variables before it."""
    last: dict[int, int] = {}
    earlier = {}
    for k in swept:
        below = [slot for slot in operands[starts[k] : starts[k + 1]] if variable[slot]]
        earlier[k] = [last[slot] for slot in below if slot in last]
        last.update((slot, k) for slot in below)
    return earlier


def _add(
    root: int, starts: array[int], operands: array[int], first: int, earlier: dict[int, list[int]], order: array[int],
    state: bytearray,
) -> bool:  # fmt: skip  # a list
    """Add an instruction to the order, after those that must precede it; return False if it must precede itself."""

    def needed(k: int) -> Iterator[int]:
        yield from (slot - first for slot in operands[starts[k] : starts[k + 1]] if slot >= first)
        yield from earlier.get(k, ())

    if state[root]:
        return True
    path = [(root, needed(root))]
    state[root] = 1
    while path:
        k, rest = path[-1]
        below = next((x for x in rest if state[x] != 2), None)
        if below is None:
            path.pop()
            state[k] = 2
            order.append(k)
        elif state[below]:
            return False
        else:
            state[below] = 1
            path.append((below, needed(below)))
    return True
