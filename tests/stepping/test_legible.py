"""All text on the stepper's page is at least 11 pixels high, on a screen and on a phone, at every size of graph."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from autograd_core import Value, parameter, scope, sigmoid, softmax, tanh
from autograd_core.stepper import Stepper, step
from nn import MLP
from nn.datasets import digits
from nn.losses import cross_entropy

Opened = Callable[..., Any]
SCREEN = {"viewport": {"width": 1300, "height": 760}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LEAST = 10.999

SIZES = """() => {
    const seen = (e) => e.checkVisibility() && e.getClientRects().length;
    const svg = document.querySelector('#graph svg'), scale = new DOMMatrix(getComputedStyle(svg).transform).a;
    const small = [...svg.querySelectorAll('text')].map(t => [scale * parseFloat(getComputedStyle(t).fontSize), t.textContent]);
    for (const e of document.querySelectorAll('body *:not(svg *, script, style, option)')) {
        const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || e.matches('input');
        if (own && seen(e)) small.push([parseFloat(getComputedStyle(e).fontSize), e.outerHTML]);
    }
    return small.sort((a, b) => a[0] - b[0])[0]; }"""
CUT = """() => {
    const area = document.getElementById('graph').getBoundingClientRect();
    const inside = ({left, right, top, bottom}) => left >= area.left - 1 && right <= area.right + 1 && top >= area.top - 1 && bottom <= area.bottom + 1;
    const lit = [...document.querySelectorAll('g.edge.active, g.node.active')];
    const boxes = lit.map(e => e.getBoundingClientRect()), most = (side) => Math.max(...boxes.map(b => b[side])), least = (side) => Math.min(...boxes.map(b => b[side]));
    if (!lit.length) return [];
    const fits = most('right') - least('left') < area.width && most('bottom') - least('top') < area.height;
    return fits ? lit.filter((e, i) => !inside(boxes[i])).map(e => e.textContent) : boxes.some(inside) ? [] : ['nothing of it']; }"""


def neuron() -> Stepper:
    return step(tanh(parameter(0.4, "w") * Value(0.8, "x") + parameter(0.1, "b")))


def chain() -> Stepper:
    h = sigmoid(parameter(0.5, "w1") * Value(0.7, "x") + parameter(0.1, "b1"))
    return step(sigmoid(parameter(-1.5, "w2") * h + parameter(0.2, "b2")), learning_rate=0.5, epochs=2)


def network() -> Stepper:
    return step(MLP(3, [4, 4, 1], seed=0)([Value(0.5 - 0.4 * i, f"x{i}") for i in range(3)]))


def digit() -> Stepper:
    data = digits()
    return step(cross_entropy(MLP(64, [16, 10], seed=0)(data.inputs[0]), int(data.targets[0])))


def gpt() -> Stepper:
    """A name read letter by letter: each position attends to those before it."""
    rng, size, letters = random.Random(0), 4, 6
    table: dict[str, list[list[Value]]] = {}
    for name, rows in (("letter", letters), ("q", size), ("k", size), ("v", size), ("up", 2 * size), ("head", letters)):
        with scope(name):
            table[name] = [[parameter(rng.gauss(0, 0.3)) for _ in range(size)] for _ in range(rows)]

    def linear(x: list[Value], name: str) -> list[Any]:
        return [sum(w * a for w, a in zip(row, x, strict=True)) for row in table[name]]

    keys: list[Any] = []
    values: list[Any] = []
    losses = []
    for now, after in ((0, 3), (3, 1), (1, 0)):
        with scope("gpt"):
            x = table["letter"][now]
            q = linear(x, "q")
            keys.append(linear(x, "k"))
            values.append(linear(x, "v"))
            weights = softmax([sum(a * b for a, b in zip(q, key, strict=True)) for key in keys])
            mixed = [sum(w * v[j] for w, v in zip(weights, values, strict=True)) for j in range(size)]
            up = [a.relu() for a in linear([a + b for a, b in zip(mixed, x, strict=True)], "up")]
            logits = linear([a + b for a, b in zip(up[:size], up[size:], strict=True)], "head")
        with scope("loss"):
            losses.append(-softmax(logits)[after].log())
    return step(sum(losses[1:], losses[0]), collapse=1)


@pytest.mark.parametrize("device", [SCREEN, PHONE], ids=["screen", "phone"])
@pytest.mark.parametrize("make", [neuron, chain, network, digit, gpt])
def test_all_text_is_legible_and_what_a_step_is_about_is_in_view(
    opened: Opened, make: Callable[[], Stepper], device: dict[str, Any]
) -> None:
    stepper = make()
    page = opened(stepper, **device)
    for k in range(0, len(stepper), max(1, len(stepper) // 40)):
        page.evaluate("k => { const s = document.getElementById('slider'); s.value = k; s.oninput({target: s}); }", k)
        size, of = page.evaluate(SIZES)
        assert size >= LEAST, (k, of)
        assert page.evaluate(CUT) == [], k
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_on_a_screen_small_graphs_are_seen_whole(opened: Opened) -> None:
    for make in (neuron, chain):
        page = opened(make(), **SCREEN)
        page.keyboard.press("End")
        width, height, scale = page.evaluate("""() => { const svg = document.querySelector('#graph svg');
            return [...['width', 'height'].map(a => svg.viewBox.baseVal[a]), new DOMMatrix(getComputedStyle(svg).transform).a]; }""")
        area = page.locator("#graph").bounding_box()
        assert scale * width <= area["width"] + 1
        assert scale * height <= area["height"] + 1
        assert scale * width > 0.9 * area["width"] or scale * height > 0.9 * area["height"]


def test_on_a_phone_the_panels_open_and_all_is_reached_by_a_thumb(opened: Opened) -> None:
    page = opened(chain(), **PHONE)
    more, leaf = page.get_by_role("button", name="more"), page.get_by_label("value of w1")
    bar = page.locator("#bar").bounding_box()
    assert bar["y"] + bar["height"] == 844  # below the picture, where the thumb is
    assert not leaf.is_visible()
    before = page.locator("#graph").bounding_box()["height"]
    assert before > 0.6 * 844
    more.tap()
    assert more.get_attribute("aria-expanded") == "true"
    assert leaf.is_visible()
    controls = page.locator("button:visible, select:visible, #live input:visible").all()
    assert len(controls) > 15
    for control in controls:
        box = control.bounding_box()
        assert min(box["width"], box["height"]) >= 44, control.inner_text()
    assert page.locator("#graph").bounding_box()["height"] > 150
    page.get_by_role("button", name="numeric").tap()
    tool, live = page.locator("#tool").bounding_box(), page.locator("#live").bounding_box()
    assert live["y"] <= tool["y"] < live["y"] + live["height"] - 44  # the opened tool is visible
    leaf.fill("0.75")
    leaf.press("Enter")
    more.tap()
    assert not leaf.is_visible()
    assert page.locator("#graph").bounding_box()["height"] == before
    page.get_by_role("button", name="Last step").tap()
    assert page.text_content("#where").startswith("step 46 of 46")
    assert "changed by you" in page.text_content("#where")


def _touching(page: Any) -> Callable[..., None]:
    """Return a function that reports the positions of the fingers or, at the end, which fingers leave the screen."""
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float], first: int = 0) -> None:
        touches = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points, first)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    return touch


def test_two_fingers_zoom_about_the_middle_between_them(opened: Opened) -> None:
    page = opened(chain(), **PHONE)
    where = "() => { const m = new DOMMatrix(getComputedStyle(document.querySelector('#graph svg')).transform); return [m.a, m.e, m.f]; }"
    touch, at = _touching(page), page.text_content("#where")

    def becomes(scale: float, x: float, y: float) -> None:  # waits for the frame after the move
        for _ in range(100):
            if (now := page.evaluate(where)) == pytest.approx([scale, x, y]):
                return
            page.wait_for_timeout(20)
        raise AssertionError((now, [scale, x, y]))

    scale, x, y = page.evaluate(where)
    middle = 300 - page.locator("#graph").bounding_box()["y"]
    touch("touchStart", (150, 300))
    touch("touchStart", (150, 300), (250, 300))
    touch("touchMove", (125, 300), (275, 300))
    touch("touchMove", (100, 300), (300, 300))
    x, y = 200 - 2 * (200 - x), middle - 2 * (middle - y)  # the point between the fingers stays between them
    becomes(2 * scale, x, y)
    touch("touchMove", (100, 340), (300, 340))
    becomes(2 * scale, x, y + 40)
    touch("touchEnd", (300, 340), first=1)
    touch("touchMove", (130, 340))
    becomes(2 * scale, x + 30, y + 40)  # one finger moves the picture
    touch("touchEnd")
    assert page.text_content("#where") == at  # and nothing was clicked


def test_a_finger_drags_a_leaf(opened: Opened) -> None:
    page = opened(neuron(), **PHONE)
    box = page.locator("g.node.leaf").first.bounding_box()
    name = page.locator("g.node.leaf text").first.text_content()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = _touching(page)
    touch("touchStart", (x, y))
    for dx in (10, 20, 30):
        touch("touchMove", (x + dx, y))
    touch("touchEnd")
    recorded = {"w": 0.4, "x": 0.8, "b": 0.1}[name]
    leaf = page.get_by_label(f"value of {name}")
    for _ in range(100):
        if float(leaf.input_value()) == pytest.approx(recorded + 30 * 0.001):
            return
        page.wait_for_timeout(20)
    raise AssertionError(leaf.input_value())


def test_a_graph_too_large_to_be_seen_whole_opens_where_it_starts(opened: Opened) -> None:
    page = opened(digit(), **SCREEN)
    assert page.text_content("#line") == "Inputs and parameters take their values inside the folded boxes"
    first = page.locator("g.node", has_text="neuron 1").first.bounding_box()
    area = page.locator("#graph").bounding_box()
    assert area["x"] <= first["x"] <= area["x"] + area["width"] / 2
    assert area["y"] <= first["y"] <= area["y"] + area["height"] / 2
    page.click("#in")  # from now on the reader chooses the view
    before = page.evaluate("document.querySelector('#graph svg').style.transform")
    page.keyboard.press("End")
    page.keyboard.press("Home")
    assert page.evaluate("document.querySelector('#graph svg').style.transform") == before
