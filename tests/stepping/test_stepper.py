"""The stepper's steps as data: their numbers equal the engine's, and their lines state the chain rule.

Other tests are about frames (still pictures of steps) and files.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from contextvars import copy_context

import pytest
from hypothesis import given

from autograd_core import (
    GraphError,
    Value,
    checkpoint,
    dot,
    exp,
    mean,
    norm,
    parameter,
    primitive,
    prod,
    scope,
    sigmoid,
    sin,
    square,
    tanh,
    toposort,
)
from autograd_core import sum as total
from autograd_core._drawing import layout
from autograd_core.draw import to_dot
from autograd_core.stepper import Step, Stepper, step
from autograd_core.strategies import smooth_programs

needs_layout = pytest.mark.skipif(not layout.engines(), reason="nothing here lays out a graph")
DIGITS = 17


def lines(stepper: Stepper, kind: str) -> list[str]:
    return [s.text for s in stepper if s.kind == kind]


def close(text: str, number: float) -> bool:
    """Return whether a printed number equals a given number to all the digits printed."""
    return float(text) == number or (math.isnan(number) and text == "nan")


# --- against the engine ----------------------------------------------------------------------------------------------


@given(smooth_programs())
def test_every_number_is_the_engines(program) -> None:
    y = program(*map(Value, program.inputs))
    if type(y) is not Value:
        return
    stepper = step(y, precision=DIGITS, max_nodes=1000)
    steps = list(stepper)
    assert all(not node.has_grad for node in toposort(y))
    y.backward()
    order = toposort(y)
    numbers = sorted(int(m) for m in re.findall(r'id="n(\d+)" class="node (?!constant)', to_dot(y)))
    node_of = dict(zip((f"n{i}" for i in numbers), order, strict=True))
    shown: dict[str, str] = {}
    for s in steps:
        shown |= s.texts
    for name, node in node_of.items():
        assert close(shown[f"{name}:d"].removeprefix("data "), node.data)
        assert close(shown[f"{name}:g"].removeprefix("grad ").removesuffix(" ✓"), node.grad)
    # each edge comes once, in the order of the sweep, with the contribution that it sends
    sent = [s for s in steps if s.kind == "edge"]
    expected = []
    for name, node in reversed(node_of.items()):
        for index, (x, local) in enumerate(zip(node.operands, node.local_derivatives, strict=True)):
            if type(x) is Value:
                contribution = node.grad * local if node.grad and local else 0.0
                expected.append((f"e{name[1:]}_{index}", local, node.grad, contribution))
    assert [s.focus[0] for s in sent] == [name for name, *_ in expected]
    for s, (name, *parts) in zip(sent, expected, strict=True):
        for text, number in zip(re.split(" × | = ", s.texts[name]), parts, strict=True):
            assert close(text.strip("()"), number)
    # no gradient is passed on before it is complete; an unsorted sweep uses the same edges
    complete: set[str] = set()
    for s in steps:
        if s.kind == "edge":
            assert s.focus[2] in complete
            assert s.focus[1] not in complete
        complete |= {name for name, state in s.states.items() if state == "complete"}
    assert sorted(s.focus[0] for s in stepper.eager if s.kind == "edge") == sorted(name for name, *_ in expected)


def _twice_used() -> tuple[Value, Value, Value]:
    a, b = Value(2.0, "a"), parameter(3.0, "b")
    s = a * b
    s.label = "s"
    y = s * s + s
    y.label = "y"
    return a, b, y


def test_the_lines_of_a_whole_pass() -> None:
    x, w = Value(0.8, "x"), parameter(0.4, "w")
    y = w * x
    y.label = "y"
    loss = square(y - 0.2)
    loss.label = "E"
    assert [s.text for s in step(loss)] == [
        "Inputs and parameters take their values: w = 0.4, x = 0.8",
        "y = w·x = 0.4·0.8 = 0.32",
        "v4 = y - 0.2 = 0.32 - 0.2 = 0.12",
        "E = v4² = 0.12² = 0.0144",
        "grad(E) = ∂E/∂E = 1: the sweep starts from the output",
        "grad(v4) += ∂E/∂v4·grad(E) = (2·v4)·1 = 0.24·1 = 0.24 ⇒ grad(v4) = 0.24",
        "grad(y) += ∂v4/∂y·grad(v4) = 1·0.24 = 0.24 ⇒ grad(y) = 0.24",
        "grad(w) += ∂y/∂w·grad(y) = x·0.24 = 0.8·0.24 = 0.192 ⇒ grad(w) = 0.192",
        "grad(x) += ∂y/∂x·grad(y) = w·0.24 = 0.4·0.24 = 0.096 ⇒ grad(x) = 0.096",
        "Every gradient is complete: grad(w) = 0.192, grad(x) = 0.096",
    ]


def test_contributions_are_added_up() -> None:
    a = Value(3.0, "a")
    y = a * a
    assert lines(step(y), "edge")[1] == "grad(a) += ∂v1/∂a·grad(v1) = a·1 = 3·1 = 3 ⇒ grad(a) = 3 + 3 = 6"


def test_what_goes_wrong_unsorted() -> None:
    *_, y = _twice_used()
    texts = [s.text for s in step(y).eager]
    assert "; but grad(s) is incomplete: 2 edges are still to come" in texts[7]
    assert "; too late: s has passed its gradient on without this" in texts[-2]
    assert texts[-1] == "Wrong, because the boxes were not sorted: grad(a) = 3 instead of 39; grad(b) = 2 instead of 26"
    wrong = {name for s in step(y).eager for name, state in s.states.items() if state == "wrong"}
    assert wrong == {"n0", "n1", "n2"}
    chain = tanh(tanh(Value(1.0)))
    assert step(chain).eager[-1].text == (
        "In this graph, even the unsorted order yields the correct gradients: nothing came too late")


# --- epochs (lecture 003, U7) ----------------------------------------------------------------------------------------


def test_two_epochs_with_an_update_between() -> None:
    t1, t2 = parameter(0.5, "θ1"), parameter(-1.5, "θ2")
    x, target = 0.7, 1.0

    def forward(t1: Value, t2: Value) -> Value:
        return square(target - sigmoid(t2 * sigmoid(t1 * Value(x, "x")))) * 0.5

    stepper = step(forward(t1, t2), learning_rate=0.8, epochs=3, precision=DIGITS)
    by_epoch: dict[int, list[Step]] = defaultdict(list)
    for s in stepper:
        by_epoch[s.epoch].append(s)
    values = (t1.data, t2.data)
    for epoch in (1, 2, 3):
        p1, p2 = parameter(values[0]), parameter(values[1])
        loss = forward(p1, p2)
        loss.backward()
        values = (p1.data - 0.8 * p1.grad, p2.data - 0.8 * p2.grad)
        steps = by_epoch[epoch]
        assert [s.kind for s in steps] == ["leaves"] + ["operation"] * 7 + ["seed"] + ["edge"] * 9 + ["result"] + ["update"] * 2
        assert steps[7].text.endswith(f" = {loss.data:.17g}")
        moved = [s.text.rsplit(" = ", 1)[1] for s in steps if s.kind == "update"]
        assert sorted(moved) == sorted(f"{v:.17g}" for v in values)
    assert not t1.has_grad
    assert t1.data == 0.5


def test_what_cannot_be_stepped_is_said() -> None:
    w = parameter(1.0, "w")
    y = w * 2
    w.data = 3.0
    with pytest.raises(GraphError, match="'w'"):
        step(y)
    with pytest.raises(ValueError, match="no parameters to update"):
        step(Value(1.0) * 2, learning_rate=0.1)
    with pytest.raises(ValueError, match="every epoch is the same"):
        step(y, epochs=2)
    with pytest.raises(ValueError, match="epochs must be an integer"):
        step(y, epochs=0)
    with pytest.raises(ValueError, match="learning_rate must be a number"):
        step(y, learning_rate="fast")
    with pytest.raises(TypeError, match="of a Value or of a list of Values can be drawn"):
        step(2.0)
    long = Value(1.0)
    for _ in range(400):
        long = tanh(long)
    with pytest.raises(GraphError, match="401 nodes"):
        step(long)


# --- formulas --------------------------------------------------------------------------------------------------------


@primitive(derivatives=(lambda t, x, z: -x * tanh(t * x), 2.0))
def own(t: float, x: float) -> float:
    return t + x


@primitive(derivatives=(lambda x, z: math.cos(x),))
def blunt(x: float) -> float:
    return math.sin(x)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda a, b: dot([a, b], [b, 2.0]), ["b·1 = 2.5·1", "2·1", "a·1 = 1.5·1"]),
        (lambda a, b: total([a, b]), ["1·1", "1·1"]),
        (lambda a, b: mean([a, b]), ["0.5·1", "0.5·1"]),
        (lambda a, b: prod([a, b, 4.0]), ["(4·b)·1 = 10·1", "(a·4)·1 = 6·1"]),
        (lambda a, b: own(a, b), ["((-b)·tanh(a·b))·1", "2·1"]),
        (lambda a, b: blunt(a) + b, ["1·1", "1·1", f"{math.cos(1.5):.4g}·1"]),  # only for floats: no formula
        (lambda a, b: norm([a, b]), [f"{1.5 / math.hypot(1.5, 2.5):.4g}·1", f"{2.5 / math.hypot(1.5, 2.5):.4g}·1"]),
        (lambda a, b: a**b, ["(b·a^(b - 1))·1", "(a^b·log(a))·1"]),
        (lambda a, b: a**2 + b, ["1·1", "1·1", "(2·a)·1 = 3·1"]),
        (lambda a, b: a**3 + b, ["1·1", "1·1", "(3·a²)·1 = 6.75·1"]),
        (lambda a, b: a**-1 + b, ["1·1", "1·1", "((-1)·a⁻²)·1 = -0.4444·1"]),
        (lambda a, b: a**0.5 + b, ["1·1", "1·1", "(0.5·a^(-0.5))·1 = 0.4082·1"]),
        (lambda a, b: a**1 + b**0, ["1·1", "1·1", "0·1", "1·1"]),
        (lambda a, b: a / b, ["(1 / b)·1 = 0.4·1", "((-a) / b²)·1 = -0.24·1"]),
    ],
)
def test_formulas_come_from_the_row(make, expected) -> None:
    texts = lines(step(make(Value(1.5, "a"), Value(2.5, "b"))), "edge")
    assert len(texts) == len(expected)
    for text, work in zip(texts, expected, strict=True):
        assert f" = {work} = " in text or f" = {work.replace('(-a)', '-a')} = " in text


def test_a_checkpoint_is_one_step_with_its_gradients() -> None:
    x = Value(1.0, "x")
    y = checkpoint(lambda v: exp(v) * v, x) * 2
    [*_, last] = lines(step(y, precision=DIGITS), "edge")
    y.backward()
    assert last.endswith(f"grad(x) = {x.grad:.17g}")


def test_scopes_stand_before_what_labels_do_not_tell_apart() -> None:
    x = Value(2.0, "x")
    h: list[Value] = []
    for layer in ("hidden", "out"):
        with scope(layer):
            for neuron in ("n1", "n2"):
                with scope(neuron):
                    s = parameter(3.0, "w") * (h[0] if layer == "out" else x)
                    s.label = "s"
                    h.insert(0, s)
    y = h[0] - h[1]
    y.label = "y"
    texts = [one.text for one in step(y, learning_rate=0.1)]
    assert texts[0] == (
        "Inputs and parameters take their values: out / n2: w = 3; out / n1: w#2 = 3; hidden / n2: w#3 = 3; x = 2"
    )
    assert texts[1] == "hidden / n2: s = w#3·x = 3·2 = 6"
    assert "hidden / n2: grad(w#3) += ∂s/∂w#3·grad(s) = x·6 = 2·6 = 12 ⇒ grad(w#3) = 12" in texts
    assert "out / n2 → out / n1: grad(s#2) += ∂s#3/∂s#2·grad(s#3) = w·1 = 3·1 = 3 ⇒ grad(s#2) = -1 + 3 = 2" in texts
    assert "hidden / n2: grad(x) += ∂s/∂x·grad(s) = w#3·6 = 3·6 = 18 ⇒ grad(x) = 18" in texts  # the result's scope
    assert texts[-1] == "hidden / n2: w#3 ← w#3 - η·grad(w#3) = 3 - 0.1·12 = 1.8"


def test_a_negative_factor_stands_in_brackets() -> None:
    a, b = Value(-2.0, "a"), Value(3.0, "b")
    texts = [one.text for one in step(-(a * b))]
    assert texts[1] == "v2 = a·b = (-2)·3 = -6"
    assert texts[-2] == "grad(b) += ∂v2/∂b·grad(v2) = a·(-1) = -2·(-1) = 2 ⇒ grad(b) = 2"
    assert "-2 × (-1) = 2" in step(-(a * b))[-2].texts.values()
    small = [one.text for one in step(a * 1e-5)]
    assert small[1] == "v2 = a·1e-05 = (-2)·1e-05 = -2e-05"


# --- folded ----------------------------------------------------------------------------------------------------------


def _batch(points: int) -> tuple[list[Value], Value]:
    ws = [parameter(0.3 * i - 0.5, f"w{i}") for i in range(4)]
    losses = []
    for p in range(points):
        xs = [Value(0.1 * p, "x"), Value(1.0 - 0.3 * p, "y")]
        with scope("layer 1"):
            h = [tanh(dot(ws[:2], xs)), tanh(dot(ws[2:], xs))]
        losses.append((h[0] - h[1]) ** 2)
    return ws, total(losses)


def test_folded_graphs_step_by_layer_with_the_whole_batch_in_every_sum() -> None:
    ws, y = _batch(30)
    stepper = step(y, collapse=1, precision=DIGITS)
    assert [s.kind for s in stepper] == ["leaves", *["operation"] * 4, "seed", *["edge"] * 3, "scope", "result"]
    assert stepper.eager[-1].text.endswith("nothing came too late")  # layers in a chain need no sorting
    y.backward()
    [layer] = [s for s in stepper if s.kind == "scope"]
    shown = float(layer.text.rsplit(" = ", 1)[1])
    assert shown == pytest.approx(math.hypot(*(w.grad for w in ws)), rel=1e-14)
    batch = step(y, batch=True, precision=DIGITS)
    grads = {text for s in batch for text in s.texts.values() if text.endswith(" ✓")}
    for w in ws:
        assert any(float(t.split()[1]) == pytest.approx(w.grad, rel=1e-13) for t in grads)
    updated = step(y, collapse=1, learning_rate=0.1, epochs=2)
    assert "its 4 parameters are updated, w ← w - 0.1·grad(w)" in lines(updated, "update")[0]


def test_scopes_that_read_from_each_other_are_drawn_folded_and_stepped_unfolded() -> None:
    x = parameter(0.5, "x")
    with scope("p"):
        inside = copy_context()
        a = tanh(x)
    y = inside.run(tanh, a * 2)  # back in the same run of the scope
    with scope("q"):
        y = exp(y) * 2.0
    assert "p" in to_dot(y, collapse=1)
    stepper = step(y, collapse=1, precision=DIGITS)
    assert [s.text.split(" ")[0] for s in stepper if s.kind == "operation"] == ["v1", "v3", "v4", "q"]
    y.backward()
    assert stepper[-1].text.endswith(f"grad(x) = {x.grad:.17g}")


def test_one_edge_into_a_folded_scope_has_its_own_numbers() -> None:
    w = parameter(0.5, "w")
    with scope("inner"):
        h = tanh(w * 2.0)
    with scope("second"):
        g = sin(h * 1.0)
    y = g * 3.0
    stepper = step(y, collapse=1)
    y.backward()
    assert [s.kind for s in stepper] == ["leaves", *["operation"] * 3, "seed", "edge", "scope", "scope", "result"]
    assert stepper[5].text == "grad(second) += ∂v3/∂second·grad(v3) = 3·1 = 3"
    assert stepper[-2].text == f"inner passes the gradient back: ‖grad‖ of its 1 parameter = {abs(w.grad):.4g}"


def test_a_function_called_for_each_position_is_folded_call_by_call() -> None:
    """Each position reads results of earlier positions, so calls drawn as one would read from themselves."""
    w, q = parameter(0.5, "w"), parameter(0.3, "q")
    keys, values, y = [], [], 0.0
    for i in range(4):
        with scope("position"):
            x = tanh(w * Value(0.1 * i + 0.2))
            keys.append(x * w)
            values.append(x * q)
            scores = [exp(x * key) for key in keys]
            weight = mixed = 0.0
            for score, value in zip(scores, values, strict=True):
                weight, mixed = weight + score, mixed + score * value
            z = mixed / weight * w + x
        y = y + z * z
    stepper = step(y, collapse=1, precision=DIGITS)
    names = [s.text.split(" is computed")[0] for s in stepper if " is computed" in s.text]
    assert names == ["position", "position#2", "position#3", "position#4"]
    y.backward()
    assert f"grad(q) = {q.grad:.17g}" in stepper[-1].text
    assert f"grad(w) = {w.grad:.17g}" in stepper[-1].text


def test_several_outputs_step_as_their_sum_over_one_trunk() -> None:
    a, b = parameter(2.0, "a"), Value(3.0, "b")
    s = a * b
    y1, y2 = tanh(s), s * s
    y1.label, y2.label = "y1", "y2"
    stepper = step([y1, y2, s], precision=DIGITS, learning_rate=0.5, epochs=2)
    assert [one.text for one in stepper if one.kind == "seed" and one.epoch == 1] == [
        f"grad({name}) = ∂{name}/∂{name} = 1: the sweep starts from all the outputs, as if from their sum" for name in ("y1", "y2", "v2")
    ]
    assert stepper[1].text == "v2 = a·b = 2·3 = 6"
    total([y1, y2, s]).backward()
    [result] = [one.text for one in stepper if one.kind == "result" and one.epoch == 1]
    assert f"grad(a) = {a.grad:.17g}" in result
    assert f"grad(b) = {b.grad:.17g}" in result
    assert repr(step([y1, y2])) == "<Stepper of y1, y2: 12 steps>"
    assert len(step([y1, y1])) == len(step(y1))
    for wrong in ([], [y1, 2.0], "y"):
        with pytest.raises(TypeError, match="of a Value or of a list of Values can be drawn"):
            step(wrong)


def test_long_lists_are_cut() -> None:
    leaves = [parameter(float(i), f"p{i}") for i in range(12)]
    stepper = step(total(leaves))
    assert stepper[0].text.endswith("p7 = 7, … 4 more")
    assert stepper[-1].text.endswith("grad(p7) = 1, … 4 more")
    assert stepper[1].text == "v12 = sum(p0, p1, p2, … 9 more) = sum(0, 1, 2, … 9 more) = 66"


def test_a_formula_too_long_to_read_is_left_out() -> None:
    xs = [Value(float(i + 2), f"a rather long name {i}") for i in range(6)]
    assert all(") = " not in text.split("⇒")[0].split("·grad(v6)")[1] for text in lines(step(prod(xs)), "edge"))


@needs_layout
@pytest.mark.parametrize("shape", [(3, 4, 4, 1), (4, 4, 1), (2, 5, 2)])
def test_neurons_stand_in_order_the_first_on_top(shape: tuple[int, ...]) -> None:
    xs = [Value(0.1 * i, f"x{i}") for i in range(shape[0])]
    for i, size in enumerate(shape[1:]):
        with scope(f"layer {i + 1}"):
            outputs = []
            for k in range(size):
                with scope(f"neuron {k + 1}"):
                    ws = [parameter(0.1 * k, f"w{j}") for j in range(len(xs))]
                    outputs.append(tanh(dot(ws, xs) + parameter(0.0, "b")))
        xs = outputs
    y = xs[0] if len(xs) == 1 else total(xs)
    tops: dict[str, list[tuple[int, float]]] = {}
    svg = step(y)._frames.finished.decode()
    layers = re.findall(r'<g id="c\d+" class="cluster scope">.*?<text[^>]* x="([^"]+)" y="([^"]+)"[^>]*>neuron (\d+)<', svg, re.DOTALL)
    for x, top, number in layers:
        tops.setdefault(str(round(float(x), -2)), []).append((int(number), float(top)))
    assert sum(len(found) for found in tops.values()) == sum(shape[1:])
    for found in tops.values():
        assert [top for _, top in sorted(found)] == sorted(top for _, top in found)


@needs_layout
def test_scopes_keep_their_frames() -> None:
    with scope("outer"):
        a = tanh(parameter(0.5))
        with scope("inner"):
            b = sin(a)
    [first, *_] = step(b * 2.0).frames()
    assert first.count(b'class="cluster') == 2
