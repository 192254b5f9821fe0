"""The C player, which replays programs, computes dot products with shared weights as convolutions.

The results are identical to the engine's, bit for bit, for convolutions of every shape.
"""

import random
import struct
from array import array

import pytest

import autograd_core as ag
from autograd_core import Value, parameter
from autograd_core._program import player
from autograd_core._program.listing import Listing
from autograd_core._program.native import CONVOLUTIONS, EXACT, prepare
from autograd_core._program.player import Column

pytestmark = pytest.mark.skipif(ag.ENGINE != "native", reason="the C player is part of the native engine")


def bits(numbers):
    return [b"nan" if x != x else struct.pack("d", x) for x in numbers]


def weights_of(rng, count):
    return [parameter(rng.gauss(0.0, 0.5)) for _ in range(count)]


def along(xs, size, stride, filters, rng, bias):
    """Apply filters along a line; return the results of each filter, and all parameters."""
    made, parameters = [], []
    for _ in range(filters):
        ws, b = weights_of(rng, size), parameter(rng.gauss(0.0, 0.5))
        parameters += [*ws, b] if bias else ws
        row = []
        for at in range(0, len(xs) - size + 1, stride):
            terms = [w * x for w, x in zip(ws, xs[at : at + size], strict=True)]
            total = b + terms[0] if bias else terms[0]
            for term in terms[1:]:
                total = total + term
            row.append(ag.tanh(total))
        made.append(row)
    return made, parameters


def line(length=14, size=3, stride=1, filters=1, bias=True, layers=1):
    """Return the listing of a network of filters along a line, each layer applied to the results of the one before."""
    rng = random.Random(1)
    xs = [Value(rng.gauss(0.0, 1.0)) for _ in range(length)]
    here, parameters = xs, []
    for _ in range(layers):
        made, more = along(here, size, stride, filters, rng, bias)
        parameters += more
        here = [y for row in made for y in row]
    ends = weights_of(rng, len(here))
    return Listing.of([ag.dot(ends, here)], xs, [*parameters, *ends])


def square(side=6, size=3, filters=4):
    """Return the listing of filters over a square, whose positions are adjacent only within a row."""
    rng = random.Random(2)
    xs = [Value(rng.gauss(0.0, 1.0)) for _ in range(side * side)]
    parameters, here = [], []
    for _ in range(filters):
        ws, b = weights_of(rng, size * size), parameter(0.1)
        parameters += [*ws, b]
        for i in range(side - size + 1):
            for j in range(side - size + 1):
                seen = [xs[(i + a) * side + j + k] for a in range(size) for k in range(size)]
                here.append(ag.relu(sum((w * x for w, x in zip(ws, seen, strict=True)), b)))
    return Listing.of([ag.sum(here) * ag.sum(here[:5])], xs, parameters)


def with_edges(length=9):
    """Return the listing of a filter with three weights that is cut off at both ends of the line."""
    rng = random.Random(3)
    xs, ws = [Value(rng.gauss(0.0, 1.0)) for _ in range(length)], weights_of(rng, 3)
    made = [
        ag.sum([w * xs[at + k] for k, w in enumerate(ws, -1) if 0 <= at + k < length]) for at in range(length)
    ]  # fmt: skip  # as it reads
    return Listing.of([ag.sum(ag.sin(y) for y in made)], xs, ws)


def layer_at_places(places=5, width=4, outputs=6):
    """Return the listing of a layer of many outputs that is applied to several vectors, as in a transformer."""
    rng = random.Random(4)
    xs = [[Value(rng.gauss(0.0, 1.0)) for _ in range(width)] for _ in range(places)]
    rows = [weights_of(rng, width) for _ in range(outputs)]
    hidden = [[ag.tanh(ag.dot(row, x)) for row in rows] for x in xs]
    back = [weights_of(rng, outputs) for _ in range(2)]
    made = [ag.exp(ag.dot(row, h)) for h in hidden for row in back]
    return Listing.of([ag.sum(made)], [x for row in xs for x in row], [w for row in (*rows, *back) for w in row])


LISTINGS = {
    "one filter": line,
    "without bias": lambda: line(filters=5, bias=False),
    "three filters": lambda: line(filters=3),
    "ten filters, every second place": lambda: line(length=24, stride=2, filters=10),
    "two layers": lambda: line(length=12, filters=4, layers=2),
    "a square": square,
    "a square, nine filters": lambda: square(7, 3, 9),
    "cut at the ends": with_edges,
    "a layer at several places": layer_at_places,
    "a wide layer at eleven places": lambda: layer_at_places(places=11, width=70, outputs=9),
}
COUNTS = [1, 7, 8, 100, 1030]


@pytest.mark.parametrize("lanes", ["avx512", "avx2", "generic"])
@pytest.mark.parametrize("name", LISTINGS)
def test_rows_to_the_bit(name, lanes, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_CORE_LANES", lanes)
    listing, rng = LISTINGS[name](), random.Random(5)
    parameters = [rng.gauss(0.0, 1.0) for _ in range(listing.parameters)]
    plan = prepare(listing).plan()
    assert "convolution" in prepare(listing).explain() and plan.ordered() and not plan.stats()["refused"]
    for count in COUNTS if lanes == "avx2" else COUNTS[1:4:2]:
        table = array("d", [rng.gauss(0.0, 1.0) for _ in range(count * listing.inputs)])
        columns = [Column(table, i, listing.inputs) for i in range(listing.inputs)]
        play = player.rows if count < 100 else lambda listing, *rows, **two: prepare(listing, passes=0).rows(*rows, **two)
        due = play(listing, columns, parameters, count, gradients_too=True)
        for passes in (EXACT, EXACT & ~CONVOLUTIONS):
            found = prepare(listing, passes=passes).rows(columns, parameters, count, gradients_too=True, threads=2)
            assert bits(found.values) == bits(due.values) and bits(found.by_row) == bits(due.by_row)
            assert bits(found.summed.values()) == bits(due.summed.values()) and not found.strays
        fast = prepare(listing, fast=True).rows(columns, parameters, count, gradients_too=True)
        largest = max(map(abs, due.summed.values()))
        assert all(abs(fast.summed[i] - x) <= 1e-12 * largest for i, x in due.summed.items())


@pytest.mark.parametrize("lanes", ["avx512", "avx2", "generic"])
@pytest.mark.parametrize("name", LISTINGS)
def test_points_to_the_bit(name, lanes, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_CORE_LANES", lanes)
    listing, rng = LISTINGS[name](), random.Random(6)
    for _ in range(3):
        at = [[rng.gauss(0.0, 1.0) for _ in range(count)] for count in (listing.inputs, listing.parameters)]
        value, *slopes = prepare(listing).value_and_gradients(*at)
        due, *known = player.value_and_gradients(listing, *at)
        assert bits([value]) == bits([due]) and all(map(lambda a, b: bits(a) == bits(b), slopes, known))


def test_explain_names_them():
    text = prepare(line(20, 9)).explain().splitlines()[2]
    assert "12 dot products with 9 weights at 12 positions → one convolution" in text
    text = prepare(square()).explain()
    assert "64 dot products with 9 weights at 16 positions → one convolution of 4 filters" in text
    text = prepare(layer_at_places()).explain()
    assert "30 dot products with 4 weights at 5 positions → one convolution of 6 filters" in text
    assert "convolution" not in prepare(square(), passes=EXACT & ~CONVOLUTIONS).explain()


def test_dots_of_a_larger_product_stay_in_it():
    """Two of a matrix's eight rows are also multiplied by another vector; the product of all eight stays whole."""
    rng = random.Random(7)
    xs, others = ([Value(rng.gauss(0.0, 1.0)) for _ in range(4)] for _ in range(2))
    rows = [weights_of(rng, 4) for _ in range(8)]
    made = [ag.sin(ag.dot(row, xs)) for row in rows] + [ag.sin(ag.dot(row, others)) for row in rows[:2]]
    listing = Listing.of([ag.sum(made)], [*xs, *others], [w for row in rows for w in row])
    assert "8 dot products of length 4 → one 8×4 matrix product" in prepare(listing).explain().split("backward")[0]


def test_a_row_at_infinity_is_the_engines():
    listing = line(filters=4)
    table = array("d", [float(i % 7) - 3.0 for i in range(9 * listing.inputs)])
    table[3] = table[40] = float("inf")
    columns = [Column(table, i, listing.inputs) for i in range(listing.inputs)]
    parameters = [0.0 if i % 3 else 1.0 for i in range(listing.parameters)]
    due = player.rows(listing, columns, parameters, 9, gradients_too=True)
    found = prepare(listing).rows(columns, parameters, 9, gradients_too=True)
    assert found.strays == due.strays and bits(found.by_row) == bits(due.by_row)
    assert bits(found.summed.values()) == bits(due.summed.values())
