"""Ctrl-C at any point of a step, a load or a training run: a step or a load happens completely or not at all."""

import gc
import math
import random
import signal
import sys
import time
from bisect import bisect_left
from itertools import count

import pytest
from hypothesis import settings

import autograd_core
import nn
from autograd_core import Value, parameter
from nn import SGD, Adam, Layer, Sequential, fit, squared_error
from nn.init import constant

NN, ENGINE = f"{nn.__path__[0]}/", f"{autograd_core.__path__[0]}/"


def pressed(action, point):
    """Run an action, and raise KeyboardInterrupt at one point of it.

    Return whether the point was reached, and whether the exception left the action.

    The points are the bytecode instructions of nn and the calls within the engine. They include all points at which
    Python checks for signals.
    """
    passed = 0

    def trace(frame, event, argument):
        nonlocal passed
        path = frame.f_code.co_filename
        if path.startswith(NN):
            frame.f_trace_opcodes = True
        elif not path.startswith(ENGINE) or event != "call":
            return trace
        passed += 1
        if passed == point:
            raise KeyboardInterrupt
        return trace

    before, out = sys.gettrace(), False
    sys.settrace(trace)
    try:
        action()
    except KeyboardInterrupt:
        out = True
    finally:
        sys.settrace(before)
    return passed >= point, out


OPTIMIZERS = {
    "SGD": lambda ps: SGD(ps, lr=0.1),
    "momentum": lambda ps: SGD(ps, lr=0.1, momentum=0.9),
    "Nesterov": lambda ps: SGD(ps, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1, bound=1.5),
    "Adam": lambda ps: Adam(ps, lr=0.1),
    "Adam with settings": lambda ps: Adam(ps, lr=lambda step: 0.1 / (1 + step), weight_decay=0.1, bound=1.5),
}


def after(make, steps):
    """Return the optimiser after some steps, with the gradients for the next step."""
    optimizer = make([parameter(x) for x in (1.0, -2.0, 0.5)])
    for step in range(steps + 1):
        for p, slope in zip(optimizer.parameters, (1.0, -3.0, 0.25), strict=True):
            p.grad = slope * (step + 1)
        if step < steps:
            optimizer.step()
    return optimizer


def state(optimizer):
    return [p.data for p in optimizer.parameters], optimizer.memory, optimizer.steps


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("steps", [0, 2])
def test_a_step_is_whole_or_not_at_all(make, steps):
    old, new = state(after(make, steps)), state(after(make, steps + 1))
    assert old != new
    seen = []
    for point in count(1):
        optimizer = after(make, steps)
        reached, out = pressed(optimizer.step, point)
        if not reached:
            assert not out
            assert state(optimizer) == new
            break
        assert out
        assert state(optimizer) in (old, new)
        seen.append(state(optimizer) == new)
    assert seen == sorted(seen), "from some point on, the change must have been made"
    assert seen.count(True) > 0
    assert seen.count(False) > 50


def small():
    return Sequential(nn.Normalize(1), Layer(1, 2, init=constant(0.0)), nn.PReLU(0.5))


def test_loading_is_whole_or_not_at_all():
    old = small().state_dict()
    new = {name: [7.0] * len(x) if isinstance(x, list) else 7.0 for name, x in old.items()}
    new["modules.1.neurons.0.w"], new["modules.1.neurons.1.w"] = [7.0], [8.0]

    def loaded(point):
        """Return whether the point was reached, and whether the model then had the new values."""
        model = small()
        reached, out = pressed(lambda: model.load_state_dict(new), point)
        assert out == reached
        found = model.state_dict()
        assert found in (old, new)
        return reached, found == new

    change = 1 + bisect_left(range(1, 10**6), True, key=lambda point: loaded(point)[1])
    for point in range(change - 50, change + 50):
        assert loaded(point) == (True, point >= change)
    for point in count(1, max(1, 200_000 // settings().max_examples**2)):
        reached, done = loaded(point)
        assert done == (point >= change), "from some point on, the change must have been made"
        if not reached:
            break


# -- training

DATA = ([[0.5], [-1.0], [2.0], [1.5]], [0.0, 1.0, -1.0, 2.0])
HELD_OUT = ([[1.0], [-0.5]], [0.0, 0.5])


class Noted(Adam):
    """An optimiser that records the parameters at the start and after each step."""

    def __init__(self, parameters):
        super().__init__(parameters, lr=0.2)
        self.seen = [[p.data for p in self.parameters]]

    def step(self):
        super().step()
        self.seen.append([p.data for p in self.parameters])


def training(patience):
    """Return a model, its optimiser, and a function that trains the model and returns the history."""
    model = nn.MLP(1, [2, 1], activation=autograd_core.tanh, seed=0)
    optimizer = Noted(model.parameters())

    def train():
        return fit(
            model, squared_error, DATA, epochs=4, batch_size=2, optimizer=optimizer, validation=HELD_OUT,
            patience=patience, metrics={"half": lambda *_: 0.5}, max_norm=5.0, progress=False,
        )

    return model, optimizer, train


def check(model, history, patience, whole, steps):
    """Check that each list has one entry per epoch, and that the parameters are those after a step (or the best)."""
    lists = [history.losses, history.validation_losses, *history.metrics.values(), *history.gradient_norms.values()]
    assert {len(numbers) for numbers in lists} == {len(history)}
    assert history.losses == whole.losses[: len(history)]
    assert history.validation_losses == whole.validation_losses[: len(history)]
    assert history.stopped == "interrupted"
    assert not any(module.training for _, module in model.named_modules())
    numbers = [p.data for p in model.parameters()]
    if patience and len(history):
        best = 1 + history.validation_losses.index(min(history.validation_losses))
        assert history.best_epoch == best
        assert numbers == steps[2 * best]
    else:
        assert numbers in steps
    assert Value(1.0).scope == ()
    assert (Value(1.0) + 1.0).operands, "recording must still be on"


@pytest.mark.parametrize("patience", [None, 3])
def test_training_ends_cleanly_wherever_it_is_stopped(patience):
    _, full, train = training(patience)
    whole, steps = train(), full.seen
    assert len(steps) == 9
    # first find the number of points, within a factor of 2; then try points throughout the run
    *_, last = (n for n in (1 << k for k in range(30)) if pressed(training(patience)[2], n)[0])
    generator = random.Random(0)
    points = {*range(1, 2 * last, 2 * last // 25), *(generator.randrange(1, 2 * last) for _ in range(3 * settings().max_examples // 8))}
    ends = set()
    for point in points:
        model, _, train = training(patience)
        histories = []
        reached, out = pressed(lambda train=train, to=histories: to.append(train()), point)
        if out:
            # the interrupt came before the first batch, when nothing has changed yet, or while `fit` was returning
            assert [p.data for p in model.parameters()] in steps
            ends.add("out")
        elif reached and histories[0].stopped == "interrupted":
            check(model, histories[0], patience, whole, steps)
            ends.add(len(histories[0]))
    assert ends >= {0, 1, 2, 3}


@pytest.mark.slow  # the number of attempts depends on the machine; the tests above reach every point
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timer that interrupts")
@pytest.mark.parametrize("patience", [None, 3])
def test_training_ends_cleanly_after_a_real_signal(patience):
    _, full, train = training(patience)
    whole, steps = train(), full.seen
    _, _, train = training(patience)
    start = time.perf_counter()
    train()
    seconds, generator, lengths, came = time.perf_counter() - start, random.Random(0), [], []

    def press(number, frame):
        came.append(f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "")
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, press)
    gc.disable()  # hypothesis adds hooks to the collector, in which Python ignores exceptions
    try:
        for number in range(1, 3001):
            model, _, train = training(patience)
            history = None
            try:
                signal.setitimer(signal.ITIMER_REAL, generator.uniform(1e-5, seconds))
                history = train()
                stopped = len(came) == number
                while len(came) < number:
                    time.sleep(0.001)
            except KeyboardInterrupt:
                stopped = False
            if history is not None and stopped:
                assert history.stopped == "interrupted", came[-1]
                check(model, history, patience, whole, steps)
                lengths.append(len(history))
            assert [p.data for p in model.parameters()] in steps
            if len(lengths) == 50:
                break
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
        gc.enable()
    assert len(lengths) == 50
    assert 0 < math.fsum(lengths) < 50 * 4
