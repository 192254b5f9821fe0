"""Fixtures that open a stepper's page in a browser, from a file.

A test fails if the page reported an error or asked for something from a network.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograd_core import Value, parameter, sigmoid, square
from autograd_core._drawing import layout
from autograd_core.stepper import Stepper

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip  # one list


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium. Without Chromium or a layout engine, a test is skipped; in CI, it fails."""
    needed = {"a Chromium browser": CHROMIUM, "what lays out a graph": layout.engines()}
    missing = ", ".join(name for name, there in needed.items() if not there)
    if os.environ.get("AUTOGRAD_CORE_REQUIRE_BROWSER"):
        from playwright import sync_api as playwright

        assert not missing, f"AUTOGRAD_CORE_REQUIRE_BROWSER is set, but not installed: {missing}"
    else:
        playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
        if missing:
            pytest.skip(f"not installed: {missing}")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """A function that opens a stepper's page; the page's address may end in a fragment."""
    pages, complaints = [], []

    def open_page(stepper: Stepper, fragment: str = "", **context: Any) -> Any:
        path = tmp_path / f"{len(pages)}.html"
        stepper.save(path)
        page = browser.new_context(**{"viewport": {"width": 1200, "height": 700}, **context}).new_page()
        page.on("console", lambda m: complaints.append(m.text))
        page.on("pageerror", lambda e: complaints.append(str(e)))
        page.on("request", lambda r: None if r.url.startswith((path.as_uri(), "blob:")) else complaints.append(r.url))
        page.goto(path.as_uri() + fragment)
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.context.close()
    assert complaints == []


@pytest.fixture
def moved() -> Callable[..., None]:
    """A function that types numbers into the fields of leaves (a graph's inputs): `moved(page, a=1.5)`."""

    def type_in(page: Any, **numbers: float) -> None:
        for name, x in numbers.items():
            field = page.get_by_label(f"value of {name}", exact=True)
            field.fill(repr(x))
            field.press("Enter")

    return type_in


@pytest.fixture
def twice_used() -> Value:
    """y = s·s + s, where s = a·b."""
    a, b = Value(2.0, "a"), parameter(3.0, "b")
    s = a * b
    s.label = "s"
    y = s * s + s
    y.label = "y"
    return y


@pytest.fixture
def u7() -> Value:
    """The lectures' toy model, U7, with half the squared error."""
    t1, t2 = parameter(0.5, "θ1"), parameter(-1.5, "θ2")
    loss = square(1.0 - sigmoid(t2 * sigmoid(t1 * Value(0.7, "x")))) * 0.5
    loss.label = "L"
    return loss
