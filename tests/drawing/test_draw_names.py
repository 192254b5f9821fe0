"""Every box of a drawing has a unique name in its heading, in formulas and in lines; automatic names avoid labels."""

from __future__ import annotations

import html
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import Value, parameter, scope, toposort
from autograd_core._drawing.dot import lines as lines_of
from autograd_core._drawing.options import Options
from autograd_core._drawing.picture import Picture, formula, picture
from autograd_core.check import check_gradient
from autograd_core.draw import draw, to_dot
from autograd_core.stepper import step

LABELS = [None, "", "x", "x", "x", " x", "x#2", "x#3", "v0", "v2", "v3", "v4", "v9", "2", "scope 3", "s", "two\nlines",
          "a label so long that it is cut: 1", "a label so long that it is cut: 2", "a label so long t", "1\n2\n3\n4\n5",
          "1\n2\n3\n4\n6"]  # fmt: skip
SCOPES = ["s", "t", "x", "v3", " ", "n 1"]


def test_two_leaves_of_one_label_are_told_apart() -> None:
    a, b = Value(2.0, "x"), Value(3.0, "x")
    texts = [one.text for one in step(a * b + a)]
    assert texts[:3] == ["Inputs and parameters take their values: x = 2, x#2 = 3", "v2 = x·x#2 = 2·3 = 6", "v3 = v2 + x = 6 + 2 = 8"]
    assert "grad(x) += ∂v2/∂x·grad(v2) = x#2·1 = 3·1 = 3 ⇒ grad(x) = 1 + 3 = 4" in texts
    assert "grad(x#2) += ∂v2/∂x#2·grad(v2) = x·1 = 2·1 = 2 ⇒ grad(x#2) = 2" in texts
    assert texts[-1] == "Every gradient is complete: grad(x) = 4, grad(x#2) = 2"
    source = to_dot(a * b)
    assert [text in source for text in ('label="x\\ndata', 'label="x#2\\ndata', 'label="v2 = x·x#2\\ndata')] == [True] * 3
    assert 'tooltip="∂v2/∂x#2 = 2.0"' in source


def test_an_automatic_name_gives_way_to_a_label() -> None:
    v2, w = Value(2.0, "v2"), Value(3.0, "w")
    texts = [one.text for one in step(v2 * w)]
    assert texts[1] == "v3 = v2·w = 2·3 = 6"
    assert "grad(v2) += ∂v3/∂v2·grad(v3) = w·1 = 3·1 = 3 ⇒ grad(v2) = 3" in texts
    assert "grad(v2) += ∂v2/∂v2·grad(v2)" not in "".join(texts)


def test_powers_and_products_of_numbered_names_are_unmistakable() -> None:
    a, b = Value(2.0, "x"), Value(3.0, "x")
    texts = [one.text for one in step(a * b**2)]
    assert "v3 = (x#2)² = 3² = 9" in texts
    assert "grad(x#2) += ∂v3/∂x#2·grad(v3) = (2·x#2)·2 = 6·2 = 12 ⇒ grad(x#2) = 12" in texts


def test_a_label_that_reads_as_a_constant_beside_it_is_numbered() -> None:
    assert step(Value(3.0, "2") * 2)[1].text == "v2 = 2#2·2 = 3·2 = 6"


def test_runs_of_one_scope_are_told_apart_when_folded() -> None:
    def run(x: Value) -> Value:
        with scope("neuron"):
            return x * x + 1

    x = Value(2.0, "x")
    y = run(x) * run(run(x))
    texts = [one.text for one in step(y, collapse=1, batch=False)]
    assert [text.partition(" is computed")[0] for text in texts[1:4]] == ["neuron", "neuron#2", "neuron#3"]
    assert texts[4].endswith("neuron·neuron#3 = 5·26 = 130")
    assert "neuron#3 passes the gradient back to neuron#2" in "".join(texts)


def _data(page: str) -> dict[str, dict[str, str]]:
    [text] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    found: dict[str, dict[str, str]] = json.loads(html.unescape(text))
    return found


def test_the_names_of_the_page_are_unique() -> None:
    pytest.importorskip("graphviz")
    xs = [Value(float(i), "x") for i in range(3)]
    names = list(_data(step(xs[0] * xs[1] + xs[2]).page())["names"].values())
    assert names == ["x", "x#2", "v2", "x#3", "v4"]


def test_rows_of_a_report_are_told_apart() -> None:
    a, b = Value(2.0, "x"), Value(3.0, "x")
    report = check_gradient(lambda: a * b, [a, b])
    assert [(c.name, c.analytic) for c in report] == [("x", 3.0), ("x#2", 2.0)]
    second = check_gradient(lambda: a * b, [a, b], order=2)
    assert len({c.name for c in second}) == 4
    assert [c.name for c in check_gradient(lambda v: v["a[0]"] * v["a"][0], {"a[0]": 1.0, "a": [2.0]})] == ["a[0]", "a[0]#2"]
    assert [c.name for c in check_gradient(lambda: a * a, [a, a])] == ["x", "x"]  # one leaf, one name


@st.composite
def graphs(draw: st.DrawFn) -> Value:
    """Graphs of leaves and results with few different labels, in scopes with few different names."""
    label = st.sampled_from(LABELS)
    nodes = [draw(st.sampled_from([Value, parameter]))(2.0, draw(label)) for _ in range(draw(st.integers(1, 5)))]
    for _ in range(draw(st.integers(1, 8))):
        x = draw(st.sampled_from(nodes))
        y = draw(st.sampled_from([*nodes, 2.0]))
        with scope(draw(st.sampled_from(SCOPES))):
            node = x * y if draw(st.booleans()) else x + y
        node.label = draw(label)
        nodes.append(node)
    total = nodes[0]
    for node in nodes[1:]:
        total = total + node
    return total


def _pictures(y: Value) -> list[Picture]:
    return [
        picture(y, Options(collapse=collapse, batch=batch, operations=operations))
        for collapse in (None, 1)
        for batch in (False, True)
        for operations in ("merged", "apart")
    ]


@given(graphs())
def test_no_two_boxes_share_a_name(y: Value) -> None:
    for drawn in _pictures(y):
        boxes = [box for box in drawn.boxes if box.group is not None]
        constants = {box.name for box in drawn.boxes if box.group is None}
        for names in ([box.name for box in boxes], [box.title for box in boxes], [box.short for box in boxes]):
            assert len({*names}) == len(boxes)
            assert constants.isdisjoint(names)
        for box in boxes:
            assert lines_of(box, drawn)[0].startswith(box.title)


@given(graphs())
def test_what_is_labelled_keeps_its_label_and_the_first_of_its_name_keeps_it_whole(y: Value) -> None:
    drawn = picture(y, Options())
    seen = {box.name for box in drawn.boxes if box.group is None}
    for box in drawn.boxes:
        if box.node is None:
            continue
        label = box.node.label
        if label is None or not label.strip():
            assert re.fullmatch(r"v\d+", box.name)
        elif label in ("x", "v2", "s") and label not in seen:
            seen.add(label)
            assert label in (box.name, box.name.partition("#")[0])
        else:
            assert box.name.startswith(label)


@given(graphs())
def test_no_two_lines_compute_the_same_name(y: Value) -> None:
    computed = [one.text.partition(" = ")[0].rpartition(": ")[2] for one in step(y, batch=False) if one.kind == "operation"]
    assert len({*computed}) == len(computed) == sum(not node.is_leaf for node in toposort(y))


def test_formulas_name_the_boxes_they_read() -> None:
    a, b, c = (Value(float(i), "x") for i in (2, 3, 5))
    drawn = picture((a + b) * c, Options())
    assert [formula(drawn, box) for box in drawn.boxes] == ["", "", "x + x#2", "", "v2·x#3"]


def test_many_leaves_of_one_label_are_numbered_in_linear_time() -> None:
    y = Value(0.0, "x")
    for _ in range(20_000):
        y = y + Value(1.0, "x")
    source = to_dot(y, batch=False)
    assert "x#20001" in source and "x#20002" not in source


def test_the_drawing_is_named_for_its_root() -> None:
    pytest.importorskip("graphviz")
    assert repr(draw(Value(1.0, "v2") + 1)).startswith("<Drawing of v3: ")
