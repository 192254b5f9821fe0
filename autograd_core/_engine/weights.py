"""Many leaves at once: what training reads and assigns in each step, without a call of Python for each weight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .choice import accelerated

if TYPE_CHECKING:
    from ..value import Value


@accelerated
def gradients_of(nodes: Sequence[Value]) -> list[float]:
    """The gradient of each node.

    >>> from autograd_core import parameter
    >>> w, b = parameter(2.0), parameter(1.0)
    >>> (3.0 * w).backward()
    >>> gradients_of([w, b])
    [3.0, 0.0]
    """
    return [node.grad for node in nodes]


@accelerated
def clear_gradients(nodes: Sequence[Value]) -> None:
    """Clear the gradient of each node."""
    for node in nodes:
        node.zero_grad()


@accelerated
def assign_gradients(nodes: Sequence[Value], numbers: Sequence[float]) -> None:
    """Set the gradient of each node."""
    for node, number in zip(nodes, numbers, strict=True):
        node.grad = number


@accelerated
def assign_data(nodes: Sequence[Value], numbers: Sequence[float]) -> None:
    """Set the number of each leaf."""
    for node, number in zip(nodes, numbers, strict=True):
        node.data = number
