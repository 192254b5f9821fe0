"""Drawing graphs: `draw` makes a picture for a notebook or a file, and `to_dot` returns only its DOT source."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ._drawing.dot import body
from ._drawing.layout import lay_out_with
from ._drawing.options import NAMES, Options, whole_number
from ._drawing.picture import fitting, picture
from .value import Value

if TYPE_CHECKING:
    from ._drawing.drawing import Drawing

__all__ = ["draw", "lay_out_with", "to_dot"]


def draw(y: Value | Sequence[Value], *, max_nodes: int = 300, time_limit: float = 20.0, **options: Any) -> Drawing:
    """Draw the graph below `y`, one output or a list of several, as a picture that a notebook displays.

    Each box shows its node's unique name (the second node labelled x is called x#2), how the value was computed, the
    value itself, and the gradient ("·" until a sweep has set the gradient). Each edge shows the local derivative
    ∂result/∂operand and, after a sweep, "local × upstream = contribution". If the graph has more than three edges per
    box, an edge shows these numbers only while the pointer is over it. The box of a folded scope (see `collapse`) shows
    the value of the scope's output, if there is exactly one, and the norm of the gradients of the scope's parameters.

    The drawing's `save` writes the picture to a .svg, .png or .pdf file, or the DOT source to a .dot or .gv file.

    Args:
        direction: "LR" (left to right) or "TB" (top to bottom).
        precision: The number of significant digits.
        show: "forward" (values), "backward" (gradients), "both", or "structure" (neither).
        colour: Whether the colour of a box shows the "kind" of node, or the sign and size of the "gradient".
        operations: Whether operations are "merged" into the boxes of their results, or drawn "apart" from them.
        collapse: The depth of the scopes to fold: 1 folds the outermost scopes (layers, say), 2 the scopes directly
            inside these (neurons, say). A folded scope becomes one box for each time that it was entered.
        batch: Whether a computation that is repeated on other inputs, such as the points of a mini-batch, is drawn only
            once, with the mark "× 99 more". With None, this happens only if `collapse` is given or the graph has more
            than `max_nodes` boxes.
        max_nodes: The largest number of boxes; a graph with more is folded automatically.
        time_limit: The number of seconds after which a layout is abandoned.

    Raises:
        GraphError: The graph has more than `max_nodes` boxes even when folded.
        TypeError: An option is unknown, or `y` is neither a Value nor a list of Values.
        ValueError: The value of an option is invalid.

    If Graphviz is missing, `draw` still succeeds: a notebook then shows the DOT source and how to install Graphviz.

    >>> from autograd_core import Value
    >>> a = Value(3.0, "a")
    >>> drawing = draw(a * a)
    >>> drawing
    <Drawing of v1: 2 boxes, 2 edges; a notebook shows it, .save('graph.svg') writes it>
    >>> drawing.source.count("->")
    2
    """
    from ._drawing.drawing import Drawing  # imports graphviz, which `to_dot` does not need

    checked, _, _ = limited(max_nodes=max_nodes, time_limit=time_limit, **options)
    return Drawing.of(fitting(y, checked, max_nodes), time_limit)


def limited(*, max_nodes: int = 300, time_limit: float = 20.0, **options: Any) -> tuple[Options, int, float]:
    """Check the options of `draw`, and return the options of the picture, `max_nodes` and `time_limit`."""
    whole_number("max_nodes", max_nodes, 1)
    if not time_limit > 0:
        raise ValueError(f"time_limit must be a positive number of seconds; got {time_limit!r}")
    return _checked(options, "max_nodes", "time_limit"), max_nodes, time_limit


def to_dot(y: Value | Sequence[Value], **options: Any) -> str:
    """Return the graph below `y`, one output or a list of several, in Graphviz's DOT language.

    The graph may have any size, and Graphviz is not needed. The options are those of `draw` except `max_nodes` and
    `time_limit`; an unknown option or an invalid value raises the same exception as in `draw`. The same graph yields
    the same text in every process.

    >>> from autograd_core import Value
    >>> to_dot(Value(2.0, "w"), show="structure").splitlines()[4].split()[:3]
    ['0', '[label="w"', 'id="n0"']
    """
    return "".join(("digraph {\n", *body(picture(y, _checked(options))), "}\n"))


def _checked(options: dict[str, Any], *further: str) -> Options:
    for name in options:
        if name not in NAMES:
            known = (*NAMES, *further)
            close = get_close_matches(name, known, n=1)
            meant = f" (did you mean {close[0]!r}?)" if close else ""
            raise TypeError(f"unknown option {name!r}{meant}; known options: {', '.join(known)}")
    return Options(**options)
