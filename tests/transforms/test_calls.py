"""How transformed functions are called: by keyword, with aux, with their names kept, and from pickles."""

import copy
import functools
import inspect
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Value, grad, gradients, hessian, hvp, jacobian, jvp, parameter, value_and_grad, vjp
from autograd_core._transforms.calls import Transformed

WITH_ARGNUMS = [grad, value_and_grad, jacobian, hessian, vjp, hvp]
ALL = [*WITH_ARGNUMS, jvp]


def product(x, y=1.0, *, power=1):
    """x to a power, times y."""
    return x**power * y


def misfit(p, target):
    """The square of the distance, and what it was computed from."""
    distance = p["w"] * 3.0 - target
    return distance * distance, {"distance": distance, "of": (target, "test", [distance > 0, 7, None])}


# --- Arguments by keyword ---------------------------------------------------------------------------------------------


def test_keywords_go_to_the_function():
    assert grad(product)(2.0, y=5.0) == 5.0
    assert grad(product)(2.0, y=5.0, power=2) == 20.0
    assert value_and_grad(product)(2.0, power=3) == (8.0, 12.0)
    assert jacobian(product)(2.0, power=3) == 12.0
    assert hessian(product)(2.0, power=3) == 12.0
    assert vjp(product)(2.0, power=3)[1](1.0) == 12.0
    assert jvp(product)((2.0, 5.0), (1.0, 0.0), power=3) == (40.0, 60.0)
    assert jvp(lambda primals, tangents: primals)((2.0,), (1.0,), tangents=None) == (2.0, 1.0)
    assert hvp(product)(2.0, 1.0, y=5.0, power=2) == 10.0
    y = parameter(5.0)
    assert gradients(grad(product)(2.0, y=y), [y]) == [1.0]


def test_argnums_finds_an_argument_given_by_keyword():
    assert grad(product)(x=2.0) == 1.0
    assert grad(product, argnums=1)(2.0, y=5.0) == 2.0
    assert grad(product, argnums=(1, 0))(y=5.0, x=2.0) == (2.0, 5.0)
    assert grad(product, argnums=(0, 1))(2.0, y=5.0, power=2) == (20.0, 4.0)
    assert hessian(product, argnums=(0, 1))(2.0, y=5.0, power=2) == ((10.0, 4.0), (4.0, 0.0))
    assert vjp(product, argnums=1)(x=2.0, y=5.0)[1](1.0) == 2.0
    assert grad(grad(product), argnums=1)(2.0, y=5.0) == 1.0
    assert grad(functools.partial(product, power=2))(x=2.0) == 4.0
    assert grad(product, argnums=-1)(2.0, y=5.0) == 5.0  # counted from the end of the positional arguments
    for call, text in (
        (lambda: grad(product, argnums=1)(2.0), "argnums names argument 1, but the function was called with 1 argument$"),
        (lambda: grad(product, argnums=1)(2.0, power=2), "names argument 1, but .* with 1 positional argument$"),
        (lambda: grad(product, argnums=2)(2.0, power=2), "names argument 2, but .* with 1 positional argument$"),
        (lambda: grad(lambda **kw: kw["x"])(x=2.0), "names argument 0, but .* with 0 positional arguments$"),
        (lambda: grad(product, argnums=-1)(x=2.0), "names argument -1, but .* with 0 positional arguments$"),
        (lambda: grad(max)(key=2.0), "names argument 0"),
        (lambda: grad(product)(), "names argument 0, but the function was called with 0 arguments$"),
        (lambda: grad(product)(2.0, x=2.0), "multiple values"),
        (lambda: grad(product, argnums=(0, 0))(x=2.0), "names an argument twice"),
        (lambda: jvp(product)((2.0,)), "tangents"),
    ):
        with pytest.raises(TypeError, match=text):
            call()


# --- Auxiliary results ------------------------------------------------------------------------------------------------

BESIDE = {"distance": 4.0, "of": (2.0, "test", [True, 7, None])}


def test_has_aux():
    at = {"w": 2.0}
    gradient = {"w": 24.0}
    assert grad(misfit, has_aux=True)(at, 2.0) == (gradient, BESIDE)
    assert value_and_grad(misfit, has_aux=True)(at, 2.0) == ((16.0, BESIDE), gradient)
    assert jacobian(misfit, has_aux=True)(at, 2.0) == (gradient, BESIDE)
    assert hessian(misfit, has_aux=True)(at, 2.0) == ({"w": {"w": 18.0}}, BESIDE)
    assert hvp(misfit, has_aux=True)(at, 2.0, {"w": 2.0}) == ({"w": 36.0}, BESIDE)
    value, pull, beside = vjp(misfit, has_aux=True)(at, 2.0)
    assert (value, pull(2.0), beside) == (16.0, {"w": 48.0}, BESIDE)
    assert jvp(misfit, has_aux=True)((at, 2.0), ({"w": 1.0}, 0.0)) == (16.0, 24.0, BESIDE)
    for result in (
        grad(misfit, has_aux=True)(at, 2.0)[1], vjp(misfit, has_aux=True)(at, 2.0)[2],
        hessian(misfit, has_aux=True)(at, 2.0)[1], hvp(misfit, has_aux=True)(at, 2.0, at)[1],
    ):  # fmt: skip  # a list
        assert type(result["distance"]) is float and type(result["of"][2][1]) is int


def test_beside_keeps_what_it_does_not_know():
    thing = object()
    _, (kept, array, numbers) = grad(lambda x: (x, [thing, np.array([x, 2.0]), np.array([1, 2])]), has_aux=True)(3.0)
    assert kept is thing and array.dtype == float and array.tolist() == [3.0, 2.0]
    assert numbers.dtype.kind == "i"
    assert grad(lambda x: (x, {x * x}), has_aux=True)(3.0)[1].pop().data == 9.0
    assert grad(lambda x: [x * x, None], has_aux=True)(3.0) == (6.0, None)


def test_beside_holds_values_where_it_depends_on_them():
    w = parameter(2.0)
    slope, (depends, closed) = grad(lambda x: (w * x * x, (w * x, x)), has_aux=True)(3.0)
    assert gradients(depends, [w]) == [3.0] and type(closed) is float
    x = Value(3.0)
    (value, beside), slope = value_and_grad(lambda x: (x * x, [2 * x]), has_aux=True)(x)
    assert gradients(beside[0], [x]) == [2.0] and gradients(slope, [x]) == [2.0] and value.data == 9.0
    assert grad(lambda x: grad(lambda y: (x * y * y, x * y), has_aux=True)(3.0)[1])(2.0) == 3.0
    with ag.no_record():
        assert type(grad(lambda x: (x, w * x), has_aux=True)(3.0)[1]) is float


def test_without_a_pair_has_aux_is_refused():
    for result in (lambda x: x, lambda x: (x,), lambda x: (x, 1, 2), lambda x: {"a": x, "b": x}):
        for transform in ALL:
            arguments = ((1.0,), (1.0,)) if transform is jvp else (1.0, 1.0)[: 1 + (transform is hvp)]
            with pytest.raises(TypeError, match="with has_aux the function must return a pair"):
                transform(result, has_aux=True)(*arguments)


# --- argnums ----------------------------------------------------------------------------------------------------------


def test_argnums_are_held_to_be_whole_numbers_when_the_transform_is_made():
    for transform in WITH_ARGNUMS:
        for wrong in ("x", 1.0, None, [0], ("x",), (0, None)):
            with pytest.raises(TypeError, match="argnums must be an integer"):
                transform(product, argnums=wrong)
        if transform is hvp:
            for wrong in ((), (0,), (0, 1)):
                with pytest.raises(TypeError, match="hvp differentiates with respect to one argument"):
                    transform(product, argnums=wrong)
        else:
            with pytest.raises(TypeError, match=r"argnums=\(\) differentiates with respect to nothing"):
                transform(product, argnums=())
    assert grad(product, argnums=np.int64(1))(2.0, 3.0) == 2.0
    assert grad(product, argnums=(np.int64(1),))(2.0, 3.0) == (2.0,)


def test_a_transform_takes_a_function():
    for transform in ALL:
        for wrong in (9.0, Value(9.0), None, "f"):
            with pytest.raises(TypeError, match=rf"write {transform.__name__}\(f\)\(x\), not"):
                transform(wrong)


# --- Name, docstring, signature; pickles and copies -------------------------------------------------------------------


@pytest.mark.parametrize("transform", ALL)
def test_it_keeps_name_and_docstring(transform):
    made = transform(product)
    assert made.__name__ == "product" and made.__qualname__ == "product" and made.__module__ == product.__module__
    assert made.__doc__ == "x to a power, times y."
    assert repr(made) == f"<{transform.__name__} of product>"
    parameters = list(inspect.signature(made).parameters)
    expected = {jvp: ["primals", "tangents", "keywords"], hvp: ["arguments_and_vector", "keywords"]}
    assert parameters == expected.get(transform, ["x", "y", "power"])
    made.note = 1  # as on any function


def test_what_has_no_name():
    made = grad(functools.partial(product, power=2))
    assert made(3.0) == 6.0 and "partial" in repr(made) and list(inspect.signature(made).parameters) == ["x", "y", "power"]

    class Squared:
        def __call__(self, x):
            return x * x

    assert grad(Squared())(3.0) == 6.0
    assert grad(ag.tanh).__name__ == "tanh" and not hasattr(grad(ag.tanh), "operation")


@grad
def decorated(x):
    """Twice the argument."""
    return x * x


class Model:
    def loss(self, x):
        return x * x * x

    slope = grad(loss, argnums=1)

    @functools.partial(value_and_grad, argnums=1)
    def both(self, x):
        return x * x


def test_it_is_a_method_in_a_class():
    assert Model().slope(2.0) == 12.0 and Model.slope(Model(), 2.0) == 12.0
    assert Model().both(2.0) == (4.0, 4.0)
    assert grad(Model().loss)(2.0) == 12.0


OPTIONS = [(transform, {}) for transform in ALL] + [(grad, {"argnums": (0, 1)}), (value_and_grad, {"argnums": 1})]


@pytest.mark.parametrize(("transform", "options"), OPTIONS)
def test_it_pickles_and_copies(transform, options):
    made = transform(product, **options)
    arguments = ((2.0, 3.0), (1.0, 0.0)) if transform is jvp else (2.0, 3.0, 1.0)[: 2 + (transform is hvp)]
    expected = made(*arguments)[:1] if transform is vjp else made(*arguments)
    for again in (pickle.loads(pickle.dumps(made)), copy.copy(made), copy.deepcopy(made)):
        assert type(again) is Transformed and again.__name__ == "product"
        assert (again(*arguments)[:1] if transform is vjp else again(*arguments)) == expected


def test_nested_transforms_and_has_aux_pickle():
    again = pickle.loads(pickle.dumps(grad(misfit, has_aux=True)))
    assert again({"w": 2.0}, 2.0) == ({"w": 24.0}, BESIDE)
    assert pickle.loads(pickle.dumps(grad(grad(product))))(2.0, power=3) == 12.0
    assert pickle.loads(pickle.dumps(grad(functools.partial(product, power=3))))(2.0) == 12.0


def test_a_decorated_function_pickles_by_its_name():
    assert pickle.loads(pickle.dumps(decorated)) is decorated and copy.deepcopy(decorated) is decorated
    assert decorated(3.0) == 6.0 and decorated.__doc__ == "Twice the argument."
    assert grad(decorated)(3.0) == 2.0 and pickle.loads(pickle.dumps(grad(decorated)))(3.0) == 2.0
    assert pickle.loads(pickle.dumps(Model.slope))(Model(), 2.0) == 12.0


def test_what_does_not_pickle_says_so():
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(grad(lambda x: x))


def test_process_pools_take_gradients():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert list(pool.map(grad(ag.square), [1.0, 2.0])) == [2.0, 4.0]
        assert list(pool.map(functools.partial(grad(ag.hypot, argnums=(0, 1)), 3.0), [4.0])) == [(0.6, 0.8)]
