"""Weighted sums of the same inputs, each in its own scope: the units of a layer of a network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..context import scope
from .choice import accelerated

# A unit's name, its weights, its bias, and the function applied to the sum, if any.
Unit = tuple[str, Sequence[Any], Any, Callable[[Any], Any] | None]


def weighted_sum(x: Sequence[Any], unit: Unit, dot: Callable[..., Any]) -> Any:
    """Return function(w · x + b), computed in a scope with the unit's name."""
    name, w, b, function = unit
    with scope(name):
        a = dot(w, x) + b
        return a if function is None else function(a)


@accelerated
def weighted_sums(x: Sequence[Any], units: Sequence[Unit], dot: Callable[..., Any]) -> list[Any]:
    """Return the result of each unit.

    `dot` is `autograd_core.dot`; it is passed as an argument because it is created after this module.

    >>> from autograd_core import Value, dot, relu
    >>> [y] = weighted_sums([1.0, 2.0], [("neuron 1", [Value(3.0), Value(4.0)], Value(-1.0), relu)], dot)
    >>> y, y.scope
    (Value(10.0), ('neuron 1',))
    """
    return [weighted_sum(x, unit, dot) for unit in units]
