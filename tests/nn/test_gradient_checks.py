"""Every module, loss and normalisation passes the public gradient check for first and second derivatives."""

import random

import pytest

import nn
from autograd_core import Value, gelu, relu, sigmoid, softplus, square, tanh
from autograd_core import sum as total
from autograd_core.check import check_gradient
from nn import MLP, Layer, Neuron, Sequential
from nn._checks import as_list

# No ReLU's input and no difference of two scores is so close to a kink that a finite difference would cross the kink.
INPUTS = [0.7, -1.3, 0.4]

MODULES = {
    "Neuron": lambda: Neuron(3, activation=tanh, seed=1),
    "Neuron relu": lambda: Neuron(3, seed=1, bias=0.5),
    "Neuron prelu": lambda: Neuron(3, activation=nn.PReLU(), seed=1),
    "Layer": lambda: Layer(3, 2, activation=softplus, seed=2),
    "MLP": lambda: MLP(3, [4, 2], activation=tanh, seed=3, bias=0.1),
    "MLP sigmoid": lambda: MLP(3, [3, 1], activation=gelu, output=sigmoid, seed=4),
    "Sequential": lambda: Sequential(Layer(3, 3, activation=tanh, seed=5), nn.Softmax()),
    "Residual": lambda: nn.Residual(Layer(3, 3, activation=tanh, seed=6)),
    "Residual with shortcut": lambda: nn.Residual(MLP(3, [4, 2], activation=tanh, seed=6), Layer(3, 2, False, seed=7)),
    "Parallel": lambda: Sequential(
        nn.Parallel(nn.Identity(), Layer(3, 2, activation=tanh, seed=8)), Layer(5, 2, activation=tanh, seed=9)
    ),
    "RNN": lambda: nn.RNN(nn.RNNCell(1, 2, seed=10, bias=0.1), Layer(2, 1, nonlin=False, seed=11)),
    "RBF": lambda: nn.RBF([[0.0, 0.5, 0.0], [1.0, -1.0, 0.5]]),
    "MLPConv": lambda: Sequential(nn.MLPConv(2, [3, 2], activation=tanh, seed=12), nn.MeanPool(2)),
    "PReLU": nn.PReLU,
    "NoisyReLU": lambda: nn.NoisyReLU(),
    "Dropout": lambda: nn.Dropout(0.4),
    "L1Norm": nn.L1Norm,
    "L2Norm": nn.L2Norm,
    "Normalize": lambda: nn.Normalize(3).fit([[1.0, 2.0, 3.0], [2.0, 0.0, 7.0], [0.5, 1.0, 1.0]]),
    "Softmax": nn.Softmax,
    "LeakyReLU": nn.LeakyReLU,
    "Identity": nn.Identity,
    "ReLU": nn.ReLU,
    "Sigmoid": nn.Sigmoid,
    "Tanh": nn.Tanh,
    "Softplus": nn.Softplus,
    "SiLU": nn.SiLU,
    "GELU": nn.GELU,
    "Elementwise": lambda: nn.Elementwise(square),
}


def fixed_noise(model):
    """Reseed the model's generators, so that every call draws the same noise."""
    for _, module in model.named_modules():
        if hasattr(module, "generator"):
            module.generator = random.Random(5)


def test_every_module_is_checked():
    classes = {thing for thing in vars(nn).values() if isinstance(thing, type) and issubclass(thing, nn.Module)}
    checked = {type(inner) for make in MODULES.values() for _, inner in make().named_modules()}
    assert classes - checked == {nn.Module}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("make", MODULES.values(), ids=MODULES)
def test_modules(make, order):
    model = make()
    x = [Value(a, f"x{i}") for i, a in enumerate(INPUTS)]
    weights = [0.3, -1.1, 0.8, 0.5, 0.6, -0.4]

    def function():
        fixed_noise(model)
        outputs = as_list(model(x))
        return total([w * square(y) for w, y in zip(weights, outputs, strict=False)])

    report = check_gradient(function, {"x": x, **{name: [p] for name, p in model.named_parameters()}}, order=order,
                            sample=None if order == 1 else 60)
    assert report.ok and not report.not_judged, str(report)


LOSSES = {
    "squared_error": lambda y: nn.squared_error(y, [1.0, 0.0, -1.0]),
    "mse_loss": lambda y: nn.mse_loss(y, [1.0, 0.0, -1.0]),
    "cross_entropy": lambda y: nn.cross_entropy(y, 1),
    "nll_loss": lambda y: nn.nll_loss([-square(a) for a in y], 2),
    "binary_cross_entropy 0": lambda y: nn.binary_cross_entropy(sigmoid(y[0]), 0),
    "binary_cross_entropy 1": lambda y: nn.binary_cross_entropy(sigmoid(y[0]), 1),
    "binary_cross_entropy soft": lambda y: nn.binary_cross_entropy(sigmoid(y[0]), 0.3),
    "binary_cross_entropy_with_logits 0": lambda y: nn.binary_cross_entropy_with_logits(y[0], 0),
    "binary_cross_entropy_with_logits 1": lambda y: nn.binary_cross_entropy_with_logits(y[0], 1),
    "binary_cross_entropy_with_logits soft": lambda y: nn.binary_cross_entropy_with_logits(y[0], 0.3),
    "hinge 1": lambda y: nn.hinge(y[0], 1),
    "hinge -1": lambda y: nn.hinge(y[1], -1),
    "multi_margin_loss": lambda y: nn.multi_margin_loss(y, 2),
    "l1_penalty": nn.l1_penalty,
    "l2_penalty": nn.l2_penalty,
}


def test_every_loss_is_checked():
    public = {name for name in nn.__all__ if getattr(getattr(nn, name), "__module__", "") == "nn.losses"}
    assert {name.split()[0] for name in LOSSES} == public


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_losses(loss, order):
    report = check_gradient(loss, INPUTS, order=order)
    assert report.ok and not report.not_judged, str(report)


def test_kinks_are_recognised():
    report = check_gradient(lambda y: nn.hinge(y, 1), 1.0)
    assert not report.ok
    assert report.worst.verdict == "not judged"
    assert relu(0.0) == 0.0


def test_a_wrong_gradient_is_rejected():
    unit = Neuron(3, activation=tanh, seed=1)
    x = [Value(a) for a in INPUTS]

    def wrong():
        # the added constant scales the result by 1.001, but the backward pass ignores it: the gradient is 0.1 % too low
        y = unit(x)
        return y + Value(0.001 * y.data)

    assert not check_gradient(wrong, {"w": unit.w}).ok
