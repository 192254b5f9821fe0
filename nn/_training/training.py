"""One run of `fit`. Start reading at `run`; then read `_epochs` and the methods for an epoch and a step."""

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from contextvars import copy_context
from copy import deepcopy
from operator import attrgetter
from typing import Any, cast

from autograd_core import Value, explain_nonfinite, first_nonfinite, mean, no_record, record
from autograd_core._engine.interrupts import undivided
from autograd_core._engine.weights import assign_data, clear_gradients, gradients_are_finite, norm_of
from autograd_core._program.reached import captured

from ..dataset import Example, in_order
from ..history import History
from ..module import Module
from ..optim import clip_grad_norm
from .arrays import Arrays, arrays_for
from .draws import Draws
from .evaluation import evaluate, mean_of
from .packed import AtOnce, Packed, packed
from .programs import Plan, Programs, are_same, contents, why_not
from .progress import progress_of
from .settings import Settings
from .sums import RowSums

HELP = "A smaller learning rate, clipping (max_norm) or normalised inputs may help"


class Training:
    """Trains a model as `settings` specifies, epoch by epoch, and keeps the history."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.history = settings, History()
        self.best = Snapshots(settings.model, settings.moved)
        self.parts = _parts(settings.model, set(settings.parameters))
        self.arrays: Arrays | None = None
        self.packed: Packed | None = None
        self.programs = self._begun_programs()

    def _begun_programs(self) -> Programs | None:
        s, history = self.settings, self.history
        self.own_modes = True  # assumed until it is known whether a module has its own `train` or `eval`
        history.reason = 'engine="eager"' if s.engine == "eager" else why_not(s.model, s.loss, s.engine)
        if history.reason:
            if s.engine == "program":
                raise ValueError(f'engine="program" cannot train {s.model!r}: {history.reason}')
            return None
        history.engine = "program"
        self._take_for_granted()
        self.packed, self.draws = None if s.changes_inputs else packed(s.rows), Draws(s.model)
        own_code = [("model", s.model), ("loss", s.loss)] if s.engine == "program" else []
        generators = captured(own_code).generators
        programs = Programs(lambda x, target: s.loss(s.model(x), target), s.moved, self.draws, s.fast, generators)
        self.at_once = AtOnce(programs, s.moved)
        return programs

    def _take_for_granted(self) -> None:
        """Record what the model consists of; each epoch begins by comparing the model with this record."""
        self.modules = [module for _, module in self.settings.model.named_modules()]
        self.taken_for_granted = contents(self.modules)
        self.own_modes = any(type(m).train is not Module.train or type(m).eval is not Module.eval for m in self.modules)

    def run(self) -> History:
        """Train to the end or until Ctrl-C, and return the history.

        The model is left in evaluation mode, with the best parameters if `patience` is set.
        """
        try:
            try:
                # in its own context, so that a scope interrupted by Ctrl-C does not stay open
                self.history.stopped = copy_context().run(self._epochs)
            finally:
                undivided(self._settle)
        except KeyboardInterrupt:
            self.history.stopped = "interrupted"
        return self.history

    def _settle(self) -> None:
        self._write_back()
        self.history.drop_unfinished()
        self.settings.model.eval()
        self.best.restore(self.history.best_epoch)

    def _epochs(self) -> str:
        """Run the epochs, and return the reason why they ended."""
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
        """Train on every example once, then record the losses, metrics and gradient norms of the epoch."""
        if self.programs is not None and not are_same(contents(self.modules), self.taken_for_granted):
            self.programs = self._begun_programs()  # a callback has changed the model
        self._set_mode(training=True)
        losses: list[float] = []
        norms: dict[str, list[float]] = {name: [] for name in self.parts}
        for number, batch in enumerate(self._batches(), 1):
            losses += [self._step(batch, f"epoch {epoch}, batch {number}", norms)] * len(batch)
            bar.update()
        self._write_back()
        self._set_mode(training=False)
        self._note(epoch, mean_of(losses), {name: mean_of(norms[name]) for name in norms})

    def _set_mode(self, *, training: bool) -> None:
        """Switch the mode as the model's `train` and `eval` do, but call them only if a module overrides them."""
        if self.own_modes:
            self.settings.model.train() if training else self.settings.model.eval()
            return
        for module in self.modules:
            module.training = training

    def _batches(self) -> Iterator[list[int]]:
        """Yield the indices of each batch, drawn as `nn.batches` draws them."""
        order = list(range(len(self.settings.rows)))
        if self.settings.shuffle:
            self.settings.generator.shuffle(order)
        return in_order(order, self.settings.size)

    def _step(self, batch: list[int], where: str, norms: dict[str, list[float]]) -> float:
        """Move the parameters once, record the norms of their gradients, and return the loss before the step."""
        if (done := self._step_in_arrays(batch, norms)) is not None:
            return done
        self._write_back()
        loss = self._sweep(batch, where)
        for name, part in self.parts.items():
            norms[name].append(norm_of(part))
        if self.settings.max_norm is not None:
            clip_grad_norm(self.settings.moved, self.settings.max_norm)
        self.settings.mover.step()
        return loss

    def _step_in_arrays(self, batch: list[int], norms: dict[str, list[float]]) -> float | None:
        """Take a step on arrays alone, if nothing reads the Values before the epoch ends; otherwise return None."""
        plan = self._plan()
        if plan is None or self.packed is None:
            return None
        if self.arrays is None or self.arrays.parameters is not plan.parameters:
            self._write_back()
            self.arrays = arrays_for(plan.parameters, self.settings, self.parts)
        if self.arrays is None or not self.arrays.ready():
            return None
        state = self.draws.state()
        losses = self.at_once.play(plan, self.packed, batch, self.arrays.weights)
        loss = None if losses is None else self.arrays.step(losses, plan.found, plan.inputs, norms)
        if loss is None:
            self.draws.restore(state)
        return loss

    def _write_back(self) -> None:
        if self.arrays is not None:
            self.arrays.write_back()

    def _plan(self) -> Plan | None:
        """Return the plan for whole batches, or None if batches must be processed row by row."""
        try:
            return None if self.packed is None or self.programs is None else self.packed.plan(self.programs)
        except Exception:  # computing row by row will raise the error again, and say where
            return None

    def _sweep(self, batch: list[int], where: str) -> float:
        """Put the gradient of the batch's loss into the parameters; return the loss without the penalty."""
        try:
            loss = float(mean(self._losses(batch, where)))
            # checked before the penalty is added, because the penalty depends on every parameter
            reached = any(map(attrgetter("has_grad"), self.settings.parameters))
            total = loss + self._add_penalty()
        except FloatingPointError:
            raise
        except (ArithmeticError, TypeError, ValueError) as error:
            error.add_note(f"This happened in {where}.")
            raise
        if not reached:
            raise ValueError(f"in {where} the loss, {loss!r}, depends on no parameter: did you use `.data`?")
        if not (math.isfinite(total) and gradients_are_finite(self.settings.moved)):
            raise FloatingPointError(
                f"in {where} the loss, {total!r}, or its gradient is not finite, although those of every example "
                f"are finite. {HELP}"
            )
        return loss

    def _losses(self, batch: list[int], where: str) -> list[float]:
        """Return each example's loss, and leave the mean of the examples' gradients in the parameters.

        Either a program computes the whole batch, or the backward pass runs for each example separately. The gradients
        are summed in the same order in both cases.
        """
        rows, chosen = self._examples(batch), cast(Sequence[int], batch)
        if self.programs is not None:
            if self.settings.changes_inputs and self.settings.generator not in self.draws.generators:
                rows = list(rows)
                self.packed, chosen = packed(rows), range(len(rows))
            state, plan = self.draws.state(), self._plan()
            if plan is not None and self.packed is not None:
                losses = self.at_once.sweep(plan, self.packed, chosen)
                if losses is not None:
                    return losses
                self.draws.restore(state)
        return self._swept_row_by_row(rows, where)

    def _examples(self, batch: list[int]) -> Iterable[Example]:
        """Return an iterator over the examples of a batch, with augmentation and noise applied."""
        return ((self._noisy(x), target) for x, target in map(self.settings.rows.__getitem__, batch))

    def _swept_row_by_row(self, rows: Iterable[Example], where: str) -> list[float]:
        s = self.settings
        losses: list[float] = []
        sums = RowSums(s.moved)
        for x, target in rows:
            if self.programs is not None and (loss := self._replayed(x, target, sums)) is not None:
                losses.append(loss)
                continue
            y = s.loss(s.model(x), target)
            clear_gradients(s.moved)
            if type(y) is Value:
                y.backward()
            losses.append(y.data if type(y) is Value else float(mean([y])))  # `mean` refuses anything but numbers
            if not (sums.add() and math.isfinite(losses[-1])):
                raise _diverged(y, where)
        sums.assign_mean()
        return losses

    def _replayed(self, x: Any, target: Any, sums: RowSums) -> float | None:
        """Replay an example: add its gradient and return its loss, or return None if it must be computed eagerly."""
        assert self.programs is not None
        state = self.draws.state()
        try:
            loss, finite = self.programs.add_gradient(x, target, sums)
        except Exception as error:
            self.draws.restore(state)
            self.settings.loss(self.settings.model(x), target)  # the eager engine's message says more
            self.draws.restore(state)
            if self.settings.engine == "program":
                raise ValueError(f'engine="program" cannot train {self.settings.model!r}: {error}') from error
            self.programs, self.own_modes = None, True
            self.history.engine, self.history.reason = "eager", str(error)
            return None
        if finite and math.isfinite(loss):
            return loss
        self.draws.restore(state)
        return None  # the eager engine will report the node that is not finite

    def _add_penalty(self) -> float:
        """Return the penalty, and add its gradient."""
        s = self.settings
        penalty = 0.0 if s.penalty is None else s.penalty(s.parameters)
        if type(penalty) is not Value:
            return float(penalty)
        penalty.backward()
        return penalty.data

    def _noisy(self, x: Any) -> Any:
        s = self.settings
        x = x if s.augment is None else s.augment(x, s.generator)
        return _shaken(x, s.input_noise, s.generator) if s.input_noise else x

    def _note(self, epoch: int, loss: float, norms: dict[str, float]) -> None:
        """Add an epoch to the history, including its metrics and its validation loss."""
        s = self.settings
        with no_record():
            figures = {name: metric(s.model, s.watched) for name, metric in (s.metrics or {}).items()}
        validation_loss = None if s.held_out is None else evaluate(s.model, s.loss, s.held_out)
        if s.patience is not None:
            # until this epoch is in the history, the copy from the best epoch is kept too, because Ctrl-C may arrive
            # before then
            self.best.keep(epoch)
        self.history.add(loss, validation_loss, figures, norms)
        self.best.forget_all_but(self.history.best_epoch)


class Snapshots:
    """Copies of a model's parameters and buffers after certain epochs, so that they can be restored."""

    def __init__(self, model: Module, moved: list[Value]) -> None:
        self.moved = moved
        self.buffers = [(module, key) for _, module, key in model.named_buffers()]
        self.kept: dict[int, tuple[list[float], list[Any]]] = {}

    def keep(self, epoch: int) -> None:
        """Keep a copy of all current values."""
        contents = [deepcopy(getattr(module, key)) for module, key in self.buffers]
        self.kept[epoch] = [p.data for p in self.moved], contents

    def forget_all_but(self, epoch: int | None) -> None:
        """Discard the copies from all other epochs."""
        for old in self.kept.keys() - {epoch}:
            del self.kept[old]

    def restore(self, epoch: int | None) -> None:
        """Restore the copy from an epoch, if there is one."""
        if epoch not in self.kept:
            return
        weights, contents = self.kept[epoch]
        assign_data(self.moved, weights)
        for (module, key), content in zip(self.buffers, contents, strict=True):
            setattr(module, key, content)


def _parts(model: Module, trained: set[Value]) -> dict[str, list[Value]]:
    """Return the trained parameters of each child module, or all of them together if no child has any."""
    parts = {
        path: [p for p in dict.fromkeys(child.parameters()) if p in trained] for path, child in model.named_children()
    }
    return {path: part for path, part in parts.items() if part} or {model.name: list(trained)}


def _shaken(x: Any, spread: float, generator: random.Random) -> Any:
    if hasattr(x, "__len__"):
        return [_shaken(a, spread, generator) for a in x]
    return x + generator.gauss(0.0, spread)


def _diverged(total: Any, where: str) -> FloatingPointError:
    if type(total) is not Value:
        return FloatingPointError(f"in {where} the loss of an example is {total!r}, and has no graph. {HELP}")
    node = cast(Value, first_nonfinite(total))  # there is always such a node here
    bad = "its gradient is not finite" if math.isfinite(total.data) else "which is not finite"
    loss = f"in {where} the loss is {total.data!r}{' and' if math.isfinite(total.data) else ','} {bad}"
    what = f"{node.op.name}{f' (label {node.label!r})' if node.label else ''} = {node.data!r}, gradient {node.grad!r}"
    place = f" in {' / '.join(node.scope)}" if node.scope else ""
    why = f" ({explain_nonfinite(total)})" if math.isfinite(node.data) else ""
    return FloatingPointError(f"{loss}; first at the node {what}{place}{why}. {HELP}")
