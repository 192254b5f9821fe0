"""The pages of the site and their links, in a browser without access to anything else."""

import json
import math
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

# Pages and files that scripts ask for, not links.
ELSEWHERE = ("http:", "https:", "mailto:", "data:", "javascript:")


class Page(HTMLParser):
    """The links of a page, and the places in it that can be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name in ("href", "src") and value and not value.startswith(ELSEWHERE):
                self.links.add(value)
            if name in ("id", "name") and value:
                self.names.add(value)


def test_every_link_within_the_site_leads_somewhere(site: Path) -> None:
    html = site / "html"
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in html.rglob("*.html")}
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file() or (parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].names):
                broken.append(f"{path.relative_to(html)}: {link}")
    assert len(pages) > 35
    assert broken == []


def test_every_page_opens_without_an_error(site: Path, page: Any, address: str) -> None:
    html = site / "html"
    for path in sorted(html.rglob("*.html")):
        page.goto(f"{address}/{path.relative_to(html)}")


def test_mathematics_is_set_by_the_site_itself(page: Any, address: str) -> None:
    page.goto(f"{address}/course/01_universal_approximation_and_backprop.html")
    page.wait_for_selector("mjx-container svg", state="attached")
    assert page.locator("mjx-merror, [data-mjx-error]").count() == 0


def test_the_neuron_of_the_start_page_steps(page: Any, address: str) -> None:
    page.goto(f"{address}/index.html")
    frame = page.frame_locator("iframe.neuron")
    before = frame.locator("#where").text_content()
    frame.locator("#next").click()
    assert frame.locator("#where").text_content() != before
    frame.locator("#last").click()
    assert "complete" in frame.locator("#line").text_content()


def test_the_neuron_of_the_start_page_is_dragged_and_follows(page: Any, address: str) -> None:
    page.goto(f"{address}/index.html")
    frame = page.frame_locator("iframe.neuron")
    frame.locator("#last").click()
    before, told = float(frame.get_by_label("value of w", exact=True).input_value()), frame.locator("#line").text_content()
    box = frame.locator("g.node", has_text="w").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y, steps=6)
    page.mouse.up()
    w = float(frame.get_by_label("value of w", exact=True).input_value())
    assert w > before
    assert frame.locator("#line").text_content() != told
    slope = 0.8 * (1 - math.tanh(w * 0.8 + 0.1) ** 2)
    assert f"grad(w) = {slope:.4g}" in frame.locator("#line").text_content()


def test_a_stepper_of_the_course_steps(page: Any, address: str) -> None:
    page.goto(f"{address}/course/00_quickstart.html")
    frame = page.frame_locator("iframe[srcdoc]").first
    before = frame.locator("#where").text_content()
    frame.locator("#next").click()
    assert frame.locator("#where").text_content() != before


def test_a_wide_graph_keeps_its_size_and_scrolls(page: Any, address: str) -> None:
    page.goto(f"{address}/course/10_a_gpt_in_scalars.html")
    image = page.locator(".cell_output > img[src$='.svg']").first
    width, room = image.evaluate("image => [image.clientWidth, image.parentElement.clientWidth]")
    assert width == image.evaluate("image => image.naturalWidth") > 2 * room
    image.evaluate("image => { image.parentElement.scrollLeft = 300; }")
    assert image.evaluate("image => image.parentElement.scrollLeft") == 300


@pytest.mark.parametrize("word", ["hvp", "tanh", "lay_out_with"])
def test_search_finds(page: Any, address: str, word: str) -> None:
    page.goto(f"{address}/search.html?q={word}")
    page.wait_for_selector("ul.search li a")
    assert word in page.locator("ul.search").text_content()


def test_wheels_are_served_and_licences_named(site: Path) -> None:
    served = json.loads((site / "html" / "playground.json").read_text(encoding="utf-8"))
    assert len(served["wheels"]) == 2
    assert all(wheel.endswith("-none-any.whl") and (site / "html" / "wheels" / wheel).is_file() for wheel in served["wheels"])
    page = (site / "html" / "explanation" / "licences.html").read_text(encoding="utf-8")
    assert all(licence in page for licence in ("MPL-2.0", "Apache-2.0", "MIT"))
