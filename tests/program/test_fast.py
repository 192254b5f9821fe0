"""Programs traced with `fast=True`: their errors stay within the bounds on random programs and networks.

Without the native engine these programs are exact. Saving a program keeps the option.
"""

import math
import operator
import pickle
import random
from array import array
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import ENGINE, Program, Value, parameter, trace, traced
from autograd_core._checking.ulps import same, ulps
from autograd_core._operations.functions import FUNCTIONS
from autograd_core.strategies import operands, smooth_programs

STEP, TRIALS, BOUND = 1e-6, 6, 1e-12
WEIGHT = parameter(2.0, "weight")


# --- Condition -------------------------------------------------------------------------------------------------


def perturbed(listing, inputs, parameters, shake):
    """Return the value and gradients after small random changes of all operands, results and contributions."""
    slots, slopes = [*inputs, *parameters, *listing.constants], []
    for row, below in listing.instructions():
        numbers = [slots[slot] * shake() if listing.variable[slot] else slots[slot] for slot in below]
        z = row.evaluate(numbers)
        slopes.append([float(slope) for slope in row.slopes(numbers, z)])
        slots.append(z * shake())
    adjoints = [0.0] * listing.slots
    adjoints[listing.outputs[0]] = 1.0
    for k in reversed(range(len(slopes))):
        for slot, slope in zip(listing.operands[listing.starts[k] : listing.starts[k + 1]], slopes[k], strict=True):
            if adjoints[listing.first + k] and slope:
                adjoints[slot] += adjoints[listing.first + k] * slope * shake()
    return [slots[listing.outputs[0]], *adjoints[: listing.inputs + listing.parameters]]


def conditions(program, point, seed=0):
    """Return how strongly the value and each gradient (inputs, then parameters) react to small changes in all steps."""
    [branch] = program._replays.branches
    rng = random.Random(seed)
    due = perturbed(branch.listing, point, branch.numbers(), lambda: 1.0)
    squares = [0.0] * len(due)
    for _ in range(TRIALS):
        found = perturbed(branch.listing, point, branch.numbers(), lambda: 1.0 + STEP * rng.gauss(0.0, 1.0))
        squares = [s + ((x - y) / STEP) ** 2 for s, x, y in zip(squares, found, due, strict=True)]
    return [math.sqrt(s / TRIALS) for s in squares]


def near(found, due, condition):
    """Return whether a number is within the bound or, with the Python engine, identical."""
    if ENGINE != "native":
        return same(found, due)
    return same(found, due) or abs(found - due) <= BOUND * condition


def known_conditions(program, point):
    """Return `conditions`, or None if a small change leads to no value or to NaN."""
    try:
        found = conditions(program, point)
    except (ArithmeticError, ValueError):
        return None
    return found if all(map(math.isfinite, found)) else None


# --- Random programs -------------------------------------------------------------------------------------------

SMOOTH = [ag.tanh, ag.exp, ag.sigmoid, ag.softplus, ag.sin, ag.square, lambda x: 1.0 / (1.0 + x * x), lambda x: x]


def layered(seed):
    """Return a random function of layers, which sum any terms in any order, and the number of its arguments."""
    rng = random.Random(seed)
    count = rng.randint(1, 4)
    weights = [parameter(rng.gauss(0.0, 1.0)) for _ in range(rng.randint(1, 12))]
    layers = []
    wide = count
    for _ in range(rng.randint(1, 3)):
        nodes = rng.randint(1, 9)
        terms = [[(rng.randrange(len(weights)), rng.randrange(wide)) for _ in range(rng.randint(1, 7))] for _ in range(nodes)]
        layers.append((rng.choice(SMOOTH), terms))
        wide = nodes

    def function(*xs):
        here = list(xs)
        for activation, terms in layers:
            made = []
            for pairs in terms:
                total = weights[pairs[0][0]]
                for w, x in pairs:
                    total = total - weights[w] * here[x] if (w + x) % 3 == 0 else total + here[x] * weights[w]
                made.append(activation(total))
            here = made
        return sum(here)

    return function, count, rng


@given(st.integers(0, 2**32), st.sampled_from([1, 9, 130]), st.sampled_from(["avx512", "avx2", "generic"]))
def test_random_layers_are_within_the_bounds(seed, rows, lanes):
    function, count, rng = layered(seed)
    table = [[rng.gauss(0.0, 1.0) for _ in range(count)] for _ in range(rows)]
    exact = trace(function, *table[0])
    fast = trace(function, *table[0], fast=True)
    known = [known_conditions(exact, point) for point in table[:9]]
    assume(None not in known)
    every = tuple(range(count))
    columns = [array("d", column) for column in zip(*table, strict=True)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGRAD_CORE_LANES", lanes)
        values, slopes = fast.over_rows().value_and_grad(*columns, argnums=every)
        for r, (point, condition) in enumerate(zip(table[:9], known, strict=True)):
            value, gradient = exact.value_and_grad(*point, argnums=every)
            at_point = fast.value_and_grad(*point, argnums=every)
            for i, due in enumerate((value, *gradient)):
                assert near((values, *slopes)[i][r], due, condition[i])
                assert near((at_point[0], *at_point[1])[i], due, condition[i])


@given(st.integers(0, 2**32))
def test_gradients_by_parameters_are_within_the_bounds(seed):
    function, count, rng = layered(seed)
    point = [rng.gauss(0.0, 1.0) for _ in range(count)]
    exact, fast = trace(function, *point), trace(function, *point, fast=True)
    known = known_conditions(exact, point)
    assume(known is not None and exact.parameters)
    found = []
    for program in (exact, fast):
        for w in program.parameters:
            w.zero_grad()
        program.backward(*point)
        found.append([w.grad for w in exact.parameters])
    assert all(map(near, found[1], found[0], known[1 + count :]))


@given(smooth_programs())
def test_random_programs_are_within_the_bounds(program):
    if not program.inputs:
        return
    exact = trace(lambda *xs: program(*xs), *program.inputs)
    fast = trace(lambda *xs: program(*xs), *program.inputs, fast=True)
    known = known_conditions(exact, program.inputs)
    assume(known is not None)
    every = tuple(range(len(program.inputs)))
    value, gradient = exact.value_and_grad(*program.inputs, argnums=every)
    columns = [[x] * 9 for x in program.inputs]
    values, slopes = fast.over_rows().value_and_grad(*columns, argnums=every)
    for found, due, condition in zip((values, *slopes), (value, *gradient), known, strict=True):
        assert all(near(x, due, condition) for x in found)


# --- One operation, and a network ------------------------------------------------------------------------------


ROWS = [name for name in FUNCTIONS if name not in ("take", "checkpoint") and ag.TABLE[name].arity in (1, 2)]


@pytest.mark.parametrize("name", ROWS)
def test_each_operation_is_the_exact_one_or_a_few_units_off(name):
    """The exact program is within one unit of the truth, and the fast one within four; nine rows make C use vectors."""

    @given(operands(ag.TABLE[name]))
    def check(point):
        function = FUNCTIONS[name]
        try:
            exact, fast = (trace(lambda *xs: function(*xs), *point, fast=fast) for fast in (False, True))
        except (ArithmeticError, ValueError):
            return
        columns, every = [[x] * 9 for x in point], tuple(range(len(point)))
        due, found = (program.over_rows().value_and_grad(*columns, argnums=every) for program in (exact, fast))
        units = 5 if ENGINE == "native" and name in ("exp", "tanh") else 0
        for x, y in zip((found[0], *found[1]), (due[0], *due[1]), strict=True):
            assert all(same(a, b) or ulps(a, b) <= units for a, b in zip(x, y, strict=True)), (point, x[0], y[0])

    check()


def dense(sizes, rng):
    """Return the squared error of a network with tanh, as a function."""
    network = [[[parameter(rng.gauss(0.0, 0.5)) for _ in range(n + 1)] for _ in range(m)] for n, m in pairwise(sizes)]

    def loss(xs, target):
        for layer in network:
            xs = [ag.tanh(sum((w * x for w, x in zip(row, xs, strict=False)), row[-1])) for row in layer]
        return sum((x - target) ** 2 for x in xs)

    return loss


@pytest.mark.parametrize("count", [1, 100, 1030])  # the last is more than one chunk
def test_a_dense_network_is_within_the_bounds(count):
    rng = random.Random(count)
    loss = dense([6, 24, 16, 2], rng)
    table = [[rng.uniform(-1.0, 1.0) for _ in range(6)] for _ in range(count)]
    targets = [rng.choice([-1.0, 1.0]) for _ in range(count)]
    exact, fast = (trace(loss, table[0], 1.0, fast=fast) for fast in (False, True))
    known = [conditions(exact, [*x, t]) for x, t in zip(table[:50], targets, strict=False)]
    sums, found = [], []
    for program in (exact, fast):
        for w in program.parameters:
            w.zero_grad()
        found.append(program.over_rows(threads=2).backward(table, targets))
        sums.append([w.grad for w in exact.parameters])
    assert all(near(x, y, k[0]) for x, y, k in zip(found[1], found[0], known, strict=False))
    typical = [sum(k[8 + i] for k in known) / len(known) * count for i in range(len(sums[0]))]
    assert all(map(near, sums[1], sums[0], typical))
    assert ENGINE == "python" or sums[0] != sums[1]
    for w in fast.parameters:
        w.zero_grad()
    fast.over_rows(threads=1).backward(table, targets)
    assert [w.grad for w in exact.parameters] == sums[1]  # threads do not change a bit of a fast program either


# --- Boundaries ------------------------------------------------------------------------------------------------


def test_numbers_at_a_border_take_one_of_its_sides():
    apart = 0
    for seed in range(60):
        rng = random.Random(seed)
        pairs = [(rng.gauss(0.0, 1.0), rng.gauss(0.0, 1.0)) for _ in range(12)]
        ask = operator.gt if seed % 2 else operator.lt

        def total(x, pairs=pairs):
            return ag.exp(sum(w * (ag.tanh(x * v) + x) for w, v in pairs))

        at = rng.gauss(0.0, 1.0)
        border = total(at)
        program = trace(
            lambda x, total=total, ask=ask, border=border: total(x) if ask(total(x), border) else 2.0 * total(x), at, fast=True
        )
        rows = [rng.choice([at, at + 1.0, at - 1.0]) for _ in range(40)]
        for x, value in zip(rows, program.over_rows()(rows), strict=True):
            sides = [total(x) if ask(total(x), border) else 2.0 * total(x), *([border, 2.0 * border] if x == at else [])]
            assert any(abs(value - side) <= 1e-12 * side for side in sides)
            assert any(abs(program(x) - side) <= 1e-12 * side for side in sides)
        apart += trace(total, at, fast=True).over_rows()([at] * 8)[0] != border
    assert apart > 10 or ENGINE == "python"


def test_fast_programs_raise_what_the_engine_raises():
    def f(x):
        return ag.log(ag.exp(x) - 1.0) * x

    program = trace(f, 1.0, fast=True)
    with pytest.raises(ValueError, match="log is defined for x > 0") as error:
        program.over_rows()([1.0, 2.0, -1.0])
    assert error.value.__notes__ == ["in row 2"]
    with pytest.raises(OverflowError):
        program(1000.0)


# --- The option ------------------------------------------------------------------------------------------------


def scaled(x):
    """Return exp(x) times a parameter; pickle finds this function by its name."""
    return ag.exp(x) * WEIGHT


@traced(fast=True)
def decorated(x):
    return x * WEIGHT


def test_it_is_kept_by_files_pickles_and_decorators(tmp_path):
    for fast in (False, True):
        program = trace(scaled, 0.5, fast=fast)
        program.save(tmp_path / "p.json")
        x, w = Value(2.0), Value(3.0)
        for made in (program, Program.load(tmp_path / "p.json"), pickle.loads(pickle.dumps(program)), Program(x * w, [x], fast=fast)):
            assert made.fast is fast
        again = pickle.loads(pickle.dumps(traced(scaled, fast=fast)))
        again(1.0)
        assert again.fast is again.programs[0].fast is fast
    assert pickle.loads(pickle.dumps(decorated)) is decorated and decorated.fast
    assert not trace(scaled, 0.5).fast


def test_rows_of_a_fast_function():
    rows = traced(lambda x: ag.exp(x) * 2.0, in_axes=0, fast=True)
    assert rows([0.0, 1.0]) == pytest.approx([2.0, 2.0 * math.e], rel=1e-15)


def test_it_is_true_or_false_and_never_taken_from_the_function():
    for make in (lambda fast: trace(scaled, 1.0, fast=fast), lambda fast: traced(scaled, fast=fast), lambda fast: Program(Value(1.0), fast=fast)):
        with pytest.raises(TypeError, match="fast must be True or False"):
            make(None)
    with pytest.raises(TypeError, match="both trace and the function have a parameter named fast"):
        trace(lambda x, fast=False: x, 1.0, fast=True)


@pytest.mark.skipif(ENGINE == "native", reason="this test is for installations without the native engine")
def test_without_the_native_engine_it_is_exact():
    point = [0.3, 0.7]
    exact, fast = (trace(lambda x, y: ag.tanh(x * y) + ag.exp(x), *point, fast=fast) for fast in (False, True))
    assert exact.value_and_grad(*point) == fast.value_and_grad(*point)
