"""Programs exported as plain Python: results identical bit for bit, all branches, and errors of the same types."""

import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import TABLE, GraphError, parameter, primitive, trace
from autograd_core._checking.ulps import same
from autograd_core._strategies.programs import PYTHON_FORMS
from autograd_core._translation.in_python import Python
from autograd_core._translation.kernels import rows_of_numbers
from autograd_core._translation.rows import translated_rows
from autograd_core.strategies import numbers, programs

FORMS = tuple(form for form in PYTHON_FORMS if "format" not in form.text and "f'" not in form.text)


def outcome(function, *arguments, **keywords):
    """Return the result of a function, or the type of the error that it raises."""
    try:
        return function(*arguments, **keywords)
    except (ArithmeticError, ValueError, LookupError) as error:
        return type(error)


def alike(a, b):
    return a is b if isinstance(a, type) or isinstance(b, type) else len(a) == len(b) and all(map(same, a, b))


def exported(running, program):
    module = running.module(program.to_python())
    return module["program"], module["gradients"]


@pytest.fixture(scope="module")
def rows(running):
    """Return all operations of the table as the player needs them, with their translated functions."""
    found, translation, refused = translated_rows(rows_of_numbers())
    assert refused == {}
    language = Python()
    text = language.text(translation.functions)
    program = trace(lambda x, k: ag.polygamma(k, x) + ag.sinc(x) + ag.prod([x, x]), 0.5, 1.0)  # for functions below
    module = running.module(f"{program.to_python()}\n{text}")
    return {row.row.name: row for row in found}, {f.name: module[language.function_name(f)] for f in translation.functions}


@pytest.mark.parametrize("name", [row.name for row in rows_of_numbers()])
def test_rows_to_the_bit(rows, points, name):
    row, functions = rows[0][name], rows[1]
    for xs in points.of_row(TABLE[name], 200):
        value, slopes = points.in_python(TABLE[name], xs)
        given = [list(xs)] if row.many else xs
        found = points.outcome(lambda given=given: functions[row.value.name](*given))
        assert (found is None) is (value is None) and (value is None or same(found, value)), (xs, value, found)
        if value is None:
            continue
        if row.many:
            due = points.outcome(lambda given=given, value=value: functions[row.slopes[0].name](*given, value))
            assert (due is None) is (slopes is None) and (due is None or all(map(same, map(float, due), slopes))), xs
            continue
        for slope, due in zip(row.slopes, slopes, strict=True):
            found = points.outcome(lambda slope=slope, xs=xs, value=value: functions[slope.name](*xs, value))
            assert (found is None) is (due is None) and (due is None or same(float(found), due)), (xs, due, found)


@given(programs(forms=FORMS), st.data())
def test_random_programs_on_every_branch(running, program, data):
    wide = len(program.inputs)
    made = outcome(trace, lambda *xs: program(*xs), *program.inputs)
    if isinstance(made, type):
        return
    points = [program.inputs, *data.draw(st.lists(st.tuples(*[numbers()] * wide), max_size=4))]
    known = [point for point in points if not isinstance(outcome(made, *point), type)]
    values, gradients = exported(running, made)
    for point in points:
        if point not in known and values is not None:
            assert outcome(values, point) in (outcome(made, *point), LookupError)
            continue
        due = made(*point)
        if isinstance(due, bool):
            continue
        found = outcome(values, point)
        assert alike(found, [float(due)]), (point, found, due)
        if wide and type(due) is float:
            assert alike(outcome(gradients, point)[:wide], made.grad(*point, argnums=tuple(range(wide))))


def test_take_guards_parameters_and_several_outputs(running):
    w = [parameter(0.1 * i - 0.7) for i in range(6)]

    def f(xs, i):
        y = ag.take([x * v for x, v in zip(xs, w, strict=True)], i)
        if round(y, 1) > 0.2:
            y = y * math.floor(xs[0])
        return ag.exp(y) if y < 1.0 else y / w[0], ag.prod([y, 0.0, xs[1]])

    points = [([float(i + k) for i in range(6)], k) for k in range(-6, 6)]
    program = trace(f, *points[0])
    due = [program(*point) for point in points]
    values, gradients = exported(running, program)
    order = program.parameters
    for (xs, i), expected in zip(points, due, strict=True):
        assert alike(values([*xs, i]), list(expected))
        first = trace(lambda xs, i: f(xs, i)[0], xs, i)
        for v in w:
            v.zero_grad()
        first.backward(xs, i)
        found = gradients([*xs, i])
        assert alike(found[:6], first.grad(xs, i)) and alike(found[7:], [v.grad for v in order])
    with pytest.raises(ValueError):  # noqa: PT011  # without the message
        values([1.0] * 6 + [7])


def test_parameters_are_those_of_now_or_the_callers(running):
    v, w = parameter(2.0), parameter(3.0)
    program = trace(lambda x: x * v - w if x > 0.0 else w * x, 1.0)
    program(-1.0)
    v.data = 5.0
    values, gradients = exported(running, program)
    assert (values([2.0]), gradients([2.0])) == ([7.0], [5.0, 2.0, -1.0])
    assert (values([2.0], [1.0, 10.0]), values([-2.0], [1.0, 10.0])) == ([-8.0], [-20.0])
    assert gradients([-2.0]) == [3.0, 0.0, -2.0]


@pytest.mark.parametrize("transform", [ag.grad, ag.hessian])
def test_programs_of_derivatives(running, transform):
    def f(x):
        return ag.relu(x[0]) * ag.exp(x[1]) + ag.maximum(x[0], x[1]) * x[0] ** 3

    program = trace(transform(f), [1.0, 2.0])
    for point in ([0.5, 0.25], [0.25, 0.5], [-0.5, 2.0], [1.0, 1.0]):
        due = [x for part in program(point) for x in (part if isinstance(part, list) else [part])]
        values, _ = exported(running, program)
        assert alike(values(point), due), point


def test_a_path_not_taken_makes_no_nan(running):
    zero = ag.Value(0.0)
    for f in (
        lambda x: ag.relu(ag.sqrt(x) - 1.0) + ag.sqrt(x) * 0.0 + x,
        lambda x: ag.sqrt(x) * zero,
        lambda x: ag.take([ag.sqrt(x), x], 1) + ag.sqrt(ag.take([x, 1.0], 0)),
        lambda x: ag.prod([ag.sqrt(x), 0.0, x]) + ag.dot([ag.sqrt(x), x], [0.0, 2.0]),
    ):
        program = trace(f, 1.0)
        program(0.0)
        values, gradients = exported(running, program)
        assert same(gradients([0.0])[0], program.grad(0.0)) and same(values([0.0])[0], program(0.0))


def test_it_stands_alone(tmp_path):
    program = trace(lambda x: ag.lgamma(x) * ag.polygamma(1, x) + ag.sinc(x), 2.5)
    script = tmp_path / "made.py"
    script.write_text(program.to_python() + "print(program([2.0])[0].hex(), gradients([2.0])[0].hex())\n")
    done = subprocess.run([sys.executable, "-I", "-S", str(script)], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.split() == [program(2.0).hex(), program.grad(2.0).hex()], done.stderr
    assert "import autograd_core" not in script.read_text()


def test_what_it_has_not_and_what_is_not_exported(running):
    values, gradients = exported(running, trace(lambda x: ag.log(x) if x < 5.0 else x, 1.0))
    for call in (values, gradients):
        with pytest.raises(LookupError, match="a branch that was not traced"):
            call([7.0])
        with pytest.raises(ValueError):  # noqa: PT011  # the message is Python's own
            call([-1.0])

    @primitive(derivatives=(2.0,))
    def twice(x):
        return 2 * x

    with pytest.raises(GraphError, match="twice is a function of your own"):
        trace(lambda x: twice(x), 1.0).to_python()
