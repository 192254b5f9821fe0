"""The attributes and methods of floats, and zero-dimensional arrays, which count as numbers, as input and output."""

import math
import statistics
from fractions import Fraction

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import (
    Value,
    backward,
    checkpoint,
    first_nonfinite,
    grad,
    gradients,
    hessian,
    jacobian,
    jvp,
    leaves,
    parameter,
    primitive,
    toposort,
    value_and_grad,
    vjp,
)
from autograd_core._checking.ulps import same
from autograd_core.check import check_gradient

CONSTRUCTORS = {"fromhex", "from_number"}  # a Value is made by Value(…)


@pytest.mark.parametrize("name", [name for name in dir(float) if name[0] != "_" and name not in CONSTRUCTORS])
def test_a_value_has_what_a_float_has(name):
    for x in (2.5, -3.0, -0.0, 1e300):
        v = Value(x)
        if name == "as_integer_ratio":
            with pytest.raises(TypeError, match=r"lose its gradient; use \.data\.as_integer_ratio\(\)"):
                v.as_integer_ratio()
            continue
        expected, found = getattr(x, name), getattr(v, name)
        if callable(expected):
            expected, found = expected(), found()
        if name in ("real", "conjugate"):
            assert found is v
        else:
            assert type(found) is type(expected) and found == expected


@pytest.mark.parametrize("take", [Value.rint, Value.hex, np.round, np.rint], ids=["Value.rint", "Value.hex", "np.round", "np.rint"])
def test_a_transform_says_that_the_number_was_taken_out(take):
    def f(x):
        taken = take(np.array([x]))[0] if isinstance(take, np.ufunc) or take is np.round else take(x)
        return float.fromhex(taken) if isinstance(taken, str) else taken

    with pytest.warns(ag.GraphWarning):
        assert grad(f)(2.25) == 0.0


def test_what_makes_a_fraction_of_a_number_does_not_lose_its_gradient_in_silence():
    with pytest.raises(TypeError, match="would lose its gradient"):
        statistics.mean([Value(1.0), Value(2.0)])
    with pytest.raises(TypeError):
        Fraction(Value(0.5))


@pytest.mark.parametrize("x", [0.5, 1.5, -0.3, 2.5, -1e-320, math.inf, -math.inf, math.nan, 4503599627370497.5])
def test_rint_rounds_as_numpy_does(x):
    found = Value(x).rint()
    assert type(found) is float and same(found, float(np.rint(x)))


# --- A zero-dimensional array is a number --------------------------------------------------------------------------

ALONE = [np.array(2.0), np.array(2), np.array(2, dtype=np.float32), np.array(True), np.array(2.0, dtype=object)]


@pytest.mark.parametrize("array", ALONE, ids=repr)
def test_an_array_of_no_dimensions_becomes_a_leaf(array):
    x = float(array.item())
    for leaf in (Value(array), parameter(array), Value(0.0)):
        if not leaf.data:
            leaf.data = array
        leaf.grad = array
        assert leaf.data == leaf.grad == x and type(leaf.data) is float
    v = Value(3.0)
    for y in (v * array, array * v):
        assert type(y) is Value and y.data == 3.0 * x and gradients(y, [v]) == [x]
    assert ag.hypot(v, array).data == math.hypot(3.0, x) and ag.sum([v, array]).data == 3.0 + x
    assert type(ag.exp(array)) is float and ag.exp(array) == math.exp(x)
    y = v * v
    y.backward(array)
    assert v.grad == 6.0 * x


@pytest.mark.parametrize("array", [
    np.array("2"), np.array(2j), np.array(None), np.array([2.0]), np.array(np.datetime64(5, "ns")),
    np.array(np.timedelta64(5, "ns")), np.ma.masked, np.zeros((), dtype=[("x", float)]),
], ids=repr)  # fmt: skip  # a list of odd things
def test_other_arrays_are_no_numbers(array):
    for make in (Value, parameter, ag.exp, lambda x: ag.hypot(x, 1.0), lambda x: ag.sum([x])):
        with pytest.raises(TypeError):
            make(array)


def test_an_array_that_holds_one_value_is_that_value():
    v = np.array([Value(1.5), Value(-2.0)])
    alone = np.tensordot(v, v, 1)
    assert type(alone) is np.ndarray and alone.shape == ()
    inner = alone.item()
    for y in (ag.tanh(alone), ag.hypot(alone, 1.0), ag.hypot(1.0, alone), ag.leaky_relu(alone), ag.logsumexp([alone, 2.0]),
              ag.where(alone > 0, alone, 0.0), checkpoint(ag.tanh, alone), own(alone), own_pair(2.0, alone),
              own_three(1.0, alone, 2.0)):  # fmt: skip  # as it reads
        assert type(y) is Value and gradients(y, [inner])[0] != 0.0
    assert ag.stop_gradient(alone).data == 6.25
    with pytest.raises(TypeError, match="it is already a Value"):
        Value(alone)
    assert gradients(alone, list(v)) == [3.0, -4.0] and toposort(alone)[-1] is inner and leaves(alone) == list(v)
    assert first_nonfinite(alone) is None
    backward(alone)
    assert [x.grad for x in v] == [3.0, -4.0]
    inside = checkpoint(lambda: np.tensordot(v, v, 1))
    assert inside.data == 6.25 and gradients(inside, list(v)) == [3.0, -4.0]


@primitive(derivatives=(lambda x, z: 2.0 * x,))
def own(x):
    return x * x


@primitive(derivatives=(lambda x, y, z: y, lambda x, y, z: x))
def own_pair(x, y):
    return x * y


@primitive(derivatives=(lambda x, y, k, z: y, lambda x, y, k, z: x, 1.0))
def own_three(x, y, k):
    return x * y + k


def test_functions_that_give_an_array_of_no_dimensions():
    point = np.array([1.5, -2.0])

    def square(v):
        return np.tensordot(v, v, 1)

    value, slope = value_and_grad(square)(point)
    assert value == 6.25 and type(value) is float and slope.tolist() == [3.0, -4.0]
    assert jacobian(square)(point).tolist() == [3.0, -4.0]
    assert jacobian(lambda v: [square(v), v[0]])(point)[0].tolist() == [3.0, -4.0]
    assert hessian(square)(point).tolist() == [[2.0, 0.0], [0.0, 2.0]]
    assert jvp(square)((point,), (np.array([1.0, 0.0]),)) == (6.25, 3.0)
    value, pull = vjp(square)(point)
    assert value == 6.25 and pull(np.array(2.0)).tolist() == pull(2.0).tolist() == [6.0, -8.0]
    assert check_gradient(square, point).ok
    assert grad(lambda v: (square(v), square(v)), has_aux=True)(point)[1] == 6.25
    with pytest.raises(TypeError, match="bool"):
        grad(lambda v: np.array(v[0] > 0))(point)


@pytest.mark.parametrize("point", [np.array(3.0), np.array(3), np.array(3.0, dtype=object)], ids=repr)
def test_functions_by_an_array_of_no_dimensions(point):
    def f(x):
        assert type(x) is Value
        return ag.sin(x) * x

    slope = grad(f)(3.0)
    assert grad(f)(point) == slope and type(grad(f)(point)) is float
    assert grad(lambda p: f(p["x"]))({"x": point}) == {"x": slope}
    assert jvp(f)((point,), (np.array(1.0),)) == jvp(f)((3.0,), (1.0,))
    assert hessian(f)(point) == hessian(f)(3.0)
    outer = grad(lambda v: grad(f)(np.array(v)))(3.0)
    assert outer == hessian(f)(3.0)
