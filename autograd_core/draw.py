"""Drawing the graph: `draw` makes a picture for a notebook or a file, and `to_dot` returns only its DOT source."""

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

    Each box shows the node's unique name (the second node labelled x is called x#2), how its value was computed, the
    value, and the gradient ("·" until a sweep has set the gradient). Each edge shows the local derivative
    ∂result/∂operand and, after a sweep, "local × upstream = contribution"; if there are more than three edges per box,
    these labels appear only under the pointer. A folded scope shows the value of its output, if there is just one, and
    the norm of its parameters' gradients.

    The drawing's `save` writes a picture to a .svg, .png or .pdf file, or the source to a .dot or .gv file.

    Args:
        direction: "LR" (left to right) or "TB" (top to bottom).
        precision: Significant digits.
        show: "forward" (values), "backward" (gradients), "both", or "structure" (neither).
        colour: Colour boxes by the "kind" of node, or by the sign and size of the "gradient".
        operations: "merged" into the box of their result, or drawn "apart".
        collapse: The depth from which scopes (a neuron, a layer) are folded. A folded scope gives one box for each time
            that it was entered.
        batch: Whether a computation that is repeated on other inputs, such as the points of a mini-batch, is drawn only
            once, with the mark "× 99 more". None means that it is, but only if something is folded.
        max_nodes: The graph is folded automatically if it has more boxes than this.
        time_limit: Seconds after which to abandon a layout.

    Raises:
        GraphError: The graph has more than `max_nodes` boxes even when folded.
        TypeError: An option is unknown, or `y` is not a Value.
        ValueError: The value of an option is invalid.

    If Graphviz is missing, nothing is raised: the drawing shows its source and how to install Graphviz.

    >>> from autograd_core import Value
    >>> a = Value(3.0, "a")
    >>> drawing = draw(a * a)
    >>> drawing
    <Drawing of v1: 2 boxes, 2 edges; a notebook shows it, .save('graph.svg') writes it>
    >>> drawing.source.count("->")
    2
    """
    from ._drawing.drawing import Drawing  # graphviz is needed only to show a picture

    checked, _, _ = limited(max_nodes=max_nodes, time_limit=time_limit, **options)
    return Drawing.of(fitting(y, checked, max_nodes), time_limit)


def limited(*, max_nodes: int = 300, time_limit: float = 20.0, **options: Any) -> tuple[Options, int, float]:
    """Check the options of `draw`; return those of the picture, then `max_nodes` and `time_limit`."""
    whole_number("max_nodes", max_nodes, 1)
    if not time_limit > 0:
        raise ValueError(f"time_limit must be a positive number of seconds; got {time_limit!r}")
    return _checked(options, "max_nodes", "time_limit"), max_nodes, time_limit


def to_dot(y: Value | Sequence[Value], **options: Any) -> str:
    """Return the graph below `y`, one output or a list, in Graphviz's DOT language.

    The graph may have any size, and Graphviz is not needed. The options are those of `draw` except `max_nodes` and
    `time_limit`; an unknown option or an invalid value raises the same errors as there. The same graph yields the same
    text in every process.

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
