"""The demo of the command line: a network learns real digits, its gradient is checked, one loss is drawn."""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograd_core import no_record
from autograd_core import sum as total
from autograd_core._drawing.files import write_drawing
from autograd_core.check import check_gradient

from .datasets import Dataset, digits
from .layers import MLP
from .losses import cross_entropy
from .optim import SGD

BATCH = 16
LEARNING_RATE = 0.1


def demo(output: Path, epochs: int = 10, seed: int = 0) -> None:
    """Train a 64-16-10 network on the UCI digits, print what it reaches, and draw the loss of one example.

    Args: `output`, the picture's file (where no layout engine is found, its DOT source beside it); `epochs`, passes
    over the 1,437 training images; `seed`, of the split, the weights and the shuffling.
    """
    training, held_out = digits().split(0.2, seed)
    print(f"{training!r}\n{held_out!r}")
    model = MLP(64, [16, 10], seed=seed)
    print(f"{model!r}: {len(model.parameters()):,} parameters, trained one scalar at a time")
    train(model, training, held_out, epochs, random.Random(seed))
    [(_, most)] = Counter(held_out.targets).most_common(1)
    majority = most / len(held_out)
    print(f"\ntrain accuracy     {accuracy(model, training):.3f}")
    print(f"held-out accuracy  {accuracy(model, held_out):.3f}   (always the most frequent digit: {majority:.3f})")

    few = range(3)
    report = check_gradient(
        lambda: total([cross_entropy(model(held_out.inputs[i]), int(held_out.targets[i])) for i in few]),
        [parameter for layer in model.layers for neuron in layer.neurons for parameter in (neuron.w, neuron.b)],
        sample=24,
    )
    print(f"\ngradient check against central differences, a sample of the trained network's weights:\n{report}")

    loss = cross_entropy(model(held_out.inputs[0]), int(held_out.targets[0]))
    loss.label = "loss"
    loss.backward()
    print(f"\nthe graph of one example's loss, forward and backward: {write_drawing(loss, output)}")


def train(model: MLP, training: Dataset, held_out: Dataset, epochs: int, generator: random.Random) -> None:
    """Plain gradient descent on mini-batches, shuffled each epoch, with a line of progress for each."""
    optimiser = SGD(model.parameters(), lr=LEARNING_RATE)
    order = list(range(len(training)))
    start = time.perf_counter()
    for epoch in range(1, epochs + 1):
        generator.shuffle(order)
        losses = []
        for at in range(0, len(order), BATCH):
            rows = order[at : at + BATCH]
            loss = total([cross_entropy(model(training.inputs[i]), int(training.targets[i])) for i in rows]) / len(rows)
            model.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.data)
            if sys.stdout.isatty():
                print(f"\repoch {epoch:2d}  {at / len(order):4.0%}", end="", flush=True)
        print(
            f"\repoch {epoch:2d}  loss {sum(losses) / len(losses):.3f}"
            f"  held-out accuracy {accuracy(model, held_out):.3f}"
            f"  {time.perf_counter() - start:5.1f} s",
            flush=True,
        )


def accuracy(model: MLP, data: Dataset) -> float:
    """The share of examples whose largest score is at their class."""
    with no_record():
        right = sum(largest(model(x)) == target for x, target in zip(data.inputs, data.targets, strict=True))
    return right / len(data)


def largest(scores: Sequence[Any]) -> int:
    """The index of the largest score."""
    return max(range(len(scores)), key=lambda i: scores[i].data)
