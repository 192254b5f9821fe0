"""Lectures 000 to 002: the matrix listings, written out in NumPy, against the graphs of the modules, to 1e-12."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import mean, relu, sigmoid, tanh
from autograd_core import sum as total
from nn import MLP, SGD, Layer, Neuron, squared_error
from nn.init import constant

SEEDS = st.integers(0, 2**32 - 1)
WIDTHS = st.integers(1, 6)


def assert_equal(found, expected):
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= 1e-12 * max(1.0, np.abs(expected).max())


def data_of(nodes):
    return np.array([node.data for node in nodes])


def grads_of(nodes):
    return np.array([node.grad for node in nodes])


def weights(layer):
    return np.array([data_of(neuron.w) for neuron in layer.neurons])


def weight_grads(layer):
    return np.array([grads_of(neuron.w) for neuron in layer.neurons])


def biases(layer, of=data_of):
    return of([neuron.b for neuron in layer.neurons])


def random_model(generator, sizes, **arguments):
    """A network whose biases are random too."""
    model = MLP(sizes[0], sizes[1:], seed=int(generator.integers(2**32)), **arguments)
    for layer in model.layers:
        for neuron in layer.neurons:
            neuron.b.data = generator.normal()
    return model


def run(model, x):
    """The graph of a network, layer by layer: the signals before each activation, and the outputs after."""
    signals, outputs = [], [x]
    for layer in model.layers:
        outputs.append([neuron(outputs[-1]) for neuron in layer.neurons])
        linear = layer.neurons[0].activation is None
        signals.append([y if linear else y.operands[0] for y in outputs[-1]])
    return signals, outputs


# -- 000


@given(SEEDS, WIDTHS, WIDTHS)
def test_e3_single_linear_layer(seed, d, k):
    generator = np.random.default_rng(seed)
    layer = Layer(d, k, nonlin=False, seed=seed)
    x, t = generator.normal(size=d), generator.normal(size=k)
    squared_error(layer(x), t).backward()
    y = weights(layer) @ x
    assert_equal(weight_grads(layer), np.outer(y - t, x))


@pytest.mark.parametrize(
    ("activation", "slope"),
    [(tanh, lambda a: 1 - np.tanh(a) ** 2), (relu, lambda a: (a > 0).astype(float))],
    ids=["e4 tanh", "e10 relu"],
)
@given(seed=SEEDS, d=WIDTHS, m=WIDTHS, k=WIDTHS)
def test_e4_e10_delta_recursion_of_two_layers(activation, slope, seed, d, m, k):
    generator = np.random.default_rng(seed)
    model = random_model(generator, [d, m, k], activation=activation)
    x, t = generator.normal(size=d), generator.normal(size=k)
    (a_hidden, a_output), (_, z, y) = run(model, x)
    squared_error(y, t).backward()

    first, second = model.layers
    a = weights(first) @ x + biases(first)
    z = np.tanh(a) if activation is tanh else np.maximum(a, 0)
    y = weights(second) @ z + biases(second)
    delta_k = y - t
    delta_j = slope(a) * (weights(second).T @ delta_k)
    assert_equal(grads_of(a_output), delta_k)
    assert_equal(grads_of(a_hidden), delta_j)
    assert_equal(weight_grads(first), np.outer(delta_j, x))
    assert_equal(weight_grads(second), np.outer(delta_k, z))


# -- 001: W^(l) has a row for the constant input, so that s = W^T [1; x]


def with_bias_row(layer):
    return np.vstack([biases(layer), weights(layer).T])


def grads_with_bias_row(layer):
    return np.vstack([biases(layer, grads_of), weight_grads(layer).T])


def forward_propagation(ws, x):
    xs, ss = [np.concatenate([[1.0], x])], []
    for w in ws:
        ss.append(w.T @ xs[-1])
        xs.append(np.concatenate([[1.0], np.tanh(ss[-1])]))
    return ss, xs


def sensitivities(ws, xs, y):
    theta = [1 - x[1:] ** 2 for x in xs]
    deltas = [2 * (xs[-1][1:] - y) * theta[-1]]
    for level in range(len(ws) - 1, 0, -1):
        deltas.insert(0, theta[level] * (ws[level] @ deltas[0])[1:])
    return deltas


@given(SEEDS, st.lists(WIDTHS, min_size=2, max_size=5))
def test_m1_forward_propagation(seed, sizes):
    generator = np.random.default_rng(seed)
    model = random_model(generator, sizes, activation=tanh, output=tanh)
    x = generator.normal(size=sizes[0])
    ss, xs = forward_propagation([with_bias_row(layer) for layer in model.layers], x)
    signals, outputs = run(model, x)
    for found, expected in zip(signals, ss, strict=True):
        assert_equal(data_of(found), expected)
    for found, expected in zip(outputs[1:], xs[1:], strict=True):
        assert_equal(data_of(found), expected[1:])


@given(SEEDS, st.lists(WIDTHS, min_size=2, max_size=5))
def test_m3_sensitivities(seed, sizes):
    generator = np.random.default_rng(seed)
    model = random_model(generator, sizes, activation=tanh, output=tanh)
    x, y = generator.normal(size=sizes[0]), generator.normal(size=sizes[-1])
    signals, outputs = run(model, x)
    (2.0 * squared_error(outputs[-1], y)).backward()
    ws = [with_bias_row(layer) for layer in model.layers]
    deltas = sensitivities(ws, forward_propagation(ws, x)[1], y)
    for found, expected in zip(signals, deltas, strict=True):
        assert_equal(grads_of(found), expected)


@given(SEEDS, st.lists(WIDTHS, min_size=1, max_size=3), st.integers(1, 8))
def test_m4_error_in_sample_and_its_gradient(seed, sizes, n):
    generator = np.random.default_rng(seed)
    sizes = [*sizes, 1]
    model = random_model(generator, sizes, activation=tanh, output=tanh)
    xs, ys = generator.normal(size=(n, sizes[0])), generator.choice([-1.0, 1.0], size=n)

    ws = [with_bias_row(layer) for layer in model.layers]
    e_in, g = 0.0, [0 * w for w in ws]
    for x, y in zip(xs, ys, strict=True):
        outputs = forward_propagation(ws, x)[1]
        deltas = sensitivities(ws, outputs, y)
        e_in += (outputs[-1][1] - y) ** 2 / n
        for level in range(len(ws)):
            g[level] = g[level] + np.outer(outputs[level], deltas[level]) / n

    error = mean([nn.mse_loss(model(x), y) for x, y in zip(xs, ys, strict=True)])
    error.backward()
    assert_equal(error.data, e_in)
    for layer, expected in zip(model.layers, g, strict=True):
        assert_equal(grads_with_bias_row(layer), expected)


# -- 002


def test_s1_one_association():
    unit = Neuron(1, nonlin=False, init=constant(0.4))
    optimizer = SGD(unit.w, lr=0.5)  # the lecture's unit has no bias
    y = unit([0.8])
    error = squared_error(y, 0.2)
    error.backward()
    assert_equal([y.data, y.grad, error.data, unit.w[0].grad], [0.32, 0.12, 0.0072, 0.096])
    steps = 0
    while abs(unit.w[0].grad) > 1e-15:
        optimizer.step()
        optimizer.zero_grad()
        squared_error(unit([0.8]), 0.2).backward()
        steps += 1
    assert_equal(unit.w[0].data, 0.25)
    assert steps < 100


@given(SEEDS)
def test_s3_two_inputs_two_associations(seed):
    generator = np.random.default_rng(seed)
    # any two directions that are not nearly the same
    angle = generator.uniform(0, np.pi)
    directions = np.array([angle, angle + generator.uniform(np.pi / 4, 3 * np.pi / 4)])
    xs = np.stack([np.cos(directions), np.sin(directions)], axis=1)
    ys = generator.normal(size=2)
    unit = Neuron(2, nonlin=False)
    unit.w[0].data, unit.w[1].data = -0.8, -1.6
    optimizer = SGD(unit.w, lr=0.5)
    for step in range(2000):
        optimizer.zero_grad()
        total([squared_error(unit(x), y) for x, y in zip(xs, ys, strict=True)]).backward()
        gradient = grads_of(unit.w)
        if step == 0:  # equations 25 to 28
            assert_equal(gradient, (xs @ [-0.8, -1.6] - ys) @ xs)
        if np.abs(gradient).max() < 1e-14:
            break
        optimizer.step()
    assert_equal(data_of(unit.w), np.linalg.solve(xs, ys))


@given(SEEDS, WIDTHS, WIDTHS, st.integers(1, 3))
def test_s4_one_network_equals_one_for_each_output(seed, d, k, associations):
    generator = np.random.default_rng(seed)
    whole = Layer(d, k, nonlin=False, seed=seed)
    parts = [Neuron(d, nonlin=False) for _ in range(k)]
    for part, unit in zip(parts, whole.neurons, strict=True):
        part.load_state_dict(unit.state_dict())
    data = [(generator.normal(size=d), generator.normal(size=k)) for _ in range(associations)]
    for parameters, error in [
        (whole.parameters(), lambda: total([squared_error(whole(x), t) for x, t in data])),
        *(
            (part.parameters(), lambda part=part, j=j: total([squared_error(part(x), t[j]) for x, t in data]))
            for j, part in enumerate(parts)
        ),
    ]:
        optimizer = SGD(parameters, lr=0.05)
        for _ in range(5):
            optimizer.zero_grad()
            error().backward()
            optimizer.step()
    for part, unit in zip(parts, whole.neurons, strict=True):
        assert part.state_dict() == unit.state_dict(), "weight by weight, to the last bit"


@given(SEEDS, WIDTHS, WIDTHS, WIDTHS, st.integers(1, 4))
def test_s6_sigmoid_network_over_all_associations(seed, d, m, k, associations):
    generator = np.random.default_rng(seed)
    model = random_model(generator, [d, m, k], activation=sigmoid, output=sigmoid)
    xs, ts = generator.normal(size=(associations, d)), generator.uniform(size=(associations, k))
    epsilon = 0.3
    first, second = model.layers
    w, v, b, c = weights(first), weights(second), biases(first), biases(second)
    dw, dv = np.zeros_like(w), np.zeros_like(v)
    for x, t in zip(xs, ts, strict=True):
        z = 1 / (1 + np.exp(-(w @ x + b)))
        y = 1 / (1 + np.exp(-(v @ z + c)))
        delta_k = y * (1 - y) * (y - t)
        delta_j = z * (1 - z) * (v.T @ delta_k)  # equation 33
        dw -= epsilon * np.outer(delta_j, x)  # equations 34 and 35
        dv -= epsilon * np.outer(delta_k, z)
    optimizer = SGD(model.parameters(), lr=epsilon)
    total([squared_error(model(x), t) for x, t in zip(xs, ts, strict=True)]).backward()
    optimizer.step()
    assert_equal(weights(first) - w, dw)
    assert_equal(weights(second) - v, dv)
