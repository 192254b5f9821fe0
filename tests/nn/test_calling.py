"""Calls to modules: inputs, outputs, scopes, and rejected arguments."""

import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import TABLE, Value, no_record, tanh, toposort
from nn import MLP, Layer, Module, Neuron, Sequential


def operations(node):
    return [n.op.name for n in toposort(node) if not n.is_leaf]


# -- calling


@given(st.lists(st.integers(1, 4), min_size=2, max_size=5), st.integers(0, 100))
def test_a_list_goes_in_and_one_output_comes_without_a_list(sizes, seed):
    model = MLP(sizes[0], sizes[1:], seed=seed)
    y = model([0.5] * sizes[0])
    if sizes[-1] == 1:
        assert type(y) is Value
    else:
        assert [type(a) for a in y] == [Value] * sizes[-1]
    expected = sum((a + 1) * b for a, b in pairwise(sizes))
    assert len(model.parameters()) == expected
    assert all(p.op is TABLE["parameter"] for p in model.parameters())


def test_the_weighted_sum_of_a_neuron_is_one_dot_node():
    unit = Neuron(3, seed=0)
    x = [Value(1.0), Value(2.0), Value(3.0)]
    y = unit(x)
    assert operations(y) == ["dot", "add", "relu"]
    [a] = y.operands
    assert a.operands[0].operands == (*unit.w, *x)
    assert a.operands[1] is unit.b
    assert operations(Neuron(3, False)(x)) == ["dot", "add"]
    assert operations(Neuron(3, activation=tanh)(x)) == ["dot", "add", "tanh"]


def frames_of_nn(function, *arguments):
    frames = []

    def watch(frame, event, argument):
        if event == "call" and f"{nn.__path__[0]}/" in frame.f_code.co_filename:
            frames.append(frame.f_code.co_name)

    sys.setprofile(watch)
    try:
        function(*arguments)
    finally:
        sys.setprofile(None)
    return frames


def test_calling_a_neuron_takes_one_frame_of_nn():
    assert frames_of_nn(Neuron(2, activation=nn.ReLU.function, seed=0), [1.0, 2.0]) == ["__call__"]


def test_calling_a_layer_takes_few_frames_of_nn_however_many_neurons_it_has():
    small, large = (frames_of_nn(Layer(2, size, activation=tanh, seed=0), [1.0, 2.0]) for size in (2, 50))
    assert small == large and len(large) <= 5


def test_a_neuron_of_another_kind_in_a_layer_is_called_itself():
    class Doubled(Neuron):
        def __call__(self, x):
            return 2.0 * super().__call__(x)

    layer, doubled = Layer(2, 3, seed=0), Doubled(2, seed=1)
    layer.neurons[1] = doubled
    x = [0.5, 0.25]
    assert [y.data for y in layer(x)] == [layer.neurons[0](x).data, doubled(x).data, layer.neurons[2](x).data]


def test_each_module_runs_in_a_scope_of_its_name():
    model = MLP(2, [3, 1], seed=0)
    y = model([1.0, 2.0])
    scopes = {node.scope for node in toposort(y) if not node.is_leaf}
    assert scopes == {
        ("mlp", "layer 1", "neuron 1"), ("mlp", "layer 1", "neuron 2"), ("mlp", "layer 1", "neuron 3"),
        ("mlp", "layer 2", "neuron 1"),
    }
    assert {p.scope for p in model.layers[0].neurons[1].parameters()} == {("mlp", "layer 1", "neuron 2")}
    assert [p.label for p in model.layers[0].neurons[1].parameters()] == ["w1", "w2", "b"]
    pair = Sequential(Layer(2, 2), nn.Tanh(), Layer(2, 2), nn.Residual(MLP(2, [2], name="own")))
    assert [m.name for m in pair] == ["layer 1", "tanh 1", "layer 2", "residual 1"]
    class Own(Module):
        name = "mine"

        def forward(self, x):
            return list(x)

    named = Layer(1, 1, name="given")
    assert [m.name for m in Sequential(Own(), named, Own(), Layer(1, 1))] == ["mine 1", "given", "mine 2", "layer 1"]
    y = total_of(pair([1.0, 2.0]))
    found = {node.scope for node in toposort(y) if not node.is_leaf}
    assert ("sequential", "residual 1", "own", "layer 1", "neuron 2") in found
    assert ("sequential", "tanh 1") in found
    cell = nn.RNNCell(1, 1, seed=0)
    last = cell.unroll([1.0, 2.0])[-1][0]
    assert {node.scope[:2] for node in toposort(last) if not node.is_leaf} == {
        ("step 1", "rnncell"), ("step 2", "rnncell"),
    }
    windows = nn.MLPConv(1, [1], seed=0)([1.0, 2.0])
    assert [y.scope[1] for y in windows] == ["window 1", "window 2"]


def total_of(outputs):
    return sum(outputs, start=Value(0.0))


def test_a_model_can_run_in_several_threads_at_once(in_threads):
    model = MLP(2, [4, 4, 1], seed=0)
    expected = model([1.0, 2.0]).data

    def run(_):
        for _ in range(200):
            y = model([1.0, 2.0])
            assert (y.data, y.scope) == (expected, ("mlp", "layer 3", "neuron 1"))

    in_threads(run, 4)


def test_numpy_rows_and_single_numbers_go_in():
    model = MLP(2, [3, 1], seed=0)
    assert model(np.array([0.5, -1.0])).data == model([0.5, -1.0]).data
    assert Layer(1, 1, seed=0)(0.5).data == Layer(1, 1, seed=0)([0.5]).data
    assert MLP(1, [1, 2], seed=0)(Value(0.5))[1].data == MLP(1, [1, 2], seed=0)([0.5])[1].data


def test_without_recording_no_graph_is_kept():
    with no_record():
        y = MLP(2, [3, 1], seed=0)([0.5, -1.0])
    assert y.operands == ()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MLP(2, [3, 1])([1.0]), r"Layer\(2, 3, relu\) takes 2 inputs; got 1"),
        (lambda: Neuron(2)([1.0]), r"Neuron\(2, relu\) takes 2 inputs; got 1"),
        (lambda: Neuron(2)(1.0), r"Neuron\(2, relu\) takes 2 inputs; got 1"),
        (lambda: MLP(2, [3, 1])(np.array(2.0)), r"Layer\(2, 3, relu\) takes 2 inputs; got 1"),
        (lambda: MLP(2, []), r"nouts must be a non-empty list with one size for each layer; got \[\]"),
        (lambda: MLP(2, 3), "nouts must be a non-empty list with one size for each layer; got 3"),
        (lambda: MLP(0, [1]), "nin must be an integer of at least 1; got 0"),
        (lambda: Layer(2, 1.5), "nout must be an integer of at least 1; got 1.5"),
        (lambda: Neuron(True), "nin must be an integer of at least 1; got True"),
        (lambda: nn.Dropout(1.0), "p must be a finite number of at least 0 and below 1; got 1.0"),
        (lambda: nn.Residual(Layer(2, 3))([1.0, 2.0]), "cannot add 3 outputs of its block to 2 inputs"),
        (lambda: nn.RNN(nn.RNNCell(1, 2), Layer(2, 1))([]), "the sequence is empty"),
        (lambda: nn.MLPConv(3, [2])([1.0, 2.0]), "takes at least 3 numbers, 1 for each position; got 2"),
        (lambda: nn.MLPConv(1, [2], channels=2)([1.0, 2.0, 3.0]), "takes at least 2 numbers, 2 for each position; got 3"),
        (lambda: nn.MeanPool(2)([1.0]), r"MeanPool\(2\) takes 2 numbers for each position; got 1 in all"),
        (lambda: nn.Normalize(2)([1.0]), r"Normalize\(2\) takes 2 inputs; got 1"),
        (lambda: nn.RBF([[1.0, 2.0]])([1.0]), r"RBF\(2, 1\) takes 2 inputs; got 1"),
        (lambda: nn.RBF([[1.0, 2.0], [3.0]]), "the centres: row 1 has 1 columns, not 2: column 1 is missing"),
        (lambda: nn.kmeans([[1.0], [1.0]], 2), "k must be from 1 to the number of distinct rows, 1; got 2"),
        (lambda: nn.kmeans([[1.0], [2.0]], 1.5), "k must be an integer of at least 1; got 1.5"),
        (lambda: nn.RBF([[1.0], [2.0]], beta=-1.0), "beta must be a finite number above 0; got -1.0"),
        (lambda: nn.kmeans([[1.0], ["a"]], 1), "row 1, column 0 must be a finite number; got 'a'"),
    ],
)
def test_wrong_sizes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MLP(2, [1, 1], activation="tanh"), "activation must be a function or a module; got 'tanh'"),
        (lambda: MLP(2, [1, 1], activation=nn.ReLU), "activation must be a function or a module; got the class"),
        (lambda: Neuron(2, init=0.5), "init must be a function or a module; got 0.5"),
        (lambda: Sequential(Layer(1, 1), tanh), r"module 2 must be a Module \(Elementwise turns a function into one\); got <"),
        (lambda: Sequential([Layer(1, 1)]), r"module 1 must be a Module .*; got \[Layer\(1, 1, relu\)\]"),
        (lambda: nn.Parallel(nn.Tanh), "module 1 must be a Module .*; got <class"),
        (lambda: nn.Residual(tanh), "must be a Module"),
        (lambda: nn.Residual(nn.Tanh(), shortcut=tanh), "must be a Module"),
        (lambda: nn.RNN(Layer(1, 1), Layer(1, 1)), r"cell must be a RNNCell; got Layer\(1, 1, relu\)"),
        (lambda: nn.RNN(nn.RNNCell(1, 1), tanh), "must be a Module"),
    ],
)
def test_what_is_of_another_kind_is_named(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match="Module does not implement forward"):
        Module()([1.0])


# -- the arguments of a call


def test_a_single_number_of_any_kind_is_a_list_of_one():
    for module in (Neuron(1, seed=0), Layer(1, 1, seed=0), MLP(1, [1], seed=0), nn.Normalize(1), nn.RBF([[1.0]])):
        expected = module([2.0])
        for x in (2.0, 2, Value(2.0), np.float32(2.0), np.array(2.0), np.array([2.0]), (2.0,)):
            assert module(x) == expected


ONE = r"takes one example, a flat list of 2 numbers; got "


@pytest.mark.parametrize("make", [
    lambda: Neuron(2), lambda: Layer(2, 3), lambda: MLP(2, [3, 1]), lambda: Sequential(Layer(2, 1)),
    lambda: nn.Normalize(2), lambda: nn.RBF([[0.0, 1.0]]), lambda: Sequential(nn.Normalize(2), Layer(2, 1)),
])
@pytest.mark.parametrize(("inputs", "message"), [
    ([[[1.0, 2.0]]], ONE + r"elements such as \[1\.0, 2\.0\]: for a batch, loop over it$"),
    ([[[1.0, 2.0], [3.0, 4.0]]], ONE + r"elements such as \[1\.0, 2\.0\]: for a batch, loop over it$"),
    ([np.ones((2, 2))], ONE + r"elements such as array\(.*: for a batch, loop over it$"),
    ([np.ones((3, 2))], ONE + r"elements such as array\(.*: for a batch, loop over it$"),
    ([["a", "b"]], ONE + "elements such as 'a'$"), (["ab"], ONE + "'ab'$"), ([None], ONE + "None$"), ([[1.0, None]], ONE + "elements such as None$"),
    ([{"a": 1.0, "b": 2.0}], ONE + r"{'a': 1\.0, 'b': 2\.0}$"),
    ([1.0, 2.0], r" takes x; pass an example as one list of numbers, model\(\[1\.0, 2\.0\]\) rather than model\(1\.0, 2\.0\): too many positional arguments$"),
    ([], r" takes x; pass an example as .*: missing a required argument: 'x'$|missing 1 required positional argument: 'x'$"),
])
def test_what_is_no_example_is_refused_with_the_way_out(make, inputs, message):
    with pytest.raises(TypeError, match=message):
        make()(*inputs)


def test_an_error_within_a_module_stays_as_it_is():
    class Broken(Module):
        def forward(self, x):
            return len(3)

    with pytest.raises(TypeError, match=r"object of type 'int' has no len\(\)"):
        Broken()([1.0])


def test_the_state_of_a_cell_may_be_left_out_be_none_or_be_named():
    cell = nn.RNNCell(1, 2, seed=0)
    expected = [h.data for h in cell([1.0])]
    for found in (cell(1.0, None), cell([1.0], h=None), cell(1.0, h=[0.0, 0.0]), cell(x=1.0), cell(1.0, np.zeros(2))):
        assert [h.data for h in found] == expected
    one = nn.RNNCell(1, 1, seed=0)
    assert one(1.0, 0.5).data == one(1.0, h=[0.5]).data == one(1.0, h=0.5).data
    with pytest.raises(TypeError, match=r"RNNCell\(Layer\(3, 2, tanh\)\) takes x, h; pass an example as .*: got an unexpected keyword argument 'state'"):
        cell(1.0, state=None)
    with pytest.raises(ValueError, match=r"RNNCell\(Layer\(3, 2, tanh\)\) has a state of 2 numbers; got 1"):
        cell(1.0, [1.0])


@pytest.mark.parametrize("module", [nn.Softmax(), nn.Dropout(0.5)])
def test_what_takes_any_number_of_inputs_takes_no_batch_either(module):
    for batch in ([[1.0, 2.0], [3.0, 4.0]], np.ones((2, 2))):
        with pytest.raises(TypeError, match=r"takes one example, a flat list of 2 numbers; got elements such as .*: for a batch, loop over it"):
            module(batch)
