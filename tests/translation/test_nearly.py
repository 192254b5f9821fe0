"""Functions on floats where Python computes with more digits: accurate to units of the terms that cancel."""

import math
import random

import mpmath
import pytest

from autograd_core._checking.ulps import ulps
from autograd_core._translation import nearly


@pytest.mark.parametrize("n", [0, 1, 2, 3])
@pytest.mark.parametrize("x", [0.5, 1.0, 2.5, 7.0, -0.5])
def test_derivatives_of_gamma(n, x):
    with mpmath.workdps(40):
        due = float(mpmath.diff(mpmath.gamma, x, n))
    assert nearly.gamma_derivative(n, x) == pytest.approx(due, rel=1e-12, abs=1e-12)


def test_derivatives_of_gamma_where_it_overflows():
    assert [nearly.gamma_derivative(n, 200.0) for n in range(3)] == [math.inf] * 3
    assert nearly.times_gamma(-2.0, 200.0) == -math.inf


def test_a_product_without_one_factor():
    rng = random.Random(1)
    for _ in range(100):
        xs = [math.ldexp(rng.uniform(-1.0, 1.0), rng.randint(-900, 900)) for _ in range(rng.randint(1, 5))]
        at = rng.randrange(len(xs))
        with mpmath.workdps(60):
            due = float(mpmath.fprod(x for i, x in enumerate(xs) if i != at))
        assert ulps(nearly.product_without(xs, at), due) <= 4 or abs(due) < 2.0**-1000, (xs, at)


def test_a_product_without_one_factor_beyond_the_finite():
    inf = math.inf
    assert nearly.product_without([inf, 2.0, 3.0], 0) == 6.0
    assert nearly.product_without([inf, 2.0, -3.0], 1) == -inf
    assert math.isnan(nearly.product_without([inf, 2.0, 0.0], 1))
    assert math.isnan(nearly.product_without([math.nan, 2.0], 1))
