"""A program on Values returns the same bits as on floats, and raises where floats raise."""

import math
import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core
from autograd_core import TABLE, Value, operation_of
from autograd_core._checking.ulps import same
from autograd_core._operations.functions import FUNCTIONS
from autograd_core._strategies.programs import Line, form_of, function_of, in_math
from autograd_core.strategies import numbers, operands, programs

IN_MATH = [row for row in map(operation_of, FUNCTIONS.values()) if in_math(row)]
NOT_IN_MATH = [row for row in map(operation_of, FUNCTIONS.values()) if not in_math(row)]
OPERATORS = [row for row in IN_MATH if row.operator and row.arity == 2]
PLAIN = (ArithmeticError, ValueError)


def outcome(compute):
    """The number that is computed, or the type of the error raised; a complex number counts as ValueError."""
    try:
        result = compute()
    except PLAIN as error:
        return type(error)
    if type(result) is complex:
        return ValueError
    return result.data if type(result) is Value else result


def alike(x, y):
    return x is y if isinstance(x, type) or isinstance(y, type) else same(x, y)


def traced(program, inputs):
    """The outcome of every line, up to the first that raises."""
    outcomes = []
    lines = program.trace(*inputs)
    for _ in program.lines:
        outcomes.append(outcome(lambda: next(lines)[1]))
        if isinstance(outcomes[-1], type):
            break
    return outcomes


def check(program):
    plain = traced(program, program.inputs)
    recorded = traced(program, [Value(x) for x in program.inputs])
    assert len(plain) == len(recorded)
    for line, x, y in zip(program.lines, plain, recorded, strict=False):
        assert alike(x, y), f"{line.expression}: {x!r} on floats, {y!r} on Values"


@given(programs(IN_MATH))
def test_random_programs(program):
    assert program.in_math
    check(program)


@given(programs(OPERATORS))
def test_operators_and_what_python_answers_itself(program):
    check(program)


@given(programs([TABLE["mul"]]))
def test_every_form_of_python(program):
    check(program)


def drawn_with(rows, *, anywhere):
    """A row and operands for it, inside its domain or anywhere at all."""

    def of(row):
        inside = operands(row)
        if not anywhere or row.arity is None:
            return st.tuples(st.just(row), inside)
        return st.tuples(st.just(row), st.one_of(inside, st.tuples(*[numbers()] * row.arity)))

    return st.one_of(*map(of, rows))


@settings(max_examples=8 * settings().max_examples)
@given(drawn_with(IN_MATH, anywhere=True))
def test_single_operations_of_math_and_of_python(drawn):
    row, xs = drawn
    names = tuple(f"x{i}" for i in range(len(xs)))
    line = Line("y", form_of(row, len(xs)), names)
    functions = {} if row.operator else {row.name: getattr(math, row.name)}
    plain = outcome(lambda: eval(line.expression, functions | dict(zip(names, xs, strict=True))))
    recorded = outcome(lambda: function_of(row)(*row.shape.arguments([Value(x) for x in xs])))
    assert alike(plain, recorded)


@settings(max_examples=5 * settings().max_examples)
@given(drawn_with(NOT_IN_MATH, anywhere=False))
def test_every_other_operation_gives_values_the_numbers_it_gives_floats(drawn):
    row, xs = drawn
    plain = outcome(lambda: function_of(row)(*row.shape.arguments(xs)))
    assert isinstance(plain, (float, type))
    assert alike(plain, outcome(lambda: function_of(row)(*row.shape.arguments([Value(x) for x in xs]))))


@pytest.mark.parametrize("row", OPERATORS, ids=repr)
def test_operators_reflected_in_place_and_with_other_kinds_of_numbers(row):
    apply = getattr(operator, row.operator)
    in_place = getattr(operator, f"i{row.operator}")
    whole = st.one_of(st.integers(-3, 3), st.booleans(), st.integers(-(10**30), 10**30))

    @given(numbers(row.domain.special), st.one_of(numbers(row.domain.special), whole))
    def holds(x, y):
        for a, b in ((x, y), (y, x)):
            plain = outcome(lambda a=a, b=b: apply(float(a), b) if a is x else apply(a, float(b)))
            for left, right in ((Value(a), b), (a, Value(b)), (Value(a), Value(b))):
                assert alike(plain, outcome(lambda left=left, right=right: apply(left, right)))
            assert alike(plain, outcome(lambda a=a, b=b: in_place(Value(a), b)))
        rebound = original = Value(x)
        if not isinstance(outcome(lambda: apply(x, y)), type):
            rebound = in_place(rebound, y)
            assert rebound is not original
        assert same(original.data, x)

    holds()


@pytest.mark.parametrize("row", OPERATORS, ids=repr)
def test_numpy_scalars_on_either_side(row):
    apply = getattr(operator, row.operator)

    @given(numbers(row.domain.special), numbers(), st.sampled_from((np.float64, np.float32, np.int64)))
    def holds(x, y, kind):
        if kind is np.float32:
            y = float(np.float32(0.0 if abs(y) > 3e38 and math.isfinite(y) else y))
        if kind is np.int64:
            y = float(int(y)) if abs(y) < 2**60 else 3.0
        for compute, plain in (
            (lambda: apply(kind(y), Value(x)), outcome(lambda: apply(y, x))),
            (lambda: apply(Value(x), kind(y)), outcome(lambda: apply(x, y))),
        ):
            found = outcome(compute)
            assert alike(plain, found)

    holds()


@given(numbers(), st.sampled_from(["", ".3f", "+.2e", "10.4g", "<12", "08.2f", "%", ",.1f", "n"]))
def test_formatting(x, spec):
    assert format(Value(x), spec) == (format(x, spec) if spec else str(Value(x)))


@given(numbers(), numbers())
def test_comparisons_and_truth_are_plain_bools(x, y):
    for compare in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
        for left, right in ((Value(x), y), (x, Value(y)), (Value(x), Value(y))):
            assert compare(left, right) is compare(x, y)
    assert bool(Value(x)) is bool(x)


@given(programs(IN_MATH))
def test_printed_programs_run_as_they_are(program):
    expected = traced(program, program.inputs)[-1]
    namespace = {}

    def printed():
        exec(repr(program), namespace)
        return namespace["y"]

    assert alike(expected, outcome(printed))

    def in_plain_python():
        exec(f"{program.imports('math')}\n{program.source}", plain := {})
        return plain["program"](*program.inputs)

    # in plain Python a complex number may be passed on, and fail elsewhere than where it arose
    if not any(row.name == "pow" for row in program.operations):
        assert alike(expected, outcome(in_plain_python))
        assert alike(expected, outcome(lambda: program(*program.inputs)))


def test_the_names_in_math_mean_the_same_there():
    """A function that is not recognised as math's own has a different name or meaning there (sum, prod of ints, …)."""
    shared = {row.name for row in IN_MATH if not row.operator}
    assert shared == {name for name in FUNCTIONS if hasattr(math, name) and not TABLE[name].operator}
    assert all(getattr(autograd_core, name) is FUNCTIONS[name] for name in shared)
