"""Operations on many operands, computed for several rows at once, one in each lane of a vector register.

The C player's results for where, take and logsumexp agree with the Python player's.
"""

import random
import struct
from array import array
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ac
from autograd_core import Value, ops
from autograd_core._program import player
from autograd_core._program.listing import Listing
from autograd_core._program.native import prepare
from autograd_core._program.player import Column

pytestmark = pytest.mark.skipif(ac.ENGINE != "native", reason="the C player is part of the native engine")
STRANGE = [0.0, -0.0, 1.0, -1.0, 1e-300, -745.0, 1e300, -1e300, 1.7e308, float("inf"), float("-inf"), float("nan")]


def bits(numbers):
    return [b"nan" if x != x else struct.pack("d", x) for x in numbers]


def listing_of(row, count):
    """Return the listing of w * row(x…), so that each operand and a parameter get a gradient."""
    xs, w = [Value(float(i)) for i in range(count)], Value(1.5)
    return Listing.of([w * row(xs)], xs, [w])


def assert_same_rows(listing, rows, lanes, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_CORE_LANES", lanes)
    numbers = array("d", [x for row in rows for x in row])
    columns = [Column(numbers, i, listing.inputs) for i in range(listing.inputs)]
    found = prepare(listing).rows(columns, [1.5], len(rows), gradients_too=True)
    expected = player.rows(listing, columns, [1.5], len(rows), gradients_too=True)
    assert found.strays == expected.strays
    stray = set(found.strays)
    for name, width in (("values", 1), ("by_row", listing.inputs)):
        pairs = zip(bits(getattr(found, name)), bits(getattr(expected, name)), strict=True)
        assert all(x == y for i, (x, y) in enumerate(pairs) if i // width not in stray), name
    assert bits(found.summed.values()) == bits(expected.summed.values())


@pytest.mark.parametrize("lanes", ["generic", "avx2", "avx512"])
@pytest.mark.parametrize("row", [ops.logsumexp, ops.where, ops.take], ids=lambda row: row.__name__)
@given(data=st.data())
def test_lanes_are_the_kernel_to_the_bit(row, lanes, data):
    count = 3 if row is ops.where else data.draw(st.integers(1 + (row is ops.take), 6))
    draw = random.Random(data.draw(st.integers(0, 2**32)))
    wild, scale = data.draw(st.sampled_from([0.0, 0.02, 0.3])), data.draw(st.sampled_from([1.0, 30.0, 800.0]))

    def number(i):
        if row is ops.take and i == 0:
            return float(draw.randint(1 - count, count - 2)) if draw.random() >= wild / 10 else draw.choice([0.5, 99.0])
        if draw.random() < wild:
            return draw.choice(STRANGE)
        return draw.choice([draw.gauss(0, scale), float(draw.randint(-1, 1))])

    rows = [[number(i) for i in range(count)] for _ in range(data.draw(st.sampled_from([1, 8, 13, 40])))]
    made = (lambda xs: row(*xs)) if row is ops.where else row
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert_same_rows(listing_of(made, count), rows, lanes, monkeypatch)


@pytest.mark.parametrize("lanes", ["generic", "avx2", "avx512"])
def test_near_a_root_and_out_of_range_the_kernel_is_asked(lanes, monkeypatch):
    rows = [[-0.7, -0.7], [-0.6931471805599453, -0.6931471805599453], [3.0, 1.0], [-1000.0, 0.0], [0.0, 0.0], [1e305, 0.0]] * 3
    assert_same_rows(listing_of(ops.logsumexp, 2), rows, lanes, monkeypatch)


@pytest.mark.parametrize(("row", "count"), [(ops.where, 3), (ops.logsumexp, 1)], ids=["where", "logsumexp"])
def test_a_row_with_fewer_operands_than_it_reads_strays(row, count):
    """A damaged file may contain an operation like this; the engine never makes one."""
    listing = listing_of((lambda xs: row(*xs)) if row is ops.where else row, count)
    fewer = replace(listing, operands=listing.operands[count:], starts=array("i", [0, *(n - count for n in listing.starts[1:])]))
    found = prepare(fewer).rows([Column(array("d", [1.0] * 9), 0, 1)] * count, [1.5], 9, gradients_too=False)
    assert found.strays == list(range(9)) if row is ops.where else set(found.values) == {float("-inf")}
