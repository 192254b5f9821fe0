/* Products of matrices at one point; a part of point_body.h.
 *
 * For several rows and eight lanes (here, lanes are outputs that lie side by side), these functions compute
 *     sum[row][lane] = start + factor[row][0] * number[0][lane] + factor[row][1] * number[1][lane] + …
 * in this order. The sums of ROWS rows are kept in registers. If the numbers of a term lie side by side, they are read
 * where they are; otherwise they are first gathered into a panel, which all rows share.
 */
enum { LANES = 8, VECTORS = LANES / WIDE, ROWS = 8 / VECTORS, PANEL = 64 };

typedef struct Sums {
    int32_t terms, lanes;
    const double *numbers, *factors;
    /* In term t, eight numbers from numbers[at[t]] on are multiplied, in row i, by
       factors[which[i * apart + t] + i * stride]. */
    const int32_t *at, *which;
    ptrdiff_t apart, stride;
    const double *cells;
    const int32_t *inits; /* cells, -1 for none; NULL if all sums start at `start` or continue from their outputs */
    double start;
    char go_on;
    double *out;
    ptrdiff_t row; /* the distance between two rows of inits and outputs */
} Sums;

/* Return the start of a sum; -0.0 changes no number that is added to it. */
INLINE double begun(const Sums *sums, ptrdiff_t at)
{
    return sums->go_on ? sums->out[at] : sums->inits[at] < 0 ? -0.0 : sums->cells[sums->inits[at]];
}

INLINE void add_up(const Sums *sums, int32_t row, const int rows)
{
    V found[ROWS][VECTORS];
    const double *factors = sums->factors + row * sums->stride;
    const int32_t *which = sums->which + row * sums->apart;
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 8
        for (int j = 0; j < VECTORS; j++)
            found[i][j] = all_lanes(sums->start);
    if (sums->go_on || sums->inits)
        for (int i = 0; i < rows; i++) {
            double first[LANES] = {0.0};
            for (int32_t lane = 0; lane < sums->lanes; lane++)
                first[lane] = begun(sums, (row + i) * sums->row + lane);
            memcpy(found[i], first, sizeof first);
        }
    for (int32_t t = 0; t < sums->terms; t++) {
        const double *numbers = sums->numbers + sums->at[t];
        V x[VECTORS];
#pragma GCC unroll 8
        for (int j = 0; j < VECTORS; j++)
            x[j] = load(numbers + j * WIDE);
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++) {
            V factor = all_lanes(factors[which[i * sums->apart + t] + i * sums->stride]);
#pragma GCC unroll 8
            for (int j = 0; j < VECTORS; j++)
                found[i][j] += x[j] * factor;
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
        double *out = sums->out + (row + i) * sums->row;
        if (sums->lanes == LANES) {
#pragma GCC unroll 8
            for (int j = 0; j < VECTORS; j++)
                store(out + j * WIDE, found[i][j]);
        } else {
            for (int32_t lane = 0; lane < sums->lanes; lane++)
                out[lane] = found[i][lane / WIDE][lane % WIDE];
        }
    }
}

static void add_rows(const Sums *sums, int32_t rows)
{
    int32_t i = 0;
    for (; i + ROWS <= rows; i += ROWS)
        add_up(sums, i, ROWS);
    for (; i < rows; i++)
        add_up(sums, i, 1);
}

/* Gather the numbers into a panel, and add up: in term t, the number of lane l is cells[lists[l * length + t]]. */
static void add_gathered(Sums *sums, int32_t rows, const double *cells, const int32_t *lists, int32_t length)
{
    static const int32_t every_eighth[PANEL] = {
        0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120, 128, 136, 144, 152, 160, 168, 176, 184, 192, 200,
        208, 216, 224, 232, 240, 248, 256, 264, 272, 280, 288, 296, 304, 312, 320, 328, 336, 344, 352, 360, 368, 376, 384,
        392, 400, 408, 416, 424, 432, 440, 448, 456, 464, 472, 480, 488, 496, 504,
    };
    double panel[PANEL * LANES];
    sums->numbers = panel;
    sums->at = every_eighth;
    for (int32_t t = 0; t < length; t += PANEL) {
        sums->terms = length - t < PANEL ? length - t : PANEL;
        for (int32_t lane = 0; lane < LANES; lane++)
            for (int32_t i = 0; i < sums->terms; i++)
                panel[i * LANES + lane] = lane < sums->lanes ? cells[lists[lane * length + t + i]] : 0.0;
        add_rows(sums, rows);
        sums->which += sums->terms;
        sums->go_on = 1;
    }
}

/* Play a convolution: its filters are the rows, its places the lanes. */
static void play_convolution(const Step *step, const int32_t *pool, double *cells)
{
    int32_t n = step->n, m = step->m, terms = step->terms;
    const int32_t *places = pool + (size_t)n * (size_t)m, *filter = places + (size_t)m * (size_t)terms, *runs = filter + terms;
    for (int32_t p = 0, lanes; p < m; p += lanes) {
        const int32_t *place = places + (size_t)p * (size_t)terms;
        int side_by_side = runs[p] >= LANES / 2;
        lanes = side_by_side ? runs[p] : m - p;
        lanes = lanes < LANES ? lanes : LANES;
        Sums sums = {.terms = terms, .lanes = lanes, .numbers = cells, .at = place, .factors = cells, .which = filter,
                     .stride = step->stride, .cells = cells, .inits = step->bare ? NULL : pool + p, .start = -0.0,
                     .out = cells + step->out + p, .row = m};
        if (side_by_side)
            add_rows(&sums, n);
        else
            add_gathered(&sums, n, cells, place, terms);
    }
}

/* Compute gradients that consist of a single term. */
static void play_outer_of_one(const Step *step, const int32_t *rows, const double *cells, double *gradients)
{
    const int32_t *columns = rows + step->n;
    const double *side_by_side = cells + columns[0];
    for (int32_t i = 0; i < step->n; i++) {
        double factor = cells[rows[i]], *restrict out = gradients + step->out + (ptrdiff_t)i * step->stride;
        for (int32_t j = 0; j < step->m && step->adjacent; j++)
            out[j] = 0.0 + side_by_side[j] * factor;
        for (int32_t j = 0; j < step->m && !step->adjacent; j++)
            out[j] = 0.0 + cells[columns[j]] * factor;
    }
}

/* Play an outer product: its columns are the lanes. */
static void play_outer(const Step *step, const int32_t *pool, const double *cells, double *gradients)
{
    const int32_t *columns = pool + (size_t)step->n * (size_t)step->terms;
    if (step->terms == 1)
        play_outer_of_one(step, pool, cells, gradients);
    for (int32_t j = 0; j < step->m && step->terms > 1; j += LANES) {
        int32_t lanes = step->m - j < LANES ? step->m - j : LANES;
        Sums sums = {.terms = step->terms, .lanes = lanes, .numbers = cells + j, .at = columns, .factors = cells,
                     .which = pool, .apart = step->terms, .out = gradients + step->out + j, .row = step->stride};
        if (step->adjacent)
            add_rows(&sums, step->n);
        else
            add_gathered(&sums, step->n, cells, columns + (size_t)j * (size_t)step->terms, step->terms);
    }
}
