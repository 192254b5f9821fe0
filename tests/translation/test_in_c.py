"""Rows in C return the same bits as the rows' Python, and fail where the Python raises."""

import os
import shutil
import sys

import pytest
from hypothesis import given

from autograd_core import TABLE
from autograd_core._checking.ulps import same
from autograd_core._operations.operation import Operation
from autograd_core._operations.shape import ONE_NUMBER
from autograd_core._translation import kernels as module_of_kernels
from autograd_core._translation.forms import Refused
from autograd_core._translation.kernels import BY_HAND, TARGET, kernels, rows_of_numbers
from autograd_core.strategies import operands

pytestmark = pytest.mark.skipif(shutil.which(os.environ.get("CC", "cc")) is None, reason="needs a C compiler")
NAMES = [row.name for row in rows_of_numbers()]
# Near roots and beyond the range of floats, where only Python can compute, C leaves the result to Python.
ONLY_PYTHON = {
    "logaddexp", "sinc", "gamma", "lgamma", "polygamma", "prod", "logsumexp", "sinc_derivative", "product", "gamma_derivative",
}  # fmt: skip  # a list


def alike(exact, got, may_give_up):
    """Whether C gives the same bits, or gives up if it may."""
    if got is None or exact is None:
        return got is exact or (got is None and may_give_up)
    if isinstance(exact, list):
        return len(exact) == len(got) and all(alike(x, y, may_give_up) for x, y in zip(exact, got, strict=True))
    return same(exact, got)


def check(in_c, points, name, xs):
    rows, library, _ = in_c
    value, slopes = points.in_python(TABLE[name], xs)
    got = library.row(rows[name], xs, value)
    assert alike(value, got[0], name in ONLY_PYTHON), (xs, value, got[0])
    assert alike(slopes, got[1], name in ONLY_PYTHON), (xs, slopes, got[1])


def test_every_row_is_translated(in_c):
    assert in_c[2] == {}
    assert set(in_c[0]) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_bits_at_specials_and_at_random(in_c, points, name):
    for xs in points.of_row(TABLE[name]):
        check(in_c, points, name, xs)


@pytest.mark.parametrize("name", NAMES)
def test_bits_where_the_strategies_look(in_c, points, name):
    @given(operands(TABLE[name]))
    def holds(xs):
        check(in_c, points, name, xs)

    holds()


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "dot", "norm", "logsumexp"])
def test_long_lists(in_c, points, name):
    for xs in points.of_count(3, 1000, name):
        check(in_c, points, name, [x % 1.0 + 0.5 if abs(x) < 1e300 else 1.0 for x in xs])


def test_where_derivatives_are_flat(in_c, points):
    rows, library, _ = in_c
    stated = 0
    for name, row in rows.items():
        for i, flat in enumerate(row.flat):
            if flat is None or flat is True or row.many:
                continue
            stated += 1
            for xs in points.of_row(TABLE[name], 100):
                assert library.call(flat, xs) == [float(TABLE[name].flat[i](*xs))]
    assert stated > 5


def test_where_where_is_flat(in_c, points):
    """The only row on many operands that need not be told which of them are variables."""
    rows, library, _ = in_c
    assert [name for name, row in rows.items() if row.many and row.flat] == ["where"]
    (flat,) = rows["where"].flat
    for xs in points.of_row(TABLE["where"], 100):
        assert library.call(flat, xs, 3) == list(map(float, TABLE["where"].flat(xs, None)))


def test_the_kernels_of_the_engine_are_those_of_the_rows():
    """As .ci/run asks too."""
    assert TARGET.read_text(encoding="utf-8") == kernels(rows_of_numbers()), "run python -m autograd_core._translation.kernels"


def test_kernels_say_what_python_would_say(in_c):
    text = kernels(rows_of_numbers())
    for name in {*NAMES} - {*BY_HAND, "product"}:
        assert f"static int kernel_{name}(" in text


def test_a_row_that_is_not_understood_has_no_kernel():
    row = Operation("odd", ONE_NUMBER, lambda x: {1: x}[1], (lambda x, z: 1.0,))
    with pytest.raises(Refused, match=r"^odd: `\{1: x\}` \(Dict\) cannot be translated"):
        kernels([row])


def test_the_command_writes_the_kernels_or_says_that_they_are_out_of_step(monkeypatch, tmp_path):
    due, target = TARGET.read_text(encoding="utf-8"), tmp_path / "kernels.c"
    monkeypatch.setattr(module_of_kernels, "TARGET", target)
    monkeypatch.setattr(sys, "argv", ["kernels"])
    module_of_kernels.main()
    assert target.read_text(encoding="utf-8") == due
    monkeypatch.setattr(sys, "argv", ["kernels", "--check"])
    module_of_kernels.main()
    target.write_text(due.replace("double", "float", 1), encoding="utf-8")
    with pytest.raises(SystemExit, match=r"kernels\.c does not match the rows: run python -m"):
        module_of_kernels.main()
    assert target.read_text(encoding="utf-8") != due  # it only looked
