"""The results of networks trained with fixed seeds; they are the same on both engines, to the last bit.

Settings were chosen with seeds other than those tested here. If a held-out set is small, the assertion is about the
mean over several splits.
"""

import random
import statistics

import pytest

import nn
from autograd_core import Value, tanh
from nn import MLP, SGD, Adam, Layer, Sequential, accuracy, cross_entropy, fit
from nn.datasets import Dataset, circles, digits, iris, moons, spirals, xor


@pytest.mark.parametrize("seed", range(3))
def test_xor_is_learnt_without_an_error(seed):
    model = MLP(2, [4, 1], activation=tanh, seed=seed)
    optimizer = SGD(model.parameters(), lr=0.5, momentum=0.9)
    fit(model, nn.binary_cross_entropy_with_logits, xor(), epochs=200, batch_size=None, optimizer=optimizer)
    assert accuracy(model, xor()) == 1.0


@pytest.mark.parametrize("seed", [1337, pytest.param(0, marks=pytest.mark.slow)])
def test_moons_as_a_micrograd_program(seed):
    """micrograd's best-known program, with micrograd's calls: a 2-16-16-1 network, max-margin loss, 100 steps."""
    points = moons(100, noise=0.1, seed=0)
    examples = [([Value(x), Value(y)], target) for (x, y), target in zip(points.inputs, points.targets, strict=True)]
    random.seed(seed)
    model = MLP(2, [16, 16, 1])
    for step in range(100):
        margins = [(1 - target * model(x)).relu() for x, target in examples]
        objective = sum(margins) / len(margins) + 0.0001 * sum(p**2 for p in model.parameters())
        model.zero_grad()
        objective.backward()
        for p in model.parameters():
            p.data -= (1.0 - 0.009 * step) * p.grad
    right = sum(target * model(x).data > 0 for x, target in examples)
    print(f"moons: loss {objective.data:.4f} before the last step, {right} of {len(examples)} correct after it")
    assert right >= 99


def mean_accuracy(of, seeds):
    found = [of(seed) for seed in seeds]
    print("held-out accuracy", " ".join(f"{x:.3f}" for x in found), f"mean {statistics.fmean(found):.3f}")
    return statistics.fmean(found)


def test_iris():
    def run(seed):
        train, held_out = iris().split(0.2, seed)
        model = Sequential(nn.Normalize(4).fit(train.inputs), MLP(4, [8, 3], activation=tanh, seed=seed))
        optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
        fit(model, cross_entropy, train, epochs=20, batch_size=16, optimizer=optimizer)
        return accuracy(model, held_out)

    assert mean_accuracy(run, range(5)) >= 0.95


def test_radial_bases_learn_circles():
    def run(seed):
        train, held_out = circles(200, 0.1, seed).split(0.25, seed)
        bases = nn.RBF(nn.kmeans(train.inputs, 8, seed))
        model = Sequential(bases, Layer(8, 1, nonlin=False, seed=seed))
        optimizer = Adam(model.parameters(), lr=0.1)
        fit(model, nn.binary_cross_entropy_with_logits, train, epochs=20, batch_size=10, optimizer=optimizer)
        return accuracy(model, held_out)

    assert mean_accuracy(run, range(3)) >= 0.95


@pytest.mark.slow
def test_digits():
    train, held_out = digits().split(0.2, seed=0)
    model = MLP(64, [32, 10], seed=0)
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.5)
    fit(model, cross_entropy, train, epochs=10, batch_size=16, optimizer=optimizer)
    share = accuracy(model, held_out)
    print(f"digits 64-32-10: held-out accuracy {share:.3f}")
    assert share >= 0.95


@pytest.mark.slow
def test_a_residual_network_learns_spirals():
    def run(seed):
        train, held_out = spirals(200, 0.02, seed).split(0.25, seed)
        blocks = [nn.Residual(MLP(8, [8, 8], activation=tanh, seed=seed + i)) for i in (1, 2, 3)]
        model = Sequential(
            Layer(2, 8, activation=tanh, seed=seed), *blocks, Layer(8, 2, nonlin=False, seed=seed)
        )
        fit(model, cross_entropy, train, epochs=40, batch_size=10, optimizer=Adam(model.parameters(), lr=0.01))
        return accuracy(model, held_out)

    assert mean_accuracy(run, range(3)) >= 0.95


@pytest.mark.slow
def test_a_recurrent_network_remembers_the_first_of_eight_signs():
    def run(seed):
        rows = [[1.0 if code >> bit & 1 else -1.0 for bit in range(8)] for code in range(256)]
        train, held_out = Dataset("signs", rows, [int(row[0]) for row in rows]).split(0.25, seed)
        model = nn.RNN(nn.RNNCell(1, 8, seed=seed), Layer(8, 1, nonlin=False, seed=seed))
        fit(
            model, nn.hinge, train, epochs=12, batch_size=16, max_norm=1.0,
            optimizer=Adam(model.parameters(), lr=0.02),
        )
        return accuracy(model, held_out)

    assert mean_accuracy(run, range(3)) >= 0.95


def signals(n, seed):
    """Return noisy signals, each with one of two shapes at a random position: down-up-up or up-down-up."""
    generator, rows = random.Random(seed), []
    for number in range(n):
        row = [generator.gauss(0.0, 0.2) for _ in range(12)]
        start = generator.randrange(10)
        for k, a in enumerate([(-1.0, 1.0, 1.0), (1.0, -1.0, 1.0)][number % 2]):
            row[start + k] += a
        rows.append(row)
    return Dataset("signals", rows, [number % 2 for number in range(n)])


@pytest.mark.slow
def test_network_in_network_finds_a_shape_wherever_it_is():
    def run(seed):
        train, held_out = signals(300, seed).split(0.25, seed)
        model = Sequential(
            nn.MLPConv(3, [6, 4], bias=0.1, seed=seed), nn.MeanPool(4), Layer(4, 2, nonlin=False, seed=seed)
        )
        fit(model, cross_entropy, train, epochs=15, batch_size=10, optimizer=Adam(model.parameters(), lr=0.03))
        return accuracy(model, held_out)

    # with 200 signals, the seeds 0 to 2 reached 0.947 on average; the seeds below played no part in choosing 300
    assert mean_accuracy(run, range(10, 13)) >= 0.95
