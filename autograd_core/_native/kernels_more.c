/* Kernels of the rows on two and on many operands: the lines of ops.py again, in the same order of operations. */
#include "kernels.h"

#define PAIR(name, expression, slope_x, slope_y)                                                                       \
    static int name(double x, double y, double *value, double *dx, double *dy)                                         \
    {                                                                                                                  \
        double z = expression;                                                                                         \
        *value = z;                                                                                                    \
        *dx = slope_x;                                                                                                 \
        *dy = slope_y;                                                                                                 \
        return 1;                                                                                                      \
    }

/* The same where it is not for every y; Python does the rest. */
#define PAIR_WHERE(name, condition, expression, slope_x, slope_y)                                                      \
    static int name(double x, double y, double *value, double *dx, double *dy)                                         \
    {                                                                                                                  \
        if (!(condition))                                                                                              \
            return 0;                                                                                                  \
        double z = expression;                                                                                         \
        *value = z;                                                                                                    \
        *dx = slope_x;                                                                                                 \
        *dy = slope_y;                                                                                                 \
        return 1;                                                                                                      \
    }

static double larger(double x, double y) { return x > y ? 1.0 : x == y ? 0.5 : x < y ? 0.0 : Py_NAN; }
static double chosen(double x, double y) { return x < y ? NOTHING : larger(x, y); }

/* float // float and float % float as CPython computes them. */
static double floor_divided(double x, double y)
{
    double rest = fmod(x, y), div = (x - rest) / y;
    if (rest != 0.0 && (y < 0.0) != (rest < 0.0))
        div -= 1.0;
    if (div == 0.0)
        return copysign(0.0, x / y);
    double whole = floor(div);
    return div - whole > 0.5 ? whole + 1.0 : whole;
}

static double remainder_of(double x, double y)
{
    double rest = fmod(x, y);
    if (rest == 0.0)
        return copysign(0.0, y);
    return (y < 0.0) != (rest < 0.0) ? rest + y : rest;
}

/* x / hypot(x, y); 0 where math.hypot raises. */
static int cosine_of(double x, double y, double *z)
{
    const double legs[2] = {x, y};
    double length;
    if (!python_hypot(legs, 2, &length))
        return 0;
    if (!(0x1p-960 <= length && length <= 0x1p1000)) {
        double scale = length < 1.0 ? 0x1p600 : 0x1p-600;
        const double scaled[2] = {x * scale, y * scale};
        if (!python_hypot(scaled, 2, &length))
            return 0;
        x *= scale;
    }
    *z = length != 0.0 ? quotient(x, length) : 0.0;
    return 1;
}

static int k_cosine(double x, double y, double *z, double *dx, double *dy)
{
    double scale = fabs(x) > 0x1p1000 || fabs(y) > 0x1p1000 ? 0x1p-64 : 1.0, sine, r;
    const double legs[2] = {scale * x, scale * y};
    if (!cosine_of(x, y, z) || !cosine_of(y, x, &sine) || !python_hypot(legs, 2, &r))
        return 0;
    int first = fabs(sine) <= fabs(*z);
    *dx = 2.0 * scale * (quotient(0.5 * sine, r) * sine);
    *dy = -2.0 * scale * (quotient(0.5 * (first ? sine : *z), r) * (first ? *z : sine));
    return 1;
}

static double unit(double x, double r) { return r != 0.0 ? quotient(x, r) : 0.0; }

PAIR(k_add, x + y, 1.0, 1.0)
PAIR(k_sub, x - y, 1.0, -1.0)
PAIR(k_mul, x *y, y, x)
PAIR_WHERE(k_div, y != 0.0, x / y, quotient(1.0, y), -over_square(x, y))
PAIR_WHERE(k_floordiv, y != 0.0, floor_divided(x, y), NOTHING, NOTHING)
PAIR_WHERE(k_mod, y != 0.0, remainder_of(x, y), 1.0,
           (0.0 < x && x < y) || (y < x && x < 0.0) ? NOTHING : -floor_divided(x, y) + 0.0)
PAIR_WHERE(k_atan2, x != 0.0 && isfinite(x) && isfinite(y), atan2(x, y), polar_slope(y, x), -polar_slope(x, y))
PAIR(k_leaky_relu, x > 0.0 ? x : y * x, x > 0.0 ? 1.0 : y + 0.0, x > 0.0 ? NOTHING : x + 0.0)
PAIR(k_maximum, x >= y || isnan(x) ? x : y, chosen(x, y), chosen(y, x))
PAIR(k_minimum, x <= y || isnan(x) ? x : y, chosen(y, x), chosen(x, y))
PAIR(k_chain, x * y + 0.0, y, x)
PAIR(k_times, times(x, y), y, x)
PAIR(k_quotient, quotient(x, y), quotient(1.0, y), -over_square(x, y))
PAIR(k_over_square, over_square(x, y), over_square(1.0, y), quotient(-2.0 * z, y))
PAIR(k_polar_slope, polar_slope(x, y), (polar_slope(y, x) - z) * (polar_slope(y, x) + z),
     -2.0 * times(z, polar_slope(y, x)))
PAIR(k_unit, unit(x, y), quotient(1.0, y), -over_square(x, y))
PAIR(k_larger, larger(x, y), NOTHING, NOTHING)
PAIR_WHERE(k_gaussian, y == 1.0 || y == 0.5, scaled_gaussian(x, y, 1.0), times_gaussian(-2.0 * y * x, x, y, z),
           times(z, -x * x))

static int k_sinc_derivative(double x, double y, double *z, double *dx, double *dy)
{
    *dx = Py_NAN;
    return sinc_derivative(x, y, z) && sinc_derivative(x + 1.0, y, dy);
}

static int less_one_rounds(double y) { return -1.0 < y && y < 0.5; }
static int at_an_end(double x) { return x == 0.0 || isinf(x); }

/* The second derivative of x**y by x, and the derivative of its slope by y; see _operations/derivatives.py for the branches. */
static double pow_curve(double x, double y, double slope)
{
    if (at_an_end(x))
        return times(y, power_slope(x, y - 1.0));
    if (is_normal(slope)) {
        int large = !((-1.0 <= slope && slope <= 1.0) || (-1.0 <= x && x <= 1.0));
        return large ? (y - 1.0) * quotient(slope, x) : quotient((y - 1.0) * slope, x);
    }
    double sign = 1.0;
    if (x < 0.0) {
        double curve = times(y, power_slope(x, y - 1.0));
        if (is_normal(curve) || isnan(curve))
            return curve;
        x = -x;
        sign = fmod(fabs(y), 2.0) == 1.0 ? -1.0 : 1.0;
    }
    double half = power_log(x, 0.5 * y - 1.0, 0.0);
    return times(times(half, sign * times(y, y - 1.0)), half);
}

static double pow_slope_by_y(double x, double y)
{
    if (at_an_end(x) && x >= 0.0 && y > 1.0)
        return times(y, power_log(x, y - 1.0, 1.0)) + power_log(x, y - 1.0, 0.0);
    double logarithm = power_log(x, 0.0, 1.0);
    if (less_one_rounds(y) && 0.0 < x && x < Py_HUGE_VAL)
        return quotient(times(power_log(x, y, 0.0), y * logarithm + 1.0), x);
    double half = power_log(x, 0.5 * (y - 1.0), 0.0);
    return times(times(half, times(y, logarithm) + 1.0), half);
}

PAIR(k_pow_slope, power_slope(x, y), pow_curve(x, y, z), pow_slope_by_y(x, y))

static int k_pow(double x, double y, double *z, double *dx, double *dy)
{
    if (!float_power(x, y, z))
        return 0;
    *dx = power_slope(x, y);
    *dy = power_log(x, y, 1.0);
    return 1;
}

static double logaddexp_slope(double x, double y)
{
    double d = x - y, slope = sigmoid(d), lost = residual(x, y, d);
    return lost != 0.0 ? slope + slope * sigmoid(-d) * lost : slope;
}

static int k_logaddexp(double x, double y, double *z, double *dx, double *dy)
{
    const double both[2] = {x, y};
    *dx = logaddexp_slope(x, y);
    *dy = logaddexp_slope(y, x);
    return log_sum_exp(both, 2, z);
}

/* --- Many operands ------------------------------------------------------------------------------------------- */

/* `locals` is NULL where no node is made. */
#define MANY_KERNEL(name) static int name(const double *xs, Py_ssize_t count, double *z, double *locals)

MANY_KERNEL(k_sum)
{
    double total = 0.0;
    for (Py_ssize_t i = 0; i < count; i++)
        total += xs[i];
    for (Py_ssize_t i = 0; locals && i < count; i++)
        locals[i] = 1.0;
    *z = total;
    return 1;
}

MANY_KERNEL(k_mean)
{
    if (count == 0)
        return 0;
    k_sum(xs, count, z, NULL);
    *z /= (double)count;
    for (Py_ssize_t i = 0; locals && i < count; i++)
        locals[i] = 1.0 / (double)count;
    return 1;
}

MANY_KERNEL(k_dot)
{
    Py_ssize_t half = count / 2;
    double total = 0.0;
    for (Py_ssize_t i = 0; i < half; i++)
        total += xs[i] * xs[half + i];
    for (Py_ssize_t i = 0; locals && i < half; i++) {
        locals[i] = xs[half + i];
        locals[half + i] = xs[i];
    }
    *z = total;
    return 1;
}

/* Whether the products before and after each number stay normal, up to the first that is 0; else Python scales them. */
static int products_in_range(const double *xs, Py_ssize_t count)
{
    double before = 1.0, after = 1.0;
    for (Py_ssize_t i = 0; i < count - 1 && xs[i] != 0.0; i++) {
        before *= xs[i];
        if (!is_normal(before))
            return 0;
    }
    for (Py_ssize_t i = count - 1; i > 0 && xs[i] != 0.0; i--) {
        after *= xs[i];
        if (!is_normal(after))
            return 0;
    }
    return 1;
}

MANY_KERNEL(k_prod)
{
    if (count == 0)
        return 0; /* the int 1 */
    double before = xs[0], after = 1.0;
    if (locals && !products_in_range(xs, count))
        return 0;
    if (locals)
        locals[0] = 1.0;
    for (Py_ssize_t i = 1; i < count; i++) {
        if (locals)
            locals[i] = locals[i - 1] * xs[i - 1];
        before *= xs[i];
    }
    *z = before;
    for (Py_ssize_t i = count - 1; locals && i >= 0; i--) {
        locals[i] *= after;
        after *= xs[i];
    }
    return 1;
}

/* The local derivatives of a norm: x / z, scaled first where z is near the ends of the range; cosines of what is most
 * of it, for the sake of their derivatives. */
static int norm_slopes(const double *xs, Py_ssize_t count, double z, double *locals)
{
    double scale = 1.0;
    if (!(0x1p-960 <= z && z <= 0x1p1000)) {
        scale = z < 1.0 ? 0x1p600 : 0x1p-600;
        for (Py_ssize_t i = 0; i < count; i++)
            locals[i] = xs[i] * scale;
        if (!python_hypot(locals, count, &z))
            return 0;
    }
    double most = 0.7 * z, cosines[2];
    Py_ssize_t at[2], found = 0; /* no three squares are each 0.49 of their sum */
    for (Py_ssize_t i = 0; i < count && found < 2; i++) {
        double size = fabs(xs[i] * scale), rest;
        if (!(most < size && size < Py_HUGE_VAL))
            continue;
        for (Py_ssize_t j = 0, k = 0; j < count; j++)
            if (j != i)
                locals[k++] = xs[j] * scale;
        if (!python_hypot(locals, count - 1, &rest) || !cosine_of(xs[i] * scale, rest, &cosines[found]))
            return 0;
        at[found++] = i;
    }
    for (Py_ssize_t i = 0; i < count; i++)
        locals[i] = unit(xs[i] * scale, z);
    while (found-- > 0)
        locals[at[found]] = cosines[found];
    return 1;
}

MANY_KERNEL(k_norm)
{
    return count > 0 && python_hypot(xs, count, z) && (locals == NULL || norm_slopes(xs, count, *z, locals));
}

static int k_hypot(double x, double y, double *z, double *dx, double *dy)
{
    const double legs[2] = {x, y};
    return python_hypot(legs, 2, z) && cosine_of(x, y, dx) && cosine_of(y, x, dy);
}

/* The local derivatives are the softmax. */
MANY_KERNEL(k_logsumexp)
{
    if (count == 0)
        return 0;
    if (!log_sum_exp(xs, count, z))
        return 0;
    if (locals == NULL)
        return 1;
    Py_ssize_t largest = 0;
    for (Py_ssize_t i = 1; i < count; i++)
        largest = xs[i] > xs[largest] ? i : largest;
    double top = xs[largest], total = 0.0;
    for (Py_ssize_t i = 0; i < count; i++) {
        double d = xs[i] - top, e = exp(d);
        if (!passed_on(d, e))
            return 0;
        double lost = residual(xs[i], top, d);
        locals[i] = lost != 0.0 ? e + e * lost : e;
        total += i != largest ? locals[i] : 0.0;
    }
    total += locals[largest];
    for (Py_ssize_t i = 0; i < count; i++)
        locals[i] = quotient(locals[i], total);
    return 1;
}

MANY_KERNEL(k_where)
{
    if (count != 3)
        return 0;
    *z = xs[0] != 0.0 ? xs[1] : xs[2];
    if (locals) {
        locals[0] = NOTHING;
        locals[1] = xs[0] != 0.0 ? 1.0 : NOTHING;
        locals[2] = xs[0] != 0.0 ? NOTHING : 1.0;
    }
    return 1;
}

static double pow_log_by_x(double x, double y, double k)
{
    if (k == 0.0)
        return power_slope(x, y);
    if (at_an_end(x) && x >= 0.0 && y > 1.0)
        return times(y, power_log(x, y - 1.0, k)) + k * power_log(x, y - 1.0, k - 1.0);
    double factor = times(y, power_log(x, 0.0, 1.0)) + k;
    if (less_one_rounds(y) && 0.0 < x && x < Py_HUGE_VAL)
        return quotient(times(power_log(x, y, k - 1.0), factor), x);
    double half = power_log(x, 0.5 * (y - 1.0), 0.0);
    return times(times(half, times(power_log(x, 0.0, k - 1.0), factor)), half);
}

MANY_KERNEL(k_pow_log)
{
    if (count != 3)
        return 0;
    double x = xs[0], y = xs[1], k = xs[2];
    *z = power_log(x, y, k);
    if (locals) {
        locals[0] = pow_log_by_x(x, y, k);
        locals[1] = power_log(x, y, k + 1.0);
        locals[2] = Py_NAN;
    }
    return 1;
}

#define ROW(name) {#name, (void *)k_##name, FLAT_BY_ROW, 0}
#define FLAT(name) {#name, (void *)k_##name, FLAT_BY_KERNEL, 0}


Kernel binary_kernels[] = {
    ROW(add), ROW(sub), ROW(mul), ROW(div), FLAT(floordiv), FLAT(mod), ROW(pow), ROW(logaddexp), ROW(hypot), ROW(atan2),
    FLAT(leaky_relu), FLAT(maximum), FLAT(minimum), ROW(chain), ROW(times), ROW(quotient), ROW(over_square), ROW(polar_slope),
    ROW(cosine), ROW(unit), FLAT(larger), ROW(gaussian), ROW(pow_slope), ROW(sinc_derivative),
    {NULL, NULL, FLAT_BY_ROW, 0},
};

Kernel many_kernels[] = {
    ROW(sum), ROW(mean), ROW(prod), ROW(norm), ROW(logsumexp),
    {"dot", (void *)k_dot, FLAT_BY_FACTOR, 0}, {"where", (void *)k_where, FLAT_BY_KERNEL, 0},
    {"pow_log", (void *)k_pow_log, FLAT_BY_ROW, 0}, {NULL, NULL, FLAT_BY_ROW, 0},
};
