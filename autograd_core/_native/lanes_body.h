/* What each build of the lanes consists of. Before it is included, VECTOR_BYTES is the width of the vectors, BUILD the
 * name of the build, and TILE_ROWS × TILE_VECTORS the sums that its registers hold. */

#define WIDE (VECTOR_BYTES / 8)
typedef double V __attribute__((vector_size(VECTOR_BYTES)));
typedef double VU __attribute__((vector_size(VECTOR_BYTES), aligned(8)));
typedef int64_t VI __attribute__((vector_size(VECTOR_BYTES)));
#define INLINE static inline __attribute__((always_inline))

INLINE V load(const double *at) { return *(const VU *)at; }
INLINE void store(double *at, V x) { *(VU *)at = x; }
INLINE V all_lanes(double x) { return x - (V){0.0}; } /* x - 0.0 is x, -0.0 too */

/* A number for each of some lanes: of a cell by rows they are there, a shared one is the same for all. */
INLINE V lanes_of(const Block *block, int32_t cell, int32_t r)
{
    return is_shared(block->plan, cell) ? all_lanes(block->shared[cell]) : load(lane_row(block, cell) + r);
}

INLINE V term(const Block *block, int32_t a, int32_t b, int32_t r)
{
    V x = lanes_of(block, a, r);
    return b < 0 ? x : x * lanes_of(block, b, r);
}

INLINE V fold(const Block *block, int32_t init, const int32_t *a, const int32_t *b, int32_t terms, int32_t r)
{
    V sum = init >= 0 ? lanes_of(block, init, r) : term(block, a[0], b[0], r);
    for (int32_t t = init < 0; t < terms; t++)
        sum += term(block, a[t], b[t], r);
    return sum;
}

static void play_dots(Block *block, const Step *step, const int32_t *pool)
{
    const int32_t *starts = pool, *inits = starts + step->n + 1, *a = inits + step->n, *b = a + step->terms;
    for (int32_t o = 0; o < step->n; o++)
        for (int32_t r = 0; r < block->padded; r += WIDE)
            store(lane_row(block, step->out + o) + r,
                  fold(block, inits[o], a + starts[o], b + starts[o], starts[o + 1] - starts[o], r));
}

static void play_products(Block *block, const Step *step, const int32_t *pool)
{
    for (int32_t o = 0; o < step->n; o++) {
        int32_t a = pool[o], b = pool[step->n + o];
        double *out = lane_row(block, step->out + o);
        if (!is_shared(block->plan, a) && !is_shared(block->plan, b)) {
            const double *x = lane_row(block, a), *y = lane_row(block, b);
            for (int32_t r = 0; r < block->padded; r += WIDE)
                store(out + r, load(x + r) * load(y + r));
        } else {
            for (int32_t r = 0; r < block->padded; r += WIDE)
                store(out + r, lanes_of(block, a, r) * lanes_of(block, b, r));
        }
    }
}

/* --- The product of a shared matrix and a vector by rows: sums of some outputs and lanes side by side --------- */

INLINE void tile(const Block *block, const Step *step, const int32_t *pool, int32_t o, int32_t r, const int rows,
                 const int vectors)
{
    const int32_t *vector = pool + step->n, *column = vector + step->terms;
    const double *matrix = block->shared + (ptrdiff_t)o * step->stride, *cells = block->cells + r;
    ptrdiff_t stride = step->stride, lanes = block->lanes, shared = block->plan->shared;
    V sums[TILE_ROWS][TILE_VECTORS];
    int32_t t = 0;
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
        if (pool[o] < 0) { /* as all of the tile */
            V w = all_lanes(matrix[column[0] + i * stride]);
#pragma GCC unroll 8
            for (int j = 0; j < vectors; j++)
                sums[i][j] = load(cells + (vector[0] - shared) * lanes + j * WIDE) * w;
        } else {
#pragma GCC unroll 8
            for (int j = 0; j < vectors; j++)
                sums[i][j] = lanes_of(block, pool[o + i], r + j * WIDE);
        }
    }
    for (t = pool[o] < 0; t < step->terms; t++) {
        const double *x = cells + (vector[t] - shared) * lanes, *w = matrix + column[t];
        V part[TILE_VECTORS];
#pragma GCC unroll 8
        for (int j = 0; j < vectors; j++)
            part[j] = load(x + j * WIDE);
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++) {
            V weight = all_lanes(w[i * stride]);
#pragma GCC unroll 8
            for (int j = 0; j < vectors; j++)
                sums[i][j] += part[j] * weight;
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 8
        for (int j = 0; j < vectors; j++)
            store(lane_row(block, step->out + o + i) + r + j * WIDE, sums[i][j]);
}

INLINE void tiles_across(const Block *block, const Step *step, const int32_t *pool, int32_t o, const int rows)
{
    int32_t r = 0;
    for (; r + TILE_VECTORS * WIDE <= block->padded; r += TILE_VECTORS * WIDE)
        tile(block, step, pool, o, r, rows, TILE_VECTORS);
    for (; r < block->padded; r += WIDE)
        tile(block, step, pool, o, r, rows, 1);
}

static void play_matvec(Block *block, const Step *step, const int32_t *pool)
{
    const int32_t *vector = pool + step->n, *column = vector + step->terms;
    for (int32_t o = 0; o < step->n;) {
        int alike = 1; /* with an init or without */
        while (alike < TILE_ROWS && o + alike < step->n && (pool[o + alike] < 0) == (pool[o] < 0))
            alike++;
        if (!step->simple) {
            int32_t lanes = block->padded, init = pool[o];
            for (int32_t r = 0; r < lanes; r += WIDE) {
                V sum = init >= 0 ? lanes_of(block, init, r) : term(block, vector[0], column[0] + o * step->stride, r);
                for (int32_t t = init < 0; t < step->terms; t++)
                    sum += term(block, vector[t], column[t] + o * step->stride, r);
                store(lane_row(block, step->out + o) + r, sum);
            }
            o++;
        } else if (alike == TILE_ROWS) {
            tiles_across(block, step, pool, o, TILE_ROWS);
            o += TILE_ROWS;
        } else {
            tiles_across(block, step, pool, o, 1);
            o++;
        }
    }
}

/* --- Sums over rows ------------------------------------------------------------------------------------------- */

/* The lanes of a cell, 0 in those that only fill up the last eight. */
INLINE V real_lanes(const Block *block, int32_t cell, int32_t r)
{
    V x = lanes_of(block, cell, r);
    VI mask;
    if (r + WIDE <= block->count)
        return x;
    for (int i = 0; i < WIDE; i++)
        mask[i] = r + i < block->count ? -1 : 0;
    return (V)((VI)x & mask);
}

/* Where the partials of a leaf go on: at 0 in the first block of a chunk. */
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

#if defined(__clang__)
#define SHUFFLE(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#else
#define SHUFFLE(x, y, ...) __builtin_shuffle(x, y, (VI){__VA_ARGS__})
#endif

/* The trees of WIDE leaves at once: partials beside each other are added, then pairs, then fours. */
INLINE V trees(const double (*partials)[PARTIALS])
{
    V halves[PARTIALS / WIDE];
#pragma GCC unroll 4
    for (int k = 0; k < PARTIALS / WIDE; k++) {
        V pairs[WIDE / 2];
#pragma GCC unroll 4
        for (int i = 0; i < WIDE / 2; i++) {
            V x = load(partials[2 * i] + k * WIDE), y = load(partials[2 * i + 1] + k * WIDE);
#if WIDE == 8
            pairs[i] = SHUFFLE(x, y, 0, 8, 2, 10, 4, 12, 6, 14) + SHUFFLE(x, y, 1, 9, 3, 11, 5, 13, 7, 15);
#elif WIDE == 4
            pairs[i] = SHUFFLE(x, y, 0, 4, 2, 6) + SHUFFLE(x, y, 1, 5, 3, 7);
#else
            pairs[i] = SHUFFLE(x, y, 0, 2) + SHUFFLE(x, y, 1, 3);
#endif
        }
#if WIDE == 8
        V fours[2];
        for (int i = 0; i < 2; i++)
            fours[i] = SHUFFLE(pairs[2 * i], pairs[2 * i + 1], 0, 1, 8, 9, 4, 5, 12, 13) +
                       SHUFFLE(pairs[2 * i], pairs[2 * i + 1], 2, 3, 10, 11, 6, 7, 14, 15);
        halves[k] = SHUFFLE(fours[0], fours[1], 0, 1, 2, 3, 8, 9, 10, 11) +
                    SHUFFLE(fours[0], fours[1], 4, 5, 6, 7, 12, 13, 14, 15);
#elif WIDE == 4
        halves[k] = SHUFFLE(pairs[0], pairs[1], 0, 1, 4, 5) + SHUFFLE(pairs[0], pairs[1], 2, 3, 6, 7);
#else
        halves[k] = pairs[0];
#endif
    }
#if WIDE == 8
    return halves[0];
#elif WIDE == 4
    return halves[0] + halves[1];
#else
    return (halves[0] + halves[1]) + (halves[2] + halves[3]);
#endif
}

/* The sums of a tile of leaves, where this is the only block. */
INLINE void put_sums(Block *block, ptrdiff_t first, ptrdiff_t stride, const double (*partials)[PARTIALS])
{
    double sums[TILE_ROWS * TILE_COLUMNS];
#pragma GCC unroll 16
    for (int i = 0; i < TILE_ROWS * TILE_COLUMNS; i += WIDE)
        store(sums + i, trees(partials + i) + (V){0.0});
    for (int p = 0; p < TILE_ROWS; p++)
        memcpy(block->sums + first + p * stride, sums + p * TILE_COLUMNS, TILE_COLUMNS * sizeof(double));
}

INLINE void outer_tile(Block *block, const Step *step, const int32_t *pool, int32_t i, int32_t j, const int rows,
                       const int columns)
{
    double partials[TILE_ROWS * TILE_COLUMNS][PARTIALS];
    const double *g[TILE_ROWS], *x[TILE_COLUMNS];
    ptrdiff_t first = step->out + (ptrdiff_t)i * step->stride + j;
    for (int p = 0; p < rows; p++)
        g[p] = lane_row(block, pool[i + p]);
    for (int q = 0; q < columns; q++)
        x[q] = lane_row(block, pool[step->n + j + q]);
    for (int k = 0; k < PARTIALS; k += WIDE) {
        V sums[TILE_ROWS][TILE_COLUMNS];
        int32_t r = k;
#pragma GCC unroll 8
        for (int p = 0; p < rows; p++)
#pragma GCC unroll 8
            for (int q = 0; q < columns; q++)
                sums[p][q] = partials_of(block, first + (ptrdiff_t)p * step->stride + q, k);
        for (; r + WIDE <= block->count; r += PARTIALS) {
            V here[TILE_COLUMNS];
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
    if (block->partials == NULL && rows == TILE_ROWS && columns == TILE_COLUMNS) {
        put_sums(block, first, step->stride, (const double(*)[PARTIALS])partials);
        return;
    }
    for (int p = 0; p < rows; p++)
        for (int q = 0; q < columns; q++)
            put_partials(block, first + (ptrdiff_t)p * step->stride + q, partials[p * columns + q]);
}

/* The gradient of one leaf, of any terms. */
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
    int32_t r = 0, whole = block->count / PARTIALS * PARTIALS;
#pragma GCC unroll 4
    for (int k = 0; k < PARTIALS / WIDE; k++)
        sums[k] = partials_of(block, leaf, k * WIDE);
    if (terms == 1 && b[0] < 0 && !is_shared(block->plan, a[0])) { /* a bias */
        const double *x = lane_row(block, a[0]);
        for (; r < whole; r += PARTIALS)
#pragma GCC unroll 4
            for (int k = 0; k < PARTIALS / WIDE; k++)
                sums[k] += load(x + r + k * WIDE);
    }
    for (; r < block->padded; r += PARTIALS)
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
    if (!step->simple || terms > 1) {
        for (; i < step->n; i++)
            for (int32_t j = 0; j < step->m; j++)
                sum_one(block, step->out + (ptrdiff_t)i * step->stride + j, pool + i * terms,
                        pool + (step->n + j) * terms, terms);
        return;
    }
    for (; i < step->n; i += i + TILE_ROWS <= step->n ? TILE_ROWS : 1) {
        int32_t j = 0, rows = i + TILE_ROWS <= step->n ? TILE_ROWS : 1;
        for (; j + TILE_COLUMNS <= step->m; j += TILE_COLUMNS) {
            if (rows == TILE_ROWS)
                outer_tile(block, step, pool, i, j, TILE_ROWS, TILE_COLUMNS);
            else
                outer_tile(block, step, pool, i, j, 1, TILE_COLUMNS);
        }
        for (; j < step->m; j++) {
            if (rows == TILE_ROWS)
                outer_tile(block, step, pool, i, j, TILE_ROWS, 1);
            else
                outer_tile(block, step, pool, i, j, 1, 1);
        }
    }
}

static void play_sums(Block *block, const Step *step, const int32_t *pool)
{
    const int32_t *starts = pool, *leaves = starts + step->n + 1, *a = leaves + step->n, *b = a + step->terms;
    for (int32_t o = 0; o < step->n; o++)
        sum_one(block, leaves[o], a + starts[o], b + starts[o], starts[o + 1] - starts[o]);
}

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
        case OUTER: play_outer(block, step, pool); break;
        case SUMS: play_sums(block, step, pool); break;
        }
    }
}

const Lanes BUILD = {BUILD_NAME, play};
