"""The questions that a function asks about its Values, such as `x > 0`, are noted and answered as usual.

Only the questions asked in the function's own thread are noted.
"""

import math
from concurrent.futures import ThreadPoolExecutor

import pytest

from autograd_core import GraphError, Value, trace
from autograd_core._stepping.asking import ANSWERS, SIGNS, asked

QUESTIONS = [
    (lambda x: x < 3.0, "lt"), (lambda x: x <= 3, "le"), (lambda x: x > Value(3.0), "gt"), (lambda x: x >= 2.5, "ge"),
    (lambda x: x == 2.5, "eq"), (lambda x: x != 2.5, "ne"), (bool, "bool"), (int, "int"), (math.floor, "floor"),
    (math.ceil, "ceil"), (math.trunc, "trunc"), (lambda x: x.data, "read"),
    (round, "read"), (lambda x: round(x, 1), "read"), (lambda x: x.rint(), "read"), (lambda x: x.is_integer(), "read"),
]  # fmt: skip  # a table


def test_every_kind_is_in_the_table():
    assert {kind for _, kind in QUESTIONS} == {*SIGNS, *ANSWERS, "read"}


@pytest.mark.parametrize(("ask", "kind"), QUESTIONS)
def test_each_question_is_noted_with_its_answer_and_place(ask, kind):
    x = Value(2.5)
    due = ask(x)
    with asked() as found:
        answer = ask(x)
        y = x * 2.0
        ask(y)
    assert answer == due and type(answer) is type(due)
    first, second = found
    assert (first.kind, first.outcome) == (kind, 2.5 if kind == "read" else float(due))
    assert first.operands[0] is x and second.operands[0] is y
    assert x._stamp < first.stamp <= y._stamp < second.stamp
    assert ask(x) == due and len(found) == 2  # nothing is noted any longer


def test_what_is_no_number_is_not_asked_again():
    x = Value(2.5)
    with asked() as found:
        assert x != "a"
        with pytest.raises(TypeError):
            _ = x < "a"
        x.data = 7.0
    assert found == [] and x.data == 7.0


def test_other_threads_are_not_noted():
    x = Value(2.5)
    with ThreadPoolExecutor(1) as pool, asked() as found:
        assert pool.submit(lambda: (x > 1.0, x.data)).result() == (True, 2.5)
    assert found == []


def test_answers_are_put_back_after_an_error():
    before = {name: vars(Value).get(name) for name in ("__lt__", "__bool__", "data")}
    with pytest.raises(ZeroDivisionError), asked():
        _ = Value(1.0) / 0.0
    assert {name: vars(Value).get(name) for name in before} == before


def test_not_within_a_trace():
    def function(x):
        with asked():
            return x

    with pytest.raises(GraphError, match=r"while another is being traced; call step\(\) outside the trace"):
        trace(function, 1.0)
