"""Code that the translator understands means the same in every language; any other code is rejected by name."""

import inspect
import math
import os
import shutil

import numpy as np
import pytest

from autograd_core._checking.ulps import same, ulps
from autograd_core._operations import exact as exact_numbers
from autograd_core._operations import series
from autograd_core._operations.operation import Operation
from autograd_core._operations.shape import ONE_LIST, ONE_NUMBER, TWO_NUMBERS
from autograd_core._program import python_player
from autograd_core._translation.forms import FLOAT, Name, Refused
from autograd_core._translation.in_c import C
from autograd_core._translation.in_javascript import RUNTIME as JAVASCRIPT_RUNTIME
from autograd_core._translation.in_javascript import JavaScript
from autograd_core._translation.in_numpy import RUNTIME as NUMPY_RUNTIME
from autograd_core._translation.in_numpy import NumPy
from autograd_core._translation.in_python import Python
from autograd_core._translation.rows import translated_row, translated_rows
from autograd_core._translation.translator import Translation

X, Y = Name(FLOAT, "x"), Name(FLOAT, "y")
IN_NUMPY_REFUSED = {
    "whiles": "`break` only at some of the points", "lists": "a list that grows only at some of the points", "filtered": "a list that grows only at some of the points",
    "halved_at_some_points": "halved, which loops or calls itself and does not return a single number,",
}  # fmt: skip  # a table


@pytest.fixture(scope="module")
def translated(written):
    translation = Translation()
    return {f.__name__: translation.function(f, [X, Y]) for f in written.UNDERSTOOD}, translation


@pytest.fixture(scope="module")
def operands(points):
    few = [(x, y) for x in points.SPECIALS[:24] for y in points.SPECIALS[:24]]
    return [*few, *points.of_count(300, 2, "written")]


def exact(points, written, name, xs):
    z = points.outcome(lambda: getattr(written, name)(*xs))
    return None if isinstance(z, complex) else z


@pytest.mark.skipif(shutil.which(os.environ.get("CC", "cc")) is None, reason="needs a C compiler")
def test_in_c_to_the_bit(translated, operands, points, running, written, tmp_path):
    functions, translation = translated
    library = running.Compiled(translation.functions, functions.values(), tmp_path)
    raised = 0
    for name, function in functions.items():
        for xs in operands:
            z, got = exact(points, written, name, xs), library.call(function, xs)
            raised += z is None
            assert (z is None and got is None) or (got is not None and same(z, got[0])), (name, xs, z, got)
    assert raised > 100


def test_in_python_to_the_bit(translated, operands, points, running, written):
    functions, translation = translated
    language = Python()
    text = language.text(translation.functions)
    names = running.module(f"from itertools import count\n{inspect.getsource(python_player)}\n{text}")
    for name, function in functions.items():
        called = names[language.function_name(function)]
        for xs in operands:
            z = exact(points, written, name, xs)
            got = points.outcome(lambda xs=xs, called=called: called(*xs))
            assert (z is None and got is None) or same(float(z), float(got)), (name, xs, z, got)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_in_javascript(translated, operands, points, running, written, tmp_path):
    functions, translation = translated
    text = f"{JAVASCRIPT_RUNTIME.read_text()}const py = runtime([]);\n{JavaScript().text(translation.functions)}"
    calls = [[name, *xs] for name in functions for xs in operands]
    for (name, *xs), got in zip(calls, running.node(text, calls, tmp_path), strict=True):
        z = exact(points, written, name, xs)
        assert (z is None) == (got is None) and (z is None or ulps(got, z) <= 2), (name, xs, z, got)


def test_in_numpy(translated, operands, points, running, written):
    columns = [np.array([xs[i] for xs in operands]) for i in range(2)]
    refused = {}
    for name, function in translated[0].items():
        language = NumPy()
        try:
            called = language.function(function, [True, True])
        except Refused as reason:
            refused[name] = str(reason)
            continue
        tables = [f"{key} = {table.values!r}" for key, table in language.tables.items()]
        names = running.module("\n".join([NUMPY_RUNTIME.read_text(), *tables, *language.texts]))
        found = np.broadcast_to(names["py_row"](names[called])(*columns), len(operands))
        for xs, got in zip(operands, found, strict=True):
            z = exact(points, written, name, xs)
            assert np.isnan(got) if z is None else ulps(float(got), z) <= 2, (name, xs, z, got)
    assert set(refused) == set(IN_NUMPY_REFUSED)
    assert all(IN_NUMPY_REFUSED[name] in reason for name, reason in refused.items())


def test_what_is_not_understood_is_refused_with_its_place(written):
    for function, what in written.REFUSED.items():
        first = inspect.getsourcelines(function)[1]
        with pytest.raises(Refused, match="cannot be translated") as refusal:
            Translation().function(function, [X][: function.__code__.co_argcount])
        message = str(refusal.value)
        line = int(message.split("written.py, line ")[1].split(",")[0])
        assert what in message, function
        assert first <= line <= first + 5 or function is written.changed_argument, message
        assert "; " in message


def test_a_row_is_refused_by_its_name_and_whole():
    row = Operation("odd", ONE_NUMBER, lambda x: x, (lambda x, z: {1: x}[1],))
    translation = Translation()
    with pytest.raises(Refused, match=r"^odd: `\{1: x\}` \(Dict\) cannot be translated \(test_translator.py, line \d+"):
        translated_row(row, translation)


ONE_SLOPE = (lambda x, z: 1.0,)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (Operation("odd", ONE_NUMBER, lambda x: int(x), ONE_SLOPE), "odd: odd_value returns an int; return a float"),
        (Operation("odd", ONE_NUMBER, lambda x: [x], ONE_SLOPE), "odd: odd_value returns a list of floats; return a float"),
        (Operation("odd", ONE_NUMBER, lambda x: (x, x), ONE_SLOPE), "odd: odd_value returns a tuple; return a float"),
        (Operation("odd", ONE_NUMBER, lambda x: math, ONE_SLOPE), "odd: odd_value does not return a number; return one"),
        (
            Operation("odd", ONE_NUMBER, lambda x: x, ONE_SLOPE, flat=(lambda x: x,)),
            "odd: odd_flat_by_x returns a float; return a bool",
        ),
        (Operation("odd", ONE_LIST, lambda xs: xs[0], lambda xs, z: z), "odd: its derivatives are not a list of floats; return a list of floats"),
        (Operation("odd", ONE_LIST, lambda xs: xs[0], lambda xs, z: math), "odd: its derivatives are not a list of floats; return a list of floats"),
        (Operation("odd", ONE_LIST, lambda xs: xs[0], lambda xs, z: (z, 1)), "odd: its derivatives are not a list of floats; return a list of floats"),
    ],
)
def test_a_row_is_refused_by_what_it_returns(row, message):
    right = Operation("right", ONE_NUMBER, lambda x: x, ONE_SLOPE)
    found, _, refused = translated_rows([row, right])
    assert [row.row for row in found] == [right]
    assert {name: str(reason) for name, reason in refused.items()} == {"odd": message}


def test_without_python_the_nearly_exact_functions_are_translated():
    """If the text cannot call Python, the branch that only Python computes is left out."""
    x = Name(FLOAT, "x")
    asking, alone = Translation(), Translation(exact=False)
    for translation, asks in ((asking, True), (alone, False)):
        translation.function(series.polygamma, [x, x])
        translation.function(series.gamma_derivative, [x, x])
        assert ("py_left_to_python" in C().text(translation.functions)) is asks
    assert {"times_gamma", "gamma_derivative"} <= {f.origin.split(": ")[-1] for f in alone.functions}


def only_python_beside(x):
    if x > 1.0:
        return x * 2.0
    return exact_numbers.polygamma(0, x) if x > 0.5 else x


def only_python_in_else(x):
    if x > 1.0:  # noqa: SIM108  # what is tested
        y = x * 2.0
    else:
        y = exact_numbers.sinc_slope(x)
    return y + 1.0


def test_a_branch_that_only_python_computes_is_left_out_wherever_it_stands(running):
    for function, point, due in ((only_python_beside, 0.75, 0.75), (only_python_in_else, 0.5, 2.0)):
        found = []
        for exact in (False, True):
            language = NumPy()
            name = language.function(Translation(exact).function(function, [X]), [True])
            in_numpy = running.module("\n".join([NUMPY_RUNTIME.read_text(), *language.texts]))[name]
            assert in_numpy(np.array([3.0])) == function(3.0)
            found += in_numpy(np.array([point])).tolist()
        assert found[0] == due and math.isnan(found[1])  # a result that only Python can compute is NaN
        texts = [JavaScript().text([Translation(exact).function(function, [X])]) for exact in (False, True)]
        assert ["py.python()" in text for text in texts] == [False, True]  # in JavaScript it raises


def test_a_row_with_a_branch_and_a_helper(running, tmp_path):
    row = Operation("bent", TWO_NUMBERS, bent, (lambda x, y, z: helper(x, y) if x > y else math.tanh(z), 0.0))
    translation = Translation()
    found = translated_row(row, translation)
    library = running.Compiled(translation.functions, [found.value, *found.slopes], tmp_path)
    assert library.row(found, (3.0, 2.0), 1.0) == (bent(3.0, 2.0), [helper(3.0, 2.0), 0.0])
    assert library.row(found, (1.0, 2.0), -0.5) == (bent(1.0, 2.0), [math.tanh(-0.5), 0.0])


def helper(x, y):
    return x * y + 0.25


def bent(x, y):
    return helper(x, y) if x > y else -y


def test_names_that_a_language_has_itself():
    def double(x):
        auto, new, raised = x + 1.0, x * 2.0, x * 3.0
        return auto + new - raised

    found = Translation().function(double, [X])
    assert "row_double(double x)" in C().text([found])
    assert "auto_ = " in C().text([found]) and "raised_ = " in C().text([found])
    assert "new_ = " in JavaScript().text([found])


def test_the_source_that_runs_is_the_one_translated():
    space: dict[str, object] = {}
    exec("def made(x):\n    return x", space)
    with pytest.raises(Refused, match="the source of made cannot be found; write the function in a file"):
        Translation().function(space["made"], [X])


def test_a_file_that_was_changed_since_it_was_imported():
    space: dict[str, object] = {}
    exec(compile("def not_in_this_file(x):\n    return x", __file__, "exec"), space)
    with pytest.raises(Refused, match=r"not_in_this_file \(test_translator.py, line 1\) does not match the code that runs; import"):
        Translation().function(space["not_in_this_file"], [X])


def test_what_was_refused_once_is_refused_again(written):
    """Nothing half-translated is kept: a second row that calls the same helper is rejected like the first."""
    translation = Translation()
    for _ in range(2):
        with pytest.raises(Refused, match="Dict"):
            translation.function(lambda x: written.dictionary(x) + 1.0, [X])
        with pytest.raises(Refused, match="Dict"):
            translation.function(written.dictionary, [X])
    assert translation.functions == []


def test_what_cannot_raise_says_so(written):
    """A quotient by a constant other than 0, a loop on floats: in C they need no flag, and no caller checks one."""
    for function, raises in ((lambda x: x / 2.0, False), (lambda x: 2.0 / x, True), (lambda x: x / 0.0, True)):
        assert Translation().function(function, [X]).raises is raises
    assert not Translation().function(written.quiet_loop, [X, Y]).raises


def test_a_lambda_within_another_is_told_apart():
    inner = (lambda y: lambda x: x * 2.0)(1.0)
    assert "return x * 2.0;" in C().text([Translation().function(inner, [X])])
    alike = (lambda x: lambda x: x * 3.0)(1.0)
    with pytest.raises(Refused, match="does not match the code that runs"):
        Translation().function(alike, [X])


def test_two_lambdas_on_one_line_are_told_apart():
    pair = (lambda x: x + 1.0, lambda x: x * 3.0)
    texts = [C().text([Translation().function(f, [X])]) for f in pair]
    assert "return x + 1.0;" in texts[0] and "return x * 3.0;" in texts[1]
