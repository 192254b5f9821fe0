"""What a traced function reads besides its arguments, and what happens when that changes between calls."""

import collections
import cProfile
import dataclasses
import functools
import gc
import itertools
import logging
import math
import threading
import types
import warnings
import weakref
from array import array
from collections import deque
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
import nn
from autograd_core import GraphError, GraphWarning, Value, grad, trace, traced
from autograd_core._program import branches, reached

numpy = pytest.importorskip("numpy")
SCALE = 2.0


def scaled(x):
    return x * SCALE


class Net:
    factor = 1.0

    def __init__(self, w):
        self.w, self.bias, self.history = w, [0.0], []

    def __call__(self, x):
        return self.inner(x) * self.factor + self.bias[0]

    def inner(self, x):
        return self.w * x


class Slotted:
    __slots__ = ("k",)

    def __init__(self, k):
        self.k = k

    def __call__(self, x):
        return self.k * x


def cell():
    c = 2.0

    def f(x):
        return c * x

    def change(y):
        nonlocal c
        c = y

    return f, change


def global_of_a_called_function():
    def change(y):
        globals()["SCALE"] = y

    change(2.0)
    return lambda x: scaled(x) + 1.0, change


def item(container):
    return lambda x: container[0] * x, lambda y: container.__setitem__(0, y)


def item_of_a_view(table):
    view = types.MappingProxyType(table)
    return lambda x: view[0] * x, lambda y: table.__setitem__(0, y)


def nested():
    table = {"layers": [([2.0],)]}
    return lambda x: table["layers"][0][0][0] * x, lambda y: table["layers"][0][0].__setitem__(0, y)


def attribute():
    net = Net(2.0)
    return net, lambda y: setattr(net, "w", y)


def bound_method():
    net = Net(2.0)
    return net.inner, lambda y: setattr(net, "w", y)


def list_in_an_attribute():
    net = Net(2.0)
    return (lambda x: net(x)), lambda y: net.bias.__setitem__(0, y)


def class_attribute():
    net = Net(2.0)
    return net, lambda y: setattr(Net, "factor", y)


def attribute_over_a_class_attribute():
    net = Net(2.0)
    return net, lambda y: setattr(net, "factor", y)


def slot():
    net = Slotted(2.0)
    return net, lambda y: setattr(net, "k", y)


def keyword_default():
    def f(x, *, k=2.0):
        return k * x

    return f, lambda y: f.__kwdefaults__.__setitem__("k", y)


def in_a_partial():
    ks = [2.0]
    return functools.partial(lambda ks, x: ks[0] * x, ks), lambda y: ks.__setitem__(0, y)


def in_a_derivative():
    ks = [2.0]
    slope = grad(lambda x: ks[0] * x * x)
    return lambda x: slope(x), lambda y: ks.__setitem__(0, y)


def in_a_decorated_function():
    f, change = cell()
    g = functools.lru_cache(maxsize=None)(lambda: 1.0)
    return functools.wraps(f)(lambda x: f(x) * g()), change


def in_a_traced_function():
    f, change = cell()
    inner = traced(f)
    return lambda x: inner(x) + 1.0, change


def attribute_of_a_module():
    settings = types.ModuleType("settings")
    settings.scale = 2.0
    return lambda x: settings.scale * x, lambda y: setattr(settings, "scale", y)


def function_in_a_module():
    f, change = cell()
    functions = types.ModuleType("functions")
    functions.scaled = f
    return lambda x: functions.scaled(x), change


def method_of_the_object_in_place_of_the_classs():
    net = Net(2.0)
    return net, lambda y: setattr(net, "inner", lambda x: y * x)


def attribute_of_a_derived_class():
    class Derived(Net):
        pass

    net = Derived(2.0)
    return net, lambda y: setattr(Derived, "factor", y)


def attribute_that_was_not_there():
    net = Net(2.0)
    return (lambda x: getattr(net, "k", 1.0) * x), lambda y: setattr(net, "k", y)


def attribute_that_the_first_call_makes():
    class Lazy:
        def __call__(self, x):
            if not hasattr(self, "k"):
                self.k = 2.0
            return self.k * x

    net = Lazy()
    return net, lambda y: setattr(net, "k", y)


def cached_attribute():
    class Lazy:
        @functools.cached_property
        def k(self):
            return [2.0]

        def __call__(self, x):
            return self.k[0] * x

    net = Lazy()
    return net, lambda y: net.k.__setitem__(0, y)


def attribute_of_a_function():
    def f(x):
        return f.k * x

    f.k = 2.0
    return f, lambda y: setattr(f, "k", y)


def global_in_place_of_a_builtin():
    return (lambda x: abs(x)), lambda y: globals().__setitem__("abs", lambda x: y * x)


def traced_method_of_a_class():
    class Held:
        def __init__(self):
            self.w = 2.0

        @traced
        def __call__(self, x):
            return self.w * x

    net = Held()
    return (lambda x: net(x)), lambda y: setattr(net, "w", y)


def names_in_a_tuple():
    net = Net(2.0)
    return (lambda x: sum(getattr(net, k) for k in ("w", "factor")) * x), lambda y: setattr(net, "w", y)


def imported_inside():
    def f(x):
        import tests.program.test_captured as here

        return here.SCALE * x

    return f, lambda y: globals().__setitem__("SCALE", y)


def wrapped_by_numpy():
    ks = [2.0]
    v = numpy.vectorize(lambda t: ks[0] * t, otypes=[object])
    return (lambda x: v(numpy.array([x, x], dtype=object)).sum()), lambda y: ks.__setitem__(0, y)


def user_list():
    ks = collections.UserList([2.0])
    return lambda x: ks[0] * x, lambda y: ks.__setitem__(0, y)


def code_with_the_name_of_an_operation():
    ks = [2.0]

    @functools.wraps(ag.tanh)
    def tanh(x):
        return ks[0] * ag.tanh(x)

    return (lambda x: tanh(x)), lambda y: ks.__setitem__(0, y)


def shape_of_an_array():
    array = numpy.arange(6.0).reshape(2, 3)
    return (lambda x: array.shape[0] * x), lambda y: array.resize((3, 2), refcheck=False)


def set_of_numbers():
    chosen = {2.0}

    def change(y):
        chosen.clear()
        chosen.add(y)

    return lambda x: sum(chosen) * x, change


def by_its_name_in_a_string():
    net = Net(2.0)
    return lambda x: getattr(net, "w") * x, lambda y: setattr(net, "w", y)  # noqa: B009  # the case to test


def in_all_attributes():
    net = Net(2.0)
    return lambda x: vars(net)["w"] * x, lambda y: setattr(net, "w", y)


def sign_of_zero():
    ks = [0.0]
    return lambda x: ag.where(x > 0, x, x) * ks[0] + math.copysign(1.0, ks[0]), lambda y: ks.__setitem__(0, -0.0)


CASES = [
    cell, global_of_a_called_function, nested, attribute, bound_method, list_in_an_attribute, class_attribute,
    attribute_over_a_class_attribute, slot, keyword_default, in_a_partial, in_a_derivative,
    in_a_decorated_function, in_a_traced_function, attribute_of_a_module, function_in_a_module,
    method_of_the_object_in_place_of_the_classs, attribute_of_a_derived_class, attribute_that_was_not_there,
    attribute_that_the_first_call_makes, cached_attribute, attribute_of_a_function, global_in_place_of_a_builtin,
    traced_method_of_a_class, names_in_a_tuple, imported_inside, wrapped_by_numpy, user_list,
    code_with_the_name_of_an_operation, shape_of_an_array, set_of_numbers, by_its_name_in_a_string, in_all_attributes,
    sign_of_zero,
]  # fmt: skip  # a list
CONTAINERS = {
    "list": lambda: item([2.0]),
    "deque": lambda: item(deque([2.0])),
    "array": lambda: item(array("d", [2.0])),
    "NumPy": lambda: item(numpy.array([2.0])),
    "objects": lambda: item(numpy.array([2.0], dtype=object)),
    "bytearray": lambda: item(bytearray(b"\2")),
    "dict": lambda: item({0: 2.0}),
    "view of a dict": lambda: item_of_a_view({0: 2.0}),
}


@pytest.fixture(autouse=True)
def _restored():
    yield
    globals()["SCALE"], Net.factor = 2.0, 1.0
    globals().pop("abs", None)


@pytest.mark.parametrize("case", [*CASES, *(pytest.param(c, id=name) for name, c in CONTAINERS.items())])
def test_a_traced_function_returns_what_the_function_returns_after_a_change(case):
    function, change = case()
    held = traced(function)
    before = function(1.5)
    assert [held(1.5), held(1.5)] == [before, before] and len(held.programs) == 1
    change(5)
    after = function(1.5)
    assert after != before
    assert [held(1.5), held(1.5)] == [after, after]
    x, y = Value(1.5), Value(1.5)
    held(x).backward()
    function(y).backward()
    assert x.grad == y.grad


def test_a_parameter_that_is_replaced_by_an_equal_one_receives_the_gradient():
    weights = [Value(3.0), Value(4.0)]
    held = traced(lambda x: ag.dot(weights, [x, x]))
    held(2.0).backward()
    old = weights[0]
    weights[0] = Value(3.0)
    held(2.0).backward()
    assert (old.grad, weights[0].grad, weights[1].grad) == (2.0, 2.0, 4.0)


def test_an_object_among_the_arguments_may_change():
    held = traced(lambda net, x: net(x))
    net = Net(2.0)
    assert held(net, 1.0) == 2.0
    net.w = 5.0
    assert held(net, 1.0) == 5.0
    net.bias.append(1.0)
    net.bias[0] = 1.0
    assert held(net, 1.0) == 6.0


def test_the_classes_of_arguments_are_searched():
    @dataclasses.dataclass
    class Point:
        x: float

        def scaled(self):
            return self.x * SCALE

    held = traced(lambda p: p.scaled())
    assert held(Point(1.5)) == 3.0
    globals()["SCALE"] = 5.0
    assert held(Point(1.5)) == 7.5


class Proxy:
    @property
    def __class__(self):
        raise RuntimeError("no class")

    def __getattr__(self, name):
        raise KeyError(name)


class Nameless:
    def __repr__(self):
        raise RuntimeError("no name")

    __hash__ = object.__hash__


class OfOneLength(list):
    def __len__(self):
        return 1

    def __iter__(self):
        return iter([5.0])


ODD = {
    "proxy": Proxy,
    "without a name": Nameless,
    "list of one length": lambda: OfOneLength([1.0, 2.0]),
    "keys without names": lambda: {Nameless(): 1.0},
    "dead reference": lambda: weakref.proxy(Net(1.0)),
    "mock": lambda: mock.Mock(spec=dict),
    "nested": lambda: [(1.0, (2.0, [3.0]))],
    "logger": lambda: logging.getLogger("odd"),
    "lock": threading.Lock,
}


@pytest.mark.parametrize("name", ODD)
def test_odd_objects_do_no_harm(name):
    odd = ODD[name]()
    held = traced(lambda x: (x, odd)[0] * 2.0)
    assert [held(2.0), held(3.0)] == [4.0, 6.0] and len(held.programs) == 1


def test_a_long_chain_of_objects_is_searched_in_linear_time_and_with_short_names():
    first = Net(2.0)
    last = first
    for _ in range(20_000):
        last.w = Net(2.0)
        last = last.w
    record = reached.captured([("f", lambda x: first.w.w.w is not None and x)])
    last.w = 3.0
    assert record.change().startswith("first.w.w") and len(record.change()) < 100


def test_equal_numbers_and_empty_lists_made_anew_are_the_same():
    net = Net(2.0)
    held = traced(lambda x: x * net.w * len(net.bias) if net.bias else x * net.w)
    net.bias = []
    for _ in range(20):
        net.w, net.bias, net.factor = float("2.5"), [], (1.0, float("nan"), "a" + str(1))
        assert held(2.0) == 5.0
    assert len(held.programs) == 1
    net.bias.append(1.0)
    assert held(2.0) == 5.0 and len(held.programs) == 2


def test_a_traced_method_reads_the_attributes_of_its_instance():
    class Model:
        def __init__(self):
            self.k, self.calls = 2.0, 0

        @traced
        def loss(self, x):
            return self.k * x

        def counted(self, x):
            self.calls += 1
            return self.loss(x)

    model = Model()
    assert [model.counted(1.0), model.counted(2.0)] == [2.0, 4.0]
    model.k = 3.0
    assert [model.counted(1.0), model.counted(2.0)] == [3.0, 6.0]
    assert len(Model.loss.programs) == 2  # a change of `calls`, which `loss` does not read, makes no program


def test_a_program_for_each_state_is_kept_so_that_a_mode_may_alternate():
    net = Net(2.0)
    held = traced(net)
    for _ in range(40):
        for w in (2.0, 3.0):
            net.w = w
            assert held(1.0) == w
    assert len(held.programs) == 2


def test_a_state_that_changes_at_each_call_warns_by_name_and_then_the_function_itself_runs():
    temperature = [1.0]
    held = traced(lambda x: x / temperature[0])
    for n in range(1, 16):
        temperature[0] = float(n)
        assert held(3.0) == 3.0 / n
    temperature[0] = 16.0
    with pytest.warns(GraphWarning, match=r"because the contents of temperature changed; pass the changing value"):
        assert held(3.0) == 3.0 / 16
    for n in (*range(17, 40), *range(1, 10)):
        temperature[0] = float(n)
        x = Value(3.0)
        y = held(x)
        y.backward()
        assert (y.data, x.grad) == (3.0 / n, 1.0 / n)
        assert y.op.name.startswith("program") == (n <= 16)
    assert len(held.programs) == 16
    temperature[0] = 77.0
    rows = traced(lambda x: x / temperature[0], in_axes=0)
    assert rows([77.0, 7.7]) == [1.0, 7.7 / 77.0]


def test_what_the_function_changes_itself_is_refused_by_name():
    count = 0

    def counting(x):
        nonlocal count
        count += 1
        return x * count

    with pytest.raises(GraphError, match="a traced function changes count"):
        traced(counting)(2.0)


def test_what_the_function_changes_without_effect_on_its_result_is_accepted():
    lines, ids = [], itertools.count()

    class Node:
        made = 0

        def __init__(self, x):
            Node.made += 1
            self.x, self.id = x, next(ids)

    def f(x):
        lines.append("called")
        return Node(x).x * 2 if x > 0 else -x

    held = traced(f)
    assert [held(1.0), held(2.0), held(-1.0), held(3.0), held(-2.0)] == [2.0, 4.0, 1.0, 6.0, 2.0]
    assert len(held.programs) == 1 and len(lines) == 5  # two traces of each branch, then the first is checked


def test_what_the_function_computes_once_is_accepted():
    class Lazy:
        def __init__(self):
            self.cache = {}

        @functools.cached_property
        def k(self):
            return 3.0

        def __call__(self, x):
            if "half" not in self.cache:
                self.cache["half"] = 0.5
            return self.k * self.cache["half"] * x

    held = traced(Lazy())
    assert [held(2.0), held(4.0)] == [3.0, 6.0] and len(held.programs) == 1


def test_what_a_later_branch_changes_is_right_on_the_earlier_branches_too():
    class Norm:
        scale = 1.0

        def __call__(self, x):
            if x > 10.0:
                self.scale = 0.5
            return x * self.scale

    held, plain = traced(Norm()), Norm()
    for x in (1.0, 20.0, 1.0, 30.0, 2.0):
        assert held(x) == plain(x)

    cache = {}

    def coefficients(n):
        if n not in cache:
            cache[n] = [1.0 / (k + 1) for k in range(n)]
        return cache[n]

    def f(x):
        return ag.sum(coefficients(2 if x < 1.0 else 3)) * x

    held = traced(f)
    for x in (0.5, 2.0, 0.25, 3.0):
        assert held(x) == f(x)
    assert len(held.programs) == 1


def test_what_the_function_does_not_use_may_change_at_each_call():
    @dataclasses.dataclass
    class Trainer:
        rate: float
        step: int = 0
        batches: object = None

        def __repr__(self):
            return f"step {self.step}"

        def fit(self):
            self.step += 1
            self.log = [*getattr(self, "log", ()), self.step]

        def __len__(self):
            return self.step

        @traced
        def loss(self, x):
            return self.rate * ag.log(ag.exp(x))

    class Sampler:
        k = 2.0

        def __iter__(self):
            return self

        def __next__(self):
            return 1.0

    class Run(Trainer):
        __eq__, __hash__ = object.__eq__, object.__hash__

    run, other = Run(2.0, batches=iter([1])), Run(3.0)
    sampler, model = Sampler(), nn.MLP(1, [2, 1], seed=0)
    functions = [lambda x: sampler.k * x, lambda x: other.rate * x, lambda x: model([x])]
    held = [traced(f) for f in functions]
    for n in range(20):
        run.fit()
        other.fit()
        sampler.count = n % 2
        x = Value(float(n))
        assert run.loss(x).data == pytest.approx(2.0 * n)
        assert [f(x).data for f in held] == [f(x).data for f in functions]
    assert len(Trainer.loss.programs) == 1 and [len(f.programs) for f in held] == [1, 1, 1]


def test_an_iterator_is_refused():
    numbers = iter([1.0, 2.0])
    with pytest.raises(GraphError, match="reads the iterator numbers"):
        traced(lambda x: x * next(numbers))(1.0)
    counter = itertools.count()
    with pytest.raises(GraphError, match="reads the iterator counter"):
        traced(lambda x: x * next(counter))(1.0)
    net = Net(2.0)
    net.batches = (float(n) for n in range(9))
    with pytest.raises(GraphError, match=r"reads the iterator net\.batches"):
        traced(lambda x: x * next(net.batches))(1.0)
    with pytest.raises(GraphError, match=r"reads the iterator .*__defaults__\[0\]"):
        traced(lambda x, it=counter: x * next(it))(1.0)
    assert traced(lambda x: x * (net.batches is not None))(1.0) == 1.0


def test_a_program_keeps_what_it_was_traced_with_but_traces_no_branch_with_anything_else():
    function, change = cell()
    program = trace(lambda x: function(x) if x > 0 else -function(x), 1.0)
    change(5.0)
    assert program(2.0) == 4.0
    with pytest.raises(GraphError, match=r"was traced before c changed"):
        program(-2.0)


def test_programs_of_a_function_that_is_gone_are_freed():
    class Big:
        k = 2.0

        def __call__(self, x):
            return self.k * x

    def use():
        big = Big()
        traced(lambda x: big(x))(1.0)
        return weakref.ref(big)

    gone = use()
    gc.collect()
    assert gone() is None


def test_items_beyond_the_limit_are_not_compared(monkeypatch):
    monkeypatch.setattr(reached, "MOST", 7)  # four: the function, the tuple of its defaults, the item in it, the list
    few, many = [2.0] * 3, [2.0] * 4
    of_few, of_many = (reached.captured([("f", lambda x, ks=ks: x * ks[0])]) for ks in (few, many))
    few[0] = many[0] = 3.0
    assert of_few.change() == "the contents of f.__defaults__[0]" and of_many.change() is None


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0.0, -0.0, 1.0, 2.5, math.nan])), max_size=20))
def test_any_sequence_of_changes(changes):
    ks = [1.0, [2.0], {"a": 3.0}]
    net = Net(4.0)

    def f(x):
        return ks[0] * x + ks[1][0] + ks[2]["a"] * x * x + net(x)

    held = traced(f)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GraphWarning)
        for at, y in changes:
            if at == 0:
                ks[0] = y
            elif at == 1:
                ks[1][0] = y
            elif at == 2:
                ks[2]["a"] = y
            else:
                net.w = y
            found, expected = held(0.5), f(0.5)
            assert found == expected or (math.isnan(found) and math.isnan(expected))


def test_a_profiler_goes_on_while_a_function_is_traced():
    f, change = cell()
    held = traced(f)
    profiler = cProfile.Profile()
    profiler.enable()
    found = [held(1.5)]
    change(5.0)
    found.append(held(1.5))
    profiler.disable()
    assert found == [3.0, 7.5] and f.__code__ in {entry.code for entry in profiler.getstats()}


def test_branches_beyond_the_bound_are_not_kept(monkeypatch):
    monkeypatch.setattr(branches, "MOST", 4)
    held = traced(lambda x: x * 2.0 - math.floor(x))
    before = living_branches()
    assert [held(float(n)) for n in range(12)] == list(range(12))
    assert living_branches() - before <= 5  # with the latest


def living_branches():
    gc.collect()
    return sum(type(thing) is branches.Branch for thing in gc.get_objects())


def test_an_earlier_branch_that_would_raise_now_is_dropped():
    class Once:
        limit = 1.0

        def __call__(self, x):
            if x > 10.0:
                self.limit = 0.0
                return x * 2.0
            return x / self.limit

    held, plain = traced(Once()), Once()
    for x in (1.0, 20.0, 30.0):
        assert held(x) == plain(x)
    with pytest.raises(ZeroDivisionError):
        held(1.0)
