"""Makes sure that a layout is the right way up.

A frame is the outline drawn around the boxes of a scope, such as a neuron. Older and newer versions of Graphviz put the
first of several frames at opposite ends. If a layout is upside down, the graph is laid out again with the frames in
reverse order, and the better of the two layouts is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import combinations

from .layout import lay_out

_NUMBERED = re.compile(r"(.*?)(\d+)")


def disorder(frames: Iterable[tuple[str, str]], downward: bool) -> int:
    """Return how many more pairs of numbered frames are in the wrong order than in the right order.

    For example, a frame "neuron 2" below a frame "neuron 3" is in the wrong order.

    Args:
        frames: The label of each frame, and its bounds as Graphviz writes them: left, bottom, right, top.
        downward: Whether edges lead downward, so that frames are side by side rather than one above the other.
    """
    found: dict[str, list[tuple[int, float, float, float]]] = {}
    for label, bounds in frames:
        if numbered := _NUMBERED.fullmatch(label):
            left, low, right, high = (float(x) for x in bounds.split(","))
            place = (low, high, left) if downward else (left, right, -low)
            found.setdefault(numbered[1], []).append((int(numbered[2]), *place))
    votes = 0
    for alike in found.values():
        for (i, start, end, along), (j, other_start, other_end, other_along) in combinations(sorted(alike), 2):
            if i < j and start < other_end and other_start < end:  # the two frames are in the same ranks
                votes += 1 if along > other_along else -1
    return votes


def upright(source: str, turned: str, time_limit: float) -> str:
    """Return the better of two DOT sources: `source`, or `turned`, which lists the frames in reverse order.

    `turned` is laid out only if the layout of `source` is upside down.
    """
    found = {}
    for tried in (source, turned):
        laid = json.loads(lay_out(tried, "json0", time_limit))
        frames = [(o.get("label", ""), o["bb"]) for o in laid.get("objects", ()) if "bb" in o]
        found[tried] = disorder(frames, laid.get("rankdir") == "TB")
        if found[tried] <= 0:
            return tried
    return min(found, key=lambda tried: found[tried])
