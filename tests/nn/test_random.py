"""The statistics of random numbers in training, with fixed seeds: dropout, noisy units, symmetry breaking."""

import math
import statistics

import pytest

import nn
from autograd_core import Value, relu, sigmoid, tanh
from nn import MLP, SGD, squared_error
from nn.init import constant, uniform

DRAWS = 20_000
# The tolerance in standard errors. With four, a correct module fails on one seed in 16,000, and the seeds are fixed.
SIGMAS = 4.0


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 0.9])
def test_dropout_drops_its_share_and_keeps_the_mean(p):
    module = nn.Dropout(p, seed=1)
    x = 3.0
    drawn = module([x] * DRAWS)
    assert set(drawn) == ({0.0, x / (1 - p)} if p else {x})
    assert abs(drawn.count(0.0) / DRAWS - p) <= SIGMAS * math.sqrt(p * (1 - p) / DRAWS)
    assert abs(statistics.fmean(drawn) - x) <= SIGMAS * x * math.sqrt(p / (1 - p) / DRAWS) + 1e-12
    assert module.eval()([x, -x]) == [x, -x]


def test_dropout_draws_anew_for_each_input_and_each_call():
    module = nn.Dropout(0.5, seed=2)
    masks = [tuple(y == 0.0 for y in module([1.0] * 8)) for _ in range(2_000)]
    # nearly all of the 256 masks occur, each about 8 times
    counts = [masks.count(mask) for mask in set(masks)]
    assert len(counts) > 250
    assert max(counts) < 30
    together = sum(mask[0] and mask[1] for mask in masks) / len(masks)
    assert abs(together - 0.25) <= SIGMAS * math.sqrt(0.25 * 0.75 / len(masks))


def test_halving_the_weights_at_test_time_is_the_same_network():
    # the lecture multiplies the weights by 1 - p in evaluation; our Dropout instead scales its inputs in training
    p, x = 0.5, [0.3, -1.2, 0.7, 2.0]
    hidden, output = nn.Layer(4, 6, seed=3), nn.Layer(6, 1, nonlin=False, seed=4)
    ours = nn.Sequential(hidden, nn.Dropout(p, seed=5), output)
    theirs = nn.Layer(6, 1, nonlin=False)
    # the trained weights of the lecture's network are ours divided by 1 - p
    for mine, their in zip(output.neurons[0].w, theirs.neurons[0].w, strict=True):
        their.data = mine.data / (1 - p)
    theirs.neurons[0].b.data = output.neurons[0].b.data
    in_training = ours(x).data
    kept = nn.Dropout(p, seed=5).forward([1.0] * 6)
    dropped = [h if k else 0.0 for h, k in zip(hidden(x), kept, strict=True)]
    assert in_training == pytest.approx(theirs(dropped).data, rel=1e-15)
    for w in theirs.neurons[0].w:
        w.data *= 1 - p
    assert ours.eval()(x).data == pytest.approx(theirs(hidden(x)).data, rel=1e-15)


@pytest.mark.parametrize("x", [-1.0, 0.0, 2.0])
def test_noisy_relu_has_the_moments_of_a_rectified_normal(x):
    drawn = nn.NoisyReLU(seed=6)([x] * DRAWS)
    spread = math.sqrt(sigmoid(x))
    phi = math.exp(-0.5 * (x / spread) ** 2) / math.sqrt(2 * math.pi)
    below = 0.5 * math.erfc(x / spread / math.sqrt(2))
    mean = x * (1 - below) + spread * phi
    square = (x * x + spread**2) * (1 - below) + x * spread * phi
    assert min(drawn) == 0.0
    assert abs(drawn.count(0.0) / DRAWS - below) <= SIGMAS * math.sqrt(below * (1 - below) / DRAWS)
    assert abs(statistics.fmean(drawn) - mean) <= SIGMAS * math.sqrt((square - mean**2) / DRAWS)
    assert nn.NoisyReLU().eval()([x, 1.0]) == [relu(x), 1.0]


def train(init, seed, steps):
    model = MLP(2, [4, 1], activation=tanh, init=init, bias=0.1, seed=seed)
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    data = [([0.3, -0.7], 1.0), ([-0.2, 0.4], -1.0), ([0.9, 0.5], 0.5)]
    for _ in range(steps):
        optimizer.zero_grad()
        for x, t in data:
            squared_error(model(x), t).backward()
        optimizer.step()
    return [[p.data for p in unit.parameters()] for unit in model.layers[0].neurons]


def test_identical_units_stay_identical_and_random_ones_do_not():
    units = train(constant(0.3), 0, 100)
    assert units[0] != [0.3, 0.3, 0.1], "training must have changed the units"
    assert units[1:] == units[:1] * 3, "the units must be identical to the last bit"
    for seed in range(20):
        units = train(uniform(-0.5, 0.5), seed, 100)
        assert len({tuple(unit) for unit in units}) == 4


def test_symmetry_is_broken_by_any_difference():
    # one weight of one unit is changed by a millionth: after 2,000 steps, this unit is far from the others, which are
    # still identical
    model = MLP(2, [4, 1], activation=tanh, init=constant(0.3), seed=0)
    model.layers[0].neurons[0].w[0].data += 1e-6
    rows = [([0.0, 0.0], -1.0), ([0.0, 1.0], 1.0), ([1.0, 0.0], 1.0), ([1.0, 1.0], -1.0)]
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(2_000):
        optimizer.zero_grad()
        for x, t in rows:
            squared_error(model(x), t).backward()
        optimizer.step()
    first, *others = [[p.data for p in unit.parameters()] for unit in model.layers[0].neurons]
    assert others[1:] == others[:1] * 2
    assert math.dist(first, others[0]) > 0.1


def test_gradient_of_dropped_inputs_is_zero():
    module = nn.Dropout(0.5, seed=7)
    x = [Value(1.0) for _ in range(50)]
    outputs = module(x)
    sum(outputs, start=Value(0.0)).backward()
    assert {(a.grad, y == 0.0) for a, y in zip(x, outputs, strict=True)} == {(2.0, False), (0.0, True)}
