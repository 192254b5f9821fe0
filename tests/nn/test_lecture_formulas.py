"""The lectures' listings and equations, written out in NumPy and compared with the modules' graphs to 1e-12."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value, gradients, jacobian, log, log_softmax, mean, relu, sigmoid, tanh
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
    """Return a network with random weights and random biases."""
    model = MLP(sizes[0], sizes[1:], seed=int(generator.integers(2**32)), **arguments)
    for layer in model.layers:
        for neuron in layer.neurons:
            neuron.b.data = generator.normal()
    return model


def run(model, x):
    """Return the signals before each layer's activation, and the outputs after it, starting with the inputs."""
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
    # any two directions that are not nearly parallel
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
        assert part.state_dict() == unit.state_dict(), "each weight must agree to the last bit"


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


# -- 003


NUMBERS = st.lists(st.floats(-5, 5).filter(lambda x: abs(x) > 1e-3), min_size=1, max_size=6)


@given(NUMBERS)
def test_u4_softmax_has_a_full_jacobian_and_sigmoid_a_diagonal_one(x):
    # a single output is returned without a list
    found = jacobian(lambda x: nn.Softmax().forward(x))(x)
    a = np.exp(x) / np.exp(x).sum()
    assert_equal(found, np.diag(a) - np.outer(a, a))
    found = jacobian(lambda x: nn.Sigmoid().forward(x))(x)
    s = 1 / (1 + np.exp(-np.array(x)))
    assert_equal(found, np.diag(s * (1 - s)))


SIGMA = {"value": lambda x: 1 / (1 + np.exp(-x)), "slope": lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2}
GALLERY = [
    (nn.Sigmoid(), SIGMA["value"], SIGMA["slope"]),
    (nn.Tanh(), np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    (nn.ReLU(), lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0),
    (nn.Softplus(), lambda x: np.log(1 + np.exp(x)), SIGMA["value"]),
    (nn.LeakyReLU(), lambda x: np.where(x > 0, x, 0.01 * x), lambda x: np.where(x > 0, 1.0, 0.01)),
    (nn.PReLU(0.3), lambda x: np.where(x > 0, x, 0.3 * x), lambda x: np.where(x > 0, 1.0, 0.3)),
    (nn.SiLU(), lambda x: x * SIGMA["value"](x), lambda x: SIGMA["value"](x) + x * SIGMA["slope"](x)),
    (nn.NoisyReLU().eval(), lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0),
    (nn.Dropout(0.5).eval(), lambda x: x, np.ones_like),
]


@pytest.mark.parametrize(("module", "value", "slope"), GALLERY, ids=lambda thing: getattr(thing, "name", ""))
@given(x=NUMBERS)
def test_u8_elementwise_modules(module, value, slope, x):
    nodes = [Value(a) for a in x]
    outputs = module.forward(nodes)
    total(outputs).backward()
    x = np.array(x)
    assert_equal(data_of(outputs), value(x))
    assert_equal(grads_of(nodes), slope(x))


@given(x=NUMBERS)
def test_u8_prelu_trains_its_slope(x):
    module = nn.PReLU(0.3)
    total([*module.forward(x), Value(0.0)]).backward()
    assert_equal(module.slope.grad, sum(a for a in x if a < 0))


@given(SEEDS, NUMBERS)
def test_u8_noise_and_dropout_in_training(seed, x):
    nodes = [Value(a) for a in x]
    outputs = nn.NoisyReLU(seed=seed).forward(nodes)
    total(outputs).backward()
    generator = nn.init.generator_from(seed)
    noise = np.array([generator.gauss(0.0, 1.0) for _ in x])
    a = np.array(x)
    spread = np.sqrt(SIGMA["value"](a))
    inside = a + noise * spread
    assert_equal(data_of(outputs), np.maximum(inside, 0))
    assert_equal(grads_of(nodes), (inside > 0) * (1 + noise * SIGMA["slope"](a) / (2 * spread)))

    nodes = [Value(a) for a in x]
    outputs = nn.Dropout(0.25, seed=seed).forward(nodes)
    generator = nn.init.generator_from(seed)
    kept = np.array([generator.random() >= 0.25 for _ in x])
    assert_equal(data_of(outputs), kept * np.array(x) / 0.75)
    total([*outputs, Value(0.0)]).backward()
    assert_equal(grads_of(nodes), kept / 0.75)


@given(SEEDS, WIDTHS)
def test_u8_linear_module(seed, d):
    generator = np.random.default_rng(seed)
    unit = Neuron(d, nonlin=False, seed=seed)
    x = [Value(a) for a in generator.normal(size=d)]
    unit(x).backward()
    assert_equal(grads_of(x), data_of(unit.w))
    assert_equal(grads_of(unit.w), data_of(x))


@given(NUMBERS)
def test_u8_normalisations(x):
    a = np.array(x)
    found = jacobian(lambda x: nn.L2Norm().forward(x))(x)
    length = np.linalg.norm(a)
    unit = a / length
    assert_equal(nn.L2Norm().forward(x), unit)
    assert_equal(np.array(found) * length, np.eye(len(a)) - np.outer(unit, unit))
    found = jacobian(lambda x: nn.L1Norm().forward(x))(x)
    length = np.abs(a).sum()
    assert_equal(nn.L1Norm().forward(x), a / length)
    assert_equal(np.array(found) * length, np.eye(len(a)) - np.outer(a / length, np.sign(a)))


@given(SEEDS, st.integers(2, 6))
def test_u8_losses(seed, k):
    generator = np.random.default_rng(seed)
    x, y = generator.normal(size=k), generator.normal(size=k)
    label = int(generator.integers(k))
    one_hot = np.eye(k)[label]
    # the Euclidean loss
    nodes = [Value(a) for a in x]
    loss = squared_error(nodes, y)
    loss.backward()
    assert_equal(loss.data, 0.5 * ((x - y) ** 2).sum())
    assert_equal(grads_of(nodes), x - y)
    # cross-entropy of probabilities: the derivative is -y/x, not -1/x as in the text
    p = np.exp(x) / np.exp(x).sum()
    nodes = [Value(a) for a in p]
    loss = nn.nll_loss([log(a) for a in nodes], label)
    loss.backward()
    assert_equal(loss.data, -np.log(p[label]))
    assert_equal(grads_of(nodes), -one_hot / p)
    # combined with softmax, both as one function and as two functions
    for joined in (nn.cross_entropy, lambda z, t: nn.nll_loss(log_softmax(z), t)):
        nodes = [Value(a) for a in x]
        loss = joined(nodes, label)
        loss.backward()
        assert_equal(loss.data, -np.log(p[label]))
        assert_equal(grads_of(nodes), p - one_hot)
    # combined with the sigmoid, both as one function and as two functions
    t, s = float(generator.uniform()), 1 / (1 + np.exp(-x[0]))
    for target in (0.0, 1.0, t):
        for joined in (nn.binary_cross_entropy_with_logits, lambda z, t: nn.binary_cross_entropy(sigmoid(z), t)):
            z = Value(x[0])
            loss = joined(z, target)
            loss.backward()
            assert_equal(loss.data, -(target * np.log(s) + (1 - target) * np.log(1 - s)))
            assert_equal(z.grad, s - target)
    # hinge loss, for two classes and for several
    for target in (-1, 1):
        z = Value(x[0])
        loss = nn.hinge(z, target)
        loss.backward()
        assert_equal([loss.data, z.grad], [max(0.0, 1 - target * x[0]), -target * (1 - target * x[0] > 0)])
    nodes = [Value(a) for a in x]
    loss = nn.multi_margin_loss(nodes, label)
    loss.backward()
    wrong = ((1 - x[label] + x) > 0) * (1 - one_hot)
    assert_equal(loss.data, (wrong * (1 - x[label] + x)).sum() / k)
    assert_equal(grads_of(nodes), (wrong - one_hot * wrong.sum()) / k)


# -- 004


@given(SEEDS, WIDTHS)
def test_o2_logistic_regression_is_one_unit(seed, d):
    generator = np.random.default_rng(seed)
    unit = Neuron(d, activation=sigmoid, seed=seed)
    unit.b.data = generator.normal()
    x, y = generator.normal(size=d), int(generator.integers(2))
    nn.binary_cross_entropy(unit(x), y).backward()
    a = 1 / (1 + np.exp(-(data_of(unit.w) @ x + unit.b.data)))
    assert_equal(grads_of(unit.w), (a - y) * x)
    assert_equal(unit.b.grad, a - y)


@given(SEEDS)
def test_o4_equations_of_the_toy_model(seed):
    generator = np.random.default_rng(seed)
    model = random_model(generator, [2, 2, 1], activation=tanh, output=sigmoid)
    x, y = generator.normal(size=2), int(generator.integers(2))
    hidden, output = model.layers
    (z2, z3), (_, a2, a3) = run(model, x)
    loss = nn.binary_cross_entropy(a3, y)
    loss.backward()
    w2, w3, b2, b3 = weights(hidden), weights(output), biases(hidden), biases(output)
    a2_, z2_ = np.tanh(w2 @ x + b2), w2 @ x + b2
    z3_ = w3 @ a2_ + b3
    a3_ = 1 / (1 + np.exp(-z3_))
    assert_equal(data_of(z2), z2_)  # 14
    by_z2, by_z3 = grads_of(z2), grads_of(z3)
    assert_equal(weight_grads(hidden), np.outer(x, by_z2).T)  # 15, 16
    assert_equal(weight_grads(output), np.outer(a2_, by_z3).T)  # 17
    assert_equal(biases(hidden, grads_of), by_z2)  # 18
    assert_equal(biases(output, grads_of), by_z3)  # 19
    assert_equal(loss.data, -(y * np.log(a3_[0]) + (1 - y) * np.log(1 - a3_[0])))  # 20
    assert_equal(grads_of(a3), (a3_ - y) / (a3_ * (1 - a3_)))  # 21
    assert_equal(gradients(a3[0], z3), a3_ * (1 - a3_))  # 22
    assert_equal(by_z3, a3_ - y)  # 23, with the correct sign
    assert_equal(gradients(z3[0], a2), w3[0])  # 24, in which the text has z² instead of a²
    by_row = [gradients(a, z2) for a in a2]
    assert_equal(by_row, np.diag(1 - a2_**2))  # 25, in the layout of 11
    assert_equal(by_z2, (a3_ - y) @ w3 @ np.diag(1 - a2_**2))  # 26
    # 13: the Jacobian of a composition is the product of the Jacobians
    assert_equal(gradients(z3[0], z2), np.array([gradients(z3[0], a2)])[0] @ np.array(by_row))


@pytest.mark.parametrize("last", ["sigmoid", "softmax"])
@given(seed=SEEDS, sizes=st.lists(WIDTHS, min_size=2, max_size=5))
def test_o5_forward_and_backward_equations_of_any_depth(last, seed, sizes):
    generator = np.random.default_rng(seed)
    sizes = [*sizes[:-1], sizes[-1] + (last == "softmax")]  # for softmax, at least two classes
    model = random_model(generator, sizes, activation=tanh)
    x = generator.normal(size=sizes[0])
    signals, _ = run(model, x)
    if last == "softmax":  # f_L acts on the whole layer, with a full Jacobian
        target = int(generator.integers(sizes[-1]))
        a_last = nn.Softmax().forward(signals[-1])
        nn.nll_loss([log(a) for a in a_last], target).backward()
    else:
        target = generator.uniform(size=sizes[-1])
        a_last = nn.Sigmoid().forward(signals[-1])
        squared_error(a_last, target).backward()

    ws, bs = [weights(layer) for layer in model.layers], [biases(layer) for layer in model.layers]
    a, zs = [x], []
    for level, (w, b) in enumerate(zip(ws, bs, strict=True)):
        zs.append(w @ a[-1] + b)  # FE1
        if level < len(ws) - 1:
            a.append(np.tanh(zs[-1]))  # FE2
        else:
            a.append(np.exp(zs[-1]) / np.exp(zs[-1]).sum() if last == "softmax" else 1 / (1 + np.exp(-zs[-1])))
    if last == "softmax":
        by_a = np.zeros(sizes[-1])
        by_a[target] = -1 / a[-1][target]
        jacobian_last = np.diag(a[-1]) - np.outer(a[-1], a[-1])
    else:
        by_a = a[-1] - target
        jacobian_last = np.diag(a[-1] * (1 - a[-1]))
    by_z = by_a @ jacobian_last  # BE1
    assert_equal(data_of(a_last), a[-1])
    for level in range(len(ws) - 1, -1, -1):
        assert_equal(data_of(signals[level]), zs[level])
        assert_equal(grads_of(signals[level]), by_z)
        assert_equal(weight_grads(model.layers[level]), np.outer(a[level], by_z).T)  # BE3
        assert_equal(biases(model.layers[level], grads_of), by_z)  # BE4
        if level:
            by_z = by_z @ ws[level] @ np.diag(1 - a[level] ** 2)  # BE2


def test_o6_saturation_of_the_not_gate():
    # for x = -1 and target 1, z = -5 requires w = +5; the text's w = -5 would give z = +5
    for loss, slope in [
        (lambda a, y: nn.mse_loss(a, y), -0.01321),
        (lambda a, y: nn.binary_cross_entropy(a, y), -0.99331),
    ]:
        unit = Neuron(1, activation=sigmoid, init=constant(5.0))
        a = unit([-1.0])
        loss(a, 1).backward()
        [z] = a.operands
        assert z.data == -5.0
        assert round(z.grad, 5) == slope
        # the closed forms agree too
        s = 1 / (1 + np.exp(5.0))
        assert_equal(z.grad, 2 * (s - 1) * s * (1 - s) if slope > -0.5 else s - 1)
