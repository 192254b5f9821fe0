"""The stepper's page inside a notebook, inside another page, and on a web server."""

from __future__ import annotations

import functools
import http.server
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograd_core import Value, tanh
from autograd_core.stepper import step


def until(condition: Callable[[], Any], seconds: float = 20) -> None:
    """Wait until a condition on the page holds; the page's security policy forbids the browser driver's own waiting."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_in_a_page_the_frame_hides_the_still_picture_and_keeps_its_keys(browser: Any, twice_used: Value, tmp_path: Path) -> None:
    shown_html = step(twice_used)._repr_mimebundle_()["text/html"]
    stripped = re.sub(r"<iframe.*?</iframe>", "", shown_html, flags=re.DOTALL)
    pages = {}
    for name, body in (("trusted", shown_html), ("untrusted", stripped)):
        path = tmp_path / f"{name}.html"
        keys = "<script>window.keys = []; document.addEventListener('keydown', e => window.keys.push(e.key));</script>"
        path.write_text(f"<!doctype html><meta charset=utf-8><body>{body}{keys}", encoding="utf-8")
        pages[name] = browser.new_page()
        pages[name].goto(path.as_uri())
    frame = pages["trusted"].frames[1]
    until(lambda: frame.text_content("#line"))
    assert pages["trusted"].is_hidden("img")
    frame.click("#line")
    pages["trusted"].keyboard.press("ArrowRight")
    assert frame.text_content("#where").startswith("step 2 ")
    assert pages["trusted"].evaluate("window.keys") == []
    assert pages["untrusted"].is_visible("img")
    assert pages["untrusted"].evaluate("document.querySelector('img').naturalWidth") > 100
    for page in pages.values():
        page.close()


@pytest.fixture
def served(serving: Any, tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """The address of a web server on this machine, and the list of requests that it received."""
    asked: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: Any) -> None:
            asked.append(str(arguments[0]))

    handler = functools.partial(Handler, directory=str(tmp_path))
    with serving(handler) as address:
        yield address, asked


def test_served_from_the_web_only_the_page_itself_is_asked_for(
    browser: Any, twice_used: Value, served: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, asked = served
    step(twice_used).save(tmp_path / "page.html")
    page = browser.new_page()
    page.goto(f"{address}/page.html")
    page.keyboard.press("End")
    page.wait_for_timeout(300)
    page.close()
    assert {line.split()[1] for line in asked} <= {"/page.html", "/favicon.ico"}


def test_in_a_notebook_the_wheel_scrolls_and_with_ctrl_it_zooms(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "notebook.html"
    shown = step(tanh(Value(0.7, "x") * 2.0))._repr_mimebundle_()["text/html"]
    path.write_text(f"<!doctype html><meta charset=utf-8><body>{shown}<div style='height:3000px'></div>", encoding="utf-8")
    page = browser.new_page(viewport={"width": 1200, "height": 700})
    page.goto(path.as_uri())
    frame = page.frames[1]
    frame.wait_for_selector("#graph svg")
    transform = "() => document.querySelector('#graph svg').style.transform"
    before = frame.evaluate(transform)
    page.mouse.move(500, 350)
    page.mouse.wheel(0, 200)
    page.wait_for_timeout(300)
    assert page.evaluate("window.scrollY") > 0
    assert frame.evaluate(transform) == before
    page.evaluate("window.scrollTo(0, 0)")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    page.wait_for_timeout(100)
    assert frame.evaluate(transform) != before
    assert frame.is_hidden("#link")  # a frame has no address to link to
    page.close()
