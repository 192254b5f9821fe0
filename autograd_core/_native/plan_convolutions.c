/* Turns dot products of one level that have the same weights, but different numbers, into one step: a convolution, or a
 * layer that is applied at several places. Filters that are applied at the same places share a step, which reads each
 * number once for several filters.
 */
#include "plan_seats.h"

/* The dot products that share one list of weights, in the order of their places. */
typedef struct Filter {
    Fold **at;
    int32_t places, first; /* first: the cell of the first weight */
    uint64_t hash; /* of the lists of numbers at all places */
} Filter;

/* What the search needs; `next` links the folds, and later the filters, of a group. */
typedef struct Search {
    Draft *draft;
    Fold **members; /* the dot products of all filters */
    Filter *filters;
    int32_t filter_count, *next;
    Table numbers; /* how many dot products have each list of numbers */
} Search;

static const int32_t *numbers_of(const Search *search, const Fold *fold) { return search->draft->a.at + fold->start; }
static const int32_t *weights_of(const Search *search, const Fold *fold) { return search->draft->b.at + fold->start; }

static int same_cells(const int32_t *x, const int32_t *y, int32_t count)
{
    return memcmp(x, y, sizeof *x * (size_t)count) == 0;
}

/* Whether all numbers of a dot product are by rows, and all its weights shared. */
static int has_weights(const Search *search, const Fold *fold)
{
    const int32_t *x = numbers_of(search, fold), *w = weights_of(search, fold);
    for (int32_t t = 0; t < fold->terms; t++)
        if (is_shared(search->draft->plan, x[t]) || !is_shared(search->draft->plan, w[t]))
            return 0;
    return 1;
}

static void add_filter(Search *search, Fold **folds, int32_t leader)
{
    const Fold *first = folds[leader];
    Filter *filter = &search->filters[search->filter_count];
    *filter = (Filter){search->filter_count ? filter[-1].at + filter[-1].places : search->members, 0,
                       weights_of(search, first)[0], 1};
    for (int32_t i = leader; i >= 0; i = search->next[i]) {
        if (folds[i]->terms != first->terms ||
            !same_cells(weights_of(search, folds[i]), weights_of(search, first), first->terms))
            continue;
        filter->at[filter->places++] = folds[i];
        filter->hash = hashed_on(filter->hash, hashed(numbers_of(search, folds[i]), first->terms)) | 1;
    }
    search->filter_count += filter->places > 1;
}

/* Find the filters: dot products that share their weights with others. Returns 1, 0 if there are none, or -1 if there
   is no memory. */
static int find_filters(Search *search, Fold **folds, size_t count)
{
    Table table = table_for(count);
    int shared = 0, failed = table.seats == NULL;
    for (size_t i = 0; i < count && !failed; i++) {
        if (!has_weights(search, folds[i]))
            continue;
        Seat *seat = seat_of(&table, hashed(weights_of(search, folds[i]), folds[i]->terms));
        shared |= seat->leader != 0;
        join_group(seat, search->next, (int32_t)i);
    }
    for (size_t i = 0; i < count && shared; i++) {
        Seat *seat = seat_of(&table, hashed(weights_of(search, folds[i]), folds[i]->terms));
        if (seat->leader == (int32_t)i + 1 && seat->last != (int32_t)i)
            add_filter(search, folds, (int32_t)i);
    }
    PyMem_Free(table.seats);
    return failed ? -1 : search->filter_count > 0;
}

static int at_the_same_places(const Search *search, const Filter *x, const Filter *y)
{
    int32_t terms = x->at[0]->terms;
    if (x->places != y->places || y->at[0]->terms != terms)
        return 0;
    for (int32_t p = 0; p < x->places; p++)
        if (!same_cells(numbers_of(search, x->at[p]), numbers_of(search, y->at[p]), terms))
            return 0;
    return 1;
}

static int emit_convolution(Search *search, Filter **filters, int32_t n, int32_t stride, int32_t level)
{
    Draft *draft = search->draft;
    Plan *plan = draft->plan;
    int32_t m = filters[0]->places, terms = filters[0]->at[0]->terms;
    size_t room = (size_t)n * (size_t)m + ((size_t)m + 1) * (size_t)terms + (size_t)m;
    Step *step = plan_step(plan, CONVOLUTION, level, n);
    if (step == NULL || ints_room(&plan->pool, room) < 0)
        return -1;
    step->m = m;
    step->terms = terms;
    step->stride = stride;
    step->out = take_cells(plan, n * m);
    int32_t *pool = plan->pool.at + plan->pool.count;
    for (int32_t o = 0; o < n; o++)
        for (int32_t p = 0; p < m; p++) {
            Fold *fold = filters[o]->at[p];
            draft->cell[fold->target] = step->out + o * m + p;
            fold->emitted = 1;
            *pool++ = fold->init;
        }
    for (int32_t p = 0; p <= m; p++) {
        const int32_t *cells = p < m ? numbers_of(search, filters[0]->at[p]) : weights_of(search, filters[0]->at[0]);
        memcpy(pool, cells, sizeof *pool * (size_t)terms);
        pool += terms;
    }
    for (int32_t p = 0; p < m; p++)
        *pool++ = 1;
    plan->pool.count += room;
    return 0;
}

static int compare_filters(const void *x, const void *y)
{
    const Filter *a = *(Filter *const *)x, *b = *(Filter *const *)y;
    return (a->first > b->first) - (a->first < b->first);
}

/* Emit filters at the same places, in runs whose weights lie at equal distances. If the numbers at the first place
 * occur in at least as many dot products as the filters have in all, emit nothing: those dot products will form one
 * product of a matrix and a vector, which emitting the filters would split. */
static int emit_filters(Search *search, Filter **filters, int32_t n, int32_t level)
{
    const Fold *first = filters[0]->at[0];
    int64_t dots = seat_of(&search->numbers, hashed(numbers_of(search, first), first->terms))->count;
    if ((int64_t)n * filters[0]->places <= dots)
        return 0;
    qsort(filters, (size_t)n, sizeof *filters, compare_filters);
    for (int32_t i = 0, end; i < n; i = end) {
        end = i + 1;
        int32_t stride = end < n ? distance(search->draft, filters[i]->at[0], filters[end]->at[0]) : 0;
        while (stride && end < n && distance(search->draft, filters[end - 1]->at[0], filters[end]->at[0]) == stride)
            end++;
        if (emit_convolution(search, filters + i, end - i, stride, level) < 0)
            return -1;
    }
    return 0;
}

static int emit_all(Search *search, int32_t level)
{
    size_t count = (size_t)search->filter_count;
    Table table = table_for(count);
    int32_t *next = PyMem_New(int32_t, count + 1);
    Filter **group = PyMem_New(Filter *, count + 1);
    int failed = !table.seats || !next || !group;
    for (size_t i = 0; i < count && !failed; i++)
        join_group(seat_of(&table, search->filters[i].hash), next, (int32_t)i);
    for (size_t i = 0; i < count && !failed; i++) {
        int32_t n = 0, leads = seat_of(&table, search->filters[i].hash)->leader == (int32_t)i + 1;
        for (int32_t j = leads ? (int32_t)i : -1; j >= 0; j = next[j])
            if (at_the_same_places(search, &search->filters[i], &search->filters[j]))
                group[n++] = &search->filters[j];
        failed = n > 0 && emit_filters(search, group, n, level) < 0;
    }
    PyMem_Free(table.seats);
    PyMem_Free(next);
    PyMem_Free(group);
    return failed ? -1 : 0;
}

/* Emit the folds that share their weights, and leave the others in `folds`. */
int emit_convolutions(Draft *draft, Fold **folds, size_t *count, int32_t level)
{
    size_t left = 0;
    Search search = {draft, PyMem_New(Fold *, *count + 1), PyMem_New(Filter, *count + 1), 0,
                     PyMem_New(int32_t, *count + 1), table_for(*count)};
    int found = search.members && search.filters && search.next && search.numbers.seats ? 1 : -1;
    found = found < 0 ? found : find_filters(&search, folds, *count);
    for (size_t i = 0; i < *count && found > 0; i++)
        seat_of(&search.numbers, hashed(numbers_of(&search, folds[i]), folds[i]->terms))->count++;
    if (found > 0)
        found = emit_all(&search, level);
    for (size_t i = 0; i < *count; i++)
        if (!folds[i]->emitted)
            folds[left++] = folds[i];
    *count = left;
    PyMem_Free(search.members);
    PyMem_Free(search.filters);
    PyMem_Free(search.next);
    PyMem_Free(search.numbers.seats);
    return found < 0 ? -1 : 0;
}

/* Whether each cell that is read at place `p` lies beside the cell that is read at the next place. */
static int goes_on(const Plan *plan, const Step *step, const int32_t *pool, int32_t p)
{
    const int32_t *here = pool + (size_t)step->n * (size_t)step->m + (size_t)p * (size_t)step->terms;
    for (int32_t t = 0; t < step->terms; t++)
        if (here[step->terms + t] != here[t] + 1)
            return 0;
    for (int32_t o = 0; o < step->n; o++) {
        int32_t init = pool[o * step->m + p];
        if (pool[o * step->m + p + 1] != (init < 0 || is_shared(plan, init) ? init : init + 1))
            return 0;
    }
    return 1;
}

/* Store, for each place, how many places from this one on lie side by side. */
void find_places_side_by_side(Plan *plan)
{
    for (size_t at = 0; at < plan->count; at++) {
        const Step *step = &plan->steps[at];
        int32_t *pool = plan->pool.at + step->at;
        size_t m = (size_t)step->m, runs = (size_t)step->n * m + (m + 1) * (size_t)step->terms;
        for (int32_t p = step->m - 2; step->kind == CONVOLUTION && p >= 0; p--)
            pool[runs + (size_t)p] = goes_on(plan, step, pool, p) ? pool[runs + (size_t)p + 1] + 1 : 1;
    }
}
