"""Still drawings: golden sources, the same graph in DOT and SVG, text shown as typed, options, the size guard."""

from __future__ import annotations

import ast
import math
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core
from autograd_core import (
    Value,
    checkpoint,
    dot,
    exp,
    log,
    no_record,
    parameter,
    primitive,
    relu,
    scope,
    square,
    tanh,
    toposort,
    where,
)
from autograd_core import sum as total
from autograd_core._drawing import layout
from autograd_core._drawing.texts import title
from autograd_core.draw import draw, to_dot
from autograd_core.strategies import smooth_programs

GOLDEN = Path(__file__).parent / "golden"
SVG = "{http://www.w3.org/2000/svg}"
needs_layout = pytest.mark.skipif(not layout.engines(), reason="nothing here lays out a graph")


# --- reading DOT and SVG back ----------------------------------------------------------------------------------------

STRING = r'"(?:[^"\\]|\\.)*"(?: \+ "(?:[^"\\]|\\.)*")*'
NODE = re.compile(rf'^\t+(\d+) \[label=({STRING}) id="n(\d+)" class="([^"]*)"', re.DOTALL | re.MULTILINE)
EDGE = re.compile(rf'^\t+(\d+) -> (\d+) \[id="e(\d+)_(\d+)" class="([^"]*)"(?:[^"\n]|{STRING})*\]$', re.DOTALL | re.MULTILINE)


def nodes_of(source: str) -> dict[int, str]:
    found = NODE.findall(source)
    assert all(name == number for name, _, number, _ in found)
    return {int(name): classes for name, _, _, classes in found}


def edges_of(source: str) -> list[tuple[int, int, int]]:
    return [(int(a), int(b), int(index)) for a, b, _, index, _ in EDGE.findall(source)]


def graph_counts(y: Value) -> tuple[int, int]:
    """The number of boxes and edges of the graph itself; each plain number among the operands has its own box."""
    order = toposort(y)
    operands = [x for node in order for x in node.operands]
    return len(order) + sum(type(x) is float for x in operands), len(operands)


def texts_of(svg: bytes) -> dict[str, list[str]]:
    root = ElementTree.fromstring(svg)
    return {
        g.get("id", ""): ["".join(t.itertext()).replace("\xa0", " ") for t in g.iter(f"{SVG}text")]
        for g in root.iter(f"{SVG}g")
        if g.get("class", "").split()[:1] in (["node"], ["edge"])
    }


# --- the dozen golden graphs -----------------------------------------------------------------------------------------


def _neuron() -> Value:
    x1, x2 = Value(2.0, "x1"), Value(0.0, "x2")
    w1, w2, b = parameter(-3.0, "w1"), parameter(1.0, "w2"), parameter(6.8813735870195432, "b")
    with scope("neuron"):
        n = x1 * w1 + x2 * w2 + b
        n.label = "n"
        o = tanh(n)
        o.label = "o"
    return o


def _swept(make: Callable[[], Value]) -> Value:
    y = make()
    y.backward()
    return y


def _square() -> Value:
    a = Value(3.0, "a")
    return a * a


def _layers(points: int = 1) -> Value:
    weights = [[parameter(0.5 * i - j, f"w{i}{j}") for j in range(2)] for i in range(2)]
    losses = []
    for p in range(points):
        x = [Value(1.0 + p, "x1"), Value(-2.0 + p, "x2")]
        with scope("hidden"):
            h = []
            for i, row in enumerate(weights):
                with scope(f"neuron {i}"):
                    h.append(tanh(dot(row, x)))
        losses.append((h[0] * h[1] - 1.0) ** 2)
    loss = total(losses)
    loss.label = "loss"
    return loss


def _stale() -> Value:
    w = parameter(1.0, "w")
    y = w * 2 + 1
    w.data = 5.0
    return y


def _running_total() -> Value:
    w = parameter(0.5, "w")
    s: Value | float = 0.0
    for i in range(10):
        s = s + tanh(w * Value(float(i), "x"))
    assert isinstance(s, Value)
    return s


@primitive(derivatives=(2.0,), symbol="2×")
def doubled(x: float) -> float:
    return 2.0 * x


GRAPHS: dict[str, tuple[Callable[[], Value], dict[str, object]]] = {
    "leaf": (lambda: parameter(0.5, "w"), {}),
    "square_before": (_square, {}),
    "square_after": (lambda: _swept(_square), {}),
    "neuron": (lambda: _swept(_neuron), {}),
    "neuron_apart_down": (lambda: _swept(_neuron), {"operations": "apart", "direction": "TB"}),
    "neuron_backward_colour": (lambda: _swept(_neuron), {"show": "backward", "colour": "gradient"}),
    "neuron_structure": (_neuron, {"show": "structure"}),
    "neuron_forward_digits": (lambda: _swept(_neuron), {"show": "forward", "precision": 9}),
    "layers_folded": (lambda: _swept(_layers), {"collapse": 2}),
    "batch_folded": (lambda: _swept(lambda: _layers(100)), {"collapse": 1}),
    "running_total": (lambda: _swept(_running_total), {"batch": True}),
    "stale": (lambda: _stale(), {}),
    "checkpoint_where_primitive": (
        lambda: _swept(lambda: checkpoint(lambda x: exp(x) * x, Value(1.0, "x")) + where(1.0, doubled(Value(2.0, 'q"')), 0)),
        {},
    ),
    "infinite": (lambda: _swept(lambda: log(Value(5e-324, "tiny")) * 1e300 * 1e300 * relu(Value(-1.0, "off"))), {"colour": "gradient"}),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_golden(name: str) -> None:
    make, options = GRAPHS[name]
    path = GOLDEN / f"{name}.dot"
    source = to_dot(make(), **options)
    if os.environ.get("AUTOGRAD_CORE_WRITE_GOLDEN"):
        path.write_text(source, encoding="utf-8")
    assert source == path.read_text(encoding="utf-8")


@needs_layout
@pytest.mark.parametrize("name", GRAPHS)
def test_golden_graphs_lay_out_with_every_box_and_edge(name: str) -> None:
    make, options = GRAPHS[name]
    source = to_dot(make(), **options)
    texts = texts_of(draw(make(), **options).pipe("svg"))
    assert {f"n{number}" for number in nodes_of(source)} == {i for i in texts if re.fullmatch(r"n\d+", i)}
    expected = len(re.findall(r'id="e\d+_\d+"', source))
    assert expected == sum(bool(re.fullmatch(r"e\d+_\d+", i)) for i in texts)


# --- any graph -------------------------------------------------------------------------------------------------------


@given(smooth_programs(), st.sampled_from(["both", "structure", "forward", "backward"]), st.booleans())
def test_dot_has_the_nodes_and_edges_of_the_graph(program, show, swept) -> None:
    y = program(*map(Value, program.inputs))
    if type(y) is not Value:
        return
    if swept:
        y.backward()
    source = to_dot(y, show=show)
    nodes, edges = nodes_of(source), edges_of(source)
    assert (len(nodes), len(edges)) == graph_counts(y)
    assert all(a < b for a, b, _ in edges)  # numbered in topological order
    assert Counter(classes.split()[1] for classes in nodes.values()) == Counter(
        "computed" if not node.is_leaf else "input" for node in toposort(y)
    ) + Counter({"constant": sum(type(x) is float for node in toposort(y) for x in node.operands)})
    order = [number for number, classes in nodes.items() if "constant" not in classes]
    by_node = dict(zip(toposort(y), sorted(order), strict=True))
    drawn = {(b, i): a for a, b, i in edges}
    for node in toposort(y):
        for index, x in enumerate(node.operands):
            if type(x) is Value:
                assert drawn[by_node[node], index] == by_node[x]
    assert source == to_dot(y, show=show)


@needs_layout
@settings(max_examples=settings().max_examples // 8)  # each runs a process
@given(smooth_programs())
def test_svg_has_the_nodes_and_edges_of_the_graph(program) -> None:
    y = program(*map(Value, program.inputs))
    if type(y) is not Value:
        return
    y.backward()
    texts = texts_of(draw(y, max_nodes=1000).pipe("svg"))
    kinds = Counter(name[0] for name in texts)
    assert (kinds["n"], kinds["e"]) == graph_counts(y)


def test_x_times_x_has_two_edges() -> None:
    x = Value(3.0, "x")
    y = x * x
    assert edges_of(to_dot(y)) == [(0, 1, 0), (0, 1, 1)]
    y.backward()
    assert to_dot(y).count('label="3 × 1 = 3"') == 2


def test_no_gradient_is_shown_before_a_sweep_and_zero_only_where_it_is() -> None:
    x, c = Value(3.0, "x"), Value(2.0, "c")
    y = x * 1.0 + c * 0.0
    assert to_dot(y).count("grad ·") == 5
    y.backward()
    assert "grad ·" not in to_dot(y)
    assert 'label="c\\ndata 2\\ngrad 0"' in to_dot(y)
    c.zero_grad()
    assert 'label="c\\ndata 2\\ngrad ·"' in to_dot(y)


PROCESS = """
from autograd_core import Value, parameter, scope, tanh
from autograd_core.draw import to_dot
w = parameter(0.5, "w")
with scope("a"):
    ys = [tanh(w * Value(float(i), "x")) for i in range(5)]
y = ys[0]
for z in ys[1:]:
    y = y + z * z
y.backward()
print(to_dot(y), to_dot(y, collapse=1), to_dot(y, batch=True, colour="gradient"))
"""


@pytest.mark.parametrize("engine", ["python", "native"])
def test_the_same_bytes_in_every_process_and_on_both_engines(engine: str) -> None:
    def run(wanted: str, seed: str) -> bytes:
        environment = {**os.environ, "PYTHONHASHSEED": seed, "AUTOGRAD_CORE_ENGINE": wanted, "PYTHONIOENCODING": "utf-8"}
        environment["PYTHONPATH"] = str(Path(autograd_core.__file__).parents[1])
        return subprocess.run([sys.executable, "-c", PROCESS], env=environment, capture_output=True, check=True).stdout

    if engine == "native" and getattr(autograd_core, "ENGINE", "python") != "native":
        pytest.skip("the native engine is not built here")
    assert run(engine, "1") == run("python", "2")


# --- labels are data -------------------------------------------------------------------------------------------------

NASTY = ["<b>x</b>", "<i>", 'say "x"', "back\\slash", "\\N \\G \\l", "a -> b; }", "&lt;&amp;&#65;", "{a|b}", "a:1", "%s", "a\nb",
         "漢字 é 🎉 \u202eright", "]", "-->", "]]>", "\t x", "'; --", "x" * 10_000, "é" * 10_000, '"\\' * 5_000]


def _read_back(source: str) -> list[str]:
    """The labels in a DOT file, read by DOT's own rules: quotes and pieces first, then escapes, then entities."""
    labels = []
    for _, text, _, _ in NODE.findall(source):
        value = "".join(piece.replace('\\"', '"') for piece in re.findall(r'"((?:[^"\\]|\\.)*)"', text, re.DOTALL))
        value = re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), value, flags=re.DOTALL)
        labels.append(value.replace("&amp;", "&"))
    return labels


@given(st.one_of(st.text(max_size=300), st.sampled_from(NASTY)), st.text(max_size=40))
def test_labels_and_scopes_come_out_as_typed(label, name) -> None:
    clean = all(c == "\n" or c == "\t" or c.isprintable() for c in label)
    with scope(name):
        y = Value(1.0, label) * 2
    source = to_dot(y, show="structure")
    assert len(nodes_of(source)) == 3
    assert len(edges_of(source)) == 2
    if clean and label.strip():
        assert _read_back(source)[0] == title(label)
    source.encode()


@needs_layout
@pytest.mark.parametrize("label", NASTY, ids=range(len(NASTY)))
def test_graphviz_shows_labels_as_typed(label: str) -> None:
    with scope(label):
        y = Value(1.0, label) + 1
    texts = texts_of(draw(y, show="structure").pipe("svg"))
    assert "\n".join(texts["n0"]).replace("\t", " ").split() == title(label).replace("\t", " ").split()
    assert len(texts) == 5


@needs_layout
def test_what_xml_cannot_hold_is_marked() -> None:
    y = Value(1.0, "a\x00b\x1b\x7f\ud800\ufffe")
    assert texts_of(draw(y, show="structure").pipe("svg"))["n0"] == ["a␀b␛␡��"]


@pytest.mark.parametrize("label", ["", "  ", "\t\n"])
def test_a_blank_label_is_as_good_as_none(label: str) -> None:
    with scope(label):
        y = Value(1.0, label) * 2
    assert 'label="v2 = v0·2\\n' in to_dot(y)
    assert 'label="scope 0\\n' in to_dot(y, collapse=1)


def test_a_long_label_is_cut_and_whole_in_the_tooltip() -> None:
    long = "long " * 40
    with scope(long):
        y = Value(1.0, long) * 2
    source = to_dot(y)
    assert max(len(line) for text in _read_back(source) for line in text.split("\n")) <= 40
    assert re.search(r'graph \[label="(long ){7}long…"', source)
    assert f'tooltip="{long}: input' in source
    assert _read_back(to_dot(Value(1.0, "a\nb\nc\nd\ne"), show="structure")) == ["a\nb\nc\n…"]


def test_powers_are_written_alike_whatever_makes_them() -> None:
    x = Value(3.0, "x")
    for y, text in ((x**2, "x²"), (square(x), "x²"), (x**3.0, "x³"), (x**-1, "x⁻¹"), (x**0.5, "x^0.5"), (x**x, "x^x")):
        assert f" = {text}\\n" in to_dot(y)
    for name, text in (("x²", "(x²)²"), ("layer 2", "(layer 2)²"), ("a - b", "(a - b)²"), ("x1", "x1²")):
        assert f" = {text}\\n" in to_dot(Value(2.0, name) ** 2)


def test_a_negative_factor_stands_in_brackets() -> None:
    x = Value(3.0, "x")
    y = (x * -1) * -1
    y.backward()
    assert 'label="-1 × (-1) = 1"' in to_dot(y)


# --- options ---------------------------------------------------------------------------------------------------------


def test_what_is_shown() -> None:
    o = _swept(_neuron)
    shown = {show: to_dot(o, show=show) for show in ("forward", "backward", "both", "structure")}
    assert [("data" in re.sub(r"tooltip=.*", "", s), "\\ngrad" in s, " × " in re.sub(r'"∂.*', "", s)) for s in shown.values()] == [
        (True, False, False), (False, True, True), (True, True, True), (False, False, False)]
    assert "dir=back" in shown["backward"]


@pytest.mark.parametrize(
    "options",
    [{"direction": "up"}, {"show": "all"}, {"colour": "red"}, {"operations": "x"}, {"precision": 0}, {"precision": 18},
     {"precision": 2.0}, {"collapse": 0}, {"collapse": True}, {"batch": 1.5}],
)
def test_a_wrong_option_is_named(options: dict[str, object]) -> None:
    [name] = options
    with pytest.raises(ValueError, match=name):
        to_dot(Value(1.0), **options)


def test_an_unknown_option_and_what_is_no_value() -> None:
    with pytest.raises(TypeError, match=r"unknown option 'color' \(did you mean 'colour'\?\); known options: direction, .*, batch$"):
        to_dot(Value(1.0), color="kind")
    with pytest.raises(TypeError, match=r"unknown option 'max_node' .*; known options: direction, .*, batch, max_nodes, time_limit$"):
        draw(Value(1.0), max_node=5)
    with pytest.raises(TypeError, match="unknown option 'zzz'; known options:"):
        draw(Value(1.0), zzz=5)
    for write in (to_dot, draw):
        with pytest.raises(TypeError, match=r"of a Value or of a list of Values can be drawn; got 3\.0"):
            write(3.0)
    with pytest.raises(ValueError, match="max_nodes"):
        draw(Value(1.0), max_nodes=0)
    with pytest.raises(ValueError, match="time_limit"):
        draw(Value(1.0), time_limit=0)


def test_kinds_differ_in_outline_not_only_in_colour() -> None:
    source = to_dot(_swept(_neuron) + 1)
    outline = {}
    for line in source.splitlines():
        if found := re.search(r'class="node ([\w ]+)"', line):
            outline[found[1]] = re.findall(r'(?:style|shape|peripheries)="[^"]*"', line)
    assert set(outline) == {"input", "parameter", "constant", "computed", "computed root"}
    assert len({tuple(parts) for parts in outline.values()}) == 5
    assert "record" not in source and "label=<" not in source


def test_gradient_colours_tell_sign_and_size() -> None:
    a, b, c, z = (Value(x, n) for x, n in ((100.0, "a"), (-1.0, "b"), (0.001, "c"), (0.0, "z")))
    y = dot([a, b, c, z], [50.0, -1000.0, 5.0, 0.0])
    y.backward()
    classes = nodes_of(to_dot(y, colour="gradient"))
    assert [classes[i].split()[-1] for i in (0, 1, 2, 3)] == ["g-p2", "g-n4", "g-p1", "g-zero"]
    legend = re.findall(r'label="([^"]*)" class="legend (g-[\w]+)"', to_dot(y, colour="gradient"))
    assert legend == [("10 to 100", "g-p2"), ("0 to 10", "g-p1"), ("0", "g-zero"), ("-300 to -1000", "g-n4")]
    a.zero_grad()
    b.grad = math.inf
    classes = nodes_of(to_dot(y, colour="gradient"))
    assert [classes[i].split()[-1] for i in (0, 1)] == ["g-none", "g-nonfinite"]


def test_operations_apart_have_boxes_of_their_own() -> None:
    source = to_dot(_swept(_neuron), operations="apart")
    assert len(re.findall(r'class="node operation"', source)) == 5
    assert source.count('class="edge result"') == 5
    assert 'label="tanh"' in source
    assert "n = " not in source


def test_an_assigned_leaf_is_marked() -> None:
    source = to_dot(_stale())
    assert 'label="w\\ndata 5\\ngrad ·\\nassigned after use"' in source
    assert re.search(r'0 -> 2 \[id="e2_0" class="edge stale"', source)


def test_nodes_made_without_recording_are_inputs() -> None:
    with no_record():
        y = Value(2.0) * 3
    assert nodes_of(to_dot(y)) == {0: "node input root"}


def test_depth_and_size_do_not_matter() -> None:
    y = Value(1.0, "x")
    depth = 100 * settings().max_examples  # deeper than Python's recursion limit
    for _ in range(depth):
        y = tanh(y)
    for options in ({}, {"collapse": 1}, {"batch": True}):
        assert to_dot(y, show="structure", **options).count("tanh(") == depth


@pytest.mark.slow
def test_a_million_deep() -> None:
    y = Value(1.0, "x")
    for _ in range(1_000_000):
        y = -y
    assert to_dot(y, show="structure").count(" -> ") == 1_000_000


def test_scopes_nested_deep() -> None:
    y = Value(1.0)
    scopes = [scope(f"s{i}") for i in range(3000)]
    for s in scopes:
        s.__enter__()
    y = y * 2
    for s in reversed(scopes):
        s.__exit__(None, None, None)
    assert to_dot(y).count("subgraph") == 3000


def test_value_draws_itself_and_the_source_is_the_dot_text() -> None:
    y = _swept(_neuron)
    assert y.draw(precision=2).source == to_dot(y, precision=2)
    assert ast.literal_eval(repr(y.draw().source)) == to_dot(y)


def test_the_pictures_of_the_readme_are_what_their_script_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    notebooks = GOLDEN.parents[2] / "notebooks"
    monkeypatch.syspath_prepend(str(notebooks))
    import make_pictures

    drawn = {"\n".join(lines) for lines in texts_of((notebooks / "pictures" / "neuron.svg").read_bytes()).values()}
    source = to_dot(make_pictures.neuron())
    assert drawn == {text.replace("\\n", "\n") for text in re.findall(r'^\t\d+[^\[]* \[.*?label="([^"]*)"', source, re.MULTILINE)}
    assert (notebooks / "pictures" / "stepper.gif").stat().st_size < 300_000


def test_several_outputs_are_drawn_over_one_trunk() -> None:
    x = Value(0.5, "x")
    trunk = tanh(x)
    a, b = trunk * 2.0, trunk + 1.0
    source = to_dot([a, b])
    assert source.count('class="node computed root"') == 2
    assert source.count("= tanh(x)") == 1
    assert source.count("->") == 5
    assert repr(draw([a, b])).startswith("<Drawing of v3, v5: 6 boxes, 5 edges")
    assert to_dot([a, a]) == to_dot(a) == to_dot((a,))
