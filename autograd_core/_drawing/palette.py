"""The colours and shapes of boxes and edges, and the CSS classes that stand for gradients."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable

from .texts import number

# Graphviz attributes that distinguish the kinds of boxes by their outlines as well as by their colours.
KINDS: dict[str, dict[str, str]] = {
    "computed": {},
    "input": {"style": "filled,rounded", "fillcolor": "#dcebfa", "color": "#2a6fbb"},
    "parameter": {"style": "filled,diagonals", "margin": "0.17,0.06", "fillcolor": "#fdeccb", "color": "#a85f00"},
    "constant": {"style": "filled,dashed", "fillcolor": "#f1f1f1", "color": "#777777"},
    "folded": {"shape": "box3d", "margin": "0.14,0.11", "fillcolor": "#eeeaf6", "color": "#5d4a8a"},
    "guard": {"shape": "octagon", "style": "filled,dashed", "fillcolor": "#fdf0ef", "color": "#b3261e"},
    "operation": {"shape": "ellipse", "fillcolor": "#f7f7f7"},
}
ROOT = {"peripheries": "2", "fillcolor": "#d8f0df", "color": "#1b7a3d"}
STALE = {"color": "#c2185b", "penwidth": "2.5"}

# If many edges leave a box, they share one of these colours, so that the eye can follow them. The colours for dark
# pages are in page.css.
SOURCES = ("#0072b2", "#b84a00", "#007a5a", "#98508a", "#806000", "#555555")

# Negative gradients are blue and positive ones orange, colours that people with any kind of colour blindness can tell
# apart; the text shows the signs as well. Norms have no sign, so they have a separate colour and scale. Each colour has
# four shades; SHARES are the limits between the shades, as fractions of the largest magnitude.
SHARES = (0.01, 0.1, 0.3)
STEPS = len(SHARES) + 1
SCALES = {
    "n": ("#e3eef7", "#b5d4e9", "#7fb5d8", "#4393c3"),
    "p": ("#fdeedb", "#fdd0a0", "#f5ab5c", "#e08214"),
    "m": ("#e9e6f2", "#cfc9e4", "#ada4d0", "#8a7fba"),
}
OTHER = {"g-none": "#ffffff", "g-zero": "#eeeeee", "g-nonfinite": "#e7b6dd"}


def largest(gradients: Iterable[float]) -> float:
    """Return the largest finite magnitude among the gradients, or 0.0 if there is none."""
    return max((abs(g) for g in gradients if math.isfinite(g)), default=0.0)


def gradient_class(gradient: float | None, top: float, signed: bool = True) -> str:
    """Return the CSS class that stands for a gradient's sign and for its size relative to the largest gradient, `top`.

    If `signed` is false, as for a norm, the class stands only for the size.

    >>> gradient_class(5.0, 10.0), gradient_class(-0.02, 10.0), gradient_class(None, 10.0)
    ('g-p4', 'g-n1', 'g-none')
    >>> gradient_class(5.0, 20.0, signed=False)
    'g-m3'
    """
    if gradient is None:
        return "g-none"
    if not math.isfinite(gradient):
        return "g-nonfinite"
    if gradient == 0.0:
        return "g-zero"
    step = 1 + sum(abs(gradient) > share * top for share in SHARES)
    return f"g-{('p' if gradient > 0 else 'n') if signed else 'm'}{step}"


def gradient_colour(name: str) -> str:
    """Return the fill colour for the CSS class of a gradient."""
    return OTHER[name] if name in OTHER else SCALES[name[2]][int(name[3]) - 1]


def legend(shown: Collection[str], top: float, top_norm: float) -> list[tuple[str, str]]:
    """Return each CSS class in `shown` with its meaning: from the largest gradient to the smallest, then the norms."""
    meanings: dict[str, str] = {}
    ends = ["0", *(number(share * top, 4) for share in SHARES), number(top, 4)]
    norms = ["0", *(number(share * top_norm, 4) for share in SHARES), number(top_norm, 4)]
    for i in reversed(range(STEPS)):
        meanings[f"g-p{i + 1}"] = f"{ends[i]} to {ends[i + 1]}"
    meanings["g-zero"] = "0"
    for i in range(STEPS):
        meanings[f"g-n{i + 1}"] = f"{'-' if i else ''}{ends[i]} to -{ends[i + 1]}"
    for i in reversed(range(STEPS)):
        meanings[f"g-m{i + 1}"] = f"‖grad‖ {norms[i]} to {norms[i + 1]}"
    meanings |= {"g-none": "· no sweep yet", "g-nonfinite": "inf, NaN"}
    return [(name, meaning) for name, meaning in meanings.items() if name in shown]
