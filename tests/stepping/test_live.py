"""After leaves (inputs) are moved in the page, every number equals the engine's, and the page's tools are correct."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import settings

import autograd_core
from autograd_core import (
    Value,
    checkpoint,
    dot,
    gradients,
    hypot,
    log,
    maximum,
    parameter,
    primitive,
    relu,
    scope,
    sigmoid,
    sqrt,
    square,
    tanh,
    toposort,
    where,
)
from autograd_core import sum as total
from autograd_core._drawing.texts import number
from autograd_core._operations.functions import FUNCTIONS
from autograd_core._stepping.page import packed
from autograd_core.stepper import Stepper, step

Opened = Callable[..., Any]
EPOCHS = {"learning_rate": 0.25, "epochs": 2}


def sigmoids(x: float = 0.7, t1: float = 0.5, t2: float = -1.5) -> Value:
    a, b = parameter(t1, "θ1"), parameter(t2, "θ2")
    return square(1.0 - sigmoid(b * sigmoid(a * Value(x, "x")))) * 0.5


def reused(a: float = 2.0, b: float = 3.0, c: float = -0.5) -> Value:
    p, q, r = Value(a, "a"), parameter(b, "b"), parameter(c, "c")
    s = p * q
    t = hypot(s, r) + maximum(s, r) * relu(r + 0.25) - where(r, s, p) ** 2 + r ** 3
    return t * s + dot([p, q], [s, 0.0]) + total([s, t, r])


STRIDE = 1 if settings().max_examples >= 200 else 3


def everything(page: Any) -> list[tuple[str, str]]:
    """Return the line and all texts of the picture, by default at every third step."""
    found = []
    last = int(page.evaluate("document.getElementById('slider').max"))
    for k in range(0, last + 1, STRIDE):
        page.evaluate("k => { const s = document.getElementById('slider'); s.value = k; s.dispatchEvent(new Event('input')); }", k)
        found.append(tuple(page.evaluate("() => [document.getElementById('line').textContent, [...document.querySelectorAll('svg text')].map(t => t.textContent).join('|')]")))
    return found


@pytest.mark.parametrize(
    ("make", "numbers"),
    [(sigmoids, {"x": -0.3, "θ1": 2.5, "θ2": 0.125}), (reused, {"a": -1.25, "b": 0.5, "c": 2.0}), (reused, {"c": 0.0}), (reused, {"a": 1e-7})],
)
def test_at_every_step_the_page_says_what_a_page_of_the_moved_leaves_says(
    opened: Opened, make: Callable[..., Value], numbers: dict[str, float], moved: Callable[..., None]
) -> None:
    names = {"θ1": "t1", "θ2": "t2"}
    page = opened(step(make(), **EPOCHS))
    there = opened(step(make(**{names.get(name, name): x for name, x in numbers.items()}), **EPOCHS))
    before = everything(page)
    moved(page, **numbers)
    for unsorted in (False, True):
        page.set_checked("#order", unsorted)
        there.set_checked("#order", unsorted)
        wanted, found = everything(there), everything(page)
        for k, (is_, due) in enumerate(zip(found, wanted, strict=False)):
            if "no next epoch" in due[0] or "no next epoch" in is_[0]:
                break  # the wrong gradients led to numbers without a value, so the steps differ from here on
            assert is_ == due, k
        assert k > 10 // STRIDE
    page.set_checked("#order", False)
    page.click("#reset")
    assert everything(page) == before
    assert "changed by you" not in page.text_content("#where")


def test_a_leaf_is_dragged_and_the_drag_undone(opened: Opened) -> None:
    page = opened(step(sigmoids()))
    page.keyboard.press("End")
    field = page.get_by_label("value of x", exact=True)
    [leaf] = page.evaluate("() => [...document.querySelectorAll('g.leaf')].filter(g => g.textContent.startsWith('x') || g.textContent.trim().startsWith('x')).map(g => g.id)")
    box = page.evaluate("id => { const b = document.getElementById(id).getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }", leaf)
    view = page.evaluate("() => document.querySelector('#graph svg').style.transform")
    page.mouse.move(*box)
    page.mouse.down()
    page.mouse.move(box[0] + 60, box[1] + 3, steps=6)
    page.mouse.up()
    x = float(field.input_value())
    assert x == pytest.approx(0.7 + 60 * 0.001)
    assert page.evaluate("() => document.querySelector('#graph svg').style.transform") == view  # the view is not panned
    assert page.text_content("#line") == step(sigmoids(x))[-1].text
    assert "changed by you" in page.text_content("#where")
    page.keyboard.press("Control+z")
    assert float(field.input_value()) == 0.7
    assert page.text_content("#line") == step(sigmoids())[-1].text
    page.keyboard.press("Control+Shift+z")
    assert float(field.input_value()) == x
    page.click("#undo")
    assert float(field.input_value()) == 0.7


def test_by_keyboard_alone(opened: Opened) -> None:
    page = opened(step(sigmoids()))
    page.keyboard.press("End")
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.matches('g.leaf')"):
            break
    name = page.evaluate("() => document.activeElement.getAttribute('aria-label').split(':')[0]")
    field = page.get_by_label(f"value of {name}", exact=True)
    before = float(field.input_value())
    for key in ("Shift+ArrowUp", "Shift+ArrowUp", "Shift+ArrowDown", "Shift+ArrowRight"):
        page.keyboard.press(key)
    assert float(field.input_value()) == pytest.approx(before + 2 * 10 ** (math.floor(math.log10(abs(before))) - 2))
    field.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowDown")
    assert float(field.input_value()) < before + 0.02
    assert page.get_attribute("#said", "role") == "status"


def test_where_a_number_has_no_value_the_page_says_so_and_greys_what_depends_on_it(opened: Opened, moved: Callable[..., None]) -> None:
    x, w = Value(2.0, "x"), Value(3.0, "w")
    page = opened(step(log(x) * w + sqrt(w)))
    page.keyboard.press("End")
    moved(page, x=-1.5)
    assert "log of -1.5 has no value: it is defined for x > 0" in page.text_content("#said")
    boxes = dict(page.evaluate("() => [...document.querySelectorAll('g.node')].map(g => [g.id, g.textContent])"))
    assert page.locator("g.node.unknown").count() == len(boxes)  # the output has no value, so nothing has a gradient
    data = {name: re.search(r"data (\S+)", text)[1] for name, text in boxes.items()}
    assert sorted(data.values()) == ["-1.5", "1.732", "3", "?", "?", "?"]  # the nodes below still have their values
    assert "grad(x) = ?" in page.text_content("#line")
    moved(page, x=1.5)
    assert page.text_content("#said") == ""
    assert page.locator("g.unknown").count() == 0


def _cube(x: float) -> float:
    return x**3


cube = primitive(_cube, derivatives=[lambda x, y: 3 * x * x])


def test_what_only_python_computes_is_frozen_and_says_why(opened: Opened, moved: Callable[..., None]) -> None:
    for frozen, why in ((cube, "_cube is a primitive"), (lambda v: checkpoint(tanh, v), "a checkpoint runs its Python function")):
        a, b = Value(0.5, "a"), Value(2.0, "b")
        page = opened(step(frozen(a) * b))
        page.keyboard.press("End")
        moved(page, b=-1.5)  # its input has not moved
        right, slope = frozen(a), gradients(frozen(a), [a])[0]
        assert page.text_content("#line").endswith(f"grad(a) = {number(-1.5 * slope, 4)}, grad(b) = {number(right.data, 4)}")
        moved(page, a=0.75)
        assert why in page.text_content("#said")
        assert "grad(b) = ?" in page.text_content("#line")
        page.click("#reset")
        assert page.text_content("#said") == ""


def test_numbers_are_written_as_python_writes_them(opened: Opened, moved: Callable[..., None]) -> None:
    """Ties go to even, and no digit is wrong, at every precision."""
    random, count = Random(5), settings().max_examples // 5
    for precision in (1, 2, 4, 17):
        x = Value(1.0, "x")
        page = opened(step(x * 1.0, precision=precision))
        numbers = [0.125, 2.5, -0.5, 1e-5, 123456.0, 99999.5, 9.9995, 0.00009999, 5e-324, 1.7976931348623157e308, 1e16, 0.1 + 0.2]
        numbers += [random.choice((-1, 1)) * math.ldexp(random.random(), random.randint(-60, 60)) for _ in range(count)]
        numbers += [random.randint(1, 10**6) / 2**random.randint(0, 12) for _ in range(count)]
        for x in numbers:
            moved(page, x=x)
            assert f"x = {number(x, precision)}" in page.text_content("#line").replace("⁻", "-"), (x, precision)


def network() -> Value:
    random = Random(2)
    xs = [Value(random.uniform(-1, 1), f"x{i}") for i in range(2)]
    hidden = [tanh(parameter(random.uniform(-1, 1), f"w{i}") * xs[0] + xs[1] * parameter(random.uniform(-1, 1), f"u{i}")) for i in range(2)]
    return square(hidden[0] * hidden[1] - 0.5)


def test_descent_follows_the_engine(opened: Opened) -> None:
    y = network()
    page = opened(step(y))
    page.get_by_role("button", name="descend").click()
    page.get_by_role("button", name="step down").click()
    page.get_by_role("button", name="10 steps").click()
    leaves = [node for node in toposort(y) if node.is_leaf]
    numbers = {leaf.label: leaf.data for leaf in leaves}
    for _ in range(11):
        y = network()
        leaves = [node for node in toposort(y) if node.is_leaf]
        for leaf in leaves:
            leaf.data = numbers[leaf.label]
        y = _network_of({leaf.label: leaf for leaf in leaves})
        for leaf, slope in zip(leaves, gradients(y, leaves), strict=True):
            if leaf.label[0] in "wu":
                numbers[leaf.label] -= 0.1 * slope
    for name, x in numbers.items():
        assert float(page.get_by_label(f"value of {name}", exact=True).input_value()) == pytest.approx(x, rel=1e-12)
    y = _network_of({name: Value(x) for name, x in numbers.items()})
    assert f"steps: 11; output: {number(y.data, 4)}, at first" in page.text_content("#curve")
    assert page.locator("#curve polyline").get_attribute("points").count(",") == 12
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert "changed by you" not in page.text_content("#where")


def _network_of(of: dict[str, Value]) -> Value:
    hidden = [tanh(of[f"w{i}"] * of["x0"] + of["x1"] * of[f"u{i}"]) for i in range(2)]
    return square(hidden[0] * hidden[1] - 0.5)


def test_the_numeric_derivative_stands_beside_every_gradient(opened: Opened) -> None:
    y = network()
    nodes = [node for node in toposort(y) if node is not y]
    page = opened(step(y))
    page.get_by_role("button", name="numeric").click()
    rows = page.evaluate("() => [...document.querySelectorAll('#tool tr')].slice(1).map(r => [...r.children].map(c => c.textContent))")
    assert len(rows) == len(nodes)
    y.backward()
    exact = sorted(node.grad for node in nodes)
    assert sorted(float(row[1]) for row in rows) == pytest.approx(exact, rel=1e-9)
    for _, analytic, numeric, apart in rows:
        assert float(numeric) == pytest.approx(float(analytic), abs=1e-8)
        assert float(apart) < 1e-8
    for h, least in ((0, 1e-3), (-16, 1e-3)):  # the first is limited by truncation, the second by rounding
        page.get_by_label("h", exact=True).evaluate("(e, h) => { e.value = h; e.dispatchEvent(new Event('input')); }", h)
        rows = page.evaluate("() => [...document.querySelectorAll('#tool tr')].slice(1).map(r => [...r.children].map(c => c.textContent))")
        assert max(float(row[3]) for row in rows) > least


def test_the_paths_from_a_leaf_sum_to_its_gradient(opened: Opened, moved: Callable[..., None]) -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    s = a * b
    s.label = "s"
    y = s * s + s * a
    y.backward()
    page = opened(step(y))
    page.get_by_role("button", name="paths").click()
    page.get_by_label("from").select_option(label="a")
    listed = page.locator("#tool ol button").all_text_contents()
    assert len(listed) == 4  # by s twice into s·s, by s into s·a, and straight into s·a
    assert sum(float(line.rsplit(" = ", 1)[1]) for line in listed) == a.grad
    assert f"4 paths; the sum of the products is {a.grad:g} = grad(a)" in page.text_content("#tool")
    page.locator("#tool ol button").nth(0).click()
    assert page.locator("g.edge.path").count() >= 2
    page.get_by_role("button", name="paths").click()
    assert page.locator("g.path").count() == 0
    moved(page, a=-1.0)
    page.get_by_role("button", name="paths").click()
    assert "= grad(a)" in page.text_content("#tool")


@pytest.mark.parametrize("make", [network, reused, sigmoids, lambda: Value(2.0, "a") + Value(1.0, "b") * 3.0])
def test_an_entry_of_the_hessian_is_the_engines(opened: Opened, make: Callable[[], Value], moved: Callable[..., None]) -> None:
    y = make()
    page = opened(step(y))
    page.get_by_role("button", name="second order").click()
    leaves = {node.label: node for node in toposort(y) if node.is_leaf}
    for moves in ({}, {next(iter(leaves)): 0.375}):
        moved(page, **moves)
        for name, x in moves.items():
            leaves[name].data = x
        y = _again(y)
        slopes = dict(zip(leaves, gradients(y, list(leaves.values()), create_graph=True), strict=True))
        for one, slope in slopes.items():
            for other, leaf in leaves.items():
                page.get_by_label("∂²/∂", exact=True).select_option(label=one)
                page.get_by_label("∂", exact=True).select_option(label=other)
                due = gradients(slope, [leaf])[0] if type(slope) is Value else 0.0
                said = page.text_content("#tool p")
                assert f"/∂{one}∂{other} = " in said
                assert float(said.rsplit(" = ", 1)[1]) == pytest.approx(due, rel=1e-9, abs=1e-12)


def _again(y: Value) -> Value:
    """Return the same graph, built again from the current data of its leaves."""
    made: dict[Value, Any] = {}
    for node in toposort(y):
        operands = [made[x] if type(x) is Value else x for x in node.operands]
        made[node] = node if node.is_leaf else _applied(node, operands)
    return made[y]


def _applied(node: Value, operands: list[Any]) -> Any:
    function = FUNCTIONS[node.op.name]
    if node.op.name == "dot":
        return function(operands[: len(operands) // 2], operands[len(operands) // 2 :])
    return function(operands) if node.op.name == "sum" else function(*operands)


def test_more_paths_than_can_be_read_are_counted(opened: Opened) -> None:
    x = y = Value(1.01, "x")
    for _ in range(40):
        y = y * y if y.data < 2 else y + y * 0.01 + y * 0.02
    page = opened(step(y))
    page.get_by_role("button", name="paths").click()
    counts = {x: 1}
    for node in toposort(y)[1:]:
        counts[node] = sum(counts[operand] for operand in node.operands if type(operand) is Value)
    assert f"{counts[y]} paths lead from x to the output" in page.text_content("#tool")


def test_the_quiz_asks_for_the_next_contribution(opened: Opened) -> None:
    stepper = step(sigmoids())
    page = opened(stepper)
    page.get_by_role("button", name="quiz").click()
    edges = [one for one in stepper if one.kind == "edge"]
    for wrong, one in zip((True, False, False), edges, strict=False):
        due = one.texts[one.focus[0]].rsplit(" = ", 1)[1]
        if wrong:
            page.get_by_label("your answer").fill("17")
            page.keyboard.press("Enter")
            assert "Not quite" in page.text_content("#verdict")
            assert due not in page.text_content("#tool")
        page.get_by_label("your answer").fill(due)
        page.get_by_role("button", name="check").click()
        assert "Right" in page.text_content("#verdict")
        assert page.text_content("#line") == one.text
    assert "3 of 4" in page.text_content("#verdict")


def test_a_link_restores_step_order_leaves_and_view(opened: Opened, moved: Callable[..., None]) -> None:
    stepper = step(sigmoids(), **EPOCHS)
    page = opened(stepper)
    page.keyboard.press("End")
    page.check("#order")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    moved(page, x=0.123)
    page.keyboard.press("+")
    page.evaluate("() => { window.prompt = (_, link) => { window.linked = link; }; navigator.clipboard.writeText = async (t) => { window.linked = t; }; }")
    page.click("#link")
    page.wait_for_timeout(50)
    link = page.evaluate("window.linked")
    state = "() => [document.getElementById('line').textContent, document.getElementById('order').checked, document.getElementById('where').textContent]"
    view = "() => { const m = new DOMMatrix(getComputedStyle(document.querySelector('#graph svg')).transform); return [m.a, m.e, m.f]; }"
    there = opened(stepper, "#" + link.split("#")[1])
    assert there.evaluate(state) == page.evaluate(state)
    assert there.evaluate(view) == pytest.approx(page.evaluate(view), abs=0.1)
    assert there.get_by_label("value of x", exact=True).input_value() == "0.123"
    wild = opened(stepper, "#step=99999&leaves=0:nan,77:1,x&view=1,zz")
    assert wild.text_content("#where").startswith(f"step {len(stepper)} of")


def test_the_picture_is_saved_as_it_stands(opened: Opened, tmp_path: Path) -> None:
    page = opened(step(sigmoids()))
    page.keyboard.press("End")
    with page.expect_download() as download:
        page.click("#picture")
    download.value.save_as(tmp_path / "a.svg")
    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert svg.startswith("<svg") and "<style" in svg and "grad 1 ✓" in svg.replace("\xa0", " ")


def test_on_one_line_the_page_still_works(browser: Any, tmp_path: Path, moved: Callable[..., None]) -> None:
    """Some front ends collapse the newlines in srcdoc."""
    path = tmp_path / "line.html"
    path.write_text(re.sub(r"\s*\n\s*", " ", step(reused(), **EPOCHS).page()), encoding="utf-8")
    page, complaints = browser.new_page(), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    page.keyboard.press("End")
    moved(page, a=1.5)
    assert "changed by you" in page.text_content("#where")
    assert page.text_content("#line") == step(reused(a=1.5), **EPOCHS)[-1].text
    assert complaints == []
    page.close()


def test_packing_leaves_strings_and_expressions_alone() -> None:
    source = 'a = "// no ( comment ) "; // one\nb = /\\/\\/ [,] +/.test(c) ? `x ( ${d} // )` : \'/* */\'; /* two */ e = f - -g;'
    assert packed(source) == 'a="// no ( comment ) ";\nb=/\\/\\/ [,] +/.test(c)?`x ( ${d} // )`:\'/* */\'; e=f - -g;'

    scripts = Path(autograd_core.__file__).parent.glob("_stepping/live/*.js")
    for script in scripts:  # a template inside a template would be taken for the end of the outer one
        assert not re.search(r"`[^`]*\$\{[^}`]*`", script.read_text(encoding="utf-8")), script


def test_a_graph_too_large_to_follow_a_drag_says_so(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd_core._stepping import data

    monkeypatch.setattr(data, "MOST_SLOTS", 20)
    stepper = step(sigmoids())
    page = opened(stepper)
    assert "too many for a page to recompute" in page.text_content("#said")
    assert page.is_hidden("#leaves")
    for one in stepper:
        assert page.text_content("#line") == one.text
        page.keyboard.press("ArrowRight")


def test_folded_parameters_descend_too(opened: Opened) -> None:
    w = parameter(0.5, "w")
    with scope("layer"):
        h = tanh(w * Value(2.0))
    y = square(h * 1.0)
    stepper: Stepper = step(y, collapse=1)
    page = opened(stepper)
    page.get_by_role("button", name="descend").click()
    page.get_by_role("button", name="step down").click()
    w2 = 0.5 - 0.1 * gradients(y, [w])[0]
    assert f"steps: 1; output: {number(math.tanh(w2 * 2.0) ** 2, 4)}" in page.text_content("#curve")


@pytest.mark.parametrize("make", [sigmoids, lambda: tanh(Value(0.4, "w") * Value(0.8, "x") + Value(0.1, "b"))])
def test_a_chain_is_wrapped_so_that_all_of_it_can_be_read(opened: Opened, make: Callable[[], Value]) -> None:
    page = opened(step(make(), learning_rate=0.5, epochs=2) if make is sigmoids else step(make()), viewport={"width": 1300, "height": 760})
    for key in ("Home", "End", "ArrowLeft"):
        page.keyboard.press(key)
        height, inside = page.evaluate("""() => {
            const area = document.getElementById('graph').getBoundingClientRect(), svg = document.querySelector('#graph svg');
            const scale = new DOMMatrix(getComputedStyle(svg).transform).a;
            const inside = [...svg.querySelectorAll('g.node')].every(g => { const b = g.getBoundingClientRect();
                return b.left >= area.left && b.right <= area.right && b.top >= area.top && b.bottom <= area.bottom; });
            return [scale * Math.min(...[...svg.querySelectorAll('text')].map(t => parseFloat(getComputedStyle(t).fontSize))), inside]; }""")
        assert height > 10.999
        assert inside
    apart = page.evaluate("""() => [...document.querySelectorAll('g.edge')].map(g => {
        const path = g.querySelector('path'), [, to] = [0, g.id.slice(1).split('_')[0]], head = document.getElementById('n' + to).getBBox();
        const end = path.getPointAtLength(path.getTotalLength());
        return Math.max(head.x - end.x, end.x - head.x - head.width, head.y - end.y, end.y - head.y - head.height); })""")
    assert max(apart) < 12  # every edge ends at its box, an arrow's length before it


def test_several_outputs_in_one_page(opened: Opened, moved: Callable[..., None]) -> None:
    def outputs(x: float = 0.5, w: float = 2.0) -> list[Value]:
        trunk = tanh(Value(x, "x") * parameter(w, "w"))
        return [square(trunk), trunk * 3.0]

    page = opened(step(outputs()))
    page.keyboard.press("End")
    moved(page, x=-0.75)
    assert page.text_content("#line") == step(outputs(-0.75))[-1].text
    page.get_by_role("button", name="descend").click()
    assert number(sum(y.data for y in outputs(-0.75)), 4) in page.text_content("#curve")
    page.get_by_role("button", name="paths").click()
    assert "2 paths" in page.text_content("#tool")


def test_the_edges_of_a_box_can_be_followed(opened: Opened) -> None:
    xs = [Value(0.1 * i, f"x{i}") for i in range(3)]
    with scope("layer"):
        hidden = []
        for i in range(3):
            with scope(f"neuron {i + 1}"):
                hidden.append(tanh(dot([parameter(0.1 * i + 0.1, "w") for _ in xs], xs)))
    for stepper, edges in ((step(total(hidden), collapse=2), 4), (step(total(hidden)), 2)):
        page = opened(stepper)
        box = page.evaluate("() => [...document.querySelectorAll('g.node')].find(g => /neuron 2|tanh/.test(g.textContent)).id")
        page.hover(f"#{box} text >> nth=0")
        assert page.locator("g.edge[data-near]").count() == edges
        page.mouse.move(5, 5)
        assert page.locator("g.edge[data-near]").count() == 0
