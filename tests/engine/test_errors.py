"""Every error names the operation, its operands and labels, and says what to do; nothing is left half-done."""

import math
from fractions import Fraction

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import GraphError, Value
from autograd_core._operations.shape import ONE_NUMBER

DOMAINS = {
    "log": -1.0, "log2": 0.0, "log10": -3.0, "log1p": -1.0, "sqrt": -1e-300, "asin": 1.5, "acos": -2.0, "atanh": 1.0,
    "acosh": 0.5, "gamma": -1.0, "lgamma": 0.0, "sin": math.inf, "cos": -math.inf, "tan": math.inf,
}  # fmt: skip


def test_the_message_of_the_issue():
    with pytest.raises(ValueError, match=r"^log is defined for x > 0; got x = -1\.0 \(label 'p'\)$"):
        ag.log(Value(-1.0, label="p"))


@pytest.mark.parametrize(("name", "x"), DOMAINS.items())
def test_outside_the_domain(name, x):
    row, function = ag.TABLE[name], getattr(ag, name)
    for operand in (x, Value(x, label="the operand")):
        with pytest.raises(ValueError, match="is defined for") as caught:
            function(operand)
        text = str(caught.value)
        assert text.startswith(f"{name} is defined for {row.domain.text}; got x = {x!r}")
        assert ("(label 'the operand')" in text) == (type(operand) is Value)
        assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_operators_are_named_as_they_are_written():
    x, y = Value(3.0, "x"), Value(0.0, "y")
    for function, text in (
        (lambda: x / y, "x / y is defined for y != 0; got x = 3.0 (label 'x'), y = 0.0 (label 'y')"),
        (lambda: x // y, "x // y is defined for y != 0"),
        (lambda: x % 0, "x % y is defined for y != 0; got x = 3.0 (label 'x'), y = 0.0"),
        (lambda: 1 / y, "x / y is defined for y != 0; got x = 1.0, y = 0.0 (label 'y')"),
    ):
        with pytest.raises(ZeroDivisionError) as caught:
            function()
        assert str(caught.value).startswith(text)
    with pytest.raises(ZeroDivisionError, match=r"x \*\* y is defined for x > 0"):
        y ** -1.0
    with pytest.raises(ValueError, match=r"x \*\* y is defined for .*integer y; got x = -2\.0, y = 0\.5"):
        Value(-2.0) ** 0.5


def test_results_too_large():
    for function in (lambda: ag.exp(Value(1000.0, "big")), lambda: Value(1e300, "big") ** 2):
        with pytest.raises(OverflowError, match=r"too large for a float; got .*\(label 'big'\)"):
            function()
    with pytest.raises(OverflowError, match="gamma is too large"):
        ag.gamma(200.0)


def test_operands_too_large():
    x = Value(2.0, "x")
    for call in (lambda: x * 10**400, lambda: 10**400 - x, lambda: x ** 10**400, lambda: ag.tanh(10**400),
                 lambda: ag.hypot(10**400, x), lambda: ag.sum([x, 10**400]), lambda: ag.dot([10**400], [x]),
                 lambda: ag.where(True, x, 10**5000)):  # fmt: skip
        with pytest.raises(OverflowError, match=r"operand of .* is too large for a float; got .*an int of [45]00") as caught:
            call()
        assert caught.value.__suppress_context__


@pytest.mark.parametrize("kind", [numpy.float64, numpy.float32, numpy.int64, Fraction], ids=repr)
def test_other_kinds_of_numbers_are_shown_as_numbers(kind):
    for function in (ag.log, ag.sqrt, ag.gamma):
        with pytest.raises(ValueError, match=r"is defined for .*; got x = -1\.0$"):
            function(kind(-1))
    with pytest.raises(OverflowError, match=r"too large for a float; got x = 1000\.0$"):
        ag.exp(kind(1000))
    with pytest.raises(ValueError, match=r"got x = -8\.0, y = 0\.5"):
        ag.pow(kind(-8), Value(0.5))


def test_a_missing_operand_is_named():
    for function in (ag.maximum, ag.hypot, ag.pow):
        with pytest.raises(TypeError, match=rf"{function.__name__}\(\) missing 1 required positional argument: 'y'"):
            function(Value(1.0))
    assert ag.leaky_relu(-1.0) == -0.01


def test_lists_where_lists_belong():
    x = Value(2.0)
    for call, text in (
        (lambda: ag.sum(x), "sum takes a list of numbers; got Value"), (lambda: ag.norm(3.0), "norm takes a list of numbers; got 3.0"),
        (lambda: ag.dot([x], 2), "dot takes a list of numbers; got 2 of type int"), (lambda: ag.softmax(x), "softmax takes a list"),
        (lambda: ag.log_softmax(1.0), "log_softmax takes a list"), (lambda: ag.mean(None), "mean takes a list"),
        (lambda: ag.sum(1, 2, 3), r"sum\(xs, start=0\): too many"), (lambda: ag.where(True, x), r"where\(c, x, y\): missing.*'y'"),
        (lambda: ag.dot([x]), r"dot\(xs, ys\): missing.*'ys'"), (lambda: ag.prod(x, x), r"prod\(xs\): too many"),
        (lambda: ag.sum(len(3) for _ in range(2)), "has no len"),
    ):  # fmt: skip
        with pytest.raises(TypeError, match=text):
            call()


def test_a_sum_takes_what_the_builtin_takes():
    x, y = Value(2.0), Value(0.5)
    assert ag.sum((x * k for k in (1.0, 2.0)), y).data == 6.5 == sum((x * k for k in (1.0, 2.0)), y).data
    assert ag.sum([1.0, 2.0], 3) == 6.0 and ag.sum([x], 0).operands == (x,) and ag.sum([], y).operands == (y,)
    assert ag.gradients(ag.sum([x, x], y), [x, y]) == [2.0, 1.0]


def test_many_operands_are_shortened():
    xs = [Value(float(i), f"x{i}") for i in range(12)]
    xs[0] = Value(math.inf, "first")
    xs[1] = Value(-math.inf)
    with pytest.raises(ValueError, match="empty list"):
        ag.mean([])
    with pytest.raises(ValueError, match="2 and 1 numbers"):
        ag.dot([1.0, Value(2.0)], [1.0])
    with pytest.raises(TypeError, match=r"sum takes Values and real numbers; got 'a' of type str"):
        ag.sum([Value(1.0), "a"])
    failing = ag.primitive(derivatives=[0.0] * 10)(lambda a, b, c, d, e, f, g, h, i, j: math.log(a - 1e9))
    with pytest.raises(ValueError, match=r"<lambda> failed: .* got \[.*\(label 'p0'\).*, … 2 more\]"):
        failing(*(Value(float(i), f"p{i}") for i in range(10)))
    three = ag.primitive(derivatives=[0.0] * 3)(lambda a, b, c: math.log(a))
    with pytest.raises(ValueError, match=r"got \[-1\.0, 2\.0, 3\.0\]"):
        three(-1.0, 2.0, 3.0)


def test_no_value_inside_the_domain():
    polygamma = ag.TABLE["polygamma"].domain
    assert not polygamma.contains(0.5, 1.0)
    with pytest.raises(ValueError, match="integer order"):
        ag.polygamma(0.5, 1.0)
    odd = ag.Operation("odd", ONE_NUMBER, lambda x: math.sqrt(-1.0), (1.0,))
    from autograd_core._engine.recording import unary

    with pytest.raises(ValueError, match=r"odd has no value here \(math domain error\)|odd has no value here \("):
        unary(odd)(Value(1.0))


@pytest.mark.parametrize("thing", ["1", None, 1j, [1.0]], ids=repr)
def test_functions_refuse_what_is_no_number(thing):
    v = Value(1.0)
    calls = [
        lambda: ag.tanh(thing), lambda: ag.hypot(v, thing), lambda: ag.hypot(thing, v), lambda: ag.hypot(1.0, thing),
        lambda: ag.sum([v, thing]), lambda: v.hypot(thing), lambda: ag.where(True, v, thing), lambda: ag.pow(v, thing),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(TypeError, match=type(thing).__name__):
            call()


def test_an_arithmetic_error_of_a_primitive_keeps_its_type():
    def value(x):
        raise ArithmeticError("odd")

    with pytest.raises(ArithmeticError, match=r"failed: odd; got x = 1\.0") as caught:
        ag.primitive(derivatives=[1.0])(value)(Value(1.0))
    assert caught.type is ArithmeticError


def test_errors_of_the_sweeps_name_what_they_got():
    v = Value(1.0)
    for call, name in (
        (lambda: ag.backward(2.0), "2.0"), (lambda: ag.toposort(2.0), "2.0"), (lambda: ag.gradients(v, [2.0]), "2.0"),
        (lambda: ag.gradients("y", [v]), "'y'"), (lambda: v.backward("s"), "'s'"),
        (lambda: ag.grad(lambda x: [x, x])(1.0), "jacobian"), (lambda: ag.grad(lambda x: "text")(1.0), "'text'"),
        (lambda: ag.grad(lambda x: x, argnums=1)(1.0), "argument 1"), (lambda: ag.grad(lambda x: x)("text"), "'text'"),
        (lambda: ag.checkpoint(lambda: "text"), "one number"), (lambda: ag.scope(1), "1"),
    ):  # fmt: skip
        with pytest.raises(TypeError) as caught:
            call()
        assert name in str(caught.value)


def test_gradients_are_all_added_or_none():
    """A checkpoint whose second run fails in the middle of the sweep."""
    a, b = Value(2.0), Value(3.0)
    (a * b).backward()
    runs = []

    def moody(x):
        runs.append(x)
        if len(runs) > 1:
            raise RuntimeError("no second time")
        return ag.exp(x)

    inner = a * b
    y = ag.checkpoint(moody, inner) * a + b
    before = [(v.grad, v.has_grad) for v in (a, b, inner, y)]
    with pytest.raises(RuntimeError, match="no second time"):
        y.backward()
    assert [(v.grad, v.has_grad) for v in (a, b, inner, y)] == before


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_nothing_is_recorded_where_floats_raise(x, y):
    """Values raise what floats raise; when they do, their operands are as they were."""
    for function in (lambda a, b: a / b, lambda a, b: a**b, lambda a, b: a // b, lambda a, b: a % b):
        a, b = Value(x), Value(y)
        try:
            expected = function(x, y)
        except ArithmeticError as error:
            with pytest.raises(type(error)):
                function(a, b)
            assert (a.data, b.data, a.has_grad) == (x, y, False)
        else:
            if isinstance(expected, complex):
                with pytest.raises(ValueError, match="x > 0"):
                    function(a, b)
            else:
                assert function(a, b).data == expected or expected != expected


def test_two_rows_cannot_claim_one_name():
    from autograd_core._operations.functions import publish, unary_row

    before = ag.TABLE["tanh"], ag.Value.tanh
    with pytest.raises(TypeError, match="two operations in the table define it"):
        publish({"minus": unary_row(math.tanh, 1.0, doc="", operator="neg")})
    with pytest.raises(TypeError, match="already has a row 'tanh'"):
        publish({"tanh": unary_row(math.tanh, 1.0, doc="", public=False)})
    assert "minus" not in ag.TABLE
    assert (ag.TABLE["tanh"], ag.Value.tanh) == before


def test_an_operation_saved_by_another_version():
    from autograd_core._operations.operation import row_named

    with pytest.raises(LookupError, match=r"'no such'.*another version"):
        row_named("no such")
    assert issubclass(GraphError, RuntimeError)
