"""The table of operations: one row each, and nothing about an operation anywhere else.

A row is read so: name, value on floats, the local derivative by each operand as a function of the operands and the
result, then what is needed to print, draw and check it. The derivatives call the functions of this table, so they
work on floats and on Values alike, and every order of derivative comes from the same line. They are written to stay
accurate, and never to raise where the value exists; a derivative that must branch is a row of its own.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

from ._operations import activations, exact, series, special
from ._operations.derivatives import (
    cbrt_slope,
    cosine_slopes,
    gelu_curve,
    gelu_tanh_curve,
    logaddexp_slope,
    norm_slopes,
    pow_curve,
    pow_log_slopes,
    pow_slope_by_y,
    prod_slopes,
    product_slopes,
    silu_curve,
    softmax,
    times_gaussian,
)
from ._operations.functions import Binary, Many, Unary, binary_row, many_row, unary_row
from ._operations.integers import chosen, chosen_slopes, not_chosen
from ._operations.operation import Domain, first, second
from ._operations.shape import ONE_LIST, ORDER_AND_NUMBER, TWO_LISTS, Shape, items

NAN = math.nan
LN2, LN10 = math.log(2.0), math.log(10.0)
TWO_OVER_SQRT_PI = 2.0 / math.sqrt(math.pi)

POSITIVE = Domain("x > 0", lambda x: x > 0, (0.0, 1.0))
UNIT = Domain("-1 <= x <= 1", lambda x: -1 <= x <= 1, (-1.0, 0.0, 1.0))
OPEN_UNIT = Domain("-1 < x < 1", lambda x: -1 < x < 1, (-1.0, 0.0, 1.0))
FINITE = Domain("finite x", math.isfinite, (0.0, math.pi / 2, math.pi))
DIVISOR = Domain("y != 0", lambda x, y: y != 0, (0.0, 1.0))
NOT_A_POLE = Domain("x other than 0, -1, -2, … and -inf", lambda x: x > 0 or x % 1 != 0, (0.0, -1.0, -2.0, 1.0, 2.0))

NEAR_ROOTS = "a second derivative: near its roots the rounding of the operands, which are rounded results, is all there is"


def power(x: float, y: float) -> float:
    """x ** y where that is real."""
    z: Any = x**y
    if isinstance(z, complex):
        raise ValueError("the result would be complex")
    return float(z)


def polygamma_value(n: float, x: float) -> float:
    if not polygamma.operation.domain.contains(n, x):
        raise ValueError("no derivative of the digamma function")
    return series.polygamma(n, x)


def at_zero(x: float) -> float:
    """The kink of an operation on one operand that has it at 0."""
    return x


def difference(x: float, y: float) -> float:
    """The kink of an operation that changes where its operands meet."""
    return x - y


# Where derivatives are flat: zero in a whole neighbourhood, so that a path through them is not taken.

def x_is_zero(x: float, y: float) -> bool:
    return x == 0


def y_is_zero(x: float, y: float) -> bool:
    return y == 0


def y_is_infinite(x: float, y: float) -> bool:
    return math.isinf(y)


def is_less(x: float, y: float) -> bool:
    return x < y


def is_greater(x: float, y: float) -> bool:
    return x > y


FACTORS = (y_is_zero, x_is_zero)
FRACTION = (y_is_infinite, x_is_zero)

# --- Operators -------------------------------------------------------------------------------------------------

add: Binary = binary_row("add", operator.add, 1.0, 1.0, operator="add", formula="{x} + {y}", printed=("1", "1"), symbol="+",
                 doc="x + y.")
sub: Binary = binary_row("sub", operator.sub, 1.0, -1.0, operator="sub", formula="{x} - {y}", printed=("1", "-1"), symbol="-",
                 doc="x - y.")
mul: Binary = binary_row("mul", operator.mul, second, first, operator="mul", formula="{x} * {y}",
                 printed=("{y}", "{x}"), symbol="*", flat_beside=FACTORS, doc="x * y.")
div: Binary = binary_row("div", operator.truediv, lambda x, y, z: quotient(1.0, y), lambda x, y, z: -over_square(x, y),
                 operator="truediv", formula="{x} / {y}", printed=("1 / {y}", "-{x} / {y}**2"), symbol="/",
                 domain=DIVISOR, flat_beside=FRACTION, doc="x / y.")
floordiv: Binary = binary_row("floordiv", operator.floordiv, 0.0, 0.0, operator="floordiv", formula="{x} // {y}",
                      printed=("0", "0"), symbol="//", domain=DIVISOR, kinks=(math.remainder,),
                      doc="x // y; its steps have slope 0.")
mod: Binary = binary_row("mod", operator.mod, 1.0, lambda x, y, z: -(x // y), operator="mod", formula="{x} % {y}",
                 printed=("1", "-({x} // {y})"), symbol="%", domain=DIVISOR, kinks=(math.remainder,),
                 flat=(None, lambda x, y: 0 < x < y or y < x < 0), flat_beside=(None, x_is_zero),
                 doc="x % y, with the sign of y.")
# x**0 has slope 0 everywhere and a constant exponent never evaluates log x.
pow: Binary = binary_row("pow", power, lambda x, y, z: pow_slope(x, y), lambda x, y, z: pow_log(x, y, 1.0),
                 operator="pow", formula="{x} ** {y}", printed=("{y} * {x} ** ({y} - 1)", "{x} ** {y} * log({x})"),
                 symbol="**", domain=Domain("x > 0, or x = 0 with y >= 0, or x < 0 with a whole y",
                                            lambda x, y: x > 0 or (x == 0 and y >= 0) or (x < 0 and y % 1 == 0)
                                            or x != x or y != y or (math.isinf(y) and x != 0),
                                            (0.0, 0.5, 1.0, 2.0, -1.0)),
                 flat_beside=(y_is_zero, lambda x, y: x == 1 or (x == 0 and y > 0)), doc="x ** y.")
neg: Unary = unary_row("neg", operator.neg, -1.0, operator="neg", formula="-{x}", printed=("-1",), symbol="-", doc="-x.")
identity: Unary = unary_row("identity", operator.pos, 1.0, operator="pos", formula="+{x}", printed=("1",), symbol="+",
                     doc="+x: the same number as a node of its own.")
# abs has slope 0 at 0.
abs: Unary = unary_row("abs", operator.abs, lambda x, z: sign(x), operator="abs", formula="abs({x})", printed=("sign({x})",),
                numpy_name="fabs", kinks=(at_zero,), doc="|x|.")

# --- Exponentials and logarithms -------------------------------------------------------------------------------

exp: Unary = unary_row("exp", math.exp, lambda x, z: z, printed=("{z}",), doc="e to the power x.")
exp2: Unary = unary_row("exp2", math.exp2, lambda x, z: LN2 * z, printed=("log(2) * {z}",), doc="2 to the power x.")
expm1: Unary = unary_row("expm1", math.expm1, lambda x, z: exp(x), printed=("exp({x})",), doc="exp(x) - 1, exact near 0.")
log: Unary = unary_row("log", math.log, lambda x, z: quotient(1.0, x), printed=("1 / {x}",), domain=POSITIVE,
                doc="The natural logarithm of x.")
log2: Unary = unary_row("log2", math.log2, lambda x, z: quotient(1.0 / LN2, x), printed=("1 / ({x} * log(2))",),
                 domain=POSITIVE, doc="The logarithm of x to base 2.")
log10: Unary = unary_row("log10", math.log10, lambda x, z: quotient(1.0 / LN10, x), printed=("1 / ({x} * log(10))",),
                  domain=POSITIVE, doc="The logarithm of x to base 10.")
log1p: Unary = unary_row("log1p", math.log1p, lambda x, z: quotient(1.0, 1.0 + x), printed=("1 / (1 + {x})",),
                  domain=Domain("x > -1", lambda x: x > -1, (-1.0, 0.0)), doc="log(1 + x), exact near 0.")
logaddexp: Binary = binary_row("logaddexp", series.logaddexp, lambda x, y, z: logaddexp_slope(x, y),
                       lambda x, y, z: logaddexp_slope(y, x),
                       printed=("sigmoid({x} - {y})", "sigmoid({y} - {x})"),
                       doc="log(exp(x) + exp(y)) without overflow.")

# --- Roots and powers ------------------------------------------------------------------------------------------

# sqrt has slope inf at 0.
sqrt: Unary = unary_row("sqrt", math.sqrt, lambda x, z: quotient(0.5, z), printed=("1 / (2 * {z})",),
                 domain=Domain("x >= 0", lambda x: x >= 0, (0.0, 1.0)), doc="The square root of x.")
cbrt: Unary = unary_row("cbrt", math.cbrt, lambda x, z: cbrt_slope(x, z), printed=("1 / (3 * {z}**2)",),
                 doc="The cube root of x.")
square: Unary = unary_row("square", lambda x: x * x, lambda x, z: 2.0 * x, formula="{x}**2", printed=("2 * {x}",),
                   doc="x * x.")
# hypot has slopes 0, 0 at (0, 0).
hypot: Binary = binary_row("hypot", math.hypot, lambda x, y, z: cosine(x, y), lambda x, y, z: cosine(y, x), printed=("{x} / {z}", "{y} / {z}"),
                   kinks=(math.hypot,), doc="sqrt(x*x + y*y) without overflow.")

# --- Trigonometry ----------------------------------------------------------------------------------------------

sin: Unary = unary_row("sin", math.sin, lambda x, z: cos(x), printed=("cos({x})",), domain=FINITE, doc="The sine of x.")
cos: Unary = unary_row("cos", math.cos, lambda x, z: -sin(x), printed=("-sin({x})",), domain=FINITE, doc="The cosine of x.")
tan: Unary = unary_row("tan", math.tan, lambda x, z: 1.0 + z * z, printed=("1 + {z}**2",), domain=FINITE,
                doc="The tangent of x.")
asin: Unary = unary_row("asin", math.asin, lambda x, z: quotient(1.0, sqrt(one_minus_square(x))), numpy_name="arcsin",
                 printed=("1 / sqrt(1 - {x}**2)",), domain=UNIT, doc="The angle in [-pi/2, pi/2] whose sine is x.")
acos: Unary = unary_row("acos", math.acos, lambda x, z: -quotient(1.0, sqrt(one_minus_square(x))), numpy_name="arccos",
                 printed=("-1 / sqrt(1 - {x}**2)",), domain=UNIT, doc="The angle in [0, pi] whose cosine is x.")
atan: Unary = unary_row("atan", math.atan, lambda x, z: polar_slope(1.0, x), numpy_name="arctan",
                 printed=("1 / (1 + {x}**2)",), doc="The angle in [-pi/2, pi/2] whose tangent is x.")
atan2: Binary = binary_row("atan2", math.atan2, lambda x, y, z: polar_slope(y, x), lambda x, y, z: -polar_slope(x, y),
                   numpy_name="arctan2", printed=("{y} / ({x}**2 + {y}**2)", "-{x} / ({x}**2 + {y}**2)"),
                   kinks=(math.hypot, lambda x, y: x if y < 0 else 1.0), flat_beside=(y_is_zero, x_is_zero),
                   doc="The angle of the point with ordinate x and abscissa y, in [-pi, pi].")
radians: Unary = unary_row("radians", math.radians, math.radians(1.0), numpy_name="deg2rad",
                    printed=("3.141592653589793 / 180",), doc="An angle of x degrees in radians.")
degrees: Unary = unary_row("degrees", math.degrees, math.degrees(1.0), numpy_name="rad2deg",
                    printed=("180 / 3.141592653589793",), doc="An angle of x radians in degrees.")
sinc: Unary = unary_row("sinc", lambda x: series.sinc_derivative(0.0, x), lambda x, z: sinc_derivative(1.0, x),
                 printed=("(cos(3.141592653589793 * {x}) - {z}) / {x}",),
                 doc="sin(pi x) / (pi x), 1 at 0, as in NumPy.")

# --- Hyperbolic functions --------------------------------------------------------------------------------------

sinh: Unary = unary_row("sinh", math.sinh, lambda x, z: cosh(x), printed=("cosh({x})",), doc="The hyperbolic sine of x.")
cosh: Unary = unary_row("cosh", math.cosh, lambda x, z: sinh(x), printed=("sinh({x})",), doc="The hyperbolic cosine of x.")
tanh: Unary = unary_row("tanh", math.tanh, lambda x, z: sech2(x), printed=("1 - {z}**2",), doc="The hyperbolic tangent of x.")
asinh: Unary = unary_row("asinh", math.asinh, lambda x, z: quotient(1.0, hypot(1.0, x)), numpy_name="arcsinh",
                  printed=("1 / sqrt(1 + {x}**2)",), doc="The inverse of sinh.")
acosh: Unary = unary_row("acosh", math.acosh, lambda x, z: quotient(1.0, sqrt(x - 1.0) * sqrt(x + 1.0)), numpy_name="arccosh",
                  printed=("1 / sqrt({x}**2 - 1)",), domain=Domain("x >= 1", lambda x: x >= 1, (1.0,)),
                  doc="The inverse of cosh.")
atanh: Unary = unary_row("atanh", math.atanh, lambda x, z: quotient(1.0, one_minus_square(x)), numpy_name="arctanh",
                  printed=("1 / (1 - {x}**2)",), domain=OPEN_UNIT, doc="The inverse of tanh.")

# --- Activations and piecewise functions -----------------------------------------------------------------------

sigmoid: Unary = unary_row("sigmoid", special.sigmoid, lambda x, z: sigmoid_slope(x), printed=("{z} * (1 - {z})",),
                    doc="1 / (1 + exp(-x)).")
softplus: Unary = unary_row("softplus", special.softplus, lambda x, z: sigmoid(x), printed=("sigmoid({x})",),
                     doc="log(1 + exp(x)).")
silu: Unary = unary_row("silu", activations.silu, lambda x, z: silu_slope(x), doc="x * sigmoid(x).",
                 printed=("sigmoid({x}) * (1 + {x} * sigmoid(-{x}))",))
gelu: Unary = unary_row("gelu", activations.gelu, lambda x, z: gelu_slope(x), doc="x times the normal distribution function at x.",
                 printed=("erfc(-{x} / sqrt(2)) / 2 + {x} * exp(-{x}**2 / 2) / sqrt(2 * 3.141592653589793)",))
gelu_tanh: Unary = unary_row("gelu_tanh", activations.gelu_tanh, lambda x, z: gelu_tanh_slope(x),
                      doc="The usual approximation of gelu by tanh, with 0.044715 as a float.", printed=("gelu_tanh_slope({x})",))
# relu has slope 0 at 0, leaky_relu its lower slope.
relu: Unary = unary_row("relu", lambda x: 0.0 if x <= 0 else x, lambda x, z: 1.0 if x > 0 else 0.0 if x <= 0 else NAN,
                 printed=("where({x} > 0, 1, 0)",), kinks=(at_zero,), flat=(lambda x: x < 0,), doc="The positive part of x.")
leaky_relu: Binary = binary_row("leaky_relu", lambda x, slope: x if x > 0 else slope * x,
                        lambda x, slope, z: 1.0 if x > 0 else slope, lambda x, slope, z: 0.0 if x > 0 else x,
                        default=0.01, printed=("where({x} > 0, 1, {y})", "where({x} > 0, 0, {x})"),
                        kinks=(lambda x, y: x,), flat=(None, lambda x, y: x > 0),
                        flat_beside=(lambda x, y: y == 0 and x < 0, x_is_zero),
                        doc="x where it is positive, else slope * x; with a Value as slope, the parametric ReLU.")
# Ties in maximum and minimum split their slope in halves.
maximum: Binary = binary_row("maximum", lambda x, y: x if x >= y or x != x else y, lambda x, y, z: larger(x, y),
                     lambda x, y, z: larger(y, x), printed=("where({x} > {y}, 1, 0)", "where({y} > {x}, 1, 0)"),
                     kinks=(difference,), flat=(is_less, is_greater), doc="The larger of x and y; NaN if either is.")
minimum: Binary = binary_row("minimum", lambda x, y: x if x <= y or x != x else y, lambda x, y, z: larger(y, x),
                     lambda x, y, z: larger(x, y), printed=("where({x} < {y}, 1, 0)", "where({y} < {x}, 1, 0)"),
                     kinks=(difference,), flat=(is_greater, is_less), doc="The smaller of x and y; NaN if either is.")
sign: Unary = unary_row("sign", lambda x: x if x != x else float((x > 0) - (x < 0)), 0.0, printed=("0",), kinks=(at_zero,),
                 doc="-1, 0 or 1, as x is negative, zero or positive; its steps have slope 0.")

# --- Error function and gamma function -------------------------------------------------------------------------

erf: Unary = unary_row("erf", math.erf, lambda x, z: TWO_OVER_SQRT_PI * gaussian(x, 1.0), doc="The error function.",
                printed=("2 / sqrt(3.141592653589793) * exp(-{x}**2)",))
erfc: Unary = unary_row("erfc", math.erfc, lambda x, z: -TWO_OVER_SQRT_PI * gaussian(x, 1.0), doc="1 - erf(x), exact.",
                 printed=("-2 / sqrt(3.141592653589793) * exp(-{x}**2)",))
gamma: Unary = unary_row("gamma", math.gamma, lambda x, z: gamma_derivative(1.0, x), printed=("{z} * polygamma(0, {x})",),
                  domain=NOT_A_POLE, doc="The gamma function.")
lgamma: Unary = unary_row("lgamma", math.lgamma, lambda x, z: polygamma(0.0, x), printed=("polygamma(0, {x})",),
                   domain=NOT_A_POLE, doc="The logarithm of |gamma(x)|.")
polygamma: Binary = binary_row("polygamma", polygamma_value, NAN, lambda n, x, z: polygamma(n + 1.0, x), shape=ORDER_AND_NUMBER,
                       printed=("nan", "polygamma({x} + 1, {y})"), method=False,
                       domain=Domain("a whole order x >= 0 and y other than 0, -1, -2, …",
                                     lambda n, x: n >= 0 and n % 1 == 0 and (x > 0 or x % 1 != 0)),
                       doc="The derivative of order x of the digamma function, at y, NaN above 170; the order is no variable.")


# --- Operations on many operands: one node, however many there are ---------------------------------------------

def running_sum(xs: Sequence[float]) -> float:
    """Left to right from 0.0: not the builtin, which compensates since Python 3.12."""
    total = 0.0
    for x in xs:
        total += x
    return total


def dot_value(operands: Sequence[float]) -> float:
    total = 0.0
    half = len(operands) // 2
    for x, y in zip(operands[:half], operands[half:], strict=True):
        total += x * y
    return total


def facing_a_zero(xs: Sequence[float], variable: Sequence[bool]) -> list[bool]:
    """Of a dot product: the factor on the other side is the plain number 0."""
    half = len(xs) // 2
    other = (*range(half, len(xs)), *range(half))
    return [xs[i] == 0 and not variable[i] for i in other]


def beside_a_zero(xs: Sequence[float], variable: Sequence[bool]) -> list[bool]:
    """Of a product: one of the others is the plain number 0."""
    zeros = [i for i, x in enumerate(xs) if x == 0 and not variable[i]]
    return [zeros not in ([], [i]) for i in range(len(xs))]


def flat_power_of_log(xyk: Sequence[float], variable: Sequence[bool]) -> tuple[bool, bool, bool]:
    """Of x**y * log(x)**k: a plain exponent 0 without a logarithm; a plain base whose power is the same all around."""
    x, y, k = xyk
    return not variable[1] and y == 0 == k, not variable[0] and (x == 1 or (x == 0 and y > 0)), False


def at_least_one(xs: Any) -> tuple[Any, ...]:
    numbers = items("mean", xs)
    if not numbers:
        raise ValueError("the mean of no numbers is not defined; got an empty list")
    return numbers


def list_and_start(xs: Any, start: Any = 0) -> tuple[Any, ...]:
    """As the builtin takes them, whose place `sum` may have taken by `import *`."""
    return items("sum", xs) if type(start) is int and start == 0 else (start, *items("sum", xs))


sum: Many = many_row("sum", ONE_LIST, running_sum, lambda xs, z: [1.0] * len(xs), gather=list_and_start, symbol="Σ", doc="The sum of a list, and of `start`.")
mean: Many = many_row("mean", ONE_LIST, lambda xs: running_sum(xs) / len(xs), lambda xs, z: [1.0 / len(xs)] * len(xs),
                gather=at_least_one,                doc="The mean of a list.")
prod: Many = many_row("prod", ONE_LIST, math.prod, prod_slopes, symbol="Π", flat=beside_a_zero,
                  doc="The product of a list.")
dot: Many = many_row("dot", TWO_LISTS, dot_value, lambda xs, z: (*xs[len(xs) // 2:], *xs[:len(xs) // 2]), symbol="·", flat=facing_a_zero,
               doc="The sum of the products of two lists: a neuron's weighted sum.")
norm: Many = many_row("norm", ONE_LIST, lambda xs: math.hypot(*xs), norm_slopes, kinks=(math.hypot,), doc="The square root of the sum of squares.")
logsumexp: Many = many_row("logsumexp", ONE_LIST, series.logsumexp, lambda xs, z: softmax(xs),
                       doc="log of the sum of all exp(x), without overflow.")
where: Many = many_row("where", Shape(("c", "x", "y")), lambda cxy: cxy[1] if cxy[0] else cxy[2],
                 lambda cxy, z: (0.0, 1.0, 0.0) if cxy[0] else (0.0, 0.0, 1.0),
                 flat=lambda cxy, variable: (True, not cxy[0], bool(cxy[0])), doc="x where the condition holds, else y; both have been computed.")

# The one of a list that the index before it names: `take` is its face.
taken: Many = many_row("take", ONE_LIST, chosen, chosen_slopes, symbol="[]", flat=not_chosen, public=False,
                 doc="The number of a list that the index before it names.")

# --- Rows that close the others: derivatives with a branch inside, so that every order works on Values ---------

residual: Binary = binary_row("residual", lambda x, y: special.residual(x, y, x - y), 0.0, 0.0, printed=("0", "0"), public=False,
                      doc="What rounding takes from x - y: no variable.")
stop: Unary = unary_row("stop", lambda x: x, 0.0, printed=("0",), public=False, doc="+x, through which no gradient passes.")
# A contribution in a sweep, never -0.0: in a sweep that is NOTHING.
chain: Binary = binary_row("chain", lambda g, d: g * d + 0.0, second, first, printed=("{y}", "{x}"), symbol="·",
                   flat_beside=FACTORS, public=False, doc="g * d.")
# For formulas in which one factor goes to 0 faster than the other to infinity, and the limit is 0.
times: Binary = binary_row("times", lambda x, y: x * y + 0.0 if x and y else 0.0, second, first, printed=("{y}", "{x}"),
                   symbol="·", flat_beside=FACTORS, public=False, doc="x * y, and 0 where either is exactly 0.")
quotient: Binary = binary_row("quotient", special.quotient, lambda a, b, z: quotient(1.0, b), lambda a, b, z: -over_square(a, b),
                      printed=("1 / {y}", "-{x} / {y}**2"), flat_beside=FRACTION, public=False, doc="a / b; by zero, inf or NaN.")
over_square: Binary = binary_row("over_square", special.over_square, lambda a, b, z: over_square(1.0, b),
                         lambda a, b, z: quotient(-2.0 * z, b), flat_beside=FRACTION, public=False, doc="a / b**2.",
                         printed=("1 / {y}**2", "-2 * {z} / {y}"))
polar_slope: Binary = binary_row("polar_slope", special.polar_slope,
                         lambda x, y, z: (polar_slope(y, x) - z) * (polar_slope(y, x) + z),
                         lambda x, y, z: -2.0 * times(z, polar_slope(y, x)), flat_beside=(None, lambda x, y: x == 0 and y != 0), public=False, allowance=NEAR_ROOTS, doc="x / (x*x + y*y).",
                         printed=("({y}**2 - {x}**2) / ({x}**2 + {y}**2)**2", "-2 * {x} * {y} / ({x}**2 + {y}**2)**2"))
one_minus_square: Unary = unary_row("one_minus_square", lambda x: (1.0 - x) * (1.0 + x), lambda x, z: -2.0 * x, public=False,
                             printed=("-2 * {x}",), doc="1 - x*x.")
cosine: Binary = binary_row("cosine", special.cosine, lambda x, y, z: cosine_slopes(x, y, z)[0], lambda x, y, z: cosine_slopes(x, y, z)[1],
                    public=False, kinks=(math.hypot,), doc="x / hypot(x, y), and 0 where both are 0.",
                    flat_beside=(lambda x, y: y == 0 and x != 0, lambda x, y: x == 0 and y != 0),
                    printed=("{y}**2 / hypot({x}, {y})**3", "-{x} * {y} / hypot({x}, {y})**3"))
unit: Binary = binary_row("unit", lambda x, r: special.quotient(x, r) if r else 0.0, lambda x, r, z: quotient(1.0, r),
                  lambda x, r, z: -over_square(x, r), flat_beside=FRACTION, public=False, doc="x / r for the length r of a vector, and 0 where that is 0.",
                  printed=("1 / {y}", "-{x} / {y}**2"))
larger: Binary = binary_row("larger", lambda x, y: 1.0 if x > y else 0.5 if x == y else 0.0 if x < y else NAN, 0.0, 0.0,
                    printed=("0", "0"), kinks=(difference,), public=False, doc="1 where x > y, ½ in a tie, else 0.")
sech2: Unary = unary_row("sech2", special.sech2, lambda x, z: -2.0 * tanh(x) * z, public=False, doc="1 - tanh(x)**2.",
                  printed=("-2 * tanh({x}) * {z}",))
gaussian: Binary = binary_row("gaussian", special.gaussian, lambda x, c, z: times_gaussian(-2.0 * c * x, x, c, z),
                      lambda x, c, z: times(z, -x * x), flat_beside=FACTORS, public=False, doc="exp(-c * x*x).",
                      printed=("-2 * {y} * {x} * {z}", "-{x}**2 * {z}"))
sigmoid_slope: Unary = unary_row("sigmoid_slope", lambda x: special.sigmoid(x) * special.sigmoid(-x), lambda x, z: -tanh(0.5 * x) * z,
                          public=False, printed=("-tanh({x} / 2) * {z}",), doc="The slope of sigmoid.")
silu_slope: Unary = unary_row("silu_slope", activations.silu_slope,
                       lambda x, z: silu_curve(x),
                       printed=("sigmoid({x}) * sigmoid(-{x}) * (2 + {x} * (sigmoid(-{x}) - sigmoid({x})))",),
                       public=False, allowance=NEAR_ROOTS, doc="The slope of silu.")
gelu_slope: Unary = unary_row("gelu_slope", activations.gelu_slope,
                       lambda x, z: gelu_curve(x),
                       printed=("exp(-{x}**2 / 2) * (2 - {x}**2) / sqrt(2 * 3.141592653589793)",),
                       public=False, allowance=NEAR_ROOTS, doc="The slope of gelu.")
gelu_tanh_slope: Unary = unary_row("gelu_tanh_slope", activations.gelu_tanh_slope, lambda x, z: gelu_tanh_curve(x), public=False,
                            printed=("gelu_tanh_curve({x})",), ulps=6, allowance=NEAR_ROOTS, doc="The slope of gelu_tanh.")
sinc_derivative: Binary = binary_row("sinc_derivative", series.sinc_derivative, NAN,
                             lambda n, x, z: sinc_derivative(n + 1.0, x), shape=ORDER_AND_NUMBER, public=False,
                             printed=("nan", "sinc_derivative({x} + 1, {y})"),
                             domain=Domain("a whole order x >= 0", lambda n, x: n >= 0 and n % 1 == 0),
                             allowance=NEAR_ROOTS, doc="The derivative of order x of sinc, at y; the order is no variable.")
product: Many = many_row("product", ONE_LIST, exact.product, lambda xs, z: product_slopes(xs), flat=beside_a_zero, public=False,
                   doc="The product of a list, rounded once: no part of it leaves the range of floats.")
gamma_derivative: Binary = binary_row("gamma_derivative", series.gamma_derivative, NAN,
                              lambda n, x, z: gamma_derivative(n + 1.0, x), shape=ORDER_AND_NUMBER, public=False,
                              printed=("nan", "gamma_derivative({x} + 1, {y})"),
                              domain=Domain("a whole order x >= 0 and y other than 0, -1, -2, …",
                                            lambda n, x: n >= 0 and n % 1 == 0 and (x > 0 or x % 1 != 0)),
                              doc="The derivative of order x of gamma, at y; the order is no variable.")
pow_slope: Binary = binary_row("pow_slope", special.pow_slope, lambda x, y, z: pow_curve(x, y, z),
                       lambda x, y, z: pow_slope_by_y(x, y), public=False,
                       flat_beside=(lambda x, y: y in (0, 1), lambda x, y: x == 0 and y > 1),
                       printed=("{y} * ({y} - 1) * {x} ** ({y} - 2)", "{x} ** ({y} - 1) * (1 + {y} * log({x}))"),
                       allowance=NEAR_ROOTS, doc="y * x**(y - 1), the slope of x**y by x.")
pow_log: Many = many_row("pow_log", Shape(("x", "y", "k"), orders=(2,)), lambda xyk: special.pow_log(*xyk), lambda xyk, z: pow_log_slopes(*xyk),
                   flat=flat_power_of_log, public=False, allowance=NEAR_ROOTS, doc="x**y * log(x)**k; the whole k is no variable.")
