/* The code of each build of the steps at one point. The including file first defines VECTOR_BYTES, the width of the
 * vectors, and PLAY_STEPS, the name of the function. */
#include "vectors.h"

#include "point_products.h"

static inline double fold_sum(const double *cells, int32_t init, const int32_t *a, const int32_t *b, int32_t terms)
{
    double sum;
    int32_t t = 0;
    if (init >= 0) {
        sum = cells[init];
    } else {
        sum = b[0] < 0 ? cells[a[0]] : cells[a[0]] * cells[b[0]];
        t = 1;
    }
    for (; t < terms; t++)
        sum += b[t] < 0 ? cells[a[t]] : cells[a[t]] * cells[b[t]];
    return sum;
}

static void play_dots(const Step *step, const int32_t *pool, double *cells)
{
    const int32_t *starts = pool, *inits = starts + step->n + 1, *a = inits + step->n, *b = a + step->terms;
    for (int32_t o = 0; o < step->n; o++)
        cells[step->out + o] = fold_sum(cells, inits[o], a + starts[o], b + starts[o], starts[o + 1] - starts[o]);
}

static void play_products(const Step *step, const int32_t *pool, double *cells)
{
    for (int32_t o = 0; o < step->n; o++)
        cells[step->out + o] = cells[pool[o]] * cells[pool[step->n + o]];
}

/* The inits of a MATVEC, and the cells of its vector and of the first row of its matrix. */
typedef struct Matrix {
    const double *cells;
    const int32_t *inits, *vector, *column;
    int32_t terms, stride;
    double *out;
} Matrix;

enum { TILE = 8 };

/* Compute `width` outputs at once. For each term, the weights of these outputs lie `stride` apart; if `stride` is 1,
   one vector holds several of them. */
static inline void play_tile(const Matrix *matrix, int32_t o, int32_t width, int32_t stride)
{
    double sums[TILE];
    int32_t t = 0;
    for (int32_t i = 0; i < width; i++)
        sums[i] = matrix->inits[o + i] < 0 ? 0.0 : matrix->cells[matrix->inits[o + i]];
    if (matrix->inits[o] < 0) { /* then no output of the tile has an init: play_matvec ensures this */
        const double *column = matrix->cells + matrix->column[0] + o * stride, x = matrix->cells[matrix->vector[0]];
        for (int32_t i = 0; i < width; i++)
            sums[i] = x * column[i * stride];
        t = 1;
    }
    for (; t < matrix->terms; t++) {
        const double *column = matrix->cells + matrix->column[t] + o * stride, x = matrix->cells[matrix->vector[t]];
        for (int32_t i = 0; i < width; i++)
            sums[i] += x * column[i * stride];
    }
    for (int32_t i = 0; i < width; i++)
        matrix->out[o + i] = sums[i];
}

/* Compute as many of these outputs as the widest tile takes, and return how many. The compiler unrolls each width. */
static inline int32_t play_tiles(const Matrix *matrix, int32_t o, int32_t rows, int32_t stride)
{
    int32_t width = rows >= TILE ? TILE : rows >= TILE / 2 ? TILE / 2 : rows >= 2 ? 2 : 1;
    switch (width) {
    case TILE: play_tile(matrix, o, TILE, stride); break;
    case TILE / 2: play_tile(matrix, o, TILE / 2, stride); break;
    case 2: play_tile(matrix, o, 2, stride); break;
    default: play_tile(matrix, o, 1, stride);
    }
    return width;
}

static void play_matvec(const Step *step, const int32_t *pool, double *cells)
{
    Matrix matrix = {cells, pool, pool + step->n, pool + step->n + step->terms, step->terms, step->stride,
                     cells + step->out};
    int32_t o = 0;
    while (o < step->n) {
        int32_t alike = 1;
        while (o + alike < step->n && alike < TILE && (step->bare || (pool[o + alike] < 0) == (pool[o] < 0)))
            alike++;
        o += matrix.stride == 1 ? play_tiles(&matrix, o, alike, 1) : play_tiles(&matrix, o, alike, matrix.stride);
    }
}

/* Call the operation's kernel for one output after another; return 0 if Python must compute an output. */
static int map_by_kernel(const PlayedRow *row, const Step *step, const int32_t *pool, double *cells)
{
    double few[2], *dx = few, *dy = few + 1;
    if (row->arity == 1) {
        for (int32_t o = 0; o < step->n; o++) {
            dx = step->slopes[0] >= 0 ? cells + step->slopes[0] + o : few;
            if (!row->kernel.unary(cells[pool[o]], cells + step->out + o, dx))
                return 0;
        }
        return 1;
    }
    for (int32_t o = 0; o < step->n; o++) {
        dx = step->slopes[0] >= 0 ? cells + step->slopes[0] + o : few;
        dy = step->slopes[1] >= 0 ? cells + step->slopes[1] + o : few + 1;
        if (!row->kernel.binary(cells[pool[o]], cells[pool[step->n + o]], cells + step->out + o, dx, dy))
            return 0;
    }
    return 1;
}

/* Do the same as map_by_kernel for an operation on many operands. */
static int map_many(const PlayedRow *row, const Step *step, const int32_t *pool, double *cells)
{
    double *xs = PyMem_RawMalloc(sizeof *xs * (size_t)step->terms);
    int done = xs != NULL;
    for (int32_t o = 0; o < step->n && done; o++) {
        for (int32_t i = 0; i < step->terms; i++)
            xs[i] = cells[pool[o * step->terms + i]];
        done = row->kernel.many(xs, step->terms, cells + step->out + o,
                                step->slopes[0] >= 0 ? cells + step->slopes[0] + o * step->terms : NULL);
    }
    PyMem_RawFree(xs);
    return done;
}

/* Do the same as take_by_hand, but read only the chosen entries. */
static int map_take(const Step *step, const int32_t *pool, double *cells)
{
    double entries = (double)(step->terms - 1);
    for (int32_t o = 0; o < step->n; o++) {
        const int32_t *operands = pool + (ptrdiff_t)o * step->terms;
        double at = cells[operands[0]];
        if (!(at >= -entries && at < entries && at == floor(at)))
            return 0;
        int32_t chosen = 1 + (int32_t)(at < 0.0 ? at + entries : at);
        cells[step->out + o] = cells[operands[chosen]];
        if (step->slopes[0] < 0)
            continue;
        double *slopes = cells + step->slopes[0] + (ptrdiff_t)o * step->terms;
        memset(slopes, 0, sizeof *slopes * (size_t)step->terms);
        slopes[chosen] = 1.0;
    }
    return 1;
}

static void map_relu(const Step *step, const int32_t *pool, double *cells)
{
    double *out = cells + step->out;
    for (int32_t o = 0; o < step->n; o++) {
        double x = cells[pool[o]];
        out[o] = x <= 0.0 ? 0.0 : x;
        if (step->slopes[0] >= 0)
            cells[step->slopes[0] + o] = x > 0.0 ? 1.0 : out[o]; /* out[o] is 0, or NaN for NaN */
    }
}

static int play_map(const Plan *plan, const Step *step, const int32_t *pool, double *cells)
{
    const PlayedRow *row = &plan->listed->row[step->row];
    switch (row->vector) {
    case TAKE_LANES:
        return map_take(step, pool, cells);
    case RELU_LANES:
        map_relu(step, pool, cells);
        return 1;
    case STOP_LANES:
        for (int32_t o = 0; o < step->n && step->slopes[0] < 0; o++)
            cells[step->out + o] = cells[pool[o]];
        if (step->slopes[0] < 0)
            return 1;
        break;
    default:
        break;
    }
    return row->arity == 1 || row->arity == 2 ? map_by_kernel(row, step, pool, cells) : map_many(row, step, pool, cells);
}

static void play_sums(const Step *step, const int32_t *pool, const double *cells, double *gradients)
{
    const int32_t *starts = pool, *leaves = starts + step->n + 1, *a = leaves + step->n, *b = a + step->terms;
    for (int32_t o = 0; o < step->n; o++)
        gradients[leaves[o]] = fold_sum(cells, -1, a + starts[o], b + starts[o], starts[o + 1] - starts[o]) + 0.0;
}

int PLAY_STEPS(const Plan *plan, size_t count, double *cells, double *gradients)
{
    for (size_t i = 0; i < count; i++) {
        const Step *step = &plan->steps[i];
        const int32_t *pool = plan->pool.at + step->at;
        switch (step->kind) {
        case MAP:
            if (!play_map(plan, step, pool, cells))
                return 0;
            break;
        case DOTS: play_dots(step, pool, cells); break;
        case PRODUCTS: play_products(step, pool, cells); break;
        case MATVEC: play_matvec(step, pool, cells); break;
        case CONVOLUTION: play_convolution(step, pool, cells); break;
        case OUTER: play_outer(step, pool, cells, gradients); break;
        case SUMS: play_sums(step, pool, cells, gradients); break;
        }
    }
    return 1;
}
