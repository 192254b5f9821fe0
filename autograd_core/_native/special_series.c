/* _operations/activations.py and series.py in C, with their tables. */
#include "special.h"

#define PI 3.141592653589793
#define MAX_ORDER 170.0

static const double GELU_NEAR_ROOT[] = {
    0.3594670418076932, 0.3837363420037744, 0.04110718107676708, -0.09700226570572018, -0.03002157896295544,
    0.013031981098364264, 0.006653410701019478, -0.000970870829577773, -0.0009153202955785581,
    1.609921096307067e-05, 9.130702725201889e-05, 5.9171292532005145e-06, -7.072302064608297e-06,
    -9.313655869936147e-07, 4.39839882286527e-07, 8.007093767639435e-08, -2.1164871526919248e-08,
};
static const double GELU_TANH_NEAR_ROOT[] = {
    0.4434415663366933, 0.38606342282246614, -0.027412228122295625, -0.11595792682492624, -0.013215381411113104,
    0.020686690605564582, 0.004660713421607483, -0.002661501199624386, -0.000841241961880959, 0.00030350104446155756,
    0.00011015823907384679, -4.0850565081115936e-05, -1.3095007407737991e-05, 6.924406518208963e-06,
    1.7265884384366634e-06, -1.114692652478167e-06,
};
static const double GELU_TANH_CURVE_NEAR_ROOT[] = {
    -0.2967282487869627, 0.3975220658147952, -0.11089724633768336, -0.09171829615530033, 0.06689978986044633,
    -0.003453754420992913, -0.01132279478094891, 0.004177632752089849, 0.000508280685982848, -0.000818504890780908,
    0.0001624557860477702, 8.188973672644998e-05, -4.67522996080708e-05, -4.377684846783957e-08,
    6.850404235800215e-06, -1.7882646539647276e-06, -5.083201653977187e-07, 3.9151176760077055e-07,
    -3.171328259102685e-08, -4.381362614591579e-08, 1.3684657040439526e-08,
};
static const double MILLS[] = {
    0.48605579342224864, -0.09652675790053518, -0.016432180656093687, 0.04516388989619883, -0.022729586396610248,
    0.001160791820344524, 0.0030092685899941675, -0.00035468835912675397, -0.0005196598440749258,
    1.7404999376810265e-05, 0.00010400724319908806, 1.7435704170235385e-05, -1.8210176154056846e-05,
    -9.215285848286428e-06, 1.2472988438416139e-06, 2.628919252747861e-06, 8.344298784643741e-07,
    -2.460907939218467e-07, -6.105247583679221e-07, -9.954813356208129e-08, 3.201665262570609e-07,
    -8.730582101993295e-08,
};

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
                4.1218577217431825e-18 * s + residual(p, -1.5957691216057308, q) - 9.96930880911092e-17);
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
        return (x - -0.7524614220710163 - 3.4358218314355225e-17) *
               polynomial(GELU_TANH_NEAR_ROOT, LENGTH(GELU_TANH_NEAR_ROOT), x + 0.71875);
    double w = gelu_tanh_exponent(fabs(x), &v);
    return gate_slope(x, w, v, 0.1427096325452005 * fabs(x) * x * x);
}

/* From _operations/derivatives.py: the second derivatives of silu, gelu and gelu_tanh. */
double silu_curve(double x)
{
    double size = x < 0.0 ? -x : x;
    double root = exp(-0.5 * size), half = root / (1.0 + root * root);
    return times(times(half, 2.0 - size + 2.0 * size * sigmoid(-size)), half);
}

double gelu_curve(double x)
{
    double root = 1.4142135623730951, rest = -9.667293313452913e-17;
    double factor = (root - x + rest) * (root + x + rest);
    return times_gaussian(1.0 / sqrt(2.0 * PI) * factor, x, 0.5, scaled_gaussian(x, 0.5, 1.0));
}

double gelu_tanh_curve(double x)
{
    double size = x < 0.0 ? -x : x, low;
    if (size > 22.0)
        return 0.0;
    if (1.1875 <= size && size <= 2.1875)
        return (size - 1.4185040087908283 - 8.553562981044113e-17) *
               polynomial(GELU_TANH_CURVE_NEAR_ROOT, LENGTH(GELU_TANH_CURVE_NEAR_ROOT), size - 1.6875);
    double square = size * size, v = gelu_tanh_exponent(size, &low);
    double slope = 1.5957691216057308 + 0.21406444881780073 * square, curve = 0.42812889763560147 * size;
    double root = exp(-0.5 * v);
    root = root - root * (0.5 * low);
    double half = root / (1.0 + root * root), turn = size * slope;
    double factor = slope * (2.0 - turn + 2.0 * turn * sigmoid(-v)) + size * curve;
    return times(times(half, factor), half);
}

int log_sum_exp(const double *xs, Py_ssize_t count, double *z)
{
    double top = -Py_HUGE_VAL, rest = 0.0;
    Py_ssize_t skip = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (isnan(xs[i])) {
            *z = Py_NAN;
            return 1;
        }
        top = xs[i] > top ? xs[i] : top;
    }
    if (isinf(top)) {
        *z = top;
        return 1;
    }
    while (xs[skip] != top)
        skip++;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (i == skip)
            continue;
        double d = xs[i] - top;
        double e = exp(d);
        rest += e + e * residual(xs[i], top, d);
    }
    double logarithm = log1p(rest);
    if (0.5 * logarithm < -top && -top < 2.0 * logarithm)
        return 0;
    *z = top + logarithm;
    return 1;
}

/* sin(pi x) and cos(pi x), the argument reduced exactly. */
static double sin_pi(double x)
{
    double q = remainder(x, 2.0);
    return sin(PI * (fabs(q) > 0.5 ? copysign(1.0, q) - q : q));
}

static double cos_pi(double x) { return sin(PI * (0.5 - fabs(remainder(x, 2.0)))); }

int sinc_derivative(double n, double x, double *z)
{
    if (!(0.0 <= n && n <= MAX_ORDER) || fmod(n, 1.0) != 0.0 || isnan(x)) {
        *z = Py_NAN;
        return 1;
    }
    double a = fabs(x), scale = 1.0, g, value;
    int order = (int)n;
    if (isinf(a) || (order == 0 && a < 1e-9)) {
        *z = a > 1.0 ? 0.0 : 1.0;
        return 1;
    }
    if (a < 0x1p-900 && order % 2 == 1) {
        a *= 0x1p600;
        scale = 0x1p-600;
    }
    double t = PI * a, sine = sin_pi(a), cosine = cos_pi(a);
    const double phases[] = {sine, cosine, -sine, -cosine};
    if (order == 0) {
        *z = sine / t;
        return 1;
    }
    if (t < n + 1.0) {
        g = 0.0;
        for (int k = 2 * order + 40; k > order; k--)
            g = (phases[k % 4] - t * g) / k;
        value = pow(PI, n) * g * scale;
    } else {
        g = sine / t;
        for (int k = 1; k < order; k++)
            g = (phases[k % 4] - k * g) / t;
        value = phases[order % 4] - n * g;
        if (order == 1 && fabs(value) < 1.5 * fabs(g))
            return 0;
        value = pow(PI, n - 1.0) * value / a;
    }
    *z = x < 0.0 && order % 2 == 1 ? -value : value;
    return 1;
}
