"""Make the pictures for the README. This needs Graphviz's `dot`, and Pillow for the GIF."""

from __future__ import annotations

from pathlib import Path

from autograd_core import Value, parameter, square, tanh

HERE = Path(__file__).parent / "pictures"


def neuron() -> Value:
    """Return the result of the README's first expression, after a backward sweep."""
    w, x, b = Value(0.4, label="w"), Value(0.8, label="x"), Value(0.1, label="b")
    y = tanh(w * x + b)
    y.label = "y"
    y.backward()
    return y


def loss() -> Value:
    """Return a loss that depends on its weight in two ways, to show that the contributions to a gradient add up."""
    w, x = parameter(0.4, label="w"), Value(0.8, label="x")
    a = tanh(w * x)
    a.label = "a"
    loss = square(a - w)
    loss.label = "L"
    return loss


def main() -> None:
    """Write neuron.svg and stepper.gif."""
    HERE.mkdir(exist_ok=True)
    neuron().draw().render(outfile=HERE / "neuron.svg")
    loss().step(learning_rate=0.5, precision=3).save(HERE / "stepper.gif", seconds=1.6)


if __name__ == "__main__":
    main()
