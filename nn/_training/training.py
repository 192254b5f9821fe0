"""One run of `fit`: read `run`, then `_epochs`, then what an epoch and a step are made of."""

import math
import random
from collections.abc import Iterable, Iterator
from contextlib import closing
from contextvars import copy_context
from copy import deepcopy
from operator import attrgetter
from typing import Any, cast

from autograd_core import Value, explain_nonfinite, first_nonfinite, mean, no_record, record
from autograd_core._engine.interrupts import undivided
from autograd_core._engine.weights import assign_data, clear_gradients, gradients_of

from ..dataset import Example, batches, in_order
from ..history import History
from ..module import Module
from ..optim import clip_grad_norm
from .evaluation import evaluate, mean_of
from .progress import progress_of
from .settings import Settings


class Training:
    """Trains the model of some settings, epoch by epoch, and keeps the history."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.history = settings, History()
        self.best = Snapshots(settings.model, settings.moved)
        self.parts = _parts(settings.model, set(settings.parameters))
        # whether the loss without its penalty is known to depend on the parameters
        self.loss_is_proved = settings.penalty is None

    def run(self) -> History:
        """Train to the end, or to Ctrl-C, and leave the model in evaluation mode with whole and best parameters."""
        try:
            try:
                # in a context of its own, so that no scope that Ctrl-C interrupts stays open
                self.history.stopped = copy_context().run(self._epochs)
            finally:
                undivided(self._settle)
        except KeyboardInterrupt:
            self.history.stopped = "interrupted"
        return self.history

    def _settle(self) -> None:
        self.history.drop_unfinished()
        self.settings.model.eval()
        self.best.restore(self.history.best_epoch)

    def _epochs(self) -> str:
        """Go through the epochs and return why they ended."""
        s, history = self.settings, self.history
        steps = s.epochs * math.ceil(len(s.rows) / s.size)
        with record(), closing(progress_of(steps, s.progress)) as bar:
            for epoch in range(1, s.epochs + 1):
                self._epoch(epoch, bar)
                bar.set_postfix_str(history.last(), refresh=False)
                if True in [callback(history) for callback in s.callbacks]:
                    return "callback"
                if s.patience is not None and epoch - (history.best_epoch or 0) >= s.patience:
                    return "patience"
        return "epochs"

    def _epoch(self, epoch: int, bar: Any) -> None:
        """Train on every example once, then take the figures of the epoch."""
        self.settings.model.train()
        losses: list[float] = []
        norms: dict[str, list[float]] = {name: [] for name in self.parts}
        for number, batch in enumerate(self._batches(), 1):
            losses += [self._step(batch, f"epoch {epoch}, batch {number}", norms)] * len(batch)
            bar.update()
        self.settings.model.eval()
        self._note(epoch, mean_of(losses), {name: mean_of(norms[name]) for name in norms})

    def _batches(self) -> Iterator[list[Example]]:
        s = self.settings
        return batches(s.rows, s.size, s.generator) if s.shuffle else in_order(s.rows, s.size)

    def _step(self, batch: list[Example], where: str, norms: dict[str, list[float]]) -> float:
        """Move the parameters once, note the norms of their gradients, and return the loss before the step."""
        loss = self._sweep(batch, where)
        for name, part in self.parts.items():
            norms[name].append(math.hypot(*gradients_of(part)))
        if self.settings.max_norm is not None:
            clip_grad_norm(self.settings.moved, self.settings.max_norm)
        self.settings.mover.step()
        self.loss_is_proved = True
        return loss

    def _sweep(self, batch: list[Example], where: str) -> float:
        """Put the gradient of the batch's loss into the parameters; return the loss without the penalty."""
        return self._swept(((self._noisy(x), target) for x, target in batch), where)

    def _swept(self, rows: Iterable[Example], where: str) -> float:
        s = self.settings
        try:
            value = mean([s.loss(s.model(x), target) for x, target in rows])
            total = value if s.penalty is None else value + s.penalty(s.parameters)
        except (ArithmeticError, TypeError, ValueError) as error:
            error.add_note(f"This happened in {where}.")
            raise
        # at first the loss alone: a penalty depends on every parameter, and would hide that the loss depends on none
        for swept in [total] if self.loss_is_proved else [value, total]:
            clear_gradients(s.moved)
            if type(swept) is Value:
                swept.backward()
            self._check_reached(swept, where)
        if not (math.isfinite(total.data) and all(map(math.isfinite, gradients_of(s.moved)))):
            raise _diverged(total, where)
        return value.data if type(value) is Value else float(value)

    def _check_reached(self, swept: Any, where: str) -> None:
        if not any(map(attrgetter("has_grad"), self.settings.parameters)):
            raise ValueError(f"in {where} the loss, {swept!r}, depends on no parameter: is it computed with `.data`?")

    def _noisy(self, x: Any) -> Any:
        s = self.settings
        x = x if s.augment is None else s.augment(x, s.generator)
        return _shaken(x, s.input_noise, s.generator) if s.input_noise else x

    def _note(self, epoch: int, loss: float, norms: dict[str, float]) -> None:
        """Enter an epoch into the history, with what it reaches on the data to watch."""
        s = self.settings
        with no_record():
            figures = {name: metric(s.model, s.watched) for name, metric in (s.metrics or {}).items()}
        validation_loss = None if s.held_out is None else evaluate(s.model, s.loss, s.held_out)
        if s.patience is not None:
            # before the epoch counts, beside the best so far: Ctrl-C may come between the two
            self.best.keep(epoch)
        self.history.add(loss, validation_loss, figures, norms)
        self.best.forget_all_but(self.history.best_epoch)


class Snapshots:
    """Parameters and buffers of a model after some epochs, to go back to."""

    def __init__(self, model: Module, moved: list[Value]) -> None:
        self.moved = moved
        self.buffers = [(module, key) for _, module, key in model.named_buffers()]
        self.kept: dict[int, tuple[list[float], list[Any]]] = {}

    def keep(self, epoch: int) -> None:
        """Note all numbers as they are now."""
        contents = [deepcopy(getattr(module, key)) for module, key in self.buffers]
        self.kept[epoch] = [p.data for p in self.moved], contents

    def forget_all_but(self, epoch: int | None) -> None:
        """Drop what was kept of the other epochs."""
        for old in self.kept.keys() - {epoch}:
            del self.kept[old]

    def restore(self, epoch: int | None) -> None:
        """Go back to an epoch, if it was kept."""
        if epoch not in self.kept:
            return
        weights, contents = self.kept[epoch]
        assign_data(self.moved, weights)
        for (module, key), content in zip(self.buffers, contents, strict=True):
            setattr(module, key, content)


def _parts(model: Module, trained: set[Value]) -> dict[str, list[Value]]:
    """The trained parameters of each module directly inside the model, or all of them where none has any."""
    parts = {
        path: [p for p in dict.fromkeys(child.parameters()) if p in trained] for path, child in model.named_children()
    }
    return {path: part for path, part in parts.items() if part} or {model.name: list(trained)}


def _shaken(x: Any, spread: float, generator: random.Random) -> Any:
    if hasattr(x, "__len__"):
        return [_shaken(a, spread, generator) for a in x]
    return x + generator.gauss(0.0, spread)


def _diverged(total: Value, where: str) -> FloatingPointError:
    node = cast(Value, first_nonfinite(total))  # there is one: that is why we are here
    what = f"{node.op.name}{f' (label {node.label!r})' if node.label else ''} = {node.data!r}, gradient {node.grad!r}"
    place = f" in {' / '.join(node.scope)}" if node.scope else ""
    why = f" ({explain_nonfinite(total)})" if math.isfinite(node.data) else ""
    return FloatingPointError(
        f"in {where} the loss is {total.data!r} or its gradient not finite; first at the node {what}{place}{why}. "
        "A smaller learning rate, clipping (max_norm) or normalised inputs may help"
    )
