"""NumPy's functions on arrays of Values return what they return on floats, with gradients; the exceptions are listed.

Every public function is called with every example below. Its results on arrays of Values must be those on arrays of
float objects or, if it does not accept these, on arrays of float64, and the gradients must be those of differences.
"""

import math
import re
import warnings
from numbers import Number
from pathlib import Path

import numpy as np
import pytest

from autograd_core import Value, gradients
from autograd_core._checking.ulps import same

VERSION = list(map(int, np.__version__.split(".")[:2]))
pytestmark = pytest.mark.skipif(VERSION < [2, 4], reason="the list is that of NumPy 2.4; earlier ones do a little less")

MODULES = {"": np, "linalg.": np.linalg, "fft.": np.fft, "emath.": np.emath, "polynomial.": np.polynomial.polynomial}
# These are not functions of numbers: they deal with files, settings, raw memory, dates, or text that shows contents.
OTHERS = {
    "array2string", "array_repr", "array_str", "from_dlpack", "frombuffer", "fromfile", "fromregex", "fromstring",
    "genfromtxt", "get_include", "info", "load", "loadtxt", "save", "savetxt", "savez", "savez_compressed",
    "set_printoptions", "set_string_function", "setbufsize", "seterr", "seterrcall", "show_config", "show_runtime",
    "source", "test", "busday_count", "busday_offset", "is_busday",
}  # fmt: skip  # a list of names

# Away from ties and jumps, where a difference does not approximate a derivative.
V, W = np.array([0.31, -0.93, 0.77, 0.62]), np.array([0.57, 0.42, -0.66, 0.23])
P, Q = np.array([0.37, 1.29, 2.58, 0.74]), np.array([1.13, 3.21, 2.17, 0.46])
M = np.array([[2.03, 0.54, 0.12], [0.34, 1.41, -0.27], [0.16, 0.43, 3.08]])
N = np.array([[1.04, 0.21, 0.36], [0.53, 2.61, 0.14], [0.72, 0.68, 1.24]])
R, S, T = np.array([1.22, 2.26, 3.44]), np.array(0.41), np.array(1.63)
MASK, AT = np.array([True, False, True, True]), np.array([0, 2])

EXAMPLES = [
    (V,), (P,), (M,), (S,), (T,), (V, W), (V, Q), (P, W), (P, Q), (M, N), (M, R), (R, M), (P, 1), (M, 1), (1, M),
    (2, P), (P, T), (S, P), (S, T), (V, W, P), (P, V, Q), (V, -0.5, 0.5), (V, -S, S), (M, 0, 1), (R, M, N), (P, AT),
    (MASK, V), (V, AT, 5.0), (P, AT, R[:2]), (MASK, V, W), (V, [MASK]), ((V, W),), ([V, W], 1), ([MASK], [V]),
]  # fmt: skip  # a table
OF_ONE = {
    "einsum": [("ij,jk->ik", M, N), ("ii", M), ("i,i,i", V, W, P)], "apply_along_axis": [(np.cumsum, 0, M)],
    "apply_over_axes": [(np.sum, M, [0])], "piecewise": [(P, [MASK], [lambda x: x * x, lambda x: 3 * x])],
    "pad": [(M, 1, "linear_ramp"), (M, 1, "reflect")], "linalg.norm": [(M, "fro"), (M, 1), (V, 3)],
}  # fmt: skip  # a table
TABLE = [line.split("|")[1] for line in Path(__file__).parents[2].joinpath("notebooks", "numpy.md").read_text(encoding="utf-8").splitlines() if line[:3] == "| `"]
IMPOSSIBLE = {name for cell in TABLE for name in re.findall(r"`([\w.]+)`", cell)}
# The root of a variance of 0 has no slope.
NO_SLOPE = {"std", "nanstd"}
# It converts float objects to float64 on the way, and BLAS multiplies these in its own order.
IN_FLOAT64 = {"polyfromroots"}


def replaced(thing, kind):
    """An example with its arrays of numbers as arrays of another kind."""
    if isinstance(thing, np.ndarray) and thing.dtype == float:
        return kind(thing)
    return type(thing)(replaced(x, kind) for x in thing) if type(thing) in (list, tuple) else thing


def objects(array):
    return array.astype(object)


def values(array):
    made = np.empty(array.shape, dtype=object)
    for index in np.ndindex(array.shape):
        made[index] = Value(array[index])
    return made


def leaves(thing):
    """The numbers in a result, in order, and the types of everything else."""
    if isinstance(thing, np.ndarray):
        return leaves(thing.ravel().tolist())
    if isinstance(thing, (list, tuple)):
        return [leaf for part in thing for leaf in leaves(part)]
    return [thing if isinstance(thing, (Value, Number, np.bool_)) else type(thing).__name__]


def shapes(thing):
    return list(map(shapes, thing)) if isinstance(thing, (list, tuple)) else np.shape(thing)


def outcome(function, arguments):
    """Shapes and numbers of the result, or of the arguments if it works in place; None and the error if it fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = function(*arguments)
        except Exception as error:  # NumPy fails in many ways
            return None, error
    result = arguments if result is None else result
    return shapes(result), leaves(result)


def number(leaf):
    return leaf.data if type(leaf) is Value else leaf


def total(function, arguments):
    """A weighted sum of all numbers in the result, with a different weight for each."""
    parts = [math.cos(i) * x for i, x in enumerate(outcome(function, arguments)[1]) if isinstance(x, (Value, float))]
    return sum(parts, 0.0)


def check_gradients(function, example, kind):
    """The gradients with respect to all numbers of the example, compared with central differences."""
    arguments = replaced(example, values)
    inputs = [leaf for leaf in leaves(arguments) if type(leaf) is Value]
    y = total(function, arguments)
    found = gradients(y, inputs) if type(y) is Value else [0.0] * len(inputs)
    step = 1e-5
    at = 0

    def moved(by):
        """The example with its number `at` moved."""
        count = iter(range(len(inputs)))

        def with_step(array):
            changed = array.copy()
            for index in np.ndindex(array.shape):
                changed[index] += by if next(count) == at else 0.0
            return kind(changed)

        return total(function, replaced(example, with_step))

    for at, slope in enumerate(found):
        if math.isnan(slope) and function.__name__ in NO_SLOPE:
            continue
        difference = (moved(step) - moved(-step)) / (2 * step)
        assert math.isclose(slope, difference, rel_tol=1e-6, abs_tol=1e-7), (example, at)


def check(function, example):
    """Check that NumPy accepts Values where it accepts floats, and that the result is correct."""
    kind, tolerance = objects, 1e-13 if function.__name__ in IN_FLOAT64 else 0.0
    where, expected = outcome(function, replaced(example, objects))
    if where is None:
        kind, tolerance = np.copy, 1e-13
        where, expected = outcome(function, replaced(example, np.copy))
    if where is None or any(isinstance(x, complex) for x in expected) or not any(isinstance(x, Number) for x in expected):
        return True
    finite = all(np.isfinite(x) for x in expected if isinstance(x, Number))
    place, found = outcome(function, replaced(example, values))
    if place is None:  # where NumPy gives inf or NaN, a Value raises as a float does
        return not finite and isinstance(found, (ValueError, ZeroDivisionError))
    assert place == where
    for x, y in zip(map(number, found), expected, strict=True):
        alike = same(float(x), float(y)) if isinstance(x, Number) and not tolerance else x == y
        assert alike or math.isclose(x, y, rel_tol=tolerance, abs_tol=tolerance), (example, found, expected)
    if finite:
        check_gradients(function, example, kind)
    return True


FUNCTIONS = {
    prefix + name: function
    for prefix, module in MODULES.items()
    for name, function in sorted(vars(module).items())
    if callable(function) and not isinstance(function, type) and not name.startswith("_") and name not in OTHERS
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_gives_on_values_what_it_gives_on_floats(name):
    if VERSION > [2, 4] and name in IMPOSSIBLE:
        pytest.skip("a later NumPy may do what was impossible")
    done = [check(FUNCTIONS[name], example) for example in (*EXAMPLES, *OF_ONE.get(name, ()))]
    assert all(done) == (name not in IMPOSSIBLE)
