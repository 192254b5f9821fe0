"""The stepper's lines of text read only the numbers that they name, each by its slot (an index).

A page that is too large to recompute its numbers keeps only the slots that its lines read.
"""

import json
import math

import pytest

from autograd_core import GraphError, Value, parameter, scope, sqrt, tanh
from autograd_core import sum as total
from autograd_core._stepping import data
from autograd_core._stepping.asking import called
from autograd_core._stepping.data import guards_of, page_data
from autograd_core._stepping.lines import Filling, slots_of
from autograd_core.stepper import step


class Watched(list):
    """A list of numbers that notes which of them are read."""

    def __init__(self, numbers):
        super().__init__(numbers)
        self.read = set()

    def __getitem__(self, at):
        self.read.add(at)
        return super().__getitem__(at)


def twice_used():
    a, b = parameter(1.0, "a"), parameter(2.0, "b")
    s = a * b
    return s * s * a + s**3 + b**a


def undetermined():
    x = parameter(0.0, "x")
    return sqrt(x * x) + x**2 + x


def folded():
    inputs = [Value(0.5, "x1"), Value(-0.5, "x2")]
    for k in (1, 2):
        with scope(f"layer{k}"):
            weights = [[parameter(0.1 * (i + 2 * j + k)) for i in range(2)] for j in range(2)]
            inputs = [tanh(total([w * x for w, x in zip(row, inputs, strict=True)])) for row in weights]
    return total(inputs) * inputs[0]


STEPPERS = {
    "folded": lambda: step(folded(), learning_rate=0.01, epochs=2, collapse=1),
    "twice used": lambda: step(twice_used(), learning_rate=0.01, epochs=2),
    "undetermined": lambda: step(undetermined()),
    "chain": lambda: step(tanh(tanh(Value(1.0, "x")))),
    "many wrong": lambda: step(total([w * twice_used() for w in (parameter(float(i), f"w{i}") for i in range(9))])),
}


@pytest.fixture(scope="module", params=STEPPERS)
def script(request):
    return STEPPERS[request.param]()._script


def lines_of(script):
    for each in (*script.sorted, *script.eager):
        yield from (each.line, *each.marks.values())


def test_a_line_reads_only_what_it_names(script):
    numbers = Watched(script.tape.numbers)
    filling = Filling(numbers, script.scene.picture.options.precision)
    for line in lines_of(script):
        numbers.read.clear()
        assert filling(line) is not None
        assert numbers.read <= set(slots_of(line)), line


def test_the_text_of_a_step_is_its_line_filled(script):
    filling = Filling(script.tape.numbers, script.scene.picture.options.precision)
    assert [filling(each.line) for each in script.sorted] == [each.text for each in script.sorted]


def walked(a, b, same):
    """Assert that two JSON structures are equal; `same` may accept numbers that differ."""
    assert type(a) is type(b) or {type(a), type(b)} <= {int, float}
    if isinstance(a, list):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            walked(x, y, same)
    elif isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            walked(a[key], b[key], same)
    elif isinstance(a, str):
        assert a == b
    else:
        assert a == b or same(abs(int(a)), abs(int(b))), (a, b)


@pytest.mark.parametrize("name", STEPPERS)
def test_a_page_too_large_to_compute_keeps_the_numbers_of_its_lines(monkeypatch, name):
    """Where a line of one page names a slot, the same line of the other page names a slot with the same number."""
    stepper = STEPPERS[name]()
    numbers = stepper._script.tape.numbers
    whole = page_data(stepper._script, stepper._frames)
    monkeypatch.setattr(data, "MOST_SLOTS", 0)
    still = page_data(stepper._script, stepper._frames)
    assert "too many for a page" in still["still"] and not whole["still"]
    assert len(still["numbers"]) <= len(numbers) and still["ops"] == still["code"] == []
    assert json.dumps(still["numbers"])  # the numbers can be written as JSON

    def same(a, b):
        x, y = numbers[a], still["numbers"][b]
        return isinstance(y, str) or x == y or (math.isnan(x) and y is None)

    for one, other in zip(whole["steps"], still["steps"], strict=True):
        walked(one, other, same)


def test_an_unsorted_update_of_a_folded_box_counts_what_is_wrong():
    stepper = STEPPERS["folded"]()
    [update, *_] = [each.text for each in stepper.eager if each.kind == "update"]
    wrong = int(update.split(", ")[-1].split(" with a wrong gradient")[0])
    assert 0 < wrong <= 6
    assert not any("with a wrong gradient" in each.text for each in stepper)


def test_a_long_list_of_wrong_gradients_is_cut():
    last = STEPPERS["many wrong"]().eager[-1].text
    assert last.startswith("Wrong, because the boxes were not sorted: ") and "more" in last


# --- The program beside the graph ------------------------------------------------------------------------------------


def test_arguments_become_leaves_named_by_their_place():
    def function(p, xs, pair, how, flag, given):
        assert (how, flag) == ("up", True)
        return p["w"] * xs[1] + pair[0] + given

    given = Value(5.0, "mine")
    y, questions = called(function, ({"w": 2.0}, [1, 3.0], (4.0, None), "up", True, given))
    assert y.data == 15.0 and questions == []
    product, _ = y.operands[0].operands
    assert {x.label for x in product.operands} == {"p['w']", "xs[1]"}
    assert [x.label for x in y.operands[0].operands[1:]] == ["pair[0]"] and y.operands[1] is given


@pytest.mark.parametrize("result", [2.0, None, "y"])
def test_a_function_that_returns_no_value_is_refused(result):
    with pytest.raises(GraphError, match=rf"function must return a Value .*; it returned {result!r}"):
        called(returning(result), (1.0,))


def returning(result):
    def function(x):
        return result

    return function


def test_questions_in_words():
    inner = []

    def function(x):
        y = x * 2.0
        y.label = "y"
        other = Value(7.0)
        inner.append(other > 1.0)  # this question does not affect the output
        z = y * 3.0 if y > 1.0 and x < y and bool(x - 5.0) else y
        return z + float(int(x)) + y.data

    script = step(function, 2.0)._script
    words = [text for _, _, _, text, _ in guards_of(script)["guards"]]
    assert words[0].startswith("y > 1 was True")
    assert words[1].startswith("x < y was True")
    assert any(text.startswith("int(x) was 2") for text in words)
    assert words[-1].startswith("the program takes y as a plain number")
    assert all(" in line " in text for text in words)
    assert guards_of(step(lambda x: x * 2.0, 2.0)._script) == {}
