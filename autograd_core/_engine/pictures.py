"""`Value.draw` and `Value.step`, which import the drawing code only when called, since most programs never draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..value import Value

if TYPE_CHECKING:
    from .._drawing.drawing import Drawing
    from ..stepper import Stepper


def _draw(self: Value, **options: Any) -> Drawing:
    """Draw the graph below this node; see `autograd_core.draw.draw` for the options."""
    from ..draw import draw

    return draw(self, **options)


def _step(self: Value, **options: Any) -> Stepper:
    """Step through the graph below this node; see `autograd_core.stepper.step` for the options."""
    from ..stepper import step

    return step(self, **options)


for _name, _method in {"draw": _draw, "step": _step}.items():
    _method.__name__, _method.__qualname__ = _name, f"Value.{_name}"
    setattr(Value, _name, _method)
