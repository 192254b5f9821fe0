"""Training shared by workers: results are equal bit for bit with any number and order of workers, even if some die."""

import os
import random
import signal
import threading
import time
import warnings
from array import array
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pytest

import nn
from autograd_core import ENGINE, relu, tanh
from nn import MLP, SGD, Adam, Dropout, Layer, Sequential, fit
from nn._training import shared, worker
from nn._training.carried import Receiver, Sender, packet_of, pickled
from nn._training.halves import Share, by_halves, pieces
from nn._training.worker import Missing, Piece, Worker, piece_gradient
from nn.datasets import moons


def state(model):
    return [p.data.hex() for p in model.parameters()]


class Here(Executor):
    """An executor that runs each call immediately, as a random one of several workers; `seen` lists their answers.

    Each worker keeps its own model and rows.
    """

    def __init__(self, workers=1, seed=0):
        self.random, self._max_workers, self.kept, self.seen = random.Random(seed), workers, [{} for _ in range(workers)], []

    def submit(self, function, /, *arguments, **keywords):
        future = Future()
        kept = worker._here.__dict__
        kept.clear()
        at = self.random.randrange(len(self.kept))
        mine = self.kept[at]
        kept.update(mine)
        try:
            future.set_result(function(*arguments, **keywords))
            self.seen.append((at, arguments[0], future.result()))
        except BaseException as error:
            future.set_exception(error)
        mine.update(kept)
        return future


def model():
    return Sequential(Layer(2, 6, seed=1), Dropout(0.2, seed=2), Layer(6, 1, nonlin=False, seed=3))


def trained(client, make=model, loss=nn.hinge, **options):
    made = make()
    optimizer = Adam(made.parameters(), lr=0.05)
    settings = {"epochs": 2, "batch_size": 40, "optimizer": optimizer, "input_noise": 0.01, "max_norm": 1.0, "seed": 5} | options
    history = fit(made, loss, moons(90), client=client, progress=False, **settings)
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


native_only = pytest.mark.skipif(ENGINE == "python", reason="without the C code, the eager engine is used")


@native_only
def test_workers_play_their_parts_as_programs(monkeypatch):
    seen = []

    def observed(self, rows, numbers, at_once=Worker._at_once):
        answer = at_once(self, rows, numbers)
        seen.append(len(answer[0]))
        return answer

    monkeypatch.setattr(Worker, "_at_once", observed)
    found = trained(Here(2))
    assert seen == [16, 16, 8, 16, 16, 8, 10] * 2
    monkeypatch.setattr(Worker, "_at_once", lambda *arguments: None)
    assert trained(Here(2)) == found
    assert trained(Here(2), engine="eager") == found


def history_of(make=model, loss=nn.hinge, **options):
    return fit(make(), loss, moons(40), epochs=1, progress=False, client=Here(2), **options)


def own_loss(outputs, target):
    return nn.hinge(outputs, target)


def test_the_history_says_what_the_workers_used():
    history = history_of(engine="eager")
    assert (history.engine, history.reason) == ("eager", 'engine="eager"')
    history = history_of(loss=own_loss)
    assert (history.engine, history.reason) == ("eager", "the loss is a function of your own")
    history = history_of(loss=own_loss, engine="program")
    assert (history.engine, history.reason) == ("program", "")
    history = history_of()
    expected = ("eager", "the C code that replays programs was not built") if ENGINE == "python" else ("program", "")
    assert (history.engine, history.reason) == expected


class Drawing(nn.Module):
    def __init__(self):
        self.inner, self.generator = Layer(2, 1, nonlin=False, seed=0), random.Random(0)

    def forward(self, x):
        return self.inner(x) * self.generator.choice([1.0, 2.0])


def test_the_history_says_why_programs_were_given_up_and_a_program_asked_for_is_not_replaced():
    reason = "a module draws random numbers with choice, which programs do not support"
    with pytest.raises(ValueError, match=f'engine="program" cannot train .*: {reason}'):
        history_of(Drawing, engine="program")


def branching(outputs, target):
    return outputs * outputs * target if outputs > 0 else -outputs * target


def test_rows_that_take_several_branches_are_the_same_by_program():
    options = {"make": lambda: MLP(2, [5, 1], seed=0), "loss": branching}
    assert trained(Here(3), engine="program", **options) == trained(Here(), engine="eager", **options)


def test_a_model_that_a_callback_changes_is_sent_again():
    def run(client):
        inner = Sequential(Layer(2, 5, activation=tanh, seed=1), Layer(5, 1, nonlin=False, seed=3))

        def change(history):
            for neuron in inner.modules[0].neurons:
                neuron.activation = relu

        fit(inner, nn.hinge, moons(60), epochs=3, batch_size=16, callbacks=[change], client=client, progress=False)
        return state(inner)

    assert run(Here(2)) == run(None)


def test_a_batch_of_several_parts_is_what_it_is_without_a_client_but_for_rounding():
    options = {"make": lambda: MLP(2, [5, 1], seed=0), "batch_size": 50, "penalty": lambda ps: 0.01 * nn.l2_penalty(ps)}
    (weights, losses), (expected, expected_losses) = (trained(client, **options) for client in (Here(2), None))
    number = float.fromhex
    assert list(map(number, weights)) == pytest.approx(list(map(number, expected)), rel=1e-8)
    assert list(map(number, losses)) == pytest.approx(list(map(number, expected_losses)), rel=1e-8)


def test_dropout_is_drawn_anew_for_each_row_and_batch_from_what_the_piece_says():
    made = model()
    blob, weights = pickled((made, nn.hinge, made.parameters(), "auto")), array("d", [p.data for p in made.parameters()]).tobytes()

    def losses(noise, start, count):
        packet = packet_of([([1.0, -0.5], 1)] * count)
        return piece_gradient(Piece("this", weights, start, 16, packet.numbers, packet, False, noise), blob).losses

    found = losses("1 1", 0, 40)
    assert losses("1 1", 16, 24) == found[16:] and losses("1 2", 0, 40) != found
    assert len(set(found)) >= 3


# --- The data sent to workers


def test_rows_travel_in_the_first_epoch_and_then_all_of_them_to_a_worker_that_lacks_some():
    executor = Here(3)
    trained(executor, input_noise=0.0, epochs=8)
    have = [set(), set(), set()]
    whole, lacking, resent = tuple(range(90)), 0, 0
    for at, piece, answer in executor.seen:
        if piece.packet and tuple(piece.packet.numbers) == whole:
            resent += 1
        if answer == Missing(model=True):
            assert not have[at]
            continue
        if piece.packet:
            have[at] |= set(piece.packet.numbers)
        lacks = not have[at] >= set(piece.numbers)
        assert (answer == Missing(model=False)) == lacks
        lacking += lacks
    assert 0 < lacking <= resent
    rows = {tuple(piece.packet.numbers) for _, piece, _ in executor.seen if piece.packet} - {whole}
    assert sorted(number for numbers in rows for number in numbers) == list(whole)


def test_data_too_large_to_keep_comes_along_each_time(monkeypatch):
    expected = trained(Here(2), input_noise=0.0)
    monkeypatch.setattr(shared, "KEPT", 100)
    executor = Here(2)
    assert trained(executor, input_noise=0.0) == expected
    assert all(piece.packet is not None and not piece.keep for _, piece, _ in executor.seen)


def test_what_dask_says_of_large_messages_is_not_shown():
    class Advising(Here):
        def submit(self, function, /, *arguments, **keywords):
            warnings.warn("Sending large graph of size 15.07 MiB.", stacklevel=2)
            return super().submit(function, *arguments, **keywords)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert trained(Advising()) == trained(Here())


def test_a_worker_says_what_it_lacks():
    made = MLP(2, [1], seed=0)
    sender, weights = Sender([([float(k), 1.0], 1) for k in range(4)]), array("d", [1.0, 2.0, 3.0]).tobytes()
    blob = pickled((made, nn.hinge, made.parameters(), "auto"))

    def ask(numbers, packet, blob=None):
        return piece_gradient(Piece("lacking", weights, 0, 16, numbers, packet, True, ""), blob)

    assert ask([0, 1], sender.packet([0, 1])) == Missing(model=True)
    assert ask([0, 1], sender.packet([0, 1]), blob).losses == ask([0, 1], None).losses
    assert ask([1, 2], None) == Missing(model=False)
    both = ask([1, 2], sender.packet(range(4)))
    assert ask([2, 1], None).losses == both.losses[::-1]


@pytest.mark.parametrize("rows", [
    [([0.5, -0.0], 1), ([1.0, 1e300], -1)],
    [([0.5, 2.0], 0.25), ([1.0, 3.0], -1e300)],
    [([1, 2], 1), ([0, 1], 0)],
    [([1.0, 2.0], True), ([0.0, 1.0], False)],
    [([1.0, 2.0], 1), ([0.0, 1.0], 0.5)],
    [([1.0, 2.0], 2**53 + 1), ([0.0, 1.0], 0)],
    [([1.0, 2.0], [1.0, 0.0]), ([0.0, 1.0], [0.0, 1.0])],
    [([[1.0], [2.0]], 1), ([[0.0], [1.0]], 0)],
    [((1.0, 2.0), 1), ((0.0, 1.0), 0)],
])  # fmt: skip
def test_rows_arrive_as_they_were_sent(rows):
    sender, receiver = Sender(rows * 3), Receiver()
    receiver.add(sender.packet([4, 1]))
    receiver.add(sender.packet([1, 2, 4, 0]))
    assert receiver.lacks([0, 3]) and not receiver.lacks([0, 1, 2, 4])
    assert repr(receiver.rows([0, 4, 1, 2])) == repr([rows[0], rows[0], rows[1], rows[0]])
    receiver.add(sender.packet(range(6)))
    assert repr(receiver.rows(range(6))) == repr(rows * 3)


def test_inputs_that_are_changed_may_take_another_form():
    def augment(x, generator):
        return tuple(x) if generator.random() < 0.5 else [int(x[0]), *x[1:]]

    options = {"make": lambda: MLP(2, [5, 1], seed=0), "batch_size": 16, "augment": augment}
    assert trained(Here(3), **options) == trained(None, **options)


def test_sums_do_not_depend_on_where_the_parts_are_cut():
    draw = random.Random(0)
    shares = [Share(array("d", [draw.uniform(-1, 1) for _ in range(5)]), bytes(draw.choice([0, 1]) for _ in range(5))) for _ in range(37)]
    parts = range(37)

    def alone(part):
        return shares[part[0]] if len(part) == 1 else None

    expected = by_halves(parts, alone)
    assert expected.sums.tolist() == pytest.approx([sum(column) for column in zip(*(s.sums for s in shares), strict=True)])
    assert list(expected.reached) == [max(column) for column in zip(*(s.reached for s in shares), strict=True)]
    for workers in range(1, 40):
        cut = pieces(parts, workers)
        assert [k for piece in cut for k in piece] == list(parts)
        assert len(cut) >= min(workers, 30) and max(map(len, cut)) - min(map(len, cut)) <= 1
        found = {piece: by_halves(piece, alone) for piece in cut}
        assert by_halves(parts, found.get) == expected


# --- Failures


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
    with pytest.raises(FloatingPointError, match=r"in epoch 1, batch 1 the loss is inf, which is not finite; first at"):
        fit(MLP(1, [1], seed=0), nn.squared_error, ([[1e200], [1e200]] * 10, [1.0] * 20), batch_size=10, optimizer=None, client=Here())
    with pytest.raises(ValueError, match="bad target") as caught:
        fit(model(), square_of_bad, moons(20), client=Here())
    assert caught.value.__notes__ == ["This happened in epoch 1, batch 1."]
    with pytest.raises(ValueError, match="depends on no parameter"):
        fit(model(), lambda y, t: 0.0 * y.data, moons(20), penalty=nn.l2_penalty, client=Here())
    with pytest.raises(ValueError, match="changes a buffer during training, and the model's copies in other processes would not see the change: train the model without a client"):
        fit(Counting(), nn.hinge, moons(20), client=Here())
    with pytest.raises(TypeError, match=r"client must be a concurrent\.futures executor or a distributed\.Client; got 4: create one, such as ProcessPoolExecutor\(\)"):
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
    assert caught.value.__notes__ == ["This happened in batch 1; the parameters are as they were before that batch."]
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
        assert running.finished.is_set(), "the worker must die during training, which takes at least 0.7 s"
        client.wait_for_workers(2, timeout=30)
        assert victim not in client.run(os.getpid).values()
