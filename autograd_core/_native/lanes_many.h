/* Operations on many operands, computed for several lanes at once; a part of lanes_body.h.
 *
 * Each function computes the same bits as the kernel of its operation. If a lane may raise an exception, or may take
 * another path through the kernel, the function returns 0, and the kernel computes the whole row of lanes.
 */

INLINE int none_of(VI mask)
{
    int64_t found = 0;
    for (int i = 0; i < WIDE; i++)
        found |= mask[i];
    return found == 0;
}

/* Return where to store the local derivative of output `o` with respect to operand i; `scratch` if it is not needed. */
INLINE double *many_slopes(const Block *block, const Step *step, int32_t o, int32_t i)
{
    return step->slopes[0] >= 0 ? lane_row(block, step->slopes[0] + o * step->terms + i) : block->scratch;
}

/* Compute `where`. The slope of a path that is not taken is NOTHING, that is, -0.0. */
static int where_row(Block *block, const Step *step, const int32_t *cells, int32_t o)
{
    const V zero = {0.0}, one = all_lanes(1.0), nothing = all_lanes(-0.0);
    double *z = lane_row(block, step->out + o), *slope[3];
    for (int i = 0; i < 3; i++)
        slope[i] = many_slopes(block, step, o, i);
    for (int32_t r = 0; r < block->padded; r += WIDE) {
        VI holds = (VI)(lanes_of(block, cells[0], r) != zero);
        store(z + r, chosen(holds, lanes_of(block, cells[1], r), lanes_of(block, cells[2], r)));
        store(slope[0] + r, nothing);
        store(slope[1] + r, chosen(holds, one, nothing));
        store(slope[2] + r, chosen(holds, nothing, one));
    }
    return 1;
}

static int take_row(Block *block, const Step *step, const int32_t *cells, int32_t o)
{
    const V zero = {0.0}, one = all_lanes(1.0);
    double *z = lane_row(block, step->out + o);
    for (int32_t r = 0; r < block->padded; r += WIDE) {
        V at = lanes_of(block, cells[0], r), taken = zero;
        VI found = {0};
        store(many_slopes(block, step, o, 0) + r, zero);
        for (int32_t i = 1; i < step->terms; i++) {
            VI here = (VI)(at == all_lanes(i - 1.0)) | (VI)(at == all_lanes((double)(i - step->terms)));
            taken = chosen(here, lanes_of(block, cells[i], r), taken);
            store(many_slopes(block, step, o, i) + r, chosen(here, one, zero));
            found |= here;
        }
        store(z + r, taken);
        if (!none_of(~found))
            return 0;
    }
    return 1;
}

INLINE V size_of(V x) { return (V)((VI)x & ~(VI)all_lanes(-0.0)); }

/* Return the rounding error of d = a - b, if all are finite; like `residual` in special.py. */
INLINE V lost_in(V a, V b, V d) { return chosen((VI)(size_of(a) >= size_of(b)), (a - d) - b, a - (b + d)); }

INLINE V exp_lanes(V x)
{
    V y = x;
    for (int i = 0; i < WIDE; i++)
        y[i] = exp(x[i]);
    return y;
}

/* Compute logsumexp and its slopes. The largest operand is treated separately, and the others relative to it. The
   slopes are the softmax of the operands, which needs the same exponentials. Even fast plans use the functions of the C
   library here, because the errors of the terms add up. */
static int logsumexp_row(Block *block, const Step *step, const int32_t *cells, int32_t o)
{
    const V one = all_lanes(1.0), least = all_lanes(-700.0), most = all_lanes(1e300);
    double *z = lane_row(block, step->out + o);
    for (int32_t r = 0; r < block->padded; r += WIDE) {
        V top = lanes_of(block, cells[0], r), rest = {0.0}, log = top;
        VI apart = {0}, strange = ~(VI)(size_of(top) < most);
        for (int32_t i = 1; i < step->terms; i++) {
            V x = lanes_of(block, cells[i], r);
            strange |= ~(VI)(size_of(x) < most);
            top = chosen((VI)(x > top), x, top);
        }
        for (int32_t i = 0; i < step->terms; i++) {
            V x = lanes_of(block, cells[i], r), d = x - top, e = exp_lanes(chosen((VI)(d > least), d, least));
            VI first = (VI)(x == top) & ~apart;
            e = e + e * lost_in(x, top, d);
            apart |= first;
            strange |= ~(VI)(d > least);
            rest += chosen(first, (V){0.0}, e);
            store(many_slopes(block, step, o, i) + r, chosen(first, one, e));
        }
        V total = rest + one;
        for (int i = 0; i < WIDE; i++)
            log[i] = log1p(rest[i]);
        strange |= (VI)(all_lanes(0.5) * log < -top) & (VI)(-top < all_lanes(2.0) * log); /* the result is near 0 */
        if (!none_of(strange))
            return 0;
        store(z + r, top + log);
        for (int32_t i = 0; i < step->terms; i++) {
            double *slope = many_slopes(block, step, o, i) + r;
            store(slope, load(slope) / total);
        }
    }
    return 1;
}

/* Compute a step output by output. `fits` is 0 if `row` reads a different number of operands than the step has, which
   may happen in a listing that was read from a file. */
static void map_rows(Block *block, const Step *step, const int32_t *pool, int fits,
                     int (*row)(Block *, const Step *, const int32_t *, int32_t))
{
    for (int32_t o = 0; o < step->n && !block->unsure; o++)
        if (!fits || !row(block, step, pool + (ptrdiff_t)o * step->terms, o))
            map_lane_row(block, step, o);
}
