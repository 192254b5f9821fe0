"""Matrix products larger than the C player's tiles, panels and bands, the pieces that it computes them in.

The results are identical to the Python player's, bit for bit.
"""

import random
import struct
from array import array
from functools import cache
from itertools import pairwise

import pytest

import autograd_core as ac
from autograd_core import Value, ops
from autograd_core._program import player
from autograd_core._program.listing import Listing
from autograd_core._program.native import prepare
from autograd_core._program.player import Column

pytestmark = pytest.mark.skipif(ac.ENGINE != "native", reason="the C player is part of the native engine")
LANES = ["generic", "avx2", "avx512"]


def bits(numbers):
    return struct.pack(f"{len(numbers)}d", *numbers)


@cache
def network(sizes, biased):
    """Return the listing of a network with tanh, and its weights.

    In each layer, the sums of the first `biased` outputs begin with a bias, and the others with a product.
    """
    rng = random.Random(0)
    xs = [Value(rng.gauss(0, 1)) for _ in range(sizes[0])]
    here, ws = xs, []
    for count, width in pairwise(sizes):
        rows = [[Value(rng.gauss(0, count**-0.5)) for _ in range(count)] for _ in range(width)]
        biases = [Value(rng.gauss(0, 1)) for _ in range(min(biased, width))]
        ws += [w for row in rows for w in row] + biases
        sums = []
        for o, row in enumerate(rows):
            total = biases[o] + row[0] * here[0] if o < biased else row[0] * here[0]
            for w, x in zip(row[1:], here[1:], strict=True):
                total = total + w * x
            sums.append(total)
        here = [ops.tanh(z) for z in sums]
    return Listing.of([ops.sum([ops.square(y) for y in here])], xs, ws), [w.data for w in ws]


def numbers_of(listing, count):
    """Return rows of inputs that contain zeros of both signs and lead to sums that cancel."""
    rng = random.Random(count)
    return array("d", [rng.choice([rng.gauss(0, 1), -0.0, 0.0, 1.0]) for _ in range(count * listing.inputs)])


@cache
def case(sizes, biased, count):
    """Return a network, its weights and rows, and the Python player's results for them."""
    listing, ws = network(sizes, biased)
    table = numbers_of(listing, count)
    columns = [Column(table, i, listing.inputs) for i in range(listing.inputs)]
    return listing, ws, columns, player.rows(listing, columns, ws, count, gradients_too=True)


# The first cases have more terms than a panel and more outputs than a band, by rows and (backward) by columns; the next
# have more lanes than a group, in one block; the last have some of everything, in sizes that leave remainders.
CASES = [
    ((150, 270, 3), 999, 3), ((20, 33, 150), 5, 13), ((300, 17), 0, 9), ((60, 40), 40, 200),
    ((17, 18, 19, 2), 18, 101), ((3, 25, 9), 1, 1030), ((24, 16, 16), 7, 8),
]  # fmt: skip  # a table


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize(("sizes", "biased", "count"), CASES, ids=str)
def test_they_keep_every_bit(sizes, biased, count, lanes, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_CORE_LANES", lanes)
    listing, ws, columns, expected = case(sizes, biased, count)
    prepared = prepare(listing)
    assert "product" in prepared.explain() and "outer product" in prepared.explain()
    for threads in (1, 3):
        found = prepared.rows(columns, ws, count, gradients_too=True, threads=threads)
        assert found.strays == expected.strays == []
        assert bits(found.values) == bits(expected.values) and bits(found.by_row) == bits(expected.by_row)
        assert bits(list(found.summed.values())) == bits(list(expected.summed.values()))


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize(("sizes", "biased", "count"), CASES, ids=str)
def test_fast_ones_are_near(sizes, biased, count, lanes, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_CORE_LANES", lanes)
    listing, ws, columns, expected = case(sizes, biased, count)
    prepared = prepare(listing, fast=True)
    found = prepared.rows(columns, ws, count, gradients_too=True, threads=1)
    largest = max(map(abs, expected.summed.values()))
    assert all(abs(found.summed[i] - x) <= 1e-12 * largest for i, x in expected.summed.items())
    assert all(abs(x - y) <= 1e-12 * (1 + abs(y)) for x, y in zip(found.values, expected.values, strict=True))
    again = prepared.rows(columns, ws, count, gradients_too=True, threads=3)
    assert bits(list(again.summed.values())) == bits(list(found.summed.values()))  # threads do not change a bit


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("wild", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_not_finite_stays_in_its_row(lanes, wild, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_CORE_LANES", lanes)
    listing, ws = network((40, 24, 20), 24)
    table = numbers_of(listing, 21)
    table[5 * 40 + 7] = wild
    columns = [Column(table, i, listing.inputs) for i in range(listing.inputs)]
    found = prepare(listing).rows(columns, ws, 21, gradients_too=True)
    expected = player.rows(listing, columns, ws, 21, gradients_too=True)
    for here, there, width in ((found.values, expected.values, 1), (found.by_row, expected.by_row, 40)):
        for r in range(21):
            one, other = here[r * width : (r + 1) * width], there[r * width : (r + 1) * width]
            assert [repr(x) for x in one] == [repr(x) for x in other]
    assert [repr(x) for x in found.summed.values()] == [repr(x) for x in expected.summed.values()]


def test_many_weights_over_several_chunks_are_the_sums_of_the_chunks():
    """A chunk of rows is one block here, as for any program with many weights. Only the fast C player runs."""
    listing, ws = network((700, 300), 300)
    prepared, count = prepare(listing), 1024 + 3
    table = numbers_of(listing, count)

    def found(start, end, threads=1):
        part = table[start * listing.inputs : end * listing.inputs]
        columns = [Column(part, i, listing.inputs) for i in range(listing.inputs)]
        return prepared.rows(columns, ws, end - start, gradients_too=True, threads=threads)

    whole, parts = found(0, count), [found(at, min(at + 1024, count)) for at in (0, 1024)]
    assert bits(whole.values) == b"".join(bits(part.values) for part in parts)
    sums = [a + b for a, b in zip(*(part.summed.values() for part in parts), strict=True)]
    assert bits(list(whole.summed.values())) == bits(sums)
    assert found(0, count, threads=2) == whole
