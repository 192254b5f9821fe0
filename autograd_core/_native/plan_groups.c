/* Turns the folds (sums of products) of a level that share a list of factors into products of a matrix and a vector,
   and all other folds of the level into one list. */
#include "plan_seats.h"

static int32_t cell_of(const Draft *draft, int32_t id)
{
    if (id >= draft->adjoints && id < draft->extras) /* a slot may share the adjoint of another slot */
        id = draft->adjoints + draft->root[id - draft->adjoints];
    return id < 0 ? -1 : draft->cell[id];
}

/* Replace the ids in a fold by cells, which are known because all operands are on lower levels. If all rows share only
   one factor of a term, this factor goes second. */
void settle_cells(Draft *draft, Fold *fold)
{
    fold->init = cell_of(draft, fold->init);
    for (int32_t t = 0; t < fold->terms; t++) {
        int32_t *a = &draft->a.at[fold->start + t], *b = &draft->b.at[fold->start + t], kept;
        *a = cell_of(draft, *a);
        *b = cell_of(draft, *b);
        if (*b >= 0 && is_shared(draft->plan, *a) && !is_shared(draft->plan, *b)) {
            kept = *a;
            *a = *b;
            *b = kept;
        }
    }
}

static void swap_sides(Draft *draft, const Fold *fold)
{
    for (int32_t t = 0; t < fold->terms; t++) {
        int32_t kept = draft->a.at[fold->start + t];
        draft->a.at[fold->start + t] = draft->b.at[fold->start + t];
        draft->b.at[fold->start + t] = kept;
    }
}

static int same_vector(const Draft *draft, const Fold *x, const Fold *y)
{
    return x->terms == y->terms && memcmp(draft->a.at + x->start, draft->a.at + y->start,
                                          sizeof(int32_t) * (size_t)x->terms) == 0;
}

/* Return the distance between the second factors of two folds if it is the same for all terms; else 0. */
int32_t distance(const Draft *draft, const Fold *x, const Fold *y)
{
    const int32_t *p = draft->b.at + x->start, *q = draft->b.at + y->start;
    int32_t stride = q[0] - p[0];
    for (int32_t t = 1; t < x->terms; t++)
        if (q[t] - p[t] != stride)
            return 0;
    return stride;
}

static int emit_matvec(Draft *draft, Fold **folds, int32_t n, int32_t stride, int32_t level)
{
    Plan *plan = draft->plan;
    int32_t terms = folds[0]->terms;
    Step *step = plan_step(plan, MATVEC, level, n);
    if (step == NULL || ints_room(&plan->pool, (size_t)n + 2 * (size_t)terms) < 0)
        return -1;
    step->terms = terms;
    step->stride = stride;
    step->out = take_cells(plan, n);
    step->simple = 1;
    for (int32_t o = 0; o < n; o++) {
        draft->cell[folds[o]->target] = step->out + o;
        folds[o]->emitted = 1;
        ints_push(&plan->pool, folds[o]->init);
    }
    const int32_t *vector = draft->a.at + folds[0]->start, *matrix = draft->b.at + folds[0]->start;
    int32_t *pool = plan->pool.at + plan->pool.count;
    for (int32_t t = 0; t < terms; t++) {
        pool[t] = vector[t];
        pool[terms + t] = matrix[t];
        if (is_shared(plan, vector[t]) || !is_shared(plan, matrix[t]) || matrix[t] + (n - 1) * stride < 0 ||
            !is_shared(plan, matrix[t] + (n - 1) * stride))
            step->simple = 0;
    }
    plan->pool.count += 2 * (size_t)terms;
    return 0;
}

static int emit_list(Draft *draft, Fold **folds, size_t count, int32_t level)
{
    Plan *plan = draft->plan;
    size_t products = 0, rest = 0, terms = 0;
    Fold **others = PyMem_New(Fold *, count + 1);
    if (others == NULL)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (folds[i]->terms == 1 && folds[i]->init < 0 && draft->b.at[folds[i]->start] >= 0)
            folds[products++] = folds[i];
        else
            others[rest++] = folds[i];
    }
    int failed = ints_room(&plan->pool, 2 * products) < 0;
    Step *step = products && !failed ? plan_step(plan, PRODUCTS, level, (int32_t)products) : NULL;
    if (step) {
        step->out = take_cells(plan, (int32_t)products);
        int32_t *pool = plan->pool.at + step->at;
        for (size_t i = 0; i < products; i++) {
            draft->cell[folds[i]->target] = step->out + (int32_t)i;
            pool[i] = draft->a.at[folds[i]->start];
            pool[products + i] = draft->b.at[folds[i]->start];
        }
        plan->pool.count += 2 * products;
    }
    for (size_t i = 0; i < rest; i++)
        terms += (size_t)others[i]->terms;
    failed = failed || ints_room(&plan->pool, 2 * rest + 1 + 2 * terms) < 0;
    step = rest && !failed ? plan_step(plan, DOTS, level, (int32_t)rest) : NULL;
    if (step) {
        step->out = take_cells(plan, (int32_t)rest);
        step->terms = (int32_t)terms;
        int32_t *starts = plan->pool.at + step->at, *inits = starts + rest + 1, *a = inits + rest, *b = a + terms, at = 0;
        for (size_t i = 0; i < rest; i++) {
            const Fold *fold = others[i];
            draft->cell[fold->target] = step->out + (int32_t)i;
            starts[i] = at;
            inits[i] = fold->init;
            for (int32_t t = 0; t < fold->terms; t++, at++) { /* none if the output is a leaf */
                a[at] = draft->a.at[fold->start + t];
                b[at] = draft->b.at[fold->start + t];
            }
        }
        starts[rest] = at;
        plan->pool.count += 2 * rest + 1 + 2 * terms;
    }
    PyMem_Free(others);
    return failed ? -1 : 0;
}

/* A fold, and the second factor of its first term. */
typedef struct Factors {
    int32_t cell;
    Fold *fold;
} Factors;

static int compare_factors(const void *x, const void *y)
{
    const Factors *p = x, *q = y;
    if (p->cell != q->cell)
        return (p->cell > q->cell) - (p->cell < q->cell);
    return (p->fold > q->fold) - (p->fold < q->fold);
}

/* Sort folds by the cells of their factors, so that they are in the order of the rows of a matrix: the topological sort
 * of the graph may have interleaved the rows of several matrices. */
static int order_rows(const Draft *draft, Fold **group, int32_t n)
{
    Factors *places = PyMem_New(Factors, (size_t)n + 1);
    if (places == NULL)
        return -1;
    for (int32_t i = 0; i < n; i++)
        places[i] = (Factors){draft->b.at[group[i]->start], group[i]};
    qsort(places, (size_t)n, sizeof *places, compare_factors);
    for (int32_t i = 0; i < n; i++)
        group[i] = places[i].fold;
    PyMem_Free(places);
    return 0;
}

/* Split a group into runs that form matrices with equally spaced rows, and emit these; put the rest in `left`. */
static int emit_group(Draft *draft, Fold **group, int32_t n, int32_t level, Fold **left, size_t *left_count)
{
    for (int32_t i = 0; i < n;) {
        int32_t end = i + 1, stride = end < n ? distance(draft, group[i], group[end]) : 0;
        while (stride && end < n && distance(draft, group[end - 1], group[end]) == stride)
            end++;
        if (end - i == 1)
            left[(*left_count)++] = group[i];
        else if (emit_matvec(draft, group + i, end - i, stride, level) < 0)
            return -1;
        i = end;
    }
    return 0;
}

static int emit_matrices(Draft *draft, Fold **folds, size_t count, int32_t level, Fold **left, size_t *left_count)
{
    Table table = table_for(2 * count);
    uint64_t *hashes = PyMem_New(uint64_t, 2 * count + 1);
    int32_t *next = PyMem_New(int32_t, count + 1);
    Fold **group = PyMem_New(Fold *, count + 1);
    int failed = !table.seats || !hashes || !next || !group;
    for (size_t i = 0; i < count && !failed; i++) {
        hashes[2 * i] = hashed(draft->a.at + folds[i]->start, folds[i]->terms);
        hashes[2 * i + 1] = hashed(draft->b.at + folds[i]->start, folds[i]->terms);
        seat_of(&table, hashes[2 * i])->count++;
        seat_of(&table, hashes[2 * i + 1])->count++;
    }
    for (size_t i = 0; i < count && !failed; i++) {
        Seat *seat = seat_of(&table, hashes[2 * i]), *other = seat_of(&table, hashes[2 * i + 1]);
        if (other->count > seat->count) {
            swap_sides(draft, folds[i]);
            seat = other;
        }
        join_group(seat, next, (int32_t)i);
    }
    for (size_t i = 0; i < count && !failed; i++) {
        Seat *a = seat_of(&table, hashes[2 * i]), *b = seat_of(&table, hashes[2 * i + 1]);
        Seat *seat = a->leader == (int32_t)i + 1 ? a : b->leader == (int32_t)i + 1 ? b : NULL;
        int32_t n = 0;
        for (int32_t j = seat ? (int32_t)i : -1; j >= 0; j = next[j]) {
            if (same_vector(draft, folds[i], folds[j]))
                group[n++] = folds[j];
            else
                left[(*left_count)++] = folds[j];
        }
        failed = n && (order_rows(draft, group, n) < 0 || emit_group(draft, group, n, level, left, left_count) < 0);
    }
    PyMem_Free(table.seats);
    PyMem_Free(hashes);
    PyMem_Free(next);
    PyMem_Free(group);
    return failed ? -1 : 0;
}

typedef struct Term {
    int32_t a, b;
} Term;

static int compare_terms(const void *x, const void *y)
{
    const Term *p = x, *q = y;
    if ((p->b < 0) != (q->b < 0)) /* products come first, since they may belong to a matrix */
        return (p->b < 0) - (q->b < 0);
    return p->a != q->a ? (p->a > q->a) - (p->a < q->a) : (p->b > q->b) - (p->b < q->b);
}

/* Sort the terms of a fold by their cells, so that two folds match even if they add the same terms in different orders.
   This changes bits, as plan_check.c will report. */
static int sort_terms(Draft *draft, const Fold *fold)
{
    Term *terms = PyMem_New(Term, (size_t)fold->terms + 1);
    if (terms == NULL)
        return -1;
    for (int32_t t = 0; t < fold->terms; t++)
        terms[t] = (Term){draft->a.at[fold->start + t], draft->b.at[fold->start + t]};
    qsort(terms, (size_t)fold->terms, sizeof *terms, compare_terms);
    for (int32_t t = 0; t < fold->terms; t++) {
        draft->a.at[fold->start + t] = terms[t].a;
        draft->b.at[fold->start + t] = terms[t].b;
    }
    PyMem_Free(terms);
    return 0;
}

/* Return the number of products at the start of a fold. */
static int32_t products_first(const Draft *draft, const Fold *fold)
{
    int32_t t = 0;
    while (t < fold->terms && draft->b.at[fold->start + t] >= 0)
        t++;
    return t;
}

/* Reduce a fold to the terms that have not been emitted; if no term has been emitted, restore the whole fold. */
static void go_on_from(const Draft *draft, Fold *fold)
{
    if (fold->emitted) {
        fold->init = draft->cell[fold->target];
        fold->start += fold->terms;
        fold->terms = 0;
    }
    fold->terms += fold->rest;
    fold->rest = 0;
}

int emit_folds(Draft *draft, Fold **folds, size_t count, int32_t level)
{
    int matrices = draft->plan->passes & MATRICES;
    Fold **left = PyMem_New(Fold *, count + 1), **candidates = PyMem_New(Fold *, count + 1);
    size_t left_count = 0, unmatched = 0, found = 0;
    int failed = !left || !candidates;
    for (size_t i = 0; i < count && !failed; i++) {
        settle_cells(draft, folds[i]);
        failed = (draft->plan->passes & SORTED) && sort_terms(draft, folds[i]) < 0;
        int32_t products = matrices ? products_first(draft, folds[i]) : 0;
        if (products < 2)
            continue;
        folds[i]->rest = folds[i]->terms - products;
        folds[i]->terms = products;
        candidates[found++] = folds[i];
    }
    failed = failed || ((draft->plan->passes & CONVOLUTIONS) && emit_convolutions(draft, candidates, &found, level) < 0);
    failed = failed || emit_matrices(draft, candidates, found, level, left, &unmatched) < 0;
    for (size_t i = 0; i < count && !failed; i++) {
        go_on_from(draft, folds[i]);
        if (folds[i]->terms || !folds[i]->emitted)
            left[left_count++] = folds[i];
    }
    if (matrices)
        failed = failed || emit_list(draft, left, left_count, level) < 0;
    for (size_t i = 0; i < left_count && !failed && !matrices; i++)
        failed = emit_list(draft, &left[i], 1, level) < 0;
    PyMem_Free(left);
    PyMem_Free(candidates);
    return failed ? -1 : 0;
}
