/* _operations/special.py in C, step by step the same. See there for why each formula is as it is. */
#include "special.h"

#include <errno.h>
#include <float.h>

static const double SILU_NEAR_ROOT[] = {
    0.21740336854059594, 0.1465432932649427, 0.019001712808600888, -0.015149036257066342, -0.006608259930828664,
    0.00011331223299089696, 0.0007948936865031039, 0.00018660922983321189, -4.027786972893193e-05,
    -2.956008827041391e-05,
};

double quotient(double a, double b)
{
    if (b != 0.0)
        return a / b;
    return a == 0.0 || isnan(a) ? Py_NAN : copysign(Py_HUGE_VAL, a) * copysign(1.0, b);
}

double over_square(double a, double b)
{
    int ae, be;
    if (a == 0.0 || b == 0.0 || !isfinite(a) || !isfinite(b))
        return quotient(a, fabs(b));
    double am = frexp(a, &ae), bm = frexp(b, &be);
    return ldexp(am / (bm * bm), ae - 2 * be);
}

double polar_slope(double x, double y)
{
    int e, xe;
    if (isnan(x) || isnan(y) || (x == 0.0 && y == 0.0))
        return Py_NAN;
    if (isinf(x) || isinf(y))
        return copysign(0.0, x);
    frexp(fabs(y) > fabs(x) ? fabs(y) : fabs(x), &e);
    double a = ldexp(x, -e), b = ldexp(y, -e);
    double xm = frexp(x, &xe);
    return ldexp(xm / (a * a + b * b), xe - 2 * e);
}

double sech2(double x)
{
    if (fabs(x) < 0.5) {
        double t = tanh(x);
        return 1.0 - t * t;
    }
    double e = exp(-2.0 * fabs(x));
    return 4.0 * e / (1.0 + e * (2.0 + e));
}

double sigmoid(double x)
{
    double e = exp(-fabs(x));
    return x >= 0.0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
}

double softplus(double x) { return (0.0 > x ? 0.0 : x) + log1p(exp(-fabs(x))); }

double polynomial(const double *coefficients, int count, double x)
{
    double total = 0.0;
    while (count-- > 0)
        total = total * x + coefficients[count];
    return total;
}

static double scaled_exp(double factor, double w, double v)
{
    factor += factor * expm1(-v);
    if (w < 700.0)
        return factor * exp(-w);
    return factor * exp(652.0 - w) * 6.918274648626584e-284;
}

double gate(double x, double w, double v)
{
    return x >= 0.0 ? x / (1.0 + scaled_exp(1.0, w, v)) : scaled_exp(x / (1.0 + exp(-w)), w, v);
}

double gate_slope(double x, double w, double v, double rest)
{
    double e = exp(-w), square = 1.0 + e * (2.0 + e);
    if (x >= 0.0)
        return (1.0 + e * (1.0 + w + rest)) / square;
    return scaled_exp(((1.0 - w) + (e - (rest + v))) / square, w, v);
}

double silu(double x) { return x < -800.0 ? -0.0 : gate(x, fabs(x), 0.0); }

double silu_slope(double x)
{
    if (fabs(x) > 800.0)
        return x > 0.0 ? 1.0 : -0.0;
    if (-1.40625 <= x && x <= -1.15625)
        return (x - -1.2784645427610737 + 1.0946994183093437e-16) *
               polynomial(SILU_NEAR_ROOT, LENGTH(SILU_NEAR_ROOT), x + 1.28125);
    return gate_slope(x, fabs(x), 0.0, 0.0);
}

static double high(double x)
{
    double t = 134217729.0 * x;
    return t - (t - x);
}

double product_error(double a, double b, double p)
{
    double ah = high(a), bh = high(b);
    double al = a - ah, bl = b - bh;
    return ((ah * bh - p) + ah * bl + al * bh) + al * bl;
}

double cube_root_error(double x, double z)
{
    int e;
    if (x == 0.0 || !isfinite(x))
        return 0.0;
    frexp(x, &e);
    e = (int)floor(e / 3.0);
    x = ldexp(x, -3 * e);
    z = ldexp(z, -e);
    double square = z * z, cube = square * z;
    return ((x - cube) - product_error(square, z, cube) - product_error(z, z, square) * z) / (3.0 * x);
}

double scaled_gaussian(double x, double c, double factor)
{
    if (fabs(x) > 40.0)
        return 0.0 * factor;
    double h = high(x);
    return scaled_exp(factor, c * h * h, c * (x - h) * (x + h));
}

/* From ops.py: a factor times z = gaussian(x, c). */
double times_gaussian(double factor, double x, double c, double z)
{
    if (z > 0x1p-960)
        return times(z, factor);
    double half = scaled_gaussian(x, 0.5 * c, 1.0);
    return times(times(half, factor), half);
}

double residual(double a, double b, double d)
{
    if (!isfinite(d))
        return 0.0;
    return fabs(a) >= fabs(b) ? (a - d) - b : a - (b + d);
}

/* --- Powers ------------------------------------------------------------------------------------------------- */

static int is_odd(double y) { return fmod(fabs(y), 2.0) == 1.0; }

int float_power(double x, double y, double *z)
{
    int negative = 0;
    if (y == 0.0) {
        *z = 1.0;
    } else if (isnan(x)) {
        *z = x;
    } else if (isnan(y)) {
        *z = x == 1.0 ? 1.0 : y;
    } else if (isinf(y)) {
        *z = fabs(x) == 1.0 ? 1.0 : (y > 0.0) == (fabs(x) > 1.0) ? fabs(y) : 0.0;
    } else if (isinf(x)) {
        *z = y > 0.0 ? (is_odd(y) ? x : fabs(x)) : (is_odd(y) ? copysign(0.0, x) : 0.0);
    } else if (x == 0.0) {
        if (y < 0.0)
            return 0;
        *z = is_odd(y) ? x : 0.0;
    } else {
        if (x < 0.0) {
            if (y != floor(y))
                return 0;
            x = -x;
            negative = is_odd(y);
        }
        *z = 1.0;
        if (x != 1.0) {
            errno = 0;
            *z = pow(x, y);
            if (isinf(*z) || (errno != 0 && !(errno == ERANGE && *z == 0.0)))
                return 0;
        }
        if (negative)
            *z = -*z;
    }
    return 1;
}

static double power_quiet(double x, double y)
{
    double z;
    if (x < 0.0 && isfinite(x) && isfinite(y) && fmod(y, 1.0) != 0.0)
        return Py_NAN;
    if (float_power(x, y, &z))
        return z;
    return is_odd(y) ? copysign(Py_HUGE_VAL, x) : Py_HUGE_VAL;
}

int is_normal(double x) { return DBL_MIN <= fabs(x) && fabs(x) < Py_HUGE_VAL; }

double power_slope(double x, double y)
{
    if (y == 0.0)
        return 0.0;
    if (copysign(1.0, x) < 0.0 && isfinite(y) && fmod(y, 1.0) == 0.0)
        return fmod(y, 2.0) != 0.0 ? power_slope(-x, y) : -power_slope(-x, y);
    if (x < 0.0)
        return Py_NAN;
    double e = y - 1.0;
    if (x == 0.0 || isinf(x) || isinf(y)) {
        double power = power_quiet(fabs(x), e);
        return power != 0.0 ? y * power : 0.0;
    }
    if (y - e == 1.0 && e + 1.0 == y) {
        double power = power_quiet(x, e);
        if (is_normal(power))
            return y * power;
        double half = power_quiet(x, 0.5 * e);
        return y * half * half;
    }
    if (fabs(y) < 1.0)
        return y * power_quiet(x, y) / x;
    double half = power_quiet(x, 0.5 * y);
    return y * half / x * half;
}

static double log_quiet(double x) { return x > 0.0 ? log(x) : x == 0.0 ? -Py_HUGE_VAL : Py_NAN; }

double power_log(double x, double y, double k)
{
    if (k == 0.0)
        return power_quiet(x, y);
    if (!(x >= 0.0))
        return Py_NAN;
    double logarithm = log_quiet(x);
    double power = power_quiet(fabs(x), y), logs = power_quiet(logarithm, k);
    if (x == 0.0 || isinf(x) || isinf(y))
        return power == 0.0 || isinf(power) ? copysign(power, logs) : power * logs;
    if (logarithm == 0.0 || (is_normal(power) && is_normal(logs)))
        return power * logs;
    double half = power_quiet(x, 0.5 * y);
    if (is_normal(half) && is_normal(logs))
        return half * logs * half;
    return copysign(exp(y * logarithm + k * log_quiet(fabs(logarithm))), logs);
}
