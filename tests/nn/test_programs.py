"""Training with programs, which replay a traced model: losses and weights equal the eager engine's, bit for bit."""

import math
import random
import re
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
import nn
from autograd_core import ENGINE, Value
from nn import MLP, SGD, Adam, Layer, Sequential, fit
from nn._training import arrays, evaluation, packed, progress
from nn.datasets import Dataset, moons

WIDTH = 3


def classes(seed, count=2, rows=9):
    draw = random.Random(seed)
    return [([draw.gauss(0, 1) for _ in range(WIDTH)], draw.randrange(count)) for _ in range(rows)]


def signs(seed):
    return [(x, 2 * t - 1) for x, t in classes(seed)]


def floats(seed):
    return [(x, x[0] - 0.5 * t) for x, t in classes(seed)]


def shares(seed):
    return [(x, [0.0, 1.0, 0.25][t]) for x, t in classes(seed, 3)]


def vectors(seed):
    return [(x, [x[0], float(t)]) for x, t in classes(seed)]


def sequences(seed):
    draw = random.Random(seed)
    return [([[draw.gauss(0, 1)] for _ in range(2 + i % 3)], draw.choice([-1, 1])) for i in range(8)]


def body(*modules):
    return lambda seed: Sequential(Layer(WIDTH, 4, activation=None, seed=seed), *(make() for make in modules), Layer(4, 1, nonlin=False, seed=seed + 1))


MODELS = {
    name: body(getattr(nn, name))
    for name in ("ReLU", "Sigmoid", "Tanh", "Softplus", "SiLU", "GELU", "Identity", "Softmax", "LeakyReLU", "PReLU", "L1Norm", "L2Norm")
} | {
    "MLP": lambda seed: MLP(WIDTH, [4, 3, 1], activation=ag.tanh, seed=seed),
    "Elementwise": body(lambda: nn.Elementwise(ag.sin)),
    "Residual and Parallel": body(lambda: nn.Residual(nn.Tanh()), lambda: Sequential(nn.Parallel(nn.Identity(), nn.ReLU()), Layer(8, 4, seed=7))),
    "Normalize": lambda seed: Sequential(nn.Normalize(WIDTH).fit([x for x, _ in classes(seed)]), Layer(WIDTH, 1, nonlin=False, seed=seed)),
    "MLPConv and MeanPool": lambda seed: Sequential(nn.MLPConv(2, [3, 2], seed=seed), nn.MeanPool(2), Layer(2, 1, nonlin=False, seed=seed)),
    "RBF": lambda seed: Sequential(nn.RBF([[0.0] * WIDTH, [1.0] * WIDTH], beta=0.5), Layer(2, 1, nonlin=False, seed=seed)),
    "one module twice": lambda seed: Sequential(*[Layer(WIDTH, WIDTH, activation=ag.tanh, seed=seed)] * 2, Layer(WIDTH, 1, nonlin=False, seed=seed)),
    "whole layer": lambda seed: Sequential(Layer(WIDTH, 3, activation=nn.Softmax(), seed=seed), Layer(3, 1, nonlin=False, seed=seed)),
}  # fmt: skip
LOSSES = {
    "hinge": (nn.hinge, signs, 1), "squared_error": (nn.squared_error, floats, 1), "mse_loss": (nn.mse_loss, vectors, 2),
    "cross_entropy": (nn.cross_entropy, lambda seed: classes(seed, 4), 4), "multi_margin_loss": (nn.multi_margin_loss, lambda seed: classes(seed, 4), 4),
    "with logits": (nn.binary_cross_entropy_with_logits, shares, 1), "with logits, classes": (nn.binary_cross_entropy_with_logits, classes, 1),
    "nll_loss": (lambda y, t: nn.nll_loss(ag.log_softmax(y), t), lambda seed: classes(seed, 3), 3),
    "binary_cross_entropy": (lambda y, t: nn.binary_cross_entropy(ag.sigmoid(y), t), shares, 1),
}  # fmt: skip
OPTIMIZERS = {
    "SGD": lambda ps: SGD(ps, lr=0.1), "schedule": lambda ps: SGD(ps, lr=lambda step: 0.2 / (1 + step)),
    "momentum": lambda ps: SGD(ps, lr=0.05, momentum=0.9, weight_decay=0.01), "nesterov": lambda ps: SGD(ps, lr=0.05, momentum=0.5, nesterov=True),
    "Adam": lambda ps: Adam(ps, lr=0.02), "bounded": lambda ps: Adam(ps, lr=0.1, weight_decay=0.1, bound=0.5),
}  # fmt: skip


def trained(engine, make, loss, data, optimizer=OPTIMIZERS["SGD"], **options):
    model = make()
    options = {"epochs": 2, "batch_size": 4, "engine": engine, "progress": False} | options
    history = fit(model, loss, data, optimizer=optimizer(model.parameters()), **options)
    found = [p.data.hex() for p in model.parameters()], [x.hex() for x in history.losses], history.validation_losses, history.metrics, history.gradient_norms
    return found, history


def assert_same(*arguments, engine="program", **options):
    """Train eagerly and with programs, compare the results, and return the history of the second training."""
    (expected, _), (found, history) = (trained(name, *arguments, **options) for name in ("eager", engine))
    assert found == expected
    return history


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("seed", [0, 1])
def test_every_module(name, seed):
    history = assert_same(lambda: MODELS[name](seed), nn.hinge, signs(seed))
    assert (history.engine, history.reason) == ("program", "")


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("seed", [0, 1])
def test_every_loss(name, seed):
    loss, data, outputs = LOSSES[name]
    assert assert_same(lambda: MLP(WIDTH, [4, outputs], activation=ag.tanh, seed=seed), loss, data(seed)).engine == "program"


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimiser(name):
    assert assert_same(lambda: MODELS["MLP"](0), nn.hinge, signs(0), OPTIMIZERS[name], epochs=4).engine == "program"


@settings(max_examples=30)
@given(st.data())
def test_any_of_them_together_with_any_option(data):
    seed = data.draw(st.integers(0, 2**20))
    loss, rows, outputs = LOSSES[data.draw(st.sampled_from(sorted(LOSSES)))]
    sizes = [*data.draw(st.lists(st.integers(1, 5), max_size=2)), outputs]
    activation = data.draw(st.sampled_from([ag.relu, ag.tanh, ag.sigmoid, ag.softplus, ag.gelu, ag.leaky_relu, None]))
    options = {
        "batch_size": data.draw(st.sampled_from([1, 3, 9, None])), "shuffle": data.draw(st.booleans()), "seed": seed,
        "max_norm": data.draw(st.sampled_from([None, 0.1])), "input_noise": data.draw(st.sampled_from([0.0, 0.1])),
        "penalty": data.draw(st.sampled_from([None, nn.l2_penalty, lambda ps: 0.01 * nn.l1_penalty(ps)])),
        "validation": data.draw(st.sampled_from([None, rows(seed + 1)])),
        "augment": data.draw(st.sampled_from([None, lambda x, draw: [a + draw.random() for a in x]])),
    }  # fmt: skip
    if options["validation"] and data.draw(st.booleans()):
        options |= {"patience": 1, "epochs": 5}
    optimizer = OPTIMIZERS[data.draw(st.sampled_from(sorted(OPTIMIZERS)))]
    assert_same(lambda: MLP(WIDTH, sizes, activation=activation, seed=seed), loss, rows(seed), optimizer, **options)


def test_sequences_of_several_lengths():
    def make():
        return nn.RNN(nn.RNNCell(1, 3, seed=0), Layer(3, 1, nonlin=False, seed=1))

    assert assert_same(make, nn.hinge, sequences(0)).engine == "program"


@pytest.mark.parametrize("kind", [lambda x: np.array(x), lambda x: tuple(x), lambda x: [np.float32(a) for a in x], lambda x: [round(a) for a in x]])
def test_inputs_of_every_kind(kind):
    rows = [(kind(x), np.int64(t)) for x, t in classes(0, 3)]
    assert_same(lambda: MLP(WIDTH, [4, 3], seed=0), nn.cross_entropy, ([x for x, _ in rows], [t for _, t in rows]))


@pytest.fixture
def at_once(monkeypatch):
    """Record the sizes of the batches that are computed in one call."""
    seen = []

    def play(self, *arguments, play=packed.AtOnce.play):
        losses = play(self, *arguments)
        if losses is not None:
            seen.append(len(losses))
        return losses

    monkeypatch.setattr(packed.AtOnce, "play", play)
    return seen


@pytest.fixture
def in_arrays(monkeypatch):
    """Record the loss of each step that is taken on arrays."""
    seen = []

    def step(self, *arguments, step=arrays.Arrays.step):
        loss = step(self, *arguments)
        if loss is not None:
            seen.append(loss)
        return loss

    monkeypatch.setattr(arrays.Arrays, "step", step)
    return seen


class Loud(SGD):
    """An optimiser that reads a parameter at each step, so that training must update Values, not arrays."""

    def step(self):
        super().step()
        self.seen = [*getattr(self, "seen", []), self.parameters[0].data]


NATIVE_STEPS = 0 if ENGINE == "python" else 6


@pytest.mark.parametrize(("optimizer", "options", "expected"), [
    *((OPTIMIZERS[name], {}, NATIVE_STEPS) for name in ("SGD", "momentum", "nesterov", "Adam", "bounded")),
    (OPTIMIZERS["schedule"], {}, 0), (Loud, {"lr": 0.1}, 0), (OPTIMIZERS["SGD"], {"max_norm": 0.1}, 0),
    (OPTIMIZERS["Adam"], {"penalty": nn.l2_penalty}, 0), (OPTIMIZERS["SGD"], {"input_noise": 0.1}, 0),
])
def test_steps_are_made_in_arrays_unless_someone_looks(optimizer, options, expected, in_arrays):
    made = partial(optimizer, lr=options.pop("lr")) if "lr" in options else optimizer
    assert_same(lambda: MLP(WIDTH, [4, 4], seed=2), nn.cross_entropy, classes(1, 4), made, **options)
    assert len(in_arrays) == expected


@pytest.mark.parametrize("name", ["SGD", "momentum", "Adam"])
@pytest.mark.parametrize("pressed", [1, 2, 4, 5])
def test_ctrl_c_within_an_epoch_leaves_whole_steps(name, pressed, monkeypatch):
    def run(engine):
        done = []

        def update(self):
            done.append(1)
            if len(done) == pressed:
                raise KeyboardInterrupt

        monkeypatch.setattr(progress._Line, "update", update)
        model = MLP(WIDTH, [4, 1], seed=2)
        optimizer = OPTIMIZERS[name](model.parameters())
        history = fit(model, nn.hinge, signs(0), epochs=3, batch_size=4, optimizer=optimizer, engine=engine, progress=False)
        kept = [list(numbers) for numbers in (optimizer.memory if name == "Adam" else [optimizer.memory])]
        return history.stopped, len(history), [p.data.hex() for p in model.parameters()], [p.grad.hex() for p in model.parameters()], kept, optimizer.steps

    assert run("program") == run("eager") and run("eager")[5] == pressed


@pytest.mark.parametrize("name", ["cross_entropy", "squared_error", "nll_loss"])
@pytest.mark.parametrize("activation", [ag.relu, ag.tanh, ag.sigmoid])
def test_fast_training_is_near_the_exact_one(name, activation):
    loss, data, outputs = LOSSES[name]

    def run(fast, engine="program"):
        model = MLP(WIDTH, [16, outputs], activation=activation, seed=3)
        history = fit(model, loss, data(4) * 5, epochs=4, batch_size=9, optimizer=Adam(model.parameters(), lr=0.01), engine=engine, fast=fast, progress=False)
        return [*(p.data for p in model.parameters()), *history.losses]

    exact, fast = run(False), run(True)
    assert fast == pytest.approx(exact, rel=1e-9, abs=1e-12)
    assert run(True, "eager") == exact
    assert (fast == exact) == (ENGINE == "python") or activation is ag.relu


def test_fast_is_true_or_false():
    with pytest.raises(TypeError, match="fast"):
        trained("program", lambda: MODELS["MLP"](0), nn.hinge, signs(0), fast="yes")


def test_a_batch_that_strays_among_others_that_do_not():
    def kinked(y, t):
        return nn.hinge(y if y > -1.5 else 0.5 * y, t)

    rows = [(x, t) for x, t in signs(3) * 3]
    rows[14] = ([-9.0] * WIDTH, 1)
    for name in ("SGD", "Adam", "momentum"):
        assert_same(lambda: MLP(WIDTH, [4, 1], seed=2), kinked, rows, OPTIMIZERS[name], shuffle=False, epochs=3)


def test_what_is_no_longer_finite_is_found_where_it_is():
    rows = [*signs(0)[:6], ([1e308] * WIDTH, 1), *signs(1)[:3]]
    found = [raised(engine, lambda: MLP(WIDTH, [4, 1], seed=2), nn.hinge, rows, OPTIMIZERS["Adam"], shuffle=False, epochs=1) for engine in ("eager", "program")]
    assert found[0] == found[1] and "epoch 1, batch 2" in found[0][1]


@pytest.mark.skipif(ENGINE == "python", reason="the Python player plays row by row")
@pytest.mark.parametrize("name", ["hinge", "squared_error", "mse_loss", "cross_entropy", "multi_margin_loss", "with logits, classes"])
@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_a_batch_is_one_call_whatever_its_classes(name, noise, at_once):
    loss, data, outputs = LOSSES[name]
    assert_same(lambda: MLP(WIDTH, [4, outputs], seed=2), loss, data(2), input_noise=noise)
    assert at_once == [4, 4, 1] * 2


def test_a_batch_whose_rows_go_several_ways_is_taken_row_by_row(at_once):
    def kinked(y, t):
        return nn.hinge(y if y > 0.0 else 0.5 * y, t)

    rows = [([side * a for a in (1.0, 2.0, 3.0)], t) for t in (-1, 1) for side in (1.0, -1.0)]
    assert_same(lambda: MLP(WIDTH, [1], init=nn.init.constant(0.01)), kinked, rows * 3, epochs=1, shuffle=False, optimizer=partial(SGD, lr=0.0))
    assert at_once == []


def test_a_class_that_a_loss_computes_with_is_part_of_the_program():
    def weighed(y, t):
        return nn.cross_entropy(y, t) * [1.0, 2.0, 0.5][t]

    assert_same(lambda: MLP(WIDTH, [4, 3], seed=2), weighed, classes(2, 3))


def test_a_class_that_only_some_branches_compute_with():
    """A loss that uses the class only in some branches has a program for each class, and each branch is traced once."""

    def weighed(y, t):
        return nn.cross_entropy(y, t) * ([1.0, 2.0, 0.5][t] if y[0] > y[1] else 1.0)

    history = assert_same(lambda: MLP(WIDTH, [4, 3], seed=2), weighed, classes(2, 3, rows=40), epochs=6)
    assert (history.engine, history.reason) == ("program", "")


def test_a_class_that_is_not_there_is_said_in_the_same_words():
    rows = [*classes(0, 3), ([0.0] * WIDTH, -1), ([0.0] * WIDTH, 3)]
    for loss in (nn.cross_entropy, nn.multi_margin_loss, nn.nll_loss):
        for chosen in (rows[:-1], [*rows[:-2], rows[-1]]):
            found = [raised(engine, lambda: MLP(WIDTH, [3], seed=0, output=nn.Softmax()), lambda y, t, loss=loss: loss([a - 1.0 for a in y], t), chosen) for engine in ("eager", "program")]
            assert found[0] == found[1] and "must be a class from 0 to 2" in found[0][1]


def test_a_batch_of_more_than_one_chunk():
    data = moons(2100)
    assert_same(lambda: MLP(2, [3, 1], seed=0), nn.hinge, data, batch_size=None, epochs=2)


@pytest.mark.skipif(ENGINE == "python", reason="without the C code, the eager engine is used")
def test_programs_are_taken_by_themselves_where_all_is_known():
    assert assert_same(lambda: MODELS["MLP"](0), nn.hinge, signs(0), engine="auto").engine == "program"


class Own(nn.Module):
    def __init__(self):
        self.layer = Layer(WIDTH, 1, seed=0)

    def forward(self, x):
        return self.layer(x)


@pytest.mark.parametrize(("make", "loss", "reason"), [
    (Own, nn.hinge, "Own is a module of your own"),
    (lambda: Sequential(Layer(WIDTH, 1, activation=lambda a: a * 2.0, seed=0)), nn.hinge, "<function .* is a function of your own"),
    (lambda: MODELS["MLP"](0), lambda y, t: nn.hinge(y, t), "the loss is a function of your own"),
    (lambda: Sequential(Jumbled(), Layer(WIDTH, 1, nonlin=False, seed=0)), nn.hinge, "Jumbled is a module of your own"),
])
def test_what_is_not_known_is_trained_eagerly_and_the_history_says_why(make, loss, reason):
    history = assert_same(make, loss, signs(0), engine="auto")
    assert history.engine == "eager"
    assert re.fullmatch(reason, history.reason)
    assert trained("eager", make, loss, signs(0))[1].reason == 'engine="eager"'


class Jumbled(nn.Module):
    def __init__(self):
        self.generator = random.Random(3)

    def forward(self, x):
        return self.generator.sample(list(x), len(x))


class Spread(nn.Module):
    def __init__(self):
        self.generator = random.Random(3)

    def forward(self, x):
        return [self.generator.gauss(0.0, abs(a)) for a in x]


class Shaken(nn.Module):
    """A module of the user's own that draws random numbers and branches on them."""

    def __init__(self, generator):
        self.generators = {"one": generator}
        self.generator = generator

    def forward(self, x):
        return [a + self.generator.uniform(-0.1, 0.1) if self.generator.random() > 0.3 else a for a in x]


RANDOM = {
    "Dropout": lambda seed: Sequential(Layer(WIDTH, 6, seed=seed), nn.Dropout(0.4, seed=seed), Layer(6, 1, nonlin=False, seed=seed)),
    "Dropout of inputs": lambda seed: Sequential(nn.Dropout(0.4, seed=seed), Layer(WIDTH, 1, nonlin=False, seed=seed)),
    "nearly all": lambda seed: Sequential(Layer(WIDTH, 4, seed=seed), nn.Dropout(0.95, seed=seed), Layer(4, 1, nonlin=False, seed=seed)),
    "none": lambda seed: Sequential(Layer(WIDTH, 4, seed=seed), nn.Dropout(0.0, seed=seed), Layer(4, 1, nonlin=False, seed=seed)),
    "NoisyReLU": lambda seed: Sequential(Layer(WIDTH, 4, activation=None, seed=seed), nn.NoisyReLU(seed=seed), Layer(4, 1, nonlin=False, seed=seed)),
    "both, of one generator": lambda seed: both(random.Random(seed)),
    "apart": lambda seed: Sequential(
        nn.Parallel(Layer(WIDTH, 2, activation=ag.tanh, seed=seed), Sequential(Layer(WIDTH, 2, seed=seed), Layer(2, 2, activation=ag.tanh, seed=seed))),
        nn.Dropout(0.5, seed=seed), Layer(4, 3, seed=seed), nn.Dropout(0.2, seed=seed), Layer(3, 1, nonlin=False, seed=seed),
    ),
}  # fmt: skip


def both(generator):
    return Sequential(Layer(WIDTH, 6, activation=None, seed=1), nn.NoisyReLU(generator), nn.Dropout(0.4, generator), Layer(6, 1, nonlin=False, seed=1))


@pytest.mark.parametrize("name", RANDOM)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("options", [{}, {"optimizer": OPTIMIZERS["Adam"], "input_noise": 0.1, "validation": signs(7)}], ids=["plain", "noisy"])
def test_what_is_drawn_is_drawn_as_ever(name, seed, options):
    history = assert_same(lambda: RANDOM[name](seed), nn.hinge, signs(seed), **options)
    assert (history.engine, history.reason) == ("program", "")


def test_noise_and_modules_may_draw_from_one_generator():
    def run(engine):
        generator = random.Random(4)
        model = both(generator)
        history = fit(model, nn.hinge, signs(0), epochs=3, batch_size=4, engine=engine, seed=generator, input_noise=0.2, progress=False)
        return [x.hex() for x in history.losses], [p.data.hex() for p in model.parameters()], generator.random()

    assert run("program") == run("eager")


@pytest.mark.skipif(ENGINE == "python", reason="without the C code, the eager engine is used")
def test_batches_of_what_is_drawn_are_one_call(at_once):
    assert assert_same(lambda: RANDOM["Dropout"](1), nn.hinge, signs(1), engine="auto").engine == "program"
    assert at_once == [4, 4, 1] * 2


def test_what_is_drawn_may_decide_the_way():
    def model():
        return Sequential(Layer(WIDTH, 1, seed=2), Shaken(random.Random(5)), Layer(1, 1, nonlin=False, seed=2))

    with pytest.raises(ValueError, match="in a different order each time"):
        trained("program", model, nn.hinge, signs(3), epochs=4)


def test_all_that_nn_exports_is_trained_here():
    """If nn gains a module, loss or optimiser, add it to the tables above, or name it here with a reason."""
    modules = {name for name in nn.__all__ if isinstance(getattr(nn, name), type) and issubclass(getattr(nn, name), nn.Module)}
    used = {type(inner).__name__ for table in (MODELS, RANDOM) for make in table.values() for _, inner in make(0).named_modules()}
    assert modules - used - {"Module"} == {"RNN", "RNNCell"}, "test_sequences_of_several_lengths trains these two"
    losses = {name for name in dir(nn.losses) if getattr(getattr(nn.losses, name), "__module__", "") == "nn.losses" and not name.startswith("_")}
    assert losses - {"class_of", "l1_penalty", "l2_penalty"} == {made.__name__ for made, _, _ in LOSSES.values()} - {"<lambda>"} | {"nll_loss", "binary_cross_entropy"}
    optimizers = {name for name in nn.__all__ if isinstance(getattr(nn, name), type) and issubclass(getattr(nn, name), nn.optim.Optimizer)}
    assert optimizers - {"Optimizer"} == {type(make([Value(0.0)])).__name__ for make in OPTIMIZERS.values()}


def test_your_own_code_is_traced_where_you_say_so():
    assert assert_same(Own, lambda y, t: ag.softplus(-t * y), signs(0)).engine == "program"


def test_many_branches_are_refused_where_programs_are_asked_for():
    def zigzag(y, t):
        for k in range(-20, 20):
            if y > k / 10:
                y = y * 1.01
        return nn.hinge(y, t)

    def model():
        return MODELS["MLP"](3)

    with pytest.raises(ValueError, match=r'engine="program" cannot train .*: the model or the loss has more than 8 branches'):
        trained("program", model, zigzag, signs(0) * 3, epochs=3)


@pytest.mark.parametrize(("make", "loss", "message"), [
    (lambda: Sequential(Jumbled(), Layer(WIDTH, 1)), nn.hinge, "a module draws random numbers with sample, which programs do not support"),
    (lambda: Sequential(Layer(WIDTH, 3), Spread(), Layer(3, 1)), nn.hinge, "a module draws random numbers that depend on its inputs"),
    (Own, lambda y, t: nn.hinge(y, t) * random.random(), "draws random numbers"),
    (Own, lambda y, t: nn.hinge(y, t) if repr(y) else 0.0, "writes a Value as text"),
])
def test_what_cannot_be_traced_is_refused_where_it_is_asked_for(make, loss, message):
    with pytest.raises(ValueError, match=rf'engine="program" cannot train .*{message}'):
        trained("program", make, loss, signs(0))


def test_an_engine_of_another_name_is_refused():
    with pytest.raises(ValueError, match='engine must be "auto", "eager" or "program"; got "fast"'.replace('"fast"', "'fast'")):
        trained("fast", Own, nn.hinge, signs(0))


def raised(engine, model, loss, data, *optimizer, **options):
    with pytest.raises((FloatingPointError, ValueError, ArithmeticError)) as caught:
        trained(engine, model, loss, data, *optimizer, **options)
    return type(caught.value), str(caught.value), getattr(caught.value, "__notes__", [])


@pytest.mark.parametrize(("loss", "data"), [
    (nn.hinge, [*signs(0)[:6], ([1.0, 2.0, 3.0], 5)]),
    (nn.cross_entropy, [([0.0] * WIDTH, 0)]),
    (nn.squared_error, [([1e300] * WIDTH, 1.0), ([0.0] * WIDTH, 1.0)]),
    (lambda y, t: ag.exp(1e3 * y) * t, [([50.0] * WIDTH, 1)] * 3),
    (lambda y, t: ag.log(-abs(y) - 1.0), signs(0)),
])
def test_what_goes_wrong_is_said_in_the_same_words(loss, data):
    def make():
        return Layer(WIDTH, 1, nonlin=False, init=nn.init.constant(0.5))

    assert raised("program", make, loss, data) == raised("eager", make, loss, data)


def test_a_model_that_a_callback_changes_is_traced_anew():
    def run(engine):
        model = MODELS["MLP"](0)

        def change(history):
            if len(history) == 2:
                for neuron in model.layers[0].neurons:
                    neuron.activation = ag.relu
            if len(history) == 3:
                model.layers[1].neurons[0] = nn.Neuron(4, activation=ag.sin, seed=5)

        history = fit(model, nn.hinge, signs(0), epochs=5, batch_size=4, engine=engine, callbacks=[change], progress=False)
        return [x.hex() for x in history.losses], [p.data.hex() for p in model.parameters()]

    assert run("program") == run("eager")


def test_other_parameters_and_values_that_are_not_trained():
    def run(engine):
        extra, constant, model = nn.PReLU(), Value(0.5), MLP(WIDTH, [2, 1], seed=0)
        optimizer = SGD([*model.parameters(), *extra.parameters()], lr=0.1)
        fit(model, lambda y, t: nn.hinge(extra(y) * constant, t), signs(0), epochs=2, optimizer=optimizer, engine=engine, progress=False)
        return [p.data.hex() for p in optimizer.parameters]

    assert run("program") == run("eager")


def test_ctrl_c_and_the_learning_rate_between_epochs_act_as_ever():
    def run(engine):
        model = MODELS["MLP"](0)
        optimizer = SGD(model.parameters(), lr=0.1)

        def watch(history):
            optimizer.lr = 0.05
            if len(history) == 3:
                raise KeyboardInterrupt

        history = fit(model, nn.hinge, signs(0), epochs=9, optimizer=optimizer, engine=engine, callbacks=[watch], progress=False)
        return history.stopped, len(history), [p.data.hex() for p in model.parameters()]

    assert run("program") == run("eager") and run("eager")[:2] == ("interrupted", 3)


@pytest.mark.parametrize(("ours", "theirs"), [
    (partial(SGD, lr=0.1), ("SGD", {"lr": 0.1})),
    (partial(SGD, lr=0.05, momentum=0.9, weight_decay=0.01), ("SGD", {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.01})),
    (partial(SGD, lr=0.05, momentum=0.5, nesterov=True), ("SGD", {"lr": 0.05, "momentum": 0.5, "nesterov": True})),
    (partial(Adam, lr=0.01), ("Adam", {"lr": 0.01})),
])
def test_fifty_steps_against_pytorch(ours, theirs, in_arrays):
    torch = pytest.importorskip("torch")
    model = MLP(WIDTH, [5, 3], activation=ag.tanh, seed=0)
    rows = classes(0, 3, rows=20)
    reference = torch.nn.Sequential(torch.nn.Linear(WIDTH, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3)).double()
    with torch.no_grad():
        for layer, linear in zip(model.layers, (reference[0], reference[2]), strict=True):
            linear.weight.copy_(torch.tensor([[w.data for w in neuron.w] for neuron in layer.neurons], dtype=torch.float64))
            linear.bias.copy_(torch.tensor([neuron.b.data for neuron in layer.neurons], dtype=torch.float64))
    optimizer = getattr(torch.optim, theirs[0])(reference.parameters(), **theirs[1])
    x, t = torch.tensor([x for x, _ in rows], dtype=torch.float64), torch.tensor([t for _, t in rows])
    for step in range(50):
        chosen = slice(4 * (step % 5), 4 * (step % 5) + 4)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(reference(x[chosen]), t[chosen]).backward()
        optimizer.step()
    history = fit(model, nn.cross_entropy, rows, epochs=10, batch_size=4, shuffle=False, optimizer=ours(model.parameters()), engine="program", progress=False)
    assert history.engine == "program" and math.isfinite(history.losses[-1])
    assert len(in_arrays) == (50 if ENGINE == "native" else 0)
    for layer, linear in zip(model.layers, (reference[0], reference[2]), strict=True):
        weights = np.array([[w.data for w in neuron.w] for neuron in layer.neurons])
        assert np.abs(weights - linear.weight.detach().numpy()).max() < 1e-10


def test_data_are_unchanged():
    data = Dataset("these", [[1, 2, 3], [3, 2, 1]], [0, 1])
    trained("program", lambda: MLP(WIDTH, [2], seed=0), nn.cross_entropy, data)
    assert data.inputs == [[1, 2, 3], [3, 2, 1]] and type(data.inputs[0][0]) is int


@pytest.mark.parametrize("name", MODELS)
def test_evaluation_by_programs_finds_the_same(name, monkeypatch):
    model, data, seen = MODELS[name](0), signs(0) * 30, []
    monkeypatch.setattr(evaluation, "MANY", 10**9)
    expected = nn.evaluate(model, nn.hinge, data), nn.accuracy(model, data)
    monkeypatch.setattr(evaluation, "MANY", 1)
    monkeypatch.setattr(evaluation.Programs, "outputs", lambda self, x, outputs=evaluation.Programs.outputs: seen.append(x) or outputs(self, x))
    assert (nn.evaluate(model, nn.hinge, data), nn.accuracy(model, data)) == expected
    assert len(seen) == (2 * len(data) if ENGINE == "native" else 0)


def test_what_a_model_raises_in_evaluation_is_said_in_the_same_words():
    model = Sequential(Layer(WIDTH, 1, activation=ag.log, init=nn.init.constant(0.5)))
    rows = [([1.0] * WIDTH, 1)] * 250 + [([-1.0] * WIDTH, 1)]
    with pytest.raises(ValueError, match="log") as few:
        nn.evaluate(model, nn.hinge, rows[-1:])
    with pytest.raises(ValueError, match="log") as many:
        nn.evaluate(model, nn.hinge, rows)
    assert str(many.value) == str(few.value)
