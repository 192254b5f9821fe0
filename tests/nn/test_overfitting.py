"""Remedies against overfitting: each lowers the held-out error of a baseline that overfits on purpose.

The baseline has 97 parameters for 40 noisy examples and is trained until it fits their noise. Its size, the length of
training and the strength of each remedy were chosen with the seeds 100 to 105; the assertions are about the seeds 0 to
9, which played no part in these choices. A run's data, weights and noise are all determined by its seed, and a remedy
is compared with the baseline seed by seed.
"""

import math
import random
import statistics
from functools import cache

import pytest

import nn
from autograd_core import tanh
from nn import Adam, Dropout, Layer, Sequential, evaluate, fit, mse_loss

pytestmark = pytest.mark.slow
SEEDS = range(10)
T_975_OF_9 = 2.262157  # Student's t, for a 95 % interval from ten differences


def sample(n, seed):
    """Return examples with six inputs; the target is sin πx with noise, where x is the first input."""
    generator = random.Random(seed)
    xs = [[generator.uniform(-1.0, 1.0) for _ in range(6)] for _ in range(n)]
    return xs, [math.sin(math.pi * x[0]) + generator.gauss(0.0, 0.4) for x in xs]


def run(seed, dropout=0.0, bound=None, stop_early=False, **options):
    """Train, and return the error on 300 held-out examples and on the 40 training examples."""
    xs, ts = sample(40, seed)
    model = Sequential(
        Layer(6, 12, activation=tanh, seed=seed), Dropout(dropout, seed=seed + 2),
        Layer(12, 1, nonlin=False, seed=seed + 1),
    )
    data = (xs, ts)
    if stop_early:  # a quarter of the training examples is set aside to decide when to stop
        data = (xs[:30], ts[:30])
        options |= {"validation": (xs[30:], ts[30:]), "patience": 20}
    optimizer = Adam(model.parameters(), lr=0.03, bound=bound)
    fit(model, mse_loss, data, epochs=160, batch_size=None, optimizer=optimizer, seed=seed, **options)
    return evaluate(model, mse_loss, sample(300, seed + 1000)), evaluate(model, mse_loss, (xs, ts))


@cache
def baseline():
    return [run(seed) for seed in SEEDS]


def mirrored(x, generator):
    """Return a variation of an example, in which each irrelevant input may have changed sign."""
    return [x[0], *(a if generator.random() < 0.5 else -a for a in x[1:])]


REMEDIES = {
    "early stopping": {"stop_early": True},
    "dropout": {"dropout": 0.3},
    "l2 penalty": {"penalty": lambda ps: 0.01 * nn.l2_penalty(ps)},
    "l1 penalty": {"penalty": lambda ps: 0.01 * nn.l1_penalty(ps)},
    "input noise": {"input_noise": 0.2},
    "bounded weights": {"bound": 0.5},
    "augmentation": {"augment": mirrored},
}


def test_the_baseline_overfits():
    held_out, trained = (statistics.fmean(errors) for errors in zip(*baseline(), strict=True))
    print(f"baseline: held-out error {held_out:.4f}, training error {trained:.4f}, noise 0.16")
    assert trained < 0.16 / 4
    assert held_out > 3 * 0.16


@pytest.mark.parametrize("options", REMEDIES.values(), ids=REMEDIES)
def test_a_remedy_lowers_the_held_out_error(options):
    differences = [run(seed, **options)[0] - base for seed, (base, _) in zip(SEEDS, baseline(), strict=True)]
    mean = statistics.fmean(differences)
    half = T_975_OF_9 * statistics.stdev(differences) / math.sqrt(len(differences))
    print(f"change in held-out error {mean:.4f}, 95 % interval {mean - half:.4f} to {mean + half:.4f}")
    assert mean + half < 0
