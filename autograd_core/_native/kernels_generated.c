/* Generated from the rows of ops.py by `python -m autograd_core._translation.kernels`: do not edit.
 *
 * Each function translates the Python function named above it; a kernel returns 0 if Python would raise.
 */
#include "kernels.h"
#include "runtime.h"

typedef struct Tuple_ddd { double at[3]; } Tuple_ddd;
typedef struct Tuple_dddd { double at[4]; } Tuple_dddd;
typedef struct Tuple_dd { double at[2]; } Tuple_dd;
typedef struct Tuple_ill { int64_t part_0; List part_1; List part_2; } Tuple_ill;
typedef struct Tuple_bbb { int part_0; int part_1; int part_2; } Tuple_bbb;

static const double SILU_NEAR_ROOT[] = {
    0.21740336854059594, 0.1465432932649427, 0.019001712808600888, (-0.015149036257066342), (-0.006608259930828664), 0.00011331223299089696, 0.0007948936865031039, 0.00018660922983321189, (-4.027786972893193e-05), (-2.956008827041391e-05),
};
static const double MILLS[] = {
    0.48605579342224864, (-0.09652675790053518), (-0.016432180656093687), 0.04516388989619883, (-0.022729586396610248), 0.001160791820344524, 0.0030092685899941675, (-0.00035468835912675397), (-0.0005196598440749258), 1.7404999376810265e-05, 0.00010400724319908806, 1.7435704170235385e-05, (-1.8210176154056846e-05), (-9.215285848286428e-06), 1.2472988438416139e-06, 2.628919252747861e-06, 8.344298784643741e-07, (-2.460907939218467e-07), (-6.105247583679221e-07), (-9.954813356208129e-08), 3.201665262570609e-07, (-8.730582101993295e-08),
};
static const double GELU_NEAR_ROOT[] = {
    0.3594670418076932, 0.3837363420037744, 0.04110718107676708, (-0.09700226570572018), (-0.03002157896295544), 0.013031981098364264, 0.006653410701019478, (-0.000970870829577773), (-0.0009153202955785581), 1.609921096307067e-05, 9.130702725201889e-05, 5.9171292532005145e-06, (-7.072302064608297e-06), (-9.313655869936147e-07), 4.39839882286527e-07, 8.007093767639435e-08, (-2.1164871526919248e-08),
};
static const double GELU_TANH_NEAR_ROOT[] = {
    0.4434415663366933, 0.38606342282246614, (-0.027412228122295625), (-0.11595792682492624), (-0.013215381411113104), 0.020686690605564582, 0.004660713421607483, (-0.002661501199624386), (-0.000841241961880959), 0.00030350104446155756, 0.00011015823907384679, (-4.0850565081115936e-05), (-1.3095007407737991e-05), 6.924406518208963e-06, 1.7265884384366634e-06, (-1.114692652478167e-06),
};
static const double BERNOULLI[] = {
    0.08333333333333333, (-0.001388888888888889), 3.306878306878307e-05, (-8.267195767195768e-07), 2.08767569878681e-08, (-5.284190138687493e-10), 1.3382536530684679e-11, (-3.3896802963225827e-13), 8.586062056277845e-15, (-2.174868698558062e-16),
};
static const double DIGAMMA_REST[] = {
    0.2001061138413399, (-0.01990538306304733), 0.0026300480522829287, (-0.00038963014634630337), 6.137675978650725e-05, (-1.004105132917865e-05), 1.6847487909736926e-06, (-2.8776614543829834e-07), 4.979952116969973e-08, (-8.70338476561189e-09), 1.532361428985091e-09, (-2.7145189011999265e-10), 4.853588117825483e-11, (-8.671567335698878e-12), 1.4561750082127032e-12, (-2.614806114218406e-13), 7.023844410924368e-14, (-1.2674829357620707e-14),
};
static const int64_t NUMBERS[] = {
    3, 2, 1, 0,
};
static const double DIGAMMA_POLES[] = {
    0.6841666717870696, 0.40623453916297975, 0.2888810705821371, 0.22413322468275587,
};
static const double GELU_TANH_CURVE_NEAR_ROOT[] = {
    (-0.2967282487869627), 0.3975220658147952, (-0.11089724633768336), (-0.09171829615530033), 0.06689978986044633, (-0.003453754420992913), (-0.01132279478094891), 0.004177632752089849, 0.000508280685982848, (-0.000818504890780908), 0.0001624557860477702, 8.188973672644998e-05, (-4.67522996080708e-05), (-4.377684846783957e-08), 6.850404235800215e-06, (-1.7882646539647276e-06), (-5.083201653977187e-07), 3.9151176760077055e-07, (-3.171328259102685e-08), (-4.381362614591579e-08), 1.3684657040439526e-08,
};

/* ops.py */
static inline double row_add_value(double x, double y)
{
    return x + y;
}

/* ops.py */
static inline double row_add_by_x(double x, double y, double z)
{
    (void)x;
    (void)y;
    (void)z;
    return 1.0;
}

/* ops.py */
static inline double row_add_by_y(double x, double y, double z)
{
    (void)x;
    (void)y;
    (void)z;
    return 1.0;
}

/* ops.py */
static inline double row_sub_value(double x, double y)
{
    return x - y;
}

/* ops.py */
static inline double row_sub_by_x(double x, double y, double z)
{
    (void)x;
    (void)y;
    (void)z;
    return 1.0;
}

/* ops.py */
static inline double row_sub_by_y(double x, double y, double z)
{
    (void)x;
    (void)y;
    (void)z;
    return -1.0;
}

/* ops.py */
static inline double row_mul_value(double x, double y)
{
    return x * y;
}

/* operation.py: second */
static inline double row_mul_by_x(double x, double y, double z)
{
    (void)x;
    (void)z;
    return y;
}

/* operation.py: first */
static inline double row_mul_by_y(double x, double y, double z)
{
    (void)y;
    (void)z;
    return x;
}

/* ops.py */
static inline double row_div_value(double x, double y, int *raised)
{
    return py_truediv(x, y, raised);
}

/* special.py: quotient */
static inline double row_quotient(double a, double b, int *raised)
{
    if (b != 0.0) {
        return py_truediv(a, b, raised);
    }
    return ((a == 0.0) || py_isnan(a)) ? NAN : (py_copysign(INFINITY, a) * py_copysign(1.0, b));
}

/* ops.py */
static inline double row_div_by_x(double x, double y, double z, int *raised)
{
    (void)x;
    (void)z;
    return row_quotient(1.0, y, raised);
}

/* special.py: ldexp_quiet */
static inline double row_ldexp_quiet(double x, int64_t e, int *raised)
{
    {
        int tried_1 = 0;
        double value_1 = py_ldexp(x, e, &tried_1);
        if (tried_1 & (OVERFLOW_ERROR)) {
            return py_copysign(INFINITY, x);
        } else {
            *raised |= tried_1;
            return value_1;
        }
    }
}

/* special.py: over_square */
static inline double row_over_square(double a, double b, int *raised)
{
    Tuple_di made_1, made_2;
    double am, bm;
    int64_t ae, be;
    if (((1e-75 < py_abs(b)) && (py_abs(b) < 1e+75)) && ((1e-150 < py_abs(a)) && (py_abs(a) < 1e+150))) {
        return py_truediv(a, b * b, raised);
    }
    if ((a == 0.0) || (b == 0.0) || (!py_isfinite(a)) || (!py_isfinite(b))) {
        return row_quotient(a, py_abs(b), raised);
    }
    made_1 = py_frexp(a);
    am = made_1.part_0;
    ae = made_1.part_1;
    made_2 = py_frexp(b);
    bm = made_2.part_0;
    be = made_2.part_1;
    return row_ldexp_quiet(py_truediv(am, bm * bm, raised), py_whole(ae - py_whole(2 * be, raised), raised), raised);
}

/* ops.py */
static inline double row_div_by_y(double x, double y, double z, int *raised)
{
    (void)z;
    return -row_over_square(x, y, raised);
}

/* ops.py */
static inline double row_floordiv_value(double x, double y, int *raised)
{
    return py_floordiv(x, y, raised);
}

/* ops.py */
static inline double row_floordiv_by_x(double x, double y, double z)
{
    (void)x;
    (void)y;
    (void)z;
    return 0.0;
}

/* ops.py */
static inline double row_floordiv_by_y(double x, double y, double z)
{
    (void)x;
    (void)y;
    (void)z;
    return 0.0;
}

/* ops.py */
static inline double row_mod_value(double x, double y, int *raised)
{
    return py_mod(x, y, raised);
}

/* ops.py */
static inline double row_mod_by_x(double x, double y, double z)
{
    (void)x;
    (void)y;
    (void)z;
    return 1.0;
}

/* ops.py */
static inline double row_mod_by_y(double x, double y, double z, int *raised)
{
    (void)z;
    return -py_floordiv(x, y, raised);
}

/* ops.py */
static inline int row_mod_flat_by_y(double x, double y)
{
    return ((0.0 < x) && (x < y)) || ((y < x) && (x < 0.0));
}

/* values.py: power */
static inline double row_pow_value(double x, double y, int *raised)
{
    double z;
    z = py_pow(x, y, raised);
    return z;
}

/* special.py: pow_quiet */
static inline double row_pow_quiet(double x, double y, int *raised)
{
    double power;
    if ((x < 0.0) && py_isfinite(x) && py_isfinite(y) && (py_fmod(y, 1.0, raised) != 0.0)) {
        return NAN;
    }
    {
        int tried_1 = 0;
        double value_1 = py_pow(x, y, &tried_1);
        if (tried_1 & (OVERFLOW_ERROR | ZERO_DIVISION)) {
            return (py_abs(py_fmod(y, 2.0, raised)) == 1.0) ? py_copysign(INFINITY, x) : INFINITY;
        } else {
            *raised |= tried_1;
            power = value_1;
        }
    }
    return power;
}

/* special.py: is_normal */
static inline int row_is_normal(double x)
{
    return (2.2250738585072014e-308 <= py_abs(x)) && (py_abs(x) < INFINITY);
}

/* special.py: pow_slope */
static inline double row_pow_slope(double x, double y, int *raised)
{
    double e, power, half;
    if (y == 0.0) {
        return 0.0;
    }
    if ((py_copysign(1.0, x) < 0.0) && py_isfinite(y) && (py_fmod(y, 1.0, raised) == 0.0)) {
        return (py_fmod(y, 2.0, raised) != 0.0) ? row_pow_slope(-x, y, raised) : (-row_pow_slope(-x, y, raised));
    }
    if (x < 0.0) {
        return NAN;
    }
    e = y - 1.0;
    if ((x == 0.0) || py_isinf(x) || py_isinf(y)) {
        power = row_pow_quiet(py_abs(x), e, raised);
        return (power != 0.0) ? (y * power) : 0.0;
    }
    if (((y - e) == 1.0) && ((e + 1.0) == y)) {
        power = row_pow_quiet(x, e, raised);
        if (row_is_normal(power)) {
            return y * power;
        }
        half = row_pow_quiet(x, 0.5 * e, raised);
        return (y * half) * half;
    }
    if (py_abs(y) < 1.0) {
        return py_truediv(y * row_pow_quiet(x, y, raised), x, raised);
    }
    half = row_pow_quiet(x, 0.5 * y, raised);
    return py_truediv(y * half, x, raised) * half;
}

/* ops.py */
static inline double row_pow_by_x(double x, double y, double z, int *raised)
{
    (void)z;
    return row_pow_slope(x, y, raised);
}

/* special.py: log_quiet */
static inline double row_log_quiet(double x, int *raised)
{
    if (x > 0.0) {
        return py_log(x, raised);
    }
    return (x == 0.0) ? (-INFINITY) : NAN;
}

/* special.py: exp_quiet */
static inline double row_exp_quiet(double x, int *raised)
{
    {
        int tried_1 = 0;
        double value_1 = py_exp(x, &tried_1);
        if (tried_1 & (OVERFLOW_ERROR)) {
            return INFINITY;
        } else {
            *raised |= tried_1;
            return value_1;
        }
    }
}

/* special.py: pow_log */
static inline double row_pow_log(double x, double y, double k, int *raised)
{
    double log, power, logs, half;
    if (k == 0.0) {
        return row_pow_quiet(x, y, raised);
    }
    if (!(x >= 0.0)) {
        return NAN;
    }
    log = row_log_quiet(x, raised);
    power = row_pow_quiet(py_abs(x), y, raised);
    logs = row_pow_quiet(log, k, raised);
    if ((x == 0.0) || py_isinf(x) || py_isinf(y)) {
        return ((power == 0.0) || py_isinf(power)) ? py_copysign(power, logs) : (power * logs);
    }
    if ((log == 0.0) || (row_is_normal(power) && row_is_normal(logs))) {
        return power * logs;
    }
    half = row_pow_quiet(x, 0.5 * y, raised);
    if (row_is_normal(half) && row_is_normal(logs)) {
        return (half * logs) * half;
    }
    return py_copysign(row_exp_quiet((y * log) + (k * row_log_quiet(py_abs(log), raised)), raised), logs);
}

/* ops.py */
static inline double row_unnamed(Tuple_ddd xyk, int *raised)
{
    return row_pow_log(xyk.at[0], xyk.at[1], xyk.at[2], raised);
}

/* ops.py */
static inline double row_pow_by_y(double x, double y, double z, int *raised)
{
    (void)z;
    return row_unnamed((Tuple_ddd){{x, y, 1.0}}, raised);
}

/* ops.py */
static inline double row_neg_value(double x)
{
    return -x;
}

/* ops.py */
static inline double row_neg_by_x(double x, double z)
{
    (void)x;
    (void)z;
    return -1.0;
}

/* ops.py */
static inline double row_identity_value(double x)
{
    return x;
}

/* ops.py */
static inline double row_identity_by_x(double x, double z)
{
    (void)x;
    (void)z;
    return 1.0;
}

/* ops.py */
static inline double row_abs_value(double x)
{
    return py_abs(x);
}

/* ops.py */
static inline double row_unnamed_2(double x, int *raised)
{
    return (x != x) ? x : ((double)py_whole(((int64_t)(x > 0.0)) - ((int64_t)(x < 0.0)), raised));
}

/* ops.py */
static inline double row_abs_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_unnamed_2(x, raised);
}

/* ops.py */
static inline double row_exp_value(double x, int *raised)
{
    return py_exp(x, raised);
}

/* ops.py */
static inline double row_exp_by_x(double x, double z)
{
    (void)x;
    return z;
}

/* ops.py */
static inline double row_exp2_value(double x, int *raised)
{
    return py_exp2(x, raised);
}

/* ops.py */
static inline double row_exp2_by_x(double x, double z)
{
    (void)x;
    return 0.6931471805599453 * z;
}

/* ops.py */
static inline double row_expm1_value(double x, int *raised)
{
    return py_expm1(x, raised);
}

/* ops.py */
static inline double row_expm1_by_x(double x, double z, int *raised)
{
    (void)z;
    return py_exp(x, raised);
}

/* ops.py */
static inline double row_log_value(double x, int *raised)
{
    return py_log(x, raised);
}

/* ops.py */
static inline double row_log_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_quotient(1.0, x, raised);
}

/* ops.py */
static inline double row_log2_value(double x, int *raised)
{
    return py_log2(x, raised);
}

/* ops.py */
static inline double row_log2_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_quotient(1.4426950408889634, x, raised);
}

/* ops.py */
static inline double row_log10_value(double x, int *raised)
{
    return py_log10(x, raised);
}

/* ops.py */
static inline double row_log10_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_quotient(0.43429448190325176, x, raised);
}

/* ops.py */
static inline double row_log1p_value(double x, int *raised)
{
    return py_log1p(x, raised);
}

/* ops.py */
static inline double row_log1p_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_quotient(1.0, 1.0 + x, raised);
}

/* special.py: residual */
static inline double row_residual(double a, double b, double d)
{
    if (!py_isfinite(d)) {
        return 0.0;
    }
    return (py_abs(a) >= py_abs(b)) ? ((a - d) - b) : (a - (b + d));
}

/* series.py: logsumexp */
static inline double row_logsumexp(List xs, int *raised)
{
    double top, x, rest, d, e, log;
    int64_t skip, i;
    top = -INFINITY;
    {
        List list_1_0 = xs;
        int64_t end_1 = list_1_0.count;
        for (int64_t at_1 = 0; at_1 < end_1; at_1++) {
            x = list_1_0.at[at_1];
            if (py_isnan(x)) {
                return NAN;
            }
            top = py_max(top, x);
        }
    }
    if (py_isinf(top)) {
        return top;
    }
    skip = py_index(xs, top, raised);
    rest = 0.0;
    {
        int64_t start_2_0 = 0;
        List list_2_1 = xs;
        int64_t end_2 = list_2_1.count;
        for (int64_t at_2 = 0; at_2 < end_2; at_2++) {
            i = start_2_0 + at_2;
            x = list_2_1.at[at_2];
            if (i != skip) {
                d = x - top;
                e = py_exp(d, raised);
                rest = rest + (e + (e * row_residual(x, top, d)));
            }
        }
    }
    log = py_log1p(rest, raised);
    if (((0.5 * log) < (-top)) && ((-top) < (2.0 * log))) {
        return py_left_to_python(raised);
    }
    return top + log;
}

/* series.py: logaddexp */
static inline double row_logaddexp_value(double a, double b, Memory *memory, int *raised)
{
    return row_logsumexp(py_copied((List){(double[]){a, b}, 2, 0}, memory, raised), raised);
}

/* special.py: sigmoid */
static inline double row_sigmoid(double x, int *raised)
{
    double e;
    e = py_exp(-py_abs(x), raised);
    return (x >= 0.0) ? py_truediv(1.0, 1.0 + e, raised) : py_truediv(e, 1.0 + e, raised);
}

/* derivatives.py: plain */
static inline double row_plain(double x)
{
    return x;
}

/* derivatives.py: logaddexp_slope */
static inline double row_logaddexp_slope(double x, double y, int *raised)
{
    double difference, slope, lost;
    difference = x - y;
    slope = row_sigmoid(difference, raised);
    lost = row_residual(row_plain(x), row_plain(y), row_plain(difference));
    return (lost != 0.0) ? (slope + ((slope * row_sigmoid(-difference, raised)) * lost)) : slope;
}

/* ops.py */
static inline double row_logaddexp_by_x(double x, double y, double z, int *raised)
{
    (void)z;
    return row_logaddexp_slope(x, y, raised);
}

/* ops.py */
static inline double row_logaddexp_by_y(double x, double y, double z, int *raised)
{
    (void)z;
    return row_logaddexp_slope(y, x, raised);
}

/* ops.py */
static inline double row_sqrt_value(double x, int *raised)
{
    return py_sqrt(x, raised);
}

/* ops.py */
static inline double row_sqrt_by_x(double x, double z, int *raised)
{
    (void)x;
    return row_quotient(0.5, z, raised);
}

/* ops.py */
static inline double row_cbrt_value(double x)
{
    return py_cbrt(x);
}

/* special.py: _high */
static inline double row_high(double x)
{
    double t;
    t = 134217729.0 * x;
    return t - (t - x);
}

/* special.py: product_error */
static inline double row_product_error(double a, double b, double p)
{
    double ah, bh, al, bl;
    ah = row_high(a);
    bh = row_high(b);
    al = a - ah;
    bl = b - bh;
    return ((((ah * bh) - p) + (ah * bl)) + (al * bh)) + (al * bl);
}

/* special.py: cube_root_error */
static inline double row_cube_root_error(double x, double z, int *raised)
{
    int64_t e;
    double made_1, made_2, square, cube;
    if ((x == 0.0) || (!py_isfinite(x))) {
        return 0.0;
    }
    e = py_floordiv_int(py_frexp(x).part_1, 3, raised);
    made_1 = py_ldexp(x, py_whole((-3) * e, raised), raised);
    made_2 = py_ldexp(z, -e, raised);
    x = made_1;
    z = made_2;
    square = z * z;
    cube = square * z;
    return py_truediv(((x - cube) - row_product_error(square, z, cube)) - (row_product_error(z, z, square) * z), 3.0 * x, raised);
}

/* derivatives.py: cbrt_slope */
static inline double row_cbrt_slope(double x, double z, int *raised)
{
    double slope, lost;
    slope = row_quotient(row_quotient(0.3333333333333333, z, raised), z, raised);
    lost = row_cube_root_error(row_plain(x), row_plain(z), raised);
    return (lost != 0.0) ? (slope - (slope * (2.0 * lost))) : slope;
}

/* ops.py */
static inline double row_cbrt_by_x(double x, double z, int *raised)
{
    return row_cbrt_slope(x, z, raised);
}

/* ops.py */
static inline double row_square_value(double x)
{
    return x * x;
}

/* ops.py */
static inline double row_square_by_x(double x, double z)
{
    (void)z;
    return 2.0 * x;
}

/* ops.py */
static inline double row_hypot_value(double x, double y, int *raised)
{
    return py_hypot((double[]){x, y}, 2, raised);
}

/* special.py: cosine */
static inline double row_cosine(double x, double y, int *raised)
{
    double length, scale, made_1, made_2;
    length = py_hypot((double[]){x, y}, 2, raised);
    if (!((1.0261342003245941e-289 <= length) && (length <= 1.0715086071862673e+301))) {
        scale = (length < 1.0) ? 4.149515568880993e+180 : 2.409919865102884e-181;
        made_1 = x * scale;
        made_2 = py_hypot((double[]){x * scale, y * scale}, 2, raised);
        x = made_1;
        length = made_2;
    }
    return (length != 0.0) ? row_quotient(x, length, raised) : 0.0;
}

/* ops.py */
static inline double row_hypot_by_x(double x, double y, double z, int *raised)
{
    (void)z;
    return row_cosine(x, y, raised);
}

/* ops.py */
static inline double row_hypot_by_y(double x, double y, double z, int *raised)
{
    (void)z;
    return row_cosine(y, x, raised);
}

/* ops.py */
static inline double row_sin_value(double x, int *raised)
{
    return py_sin(x, raised);
}

/* ops.py */
static inline double row_sin_by_x(double x, double z, int *raised)
{
    (void)z;
    return py_cos(x, raised);
}

/* ops.py */
static inline double row_cos_value(double x, int *raised)
{
    return py_cos(x, raised);
}

/* ops.py */
static inline double row_cos_by_x(double x, double z, int *raised)
{
    (void)z;
    return -py_sin(x, raised);
}

/* ops.py */
static inline double row_tan_value(double x, int *raised)
{
    return py_tan(x, raised);
}

/* ops.py */
static inline double row_tan_by_x(double x, double z)
{
    (void)x;
    return 1.0 + (z * z);
}

/* ops.py */
static inline double row_asin_value(double x, int *raised)
{
    return py_asin(x, raised);
}

/* ops.py */
static inline double row_unnamed_3(double x)
{
    return (1.0 - x) * (1.0 + x);
}

/* ops.py */
static inline double row_asin_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_quotient(1.0, py_sqrt(row_unnamed_3(x), raised), raised);
}

/* ops.py */
static inline double row_acos_value(double x, int *raised)
{
    return py_acos(x, raised);
}

/* ops.py */
static inline double row_acos_by_x(double x, double z, int *raised)
{
    (void)z;
    return -row_quotient(1.0, py_sqrt(row_unnamed_3(x), raised), raised);
}

/* ops.py */
static inline double row_atan_value(double x)
{
    return py_atan(x);
}

/* special.py: polar_slope */
static inline double row_polar_slope(double x, double y, int *raised)
{
    int64_t e, xe;
    double a, b, xm;
    Tuple_di made_1;
    if (py_isnan(x) || py_isnan(y) || ((x == y) && (y == 0.0))) {
        return NAN;
    }
    if (py_isinf(x) || py_isinf(y)) {
        return py_copysign(0.0, x);
    }
    e = py_frexp(py_max(py_abs(x), py_abs(y))).part_1;
    a = py_ldexp(x, -e, raised);
    b = py_ldexp(y, -e, raised);
    made_1 = py_frexp(x);
    xm = made_1.part_0;
    xe = made_1.part_1;
    return row_ldexp_quiet(py_truediv(xm, (a * a) + (b * b), raised), py_whole(xe - py_whole(2 * e, raised), raised), raised);
}

/* ops.py */
static inline double row_atan_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_polar_slope(1.0, x, raised);
}

/* ops.py */
static inline double row_atan2_value(double x, double y, int *raised)
{
    return py_atan2(x, y, raised);
}

/* ops.py */
static inline double row_atan2_by_x(double x, double y, double z, int *raised)
{
    (void)z;
    return row_polar_slope(y, x, raised);
}

/* ops.py */
static inline double row_atan2_by_y(double x, double y, double z, int *raised)
{
    (void)z;
    return -row_polar_slope(x, y, raised);
}

/* ops.py */
static inline double row_radians_value(double x)
{
    return py_radians(x);
}

/* ops.py */
static inline double row_radians_by_x(double x, double z)
{
    (void)x;
    (void)z;
    return 0.017453292519943295;
}

/* ops.py */
static inline double row_degrees_value(double x)
{
    return py_degrees(x);
}

/* ops.py */
static inline double row_degrees_by_x(double x, double z)
{
    (void)x;
    (void)z;
    return 57.29577951308232;
}

/* series.py: is_order */
static inline int row_is_order(double n, int *raised)
{
    return ((0.0 <= n) && (n <= 170.0)) && (py_fmod(n, 1.0, raised) == 0.0);
}

/* series.py: _sin_pi */
static inline double row_sin_pi(double x, int *raised)
{
    double q;
    q = py_remainder(x, 2.0, raised);
    if (py_abs(q) > 0.5) {
        q = py_copysign(1.0, q) - q;
    }
    return py_sin(3.141592653589793 * q, raised);
}

/* series.py: _cos_pi */
static inline double row_cos_pi(double x, int *raised)
{
    return py_sin(3.141592653589793 * (0.5 - py_abs(py_remainder(x, 2.0, raised))), raised);
}

/* series.py: sinc_derivative */
static inline double row_sinc_derivative(double n, double x, int *raised)
{
    double a, scale, made_1, t, sine, cosine, g, value;
    int64_t order, k;
    Tuple_dddd phases;
    if ((!row_is_order(n, raised)) || py_isnan(x)) {
        return NAN;
    }
    a = py_abs(x);
    order = py_trunc(n, raised);
    scale = 1.0;
    if (py_isinf(a) || ((n == 0.0) && (a < 1e-09))) {
        return (a > 1.0) ? 0.0 : 1.0;
    }
    if ((a < 1.1830521861667747e-271) && (py_mod_int(order, 2, raised) == 1)) {
        made_1 = a * 4.149515568880993e+180;
        a = made_1;
        scale = 2.409919865102884e-181;
    }
    t = 3.141592653589793 * a;
    sine = row_sin_pi(a, raised);
    cosine = row_cos_pi(a, raised);
    phases = (Tuple_dddd){{sine, cosine, -sine, -cosine}};
    if (n == 0.0) {
        return py_truediv(sine, t, raised);
    }
    if (t < (n + 1.0)) {
        g = 0.0;
        {
            int64_t start_1_0 = py_whole(py_whole(2 * order, raised) + 40, raised);
            int64_t end_1 = py_range_count(start_1_0, order, -1);
            for (int64_t at_1 = 0; at_1 < end_1; at_1++) {
                k = start_1_0 - at_1;
                g = py_truediv(phases.at[py_place(py_mod_int(k, 4, raised), 4, raised)] - (t * g), (double)k, raised);
            }
        }
        value = (row_pow_quiet(3.141592653589793, n, raised) * g) * scale;
    } else {
        g = py_truediv(sine, t, raised);
        {
            int64_t start_2_0 = 1;
            int64_t end_2 = py_range_count(start_2_0, order, 1);
            for (int64_t at_2 = 0; at_2 < end_2; at_2++) {
                k = start_2_0 + at_2;
                g = py_truediv(phases.at[py_place(py_mod_int(k, 4, raised), 4, raised)] - (((double)k) * g), t, raised);
            }
        }
        value = phases.at[py_place(py_mod_int(order, 4, raised), 4, raised)] - (n * g);
        if ((order == 1) && (py_abs(value) < (1.5 * py_abs(g)))) {
            value = py_left_to_python(raised);
        } else {
            value = py_truediv(row_pow_quiet(3.141592653589793, n - 1.0, raised) * value, a, raised);
        }
    }
    return ((x < 0.0) && (py_mod_int(order, 2, raised) == 1)) ? (-value) : value;
}

/* ops.py */
static inline double row_sinc_value(double x, int *raised)
{
    return row_sinc_derivative(0.0, x, raised);
}

/* ops.py */
static inline double row_sinc_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_sinc_derivative(1.0, x, raised);
}

/* ops.py */
static inline double row_sinh_value(double x, int *raised)
{
    return py_sinh(x, raised);
}

/* ops.py */
static inline double row_sinh_by_x(double x, double z, int *raised)
{
    (void)z;
    return py_cosh(x, raised);
}

/* ops.py */
static inline double row_cosh_value(double x, int *raised)
{
    return py_cosh(x, raised);
}

/* ops.py */
static inline double row_cosh_by_x(double x, double z, int *raised)
{
    (void)z;
    return py_sinh(x, raised);
}

/* ops.py */
static inline double row_tanh_value(double x)
{
    return py_tanh(x);
}

/* special.py: sech2 */
static inline double row_sech2(double x, int *raised)
{
    double t, e;
    if (py_abs(x) < 0.5) {
        t = py_tanh(x);
        return 1.0 - (t * t);
    }
    e = py_exp((-2.0) * py_abs(x), raised);
    return py_truediv(4.0 * e, 1.0 + (e * (2.0 + e)), raised);
}

/* ops.py */
static inline double row_tanh_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_sech2(x, raised);
}

/* ops.py */
static inline double row_asinh_value(double x)
{
    return py_asinh(x);
}

/* ops.py */
static inline double row_asinh_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_quotient(1.0, py_hypot((double[]){1.0, x}, 2, raised), raised);
}

/* ops.py */
static inline double row_acosh_value(double x, int *raised)
{
    return py_acosh(x, raised);
}

/* ops.py */
static inline double row_acosh_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_quotient(1.0, py_sqrt(x - 1.0, raised) * py_sqrt(x + 1.0, raised), raised);
}

/* ops.py */
static inline double row_atanh_value(double x, int *raised)
{
    return py_atanh(x, raised);
}

/* ops.py */
static inline double row_atanh_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_quotient(1.0, row_unnamed_3(x), raised);
}

/* ops.py */
static inline double row_unnamed_4(double x, int *raised)
{
    return row_sigmoid(x, raised) * row_sigmoid(-x, raised);
}

/* ops.py */
static inline double row_sigmoid_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_unnamed_4(x, raised);
}

/* special.py: softplus */
static inline double row_softplus_value(double x, int *raised)
{
    return py_max(x, 0.0) + py_log1p(py_exp(-py_abs(x), raised), raised);
}

/* ops.py */
static inline double row_softplus_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_sigmoid(x, raised);
}

/* special.py: scaled_exp */
static inline double row_scaled_exp(double factor, double w, double v, int *raised)
{
    factor = factor + (factor * py_expm1(-v, raised));
    if (w < 700.0) {
        return factor * py_exp(-w, raised);
    }
    return (factor * py_exp(652.0 - w, raised)) * 6.918274648626584e-284;
}

/* activations.py: gate */
static inline double row_gate(double x, double w, double v, int *raised)
{
    return (x >= 0.0) ? py_truediv(x, 1.0 + row_scaled_exp(1.0, w, v, raised), raised) : row_scaled_exp(py_truediv(x, 1.0 + py_exp(-w, raised), raised), w, v, raised);
}

/* activations.py: silu */
static inline double row_silu_value(double x, int *raised)
{
    return (x < (-800.0)) ? (-0.0) : row_gate(x, py_abs(x), 0.0, raised);
}

/* special.py: polynomial */
static inline double row_polynomial(List coefficients, double x)
{
    double total, c;
    total = 0.0;
    {
        List list_1_0 = coefficients;
        int64_t end_1 = list_1_0.count;
        for (int64_t at_1 = 0; at_1 < end_1; at_1++) {
            c = list_1_0.at[list_1_0.count - 1 - at_1];
            total = (total * x) + c;
        }
    }
    return total;
}

/* activations.py: gate_slope */
static inline double row_gate_slope(double x, double w, double v, double rest, int *raised)
{
    double e, square;
    e = py_exp(-w, raised);
    square = 1.0 + (e * (2.0 + e));
    if (x >= 0.0) {
        return py_truediv(1.0 + (e * ((1.0 + w) + rest)), square, raised);
    }
    return row_scaled_exp(py_truediv((1.0 - w) + (e - (rest + v)), square, raised), w, v, raised);
}

/* activations.py: silu_slope */
static inline double row_silu_slope(double x, int *raised)
{
    if (py_abs(x) > 800.0) {
        return (x > 0.0) ? 1.0 : (-0.0);
    }
    if (((-1.40625) <= x) && (x <= (-1.15625))) {
        return ((x - (-1.2784645427610737)) + 1.0946994183093437e-16) * row_polynomial(TABLE(SILU_NEAR_ROOT), x + 1.28125);
    }
    return row_gate_slope(x, py_abs(x), 0.0, 0.0, raised);
}

/* ops.py */
static inline double row_silu_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_silu_slope(x, raised);
}

/* activations.py: _mills */
static inline double row_mills(double t, int *raised)
{
    return py_truediv(row_polynomial(TABLE(MILLS), py_truediv(t - 3.0, t + 3.0, raised)), 1.0 + t, raised);
}

/* special.py: scaled_gaussian */
static inline double row_scaled_gaussian(double x, double c, double factor, int *raised)
{
    double h;
    if (py_abs(x) > 40.0) {
        return 0.0 * factor;
    }
    h = row_high(x);
    return row_scaled_exp(factor, (c * h) * h, (c * (x - h)) * (x + h), raised);
}

/* activations.py: _normal_cdf */
static inline double row_normal_cdf(double x, int *raised)
{
    double y, d;
    y = 0.7071067811865476 * x;
    d = row_product_error(0.7071067811865476, x, y) - (4.833646656726457e-17 * x);
    return (0.5 * py_erfc(-y)) + ((0.5641895835477563 * py_exp((-y) * y, raised)) * d);
}

/* activations.py: gelu */
static inline double row_gelu_value(double x, int *raised)
{
    if (py_abs(x) > 40.0) {
        return (x > 0.0) ? x : (-0.0);
    }
    if (x <= (-1.0)) {
        return row_scaled_gaussian(x, 0.5, x * row_mills(-x, raised), raised);
    }
    return x * row_normal_cdf(x, raised);
}

/* activations.py: gelu_slope */
static inline double row_gelu_slope(double x, int *raised)
{
    if (py_abs(x) > 40.0) {
        return (x > 0.0) ? 1.0 : (-0.0);
    }
    if (((-1.5) <= x) && (x <= (-0.375))) {
        return ((x - (-0.7517915246935645)) - 1.4956759177009883e-17) * row_polynomial(TABLE(GELU_NEAR_ROOT), x + 0.9375);
    }
    if (x < (-1.5)) {
        return row_scaled_gaussian(x, 0.5, row_mills(-x, raised) + (0.3989422804014327 * x), raised);
    }
    return row_normal_cdf(x, raised) + (x * row_scaled_gaussian(x, 0.5, 0.3989422804014327, raised));
}

/* ops.py */
static inline double row_gelu_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_gelu_slope(x, raised);
}

/* activations.py: gelu_tanh_exponent */
static inline Tuple_dd row_gelu_tanh_exponent(double x)
{
    double s, p, q, w, r;
    s = x * x;
    p = 0.07135481627260025 * s;
    q = 1.5957691216057308 + p;
    w = x * q;
    r = (((row_product_error(0.07135481627260025, s, p) + (0.07135481627260025 * row_product_error(x, x, s))) - (4.1218577217431825e-18 * s)) + row_residual(p, -1.5957691216057308, q)) - 9.96930880911092e-17;
    return (Tuple_dd){{w, row_product_error(x, q, w) + (x * r)}};
}

/* activations.py: gelu_tanh */
static inline double row_gelu_tanh_value(double x, int *raised)
{
    Tuple_dd made_1;
    double w, v;
    if (py_abs(x) > 22.0) {
        return (x > 0.0) ? x : (-0.0);
    }
    made_1 = row_gelu_tanh_exponent(py_abs(x));
    w = made_1.at[0];
    v = made_1.at[1];
    return row_gate(x, w, v, raised);
}

/* activations.py: gelu_tanh_slope */
static inline double row_gelu_tanh_slope(double x, int *raised)
{
    Tuple_dd made_1;
    double w, v;
    if (py_abs(x) > 22.0) {
        return (x > 0.0) ? 1.0 : (-0.0);
    }
    if (((-1.0625) <= x) && (x <= (-0.375))) {
        return ((x - (-0.7524614220710163)) - 3.4358218314355225e-17) * row_polynomial(TABLE(GELU_TANH_NEAR_ROOT), x + 0.71875);
    }
    made_1 = row_gelu_tanh_exponent(py_abs(x));
    w = made_1.at[0];
    v = made_1.at[1];
    return row_gate_slope(x, w, v, ((0.1427096325452005 * py_abs(x)) * x) * x, raised);
}

/* ops.py */
static inline double row_gelu_tanh_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_gelu_tanh_slope(x, raised);
}

/* ops.py */
static inline double row_relu_value(double x)
{
    return (x <= 0.0) ? 0.0 : x;
}

/* ops.py */
static inline double row_relu_by_x(double x, double z)
{
    (void)z;
    return (x > 0.0) ? 1.0 : ((x <= 0.0) ? 0.0 : NAN);
}

/* ops.py */
static inline int row_relu_flat_by_x(double x)
{
    return x < 0.0;
}

/* ops.py */
static inline double row_leaky_relu_value(double x, double slope)
{
    return (x > 0.0) ? x : (slope * x);
}

/* ops.py */
static inline double row_leaky_relu_by_x(double x, double slope, double z)
{
    (void)z;
    return (x > 0.0) ? 1.0 : slope;
}

/* ops.py */
static inline double row_leaky_relu_by_y(double x, double slope, double z)
{
    (void)slope;
    (void)z;
    return (x > 0.0) ? 0.0 : x;
}

/* ops.py */
static inline int row_leaky_relu_flat_by_y(double x, double y)
{
    (void)y;
    return x > 0.0;
}

/* ops.py */
static inline double row_maximum_value(double x, double y)
{
    return ((x >= y) || (x != x)) ? x : y;
}

/* ops.py */
static inline double row_unnamed_5(double x, double y)
{
    return (x > y) ? 1.0 : ((x == y) ? 0.5 : ((x < y) ? 0.0 : NAN));
}

/* ops.py */
static inline double row_maximum_by_x(double x, double y, double z)
{
    (void)z;
    return row_unnamed_5(x, y);
}

/* ops.py */
static inline double row_maximum_by_y(double x, double y, double z)
{
    (void)z;
    return row_unnamed_5(y, x);
}

/* domains.py: is_less */
static inline int row_maximum_flat_by_x(double x, double y)
{
    return x < y;
}

/* domains.py: is_greater */
static inline int row_maximum_flat_by_y(double x, double y)
{
    return x > y;
}

/* ops.py */
static inline double row_minimum_value(double x, double y)
{
    return ((x <= y) || (x != x)) ? x : y;
}

/* ops.py */
static inline double row_minimum_by_x(double x, double y, double z)
{
    (void)z;
    return row_unnamed_5(y, x);
}

/* ops.py */
static inline double row_minimum_by_y(double x, double y, double z)
{
    (void)z;
    return row_unnamed_5(x, y);
}

/* ops.py */
static inline double row_sign_by_x(double x, double z)
{
    (void)x;
    (void)z;
    return 0.0;
}

/* ops.py */
static inline double row_erf_value(double x)
{
    return py_erf(x);
}

/* special.py: gaussian */
static inline double row_gaussian(double x, double c, int *raised)
{
    return row_scaled_gaussian(x, c, 1.0, raised);
}

/* ops.py */
static inline double row_erf_by_x(double x, double z, int *raised)
{
    (void)z;
    return 1.1283791670955126 * row_gaussian(x, 1.0, raised);
}

/* ops.py */
static inline double row_erfc_value(double x)
{
    return py_erfc(x);
}

/* ops.py */
static inline double row_erfc_by_x(double x, double z, int *raised)
{
    (void)z;
    return (-1.1283791670955126) * row_gaussian(x, 1.0, raised);
}

/* ops.py */
static inline double row_gamma_value(double x, int *raised)
{
    return py_gamma(x, raised);
}

/* series.py: _euler_maclaurin */
static inline double row_euler_maclaurin(double n, double y, int *raised)
{
    double v, w, power, total, b;
    int64_t j;
    v = py_truediv(1.0, y, raised);
    w = v * v;
    power = (n + 1.0) * w;
    total = 0.0;
    {
        int64_t start_1_0 = 1;
        List list_1_1 = TABLE(BERNOULLI);
        int64_t end_1 = list_1_1.count;
        for (int64_t at_1 = 0; at_1 < end_1; at_1++) {
            j = start_1_0 + at_1;
            b = list_1_1.at[at_1];
            total = total + (b * power);
            power = power * (((n + ((double)py_whole(2 * j, raised))) * ((n + ((double)py_whole(2 * j, raised))) + 1.0)) * w);
        }
    }
    return total + (0.5 * v);
}

/* series.py: _digamma */
static inline double row_digamma(double x, int *raised)
{
    double rest, factor;
    int64_t k;
    if (x >= 10.0) {
        return row_log_quiet(x, raised) - row_euler_maclaurin(0.0, x, raised);
    }
    rest = 0.0;
    while ((x >= 3.0) && !*raised) {
        x = x - 1.0;
        rest = rest + py_truediv(1.0, x, raised);
    }
    factor = row_polynomial(TABLE(DIGAMMA_REST), x - 1.5);
    {
        int64_t end_1 = 4;
        for (int64_t at_1 = 0; at_1 < end_1; at_1++) {
            k = NUMBERS[at_1];
            factor = factor + py_truediv(py_item(TABLE(DIGAMMA_POLES), k, raised), x + ((double)k), raised);
        }
    }
    return (((x - 1.4616321449683622) - 9.549995429965697e-17) * factor) + rest;
}

/* special.py: residual */
static inline double row_residual_2(double a, int64_t b, double d, int *raised)
{
    if (!py_isfinite(d)) {
        return 0.0;
    }
    return (py_abs(a) >= ((double)py_abs_int(b, raised))) ? ((a - d) - ((double)b)) : (a - (((double)b) + d));
}

/* series.py: _zeta_factorial */
static inline double row_zeta_factorial(double n, double x, int *raised)
{
    Tuple_di made_1, made_2, made_3;
    double fm, y, ym, far, total, term;
    int64_t fe, steps, ye, k;
    made_1 = py_frexp((double)py_factorial(py_whole(py_trunc(n, raised) - 1, raised), raised));
    fm = made_1.part_0;
    fe = made_1.part_1;
    steps = (x < (10.0 + n)) ? py_max_int(0, py_ceil((10.0 + n) - x, raised)) : 0;
    y = x + ((double)steps);
    made_2 = py_frexp(y);
    ym = made_2.part_0;
    ye = made_2.part_1;
    far = py_truediv(fm * (1.0 + (n * row_euler_maclaurin(n, y, raised))), row_pow_quiet(ym, n, raised), raised);
    total = row_ldexp_quiet(far - py_truediv((far * n) * row_residual_2(x, -steps, y, raised), y, raised), py_whole(fe - py_whole(ye * py_trunc(n, raised), raised), raised), raised);
    {
        int64_t start_1_0 = py_whole(steps - 1, raised);
        int64_t end_1 = py_range_count(start_1_0, -1, -1);
        for (int64_t at_1 = 0; at_1 < end_1; at_1++) {
            k = start_1_0 - at_1;
            y = x + ((double)k);
            made_3 = py_frexp(y);
            ym = made_3.part_0;
            ye = made_3.part_1;
            term = py_truediv(fm * n, row_pow_quiet(ym, n + 1.0, raised), raised);
            total = total + row_ldexp_quiet(term - py_truediv((term * (n + 1.0)) * row_residual_2(x, -k, y, raised), y, raised), py_whole(fe - py_whole(ye * py_whole(py_trunc(n, raised) + 1, raised), raised), raised), raised);
        }
    }
    return total;
}

/* series.py: polygamma */
static inline double row_polygamma(double n, double x, int *raised)
{
    int odd;
    double up, down, made_1, made_2, made_3, made_4, value, least;
    if ((!row_is_order(n, raised)) || py_isnan(x) || (x == (-INFINITY))) {
        return NAN;
    }
    odd = py_fmod(n, 2.0, raised) != 0.0;
    if ((x <= 0.0) && (py_fmod(x, 1.0, raised) == 0.0)) {
        return odd ? INFINITY : ((x == 0.0) ? (-py_copysign(INFINITY, x)) : NAN);
    }
    if (x > 0.0) {
        return (n == 0.0) ? row_digamma(x, raised) : (odd ? row_zeta_factorial(n, x, raised) : (-row_zeta_factorial(n, x, raised)));
    }
    if (n == 0.0) {
        up = row_digamma(1.0 - x, raised);
        down = py_truediv(3.141592653589793 * row_cos_pi(x, raised), row_sin_pi(x, raised), raised);
    } else {
        up = x - ((double)py_floor(x, raised));
        down = ((double)py_ceil(x, raised)) - x;
        made_1 = row_zeta_factorial(n, up, raised);
        made_2 = row_zeta_factorial(n, down, raised) - row_zeta_factorial(n, 1.0 - x, raised);
        up = made_1;
        down = made_2;
        if (odd) {
            return up + down;
        }
        made_3 = down;
        made_4 = up;
        up = made_3;
        down = made_4;
    }
    value = up - down;
    least = 0.8 * py_max(py_max(py_abs(up), py_abs(down)), 1.0);
    return ((least < py_abs(value)) && (py_abs(value) < INFINITY)) ? value : py_left_to_python(raised);
}

/* series.py: gamma_derivative */
static inline double row_gamma_derivative(double n, double x, int *raised)
{
    if ((!row_is_order(n, raised)) || py_isnan(x) || (x == (-INFINITY)) || ((x <= 0.0) && (py_fmod(x, 1.0, raised) == 0.0))) {
        return NAN;
    }
    if ((n == 1.0) && py_isfinite(x)) {
        return py_left_to_python(raised);
    }
    return py_left_to_python(raised);
}

/* ops.py */
static inline double row_gamma_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_gamma_derivative(1.0, x, raised);
}

/* ops.py */
static inline double row_lgamma_value(double x, int *raised)
{
    return py_lgamma(x, raised);
}

/* domains.py: is_order */
static inline int row_is_order_2(double n, int *raised)
{
    return (n >= 0.0) && (py_mod(n, 1.0, raised) == 0.0);
}

/* domains.py: is_no_pole */
static inline int row_is_no_pole(double x, int *raised)
{
    return (x > 0.0) || (py_mod(x, 1.0, raised) != 0.0);
}

/* domains.py */
static inline int row_unnamed_6(double n, double x, int *raised)
{
    return row_is_order_2(n, raised) && row_is_no_pole(x, raised);
}

/* values.py: polygamma_value */
static inline double row_polygamma_value(double n, double x, int *raised)
{
    if (!row_unnamed_6(n, x, raised)) {
        *raised |= VALUE_ERROR;
        return NAN;
    }
    return row_polygamma(n, x, raised);
}

/* ops.py */
static inline double row_lgamma_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_polygamma_value(0.0, x, raised);
}

/* ops.py */
static inline double row_polygamma_by_x(double x, double y, double z)
{
    (void)x;
    (void)y;
    (void)z;
    return NAN;
}

/* ops.py */
static inline double row_polygamma_by_y(double n, double x, double z, int *raised)
{
    (void)z;
    return row_polygamma_value(n + 1.0, x, raised);
}

/* values.py: running_sum */
static inline double row_sum_value(List xs)
{
    double total, x;
    total = 0.0;
    {
        List list_1_0 = xs;
        int64_t end_1 = list_1_0.count;
        for (int64_t at_1 = 0; at_1 < end_1; at_1++) {
            x = list_1_0.at[at_1];
            total = total + x;
        }
    }
    return total;
}

/* ops.py */
static inline List row_sum_slopes(List xs, double z, Memory *memory, int *raised)
{
    (void)z;
    return py_repeat(py_copied((List){(double[]){1.0}, 1, 0}, memory, raised), xs.count, memory, raised);
}

/* ops.py */
static inline double row_mean_value(List xs, int *raised)
{
    return py_truediv(row_sum_value(xs), (double)xs.count, raised);
}

/* ops.py */
static inline List row_mean_slopes(List xs, double z, Memory *memory, int *raised)
{
    (void)z;
    return py_repeat(py_copied((List){(double[]){py_truediv(1.0, (double)xs.count, raised)}, 1, 0}, memory, raised), xs.count, memory, raised);
}

/* ops.py */
static inline double row_prod_value(List xs, int *raised)
{
    return py_prod_of(xs, raised);
}

/* derivatives.py: running_products */
static inline List row_running_products(List xs, Memory *memory, int *raised)
{
    List products;
    double x;
    products = py_copied((List){(double[]){1.0}, 1, 0}, memory, raised);
    {
        List list_1_0 = xs;
        int64_t end_1 = list_1_0.count;
        py_reserve(&products, end_1, memory, raised);
        for (int64_t at_1 = 0; at_1 < end_1; at_1++) {
            x = list_1_0.at[at_1];
            py_append(&products, py_item(products, -1, raised) * x, memory, raised);
        }
    }
    return products;
}

/* derivatives.py: is_normal */
static inline int row_is_normal_2(double x)
{
    return ((2.2250738585072014e-308 <= x) && (x < INFINITY)) || (((-INFINITY) < x) && (x <= (-2.2250738585072014e-308)));
}

/* derivatives.py: in_range */
static inline int row_in_range(List products, List xs)
{
    double x, product;
    {
        List list_1_0 = xs;
        List list_1_1 = py_slice(products, 1, INT64_C(9007199254740992));
        int64_t end_1 = py_min_int(list_1_0.count, list_1_1.count);
        for (int64_t at_1 = 0; at_1 < end_1; at_1++) {
            x = list_1_0.at[at_1];
            product = list_1_1.at[at_1];
            if (x == 0.0) {
                return 1;
            }
            if (!row_is_normal_2(product)) {
                return 0;
            }
        }
    }
    return 1;
}

/* derivatives.py: product_slopes */
static inline List row_product_slopes(List xs, int *raised)
{
    (void)xs;
    return py_left_to_python(raised), (List){0};
}

/* derivatives.py: prod_slopes */
static inline List row_prod_slopes(List xs, double z, Memory *memory, int *raised)
{
    List before, after, made_1;
    double made_2, made_3;
    (void)z;
    before = row_running_products(py_slice(xs, 0, -1), memory, raised);
    after = row_running_products(py_backwards(xs, 0, memory, raised), memory, raised);
    if (row_in_range(before, xs) && row_in_range(after, py_backwards(xs, INT64_C(-9007199254740992), memory, raised))) {
        made_1 = (List){0};
        {
            List list_1_0 = before;
            List list_1_1 = after;
            int64_t end_1 = py_same_length(list_1_0.count, list_1_1.count, raised);
            py_reserve(&made_1, end_1, memory, raised);
            for (int64_t at_1 = 0; at_1 < end_1; at_1++) {
                made_2 = list_1_0.at[at_1];
                made_3 = list_1_1.at[list_1_1.count - 1 - at_1];
                py_append(&made_1, made_2 * made_3, memory, raised);
            }
        }
        return made_1;
    }
    return row_product_slopes(xs, raised);
}

/* values.py: dot_value */
static inline double row_dot_value(List operands, int *raised)
{
    double total, x, y;
    int64_t half;
    total = 0.0;
    half = py_floordiv_int(operands.count, 2, raised);
    {
        List list_1_0 = py_slice(operands, 0, half);
        List list_1_1 = py_slice(operands, half, INT64_C(9007199254740992));
        int64_t end_1 = py_same_length(list_1_0.count, list_1_1.count, raised);
        for (int64_t at_1 = 0; at_1 < end_1; at_1++) {
            x = list_1_0.at[at_1];
            y = list_1_1.at[at_1];
            total = total + (x * y);
        }
    }
    return total;
}

/* ops.py */
static inline List row_dot_slopes(List xs, double z, Memory *memory, int *raised)
{
    (void)z;
    return py_joined((List[]){py_slice(xs, py_floordiv_int(xs.count, 2, raised), INT64_C(9007199254740992)), py_slice(xs, 0, py_floordiv_int(xs.count, 2, raised))}, 2, memory, raised);
}

/* ops.py */
static inline double row_norm_value(List xs, int *raised)
{
    return py_hypot_of(xs, raised);
}

/* ops.py */
static inline double row_unnamed_7(double x, double r, int *raised)
{
    return (r != 0.0) ? row_quotient(x, r, raised) : 0.0;
}

/* derivatives.py: norm_slopes */
static inline List row_norm_slopes(List xs, double z, Memory *memory, int *raised)
{
    double scale, made_2, most, made_6, made_7, made_9, made_10;
    List made_1, made_3, made_4, made_5;
    int64_t made_8;
    if (!((1.0261342003245941e-289 <= z) && (z <= 1.0715086071862673e+301))) {
        scale = (z < 1.0) ? 4.149515568880993e+180 : 2.409919865102884e-181;
        made_1 = (List){0};
        {
            List list_1_0 = xs;
            int64_t end_1 = list_1_0.count;
            py_reserve(&made_1, end_1, memory, raised);
            for (int64_t at_1 = 0; at_1 < end_1; at_1++) {
                made_2 = list_1_0.at[at_1];
                py_append(&made_1, made_2 * scale, memory, raised);
            }
        }
        xs = made_1;
        z = row_norm_value(xs, raised);
    }
    most = 0.7 * row_plain(z);
    made_3 = (List){0};
    made_4 = (List){0};
    made_5 = (List){0};
    {
        List list_2_0 = xs;
        int64_t end_2 = list_2_0.count;
        py_reserve(&made_5, end_2, memory, raised);
        for (int64_t at_2 = 0; at_2 < end_2; at_2++) {
            made_6 = list_2_0.at[at_2];
            py_append(&made_5, row_plain(made_6), memory, raised);
        }
    }
    {
        List list_3_0 = made_5;
        int64_t end_3 = list_3_0.count;
        py_reserve(&made_4, end_3, memory, raised);
        for (int64_t at_3 = 0; at_3 < end_3; at_3++) {
            made_7 = list_3_0.at[at_3];
            py_append(&made_4, py_abs(made_7), memory, raised);
        }
    }
    {
        int64_t start_4_0 = 0;
        List list_4_1 = xs;
        List list_4_2 = made_4;
        int64_t end_4 = py_same_length(list_4_1.count, list_4_2.count, raised);
        py_reserve(&made_3, end_4, memory, raised);
        for (int64_t at_4 = 0; at_4 < end_4; at_4++) {
            made_8 = start_4_0 + at_4;
            made_9 = list_4_1.at[at_4];
            made_10 = list_4_2.at[at_4];
            py_append(&made_3, ((most < made_10) && (made_10 < INFINITY)) ? row_cosine(made_9, row_norm_value(py_joined((List[]){py_slice(xs, 0, made_8), py_slice(xs, py_whole(made_8 + 1, raised), INT64_C(9007199254740992))}, 2, memory, raised), raised), raised) : row_unnamed_7(made_9, z, raised), memory, raised);
        }
    }
    return made_3;
}

/* shape.py: items */
static inline List row_items(List xs)
{
    return xs;
}

/* derivatives.py: shifted */
static inline Tuple_ill row_shifted(List xs, Memory *memory, int *raised)
{
    List made_1, numbers, made_3, lost, made_5, differences, made_7, made_8, exps;
    double made_2, made_4, made_6, made_9, made_10, made_11;
    int64_t at;
    int finite;
    if (!(xs.count != 0)) {
        *raised |= VALUE_ERROR;
        return (Tuple_ill){0};
    }
    made_1 = (List){0};
    {
        List list_1_0 = xs;
        int64_t end_1 = list_1_0.count;
        py_reserve(&made_1, end_1, memory, raised);
        for (int64_t at_1 = 0; at_1 < end_1; at_1++) {
            made_2 = list_1_0.at[at_1];
            py_append(&made_1, made_2, memory, raised);
        }
    }
    numbers = made_1;
    at = py_largest(numbers, xs.count, raised);
    finite = py_isfinite(py_item(numbers, at, raised));
    made_3 = (List){0};
    {
        List list_2_0 = numbers;
        int64_t end_2 = list_2_0.count;
        py_reserve(&made_3, end_2, memory, raised);
        for (int64_t at_2 = 0; at_2 < end_2; at_2++) {
            made_4 = list_2_0.at[at_2];
            py_append(&made_3, row_residual(made_4, py_item(numbers, at, raised), made_4 - py_item(numbers, at, raised)), memory, raised);
        }
    }
    lost = made_3;
    made_5 = (List){0};
    {
        List list_3_0 = xs;
        int64_t end_3 = list_3_0.count;
        py_reserve(&made_5, end_3, memory, raised);
        for (int64_t at_3 = 0; at_3 < end_3; at_3++) {
            made_6 = list_3_0.at[at_3];
            py_append(&made_5, made_6 - py_item(xs, at, raised), memory, raised);
        }
    }
    differences = made_5;
    made_7 = (List){0};
    made_8 = (List){0};
    {
        List list_4_0 = differences;
        int64_t end_4 = list_4_0.count;
        py_reserve(&made_8, end_4, memory, raised);
        for (int64_t at_4 = 0; at_4 < end_4; at_4++) {
            made_9 = list_4_0.at[at_4];
            py_append(&made_8, py_exp(made_9, raised), memory, raised);
        }
    }
    {
        List list_5_0 = made_8;
        List list_5_1 = lost;
        int64_t end_5 = py_same_length(list_5_0.count, list_5_1.count, raised);
        py_reserve(&made_7, end_5, memory, raised);
        for (int64_t at_5 = 0; at_5 < end_5; at_5++) {
            made_10 = list_5_0.at[at_5];
            made_11 = list_5_1.at[at_5];
            py_append(&made_7, (made_11 != 0.0) ? (made_10 + (made_10 * made_11)) : made_10, memory, raised);
        }
    }
    exps = made_7;
    if ((xs.count > 1) && finite) {
        py_set(differences, at, 0.0, raised);
        py_set(exps, at, 1.0, raised);
    }
    return (Tuple_ill){at, differences, exps};
}

/* derivatives.py: softmax */
static inline List row_softmax(List xs, Memory *memory, int *raised)
{
    Tuple_ill made_1;
    int64_t largest;
    List exps, made_2;
    double total, made_3;
    made_1 = row_shifted(row_items(xs), memory, raised);
    largest = made_1.part_0;
    exps = made_1.part_2;
    total = row_sum_value(py_joined((List[]){py_slice(exps, 0, largest), py_slice(exps, py_whole(largest + 1, raised), INT64_C(9007199254740992)), (List){(double[]){py_item(exps, largest, raised)}, 1, 1}}, 3, memory, raised));
    made_2 = (List){0};
    {
        List list_1_0 = exps;
        int64_t end_1 = list_1_0.count;
        py_reserve(&made_2, end_1, memory, raised);
        for (int64_t at_1 = 0; at_1 < end_1; at_1++) {
            made_3 = list_1_0.at[at_1];
            py_append(&made_2, row_quotient(made_3, total, raised), memory, raised);
        }
    }
    return made_2;
}

/* ops.py */
static inline List row_logsumexp_slopes(List xs, double z, Memory *memory, int *raised)
{
    (void)z;
    return row_softmax(xs, memory, raised);
}

/* ops.py */
static inline double row_where_value(Tuple_ddd cxy)
{
    return (cxy.at[0] != 0.0) ? cxy.at[1] : cxy.at[2];
}

/* ops.py */
static inline Tuple_ddd row_where_slopes(Tuple_ddd cxy, double z)
{
    (void)z;
    return (cxy.at[0] != 0.0) ? (Tuple_ddd){{0.0, 1.0, 0.0}} : (Tuple_ddd){{0.0, 0.0, 1.0}};
}

/* ops.py */
static inline Tuple_bbb row_where_flat(Tuple_ddd cxy)
{
    return (Tuple_bbb){1, !(cxy.at[0] != 0.0), cxy.at[0] != 0.0};
}

/* integers.py: chosen */
static inline double row_take_value(List xs, int *raised)
{
    int64_t count, j;
    count = py_whole(xs.count - 1, raised);
    {
        int64_t start_1_0 = 0;
        int64_t end_1 = py_range_count(start_1_0, count, 1);
        for (int64_t at_1 = 0; at_1 < end_1; at_1++) {
            j = start_1_0 + at_1;
            if ((py_item(xs, 0, raised) == ((double)j)) || (py_item(xs, 0, raised) == ((double)py_whole(j - count, raised)))) {
                return py_item(xs, py_whole(j + 1, raised), raised);
            }
        }
    }
    *raised |= VALUE_ERROR;
    return NAN;
}

/* integers.py: chosen_slopes */
static inline List row_take_slopes(List xs, double z, Memory *memory, int *raised)
{
    int64_t count, made_2;
    List made_1;
    (void)z;
    count = py_whole(xs.count - 1, raised);
    made_1 = (List){0};
    {
        int64_t start_1_0 = 0;
        int64_t end_1 = py_range_count(start_1_0, count, 1);
        py_reserve(&made_1, end_1, memory, raised);
        for (int64_t at_1 = 0; at_1 < end_1; at_1++) {
            made_2 = start_1_0 + at_1;
            py_append(&made_1, ((py_item(xs, 0, raised) == ((double)made_2)) || (py_item(xs, 0, raised) == ((double)py_whole(made_2 - count, raised)))) ? 1.0 : 0.0, memory, raised);
        }
    }
    return py_joined((List[]){(List){(double[]){0.0}, 1, 1}, made_1}, 2, memory, raised);
}

/* ops.py */
static inline double row_residual_value(double x, double y)
{
    return row_residual(x, y, x - y);
}

/* ops.py */
static inline double row_residual_by_x(double x, double y, double z)
{
    (void)x;
    (void)y;
    (void)z;
    return 0.0;
}

/* ops.py */
static inline double row_residual_by_y(double x, double y, double z)
{
    (void)x;
    (void)y;
    (void)z;
    return 0.0;
}

/* ops.py */
static inline double row_stop_value(double x)
{
    return x;
}

/* ops.py */
static inline double row_stop_by_x(double x, double z)
{
    (void)x;
    (void)z;
    return 0.0;
}

/* ops.py */
static inline double row_chain_value(double g, double d)
{
    return (g * d) + 0.0;
}

/* ops.py */
static inline double row_times_value(double x, double y)
{
    return ((x != 0.0) && (y != 0.0)) ? ((x * y) + 0.0) : 0.0;
}

/* ops.py */
static inline double row_quotient_by_x(double a, double b, double z, int *raised)
{
    (void)a;
    (void)z;
    return row_quotient(1.0, b, raised);
}

/* ops.py */
static inline double row_quotient_by_y(double a, double b, double z, int *raised)
{
    (void)z;
    return -row_over_square(a, b, raised);
}

/* ops.py */
static inline double row_over_square_by_x(double a, double b, double z, int *raised)
{
    (void)a;
    (void)z;
    return row_over_square(1.0, b, raised);
}

/* ops.py */
static inline double row_over_square_by_y(double a, double b, double z, int *raised)
{
    (void)a;
    return row_quotient((-2.0) * z, b, raised);
}

/* ops.py */
static inline double row_polar_slope_by_x(double x, double y, double z, int *raised)
{
    return (row_polar_slope(y, x, raised) - z) * (row_polar_slope(y, x, raised) + z);
}

/* ops.py */
static inline double row_polar_slope_by_y(double x, double y, double z, int *raised)
{
    return (-2.0) * row_times_value(z, row_polar_slope(y, x, raised));
}

/* ops.py */
static inline double row_one_minus_square_by_x(double x, double z)
{
    (void)z;
    return (-2.0) * x;
}

/* derivatives.py: cosine_slopes */
static inline Tuple_dd row_cosine_slopes(double x, double y, double z, int *raised)
{
    double scale, sine, r, small, large, by_x, by_y;
    Tuple_dd made_1;
    scale = ((py_abs(x) > 1.0715086071862673e+301) || (py_abs(y) > 1.0715086071862673e+301)) ? 5.421010862427522e-20 : 1.0;
    sine = row_cosine(y, x, raised);
    r = py_hypot((double[]){scale * x, scale * y}, 2, raised);
    made_1 = (py_abs(sine) <= py_abs(z)) ? (Tuple_dd){{sine, z}} : (Tuple_dd){{z, sine}};
    small = made_1.at[0];
    large = made_1.at[1];
    by_x = row_quotient(0.5 * sine, r, raised) * sine;
    by_y = row_quotient(0.5 * small, r, raised) * large;
    return (Tuple_dd){{(2.0 * scale) * by_x, ((-2.0) * scale) * by_y}};
}

/* ops.py */
static inline double row_cosine_by_x(double x, double y, double z, int *raised)
{
    return row_cosine_slopes(x, y, z, raised).at[0];
}

/* ops.py */
static inline double row_cosine_by_y(double x, double y, double z, int *raised)
{
    return row_cosine_slopes(x, y, z, raised).at[1];
}

/* ops.py */
static inline double row_unit_by_x(double x, double r, double z, int *raised)
{
    (void)x;
    (void)z;
    return row_quotient(1.0, r, raised);
}

/* ops.py */
static inline double row_unit_by_y(double x, double r, double z, int *raised)
{
    (void)z;
    return -row_over_square(x, r, raised);
}

/* ops.py */
static inline double row_larger_by_x(double x, double y, double z)
{
    (void)x;
    (void)y;
    (void)z;
    return 0.0;
}

/* ops.py */
static inline double row_larger_by_y(double x, double y, double z)
{
    (void)x;
    (void)y;
    (void)z;
    return 0.0;
}

/* ops.py */
static inline double row_sech2_by_x(double x, double z)
{
    return ((-2.0) * py_tanh(x)) * z;
}

/* derivatives.py: times_gaussian */
static inline double row_times_gaussian(double factor, double x, double c, double z, int *raised)
{
    double half;
    if (z > 1.0261342003245941e-289) {
        return row_times_value(z, factor);
    }
    half = row_gaussian(x, 0.5 * c, raised);
    return row_times_value(row_times_value(half, factor), half);
}

/* ops.py */
static inline double row_gaussian_by_x(double x, double c, double z, int *raised)
{
    return row_times_gaussian(((-2.0) * c) * x, x, c, z, raised);
}

/* ops.py */
static inline double row_gaussian_by_y(double x, double c, double z)
{
    (void)c;
    return row_times_value(z, (-x) * x);
}

/* ops.py */
static inline double row_sigmoid_slope_by_x(double x, double z)
{
    return (-py_tanh(0.5 * x)) * z;
}

/* derivatives.py: silu_curve */
static inline double row_silu_curve(double x, int *raised)
{
    double size, root, half;
    size = (x < 0.0) ? (-x) : x;
    root = py_exp((-0.5) * size, raised);
    half = py_truediv(root, 1.0 + (root * root), raised);
    return row_times_value(row_times_value(half, (2.0 - size) + ((2.0 * size) * row_sigmoid(-size, raised))), half);
}

/* ops.py */
static inline double row_silu_slope_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_silu_curve(x, raised);
}

/* derivatives.py: gelu_curve */
static inline double row_gelu_curve(double x, int *raised)
{
    double factor;
    factor = ((1.4142135623730951 - x) + (-9.667293313452913e-17)) * ((1.4142135623730951 + x) + (-9.667293313452913e-17));
    return row_times_gaussian(0.3989422804014327 * factor, x, 0.5, row_gaussian(x, 0.5, raised), raised);
}

/* ops.py */
static inline double row_gelu_slope_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_gelu_curve(x, raised);
}

/* derivatives.py: gelu_tanh_curve */
static inline double row_gelu_tanh_curve(double x, int *raised)
{
    double size, near, square, v, slope, curve, root, half, turn, factor;
    size = (x < 0.0) ? (-x) : x;
    if (size > 22.0) {
        return 0.0;
    }
    if ((1.1875 <= size) && (size <= 2.1875)) {
        near = row_polynomial(TABLE(GELU_TANH_CURVE_NEAR_ROOT), size - 1.6875);
        return ((size - 1.4185040087908283) - 8.553562981044113e-17) * near;
    }
    square = size * size;
    v = size * (1.5957691216057308 + (0.07135481627260025 * square));
    slope = 1.5957691216057308 + (0.21406444881780073 * square);
    curve = 0.42812889763560147 * size;
    root = py_exp((-0.5) * v, raised);
    root = root - (root * (0.5 * row_gelu_tanh_exponent(row_plain(size)).at[1]));
    half = py_truediv(root, 1.0 + (root * root), raised);
    turn = size * slope;
    factor = (slope * ((2.0 - turn) + ((2.0 * turn) * row_sigmoid(-v, raised)))) + (size * curve);
    return row_times_value(row_times_value(half, factor), half);
}

/* ops.py */
static inline double row_gelu_tanh_slope_by_x(double x, double z, int *raised)
{
    (void)z;
    return row_gelu_tanh_curve(x, raised);
}

/* ops.py */
static inline double row_sinc_derivative_by_x(double x, double y, double z)
{
    (void)x;
    (void)y;
    (void)z;
    return NAN;
}

/* ops.py */
static inline double row_sinc_derivative_by_y(double n, double x, double z, int *raised)
{
    (void)z;
    return row_sinc_derivative(n + 1.0, x, raised);
}

/* ops.py */
static inline double row_product_value(List xs, int *raised)
{
    (void)xs;
    return py_left_to_python(raised);
}

/* ops.py */
static inline List row_product_slopes_2(List xs, double z, int *raised)
{
    (void)z;
    return row_product_slopes(xs, raised);
}

/* ops.py */
static inline double row_gamma_derivative_by_x(double x, double y, double z)
{
    (void)x;
    (void)y;
    (void)z;
    return NAN;
}

/* ops.py */
static inline double row_gamma_derivative_by_y(double n, double x, double z, int *raised)
{
    (void)z;
    return row_gamma_derivative(n + 1.0, x, raised);
}

/* derivatives.py: at_an_end */
static inline int row_at_an_end(double x)
{
    return (x == 0.0) || (x == INFINITY) || (x == (-INFINITY));
}

/* derivatives.py: pow_curve */
static inline double row_pow_curve(double x, double y, double slope, int *raised)
{
    int large;
    double sign, curve, made_1, half;
    if (row_at_an_end(x)) {
        return row_times_value(y, row_pow_slope(x, y - 1.0, raised));
    }
    if (row_is_normal_2(slope)) {
        large = !((((-1.0) <= slope) && (slope <= 1.0)) || (((-1.0) <= x) && (x <= 1.0)));
        return large ? ((y - 1.0) * row_quotient(slope, x, raised)) : row_quotient((y - 1.0) * slope, x, raised);
    }
    sign = 1.0;
    if (x < 0.0) {
        curve = row_times_value(y, row_pow_slope(x, y - 1.0, raised));
        if (row_is_normal_2(curve) || (curve != curve)) {
            return curve;
        }
        made_1 = -x;
        x = made_1;
        sign = (py_mod(y, 2.0, raised) == 1.0) ? (-1.0) : 1.0;
    }
    half = row_unnamed((Tuple_ddd){{x, (0.5 * y) - 1.0, 0.0}}, raised);
    return row_times_value(row_times_value(half, sign * row_times_value(y, y - 1.0)), half);
}

/* ops.py */
static inline double row_pow_slope_by_x(double x, double y, double z, int *raised)
{
    return row_pow_curve(x, y, z, raised);
}

/* derivatives.py: less_one_rounds */
static inline int row_less_one_rounds(double y)
{
    return ((-1.0) < y) && (y < 0.5);
}

/* derivatives.py: pow_slope_by_y */
static inline double row_pow_slope_by_y_2(double x, double y, int *raised)
{
    double log, half;
    if (row_at_an_end(x) && (x >= 0.0) && (y > 1.0)) {
        return row_times_value(y, row_unnamed((Tuple_ddd){{x, y - 1.0, 1.0}}, raised)) + row_unnamed((Tuple_ddd){{x, y - 1.0, 0.0}}, raised);
    }
    log = row_unnamed((Tuple_ddd){{x, 0.0, 1.0}}, raised);
    if (row_less_one_rounds(y) && ((0.0 < x) && (x < INFINITY))) {
        return row_quotient(row_times_value(row_unnamed((Tuple_ddd){{x, y, 0.0}}, raised), (y * log) + 1.0), x, raised);
    }
    half = row_unnamed((Tuple_ddd){{x, 0.5 * (y - 1.0), 0.0}}, raised);
    return row_times_value(row_times_value(half, row_times_value(y, log) + 1.0), half);
}

/* ops.py */
static inline double row_pow_slope_by_y(double x, double y, double z, int *raised)
{
    (void)z;
    return row_pow_slope_by_y_2(x, y, raised);
}

/* derivatives.py: pow_log_slopes */
static inline Tuple_ddd row_pow_log_slopes_2(double x, double y, double k, int *raised)
{
    double by_y, less, factor, half;
    by_y = row_unnamed((Tuple_ddd){{x, y, k + 1.0}}, raised);
    if (!(k != 0.0)) {
        return (Tuple_ddd){{row_pow_slope(x, y, raised), by_y, NAN}};
    }
    if (row_at_an_end(x) && (x >= 0.0) && (y > 1.0)) {
        less = y - 1.0;
        return (Tuple_ddd){{row_times_value(y, row_unnamed((Tuple_ddd){{x, less, k}}, raised)) + (k * row_unnamed((Tuple_ddd){{x, less, k - 1.0}}, raised)), by_y, NAN}};
    }
    factor = row_times_value(y, row_unnamed((Tuple_ddd){{x, 0.0, 1.0}}, raised)) + k;
    if (row_less_one_rounds(y) && ((0.0 < x) && (x < INFINITY))) {
        return (Tuple_ddd){{row_quotient(row_times_value(row_unnamed((Tuple_ddd){{x, y, k - 1.0}}, raised), factor), x, raised), by_y, NAN}};
    }
    half = row_unnamed((Tuple_ddd){{x, 0.5 * (y - 1.0), 0.0}}, raised);
    return (Tuple_ddd){{row_times_value(row_times_value(half, row_times_value(row_unnamed((Tuple_ddd){{x, 0.0, k - 1.0}}, raised), factor)), half), by_y, NAN}};
}

/* ops.py */
static inline Tuple_ddd row_pow_log_slopes(Tuple_ddd xyk, double z, int *raised)
{
    (void)z;
    return row_pow_log_slopes_2(xyk.at[0], xyk.at[1], xyk.at[2], raised);
}

static int kernel_add(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_add_value(x, y);
    *dx = row_add_by_x(x, y, *z);
    *dy = row_add_by_y(x, y, *z);
    return !raised;
}

static int kernel_sub(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_sub_value(x, y);
    *dx = row_sub_by_x(x, y, *z);
    *dy = row_sub_by_y(x, y, *z);
    return !raised;
}

static int kernel_mul(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_mul_value(x, y);
    *dx = row_mul_by_x(x, y, *z);
    *dy = row_mul_by_y(x, y, *z);
    return !raised;
}

static int kernel_div(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_div_value(x, y, &raised);
    *dx = row_div_by_x(x, y, *z, &raised);
    *dy = row_div_by_y(x, y, *z, &raised);
    return !raised;
}

static int kernel_floordiv(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_floordiv_value(x, y, &raised);
    *dx = NOTHING;
    *dy = NOTHING;
    return !raised;
}

static int kernel_mod(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_mod_value(x, y, &raised);
    *dx = row_mod_by_x(x, y, *z);
    *dy = row_mod_by_y(x, y, *z, &raised);
    if (*dy == 0.0)
        *dy = row_mod_flat_by_y(x, y) ? NOTHING : 0.0;
    return !raised;
}

static int kernel_pow(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_pow_value(x, y, &raised);
    *dx = row_pow_by_x(x, y, *z, &raised);
    *dy = row_pow_by_y(x, y, *z, &raised);
    return !raised;
}

static int kernel_neg(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_neg_value(x);
    *dx = row_neg_by_x(x, *z);
    return !raised;
}

static int kernel_identity(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_identity_value(x);
    *dx = row_identity_by_x(x, *z);
    return !raised;
}

static int kernel_abs(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_abs_value(x);
    *dx = row_abs_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_exp(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_exp_value(x, &raised);
    *dx = row_exp_by_x(x, *z);
    return !raised;
}

static int kernel_exp2(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_exp2_value(x, &raised);
    *dx = row_exp2_by_x(x, *z);
    return !raised;
}

static int kernel_expm1(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_expm1_value(x, &raised);
    *dx = row_expm1_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_log(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_log_value(x, &raised);
    *dx = row_log_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_log2(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_log2_value(x, &raised);
    *dx = row_log2_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_log10(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_log10_value(x, &raised);
    *dx = row_log10_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_log1p(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_log1p_value(x, &raised);
    *dx = row_log1p_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_logaddexp(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    Memory memory;
    memory_begin(&memory);
    *z = row_logaddexp_value(x, y, &memory, &raised);
    *dx = row_logaddexp_by_x(x, y, *z, &raised);
    *dy = row_logaddexp_by_y(x, y, *z, &raised);
    memory_end(&memory);
    return !raised;
}

static int kernel_sqrt(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_sqrt_value(x, &raised);
    *dx = row_sqrt_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_cbrt(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_cbrt_value(x);
    *dx = row_cbrt_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_square(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_square_value(x);
    *dx = row_square_by_x(x, *z);
    return !raised;
}

static int kernel_hypot(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_hypot_value(x, y, &raised);
    *dx = row_hypot_by_x(x, y, *z, &raised);
    *dy = row_hypot_by_y(x, y, *z, &raised);
    return !raised;
}

static int kernel_sin(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_sin_value(x, &raised);
    *dx = row_sin_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_cos(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_cos_value(x, &raised);
    *dx = row_cos_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_tan(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_tan_value(x, &raised);
    *dx = row_tan_by_x(x, *z);
    return !raised;
}

static int kernel_asin(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_asin_value(x, &raised);
    *dx = row_asin_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_acos(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_acos_value(x, &raised);
    *dx = row_acos_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_atan(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_atan_value(x);
    *dx = row_atan_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_atan2(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_atan2_value(x, y, &raised);
    *dx = row_atan2_by_x(x, y, *z, &raised);
    *dy = row_atan2_by_y(x, y, *z, &raised);
    return !raised;
}

static int kernel_radians(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_radians_value(x);
    *dx = row_radians_by_x(x, *z);
    return !raised;
}

static int kernel_degrees(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_degrees_value(x);
    *dx = row_degrees_by_x(x, *z);
    return !raised;
}

static int kernel_sinc(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_sinc_value(x, &raised);
    *dx = row_sinc_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_sinh(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_sinh_value(x, &raised);
    *dx = row_sinh_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_cosh(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_cosh_value(x, &raised);
    *dx = row_cosh_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_tanh(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_tanh_value(x);
    *dx = row_tanh_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_asinh(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_asinh_value(x);
    *dx = row_asinh_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_acosh(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_acosh_value(x, &raised);
    *dx = row_acosh_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_atanh(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_atanh_value(x, &raised);
    *dx = row_atanh_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_sigmoid(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_sigmoid(x, &raised);
    *dx = row_sigmoid_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_softplus(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_softplus_value(x, &raised);
    *dx = row_softplus_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_silu(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_silu_value(x, &raised);
    *dx = row_silu_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_gelu(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_gelu_value(x, &raised);
    *dx = row_gelu_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_gelu_tanh(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_gelu_tanh_value(x, &raised);
    *dx = row_gelu_tanh_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_relu(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_relu_value(x);
    *dx = row_relu_by_x(x, *z);
    if (*dx == 0.0)
        *dx = row_relu_flat_by_x(x) ? NOTHING : 0.0;
    return !raised;
}

static int kernel_leaky_relu(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_leaky_relu_value(x, y);
    *dx = row_leaky_relu_by_x(x, y, *z);
    *dx += 0.0;
    *dy = row_leaky_relu_by_y(x, y, *z);
    if (*dy == 0.0)
        *dy = row_leaky_relu_flat_by_y(x, y) ? NOTHING : 0.0;
    return !raised;
}

static int kernel_maximum(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_maximum_value(x, y);
    *dx = row_maximum_by_x(x, y, *z);
    if (*dx == 0.0)
        *dx = row_maximum_flat_by_x(x, y) ? NOTHING : 0.0;
    *dy = row_maximum_by_y(x, y, *z);
    if (*dy == 0.0)
        *dy = row_maximum_flat_by_y(x, y) ? NOTHING : 0.0;
    return !raised;
}

static int kernel_minimum(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_minimum_value(x, y);
    *dx = row_minimum_by_x(x, y, *z);
    if (*dx == 0.0)
        *dx = row_maximum_flat_by_y(x, y) ? NOTHING : 0.0;
    *dy = row_minimum_by_y(x, y, *z);
    if (*dy == 0.0)
        *dy = row_maximum_flat_by_x(x, y) ? NOTHING : 0.0;
    return !raised;
}

static int kernel_sign(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_unnamed_2(x, &raised);
    *dx = NOTHING;
    return !raised;
}

static int kernel_erf(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_erf_value(x);
    *dx = row_erf_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_erfc(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_erfc_value(x);
    *dx = row_erfc_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_gamma(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_gamma_value(x, &raised);
    *dx = row_gamma_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_lgamma(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_lgamma_value(x, &raised);
    *dx = row_lgamma_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_polygamma(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_polygamma_value(x, y, &raised);
    *dx = row_polygamma_by_x(x, y, *z);
    *dy = row_polygamma_by_y(x, y, *z, &raised);
    return !raised;
}

static int kernel_sum(const double *xs, Py_ssize_t count, double *z, double *locals)
{
    int raised = 0;
    Memory memory;
    memory_begin(&memory);
    *z = row_sum_value((List){xs, count, 0});
    if (locals != NULL && !raised) {
        List slopes = row_sum_slopes((List){xs, count, 0}, *z, &memory, &raised);
        raised |= slopes.count == count ? 0 : OTHER_ERROR;
        if (!raised)
            copy_numbers(locals, slopes.at, count);
    }
    memory_end(&memory);
    return !raised;
}

static int kernel_mean(const double *xs, Py_ssize_t count, double *z, double *locals)
{
    int raised = 0;
    Memory memory;
    memory_begin(&memory);
    *z = row_mean_value((List){xs, count, 0}, &raised);
    if (locals != NULL && !raised) {
        List slopes = row_mean_slopes((List){xs, count, 0}, *z, &memory, &raised);
        raised |= slopes.count == count ? 0 : OTHER_ERROR;
        if (!raised)
            copy_numbers(locals, slopes.at, count);
    }
    memory_end(&memory);
    return !raised;
}

static int kernel_prod(const double *xs, Py_ssize_t count, double *z, double *locals)
{
    int raised = 0;
    Memory memory;
    memory_begin(&memory);
    *z = row_prod_value((List){xs, count, 0}, &raised);
    if (locals != NULL && !raised) {
        List slopes = row_prod_slopes((List){xs, count, 0}, *z, &memory, &raised);
        raised |= slopes.count == count ? 0 : OTHER_ERROR;
        if (!raised)
            copy_numbers(locals, slopes.at, count);
    }
    memory_end(&memory);
    return !raised;
}

static int kernel_norm(const double *xs, Py_ssize_t count, double *z, double *locals)
{
    int raised = 0;
    Memory memory;
    memory_begin(&memory);
    *z = row_norm_value((List){xs, count, 0}, &raised);
    if (locals != NULL && !raised) {
        List slopes = row_norm_slopes((List){xs, count, 0}, *z, &memory, &raised);
        raised |= slopes.count == count ? 0 : OTHER_ERROR;
        if (!raised)
            copy_numbers(locals, slopes.at, count);
    }
    memory_end(&memory);
    return !raised;
}

static int kernel_logsumexp(const double *xs, Py_ssize_t count, double *z, double *locals)
{
    int raised = 0;
    Memory memory;
    memory_begin(&memory);
    *z = row_logsumexp((List){xs, count, 0}, &raised);
    if (locals != NULL && !raised) {
        List slopes = row_logsumexp_slopes((List){xs, count, 0}, *z, &memory, &raised);
        raised |= slopes.count == count ? 0 : OTHER_ERROR;
        if (!raised)
            copy_numbers(locals, slopes.at, count);
    }
    memory_end(&memory);
    return !raised;
}

static int kernel_where(const double *xs, Py_ssize_t count, double *z, double *locals)
{
    int raised = 0;
    if (count != 3)
        return 0;
    *z = row_where_value((Tuple_ddd){{xs[0], xs[1], xs[2]}});
    if (locals != NULL && !raised) {
        Tuple_ddd slopes = row_where_slopes((Tuple_ddd){{xs[0], xs[1], xs[2]}}, *z);
        locals[0] = slopes.at[0];
        locals[1] = slopes.at[1];
        locals[2] = slopes.at[2];
        Tuple_bbb flat = row_where_flat((Tuple_ddd){{xs[0], xs[1], xs[2]}});
        if (locals[0] == 0.0)
            locals[0] = flat.part_0 ? NOTHING : 0.0;
        if (locals[1] == 0.0)
            locals[1] = flat.part_1 ? NOTHING : 0.0;
        if (locals[2] == 0.0)
            locals[2] = flat.part_2 ? NOTHING : 0.0;
    }
    return !raised;
}

static int kernel_residual(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_residual_value(x, y);
    *dx = NOTHING;
    *dy = NOTHING;
    return !raised;
}

static int kernel_stop(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_stop_value(x);
    *dx = NOTHING;
    return !raised;
}

static int kernel_chain(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_chain_value(x, y);
    *dx = row_mul_by_x(x, y, *z);
    *dy = row_mul_by_y(x, y, *z);
    return !raised;
}

static int kernel_times(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_times_value(x, y);
    *dx = row_mul_by_x(x, y, *z);
    *dy = row_mul_by_y(x, y, *z);
    return !raised;
}

static int kernel_quotient(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_quotient(x, y, &raised);
    *dx = row_quotient_by_x(x, y, *z, &raised);
    *dy = row_quotient_by_y(x, y, *z, &raised);
    return !raised;
}

static int kernel_over_square(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_over_square(x, y, &raised);
    *dx = row_over_square_by_x(x, y, *z, &raised);
    *dy = row_over_square_by_y(x, y, *z, &raised);
    return !raised;
}

static int kernel_polar_slope(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_polar_slope(x, y, &raised);
    *dx = row_polar_slope_by_x(x, y, *z, &raised);
    *dy = row_polar_slope_by_y(x, y, *z, &raised);
    return !raised;
}

static int kernel_one_minus_square(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_unnamed_3(x);
    *dx = row_one_minus_square_by_x(x, *z);
    return !raised;
}

static int kernel_cosine(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_cosine(x, y, &raised);
    *dx = row_cosine_by_x(x, y, *z, &raised);
    *dy = row_cosine_by_y(x, y, *z, &raised);
    return !raised;
}

static int kernel_unit(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_unnamed_7(x, y, &raised);
    *dx = row_unit_by_x(x, y, *z, &raised);
    *dy = row_unit_by_y(x, y, *z, &raised);
    return !raised;
}

static int kernel_larger(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_unnamed_5(x, y);
    *dx = NOTHING;
    *dy = NOTHING;
    return !raised;
}

static int kernel_sech2(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_sech2(x, &raised);
    *dx = row_sech2_by_x(x, *z);
    return !raised;
}

static int kernel_gaussian(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_gaussian(x, y, &raised);
    *dx = row_gaussian_by_x(x, y, *z, &raised);
    *dy = row_gaussian_by_y(x, y, *z);
    return !raised;
}

static int kernel_sigmoid_slope(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_unnamed_4(x, &raised);
    *dx = row_sigmoid_slope_by_x(x, *z);
    return !raised;
}

static int kernel_silu_slope(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_silu_slope(x, &raised);
    *dx = row_silu_slope_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_gelu_slope(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_gelu_slope(x, &raised);
    *dx = row_gelu_slope_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_gelu_tanh_slope(double x, double *z, double *dx)
{
    int raised = 0;
    *z = row_gelu_tanh_slope(x, &raised);
    *dx = row_gelu_tanh_slope_by_x(x, *z, &raised);
    return !raised;
}

static int kernel_sinc_derivative(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_sinc_derivative(x, y, &raised);
    *dx = row_sinc_derivative_by_x(x, y, *z);
    *dy = row_sinc_derivative_by_y(x, y, *z, &raised);
    return !raised;
}

static int kernel_gamma_derivative(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_gamma_derivative(x, y, &raised);
    *dx = row_gamma_derivative_by_x(x, y, *z);
    *dy = row_gamma_derivative_by_y(x, y, *z, &raised);
    return !raised;
}

static int kernel_pow_slope(double x, double y, double *z, double *dx, double *dy)
{
    int raised = 0;
    *z = row_pow_slope(x, y, &raised);
    *dx = row_pow_slope_by_x(x, y, *z, &raised);
    *dy = row_pow_slope_by_y(x, y, *z, &raised);
    return !raised;
}

static int kernel_pow_log(const double *xs, Py_ssize_t count, double *z, double *locals)
{
    int raised = 0;
    if (count != 3)
        return 0;
    *z = row_unnamed((Tuple_ddd){{xs[0], xs[1], xs[2]}}, &raised);
    if (locals != NULL && !raised) {
        Tuple_ddd slopes = row_pow_log_slopes((Tuple_ddd){{xs[0], xs[1], xs[2]}}, *z, &raised);
        locals[0] = slopes.at[0];
        locals[1] = slopes.at[1];
        locals[2] = slopes.at[2];
    }
    return !raised;
}

Kernel unary_kernels[] = {
    {"neg", (void *)kernel_neg, FLAT_BY_ROW, 0},
    {"identity", (void *)kernel_identity, FLAT_BY_ROW, 0},
    {"abs", (void *)kernel_abs, FLAT_BY_ROW, 0},
    {"exp", (void *)kernel_exp, FLAT_BY_ROW, 0},
    {"exp2", (void *)kernel_exp2, FLAT_BY_ROW, 0},
    {"expm1", (void *)kernel_expm1, FLAT_BY_ROW, 0},
    {"log", (void *)kernel_log, FLAT_BY_ROW, 0},
    {"log2", (void *)kernel_log2, FLAT_BY_ROW, 0},
    {"log10", (void *)kernel_log10, FLAT_BY_ROW, 0},
    {"log1p", (void *)kernel_log1p, FLAT_BY_ROW, 0},
    {"sqrt", (void *)kernel_sqrt, FLAT_BY_ROW, 0},
    {"cbrt", (void *)kernel_cbrt, FLAT_BY_ROW, 0},
    {"square", (void *)kernel_square, FLAT_BY_ROW, 0},
    {"sin", (void *)kernel_sin, FLAT_BY_ROW, 0},
    {"cos", (void *)kernel_cos, FLAT_BY_ROW, 0},
    {"tan", (void *)kernel_tan, FLAT_BY_ROW, 0},
    {"asin", (void *)kernel_asin, FLAT_BY_ROW, 0},
    {"acos", (void *)kernel_acos, FLAT_BY_ROW, 0},
    {"atan", (void *)kernel_atan, FLAT_BY_ROW, 0},
    {"radians", (void *)kernel_radians, FLAT_BY_ROW, 0},
    {"degrees", (void *)kernel_degrees, FLAT_BY_ROW, 0},
    {"sinc", (void *)kernel_sinc, FLAT_BY_ROW, 0},
    {"sinh", (void *)kernel_sinh, FLAT_BY_ROW, 0},
    {"cosh", (void *)kernel_cosh, FLAT_BY_ROW, 0},
    {"tanh", (void *)kernel_tanh, FLAT_BY_ROW, 0},
    {"asinh", (void *)kernel_asinh, FLAT_BY_ROW, 0},
    {"acosh", (void *)kernel_acosh, FLAT_BY_ROW, 0},
    {"atanh", (void *)kernel_atanh, FLAT_BY_ROW, 0},
    {"sigmoid", (void *)kernel_sigmoid, FLAT_BY_ROW, 0},
    {"softplus", (void *)kernel_softplus, FLAT_BY_ROW, 0},
    {"silu", (void *)kernel_silu, FLAT_BY_ROW, 0},
    {"gelu", (void *)kernel_gelu, FLAT_BY_ROW, 0},
    {"gelu_tanh", (void *)kernel_gelu_tanh, FLAT_BY_ROW, 0},
    {"relu", (void *)kernel_relu, FLAT_BY_KERNEL, 0},
    {"sign", (void *)kernel_sign, FLAT_BY_KERNEL, 0},
    {"erf", (void *)kernel_erf, FLAT_BY_ROW, 0},
    {"erfc", (void *)kernel_erfc, FLAT_BY_ROW, 0},
    {"gamma", (void *)kernel_gamma, FLAT_BY_ROW, 0},
    {"lgamma", (void *)kernel_lgamma, FLAT_BY_ROW, 0},
    {"stop", (void *)kernel_stop, FLAT_BY_KERNEL, 0},
    {"one_minus_square", (void *)kernel_one_minus_square, FLAT_BY_ROW, 0},
    {"sech2", (void *)kernel_sech2, FLAT_BY_ROW, 0},
    {"sigmoid_slope", (void *)kernel_sigmoid_slope, FLAT_BY_ROW, 0},
    {"silu_slope", (void *)kernel_silu_slope, FLAT_BY_ROW, 0},
    {"gelu_slope", (void *)kernel_gelu_slope, FLAT_BY_ROW, 0},
    {"gelu_tanh_slope", (void *)kernel_gelu_tanh_slope, FLAT_BY_ROW, 0},
    {NULL, NULL, FLAT_BY_ROW, 0},
};

Kernel binary_kernels[] = {
    {"add", (void *)kernel_add, FLAT_BY_ROW, 0},
    {"sub", (void *)kernel_sub, FLAT_BY_ROW, 0},
    {"mul", (void *)kernel_mul, FLAT_BY_ROW, 0},
    {"div", (void *)kernel_div, FLAT_BY_ROW, 0},
    {"floordiv", (void *)kernel_floordiv, FLAT_BY_KERNEL, 0},
    {"mod", (void *)kernel_mod, FLAT_BY_KERNEL, 0},
    {"pow", (void *)kernel_pow, FLAT_BY_ROW, 0},
    {"logaddexp", (void *)kernel_logaddexp, FLAT_BY_ROW, 0},
    {"hypot", (void *)kernel_hypot, FLAT_BY_ROW, 0},
    {"atan2", (void *)kernel_atan2, FLAT_BY_ROW, 0},
    {"leaky_relu", (void *)kernel_leaky_relu, FLAT_BY_KERNEL, 0},
    {"maximum", (void *)kernel_maximum, FLAT_BY_KERNEL, 0},
    {"minimum", (void *)kernel_minimum, FLAT_BY_KERNEL, 0},
    {"polygamma", (void *)kernel_polygamma, FLAT_BY_ROW, 0},
    {"residual", (void *)kernel_residual, FLAT_BY_KERNEL, 0},
    {"chain", (void *)kernel_chain, FLAT_BY_ROW, 0},
    {"times", (void *)kernel_times, FLAT_BY_ROW, 0},
    {"quotient", (void *)kernel_quotient, FLAT_BY_ROW, 0},
    {"over_square", (void *)kernel_over_square, FLAT_BY_ROW, 0},
    {"polar_slope", (void *)kernel_polar_slope, FLAT_BY_ROW, 0},
    {"cosine", (void *)kernel_cosine, FLAT_BY_ROW, 0},
    {"unit", (void *)kernel_unit, FLAT_BY_ROW, 0},
    {"larger", (void *)kernel_larger, FLAT_BY_KERNEL, 0},
    {"gaussian", (void *)kernel_gaussian, FLAT_BY_ROW, 0},
    {"sinc_derivative", (void *)kernel_sinc_derivative, FLAT_BY_ROW, 0},
    {"gamma_derivative", (void *)kernel_gamma_derivative, FLAT_BY_ROW, 0},
    {"pow_slope", (void *)kernel_pow_slope, FLAT_BY_ROW, 0},
    {NULL, NULL, FLAT_BY_ROW, 0},
};

Kernel many_kernels[] = {
    {"sum", (void *)kernel_sum, FLAT_BY_ROW, 0},
    {"mean", (void *)kernel_mean, FLAT_BY_ROW, 0},
    {"prod", (void *)kernel_prod, FLAT_BY_ROW, 0},
    HAND_WRITTEN_DOT,
    {"norm", (void *)kernel_norm, FLAT_BY_ROW, 0},
    {"logsumexp", (void *)kernel_logsumexp, FLAT_BY_ROW, 0},
    {"where", (void *)kernel_where, FLAT_BY_KERNEL, 0},
    HAND_WRITTEN_TAKE,
    {"pow_log", (void *)kernel_pow_log, FLAT_BY_ROW, 0},
    {NULL, NULL, FLAT_BY_ROW, 0},
};

const WithoutKernel without_kernel[] = {
    {"product", "exact.product computes with numbers that only Python has"},
    {NULL, NULL},
};
