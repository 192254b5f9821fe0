/* Makes later steps reuse the cells that are no longer read, so that the rows of lanes stay in the cache.
 *
 * The results of a step lie side by side, so ranges of cells move as a whole. The cells of matrices by rows, and all
 * cells between them, do not move.
 */
#include "plan.h"

typedef struct Range {
    int32_t at, n, last, moved; /* its original position, its size, the last step that reads it, its new position */
    char stays, passed;         /* passed: the results of its last reader take over its cells */
} Range;

typedef struct Cells {
    Plan *plan;
    Range *ranges;
    int32_t count;
    int32_t *owner; /* the range of each cell, -1 for leaves */
    int32_t *free_at, *free_n, free_count;
    int32_t top;
} Cells;

enum { LOOKED_AT = 64 };

static void add_range(Cells *cells, int32_t at, int32_t n, int32_t step)
{
    if (at < 0)
        return;
    Range *range = &cells->ranges[cells->count];
    *range = (Range){at, n, step, -1, 0, 0};
    for (int32_t i = 0; i < n; i++)
        cells->owner[at + i] = cells->count;
    cells->count++;
}

/* The number of cells that a step's derivatives with respect to one operand take. */
static int32_t slopes_of(const Plan *plan, const Step *step)
{
    return is_many(&plan->listed->row[step->row]) ? step->n * step->terms : step->n;
}

static void add_ranges(Cells *cells, const Step *step, int32_t at)
{
    if (results_of(step))
        add_range(cells, step->out, results_of(step), at);
    for (int j = 0; j < 2 && step->kind == MAP; j++)
        add_range(cells, step->slopes[j], slopes_of(cells->plan, step), at);
}

/* The cells that a step names in the pool. */
typedef struct Named {
    int32_t *cells;
    size_t count;
} Named;

static Named named_by(const Plan *plan, const Step *step)
{
    int32_t *pool = plan->pool.at + step->at;
    size_t n = (size_t)step->n, terms = (size_t)step->terms;
    switch (step->kind) {
    case MAP: return (Named){pool, n * terms};
    case DOTS: return (Named){pool + n + 1, n + 2 * terms};
    case PRODUCTS: return (Named){pool, 2 * n};
    case MATVEC: return (Named){pool, n + 2 * terms};
    case CONVOLUTION: return (Named){pool, n * (size_t)step->m + ((size_t)step->m + 1) * terms};
    case OUTER: return (Named){pool, (n + (size_t)step->m) * terms};
    default: return (Named){pool + 2 * n + 1, 2 * terms};
    }
}

static void read_cell(Cells *cells, int32_t cell, int32_t at)
{
    if (cell >= 0 && cells->owner[cell] >= 0)
        cells->ranges[cells->owner[cell]].last = at;
}

/* Extend the interval from `lowest` to `highest` to the cells of a matrix by rows. They are addressed by their distance
   from the first row, so they must not move. */
static void find_fixed(const Plan *plan, const Step *step, int32_t *lowest, int32_t *highest)
{
    const int32_t *columns = plan->pool.at + step->at + step->n + step->terms;
    for (int32_t t = 0; t < step->terms && step->kind == MATVEC; t++) {
        int32_t first = columns[t], last = first + (step->n - 1) * step->stride;
        if (is_shared(plan, first) && is_shared(plan, last))
            continue;
        *lowest = first < *lowest ? first : *lowest;
        *lowest = last < *lowest ? last : *lowest;
        *highest = first > *highest ? first : *highest;
        *highest = last > *highest ? last : *highest;
    }
}

static void read_all(Cells *cells)
{
    Plan *plan = cells->plan;
    int32_t end = (int32_t)plan->count, lowest = INT32_MAX, highest = -1;
    for (int32_t at = 0; at < end; at++) {
        Named named = named_by(plan, &plan->steps[at]);
        for (size_t i = 0; i < named.count; i++)
            read_cell(cells, named.cells[i], at);
        find_fixed(plan, &plan->steps[at], &lowest, &highest);
    }
    for (int32_t i = 0; i < plan->listed->outputs; i++)
        read_cell(cells, plan->output_cell[i], end);
    for (int32_t i = 0; i < 2 * plan->listed->guards; i++)
        read_cell(cells, plan->guard_cells[i], end);
    for (int32_t i = 0; i < plan->listed->inputs; i++)
        read_cell(cells, plan->gradient_cell[i], end);
    for (int32_t i = 0; i < cells->count; i++) {
        Range *range = &cells->ranges[i];
        range->stays = range->at + range->n > lowest && range->at <= highest;
        if (range->stays && range->at + range->n > cells->top)
            cells->top = range->at + range->n;
    }
}

static void release(Cells *cells, int32_t at, int32_t n)
{
    int32_t i = cells->free_count++;
    for (; i > 0 && cells->free_n[i - 1] > n; i--) { /* the smallest come first */
        cells->free_at[i] = cells->free_at[i - 1];
        cells->free_n[i] = cells->free_n[i - 1];
    }
    cells->free_at[i] = at;
    cells->free_n[i] = n;
}

static int32_t take(Cells *cells, int32_t n)
{
    int32_t from = cells->free_count > LOOKED_AT ? cells->free_count - LOOKED_AT : 0;
    for (int32_t i = from; i < cells->free_count; i++) {
        if (cells->free_n[i] < n)
            continue;
        int32_t at = cells->free_at[i], rest = cells->free_n[i] - n;
        cells->free_count--;
        for (int32_t j = i; j < cells->free_count; j++) {
            cells->free_at[j] = cells->free_at[j + 1];
            cells->free_n[j] = cells->free_n[j + 1];
        }
        if (rest)
            release(cells, at + n, rest);
        return at;
    }
    int32_t at = cells->top;
    cells->top += n;
    return at;
}

/* Return the range of cells that the results of a step may overwrite, or NULL if there is none. Each result is computed
   from the number in the cell that it overwrites, and no later step reads that number. Overwriting keeps the number of
   lane rows in use small. */
static Range *overwritten(const Cells *cells, const Step *step, int32_t at)
{
    const Plan *plan = cells->plan;
    const int32_t *operand = plan->pool.at + step->at;
    int operands = step->kind == PRODUCTS ? 2 : step->kind == MAP && !is_many(&plan->listed->row[step->row]) ? step->terms : 0;
    for (; operands > 0; operands--, operand += step->n) {
        Range *range = cells->owner[operand[0]] < 0 ? NULL : &cells->ranges[cells->owner[operand[0]]];
        int32_t i = 0;
        if (range == NULL || range->stays || range->last != at || range->n != step->n)
            continue;
        while (i < step->n && operand[i] == range->at + i)
            i++;
        if (i == step->n)
            return range;
    }
    return NULL;
}

/* Return the new position of a range. The first range of a step may take over the position of another range, `over`. */
static int32_t placed(Cells *cells, const Range *range, Range *over)
{
    if (range->stays)
        return range->at;
    if (over == NULL)
        return take(cells, range->n);
    over->passed = 1;
    return over->moved;
}

/* Move all ranges. They are in the order of the steps that fill them, and each is freed after the last step that reads
   it. */
static int move_ranges(Cells *cells, int32_t steps)
{
    int32_t *next = PyMem_New(int32_t, (size_t)cells->count + 1), *ending = PyMem_New(int32_t, (size_t)steps + 2);
    int32_t made = 0;
    if (next == NULL || ending == NULL) {
        PyMem_Free(next);
        PyMem_Free(ending);
        return -1;
    }
    for (int32_t at = 0; at <= steps; at++)
        ending[at] = -1;
    for (int32_t at = 0; at < steps; at++) {
        const Step *step = &cells->plan->steps[at];
        int ranges = (results_of(step) > 0) +
                     (step->kind == MAP ? (step->slopes[0] >= 0) + (step->slopes[1] >= 0) : 0);
        Range *over = overwritten(cells, step, at);
        for (; ranges > 0; ranges--, made++, over = NULL) {
            Range *range = &cells->ranges[made];
            range->moved = placed(cells, range, over);
            next[made] = ending[range->last];
            ending[range->last] = made;
        }
        for (int32_t i = ending[at]; i >= 0; i = next[i])
            if (!cells->ranges[i].stays && !cells->ranges[i].passed)
                release(cells, cells->ranges[i].moved, cells->ranges[i].n);
    }
    PyMem_Free(next);
    PyMem_Free(ending);
    return 0;
}

static void rename_cell(const Cells *cells, int32_t *cell)
{
    if (*cell >= 0 && cells->owner[*cell] >= 0) {
        const Range *range = &cells->ranges[cells->owner[*cell]];
        *cell += range->moved - range->at;
    }
}

static void rename_all(const Cells *cells)
{
    Plan *plan = cells->plan;
    for (size_t at = 0; at < plan->count; at++) {
        Step *step = &plan->steps[at];
        Named named = named_by(plan, step);
        for (size_t i = 0; i < named.count; i++)
            rename_cell(cells, &named.cells[i]);
        if (results_of(step))
            rename_cell(cells, &step->out);
        for (int j = 0; j < 2; j++)
            rename_cell(cells, &step->slopes[j]);
        const int32_t *columns = plan->pool.at + step->at + (size_t)step->n * (size_t)step->terms;
        for (int32_t j = 1; j < step->m && step->adjacent; j++)
            for (int32_t t = 0; t < step->terms; t++)
                if (columns[j * step->terms + t] != columns[t] + j)
                    step->adjacent = 0;
    }
    for (int32_t i = 0; i < plan->listed->outputs; i++)
        rename_cell(cells, &plan->output_cell[i]);
    for (int32_t i = 0; i < 2 * plan->listed->guards; i++)
        rename_cell(cells, &plan->guard_cells[i]);
    for (int32_t i = 0; i < plan->listed->inputs; i++)
        rename_cell(cells, &plan->gradient_cell[i]);
    plan->cells = cells->top;
}

int reuse_cells(Plan *plan)
{
    size_t most = 3 * plan->count + 1;
    Cells cells = {.plan = plan, .ranges = PyMem_New(Range, most), .owner = PyMem_New(int32_t, (size_t)plan->cells + 1),
                   .free_at = PyMem_New(int32_t, 2 * most), .free_n = PyMem_New(int32_t, 2 * most), .top = plan->shared};
    int failed = !cells.ranges || !cells.owner || !cells.free_at || !cells.free_n;
    for (int32_t i = 0; i < plan->cells && !failed; i++)
        cells.owner[i] = -1;
    for (int32_t i = 0; i < plan->listed->inputs; i++)
        cells.top += plan->by_rows[i];
    for (size_t at = 0; at < plan->count && !failed; at++)
        add_ranges(&cells, &plan->steps[at], (int32_t)at);
    if (!failed)
        read_all(&cells);
    failed = failed || move_ranges(&cells, (int32_t)plan->count) < 0;
    if (!failed)
        rename_all(&cells);
    PyMem_Free(cells.ranges);
    PyMem_Free(cells.owner);
    PyMem_Free(cells.free_at);
    PyMem_Free(cells.free_n);
    return failed ? -1 : 0;
}
