"""The training loop: the effect of each option, how training ends, and rejected arguments."""

import math

import numpy as np
import pytest

import nn
from autograd_core import Value, exp, log, no_record, parameter, tanh
from nn import MLP, SGD, Adam, Layer, accuracy, evaluate, fit, squared_error
from nn.datasets import moons, xor
from nn.history import History
from nn.init import constant

LINE = ([[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 5.0, 7.0])


def line_model():
    return Layer(1, 1, nonlin=False, init=constant(0.0))


# -- the effects of a run


def test_one_epoch_on_the_whole_data_is_one_step_of_gradient_descent():
    model = line_model()
    history = fit(model, squared_error, LINE, epochs=1, batch_size=None, optimizer=SGD(model.parameters(), lr=0.5))
    x, t = np.ravel(LINE[0]), np.array(LINE[1])
    assert model.parameters()[0].data == pytest.approx(0.5 * np.mean(t * x), rel=1e-14)
    assert model.parameters()[1].data == pytest.approx(0.5 * np.mean(t), rel=1e-14)
    assert history.losses == [pytest.approx(np.mean(t**2) / 2, rel=1e-14)]
    norm = np.hypot(np.mean(t * x), np.mean(t))
    assert history.gradient_norms == {"neurons.0": [pytest.approx(norm, rel=1e-14)]}


def test_it_learns_the_line():
    model = line_model()
    history = fit(model, squared_error, LINE, epochs=400, batch_size=2)
    assert [p.data for p in model.parameters()] == pytest.approx([2.0, 1.0], rel=1e-3)
    assert history.losses[-1] < 1e-5 < history.losses[0]
    assert (len(history), history.stopped, history.best_epoch) == (400, "epochs", None)


def test_the_loss_of_an_epoch_is_the_mean_over_examples_whatever_the_batches():
    for size in (1, 2, 3, 4, 100, None):
        model = line_model()
        history = fit(model, squared_error, LINE, epochs=1, batch_size=size, optimizer=SGD(model.parameters(), lr=0.0))
        assert history.losses == [pytest.approx(10.5, rel=1e-14)]


def test_each_epoch_is_shuffled_anew_and_sees_every_example_once():
    seen = []

    def watch(outputs, target):
        seen.append(target)
        return squared_error(outputs, target)

    data = ([[float(i)] for i in range(10)], list(range(10)))
    model = line_model()
    fit(model, watch, data, epochs=3, batch_size=3, optimizer=SGD(model.parameters(), lr=0.0), seed=1)
    epochs = [seen[i : i + 10] for i in (0, 10, 20)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(10))] * 3
    assert len({tuple(epoch) for epoch in epochs}) == 3
    assert data[1] == list(range(10)), "the caller's lists must keep their order"


def test_the_same_seed_gives_the_same_bits():
    def run(seed):
        model = nn.Sequential(Layer(2, 4, seed=0), nn.Dropout(0.5, seed=1), Layer(4, 1, nonlin=False, seed=2))
        history = fit(model, nn.hinge, moons(20), epochs=3, batch_size=5, input_noise=0.1, seed=seed)
        return model.state_dict(), history.losses

    assert run(3) == run(3)
    assert run(3) != run(4)


def test_penalty_clipping_and_bound():
    plain, penalised, clipped, bounded = (line_model() for _ in range(4))
    for model, options in [
        (plain, {}), (penalised, {"penalty": lambda ps: 2.0 * nn.l2_penalty(ps)}), (clipped, {"max_norm": 1e-3}),
        (bounded, {"optimizer": Adam(bounded.parameters(), lr=0.1, bound=0.25)}),
    ]:
        history = fit(model, squared_error, LINE, epochs=20, **options)
        assert len(history.losses) == 20
    size = [math.hypot(*(p.data for p in model.parameters())) for model in (plain, penalised, clipped)]
    assert size[1] < 0.8 * size[0]
    # there are 20 steps with rate 0.1 and a gradient of norm 1e-3, all in nearly the same direction
    assert size[2] == pytest.approx(20 * 0.1 * 1e-3, rel=1e-3)
    assert [p.data for p in bounded.parameters()] == [0.25, 0.25]
    # the reported loss does not include the penalty
    model = line_model()
    model.neurons[0].b.data = 1.0
    frozen = SGD(model.parameters(), lr=0.0)
    history = fit(model, squared_error, LINE, epochs=1, optimizer=frozen, penalty=lambda ps: 100.0 * nn.l1_penalty(ps))
    assert history.losses == [pytest.approx(7.0)]


def test_validation_metrics_and_callbacks():
    train, test = moons(60).split(0.3)
    seen = []
    history = fit(
        MLP(2, [4, 1], seed=0), nn.hinge, train, epochs=4, validation=test, metrics={"accuracy": accuracy},
        callbacks=[lambda h: seen.append(len(h)), lambda h: len(h) == 3],
    )
    assert seen == [1, 2, 3]
    assert history.stopped == "callback"
    assert len(history.validation_losses) == len(history.metrics["accuracy"]) == 3
    assert history.best_epoch == 1 + history.validation_losses.index(min(history.validation_losses))
    assert set(history.gradient_norms) == {"layers.0", "layers.1"}
    assert history.last().startswith("loss ")
    model = MLP(2, [4, 1], seed=0)
    history = fit(model, nn.hinge, train, epochs=1, metrics={"accuracy": accuracy})
    assert history.metrics == {"accuracy": [accuracy(model, train)]}


def test_early_stopping_goes_back_to_the_best_parameters():
    # the best slope for the validation data is 1, which training passes on its way to 2
    model = Layer(1, 1, nonlin=False, init=constant(0.0))
    xs = [[-1.0], [1.0]]
    history = fit(
        model, squared_error, (xs, [-2.0, 2.0]), epochs=100, optimizer=SGD(model.parameters(), lr=0.01),
        validation=(xs, [-1.0, 1.0]), patience=7,
    )
    best = history.best_epoch
    assert history.stopped == "patience"
    assert len(history) == best + 7
    assert min(history.validation_losses) == history.validation_losses[best - 1]
    assert evaluate(model, squared_error, (xs, [-1.0, 1.0])) == history.validation_losses[best - 1]
    assert model.parameters()[0].data == pytest.approx(1.0, abs=0.02)


def test_the_best_parameters_come_back_also_when_patience_never_ran_out():
    model = Layer(1, 1, nonlin=False, init=constant(0.0))
    xs = [[-1.0], [1.0]]
    history = fit(model, squared_error, (xs, [-2.0, 2.0]), epochs=15, validation=(xs, [-1.0, 1.0]), patience=100)
    assert history.stopped == "epochs"
    assert history.best_epoch < 15
    assert evaluate(model, squared_error, (xs, [-1.0, 1.0])) == min(history.validation_losses)


def test_augmentation_and_noise_change_inputs_anew_each_time():
    seen = []

    class Watch(nn.Module):
        def __init__(self):
            self.b = nn.Neuron(1).b

        def forward(self, x):
            seen.append((self.training, *x))
            return [self.b + 0.0]

    def mirrored(x, generator):
        return [-x[0]] if generator.random() < 0.5 else x

    data = ([[1.0]] * 50, [0.0] * 50)
    fit(Watch(), squared_error, data, epochs=2, augment=mirrored, validation=data)
    trained = [x for training, x in seen if training]
    assert len(trained) == 100
    assert 30 < trained.count(-1.0) < 70
    assert {x for training, x in seen if not training} == {1.0}
    seen.clear()
    fit(Watch(), squared_error, ([[[1.0], [2.0]]] * 2000, [0.0] * 2000), epochs=1, input_noise=0.5)
    noise = np.array([step for _, *steps in seen for (step,) in steps]).reshape(-1, 2) - [1.0, 2.0]
    assert abs(noise.mean()) < 4 * 0.5 / np.sqrt(noise.size)
    assert abs(noise.std() - 0.5) < 4 * 0.5 / np.sqrt(2 * noise.size)
    assert len(np.unique(noise)) == noise.size


def test_the_model_trains_in_training_mode_and_is_left_in_evaluation_mode():
    model = nn.Sequential(nn.Dropout(0.5, seed=0), line_model())
    modes = []
    fit(model, lambda y, t: modes.append(model.training) or squared_error(y, t), LINE, epochs=1, validation=LINE)
    assert modes == [True] * 4 + [False] * 4
    assert not model.training
    model.train()
    evaluate(model, squared_error, LINE)
    assert model.training


# -- how training ends


def test_ctrl_c_ends_with_the_history_so_far():
    calls = []

    def interrupted(outputs, target):
        calls.append(target)
        if len(calls) == 11:
            raise KeyboardInterrupt
        return squared_error(outputs, target)

    model = line_model()
    history = fit(model, interrupted, LINE, epochs=100, batch_size=2)
    assert (len(history), history.stopped) == (2, "interrupted")
    assert not model.training
    # if validation is interrupted, all lists have the same length
    calls.clear()
    metrics = {"one": lambda *_: 1}
    history = fit(line_model(), interrupted, LINE, epochs=100, validation=LINE, patience=3, metrics=metrics)
    assert (len(history), history.stopped) == (1, "interrupted")
    assert len(history.validation_losses) == len(history.metrics["one"]) == 1


def test_divergence_names_epoch_batch_and_node():
    model = line_model()
    with pytest.raises(FloatingPointError) as caught:
        fit(model, squared_error, LINE, epochs=1000, batch_size=1, optimizer=SGD(model.parameters(), lr=1e3))
    assert "in epoch " in str(caught.value)
    assert ", batch " in str(caught.value)
    assert "first at the node " in str(caught.value)
    # the step that failed changed no parameter
    assert all(math.isfinite(p.data) for p in model.parameters())


def test_a_gradient_that_is_not_finite_is_caught_too():
    unit = nn.Neuron(1, activation=lambda a: (a * 0.0 + 0.0).sqrt() + a, init=constant(1.0), name="root")
    with pytest.raises(FloatingPointError, match=r"in epoch 1, batch 1 the loss is .*not finite"):
        fit(unit, lambda y, t: (y - t).sqrt(), ([[1.0]], [1.0]), epochs=1)


def test_what_an_operation_raises_is_placed_too():
    model = line_model()
    with pytest.raises(OverflowError, match="exp is too large") as caught:
        fit(model, lambda y, t: exp(1000.0 * (y + 1.0)), LINE, epochs=1, batch_size=2)
    assert caught.value.__notes__ == ["This happened in epoch 1, batch 1."]
    with pytest.raises(ValueError, match="log is defined for x > 0") as caught:
        fit(line_model(), lambda y, t: log(y - 1.0), LINE, epochs=1)
    assert caught.value.__notes__ == ["This happened in epoch 1, batch 1."]


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (([[1.0], [2.0, 3.0]], [0, 1]), {}, "the training data: row 1 has 2 columns, not 1: column 1 is unexpected"),
        (([[1.0], []], [0, 1]), {}, "the training data: row 1 is empty: column 0 is missing"),
        (([[1.0], ["2"]], [0, 1]), {}, "row 1, column 0 must be a finite number; got '2'"),
        (([[1.0], [math.nan]], [0, 1]), {}, "row 1, column 0 must be a finite number; got nan"),
        (([], []), {}, "the training data: there are no rows"),
        (([[1.0]], [0, 1]), {}, "1 rows of inputs but 2 targets"),
        (([[1.0]], [math.inf]), {}, "the target of row 0 must be a finite number; got inf"),
        ([[1.0]], {}, "the training data must be a Dataset, a pair of lists \\(inputs, targets\\), or a list of examples"),
        ((iter(LINE[0]), LINE[1]), {}, "the training data must be a Dataset, a pair of lists"),
        (([[1.0]], [10**400]), {}, "the target of row 0 must be a finite number; got 1000"),
        (LINE, {"validation": ([], [])}, "the validation data: there are no rows"),
        (LINE, {"max_norm": -1.0}, "max_norm must be a finite number of at least 0; got -1.0"),
        (([[1.0, 2.0]], [0]), {}, r"Layer\(1, 1\) takes 1 inputs; got 2"),
        (LINE, {"validation": ([[1.0], [None]], [0, 1])}, "the validation data: row 1, column 0 must be"),
        (LINE, {"validation": ([[1.0, 2.0]], [0])}, "the validation data: row 0 has 2 columns, not 1"),
        (LINE, {"patience": 3}, "patience needs validation data"),
        (LINE, {"patience": 0, "validation": LINE}, "patience must be an integer of at least 1; got 0"),
        (LINE, {"epochs": 0}, "epochs must be an integer of at least 1; got 0"),
        (LINE, {"batch_size": -1}, "batch_size must be an integer of at least 1; got -1"),
        (LINE, {"batch_size": 0}, "batch_size must be an integer of at least 1; got 0"),
        (LINE, {"input_noise": -1.0}, "input_noise must be a finite number of at least 0; got -1.0"),
    ],
)
def test_what_is_refused(data, options, message):
    model = line_model()
    before = model.state_dict()
    with pytest.raises(ValueError, match=message):
        fit(model, squared_error, data, **options)
    assert model.state_dict() == before


def test_an_optimiser_of_another_model_is_refused():
    with pytest.raises(ValueError, match=r"the optimizer has none of the parameters of Layer\(1, 1\): create it with model"):
        fit(line_model(), squared_error, LINE, optimizer=SGD(line_model().parameters(), lr=0.1))
    with pytest.raises(ValueError, match=r"ReLU\(\) has no parameters: create them with `parameter` and assign them to attributes"):
        fit(nn.ReLU(), squared_error, LINE)


@pytest.mark.parametrize("loss", [lambda y, t: (y.data - t) ** 2, lambda y, t: Value(y.data) - t])
def test_a_loss_that_no_parameter_has_a_part_in_is_refused(loss):
    with pytest.raises(ValueError, match=r"in epoch 1, batch 1 the loss, .*, depends on no parameter: did you use `\.data`"):
        fit(line_model(), loss, LINE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": lambda x: x}, "model must be a Module .*; got <function"),
        ({"loss": "mse"}, "loss must be a function or a module; got 'mse'"),
        ({"penalty": 0.01}, "penalty must be a function or a module; got 0.01"),
        ({"augment": "flip"}, "augment must be a function or a module; got 'flip'"),
        ({"metrics": accuracy}, 'metrics must be a dict of functions keyed by name, such as {"accuracy": accuracy}; got <function'),
        ({"metrics": {"loss": 0.5}}, "loss must be a function or a module; got 0.5"),
        ({"callbacks": [3]}, "callback must be a function or a module; got 3"),
        ({"callbacks": print}, "not iterable"),
        ({"optimizer": SGD}, r"optimizer must be an Optimizer, such as SGD\(model\.parameters\(\), lr=0\.1\); got <class"),
        ({"loss": lambda y, t: None}, "mean takes Values and real numbers; got None"),
    ],
)
def test_what_is_of_another_kind_is_refused_before_anything_moves(change, message):
    model = line_model()
    before = model.state_dict()
    with pytest.raises(TypeError, match=message):
        fit(**{"model": model, "loss": squared_error, "data": LINE, **change})
    assert model.state_dict() == before


def test_a_metric_may_be_called_loss():
    assert fit(line_model(), squared_error, LINE, epochs=1, metrics={"loss": accuracy}).metrics["loss"]


def test_training_records_also_where_nothing_else_is_recorded():
    with no_record():
        model = line_model()
        assert fit(model, squared_error, LINE, epochs=2).losses[1] < 10.0


def test_a_part_of_the_parameters_may_stay_as_it_is():
    model = MLP(1, [2, 1], activation=tanh, seed=0)
    first, second = (layer.state_dict() for layer in model.layers)
    fit(model, squared_error, LINE, epochs=2, optimizer=SGD(model.layers[1].parameters(), lr=0.1))
    assert model.layers[0].state_dict() == first
    assert model.layers[1].state_dict() != second


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_validation_loss_that_is_not_finite_is_never_the_best(bad):
    course = iter([bad, 2.0, 1.0, bad])
    history = History()
    for loss in course:
        history.add(0.0, loss, {}, {})
    assert history.best_epoch == 3
    assert History([1.0], [bad]).best_epoch is None


def test_xor_is_data_like_any_other():
    assert len(fit(MLP(2, [2, 1], seed=0), nn.binary_cross_entropy_with_logits, xor(), epochs=1).losses) == 1
    assert evaluate(nn.Identity(), lambda y, t: Value(2.0), LINE) == 2.0


def test_without_shuffling_every_epoch_has_the_order_of_the_data():
    seen = []

    def recorded(outputs, target):
        seen.append(target)
        return squared_error(outputs, [target])

    data = ([[float(i)] for i in range(7)], [0.1 * i for i in range(7)])
    fit(MLP(1, [1], seed=0), recorded, data, epochs=2, batch_size=3, shuffle=False, optimizer=None)
    assert seen == data[1] * 2
    seen.clear()
    fit(MLP(1, [1], seed=0), recorded, data, epochs=2, batch_size=3)
    assert sorted(seen[:7]) == data[1]
    assert seen[:7] != seen[7:]


# -- things outside the model


def test_parameters_of_the_optimiser_outside_the_model_are_cleared_clipped_and_checked():
    def run(**options):
        model, scale = line_model(), parameter(1.0)
        optimizer = SGD([*model.parameters(), scale], lr=0.01)
        fit(model, lambda y, t: squared_error(scale * y, t) + scale, LINE, epochs=2, batch_size=None, optimizer=optimizer, **options)
        return scale.data

    w, b, scale, x, t = 0.0, 0.0, 1.0, np.ravel(LINE[0]), np.array(LINE[1])
    for _ in range(2):
        slope = scale * (w * x + b) - t
        w, b, scale = (
            w - 0.01 * np.mean(slope * scale * x), b - 0.01 * np.mean(slope * scale),
            scale - 0.01 * np.mean(slope * (w * x + b) + 1.0),
        )
    assert run() == pytest.approx(scale, rel=1e-14)
    assert 1.0 - run(max_norm=1e-3) <= 2e-5
    model, outside = line_model(), parameter(0.0)
    with pytest.raises(FloatingPointError, match="its gradient is not finite"):
        fit(model, lambda y, t: squared_error(y, t) + outside.sqrt(), LINE, optimizer=SGD([*model.parameters(), outside], lr=0.1))
    assert outside.data == 0.0


def test_a_frozen_part_is_in_no_norm():
    model = MLP(1, [2, 1], activation=tanh, seed=0)
    before = fit(model, squared_error, LINE, epochs=1, optimizer=SGD(model.parameters(), lr=0.0)).gradient_norms
    again = fit(model, squared_error, LINE, epochs=1, optimizer=SGD(model.layers[1].parameters(), lr=0.0)).gradient_norms
    assert before == again


def test_a_penalty_does_not_make_good_for_a_loss_without_parameters():
    with pytest.raises(ValueError, match=r"in epoch 1, batch 1 the loss, .*, depends on no parameter: did you use `\.data`"):
        fit(line_model(), lambda y, t: Value(y.data) - t, LINE, penalty=nn.l2_penalty)
    model = line_model()
    fit(model, squared_error, LINE, epochs=1, batch_size=None, optimizer=SGD(model.parameters(), lr=0.5), penalty=nn.l2_penalty)
    assert model.parameters()[1].data == pytest.approx(0.5 * 4.0, rel=1e-14), "the loss must be swept exactly once"


def test_metrics_and_callbacks_see_the_model_in_evaluation_mode_and_metrics_record_nothing():
    model = nn.Sequential(nn.Dropout(0.5, seed=0), line_model())
    seen = []

    def metric(model, rows):
        seen.append(("metric", {m.training for _, m in model.named_modules()}, model([1.0]).operands))
        return 0.0

    def callback(history):
        seen.append(("callback", {m.training for _, m in model.named_modules()}, len(model([1.0]).operands)))

    modes = []
    loss = lambda y, t: modes.append(model.training) or squared_error(y, t)  # noqa: E731  # one line is enough
    fit(model, loss, LINE, epochs=2, metrics={"zero": metric}, callbacks=[callback])
    assert seen == [("metric", {False}, ()), ("callback", {False}, 2)] * 2
    assert modes == [True] * 8


class Watching(nn.Module):
    """A line, with buffers that do not affect its outputs."""

    buffers = ("largest", "seen")

    def __init__(self):
        self.largest, self.seen, self.line = math.inf, 0, line_model()

    def forward(self, x):
        self.seen += self.training
        return self.line(x)


def test_a_buffer_that_is_not_finite_loses_no_history():
    model = Watching()
    history = fit(model, squared_error, LINE, epochs=20, validation=([[0.0]], [0.5]), patience=2, batch_size=2)
    assert history.stopped == "patience"
    assert model.largest == math.inf
    assert (model.seen, type(model.seen)) == (4 * history.best_epoch, int), "the buffers must be restored too"
    assert evaluate(model, squared_error, ([[0.0]], [0.5])) == min(history.validation_losses)


def test_losses_whose_sum_is_beyond_all_floats_have_a_mean():
    assert evaluate(nn.Identity(), lambda y, t: 1.5e308, LINE) == 1.5e308
    assert evaluate(nn.Identity(), lambda y, t: math.inf, LINE) == math.inf
    assert math.isnan(evaluate(nn.Identity(), lambda y, t: math.nan if t > 3 else math.inf, LINE))
    infinities = iter([math.inf, -math.inf] * 2)
    assert math.isnan(evaluate(nn.Identity(), lambda y, t: next(infinities), LINE))


# -- arguments in the wrong place


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: fit(nn.hinge, m, LINE), r"model must be a Module \(Elementwise turns a function into one\); got <function hinge"),
        (lambda m: fit(m, LINE, nn.hinge), r"loss must be a function or a module; got \(\[\[0\.0\]"),
        (lambda m: fit(nn.MLP, nn.hinge, LINE), "model must be a Module .*; got <class"),
        (lambda m: evaluate(nn.hinge, m, LINE), "model must be a Module .*; got <function hinge"),
        (lambda m: evaluate(m, LINE, nn.hinge), r"loss must be a function or a module; got \(\[\[0\.0\]"),
        (lambda m: accuracy(LINE, m), r"model must be a Module .*; got \(\[\[0\.0\]"),
        (lambda m: nn.Residual(tanh), "block must be a Module .*; got <function tanh"),
        (lambda m: nn.Residual(m, tanh), "shortcut must be a Module .*; got <function tanh"),
        (lambda m: nn.RNN(m, m), "cell must be a RNNCell; got Layer"),
        (lambda m: nn.RNN(nn.RNNCell(1, 1), 3), "head must be a Module .*; got 3"),
        (lambda m: nn.Sequential(m, tanh), "module 2 must be a Module .*; got <function tanh"),
        (lambda m: nn.Parallel([m]), r"module 1 must be a Module .*; got \[Layer"),
        (lambda m: MLP(1, [1, 1], activation="tanh"), "activation must be a function or a module; got 'tanh': pass the function itself, autograd_core.tanh"),
        (lambda m: MLP(1, [1], output="softmax2"), "output must be a function or a module; got 'softmax2'$"),
        (lambda m: nn.Neuron(1, activation=nn.ReLU), r"activation must be a function or a module; got the class ReLU: pass an instance, ReLU\(\)"),
        (lambda m: nn.Elementwise("tanh"), "function must be a function or a module; got 'tanh': pass the function itself"),
    ],
)
def test_the_argument_is_named(call, message):
    with pytest.raises(TypeError, match=message):
        call(line_model())
