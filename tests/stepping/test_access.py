"""The stepper's page is accessible: by keyboard alone, in dark mode, on paper, and to screen readers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from autograd_core import Value, parameter, tanh
from autograd_core.stepper import step
from nn import MLP

Opened = Callable[..., Any]


def neuron(w: float = 0.4, x: float = 0.8) -> Value:
    return tanh(parameter(w, "w") * Value(x, "x") + parameter(0.1, "b"))


def network() -> Value:
    return MLP(3, [4, 1], seed=0)([Value(0.5 - 0.4 * i, f"x{i}") for i in range(3)])


def tabbed_to(page: Any, name: str) -> None:
    """Press Tab until the control with this name has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("() => (document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent).trim()") == name:
            return
    raise AssertionError(f"{name} is not reached")


@pytest.mark.parametrize("tool", ["descend", "numeric", "paths", "second order", "quiz"])
def test_each_tool_opens_and_closes_by_keyboard(opened: Opened, tool: str) -> None:
    page = opened(step(neuron()))
    page.keyboard.press("End")
    tabbed_to(page, tool)
    page.keyboard.press("Enter")
    assert page.is_visible("#tool")
    assert page.locator("#tools button[aria-pressed=true]").all_text_contents() == [tool]
    inside = page.evaluate("""() => [...document.querySelectorAll('#tool :is(button, input, select, a)')].map(e =>
        [e.tabIndex, e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent])""")
    assert all(index >= 0 and name.strip() for index, name in inside)
    page.keyboard.press("Space")
    assert page.is_hidden("#tool")


def test_a_number_is_typed_and_undone_by_keyboard(opened: Opened) -> None:
    page = opened(step(neuron()))
    page.keyboard.press("End")
    tabbed_to(page, "value of x")
    page.keyboard.press("Control+A")
    page.keyboard.type("-1.25")
    page.keyboard.press("Enter")
    assert page.text_content("#line") == step(neuron(x=-1.25))[-1].text
    tabbed_to(page, "undo")
    page.keyboard.press("Enter")
    assert page.text_content("#line") == step(neuron())[-1].text


def test_what_is_printed_after_a_move_is_what_the_engine_says(opened: Opened) -> None:
    page = opened(step(neuron()))
    field = page.get_by_label("value of w")
    field.fill("-0.7")
    field.press("Enter")
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#all li").all_text_contents() == [s.text for s in step(neuron(w=-0.7))]
    assert page.is_hidden("#live")
    assert page.is_visible("#graph svg")


def test_a_screen_reader_is_told_what_moved(opened: Opened) -> None:
    page = opened(step(neuron()))
    page.keyboard.press("End")
    field = page.get_by_role("spinbutton", name="value of w")
    field.fill("0.9")
    field.press("Enter")
    told = page.get_by_role("status").all_text_contents()
    assert step(neuron(w=0.9))[-1].text in told
    assert page.get_by_role("group", name="The graph").count() == 1
    moved = page.get_by_role("button", name=re.compile("w: go to the next step that changes it; Shift and arrow keys change its value"))
    assert moved.count() == 1
    assert page.get_by_role("toolbar", name="Tools").count() == 1


def _luminance(color: str) -> float:
    rgb = [int(c) / 255 for c in re.findall(r"\d+", color)[:3]]
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb)
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_edges_and_panels_stand_out_in_light_and_dark(opened: Opened, scheme: str) -> None:
    page = opened(step(network()), color_scheme=scheme)
    page.keyboard.press("End")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    edges = page.evaluate("() => [...new Set([...document.querySelectorAll('g.edge path')].map(p => getComputedStyle(p).stroke))]")
    assert len(edges) > 3  # edges that leave a box with many readers have colours of their own
    text = page.evaluate("""() => [...document.querySelectorAll('#live :is(button:not([aria-disabled=true]), label, input)')].map(e =>
        [getComputedStyle(e).color, getComputedStyle(e.matches('label') ? document.getElementById('live') : e).backgroundColor])""")
    assert len(text) > 20
    for ink, ground, least in [*((edge, paper, 3) for edge in edges), *((*pair, 4.5) for pair in text)]:
        high, low = sorted((_luminance(ink), _luminance(ground)), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= least, (ink, ground)  # WCAG AA, for lines and for text
