/* special.py and special_series.py in C. Why each formula is as it is stands there; here it is only the same. */
#include "special.h"

#include <errno.h>
#include <float.h>

#define PI 3.141592653589793
#define MAX_ORDER 170.0
#define LENGTH(table) ((int)(sizeof(table) / sizeof *(table)))

static const double SILU_NEAR_ROOT[] = {
    0.21740336854059594, 0.1465432932649427, 0.019001712808600888, -0.015149036257066342, -0.006608259930828664,
    0.00011331223299089696, 0.0007948936865031039, 0.00018660922983321189, -4.027786972893193e-05,
    -2.956008827041391e-05,
};
static const double GELU_NEAR_ROOT[] = {
    0.3594670418076932, 0.3837363420037744, 0.04110718107676708, -0.09700226570572018, -0.03002157896295544,
    0.013031981098364264, 0.006653410701019478, -0.000970870829577773, -0.0009153202955785581,
    1.609921096307067e-05, 9.130702725201889e-05, 5.9171292532005145e-06, -7.072302064608297e-06,
    -9.313655869936147e-07, 4.39839882286527e-07, 8.007093767639435e-08, -2.1164871526919248e-08,
};
static const double GELU_TANH_NEAR_ROOT[] = {
    0.4313538401592927, 0.3874386775883778, -0.01662485111939453, -0.11410691776917173, -0.016376619135696546,
    0.019759698565820494, 0.0052191586937317845, -0.0024409366982898343, -0.0009215614357401832,
    0.0002669750041266245, 0.00012329791827232577, -3.543312297614508e-05, -1.573913243461764e-05,
    6.054724536832179e-06, 2.2491006192858038e-06, -1.1146926524781678e-06,
};
static const double MILLS[] = {
    0.48605579342224864, -0.09652675790053518, -0.016432180656093687, 0.04516388989619883, -0.022729586396610248,
    0.001160791820344524, 0.0030092685899941675, -0.00035468835912675397, -0.0005196598440749258,
    1.7404999376810265e-05, 0.00010400724319908806, 1.7435704170235385e-05, -1.8210176154056846e-05,
    -9.215285848286428e-06, 1.2472988438416139e-06, 2.628919252747861e-06, 8.344298784643741e-07,
    -2.460907939218467e-07, -6.105247583679221e-07, -9.954813356208129e-08, 3.201665262570609e-07,
    -8.730582101993295e-08,
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

static double polynomial(const double *coefficients, int count, double x)
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

static double gate(double x, double w, double v)
{
    return x >= 0.0 ? x / (1.0 + scaled_exp(1.0, w, v)) : scaled_exp(x / (1.0 + exp(-w)), w, v);
}

static double gate_slope(double x, double w, double v, double rest)
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

static double product_error(double a, double b, double p)
{
    double ah = high(a), bh = high(b);
    double al = a - ah, bl = b - bh;
    return ((ah * bh - p) + ah * bl + al * bh) + al * bl;
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
        return chain(z, factor);
    double half = scaled_gaussian(x, 0.5 * c, 1.0);
    return chain(chain(half, factor), half);
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

/* --- Gelu, and sums of exponentials --------------------------------------------------------------------------- */

static double mills(double t) { return polynomial(MILLS, LENGTH(MILLS), (t - 3.0) / (t + 3.0)) / (1.0 + t); }

static double normal_cdf(double x)
{
    double y = 0.7071067811865476 * x;
    double d = product_error(0.7071067811865476, x, y) - 4.833646656726457e-17 * x;
    return 0.5 * erfc(-y) + 0.5641895835477563 * exp(-y * y) * d;
}

double gelu(double x)
{
    if (fabs(x) > 40.0)
        return x > 0.0 ? x : -0.0;
    if (x <= -1.0)
        return scaled_gaussian(x, 0.5, x * mills(-x));
    return x * normal_cdf(x);
}

double gelu_slope(double x)
{
    if (fabs(x) > 40.0)
        return x > 0.0 ? 1.0 : -0.0;
    if (-1.5 <= x && x <= -0.375)
        return (x - -0.7517915246935645 - 1.4956759177009883e-17) *
               polynomial(GELU_NEAR_ROOT, LENGTH(GELU_NEAR_ROOT), x + 0.9375);
    if (x < -1.5)
        return scaled_gaussian(x, 0.5, mills(-x) + 0.3989422804014327 * x);
    return normal_cdf(x) + x * scaled_gaussian(x, 0.5, 0.3989422804014327);
}

static double gelu_tanh_exponent(double x, double *v)
{
    double s = x * x;
    double p = 0.07135481627260025 * s;
    double q = 1.5957691216057308 + p;
    double w = x * q;
    double r = (product_error(0.07135481627260025, s, p) + 0.07135481627260025 * product_error(x, x, s) -
                6.175149918155315e-19 * s + residual(p, -1.5957691216057308, q) - 9.96930880911092e-17);
    *v = product_error(x, q, w) + x * r;
    return w;
}

double gelu_tanh(double x)
{
    double v;
    if (fabs(x) > 22.0)
        return x > 0.0 ? x : -0.0;
    double w = gelu_tanh_exponent(fabs(x), &v);
    return gate(x, w, v);
}

double gelu_tanh_slope(double x)
{
    double v;
    if (fabs(x) > 22.0)
        return x > 0.0 ? 1.0 : -0.0;
    if (-1.0625 <= x && x <= -0.375)
        return (x - -0.7524614220710163 - 3.635560509207687e-17) *
               polynomial(GELU_TANH_NEAR_ROOT, LENGTH(GELU_TANH_NEAR_ROOT), x + 0.75);
    double w = gelu_tanh_exponent(fabs(x), &v);
    return gate_slope(x, w, v, 0.1427096325452005 * fabs(x) * x * x);
}

double log_sum_exp(const double *xs, Py_ssize_t count)
{
    double top = -Py_HUGE_VAL, rest = 0.0;
    Py_ssize_t skip = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (isnan(xs[i]))
            return Py_NAN;
        top = xs[i] > top ? xs[i] : top;
    }
    if (isinf(top))
        return top;
    while (xs[skip] != top)
        skip++;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (i == skip)
            continue;
        double d = xs[i] - top;
        double e = exp(d);
        rest += e + e * residual(xs[i], top, d);
    }
    return top + log1p(rest);
}

/* sin(pi x) and cos(pi x), the argument reduced exactly. */
static double sin_pi(double x)
{
    double q = remainder(x, 2.0);
    return sin(PI * (fabs(q) > 0.5 ? copysign(1.0, q) - q : q));
}

static double cos_pi(double x) { return sin(PI * (0.5 - fabs(remainder(x, 2.0)))); }

double sinc_derivative(double n, double x)
{
    if (!(0.0 <= n && n <= MAX_ORDER) || fmod(n, 1.0) != 0.0 || isnan(x))
        return Py_NAN;
    double a = fabs(x), scale = 1.0, g, value;
    int order = (int)n;
    if (isinf(a) || (order == 0 && a < 1e-9))
        return a > 1.0 ? 0.0 : 1.0;
    if (a < 0x1p-900 && order % 2 == 1) {
        a *= 0x1p600;
        scale = 0x1p-600;
    }
    double t = PI * a, sine = sin_pi(a), cosine = cos_pi(a);
    const double phases[] = {sine, cosine, -sine, -cosine};
    if (order == 0)
        return sine / t;
    if (t < n + 1.0) {
        g = 0.0;
        for (int k = 2 * order + 40; k > order; k--)
            g = (phases[k % 4] - t * g) / k;
        value = pow(PI, n) * g * scale;
    } else {
        g = sine / t;
        for (int k = 1; k < order; k++)
            g = (phases[k % 4] - k * g) / t;
        value = pow(PI, n - 1.0) * (phases[order % 4] - n * g) / a;
    }
    return x < 0.0 && order % 2 == 1 ? -value : value;
}
