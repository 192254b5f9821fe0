"""Operands of rows, special values first, and the results of the rows' Python."""

import math
import random

from hypothesis import settings

from autograd_core._checking.ulps import same, ulps

SPECIALS = (
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 0.75, -0.75, 10.0, 40.0, -40.0, 171.0, -171.5, 710.0, -745.2,
    math.nextafter(1.0, 0.0), math.nextafter(1.0, 2.0), 5e-324, -5e-324, 2.0**-1022, -(2.0**-1022), 2.0**-960, 2.0**52,
    2.0**53, -(2.0**53), 1e155, -1e155, 1e200, 1.7976931348623157e308, -1.7976931348623157e308, math.inf, -math.inf, math.nan,
)  # fmt: skip  # a list
WHOLE_ORDER = ("polygamma", "sinc_derivative", "gamma_derivative")
# Exact to the bit in every language: arithmetic, and formulas made of it.
EXACT = {
    "add", "sub", "mul", "div", "floordiv", "mod", "neg", "identity", "abs", "square", "relu", "leaky_relu", "maximum",
    "minimum", "sign", "sum", "mean", "dot", "where", "chain", "times", "quotient", "over_square", "polar_slope",
    "one_minus_square", "unit", "larger", "radians", "degrees",
}  # fmt: skip  # a list
# Units allowed if a formula magnifies the errors of its exp, log and pow, or of the runtime's gamma.
MORE = {"gamma": 40, "pow_slope": 16, "pow": 8, "silu_slope": 16, "gamma_derivative": 64}
# Near roots only the absolute error is small; it is in units of the terms that cancel.
CANCELLING = {"lgamma": 1.0, "polygamma": 1e-2, "sinc_derivative": 1e-3, "silu_slope": 1e-2, "sinc": 1e-2, "logaddexp": 1e-2}


def number(source):
    """A float: a special or everyday one, or one of any exponent."""
    kind = source.random()
    if kind < 0.25:
        return source.choice(SPECIALS)
    if kind < 0.4:
        return source.randint(-64, 64) / 8
    if kind < 0.6:
        return source.uniform(-4.0, 4.0)
    if kind < 0.75:
        return source.uniform(-800.0, 800.0)
    return math.copysign(math.ldexp(source.uniform(0.5, 1.0), source.randint(-1073, 1024)), source.random() - 0.5)


def of_count(count, size, seed):
    """So many tuples of `size` numbers, of which two are often equal, opposite or neighbours."""
    source = random.Random(seed)
    for _ in range(count):
        drawn = [number(source) for _ in range(size)]
        if size > 1 and source.random() < 0.3:
            i = source.randrange(size - 1)
            drawn[i + 1] = source.choice((drawn[i], -drawn[i], math.nextafter(drawn[i], math.inf)))
        yield tuple(drawn)


def of_row(row, count=300):
    """Operands of a row: specials, pairs of them, then random ones; lists have one to six numbers.

    The profile of hypothesis decides whether that is all of them or a part.
    """
    size, lists = len(row.shape.parameters), row.shape.lists
    share = min(1.0, settings.default.max_examples / 200)
    count = math.ceil(share * count)
    if size == 1 and not lists:
        yield from ((x,) for x in SPECIALS)
    if size == 2 and not lists:
        pairs = [(x, y) for x in SPECIALS for y in SPECIALS]
        yield from random.Random(row.name).sample(pairs, math.ceil(share * len(pairs)))
    for length in range(1, 7) if lists else (1,):
        for drawn in of_count(math.ceil(count / 6) if lists else count, size * length, f"{row.name} {length}"):
            if row.name in WHOLE_ORDER and drawn[0] == drawn[0]:
                yield (float(int(abs(drawn[0])) % 9) if abs(drawn[0]) < 1e9 else 1.0, *drawn[1:])
            yield drawn


def outcome(compute):
    """Python's result, or None if it raises."""
    try:
        return compute()
    except (ArithmeticError, ValueError, TypeError, IndexError):
        return None


def only(i, count):
    """Flags for `count` operands, of which only one is wanted."""
    return [k == i for k in range(count)]


def in_python(row, operands):
    """A row's value and local derivatives, with None for any that raises and for a value that is not a float."""
    value = outcome(lambda: row.evaluate(list(operands)))
    if type(value) is not float:
        return None, None
    if row.arity is None:
        return value, outcome(lambda: list(map(float, row.slopes(list(operands), value))))
    return value, [outcome(lambda i=i: float(row.slopes(operands, value, only(i, row.arity))[i])) for i in range(row.arity)]


def near(name, xs, exact, got, to_the_bit=frozenset()):
    """Whether another language's result is near Python's (None if it raises), within the units stated above."""
    if exact is None or got is None:
        return exact is got
    if isinstance(exact, list):
        return len(exact) == len(got) and all(near(name, xs, x, y) for x, y in zip(exact, got, strict=True))
    if name in EXACT or name in to_the_bit:
        return same(exact, got)
    if name in CANCELLING and abs(exact - got) <= 1e-13 * max(CANCELLING[name], abs(exact)):
        return True
    magnified = abs(xs[2]) if name == "pow_log" and xs[2] == xs[2] else 0.0  # log(x)**k
    return ulps(got, exact) <= MORE.get(name, 4 + 2 * magnified)
