"""Rows in JavaScript: Python's numbers within the units that runtime.js states, and errors where Python raises.

They run in Node and in a browser, whose pages compute with them.
"""

import shutil

import pytest

from autograd_core import TABLE
from autograd_core._translation.in_javascript import javascript
from autograd_core._translation.kernels import rows_of_numbers
from autograd_core._translation.rows import translated_rows

NAMES = [row.name for row in rows_of_numbers()]
ORDERS = ("gamma_derivative", "polygamma")


@pytest.fixture(scope="module", params=["node", "chromium"])
def run(request, running):
    """Calls a script's functions."""
    if request.param == "node" and shutil.which("node") is None:
        pytest.skip("needs Node")
    return running.node if request.param == "node" else running.in_chromium


@pytest.fixture(scope="module")
def answers(run, points, tmp_path_factory):
    """For each row, what Python gives and what JavaScript gives, point by point."""
    rows, translation, refused = translated_rows(rows_of_numbers(), exact=False)
    assert refused == {}
    calls, asked = [], []
    for row in rows:
        for xs in points.of_row(row.row):
            value, slopes = points.in_python(row.row, xs)
            operands = [xs] if row.many else xs
            name = f"rows.{row.row.name}"
            calls.append([f"{name}.value", *operands])
            asked.append((row.row.name, xs, value))
            if row.many and slopes is not None:
                calls.append([f"{name}.slopes", *operands, value])
                asked.append((row.row.name, xs, slopes))
            for i, slope in enumerate(slopes or ()) if not row.many else ():
                calls.append([f"{name}.slopes[{i}]", *operands, value])
                asked.append((row.row.name, xs, slope))
    text = javascript(rows, translation)
    found = {}
    for (name, xs, exact), got in zip(asked, run(text, calls, tmp_path_factory.mktemp("js")), strict=True):
        found.setdefault(name, []).append((xs, exact, got))
    return found


@pytest.mark.parametrize("name", sorted({*NAMES} - {*ORDERS}))
def test_rows(answers, points, name):
    for xs, exact, got in answers[name]:
        assert points.near(name, xs, exact, got), (xs, exact, got)


@pytest.mark.parametrize("name", ORDERS)
def test_orders(answers, name):
    """For orders up to 3 and moderate points; sums over many orders cancel beyond the precision of floats."""
    for xs, exact, got in answers[name]:
        if exact is not None and xs[0] in (0.0, 1.0, 2.0) and 0.1 < xs[1] < 20.0:
            assert got == pytest.approx(exact, rel=1e-12, abs=1e-13, nan_ok=True), xs


def test_a_row_says_where_it_is_flat(run, tmp_path):
    rows, translation, _ = translated_rows(rows_of_numbers(), exact=False)
    text = javascript(rows, translation)
    calls = [["rows.relu.flat[0]", -1.0], ["rows.relu.flat[0]", 1.0], ["rows.maximum.flat[1]", 2.0, 1.0]]
    calls += [["rows.mul.beside[0]", 1.0, 0.0], ["rows.mul.beside[0]", 0.0, 1.0]]
    assert run(text, calls, tmp_path) == [1.0, 0.0, 1.0, 1.0, 0.0]
    assert TABLE["relu"].flat[0](-1.0)
