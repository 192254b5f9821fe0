"""Training shared by workers: the same bits with any number of them, whoever is first, and whoever dies."""

import os
import random
import signal
import threading
import time
from array import array
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pytest

import nn
from autograd_core import ENGINE
from nn import MLP, SGD, Adam, Dropout, Layer, Sequential, fit
from nn._training import worker
from nn._training.shared import pickled
from nn._training.worker import Part, part_gradient
from nn.datasets import moons


def state(model):
    return [p.data.hex() for p in model.parameters()]


class Here(Executor):
    """Computes at once, or last submitted first, as one of several workers that each keep a model."""

    def __init__(self, workers=1, seed=0):
        self.random, self.kept, self.asked = random.Random(seed), [{} for _ in range(workers)], 0

    def submit(self, function, /, *arguments, **keywords):
        future = Future()
        self.asked += 1
        kept = worker._kept.__dict__
        kept.clear()
        mine = self.random.choice(self.kept)
        kept.update(mine)
        try:
            future.set_result(function(*arguments, **keywords))
        except BaseException as error:
            future.set_exception(error)
        mine.update(kept)
        return future


def model():
    return Sequential(Layer(2, 6, seed=1), Dropout(0.2, seed=2), Layer(6, 1, nonlin=False, seed=3))


def trained(client, make=model, **options):
    made = make()
    optimizer = Adam(made.parameters(), lr=0.05)
    settings = {"epochs": 2, "batch_size": 40, "optimizer": optimizer, "input_noise": 0.01, "max_norm": 1.0, "seed": 5} | options
    history = fit(made, nn.hinge, moons(90), client=client, progress=False, **settings)
    return state(made), [loss.hex() for loss in history.losses]


def test_any_number_of_workers_in_any_order_gives_the_same_bits():
    expected = trained(Here())
    for workers in (1, 2, 5):
        for seed in range(3):
            assert trained(Here(workers, seed)) == expected


def test_threads_and_processes_give_them_too():
    expected = trained(Here())
    with ThreadPoolExecutor(3) as threads, ProcessPoolExecutor(2) as processes:
        assert trained(threads) == expected
        assert trained(processes) == expected


def test_a_batch_of_one_part_is_what_it_is_without_a_client():
    options = {"make": lambda: MLP(2, [5, 1], seed=0), "batch_size": 16, "input_noise": 0.1, "epochs": 3}
    assert trained(Here(3), **options) == trained(None, **options)


@pytest.mark.skipif(ENGINE == "python", reason="there the eager engine is taken")
def test_workers_play_their_parts_as_programs(monkeypatch):
    def run():
        made = MLP(2, [5, 1], seed=0)
        return trained(Here(2), make=lambda: made, batch_size=40, input_noise=0.1)

    seen = []

    def observed(*arguments, at_once=worker._answer_at_once):
        answer = at_once(*arguments)
        seen.append(len(answer.losses))
        return answer

    monkeypatch.setattr(worker, "_answer_at_once", observed)
    found = run()
    assert seen == [16, 16, 8, 16, 16, 8, 10] * 2
    monkeypatch.setattr(worker, "_answer_at_once", lambda *arguments: None)
    assert run() == found


def test_a_batch_of_several_parts_is_what_it_is_without_a_client_but_for_rounding():
    options = {"make": lambda: MLP(2, [5, 1], seed=0), "batch_size": 50, "penalty": lambda ps: 0.01 * nn.l2_penalty(ps)}
    (weights, losses), (expected, expected_losses) = (trained(client, **options) for client in (Here(2), None))
    number = float.fromhex
    assert list(map(number, weights)) == pytest.approx(list(map(number, expected)), rel=1e-8)
    assert list(map(number, losses)) == pytest.approx(list(map(number, expected_losses)), rel=1e-8)


def test_dropout_is_drawn_anew_for_each_row_and_batch_from_what_the_part_says():
    made = model()
    blob, weights = pickled((made, nn.hinge, made.parameters())), array("d", [p.data for p in made.parameters()]).tobytes()

    def losses(noise):
        return part_gradient(Part("this", weights, [([1.0, -0.5], 1)] * len(noise), noise), blob).losses

    assert losses(["1 1 0", "1 1 1", "1 1 0"]) == [losses([noise])[0] for noise in ("1 1 0", "1 1 1", "1 1 0")]
    assert len({losses([f"1 {batch} {row}"])[0] for batch in range(4) for row in range(4)}) >= 3


def square_of_bad(outputs, target):
    raise ValueError("bad target")


class Counting(nn.Module):
    buffers = ("calls",)

    def __init__(self):
        self.inner, self.calls = Layer(2, 1, seed=0), 0.0

    def forward(self, x):
        self.calls += 1.0
        return self.inner(x)


def test_what_goes_wrong_is_said_as_without_a_client():
    with pytest.raises(FloatingPointError, match=r"in epoch 1, batch 1 the loss is inf or its gradient is not finite; first at"):
        fit(MLP(1, [1], seed=0), nn.squared_error, ([[1e200], [1e200]] * 10, [1.0] * 20), batch_size=10, optimizer=None, client=Here())
    with pytest.raises(ValueError, match="bad target") as caught:
        fit(model(), square_of_bad, moons(20), client=Here())
    assert caught.value.__notes__ == ["This happened in epoch 1, batch 1."]
    with pytest.raises(ValueError, match="depends on no parameter"):
        fit(model(), lambda y, t: 0.0 * y.data, moons(20), penalty=nn.l2_penalty, client=Here())
    with pytest.raises(ValueError, match="changes a buffer while it trains, which its other copies would not see: train it without client"):
        fit(Counting(), nn.hinge, moons(20), client=Here())
    with pytest.raises(TypeError, match=r"client must be a concurrent\.futures executor or a distributed\.Client, got 4: make one, such as ProcessPoolExecutor\(\)"):
        fit(model(), nn.hinge, moons(20), client=4)


def test_other_parameters_and_those_out_of_reach():
    extra, unused = nn.PReLU(), MLP(1, [1], seed=0)
    made = Sequential(Layer(2, 3, seed=0), Layer(3, 1, nonlin=False, seed=1))
    optimizer = SGD([*made.parameters(), *extra.parameters(), *unused.parameters()], lr=0.1)
    before = state(unused), state(extra)
    fit(made, lambda y, t: nn.hinge(extra(y), t), moons(40), optimizer=optimizer, epochs=1, client=Here(2))
    assert state(unused) == before[0] and state(extra) != before[1]
    assert not any(p.has_grad for p in unused.parameters())


def die(outputs, target):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_dies_ends_training_with_whole_parameters():
    made = model()
    before = state(made)
    with ProcessPoolExecutor(1) as processes, pytest.raises(BrokenProcessPool) as caught:
        fit(made, die, moons(20), client=processes)
    assert caught.value.__notes__ == ["This happened in batch 1; the parameters are those before it."]
    assert state(made) == before and not made.training


@pytest.mark.filterwarnings("ignore")
def test_a_dask_worker_that_is_killed_is_replaced_and_nothing_changes():
    distributed = pytest.importorskip("distributed")
    options = {"make": lambda: MLP(2, [4, 1], seed=0), "epochs": 4, "batch_size": 64}
    expected = trained(Here(), **options)
    killed = []

    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster, distributed.Client(cluster) as client:

        def kill(history):
            if len(history) == 2:
                pids = client.run(os.getpid)
                killed.append(next(iter(pids.values())))
                os.kill(killed[0], signal.SIGKILL)

        assert trained(client, callbacks=[kill], **options) == expected
        client.wait_for_workers(2, timeout=30)
        assert killed[0] not in client.run(os.getpid).values()


@pytest.mark.filterwarnings("ignore")
def test_a_dask_worker_that_dies_over_a_part_is_replaced_and_nothing_is_lost_or_counted_twice():
    distributed = pytest.importorskip("distributed")

    def slow(outputs, target):
        time.sleep(0.002)
        return nn.hinge(outputs, target)

    def run(client):
        made = MLP(2, [4, 1], seed=0)
        history = fit(made, slow, moons(90), client=client, epochs=8, batch_size=64, progress=False)
        return state(made), [loss.hex() for loss in history.losses]

    expected = run(Here())
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster, distributed.Client(cluster) as client:
        victim = next(iter(client.run(os.getpid).values()))
        running = threading.Timer(0.3, os.kill, (victim, signal.SIGKILL))
        running.start()
        assert run(client) == expected
        assert running.finished.is_set(), "it died while they trained, which takes 0.7 s at least"
        client.wait_for_workers(2, timeout=30)
        assert victim not in client.run(os.getpid).values()
