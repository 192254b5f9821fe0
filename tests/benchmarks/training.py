"""The cost of training, as ratios of the times of two programs that run alternately in this process, on one thread.

    python tests/benchmarks/training.py [--rounds 9]

Two things are measured. One is an epoch of a 64-32-10 network on the real digits, with cross-entropy and gradient
descent, through `nn.fit`. It is compared with the same steps in handwritten NumPy and, if they are installed, in
PyTorch and in scikit-learn's MLPClassifier. The other is a step of a 2-16-16-1 network on 100 points through `nn.MLP`,
compared with the same program on plain floats. Times are medians over the rounds, in seconds of processor time. Epochs
in 1 and 2 other processes (`client`) are measured in wall-clock time. Their ratios have no bound, because their cost
depends on how long a message takes compared with a batch. The exit code is 1 if a ratio is above its bound.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import itertools
import math
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402  # after the number of threads is set

import nn  # noqa: E402
from autograd_core import ENGINE, Value, relu, tanh  # noqa: E402
from nn.datasets import digits  # noqa: E402

Work = Callable[[], Any]
SIZES = [32, 10]


def seconds(work: Work) -> float:
    """Return the processor seconds of a piece of work."""
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def ratio(base: Work, work: Work, rounds: int) -> tuple[float, float]:
    """Return the ratio of the time of `work` to that of `base`, and the seconds of `base`, from alternating runs."""
    base()
    work()
    pairs = [(seconds(base), seconds(work)) for _ in range(rounds)]
    first, second = (statistics.median(column) for column in zip(*pairs, strict=True))
    return second / first, first


# --- An epoch of digits


def ours(rows: Any, size: int, engine: str, fast: bool = False) -> float:
    """Return the median seconds of an epoch of nn.fit, without the first epoch, in which programs are traced."""

    model = nn.MLP(64, SIZES, seed=0)
    marks: list[float] = []
    nn.fit(
        model, nn.cross_entropy, rows, epochs=6, batch_size=size, engine=engine, fast=fast, progress=False,
        callbacks=[lambda history: marks.append(time.process_time())],
    )
    return statistics.median(after - before for before, after in itertools.pairwise(marks))


def by_hand(rows: Any, size: int) -> Work:
    """Return a function that takes the steps of an epoch in handwritten NumPy."""
    x, t = np.array(rows.inputs), np.array(rows.targets)
    draw = np.random.default_rng(0)
    w1, b1, w2, b2 = draw.normal(0, 0.2, (64, 32)), np.zeros(32), draw.normal(0, 0.2, (32, 10)), np.zeros(10)

    def epoch() -> None:
        order = draw.permutation(len(x))
        for start in range(0, len(x), size):
            chosen = order[start : start + size]
            a, labels = x[chosen], t[chosen]
            h = np.maximum(a @ w1 + b1, 0.0)
            z = h @ w2 + b2
            e = np.exp(z - z.max(axis=1, keepdims=True))
            d = e / e.sum(axis=1, keepdims=True)
            d[np.arange(len(d)), labels] -= 1.0
            d /= len(d)
            dh = (d @ w2.T) * (h > 0)
            for weights, gradient in ((w2, h.T @ d), (b2, d.sum(axis=0)), (w1, a.T @ dh), (b1, dh.sum(axis=0))):
                weights -= 0.1 * gradient

    return epoch


def pytorch(rows: Any, size: int) -> Work:
    """Return a function that takes the same steps in PyTorch."""
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    x, t = torch.tensor(rows.inputs, dtype=torch.float64), torch.tensor(rows.targets)
    model = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10)).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def epoch() -> None:
        for chosen in torch.randperm(len(x)).split(size):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x[chosen]), t[chosen]).backward()
            optimizer.step()

    return epoch


def scikit(rows: Any, size: int) -> Work:
    """Return a function that runs an epoch of MLPClassifier."""
    classifier = importlib.import_module("sklearn.neural_network").MLPClassifier(
        (32,), solver="sgd", momentum=0.0, alpha=0.0, batch_size=size, learning_rate_init=0.1
    )
    x, t = np.array(rows.inputs), np.array(rows.targets)
    return lambda: classifier.partial_fit(x, t, classes=range(10))


def epochs(rows: Any, rounds: int) -> list[tuple[str, float, float]]:
    """Compare an epoch with other libraries; return a title, the ratio of the times and its bound for each."""
    found = []
    for size, fast, bounds in (
        (16, False, {"NumPy": 1.0, "PyTorch": 0.5, "MLPClassifier": 0.5}),
        (100, False, {"NumPy": 2.5}),
        (100, True, {"NumPy": 1.25}),
    ):
        for name, bound in bounds.items():
            try:
                other = {"NumPy": by_hand, "PyTorch": pytorch, "MLPClassifier": scikit}[name](rows, size)
            except ImportError as error:
                print(f"{name} is left out: {error}")
                continue
            other()
            pairs = [  # each time is the median of several epochs
                (statistics.median(seconds(other) for _ in range(5)), ours(rows, size, "auto", fast)) for _ in range(rounds)
            ]
            first = statistics.median(base for base, _ in pairs)
            what = f"epoch on the digits in batches of {size}{', fast' if fast else ''} / {name} ({first * 1e3:.1f} ms)"
            found.append((what, statistics.median(mine / base for base, mine in pairs), bound))
    return found


def random_images(count: int) -> tuple[list[list[float]], list[int]]:
    """Return random inputs with as many numbers as images of 28 x 28 pixels, and random classes."""
    draw = random.Random(0)
    return [[draw.random() for _ in range(784)] for _ in range(count)], [draw.randrange(10) for _ in range(count)]


def own_loss(outputs: Any, target: int) -> Value:
    """A loss that `fit` does not recognise, and whose gradient it therefore computes example by example."""
    return nn.cross_entropy(outputs, target)


def processes(digits_rows: Any, rounds: int) -> list[tuple[str, float, float]]:
    """Compare an epoch whose gradients are computed in 1 or 2 other processes with an epoch in this process.

    Times are wall-clock times. Epochs are counted only after the processes have received the rows.
    """

    def epoch(loss: Any, sizes: list[int], rows: Any, size: int, client: Any) -> float:
        marks: list[float] = []
        nn.fit(
            nn.MLP(sizes[0], sizes[1:], seed=0), loss, rows, epochs=6, batch_size=size, client=client,
            progress=False, callbacks=[lambda history: marks.append(time.perf_counter())],
        )
        return min(after - before for before, after in itertools.pairwise(marks[1:]))

    found = []
    with ProcessPoolExecutor(1) as one, ProcessPoolExecutor(2) as two:
        for name, loss, sizes, rows, size in (
            ("digits in batches of 16", nn.cross_entropy, [64, *SIZES], digits_rows, 16),
            ("digits in batches of 100", nn.cross_entropy, [64, *SIZES], digits_rows, 100),
            ("784-128-10 in batches of 500", nn.cross_entropy, [784, 128, 10], random_images(2000), 500),
            ("784-128-10 in batches of 2000", nn.cross_entropy, [784, 128, 10], random_images(2000), 2000),
            ("digits in batches of 100, a loss of your own", own_loss, [64, *SIZES], digits_rows, 100),
        ):
            times = [[epoch(loss, sizes, rows, size, client) for client in (None, one, two)] for _ in range(min(rounds, 3))]
            here = statistics.median(first for first, _, _ in times)
            for count in (1, 2):
                ratio = statistics.median(row[count] / row[0] for row in times)
                what = f"epoch of {name}, {count} process{'es' if count > 1 else ''} / in this process ({here * 1e3:.1f} ms)"
                found.append((what, ratio, math.inf))
    return found


# --- A step on moons


def moons(activation: Any, plain: Callable[[float], float], rounds: int) -> tuple[float, float]:
    """Compare a step through nn.MLP with the plain program's forward pass; return the result of `ratio`.

    The step is that of a 2-16-16-1 network on 100 points, with the hinge loss and a penalty.
    """
    draw = random.Random(0)
    points = [(draw.uniform(-1, 1), draw.uniform(-1, 1), draw.choice([-1.0, 1.0])) for _ in range(100)]
    weights = [
        [([draw.uniform(-1, 1) for _ in range(inputs)], draw.uniform(-0.1, 0.1)) for _ in range(outputs)]
        for inputs, outputs in ((2, 16), (16, 16), (16, 1))
    ]
    model = nn.MLP(2, [16, 16, 1], activation=activation, seed=0)

    def network(x: list[float]) -> float:
        for k, layer in enumerate(weights):
            outputs = []
            for w, b in layer:
                a = b
                for wi, xi in zip(w, x, strict=False):
                    a = a + wi * xi
                outputs.append(plain(a) if k < 2 else a)
            x = outputs
        return x[0]

    def floats() -> None:
        total = 0.0
        for a, b, y in points:
            total = total + max(0.0, 1.0 + (-y) * network([a, b]))
        penalty = 0.0
        for layer in weights:
            for w, b in layer:
                for q in w:
                    penalty = penalty + q * q
                penalty = penalty + b * b

    def values() -> None:
        scores = [model([Value(a), Value(b)]) for a, b, _ in points]
        losses = ((1.0 + (-y) * score).relu() for (_, _, y), score in zip(points, scores, strict=True))
        total = sum(losses, Value(0.0)) * 0.01
        (total + 1e-4 * sum((q * q for q in model.parameters()), Value(0.0))).backward()

    return ratio(floats, values, rounds)


def main() -> int:
    """Measure, print the results, and return 1 if a ratio is above its bound, otherwise 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="how often each program is measured (default 9)")
    rounds = parser.parse_args().rounds
    rows, _ = digits().split(0.2, seed=0)
    gc.freeze()
    found = []
    for name, activation, plain, bound in (
        ("ReLU", relu, lambda a: a if a > 0.0 else 0.0, 1.5),
        ("tanh", tanh, math.tanh, 1.2),
    ):
        times, base = moons(activation, plain, rounds)
        found.append((f"step on moons, {name}, through nn.MLP / plain floats ({base * 1e3:.1f} ms)", times, bound))
    found += epochs(rows, rounds)
    found += processes(rows, rounds)
    for name, times, bound in found:
        print(f"{ENGINE}  {name:86}  {times:6.2f} x  (at most {bound:g}){'' if times <= bound else '  ABOVE'}")
    return int(any(times > bound for _, times, bound in found))


if __name__ == "__main__":
    sys.exit(main())
