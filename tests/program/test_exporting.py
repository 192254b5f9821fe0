"""Programs exported as source code agree with the original program: values, gradients, branches and errors."""

import math
import os
import shutil

import numpy as np
import pytest
from hypothesis import given, settings

import autograd_core as ag
from autograd_core import GraphError, Value, parameter, primitive, trace
from autograd_core._checking.ulps import same, ulps
from autograd_core.strategies import smooth_programs

W = [parameter(0.5), parameter(-1.25)]
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")


def network(x, y):
    hidden = ag.tanh(x * W[0] + y) if x > 0.0 else ag.exp(y) * W[1]
    return ag.dot([hidden, x], [W[1], y]) + ag.take([x, y, hidden], 1) ** 2


POINTS = [(0.5, 1.0), (-0.5, 2.0), (3.0, -0.25), (0.0, 0.0), (-2.0, -2.0)]


def near(a, b, units=64):
    return (math.isnan(a) and math.isnan(b)) or ulps(a, b) <= units or abs(a - b) <= 1e-13


def answers(program, point):
    value, slopes = program.value_and_grad(*point, argnums=tuple(range(len(point))))
    return [value, *slopes]


@needs_node
def test_javascript_on_every_branch(running, tmp_path):
    program = trace(network, 1.0, 1.0)
    due = [answers(program, point) for point in POINTS]
    text = program.to_javascript() + (
        "const all = (inputs) => { const p = program(inputs, parameters); const g = p.gradients();"
        " return [...p.values, ...g.inputs, ...g.parameters]; };"
    )
    found = running.node(text, [["all", point] for point in POINTS], tmp_path)
    for point, expected, got in zip(POINTS, due, found, strict=True):
        for w in W:
            w.zero_grad()
        program.backward(*point)
        assert all(map(near, got, [*expected, *(W[i].grad for i in range(2))])), (point, expected, got)


@needs_node
def test_javascript_of_random_programs(running, tmp_path):
    calls, texts, due = [], [], []

    @settings(max_examples=30)
    @given(smooth_programs())
    def collect(program):
        if program.inputs:
            made = trace(lambda *xs: program(*xs), *program.inputs)
            due.append((answers(made, program.inputs), program))
            texts.append(f"const made{len(texts)} = (() => {{ {made.to_javascript()} return program; }})();")
            calls.append([f"all{len(calls)}", program.inputs])

    collect()
    for i in range(len(calls)):
        texts.append(
            f"const all{i} = (inputs) => {{ const p = made{i}(inputs, []);"
            " return [...p.values, ...p.gradients().inputs]; };"
        )
    text = "const py = {Raised: Error};\n" + "\n".join(texts)
    for (expected, program), got in zip(due, running.node(text, calls, tmp_path), strict=True):
        scale = max(map(abs, expected))
        assert all(near(x, y, 2**12) or abs(x - y) <= 1e-9 * scale for x, y in zip(got, expected, strict=True)), (
            program, got, expected,
        )


@needs_node
def test_javascript_takes_no_flat_path(running, tmp_path):
    program = trace(lambda x: ag.relu(ag.sqrt(x) - 1.0) + ag.sqrt(x) * 0.0 + x, 1.0)
    text = program.to_javascript() + "const slope = (inputs) => program(inputs, parameters).gradients().inputs;"
    assert running.node(text, [["slope", [0.0]]], tmp_path) == [[1.0]] == [[program.grad(0.0)]]
    zero = Value(0.0)
    program = trace(lambda x: ag.sqrt(x) * zero, 1.0)
    text = program.to_javascript() + "const slope = (inputs) => program(inputs, parameters).gradients().inputs;"
    assert math.isnan(running.node(text, [["slope", [0.0]]], tmp_path)[0][0]) and math.isnan(program.grad(0.0))


@needs_node
def test_javascript_throws_on_branches_that_it_has_not_and_where_python_raises(running, tmp_path):
    program = trace(lambda x: ag.log(x) if x < 5.0 else x, 1.0)
    text = program.to_javascript() + (
        "const kind = (x) => { try { program([x], parameters); return 0; }"
        " catch (e) { return e instanceof RangeError ? 1 : e instanceof py.Raised ? 2 : 3; } };"
    )
    assert running.node(text, [["kind", 2.0], ["kind", 7.0], ["kind", -1.0]], tmp_path) == [0.0, 1.0, 2.0]


needs_cc = pytest.mark.skipif(shutil.which(os.environ.get("CC", "cc")) is None, reason="needs a C compiler")


@needs_cc
def test_c_on_every_branch_to_the_bit(running, tmp_path):
    program = trace(network, 1.0, 1.0)
    due = [answers(program, point) for point in POINTS]
    library = running.library(program.to_c(), tmp_path)
    held = [node.data for node in program.parameters]
    for point, expected in zip(POINTS, due, strict=True):
        for w in W:
            w.zero_grad()
        program.backward(*point)
        answer, found = running.gradients_in_c(library, point, held)
        assert answer == 0 and all(map(same, found, [*expected, *(node.grad for node in program.parameters)]))


@needs_cc
def test_c_of_every_row(running, tmp_path):
    """A program that contains every operation of the table compiles without a warning."""
    rows = [row for row in ag.TABLE.values() if row.public and row.arity == 1]
    functions = [getattr(ag, row.name) for row in rows if hasattr(ag, row.name) and row.name != "neg"]

    def f(x):
        lists = [ag.sum, ag.mean, ag.prod, ag.norm, ag.logsumexp]
        total = ag.sum([g(x) for g in functions if g is not ag.acosh]) + ag.acosh(x + 1.0)
        total = total + ag.sum([g([x, 2.0 * x, 0.5]) for g in lists]) + ag.dot([x, 1.0], [x, x])
        total = total + ag.atan2(x, 2.0) + ag.hypot(x, 3.0) + ag.logaddexp(x, 1.0) + ag.leaky_relu(x) + x**x + x % 0.3
        return total + ag.where(x, x, 2.0) + ag.take([x, x * x], 1) + x // 0.2 + ag.maximum(x, 0.1) / ag.minimum(x, 2.0)

    program = trace(f, 0.5)
    library = running.library(program.to_c(), tmp_path)
    for x in (0.5, 0.25, 0.75):
        answer, found = running.gradients_in_c(library, [x])
        assert answer == 0 and all(map(near, found, answers(program, [x]), [256, 256]))


@needs_cc
def test_c_says_what_it_has_not_and_takes_no_flat_path(running, tmp_path):
    library = running.library(trace(lambda x: ag.log(x) if x < 5.0 else x, 1.0).to_c(), tmp_path)
    assert [running.gradients_in_c(library, [x])[0] for x in (2.0, 7.0, -1.0)] == [0, 1, 2]
    program = trace(lambda x: ag.relu(ag.sqrt(x) - 1.0) + ag.sqrt(x) * 0.0 + x, 1.0)
    (tmp_path / "b").mkdir()
    assert running.gradients_in_c(running.library(program.to_c(), tmp_path / "b"), [0.0]) == (0, [0.0, 1.0])


def test_numpy_on_every_branch_at_once(running):
    program = trace(network, 1.0, 1.0)
    due = [answers(program, point) for point in POINTS]
    module = running.module(program.to_numpy())
    columns = [np.array(column) for column in zip(*POINTS, strict=True)]
    [values] = module["program"](columns)
    slopes = module["gradients"](columns)
    assert len(slopes) == 4
    for i, (value, *gradient) in enumerate(due):
        assert near(values[i], value)
        assert all(near(found[i], x) for found, x in zip(slopes, gradient, strict=False))
    sums = program.over_rows().value_and_grad
    for w in W:
        w.zero_grad()
    program.over_rows().backward(*columns)
    assert [np.sum(slopes[2 + i]) for i in range(2)] == pytest.approx([w.grad for w in W], rel=1e-12)
    assert sums(*columns)[0] == pytest.approx(values, rel=1e-13)


@settings(max_examples=30)
@given(smooth_programs())
def test_numpy_of_random_programs(running, program):
    if not program.inputs:
        return
    made = trace(lambda *xs: program(*xs), *program.inputs)
    if {row.name for row in program.operations} & {"logsumexp", "gamma", "lgamma", "polygamma"}:
        return  # lists and series of varying length are rejected by name
    module = running.module(made.to_numpy())
    expected = answers(made, program.inputs)
    columns = [np.array([x, x]) for x in program.inputs]
    found = [x[0] for x in (*module["program"](columns), *module["gradients"](columns))]
    scale = max(map(abs, expected))
    assert all(near(x, y, 2**12) or abs(x - y) <= 1e-9 * scale for x, y in zip(found, expected, strict=True))


def test_numpy_takes_no_flat_path_and_is_nan_where_python_raises(running):
    program = trace(lambda x: ag.relu(ag.sqrt(x) - 1.0) + ag.sqrt(x) * 0.0 + x, 1.0)
    module = running.module(program.to_numpy())
    assert module["gradients"]([np.array([0.0, -1.0])])[0][0] == program.grad(0.0) == 1.0
    assert np.isnan(module["program"]([np.array([0.0, -1.0])])[0]).tolist() == [False, True]
    module = running.module(trace(lambda x: ag.where(x, 1.0, ag.log(x)), 1.0).to_numpy())
    assert np.isnan(module["program"]([np.array([-1.0, 2.0])])[0]).tolist() == [True, False]
    module = running.module(trace(lambda x: x if x < 5.0 else -x, 1.0).to_numpy())
    assert np.isnan(module["program"]([np.array([2.0, 7.0])])[0]).tolist() == [False, True]


def test_what_is_not_exported():
    @primitive(derivatives=(2.0,))
    def twice(x):
        return 2 * x

    with pytest.raises(GraphError, match="twice is a function of your own"):
        trace(lambda x: twice(x), 1.0).to_javascript()
    with pytest.raises(GraphError, match="depends on 'round_to'"):
        trace(lambda x: x * round(x, 1), 1.0).to_javascript()
