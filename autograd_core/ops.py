"""The table of operations, in which each operation has one row that states everything about it.

A row states the operation's value on floats, its local derivative with respect to each operand (as a function of the
operands and the result), and what is needed to print, draw and check the operation. The row is named after the variable
that it is assigned to. The derivatives call functions from this table, so they work on floats and on Values, and the
same formulas give derivatives of every order. Wherever the value exists, the derivatives are accurate and never raise
an exception. A derivative whose code has to branch is a separate row. The printed form of a derivative is derived from
its code; a row states the printed form only if it cannot be derived, or if a person would write it differently.
"""

from __future__ import annotations

import math
import operator

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
from ._operations.domains import (
    DIVISOR,
    FACTORS,
    FINITE,
    FRACTION,
    NOT_A_POLE,
    NOT_NEGATIVE_Y,
    OPEN_UNIT,
    ORDERS,
    ORDERS_OFF_POLES,
    POSITIVE,
    POWERS,
    UNIT,
    at_zero,
    beside_a_zero,
    difference,
    facing_a_zero,
    flat_power_of_log,
    is_greater,
    is_less,
    x_is_zero,
    y_is_zero,
)
from ._operations.functions import Binary, Many, Unary, binary_row, many_row, publish, unary_row
from ._operations.integers import chosen, chosen_slopes, not_chosen
from ._operations.operation import Domain, first, second
from ._operations.shape import ONE_LIST, ORDER_AND_NUMBER, TWO_LISTS, Shape
from ._operations.values import at_least_one, dot_value, list_and_start, polygamma_value, power, running_sum

NAN = math.nan
LN2, LN10 = math.log(2.0), math.log(10.0)
TWO_OVER_SQRT_PI = 2.0 / math.sqrt(math.pi)
NEAR_ROOTS = "a second derivative: near its roots, the effect of rounding the operands dominates"

# --- Operators -------------------------------------------------------------------------------------------------

add: Binary = binary_row(operator.add, 1.0, 1.0,
    doc="x + y.", formula="{x} + {y}", symbol="+", operator="add")
sub: Binary = binary_row(operator.sub, 1.0, -1.0,
    doc="x - y.", formula="{x} - {y}", symbol="-", operator="sub")
mul: Binary = binary_row(operator.mul, second, first,
    doc="x * y.", formula="{x} * {y}", symbol="*", operator="mul", flat_beside=FACTORS)
div: Binary = binary_row(operator.truediv, lambda x, y, z: quotient(1.0, y), lambda x, y, z: -over_square(x, y),
    doc="x / y.", formula="{x} / {y}", symbol="/", operator="truediv", domain=DIVISOR, flat_beside=FRACTION)
floordiv: Binary = binary_row(operator.floordiv, 0.0, 0.0,
    doc="x // y; the slope is 0 everywhere.", formula="{x} // {y}", symbol="//", operator="floordiv", domain=DIVISOR,
    kinks=(math.remainder,))
mod: Binary = binary_row(operator.mod, 1.0, lambda x, y, z: -(x // y),
    doc="x % y, with the sign of y.", formula="{x} % {y}", symbol="%", operator="mod", domain=DIVISOR,
    kinks=(math.remainder,), flat=(None, lambda x, y: 0 < x < y or y < x < 0), flat_beside=(None, x_is_zero))
# x**0 has slope 0 everywhere, and log x is never evaluated if the exponent is constant.
pow: Binary = binary_row(power, lambda x, y, z: pow_slope(x, y), lambda x, y, z: pow_log(x, y, 1.0),
    doc="x ** y.", formula="{x} ** {y}", printed=("{y} * {x} ** ({y} - 1)", "{x} ** {y} * log({x})"), symbol="**",
    operator="pow", domain=POWERS, flat_beside=(y_is_zero, lambda x, y: x == 1 or (x == 0 and y > 0)))
neg: Unary = unary_row(operator.neg, -1.0,
    doc="-x.", formula="-{x}", symbol="-", operator="neg")
identity: Unary = unary_row(operator.pos, 1.0,
    doc="+x; for a Value, a new node that holds the same number.", formula="+{x}", symbol="+", operator="pos")
# The slope of abs at 0 is 0.
abs: Unary = unary_row(operator.abs, lambda x, z: sign(x),
    doc="|x|.", formula="abs({x})", operator="abs", numpy_name="fabs", kinks=(at_zero,))

# --- Exponentials and logarithms -------------------------------------------------------------------------------

exp: Unary = unary_row(math.exp, lambda x, z: z,
    doc="e to the power x.")
exp2: Unary = unary_row(math.exp2, lambda x, z: LN2 * z,
    doc="2 to the power x.", printed="log(2) * {z}")
expm1: Unary = unary_row(math.expm1, lambda x, z: exp(x),
    doc="exp(x) - 1, accurate near 0.")
log: Unary = unary_row(math.log, lambda x, z: quotient(1.0, x),
    doc="The natural logarithm of x.", domain=POSITIVE)
log2: Unary = unary_row(math.log2, lambda x, z: quotient(1.0 / LN2, x),
    doc="The logarithm of x to base 2.", printed="1 / ({x} * log(2))", domain=POSITIVE)
log10: Unary = unary_row(math.log10, lambda x, z: quotient(1.0 / LN10, x),
    doc="The logarithm of x to base 10.", printed="1 / ({x} * log(10))", domain=POSITIVE)
log1p: Unary = unary_row(math.log1p, lambda x, z: quotient(1.0, 1.0 + x),
    doc="log(1 + x), accurate near 0.", domain=Domain("x > -1", lambda x: x > -1, (-1.0, 0.0)))
logaddexp: Binary = binary_row(series.logaddexp, lambda x, y, z: logaddexp_slope(x, y),
    lambda x, y, z: logaddexp_slope(y, x),
    doc="log(exp(x) + exp(y)) without overflow.", printed=("sigmoid({x} - {y})", "sigmoid({y} - {x})"))

# --- Roots and powers ------------------------------------------------------------------------------------------

# The slope of sqrt at 0 is inf.
sqrt: Unary = unary_row(math.sqrt, lambda x, z: quotient(0.5, z),
    doc="The square root of x.", printed="1 / (2 * {z})", domain=Domain("x >= 0", lambda x: x >= 0, (0.0, 1.0)))
cbrt: Unary = unary_row(math.cbrt, lambda x, z: cbrt_slope(x, z),
    doc="The cube root of x.", printed="1 / (3 * {z}**2)")
square: Unary = unary_row(lambda x: x * x, lambda x, z: 2.0 * x,
    doc="x * x.", formula="{x}**2")
# Both slopes of hypot at (0, 0) are 0.
hypot: Binary = binary_row(math.hypot, lambda x, y, z: cosine(x, y), lambda x, y, z: cosine(y, x),
    doc="sqrt(x*x + y*y) without overflow.", printed=("{x} / {z}", "{y} / {z}"), kinks=(math.hypot,))

# --- Trigonometry ----------------------------------------------------------------------------------------------

sin: Unary = unary_row(math.sin, lambda x, z: cos(x),
    doc="The sine of x.", domain=FINITE)
cos: Unary = unary_row(math.cos, lambda x, z: -sin(x),
    doc="The cosine of x.", domain=FINITE)
tan: Unary = unary_row(math.tan, lambda x, z: 1.0 + z * z,
    doc="The tangent of x.", domain=FINITE)
asin: Unary = unary_row(math.asin, lambda x, z: quotient(1.0, sqrt(one_minus_square(x))),
    doc="The angle in [-pi/2, pi/2] whose sine is x.", numpy_name="arcsin", domain=UNIT)
acos: Unary = unary_row(math.acos, lambda x, z: -quotient(1.0, sqrt(one_minus_square(x))),
    doc="The angle in [0, pi] whose cosine is x.", numpy_name="arccos", domain=UNIT)
atan: Unary = unary_row(math.atan, lambda x, z: polar_slope(1.0, x),
    doc="The angle in [-pi/2, pi/2] whose tangent is x.", numpy_name="arctan")
atan2: Binary = binary_row(math.atan2, lambda x, y, z: polar_slope(y, x), lambda x, y, z: -polar_slope(x, y),
    doc="The angle of the point with ordinate x and abscissa y, in [-pi, pi].", numpy_name="arctan2",
    kinks=(math.hypot, lambda x, y: x if y < 0 else 1.0), flat_beside=(y_is_zero, x_is_zero))
radians: Unary = unary_row(math.radians, math.radians(1.0),
    doc="An angle of x degrees, in radians.", printed="3.141592653589793 / 180", numpy_name="deg2rad")
degrees: Unary = unary_row(math.degrees, math.degrees(1.0),
    doc="An angle of x radians, in degrees.", printed="180 / 3.141592653589793", numpy_name="rad2deg")
sinc: Unary = unary_row(lambda x: series.sinc_derivative(0.0, x), lambda x, z: sinc_derivative(1.0, x),
    doc="sin(pi x) / (pi x), with the value 1 at 0, as in NumPy.", printed="(cos(3.141592653589793 * {x}) - {z}) / {x}")

# --- Hyperbolic functions --------------------------------------------------------------------------------------

sinh: Unary = unary_row(math.sinh, lambda x, z: cosh(x),
    doc="The hyperbolic sine of x.")
cosh: Unary = unary_row(math.cosh, lambda x, z: sinh(x),
    doc="The hyperbolic cosine of x.")
tanh: Unary = unary_row(math.tanh, lambda x, z: sech2(x),
    doc="The hyperbolic tangent of x.", printed="1 - {z}**2")
asinh: Unary = unary_row(math.asinh, lambda x, z: quotient(1.0, hypot(1.0, x)),
    doc="The inverse of sinh.", printed="1 / sqrt(1 + {x}**2)", numpy_name="arcsinh")
acosh: Unary = unary_row(math.acosh, lambda x, z: quotient(1.0, sqrt(x - 1.0) * sqrt(x + 1.0)),
    doc="The inverse of cosh.", printed="1 / sqrt({x}**2 - 1)", numpy_name="arccosh",
    domain=Domain("x >= 1", lambda x: x >= 1, (1.0,)))
atanh: Unary = unary_row(math.atanh, lambda x, z: quotient(1.0, one_minus_square(x)),
    doc="The inverse of tanh.", numpy_name="arctanh", domain=OPEN_UNIT)

# --- Activations and piecewise functions -----------------------------------------------------------------------

sigmoid: Unary = unary_row(special.sigmoid, lambda x, z: sigmoid_slope(x),
    doc="1 / (1 + exp(-x)).", printed="{z} * (1 - {z})")
softplus: Unary = unary_row(special.softplus, lambda x, z: sigmoid(x),
    doc="log(1 + exp(x)).")
silu: Unary = unary_row(activations.silu, lambda x, z: silu_slope(x),
    doc="x * sigmoid(x).", printed="sigmoid({x}) * (1 + {x} * sigmoid(-{x}))")
gelu: Unary = unary_row(activations.gelu, lambda x, z: gelu_slope(x),
    doc="x times the normal distribution function at x.",
    printed="erfc(-{x} / sqrt(2)) / 2 + {x} * exp(-{x}**2 / 2) / sqrt(2 * 3.141592653589793)")
gelu_tanh: Unary = unary_row(activations.gelu_tanh, lambda x, z: gelu_tanh_slope(x),
    doc="The usual tanh approximation of gelu, with 0.044715 rounded to a float.", printed="")
# At 0, the slope of relu is 0, and the slope of leaky_relu is its second operand.
relu: Unary = unary_row(lambda x: 0.0 if x <= 0 else x, lambda x, z: 1.0 if x > 0 else 0.0 if x <= 0 else NAN,
    doc="The positive part of x.", printed="where({x} > 0, 1, 0)", kinks=(at_zero,), flat=(lambda x: x < 0,))
leaky_relu: Binary = binary_row(lambda x, slope: x if x > 0 else slope * x,
    lambda x, slope, z: 1.0 if x > 0 else slope, lambda x, slope, z: 0.0 if x > 0 else x,
    doc="x if x is positive, else slope * x; if the slope is a Value, this is the parametric ReLU.",
    printed=("where({x} > 0, 1, {y})", "where({x} > 0, 0, {x})"), default=0.01, kinks=(lambda x, y: x,),
    flat=(None, lambda x, y: x > 0), flat_beside=(lambda x, y: y == 0 and x < 0, x_is_zero))
# In a tie, the slope of maximum or minimum with respect to each operand is ½.
maximum: Binary = binary_row(lambda x, y: x if x >= y or x != x else y, lambda x, y, z: larger(x, y),
    lambda x, y, z: larger(y, x),
    doc="The larger of x and y; NaN if either is NaN.", kinks=(difference,), flat=(is_less, is_greater))
minimum: Binary = binary_row(lambda x, y: x if x <= y or x != x else y, lambda x, y, z: larger(y, x),
    lambda x, y, z: larger(x, y),
    doc="The smaller of x and y; NaN if either is NaN.", kinks=(difference,), flat=(is_greater, is_less))
sign: Unary = unary_row(lambda x: x if x != x else float((x > 0) - (x < 0)), 0.0,
    doc="-1, 0 or 1 if x is negative, zero or positive; the slope is 0 everywhere.", kinks=(at_zero,))

# --- Error function and gamma function -------------------------------------------------------------------------

erf: Unary = unary_row(math.erf, lambda x, z: TWO_OVER_SQRT_PI * gaussian(x, 1.0),
    doc="The error function.", printed="2 / sqrt(3.141592653589793) * exp(-{x}**2)")
erfc: Unary = unary_row(math.erfc, lambda x, z: -TWO_OVER_SQRT_PI * gaussian(x, 1.0),
    doc="1 - erf(x), accurate even where the result is tiny.", printed="-2 / sqrt(3.141592653589793) * exp(-{x}**2)")
gamma: Unary = unary_row(math.gamma, lambda x, z: gamma_derivative(1.0, x),
    doc="The gamma function.", printed="{z} * polygamma(0, {x})", domain=NOT_A_POLE)
lgamma: Unary = unary_row(math.lgamma, lambda x, z: polygamma(0.0, x),
    doc="The logarithm of |gamma(x)|.", domain=NOT_A_POLE)
polygamma: Binary = binary_row(polygamma_value, NAN, lambda n, x, z: polygamma(n + 1.0, x),
    doc="The derivative of order x of the digamma function at y; NaN if x > 170. The order is not a variable.",
    shape=ORDER_AND_NUMBER, method=False,
    domain=ORDERS_OFF_POLES)

# --- Operations on many operands: one node for any number of them ---------------------------------------------

sum: Many = many_row(ONE_LIST, running_sum, lambda xs, z: [1.0] * len(xs),
    doc="The sum of a list, plus `start`.", symbol="Σ", gather=list_and_start)
mean: Many = many_row(ONE_LIST, lambda xs: running_sum(xs) / len(xs), lambda xs, z: [1.0 / len(xs)] * len(xs),
    doc="The mean of a list.", gather=at_least_one)
prod: Many = many_row(ONE_LIST, math.prod, prod_slopes,
    doc="The product of a list.", symbol="Π", flat=beside_a_zero)
dot: Many = many_row(TWO_LISTS, dot_value, lambda xs, z: (*xs[len(xs) // 2:], *xs[:len(xs) // 2]),
    doc="The sum of the products of corresponding numbers in two lists, such as a weighted sum.", symbol="·",
    flat=facing_a_zero)
norm: Many = many_row(ONE_LIST, lambda xs: math.hypot(*xs), norm_slopes,
    doc="The square root of the sum of squares.", kinks=(math.hypot,))
logsumexp: Many = many_row(ONE_LIST, series.logsumexp, lambda xs, z: softmax(xs),
    doc="The logarithm of the sum of exp(x) over a list, without overflow.")
where: Many = many_row(Shape(("c", "x", "y")), lambda cxy: cxy[1] if cxy[0] else cxy[2],
    lambda cxy, z: (0.0, 1.0, 0.0) if cxy[0] else (0.0, 0.0, 1.0),
    doc="x if the condition c is true, else y; both x and y are computed in either case.",
    flat=lambda cxy, variable: (True, not cxy[0], bool(cxy[0])))

# The first operand is the index; the public function is `take` in choosing.py.
take: Many = many_row(ONE_LIST, chosen, chosen_slopes,
    doc="The element of a list at the index that precedes the list.", symbol="[]", public=False, flat=not_chosen)

# --- Derivatives that have to branch: as separate rows, they can be differentiated to every order --------------

residual: Binary = binary_row(lambda x, y: special.residual(x, y, x - y), 0.0, 0.0,
    doc="The rounding error of x - y; treated as a constant.", public=False)
stop: Unary = unary_row(lambda x: x, 0.0,
    doc="+x, through which no gradient passes.", public=False)
# The contribution of an edge to a sweep. It is never -0.0, which the sweep would read as "no contribution".
chain: Binary = binary_row(lambda g, d: g * d + 0.0, second, first,
    doc="g * d.", formula="{x} * {y}", symbol="·", public=False, flat_beside=FACTORS)
# For products whose limit is 0 because one factor goes to 0 faster than the other goes to infinity.
times: Binary = binary_row(lambda x, y: x * y + 0.0 if x and y else 0.0, second, first,
    doc="x * y, or 0 if either is exactly 0.", formula="{x} * {y}", symbol="·", public=False, flat_beside=FACTORS)
quotient: Binary = binary_row(special.quotient, lambda a, b, z: quotient(1.0, b), lambda a, b, z: -over_square(a, b),
    doc="a / b; division by zero gives inf or NaN.", formula="{x} / {y}", public=False, flat_beside=FRACTION)
over_square: Binary = binary_row(special.over_square, lambda a, b, z: over_square(1.0, b),
    lambda a, b, z: quotient(-2.0 * z, b),
    doc="a / b**2.", formula="{x} / {y}**2", public=False, flat_beside=FRACTION)
polar_slope: Binary = binary_row(special.polar_slope,
    lambda x, y, z: (polar_slope(y, x) - z) * (polar_slope(y, x) + z),
    lambda x, y, z: -2.0 * times(z, polar_slope(y, x)),
    doc="x / (x*x + y*y).", formula="{x} / ({x}**2 + {y}**2)",
    printed=("({y}**2 - {x}**2) / ({x}**2 + {y}**2)**2", "-2 * {x} * {y} / ({x}**2 + {y}**2)**2"), public=False,
    flat_beside=(None, lambda x, y: x == 0 and y != 0), allowance=NEAR_ROOTS)
one_minus_square: Unary = unary_row(lambda x: (1.0 - x) * (1.0 + x), lambda x, z: -2.0 * x,
    doc="1 - x*x.", formula="1 - {x}**2", public=False)
cosine: Binary = binary_row(special.cosine, lambda x, y, z: cosine_slopes(x, y, z)[0],
    lambda x, y, z: cosine_slopes(x, y, z)[1],
    doc="x / hypot(x, y), or 0 if both operands are 0.", formula="{x} / hypot({x}, {y})",
    printed=("{y}**2 / hypot({x}, {y})**3", "-{x} * {y} / hypot({x}, {y})**3"), public=False, kinks=(math.hypot,),
    flat_beside=(lambda x, y: y == 0 and x != 0, lambda x, y: x == 0 and y != 0))
unit: Binary = binary_row(lambda x, r: special.quotient(x, r) if r else 0.0, lambda x, r, z: quotient(1.0, r),
    lambda x, r, z: -over_square(x, r),
    doc="x / r, where r is the length of a vector; 0 if r is 0.", public=False,
    flat_beside=FRACTION)
larger: Binary = binary_row(lambda x, y: 1.0 if x > y else 0.5 if x == y else 0.0 if x < y else NAN, 0.0, 0.0,
    doc="1 if x > y, ½ in a tie, else 0.", formula="where({x} > {y}, 1, where({x} == {y}, 0.5, 0))", public=False,
    kinks=(difference,))
sech2: Unary = unary_row(special.sech2, lambda x, z: -2.0 * tanh(x) * z,
    doc="1 - tanh(x)**2.", formula="1 - tanh({x})**2", public=False)
gaussian: Binary = binary_row(special.gaussian, lambda x, c, z: times_gaussian(-2.0 * c * x, x, c, z),
    lambda x, c, z: times(z, -x * x),
    doc="exp(-c * x*x).", formula="exp(-{y} * {x}**2)", printed=("-2 * {y} * {x} * {z}", "-{x}**2 * {z}"),
    public=False, domain=NOT_NEGATIVE_Y, flat_beside=FACTORS)
sigmoid_slope: Unary = unary_row(lambda x: special.sigmoid(x) * special.sigmoid(-x), lambda x, z: -tanh(0.5 * x) * z,
    doc="The slope of sigmoid.", formula="sigmoid({x}) * sigmoid(-{x})", printed="-tanh({x} / 2) * {z}", public=False)
silu_slope: Unary = unary_row(activations.silu_slope, lambda x, z: silu_curve(x),
    doc="The slope of silu.", printed="sigmoid({x}) * sigmoid(-{x}) * (2 + {x} * (sigmoid(-{x}) - sigmoid({x})))",
    public=False, allowance=NEAR_ROOTS)
gelu_slope: Unary = unary_row(activations.gelu_slope, lambda x, z: gelu_curve(x),
    doc="The slope of gelu.", printed="exp(-{x}**2 / 2) * (2 - {x}**2) / sqrt(2 * 3.141592653589793)", public=False,
    allowance=NEAR_ROOTS)
gelu_tanh_slope: Unary = unary_row(activations.gelu_tanh_slope, lambda x, z: gelu_tanh_curve(x),
    doc="The slope of gelu_tanh.", printed="", public=False, ulps=6, allowance=NEAR_ROOTS)
sinc_derivative: Binary = binary_row(series.sinc_derivative, NAN, lambda n, x, z: sinc_derivative(n + 1.0, x),
    doc="The derivative of order x of sinc at y; the order is not a variable.", shape=ORDER_AND_NUMBER, public=False,
    domain=ORDERS, allowance=NEAR_ROOTS)
product: Many = many_row(ONE_LIST, exact.product, lambda xs, z: product_slopes(xs),
    doc="The product of a list, rounded once, even if a partial product leaves the range of floats.", public=False,
    flat=beside_a_zero)
gamma_derivative: Binary = binary_row(series.gamma_derivative, NAN, lambda n, x, z: gamma_derivative(n + 1.0, x),
    doc="The derivative of order x of gamma at y; the order is not a variable.", shape=ORDER_AND_NUMBER, public=False,
    domain=ORDERS_OFF_POLES)
pow_slope: Binary = binary_row(special.pow_slope, lambda x, y, z: pow_curve(x, y, z),
    lambda x, y, z: pow_slope_by_y(x, y),
    doc="y * x**(y - 1), the slope of x**y with respect to x.",
    printed=("{y} * ({y} - 1) * {x} ** ({y} - 2)", "{x} ** ({y} - 1) * (1 + {y} * log({x}))"), public=False,
    flat_beside=(lambda x, y: y in (0, 1), lambda x, y: x == 0 and y > 1), allowance=NEAR_ROOTS)
pow_log: Many = many_row(Shape(("x", "y", "k"), orders=(2,)), lambda xyk: special.pow_log(*xyk),
    lambda xyk, z: pow_log_slopes(*xyk),
    doc="x**y * log(x)**k; k is not a variable.", public=False, flat=flat_power_of_log, allowance=NEAR_ROOTS)

publish(globals())
