"""The stepper's page, opened from a file in a browser: every control and step works without network or errors."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograd_core import Value, parameter, tanh
from autograd_core import sum as total
from autograd_core.stepper import Stepper, step

Opened = Callable[..., Any]


def text(page: Any, selector: str) -> str:
    return str(page.text_content(selector))


def until(condition: Callable[[], Any], seconds: float = 20) -> None:
    """Wait until a condition on the page holds; the page's security policy forbids the browser driver's own waiting."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def shown(page: Any) -> dict[str, list[str]]:
    """Return the text of every node and edge that the page shows now."""
    found: dict[str, list[str]] = page.evaluate(
        "() => Object.fromEntries([...document.querySelectorAll('g.node, g.edge')].map("
        "g => [g.id, [...g.querySelectorAll('text')].map(t => t.textContent)]))"
    )
    return found


def expected(steps: list[Any], stepper: Stepper) -> Iterator[dict[str, str]]:
    """Return the texts that should be shown after each step, computed from the stepper's data."""
    texts = dict(stepper._frames.initial)
    for one in steps:
        texts |= one.texts
        yield dict(texts)


def compare(page: Any, texts: dict[str, str]) -> None:
    lines = shown(page)
    for slot, wanted in texts.items():
        name, _, part = slot.partition(":")
        got = lines[name]
        if got:
            assert got[-2 if part == "d" else -1] == wanted, slot


@pytest.mark.parametrize("graph", ["twice_used", "u7"])
def test_every_steps_text_and_numbers(opened: Opened, request: pytest.FixtureRequest, graph: str) -> None:
    stepper = step(request.getfixturevalue(graph), learning_rate=0.5, epochs=2)
    page = opened(stepper)
    steps = list(stepper)
    states = list(expected(steps, stepper))
    for k, one in enumerate(steps):
        assert text(page, "#line") == one.text
        assert text(page, "#where").startswith(f"step {k + 1} of {len(steps)} · ")
        assert f"epoch {one.epoch} of 2" in text(page, "#where")
        compare(page, states[k])
        active = page.evaluate("() => [...document.querySelectorAll('g.active')].map(g => g.id)")
        assert set(active) == set(one.focus)
        page.keyboard.press("ArrowRight")
    for k in reversed(range(len(steps))):  # going back shows the same states, which are built in another way
        compare(page, states[k])
        assert text(page, "#line") == steps[k].text
        page.keyboard.press("ArrowLeft")
    order = [3, len(steps) - 2, 0, 7]
    for k in order:
        page.evaluate("k => { const s = document.getElementById('slider'); s.value = k; s.dispatchEvent(new Event('input')); }", k)
        compare(page, states[k])


def test_gradients_complete_are_marked_and_nothing_moves(opened: Opened, twice_used: Value) -> None:
    page = opened(step(twice_used))
    places = "() => [...document.querySelectorAll('g.node')].map(g => g.querySelector('polygon, path').getBBox()).map(b => [b.x, b.y, b.width, b.height])"
    before = page.evaluate(places)
    page.keyboard.press("End")
    assert page.evaluate(places) == before
    classes = page.evaluate("() => [...document.querySelectorAll('g.node')].map(g => g.getAttribute('class'))")
    assert all("complete" in c for c in classes)
    inside = """() => [...document.querySelectorAll('g.node')].every(g => {
        const box = g.querySelector('polygon, path').getBoundingClientRect();
        return [...g.querySelectorAll('text')].every(t => {
            const b = t.getBoundingClientRect(); return b.left >= box.left - 1 && b.right <= box.right + 1; }); })"""
    assert page.evaluate(inside)  # no text is clipped


def test_keys_and_buttons(opened: Opened, twice_used: Value) -> None:
    page = opened(step(twice_used))
    at = lambda: int(re.match(r"step (\d+)", text(page, "#where"))[1])  # noqa: E731  # read many times below
    for action, where in (("ArrowRight", 2), ("ArrowRight", 3), ("ArrowLeft", 2), ("ArrowDown", 3), ("ArrowUp", 2), ("End", 12),
                          ("ArrowRight", 12), ("Home", 1), ("ArrowLeft", 1)):
        page.keyboard.press(action)
        assert at() == where, action
    for button, where in (("#next", 2), ("#next", 3), ("#previous", 2), ("#last", 12), ("#first", 1)):
        page.click(button)
        assert at() == where, button
    assert page.get_attribute("#first", "aria-disabled") == "true"
    assert page.get_attribute("#next", "aria-disabled") == "false"
    page.focus("#slider")
    page.keyboard.press("ArrowRight")
    assert at() == 2
    page.keyboard.press("End")
    assert at() == 12
    page.focus("#next")
    page.keyboard.press("Home")
    assert at() == 1
    page.keyboard.press("Enter")  # this key presses the focused button
    assert at() == 2


def test_playing(opened: Opened, twice_used: Value) -> None:
    page = opened(step(twice_used))
    page.select_option("#speed", "120")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    assert page.get_attribute("#play", "aria-pressed") == "true"
    assert page.get_attribute("#line", "aria-live") == "off"
    until(lambda: text(page, "#where").startswith("step 12 "))
    assert page.get_attribute("#play", "aria-pressed") == "false"
    page.select_option("#speed", "500")  # slow enough to be seen on a busy machine
    page.click("#play")  # at the end, play starts from the beginning
    until(lambda: 3 <= int(text(page, "#where").split()[1]) < 12)
    page.click("#play")
    page.wait_for_timeout(50)
    where = text(page, "#where")
    page.wait_for_timeout(400)
    assert text(page, "#where") == where


def test_the_unsorted_switch(opened: Opened, twice_used: Value) -> None:
    stepper = step(twice_used)
    page = opened(stepper)
    page.check("#order")
    page.keyboard.press("End")
    assert text(page, "#line") == stepper.eager[-1].text
    compare(page, list(expected(stepper.eager, stepper))[-1])
    assert page.evaluate("() => [...document.querySelectorAll('g.wrong')].map(g => g.id).sort()") == ["n0", "n1", "n2"]
    page.uncheck("#order")
    assert text(page, "#line").startswith("grad(y) = ∂y/∂y = 1")
    assert page.evaluate("() => document.querySelectorAll('g.wrong').length") == 0
    page.keyboard.press("End")
    compare(page, list(expected(list(stepper), stepper))[-1])


def test_nodes_by_mouse_and_keyboard(opened: Opened, twice_used: Value) -> None:
    stepper = step(twice_used)
    page = opened(stepper)
    page.click("#n2 text >> nth=0")
    assert text(page, "#line") == "s = a·b = 2·3 = 6"
    page.click("#n2 text >> nth=0")
    assert text(page, "#line") == next(s.text for s in stepper if s.kind == "edge" and "n2" in s.focus)
    page.hover("#n2 text >> nth=0")
    history = page.locator("#history li").all_text_contents()
    assert [h.split(": ", 1)[1] for h in history] == [s.text for s in stepper if any(t.startswith("n2:") for t in s.texts)]
    page.mouse.move(5, 5)
    assert page.is_hidden("#history")
    page.focus("#n0")
    assert page.is_visible("#history")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    assert "grad(a) = 39" in text(page, "#line")
    assert page.get_attribute("#n0", "role") == "button"
    assert "a" in page.get_attribute("#n0", "aria-label")


def test_pan_and_zoom(opened: Opened, twice_used: Value) -> None:
    page = opened(step(twice_used))
    view = "() => new DOMMatrix(getComputedStyle(document.querySelector('svg')).transform)"
    now = lambda: page.evaluate(f"() => {{ const m = ({view})(); return [m.a, m.e, m.f]; }}")  # noqa: E731  # read often
    home = now()
    page.click("#in")
    assert now()[0] > home[0]
    page.keyboard.press("-")
    assert now()[0] == pytest.approx(home[0])
    page.mouse.move(600, 400)
    page.mouse.wheel(0, -300)
    zoomed = now()
    assert zoomed[0] > home[0]
    page.mouse.down()
    page.mouse.move(650, 430, steps=3)
    page.mouse.up()
    assert now() == pytest.approx([zoomed[0], zoomed[1] + 50, zoomed[2] + 30], abs=0.01)
    line = text(page, "#line")
    page.mouse.move(*page.evaluate("() => { const b = document.querySelector('#n2').getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }"))
    page.mouse.down()
    page.mouse.move(700, 330, steps=3)
    page.mouse.up()
    assert text(page, "#line") == line  # the end of a drag is not a click
    page.keyboard.press("0")
    assert now() == pytest.approx(home, abs=0.01)
    for _ in range(12):
        page.keyboard.press("+")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
        inside = page.evaluate("() => { const b = document.querySelector('g.node.active').getBoundingClientRect(), g = document.getElementById('graph').getBoundingClientRect(); return b.left < g.right && b.right > g.left && b.top < g.bottom && b.bottom > g.top; }")
        assert inside  # the step's box has come into view


def wide() -> Value:
    """A chain from inputs at one end to an output at the other, too large to be legible as a whole."""
    x = parameter(0.5, "x")
    for i in range(25):
        x = tanh(x * parameter(0.9, f"w{i}"))
    return x


IN_VIEW = """() => { const g = document.getElementById('graph').getBoundingClientRect();
    return [...document.querySelectorAll('g.node.active')].every(node => { const b = node.getBoundingClientRect();
        return b.left >= g.left && b.right <= g.right && b.top >= g.top && b.bottom <= g.bottom; }); }"""


def test_what_a_step_is_about_is_in_view_and_legible_where_it_fits(opened: Opened) -> None:
    page = opened(step(wide()))
    scale = lambda: page.evaluate("() => new DOMMatrix(getComputedStyle(document.querySelector('svg')).transform).a")  # noqa: E731
    smallest = "() => Math.min(...[...document.querySelectorAll('svg text')].map(t => parseFloat(getComputedStyle(t).fontSize)))"
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "End", "ArrowLeft"):
        page.keyboard.press(key)
        if key.startswith("Arrow"):
            assert page.evaluate(IN_VIEW), key
        assert scale() * page.evaluate(smallest) > 10.999
    page.keyboard.press("0")  # the view that the reader chose stays
    whole = scale()
    assert whole < 0.5
    page.keyboard.press("ArrowLeft")
    assert scale() == pytest.approx(whole)
    page.set_viewport_size({"width": 800, "height": 500})
    until(lambda: scale() < whole)


def test_active_labels_keep_the_width_that_was_laid_out(opened: Opened, twice_used: Value) -> None:
    page = opened(step(twice_used))
    widths = "() => [...document.querySelectorAll('g.edge text')].map(t => [t.textContent, t.getComputedTextLength()])"
    page.keyboard.press("End")
    rest = dict(page.evaluate(widths))
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
        assert page.locator("g.edge.active text").count() == 1
        for label, width in page.evaluate(widths):
            assert width == pytest.approx(rest.get(label, width))


@pytest.mark.parametrize("size", [(1500, 800), (1400, 700)])
def test_the_history_of_a_node_covers_no_box_where_there_is_room(opened: Opened, size: tuple[int, int], twice_used: Value) -> None:
    page = opened(step(twice_used, learning_rate=0.5, epochs=2))
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.keyboard.press("End")
    for name in page.evaluate("() => [...document.querySelectorAll('g.node[tabindex]')].map(g => g.id)"):
        page.focus(f"#{name}")
        assert page.is_visible("#history")
        covered = page.evaluate("""() => { const h = document.getElementById('history').getBoundingClientRect();
            return [...document.querySelectorAll('g.node')].filter(g => { const b = g.getBoundingClientRect();
                return b.left < h.right && b.right > h.left && b.top < h.bottom && b.bottom > h.top; }).map(g => g.id); }""")
        assert covered == []


def test_a_screen_reader_is_told_each_step(opened: Opened, twice_used: Value) -> None:
    page = opened(step(twice_used))
    assert page.get_attribute("#line", "role") == "status"
    assert page.get_attribute("#line", "aria-live") == "polite"
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("#slider", "aria-valuetext") == f"step 2 of 12: {text(page, '#line')}"
    nameless = page.evaluate("() => [...document.querySelectorAll('button, input, select, [role=button]')].filter(e => !(e.getAttribute('aria-label') || e.labels?.length || e.textContent.trim())).length")
    assert nameless == 0
    reachable = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reachable.append(page.evaluate("() => document.activeElement.id"))
    assert {"previous", "play", "next", "slider", "speed", "order", "in", "n0", "n2", "n4"} <= set(reachable)


def test_a_node_reached_by_keyboard_comes_into_view(opened: Opened) -> None:
    x = Value(0.5, "x")
    for _ in range(40):
        x = tanh(x)
    page = opened(step(x))
    page.click("#in")  # the reader has chosen a view, so the page no longer follows the steps
    for _ in range(4):
        page.keyboard.press("+")
    where = """id => { const b = document.getElementById(id).getBoundingClientRect(), g = document.getElementById('graph'), r = g.getBoundingClientRect();
        return [b.left >= r.left && b.right <= r.right && b.top >= r.top && b.bottom <= r.bottom, g.scrollLeft, g.scrollTop]; }"""
    assert page.evaluate(where, "n30")[0] is False
    page.focus("#n0")
    for _ in range(30):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "n30"
    assert page.evaluate(where, "n30") == [True, 0, 0]
    assert page.is_visible("#n30 text >> nth=0")
    assert page.is_hidden("#n0 text >> nth=0")  # a node out of sight is not drawn
    page.keyboard.press("Enter")
    assert text(page, "#line").startswith("v30 = tanh(v29)")
    page.keyboard.press("0")
    assert all(page.evaluate(where, f"n{i}") == [True, 0, 0] for i in (0, 20, 40))


def _luminance(color: str) -> float:
    rgb = [int(c) / 255 for c in re.findall(r"\d+", color)[:3]]
    return sum(w * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for w, c in zip((0.2126, 0.7152, 0.0722), rgb, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_are_readable(opened: Opened, scheme: str, tmp_path: Path, twice_used: Value) -> None:
    page = opened(step(twice_used), color_scheme=scheme)
    page.keyboard.press("End")
    pairs = page.evaluate("""() => [...document.querySelectorAll('g.node')].map(g => [
        getComputedStyle(g.querySelector('text')).fill, getComputedStyle(g.querySelector('polygon, path')).fill])
        .concat([[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]])""")
    for ink, paper in pairs:
        high, low = sorted((_luminance(ink), _luminance(paper)), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, (ink, paper)  # WCAG AA
    assert (_luminance(pairs[-1][1]) < 0.1) == (scheme == "dark")
    picture = page.screenshot(path=tmp_path / f"{scheme}.png")
    assert len(picture) > 10_000


def test_printing_shows_the_graph_and_every_line(opened: Opened, twice_used: Value) -> None:
    stepper = step(twice_used)
    page = opened(stepper)
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#all li").all_text_contents() == [s.text for s in stepper]
    assert page.is_visible("#all")
    assert page.is_hidden("#bar")
    assert page.pdf().startswith(b"%PDF")


def test_labels_are_text_whatever_they_say(opened: Opened) -> None:
    evil = "</script><img onerror=alert(1)><b>&amp;"
    page = opened(step(Value(1.0, evil) * Value(2.0, "\\\"'`${1}")))
    assert page.locator("img").count() == 0
    assert page.locator("#graph b").count() == 0
    assert "".join(shown(page)["n0"][:-2]).replace("\xa0", " ") == evil
    page.hover("#n0 text >> nth=0")
    assert text(page, "#history h2") == evil


def test_a_folded_graph_steps_by_layer(opened: Opened) -> None:
    from autograd_core import scope

    w = parameter(0.3, "w")
    losses = []
    for i in range(30):
        with scope("layer"):
            h = tanh(w * Value(0.1 * i, "x"))
        losses.append(h * h)
    stepper = step(total(losses), collapse=1)
    page = opened(stepper)
    for order in (list(stepper), stepper.eager):
        for one, texts in zip(order, expected(order, stepper), strict=True):
            assert text(page, "#line") == one.text
            compare(page, texts)
            page.keyboard.press("ArrowRight")
        assert "nodes in" in text(page, "#where")
        page.keyboard.press("Home")
        page.check("#order")


def test_the_unsorted_switch_stays_in_its_epoch(opened: Opened, twice_used: Value) -> None:
    stepper = step(twice_used, learning_rate=0.01, epochs=3)
    page = opened(stepper)
    orders = {False: list(stepper), True: stepper.eager}
    states = {unsorted: list(expected(order, stepper)) for unsorted, order in orders.items()}
    unsorted, at = False, 0
    for k in (0, 3, 14, 17, 20, 25, 27, 38, 24, 11):
        page.evaluate("k => { const s = document.getElementById('slider'); s.value = k; s.dispatchEvent(new Event('input')); }", k)
        one = orders[unsorted][k]
        unsorted = not unsorted
        page.set_checked("#order", unsorted)
        at = int(re.match(r"step (\d+)", text(page, "#where"))[1]) - 1
        there = orders[unsorted][at]
        assert there.epoch == one.epoch
        assert there.kind == ("seed" if one.kind in ("edge", "result", "seed") else one.kind)
        assert there.focus == one.focus or there.kind == "seed"
        assert text(page, "#line") == there.text
        compare(page, states[unsorted][at])
