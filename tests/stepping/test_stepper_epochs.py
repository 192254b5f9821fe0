"""The stepper over several epochs of one graph: cleared state, recomputed checkpoints, and unsorted sweeps."""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import groupby

import pytest
from hypothesis import given

from autograd_core import (
    GraphError,
    Value,
    checkpoint,
    exp,
    gradients,
    log,
    parameter,
    primitive,
    relu,
    scope,
    square,
    tanh,
    toposort,
)
from autograd_core import sum as total
from autograd_core._program import player
from autograd_core.draw import to_dot
from autograd_core.stepper import Step, step
from autograd_core.strategies import smooth_programs

DIGITS = 17


def moved(steps: list[Step], epoch: int) -> list[float]:
    """Return the parameters after the update of an epoch, as printed."""
    return [
        float(s.text.split(" instead of ")[0].rsplit(" = ", 1)[1])
        for s in steps
        if s.kind == "update" and s.epoch == epoch
    ]


def test_a_second_epoch_of_a_graph_with_a_constant_makes_a_page():
    theta = parameter(0.5, "θ")
    steps = (0.8 - theta * theta).step(epochs=2, learning_rate=0.1)
    assert "data 0.6" in [text for step in steps for text in step.texts.values()]  # 0.5 − 0.1·(−2·0.5)
    assert "<svg" in steps.page()
    assert [step.epoch for step in steps if step.kind == "leaves"] == [1, 2]


def test_a_later_epoch_without_a_value_says_which_operation_and_on_what() -> None:
    y = log(parameter(1.0, "w")) * 3.0
    with pytest.raises(ValueError, match=r"log is defined for .*x = -2\.0"):
        step(y, learning_rate=1.0, epochs=2)  # 1 − 3/1


# --- checkpoints -----------------------------------------------------------------------------------------------------


def _nested(w: Value, x: Value, kept: bool) -> Value:
    """Return a loss with nested checkpoints, which close over leaves and nodes, and one that returns its argument."""
    again = checkpoint if kept else lambda function, *arguments: function(*arguments)
    c = w * x
    inner = again(lambda v: again(lambda u: exp(u) * c * w * Value(0.5), v) * tanh(v) + w, w * 3.0)
    return square(again(lambda v: v, inner) - 1.0)


def test_a_checkpoint_is_computed_again_in_every_epoch() -> None:
    w, x = parameter(0.5, "w"), Value(2.0, "x")
    stepper = step(_nested(w, x, True), learning_rate=0.001, epochs=4, precision=DIGITS)
    number = 0.5
    for epoch in range(1, 5):
        p = parameter(number)
        loss = _nested(p, x, False)  # the same function without checkpoints, in a new graph
        loss.backward()
        [computed] = [s.text for s in stepper if s.epoch == epoch and s.kind == "operation"][-1:]
        assert float(computed.rsplit(" = ", 1)[1]) == loss.data
        number = p.data - 0.001 * p.grad
        assert moved(list(stepper), epoch) == [pytest.approx(number, rel=1e-15)]
        [number] = moved(list(stepper), epoch)
    assert w.data == 0.5
    assert not w.has_grad


def test_a_checkpoint_that_cannot_be_computed_again_says_why() -> None:
    ran = iter(range(100))
    y = checkpoint(lambda v: v * float(next(ran)), parameter(1.0))
    with pytest.raises(GraphError, match="must return the same number each time"):
        step(y, learning_rate=0.1, epochs=2)


def test_later_epochs_run_on_the_player_of_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[float] = []
    forward = player.forward

    def noted(listing, inputs, *rest):
        played.extend(inputs)
        return forward(listing, inputs, *rest)

    monkeypatch.setattr(player, "forward", noted)
    w = parameter(3.0, "w")
    stepper = step(w * w, learning_rate=0.25, epochs=3)
    assert played == [1.5, 0.75] * 2  # w ← w - 0.25·2w, sorted and unsorted; the first epoch is as recorded
    assert [s.text for s in stepper if s.kind == "operation"] == ["v1 = w·w = 3·3 = 9", "v1 = w·w = 1.5·1.5 = 2.25",
                                                                  "v1 = w·w = 0.75·0.75 = 0.5625"]  # fmt: skip


def test_what_a_checkpoint_hides_is_computed_once_in_an_epoch_however_deep() -> None:
    calls: list[float] = []

    def cube(x: float) -> float:
        calls.append(x)
        return x * x * x

    cubed = primitive(cube, derivatives=(lambda x, y: 3.0 * x * x,))

    def deep(x: Value, depth: int) -> Value:
        return cubed(x) if depth == 0 else checkpoint(lambda v: deep(v, depth - 1), x)

    w = parameter(0.5, "w")
    y = deep(w, 12)
    calls.clear()
    stepper = step(y, learning_rate=0.1, epochs=2)
    moved_once = 0.5 - 0.1 * (3.0 * 0.5 * 0.5)
    assert calls == [0.5] * 13 + [pytest.approx(moved_once)]  # twelve functions run again, and each epoch played
    assert moved(list(stepper), 2) == [pytest.approx(moved_once - 0.1 * 3.0 * moved_once**2, rel=1e-3)]


def test_a_path_not_taken_inside_a_checkpoint_carries_nothing_to_meet_an_infinity() -> None:
    y = checkpoint(relu, parameter(-1.0, "w")) * math.inf
    stepper = step(y, learning_rate=0.1, epochs=2)
    assert [s.text for s in stepper if s.kind == "result"] == ["Every gradient is complete: grad(w) = 0"] * 2
    assert not any("undetermined" in s.text for s in stepper)


def test_where_a_checkpoint_has_no_value_the_operation_inside_is_named() -> None:
    y = checkpoint(log, parameter(1.0, "w"))
    with pytest.raises(ValueError, match=r"checkpoint failed: log is defined for x > 0; got x = -1\.0; got x = -1\.0"):
        step(y, learning_rate=2.0, epochs=2)


# --- what goes wrong in an unsorted order ----------------------------------------------------------------------------


@given(smooth_programs())
def test_an_unsorted_sweep_adds_up_wrong_in_every_epoch_and_says_by_how_much(program) -> None:
    ws = [parameter(x) for x in program.inputs]
    y = program(*ws)
    if type(y) is not Value or y.is_leaf:
        return
    try:
        stepper = step(y, learning_rate=2.0**-20, epochs=2, precision=DIGITS, max_nodes=1000)
    except (ArithmeticError, ValueError):  # in the second epoch, the function has no value
        return
    leaves = [node for node in toposort(y) if node.is_leaf]
    place = dict(zip(leaves, re.findall(r'id="(n\d+)" class="node parameter', to_dot(y)), strict=True))
    every = Counter(s.focus[0] for s in stepper if s.kind == "edge" and s.epoch == 1)
    for epoch in (1, 2):
        steps = [s for s in stepper.eager if s.epoch == epoch]
        if steps[-1].kind != "update":  # the wrong gradients led to numbers at which the function has no value
            assert "no next epoch" in steps[-1].text
            break
        [start] = [s.focus[0] for s in steps if s.kind == "seed"]
        sent = [s for s in steps if s.kind == "edge"]
        assert Counter(s.focus[0] for s in sent) == every  # each edge once
        in_turn = [result for result, _ in groupby(s.focus[2] for s in sent)]
        assert len(in_turn) == len(set(in_turn))  # and all edges of a node together
        gradient, passed_on = {start: 1.0}, dict[str, float]()
        for s in sent:
            edge, operand, result = s.focus
            local, above, contribution = (float(text.strip("()")) for text in re.split(" × | = ", s.texts[edge]))
            assert close(above, passed_on.setdefault(result, gradient[result]))  # the gradient that had arrived by then
            assert close(contribution, above * local if above and local else 0.0)
            gradient[operand] = gradient.get(operand, 0.0) + contribution
            assert close(float(s.texts[f"{operand}:g"].split()[1]), gradient[operand])
        right = dict(zip(ws, gradients(y, ws), strict=True))  # the engine's gradients for this epoch's numbers
        wrong = [w for w in leaves if not close(gradient[place[w]], right[w], 1e-9)]
        [result] = [s.text for s in steps if s.kind == "result"]
        assert ("nothing came too late" in result) == (not wrong)
        told = [float(text) for text in re.findall(r" instead of ([^;]+)", result)]
        assert len(told) == len(wrong)
        assert all(close(number, right[w], 1e-13) for number, w in zip(told, wrong, strict=True))
        numbers = {w: w.data for w in ws} | dict(zip(leaves, moved(steps, epoch), strict=True))
        assert all(close(numbers[w], w.data - 2.0**-20 * gradient[place[w]]) for w in leaves)
        ws = [parameter(numbers[w]) for w in ws]
        places = list(place.values())
        try:
            y = program(*ws)
        except (ArithmeticError, ValueError):
            told = stepper.eager[-1].text.startswith("The next epoch cannot be computed, because the parameters were updated with wrong gradients")
            assert told or epoch == 2  # no third epoch was asked for
            break
        leaves = [node for node in toposort(y) if node.is_leaf]
        place = dict(zip(leaves, places, strict=True))


def close(a: float, b: float, within: float = 0.0) -> bool:
    return math.isclose(a, b, rel_tol=within) or (math.isnan(a) and math.isnan(b))


def test_where_wrong_gradients_lead_the_next_epoch_may_have_no_value() -> None:
    w = parameter(1.5, "w")
    s = w * 1.0
    stepper = step(s * 2.0 - s * 1.9 + log(s), learning_rate=1.0, epochs=2)  # the gradient is 2 − 1.9 + 1/1.5
    assert {one.epoch for one in stepper} == {1, 2}
    assert stepper.eager[-2].text == "w ← w - η·grad(w) = 1.5 - 1·2 = -0.5 instead of 0.7333"
    assert stepper.eager[-1].text == (
        "The next epoch cannot be computed, because the parameters were updated with wrong gradients: log is defined for x > 0; got x = -0.5"
    )
    assert stepper.eager[-1].epoch == 1


def residual(points: int) -> tuple[list[Value], Value]:
    """Apply h + tanh(w·h) three times, each in its own scope; the shortcut past each block makes the order matter."""
    ws = [parameter(0.3 + 0.2 * i, f"w{i}") for i in range(3)]
    losses = []
    for p in range(points):
        h = Value(0.5 * p + 0.1, "x")
        for i, w in enumerate(ws):
            with scope(f"block {i}"):
                g = tanh(w * h)
            h = h + g
        losses.append(square(h - 1.0))
    return ws, total(losses)


@pytest.mark.parametrize("points", [1, 3])
def test_unsorted_by_layer_each_block_learns_from_the_shortcut_alone(points: int) -> None:
    """In an unsorted sweep, the shortcut's gradient 2(h₃ − 1) passes every block before any block adds its own."""
    ws, y = residual(points)
    stepper = step(y, collapse=1, precision=DIGITS, learning_rate=0.1, epochs=2)
    assert [s.kind for s in stepper.eager if s.epoch == 2].count("scope") == 3
    numbers = [w.data for w in ws]
    for epoch in (1, 2):
        expected = [0.0, 0.0, 0.0]
        for p in range(points):
            hs = [0.5 * p + 0.1]
            for w in numbers:
                hs.append(hs[-1] + math.tanh(w * hs[-1]))
            for i, w in enumerate(numbers):
                expected[i] += 2 * (hs[3] - 1) * hs[i] / math.cosh(w * hs[i]) ** 2
        passed = [s for s in stepper.eager if s.kind == "scope" and s.epoch == epoch]
        assert [s.text.split()[1] for s in passed] == ["0", "1", "2"]  # the first block comes before the last
        norms = [float(s.text.split(";")[0].rsplit(" = ", 1)[1]) for s in passed]
        assert norms == pytest.approx([abs(g) for g in expected], rel=1e-13)
        numbers = [w - 0.1 * g for w, g in zip(numbers, expected, strict=True)]
    y.backward()
    [result] = [s for s in stepper.eager if s.kind == "result" and s.epoch == 1]
    for i in (0, 1):
        told = re.search(rf"‖grad‖ of the leaves in block {i} = \S+ instead of ([^;]+)", result.text)
        assert float(told[1]) == pytest.approx(abs(ws[i].grad), rel=1e-13)
    assert "block 2 =" not in result.text  # nothing comes after the last: its gradient is right
    moves = [s.text for s in stepper.eager if s.kind == "update" and s.epoch == 1]
    assert [text.endswith("1 with a wrong gradient") for text in moves] == [True, True, False]
    assert "; too late: v2 has passed its gradient on without this" in passed[1].text


def test_a_chain_of_layers_needs_no_sorting() -> None:
    w, h = parameter(0.3, "w"), Value(0.5, "x")
    for i in range(3):
        with scope(f"layer {i}"):
            h = tanh(parameter(0.1 * i) * h)
    stepper = step(h * w, collapse=1)
    assert stepper.eager[-1].text.endswith("nothing came too late")
    assert sorted(s.text for s in stepper.eager[:-1]) == sorted(s.text for s in list(stepper)[:-1])


def test_a_scope_of_parameters_alone_waits_for_all_that_read_it() -> None:
    with scope("shared"):
        ws = [parameter(float(i + 1), f"w{i}") for i in range(2)]
    x = Value(0.5, "x")
    with scope("one"):
        a = tanh(ws[0] * x + ws[1])
    with scope("two"):
        b = tanh(ws[1] * a + ws[0])
    y = a + b
    stepper = step(y, collapse=1, precision=DIGITS)
    shared = [s.text for s in stepper.eager if s.kind == "scope" and s.text.startswith("shared")]
    assert len(shared) == 1
    assert "‖grad‖ of the leaves in shared = " in stepper.eager[-1].text
    y.backward()
    right = math.hypot(ws[0].grad, ws[1].grad)
    assert f"instead of {right:.17g}" in stepper.eager[-1].text


def test_a_graph_folded_into_one_box_has_its_gradients_inside() -> None:
    w = parameter(0.5, "w")
    with scope("all"):
        h = tanh(w * Value(2.0, "x"))
        y = h * h + h
    stepper = step(y, collapse=1, learning_rate=0.1, epochs=2)
    y.backward()
    assert [s.kind for s in stepper] == ["leaves", "operation", "seed", "scope", "result", "update"] * 2
    assert stepper[3].text == f"all passes the gradient back: ‖grad‖ of its 1 parameter = {abs(w.grad):.4g}"
    assert stepper[5].text == "all: its 1 parameter is updated, w ← w - 0.1·grad(w)"
    assert stepper[0].text == "Inputs and parameters take their values inside the folded boxes"
    assert stepper[4].text == "Every gradient is complete, including those inside the folded boxes"
    assert stepper.eager[-2].text.endswith("nothing came too late")
