"""Rows on NumPy arrays: Python's numbers within a few units at every point, NaN where Python raises."""

import math

import numpy as np
import pytest

from autograd_core import TABLE
from autograd_core._translation.forms import Refused
from autograd_core._translation.in_numpy import RUNTIME, NumPy
from autograd_core._translation.kernels import rows_of_numbers
from autograd_core._translation.rows import translated_rows

NAMES = [row.name for row in rows_of_numbers()]
EXACT = {"hypot", "cosine", "norm"}  # exact to the bit, like those that are so in every language
# Orders that differ from point to point would make lists of different lengths.
REFUSED = {"gamma_derivative", "logsumexp"}  # a series of variable length; a list without its largest


@pytest.fixture(scope="module")
def translated(running):
    language, entries, refused = NumPy(), [], {}
    for row in translated_rows(rows_of_numbers(), exact=False)[0]:
        functions = row.value, *row.slopes
        try:
            names = [language.function(function, [True] * len(function.parameters)) for function in functions]
        except Refused as reason:
            refused[row.row.name] = str(reason)
        else:
            entries.append(f"{row.row.name!r}: ({''.join(f'py_row({name}), ' for name in names)}),")
    tables = [f"{name} = {table.values!r}" for name, table in language.tables.items()]
    lines = [RUNTIME.read_text(encoding="utf-8"), *tables, *language.texts, "rows = {", *entries, "}"]
    return running.module("\n".join(lines))["rows"], refused


def test_what_is_refused_is_named_with_its_reason(translated):
    assert set(translated[1]) == REFUSED
    assert all("cannot be translated to NumPy (" in reason for reason in translated[1].values())


@pytest.mark.parametrize("name", sorted(set(NAMES) - REFUSED))
def test_rows(translated, points, name):
    value_of, *slopes_of = translated[0][name]
    row = TABLE[name]
    by_length = {}
    for xs in points.of_row(row, 200):
        by_length.setdefault(len(xs), []).append(xs)
    for length, xs in by_length.items():
        columns = [np.array([x[i] for x in xs]) for i in range(length)]
        exact = [points.in_python(row, x) for x in xs]
        given = [columns] if row.arity is None else columns
        values = np.broadcast_to(value_of(*given), len(xs))
        results = np.array([np.nan if value is None else value for value, _ in exact])
        slopes = slopes_of[0](*given, results) if row.arity is None else [slope(*given, results) for slope in slopes_of]
        slopes = [np.broadcast_to(slope, len(xs)) for slope in slopes]
        for k, (value, derivatives) in enumerate(exact):
            if name == "polygamma" and not (xs[k][0] < 3.0 and 0.1 < xs[k][1] < 20.0):
                continue  # sums over many orders cancel beyond the precision of floats

            def near(exact, got, xs=xs[k]):
                return points.near(name, xs, exact, None if math.isnan(got) and exact is None else got, EXACT)

            assert near(value, float(values[k])), (xs[k], value, values[k])
            for derivative, slope in zip(derivatives or (), slopes, strict=False):
                assert near(derivative, float(slope[k])), (xs[k], derivative, slope[k])


def test_one_point_and_arrays_of_any_shape(translated):
    tanh, slope = translated[0]["tanh"]
    assert tanh(0.5).shape == ()
    grid = np.linspace(-2.0, 2.0, 12).reshape(3, 4)
    assert slope(grid, tanh(grid)).shape == (3, 4)
