"""Checking primitives: the points that are tried, and what cannot be checked."""

import math

import pytest

import autograd_core as ag
from autograd_core import TABLE, Domain, primitive
from autograd_core.check import check_primitive


@primitive(derivatives=[lambda t, x, z: -x * ag.sin(t * x), lambda t, x, z: -t * ag.sin(t * x)])
def wave(t, x):
    return math.cos(t * x) + math.pi


@primitive(derivatives=[lambda x, y, z, w: y * z, lambda x, y, z, w: x * z, lambda x, y, z, w: x * y])
def volume(x, y, z):
    return x * y * z


def test_primitives_of_one_two_and_three_operands():
    cube = primitive(derivatives=[lambda x, z: 3.0 * ag.square(x)])(lambda x: x * x * x)
    for good, per_point in ((cube, 2), (wave, 6), (volume, 12)):
        report = check_primitive(good, points=3)
        assert report.ok, str(report)
        assert len(report) == 3 * per_point
    bad = primitive(derivatives=[lambda x, y, z, w: y * z, lambda x, y, z, w: x * z, lambda x, y, z, w: x * z])(
        lambda x, y, z: x * y * z
    )
    assert "∂/∂z" in check_primitive(bad).worst.name


def test_points_are_repeatable_and_differ_by_seed():
    names = [[c.name for c in check_primitive(wave, points=2, seed=seed)] for seed in (1, 1, 2)]
    assert names[0] == names[1] != names[2]


def test_a_point_with_each_operand_zero_is_tried():
    names = " ".join(c.name for c in check_primitive(volume))
    for operand in ("x", "y", "z"):
        assert f"{operand} = 0" in names


def test_points_stay_inside_the_domain_and_away_from_kinks():
    seen = []

    def value(x):
        seen.append(x)
        return abs(x - 1.0)

    inside = Domain("0 < x < 2", lambda x: 0 < x < 2, (0.0, 2.0))
    hat = primitive(derivatives=[lambda x, z: ag.sign(x - 1.0)], domain=inside, kinks=[lambda x: x - 1.0])(value)
    report = check_primitive(hat)
    assert report.ok and not report.not_judged
    assert all(0 < c.at < 2 and abs(c.at - 1) > 2**-7 for c in report)


def test_operations_that_cannot_be_checked():
    for row in ("input", "parameter", "constant", "checkpoint"):
        with pytest.raises(TypeError, match=row):
            check_primitive(TABLE[row])
    with pytest.raises(TypeError, match="neither an operation"):
        check_primitive(math.sin)
    nowhere = primitive(derivatives=[1.0], domain=Domain("no number", lambda x: False))(lambda x: x)
    with pytest.raises(ValueError, match="no number"):
        check_primitive(nowhere)
    no_variable = primitive(derivatives=[math.nan])(lambda x: x)
    with pytest.raises(TypeError, match="NaN"):
        check_primitive(no_variable)
