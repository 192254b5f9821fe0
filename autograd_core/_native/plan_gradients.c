/* Makes the steps for the gradients of leaves that all rows share: for a matrix of weights, one outer product. */
#include "plan.h"

void settle_cells(Draft *draft, Fold *fold);

static int same(const Ints *side, const Fold *x, const Fold *y)
{
    return x->terms == y->terms && memcmp(side->at + x->start, side->at + y->start,
                                          sizeof(int32_t) * (size_t)x->terms) == 0;
}

static int32_t leaf(const Draft *draft, const Fold *fold) { return fold->target - draft->adjoints; }

static int has_factors(const Draft *draft, const Fold *fold)
{
    for (int32_t t = 0; t < fold->terms; t++)
        if (draft->b.at[fold->start + t] < 0)
            return 0;
    return fold->terms > 0;
}

/* Return how many leaves, from `at` on, lie side by side and share the list of factors on this side. */
static size_t run(const Draft *draft, Fold **folds, size_t count, size_t at, const Ints *side)
{
    size_t end = at + 1;
    while (end < count && leaf(draft, folds[end]) == leaf(draft, folds[end - 1]) + 1 &&
           has_factors(draft, folds[end]) && same(side, folds[at], folds[end]))
        end++;
    return end - at;
}

/* A row of a matrix of gradients: its leaves lie side by side. If `by_b`, the factor that they share is the second. */
typedef struct Line {
    size_t at, width;
    char by_b;
} Line;

/* Return how many rows, from the first on, form a matrix: they are equally long and equally spaced, and have the same
   columns. */
static size_t matrix_of(const Draft *draft, Fold **folds, const Line *rows, size_t count)
{
    size_t n = 1;
    int32_t gap = count > 1 ? leaf(draft, folds[rows[1].at]) - leaf(draft, folds[rows[0].at]) : 0;
    for (; n < count; n++) {
        const Ints *column = rows[0].by_b ? &draft->a : &draft->b;
        if (rows[n].width != rows[0].width || rows[n].by_b != rows[0].by_b ||
            leaf(draft, folds[rows[n].at]) - leaf(draft, folds[rows[n - 1].at]) != gap)
            return n;
        for (size_t j = 0; j < rows[0].width; j++)
            if (!same(column, folds[rows[0].at + j], folds[rows[n].at + j]))
                return n;
    }
    return n;
}

static int emit_outer(Draft *draft, Fold **folds, const Line *rows, size_t n)
{
    Plan *plan = draft->plan;
    int32_t terms = folds[rows[0].at]->terms, level = 0;
    size_t width = rows[0].width;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < width; j++)
            level = folds[rows[i].at + j]->level > level ? folds[rows[i].at + j]->level : level;
    Step *step = plan_step(plan, OUTER, level, (int32_t)n);
    if (step == NULL)
        return -1;
    step->m = (int32_t)width;
    step->terms = terms;
    step->out = leaf(draft, folds[rows[0].at]);
    step->stride = n > 1 ? leaf(draft, folds[rows[1].at]) - step->out : (int32_t)width;
    step->simple = 1;
    const Ints *row = rows[0].by_b ? &draft->b : &draft->a, *column = rows[0].by_b ? &draft->a : &draft->b;
    step->adjacent = 1;
    for (size_t j = 1; j < width; j++)
        for (int32_t t = 0; t < terms; t++)
            if (column->at[folds[rows[0].at + j]->start + t] != column->at[folds[rows[0].at]->start + t] + (int32_t)j)
                step->adjacent = 0;
    for (size_t i = 0; i < n + width; i++) {
        const Fold *fold = i < n ? folds[rows[i].at] : folds[rows[0].at + i - n];
        const int32_t *cells = (i < n ? row : column)->at + fold->start;
        for (int32_t t = 0; t < terms; t++) {
            if (ints_push(&plan->pool, cells[t]) < 0)
                return -1;
            if (is_shared(plan, cells[t]))
                step->simple = 0;
        }
    }
    return 0;
}

static int emit_sums(Draft *draft, Fold **folds, size_t count)
{
    Plan *plan = draft->plan;
    size_t terms = 0;
    int32_t level = 0;
    for (size_t i = 0; i < count; i++) {
        terms += (size_t)folds[i]->terms;
        level = folds[i]->level > level ? folds[i]->level : level;
    }
    if (count == 0)
        return 0;
    Step *step = plan_step(plan, SUMS, level, (int32_t)count);
    if (step == NULL || ints_room(&plan->pool, 2 * count + 1 + 2 * terms) < 0)
        return -1;
    step->terms = (int32_t)terms;
    int32_t *starts = plan->pool.at + step->at, *leaves = starts + count + 1, *a = leaves + count, *b = a + terms, at = 0;
    for (size_t i = 0; i < count; i++) {
        starts[i] = at;
        leaves[i] = leaf(draft, folds[i]);
        for (int32_t t = 0; t < folds[i]->terms; t++, at++) {
            a[at] = draft->a.at[folds[i]->start + t];
            b[at] = draft->b.at[folds[i]->start + t];
        }
    }
    starts[count] = at;
    plan->pool.count += 2 * count + 1 + 2 * terms;
    return 0;
}

/* If the output is itself a leaf, turn the seed, which is the fold's init, into a term like any other. */
static int seed_as_term(Draft *draft, Fold *fold)
{
    if (fold->init < 0)
        return 0;
    int32_t start = (int32_t)draft->a.count;
    if (ints_push(&draft->a, fold->init) < 0 || ints_push(&draft->b, -1) < 0)
        return -1;
    fold->start = start;
    fold->terms = 1;
    fold->init = -1;
    return 0;
}

/* Return the longest row that starts at `at`. */
static Line row_from(const Draft *draft, Fold **folds, size_t count, size_t at)
{
    size_t by_a = 1, by_b = 1;
    if ((draft->plan->passes & MATRICES) && has_factors(draft, folds[at])) {
        by_a = run(draft, folds, count, at, &draft->a);
        by_b = run(draft, folds, count, at, &draft->b);
    }
    return (Line){at, by_a >= by_b ? by_a : by_b, by_b > by_a};
}

int emit_gradients(Draft *draft, Fold **folds, size_t count)
{
    Fold **left = PyMem_New(Fold *, count + 1);
    Line *rows = PyMem_New(Line, count + 1);
    size_t left_count = 0, row_count = 0;
    int failed = left == NULL || rows == NULL;
    for (size_t i = 0; i < count && !failed; i++) {
        failed = seed_as_term(draft, folds[i]) < 0;
        settle_cells(draft, folds[i]);
        draft->plan->summed[leaf(draft, folds[i])] = 1;
    }
    for (size_t at = 0; at < count && !failed;) {
        Line row = row_from(draft, folds, count, at);
        if (row.width < 2)
            left[left_count++] = folds[at];
        else
            rows[row_count++] = row;
        at += row.width;
    }
    for (size_t i = 0, n; i < row_count && !failed; i += n) {
        n = matrix_of(draft, folds, rows + i, row_count - i);
        failed = emit_outer(draft, folds, rows + i, n) < 0;
    }
    failed = failed || emit_sums(draft, left, left_count) < 0;
    PyMem_Free(left);
    PyMem_Free(rows);
    return failed ? -1 : 0;
}
