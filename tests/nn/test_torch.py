"""Training compared with PyTorch: with the same weights and batches, the losses of 50 steps agree to 1e-10."""

import random
from itertools import pairwise

import pytest

import nn
from autograd_core import gelu, gelu_tanh, leaky_relu, log_softmax, mean, relu, sigmoid, silu, softplus, tanh
from nn import MLP, SGD, Adam, Sequential

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra `bench`)")
F = torch.nn.functional
pytestmark = pytest.mark.slow

STEPS, SIZES = 50, [3, 5, 4, 3]


def batches(kind, seed=0):
    """Return 50 batches of 6 examples, with targets of the given kind."""
    generator = random.Random(seed)
    made = []
    for _ in range(STEPS):
        xs = [[generator.gauss(0.0, 1.0) for _ in range(SIZES[0])] for _ in range(6)]
        ts = {
            "class": lambda x: max(range(3), key=lambda j: x[j]),
            "vector": lambda x: [x[0] * x[1], x[2], -x[0]],
            "binary": lambda x: float(x[0] > x[1]),
            "soft": lambda x: 0.5 + 0.25 * (x[0] > x[1]),
            "sign": lambda x: 1 if x[0] > x[1] else -1,
        }[kind]
        made.append((xs, [ts(x) for x in xs]))
    return made


def torch_network(ours, activation, output=None):
    """Return a function that computes the same layers in PyTorch, and its parameters: the same weights in float64."""
    weights = [
        (
            torch.tensor([[w.data for w in unit.w] for unit in layer.neurons], dtype=torch.float64, requires_grad=True),
            torch.tensor([unit.b.data for unit in layer.neurons], dtype=torch.float64, requires_grad=True),
        )
        for layer in ours.layers
    ]

    def function(x):
        for number, (w, b) in enumerate(weights, 1):
            x = x @ w.T + b
            if number < len(weights):
                x = activation(x)
            elif output is not None:
                x = output(x)
        return x

    return function, [p for pair in weights for p in pair]


def course(ours, loss, optimizer, data):
    losses = []
    for xs, ts in data:
        batch = mean([loss(ours(x), t) for x, t in zip(xs, ts, strict=True)])
        optimizer.zero_grad()
        batch.backward()
        optimizer.step()
        losses.append(batch.data)
    return losses


def torch_course(theirs, loss, optimizer, data):
    losses = []
    for xs, ts in data:
        target = torch.tensor(ts, dtype=torch.int64 if isinstance(ts[0], int) else torch.float64)
        batch = loss(theirs(torch.tensor(xs, dtype=torch.float64)), target)
        optimizer.zero_grad()
        batch.backward()
        optimizer.step()
        losses.append(batch.item())
    return losses


def assert_same(ours, theirs):
    assert len(ours) == len(theirs) == STEPS
    largest = max(abs(a - b) for a, b in zip(ours, theirs, strict=True))
    print(f"largest difference between the losses of {STEPS} steps: {largest:.1e}")
    assert largest <= 1e-10
    assert ours[0] != ours[-1]


OPTIMIZERS = {
    "SGD": ({"lr": 0.1}, SGD, torch.optim.SGD),
    "SGD weight decay": ({"lr": 0.1, "weight_decay": 0.05}, SGD, torch.optim.SGD),
    "SGD momentum": ({"lr": 0.05, "momentum": 0.9}, SGD, torch.optim.SGD),
    "SGD momentum weight decay": ({"lr": 0.05, "momentum": 0.8, "weight_decay": 0.01}, SGD, torch.optim.SGD),
    "Nesterov": ({"lr": 0.05, "momentum": 0.9, "nesterov": True}, SGD, torch.optim.SGD),
    "Adam": ({"lr": 0.02}, Adam, torch.optim.Adam),
    "Adam settings": (
        {"lr": 0.02, "betas": (0.7, 0.95), "eps": 1e-6, "weight_decay": 0.01}, Adam, torch.optim.Adam,
    ),
}


@pytest.mark.parametrize(("options", "ours", "theirs"), OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_optimisers(options, ours, theirs):
    model = MLP(SIZES[0], SIZES[1:], activation=tanh, seed=1)
    other, parameters = torch_network(model, torch.tanh)
    data = batches("class")
    assert_same(
        course(model, nn.cross_entropy, ours(model.parameters(), **options), data),
        torch_course(other, F.cross_entropy, theirs(parameters, **options), data),
    )


LOSSES = {
    "squared_error": ("vector", 3, nn.squared_error, lambda y, t: 0.5 * F.mse_loss(y, t, reduction="sum") / len(t)),
    "mse_loss": ("vector", 3, nn.mse_loss, F.mse_loss),
    "cross_entropy": ("class", 3, nn.cross_entropy, F.cross_entropy),
    "nll_loss": (
        "class", 3, lambda y, t: nn.nll_loss(log_softmax(y), t),
        lambda y, t: F.nll_loss(F.log_softmax(y, dim=1), t),
    ),
    "multi_margin_loss": ("class", 3, nn.multi_margin_loss, F.multi_margin_loss),
    "binary_cross_entropy": (
        "binary", 1, lambda y, t: nn.binary_cross_entropy(sigmoid(y), t),
        lambda y, t: F.binary_cross_entropy(torch.sigmoid(y[:, 0]), t),
    ),
    "binary_cross_entropy_with_logits": (
        "binary", 1, nn.binary_cross_entropy_with_logits, lambda y, t: F.binary_cross_entropy_with_logits(y[:, 0], t),
    ),
    "binary_cross_entropy_with_logits soft": (
        "soft", 1, nn.binary_cross_entropy_with_logits, lambda y, t: F.binary_cross_entropy_with_logits(y[:, 0], t),
    ),
    "hinge": ("sign", 1, nn.hinge, lambda y, t: torch.relu(1 - t * y[:, 0]).mean()),
}


@pytest.mark.parametrize(("kind", "outputs", "ours", "theirs"), LOSSES.values(), ids=LOSSES)
def test_losses(kind, outputs, ours, theirs):
    model = MLP(SIZES[0], [*SIZES[1:-1], outputs], activation=tanh, seed=2)
    other, parameters = torch_network(model, torch.tanh)
    data = batches(kind)
    assert_same(
        course(model, ours, SGD(model.parameters(), lr=0.05, momentum=0.9), data),
        torch_course(other, theirs, torch.optim.SGD(parameters, lr=0.05, momentum=0.9), data),
    )


ACTIVATIONS = {
    "relu": (relu, torch.relu),
    "tanh": (tanh, torch.tanh),
    "sigmoid": (sigmoid, torch.sigmoid),
    "softplus": (softplus, F.softplus),
    "leaky_relu": (leaky_relu, F.leaky_relu),
    "silu": (silu, F.silu),
    "gelu": (gelu, F.gelu),
    "gelu_tanh": (gelu_tanh, lambda x: F.gelu(x, approximate="tanh")),
    "none": (lambda x: x, lambda x: x),
}


@pytest.mark.parametrize(("ours", "theirs"), ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_activations(ours, theirs):
    model = MLP(SIZES[0], SIZES[1:], activation=ours, seed=3)
    other, parameters = torch_network(model, theirs)
    data = batches("class")
    assert_same(
        course(model, nn.cross_entropy, SGD(model.parameters(), lr=0.1), data),
        torch_course(other, F.cross_entropy, torch.optim.SGD(parameters, lr=0.1), data),
    )


LAYERWISE = {
    "softmax": (nn.Softmax, lambda x: torch.softmax(x, dim=1)),
    "l1": (nn.L1Norm, lambda x: F.normalize(x, p=1, dim=1)),
    "l2": (nn.L2Norm, lambda x: F.normalize(x, p=2, dim=1)),
}


@pytest.mark.parametrize(("ours", "theirs"), LAYERWISE.values(), ids=LAYERWISE)
def test_activations_of_a_whole_layer(ours, theirs):
    model = MLP(SIZES[0], SIZES[1:], activation=tanh, seed=4)
    other, parameters = torch_network(model, torch.tanh, output=theirs)
    data = batches("vector")
    assert_same(
        course(Sequential(model, ours()), nn.mse_loss, SGD(model.parameters(), lr=0.1), data),
        torch_course(other, F.mse_loss, torch.optim.SGD(parameters, lr=0.1), data),
    )


def test_prelu_and_its_slope():
    slope = nn.PReLU(0.25)
    model = MLP(SIZES[0], SIZES[1:], activation=slope, seed=5)
    beta = torch.tensor(0.25, dtype=torch.float64, requires_grad=True)
    other, parameters = torch_network(model, lambda x: F.prelu(x, beta))
    data = batches("class")
    assert len(model.parameters()) == sum((a + 1) * b for a, b in pairwise(SIZES)) + 1
    assert_same(
        course(model, nn.cross_entropy, SGD(model.parameters(), lr=0.1), data),
        torch_course(other, F.cross_entropy, torch.optim.SGD([*parameters, beta], lr=0.1), data),
    )
    assert slope.slope.data == pytest.approx(beta.item(), rel=1e-10)
    assert slope.slope.data != 0.25


def test_a_recurrent_cell():
    cell = nn.RNNCell(2, 3, seed=6)
    weight = torch.tensor([[w.data for w in unit.w] for unit in cell.layer.neurons], dtype=torch.float64)
    theirs = torch.nn.RNNCell(2, 3, dtype=torch.float64)
    with torch.no_grad():
        theirs.weight_ih.copy_(weight[:, :2])
        theirs.weight_hh.copy_(weight[:, 2:])
        theirs.bias_ih.zero_()
        theirs.bias_hh.zero_()
    sequence = [[0.5, -1.0], [2.0, 0.3], [-0.7, 0.1]]
    h = None
    for x, found in zip(sequence, cell.unroll(sequence), strict=True):
        h = theirs(torch.tensor([x], dtype=torch.float64), h)
        assert [a.data for a in found] == pytest.approx(h[0].tolist(), rel=1e-14)


@pytest.mark.parametrize("limit", [0.1, 100.0])
def test_clipping_the_norm(limit):
    model = MLP(SIZES[0], SIZES[1:], activation=tanh, seed=7)
    other, parameters = torch_network(model, torch.tanh)
    xs, ts = batches("class")[0]
    mean([nn.cross_entropy(model(x), t) for x, t in zip(xs, ts, strict=True)]).backward()
    F.cross_entropy(other(torch.tensor(xs, dtype=torch.float64)), torch.tensor(ts)).backward()
    found = nn.clip_grad_norm(model.parameters(), limit)
    assert found == pytest.approx(torch.nn.utils.clip_grad_norm_(parameters, limit).item(), rel=1e-12)
    # PyTorch divides by the norm plus 1e-6
    unit = model.layers[0].neurons[0]
    assert [w.grad for w in unit.w] == pytest.approx(parameters[0].grad[0].tolist(), rel=1e-5)


def test_a_rate_that_falls():
    def rate(step):
        return 0.1 / (1 + step)

    model = MLP(SIZES[0], SIZES[1:], activation=tanh, seed=8)
    other, parameters = torch_network(model, torch.tanh)
    data = batches("class")
    theirs = torch.optim.SGD(parameters, lr=1.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(theirs, rate)
    losses = []
    for batch in data:
        losses += torch_course(other, F.cross_entropy, theirs, [batch])
        schedule.step()
    assert_same(course(model, nn.cross_entropy, SGD(model.parameters(), lr=rate), data), losses)
