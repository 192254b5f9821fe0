"""The contracts of transforms: the result is a Value if it depends on one, and pulls and pushes are linear."""

import contextvars
import math
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import Value, grad, gradients, hessian, hvp, jacobian, jvp, parameter, value_and_grad, vjp

# --- A derivative is a Value if it depends on one -----------------------------------------------------------------


def test_a_loss_that_holds_a_derivative_trains_what_the_function_closes_over():
    w = parameter(2.0)
    loss = (grad(lambda s: w * s * s)(3.0) - 1) ** 2 + 0.1 * w * w
    loss.backward()
    assert w.grad == pytest.approx(2 * (6 * 2.0 - 1) * 6 + 0.2 * 2.0, rel=1e-15)  # 132.4


# Each takes a function f(s) of the form w·s³ and returns w·6 at s = ½ or w·s³… times a whole number.
SEVEN = {
    "grad": (lambda f: grad(f)(3.0), 27.0),
    "value_and_grad": (lambda f: sum(value_and_grad(f)(3.0)), 54.0),
    "jacobian": (lambda f: jacobian(lambda s: [f(s), 2 * f(s)])(3.0)[1], 54.0),
    "hessian": (lambda f: hessian(f)(3.0), 18.0),
    "hvp": (lambda f: hvp(f)(3.0, 2.0), 36.0),
    "jvp": (lambda f: sum(jvp(f)((3.0,), (2.0,))), 81.0),
    "vjp": (lambda f: vjp(f)(3.0)[0] + vjp(f)(3.0)[1](2.0), 81.0),
}


@pytest.mark.parametrize("name", SEVEN)
def test_every_transform_follows_what_is_closed_over(name):
    transform, factor = SEVEN[name]
    w = parameter(2.0)
    found = transform(lambda s: w * s * s * s)
    assert type(found) is Value and found.data == 2.0 * factor
    assert gradients(found, [w]) == [factor]
    assert type(transform(lambda s: 2.0 * s * s * s)) is float


@pytest.mark.parametrize("name", SEVEN)
def test_every_transform_follows_another_argument(name):
    transform, factor = SEVEN[name]
    x = Value(5.0)
    w = x * x  # a computed node, in place of a leaf
    found = transform(lambda s: w * s * s * s)
    assert gradients(found, [x]) == [factor * 10.0]
    u = parameter(2.0)
    assert gradients(grad(lambda s, u: u * s * s)(3.0, u), [u]) == [6.0]
    assert gradients(grad(lambda s, *, u: u * s * s)(3.0, u=u), [u]) == [6.0]


@pytest.mark.parametrize("name", SEVEN)
def test_every_transform_follows_its_caller_through_threads(name):
    """The thread's own context does not know of the transform that waits for it, but the graph does."""
    transform, factor = SEVEN[name]
    with ThreadPoolExecutor(1) as pool:
        assert grad(lambda x: x * pool.submit(lambda: transform(lambda s: x * s * s * s)).result())(2.0) == 4 * factor
        assert grad(lambda x: x * pool.submit(lambda: grad(lambda y: x * y * y)(3.0)).result())(2.0) == 24.0


def test_the_context_holds_no_transform():
    seen = []
    grad(lambda x: seen.append(contextvars.copy_context()) or x)(1.0)
    assert not hasattr(ag.context, "transforming") and not hasattr(ag._engine.places.current(), "transforming")


def test_inside_no_record_all_are_floats():
    w = parameter(2.0)
    with ag.no_record():
        for transform, factor in SEVEN.values():
            found = transform(lambda s: w * s * s * s)
            assert type(found) is float and found == 2.0 * factor
        assert type(grad(lambda s: s * s)(Value(3.0))) is float


def test_only_what_depends_is_a_value():
    w = parameter(2.0)
    value, (by_x, by_y) = value_and_grad(lambda p: w * p[0] + p[1] * p[1])([3.0, 5.0])
    assert type(value) is Value and value.data == 31.0
    assert type(by_x) is Value and by_x.data == 2.0
    assert type(by_y) is float and by_y == 10.0
    slope = grad(lambda s: s * s + w)(3.0)
    assert type(slope) is float and slope == 6.0


def test_nested_derivatives_of_plain_numbers_are_floats():
    for found in (
        grad(lambda x: grad(lambda y: x * y * y)(2.0))(3.0), grad(grad(lambda x: x**3))(2.0),
        hessian(lambda x: grad(lambda y: x * y * y)(2.0))(3.0), grad(lambda x: x * ag.stop_gradient(x))(3.0),
    ):  # fmt: skip  # a list
        assert type(found) is float
    assert grad(lambda x: grad(lambda y: x * y * y)(2.0))(3.0) == 4.0


def test_a_gradient_penalty_trains_a_network():
    """Force matching: the weights' gradients of a loss made of slopes agree with central differences."""
    generator = random.Random(0)
    weights = [parameter(generator.gauss(0, 1)) for _ in range(6)]

    def network(x, ws):
        return ag.sum([ws[3 + i] * ag.tanh(ws[i] * x) for i in range(3)])

    def loss(ws):
        return ag.sum([(grad(lambda x: network(x, ws))(at) - force) ** 2 for at, force in ((0.3, 1.0), (-0.7, 2.0))])

    loss(weights).backward()
    numbers = [w.data for w in weights]
    for i, w in enumerate(weights):
        h = 1e-5
        up, down = (loss([*numbers[:i], x, *numbers[i + 1 :]]) for x in (w.data + h, w.data - h))
        assert type(up) is float
        assert w.grad == pytest.approx((up - down) / (2 * h), rel=1e-6)


# --- Pulls and pushes are linear ----------------------------------------------------------------------------------


def pulled_back(x):
    y, pull = vjp(lambda x: -x)(x)
    return pull(y)  # -1 times -x


def test_a_pull_does_not_differentiate_its_cotangent():
    assert pulled_back(3.0) == 3.0
    assert pulled_back(Value(3.0)).data == 3.0
    assert jvp(pulled_back)((3.0,), (1.0,)) == (3.0, 1.0)
    assert grad(pulled_back)(3.0) == 1.0
    x = Value(3.0)
    assert gradients(pulled_back(x), [x]) == [1.0]


def test_a_push_does_not_differentiate_its_tangent():
    def along_itself(x):
        return jvp(lambda x: x * x)((x,), (x * x,))[1]  # 2x · x²

    assert along_itself(3.0) == 54.0 and along_itself(Value(3.0)).data == 54.0
    assert grad(along_itself)(3.0) == 54.0  # 6x²
    assert grad(grad(along_itself))(3.0) == 36.0


def test_a_cotangent_of_zero_is_a_path_not_taken():
    _, pull = vjp(lambda x: [ag.sqrt(x), 3.0 * x])(0.0)
    assert pull([0.0, 1.0]) == 3.0
    assert pull([1.0, 1.0]) == math.inf


# Functions from two numbers to two, whole on whole numbers, so that every route is exact.
FUNCTIONS = [
    lambda p: [p[0] * p[1], p[0] * p[0] - 3 * p[1]],
    lambda p: [p[0] * p[0] * p[1] + 1, p[1] * p[1] * p[1]],
    lambda p: [2 * p[0] + p[1], p[0] * (p[1] - p[0] * p[0])],
]
# Cotangents and tangents that depend on the point and on the function's own outputs.
WEIGHTS = [
    lambda p, y: [y[0], y[1]],
    lambda p, y: [p[0] * y[1], p[1] + 2],
    lambda p, y: [p[1] * p[1], y[0] * p[0] - y[1]],
]
# A scalar of a vector function, under every nesting of two transforms: the gradient and the second derivatives.
NESTINGS = {
    "values": lambda f, p, v: f(p),
    "grad": lambda f, p, v: grad(lambda p: f(p))(p),
    "jvp": lambda f, p, v: jvp(f)((p,), (v,))[1],
    "vjp": lambda f, p, v: vjp(f)(p)[1](2.0),
    "grad of grad": lambda f, p, v: jacobian(grad(f))(p),
    "grad of jvp": lambda f, p, v: grad(lambda p: jvp(f)((p,), (v,))[1])(p),
    "jvp of grad": lambda f, p, v: jvp(grad(f))((p,), (v,))[1],
    "jvp of jvp": lambda f, p, v: jvp(lambda p: jvp(f)((p,), (v,))[1])((p,), (v,))[1],
    "vjp of jvp": lambda f, p, v: vjp(lambda p: jvp(f)((p,), (v,))[1])(p)[1](1.0),
    "jvp of vjp": lambda f, p, v: jvp(lambda p: vjp(f)(p)[1](1.0))((p,), (v,))[1],
    "hvp": lambda f, p, v: hvp(f)(p, v),
    "hessian": lambda f, p, v: hessian(f)(p),
}
WHOLE = st.integers(-4, 4).map(float)


def inner(xs, ys):
    return sum(x * y for x, y in zip(xs, ys, strict=True))


@pytest.mark.parametrize("nesting", NESTINGS)
@given(st.sampled_from(FUNCTIONS), st.sampled_from(WEIGHTS), st.sampled_from(WEIGHTS),
       st.tuples(WHOLE, WHOLE), st.tuples(WHOLE, WHOLE))  # fmt: skip
def test_pull_and_push_are_adjoint(nesting, f, cotangent, tangent, point, direction):
    """⟨c, Jv⟩ = ⟨Jᵀc, v⟩, and both are what the handwritten Jacobian gives, as numbers and under any two transforms."""

    def pushed(p):
        y = f(p)
        return inner(cotangent(p, y), jvp(f)((p,), (tangent(p, y),))[1])

    def pulled(p):
        y, pull = vjp(f)(p)
        return inner(pull(cotangent(p, y)), tangent(p, y))

    def by_hand(p):
        y = f(p)
        rows = jacobian(f)(p)
        return inner(cotangent(p, y), [inner(row, tangent(p, y)) for row in rows])

    transform = NESTINGS[nesting]
    expected = transform(by_hand, list(point), list(direction))
    assert transform(pushed, list(point), list(direction)) == expected
    assert transform(pulled, list(point), list(direction)) == expected
    assert transform(pulled, [Value(x) for x in point], list(direction)) == expected


def test_two_threads_differentiate_one_graph():
    w = parameter(2.0)
    found = []
    threads = [threading.Thread(target=lambda: found.append(grad(lambda s: w * s * s)(3.0))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [gradients(slope, [w]) for slope in found] == [[6.0]] * 8
