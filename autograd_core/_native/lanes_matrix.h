/* The product of a shared matrix and a vector by rows (over a block, of two matrices); a part of lanes_body.h.
 *
 * For each lane, out[o] = init[o] + matrix[o][0] * vector[0] + matrix[o][1] * vector[1] + …, in this order. Numbers
 * that are used again are kept in the nearest memory that has room for them. From the innermost loop outwards:
 *
 * tile      TILE_ROWS outputs × TILE_VECTORS vectors of lanes: the sums stay in registers, and each number that is
 *           loaded serves several sums;
 * panel     PANEL_TERMS terms: the lanes that one tile reads stay in the first-level cache for the tiles of other
 *           outputs;
 * band      BAND_TILES tiles, one above the other: their sums, and their weights in this panel, stay in the
 *           second-level cache for all lanes;
 * group     GROUP_LANES lanes: the lanes of a panel stay in the second-level cache, too.
 *
 * Between two panels, the sums are stored in the cells of the outputs. That changes no bit, since the order of the
 * terms stays the same. Weights are not copied: they are read where they are stored, row by row or column by column.
 * If there are many weights, those of the next tile are prefetched while one tile is summed.
 */

enum { PANEL_TERMS = 128, BAND_TILES = 32, GROUP_LANES = 128, NEAR_WEIGHTS = 2048 }; /* near: in the L1 cache */

/* The start of the sums: nothing (-0.0, which changes no number that is added to it), numbers that all rows share, or
   the numbers that are already in the cells of the outputs. */
typedef enum { AT_NOTHING, AT_SHARED, AT_OUTPUTS } Start;

/* A panel. For each term, `lanes` is the offset of its lanes from those of the first cell, `weights` that of its weight
 * in the first row of a tile, and `ahead` that of the memory to prefetch. Eight adjacent weights share a cache line, so
 * each of eight terms prefetches from another row. */
typedef struct Panel {
    Start start;
    int32_t terms;
    ptrdiff_t lanes[PANEL_TERMS], weights[PANEL_TERMS];
    uintptr_t ahead[PANEL_TERMS];
} Panel;

INLINE void tile(const Block *block, const Step *step, const int32_t *inits, const Panel *panel, int32_t o, int32_t r,
                 const int rows, const int vectors, const int far)
{
    const double *matrix = block->shared + (ptrdiff_t)o * step->stride, *cells = block->cells + r;
    double *out = lane_row(block, step->out + o) + r;
    ptrdiff_t stride = step->stride, lanes = block->lanes;
    V sums[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 8
        for (int j = 0; j < vectors; j++)
            sums[i][j] = panel->start == AT_NOTHING  ? all_lanes(-0.0)
                         : panel->start == AT_SHARED ? all_lanes(block->shared[inits[o + i]])
                                                     : load(out + i * lanes + j * WIDE);
    for (int32_t t = 0; t < panel->terms; t++) {
        const double *x = cells + panel->lanes[t], *w = matrix + panel->weights[t];
        V part[TILE_VECTORS];
        if (far)
            PREFETCH((uintptr_t)matrix + panel->ahead[t]);
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
            store(out + i * lanes + j * WIDE, sums[i][j]);
}

INLINE void tiles_down(const Block *block, const Step *step, const int32_t *inits, const Panel *panel, int32_t from,
                       int32_t to, int32_t r, const int vectors, const int far)
{
    int32_t o = from;
    for (; o + TILE_ROWS <= to; o += TILE_ROWS)
        tile(block, step, inits, panel, o, r, TILE_ROWS, vectors, far);
    for (; o < to; o++)
        tile(block, step, inits, panel, o, r, 1, vectors, far);
}

INLINE void play_band(const Block *block, const Step *step, const int32_t *inits, const Panel *panel, int32_t from,
                      int32_t to, int32_t r, int32_t end, const int far)
{
    for (; r + TILE_VECTORS * WIDE <= end; r += TILE_VECTORS * WIDE)
        tiles_down(block, step, inits, panel, from, to, r, TILE_VECTORS, far);
    if (TILE_VECTORS > 2 && r + 2 * WIDE <= end) {
        tiles_down(block, step, inits, panel, from, to, r, 2, far);
        r += 2 * WIDE;
    }
    if (r < end)
        tiles_down(block, step, inits, panel, from, to, r, 1, far);
}

static void fill_panel(const Block *block, const Step *step, const int32_t *pool, int32_t t, Panel *panel)
{
    const int32_t *vector = pool + step->n + t, *column = vector + step->terms;
    panel->terms = step->terms - t < PANEL_TERMS ? step->terms - t : PANEL_TERMS;
    for (int32_t i = 0; i < panel->terms; i++) {
        panel->lanes[i] = (ptrdiff_t)(vector[i] - block->plan->shared) * block->lanes;
        panel->weights[i] = column[i];
        panel->ahead[i] = (uintptr_t)(column[i] + (ptrdiff_t)(TILE_ROWS + i % 8) * step->stride) * sizeof(double);
    }
}

/* Return the start of the sums of these lanes. If the inits are of several kinds, or differ from row to row, they are
   copied to the cells of the outputs. */
static Start start_of(const Block *block, const Step *step, const int32_t *inits, int32_t from, int32_t end)
{
    int32_t none = 0, shared = 0;
    for (int32_t o = 0; o < step->n; o++) {
        none += inits[o] < 0;
        shared += inits[o] >= 0 && is_shared(block->plan, inits[o]);
    }
    if (none == step->n)
        return AT_NOTHING;
    for (int32_t o = 0; o < step->n && shared < step->n; o++)
        for (int32_t r = from; r < end; r += WIDE)
            store(lane_row(block, step->out + o) + r, inits[o] < 0 ? all_lanes(-0.0) : lanes_of(block, inits[o], r));
    return shared == step->n ? AT_SHARED : AT_OUTPUTS;
}

static void play_group(const Block *block, const Step *step, const int32_t *pool, int32_t from, int32_t end)
{
    const int32_t band = BAND_TILES * TILE_ROWS;
    int far = (ptrdiff_t)step->n * step->terms > NEAR_WEIGHTS;
    Panel panel = {.start = start_of(block, step, pool, from, end)};
    for (int32_t t = 0; t < step->terms; t += PANEL_TERMS) {
        fill_panel(block, step, pool, t, &panel);
        for (int32_t o = 0, to; o < step->n; o = to) {
            to = o + band < step->n ? o + band : step->n;
            if (far)
                play_band(block, step, pool, &panel, o, to, from, end, 1);
            else
                play_band(block, step, pool, &panel, o, to, from, end, 0);
        }
        panel.start = AT_OUTPUTS;
    }
}

/* Play a step whose matrix is by rows, or whose vector is shared in part. */
static void play_mixed(const Block *block, const Step *step, const int32_t *pool)
{
    const int32_t *vector = pool + step->n, *column = vector + step->terms;
    for (int32_t o = 0; o < step->n; o++)
        for (int32_t r = 0; r < block->padded; r += WIDE) {
            V sum = pool[o] >= 0 ? lanes_of(block, pool[o], r) : all_lanes(-0.0);
            for (int32_t t = 0; t < step->terms; t++)
                sum += term(block, vector[t], column[t] + o * step->stride, r);
            store(lane_row(block, step->out + o) + r, sum);
        }
}

static void play_matvec(const Block *block, const Step *step, const int32_t *pool)
{
    if (!step->simple)
        play_mixed(block, step, pool);
    for (int32_t r = 0; step->simple && r < block->padded; r += GROUP_LANES)
        play_group(block, step, pool, r, r + GROUP_LANES < block->padded ? r + GROUP_LANES : block->padded);
}
