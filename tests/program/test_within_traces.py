"""Programs, and primitives of every kind, inside a function that is being traced."""

import math
from functools import partial

import pytest

import autograd_core as ag
from autograd_core import GraphError, Program, Value, primitive, trace, traced


def branching():
    """Return a program whose branches read different parameters, the parameters, and the program's function."""
    w, v = Value(3.0), Value(5.0)

    def f(x):
        return w * x if x > 0 else v * x * 2

    return trace(f, 1.0), [w, v], f


def test_a_program_within_a_trace_takes_the_branch_of_each_point():
    program, parameters, f = branching()

    def outer(inner, x):
        return inner(x) * 2 + 1

    held = traced(partial(outer, program))
    for number in (1.0, -1.0, 2.0, -3.0):
        found = []
        for function in (held, partial(outer, f)):
            for p in parameters:
                p.grad = None
            x = Value(number)
            y = function(x)
            y.backward()
            found.append((y.data, x.grad, [p.grad or 0.0 for p in parameters]))
        assert found[0] == found[1]


def test_a_program_on_numbers_within_a_trace_reads_its_parameters_anew():
    program, (w, _), _ = branching()
    outer = traced(lambda x: x * program(2.0))
    assert outer(1.0) == 6.0
    w.data = 4.0
    x = Value(1.0)
    y = outer(x)
    y.backward()
    assert (y.data, x.grad, w.grad) == (8.0, 8.0, 0.0)  # called with numbers, a program returns a number


def test_a_loaded_program_within_a_trace(tmp_path):
    plain = trace(lambda x: ag.sin(x) * 3.0, 1.0)
    plain.save(tmp_path / "plain")
    loaded = Program.load(tmp_path / "plain")
    outer = traced(lambda x: loaded(x) * x)
    for number in (0.5, 2.0):
        x = Value(number)
        y = outer(x)
        y.backward()
        expected = Value(number)
        (ag.sin(expected) * 3.0 * expected).backward()
        assert y.data == math.sin(number) * 3.0 * number and x.grad == expected.grad

    branching()[0].save(tmp_path / "branching")
    held = Program.load(tmp_path / "branching")
    with pytest.raises(GraphError, match=r"branches.*trace the original function"):
        traced(lambda x: held(x) * x)(1.0)


@pytest.mark.parametrize(
    "use",
    [
        lambda program, x: program.value_and_grad(x)[1],
        lambda program, x: program.grad(x),
        lambda program, x: program.over_rows()([2.0, 3.0])[0] * x,
        lambda program, x: program.grad(2.0) * x,
    ],
    ids=["value_and_grad", "grad", "over_rows", "on a number"],
)
def test_what_would_be_recorded_once_and_for_all_is_refused(use):
    program = trace(lambda x: x * x, 1.0)
    with pytest.raises(GraphError, match="a traced function"):
        traced(lambda x: use(program, x))(1.0)


class Tripling:
    def __call__(self, x):
        return 3.0 * x


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (lambda: trace(ag.exp, 1.0).over_rows(), "exp"),
        (lambda: traced(ag.exp, in_axes=0), "exp"),
        (lambda: traced(Tripling(), in_axes=0), "Tripling"),
        (lambda: traced(partial(Tripling()), in_axes=0), "Tripling"),
    ],
    ids=["over_rows", "traced", "object", "partial"],
)
def test_the_message_names_the_program(made, name):
    rows = made()
    with pytest.raises(GraphError, match=f"asks the program {name} for gradients .* call {name} on one point"):
        traced(lambda x: rows([2.0, 3.0])[0] * x)(1.0)


class Doubling:
    def __call__(self, x):
        return 2.0 * x


@pytest.mark.parametrize("function", [math.tan, Doubling(), partial(math.pow, 2.0)], ids=["builtin", "object", "partial"])
def test_primitives_of_any_callable_can_be_traced(function):
    double = primitive(function, derivatives=(lambda x, y: 2.0,))
    held = traced(lambda x: double(x) + x)
    assert held(0.5) == function(0.5) + 0.5
    assert held(0.25) == function(0.25) + 0.25


def test_a_node_of_a_program_with_other_parameters_elsewhere_is_not_evaluated_with_the_wrong_ones():
    program, (w, _), _ = branching()
    assert program(-1.0) == -10.0
    y = program(Value(1.0))
    with pytest.raises(GraphError, match="read different parameters"):
        y.op.evaluate([-1.0, w.data])
    same = trace(lambda x: w * x if x > 0 else w * x * 2, 1.0)
    assert same(-1.0) == -6.0 and same(Value(1.0)).op.evaluate([-2.0, w.data]) == -12.0


@pytest.mark.parametrize("function", [partial(lambda n, x: n * x, 2.0), Doubling()], ids=["partial", "object"])
def test_many_programs_of_a_callable_without_a_name_warn_of_it_by_a_name(function):
    held = traced(function)
    for n in range(15):
        held(n)
    with pytest.warns(ag.GraphWarning, match="(lambda>|Doubling) now has 16 programs"):
        held(15)
