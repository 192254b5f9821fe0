"""Radial basis functions, and k-means, which places their centres."""

import math
import statistics
from collections.abc import Sequence
from typing import Any

from autograd_core import dot, exp, parameter

from ._checks import check_example, check_rows, real, whole
from .init import Seed, generator_from
from .layers import Number
from .module import Module


class RBF(Module):
    """exp(−β_j ‖x − w_j‖²) for each centre w_j; followed by a linear `Layer`, the module forms an RBF network.

    The centres and the β_j are trainable. (Lecture 003, RBF module.)

    Args:
        centres: Rows of numbers, for instance from `kmeans`.
        beta: The initial β_j; by default 1/(2σ²), where σ is the mean distance from a centre to its nearest neighbour.

    Raises:
        ValueError: A row is invalid (the message names the row and the column), or the centres are so far apart, or so
            close together, that the default β is beyond the range of floats.

    >>> [f"{a:.4f}" for a in RBF([[0.0], [1.0]])([0.0])]
    ['1.0000', '0.6065']
    """

    def __init__(self, centres: Sequence[Sequence[float]], beta: float | None = None) -> None:
        check_rows(centres, name="the centres")
        beta = _beta_for(centres) if beta is None else real("beta", beta, above=0.0)
        self.centres = [
            [parameter(x, f"w{j},{i}") for i, x in enumerate(row, 1)] for j, row in enumerate(centres, 1)
        ]
        self.betas = [parameter(beta, f"β{j}") for j in range(1, len(centres) + 1)]

    def forward(self, x: Sequence[Number]) -> list[Any]:
        """Return one number for each centre."""
        check_example(self, x, len(self.centres[0]))
        outputs = []
        for centre, beta in zip(self.centres, self.betas, strict=True):
            difference = [a - w for a, w in zip(x, centre, strict=True)]
            outputs.append(exp(-beta * dot(difference, difference)))
        return outputs

    def extra_repr(self) -> str:
        """Return the numbers of inputs and centres as text."""
        return f"{len(self.centres[0])}, {len(self.centres)}"


def _beta_for(centres: Sequence[Sequence[float]]) -> float:
    """Return 1/(2σ²), where σ is the mean distance from a centre to the nearest different one (1 if all are equal)."""
    spacing = statistics.mean(
        min((d for other in centres if (d := math.dist(centre, other)) > 0), default=0.0) for centre in centres
    ) or 1.0
    square = spacing * spacing
    beta = 0.5 / square if square else math.inf
    if not 0.0 < beta < math.inf:
        raise ValueError(
            f"the centres are {spacing:g} apart, which puts the default beta out of range: pass beta, or scale the "
            "rows as Normalize does"
        )
    return beta


def kmeans(
    rows: Sequence[Sequence[float]], k: int, seed: Seed = None, iterations: int = 100
) -> list[list[float]]:
    """Return k cluster centres, found by Lloyd's algorithm from initial centres drawn far apart (k-means++).

    (Lecture 003; Lloyd, 1982; Arthur and Vassilvitskii, 2007.)

    Args:
        rows: Lists of numbers, all of the same length.
        k: The number of centres, from 1 to the number of distinct rows.
        seed: See `nn.init.generator_from`.
        iterations: The maximum number of iterations.

    Raises:
        ValueError: A row is invalid (the message names the row and the column), or k is too large.

    >>> sorted(kmeans([[0.0], [1.0], [10.0], [11.0]], 2, seed=0))
    [[0.5], [10.5]]
    """
    check_rows(rows)
    # numbers near the largest float are divided by a power of 2, so that distances and sums do not overflow
    unit = 2.0**60 if max(abs(x) for row in rows for x in row) > 2.0**960 else 1.0
    rows = [[x / unit for x in map(float, row)] for row in rows]
    different, generator = len(set(map(tuple, rows))), generator_from(seed)
    if whole("k", k, 1) > different:
        raise ValueError(f"k must be from 1 to the number of distinct rows, {different}; got {k!r}")
    centres = [list(generator.choice(rows))]
    while len(centres) < k:
        distances = [min(math.dist(row, centre) for centre in centres) for row in rows]
        # distances are divided by the largest one, which is not 0: no square overflows, and not all squares are 0
        largest = max(distances)
        weights = [(distance / largest) ** 2 for distance in distances]
        centres.append(list(generator.choices(rows, weights)[0]))
    for _ in range(iterations):
        groups: list[list[Sequence[float]]] = [[] for _ in centres]
        for row in rows:
            groups[min(range(k), key=lambda j: math.dist(row, centres[j]))].append(row)
        # a centre that lost all its rows stays where it is
        moved = [
            [math.fsum(column) / len(group) for column in zip(*group, strict=True)] if group else centre
            for group, centre in zip(groups, centres, strict=True)
        ]
        if moved == centres:
            break
        centres = moved
    return [[x * unit for x in centre] for centre in centres]
