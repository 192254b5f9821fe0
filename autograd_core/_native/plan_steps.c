/* Makes steps from folds (sums of products) and from other operations, level by level. No step depends on another step
   of its level. */
#include "plan.h"

int32_t take_cells(Plan *plan, int32_t n)
{
    int32_t first = plan->cells;
    plan->cells += n;
    return first;
}

/* --- Operations that are not folds: one step for each row and level ------------------------------------- */

/* Return a bit mask of the operands with respect to which an instruction's local derivatives are needed. For a row on
   many operands, return 1 if any local derivative is needed. */
static int sloped_by(const Draft *draft, int32_t k)
{
    const Listed *listed = draft->listed;
    int bits = 0, many = is_many(row_at(listed, k));
    for (int32_t i = listed->starts[k]; i < listed->starts[k + 1]; i++)
        bits |= draft->sloped[i] ? (many ? 1 : 1 << (i - listed->starts[k])) : 0;
    return bits;
}

static int alike(const Draft *draft, int32_t k, int32_t l)
{
    const Listed *listed = draft->listed;
    return listed->code[k] == listed->code[l] && sloped_by(draft, k) == sloped_by(draft, l) &&
           listed->starts[k + 1] - listed->starts[k] == listed->starts[l + 1] - listed->starts[l];
}

static int emit_map(Draft *draft, const int32_t *ks, int32_t n, int32_t level)
{
    const Listed *listed = draft->listed;
    Plan *plan = draft->plan;
    const PlayedRow *row = row_at(listed, ks[0]);
    int32_t count = listed->starts[ks[0] + 1] - listed->starts[ks[0]];
    int bits = sloped_by(draft, ks[0]), many = is_many(row);
    Step *step = plan_step(plan, MAP, level, n);
    if (step == NULL || ints_room(&plan->pool, (size_t)n * (size_t)count) < 0)
        return -1;
    step->row = listed->code[ks[0]];
    step->terms = count;
    step->first = ks[0];
    step->out = take_cells(plan, n);
    for (int j = 0; j < 2; j++)
        step->slopes[j] = bits & 1 << j ? take_cells(plan, many ? n * count : n) : -1;
    for (int32_t o = 0; o < n; o++) {
        draft->cell[listed->first + ks[o]] = step->out + o;
        for (int32_t i = 0; i < count; i++) {
            int32_t edge = listed->starts[ks[o]] + i, of = many ? 0 : i;
            plan->pool.at[step->at + (size_t)(many ? o * count + i : i * n + o)] = draft->cell[listed->operands[edge]];
            if (step->slopes[of] >= 0)
                draft->cell[draft->slopes + edge] = step->slopes[of] + (many ? o * count + i : o);
        }
    }
    plan->pool.count += (size_t)n * (size_t)count;
    return 0;
}

static int emit_maps(Draft *draft, int32_t *ks, int32_t n, int32_t level)
{
    int32_t *group = PyMem_New(int32_t, (size_t)n + 1);
    int failed = group == NULL;
    while (n > 0 && !failed) {
        int32_t in = 0, rest = 0;
        for (int32_t i = 0; i < n; i++) {
            if (in == 0 || ((draft->plan->passes & MATRICES) && alike(draft, ks[i], group[0])))
                group[in++] = ks[i];
            else
                ks[rest++] = ks[i];
        }
        failed = emit_map(draft, group, in, level) < 0;
        n = rest;
    }
    PyMem_Free(group);
    return failed ? -1 : 0;
}

/* --- By levels ------------------------------------------------------------------------------------------------ */

/* Return the numbers from 0 to `count` - 1, ordered by level. `starts` holds the start of each level; it has `levels` +
   2 entries. */
static int32_t *by_level(const int32_t *level, size_t count, int32_t *levels, size_t **starts)
{
    *levels = 0;
    for (size_t i = 0; i < count; i++)
        *levels = level[i] > *levels ? level[i] : *levels;
    size_t *begin = PyMem_Calloc((size_t)*levels + 3, sizeof *begin);
    int32_t *order = PyMem_New(int32_t, count + 1);
    *starts = begin;
    if (begin == NULL || order == NULL)
        return order;
    for (size_t i = 0; i < count; i++)
        begin[level[i] + 2]++;
    for (int32_t l = 0; l <= *levels; l++)
        begin[l + 2] += begin[l + 1];
    for (size_t i = 0; i < count; i++)
        order[begin[level[i] + 1]++] = (int32_t)i;
    return order;
}

int emit_values(Draft *draft)
{
    const Listed *listed = draft->listed;
    size_t count = (size_t)listed->count, *starts = NULL;
    int32_t levels, *order = by_level(draft->level, count, &levels, &starts);
    int32_t *maps = PyMem_New(int32_t, count + 1);
    Fold **folds = PyMem_New(Fold *, count + 1), **fold_of = PyMem_Calloc(count + 1, sizeof *fold_of);
    int failed = !order || !starts || !maps || !folds || !fold_of;
    for (size_t i = 0; i < draft->forward_folds && !failed; i++)
        fold_of[draft->folds[i].target - listed->first] = &draft->folds[i];
    for (int32_t level = 1; level <= levels && !failed; level++) {
        int32_t map_count = 0;
        size_t fold_count = 0;
        for (size_t at = starts[level]; at < starts[level + 1]; at++) {
            int32_t k = order[at];
            if (draft->absorbed[k])
                continue;
            if (fold_of[k])
                folds[fold_count++] = fold_of[k];
            else
                maps[map_count++] = k;
        }
        failed = emit_folds(draft, folds, fold_count, level) < 0 || emit_maps(draft, maps, map_count, level) < 0;
    }
    draft->plan->forward = draft->plan->count;
    PyMem_Free(order);
    PyMem_Free(starts);
    PyMem_Free(maps);
    PyMem_Free(folds);
    PyMem_Free(fold_of);
    return failed ? -1 : 0;
}

/* Whether a fold is the gradient of a leaf that all rows share, so that its sum over the rows is needed. */
static int is_sum(const Draft *draft, const Fold *fold)
{
    int32_t slot = fold->target - draft->adjoints;
    return slot < draft->listed->leaves && (slot >= draft->listed->inputs || !draft->plan->by_rows[slot]);
}

static int compare_levels(const void *x, const void *y)
{
    const Step *a = x, *b = y;
    return a->level != b->level ? (a->level > b->level) - (a->level < b->level) : (a->at > b->at) - (a->at < b->at);
}

int emit_adjoints(Draft *draft)
{
    size_t first = draft->forward_folds, count = draft->fold_count - first, *starts = NULL;
    int32_t levels, *level = PyMem_New(int32_t, count + 1), *order = NULL;
    Fold **folds = PyMem_New(Fold *, count + 1);
    int failed = !level || !folds;
    for (size_t i = 0; i < count && !failed; i++)
        level[i] = draft->folds[first + i].level;
    failed = failed || (order = by_level(level, count, &levels, &starts)) == NULL || starts == NULL;
    for (int32_t l = 1; !failed && l <= levels; l++) {
        size_t found = 0;
        for (size_t at = starts[l]; at < starts[l + 1]; at++)
            if (!is_sum(draft, &draft->folds[first + (size_t)order[at]]))
                folds[found++] = &draft->folds[first + (size_t)order[at]];
        failed = emit_folds(draft, folds, found, l) < 0;
    }
    size_t found = 0;
    for (size_t i = count; i-- > 0 && !failed;) /* the last fold belongs to the first leaf */
        if (is_sum(draft, &draft->folds[first + i]))
            folds[found++] = &draft->folds[first + i];
    failed = failed || emit_gradients(draft, folds, found) < 0;
    Plan *plan = draft->plan;
    if (!failed && plan->count > plan->forward) /* `steps` may be NULL if there are none */
        qsort(plan->steps + plan->forward, plan->count - plan->forward, sizeof *plan->steps, compare_levels);
    PyMem_Free(level);
    PyMem_Free(order);
    PyMem_Free(starts);
    PyMem_Free(folds);
    return failed ? -1 : 0;
}
