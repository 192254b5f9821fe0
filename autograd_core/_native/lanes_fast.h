/* exp and tanh for several lanes at once, accurate to 4 units in the last place; a part of lanes_body.h in fast builds.
 *
 * If an operand or a result might be out of range (NaN, an infinity, overflow or underflow), the kernel computes the
 * whole row of lanes, and reports any exception.
 */

/* For |x| <= 700, write x = k ln 2 + r with an integer k. Return e**r - 1, from a series, and set `scale` to 2**k. */
INLINE V exp_less_one(V x, V *scale)
{
    static const double inverse[] = {1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320,
                                     1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800.0};
    const V magic = all_lanes(0x1.8p52);
    V shifted = x * all_lanes(0x1.71547652b82fep0) + magic, k = shifted - magic;
    V r = x - k * all_lanes(0x1.62e42fee00000p-1) - k * all_lanes(0x1.a39ef35793c76p-33), series = all_lanes(inverse[11]);
#pragma GCC unroll 16
    for (int i = 10; i >= 0; i--)
        series = series * r + all_lanes(inverse[i]);
    *scale = (V)(((VI)shifted << 52) + (VI)all_lanes(1.0));
    return r + r * r * series;
}

/* Whether the magnitudes of all lanes are at most `most`. */
static int all_within(const Block *block, int32_t cell, double most)
{
    VI outside = {0};
    for (int32_t r = 0; r < block->padded; r += WIDE) {
        V x = lanes_of(block, cell, r);
        outside |= ~((VI)(x <= all_lanes(most)) & (VI)(x >= all_lanes(-most)));
    }
    int64_t found = 0;
    for (int i = 0; i < WIDE; i++)
        found |= outside[i];
    return found == 0;
}

static void exp_row(Block *block, const Step *step, const int32_t *pool, int32_t o)
{
    double *z = lane_row(block, step->out + o), *slope = slope_row(block, step, 0, o);
    for (int32_t r = 0; r < block->padded; r += WIDE) {
        V scale, less_one = exp_less_one(lanes_of(block, pool[o], r), &scale), y = scale + scale * less_one;
        store(z + r, y);
        store(slope + r, y);
    }
}

/* Compute tanh from E - 1 with E = e**(2 |x|), and its slope: 1 - tanh**2 for |x| < 0.5; for larger |x|, where that
   difference would cancel, 4E / (E + 1)**2. */
static void tanh_row(Block *block, const Step *step, const int32_t *pool, int32_t o)
{
    const V one = all_lanes(1.0), two = all_lanes(2.0);
    const VI signs = (VI)all_lanes(-0.0);
    double *z = lane_row(block, step->out + o), *slope = slope_row(block, step, 0, o);
    for (int32_t r = 0; r < block->padded; r += WIDE) {
        V x = lanes_of(block, pool[o], r), size = (V)((VI)x & ~signs), scale;
        V part = exp_less_one(two * size, &scale), less_one = scale * part + (scale - one), e = less_one + one;
        V y = less_one / (less_one + two), far = all_lanes(4.0) * (e / (e + one)) / (e + one);
        store(z + r, (V)((VI)y | ((VI)x & signs)));
        store(slope + r, chosen((VI)(size < all_lanes(0.5)), one - y * y, far));
    }
}

static void map_smooth(Block *block, const Step *step, const int32_t *pool, double most,
                       void (*row)(Block *, const Step *, const int32_t *, int32_t))
{
    for (int32_t o = 0; o < step->n && !block->unsure; o++) {
        if (all_within(block, pool[o], most))
            row(block, step, pool, o);
        else
            map_lane_row(block, step, o);
    }
}
