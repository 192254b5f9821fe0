"""Gradients and Hessians of random programs against mpmath, as exact as the programs' condition allows."""

import math
import random

import pytest
from hypothesis import assume, given
from mpmath import mp, mpf

from autograd_core import Value, hessian, operation_of
from autograd_core.rows import FUNCTIONS
from autograd_core.strategies import smooth_programs

RUNS = 16
# Steps have a derivative of 0 and a value that jumps: they tell nothing about accuracy, and where a jump is near they
# spoil the measurement. Whole orders are constants.
SMOOTH = [row for row in map(operation_of, FUNCTIONS.values()) if row.public and row.name not in ("floordiv", "sign")]


def exact_gradient(mathematics, program, rounded):
    """The gradient by reverse accumulation in mpmath; `rounded` is applied to every intermediate result."""
    values = {name: mpf(x) for name, x in zip(program.names, program.inputs, strict=True)}
    for line in program.lines:
        xs = [values[x] if isinstance(x, str) else mpf(x) for x in line.operands]
        values[line.name] = rounded(mpf(mathematics.MATHEMATICS[line.form.operation.name][0](*xs)))
    adjoints = dict.fromkeys(values, mpf(0))
    adjoints[program.lines[-1].name] = mpf(1)
    for line in reversed(program.lines):
        xs = [values[x] if isinstance(x, str) else mpf(x) for x in line.operands]
        for x, slope in zip(line.operands, mathematics.exact_slopes(line.form.operation.name, xs), strict=True):
            if isinstance(x, str):
                adjoints[x] = rounded(adjoints[x] + rounded(adjoints[line.name] * rounded(mpf(slope))))
    return [adjoints[name] for name in program.names]


def by_a_unit(generator):
    """The rounding that moves every result by one unit in the last place, up or down."""
    return lambda x: x + generator.choice((-1, 1)) * math.ulp(float(x)) if x else x


def tolerances(mathematics, program, exact):
    """Four times the spread of runs with every intermediate result a unit off, and the rounding of the result."""
    generator = random.Random(0)
    runs = [exact_gradient(mathematics, program, by_a_unit(generator)) for _ in range(RUNS)]
    spreads = [max(abs(run[i] - x) for run in runs) for i, x in enumerate(exact)]
    return [4 * spread + math.ulp(float(x)) for spread, x in zip(spreads, exact, strict=True)]


@given(smooth_programs(SMOOTH, max_operations=40))
def test_gradients_within_four_times_the_measured_condition(mathematics, program):
    inputs = [Value(x) for x in program.inputs]
    y = program(*inputs)
    y.backward()
    with mp.workprec(300):
        exact = exact_gradient(mathematics, program, lambda x: x)
        assume(all(abs(x) < 2.0**900 for x in exact))
        for value, x, tolerance in zip(inputs, exact, tolerances(mathematics, program, exact), strict=True):
            assert abs(value.grad - x) <= tolerance, (value.grad, float(x), float(abs(value.grad - x) / tolerance))


def exact_hessian(mathematics, program, rounding):
    """The Hessian by central differences of the gradient in 400 bits; `rounding()` gives a run's roundings anew."""
    step = mpf(2) ** -100
    columns = []
    for j in range(len(program.inputs)):
        sides = []
        for sign in (1, -1):
            moved = tuple(mpf(x) + sign * step if i == j else mpf(x) for i, x in enumerate(program.inputs))
            sides.append(exact_gradient(mathematics, type(program)(moved, program.lines), rounding()))
        columns.append([(up - down) / (2 * step) for up, down in zip(*sides, strict=True)])
    return columns


def by_a_fixed_share(seed):
    """Roundings that are the same shares of the results in every run of one seed: what is perturbed stays smooth."""
    generator = random.Random(seed)
    return lambda x: x * (1 + generator.choice((-1, 1)) * mpf(2) ** -52)


# Slow, and not yet settled: with some versions of hypothesis a program is drawn whose Hessian is outside this bound.
@pytest.mark.slow
@given(smooth_programs(SMOOTH, max_inputs=3, max_operations=16))
def test_hessians_are_right_and_symmetric(mathematics, program):
    found = hessian(lambda xs: program(*xs))(list(program.inputs))
    with mp.workprec(400):
        exact = exact_hessian(mathematics, program, lambda: lambda x: x)
        runs = [exact_hessian(mathematics, program, lambda seed=seed: by_a_fixed_share(seed)) for seed in range(6)]
        # a power at 0 has no value a unit beside it, and then no condition that could be measured
        assume(all(abs(x) < 2.0**900 for matrix in (exact, *runs) for row in matrix for x in row))
        for i, row in enumerate(exact):
            for j, x in enumerate(row):
                spread = max(abs(run[i][j] - x) for run in runs)
                tolerance = 16 * spread + 4 * math.ulp(float(x))
                assert abs(found[i][j] - x) <= tolerance, (i, j, found[i][j], float(x))
                assert abs(found[i][j] - found[j][i]) <= 2 * tolerance
