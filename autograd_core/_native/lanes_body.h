/* The code of each build of the lanes. The including file first defines VECTOR_BYTES, the width of the vectors; BUILD,
 * the name of the build; TILE_ROWS × TILE_VECTORS, how many sums of products the registers hold; and SUM_ROWS ×
 * SUM_COLUMNS, how many sums over rows they hold. */

#include "vectors.h"

/* Return the numbers of a cell in one vector of lanes: a cell by rows has a number for each lane, a shared cell has the
   same number for all lanes. */
INLINE V lanes_of(const Block *block, int32_t cell, int32_t r)
{
    return is_shared(block->plan, cell) ? all_lanes(block->shared[cell]) : load(lane_row(block, cell) + r);
}

INLINE V term(const Block *block, int32_t a, int32_t b, int32_t r)
{
    V x = lanes_of(block, a, r);
    return b < 0 ? x : x * lanes_of(block, b, r);
}

/* Load several vectors of lanes of a cell. */
INLINE void some_lanes(const Block *block, int32_t cell, int32_t r, V *lanes, const int vectors)
{
    int shared = is_shared(block->plan, cell);
    const double *x = shared ? &block->shared[cell] : lane_row(block, cell) + r;
#pragma GCC unroll 8
    for (int j = 0; j < vectors; j++)
        lanes[j] = shared ? all_lanes(*x) : load(x + j * WIDE);
}

/* Start sums at their init (initial term) or, if there is none, at -0.0, which changes no number that is added to
   it. */
INLINE void begin(const Block *block, int32_t init, int32_t r, V *sums, const int vectors)
{
    if (init >= 0) {
        some_lanes(block, init, r, sums, vectors);
        return;
    }
#pragma GCC unroll 8
    for (int j = 0; j < vectors; j++)
        sums[j] = all_lanes(-0.0);
}

INLINE void fold(const Block *block, int32_t init, const int32_t *a, const int32_t *b, int32_t terms, int32_t r, double *out,
                 const int vectors)
{
    V sums[PARTIALS], x[PARTIALS], y[PARTIALS];
    begin(block, init, r, sums, vectors);
    for (int32_t t = 0; t < terms; t++) {
        some_lanes(block, a[t], r, x, vectors);
        if (b[t] >= 0)
            some_lanes(block, b[t], r, y, vectors);
#pragma GCC unroll 8
        for (int j = 0; j < vectors; j++)
            sums[j] += b[t] < 0 ? x[j] : x[j] * y[j];
    }
#pragma GCC unroll 8
    for (int j = 0; j < vectors; j++)
        store(out + j * WIDE, sums[j]);
}

/* Compute sums of products, four vectors at a time, so that the kind of each cell is determined once for all four. */
static void play_dots(Block *block, const Step *step, const int32_t *pool)
{
    const int32_t *starts = pool, *inits = starts + step->n + 1, *a = inits + step->n, *b = a + step->terms;
    for (int32_t o = 0; o < step->n; o++) {
        double *out = lane_row(block, step->out + o);
        int32_t r = 0, at = starts[o], terms = starts[o + 1] - at;
        for (; r + 4 * WIDE <= block->padded; r += 4 * WIDE)
            fold(block, inits[o], a + at, b + at, terms, r, out + r, 4);
        for (; r < block->padded; r += WIDE)
            fold(block, inits[o], a + at, b + at, terms, r, out + r, 1);
    }
}

/* Return how many of `n` cells are adjacent, counted from the first. In a full block, the lanes of adjacent cells form
   one long row, so one loop takes the place of many short ones. */
static int32_t side_by_side(const Block *block, const int32_t *cells, int32_t n)
{
    int32_t m = 1;
    while (m < n && cells[m] == cells[0] + m && block->padded == block->lanes && !is_shared(block->plan, cells[0]))
        m++;
    return m;
}

static void play_products(Block *block, const Step *step, const int32_t *pool)
{
    const int32_t *second = pool + step->n;
    for (int32_t o = 0, m; o < step->n; o += m) {
        m = side_by_side(block, second + o, side_by_side(block, pool + o, step->n - o));
        int32_t a = pool[o], b = second[o], end = m * block->padded;
        double *out = lane_row(block, step->out + o);
        if (!is_shared(block->plan, a) && !is_shared(block->plan, b)) {
            const double *x = lane_row(block, a), *y = lane_row(block, b);
            for (int32_t r = 0; r < end; r += WIDE)
                store(out + r, load(x + r) * load(y + r));
        } else {
            for (int32_t r = 0; r < end; r += WIDE)
                store(out + r, lanes_of(block, a, r) * lanes_of(block, b, r));
        }
    }
}

#include "lanes_turn.h"
#include "lanes_matrix.h"
#include "lanes_sums.h"
#include "lanes_convolution.h"
#include "lanes_maps.h"

static void play(Block *block, size_t from, size_t to)
{
    for (size_t i = from; i < to && !block->unsure; i++) {
        const Step *step = &block->plan->steps[i];
        const int32_t *pool = block->plan->pool.at + step->at;
        switch (step->kind) {
        case MAP: play_map(block, step, pool); break;
        case DOTS: play_dots(block, step, pool); break;
        case PRODUCTS: play_products(block, step, pool); break;
        case MATVEC: play_matvec(block, step, pool); break;
        case OUTER:
            if (step->simple && step->terms > 1)
                play_outer_at_places(block, step, pool);
            else
                play_outer(block, step, pool);
            break;
        case SUMS: play_sums(block, step, pool); break;
        case CONVOLUTION: play_places(block, step, pool); break;
        }
    }
}

const Lanes BUILD = {BUILD_NAME, play, turn_rows};
