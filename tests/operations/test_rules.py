"""The rules of differentiation, and identities between the transforms, on random programs and on every row."""

import copy
import math
import pickle

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autograd_core import (
    TABLE,
    Value,
    checkpoint,
    grad,
    gradients,
    hvp,
    jacobian,
    jvp,
    operation_of,
    parameter,
    scope,
    toposort,
    value_and_grad,
    vjp,
)
from autograd_core._checking.ulps import same
from autograd_core._operations.functions import FUNCTIONS
from autograd_core._strategies.programs import function_of
from autograd_core.graph import assigned_since
from autograd_core.strategies import defined_programs, operands, smooth_programs

ROWS = [operation_of(function) for function in FUNCTIONS.values()]
PAIRS = st.tuples(smooth_programs(max_inputs=1, max_operations=12), smooth_programs(max_inputs=1, max_operations=12))
# Functions and their inverses, by name: composing them gives back the argument, with slope 1.
INVERSES = [
    ("exp", "log", (-30, 30)), ("log", "exp", (1e-3, 1e3)), ("expm1", "log1p", (-2, 30)), ("log1p", "expm1", (-0.9, 1e3)),
    ("sin", "asin", (-1.3, 1.3)), ("asin", "sin", (-0.99, 0.99)), ("cos", "acos", (0.2, 3)), ("acos", "cos", (-0.9, 0.9)),
    ("tan", "atan", (-1.5, 1.5)), ("atan", "tan", (-1e3, 1e3)), ("sinh", "asinh", (-30, 30)), ("asinh", "sinh", (-1e3, 1e3)),
    ("cosh", "acosh", (0.1, 30)), ("acosh", "cosh", (1.01, 1e3)), ("tanh", "atanh", (-2, 2)), ("atanh", "tanh", (-0.99, 0.99)),
    ("square", "sqrt", (1e-3, 1e3)), ("sqrt", "square", (1e-3, 1e3)),
]  # fmt: skip  # pairs side by side


def slope_of(program, x):
    return value_and_grad(lambda x: program(*[x] * len(program.inputs)))(x)


def total_error(*terms):
    """A bound on the rounding of a sum of these terms, each a few operations long; the terms must be finite."""
    assume(all(map(math.isfinite, terms)))
    return 8 * sum(math.ulp(x) for x in terms)


@given(PAIRS)
def test_sum_and_product_rule(pair):
    f, g = pair
    x = f.inputs[0]
    try:
        (u, du), (v, dv) = slope_of(f, x), slope_of(g, x)
    except (ArithmeticError, ValueError):
        assume(False)
    assume(all(map(math.isfinite, (u, du, v, dv))))
    added = grad(lambda x: f(x) + g(x))(x)
    multiplied = grad(lambda x: f(x) * g(x))(x)
    # the leaf's contributions are added in a different order from here: digits that cancel are lost in both
    parts = contributions(lambda x: f(x) + g(x), x)
    assert abs(added - (du + dv)) <= len(parts) * total_error(*parts)
    parts = contributions(lambda x: f(x) * g(x), x)
    assert abs(multiplied - (du * v + u * dv)) <= 64 * len(parts) * total_error(*parts)


def contributions(function, *xs):
    """The sizes of the contributions added up at the nodes, each as it arrives at the leaves."""
    inputs = [Value(x) for x in xs]
    y = function(*inputs)
    y.backward()
    sizes = [0.0]
    reach = dict.fromkeys(inputs, 1.0)
    for node in toposort(y):
        slopes = [(d, o) for d, o in zip(node.local_derivatives, node.operands, strict=True) if type(o) is Value]
        if slopes:
            reach[node] = sum(times(abs(d), reach.get(o, 0.0)) for d, o in slopes)
            sizes.append(times(reach[node], abs(node.grad)))
    return sizes


def times(x, y):
    """The product, or 0 if either factor is 0: a path not taken."""
    return x * y if x and y else 0.0


@given(PAIRS)
def test_chain_rule(pair):
    f, g = pair
    x = f.inputs[0]
    try:
        u, du = slope_of(f, x)
        v, dv = slope_of(g, u)
        w, dw = value_and_grad(lambda x: g(*[f(x)] * len(g.inputs)))(x)
    except (ArithmeticError, ValueError):
        assume(False)
    assume(all(map(math.isfinite, (du, dv))))
    assert same(v, w)
    parts = contributions(lambda x: g(*[f(x)] * len(g.inputs)), x)
    assert abs(dw - dv * du) <= 64 * len(parts) * total_error(*parts)


@settings(max_examples=5 * settings().max_examples)
@given(st.sampled_from(INVERSES).flatmap(lambda row: st.tuples(st.just(row), st.floats(*row[2]))))
def test_inverse_rule(drawn):
    (there, back, _), x = drawn
    f, g = function_of(TABLE[there]), function_of(TABLE[back])
    y = f(x)
    inverse = grad(g)(y)
    # the slope of the inverse changes with y, and f only gives a y near the true one
    around = [grad(g)(y + k * math.ulp(y)) for k in (-4, 4)]
    wanted = 1 / grad(f)(x)
    assert abs(inverse - wanted) <= 8 * math.ulp(wanted) + max(abs(slope - inverse) for slope in around)


# --- Rules that hold to the last bit -----------------------------------------------------------------------------


@given(smooth_programs(), st.integers(-40, 40), st.booleans())
def test_the_sweep_is_linear_in_its_start(program, exponent, negative):
    inputs = [Value(x) for x in program.inputs]
    y = program(*inputs)
    once = gradients(y, inputs)
    assume(all(x == 0 or 1e-200 < abs(x) < 1e200 for node in toposort(y) for x in (node.data,)))
    factor = math.ldexp(-1.0 if negative else 1.0, exponent)  # a power of two rounds nothing
    y.backward(factor)
    assert all(x.grad == factor * slope for x, slope in zip(inputs, once, strict=True))
    y.backward(factor)
    assert all(x.grad == 2 * factor * slope for x, slope in zip(inputs, once, strict=True))


@given(defined_programs())
def test_create_graph_gives_the_bits_of_the_plain_sweep(program):
    inputs = [Value(x) for x in program.inputs]
    y = program(*inputs)
    plain = gradients(y, inputs)
    recorded = gradients(y, inputs, create_graph=True)
    assert all(type(x) is Value for x in recorded)
    assert all(same(a + 0.0, b.data + 0.0) for a, b in zip(plain, recorded, strict=True))


@settings(max_examples=8 * settings().max_examples)
@given(st.one_of(*(st.tuples(st.just(row), operands(row)) for row in ROWS)))
def test_create_graph_gives_the_bits_of_every_row(drawn):
    row, xs = drawn
    inputs = [Value(x) for x in xs]
    try:
        y = function_of(row)(*row.shape.arguments(inputs))
    except (ArithmeticError, ValueError):
        return
    wanted = [x for i, x in enumerate(inputs) if i not in row.shape.orders]
    plain = gradients(y, wanted)
    recorded = gradients(y, wanted, create_graph=True)
    assert all(same(a + 0.0, b.data + 0.0) for a, b in zip(plain, recorded, strict=True)), (plain, recorded)


@given(smooth_programs(max_operations=16))
def test_the_transforms_agree(program):
    xs = list(program.inputs)

    def outputs(xs):
        """The results of all lines of the program: many outputs over one graph."""
        return [y for _, y in program.trace(*xs)]

    matrix = jacobian(outputs)(xs)
    values, pull = vjp(outputs)(xs)
    assert len(values) == len(matrix) == len(program.lines)
    value, slopes = value_and_grad(lambda xs: program(*xs))(xs)
    assert same(value, values[-1])
    assert all(same(a + 0.0, b + 0.0) for a, b in zip(slopes, matrix[-1], strict=True))
    # these add the same products in different orders
    tolerances = []
    for i in range(len(matrix)):
        sizes = contributions(lambda *xs, i=i: outputs(xs)[i], *xs)
        tolerances.append(len(sizes) * total_error(*sizes))
    for i, row in enumerate(matrix):
        pulled = pull([float(i == j) for j in range(len(matrix))])
        assert all(abs(a - b) <= tolerances[i] for a, b in zip(row, pulled, strict=True))
    for j in range(len(xs)):
        also, column = jvp(outputs)((xs,), ([float(i == j) for i in range(len(xs))],))
        assert all(map(same, also, values))
        assert all(abs(x - row[j]) <= tolerances[i] for i, (x, row) in enumerate(zip(column, matrix, strict=True)))


@given(smooth_programs([TABLE[name] for name in ("add", "sub", "mul", "square", "neg")], max_inputs=3, max_operations=6))
def test_nesting_in_any_order_of_modes(program):
    """On integers every mode is exact, so all nestings agree bit for bit."""
    xs = [float(round(x)) for x in program.inputs]

    def f(xs):
        return program(*xs)

    assume(all(isinstance(x, str) or float(x).is_integer() for line in program.lines for x in line.operands))
    direction = [float(i + 1) for i in range(len(xs))]
    reverse_over_reverse = jacobian(grad(f))(xs)
    by_hand = [sum(h * v for h, v in zip(row, direction, strict=True)) for row in reverse_over_reverse]
    assume(all(abs(x) < 2**50 for row in reverse_over_reverse for x in row) and abs(f(xs)) < 2**50)
    assert hvp(f)(xs, direction) == by_hand
    assert grad(lambda xs: jvp(f)((xs,), (direction,))[1])(xs) == by_hand
    assert jvp(lambda xs: jvp(f)((xs,), (direction,))[1])((xs,), (direction,))[1] == sum(
        a * b for a, b in zip(by_hand, direction, strict=True)
    )


@given(smooth_programs(max_operations=20))
def test_a_checkpoint_is_the_plain_program(program):
    plain, kept = [Value(x) for x in program.inputs], [Value(x) for x in program.inputs]
    y, z = program(*plain), checkpoint(program, *kept)
    assert same(y.data, z.data)
    y.backward()
    z.backward()
    sizes = contributions(program, *program.inputs)
    for a, b in zip(plain, kept, strict=True):
        assert abs(a.grad - b.grad) <= len(sizes) * total_error(*sizes)


@given(defined_programs())
def test_a_path_not_taken_never_makes_nan(program):
    """Whatever the program does, even with infinite slopes: times 0, or beside the path taken, it leaves no trace."""
    inputs = [Value(x) for x in program.inputs]
    y = program(*inputs)
    x = Value(2.0)
    z = function_of(TABLE["where"])(0.0, y, x * x)
    assert gradients(z, [*inputs, x]) == [*[0.0] * len(inputs), 4.0]
    assert [slope.data for slope in gradients(z, [*inputs, x], create_graph=True)] == [*[0.0] * len(inputs), 4.0]
    y.backward(0.0)
    assert all(x.grad == 0.0 for x in inputs)


# --- Copies ------------------------------------------------------------------------------------------------------


def described(y):
    """A complete description of a graph, with node numbers in place of identities."""
    order = toposort(y)
    number = {node: i for i, node in enumerate(order)}
    return [
        (
            node.op, repr(node.data), node.label, node.scope, repr(node.grad), node.has_grad, node.is_leaf,
            tuple(number[x] if type(x) is Value else repr(x) for x in node.operands), repr(node.local_derivatives),
        )
        for node in order
    ]  # fmt: skip


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))], ids=["deepcopy", "pickle"])
def test_copies_keep_the_graph(copied):
    @given(defined_programs(), st.booleans())
    def holds(program, swept):
        inputs = [Value(x, label=name) for x, name in zip(program.inputs, program.names, strict=True)]
        inputs[0] = parameter(inputs[0].data, label="weight")
        with scope("outer"):
            y = program(*inputs)
        if swept:
            y.backward()
        leaves, again = copied((inputs, y))
        assert described(again) == described(y)
        assert all(leaf in toposort(again) or leaf.is_leaf for leaf in leaves)
        below = {id(node) for node in toposort(again)}
        assert all((id(old) in {id(node) for node in toposort(y)}) == (id(new) in below)
                   for old, new in zip(inputs, leaves, strict=True))
        assert not below & {id(node) for node in toposort(y)}
        fresh = gradients(again, leaves)
        assert all(same(a, b) for a, b in zip(gradients(y, inputs), fresh, strict=True))
        leaves[0].data = 3.0
        used = any(x is leaves[0] for node in toposort(again) for x in node.operands)
        stale = any(x is leaves[0] for node in toposort(again) for x in assigned_since(node))
        assert stale == used

    holds()
