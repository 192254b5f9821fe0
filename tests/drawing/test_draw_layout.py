"""Layout by a function that the page provides instead of by a program."""

from collections.abc import Iterator
from typing import Any

import pytest

from autograd_core import Value
from autograd_core._drawing import layout
from autograd_core._drawing.layout import LayoutError, lay_out
from autograd_core.draw import draw, lay_out_with
from autograd_core.stepper import step


@pytest.fixture(autouse=True)
def programs_again() -> Iterator[None]:
    yield
    lay_out_with(None)


def no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """No layout program, as in a browser."""

    def run(*arguments: Any, **more: Any) -> Any:
        raise OSError(138, "Not supported")

    monkeypatch.setattr(layout.subprocess, "run", run)


@pytest.mark.skipif(not layout.engines(), reason="nothing here lays out a graph")
def test_a_drawing_and_a_stepper_are_those_of_a_program() -> None:
    asked = []
    a = Value(3.0, "a")
    y = a * a + 1
    drawn, page = draw(y).pipe("svg"), step(y).page()

    def function(source: str, format: str, placed: bool) -> str:
        asked.append((format, placed))
        lay_out_with(None)
        try:
            return lay_out(source, format, 20.0, placed).decode()
        finally:
            lay_out_with(function)

    lay_out_with(function)
    assert draw(y).pipe("svg") == drawn
    assert step(y).page() == page
    assert asked == [("svg", False), ("json0", False), ("svg", True)]


def test_it_is_asked_where_no_program_can_be_run(monkeypatch: pytest.MonkeyPatch) -> None:
    no_program(monkeypatch)
    lay_out_with(lambda source, format, placed: b"<svg/>")
    assert draw(Value(1.0)).pipe("svg") == b"<svg/>"
    lay_out_with(None)
    assert "source of the drawing" in draw(Value(1.0))._repr_mimebundle_()["text/plain"]


def test_what_it_raises_is_shown_beside_the_source() -> None:
    def fails(source: str, format: str, placed: bool) -> str:
        raise RuntimeError("the stars are in the wrong place")

    lay_out_with(fails)
    drawing = draw(Value(1.0, "x"))
    with pytest.raises(LayoutError, match=r"could not make a picture of this graph in the format 'png': the stars are in the wrong place") as raised:
        drawing.pipe("png")
    assert isinstance(raised.value.__cause__, RuntimeError)
    shown = drawing._repr_mimebundle_()
    assert "the stars" in shown["text/plain"] and drawing.source in shown["text/plain"]
