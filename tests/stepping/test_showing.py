"""The stepper's output: frames (still pictures of steps), GIFs and pages."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest

from autograd_core import (
    Value,
)
from autograd_core._drawing import layout
from autograd_core._drawing.layout import LayoutError
from autograd_core._stepping.geometry import Geometry
from autograd_core._stepping.page import embedded
from autograd_core.draw import to_dot
from autograd_core.stepper import step

needs_layout = pytest.mark.skipif(not layout.engines(), reason="nothing here lays out a graph")


@needs_layout
def test_frames_have_one_size_and_every_label_stands_still(twice_used: Value, tmp_path: Path) -> None:
    stepper = step(twice_used)
    frames = list(stepper.frames())
    assert len(frames) == len(stepper)
    assert len({re.search(rb'viewBox="[^"]*"', frame)[0] for frame in frames}) == 1
    heads = [re.findall(rb'points="((?:[^" ]+ ){3}[^" ]+)"', frame) for frame in frames]
    places = [re.findall(rb' (?:points|d)="([^"]*)"', frame) for frame in frames]
    still = [[place for place in places[i] if place not in heads[i]] for i in range(len(frames))]
    assert len(still[0]) > 10 and all(s == still[0] for s in still)
    numbers = [[float(x) for x in re.split(b"[ ,]", b" ".join(h))] for h in heads]
    for one in numbers:  # arrows end before their boxes; newer Graphviz shortens each by its line width
        assert all(abs(x - y) < 4 for x, y in zip(one, numbers[0], strict=True))
    assert b"grad 39" in frames[-1].replace(b"&#160;", b" ")
    assert b"grad 39" not in frames[3]
    wrong = list(stepper.frames(order="eager"))
    assert b"instead of" in wrong[-1]
    pngs = list(stepper.frames("png"))
    assert len({png[16:24] for png in pngs}) == 1  # the bytes of a PNG's width and height
    for bad in ({"format": "gif"}, {"order": "random"}):
        with pytest.raises(ValueError, match=r"gif|random"):
            stepper.frames(**bad)


@needs_layout
def test_saving_a_gif(twice_used: Value, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="a GIF needs Pillow")
    stepper = step(twice_used)
    stepper.save(tmp_path / "a.gif", seconds=0.5)
    with image.open(io.BytesIO((tmp_path / "a.gif").read_bytes())) as gif:
        assert gif.n_frames == len(stepper)
        assert gif.info["duration"] == 500
    with pytest.raises(ValueError, match=r"\.html or \.gif"):
        stepper.save(tmp_path / "a.mp4")


@needs_layout
def test_a_gif_without_pillow_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ModuleNotFoundError, match="pip install pillow"):
        step(Value(1.0) * 2).save(tmp_path / "a.gif")


@needs_layout
def test_the_page_is_one_file_and_its_data_cannot_end_the_script() -> None:
    evil = "</script><script>alert(1)</script><!--"
    page = step(Value(1.0, evil) * 2).page()
    assert page.count("<script") == 2
    assert page.count("</script>") == 2
    assert "alert(1)</script>" not in page
    assert "<!--" not in page.replace("<!-- ", "")
    assert not re.findall(r"(?:src|href|url)\s*[=(]", page.replace("xlink:href", "href="))
    [data] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    loaded = json.loads(data)
    assert loaded["names"]["n0"] == evil
    assert "<title>&lt;b&gt;" in step(Value(1.0, "y") * 2).page(title="<b>")


def test_embedded_data_reads_back() -> None:
    for data in ("</script>", "\u2028\u2029<!--", {"a": ["é", 1.5, None]}):
        text = embedded(data)
        assert "<" not in text
        assert "\u2028" not in text
        assert json.loads(text) == data


@needs_layout
def test_in_a_notebook_a_picture_stands_before_the_frame(twice_used: Value) -> None:
    y = twice_used
    shown = y.step()._repr_mimebundle_()
    assert re.match(r'<img alt="The finished graph of y" src="data:image/svg\+xml;base64,', shown["text/html"])
    assert "<iframe " in shown["text/html"]
    assert shown["text/plain"] == repr(y.step()) == "<Stepper of y: 12 steps>"
    assert y.step()[-1].kind == "result"


def test_without_any_engine_the_lines_are_shown(twice_used: Value, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(layout.shutil, "which", lambda name: None)
    monkeypatch.setattr(layout.importlib.util, "find_spec", lambda name: None)
    stepper = step(twice_used)
    shown = stepper._repr_mimebundle_()
    assert set(shown) == {"text/plain"}
    assert "apt install graphviz" in shown["text/plain"]
    assert "s = a·b = 2·3 = 6" in shown["text/plain"]
    with pytest.raises(LayoutError):
        stepper.save(tmp_path / "a.html")


@needs_layout
@pytest.mark.parametrize("label", ['"\\', "\\N", "<b>&amp;", "é\n漢", "x" * 10_000, '\\"' * 5_000], ids=range(6))
def test_any_label_survives_the_layout_that_is_kept(label: str) -> None:
    y = Value(1.0, label) * 2
    source = to_dot(y, show="structure")
    geometry = Geometry(source, 20)
    there = geometry.rendered(geometry.dot({}), "svg").decode()
    drawn = layout.lay_out(source, "svg", 20).decode()
    assert re.findall(r"<text[^>]*>([^<]*)", there) == re.findall(r"<text[^>]*>([^<]*)", drawn)
