/* Sums over rows: the gradients of leaves that all rows share; a part of lanes_body.h. */

/* Return `x`, the lanes from `r` on, with 0 in the lanes that are padding. */
INLINE V rows_alone(const Block *block, V x, int32_t r)
{
    VI mask;
    if (r + WIDE <= block->count)
        return x;
    for (int i = 0; i < WIDE; i++)
        mask[i] = r + i < block->count ? -1 : 0;
    return (V)((VI)x & mask);
}

INLINE V real_lanes(const Block *block, int32_t cell, int32_t r) { return rows_alone(block, lanes_of(block, cell, r), r); }

/* Return a leaf's partial sums so far; 0 if they are not stored, because the chunk has only one block. */
INLINE V partials_of(const Block *block, ptrdiff_t leaf, int k)
{
    return block->partials ? load(block->partials + PARTIALS * leaf + k) : (V){0.0};
}

INLINE void put_partials(Block *block, ptrdiff_t leaf, const double *partials)
{
    if (block->partials)
        memcpy(block->partials + PARTIALS * leaf, partials, PARTIALS * sizeof(double));
    else
        block->sums[leaf] = tree(partials) + 0.0;
}

/* Add up the partials of WIDE leaves at once, as `tree` does: adjacent partials first, then pairs, then fours. */
INLINE V trees(const double (*partials)[PARTIALS])
{
    V halves[PARTIALS / WIDE];
#pragma GCC unroll 4
    for (int k = 0; k < PARTIALS / WIDE; k++) {
        V sums[WIDE];
#pragma GCC unroll 4
        for (int i = 0; i < WIDE; i += 2) {
            V x = load(partials[i] + k * WIDE), y = load(partials[i + 1] + k * WIDE);
            sums[i] = LOW_1(x, y) + HIGH_1(x, y);
        }
#if WIDE > 2
        for (int i = 0; i < WIDE; i += 4)
            sums[i] = LOW_2(sums[i], sums[i + 2]) + HIGH_2(sums[i], sums[i + 2]);
#endif
#if WIDE > 4
        sums[0] = LOW_4(sums[0], sums[4]) + HIGH_4(sums[0], sums[4]);
#endif
        halves[k] = sums[0];
    }
#if WIDE == 8
    return halves[0];
#elif WIDE == 4
    return halves[0] + halves[1];
#else
    return (halves[0] + halves[1]) + (halves[2] + halves[3]);
#endif
}

/* Store the sums of a tile of leaves, if this is the only block. */
INLINE void put_sums(Block *block, ptrdiff_t first, ptrdiff_t stride, const double (*partials)[PARTIALS])
{
    double sums[SUM_ROWS * SUM_COLUMNS];
#pragma GCC unroll 16
    for (int i = 0; i < SUM_ROWS * SUM_COLUMNS; i += WIDE)
        store(sums + i, trees(partials + i) + (V){0.0});
    for (int p = 0; p < SUM_ROWS; p++)
        memcpy(block->sums + first + p * stride, sums + p * SUM_COLUMNS, SUM_COLUMNS * sizeof(double));
}

INLINE void outer_tile(Block *block, const Step *step, const int32_t *pool, int32_t i, int32_t j, const int rows,
                       const int columns)
{
    double partials[SUM_ROWS * SUM_COLUMNS][PARTIALS];
    const double *g[SUM_ROWS], *x[SUM_COLUMNS];
    ptrdiff_t first = step->out + (ptrdiff_t)i * step->stride + j;
    for (int p = 0; p < rows; p++)
        g[p] = lane_row(block, pool[i + p]);
    for (int q = 0; q < columns; q++)
        x[q] = lane_row(block, pool[step->n + j + q]);
    for (int k = 0; k < PARTIALS; k += WIDE) {
        V sums[SUM_ROWS][SUM_COLUMNS];
        int32_t r = k;
#pragma GCC unroll 8
        for (int p = 0; p < rows; p++)
#pragma GCC unroll 8
            for (int q = 0; q < columns; q++)
                sums[p][q] = partials_of(block, first + (ptrdiff_t)p * step->stride + q, k);
        for (; r + WIDE <= block->count; r += PARTIALS) {
            V here[SUM_COLUMNS];
#pragma GCC unroll 8
            for (int q = 0; q < columns; q++)
                here[q] = load(x[q] + r);
#pragma GCC unroll 8
            for (int p = 0; p < rows; p++) {
                V upstream = load(g[p] + r);
#pragma GCC unroll 8
                for (int q = 0; q < columns; q++)
                    sums[p][q] += upstream * here[q];
            }
        }
#pragma GCC unroll 8
        for (int p = 0; p < rows; p++) {
            V upstream = r < block->padded ? real_lanes(block, pool[i + p], r) : (V){0.0};
#pragma GCC unroll 8
            for (int q = 0; q < columns; q++) {
                V sum = sums[p][q];
                store(partials[p * columns + q] + k, r < block->padded ? sum + upstream * load(x[q] + r) : sum);
            }
        }
    }
    if (block->partials == NULL && rows == SUM_ROWS && columns == SUM_COLUMNS) {
        put_sums(block, first, step->stride, (const double(*)[PARTIALS])partials);
        return;
    }
    for (int p = 0; p < rows; p++)
        for (int q = 0; q < columns; q++)
            put_partials(block, first + (ptrdiff_t)p * step->stride + q, partials[p * columns + q]);
}

#include "lanes_outer.h"

/* Return the gradient of one leaf in one vector of lanes, with terms of any kind. */
INLINE V gradient_lanes(const Block *block, const int32_t *a, const int32_t *b, int32_t terms, int32_t r)
{
    V sum = real_lanes(block, a[0], r);
    sum = b[0] < 0 ? sum : sum * lanes_of(block, b[0], r);
    for (int32_t t = 1; t < terms; t++) {
        V next = real_lanes(block, a[t], r);
        sum += b[t] < 0 ? next : next * lanes_of(block, b[t], r);
    }
    return sum;
}

static void sum_one(Block *block, ptrdiff_t leaf, const int32_t *a, const int32_t *b, int32_t terms)
{
    double partials[PARTIALS];
    V sums[PARTIALS / WIDE];
#pragma GCC unroll 4
    for (int k = 0; k < PARTIALS / WIDE; k++)
        sums[k] = partials_of(block, leaf, k * WIDE);
    for (int32_t r = 0; r < block->padded; r += PARTIALS)
#pragma GCC unroll 4
        for (int k = 0; k < PARTIALS / WIDE; k++)
            sums[k] += gradient_lanes(block, a, b, terms, r + k * WIDE);
#pragma GCC unroll 4
    for (int k = 0; k < PARTIALS / WIDE; k++)
        store(partials + k * WIDE, sums[k]);
    put_partials(block, leaf, partials);
}

static void play_outer(Block *block, const Step *step, const int32_t *pool)
{
    int32_t i = 0, terms = step->terms;
    if (step->simple && terms == 1 && block->partials == NULL && step->n >= WIDE_ROWS && step->m >= WIDE) {
        play_wide_outer(block, step, pool);
        return;
    }
    if (!step->simple) {
        for (; i < step->n; i++)
            for (int32_t j = 0; j < step->m; j++)
                sum_one(block, step->out + (ptrdiff_t)i * step->stride + j, pool + i * terms,
                        pool + (step->n + j) * terms, terms);
        return;
    }
    for (; i < step->n; i += i + SUM_ROWS <= step->n ? SUM_ROWS : 1) {
        int32_t j = 0, rows = i + SUM_ROWS <= step->n ? SUM_ROWS : 1;
        for (; j + SUM_COLUMNS <= step->m; j += SUM_COLUMNS) {
            if (rows == SUM_ROWS)
                outer_tile(block, step, pool, i, j, SUM_ROWS, SUM_COLUMNS);
            else
                outer_tile(block, step, pool, i, j, 1, SUM_COLUMNS);
        }
        if (j + 2 <= step->m && rows == SUM_ROWS) {
            outer_tile(block, step, pool, i, j, SUM_ROWS, 2);
            j += 2;
        }
        for (; j < step->m; j++) {
            if (rows == SUM_ROWS)
                outer_tile(block, step, pool, i, j, SUM_ROWS, 1);
            else
                outer_tile(block, step, pool, i, j, 1, 1);
        }
    }
}

/* Whether each of these gradients is the sum of one row of lanes, as the gradient of a bias is. */
static int are_rows(const Block *block, const int32_t *starts, const int32_t *a, const int32_t *b, int32_t count)
{
    int good = 1;
    for (int32_t o = 0; o < count; o++)
        good &= starts[o + 1] - starts[o] == 1 && b[starts[o]] < 0 && !is_shared(block->plan, a[starts[o]]);
    return good;
}

/* Sum WIDE gradients of this kind at once. Within a single sum, each addition would have to wait for the one before
   it. */
static void sum_rows(Block *block, const int32_t *leaves, const int32_t *cells)
{
    V sums[WIDE][PARTIALS / WIDE];
    double partials[WIDE][PARTIALS], summed[WIDE];
    const double *x[WIDE];
    int32_t r = 0;
#pragma GCC unroll 8
    for (int i = 0; i < WIDE; i++) {
        x[i] = lane_row(block, cells[i]);
#pragma GCC unroll 4
        for (int k = 0; k < PARTIALS / WIDE; k++)
            sums[i][k] = partials_of(block, leaves[i], k * WIDE);
    }
    for (; r + PARTIALS <= block->count; r += PARTIALS)
#pragma GCC unroll 8
        for (int i = 0; i < WIDE; i++)
#pragma GCC unroll 4
            for (int k = 0; k < PARTIALS / WIDE; k++)
                sums[i][k] += load(x[i] + r + k * WIDE);
#pragma GCC unroll 8
    for (int i = 0; i < WIDE; i++)
#pragma GCC unroll 4
        for (int k = 0; k < PARTIALS / WIDE; k++)
            store(partials[i] + k * WIDE, r < block->padded ? sums[i][k] + real_lanes(block, cells[i], r + k * WIDE) : sums[i][k]);
    if (block->partials == NULL)
        store(summed, trees((const double(*)[PARTIALS])partials) + (V){0.0});
    for (int i = 0; i < WIDE; i++) {
        if (block->partials == NULL)
            block->sums[leaves[i]] = summed[i];
        else
            put_partials(block, leaves[i], partials[i]);
    }
}

static void play_sums(Block *block, const Step *step, const int32_t *pool)
{
    const int32_t *starts = pool, *leaves = starts + step->n + 1, *a = leaves + step->n, *b = a + step->terms;
    int32_t o = 0;
    for (; o + WIDE <= step->n && are_rows(block, starts + o, a, b, WIDE); o += WIDE)
        sum_rows(block, leaves + o, a + starts[o]);
    for (; o < step->n; o++)
        sum_one(block, leaves[o], a + starts[o], b + starts[o], starts[o + 1] - starts[o]);
}
