"""The page of a function shows its source beside the graph, and the questions that it asked about its Values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograd_core import (
    Value,
    square,
    tanh,
)
from autograd_core.stepper import step

Opened = Callable[..., Any]


def neuron(weights: list[Value], inputs: list[Value], bias: Value) -> Value:
    total_ = bias
    for w, x in zip(weights, inputs, strict=True):
        total_ = total_ + w * x
    return tanh(total_)


def difference(first: list[Value], second: list[Value], x: list[Value], scale: float = 2.0) -> Value:
    return square(neuron(first, x, first[0]) - scale * neuron(second, x, second[1]))


def test_a_function_steps_with_its_source_beside_it(opened: Opened) -> None:
    stepper = step(difference, [0.5, -0.25], [1.0, 0.125], [2.0, 3.0])
    page = opened(stepper)
    assert stepper[0].text.startswith("Inputs and parameters take their values: first[0] = 0.5")
    lit = "() => document.querySelector('#source code.now')?.textContent.trim()"
    for one in stepper:
        assert page.text_content("#line") == one.text
        if one.kind == "operation":
            made = one.text.split(": ")[-1]
            wanted = "square(neuron" if "²" in made or " - v" in made or "2·" in made else "return tanh" if "tanh" in made else "total_ + w * x"
            assert wanted in page.evaluate(lit), one.text
        if one.kind == "edge":
            assert page.evaluate(lit)
        page.keyboard.press("ArrowRight")
    assert page.locator(".cluster text").all_text_contents().count("neuron") == 2
    lines = page.locator("#source code[role=button]")
    line = page.locator("#source code", has_text="total_ + w * x")
    line.click()
    assert page.locator("g.node.path").count() == 8  # through two calls, two products and two sums
    line.press("Enter")
    assert page.locator("g.node.path").count() == 0
    assert lines.count() == 3
    leaf = page.get_by_label("value of first[0]", exact=True)
    leaf.fill("0.75")
    leaf.press("Enter")
    assert page.text_content("#line") == step(difference, [0.75, -0.25], [1.0, 0.125], [2.0, 3.0])[-1].text


def test_without_source_there_is_no_room_for_it(opened: Opened) -> None:
    page = opened(step(Value(1.0) * 2.0))
    assert page.is_hidden("#source")


def test_only_functions_take_arguments() -> None:
    with pytest.raises(TypeError, match="only a function takes arguments"):
        step(Value(1.0) * 2.0, 1.0)


def branching(x: Value, w: Value) -> Value:
    s = w * x
    if s > 0.25:
        s = tanh(s)
    return s * w


def reading(x: Value, w: Value) -> Value:
    return x * w * x.data


def counting(x: Value) -> Value:
    y = x
    for _ in range(int(x)):
        y = y * x
    return y


def test_another_branch_of_the_program_is_said_and_greyed(opened: Opened, moved: Callable[..., None]) -> None:
    page = opened(step(branching, 2.0, 0.5))
    page.keyboard.press("End")
    moved(page, w=0.25)  # the function takes the same branch
    assert page.text_content("#said") == ""
    assert page.text_content("#line") == step(branching, 2.0, 0.25)[-1].text
    moved(page, w=-1.0)
    line = next(k for k, text in enumerate(Path(__file__).read_text(encoding="utf-8").split("\n"), 1) if "if s > 0.25" in text)
    assert f"v2 > 0.25 was True in line {line}; now it is not, and the program would take another branch" in page.text_content("#said")
    data = dict(page.evaluate("() => [...document.querySelectorAll('g.node')].map(g => [g.id, g.textContent.match(/data (\\S+)/)[1]])"))
    assert data == {"n0": "-1", "n1": "2", "n2": "-2", "n3": "?", "n4": "?"}
    page.click("#undo")
    assert page.text_content("#said") == ""
    page.click("#reset")
    assert page.text_content("#line") == step(branching, 2.0, 0.5)[-1].text


def test_a_count_of_steps_is_a_question_and_a_plain_number_is_remarked(opened: Opened, moved: Callable[..., None]) -> None:
    page = opened(step(counting, 2.5))
    page.keyboard.press("End")
    moved(page, x=2.75)
    assert page.text_content("#line") == step(counting, 2.75)[-1].text
    moved(page, x=3.25)
    assert "int(x) was 2" in page.text_content("#said")
    page = opened(step(reading, 2.0, 3.0))
    page.keyboard.press("End")
    moved(page, w=4.0)
    assert page.text_content("#said") == ""
    moved(page, x=1.0)
    assert "takes x as a plain number" in page.text_content("#said")
    assert page.locator("g.unknown").count() == 0


def test_values_answer_as_ever_after_a_function_was_stepped() -> None:
    before = {name: vars(Value).get(name) for name in ("__lt__", "__eq__", "__bool__", "data")}
    with pytest.raises(ZeroDivisionError):
        step(lambda x: x / 0.0, 1.0)
    assert {name: vars(Value).get(name) for name in before} == before
    x = Value(1.0)
    assert (x < 2.0, x == 1.0, bool(x), x.data) == (True, True, True, 1.0)
    x.data = 3.0
    assert x.data == 3.0
