"""The record of a training run: losses, metrics and gradient norms, epoch by epoch."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any


@dataclass(repr=False)
class History:
    """The losses, metrics and gradient norms of training; each list has one entry for each completed epoch.

    `len(history)` is the number of completed epochs.

    Args:
        losses: The mean of the examples' losses, without the penalty. Each loss is measured just before the step that
            uses it.
        validation_losses: The mean loss on the validation data after the epoch.
        metrics: The values of each metric, keyed by the metric's name.
        gradient_norms: The Euclidean norm of the loss's gradient for each part of the model (usually a child module),
            keyed by the part's name; the norms are taken before any clipping and averaged over the batches.
        stopped: Why training ended: "epochs", "patience", "callback" or "interrupted".
        engine: How gradients were computed: "program" (from a traced computation, which is replayed), or "eager"
            (example by example).
        reason: Why programs were not used, or were abandoned; empty if they were used throughout.
    """

    losses: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)
    metrics: dict[str, list[float]] = field(default_factory=dict)
    gradient_norms: dict[str, list[float]] = field(default_factory=dict)
    stopped: str = ""
    engine: str = "eager"
    reason: str = ""

    def __len__(self) -> int:
        return len(self.losses)

    def __repr__(self) -> str:
        return f"<History of {len(self)} epochs{f': {self.last()}' if self.losses else ''}>"

    @property
    def best_epoch(self) -> int | None:
        """The epoch with the smallest validation loss, counted from 1; None if no validation loss is finite."""
        finite = [(loss, epoch) for epoch, loss in enumerate(self.validation_losses, 1) if math.isfinite(loss)]
        return min(finite)[1] if finite else None

    def add(
        self, loss: float, validation_loss: float | None, metrics: Mapping[str, float], norms: Mapping[str, float]
    ) -> None:
        """Record an epoch: its losses, its metrics, and its gradient norms averaged over the batches."""
        if validation_loss is not None:
            self.validation_losses.append(validation_loss)
        for name, number in metrics.items():
            self.metrics.setdefault(name, []).append(number)
        for name, number in norms.items():
            self.gradient_norms.setdefault(name, []).append(number)
        # added last, because the length of this list is the number of epochs
        self.losses.append(loss)

    def drop_unfinished(self) -> None:
        """Discard the values recorded for an epoch that was not completed."""
        for numbers in (self.validation_losses, *self.metrics.values(), *self.gradient_norms.values()):
            del numbers[len(self) :]

    def last(self) -> str:
        """Return the losses and metrics of the last epoch as one line of text.

        >>> History([0.5, 0.25], metrics={"accuracy": [0.8, 0.9]}).last()
        'loss 0.2500, accuracy 0.9000'
        """
        named = {"loss": self.losses, "validation loss": self.validation_losses, **self.metrics}
        return ", ".join(f"{name} {numbers[-1]:.4f}" for name, numbers in named.items() if numbers)

    def plot(self) -> Any:
        """Return a `matplotlib.figure.Figure` of losses, metrics and gradient norms against the epoch.

        Raises:
            ImportError: Matplotlib is not installed.
        """
        try:
            make_figure = import_module("matplotlib.figure").Figure
        except ImportError:
            raise ImportError("History.plot needs matplotlib: pip install matplotlib") from None
        panels = [
            ("loss", {"training": self.losses, "validation": self.validation_losses}),
            ("metric", self.metrics),
            ("gradient norm", self.gradient_norms),
        ]
        shown = [(title, lines) for title, lines in panels if any(lines.values())]
        figure = make_figure(figsize=(5.0 * len(shown), 3.5), layout="constrained")
        for number, (title, lines) in enumerate(shown, 1):
            axes = figure.add_subplot(1, len(shown), number)
            for name, numbers in lines.items():
                if numbers:
                    axes.plot(range(1, len(numbers) + 1), numbers, label=name)
            if title == "gradient norm":
                axes.set_yscale("symlog", linthresh=1e-12)
            axes.set(xlabel="epoch", ylabel=title)
            axes.legend()
        return figure
