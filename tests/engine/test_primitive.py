"""A user's own function as an operation."""

import copy
import math
import pickle

import pytest

import autograd_core as ag
from autograd_core import Domain, Value, operation_of, primitive


@primitive(
    derivatives=(lambda x, z: 3.0 * ag.square(x),), formula="{x}**3", derivative_formulas=("3 * {x}**2",), symbol="³"
)
def cube(x):
    """The third power."""
    return x * x * x


@primitive(derivatives=(lambda t, x, z: -x * ag.sin(t * x), lambda t, x, z: -t * ag.sin(t * x)))
def wave(t, x):
    return math.cos(t * x) + math.pi


@primitive(derivatives=(lambda x, y, z, w: y * z, lambda x, y, z, w: x * z, lambda x, y, z, w: x * y))
def volume(x, y, z):
    return x * y * z


@primitive(derivatives=(2.0, lambda x, y, z: 1.0))
def mixed(x, y):
    return 2 * x + y


def test_one_operand():
    x = Value(2.0, "x")
    y = cube(x)
    assert y.data == 8.0 and y.local_derivatives == (12.0,) and y.operands == (x,)
    assert y.op is operation_of(cube) and y.op.name == "cube" and y.op.doc == "The third power." and y.op.symbol == "³"
    assert ag.grad(cube)(2.0) == 12.0 and ag.grad(ag.grad(cube))(2.0) == 12.0
    assert ag.grad(ag.grad(ag.grad(cube)))(2.0) == 6.0
    assert cube(2.0) == 8.0 and type(cube(2)) is float
    assert cube.__name__ == "cube" and cube.__doc__ == "The third power."
    assert "cube" not in ag.TABLE


def test_two_operands_by_every_mixture():
    t, x = Value(0.5), Value(3.0)
    for first, second in ((t, x), (t, 3.0), (0.5, x)):
        y = wave(first, second)
        assert y.data == math.cos(1.5) + math.pi
        slopes = ag.gradients(y, [t, x])
        assert slopes == [
            -3.0 * math.sin(1.5) if first is t else 0.0, -0.5 * math.sin(1.5) if second is x else 0.0
        ]  # fmt: skip
    assert ag.jvp(wave)((0.5, 3.0), (1.0, 0.0))[1] == -3.0 * math.sin(1.5)
    assert ag.hessian(lambda p: wave(*p))([0.5, 3.0])[0][0] == pytest.approx(-9.0 * math.cos(1.5), rel=1e-14)
    assert ag.gradients(mixed(t, x), [t, x]) == [2.0, 1.0]


def test_three_operands():
    x, y, z = Value(2.0), Value(3.0), Value(5.0)
    w = volume(x, y, z)
    assert w.data == 30.0 and ag.gradients(w, [x, y, z]) == [15.0, 10.0, 6.0]
    assert volume(x, 3.0, z).operands == (x, 3.0, z) and volume(2.0, 3.0, 5.0) == 30.0
    assert ag.hessian(lambda p: volume(*p))([2.0, 3.0, 5.0]) == [[0.0, 5.0, 3.0], [5.0, 0.0, 2.0], [3.0, 2.0, 0.0]]


def test_without_derivatives_it_is_refused_with_what_is_missing():
    with pytest.raises(TypeError, match=r"square_root: a primitive needs local derivatives.*def square_root\(x\)"):
        @primitive
        def square_root(x):
            return math.sqrt(x)
    with pytest.raises(TypeError, match="needs local derivatives"):
        primitive()
    for derivatives in ((), (1.0, 2.0)):
        with pytest.raises(TypeError, match=rf"operands are \(x\), and the number of derivatives is {len(derivatives)}"):
            primitive(lambda x: x, derivatives=derivatives)


def test_wrong_calls():
    for call in (lambda: cube(), lambda: cube(1.0, 2.0), lambda: wave(1.0), lambda: volume(1.0)):
        with pytest.raises(TypeError, match="operands"):
            call()
    one = Value(1.0)
    for call in (lambda: cube("a"), lambda: wave(one, "a"), lambda: wave("a", 1.0), lambda: volume(one, "a", 2.0)):
        with pytest.raises(TypeError, match="'a' of type str"):
            call()


def test_a_result_that_is_no_number():
    calls = []

    def value(x):
        calls.append(x)
        return "text"

    with pytest.raises(TypeError, match="the primitive value must return a real number; it returned 'text'"):
        primitive(derivatives=(1.0,))(value)(Value(1.0))
    assert calls == [1.0]


def test_its_failures_are_named():
    root = primitive(derivatives=(1.0,), domain=Domain("x >= 0", lambda x: x >= 0))(math.sqrt)
    with pytest.raises(ValueError, match=r"sqrt failed: .*; got x = -1\.0 \(label 'p'\)"):
        root(Value(-1.0, "p"))


def test_an_error_of_its_own_stays_its_own():
    class ConvergenceError(ValueError):
        pass

    def value(x, y):
        raise ConvergenceError("after 7 steps")

    with pytest.raises(ConvergenceError) as caught:
        primitive(derivatives=(1.0, 1.0))(value)(Value(1.0, "p"), 2.0)
    assert str(caught.value) == "after 7 steps"
    assert caught.value.__notes__ == ["value failed; it got x = 1.0 (label 'p'), y = 2.0"]
    assert any(entry.name == "value" for entry in caught.traceback)


def test_the_way_into_a_primitive_is_shown():
    @primitive(derivatives=(1.0,))
    def sevenths(x):
        return math.sqrt(x) / 7

    with pytest.raises(ValueError, match=r"sevenths failed: .*; got x = -1\.0") as caught:
        sevenths(Value(-1.0))
    assert caught.traceback[-1].name == "sevenths"


def test_a_local_derivative_that_fails_is_named():
    broken = primitive(derivatives=(1.0, lambda x, y, z: 1 / y))(wave.__wrapped__)
    with pytest.raises(ZeroDivisionError) as caught:
        broken(Value(1.0), Value(0.0))
    assert caught.value.__notes__[0].startswith("in the local derivative ∂wave/∂x at t = 1.0, x = 0.0, where wave = 4.14")
    through_math = primitive(derivatives=(lambda x, z: math.cos(x),))(math.sin)
    with pytest.raises(TypeError, match=r"autograd_core\.sin") as caught:
        ag.grad(ag.grad(through_math))(1.0)
    assert "∂sin/∂x" in caught.value.__notes__[0]


def test_derivatives_of_the_wrong_form():
    for derivatives, text in (
        ((lambda x: 2 * x,), r"∂<lambda>/∂x must be a function of \(x, result\): too many positional"),
        (lambda x, z: 2 * x, "derivatives must be a tuple with one entry for each operand"),
        (1.0, "derivatives must be a tuple"),
    ):
        with pytest.raises(TypeError, match=text):
            primitive(derivatives=derivatives)(lambda x: x * x)
    for function in (lambda *xs: 0.0, lambda x, *, k: x):
        with pytest.raises(TypeError, match="a fixed number of positional operands"):
            primitive(derivatives=(1.0,))(function)
    with pytest.raises(TypeError, match="max has no signature"):
        primitive(derivatives=(1.0, 1.0))(max)


def test_operands_by_name_and_left_out():
    @primitive(derivatives=(lambda x, k, z: k, lambda x, k, z: x))
    def scaled(x, k=2.0):
        return x * k

    x, k = Value(3.0), Value(5.0)
    assert scaled(x).data == 6.0 and scaled(x).operands == (x, 2.0)
    assert scaled(k=k, x=x).operands == (x, k) and scaled(3.0, k=1.0) == 3.0
    with pytest.raises(TypeError, match=r"scaled takes 2 operands \(x, k\): .*'w'"):
        scaled(x, w=1.0)


def test_inside_no_record():
    with ag.no_record():
        x = Value(2.0)
        for y in (cube(x), wave(x, x), volume(x, x, x)):
            assert y.is_leaf


def test_primitives_pickle_by_qualified_name():
    for function, count in ((cube, 1), (wave, 2), (volume, 3)):
        row = operation_of(function)
        assert pickle.loads(pickle.dumps(row)) is row and copy.copy(row) is row and copy.deepcopy(row) is row
        xs = [Value(float(i + 1)) for i in range(count)]
        y = function(*xs)
        loaded = pickle.loads(pickle.dumps([y, *xs]))
        assert loaded[0].op is row and ag.gradients(loaded[0], loaded[1:]) == ag.gradients(y, xs)


def test_a_primitive_without_a_name_to_find_refuses_to_pickle():
    local = primitive(derivatives=(1.0,))(lambda x: x)
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(local(Value(1.0)))


def test_it_works_in_checkpoints_and_on_arrays():
    import numpy as np

    assert ag.grad(lambda x: ag.checkpoint(cube, x))(2.0) == 12.0
    array = np.vectorize(cube, otypes=[object])(np.array([Value(1.0), Value(2.0)]))
    assert [x.data for x in array] == [1.0, 8.0]
