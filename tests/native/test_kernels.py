"""Every kernel agrees with its row's Python to the last bit: values, local derivatives, exceptions."""

import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core
from autograd_core import ENGINE, TABLE, GraphError, Value, dot, logsumexp, mean, norm, prod
from autograd_core import sum as total
from autograd_core._engine.choice import rows_without_kernel
from autograd_core._operations.functions import FUNCTIONS
from autograd_core._operations.shape import ONE_NUMBER

pytestmark = pytest.mark.skipif(ENGINE != "native", reason="kernels belong to the native engine")

SPECIALS = [
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 2.0**-1022,
    1.7976931348623157e308, -1.7976931348623157e308, 709.782712893384, 709.8, -745.2, 710.5, 1e-300, 1e300, 1e155,
    0.1, 1.0 + 2.0**-52, 1.0 - 2.0**-53, math.pi, math.pi / 2, math.e, 40.0, -40.0, 40.000001, 22.0, -22.5, -800.0,
    -801.0, -1.28, -1.40625, -1.15625, -0.75, -1.5, -0.375, -1.0625, 20.0, 2.0**53, 2.0**53 + 2.0, 171.7, 1024.0,
]  # fmt: skip  # a table


@st.composite
def spread(draw: st.DrawFn) -> float:
    """Log-uniform over the exponents, of either sign, with every bit of the fraction."""
    return draw(st.sampled_from([1.0, -1.0])) * math.ldexp(draw(st.floats(1.0, 1.9)), draw(st.integers(-1074, 1023)))


numbers = st.sampled_from(SPECIALS) | spread() | st.floats(-3.0, 3.0) | st.integers(-20, 20).map(float)
PUBLIC = sorted(set(TABLE) - {"input", "parameter", "constant", "checkpoint"})
UNARY = [name for name in PUBLIC if TABLE[name].arity == 1]
BINARY = [name for name in PUBLIC if TABLE[name].arity == 2]


def bits(x: float) -> bytes:
    """The bits of a float; all NaNs count as one."""
    return b"nan" if math.isnan(x) else struct.pack("d", x)


def of_row(name: str, operands: list[float], variable: tuple[bool, ...] = (True,) * 99) -> object:
    """The value and local derivatives from the row's own Python, as recorded, or the type of the exception."""
    row = TABLE[name]
    try:
        z = row.evaluate(operands)
    except (ArithmeticError, ValueError) as error:
        return type(error) if isinstance(error, (OverflowError, ZeroDivisionError)) else ValueError
    try:
        locals_ = row.recorded(operands, z, variable[: len(operands)])
    except OverflowError as error:  # gaussian, which is meant for the factors 1 and 1/2, raises it at some others
        return type(error)
    return bits(z), [d if d is None else bits(d) for d in locals_]


def of_node(name: str, operands: list[float], *shape: object) -> object:
    """The same, as the function of the table records it on Values."""
    values = [Value(x) for x in operands]
    half = len(values) // 2
    arguments = [values[:half], values[half:]] if name == "dot" else [values] if shape else values
    try:
        node = FUNCTIONS[name](*arguments)
    except (ArithmeticError, ValueError) as error:
        return type(error)
    assert node.operands == tuple(values) or any(map(math.isnan, operands))
    return bits(node.data), [bits(d) for d in node._slopes]


@pytest.mark.parametrize("name", UNARY)
def test_each_unary_kernel_is_its_row(name: str) -> None:
    for x in SPECIALS:
        assert of_node(name, [x]) == of_row(name, [x]), x

    @given(numbers)
    def check(x: float) -> None:
        assert of_node(name, [x]) == of_row(name, [x])
        expected = of_row(name, [x])
        if isinstance(expected, tuple):
            assert bits(FUNCTIONS[name](x)) == expected[0]
        else:
            with pytest.raises(expected):
                FUNCTIONS[name](x)

    check()


@pytest.mark.parametrize("name", BINARY)
def test_each_binary_kernel_is_its_row(name: str) -> None:
    slow = name in rows_without_kernel()
    for x in SPECIALS[:: 5 if slow else 1]:
        for y in SPECIALS[:: 5 if slow else 1]:
            assert of_node(name, [x, y]) == of_row(name, [x, y]), (x, y)

    @settings(max_examples=settings().max_examples // (3 if slow else 1))
    @given(numbers, numbers)
    def check(x: float, y: float) -> None:
        expected = of_row(name, [x, y])
        assert of_node(name, [x, y]) == expected
        if isinstance(expected, tuple):
            mixed = FUNCTIONS[name](Value(x), y), FUNCTIONS[name](x, Value(y))
            assert [bits(node.data) for node in mixed] == [expected[0]] * 2
            assert bits(mixed[0]._slopes[0]) == of_row(name, [x, y], (True, False))[1][0]
            assert bits(mixed[1]._slopes[1]) == of_row(name, [x, y], (False, True))[1][1]
            assert mixed[0].local_derivatives[1] is None is mixed[1].local_derivatives[0]
            assert bits(mixed[0].operands[1]) == bits(y)
            assert bits(mixed[1].operands[0]) == bits(x)

    check()


OPERATORS = {
    "add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y, "div": lambda x, y: x / y,
    "floordiv": lambda x, y: x // y, "mod": lambda x, y: x % y, "pow": lambda x, y: x**y,
}  # fmt: skip  # a table


@pytest.mark.parametrize("name", OPERATORS)
@given(x=numbers, y=numbers)
def test_operators_record_what_their_functions_record(name: str, x: float, y: float) -> None:
    def recorded(function: object, x: object, y: object) -> object:
        try:
            node = function(x, y)
        except (ArithmeticError, ValueError) as error:
            return type(error), str(error)
        return node.op, bits(node.data), [None if d is None else bits(d) for d in node._slopes]

    for a, b in ((Value(x), Value(y)), (Value(x), y), (x, Value(y))):
        assert recorded(OPERATORS[name], a, b) == recorded(FUNCTIONS[name], a, b)


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "norm", "logsumexp", "dot"])
@given(xs=st.lists(numbers, min_size=1, max_size=9))
def test_each_kernel_on_lists_is_its_row(name: str, xs: list[float]) -> None:
    if name == "dot":
        xs = [*xs, *reversed(xs)]
    assert of_node(name, xs, list) == of_row(name, xs)


@pytest.mark.parametrize("name", ["where", "pow_log"])
@given(x=numbers, y=numbers, k=st.integers(0, 5).map(float) | numbers)
def test_each_kernel_on_three_operands_is_its_row(name: str, x: float, y: float, k: float) -> None:
    assert of_node(name, [x, y, k]) == of_row(name, [x, y, k])


def test_lists_tuples_iterators_and_mixtures_are_read_alike() -> None:
    w = Value(2.0)
    for function, one in ((total, 10.0), (mean, 2.5), (prod, 24.0)):
        for xs in ([w, 1, 3.0, 4], (w, 1, 3.0, 4), iter([w, 1, 3.0, 4]), {0: w, 1: 1, 3.0: 3, 4: 4}.values()):
            assert function(xs).data == one
    assert norm([3, Value(4.0)]).data == 5.0
    assert dot((w, 1), [True, 2.0]).operands == (2.0, 1.0, 1.0, 2.0)
    assert logsumexp([w]).data == 2.0
    assert prod([]) == 1
    assert total([]) == 0.0
    assert dot([], []) == 0.0
    with pytest.raises(ValueError, match="mean needs at least one number"):
        mean([])
    with pytest.raises(ValueError, match="two lists of the same length"):
        dot([w], [w, w])
    with pytest.raises(OverflowError, match=r"an operand of sum is too large.*an int of 400 digits"):
        total([w, 10**400])
    with pytest.raises(TypeError, match="got 'a' of type str"):
        total([w, "a"])
    with pytest.raises(TypeError):
        total(3)


def test_rows_without_a_kernel_are_those_that_give_a_reason() -> None:
    """Only an operation that always computes with numbers other than floats has no kernel."""
    assert rows_without_kernel() == {"product": "exact.product computes with numbers that only Python has"}


def test_a_row_of_a_users_own_with_a_tables_name_gets_no_kernel() -> None:
    from autograd_core._engine.recording import unary
    from autograd_core._operations.operation import Operation

    own = unary(Operation("tanh", ONE_NUMBER, lambda x: x + 1.0, (lambda x, z: 7.0,)))
    node = own(Value(1.0))
    assert (node.data, node.local_derivatives) == (2.0, (7.0,))
    assert autograd_core.tanh(Value(0.0)).local_derivatives == (1.0,)
    assert issubclass(GraphError, RuntimeError)
