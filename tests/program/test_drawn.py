"""Drawings of a program's steps as they are replayed: the boxes, and the words in them.

Some tests let Graphviz draw the pictures.
"""

import importlib.util
import math
import random
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import ENGINE, GraphError, Program, Value, parameter, take, trace
from autograd_core._program.flow import DOTS, MAP, PRODUCTS, Step, apart, flow_of
from autograd_core._program.merging import Leaves, gathered, merged
from autograd_core._program.picture import SOME

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
_spec = importlib.util.spec_from_file_location("random_graphs", Path(__file__).parent / "random_graphs.py")
random_graphs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(random_graphs)
Numbers, graph = random_graphs.Numbers, random_graphs.graph

native = pytest.mark.skipif(ENGINE == "python", reason="only the C player has larger steps")


def matrix(rows, columns):
    draw = random.Random(0)
    return [[parameter(draw.gauss(0.0, 0.3)) for _ in range(columns)] for _ in range(rows)]


def classifier(inputs, hidden, classes):
    first, second = matrix(hidden, inputs), matrix(classes, hidden)

    def loss(x, label):
        h = [ag.relu(ag.dot(row, x)) for row in first]
        z = [ag.dot(row, h) for row in second]
        return ag.logsumexp(z) - take(z, label)

    return trace(loss, [0.5] * inputs, 1)


def labels(drawing):
    """Return the text of each box."""
    return [re.sub(r"\\n", "\n", text) for text in re.findall(r'\d+ \[label="(.*?)" id="n', drawing.source)]


def assert_drawn(drawing):
    """Assert that Graphviz draws each box and each edge."""
    svg = drawing.pipe("svg", encoding="utf-8")
    assert svg.count('<g id="n') == len(labels(drawing))
    assert svg.count('<g id="e') == len(re.findall(r"\d -> \d", drawing.source))
    assert drawing.pipe("png")[:4] == b"\x89PNG"


@native
@needs_dot
def test_a_network_is_a_few_boxes():
    drawing = classifier(784, 128, 10).draw()
    assert labels(drawing) == [
        "784 inputs\nx0 … x783", "x784", "100,352 parameters\nw0 … w100351", "1,280 parameters\nw100352 … w101631",
        "v1: 128×784 matrix · vector", "v2: relu, 128 times", "v3: 10×128 matrix · vector", "v4 = logsumexp(v3[0], v3[1], v3[2], … 7 more)",
        "v5 = take(x784, v3[0], v3[1], … 8 more)", "v6 = v4 - v5",
    ]  # fmt: skip
    assert "loss: 269 operations as 6 steps forward" in drawing.source
    assert re.findall(r'label="([\d,]+)"\]', drawing.source) == ["784", "100,352", "128", "128", "1,280", "10", "10"]
    assert_drawn(drawing)
    assert drawing._repr_mimebundle_()["image/svg+xml"].count("matrix · vector") >= 2


@native
@needs_dot
def test_a_convolution():
    filters = [matrix(3, 3) for _ in range(4)]

    def total(image):
        places = [(i, j) for i in range(4) for j in range(4)]
        maps = [[sum(f[a][b] * image[i + a][j + b] for a in range(3) for b in range(3)) for i, j in places] for f in filters]
        return sum(ag.relu(x) for found in maps for x in found)

    drawing = trace(total, [[0.1 * i + j for i in range(6)] for j in range(6)]).draw()
    assert "v1: convolution: 4 filters of 9 at 16 positions" in labels(drawing)
    assert_drawn(drawing)


@needs_dot
def test_two_branches_side_by_side_and_one_by_itself():
    w = parameter(2.0, "w")
    program = trace(lambda x, y: ag.tanh(w * x) if x > y else ag.exp(y) - x, 2.0, 1.0)
    program(0.0, 3.0)
    drawing = program.draw()
    found = labels(drawing)
    assert {"x0 > x1: yes\nelse another branch", "x0 > x1: no\nelse another branch"} <= set(found)
    assert drawing.source.count("subgraph cluster_") == 2 and drawing.source.count("style=dashed]") == 4
    assert_drawn(drawing)
    svg = drawing.pipe("svg", encoding="utf-8")
    first, second = (float(re.search(rf">branch {i}</text>", svg) and re.search(rf'y="([-\d.]+)"[^>]*>branch {i}<', svg)[1]) for i in (1, 2))
    assert first < second
    alone = labels(program.draw(0.0, 3.0, steps=True))
    assert "v1 = exp(x1)" in alone and "w" not in alone and not any("tanh" in text for text in alone)


def test_small_programs_show_their_operations_and_numbers():
    program = trace(lambda x: ag.tanh(x * 3.0) + 1.0, 0.5)
    assert "data 1" in program.draw(0.0).source
    steps = program.draw(0.5, steps=True)
    assert "data" not in steps.source
    assert any("tanh(v1)" in text for text in labels(steps))
    large = classifier(20, 60, 3)
    assert "data" not in large.draw([0.5] * 20, 1).source
    assert "data" in large.draw([0.5] * 20, 1, steps=False, max_nodes=3000).source


def test_words_of_single_operations():
    x, y, z = (Value(i + 1.0) for i in range(3))
    for output, text in (
        (x * y + z, "x0·x1 + x2"), (x * x - y, "x0² - x1"), (-x, "-x0"), (ag.atan2(x, y), "atan2(x0, x1)"),
        (ag.where(x, y, z), "where(x0, x1, x2)"), (x**3, "x0³"),
    ):  # fmt: skip
        found = labels(Program(output, inputs=[x, y, z]).draw())
        if ENGINE == "native":  # the Python player has one step for each operation
            assert f"v1 = {text}" in found
        assert "x0" in found


def test_all_in_one_box_where_there_are_too_many():
    weights = matrix(1, 1100)[0]
    program = trace(lambda xs: sum((ag.sin(w * x) for w, x in zip(weights, xs, strict=True)), 0.0), [0.5] * 1100)
    few = labels(program.draw(max_nodes=1))
    assert len(few) == 3 if ENGINE == "python" else len(few) <= 5
    if ENGINE == "python":
        assert few[2] == "3,300 steps\nmul, 1,100 times\nsin, 1,100 times\nadd, 1,100 times"


def test_many_guards_share_a_box():
    program = trace(lambda xs: sum(x if x > 0.0 else 0.1 * x for x in xs), [1.0] * 30)
    assert "30 × gt\nelse another branch" in labels(program.draw())


def test_labels_that_neurons_share_are_shown_once():
    neurons = [[parameter(0.1, f"w{i}") for i in range(5)] for _ in range(12)]
    found = labels(trace(lambda xs: sum(ag.tanh(ag.dot(ws, xs)) for ws in neurons), [1.0] * 5).draw())
    assert found[0] == "5 inputs\nx0 … x4" and found[1] == "60 parameters\nw0, w1, w2, …"


def test_what_cannot_be_drawn():
    with pytest.raises(GraphError, match="nothing to draw"):
        trace(lambda x: 1.0, 2.0).draw()
    program = trace(lambda x: x * x, 2.0)
    with pytest.raises(TypeError, match="pass arguments"):
        program.draw(steps=False)
    with pytest.raises(TypeError, match="did you mean 'direction'"):
        program.draw(directoin="TB")
    with pytest.raises(ValueError, match="time_limit"):
        program.draw(time_limit=0)
    assert "rankdir=TB" in program.draw(direction="TB").source


def test_the_output_may_be_an_input():
    source = trace(lambda x, y: y, 2.0, 3.0).draw().source
    assert 'label="x1"' in source and 'peripheries="2"' in source


def reached_by(flow):
    """Return the leaves that each cell is computed from."""
    known = {cell: {slot} for slot, cell in enumerate(flow.leaves)} | {cell: set() for cell in flow.constants}
    for step in flow.steps:
        read = set().union(*(known[cell] for cell in step.reads()))
        cells = range(step.out, step.out + step.results)
        assert not known.keys() & set(cells)
        known |= dict.fromkeys(cells, read)
    return known


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_numbers_flow_from_the_leaves_that_the_list_reads(seed, fast):
    """The output depends on the same leaves in the combined steps as in the list of operations they replace.

    Each cell of memory is written before it is read.
    """
    numbers = Numbers(seed, 0.0)
    leaves = [Value(x) for x in numbers.some(5)]
    program = Program(graph(numbers.rng, leaves), inputs=leaves[:3])
    [branch] = program._replays.branches
    listing = branch.listing
    flow = flow_of(listing, fast)
    known, single = reached_by(flow), reached_by(apart(flow))
    slots = [{slot} for slot in range(listing.inputs + listing.parameters)] + [set() for _ in listing.constants]
    for _, operands in listing.instructions():
        slots.append(set().union(*(slots[x] for x in operands)))
    for cell, slot in zip(flow.outputs, listing.outputs, strict=True):
        assert slots[slot] <= known[cell]  # a whole step may read cells that a single result of it does not need
        assert slots[slot] == single[cell]


@given(st.data())
def test_merged_boxes_are_never_in_a_circle(data):
    count = data.draw(st.integers(1, 80))
    leaves = [Leaves(bool(i % 2), (i,)) for i in range(4)]
    below = []
    for i in range(count):
        earlier = st.integers(max(0, i - 5), i - 1) if i else st.nothing()
        below.append(data.draw(st.sets(earlier | st.sampled_from(leaves), min_size=1, max_size=3)))
    kinds = data.draw(st.lists(st.sampled_from([MAP, DOTS, PRODUCTS]), min_size=count, max_size=count))
    sizes = data.draw(st.lists(st.sampled_from([1, 1, 8]), min_size=count, max_size=count))
    steps = [Step(kind, None, n, 0, 1, 0, 0, n, ()) for kind, n in zip(kinds, sizes, strict=True)]
    boxes = data.draw(st.sampled_from([merged, gathered]))(steps, below)
    assert len(boxes) == count
    read = {box: {boxes[x] for i, found in enumerate(below) if boxes[i] == box for x in found if type(x) is int} - {box} for box in boxes}
    done = set()
    while len(done) < len(read):
        ready = {box for box, found in read.items() if box not in done and found <= done}
        assert ready
        done |= ready


def test_the_attention_of_a_row_of_tokens_is_a_picture_at_a_glance():
    """Operations that read nothing new, such as a softmax or a norm, share the box of the step that they follow."""
    weights = [matrix(8, 8) for _ in range(4)]

    def outputs(tokens):
        rows = [[ag.dot(row, x) for row in weights[0]] for x in tokens]
        for w in weights[1:]:
            scores = [ag.softmax([ag.dot(a, b) / math.sqrt(8) for b in rows]) for a in rows]
            mixed = [[ag.dot(s, column) for column in zip(*rows, strict=True)] for s in scores]
            rows = [[ag.tanh(ag.dot(row, x)) for row in w] for x in mixed]
        return sum(x for row in rows for x in row)

    drawing = trace(outputs, [[0.1 * i + j for i in range(8)] for j in range(6)]).draw()
    boxes = [text for text in labels(drawing) if " … " not in text]
    assert len(boxes) <= SOME


@needs_dot
def test_a_transformer_is_its_layers():
    """Positions are computed one after another, so a step may belong to several layers; each layer is still one box."""
    query, out, head = matrix(4, 4), matrix(4, 4), matrix(5, 4)
    table = matrix(5, 4)

    def loss(tokens):
        keys, total = [], 0.0
        for position in range(len(tokens) - 1):
            x = [take([row[j] for row in table], tokens[position]) for j in range(4)]
            q = [ag.dot(row, x) for row in query]
            keys.append(q)
            weights = ag.softmax([ag.dot(q, k) for k in keys])
            x = [ag.dot(weights, [k[j] for k in keys]) for j in range(4)]
            x = [ag.relu(ag.dot(row, x)) for row in out]
            z = [ag.dot(row, x) for row in head]
            top = ag.max(z)
            total = total + ag.log(sum(ag.exp(v - top) for v in z)) + top - take(z, tokens[position + 1])
        return total

    drawing = trace(loss, [0, 3, 1, 4, 2, 0, 3]).draw()
    boxes = [text for text in labels(drawing) if " … " not in text]
    assert len(boxes) <= 12
    assert_drawn(drawing)
