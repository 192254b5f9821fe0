"""Finding parameters and modules, micrograd's `parameters()`, and saving every parameter that is trained."""

from collections import deque

import numpy as np
import pytest

import nn
from autograd_core import Value, parameter
from nn import SGD, Layer, Module, Sequential, evaluate, fit, squared_error
from nn.init import constant

XS = [[-1.0], [1.0]]


class Line(Module):
    """The line a x + b, whose two parameters are made by `make`."""

    def __init__(self, make=parameter):
        self.a, self.b = make(0.0), make(0.0)

    def forward(self, x):
        return [self.a * x[0] + self.b]


class Micrograd(Line):
    """The line a x + b as in a program for micrograd: two `Value`s, and a `parameters` method of the class."""

    def __init__(self, start=0.0):
        self.a, self.b = Value(start), Value(start)

    def parameters(self):
        return [self.a, self.b]


class Holding(Module):
    def __init__(self, **attributes):
        vars(self).update(attributes)


def test_parameters_and_modules_are_found_in_dicts_and_among_other_things():
    p = [parameter(float(i)) for i in range(9)]
    model = Holding(
        gaps=[p[0], None], nested=[[p[1]], []], mixed=[Line(), p[2]], table={"x": p[3], "y": [p[4]]},
        inner={"first": Line(), 2: [Line()]}, queue=deque([p[5]]), array=np.array([[p[6], p[7]]]), number=np.eye(2),
    )
    assert {name: q.data for name, q in model.named_parameters()} == {
        "gaps.0": 0.0, "nested.0.0": 1.0, "mixed.1": 2.0, "table.x": 3.0, "table.y.0": 4.0, "queue.0": 5.0,
        "array.0.0": 6.0, "array.0.1": 7.0, "mixed.0.a": 0.0, "mixed.0.b": 0.0, "inner.first.a": 0.0,
        "inner.first.b": 0.0, "inner.2.0.a": 0.0, "inner.2.0.b": 0.0,
    }
    assert model.parameters() == [q for _, q in model.named_parameters()]
    assert [path for path, _ in model.named_modules()] == ["", "mixed.0", "inner.first", "inner.2.0"]
    state = model.state_dict()
    assert (state["gaps.0"], state["nested.0"], state["array"]) == (0.0, [1.0], [[6.0, 7.0]])
    changed = {name: [7.0] if name in ("nested.0", "table.y") else [[8.0, 9.0]] if name == "array" else 7.0 for name in state}
    model.load_state_dict(changed)
    assert model.state_dict() == changed
    assert p[7].data == 9.0
    assert not any(module.training for _, module in model.eval().named_modules())


def test_a_set_is_refused_since_it_has_no_order():
    for held in ({parameter(1.0)}, frozenset([Line()])):
        with pytest.raises(TypeError, match=r"things\.0 is a set, which has no order: keep parameters and modules in a list or a dict"):
            Holding(things=[held]).parameters()
    assert Holding(seen={1, 2, "a"}).parameters() == []


@pytest.mark.parametrize("thing", [parameter(1.0), [parameter(1.0)], Line(), {"a": Line()}])
def test_what_all_instances_would_share_is_refused(thing):
    with pytest.raises(TypeError, match=r"Shared\.w holds parameters or modules that all instances of Shared would share: assign self\.w in __init__ instead"):
        type("Shared", (Module,), {"w": thing})


def test_two_places_of_one_name_are_refused():
    with pytest.raises(ValueError, match=r"two parameters have the path table\.1: use different keys in the dicts that hold them"):
        Holding(table={1: parameter(1.0), "1": parameter(2.0)}).state_dict()


# -- a module with its own `parameters`


@pytest.mark.parametrize("outer", [lambda inner: inner, Sequential, lambda inner: Holding(inner={"m": inner})])
def test_a_module_in_the_style_of_micrograd_is_trained_and_saved(outer, tmp_path):
    inner = Micrograd()
    model = outer(inner)
    assert model.parameters() == [inner.a, inner.b]
    inner.a.data, inner.b.data = 3.0, 4.0
    model.save(tmp_path / "model.json")
    other = Micrograd()
    outer(other).load(tmp_path / "model.json")
    assert (other.a.data, other.b.data) == (3.0, 4.0)
    assert len(list(model.named_parameters())) == 2


def test_it_goes_back_to_the_best_parameters():
    model = Micrograd()
    history = fit(
        model, squared_error, (XS, [-2.0, 2.0]), epochs=100, optimizer=SGD(model.parameters(), lr=0.01),
        validation=(XS, [-1.0, 1.0]), patience=7,
    )
    assert history.stopped == "patience"
    assert evaluate(model, squared_error, (XS, [-1.0, 1.0])) == min(history.validation_losses)


class Hidden(Module):
    """A module with a parameter that no attribute holds, so that it cannot be found."""

    def __init__(self):
        w = parameter(0.0, "w")
        self.weight = lambda: w

    def parameters(self):
        return [self.weight()]

    def forward(self, x):
        return [self.weight() * x[0]]


def test_what_is_trained_and_cannot_be_saved_is_said(tmp_path):
    for model in (Hidden(), Sequential(Hidden())):
        assert [p.label for p in model.parameters()] == ["w"]
        for call, *arguments in (
            [model.state_dict], [model.load_state_dict, {}], [model.save, tmp_path / "m"], [dict, model.named_parameters()],
        ):
            with pytest.raises(ValueError, match=r".*\.parameters\(\) returns parameter\(0\.0, label='w'\) that no attribute holds: store every parameter in an attribute, directly or inside a list or dict"):
                call(*arguments)


def test_the_best_parameters_come_back_from_wherever_they_stand():
    model = Hidden()
    history = fit(model, squared_error, (XS, [-2.0, 2.0]), epochs=15, validation=(XS, [-1.0, 1.0]), patience=100)
    assert history.best_epoch < 15
    assert evaluate(model, squared_error, (XS, [-1.0, 1.0])) == min(history.validation_losses)


def test_a_part_that_gives_no_parameters_stays_as_it_is_and_is_saved():
    class Frozen(Layer):
        def parameters(self):
            return []

    model = Sequential(Frozen(1, 1, nonlin=False, init=constant(1.0)), Layer(1, 1, nonlin=False, init=constant(1.0)))
    before = model.state_dict()
    assert [name for name, _ in model.named_parameters()] == ["modules.1.neurons.0.w.0", "modules.1.neurons.0.b"]
    history = fit(model, squared_error, (XS, [-2.0, 2.0]), epochs=3)
    assert set(history.gradient_norms) == {"modules.1"}
    after = model.state_dict()
    assert set(after) == set(before)
    assert [name for name in after if after[name] != before[name]] == ["modules.1.neurons.0.w"]


def test_parameters_of_ones_own_may_call_those_of_module():
    class Some(nn.MLP):
        def parameters(self):
            return super().parameters()[-3:]

    model = Some(2, [2, 1])
    assert len(model.parameters()) == 3
    assert len(Sequential(model).parameters()) == 3
    assert [name for name, _ in model.named_parameters()] == ["layers.1.neurons.0.w.0", "layers.1.neurons.0.w.1", "layers.1.neurons.0.b"]
    assert len(model.state_dict()) == 6


def test_a_model_of_a_module_twice_and_of_itself_has_each_parameter_once():
    line = Line()
    model = Sequential(line, line)
    model.modules.append(model)
    assert model.parameters() == [line.a, line.b]


class Repeating(Micrograd):
    """A module whose `parameters` returns a shared parameter twice, as can happen when several layers are combined."""

    def parameters(self):
        return [self.a, self.b, self.a]


@pytest.mark.parametrize("inside", [False, True])
def test_a_parameter_listed_twice_is_trained_as_one(inside):
    def run(kind):
        model = Sequential(kind(0.5)) if inside else kind(0.5)
        history = fit(
            model, squared_error, (XS, [-1.0, 2.0]), epochs=3, max_norm=0.2,
            optimizer=SGD(model.parameters(), lr=0.1, momentum=0.5), penalty=nn.l2_penalty,
        )
        return history.losses, list(history.gradient_norms.values()), model.summary().split()[-1]

    assert run(Repeating) == run(Micrograd)
