"""Exported code handles flat derivatives, which are zero in a whole neighbourhood, as the engine does.

No gradient passes through them, not even an infinite adjoint (the derivative with respect to a result).
"""

import itertools
import math
import os
import random
import shutil

import pytest

import autograd_core as ag
from autograd_core import Program, Value, trace
from autograd_core._checking.ulps import ulps
from autograd_core._strategies.programs import function_of
from autograd_core._translation.kernels import rows_of_numbers

ROWS = [row for row in rows_of_numbers() if row.flat or row.flat_beside]
LANGUAGES = [
    pytest.param("c", marks=pytest.mark.skipif(shutil.which(os.environ.get("CC", "cc")) is None, reason="needs cc")),
    pytest.param("javascript", marks=pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")),
    "numpy",
    "python",
]


def exported(language, running, program, points, directory):
    """Return the gradients of an exported program with respect to its inputs, at each point."""
    if language == "c":
        directory.mkdir()
        library = running.library(program.to_c(), directory)
        answers = [running.gradients_in_c(library, point) for point in points]
        assert all(answer == 0 for answer, _ in answers)
        return [found[1:] for _, found in answers]
    if language == "javascript":
        directory.mkdir()
        text = program.to_javascript() + "const all = (xs) => program(xs, parameters).gradients().inputs;"
        return running.node(text, [["all", point] for point in points], directory)
    gradients = running.module(getattr(program, f"to_{language}")())["gradients"]
    return [[float(x) for x in gradients(list(point))] for point in points]


def near(a, b):
    return (math.isnan(a) and math.isnan(b)) or ulps(a, b) <= 64


def operations_below_infinity():
    """Return a sum of the operations' results times infinity, and the variables among their operands.

    The other operands are plain numbers.
    """
    source, terms, leaves = random.Random(0), [], []
    for row in ROWS:
        count = row.arity or {"dot": 6}.get(row.name, 3)
        for _ in range(60):
            xs = [source.choice((0.0, 0.0, 1.0, 2.0, -1.0, math.inf)) for _ in range(count)]
            if row.name == "take":
                xs[0] = float(source.randrange(count - 1))
            moving = [i not in row.shape.orders and source.random() < 0.6 for i in range(count)]
            mixed = [Value(x) if moves else x for x, moves in zip(xs, moving, strict=True)]
            try:
                y = function_of(row)(*row.shape.arguments(mixed))
            except (ArithmeticError, ValueError):
                continue
            if type(y) is Value and not math.isnan(y.data):
                terms.append(y * math.inf)
                leaves += [x for x in mixed if type(x) is Value]
    return ag.sum(terms), leaves


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_row_that_says_where_it_is_flat(running, tmp_path, language):
    total, leaves = operations_below_infinity()
    assert {row.name for row in ROWS} <= {row.name for row in Program(total, leaves)._replays.branches.latest.listing.rows}
    due = ag.gradients(total, leaves)
    assert all(sum(map(kind, due)) > 100 for kind in (math.isnan, math.isinf, lambda x: x == 0))
    [found] = exported(language, running, Program(total, inputs=leaves), [[x.data for x in leaves]], tmp_path / "p")
    wrong = [(i, a, b) for i, (a, b) in enumerate(zip(found, due, strict=True)) if not near(a, b)]
    assert not wrong, wrong


def recipe(seed):
    """Yield random operations: each with its kind, an index for `take`, and its operands.

    Each operand is a plain number, or the index of an earlier node.
    """
    source = random.Random(seed)
    for step in range(7):
        kind, count = source.choice(("prod", "dot", "take", "where", "mul", "mean")), source.randint(2, 4)
        size = {"dot": 2 * count, "where": 3, "mul": 2}.get(kind, count)
        yield kind, source.randrange(count), [
            source.choice((0.0, 0.0, 1.0, -2.0)) if source.random() < 0.35 else source.randrange(7 + step)
            for _ in range(size)
        ]


def random_program(seed):
    """Return a random function of three numbers, with operations on several operands, roots and plain zeros."""
    steps = list(recipe(seed))

    def function(*xs):
        nodes = [*xs, *map(ag.sqrt, xs), ag.cbrt(xs[0] * xs[1])]
        for kind, at, chosen in steps:
            operands = [nodes[x] if type(x) is int else x for x in chosen]
            if kind == "dot":
                made = ag.dot(operands[: len(operands) // 2], operands[len(operands) // 2 :])
            elif kind == "take":
                made = ag.take(operands, at)
            elif kind == "where":
                made = ag.where(*operands)
            else:
                made = operands[0] * operands[1] if kind == "mul" else getattr(ag, kind)(operands)
            nodes.append(made + 0.0 * xs[0])
        return ag.sum(nodes[-4:]) if seed % 2 else ag.prod(nodes[-3:])

    return function


@pytest.mark.parametrize("language", LANGUAGES)
def test_random_programs_of_many_operands(running, tmp_path, language):
    points = list(itertools.product((0.0, 1.0, 4.0), repeat=3))[::4]
    for seed in range(6 if language == "c" else 24):
        program = trace(random_program(seed), 1.0, 2.0, 3.0)
        due = [program.grad(*point, argnums=(0, 1, 2)) for point in points]
        found = exported(language, running, program, points, tmp_path / str(seed))
        for point, right, got in zip(points, due, found, strict=True):
            assert all(map(near, got, right)), (seed, point, got, right)
