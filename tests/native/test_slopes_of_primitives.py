"""Both engines accept the same results from a primitive's derivatives, because these are checked beforehand."""

from fractions import Fraction

import pytest

from autograd_core import Value, gradients, primitive


@pytest.mark.parametrize("slope", [3, True, Fraction(3, 2), 2.5])
def test_any_real_number_becomes_a_float(slope: float) -> None:
    @primitive(derivatives=(lambda x, y, z: slope, slope))
    def own(x: float, y: float) -> float:
        return x

    node = own(Value(1.0), Value(1.0))
    assert [type(d) for d in node.local_derivatives] == [float, float]
    assert node.local_derivatives == (float(slope), float(slope))


@pytest.mark.parametrize("slope", ["3", None, [1.0], Value(1.0)])
def test_what_is_no_number_is_refused_by_name(slope: object) -> None:
    @primitive(derivatives=(lambda x, z: slope,))
    def own(x: float) -> float:
        return x

    with pytest.raises(TypeError, match="local derivatives of the primitive own must be real numbers"):
        own(Value(1.0))
    if not callable(slope):
        with pytest.raises(TypeError, match="primitive own must be real numbers"):
            primitive(derivatives=(slope,))(own)


def test_values_give_values() -> None:
    @primitive(derivatives=(lambda x, z: 2 * x,))
    def own(x: float) -> float:
        return x * x

    x = Value(3.0)
    [slope] = gradients(own(x), [x], create_graph=True)
    assert (slope.data, gradients(slope, [x])) == (6.0, [2.0])
