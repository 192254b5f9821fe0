/* The product of a shared matrix and a vector by rows: over a block, of two matrices; a part of lanes_body.h.
 *
 * out[o] = init[o] + matrix[o][0] * vector[0] + matrix[o][1] * vector[1] + …, in this order, for each lane. What is used
 * again waits as near as it fits. From the inside:
 *
 * tile      TILE_ROWS outputs × TILE_VECTORS vectors of lanes: their sums stay in registers, and each number that is
 *           loaded serves several of them;
 * panel     PANEL_TERMS terms: the lanes that one tile reads stay in the first cache while tiles of other outputs pass;
 * band      BAND_TILES tiles, one above the other: their weights in this panel stay in the second cache, as do their
 *           sums, while all lanes pass;
 * group     GROUP_LANES lanes: those of a panel stay in the second cache too.
 *
 * From panel to panel the sums rest in the cells of the outputs. That changes no bit, since the order of the terms stays.
 * Weights are not copied: they are read where they stand, by rows or by columns, and while a tile is summed the next
 * one's are fetched.
 */

enum { PANEL_TERMS = 128, BAND_TILES = 32, GROUP_LANES = 128 };

/* A panel: for each term how far its lanes lie from the first cell's; and from the first row of a tile, its weight, and
 * what is to be fetched meanwhile: eight weights in a row share a line, so each term fetches from another row. */
typedef struct Panel {
    int32_t terms;
    ptrdiff_t lanes[PANEL_TERMS], weights[PANEL_TERMS];
    uintptr_t ahead[PANEL_TERMS];
} Panel;

/* `inits` is NULL where the sums go on. */
INLINE void tile(const Block *block, const Step *step, const int32_t *inits, const Panel *panel, int32_t o, int32_t r,
                 const int rows, const int vectors)
{
    const double *matrix = block->shared + (ptrdiff_t)o * step->stride, *cells = block->cells + r;
    double *out = lane_row(block, step->out + o) + r;
    ptrdiff_t stride = step->stride, lanes = block->lanes;
    V sums[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 8
    for (int i = 0; i < rows && inits; i++)
        begin(block, inits[o + i], r, sums[i], vectors);
#pragma GCC unroll 8
    for (int i = 0; i < rows && !inits; i++)
#pragma GCC unroll 8
        for (int j = 0; j < vectors; j++)
            sums[i][j] = load(out + i * lanes + j * WIDE);
    for (int32_t t = 0; t < panel->terms; t++) {
        const double *x = cells + panel->lanes[t], *w = matrix + panel->weights[t];
        V part[TILE_VECTORS];
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
                       int32_t to, int32_t r, const int vectors)
{
    int32_t o = from;
    for (; o + TILE_ROWS <= to; o += TILE_ROWS)
        tile(block, step, inits, panel, o, r, TILE_ROWS, vectors);
    for (; o < to; o++)
        tile(block, step, inits, panel, o, r, 1, vectors);
}

static void play_band(const Block *block, const Step *step, const int32_t *inits, const Panel *panel, int32_t from,
                      int32_t to, int32_t r, int32_t end)
{
    for (; r + TILE_VECTORS * WIDE <= end; r += TILE_VECTORS * WIDE)
        tiles_down(block, step, inits, panel, from, to, r, TILE_VECTORS);
    if (TILE_VECTORS > 2 && r + 2 * WIDE <= end) {
        tiles_down(block, step, inits, panel, from, to, r, 2);
        r += 2 * WIDE;
    }
    if (r < end)
        tiles_down(block, step, inits, panel, from, to, r, 1);
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

static void play_group(const Block *block, const Step *step, const int32_t *pool, int32_t from, int32_t end)
{
    const int32_t band = BAND_TILES * TILE_ROWS;
    Panel panel;
    for (int32_t t = 0; t < step->terms; t += PANEL_TERMS) {
        fill_panel(block, step, pool, t, &panel);
        for (int32_t o = 0; o < step->n; o += band)
            play_band(block, step, t ? NULL : pool, &panel, o, o + band < step->n ? o + band : step->n, from, end);
    }
}

/* A matrix by rows, or a vector that is shared in part. */
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
