"""The loss and the accuracy of a model on data."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value
from nn import Layer, accuracy, evaluate, squared_error
from nn.init import constant

LINE = ([[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 5.0, 7.0])


def line_model():
    return Layer(1, 1, nonlin=False, init=constant(0.0))


def test_nothing_to_evaluate_is_said():
    for call in (lambda: evaluate(line_model(), squared_error, []), lambda: accuracy(line_model(), ([], []))):
        with pytest.raises(ValueError, match="the data: there are no rows"):
            call()


def test_accuracy_takes_classes():
    with pytest.raises(ValueError, match=r"the target must be a class from 0 to 1; got \[0\.0, 1\.0\]"):
        accuracy(nn.Identity(), ([[1.0, 2.0]], [[0.0, 1.0]]))


@given(st.lists(st.tuples(st.lists(st.floats(-5, 5), min_size=3, max_size=3), st.integers(0, 2)), min_size=1))
def test_accuracy_of_classes(rows):
    found = accuracy(nn.Identity(), ([x for x, _ in rows], [t for _, t in rows]))
    assert found == np.mean([np.argmax(x) == t for x, t in rows])


def test_accuracy_of_one_output():
    rows = ([[0.2], [0.7], [-0.1], [0.0]], [0, 1, 1, -1])
    assert accuracy(nn.Identity(), rows) == 0.5
    assert accuracy(nn.Identity(), rows, threshold=0.5) == 0.75


def test_evaluation_puts_the_mode_of_each_module_back():
    model = nn.Sequential(nn.Dropout(0.5, seed=0), nn.Sequential(nn.Dropout(0.5), line_model()))
    model.modules[1].eval()
    before = [m.training for _, m in model.named_modules()]
    assert before == [True, True, False, False, False, False]
    evaluate(model, squared_error, LINE)
    accuracy(model, LINE)
    assert [m.training for _, m in model.named_modules()] == before
    with pytest.raises(ValueError, match="outputs cannot be compared"):
        evaluate(model, lambda y, t: squared_error([y, y], t), LINE)
    assert [m.training for _, m in model.named_modules()] == before


@pytest.mark.parametrize("outputs", [math.nan, [math.nan], [math.nan, 1.0], [1.0, math.nan], [math.nan] * 3, Value(math.nan)])
@pytest.mark.parametrize("target", [0, 1])
def test_an_output_that_is_nan_is_a_wrong_answer(outputs, target):
    class Broken(nn.Module):
        def forward(self, x):
            return outputs

    assert accuracy(Broken(), ([[1.0]], [target])) == 0.0
    assert accuracy(Broken(), ([[1.0]], [target]), threshold=-1.0) == 0.0
