"""Weighted sums of the same inputs side by side, each in a scope of its own: what a layer of a network is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..context import scope
from .choice import accelerated

# name, weights, bias, and what is made of the sum, if anything
Unit = tuple[str, Sequence[Any], Any, Callable[[Any], Any] | None]


def weighted_sum(x: Sequence[Any], unit: Unit, dot: Callable[..., Any]) -> Any:
    """function(w · x + b), in a scope of the unit's name."""
    name, w, b, function = unit
    with scope(name):
        a = dot(w, x) + b
        return a if function is None else function(a)


@accelerated
def weighted_sums(x: Sequence[Any], units: Sequence[Unit], dot: Callable[..., Any]) -> list[Any]:
    """The weighted sum of each unit. `dot` is `autograd_core.dot`, which is made after the engine.

    >>> from autograd_core import Value, dot, relu
    >>> [y] = weighted_sums([1.0, 2.0], [("neuron 1", [Value(3.0), Value(4.0)], Value(-1.0), relu)], dot)
    >>> y, y.scope
    (Value(10.0), ('neuron 1',))
    """
    return [weighted_sum(x, unit, dot) for unit in units]
