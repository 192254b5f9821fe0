/* Applies filters at many places, and computes the gradients of weights that are used at many places; a part of
 * lanes_body.h.
 *
 * If places lie side by side and a block is full, the lanes of these places form one long row. Then a weight is read
 * only once for all the sums that the registers hold.
 */

/* A tile consists of at most this many filters, and of as many vectors as fill the registers: with fewer filters, more
   vectors. */
#define FILTERS 4
#define FILTER_VECTORS (WIDE == 8 ? 6 : WIDE == 4 ? 3 : 2)
#define VECTORS_OF(rows) ((rows) == FILTERS ? FILTER_VECTORS : (rows) == 2 ? 2 * FILTER_VECTORS : 3 * FILTER_VECTORS)

INLINE void places_tile(const Block *block, const Step *step, const int32_t *pool, int32_t o, int32_t p, ptrdiff_t r,
                        const int rows, const int vectors)
{
    ptrdiff_t m = step->m, terms = step->terms, stride = step->stride, lanes = block->lanes, shared = block->plan->shared;
    const int32_t *inits = pool + o * m + p, *place = pool + step->n * m + p * terms, *filter = pool + step->n * m + m * terms;
    const double *weights = block->shared + o * stride, *cells = block->cells + r;
    V sums[FILTERS][3 * FILTER_VECTORS];
    ptrdiff_t t = inits[0] < 0; /* the same for all filters of the tile */
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
        int32_t init = inits[i * m];
        V weight = all_lanes(init < 0 ? weights[filter[0] + i * stride] : block->shared[init < shared ? init : 0]);
#pragma GCC unroll 32
        for (int j = 0; j < vectors; j++)
            sums[i][j] = init < 0        ? load(cells + (place[0] - shared) * lanes + j * WIDE) * weight
                         : init < shared ? weight
                                         : load(cells + (init - shared) * lanes + j * WIDE);
    }
    for (; t < terms; t++) {
        const double *x = cells + (place[t] - shared) * lanes, *w = weights + filter[t];
        V weight[FILTERS];
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++)
            weight[i] = all_lanes(w[i * stride]);
#pragma GCC unroll 32
        for (int j = 0; j < vectors; j++) {
            V here = load(x + j * WIDE);
#pragma GCC unroll 8
            for (int i = 0; i < rows; i++)
                sums[i][j] += here * weight[i];
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 32
        for (int j = 0; j < vectors; j++)
            store(lane_row(block, (int32_t)(step->out + (o + i) * m + p)) + r + j * WIDE, sums[i][j]);
}

INLINE void places_across(const Block *block, const Step *step, const int32_t *pool, int32_t o, int32_t p, ptrdiff_t span,
                          const int rows)
{
    ptrdiff_t r = 0;
    for (; r + VECTORS_OF(rows) * WIDE <= span; r += VECTORS_OF(rows) * WIDE)
        places_tile(block, step, pool, o, p, r, rows, VECTORS_OF(rows));
    for (; r < span; r += WIDE)
        places_tile(block, step, pool, o, p, r, rows, 1);
}

static void play_places(Block *block, const Step *step, const int32_t *pool)
{
    int32_t n = step->n, m = step->m;
    const int32_t *runs = pool + (ptrdiff_t)n * m + ((ptrdiff_t)m + 1) * step->terms;
    for (int32_t p = 0, places; p < m; p += places) {
        places = block->padded == block->lanes ? runs[p] : 1;
        ptrdiff_t span = (ptrdiff_t)block->padded * places;
        for (int32_t o = 0, alike; o < n;) {
            const int32_t *init = pool + (ptrdiff_t)o * m + p; /* alike: all have an init, or none has */
            for (alike = 1; alike < FILTERS && o + alike < n && (init[alike * m] < 0) == (init[0] < 0);)
                alike++;
            if (alike == FILTERS) {
                places_across(block, step, pool, o, p, span, FILTERS);
                o += FILTERS;
            } else if (alike >= 2) {
                places_across(block, step, pool, o, p, span, 2);
                o += 2;
            } else {
                places_across(block, step, pool, o, p, span, 1);
                o++;
            }
        }
    }
}

/* --- Gradients of weights: in each lane, the sum over the places; then the sum over the lanes ------------------- */

enum { PLACED_COLUMNS = 6 };

INLINE void outer_at_places_tile(Block *block, const Step *step, const int32_t *pool, int32_t i, int32_t j, const int rows,
                                 const int columns)
{
    ptrdiff_t terms = step->terms, lanes = block->lanes, shared = block->plan->shared;
    const int32_t *g = pool + i * terms, *x = pool + (step->n + j) * terms;
    ptrdiff_t first = step->out + (ptrdiff_t)i * step->stride + j;
    double partials[FILTERS * PLACED_COLUMNS][PARTIALS];
    for (int at = 0; at < rows * columns; at++)
        for (int k = 0; k < PARTIALS; k += WIDE)
            store(partials[at] + k, partials_of(block, first + at / columns * step->stride + at % columns, k));
    for (int32_t r = 0; r < block->padded; r += WIDE) {
        const double *cells = block->cells + r;
        V sums[FILTERS][PLACED_COLUMNS] = {0}; /* a partial is never -0.0, so starting at 0.0 changes no bit */
        for (ptrdiff_t t = 0; t < terms; t++) {
            V here[PLACED_COLUMNS];
#pragma GCC unroll 8
            for (int q = 0; q < columns; q++)
                here[q] = load(cells + (x[q * terms + t] - shared) * lanes);
#pragma GCC unroll 8
            for (int p = 0; p < rows; p++) {
                V upstream = load(cells + (g[p * terms + t] - shared) * lanes);
#pragma GCC unroll 8
                for (int q = 0; q < columns; q++)
                    sums[p][q] += upstream * here[q];
            }
        }
#pragma GCC unroll 8
        for (int p = 0; p < rows; p++)
#pragma GCC unroll 8
            for (int q = 0; q < columns; q++) {
                double *partial = partials[p * columns + q] + r % PARTIALS;
                store(partial, load(partial) + rows_alone(block, sums[p][q], r));
            }
    }
    for (int at = 0; at < rows * columns; at++)
        put_partials(block, first + at / columns * step->stride + at % columns, partials[at]);
}

static void play_outer_at_places(Block *block, const Step *step, const int32_t *pool)
{
    for (int32_t i = 0, rows; i < step->n; i += rows) {
        rows = i + FILTERS <= step->n ? FILTERS : 1;
        for (int32_t j = 0, left = step->m; left > 0; j = step->m - left) {
            if (rows == FILTERS && left >= 3) {
                outer_at_places_tile(block, step, pool, i, j, FILTERS, 3);
                left -= 3;
            } else if (rows == FILTERS) {
                outer_at_places_tile(block, step, pool, i, j, FILTERS, 1);
                left--;
            } else if (left >= PLACED_COLUMNS) {
                outer_at_places_tile(block, step, pool, i, j, 1, PLACED_COLUMNS);
                left -= PLACED_COLUMNS;
            } else {
                outer_at_places_tile(block, step, pool, i, j, 1, 1);
                left--;
            }
        }
    }
}
