/* Operations on one or two operands, computed for several lanes at once; a part of lanes_body.h. */

INLINE V chosen(VI mask, V x, V y) { return (V)(((VI)x & mask) | ((VI)y & ~mask)); }

/* Return where to store a local derivative: the lanes of its cell, or `scratch` if it is not needed. */
INLINE double *slope_row(const Block *block, const Step *step, int of, int32_t o)
{
    return step->slopes[of] >= 0 ? lane_row(block, step->slopes[of] + o) : block->scratch;
}

static void map_relu(Block *block, const Step *step, const int32_t *pool)
{
    const V zero = {0.0}, one = all_lanes(1.0);
    for (int32_t o = 0, m; o < step->n; o += m) {
        m = side_by_side(block, pool + o, step->slopes[0] >= 0 ? step->n - o : 1);
        double *z = lane_row(block, step->out + o), *slope = slope_row(block, step, 0, o);
        for (int32_t r = 0; r < m * block->padded; r += WIDE) {
            V x = lanes_of(block, pool[o], r);
            store(z + r, chosen(x <= zero, zero, x));
            store(slope + r, chosen(x > zero, one, x - x)); /* x - x is 0, or NaN for NaN */
        }
    }
}

static void map_maximum(Block *block, const Step *step, const int32_t *pool, int smaller)
{
    const V one = all_lanes(1.0), half = all_lanes(0.5);
    for (int32_t o = 0; o < step->n; o++) {
        double *z = lane_row(block, step->out + o), *by_x = slope_row(block, step, 0, o), *by_y = slope_row(block, step, 1, o);
        for (int32_t r = 0; r < block->padded; r += WIDE) {
            V x = lanes_of(block, pool[o], r), y = lanes_of(block, pool[step->n + o], r);
            VI first = smaller ? (VI)(x < y) : (VI)(x > y), tie = (VI)(x == y), second = smaller ? (VI)(x > y) : (VI)(x < y);
            V nan = (x - x) + (y - y); /* 0 if both are finite */
            store(z + r, chosen(first | tie | (VI)(x != x), x, y));
            V of_x = chosen(tie, half, chosen(first, one, chosen(second, (V){0.0}, nan)));
            V of_y = chosen(tie, half, chosen(second, one, chosen(first, (V){0.0}, nan)));
            store(by_x + r, of_x);
            store(by_y + r, of_y);
        }
    }
}

static void map_square(Block *block, const Step *step, const int32_t *pool)
{
    for (int32_t o = 0; o < step->n; o++) {
        double *z = lane_row(block, step->out + o), *slope = slope_row(block, step, 0, o);
        for (int32_t r = 0; r < block->padded; r += WIDE) {
            V x = lanes_of(block, pool[o], r);
            store(z + r, x * x);
            store(slope + r, all_lanes(2.0) * x);
        }
    }
}

#ifdef FAST
#include "lanes_fast.h"
#endif
#include "lanes_many.h"

static void play_map(Block *block, const Step *step, const int32_t *pool)
{
    switch (block->plan->listed->row[step->row].vector) {
    case RELU_LANES: map_relu(block, step, pool); break;
    case MAXIMUM_LANES: map_maximum(block, step, pool, 0); break;
    case MINIMUM_LANES: map_maximum(block, step, pool, 1); break;
    case SQUARE_LANES: map_square(block, step, pool); break;
    case WHERE_LANES: map_rows(block, step, pool, step->terms == 3, where_row); break;
    case TAKE_LANES: map_rows(block, step, pool, step->terms > 0, take_row); break;
    case LOGSUMEXP_LANES: map_rows(block, step, pool, step->terms > 0, logsumexp_row); break;
#ifdef FAST
    case EXP_LANES: map_smooth(block, step, pool, 700.0, exp_row); break;
    case TANH_LANES: map_smooth(block, step, pool, 350.0, tanh_row); break;
#endif
    default: map_lanes(block, step); break;
    }
}
