"""The command-line demo: train a network on real digits, check its gradient, and draw the graph of one digit's loss."""

import argparse
import time
from collections import Counter
from pathlib import Path
from typing import Any

from autograd_core import GraphError, logsumexp
from autograd_core import sum as total
from autograd_core._command.files import FORMATS, check_output, write_drawing
from autograd_core._command.numbers import at_least_one, integer
from autograd_core.check import check_gradient

from .datasets import digits
from .history import History
from .layers import MLP
from .losses import cross_entropy
from .optim import SGD
from .train import accuracy, fit


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the demo's options to a parser."""
    parser.add_argument("-o", "--output", type=Path, default=Path("digit_loss.svg"), help="the file for the picture")
    parser.add_argument("--epochs", type=at_least_one, default=10, help="passes over the training set (default 10)")
    parser.add_argument("--seed", type=integer, default=0, help="seed for the split, weights and shuffling (default 0)")
    parser.set_defaults(run=lambda options: demo(options.output, options.epochs, options.seed))


def demo(output: Path, epochs: int = 10, seed: int = 0) -> None:
    """Train a 64-16-10 network on the UCI digits, print its accuracy, and draw the graph of one example's loss.

    Args:
        output: The file for the picture. An HTML page for stepping through the graph is written beside it. If no
            layout engine is installed, only the DOT source is written.
        epochs: The number of passes over the 1,437 training images.
        seed: The seed for the split, the weights and the shuffling.

    Raises:
        ValueError, OSError: The picture cannot be written to `output`; this is checked before training begins.
        KeyboardInterrupt: Ctrl-C was pressed.
    """
    check_output(output, FORMATS)
    training, held_out = digits().split(0.2, seed)
    print(f"{training!r}\n{held_out!r}")
    model = MLP(64, [16, 10], seed=seed)
    print(f"{model!r}: {len(model.parameters()):,} parameters, trained one scalar at a time")
    start = time.perf_counter()

    def tell(history: History) -> None:
        print(f"epoch {len(history):2d}  {history.last()}  {time.perf_counter() - start:5.1f} s", flush=True)

    history = fit(
        model, cross_entropy, training, epochs=epochs, batch_size=16, optimizer=SGD(model.parameters(), lr=0.1),
        validation=held_out, metrics={"accuracy": accuracy}, callbacks=[tell], seed=seed, progress=False,
    )
    if history.stopped == "interrupted":
        raise KeyboardInterrupt
    [(_, most)] = Counter(held_out.targets).most_common(1)
    majority = most / len(held_out)
    print(f"\ntrain accuracy     {accuracy(model, training):.3f}")
    print(f"held-out accuracy  {accuracy(model, held_out):.3f}   (guessing the most frequent digit: {majority:.3f})")

    def losses() -> list[Any]:
        return [cross_entropy(model(held_out.inputs[i]), int(held_out.targets[i])) for i in range(3)]

    report = check_gradient(
        lambda: total(losses()),
        [parameter for layer in model.layers for neuron in layer.neurons for parameter in (neuron.w, neuron.b)],
        sample=24,
    )
    print(f"\ngradient check against central differences, on a sample of the trained network's weights:\n{report}")

    loss = written_out(model(held_out.inputs[0]), int(held_out.targets[0]))
    loss.backward()
    try:
        picture = write_drawing(loss, output, colour="gradient")
        print(f"\nthe graph of one example's loss, forward and backward: {picture}")
        page = output.with_suffix(".html")
        loss.step().save(page)
        print(f"the same graph, to step through and change in a browser: {page}")
    except GraphError as error:
        print(f"\nthe graph of one example's loss: {error}")


def written_out(scores: list[Any], right: int) -> Any:
    """Return the cross-entropy, with a label on each difference from the correct score to make the graph readable."""
    against: list[Any] = [score - scores[right] for score in scores]
    for digit, difference in enumerate(against):
        difference.label = f"{digit} vs {right}"
    against[right] = 0.0
    loss = logsumexp(against)
    loss.label = f"(0 is {right} vs {right})\nloss"
    return loss
