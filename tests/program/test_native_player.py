"""The C player, which replays programs, agrees with the Python player bit for bit.

This holds for any of its optimisation passes, any rows and any number of threads.
"""

import importlib.util
import math
import random
import struct
import sys
import threading
from array import array
from dataclasses import replace
from pathlib import Path

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ac
from autograd_core import Value, ops
from autograd_core._engine.nodes import make_node
from autograd_core._engine.places import ROOT
from autograd_core._program import listing as listings
from autograd_core._program import player
from autograd_core._program.guards import Guard, Strayed
from autograd_core._program.listing import Listing
from autograd_core._program.native import CHAINS, CONVOLUTIONS, EXACT, MATRICES, REUSE, SORTED, prepare
from autograd_core._program.player import Column

pytestmark = pytest.mark.skipif(ac.ENGINE != "native", reason="the C player is part of the native engine")
_spec = importlib.util.spec_from_file_location("random_graphs", Path(__file__).parent / "random_graphs.py")
_graphs = importlib.util.module_from_spec(_spec)  # tests are not on the import path
_spec.loader.exec_module(_graphs)
Numbers, graph = _graphs.Numbers, _graphs.graph
PLANS = [0, CHAINS, MATRICES, CHAINS | MATRICES, EXACT & ~CONVOLUTIONS, EXACT & ~REUSE, EXACT, CHAINS | REUSE]


def bits(numbers):
    return [b"nan" if x != x else struct.pack("d", x) for x in numbers]


def random_listing(numbers):
    rng = numbers.rng
    xs = [Value(x) for x in numbers.some(rng.randint(1, 4))]
    ws = [Value(x) for x in numbers.some(rng.randint(0, 5))]
    return Listing.of([graph(rng, xs + ws)], xs, ws)


def found_at(play, *arguments):
    """Return a player's results at a point as bits, or the type and message of the error that it raises."""
    try:
        value, by_inputs, by_parameters = play(*arguments)
    except Exception as error:
        return type(error), str(error)
    return bits([value, *by_inputs, *by_parameters])


@given(
    st.integers(0, 2**32), st.sampled_from([0.0, 0.03, 0.2]), st.sampled_from(PLANS),
    st.sampled_from(["avx512", "avx2", "generic"]),
)
@settings(deadline=None, max_examples=400)
def test_one_point(seed, wild, passes, lanes):
    numbers = Numbers(seed, wild)
    listing = random_listing(numbers)
    prepared = prepare(listing, passes=passes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGRAD_CORE_LANES", lanes)
        prepared.plan()  # this call chooses the width of the vectors
    for _ in range(3):
        point = numbers.some(listing.inputs), numbers.some(listing.parameters)
        expected = found_at(lambda *at: player.value_and_gradients(listing, *at), *point)
        assert found_at(prepared.value_and_gradients, *point) == expected
        if type(expected) is list:
            assert bits(prepared.values(*point)) == expected[:1]


@given(
    st.integers(0, 2**32), st.sampled_from([0.0, 0.0, 0.003, 0.05]), st.sampled_from(PLANS),
    st.sampled_from([1, 7, 8, 13, 130]), st.integers(1, 3), st.sampled_from(["avx512", "avx2", "generic"]),
)
@settings(deadline=None, max_examples=200)
def test_many_rows(seed, wild, passes, count, threads, lanes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGRAD_CORE_LANES", lanes)
        check_rows(Numbers(seed, wild), passes, count, threads)


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("count", [1024, 1025, 3333])
def test_many_chunks(count, threads):
    for seed in range(1, 2 + settings().max_examples // 100):
        check_rows(Numbers(seed, 0.0005 * seed), EXACT, count, threads)


def check_rows(numbers, passes, count, threads):
    listing = random_listing(numbers)
    by_rows = [numbers.rng.random() < 0.7 for _ in range(listing.inputs)]
    table = array("d", numbers.some(count * listing.inputs))
    columns = [Column(table, i, listing.inputs if moves else 0) for i, moves in enumerate(by_rows)]
    parameters = numbers.some(listing.parameters)
    expected = player.rows(listing, columns, parameters, count, gradients_too=True)
    found = prepare(listing, passes=passes).rows(columns, parameters, count, gradients_too=True, threads=threads)
    assert found.strays == expected.strays
    kept = [row for row in range(count) if row not in set(found.strays)]
    for here, there, width in ((found.values, expected.values, 1), (found.by_row, expected.by_row, sum(by_rows))):
        for row in kept:
            assert bits(here[row * width : (row + 1) * width]) == bits(there[row * width : (row + 1) * width])
    assert bits(found.summed.values()) == bits(expected.summed.values()) and found.summed.keys() == expected.summed.keys()


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=200)
def test_exact_plans_keep_every_sum_in_order(seed):
    listing = random_listing(Numbers(seed, 0.0))
    for passes in PLANS:
        plan = prepare(listing, passes=passes).plan()
        assert plan.ordered() and not plan.stats()["refused"]


def test_the_check_catches_a_fusion_that_changes_a_bit():
    caught = changed = 0
    for seed in range(300):
        numbers = Numbers(seed, 0.0)
        listing = random_listing(numbers)
        prepared = prepare(listing, passes=EXACT | SORTED)
        point = numbers.some(listing.inputs), numbers.some(listing.parameters)
        expected = found_at(lambda *at, here=listing: player.value_and_gradients(here, *at), *point)
        same = found_at(prepared.value_and_gradients, *point) == expected
        assert same or not prepared.plan().ordered()
        caught += not prepared.plan().ordered()
        changed += not same
    assert caught >= changed > 10


def layers():
    """Return the output of a 2-16-16-1 network, its inputs and its parameters."""
    rng = random.Random(0)
    xs, ws = [Value(0.3), Value(-0.4)], []
    here = xs
    for width, count in ((2, 16), (16, 16), (16, 1)):
        made = []
        for _ in range(count):
            total = ac.parameter(rng.uniform(-0.1, 0.1))
            ws.append(total)
            for x in here[:width]:
                ws.append(ac.parameter(rng.uniform(-1, 1)))
                total = total + ws[-1] * x
            made.append(total.relu() if count > 1 else total)
        here = made
    return here[0], xs, ws


def test_explain_names_what_it_found():
    y, xs, ws = layers()
    text = prepare(Listing.of([y], xs, ws)).explain()
    for line in ("16 dot products of length 2 → one 16×2 matrix product",
                 "16 dot products of length 16 → one 16×16 matrix product",
                 "256 gradients → one 16×16 outer product", "16 relu operations"):
        assert line in text
    alone = prepare(Listing.of([y], xs, ws), passes=0)
    assert alone.stats()["steps"] > 600 and "→" not in alone.explain()


def test_a_program_takes_few_bytes_an_operation():
    y, xs, ws = layers()
    stats = prepare(Listing.of([y], xs, ws)).stats()
    assert stats["bytes_of_list"] <= 20 * stats["operations"] and stats["bytes_of_plan"] <= 6 * stats["operations"]


@pytest.mark.parametrize("dots", ["right to left", "swapped", "sum", "bias last", "dot"])
def test_dots_are_found_however_they_are_written(dots):
    xs, ws, b = [Value(float(i)) for i in range(6)], [Value(0.5 + i) for i in range(48)], Value(1.0)
    made = []
    for i in range(8):
        row = ws[6 * i : 6 * i + 6]
        if dots == "sum":
            made.append(sum(w * x for w, x in zip(row, xs, strict=True)))
        elif dots == "bias last":
            made.append(sum((w * x for w, x in zip(row, xs, strict=True)), 0.0) + b)
        elif dots == "dot":
            made.append(ops.dot(row, xs))
        else:
            total = b
            for w, x in zip(row, xs, strict=True):
                total = w * x + total if dots == "swapped" else x * w + total
            made.append(total)
    text = prepare(Listing.of([ops.sum([ops.tanh(y) for y in made])], xs, [*ws, b])).explain()
    assert "8 dot products of length 6 → one 8×6 matrix product" in text
    assert "48 gradients → one 8×6 outer product" in text


@pytest.mark.parametrize(
    ("kind", "outcome"), [("gt", 1.0), ("lt", 0.0), ("le", 1.0), ("eq", 0.0), ("ne", 1.0), ("bool", 1.0), ("floor", 3.0)]
)
def test_rows_on_other_branches_stray_and_are_not_in_the_sums(kind, outcome):
    x, w, one = Value(2.0), Value(3.0), 1.5
    y = w * x
    listing = Listing.of([ops.log(y) * w + one], [x], [w])
    operands = (listing.first,) if kind in ("bool", "floor") else (listing.first, 2)
    listing = replace(listing, guards=(Guard(1, kind, operands, outcome),))
    table = array("d", [1.0, -1.0, 2.0, 0.5, -4.0, 0.25, 0.0] * 200)
    expected = player.rows(listing, [Column(table, 0, 1)], [3.0], 1400, gradients_too=True)
    found = prepare(listing).rows([Column(table, 0, 1)], [3.0], 1400, gradients_too=True, threads=2)
    assert 0 < len(expected.strays) < 1400 and found.strays == expected.strays
    assert bits(found.summed.values()) == bits(expected.summed.values())
    for number in table[:7]:
        for play in (prepare(listing).value_and_gradients, lambda *at: player.value_and_gradients(listing, *at)):
            at = found_at(play, [number], [3.0])
            assert at == found_at(lambda *at: player.value_and_gradients(listing, *at), [number], [3.0])


LANES = ["avx512", "avx2", "generic"]


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("name", ["exp", "tanh"])
def test_fast_functions_are_within_four_units(name, lanes, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_CORE_LANES", lanes)
    rng = random.Random(5)
    points = [rng.choice([-1, 1]) * 2.0 ** rng.uniform(-60, 9) for _ in range(4000)]
    points += [rng.uniform(-3, 3) for _ in range(4000)] + [0.0, -0.0, 5e-324, -1e-310, 0.5, -0.5, 1.0, 19.0, 22.0, 349.0]
    points = [x for x in points if abs(x) < 700]
    x = Value(0.5)
    listing = Listing.of([getattr(ops, name)(x)], [x])
    found = prepare(listing, fast=True).rows([Column(array("d", points), 0, 1)], [], len(points), gradients_too=True)
    assert found.strays == []
    with mpmath.workprec(200):
        for at, value, slope in zip(points, found.values, found.by_row, strict=True):
            exact = mpmath.exp(at) if name == "exp" else mpmath.tanh(at)
            by_x = exact if name == "exp" else 4 / (mpmath.exp(at) + mpmath.exp(-at)) ** 2
            assert units(value, exact) <= 4 and units(slope, by_x) <= 4
            assert math.copysign(1.0, value) == math.copysign(1.0, at) or name == "exp"


def units(x, exact):
    return abs(mpmath.mpf(x) - exact) / math.ulp(float(exact))


@pytest.mark.parametrize("lanes", LANES)
def test_fast_plans_leave_what_is_out_of_range_to_the_kernels(lanes, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_CORE_LANES", lanes)
    points = array("d", [math.nan, math.inf, -math.inf, 800.0, -800.0, 1e308, 709.0, -745.0, 0.1])
    for name in ("exp", "tanh"):
        x = Value(0.5)
        listing = Listing.of([getattr(ops, name)(x)], [x])
        for at in points:
            column = [Column(array("d", [at]), 0, 1)]
            expected = player.rows(listing, column, [], 1, gradients_too=True)
            found = prepare(listing, fast=True).rows(column, [], 1, gradients_too=True)
            assert found.strays == expected.strays
            if abs(at) > 700 or at != at:
                assert expected.strays or bits(found.values) == bits(expected.values)
                assert expected.strays or bits(found.by_row) == bits(expected.by_row)


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("count", [1, 100, 2500])
def test_fast_gradients_are_near_the_exact_ones(count, lanes, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_CORE_LANES", lanes)
    y, xs, ws = layers()
    listing = Listing.of([ops.exp(ops.tanh(y)) * 0.5], xs, ws)
    rng = random.Random(3)
    table = array("d", [rng.uniform(-1, 1) for _ in range(2 * count)])
    columns = [Column(table, 0, 2), Column(table, 1, 2)]
    exact = prepare(listing).rows(columns, ws, count, gradients_too=True)
    fast = prepare(listing, fast=True).rows(columns, ws, count, gradients_too=True, threads=2)
    largest = max(map(abs, exact.summed.values()))
    assert all(abs(fast.summed[i] - x) <= 1e-12 * largest for i, x in exact.summed.items())
    assert all(abs(a - b) <= 1e-13 * (1 + abs(b)) for a, b in zip(fast.values, exact.values, strict=True))


def test_sums_in_other_orders_become_one_product_in_fast_plans():
    xs, ws, rng = [Value(float(i)) for i in range(6)], [Value(0.5 + i) for i in range(48)], random.Random(1)
    made = []
    for i in range(8):
        pairs = list(zip(ws[6 * i : 6 * i + 6], xs, strict=True))
        rng.shuffle(pairs)
        made.append(sum(w * x for w, x in pairs))
    listing = Listing.of([ops.sum([ops.tanh(y) for y in made])], xs, ws)
    assert "8 dot products of length 6 → one 8×6 matrix product" not in prepare(listing).explain()
    assert "8 dot products of length 6 → one 8×6 matrix product" in prepare(listing, fast=True).explain()


def test_a_layer_with_biases_is_one_product_in_exact_and_in_fast_plans():
    xs, ws, bs = ([Value(0.5 + i) for i in range(count)] for count in (6, 48, 8))
    made = [ops.tanh(ops.dot(ws[6 * i : 6 * i + 6], xs) + bs[i]) for i in range(8)]
    listing = Listing.of([ops.sum(made)], xs, [*ws, *bs])
    for fast in (False, True):
        assert "8 dot products of length 6 → one 8×6 matrix product" in prepare(listing, fast=fast).explain()


def test_layers_side_by_side_are_one_product_whatever_the_order_of_their_sums():
    xs, ws = [Value(0.5 + i) for i in range(4)], [Value(0.25 + i) for i in range(48)]
    made = [ops.tanh(ops.dot(ws[4 * i : 4 * i + 4], xs)) for i in range(12)]
    mixed = [made[i] for i in (0, 8, 4, 5, 9, 1, 2, 10, 6, 7, 3, 11)]
    listing = Listing.of([ops.sum(mixed)], xs, ws)
    assert "12 dot products of length 4 → one 12×4 matrix product" in prepare(listing).explain()
    assert prepare(listing).plan().ordered()


def written_in_python(*arguments):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listings, "NATIVE", None)
        return Listing.of(*arguments)


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=100)
def test_a_listing_written_in_c_is_the_one_written_in_python(seed):
    rng = random.Random(seed)
    xs = [Value(rng.gauss(0, 1)) for _ in range(rng.randint(1, 4))]
    ws = [Value(rng.gauss(0, 1)) for _ in range(rng.randint(0, 4))]
    outputs = [graph(rng, xs + ws)]
    if rng.random() < 0.5:
        outputs += [rng.choice(xs), 2.0, graph(rng, [*outputs, *xs]), ac.stop_gradient(outputs[0]) * outputs[0]]
    assert repr(Listing.of(outputs, xs, ws)) == repr(written_in_python(outputs, xs, ws))


def test_a_listing_that_cannot_be_written_raises_the_same_in_c():
    x, w = Value(2.0), Value(3.0)
    for outputs, inputs in (([x * w], [x]), ([x * w], [x, w, x]), ([ac.checkpoint(ops.sin, x)], [x])):
        with pytest.raises(ac.GraphError) as expected:
            written_in_python(outputs, inputs)
        with pytest.raises(ac.GraphError) as found:
            Listing.of(outputs, inputs)
        assert str(found.value) == str(expected.value)


def test_an_output_that_is_an_input():
    x, w = Value(2.0), Value(3.0)
    for outputs in ([x], [w], [x * w, x]):
        listing = Listing.of(outputs, [x], [w])
        expected = player.rows(listing, [Column(array("d", [1.0, 2.0]), 0, 1)], [5.0], 2, gradients_too=True)
        found = prepare(listing).rows([Column(array("d", [1.0, 2.0]), 0, 1)], [5.0], 2, gradients_too=True)
        assert found == expected
        assert prepare(listing).value_and_gradients([2.0], [3.0]) == player.value_and_gradients(listing, [2.0], [3.0])


def test_a_path_not_taken_makes_no_nan():
    x, w = Value(-1.0), Value(2.0)
    y = ops.where(x, w * x, ops.sqrt(x * x)) + ops.relu(x) * w
    listing = Listing.of([y], [x], [w])
    table = array("d", [-1.0, 0.0, -2.0, 0.0, math.inf, 3.0, -0.0] * 9)
    expected = player.rows(listing, [Column(table, 0, 1)], [2.0], 63, gradients_too=True)
    found = prepare(listing).rows([Column(table, 0, 1)], [2.0], 63, gradients_too=True)
    assert bits(found.by_row) == bits(expected.by_row) and bits(found.summed.values()) == bits(expected.summed.values())


@pytest.mark.parametrize(
    "damage",
    [
        {"operands": array("i", [0, 99])}, {"operands": array("i", [0, -1])}, {"operands": array("i", [0])},
        {"starts": array("i", [0, 1])}, {"code": array("i", [1])}, {"outputs": array("i", [7])}, {"outputs": array("i")},
        {"variable": array("b", [1])}, {"inputs": -1}, {"operands": array("q", [0, 1])},
    ],
)  # fmt: skip  # a table
def test_a_damaged_listing_is_refused(damage):
    x, w = Value(2.0), Value(3.0)
    with pytest.raises(ValueError, match=r"damaged|listing"):
        prepare(replace(Listing.of([x * w], [x], [w]), **damage)).plan()


def test_buffers_that_do_not_fit_are_refused():
    x, w = Value(2.0), Value(3.0)
    plan = prepare(Listing.of([x * w], [x], [w])).plan()
    outputs, gradients = array("d", [0.0]), array("d", [0.0, 0.0])
    with pytest.raises(ValueError, match="1 numbers"):
        plan.point([1.0, 2.0], [3.0], outputs, gradients, 1.0)
    with pytest.raises(ValueError, match="float64"):
        plan.point(array("f", [1.0]), [3.0], outputs, gradients, 1.0)
    with pytest.raises(TypeError, match="real numbers"):
        plan.point(["1"], [3.0], outputs, gradients, 1.0)
    with pytest.raises((ValueError, BufferError)):
        plan.point([1.0], [3.0], b"12345678", gradients, 1.0)
    with pytest.raises(ValueError, match="column"):
        plan.rows(3, ((array("d", [1.0]), 1, True),), [3.0], array("d", [0.0] * 3), None, None, bytearray(3), 1)


def test_a_node_takes_its_local_derivatives_as_doubles():
    x, y = Value(2.0), Value(3.0)
    node = make_node(ops.dot.operation, 30.0, (x, 4.0, y, 5.0), array("d", [4.0, math.nan, 5.0, math.nan]), ROOT, 0)
    assert node.operands == (x, 4.0, y, 5.0) and ac.gradients(node, [x, y]) == [4.0, 5.0]
    for wrong in (array("d", [1.0]), array("f", [1.0] * 8), array("d", [1.0] * 5)):
        with pytest.raises(ValueError, match="operands and local derivatives must match the operation"):
            make_node(ops.dot.operation, 30.0, (x, 4.0, y, 5.0), wrong, ROOT, 0)
    with pytest.raises(TypeError, match="an operand must be a Value or a number"):
        make_node(ops.dot.operation, 30.0, (x, "4", y, 5.0), array("d", [1.0] * 4), ROOT, 0)


def test_a_point_that_strays_is_not_played_in_python(monkeypatch):
    def f(x, y):
        z = ac.exp(x) + y
        w = z * z if x > 0.0 else -z
        return w if round(w) != 4 else ac.log(y)

    program = ac.trace(f, 1.0, 0.5)
    listing = program._replays.branches.latest.listing
    for point in ([-1.0, 0.5], [0.5, math.sqrt(4.0) - math.exp(0.5)], [math.nan, 1.0]):
        with pytest.raises(Strayed) as expected:
            player.values(listing, point, [])
        with monkeypatch.context() as patch:
            for name in ("values", "value_and_gradients"):
                patch.setattr(player, name, None)
            for play in (prepare(listing).values, prepare(listing).value_and_gradients):
                with pytest.raises(Strayed) as found:
                    play(point, [])
                assert (found.value.guard, found.value.outcome) == (expected.value.guard, expected.value.outcome)


@given(st.integers(0, 2**32))
def test_which_slots_are_variables_is_the_same_in_c(seed):
    rng = random.Random(seed)
    listing = random_listing(Numbers(seed, 0.0))
    inputs, parameters = [rng.random() < 0.5 for _ in range(listing.inputs)], rng.random() < 0.5
    found = listing.varying(inputs, parameters)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autograd_core._program.listing.NATIVE", None)
        assert listing.varying(inputs, parameters) == found
    for damaged in (
        {"operands": listing.operands[:-1]}, {"starts": array("i", [-1, *listing.starts[1:]])},
        {"operands": array("i", [listing.slots] * len(listing.operands))}, {"variable": array("b", [1])},
    ):  # fmt: skip  # a table
        with pytest.raises(ValueError, match="damaged"):
            replace(listing, **damaged).varying(inputs, parameters)


def test_a_row_that_plays_the_same_program():
    x = Value(0.5)
    inner = []

    @ac.primitive(derivatives=(lambda x, z: 2.0 * x,))
    def squared(x):
        if inner and x == 0.25:
            assert inner[0].value_and_gradients([1.5], [])[1] == [3.0]
        return x * x

    prepared = prepare(Listing.of([squared(x)], [x]))
    inner.append(prepared)
    assert prepared.value_and_gradients([0.25], []) == (0.0625, [0.5], [])


def test_threads_of_python_share_a_program():
    y, xs, ws = layers()
    prepared = prepare(Listing.of([y], xs, ws))
    rng = random.Random(1)
    tables = [array("d", [rng.uniform(-1, 1) for _ in range(2 * 3000)]) for _ in range(4)]
    columns = [[Column(table, 0, 2), Column(table, 1, 2)] for table in tables]
    parameters = [w.data for w in ws]
    expected = [prepared.rows(c, parameters, 3000, gradients_too=True).summed for c in columns]
    found = [None] * 4

    def work(i):
        for _ in range(5):
            found[i] = prepared.rows(columns[i], parameters, 3000, gradients_too=True, threads=2).summed

    workers = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == expected


def test_an_interrupt_is_not_swallowed():
    x = Value(0.5)

    @ac.primitive(derivatives=(1.0,))
    def interrupted(x):
        if x == 2.0:
            raise KeyboardInterrupt
        return x

    prepared = prepare(Listing.of([interrupted(x)], [x]))
    with pytest.raises(KeyboardInterrupt):
        prepared.values([2.0], [])
    with pytest.raises(KeyboardInterrupt):
        prepared.rows([Column(array("d", [1.0, 2.0]), 0, 1)], [], 2, gradients_too=True)


def test_nothing_leaks():
    y, xs, ws = layers()
    listing, table = Listing.of([y], xs, ws), array("d", [0.5] * 200)
    before = None
    for round_ in range(6):
        for _ in range(20):
            prepare(listing).rows([Column(table, 0, 2), Column(table, 1, 2)], ws, 100, gradients_too=True)
        now = sys.getallocatedblocks()
        assert round_ < 3 or before is None or now <= before + 5
        before = now
