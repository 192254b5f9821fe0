"""Wraps long chains of boxes into rows, like lines of text.

A layout is cut between two ranks (columns of boxes) where few edges cross.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

Attributes = dict[str, str]
Edges = list[tuple[str, str, Attributes]]
Bounds = tuple[float, float, float, float]  # left, bottom, right, top

ROOM = (1300.0, 540.0)  # the space for the picture on a small screen
MOST_ROWS = 5
MOST_CROSSING = 2
GUTTER = 46.0  # the space between rows, for the edges that lead from one row to the next
MARGIN = 34.0
WORTH = 1.15  # rows are harder to follow, so they are made only if they enlarge the text by more than this factor


def wrapped(nodes: dict[str, Attributes], edges: Edges, bounds: Bounds) -> Bounds:
    """Move nodes and edges into rows if that makes the text larger, and return the new bounds."""
    left, bottom, right, top = bounds
    ranks = sorted({round(_point(node["pos"])[0]) for node in nodes.values()})
    place = {name: ranks.index(round(_point(node["pos"])[0])) for name, node in nodes.items()}
    allowed = [
        k + 1
        for k in range(len(ranks) - 1)
        if sum(place[tail] <= k < place[head] for tail, head, _ in edges) <= MOST_CROSSING
    ]
    height = top - bottom
    best = WORTH * _scale(right - left, height)
    cuts: tuple[int, ...] = ()
    for rows in range(2, MOST_ROWS + 1):
        for tried in _splits(allowed, ranks, rows):
            starts = (0, *tried, len(ranks))
            widths = [ranks[b - 1] - ranks[a] for a, b in pairwise(starts)]
            size = _scale(max(widths) + _widest(nodes) + 2 * MARGIN, rows * height + (rows - 1) * GUTTER)
            if size > best:
                best, cuts = size, tried
    return _moved(nodes, edges, bounds, ranks, place, cuts) if cuts else bounds


def _scale(width: float, height: float) -> float:
    return min(ROOM[0] / width, ROOM[1] / height)


def _widest(nodes: dict[str, Attributes]) -> float:
    return max(72 * float(node["width"]) for node in nodes.values())


def _splits(allowed: Sequence[int], ranks: Sequence[int], rows: int) -> Iterator[tuple[int, ...]]:
    """Yield the cuts that make `rows` rows, as nearly equal in width as the allowed cuts permit."""
    step = (ranks[-1] - ranks[0]) / rows
    cuts = []
    for k in range(1, rows):
        wanted = ranks[0] + k * step
        nearest = min(allowed, key=lambda cut: abs((ranks[cut - 1] + ranks[cut]) / 2 - wanted), default=None)
        if nearest is None or nearest in cuts:
            return
        cuts.append(nearest)
    yield tuple(cuts)


def _moved(
    nodes: dict[str, Attributes],
    edges: Edges,
    bounds: Bounds,
    ranks: Sequence[int],
    place: dict[str, int],
    cuts: tuple[int, ...],
) -> Bounds:
    left, bottom, _, top = bounds
    row = {name: sum(k >= cut for cut in cuts) for name, k in place.items()}
    half = _widest(nodes) / 2
    across = {r: left + MARGIN + half - ranks[start] for r, start in enumerate((0, *cuts))}
    down = {r: -r * (top - bottom + GUTTER) for r in across}
    ends = {r: max(ranks[place[name]] for name in nodes if row[name] == r) + across[r] + half for r in across}
    for name, node in nodes.items():
        x, y = _point(node["pos"])
        node["pos"] = f"{x + across[row[name]]:.2f},{y + down[row[name]]:.2f}"
    width = max(ends.values())
    for tail, head, edge in edges:
        r, s = row[tail], row[head]
        if r == s:
            edge["pos"] = _shifted(edge["pos"], across[r], down[r])
            if "lp" in edge:
                edge["lp"] = _shifted(edge["lp"], across[r], down[r])
        else:
            gutter = bottom + down[r] - GUTTER / 2
            _route(edge, nodes[tail], nodes[head], (left + MARGIN / 2, width + MARGIN / 2), gutter)
    last = max(down.values(), key=abs)
    return left, bottom + last, width + MARGIN, top


def _route(edge: Attributes, tail: Attributes, head: Attributes, sides: tuple[float, float], gutter: float) -> None:
    """Route an edge from the right of its tail, around the row's end, through the gutter, to the left of its head."""
    (x, y), (u, v) = _point(tail["pos"]), _point(head["pos"])
    x += 36 * float(tail["width"])
    u -= 36 * float(head["width"])
    low, high = sides
    tip = 6.0
    points = [
        (x, y), (high, y), (high, y), (high, (y + gutter) / 2),
        (high, gutter), (high, gutter), ((low + high) / 2, gutter),
        (low, gutter), (low, gutter), (low, (v + gutter) / 2),
        (low, v), (low, v), (u - tip, v),
    ]  # fmt: skip  # one curve per line
    edge["pos"] = f"e,{u:.2f},{v:.2f} " + " ".join(f"{a:.2f},{b:.2f}" for a, b in points)
    if "lp" in edge:
        edge["lp"] = f"{(low + high) / 2:.2f},{gutter + 8:.2f}"


def _point(text: str) -> tuple[float, float]:
    x, y = text.rstrip("!").split(",")[:2]
    return float(x), float(y)


def _shifted(text: str, dx: float, dy: float) -> str:
    """Move every point in a Graphviz position, in which the point at an arrow's tip begins with "e," or "s,"."""
    parts = []
    for part in text.split():
        *mark, x, y = part.split(",")
        parts.append(",".join((*mark, f"{float(x) + dx:.2f}", f"{float(y) + dy:.2f}")))
    return " ".join(parts)
