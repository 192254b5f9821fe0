"""How modules are created, named, counted, displayed and switched between modes, and what each kind computes."""

import inspect
import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value, parameter, relu, sigmoid, tanh, toposort
from nn import MLP, Layer, Module, Neuron, Sequential
from nn.init import constant


def operations(node):
    return [n.op.name for n in toposort(node) if not n.is_leaf]


# -- micrograd's names


def test_micrograd_names():
    model = MLP(2, [16, 16, 1])
    assert [len(layer.neurons) for layer in model.layers] == [16, 16, 1]
    unit = model.layers[0].neurons[0]
    assert (len(unit.w), type(unit.b), unit.nonlin) == (2, Value, True)
    assert not model.layers[-1].neurons[0].nonlin
    y = model([1.0, -2.0])
    y.backward()
    assert any(p.grad for p in model.parameters())
    model.zero_grad()
    assert not any(p.has_grad for p in model.parameters())
    for p in model.parameters():
        p.data -= 0.1 * p.grad
    assert list(inspect.signature(Neuron).parameters)[:2] == ["nin", "nonlin"]
    assert operations(Neuron(2, nonlin=False)([1.0, 2.0])) == ["dot", "add"]
    assert operations(Layer(2, 1, nonlin=False)([1.0, 2.0])) == ["dot", "add"]


# -- contents


class Odd(Module):
    """A module with parameters and modules in every kind of attribute that is searched."""

    def __init__(self):
        self.alone = parameter(1.0)
        self.listed = [parameter(2.0), parameter(3.0)]
        self.nested = ([parameter(4.0)], [parameter(5.0)])
        self.inner = Layer(1, 1, nonlin=False, init=constant(6.0), bias=7.0)
        self.several = [nn.PReLU(8.0), [nn.PReLU(9.0)]]
        self.again = self.inner
        self.shared = self.listed[0]
        self.input = Value(10.0)
        self.number = 11.0
        self.nothing = []
        self.mixed = [parameter(12.0), 13.0]


def test_parameters_are_found_once_and_named():
    found = {name: p.data for name, p in Odd().named_parameters()}
    assert found == {
        "alone": 1.0, "listed.0": 2.0, "listed.1": 3.0, "nested.0.0": 4.0, "nested.1.0": 5.0,
        "inner.neurons.0.w.0": 6.0, "inner.neurons.0.b": 7.0, "several.0.slope": 8.0, "several.1.0.slope": 9.0, "mixed.0": 12.0,
    }
    assert [path for path, _ in Odd().named_modules()] == ["", "inner", "inner.neurons.0", "several.0", "several.1.0"]
    assert "shared" in Odd().state_dict()
    assert "again" not in " ".join(Odd().state_dict())


def test_a_module_in_itself_does_not_loop():
    model = Sequential(nn.Tanh())
    model.modules.append(model)
    assert [path for path, _ in model.named_modules()] == ["", "modules.0"]


def test_train_and_eval_reach_every_module():
    model = Sequential(Layer(2, 2), nn.Dropout(0.5), nn.Residual(nn.Dropout(0.5)))
    assert model.eval() is model
    assert {m.training for _, m in model.named_modules()} == {False}
    assert model.train() is model
    assert {m.training for _, m in model.named_modules()} == {True}
    assert nn.Dropout(0.5).training


def test_how_modules_are_shown():
    model = Sequential(MLP(2, [4, 3]), nn.PReLU(), nn.RBF([[0.0, 1.0, 2.0]]), nn.Elementwise(sigmoid), nn.MeanPool(1))
    assert repr(model) == "Sequential(MLP(2, [4, 3]), PReLU(), RBF(3, 1), Elementwise(sigmoid), MeanPool(1))"
    assert repr(nn.Elementwise(lambda x: x)).startswith("Elementwise(<lambda>")
    assert repr(Neuron(2, activation=nn.PReLU())) == "Neuron(2, PReLU())"
    assert repr(nn.LeakyReLU()) == "LeakyReLU(0.01)"
    assert repr(nn.Softplus()) == "Softplus()"
    assert repr(Layer(2, 3, nonlin=False)) == "Layer(2, 3)"
    lines = model.summary(depth=2).splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["modules.0", "modules.0.layers.0", "modules.0.layers.1"]
    assert lines[-1].split()[-1] == str(len(model.parameters()))
    assert len({len(line) for line in lines}) == 1
    assert len(model.summary(depth=0).splitlines()) == 2


def test_sequential_is_a_sequence():
    model = Sequential(Layer(2, 2), nn.Tanh())
    assert (len(model), model[1], list(model)) == (2, model.modules[1], model.modules)


# -- state


@given(st.integers(0, 2**32))
def test_state_goes_from_one_model_to_another(seed):
    make = [
        lambda s: MLP(3, [4, 2], seed=s),
        lambda s: Sequential(nn.Normalize(2).fit([[s, 1.0], [0.0, 2.0]]), nn.RBF([[s / 7, 0.0]]), nn.PReLU(s)),
        lambda s: nn.RNN(nn.RNNCell(1, 3, seed=s), Layer(3, 1, seed=s)),
    ]
    for of in make:
        first, second = of(seed), of(seed + 1)
        state = first.state_dict()
        second.load_state_dict(state)
        assert second.state_dict() == state


def test_state_is_a_copy():
    model = Layer(1, 1, init=constant(1.0))
    state = model.state_dict()
    model.neurons[0].w[0].data = 5.0
    assert state["neurons.0.w"] == [1.0]


# -- initialisers


@pytest.mark.parametrize(
    ("init", "variance"),
    [
        (nn.init.lecun_normal, 1 / 50), (nn.init.kaiming_normal, 2 / 50), (nn.init.xavier_normal, 2 / 150),
        (nn.init.xavier_uniform, 2 / 150), (nn.init.uniform(-0.3, 0.3), 0.03), (nn.init.normal(0.0, 0.5), 0.25),
    ],
)
def test_initialisers_have_their_variance(init, variance):
    drawn = np.array([[p.data for p in unit.w] for unit in Layer(50, 100, init=init, seed=3).neurons]).ravel()
    # the mean and the variance of 5,000 numbers are each within four standard errors, computed for normal numbers
    assert abs(drawn.mean()) < 4 * np.sqrt(variance / drawn.size)
    assert abs(drawn.var() / variance - 1) < 4 * np.sqrt(2 / drawn.size)


def test_default_initialisers_and_biases():
    def variance(layer):
        return np.var([p.data for unit in layer.neurons for p in unit.w])

    assert variance(Layer(50, 100, seed=0)) == pytest.approx(2 / 50, rel=0.1)
    assert variance(Layer(50, 100, activation=tanh, seed=0)) == pytest.approx(1 / 50, rel=0.1)
    assert variance(Layer(50, 100, nonlin=False, seed=0)) == pytest.approx(1 / 50, rel=0.1)
    assert {unit.b.data for unit in Layer(2, 3, bias=0.01).neurons} == {0.01}
    assert {p.data for p in MLP(2, [2, 2], init=constant(0.5), bias=0.5).parameters()} == {0.5}


def test_seeds():
    def state(seed):
        return MLP(2, [3, 1], seed=seed).state_dict()

    assert state(1) == state(1) == state(random.Random(1))
    assert state(1) != state(2)
    random.seed(4)
    first = state(None)
    assert state(None) != first
    random.seed(4)
    assert state(None) == first
    # layers that share a generator differ
    generator = random.Random(0)
    assert Layer(3, 1, seed=generator).state_dict() != Layer(3, 1, seed=generator).state_dict()
    # the numbers are the same with every engine, platform and version
    assert state(0)["layers.0.neurons.0.w"] == [0.9417154046806644, -1.3965781047011498]
    for bad in (1.0, "a", True, np.bool_(True), np.random.default_rng(0)):
        for make in SEEDED:
            with pytest.raises(TypeError, match=r"seed must be an integer of at least 0, a random\.Random or None; got"):
                make(bad)


SEEDED = [
    lambda seed: Neuron(1, seed=seed), lambda seed: nn.Dropout(0.5, seed), lambda seed: nn.datasets.moons(9, seed=seed),
    lambda seed: nn.datasets.xor(9, 0.1, seed), lambda seed: nn.datasets.curve(seed=seed),
    lambda seed: nn.datasets.iris().split(0.5, seed), lambda seed: nn.batches(nn.datasets.xor(), 2, seed),
    lambda seed: nn.kmeans([[0.0], [1.0]], 1, seed),
    lambda seed: nn.fit(Neuron(1), nn.squared_error, ([[1.0]], [1.0]), epochs=1, seed=seed),
]


def test_one_kind_of_seed_everywhere():
    for make in SEEDED:
        make(np.int64(3)), make(random.Random(3)), make(None)
        for negative in (-1, np.int8(-3)):
            with pytest.raises(ValueError, match="seed must be an integer of at least 0; got "):
                make(negative)
    for seed in (lambda: np.int64(3), lambda: random.Random(3)):
        assert nn.datasets.moons(9, seed=seed()) == nn.datasets.moons(9, seed=3)
        assert MLP(2, [2], seed=seed()).state_dict() == MLP(2, [2], seed=3).state_dict()


# -- single modules


def test_parallel_and_residual():
    x = [1.0, -2.0]
    assert nn.Parallel(nn.Identity(), nn.ReLU(), nn.MeanPool(2))(x) == [1.0, -2.0, 1.0, 0.0, 1.0, -2.0]
    assert nn.Residual(nn.ReLU())(x) == [2.0, -2.0]
    assert nn.Residual(nn.MeanPool(1), shortcut=nn.MeanPool(1))(x) == -1.0


def test_rnn_cell_is_one_layer_on_input_and_state():
    cell = nn.RNNCell(2, 3, seed=0)
    first, second = cell.unroll([[1.0, 2.0], [3.0, 4.0]])
    assert [h.data for h in first] == [h.data for h in cell.layer([1.0, 2.0, 0.0, 0.0, 0.0])]
    assert [h.data for h in first] == [h.data for h in cell([1.0, 2.0])]
    assert [h.data for h in second] == [h.data for h in cell([3.0, 4.0], first)]
    assert [h.data for h in cell.unroll([[3.0, 4.0]], first)[0]] == [h.data for h in second]
    assert nn.RNN(cell, nn.Identity())([[1.0, 2.0], [3.0, 4.0]])[0].data == second[0].data


def test_mlp_conv_slides_one_network():
    module = nn.MLPConv(2, [3, 2], channels=2, stride=2, seed=0)
    x = [float(i) for i in range(14)]  # 7 positions with 2 channels each; the windows start at positions 0, 2 and 4
    found = [y.data for y in module(x)]
    expected = [y.data for start in (0, 4, 8) for y in module.mlp(x[start : start + 4])]
    assert found == expected
    assert all(y >= 0 for y in found)
    assert len(module.parameters()) == 4 * 3 + 3 + 3 * 2 + 2


def test_normalize_is_fitted_and_saved():
    rows = [[1.0, 5.0, 2.0], [2.0, 5.0, -1.0], [6.0, 5.0, 0.5]]
    module = nn.Normalize(3)
    assert module([1.0, 2.0, 3.0]) == [1.0, 2.0, 3.0]
    module.fit(rows)
    found = np.array([module(row) for row in rows])
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-15)
    np.testing.assert_allclose(found.var(axis=0), [1, 0, 1], rtol=1e-14)
    assert set(module.state_dict()) == {"mean", "std"}
    with pytest.raises(ValueError, match="row 1 has 2 columns, not 3: column 2 is missing"):
        module.fit([[1.0, 2.0, 3.0], [1.0, 2.0]])


def test_norms_of_nothing_are_zeros():
    assert nn.L1Norm()([0.0, 0.0]) == nn.L2Norm()([0.0, 0.0]) == [0.0, 0.0]
    x = [Value(0.0), Value(0.0)]
    nn.L2Norm()(x)[0].backward()
    assert all(np.isfinite(a.grad) for a in x)


def test_rbf_values_and_default_width():
    module = nn.RBF([[0.0, 0.0], [3.0, 4.0]])
    assert [b.data for b in module.betas] == [0.5 / 25, 0.5 / 25]
    y = module([3.0, 4.0])
    assert [a.data for a in y] == pytest.approx([np.exp(-0.5), 1.0], rel=1e-15)
    assert [b.data for b in nn.RBF([[1.0], [2.0]], beta=3.0).betas] == [3.0, 3.0]
    assert [b.data for b in nn.RBF([[1.0]]).betas] == [0.5]


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=20), st.data())
def test_kmeans_gives_a_fixed_point(rows, data):
    rows = [list(map(float, row)) for row in rows]
    k = data.draw(st.integers(1, len(set(map(tuple, rows)))))
    centres = np.array(nn.kmeans(rows, k, seed=0, iterations=1000))
    assert centres.shape == (k, 2)
    distances = np.linalg.norm(np.array(rows)[:, None] - centres, axis=2)
    nearest = distances.argmin(axis=1)
    for j in range(k):
        if (nearest == j).any():
            np.testing.assert_allclose(centres[j], np.array(rows)[nearest == j].mean(axis=0), atol=1e-12)
    assert nn.kmeans(rows, k, seed=0, iterations=1000) == centres.tolist()


def test_kmeans_keeps_a_centre_that_lost_its_rows():
    # there is only one iteration; the initial centres are rows
    assert sorted(nn.kmeans([[0.0], [1.0], [5.0]], 3, seed=1, iterations=1)) == [[0.0], [1.0], [5.0]]
    [first] = nn.kmeans([[0.0], [1.0], [5.0]], 1, seed=1, iterations=0)
    assert first in ([0.0], [1.0], [5.0])


def test_activation_of_a_neuron_may_be_a_module_with_parameters():
    slope = nn.PReLU(0.5)
    layer = Layer(1, 2, activation=slope, init=constant(-1.0))
    assert [y.data for y in layer([1.0])] == [-0.5, -0.5]
    assert [name for name, _ in layer.named_parameters() if "slope" in name] == ["neurons.0.activation.slope"]
    assert Neuron(1, activation=relu).nonlin


@pytest.mark.parametrize(
    ("column", "mean", "std"),
    [
        ([0.1] * 10, 0.1, 1.0), ([1e200, -1e200], 0.0, 1e200), ([1e-200, -1e-200], 0.0, 1e-200),
        ([1e308, 1e308, 1e308], 1e308, 1.0), ([0.0, 1e-323], 5e-324, 5e-324), ([1, 3], 2.0, 1.0),
        ([1e16, 1.0, -1e16, 3.0], 1.0, 7071067811865476.0), (np.float32([0.1] * 3), float(np.float32(0.1)), 1.0),
    ],
)
def test_normalize_sums_exactly(column, mean, std):
    module = nn.Normalize(1).fit([[x] for x in column])
    assert (module.mean, module.std) == ([mean], [pytest.approx(std, rel=1e-15)])
    assert all(type(x) is float for x in module.mean + module.std)
    assert all(abs(module([x])) <= 2.0 for x in column)


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 20))
def test_normalize_only_shifts_what_never_varies(x, n):
    module = nn.Normalize(1).fit([[x]] * n)
    assert (module.mean, module.std, module([x])) == ([x], [1.0], 0.0)


# -- modules that act on a whole layer


def test_a_layer_applies_softmax_to_all_its_outputs():
    model = MLP(2, [4, 3], output=nn.Softmax(), seed=0)
    scores = MLP(2, [4, 3], seed=0)([1.0, -2.0])
    outputs = model([1.0, -2.0])
    assert [y.data for y in outputs] == [y.data for y in nn.Softmax()(scores)]
    assert sum(y.data for y in outputs) == pytest.approx(1.0, rel=1e-15)
    assert repr(model.layers[1]) == "Layer(4, 3, Softmax())"
    assert model.state_dict() == MLP(2, [4, 3], seed=0).state_dict()
    normalised = Layer(2, 3, activation=nn.L2Norm(), seed=0)([1.0, 2.0])
    assert sum(y.data**2 for y in normalised) == pytest.approx(1.0, rel=1e-15)
    fitted = nn.Normalize(2).fit([[0.0, 1.0], [4.0, 2.0]])
    assert set(Layer(1, 2, activation=fitted).state_dict()) > {"joint_activation.mean", "joint_activation.std"}
    assert [y.data for y in Layer(1, 2, activation=fitted, init=constant(1.0))(2.0)] == [0.0, 1.0]
    assert len(nn.RNNCell(1, 3, activation=nn.L1Norm(), seed=0)([1.0])) == 3
    chain = Layer(2, 3, activation=Sequential(nn.Tanh(), nn.Softmax()), seed=0)
    assert sum(y.data for y in chain([1.0, 2.0])) == pytest.approx(1.0, rel=1e-15)
    assert Layer(2, 3, False, activation=nn.Softmax()).joint_activation is None


def test_a_module_of_ones_own_says_that_it_acts_on_a_whole_layer():
    class Largest(Module):
        whole_layer = True

        def forward(self, x):
            return [max(x)]

    assert Layer(1, 3, activation=Largest(), init=constant(1.0))([2.0]).data == 2.0


@pytest.mark.parametrize("module", [
    nn.Softmax(), nn.L1Norm(), nn.L2Norm(), nn.Normalize(1), nn.MeanPool(1), Sequential(nn.Tanh(), nn.Softmax()),
    nn.Residual(nn.L2Norm()),
])
def test_one_unit_refuses_what_acts_on_a_whole_layer(module):
    with pytest.raises(TypeError, match=r"activation .* acts on a whole layer, but a Neuron has only one output: pass it to Layer or MLP, or put it after the layer in a Sequential"):
        Neuron(2, activation=module)


@pytest.mark.parametrize("rows", [
    [[0.0], [1e-170]], [[-1e308], [1e308]], [[1.7e308], [-1.7e308], [0.0]], [[0.0], [1e-170], [1.0]], [[0.0], [5e-324]],
    [[1e308, 1e308], [-1e308, -1e308], [1e308, -1e308]], [[0.0], [1e-320], [1.0], [1e288]],
])
def test_kmeans_finds_every_row_at_any_size(rows):
    for seed in range(20):
        assert sorted(nn.kmeans(rows, len(rows), seed=seed)) == sorted(rows)
    [centre] = nn.kmeans(rows * 3, 1, seed=0)
    assert centre == pytest.approx([float(sum(map(Fraction, column)) / len(rows)) for column in zip(*rows, strict=True)], rel=1e-12)


@pytest.mark.parametrize("centres", [[[0.0], [1e-170]], [[-1e308], [1e308]], [[0.0], [1.7e308]]])
def test_centres_whose_distance_gives_no_width_are_refused(centres):
    with pytest.raises(ValueError, match=r"the centres are .* apart, which puts the default beta out of range: pass beta, or scale the rows as Normalize does"):
        nn.RBF(centres)
    assert nn.RBF(centres, beta=1.0).betas[0].data == 1.0
