"""A function whose result has lost its input has gradient 0.0 and warns; constants do not warn."""

import math
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import (
    GraphWarning,
    Value,
    checkpoint,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    parameter,
    stop_gradient,
    value_and_grad,
    vjp,
)
from autograd_core.strategies import defined_programs

SCALE, EPS = 3.0, 1e-3


def backwards(x):
    """The slope as micrograd's users compute it."""
    y = x * x * x
    y.backward()
    return x.grad


LOST = {
    "data": lambda x: x.data**2,
    "data of a result": lambda x: (x * x).data,
    "data, as it is": lambda x: x.data,
    "round": lambda x: round(x, 6),
    "round to a whole number": lambda x: round(x * x),
    "int": lambda x: int(x * 3),
    "floor": lambda x: math.floor(x),
    "ceil": lambda x: math.ceil(x) * 1.5,
    "trunc": lambda x: math.trunc(x),
    "rint": lambda x: np.rint(x),
    "round of an array": lambda x: np.round(np.array([x, x * x]), 2).sum(),
    "hex": lambda x: float.fromhex(x.hex()),
    "backward": backwards,
    "gradients": lambda x: gradients(x * x * x, [x])[0],
    "through a checkpoint": lambda x: checkpoint(lambda x: x * x, x).data,
    "in a branch": lambda x: x.data * 2 if x > 0 else x,
    "math": lambda x: math.sin(x.data),
    "numpy": lambda x: np.sin(x.data),
    "with a constant": lambda x: SCALE * x.data,
}
TRANSFORMS = {
    "grad": lambda f: grad(f)(1.75),
    "value_and_grad": lambda f: value_and_grad(f)(1.75),
    "jacobian": lambda f: jacobian(lambda x: [x, f(x)])(1.75),
    "hessian": lambda f: hessian(f)(1.75),
    "hvp": lambda f: hvp(f)(1.75, 1.0),
    "jvp": lambda f: jvp(f)((1.75,), (1.0,)),
    "vjp": lambda f: vjp(lambda x: {"y": f(x)})(1.75),
    "of a Value": lambda f: grad(f)(Value(1.75)),
    "in a structure": lambda f: grad(lambda p: f(p["x"][0]))({"x": [1.75, 2.0]}),
    "has_aux": lambda f: grad(lambda x: (f(x), x), has_aux=True)(1.75),
    "inside another": lambda f: grad(lambda y: y * grad(f)(1.75))(2.0),
    "in a thread": lambda f: _in_a_thread(f),
}


def _in_a_thread(f):
    with ThreadPoolExecutor(1) as pool:
        return grad(lambda x: pool.submit(f, x).result())(1.75)


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("name", LOST)
def test_what_is_lost_is_said(name, transform):
    with pytest.warns(GraphWarning, match=r"lost.*x, not x\.data.*stop_gradient"):
        TRANSFORMS[transform](LOST[name])


def test_the_warning_names_the_number_and_points_at_the_call():
    with pytest.warns(GraphWarning, match=r"returned 9\.0, a plain number") as found:
        grad(lambda x: x.data**2)(3.0)
    assert [w.filename for w in found] == [__file__]
    with pytest.warns(GraphWarning) as found:
        hessian(lambda x: x.data**2)(3.0)
    assert {w.filename for w in found} == {__file__}


w = parameter(2.0)

# None of these lose their input, whatever the function reads.
KEPT = {
    "constant": lambda x: 1.0,
    "whole constant": lambda x: 7,
    "computed constant": lambda x: math.sqrt(2.0) * SCALE,
    "other argument": lambda x, c=math.pi: c,
    "other number": lambda x: w.data * 2.0,
    "branch": lambda x: x * x if x > 9 else 0.0,
    "inner branch by data": lambda x: 0.3 * grad(lambda y: 1.5 if y.data > 0 else y)(x),
    "largest": lambda x: max(0, -x),
    "empty sum": lambda x: sum([]),
    "branch by data": lambda x: 1.5 if x.data > 0 else x,
    "branch by data, a global": lambda x: EPS if x.data > 0 else x,
    "branch by data, an argument": lambda x, c=math.e: c if x.data > 0 else x,
    "logged": lambda x: (f"{x:.3f}", str(x), x.data, x * x)[-1],
    "logged beside a constant": lambda x: (x.data, 2.0)[-1],
    "meant": lambda x: stop_gradient(x * x),
    "softmax": lambda x: math.pi * len(ag.softmax([x, 1.0])),
    "nothing recorded": lambda x: _unrecorded(x),
    "derivative": lambda x: gradients(x * x, [x], create_graph=True)[0],
    "constant slope": lambda x: grad(lambda y: 3.0 * y)(1.0),
    "slope that has nothing of it": lambda x: grad(lambda y: y * y)(2.0),
    "comparison": lambda x: float(x > 1) * 0.3,
    "another's derivative": lambda x: _swept(w * w),
}


def _unrecorded(x):
    with ag.no_record():
        return x * x


def _swept(y):
    y.backward()
    return y.grad * 0.3


@pytest.mark.parametrize("transform", [name for name in TRANSFORMS if name != "in a thread"])
@pytest.mark.parametrize("name", KEPT)
def test_nothing_is_said_of_constants(name, transform):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TRANSFORMS[transform](KEPT[name])


def test_what_one_function_reads_is_nothing_to_another():
    """The same holds for another thread, or an enclosing function, as long as the graph does not lead there."""
    assert grad(lambda x: x * grad(lambda y: 0.3 * math.pi)(x.data))(2.0) == 0.0

    def inner_reads(x):
        with pytest.warns(GraphWarning):
            grad(lambda y: y.data * 0.3)(1.5)
        return math.pi * 0.3

    assert grad(inner_reads)(2.0) == 0.0


def test_a_long_search_is_given_up_in_silence():
    """A number from a large graph that does not depend on the inputs: the search for them ends, and nothing is said."""
    far = parameter(1.0)
    chain = far
    for _ in range(150_000):
        chain = chain + 1.0
    assert grad(lambda x: chain.data * 2.0)(1.0) == 0.0


@given(defined_programs(max_operations=10), st.data())
def test_programs_say_so_where_their_data_is_taken(program, data):
    """The data of a program's result plus some constant: there is a warning if the result depends on the inputs."""
    inputs = list(program.inputs)

    def function(xs):
        y = program(*xs)
        depends.append(type(y) is Value)
        return (y.data if type(y) is Value else y) + offset[0]

    depends, offset = [], [0.123]
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        slopes = grad(function)(inputs)
    assert bool(found) == depends[0] and slopes == [0.0] * len(inputs)
