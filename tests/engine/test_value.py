"""The node: its data, labels, comparisons, conversions, and what NumPy does with it."""

import math
import operator
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import Value, parameter
from autograd_core._checking.ulps import same
from autograd_core.strategies import numbers

NUMBERS = [3, 3.0, True, np.float64(3), np.float32(3), np.int64(3), np.bool_(True), Fraction(3, 2)]


@pytest.mark.parametrize("x", NUMBERS, ids=lambda x: type(x).__name__)
def test_real_numbers_become_float_leaves(x):
    for make in (Value, parameter):
        leaf = make(x)
        assert type(leaf.data) is float and leaf.data == float(x)
        assert leaf.is_leaf and leaf.operands == () and leaf.local_derivatives == ()
        assert leaf.grad == 0.0 and not leaf.has_grad and leaf.label is None and leaf.scope == ()


@pytest.mark.parametrize("thing", ["1", None, 1j, [1.0], np.ones(2), Decimal(1), Value(1.0)], ids=repr)
def test_anything_else_is_refused_by_name(thing):
    for make in (Value, parameter):
        with pytest.raises(TypeError, match=type(thing).__name__):
            make(thing)
    leaf = Value(1.0)
    if type(thing) is not Value:
        for attribute in ("data", "grad") if thing is not None else ("data",):  # None clears a gradient
            with pytest.raises(TypeError, match=type(thing).__name__):
                setattr(leaf, attribute, thing)
        assert leaf.data == 1.0 and not leaf.has_grad


def test_parameter_and_input_are_told_apart():
    assert Value(1.0).op.name == "input" and parameter(1.0).op.name == "parameter"
    assert repr(Value(1.5)) == "Value(1.5)" and repr(parameter(2)) == "parameter(2.0)"
    leaf = Value(1.0, label="a")
    leaf.grad = 2
    assert repr(leaf) == "Value(1.0, label='a', grad=2.0)"


def test_value_is_final():
    with pytest.raises(TypeError, match="cannot be subclassed"):
        type("Sub", (Value,), {})
    with pytest.raises(AttributeError):
        Value(1.0).colour = "red"


def test_labels_are_plain_strings():
    class Text(str):
        __slots__ = ()

    leaf = Value(1.0, label="a")
    leaf.label = "b"
    for bad in (1, Text("c"), ["d"]):
        with pytest.raises(TypeError, match="label"):
            leaf.label = bad
        with pytest.raises(TypeError, match="label"):
            Value(1.0, label=bad)
    assert leaf.label == "b"
    leaf.label = None
    assert leaf.label is None
    node = leaf * 2
    node.label = "twice"
    assert repr(node) == "Value(2.0, label='twice')"


def test_data_of_a_leaf_may_be_assigned_and_of_a_node_not():
    w = Value(1.0)
    y = w * 3
    w.data = 5
    assert w.data == 5.0 and type(w.data) is float and y.data == 3.0
    with pytest.raises(AttributeError, match=r"result of mul.*assign the data of its leaves"):
        y.data = 1.0
    assert y.data == 3.0


def test_what_a_node_records():
    a, b = Value(2.0), Value(3.0)
    y = a * b
    assert y.op.name == "mul" and y.operands[0] is a and y.operands[1] is b
    assert y.local_derivatives == (3.0, 2.0) and not y.is_leaf
    z = 4 * a
    assert z.operands == (4.0, a) and z.local_derivatives == (None, 4.0)
    assert type(z.operands[0]) is float
    assert (+a).operands == (a,)
    s = ag.sum([a, 1, b])
    assert s.operands == (a, 1.0, b) and s.local_derivatives == (1.0, None, 1.0)
    assert ag.tanh(a).operands == (a,) and len(ag.tanh(a).local_derivatives) == 1


@pytest.mark.parametrize("name", ["iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow"])
def test_in_place_operators_rebind_the_name(name):
    a = b = Value(7.0)
    a = getattr(operator, name)(a, 2)
    assert b.data == 7.0 and b.is_leaf and a is not b
    assert a.data == getattr(operator, name)(7.0, 2) and a.operands[0] is b


@given(numbers(), numbers())
def test_comparisons_are_those_of_the_numbers(x, y):
    for compare in (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge):
        expected = compare(x, y)
        for left, right in ((Value(x), Value(y)), (Value(x), y), (x, Value(y))):
            assert compare(left, right) is expected


@given(numbers())
def test_conversions_to_plain_numbers_are_those_of_the_number(x):
    v = Value(x)
    assert bool(v) is bool(x)
    assert f"{v:.3f}" == f"{x:.3f}" and f"{v:+.5e}" == f"{x:+.5e}" and f"{v}" == str(v) == repr(v)
    if math.isfinite(x):
        for convert in (int, round, math.floor, math.ceil, math.trunc):
            assert convert(v) == convert(x) and type(convert(v)) is int
        assert same(round(v, 2), round(x, 2)) and type(round(v, 2)) is float


@pytest.mark.parametrize("convert", [int, round, math.floor, math.ceil, math.trunc])
def test_conversions_raise_where_floats_do(convert):
    for x in (math.inf, math.nan):
        with pytest.raises((OverflowError, ValueError)) as by_float:
            convert(x)
        with pytest.raises(by_float.type):
            convert(Value(x))


def test_a_value_does_not_turn_into_a_float():
    for convert in (float, complex, math.sin, math.sqrt):
        with pytest.raises(TypeError, match=r"autograd_core\.sin.*\.data"):
            convert(Value(1.0))


def test_hash_is_identity_and_containment_goes_by_value():
    a, b = Value(1.0), Value(1.0)
    assert a == b and hash(a) != hash(b)
    assert b in [a] and 1.0 in [a] and a in [1.0] and Value(2.0) not in [a]
    assert len({a: 1, b: 2}) == 2
    other = Value(1.0)
    assert other not in dict.fromkeys([Value(2.0)])
    assert a.__eq__("text") is NotImplemented or (a == "text") is False
    assert a != "text" and a != None  # noqa: E711  # the comparison itself is under test


@given(numbers(), numbers())
def test_divmod_is_that_of_floats(x, y):
    try:
        expected = divmod(x, y)
    except ZeroDivisionError:
        for left, right in ((Value(x), Value(y)), (Value(x), y), (x, Value(y))):
            with pytest.raises(ZeroDivisionError):
                divmod(left, right)
        return
    for left, right in ((Value(x), Value(y)), (Value(x), y), (x, Value(y))):
        quotient, rest = divmod(left, right)
        assert same(quotient.data, expected[0]) and same(rest.data, expected[1])


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow"])
@pytest.mark.parametrize("other", ["text", None, 1j, [1.0]], ids=repr)
def test_operators_answer_not_implemented(name, other):
    v = Value(2.0)
    assert getattr(v, f"__{name}__")(other) is NotImplemented
    assert getattr(v, f"__r{name}__")(other) is NotImplemented
    for left, right in ((v, other), (other, v)):
        with pytest.raises(TypeError):
            getattr(operator, name)(left, right)


def test_another_type_gets_its_turn():
    class Unit:
        def __radd__(self, other):
            return ("added to", other)

        def __add__(self, other):
            return ("added", other)

        __rmul__ = __rpow__ = __radd__

    v = Value(1.0)
    assert v + Unit() == ("added to", v) and Unit() + v == ("added", v)
    assert v * Unit() == ("added to", v) and v**Unit() == ("added to", v)


def test_pow_with_a_modulus_is_refused():
    with pytest.raises(TypeError):
        pow(Value(2.0), 3, 5)


@pytest.mark.parametrize("name", sorted(n for n, r in ag.TABLE.items() if r.public and r.arity == 1 and not r.operator))
def test_a_method_is_its_function(name):
    x = 1.0 if name == "acosh" else 0.5
    row = ag.TABLE[name]
    expected = getattr(ag, name)(x)
    for method in filter(None, (name, row.numpy_name)):
        v = Value(x)
        y = getattr(v, method)()
        assert same(y.data, expected) and y.op is row and y.operands == (v,)


def test_help_says_what_an_operation_is():
    assert "∂/∂x" in ag.tanh.__doc__ and ag.tanh.__name__ == "tanh" and ag.tanh.__module__ == "autograd_core"
    assert "Defined for x > 0" in ag.log.__doc__
    assert repr(ag.operation_of(ag.tanh)) == "<operation tanh>"
    with pytest.raises(TypeError, match="neither an operation"):
        ag.operation_of(math.tanh)


# --- NumPy -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scalar", [np.float64(2), np.float32(2), np.int64(2), np.uint8(2), np.bool_(True)], ids=repr)
@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow"])
def test_numpy_scalars_on_either_side(scalar, name):
    function = getattr(operator, name)
    v, x = Value(3.0), float(scalar)
    left, right = function(scalar, v), function(v, scalar)
    assert type(left) is Value and type(right) is Value
    assert left.data == function(x, 3.0) and right.data == function(3.0, x)
    assert ag.gradients(left, [v]) == [ag.grad(lambda t: function(x, t))(3.0)]


@pytest.mark.parametrize("scalar", [np.float64(2), np.float32(2), np.int64(2)], ids=repr)
def test_numpy_scalars_compare(scalar):
    v = Value(3.0)
    assert v > scalar and v != scalar and bool(v == scalar) is False
    assert scalar < v and bool(scalar == v) is False


def test_arrays_of_numbers_give_arrays_of_values():
    v = Value(3.0)
    array = np.array([1.0, 2.0])
    for result in (v * array, array * v):
        assert result.dtype == object and [type(x) for x in result] == [Value, Value]
        assert [x.data for x in result] == [3.0, 6.0]
    assert [x.data for x in array / v] == [1 / 3, 2 / 3] and [x.data for x in v - array] == [2.0, 1.0]


def test_object_arrays():
    values = [Value(0.5), Value(-1.5)]
    array = np.array(values)
    assert array.dtype == object and array[0] is values[0]
    total = (array * array).sum()
    assert total.data == 2.5
    assert ag.gradients(total, values) == [1.0, -3.0]
    assert [x.data for x in -array] == [-0.5, 1.5] and [x.data for x in abs(array)] == [0.5, 1.5]
    assert [x.data for x in array**2] == [0.25, 2.25]


def test_matrix_products():
    w = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
    x = np.array([Value(5.0), Value(6.0)])
    for product in (w @ x, w.dot(x), w @ np.array([5.0, 6.0])):
        assert [y.data for y in product] == [17.0, 39.0]
    assert ag.gradients((w @ x)[1], [*w[1], *x]) == [5.0, 6.0, 3.0, 4.0]
    assert (w @ w)[0, 1].data == 10.0


@pytest.mark.parametrize(
    "ufunc",
    [np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p, np.sqrt, np.cbrt, np.sin, np.cos,
     np.tan, np.arcsin, np.arccos, np.arctan, np.sinh, np.cosh, np.tanh, np.arcsinh, np.arctanh, np.absolute,
     np.negative, np.positive],
    ids=lambda ufunc: ufunc.__name__,
)  # fmt: skip
def test_numpy_functions_of_a_value_and_of_an_array(ufunc):
    v = Value(0.5)
    alone = ufunc(v)
    assert type(alone) is Value and alone.operands == (v,)
    assert math.isclose(alone.data, ufunc(0.5), rel_tol=1e-15)
    array = ufunc(np.array([v, Value(0.25)]))
    assert array.dtype == object and same(array[0].data, alone.data)
    assert math.isclose(array[1].data, ufunc(0.25), rel_tol=1e-15)


@pytest.mark.parametrize("ufunc", [np.arctan2, np.hypot], ids=lambda ufunc: ufunc.__name__)
def test_numpy_functions_of_two(ufunc):
    a, b = Value(0.5), Value(2.0)
    result = ufunc(np.array([a]), np.array([b]))[0]
    assert result.operands == (a, b) and math.isclose(result.data, ufunc(0.5, 2.0), rel_tol=1e-15)


def test_where_numpy_goes_its_own_way():
    """NumPy never calls the objects' methods for these: it compares or multiplies them itself, or rejects them."""
    a, b = Value(1.5), Value(2.0)
    assert np.maximum(np.array([a]), np.array([b]))[0] is b and np.minimum(np.array([a]), np.array([b]))[0] is a
    assert np.square(a).op.name == "mul" and np.sign(a) == 1
    with pytest.raises(TypeError):
        np.logaddexp(np.array([a]), np.array([b]))
    assert np.arccosh(a).data == math.acosh(1.5)


def test_sorting_and_the_builtins():
    values = [Value(x) for x in (3.0, 1.0, 2.0)]
    assert [v.data for v in sorted(values)] == [1.0, 2.0, 3.0]
    assert max(values) is values[0] and min(values) is values[1]
    total = sum(values)
    assert total.data == 6.0 and ag.gradients(total, values) == [1.0, 1.0, 1.0]
    assert abs(Value(-2.0)).data == 2.0 and (-Value(2.0)).data == -2.0 and (+Value(2.0)).data == 2.0


@given(st.lists(numbers(), min_size=1, max_size=5))
def test_plain_numbers_stay_plain(xs):
    assert type(ag.sum(xs)) is float
    assert type(ag.tanh(xs[0])) is float
    assert type(ag.hypot(xs[0], 1)) is float
