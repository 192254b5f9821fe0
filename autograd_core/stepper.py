"""Stepping through a graph: forward operation by operation, backward edge by edge, with the chain rule spelled out."""

from __future__ import annotations

import base64
import html
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from ._drawing.layout import LayoutError
from ._drawing.options import Options, whole_number
from ._drawing.picture import fitting_in_order, graph_of
from ._engine.numbers import number
from ._operations.operation import PARAMETER
from ._stepping.asking import called
from ._stepping.frames import Frames, gif
from ._stepping.page import page
from ._stepping.scene import Step
from ._stepping.script import Script
from .value import Value

__all__ = ["Step", "Stepper", "step"]

ORDERS = ("sorted", "eager")
HEIGHT = 640


def step(
    y: Value | Sequence[Value] | Callable[..., Any],
    *arguments: Any,
    learning_rate: float | None = None,
    epochs: int = 1,
    max_nodes: int = 300,
    time_limit: float = 20.0,
    direction: str = "LR",
    precision: int = 4,
    collapse: int | None = None,
    batch: bool | None = None,
) -> Stepper:
    """Step through the graph below `y`: a notebook displays the result, and its `save` writes a page or a GIF.

    First the leaves take their values, then the operations are computed in topological order, and finally the output's
    gradient of 1 is propagated back along each edge, in the order of the sweep. No `data` or `grad` is changed. A
    switch on the page shows, for every epoch, what would go wrong if the nodes (or the boxes of a folded graph) were
    not sorted. In the text of a step, ∂result/∂operand is the edge's local derivative, and grad(x) is the derivative of
    the output with respect to x. The second node labelled x is called x#2, and if several nodes share a label, the text
    puts the node's scopes before the label. If `y` is a function, it is called with `arguments`; numbers become leaves
    named after the function's parameters. The page then shows the function's source and highlights the line that
    belongs to each step, as it does for nodes made inside `record(source=True)`. (This is the visualisation of
    backpropagation at epochs t and t + 1 in lecture 003.)

    Args:
        y: The output, a list of several outputs, or a function that returns either. For several outputs, the gradients
            of their sum are shown.
        arguments: The arguments of the function: numbers, alone or in lists, tuples and dicts, and objects that hold no
            numbers.
        learning_rate: η in the parameter update w ← w − η·gradient that ends each epoch. With None, there is no update.
        epochs: How many times the recorded graph is computed; after the first time, with the parameters that the
            previous epoch updated. Every epoch takes the branches that were taken when the graph was recorded, even
            inside checkpoints.
        max_nodes, time_limit, direction, precision, collapse, batch: As in `autograd_core.draw.draw`.

    Raises:
        GraphError: A leaf was assigned after a node was computed from it, a checkpoint's function returns a different
            number than before, or the graph is too large even when folded.
        TypeError: `y` is of another type, or there are `arguments` but `y` is not a function.
        ValueError: The value of an option is invalid, there is nothing to update, or an operation has no value in a
            later epoch. In the last case, the exception may also be of another type that arithmetic on floats raises.

    >>> a = Value(3.0, "a")
    >>> for line in step(a * a):
    ...     print(line.text)
    Inputs and parameters take their values: a = 3
    v1 = a·a = 3·3 = 9
    grad(v1) = ∂v1/∂v1 = 1: the sweep starts from the output
    grad(a) += ∂v1/∂a·grad(v1) = a·1 = 3·1 = 3 ⇒ grad(a) = 3
    grad(a) += ∂v1/∂a·grad(v1) = a·1 = 3·1 = 3 ⇒ grad(a) = 3 + 3 = 6
    Every gradient is complete: grad(a) = 6
    """
    options = Options(direction=direction, precision=precision, collapse=collapse, batch=batch)
    whole_number("max_nodes", max_nodes, 1)
    whole_number("epochs", epochs, 1)
    if learning_rate is not None and number(learning_rate) is None:
        raise ValueError(f"learning_rate must be a number or None; got {learning_rate!r}")
    if epochs > 1 and learning_rate is None:
        raise ValueError("every epoch is the same without a learning_rate: pass a learning_rate, or epochs=1")
    if arguments and not callable(y):
        raise TypeError(f"only a function takes arguments, and {y!r} is not a function")
    root, questions = called(y, arguments) if callable(y) else (y, ())
    graph = graph_of(root)
    picture = fitting_in_order(graph, options, max_nodes)
    if learning_rate is not None and not any(node.op is PARAMETER for node in picture.owner):
        raise ValueError("there are no parameters to update: create them with autograd_core.parameter(…)")
    script = Script(picture, graph, learning_rate, epochs, questions)
    return Stepper(script, time_limit)


class Stepper:
    """The steps through one graph: a sequence of `Step`s that a notebook displays and `save` writes to a file."""

    def __init__(self, script: Script, time_limit: float) -> None:
        self._script = script
        self._time_limit = time_limit

    @cached_property
    def _frames(self) -> Frames:
        script = self._script
        return Frames(script.scene.picture, script.sorted, script.eager, self._time_limit)

    def __len__(self) -> int:
        return len(self._script.sorted)

    def __iter__(self) -> Iterator[Step]:
        return iter(self._script.sorted)

    def __getitem__(self, index: int) -> Step:
        return self._script.sorted[index]

    @property
    def eager(self) -> list[Step]:
        """The steps in unsorted order: each box passes its gradient on as soon as one contribution has arrived."""
        return self._script.eager

    def frames(self, format: str = "svg", order: str = "sorted") -> Iterator[bytes]:
        """Yield a picture for each step, all of the same size, as SVG or PNG.

        Args:
            format: "svg" or "png".
            order: "sorted" or "eager".

        Raises:
            LayoutError: No layout engine is available, or it fails.
        """
        if format not in ("svg", "png"):
            raise ValueError(f"format must be 'svg' or 'png'; got {format!r}")
        if order not in ORDERS:
            raise ValueError(f"order must be one of {ORDERS}; got {order!r}")
        return self._frames.pictures(format, self.eager if order == "eager" else list(self))

    def save(self, path: str | os.PathLike[str], *, seconds: float = 1.2, title: str | None = None) -> None:
        """Write the steps to `path` as a page (.html), which needs no network, or as a GIF (.gif), which needs Pillow.

        Args:
            path: The path of a file that ends in .html, .htm or .gif.
            seconds: How long the GIF shows each step.
            title: The page's title.

        Raises:
            ValueError: `path` has another ending.
            LayoutError: No layout engine is available, or it fails.
        """
        path = Path(path)
        match path.suffix.lower():
            case ".html" | ".htm":
                path.write_text(self.page(title), encoding="utf-8")
            case ".gif":
                path.write_bytes(gif(self.frames("png"), seconds))
            case _:
                raise ValueError(f"cannot save a stepper to {str(path)!r}: use the extension .html or .gif")

    def page(self, title: str | None = None) -> str:
        """Return the page as one string: markup, style, script and data, with no external resources."""
        return page(self._script, self._frames, title)

    @cached_property
    def _html(self) -> str:
        picture = base64.b64encode(self._frames.finished).decode()
        name = html.escape(self._script.name)
        return (
            f'<img alt="The finished graph of {name}" src="data:image/svg+xml;base64,{picture}" style="max-width:100%">'
            f'<iframe title="Stepping through {name}" srcdoc="{html.escape(self.page())}" '
            f'style="width:100%;height:{HEIGHT}px;border:0"></iframe>'
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, str]:
        lines = "\n".join(f"{i:4}  {step.text}" for i, step in enumerate(self, 1))
        try:
            return {"text/html": self._html, "text/plain": repr(self)}
        except LayoutError as error:
            return {"text/plain": f"{error}\n\n{lines}"}

    def __repr__(self) -> str:
        return f"<Stepper of {self._script.name}: {len(self)} steps>"
