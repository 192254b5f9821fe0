"""The table itself: complete, consistent with everything derived from it, quiet everywhere, correct at its edges."""

import ast
import contextlib
import itertools
import math
import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core
from autograd_core import TABLE, Value, gradients, operation_of, toposort
from autograd_core._checking.ulps import same, ulps
from autograd_core._operations.functions import FUNCTIONS
from autograd_core._operations.printing import as_symbol, read_off
from autograd_core._strategies.programs import function_of
from autograd_core.strategies import SPECIALS, numbers, operands

INF, NAN = math.inf, math.nan
ROWS = [operation_of(function) for function in FUNCTIONS.values()]
PLAIN = (ArithmeticError, ValueError)


def second_order(row, xs):
    """The local derivatives as Values, and the derivatives of each: what a second sweep evaluates."""
    inputs = [Value(x) for x in xs]
    y = function_of(row)(*row.shape.arguments(inputs))
    variables = [x for i, x in enumerate(inputs) if i not in row.shape.orders]
    return [gradients(slope, variables) for slope in gradients(y, variables, create_graph=True)]


def check_quiet(row, xs):
    """Where the value exists, no derivative raises: on floats or Values, of first or second order."""
    try:
        z = row.evaluate(xs)
    except PLAIN:
        return
    slopes = row.slopes(xs, z)
    assert all(isinstance(slope, float) for slope in slopes)
    assert all(isinstance(x, float) for row_ in second_order(row, xs) for x in row_)


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_local_derivatives_are_quiet_at_the_specials(row):
    points = (*SPECIALS, *row.domain.special, 745.0, -745.0, 1e155, 170.0, -170.5)
    count = row.arity or 2
    for xs in itertools.product(points if count == 1 else points[:24], repeat=count):
        check_quiet(row, (*xs, 1.0) if row.arity is None and function_takes_three(row) else xs)


def function_takes_three(row):
    return row.name in ("where", "pow_log")


@settings(max_examples=8 * settings().max_examples)
@given(st.one_of(*(st.tuples(st.just(row), operands(row)) for row in ROWS)))
def test_local_derivatives_are_quiet_everywhere(drawn):
    check_quiet(*drawn)


@settings(max_examples=8 * settings().max_examples)
@given(st.one_of(*(
    st.tuples(st.just(row), st.tuples(*[numbers(row.domain.special)] * row.arity)) for row in ROWS if row.arity
)))  # fmt: skip  # one expression
def test_the_domain_is_where_the_value_is(drawn):
    """Outside the domain an operation raises ValueError or returns NaN; inside it returns a number or overflows."""
    row, xs = drawn
    if row.name == "div" or not row.public or any(x != x for x in xs):
        return
    try:
        z = row.evaluate(xs)
    except (OverflowError, ZeroDivisionError):
        return
    except ValueError:
        assert not row.domain.contains(*xs) or not all(map(math.isfinite, xs))
        return
    assert row.domain.contains(*xs) or z != z or any(map(math.isinf, xs))


# --- Edges: what the design states -------------------------------------------------------------------------------

EDGES = [
    ("abs", (0.0,), (0.0,)), ("abs", (-0.0,), (0.0,)), ("relu", (0.0,), (0.0,)), ("relu", (-0.0,), (0.0,)),
    ("leaky_relu", (0.0, 0.25), (0.25, 0.0)), ("leaky_relu", (-0.0, 0.25), (0.25, 0.0)),
    ("maximum", (2.0, 2.0), (0.5, 0.5)), ("minimum", (-1.0, -1.0), (0.5, 0.5)), ("maximum", (0.0, -0.0), (0.5, 0.5)),
    ("maximum", (INF, INF), (0.5, 0.5)), ("hypot", (0.0, 0.0), (0.0, 0.0)), ("hypot", (-0.0, 0.0), (0.0, 0.0)),
    ("norm", (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)), ("sqrt", (0.0,), (INF,)), ("cbrt", (0.0,), (INF,)),
    ("pow", (0.0, 0.5), (INF, 0.0)), ("pow", (0.0, 1.0), (1.0, 0.0)), ("pow", (0.0, 2.0), (0.0, 0.0)),
    ("pow", (0.0, 0.0), (0.0, -INF)), ("pow", (-3.0, 0.0), (0.0, NAN)), ("pow", (INF, 0.0), (0.0, INF)),
    ("pow", (-2.0, 3.0), (12.0, NAN)), ("pow", (NAN, 0.0), (0.0, NAN)), ("sign", (0.0,), (0.0,)),
    ("asin", (1.0,), (INF,)), ("asin", (-1.0,), (INF,)), ("acos", (1.0,), (-INF,)), ("acosh", (1.0,), (INF,)),
    ("floordiv", (7.0, 2.0), (0.0, 0.0)), ("mod", (-7.0, 2.0), (1.0, 4.0)), ("tanh", (INF,), (0.0,)),
    ("sigmoid", (-INF,), (0.0,)), ("softplus", (-INF,), (0.0,)), ("exp", (-INF,), (0.0,)), ("atan", (INF,), (0.0,)),
    ("atan", (1e200,), (0.0,)), ("prod", (0.0, 2.0, 3.0), (6.0, 0.0, 0.0)), ("prod", (0.0, 0.0, 3.0), (0.0, 0.0, 0.0)),
    ("sinc", (0.0,), (0.0,)), ("where", (NAN, 1.0, 2.0), (0.0, 1.0, 0.0)), ("where", (-0.0, 1.0, 2.0), (0.0, 0.0, 1.0)),
    ("tanh", (20.0,), (1.6993417021166355e-17,)), ("atan", (1e155,), (1e-310,)), ("relu", (NAN,), (NAN,)),
    ("maximum", (NAN, 1.0), (NAN, NAN)), ("minimum", (1.0, NAN), (NAN, NAN)), ("pow_slope", (-1.0, 0.5), (NAN, NAN)),
]  # fmt: skip  # a table reads better in rows


@pytest.mark.parametrize(("name", "xs", "slopes"), EDGES, ids=str)
def test_edges(name, xs, slopes):
    inputs = [Value(x) for x in xs]
    y = function_of(TABLE[name])(*TABLE[name].shape.arguments(inputs))
    recorded = y.local_derivatives
    assert all(same(a + 0.0, b) for a, b in zip(recorded, slopes, strict=True)), recorded
    replayed = [float(x) for x in TABLE[name].slopes(list(xs), y.data)]
    assert all(same(a + 0.0, b) for a, b in zip(replayed, slopes, strict=True))


@pytest.mark.parametrize("row", [row for row in ROWS if row.arity == 1], ids=repr)
def test_nan_goes_in_and_out(row):
    assert math.isnan(function_of(row)(NAN))
    y = function_of(row)(Value(NAN))
    assert math.isnan(y.data)
    assert math.isnan(y.local_derivatives[0]) or not callable(row.derivatives[0]), "a slope that is not constant"


def test_what_makes_good_for_a_rounding_is_no_part_of_the_graph():
    xs = [Value(x) for x in (0.1, 0.7, 3.3)]
    slopes = gradients(FUNCTIONS["logsumexp"](xs), xs, create_graph=True)
    made = {node for slope in slopes for node in toposort(slope)}
    assert [node.op.name for node in made].count("sub") == 2, "each other number less the largest, and no more"


@pytest.mark.parametrize("name", ["hypot", "norm"])
def test_slopes_where_a_norm_leaves_the_range(name):
    for longer in (1.75 * 2.0**1023, 2.0**1023, 2.0**-1072, 2.0**-1066):
        arguments = TABLE[name].shape.arguments([Value(0.75 * longer), Value(longer)])
        y = function_of(TABLE[name])(*arguments)
        assert all(ulps(d, Fraction(n, 5)) <= 4 for d, n in zip(y.local_derivatives, (3, 4), strict=True))


@pytest.mark.parametrize(("name", "x", "slope", "curve"), [
    ("square", 0.0, 0.0, 2.0), ("sinc", 0.0, 0.0, -(math.pi**2) / 3), ("tanh", 0.0, 1.0, 0.0), ("erf", 0.0, None, 0.0),
    ("silu", 0.0, 0.5, 0.5), ("softplus", 0.0, 0.5, 0.25), ("relu", 0.0, 0.0, 0.0), ("abs", 0.0, 0.0, 0.0),
    ("exp", -INF, 0.0, 0.0), ("sigmoid", INF, 0.0, 0.0), ("silu", INF, 1.0, 0.0), ("gelu", INF, 1.0, 0.0),
    ("gelu_tanh", -INF, 0.0, 0.0),
])  # fmt: skip  # a table reads better in rows
def test_second_derivatives_at_the_edges(name, x, slope, curve):
    x = Value(x)
    [first] = gradients(FUNCTIONS[name](x), [x], create_graph=True)
    assert slope is None or first.data == slope
    assert gradients(first, [x])[0] == pytest.approx(curve, rel=1e-15, abs=0.0)


def test_a_constant_exponent_never_evaluates_the_logarithm():
    x = Value(-2.0)
    y = x**3
    assert y.local_derivatives == (12.0, None)
    [slope] = gradients(y, [x], create_graph=True)
    assert gradients(slope, [x], create_graph=True)[0].data == -12.0


# --- The table and what is written out beside it -----------------------------------------------------------------


def test_every_row_is_listed_once_and_complete():
    assert list(TABLE) == list(dict.fromkeys(TABLE))
    leaves = {"input", "parameter", "constant", "checkpoint"}
    assert set(TABLE) == leaves | set(FUNCTIONS)
    for name, row in TABLE.items():
        assert row.name == name
        assert row.doc.endswith(".")
        if name in leaves:
            continue
        assert FUNCTIONS[name].operation is row
        assert row.formula
        assert row.arity is None or len(row.derivative_formulas) == row.arity
        assert (row.gather is None) == (row.arity is not None)
    values = [row.value for row in ROWS]
    assert len(values) == len({id(value) for value in values})


def test_every_public_row_is_exported_and_no_other():
    exported = {name for name in autograd_core.__all__ if hasattr(getattr(autograd_core, name), "operation")}
    wanted = {row.name for row in ROWS if row.public and (not row.operator or row.name == "pow")}
    assert exported == wanted
    assert all(getattr(autograd_core, name) is FUNCTIONS[name] for name in wanted)


def test_the_signatures_equal_the_table():
    source = (Path(autograd_core.__file__).parent / "_operations/signatures.pyi").read_text(encoding="utf-8")
    [listed] = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    written = {
        node.name: len(node.args.posonlyargs) + len(node.args.args)
        for node in listed.body if isinstance(node, ast.FunctionDef)
    }  # fmt: skip  # as it reads
    wanted = {}
    for row in ROWS:
        if row.operator:
            wanted[f"__{row.operator}__"] = row.arity
            if row.arity == 2:
                wanted[f"__r{row.operator}__"] = 2
    methods = {
        name: row for row in ROWS for name in (row.name if not row.operator or row.name == "pow" else "", row.numpy_name)
        if name and row.public and row.arity and hasattr(Value, name)
    }  # fmt: skip  # as it reads
    wanted |= {name: row.arity for name, row in methods.items()}
    elsewhere = {"backward", "draw", "step", "__copy__", "__deepcopy__", "__reduce__"}  # not rows of the table
    assert {name: count for name, count in written.items() if name not in elsewhere} == wanted
    assert all(name in vars(Value) for name in elsewhere)
    assert {row.name for row in methods.values()} >= {row.name for row in ROWS if row.public and row.arity == 1} - {
        row.name for row in ROWS if row.operator
    }


def test_numpy_functions_of_object_arrays_are_the_rows():
    found = {}
    for row in ROWS:
        name = row.numpy_name or row.name
        if row.arity == 1 and hasattr(Value, name) and isinstance(getattr(np, name, None), np.ufunc):
            x = 1.5 if row.domain.contains(1.5) else 0.5
            made = getattr(np, name)(np.array([Value(x), Value(x)], dtype=object))
            found[name] = row
            if name not in ("square", "sign"):  # NumPy's own: it multiplies or compares
                assert [y.op for y in made] == [row, row], name
            assert float(getattr(made[0], "data", made[0])) == FUNCTIONS[row.name](x)
    assert {"tanh", "arctanh", "exp2", "cbrt", "arccos"} <= set(found)


def evaluated(formula, xs, z):
    """A printed formula as a number: by IEEE arithmetic and the functions of this package; NaN if it has no value."""
    names = {"x": np.float64(xs[0]), "y": np.float64(xs[-1]), "z": np.float64(z)}
    functions = {name: lambda *xs, f=f: np.float64(f(*xs)) for name, f in FUNCTIONS.items()} | {"nan": NAN}
    try:
        with np.errstate(all="ignore"):
            return float(eval(formula.format(x="x", y="y", z="z"), {"__builtins__": {}, **functions}, names))
    except PLAIN:
        return NAN


# Numbers at which formulas meet ties, kinks, flat parts, poles and infinities, and everyday ones.
MEETING = (0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, 0.75, -1.25, 8.0, -30.0, INF, -INF)
PRINTED = [row for row in ROWS if any(row.derivative_formulas)]


def points_of(row):
    """The points at which a row's formulas are compared: every pair of these numbers, then random ones."""
    orders = (0.0, 1.0, 2.0, 3.0)
    yield from itertools.product(*(orders if i in row.shape.orders else MEETING for i in range(row.arity)))
    source = random.Random(row.name)
    for _ in range(100):
        yield tuple(source.choice(orders) if i in row.shape.orders else source.uniform(-6.0, 6.0) for i in range(row.arity))


def agree(printed, exact, xs, z):
    """Whether a formula gives the exact number; only at a limit may one of the two be indeterminate, as 0 * inf is."""
    if printed != printed or exact != exact:
        both = printed != printed and exact != exact
        return both or any(math.isinf(x) for x in xs) or (exact == exact and 0.0 in (*map(abs, xs), abs(z)))
    return printed == exact or abs(printed - exact) <= 1e-9 + 1e-6 * abs(exact)


@pytest.mark.parametrize("row", PRINTED, ids=repr)
def test_printed_formulas_are_the_row_everywhere(row):
    compared = 0
    for xs in points_of(row):
        try:
            z = row.evaluate(xs)
        except PLAIN:
            continue
        if not row.domain.contains(*xs):
            continue
        value = evaluated(row.formula, xs, z)
        assert agree(value, z, xs, z), (row.formula, xs, z, value)
        for i, (formula, slope) in enumerate(zip(row.derivative_formulas, row.slopes(xs, z), strict=True)):
            if i not in row.shape.orders:
                printed = evaluated(formula, xs, z)
                compared += printed == printed
                assert agree(printed, slope, xs, z), (formula, xs, slope, printed)
    assert compared > 10


def test_formulas_are_stated_only_where_a_person_would_write_them_otherwise():
    source = Path(autograd_core.ops.__file__).read_text(encoding="utf-8")
    stated = {
        node.target.id: np.ravel(ast.literal_eval(word.value)).tolist()
        for node in ast.parse(source).body if isinstance(node, ast.AnnAssign)
        for word in node.value.keywords if word.arg == "printed"
    }  # fmt: skip  # as it reads
    symbols = {}
    symbols.update({row.name: as_symbol(row.name, row.formula, symbols) for row in ROWS})
    assert {"tanh", "relu"} <= stated.keys() < {row.name for row in PRINTED} | {"gelu_tanh", "gelu_tanh_slope"}
    for name, formulas in stated.items():
        row = TABLE[name]
        assert list(row.derivative_formulas) == formulas
        read = []
        for i in range(row.arity):
            with contextlib.suppress(TypeError):
                read.append(read_off(name, row.derivatives, i, symbols))
        assert read != formulas, f"{name}: leave `printed` out"
