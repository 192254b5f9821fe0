/* Kernels of the rows on one operand: the lines of ops.py again, in the same order of operations. */
#include "kernels.h"

#define LN2 0.6931471805599453
#define LN10 2.302585092994046
#define PI 3.141592653589793

/* A row whose value is a function of the C library that the math module hands on. */
#define LIBRARY(name, function, slope)                                                                                 \
    static int name(double x, double *value, double *dx)                                                               \
    {                                                                                                                  \
        double z = function(x);                                                                                        \
        *value = z;                                                                                                    \
        *dx = slope;                                                                                                   \
        return passed_on(x, z);                                                                                        \
    }

/* The same where the slope is itself such a function, which may overflow where the value does not. */
#define LIBRARY_TWICE(name, function, inner, sign)                                                                     \
    static int name(double x, double *value, double *dx)                                                               \
    {                                                                                                                  \
        double z = function(x), slope = inner(x);                                                                      \
        *value = z;                                                                                                    \
        *dx = sign slope;                                                                                              \
        return passed_on(x, z) && passed_on(x, slope);                                                                 \
    }

/* A row whose value and slope are quiet. */
#define QUIET(name, expression, slope)                                                                                 \
    static int name(double x, double *value, double *dx)                                                               \
    {                                                                                                                  \
        double z = expression;                                                                                         \
        *value = z;                                                                                                    \
        *dx = slope;                                                                                                   \
        return 1;                                                                                                      \
    }

/* The math module treats zero, negative numbers, infinity and NaN itself before it asks the library. */
#define LOGARITHM(name, function, least, slope)                                                                        \
    static int name(double x, double *value, double *dx)                                                               \
    {                                                                                                                  \
        if (!(x > least) || isinf(x))                                                                                  \
            return 0;                                                                                                  \
        *value = function(x);                                                                                          \
        *dx = slope;                                                                                                   \
        return 1;                                                                                                      \
    }

static double sign(double x) { return isnan(x) ? x : (double)((x > 0.0) - (x < 0.0)); }

QUIET(k_neg, -x, -1.0)
QUIET(k_identity, x, 1.0)
QUIET(k_abs, fabs(x), sign(x))
QUIET(k_square, x * x, 2.0 * x)
QUIET(k_sign, sign(x), NOTHING)
QUIET(k_relu, x <= 0.0 ? 0.0 : x, x > 0.0 ? 1.0 : x < 0.0 ? NOTHING : x == 0.0 ? 0.0 : Py_NAN)

static int k_sinc(double x, double *z, double *dx)
{
    return sinc_derivative(0.0, x, z) && sinc_derivative(1.0, x, dx);
}

LIBRARY(k_exp, exp, z)
LIBRARY(k_exp2, exp2, LN2 * z)
LIBRARY_TWICE(k_expm1, expm1, exp, +)
LOGARITHM(k_log, log, 0.0, quotient(1.0, x))
LOGARITHM(k_log2, log2, 0.0, quotient(1.0 / LN2, x))
LOGARITHM(k_log10, log10, 0.0, quotient(1.0 / LN10, x))
LOGARITHM(k_log1p, log1p, -1.0, quotient(1.0, 1.0 + x))
LIBRARY(k_sqrt, sqrt, quotient(0.5, z))

static double cbrt_slope(double x, double z)
{
    double slope = quotient(quotient(1.0 / 3.0, z), z), lost = cube_root_error(x, z);
    return lost != 0.0 ? slope - slope * (2.0 * lost) : slope;
}

LIBRARY(k_cbrt, cbrt, cbrt_slope(x, z))

LIBRARY_TWICE(k_sin, sin, cos, +)
LIBRARY_TWICE(k_cos, cos, sin, -)
LIBRARY(k_tan, tan, 1.0 + z * z)
LIBRARY(k_asin, asin, quotient(1.0, sqrt((1.0 - x) * (1.0 + x))))
LIBRARY(k_acos, acos, -quotient(1.0, sqrt((1.0 - x) * (1.0 + x))))
LIBRARY(k_atan, atan, polar_slope(1.0, x))
QUIET(k_radians, x *(PI / 180.0), PI / 180.0)
QUIET(k_degrees, x *(180.0 / PI), 180.0 / PI)
LIBRARY_TWICE(k_sinh, sinh, cosh, +)
LIBRARY_TWICE(k_cosh, cosh, sinh, +)
LIBRARY(k_tanh, tanh, fabs(x) < 0.5 ? 1.0 - z * z : sech2(x))
LIBRARY(k_acosh, acosh, quotient(1.0, sqrt(x - 1.0) * sqrt(x + 1.0)))
LIBRARY(k_atanh, atanh, quotient(1.0, (1.0 - x) * (1.0 + x)))

static int k_asinh(double x, double *z, double *dx)
{
    const double legs[2] = {1.0, x};
    double length;
    *z = asinh(x);
    if (!passed_on(x, *z) || !python_hypot(legs, 2, &length))
        return 0;
    *dx = quotient(1.0, length);
    return 1;
}

LIBRARY(k_erf, erf, 2.0 / sqrt(PI) * scaled_gaussian(x, 1.0, 1.0))
LIBRARY(k_erfc, erfc, -(2.0 / sqrt(PI)) * scaled_gaussian(x, 1.0, 1.0))

QUIET(k_sigmoid, sigmoid(x), z *sigmoid(-x))
QUIET(k_softplus, softplus(x), sigmoid(x))
QUIET(k_silu, silu(x), silu_slope(x))
QUIET(k_gelu, gelu(x), gelu_slope(x))
QUIET(k_gelu_tanh, gelu_tanh(x), gelu_tanh_slope(x))
QUIET(k_sigmoid_slope, sigmoid(x) * sigmoid(-x), -tanh(0.5 * x) * z)
QUIET(k_one_minus_square, (1.0 - x) * (1.0 + x), -2.0 * x)
QUIET(k_sech2, sech2(x), -2.0 * tanh(x) * z)
QUIET(k_gelu_slope, gelu_slope(x), gelu_curve(x))
QUIET(k_silu_slope, silu_slope(x), silu_curve(x))
QUIET(k_gelu_tanh_slope, gelu_tanh_slope(x), gelu_tanh_curve(x))

#define ROW(name) {#name, (void *)k_##name, FLAT_BY_ROW, 0}

#define FLAT(name) {#name, (void *)k_##name, FLAT_BY_KERNEL, 0}

Kernel unary_kernels[] = {
    ROW(neg), ROW(identity), ROW(abs), ROW(square), FLAT(sign), FLAT(relu), ROW(exp), ROW(exp2), ROW(expm1), ROW(log),
    ROW(log2), ROW(log10), ROW(log1p), ROW(sqrt), ROW(cbrt), ROW(sin), ROW(cos), ROW(tan), ROW(asin), ROW(acos),
    ROW(atan), ROW(sinh), ROW(cosh), ROW(tanh), ROW(asinh), ROW(acosh), ROW(atanh), ROW(erf), ROW(erfc), ROW(sigmoid),
    ROW(softplus), ROW(silu), ROW(gelu), ROW(gelu_tanh), ROW(sech2), ROW(sigmoid_slope),
    ROW(one_minus_square), ROW(silu_slope), ROW(gelu_slope),
    ROW(gelu_tanh_slope), ROW(sinc), ROW(radians), ROW(degrees), {NULL, NULL, FLAT_BY_ROW, 0},
};
