/* Gradients of a whole matrix of weights in the only block of a chunk; a part of lanes_sums.h.
 *
 * gradient[i][j] is the sum, over the lanes r, of upstream[i][r] * x[j][r]. The columns of the gradient lie side by
 * side, so here a vector holds several columns. The lanes of TILE_VECTORS vectors of columns are transposed into a
 * panel, where the columns of each lane lie side by side. All rows then use this panel, TILE_ROWS at a time. The panel
 * stays in the first-level cache, the sums stay in registers, and each gradient is written once. The lanes in a panel
 * are ordered by partial sum (lanes.h). Finished partials are added in the order in which a binary counter carries,
 * which results in the same tree as `tree`. Fast plans have only one partial, the sum of all lanes.
 */

#ifdef FAST
enum { SPLIT = 1, SPLIT_DEPTH = 0 };
#else
enum { SPLIT = PARTIALS, SPLIT_DEPTH = 3 };
#endif
enum { MOST_COLUMNS = TILE_VECTORS * WIDE, WIDE_ROWS = 16 }; /* for fewer rows, a panel takes more time than it saves */
_Static_assert((int)MOST_COLUMNS <= (int)PANEL_COLUMNS, "a panel has room for its columns");

/* Transpose the lanes of these columns into the panel; copies of the last column fill up the last vector. */
INLINE void turn_columns(const Block *block, const int32_t *cells, int32_t columns, const int width)
{
    const double *x[MOST_COLUMNS];
    ptrdiff_t first[SPLIT] = {0}; /* where the lanes of each partial begin */
    for (int q = 0; q < width; q++)
        x[q] = lane_row(block, cells[q < columns ? q : columns - 1]);
    for (int k = 1; k < SPLIT; k++)
        first[k] = first[k - 1] + (block->count - k + SPLIT) / SPLIT;
    for (int32_t r = 0; r < block->count; r += WIDE)
        for (int q = 0; q < width; q += WIDE) {
            V square[WIDE];
#pragma GCC unroll 8
            for (int i = 0; i < WIDE; i++)
                square[i] = load(x[q + i] + r);
            turn_square(square);
            for (int32_t i = 0; i < WIDE && r + i < block->count; i++)
                store(block->panel + (first[(r + i) % SPLIT] + (r + i) / SPLIT) * width + q, square[i]);
        }
}

/* Compute a tile: `cells` are the cells of its rows, `out` is its first gradient, and only the first `columns` columns
   are written. */
INLINE void wide_tile(const Block *block, const int32_t *cells, double *out, ptrdiff_t stride, int32_t columns,
                      const int rows, const int vectors)
{
    const double *upstream[TILE_ROWS], *x = block->panel;
    V carried[SPLIT_DEPTH + 1][TILE_ROWS][TILE_VECTORS];
    for (int i = 0; i < rows; i++) {
        upstream[i] = lane_row(block, cells[i]);
        for (int32_t j = 0; j < columns; j += 8) /* written when the sums are ready */
            __builtin_prefetch(out + i * stride + j, 1);
    }
    for (int k = 0; k < SPLIT; k++) {
        V sums[TILE_ROWS][TILE_VECTORS] = {{{0.0}}};
        int depth = 0;
        for (int32_t r = k; r < block->count; r += SPLIT, x += vectors * WIDE) {
            V part[TILE_VECTORS];
#pragma GCC unroll 8
            for (int j = 0; j < vectors; j++)
                part[j] = load(x + j * WIDE);
#pragma GCC unroll 8
            for (int i = 0; i < rows; i++) {
                V weight = all_lanes(upstream[i][r]);
#pragma GCC unroll 8
                for (int j = 0; j < vectors; j++)
                    sums[i][j] += part[j] * weight;
            }
        }
        for (; k >> depth & 1; depth++)
#pragma GCC unroll 8
            for (int i = 0; i < rows; i++)
#pragma GCC unroll 8
                for (int j = 0; j < vectors; j++)
                    sums[i][j] = carried[depth][i][j] + sums[i][j];
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++)
#pragma GCC unroll 8
            for (int j = 0; j < vectors; j++)
                carried[depth][i][j] = sums[i][j];
    }
    for (int i = 0; i < rows; i++, out += stride) {
        double last[MOST_COLUMNS];
        for (int j = 0; j < vectors; j++)
            store(columns == vectors * WIDE ? out + j * WIDE : last + j * WIDE, carried[SPLIT_DEPTH][i][j] + (V){0.0});
        if (columns < vectors * WIDE)
            memcpy(out, last, (size_t)columns * sizeof(double));
    }
}

INLINE void wide_tiles(const Block *block, const Step *step, const int32_t *pool, int32_t first, int32_t columns,
                       const int vectors)
{
    double *out = block->sums + step->out + first;
    int32_t i = 0;
    turn_columns(block, pool + step->n + first, columns, vectors * WIDE);
    for (; i + TILE_ROWS <= step->n; i += TILE_ROWS)
        wide_tile(block, pool + i, out + (ptrdiff_t)i * step->stride, step->stride, columns, TILE_ROWS, vectors);
    for (; i < step->n; i++)
        wide_tile(block, pool + i, out + (ptrdiff_t)i * step->stride, step->stride, columns, 1, vectors);
}

/* The last columns are divided evenly: with tiles of three vectors, four become two and two, since a tile with a single
   vector would not keep the processor busy. */
static void play_wide_outer(const Block *block, const Step *step, const int32_t *pool)
{
    for (int32_t j = 0, vectors; j < step->m; j += vectors * WIDE) {
        int32_t left = step->m - j, of_left = (left + WIDE - 1) / WIDE;
        vectors = of_left == TILE_VECTORS + 1 ? (of_left + 1) / 2 : of_left < TILE_VECTORS ? of_left : TILE_VECTORS;
        int32_t columns = vectors * WIDE < left ? vectors * WIDE : left;
        if (vectors == 1)
            wide_tiles(block, step, pool, j, columns, 1);
        else if (TILE_VECTORS > 2 && vectors == 3)
            wide_tiles(block, step, pool, j, columns, TILE_VECTORS);
        else
            wide_tiles(block, step, pool, j, columns, 2);
    }
}
