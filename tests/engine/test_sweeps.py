"""The order of nodes, the reverse sweep, gradients, and arbitrarily nested derivatives of functions."""

import math
import random
import signal
from collections import namedtuple

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import GraphError, Value
from autograd_core._checking.ulps import same
from autograd_core.graph import assigned_since, check_current
from autograd_core.strategies import defined_programs, smooth_programs

FINITE = st.floats(-1e3, 1e3)


def run(program):
    """The inputs as fresh Values, and the result on them."""
    inputs = [Value(x) for x in program.inputs]
    return inputs, program(*inputs)


# --- Order -----------------------------------------------------------------------------------------------------


def depth_first(node, seen):
    """Post-order, operands left to right, as mathematics defines it: recursively."""
    if id(node) in seen:
        return []
    seen.add(id(node))
    return [x for operand in node.operands if type(operand) is Value for x in depth_first(operand, seen)] + [node]


@given(defined_programs())
def test_toposort_is_depth_first_post_order(program):
    _, y = run(program)
    order = ag.toposort(y)
    assert list(map(id, order)) == list(map(id, depth_first(y, set())))
    assert [x.is_leaf for x in ag.leaves(y)] == [True] * len(ag.leaves(y))
    assert list(map(id, ag.leaves(y))) == [id(x) for x in order if x.is_leaf]


def test_toposort_of_operations_on_many():
    a, b, c = Value(1.0, "a"), Value(2.0, "b"), Value(3.0, "c")
    inner = ag.sum([a, 5.0, b])
    y = ag.dot([inner, c, b * c], [c, ag.sum([b, inner]), inner])
    assert list(map(id, ag.toposort(y))) == list(map(id, depth_first(y, set())))
    assert ag.toposort(a) == [a]
    assert ag.toposort(ag.sum([a, a]))[:-1] == [a]


# --- Backward --------------------------------------------------------------------------------------------------


@given(defined_programs())
def test_two_sweeps_double_the_leaves_exactly_and_leave_the_nodes_right(program):
    inputs, y = run(program)
    nodes = ag.toposort(y)
    y.backward()
    once = [node.grad for node in nodes]
    assert all(node.has_grad for node in nodes)
    y.backward()
    for node, first in zip(nodes, once, strict=True):
        assert same(node.grad, first + first if node.is_leaf else first)
    if not y.is_leaf:
        assert y.grad == 1.0
    for node in nodes:
        node.zero_grad()
        assert node.grad == 0.0 and not node.has_grad
    y.backward()
    assert all(same(node.grad, first) for node, first in zip(nodes, once, strict=True))
    assert all(same(x, v.grad) for x, v in zip(ag.gradients(y, inputs), inputs, strict=True))


def test_leaves_add_and_nodes_are_set():
    a = Value(2.0)
    a.grad = 10
    y = a * a
    y.backward(3)
    assert (a.grad, y.grad) == (22.0, 3.0)
    a.backward()
    assert a.grad == 23.0
    y.backward(np.float64(0.5))
    assert (a.grad, y.grad) == (25.0, 0.5)


def test_contributions_to_a_leaf_are_summed_first_and_added_once():
    """1e16 + (1 + 1) and not (1e16 + 1) + 1."""
    a = Value(1.0)
    a.grad = 1e16
    (a + a).backward()
    assert a.grad == 1e16 + 2.0 != 1e16 + 1.0 + 1.0


def test_a_path_not_taken_never_makes_nan():
    x = Value(0.0)
    y = ag.where(x > 0, ag.sqrt(x) * 2, x * 3.0)
    y.backward()
    assert x.grad == 3.0
    assert ag.gradients(ag.sqrt(x) * 0.0, [x]) == [0.0]
    [slope] = ag.gradients(ag.sqrt(x) * 0.0, [x], create_graph=True)
    assert slope.data == 0.0
    _, tangent = ag.jvp(lambda x: ag.sqrt(x) * 0.0)((0.0,), (1.0,))
    assert tangent == 0.0


def test_first_nonfinite():
    a, b = Value(1.0, "a"), Value(0.0, "b")
    assert ag.first_nonfinite(a * b) is None
    big = a * 1e308 * 10
    assert ag.first_nonfinite(big - big) is big
    root = ag.sqrt(b)
    y = root * a
    y.backward()
    assert ag.first_nonfinite(y) is b
    assert math.isinf(b.grad)


def test_gradients_of_what_is_not_below():
    a, b = Value(1.0), Value(2.0)
    y = a * a
    assert ag.gradients(y, [b, y, a, a]) == [0.0, 1.0, 2.0, 2.0]
    assert [g.data for g in ag.gradients(y, [b, y, a], create_graph=True)] == [0.0, 1.0, 2.0]
    assert not a.has_grad and not y.has_grad
    assert ag.gradients(a, [a]) == [1.0] and ag.gradients(a, []) == []


@given(smooth_programs(max_operations=20))
def test_create_graph_gives_the_same_bits(program):
    inputs, y = run(program)
    if y is not None:
        plain = ag.gradients(y, inputs)
        recorded = ag.gradients(y, inputs, create_graph=True)
        assert all(type(g) is Value for g in recorded)
        assert all(same(p, g.data) for p, g in zip(plain, recorded, strict=True))


# --- Stamps ----------------------------------------------------------------------------------------------------


def test_a_first_order_sweep_belongs_to_the_graph_as_recorded():
    w, x = Value(2.0, "w"), Value(3.0, "x")
    y = w * x
    w.data = 100.0
    y.backward()
    assert (w.grad, x.grad) == (3.0, 2.0)
    assert assigned_since(y) == [w]


def test_formulas_on_an_assigned_leaf_raise_and_name_it():
    w, x = Value(2.0, "w"), Value(3.0, "x")
    y = ag.tanh(w * x)
    w.data = 5.0
    with pytest.raises(GraphError, match=r"5\.0 \(label 'w'\) was assigned after mul = 6\.0"):
        ag.gradients(y, [x], create_graph=True)
    again = ag.tanh(w * x)
    assert assigned_since(again) == []
    assert ag.gradients(again, [x], create_graph=True)[0].data == ag.gradients(again, [x])[0]
    check_current(again)


def test_assigning_the_same_number_counts():
    w = Value(2.0, "w")
    y = w * w
    w.data = w.data
    with pytest.raises(GraphError):
        ag.gradients(y, [w], create_graph=True)
    assert ag.gradients(y, [w]) == [4.0]


# --- Derivatives of functions ----------------------------------------------------------------------------------


def test_nesting_does_not_mix_variables():
    assert ag.grad(lambda x: ag.grad(lambda y: x * y)(x))(3.0) == 1.0
    assert ag.grad(lambda x: ag.grad(lambda y: x * y * y)(2.0))(3.0) == 4.0
    assert ag.grad(lambda x: x * ag.grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert ag.grad(lambda x: x * ag.grad(lambda x: x * x)(x))(3.0) == 12.0
    assert ag.grad(lambda x: ag.jvp(lambda y: x * y * y)((2.0,), (1.0,))[1])(3.0) == 4.0
    assert ag.grad(lambda x: ag.vjp(lambda y: x * y)(2.0)[1](x))(3.0) == 6.0
    assert ag.jvp(lambda x: ag.grad(lambda y: y * y * x)(x))((3.0,), (1.0,)) == (18.0, 12.0)


@pytest.mark.parametrize("order", range(1, 8))
def test_any_order_by_nesting(order):
    f = g = ag.sin
    for _ in range(order):
        f = ag.grad(f)
    assert math.isclose(f(0.7), math.sin(0.7 + order * math.pi / 2), rel_tol=1e-14)
    power = lambda x: x**6  # noqa: E731  # rebound below
    for _ in range(order):
        power = ag.grad(power)
    assert power(2.0) == math.perm(6, order) * (2.0 ** (6 - order) if order <= 6 else 0.0)
    assert g is ag.sin


def test_given_values_it_gives_values():
    x = Value(3.0)
    slope = ag.grad(lambda x: x**3)(x)
    assert type(slope) is Value and slope.data == 27.0
    assert ag.gradients(slope, [x]) == [18.0]
    assert type(ag.grad(lambda x: x * x)(3.0)) is float
    value, slope = ag.value_and_grad(lambda x: x * x)(x)
    assert (value.data, slope.data) == (9.0, 6.0) and not x.has_grad


def test_outputs_that_do_not_depend():
    assert ag.grad(lambda x: 3.0)(1.0) == 0.0 and ag.grad(lambda x: 3)([1.0, 2.0]) == [0.0, 0.0]
    assert ag.value_and_grad(lambda x: 7)(1.0) == (7.0, 0.0)
    assert ag.jacobian(lambda x: [x, 1.0])(2.0) == [1.0, 0.0]
    assert ag.jvp(lambda x: (x, 2.0))((1.0,), (3.0,)) == ((1.0, 2.0), (3.0, 0.0))
    assert ag.hessian(lambda x: x[0])([1.0, 2.0]) == [[0.0, 0.0], [0.0, 0.0]]
    outside = Value(5.0)
    assert ag.grad(lambda x: outside * 2)(1.0) == 0.0


def test_identity_and_repeats():
    assert ag.grad(lambda x: x)(5.0) == 1.0
    assert ag.jacobian(lambda x: [x[1], x[0], x[0]])([1.0, 2.0]) == [[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]]
    assert ag.jvp(lambda x: x)((2.0,), (3.0,)) == (2.0, 3.0)


def test_stop_gradient():
    assert ag.grad(lambda x: x * ag.stop_gradient(x))(3.0) == 3.0
    stopped = ag.stop_gradient(Value(2.0, "w") * 1)
    assert stopped.is_leaf and stopped.data == 2.0
    assert ag.stop_gradient(Value(2.0, "w")).label == "w"
    assert ag.stop_gradient(3.5) == 3.5


@given(FINITE, FINITE)
def test_argnums_and_keywords(x, y):
    def f(a, b, *, c=1.0):
        return a * a * b * c

    assert ag.grad(f)(x, y) == ag.gradients(*_graph(f, x, y, 0))[0]
    assert ag.grad(f, argnums=(0, 1))(x, y) == (ag.grad(f)(x, y), ag.grad(f, argnums=1)(x, y))
    assert ag.grad(f, argnums=-1)(x, y) == ag.grad(f, argnums=1)(x, y)
    assert ag.grad(f, argnums=1)(x, y, c=0.0) == 0.0


def _graph(f, x, y, index):
    values = [Value(x), Value(y)]
    return f(*values), [values[index]]


Pair = namedtuple("Pair", "w b")


def test_structures_in_and_out():
    f = lambda p: p["w"][0] * p["w"][1] + p["b"] ** 2  # noqa: E731  # one expression
    assert ag.grad(f)({"w": (2.0, 3.0), "b": 4}) == {"w": (3.0, 2.0), "b": 8.0}
    assert ag.grad(lambda p: p.w * p.b)(Pair(2.0, 3.0)) == Pair(3.0, 2.0)
    assert type(ag.grad(lambda p: p.w * p.b)(Pair(2.0, 3.0))) is Pair
    assert ag.jacobian(lambda x: {"s": x[0] + x[1], "p": x[0] * x[1]})([2.0, 3.0]) == {"s": [1.0, 1.0], "p": [3.0, 2.0]}
    assert ag.grad(lambda x: 1.0)([]) == []
    with pytest.raises(TypeError, match="of type set"):
        ag.grad(lambda x: x[0])([1.0, {2.0}])


def test_numpy_in_and_out():
    gradient = ag.grad(lambda x: (x * x).sum())(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert gradient.dtype == float and gradient.tolist() == [[2.0, 4.0], [6.0, 8.0]]
    w = np.arange(6.0).reshape(2, 3)
    jacobian = ag.jacobian(lambda x: w @ x)(np.ones(3))
    assert jacobian.dtype == float and (jacobian == w).all()
    hessian = ag.hessian(lambda x: x @ np.diag([1.0, 2.0]) @ x)(np.ones(2))
    assert hessian.dtype == float and hessian.tolist() == [[2.0, 0.0], [0.0, 4.0]]
    assert ag.grad(lambda x: x**2)(np.array(3.0)) == 6.0
    value, pull = ag.vjp(lambda x: w @ x)(np.ones(3))
    assert value.tolist() == [3.0, 12.0] and pull(np.array([1.0, 10.0])).tolist() == [30.0, 41.0, 52.0]
    values, tangents = ag.jvp(lambda x: w @ x)((np.ones(3),), (np.array([1.0, 0.0, 0.0]),))
    assert values.tolist() == [3.0, 12.0] and tangents.tolist() == [0.0, 3.0]
    nested = ag.grad(lambda s: ag.grad(lambda x: (x * x).sum() * s)(np.ones(2))[0])(3.0)
    assert nested == 2.0
    objects = ag.jacobian(lambda x: np.array([x["a"], x["a"] * 2]))({"a": 1.0})
    assert objects["a"].tolist() == [1.0, 2.0]
    assert ag.grad(lambda x: x[0] * x[1])(np.array([2, 3])).tolist() == [3.0, 2.0]


def test_scipy_minimize():
    def rosenbrock(x):
        return 100.0 * (x[1] - x[0] ** 2) ** 2 + (1.0 - x[0]) ** 2

    found = scipy.optimize.minimize(ag.value_and_grad(rosenbrock), np.array([-1.2, 1.0]), jac=True, method="BFGS")
    assert found.success and np.allclose(found.x, 1.0, rtol=1e-5)
    newton = scipy.optimize.minimize(
        rosenbrock, np.array([-1.2, 1.0]), jac=ag.grad(rosenbrock), hess=ag.hessian(rosenbrock), method="Newton-CG"
    )
    assert newton.success and np.allclose(newton.x, 1.0, rtol=1e-4)
    trust = scipy.optimize.minimize(
        rosenbrock, np.array([-1.2, 1.0]), jac=ag.grad(rosenbrock), hessp=ag.hvp(rosenbrock), method="trust-ncg"
    )
    assert trust.success and np.allclose(trust.x, 1.0, rtol=1e-4)


@given(st.lists(FINITE, min_size=1, max_size=5), st.integers(0, 2**32))
def test_forward_and_reverse_agree_on_polynomials(x, seed):
    """With whole coefficients and small whole numbers, both are exact."""
    x = [float(round(v) % 7) for v in x]
    generator = random.Random(seed)
    terms = [[generator.randrange(len(x)) for _ in range(generator.randint(1, 4))] for _ in range(6)]

    def f(x):
        return ag.sum([ag.prod([x[i] for i in term]) for term in terms])

    n = len(x)
    gradient = ag.grad(f)(x)
    basis = [[float(i == j) for j in range(n)] for i in range(n)]
    assert [ag.jvp(f)((x,), (e,))[1] for e in basis] == gradient
    hessian = ag.hessian(f)(x)
    assert [ag.hvp(f)(x, e) for e in basis] == hessian
    assert [[hessian[j][i] for j in range(n)] for i in range(n)] == hessian
    assert ag.vjp(f)(x)[1](1.0) == gradient
    exact = [sum(_slope(term, i, x) for term in terms) for i in range(n)]
    assert gradient == exact


def _slope(term, i, x):
    """The derivative of a product of powers of whole numbers, computed in whole numbers."""
    rest = math.prod(int(x[k]) for k in term if k != i)
    times = term.count(i)
    return rest * times * int(x[i]) ** (times - 1) if times else 0


def test_directions_and_cotangents_must_match():
    for call, text in (
        (lambda: ag.jvp(lambda x: x[0])(([1.0, 2.0],), ([1.0],)), r"tangents\[0\] must be a list of length 2.*got a list of length 1"),
        (lambda: ag.vjp(lambda x: [x, x])(1.0)[1]([1.0]), "cotangent must be a list of length 2.*got a list of length 1"),
        (lambda: ag.jvp(lambda p: p["a"])(({"a": 1.0},), ({"b": 1.0},)), r"tangents\[0\] must be a dict.*'a'.*'b'"),
        (lambda: ag.jvp(lambda x: x)((np.ones((2, 3)),), (np.ones((3, 2)),)), r"shape \(2, 3\).*shape \(3, 2\)"),
        (lambda: ag.jvp(lambda x: x)((np.ones((2, 2)),), ([1.0] * 4,)), r"shape \(2, 2\).*a list of length 4"),
        (lambda: ag.hvp(lambda p: p["w"])({"w": 1.0}, {"w": [1.0]}), r"\['w'\] must be a number.*got a list of length 1"),
        (lambda: ag.vjp(lambda x: x)(1.0)[1]("1"), "cotangent must be a number.*got '1' of type str"),
    ):
        with pytest.raises(ValueError, match=text):
            call()


def test_directions_go_by_their_keys():
    f = lambda p: p["a"] ** 2 + p["b"] ** 3  # noqa: E731  # one expression
    at, along = {"a": 1.0, "b": 1.0}, {"b": 1.0, "a": 0.0}
    assert ag.jvp(f)((at,), (along,)) == (2.0, 3.0)
    assert ag.hvp(f)(at, along) == {"a": 0.0, "b": 6.0}
    assert ag.vjp(lambda x: {"a": 2 * x, "b": 3 * x})(1.0)[1](along) == 3.0
    assert ag.jvp(lambda x: x @ x)((np.array([1.0, 2.0]),), ([1.0, 0.0],)) == (5.0, 2.0)
    assert ag.jvp(lambda x: x[0] * x[1])(([1.0, 2.0],), (np.array([1.0, 0.0]),)) == (2.0, 2.0)


def test_what_the_transforms_say_of_wrong_arguments():
    square = lambda x: x * x  # noqa: E731  # one expression
    for call, text in (
        (lambda: ag.grad(square, argnums=(0, -1))(2.0), "names an argument twice"),
        (lambda: ag.grad(square, argnums="x")(2.0), "argnums must be an integer or a tuple.*'x'"),
        (lambda: ag.hvp(square)(2.0), r"hvp\(f\)\(x, v\)"),
        (lambda: ag.hvp(square, argnums=1)(2.0, 1.0), "argnums names argument 1"),
        (lambda: ag.jvp(square)(2.0, 1.0), "two tuples.*primals is 2.0"),
        (lambda: ag.grad(lambda x: [x, x])(1.0), "gradient.*one number.*list"),
        (lambda: ag.gradients(Value(1.0), Value(2.0)), "got one Value"),
        (lambda: ag.gradients(Value(1.0), [2.0]), "got 2.0 of type float"),
        (lambda: ag.gradients(1.0, []), "got 1.0 of type float"),
    ):
        with pytest.raises(TypeError, match=text):
            call()
    assert ag.grad(square, argnums=np.int64(0))(3.0) == 6.0
    assert ag.hvp(lambda x, *, c: c * x**3)(2.0, 1.0, c=10.0) == 120.0


def test_inputs_may_come_one_by_one():
    x = Value(3.0)
    assert ag.gradients(x * x, (v for v in [x])) == [6.0]
    assert ag.gradients(x * x, iter([x]), create_graph=True)[0].data == 6.0


def test_stop_gradient_of_structures():
    assert ag.grad(lambda x: ag.sum(ag.stop_gradient([x * x])) + x)(3.0) == 1.0
    assert ag.grad(lambda x: ag.stop_gradient({"a": (x, 2.0)})["a"][0] * x)(3.0) == 3.0
    assert ag.grad(lambda x: ag.stop_gradient(np.array([x * x, x]))[0] * x)(3.0) == 9.0


def test_a_cotangent_can_be_differentiated():
    _, pull = ag.vjp(lambda x: x * x)(3.0)
    assert ag.grad(pull)(1.0) == 6.0
    weight = Value(2.0)
    assert ag.gradients(pull(weight), [weight]) == [6.0]
    assert pull(2.0) == 12.0 and type(pull(2.0)) is float


def test_values_for_values_also_where_nothing_depends():
    slope = ag.grad(lambda x: 3.0 * x)(Value(1.0))
    assert type(slope) is Value and slope.data == 3.0
    value, slope = ag.value_and_grad(lambda x: 3.0)(Value(1.0))
    assert (type(value), value.data, type(slope), slope.data) == (Value, 3.0, Value, 0.0)


def test_hvp_of_another_argument_and_with_values():
    f = lambda a, x: a * x[0] ** 2 * x[1]  # noqa: E731  # one expression
    assert ag.hvp(f, argnums=1)(2.0, [2.0, 3.0], [1.0, 0.0]) == [12.0, 8.0]
    assert ag.hvp(f, argnums=-1)(2.0, [2.0, 3.0], [0.0, 1.0]) == [8.0, 0.0]
    a = Value(2.0)
    product = ag.hvp(lambda x: a * x**3)(3.0, 1.0)
    direction = Value(5.0)
    value, tangent = ag.jvp(lambda x: x**3)((3.0,), (direction,))
    assert ag.gradients(tangent, [direction]) == [27.0] and tangent.data == 135.0
    assert product == 36.0 and value.data == 27.0


def test_transforms_record_inside_no_record():
    with ag.no_record():
        assert ag.grad(lambda x: x * x)(3.0) == 6.0
        assert ag.hessian(lambda x: x**3)(2.0) == 12.0
        assert ag.jvp(lambda x: x * x)((3.0,), (1.0,)) == (9.0, 6.0)
        assert ag.vjp(lambda x: x * x)(3.0)[1](1.0) == 6.0


def test_nothing_is_recorded_of_a_transform_inside_no_record():
    def quiet(transform):
        def function(x):
            with ag.no_record():
                slope = transform(x)
            assert type(slope) is float
            return slope * 1.0 + x

        return ag.value_and_grad(function)(5.0)

    assert quiet(lambda x: ag.grad(lambda y: x * y)(2.0)) == (10.0, 1.0)
    assert quiet(lambda x: ag.value_and_grad(lambda y: x * y)(2.0)[0]) == (15.0, 1.0)
    assert quiet(lambda x: ag.jvp(lambda y: x * y)((2.0,), (1.0,))[1]) == (10.0, 1.0)
    assert quiet(lambda x: ag.jvp(lambda y: x * y)((2.0,), (x,))[0]) == (15.0, 1.0)
    assert quiet(lambda x: ag.vjp(lambda y: x * y)(2.0)[1](x)) == (30.0, 1.0)


# --- Interrupts ------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timer that sends signals")
@pytest.mark.parametrize("nested", [False, True], ids=["ctrl-c", "a handler that sweeps"])
def test_signals_find_gradients_all_added_or_none(nested):
    """Signals arrive at many points of a sweep over 20,000 leaves, including while gradients are written."""
    leaves = [Value(1.0) for _ in range(20_000)]
    y = ag.sum(leaves)
    interrupted = 0

    def handler(signum, frame):
        if nested:
            y.backward()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, handler)
    try:
        for attempt in range(60):
            for x in leaves:
                x.zero_grad()
            try:
                signal.setitimer(signal.ITIMER_REAL, 2e-5 + 2e-4 * attempt)
                y.backward()
                y.backward()
                signal.setitimer(signal.ITIMER_REAL, 0.0)
            except KeyboardInterrupt:
                interrupted += 1
            grads = {x.grad for x in leaves}
            assert len(grads) == 1, "all leaves have been reached by the same sweeps"
            assert grads <= {0.0, 1.0, 2.0, 3.0}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert interrupted > 0


def test_none_clears_a_gradient():
    w = ag.parameter(2.0)
    y = w * w
    for node in (w, y):
        y.backward()
        node.grad = None
        assert not node.has_grad and node.grad == 0.0
    w.grad = None
    w.grad = None  # also if there is none
    y.backward()
    assert w.grad == 4.0
    for wrong in ("1", [1.0]):
        with pytest.raises(TypeError, match="grad must be a real number, or None to clear it; got"):
            w.grad = wrong
    assert w.grad == 4.0
