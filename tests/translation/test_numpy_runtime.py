"""The NumPy runtime of translated rows: Python's arithmetic point by point, NaN where it raises."""

import math

import numpy as np
import pytest

from autograd_core._checking.ulps import same, ulps
from autograd_core._translation import numpy_runtime as runtime

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 7.0, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan, 2.0**53]
PAIRS = [(x, y) for x in SPECIAL for y in SPECIAL]


def outcome(compute):
    try:
        z = compute()
    except (ArithmeticError, ValueError):
        return math.nan
    return math.nan if isinstance(z, complex) else float(z)


@pytest.mark.parametrize(
    ("ours", "python", "units"),
    [
        (runtime.py_truediv, lambda x, y: x / y, 0),
        (runtime.py_floordiv, lambda x, y: x // y, 0),
        (runtime.py_mod, lambda x, y: x % y, 0),
        (runtime.py_pow, lambda x, y: x**y, 1),
        (runtime.py_max, lambda x, y: max(x, y), 0),
        (runtime.py_min, lambda x, y: min(x, y), 0),
        (runtime.py_fmod, math.fmod, 0),
        (runtime.py_hypot, math.hypot, 0),
        (runtime.py_remainder, math.remainder, 0),
        (runtime.py_atan2, math.atan2, 1),
        (runtime.py_copysign, math.copysign, 0),
    ],
)
def test_of_two_numbers(ours, python, units):
    columns = [np.array(column) for column in zip(*PAIRS, strict=True)]
    with np.errstate(all="ignore"):
        found = ours(*columns)
    for (x, y), got in zip(PAIRS, found, strict=True):
        due = outcome(lambda x=x, y=y: python(x, y))
        assert same(float(got), due) if units == 0 else ulps(float(got), due) <= units, (x, y, due, got)


@pytest.mark.parametrize(
    "name",
    ["sqrt", "log", "log1p", "exp", "expm1", "exp2", "acos", "acosh", "atanh", "asin", "cosh", "sinh", "gamma", "erf"],
)
def test_of_one_number(name):
    with np.errstate(all="ignore"):
        found = getattr(runtime, f"py_{name}")(np.array(SPECIAL))
    for x, got in zip(SPECIAL, found, strict=True):
        assert ulps(float(got), outcome(lambda x=x: getattr(math, name)(x))) <= 4, (x, got)


def test_what_raises_is_noted_by_its_kind():
    with runtime.Attempt() as tried, np.errstate(all="ignore"):
        runtime.py_log(np.array([1.0, -1.0, 0.0]))
        runtime.py_exp(np.array([1e4, 0.0, 0.0]))
    assert tried.caught("ValueError").tolist() == [False, True, True]
    assert tried.caught("OverflowError").tolist() == [True, False, False]
    assert tried.caught("OverflowError", "ValueError").tolist() == [True, True, True]
    assert not tried.caught("ZeroDivisionError") and not runtime.ATTEMPTS


def test_choosing_goes_into_tuples_and_lists():
    test, one, two = np.array([True, False]), np.array([1.0, 2.0]), np.array([3.0, 4.0])
    assert [x.tolist() for x in runtime.py_choose(test, (one, two), (two, one))] == [[1.0, 4.0], [3.0, 2.0]]
    assert [x.tolist() for x in runtime.py_choose(test, (one, two), 0.0)] == [[1.0, 0.0], [3.0, 0.0]]
    assert [x.tolist() for x in runtime.py_choose(test, 0.0, [one, two])] == [[0.0, 2.0], [0.0, 4.0]]
    with pytest.raises(ValueError, match="zip"):
        runtime.py_choose(test, (one, two), (one,))


def test_items_whose_place_differs_by_point():
    xs = [np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])]
    assert runtime.py_item(xs, 1).tolist() == [4.0, 5.0, 6.0]
    assert runtime.py_item(xs, np.array([0, -1, 1])).tolist() == [1.0, 5.0, 6.0]
    assert np.isnan(runtime.py_item(xs, np.array([2, 0, 0]))).tolist() == [True, False, False]  # Python raises
    assert runtime.py_item((0.5, 0.25), np.array([1, 0])).tolist() == [0.25, 0.5]
    assert runtime.py_index(xs, np.array([4.0, 2.0, 7.0])).tolist() == [1, 0, -1]
    assert runtime.py_largest(xs, 2).tolist() == [1, 1, 1]
    assert runtime.py_item_of(xs, 0, 2) is xs[0]
    with pytest.raises(TypeError, match="3 operands are needed; got 2"):
        runtime.py_item_of(xs, 0, 3)
    runtime.py_set(xs, np.array([0, 1, -1]), 9.0, np.array([True, True, False]))
    assert [x.tolist() for x in xs] == [[9.0, 2.0, 3.0], [4.0, 9.0, 6.0]]


def test_counts():
    assert runtime.py_same_length(3, 3) == 3
    with pytest.raises(ValueError, match="lists of different lengths"):
        runtime.py_same_length(3, 2)
    for start, stop, step in ((0, 5, 1), (5, 0, -2), (3, 3, 1), (4, 0, 1), (0, 7, 3)):
        assert runtime.py_range_count(start, stop, step) == len(range(start, stop, step))
    assert runtime.py_most(np.array([3, 9, 4]), np.array([True, False, True])) == 4
    assert runtime.py_most(np.array([3]), np.array([False])) == 0
    for stop in (-1, 0, 1, -4, -9):
        assert runtime.py_backwards([1.0, 2.0, 3.0], stop) == [1.0, 2.0, 3.0][:stop:-1]
    assert runtime.py_backwards([1.0, 2.0], -(2**53)) == [2.0, 1.0]


def test_a_function_at_the_points_that_count():
    """The function is not called at points that do not count, where it might never end."""
    seen = []

    def function(x, y):
        seen.append(x.tolist())
        return x + y

    found = runtime.py_within(np.array([True, False, True]), function, np.array([1.0, 2.0, 3.0]), 10.0)
    assert found[[0, 2]].tolist() == [11.0, 13.0] and np.isnan(found[1]) and seen == [[1.0, 3.0]]
    assert np.isnan(runtime.py_within(np.array([False]), function, np.array([1.0]), 0.0)).all() and len(seen) == 1


def test_whole_numbers():
    xs = np.array([1.5, -1.5, 2.0, -0.25])
    assert runtime.py_floor(xs).tolist() == [1, -2, 2, -1] and runtime.py_ceil(xs).tolist() == [2, -1, 2, 0]
    assert runtime.py_trunc(xs).tolist() == [1, -1, 2, 0] and runtime.py_trunc(2.5) == 2
    mantissas, exponents = runtime.py_frexp(xs)
    assert [math.ldexp(m, int(e)) for m, e in zip(mantissas, exponents, strict=True)] == xs.tolist()
    assert runtime.py_ldexp(xs, exponents).tolist() == [math.ldexp(x, int(e)) for x, e in zip(xs, exponents, strict=True)]
    with np.errstate(over="ignore"):
        assert np.isnan(runtime.py_ldexp(np.array([1.0]), np.array([5000]))).all()
    assert runtime.py_factorial(np.array([5.0])).tolist() == [120.0]
    assert (runtime.py_mod_int(-7, 3), runtime.py_floordiv_int(-7, 3)) == (2, -3)
