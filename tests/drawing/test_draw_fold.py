"""Folding by scope and by batch, the size guard, and the layout engines."""

from __future__ import annotations

import itertools
import math
import pickle
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import GraphError, Value, dot, parameter, scope, sin, tanh
from autograd_core import sum as total
from autograd_core._command.files import write_drawing
from autograd_core._drawing import layout, wheel
from autograd_core._drawing.layout import LayoutError, lay_out
from autograd_core.draw import draw, to_dot

needs_layout = pytest.mark.skipif(not layout.engines(), reason="nothing here lays out a graph")


def labels(source: str) -> list[str]:
    return [text.replace("\\n", "\n") for text in re.findall(r'^\t+\d+ \[label="([^"]*)"', source, re.MULTILINE)]


def boxes(source: str) -> int:
    return len(labels(source))


class Net:
    """A small network with scopes: layers of neurons, each one dot node and one tanh."""

    def __init__(self, *sizes: int) -> None:
        self.weights = [
            [[parameter(math.sin(i + 3 * j + k), f"w{i}{j}{k}") for k in range(m)] for j in range(n)]
            for i, (m, n) in enumerate(itertools.pairwise(sizes))
        ]

    def __call__(self, xs: list[Value]) -> list[Value]:
        for i, layer in enumerate(self.weights):
            with scope(f"layer {i}"):
                ys = []
                for j, row in enumerate(layer):
                    with scope(f"neuron {j}"):
                        ys.append(tanh(dot(row, xs)))
            xs = ys
        return xs

    @property
    def parameters(self) -> list[Value]:
        return [w for layer in self.weights for row in layer for w in row]

    def loss(self, points: int, chained: bool = False) -> Value:
        losses = [(self([Value(0.1 * p, "x"), Value(1 - 0.2 * p, "y")])[0] - 0.5) ** 2 for p in range(points)]
        if not chained:
            return total(losses)
        running: Value | float = 0.0
        for one in losses:
            running = running + one
        assert isinstance(running, Value)
        return running


def test_collapse_folds_each_run_of_a_scope_with_its_operations_and_gradient_norm() -> None:
    net = Net(2, 3, 1)
    y = net.loss(1)
    by_layer = labels(to_dot(y, collapse=1))
    assert "layer 0\n3 × dot, 3 × tanh\n6 parameters\n‖grad‖ of parameters ·" in by_layer
    y.backward()
    norm = math.sqrt(math.fsum(w.grad**2 for row in net.weights[0] for w in row))
    assert f"layer 0\n3 × dot, 3 × tanh\n6 parameters\n‖grad‖ of parameters {norm:.4g}" in labels(to_dot(y, collapse=1))
    by_neuron = labels(to_dot(y, collapse=2))
    assert sum(text.startswith("neuron") for text in by_neuron) == 4
    assert to_dot(y, collapse=2).count("subgraph") == 2  # the layers, around their neurons
    assert to_dot(y).count("subgraph") == 2 + 4
    assert to_dot(y, collapse=9) == to_dot(y, batch=True)


def test_a_mini_batch_is_one_point_and_the_rest() -> None:
    net = Net(2, 3, 1)
    for chained in (False, True):
        y = net.loss(100, chained)
        y.backward()
        one, many = labels(to_dot(net.loss(1), batch=True)), labels(to_dot(y, batch=True))
        assert len(one) == len(many)
        inner = [text for text in many if text.endswith("× 99 more")]
        assert len(inner) == len(one) - len(net.parameters) - 2 - (not chained)  # without the constants and the one sum
    assert len(labels(to_dot(net.loss(100), collapse=1))) == 9


def test_only_the_same_computation_on_other_inputs_is_folded() -> None:
    a, b = Value(1.0, "a"), Value(2.0, "b")
    w, v = parameter(1.0, "w"), parameter(2.0, "v")
    alike = total([tanh(w * a), tanh(w * b)])
    other = total([tanh(w * a), tanh(v * b)])
    another = total([tanh(w * a), sin(w * b)])
    assert [boxes(to_dot(y, batch=True)) for y in (alike, other, another)] == [5, 9, 6]
    with scope("one"):
        first = tanh(w * a)
    with scope("two"):
        second = tanh(w * b)
    assert boxes(to_dot(total([first, second]), batch=True)) == 8
    cube = a * a * a
    assert boxes(to_dot(cube, batch=True)) == 3


def test_a_chain_of_inputs_read_by_two_neighbours_keeps_what_it_shows_connected() -> None:
    w = parameter(0.5, "w")
    xs = [Value(float(i), "x") for i in range(10)]
    y = total([tanh(w * a + b) for a, b in itertools.pairwise(xs)])
    source = to_dot(y, batch=True)
    drawn = set(re.findall(r"^\t+(\d+) \[", source, re.MULTILINE))
    joined = set(re.findall(r"^\t(\d+) -> ", source, re.MULTILINE)) | set(re.findall(r" -> (\d+) ", source))
    assert drawn == joined


@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.booleans())
def test_folding_never_loses_an_edge_between_boxes(points, width, depth, chained) -> None:
    net = Net(2, *[width] * depth, 1)
    y = net.loss(points, chained)
    for options in ({"collapse": 1}, {"collapse": 2}, {"batch": True}, {"collapse": 1, "batch": False}):
        source = to_dot(y, **options)
        found = re.findall(r'^\t(\d+) -> (\d+) \[id="(e\d+_\d+)"', source, re.MULTILINE)
        assert len({name for *_, name in found}) == len(found)
        assert all(int(a) < int(b) for a, b, _ in found)
        reached = {int(b) for _, b, _ in found} | {int(a) for a, _, _ in found}
        assert reached == set(range(boxes(source)))


def test_scopes_that_read_from_each_other_are_drawn_all_the_same() -> None:
    x = Value(0.5, "x")
    with scope("outer"):
        a = tanh(x)
        with scope("inner"):
            b = tanh(a)
        y = tanh(b)
    assert boxes(to_dot(y, collapse=2)) == 4
    with scope("p"):
        a = tanh(x)
        inside = scope("q")
        with inside:
            b = a * 2
        c = b + a
    assert boxes(to_dot(c, collapse=1)) == 2


def test_a_pickled_graph_draws_as_before_but_for_which_run_is_which() -> None:
    y = Net(2, 3, 1).loss(1)
    assert boxes(to_dot(pickle.loads(pickle.dumps(y)), collapse=2)) == boxes(to_dot(y, collapse=2))


# --- the guard -------------------------------------------------------------------------------------------------------


def test_above_the_limit_it_folds_by_itself_no_further_than_needed() -> None:
    net = Net(2, 16, 16, 1)
    y = net.loss(20)
    assert boxes(draw(y).source) == boxes(to_dot(y, collapse=2))
    assert boxes(draw(y, max_nodes=12).source) == boxes(to_dot(y, collapse=1)) <= 12
    assert boxes(draw(y, max_nodes=100_000).source) == boxes(to_dot(y))
    assert boxes(draw(y, collapse=2, max_nodes=12).source) == boxes(to_dot(y, collapse=1))
    alone = Net(2, 16, 16, 1).loss(1)
    assert boxes(draw(alone, batch=False, max_nodes=200).source) == boxes(to_dot(alone, collapse=2, batch=False))
    few = Net(2, 2, 1).loss(60)
    assert boxes(draw(few).source) == boxes(to_dot(few, batch=True))


def test_where_nothing_folds_the_error_names_size_limit_and_ways_out() -> None:
    y = Value(1.0)
    for _ in range(400):
        y = tanh(y)
    with pytest.raises(GraphError, match=r"401 nodes.*max_nodes = 300.*scope.*to_dot"):
        draw(y)
    assert boxes(to_dot(y)) == 401
    assert boxes(draw(y, max_nodes=401).source) == 401


def test_inputs_fold_into_the_only_scope_that_reads_them_where_nothing_else_helps() -> None:
    with scope("layer"):
        y = tanh(total([Value(float(i)) for i in range(500)]))
    assert labels(draw(y * 2.0).source)[0].startswith("layer\nsum, tanh")


def test_a_scope_for_each_step_of_a_long_recursion_folds_at_some_depth() -> None:
    def descend(x: Value, depth: int) -> Value:
        with scope(f"level {depth}"):
            return tanh(x) if depth == 0 else tanh(descend(x, depth - 1))

    assert boxes(draw(descend(Value(1.0), 150), max_nodes=60).source) <= 60


def test_parameters_read_from_several_scopes_fold_into_the_scope_they_were_made_in() -> None:
    with scope("shared"):
        ws = [parameter(float(i), f"w{i}") for i in range(3)]
    runs = []
    for name in ("one", "two"):
        with scope(name):
            runs.append(tanh(total(ws)))
    y = runs[0] * runs[1]
    assert [text.split("\n")[:2] for text in labels(to_dot(y, collapse=1))][:2] == [["shared", "3 parameters"], ["one", "sum, tanh"]]
    y.backward()
    coloured = to_dot(y, collapse=1, colour="gradient", direction="TB")
    norms = {f"‖grad‖ of {what} {norm:.4g}" for what, norm in (("parameters", math.hypot(*(w.grad for w in ws))), ("results", runs[0].grad))}
    assert re.search(r'class="node folded g-m4"', coloured)  # a norm has no sign
    assert re.findall(r'label="(.*?)" class="legend (g-\w\d)"', coloured)[-1][1][:3] == "g-m"
    assert norms & {line for text in labels(coloured) for line in text.split("\n")}
    largest = max(float(re.search(r"‖grad‖ of \w+ (\S+)", text)[1]) for text in labels(coloured) if "‖grad‖ of" in text)
    assert f'to {largest:.4g}" class="legend g-m4"' in coloured  # the legend shows their range
    assert "3 edges" in coloured
    running: Value | float = 0.0
    for _ in range(4):
        running = running + ws[0]
    assert isinstance(running, Value)
    assert boxes(to_dot(running, batch=True)) == 6


def test_a_folded_scope_shows_the_one_value_that_is_read_from_it() -> None:
    x = Value(0.5, "x")
    with scope("one"):
        a = tanh(x * 2.0)
    with scope("two"):
        b, c = sin(a), a * a
    y = b * c
    folded = {text.split("\n")[0]: text for text in labels(to_dot(y, collapse=1))}
    assert f"\ndata {a.data:.4g}\n" in folded["one"]
    assert "data" not in folded["two"]  # because two are read
    assert "data" not in {text.split("\n")[0]: text for text in labels(to_dot(y, collapse=1, show="backward"))}["one"]
    with scope("three"):
        z = tanh(x)
    assert f"\ndata {z.data:.4g}\n" in labels(to_dot(z, collapse=1))[-1]
    from autograd_core.stepper import step

    [computed] = [s for s in step(y, collapse=1) if s.text.startswith("one is computed")]
    assert computed.text == f"one is computed: mul, tanh; its result is {a.data:.4g}"
    assert f"data {a.data:.4g}" in computed.texts.values()


def test_the_formula_of_a_folded_picture_names_its_operands() -> None:
    x = Value(0.5, "x")
    with scope("two"):
        b, c = sin(x), tanh(x)
    assert "v2 = two·two" in labels(to_dot(b * c, collapse=1))[-1]
    running: Value | float = 0.0
    for _ in range(4):
        running = running + tanh(parameter(1.0) * x)
    shared = parameter(0.5, "w")
    running = 0.0
    for i in range(4):
        running = running + tanh(shared * Value(float(i)))
    assert isinstance(running, Value)
    assert labels(to_dot(running, batch=True))[-1].startswith("v4 = … + v3\n")


def test_many_kinds_of_operations_are_cut_in_a_folded_box() -> None:
    x = Value(0.5, "x")
    with scope("busy"):
        y = tanh(sin(x) + x * x - sin(x) / 3.0)
        y = -y
    assert labels(to_dot(y, collapse=1))[1].startswith("busy\n2 × sin, mul, add, div, … 3 more")


def test_where_layers_are_wholly_connected_lines_are_straight_and_labels_left_to_the_pointer() -> None:
    net = Net(4, 12, 10)
    ys = net([Value(0.1 * i, f"x{i}") for i in range(4)])
    y = total([z - ys[0] for z in ys[1:]] + [0.0])
    y.backward()
    source = to_dot(y, collapse=2)
    assert "splines=line" in source
    assert 'boxes; too many edges for labels: point at an edge to see its numbers"' in source
    assert not re.search(r" -> .*\] ?.* label=", source)
    assert 'tooltip="∂v' in source
    assert y.step(collapse=2)._frames._source().count("splines=line") == 1


def test_folded_scopes_show_norms_on_a_scale_of_their_own() -> None:
    net = Net(2, 3, 1)
    y = net.loss(5)
    y.backward()
    source = to_dot(y, collapse=1, colour="gradient")
    norms = [math.hypot(*(w.grad for row in layer for w in row)) for layer in net.weights]
    legend = dict(re.findall(r'label="([^"]*)" class="legend (g-\w+)"', source))
    assert {name[2] for name in re.findall(r'class="node folded (g-\w\d)"', source)} == {"m"}
    assert legend[f"‖grad‖ {0.3 * max(norms):.4g} to {max(norms):.4g}"] == "g-m4"
    assert set(legend.values()) == set(re.findall(r'class="node [\w ]*(g-\w+)"', source))  # only those that occur


@needs_layout
def test_the_legend_takes_less_room_than_a_small_graph() -> None:
    x, w, b = Value(2.0, "x"), parameter(-3.0, "w"), parameter(6.88, "b")
    y = tanh(x * w + b)
    y.backward()
    for direction in ("LR", "TB"):
        svg = draw(y, colour="gradient", direction=direction).pipe("svg", encoding="utf-8")
        width, height = map(float, re.search(r'<svg width="(\d+)pt" height="(\d+)pt"', svg).groups())
        frame = re.search(r'<g id="legend".*?<polygon[^>]* points="([^"]*)"', svg, re.DOTALL)
        xs, ys = zip(*(map(float, point.split(",")) for point in frame[1].split()), strict=True)
        assert (max(xs) - min(xs)) * (max(ys) - min(ys)) < 0.15 * width * height


@needs_layout
def test_neurons_that_are_wholly_connected_stand_in_their_order() -> None:
    net = Net(4, 12, 10)
    ys = net([Value(0.1 * i, f"x{i}") for i in range(4)])
    for direction, along in (("LR", 1), ("TB", 0)):
        svg = draw(total([z - ys[0] for z in ys[1:]]), collapse=2, direction=direction).pipe("svg", encoding="utf-8")
        found = re.findall(r'x="([-\d.]+)" y="([-\d.]+)"[^>]*>neuron (\d+)(?: #2)?<', svg)
        places = [(float(place[along]), int(place[2])) for place in found]
        assert [i for _, i in sorted(places[:12])] == list(range(12)), direction
        assert [i for _, i in sorted(places[12:])] == list(range(10)), direction


def test_edges_from_frame_to_frame_are_longer() -> None:
    y = Net(2, 3, 1).loss(1)
    for direction, longer in (("LR", 2), ("TB", 3)):
        source = to_dot(y, direction=direction)
        assert source.count(f" minlen={longer}") == 3  # from the neurons of one layer to those of the next
    assert "minlen" not in to_dot(y, show="structure")


# --- laying out ------------------------------------------------------------------------------------------------------


@needs_layout
def test_pictures_in_a_notebook_and_in_files(tmp_path: Path) -> None:
    drawing = draw(Net(2, 3, 1).loss(1))
    assert drawing._repr_mimebundle_()["image/svg+xml"].startswith("<?xml")
    assert drawing.pipe("png").startswith(b"\x89PNG")
    assert drawing.pipe("svg", encoding="utf-8").count('class="edge') == to_dot(Net(2, 3, 1).loss(1)).count('class="edge')
    assert Path(drawing.render(outfile=tmp_path / "a.svg")).read_bytes() == drawing.pipe("svg")
    assert drawing.render("b", tmp_path / "new", format="png") == str(tmp_path / "new" / "b.png")
    assert drawing.render(tmp_path / "c") == str(tmp_path / "c.pdf")
    for name in ("d.png", "e.SVG"):  # no name gets two endings
        assert drawing.render(tmp_path / name) == str(tmp_path / name)
    assert (tmp_path / "d.png").read_bytes().startswith(b"\x89PNG")
    assert drawing.render(tmp_path / "f.gv") == str(tmp_path / "f.gv.pdf")
    assert drawing.render(tmp_path / "g.png", format="png") == str(tmp_path / "g.png")
    viewed: list[Path] = []
    drawing.digraph._view = lambda path, **_: viewed.append(path)
    drawing.render(outfile=tmp_path / "d.svg", view=True)
    assert viewed == [tmp_path / "d.svg"]


@needs_layout
def test_a_drawing_is_written_as_its_ending_says(tmp_path: Path) -> None:
    y = Value(1.0, "x") * 2
    for ending, start in ((".svg", b"<?xml"), (".PNG", b"\x89PNG"), (".pdf", b"%PDF"), (".dot", b"digraph"), (".gv", b"digraph")):
        assert write_drawing(y, tmp_path / f"y{ending}") == tmp_path / f"y{ending}"
        assert (tmp_path / f"y{ending}").read_bytes().startswith(start)
        assert y.draw().save(tmp_path / f"z{ending}") == str(tmp_path / f"z{ending}")
        assert (tmp_path / f"z{ending}").read_bytes().startswith(start)
    assert Path(y.draw().save("y", tmp_path)).read_text(encoding="utf-8") == y.draw().source
    with pytest.raises(ValueError, match=r"must end in \.svg, \.png"):
        write_drawing(y, tmp_path / "y.jpg")
    with pytest.raises(ValueError, match=r"y\.jpg': use one of the extensions \.svg, .* or none"):
        y.draw().save(tmp_path / "y.jpg")


def test_a_drawing_says_what_it_is() -> None:
    x = Value(3.0, "x")
    assert repr(draw(x * x + 1.0)) == "<Drawing of v3: 4 boxes, 4 edges; a notebook shows it, .save('graph.svg') writes it>"
    assert repr(draw(x)) == "<Drawing of x: 1 box, 0 edges; a notebook shows it, .save('graph.svg') writes it>"


def test_without_any_engine_the_source_is_shown_and_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout.shutil, "which", lambda name: None)
    monkeypatch.setattr(layout.importlib.util, "find_spec", lambda name: None)
    drawing = draw(Value(1.0, "x") * 2)
    shown = drawing._repr_mimebundle_()
    assert set(shown) == {"text/plain"}
    assert "apt install graphviz" in shown["text/plain"]
    assert "pip install pygraphviz" in shown["text/plain"]
    assert drawing.source in shown["text/plain"]
    with pytest.raises(LayoutError, match=r"dot program nor the Python package pygraphviz.*pip install"):
        drawing.pipe("svg")


def _program(path: Path, body: str) -> str:
    path.write_text(f"#!{sys.executable}\n{body}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_layout_has_a_time_limit_and_its_process_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = tmp_path / "pid"
    slow = _program(tmp_path / "dot", f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(3600)")
    monkeypatch.setattr(layout.shutil, "which", lambda name: slow)
    with pytest.raises(LayoutError, match=r"the dot program had not laid out this graph after 1.5 s and was stopped.*collapse"):
        draw(Value(1.0), time_limit=1.5).pipe("svg")  # the program itself would take an hour
    with pytest.raises(ProcessLookupError):
        __import__("os").kill(int(pid.read_text()), 0)


def test_engines_are_tried_in_order_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = _program(tmp_path / "dot", "import sys; sys.exit('no such format')")
    monkeypatch.setattr(layout.shutil, "which", lambda name: broken)
    monkeypatch.setattr(layout.importlib.util, "find_spec", lambda name: True)
    assert list(layout.engines()) == ["the dot program", "the Python package pygraphviz"]
    works = _program(tmp_path / "wheel", "print('<svg/>')")
    engines = {"the dot program": [broken], "the Python package pygraphviz": [works]}
    monkeypatch.setattr(layout, "engines", lambda: engines)
    assert lay_out("digraph {}", "svg", 20) == b"<svg/>\n"
    engines["the Python package pygraphviz"] = [broken]
    with pytest.raises(LayoutError, match="the dot program: no such format; the Python package pygraphviz: no such format"):
        lay_out("digraph {}", "svg", 20)


def test_the_engine_in_a_wheel_reads_and_writes_as_dot_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A module that takes the place of pygraphviz: the calls that it receives, and the result."""
    (tmp_path / "pygraphviz.py").write_text(
        "class AGraph:\n"
        "    def __init__(self, string): self.string = string\n"
        "    def draw(self, prog, format): return f'{prog} {format} {self.string}'.encode()\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))

    class Stream:
        def __init__(self, data: bytes = b"") -> None:
            self.buffer = self
            self.data = data

        def read(self) -> bytes:
            return self.data

        def write(self, data: bytes) -> None:
            self.data += data

    for arguments, expected in ((["-Tsvg"], "dot svg é"), (["-Kneato", "-n2", "-Tpng"], "nop2 png é")):
        out = Stream()
        monkeypatch.setattr(sys, "stdin", Stream("é".encode()))
        monkeypatch.setattr(sys, "stdout", out)
        wheel.main(arguments)
        assert out.data.decode() == expected


@pytest.mark.skipif(layout.importlib.util.find_spec("pygraphviz") is None, reason="pygraphviz (extra render) is not installed")
def test_pygraphviz_draws_every_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout.shutil, "which", lambda name: None)
    y = Net(2, 3, 1).loss(2)
    assert draw(y).pipe("svg").count(b'class="edge') == to_dot(y).count('class="edge')
    assert draw(y).pipe("png").startswith(b"\x89PNG")


def test_importing_the_package_does_not_import_the_drawing() -> None:
    code = "import sys, autograd_core; print([m for m in sys.modules if 'graphviz' in m or '_drawing' in m])"
    root = str(Path(layout.__file__).parents[2])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout == "[]\n"
