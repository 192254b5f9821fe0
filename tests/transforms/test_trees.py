"""Arguments and results of differentiated functions: known kinds keep their type, others are rejected by name."""

import dataclasses
import pickle
from collections import ChainMap, Counter, OrderedDict, UserDict, defaultdict, deque, namedtuple
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import Value, grad, hessian, hvp, jacobian, jvp, stop_gradient, value_and_grad, vjp
from autograd_core._transforms.matching import matching
from autograd_core._transforms.trees import flatten
from autograd_core.check import check_gradient

# --- Known kinds keep their type --------------------------------------------------------------------------------------


class Point(NamedTuple):
    x: Any
    y: Any

    def dot(self, other):
        return self.x * other.x + self.y * other.y


class Scaled(namedtuple("Scaled", "value factor")):
    def __mul__(self, other):
        return self.value * self.factor * other


@dataclasses.dataclass
class Layer:
    w: Any
    b: Any
    how: str = "relu"
    extra: Any = None

    @cached_property
    def size(self):
        return self.w * self.w

    def __call__(self, x):
        return self.w * x + self.b


@dataclasses.dataclass(frozen=True, slots=True)
class Positive:
    scale: Any

    def __post_init__(self):
        if not self.scale > 0:
            raise ValueError("scale must be positive")


class Wider(Layer):
    def __call__(self, x):
        return 2 * self.w * x + self.b


negative = object.__new__(Positive)  # like the gradient, which its constructor would reject
object.__setattr__(negative, "scale", -4.0)

# For each, a function of it and the gradient, which has the same type.
KNOWN = {
    "list": (lambda p: p[0] * p[1], [2.0, 3.0], [3.0, 2.0]),
    "tuple": (lambda p: p[0] * p[1], (2.0, 3.0), (3.0, 2.0)),
    "dict": (lambda p: p["b"] * p["a"], {"b": 2.0, "a": 3.0}, {"b": 3.0, "a": 2.0}),
    "OrderedDict": (
        lambda p: p.popitem(last=False)[1] * p["a"], OrderedDict(b=2.0, a=3.0), OrderedDict(b=3.0, a=2.0),
    ),
    "defaultdict": (lambda p: p["b"] * p["b"] + len(p["missing"]), defaultdict(list, b=2.0), defaultdict(list, b=4.0)),
    "named tuple": (lambda p: p.dot(p), Point(2.0, 3.0), Point(4.0, 6.0)),
    "subclass of a named tuple": (lambda p: p * p.factor, Scaled(2.0, 3.0), Scaled(9.0, 12.0)),
    "dataclass": (lambda p: p(5.0) * 1.0, Layer(2.0, 3.0), Layer(5.0, 1.0)),
    "dataclass with a cached property": (lambda p: p.size * p.b, Layer(2.0, 3.0), Layer(12.0, 4.0)),
    "subclass of a dataclass": (lambda p: p(5.0), Wider(2.0, 3.0), Wider(10.0, 1.0)),
    "frozen dataclass that checks": (lambda p: -(p.scale * p.scale), Positive(2.0), negative),
    "nested": (
        lambda p: p["l"][0].w * p["l"][1].x + p["l"][1].y,
        {"l": [Layer(2.0, 3.0), Point(4.0, 5.0)]},
        {"l": [Layer(4.0, 0.0), Point(2.0, 1.0)]},
    ),
}  # fmt: skip  # a table


def same_type(a, b):
    """Whether two structures are equal, and of the same types all the way down."""
    assert type(a) is type(b)
    if dataclasses.is_dataclass(a):
        a, b = ({f.name: getattr(x, f.name) for f in dataclasses.fields(x)} for x in (a, b))
    assert getattr(a, "default_factory", None) is getattr(b, "default_factory", None)
    if isinstance(a, dict):
        assert list(a) == list(b)
        a, b = list(a.values()), list(b.values())
    if isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            same_type(x, y)
    else:
        assert a == b


@pytest.mark.parametrize("name", KNOWN)
def test_known_kinds_keep_their_type(name):
    function, at, expected = KNOWN[name]
    seen = []

    def noting(p):
        seen.append(type(p))
        return function(p)

    same_type(grad(noting)(at), expected)
    assert seen == [type(at)]
    same_type(value_and_grad(function)(at)[1], expected)
    same_type(vjp(function)(at)[1](1.0), expected)
    same_type(jacobian(function)(at), expected)
    numbers = flatten(expected)[0]
    assert jvp(function)((at,), (expected,))[1] == sum(x * x for x in numbers)
    row = hvp(function)(at, expected)
    assert type(row) is type(at)
    assert flatten(row)[0] == [
        sum(x * y for x, y in zip(flatten(column)[0], numbers, strict=True)) for column in _columns(hessian(function)(at), at)
    ]  # fmt: skip  # one line for each case
    same_type(stop_gradient(at), at)
    assert check_gradient(function, at).ok


def _columns(matrix, at):
    """The parts of a Hessian: in place of each number in `at`, there is a structure like `at`."""
    count = len(flatten(at)[0])
    numbers = flatten(matrix)[0]
    assert len(numbers) == count * count
    return [numbers[i * count : (i + 1) * count] for i in range(count)]


def test_values_in_a_structure_stay_values():
    layer = Layer(Value(2.0), Value(3.0))
    slope = grad(lambda p: p(5.0) * p.w)(layer)
    assert type(slope) is Layer and ag.gradients(slope.w, [layer.w, layer.b]) == [10.0, 1.0]
    assert (layer.w.grad, layer.how, layer.extra) == (0.0, "relu", None)


def test_the_structure_is_that_of_the_call():
    """Changing the argument afterwards does not change the result of a pull."""
    at = {"w": 2.0}
    _, pull = vjp(lambda p: p["w"] * p["w"])(at)
    at["b"] = 1.0
    assert pull(1.0) == {"w": 4.0}


# --- Others are rejected by name --------------------------------------------------------------------------------------


class Vec(list):
    def __mul__(self, other):
        return sum(x * y for x, y in zip(self, other, strict=True))


class Config(dict):
    def __getattr__(self, name):
        return self[name]


class Pair(tuple):
    __slots__ = ()


class Attributed(namedtuple("Attributed", "x")):
    pass


@dataclasses.dataclass
class Derived:
    """`total` would not be there, or worse, would be the default of the class."""

    x: Any
    total: Any = dataclasses.field(init=False, default=0.0)

    def __post_init__(self):
        self.total = 2 * self.x


@dataclasses.dataclass
class Hidden:
    x: Any
    scale = 1.0

    def __post_init__(self):
        self.scale = 2 * self.x


class Opaque:
    pass


attributed = Attributed(1.0)
attributed.scale = 2.0

REFUSED = {
    "list": Vec([1.0, 2.0]), "dict": Config(x=1.0), "tuple": Pair((1.0, 2.0)), "Counter": Counter(x=1),
    "named tuple with attributes": attributed, "derived": Derived(1.0), "hidden": Hidden(1.0),
    "set": {1.0}, "frozenset": frozenset([1.0]), "deque": deque([1.0]), "UserDict": UserDict(x=1.0),
    "ChainMap": ChainMap({"x": 1.0}), "object": Opaque(), "class": Layer, "bytes": b"1", "range": range(2),
    "complex": 1j, "function": len, "matrix": np.ma.masked_array([1.0, 2.0], mask=[True, False]),
    "record": np.zeros(2, dtype=[("x", float)]), "strings": np.array(["a"]), "objects": np.array([None, 1.0]),
    "dates": np.array(["2000-01-01"], dtype="datetime64[D]"), "complex array": np.array([1j]),
}  # fmt: skip  # a table


@pytest.mark.parametrize("name", REFUSED)
def test_other_kinds_are_refused_by_name(name):
    thing = REFUSED[name]
    kind = "array" if type(thing) is np.ndarray else type(thing).__name__
    for at in (thing, [1.0, {"deep": thing}]):
        for call in (
            lambda at=at: grad(lambda p: 1.0)(at), lambda at=at: jacobian(lambda x: at)(1.0),
            lambda at=at: vjp(lambda x: at)(1.0), lambda at=at: jvp(lambda x: at)((1.0,), (1.0,)),
            lambda at=at: stop_gradient(at),
        ):  # fmt: skip  # a list
            with pytest.raises(TypeError, match=kind):
                call()


def test_the_message_names_the_way_out():
    with pytest.raises(TypeError, match=r"Vec is a subclass of list.*pass list\(…\).*register\(Vec, …\)"):
        grad(lambda v: v * v)(Vec([1.0, 2.0]))
    with pytest.raises(TypeError, match=r"MaskedArray is a subclass of array.*numpy\.asarray"):
        grad(lambda v: v * v)(np.ma.masked_array([1.0]))


# --- Registered kinds -------------------------------------------------------------------------------------------------


class Vector(list):
    """Its product is elementwise, whereas a plain list times itself raises."""

    def __mul__(self, other):
        return Vector(x * y for x, y in zip(self, other, strict=True))


class Interval:
    def __init__(self, low, high):
        self.low, self.high = low, high

    def __eq__(self, other):
        return (self.low, self.high) == (other.low, other.high)

    __hash__ = None


class Table(np.ndarray):
    pass


ag.register(Vector, list, lambda like, parts: Vector(parts))
ag.register(Interval, lambda i: [i.low, i.high], lambda like, parts: Interval(*parts))
ag.register(Table, lambda t: t.tolist(), lambda like, parts: np.array(parts).view(Table))


def test_registered_kinds_keep_their_type():
    slope = grad(lambda v: ag.sum(v * v * v))(Vector([1.0, 2.0]))
    assert type(slope) is Vector and slope == [3.0, 12.0]
    pair = {"i": Interval(2.0, [3.0, 4.0])}
    assert grad(lambda p: p["i"].low * p["i"].high[1])(pair) == {"i": Interval(4.0, [0.0, 2.0])}
    matrix = jacobian(lambda v: v * v)(Vector([1.0, 2.0]))
    assert type(matrix) is Vector and [type(row) for row in matrix] == [Vector] * 2
    assert matrix == [[2.0, 0.0], [0.0, 4.0]]
    _, pull = vjp(lambda x: Vector([x, 2 * x]))(3.0)
    assert pull(Vector([1.0, 10.0])) == 21.0
    with pytest.raises(ValueError, match=r"cotangent must be a Vector of length 2.*got a list of length 2"):
        pull([1.0, 10.0])
    with pytest.raises(ValueError, match=r"cotangent must be a Vector of length 2.*got a Vector of length 1"):
        pull(Vector([1.0]))
    assert type(stop_gradient(Vector([1.0]))) is Vector
    assert check_gradient(lambda v: ag.sum(v * v), Vector([1.0, 2.0])).ok
    assert [c.name for c in check_gradient(lambda p: p["i"].low, {"i": Interval(1.0, 2.0)})] == ["i[0]", "i[1]"]
    assert type(grad(lambda t: t[0] * t[1])(np.array([2.0, 3.0]).view(Table))) is Table


def test_a_subclass_of_a_registered_kind_is_refused():
    class Longer(Vector):
        pass

    with pytest.raises(TypeError, match="Longer"):
        grad(lambda v: v[0])(Longer([1.0]))


def test_what_register_refuses():
    for kind in (Vector, list, OrderedDict):
        with pytest.raises(TypeError, match=f"{kind.__name__} is already registered"):
            ag.register(kind, list, lambda like, parts: parts)
    with pytest.raises(TypeError, match="takes a class and two functions"):
        ag.register(Vector([1.0]), list, list)
    with pytest.raises(TypeError, match="takes a class and two functions"):
        ag.register(Opaque, list, None)


# --- None and strings pass through ------------------------------------------------------------------------------------


def test_none_and_strings_pass_through():
    at = {"w": [2.0, None], "how": "tanh", "b": None}
    seen = []

    def f(p):
        seen.append((p["how"], p["b"], p["w"][1]))
        return p["w"][0] * p["w"][0]

    assert grad(f)(at) == {"w": [4.0, None], "how": "tanh", "b": None}
    assert seen == [("tanh", None, None)]
    assert hessian(f)(at)["w"] == [{"w": [2.0, None], "how": "tanh", "b": None}, None]
    assert jvp(f)((at,), (at,)) == (4.0, 8.0)
    assert jvp(f)((at,), ({"w": [2.0, None], "how": None, "b": None},)) == (4.0, 8.0)
    assert hvp(f)(at, at)["w"] == [4.0, None]
    value, pull = vjp(lambda x: {"y": x * x, "name": "y", "none": None})(3.0)
    assert value == {"y": 9.0, "name": "y", "none": None}
    assert pull(value) == 54.0 and pull({"y": 9.0, "name": None, "none": None}) == 54.0
    assert jacobian(lambda x: (x, None, "x"))(3.0) == (1.0, None, "x")
    assert grad(lambda x, b: x * x if b is None else x, argnums=(0, 1))(3.0, None) == (6.0, None)
    assert check_gradient(f, at).ok and [c.name for c in check_gradient(f, at)] == ["w[0]"]
    assert stop_gradient(["a", None, 1.0]) == ["a", None, 1.0]
    for wrong in ("relu", 1.0):
        with pytest.raises(ValueError, match=r"the cotangent\['none'\] must be None"):
            pull({"y": 1.0, "name": "y", "none": wrong})
    with pytest.raises(ValueError, match=r"\['name'\] must be 'y'.*got 'z'"):
        pull({"y": 1.0, "name": "z", "none": None})


def test_an_argument_without_a_number_is_refused():
    for at in (None, "relu"):
        for call in (grad, value_and_grad, jacobian, hessian, vjp):
            with pytest.raises(TypeError, match=f"argument 0 is {at!r}, which contains no number to differentiate with respect to"):
                call(lambda x: 1.0)(at)
        with pytest.raises(ValueError, match="no number"):
            check_gradient(lambda x: 1.0, at)


# --- A bool or None is not a result -----------------------------------------------------------------------------------

NO_RESULTS = [True, False, np.True_, None, "text"]


@pytest.mark.parametrize("result", NO_RESULTS, ids=repr)
def test_functions_that_give_a_bool_or_nothing_are_refused(result):
    for call in (
        lambda: grad(lambda x: result)(1.0), lambda: value_and_grad(lambda x: result)(1.0),
        lambda: jacobian(lambda x: result)(1.0), lambda: hessian(lambda x: result)(1.0),
        lambda: vjp(lambda x: result)(1.0), lambda: jvp(lambda x: result)((1.0,), (1.0,)),
        lambda: hvp(lambda x: result)(1.0, 1.0), lambda: grad(lambda x: result)(Value(1.0)),
    ):  # fmt: skip  # a list
        with pytest.raises(TypeError, match=f"the function returned {result!r}"):
            call()


def test_a_bool_inside_a_result_is_refused():
    for result in ([True], {"mask": np.True_}, np.array([True, False]), np.array([1.0, True], dtype=object)):
        for transform in (jacobian, vjp):
            with pytest.raises(TypeError, match=r"a bool, which has no derivative"):
                transform(lambda x, result=result: result)(1.0)
    with pytest.raises(TypeError, match="a bool"):
        grad(lambda x: x > 0)(1.0)
    assert jacobian(lambda x: [])(1.0) == []


# --- Jacobians and Hessians of structures, as in JAX ------------------------------------------------------------------


def listed(thing):
    """With arrays as lists, beside their shapes."""
    if isinstance(thing, np.ndarray):
        return ("array", thing.shape, thing.tolist())
    if isinstance(thing, dict):
        return {key: listed(part) for key, part in thing.items()}
    if isinstance(thing, (list, tuple)):
        return type(thing)(map(listed, thing))
    return thing


# The results of jax.jacrev 0.10, with Python floats in place of zero-dimensional arrays.
ARRANGED = [
    (lambda p: {"s": p["a"] * p["b"], "t": p["a"]}, {"a": 2.0, "b": 3.0},
     {"s": {"a": 3.0, "b": 2.0}, "t": {"a": 1.0, "b": 0.0}}),
    (lambda p: (p[0] * p[1], p[0]), (2.0, 3.0), ((3.0, 2.0), (1.0, 0.0))),
    (lambda x: (x * 2, x.sum()), np.arange(2.0),
     (("array", (2, 2), [[2.0, 0.0], [0.0, 2.0]]), ("array", (2,), [1.0, 1.0]))),
    (lambda p: p["w"] * p["b"], {"b": 2.0, "w": np.arange(3.0)},
     {"b": ("array", (3,), [0.0, 1.0, 2.0]), "w": ("array", (3, 3), [[2.0, 0, 0], [0, 2.0, 0], [0, 0, 2.0]])}),
    (lambda p: p["w"].sum() * p["b"], {"w": np.ones((2, 2)), "b": 2.0},
     {"w": ("array", (2, 2), [[2.0, 2.0], [2.0, 2.0]]), "b": 4.0}),
    (lambda x: [x, None], 2.0, [1.0, None]),
    (lambda x: np.array([[x, 2 * x]]), 2.0, ("array", (1, 2), [[1.0, 2.0]])),
    (lambda p: {"y": p[0] @ p[1], "z": p[1]}, (np.array([[1.0, 2.0]]), np.array([3.0, 4.0])),
     {"y": (("array", (1, 1, 2), [[[3.0, 4.0]]]), ("array", (1, 2), [[1.0, 2.0]])),
      "z": (("array", (2, 1, 2), [[[0.0, 0.0]], [[0.0, 0.0]]]), ("array", (2, 2), [[1.0, 0.0], [0.0, 1.0]]))}),
]  # fmt: skip  # a table


@pytest.mark.parametrize("case", range(len(ARRANGED)))
def test_a_jacobian_is_arranged_as_in_jax(case):
    function, at, expected = ARRANGED[case]
    assert listed(jacobian(function)(at)) == expected


def test_several_arguments_stand_in_a_tuple():
    assert jacobian(lambda x, y: [x * y, x], argnums=(0, 1))(2.0, 3.0) == [(3.0, 2.0), (1.0, 0.0)]
    assert hessian(lambda x, y: x * x * y, argnums=(0, 1))(2.0, 3.0) == ((6.0, 4.0), (4.0, 0.0))
    assert jacobian(lambda x, y: [x * y, x], argnums=(1,))(2.0, 3.0) == [(2.0,), (0.0,)]


def test_a_hessian_is_arranged_as_in_jax():
    assert hessian(lambda p: p["a"] ** 2 * p["b"])({"a": 2.0, "b": 3.0}) == {
        "a": {"a": 6.0, "b": 4.0}, "b": {"a": 4.0, "b": 0.0},
    }  # fmt: skip  # a table
    found = hessian(lambda p: (p["w"] ** 2).sum() * p["b"])({"w": np.array([1.0, 2.0]), "b": 3.0})
    assert listed(found) == {
        "w": {"w": ("array", (2, 2), [[6.0, 0.0], [0.0, 6.0]]), "b": ("array", (2,), [2.0, 4.0])},
        "b": {"w": ("array", (2,), [2.0, 4.0]), "b": 0.0},
    }
    assert found["w"]["w"].dtype == float


def test_a_jacobian_that_depends_holds_values():
    w = ag.parameter(2.0)
    found = jacobian(lambda p: {"y": w * p["x"] * p["x"]})({"x": np.array([3.0, 5.0])})
    block = found["y"]["x"]
    assert block.shape == (2, 2) and block.dtype == object
    assert ag.gradients(block[1, 1], [w]) == [10.0] and type(block[0, 1]) is float


WHOLE = st.integers(-3, 3).map(float)
NESTED = st.recursive(
    WHOLE | st.none() | st.text(max_size=2) | st.lists(WHOLE, min_size=1, max_size=3).map(np.array),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.builds(Point, inner, inner)
    | st.dictionaries(st.text("abc", max_size=1), inner, max_size=3) | st.builds(Layer, inner, inner)
    | st.lists(inner, max_size=2).map(Vector),
    max_leaves=8,
)  # fmt: skip  # one kind beside the other


@given(NESTED, st.data())
def test_numbers_come_out_and_go_in(thing, data):
    numbers, rebuild = flatten(thing)
    same_type(_without_arrays(rebuild(numbers)), _without_arrays(thing))
    assert matching(thing, thing, "it") == numbers
    others = data.draw(st.lists(WHOLE, min_size=len(numbers), max_size=len(numbers)))
    assert flatten(rebuild(others))[0] == others


def _without_arrays(thing):
    """A structure with tuples in place of arrays, so that it can be compared."""
    if isinstance(thing, np.ndarray):
        return ("array", *map(float, thing))
    if dataclasses.is_dataclass(thing):
        return dataclasses.replace(thing, **{f.name: _without_arrays(getattr(thing, f.name)) for f in dataclasses.fields(thing)})
    if isinstance(thing, dict):
        return {key: _without_arrays(part) for key, part in thing.items()}
    if isinstance(thing, Point):
        return Point(*map(_without_arrays, thing))
    return type(thing)(map(_without_arrays, thing)) if isinstance(thing, (list, tuple)) else thing


@given(NESTED, st.lists(WHOLE, min_size=12, max_size=12))
def test_the_jacobian_of_a_structure_is_that_of_its_numbers(thing, factors):
    """Outputs linear and quadratic in the numbers, by hand."""
    numbers, rebuild = flatten([1.0, thing])

    def f(p):
        xs = flatten(p)[0]
        return rebuild([factor * x * xs[0] for factor, x in zip(factors * 4, xs, strict=False)])

    rows = flatten(jacobian(f)([1.0, thing]))[0] if not _holds_arrays(thing) else None
    if rows is not None:
        expected = [
            factor * ((numbers[i] if j == 0 else 0.0) + (numbers[0] if i == j else 0.0))
            for i, factor in zip(range(len(numbers)), factors * 4, strict=False)
            for j in range(len(numbers))
        ]
        assert rows == expected


def _holds_arrays(thing):
    return "array(" in repr(thing)


def test_gradients_of_structures_pickle():
    slope = grad(lambda p: p(5.0))(Layer(2.0, 3.0))
    assert pickle.loads(pickle.dumps(slope)) == slope
