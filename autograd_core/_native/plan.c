/* Turns a listing (a program as a flat list of instructions) into a plan (plan.h), pass by pass. */
#include "plan.h"

int ints_room(Ints *ints, size_t more)
{
    if (ints->count + more <= ints->capacity)
        return 0;
    size_t wanted = 2 * ints->capacity > ints->count + more ? 2 * ints->capacity : ints->count + more + 64;
    int32_t *larger = wanted < INT32_MAX ? PyMem_Realloc(ints->at, wanted * sizeof *larger) : NULL;
    if (larger == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    ints->at = larger;
    ints->capacity = wanted;
    return 0;
}

int ints_push(Ints *ints, int32_t x)
{
    if (ints_room(ints, 1) < 0)
        return -1;
    ints->at[ints->count++] = x;
    return 0;
}

static int grown(void **block, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return 0;
    size_t wanted = *capacity ? 2 * *capacity : 64;
    void *larger = PyMem_Realloc(*block, wanted * size);
    if (larger == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    *block = larger;
    *capacity = wanted;
    return 0;
}

/* Add a step whose data start at the end of the pool; the caller adds the data. */
Step *plan_step(Plan *plan, StepKind kind, int32_t level, int32_t n)
{
    if (grown((void **)&plan->steps, plan->count, &plan->capacity, sizeof *plan->steps) < 0)
        return NULL;
    Step *step = &plan->steps[plan->count++];
    memset(step, 0, sizeof *step);
    step->kind = kind;
    step->level = level;
    step->n = n;
    step->at = plan->pool.count;
    step->slopes[0] = step->slopes[1] = -1;
    return step;
}

Fold *new_fold(Draft *draft, int32_t target, int32_t init)
{
    if (grown((void **)&draft->folds, draft->fold_count, &draft->fold_capacity, sizeof *draft->folds) < 0)
        return NULL;
    Fold *fold = &draft->folds[draft->fold_count++];
    *fold = (Fold){target, init, (int32_t)draft->a.count, 0, 0, 0, 0};
    return fold;
}

/* Add a term to the last fold. */
int fold_term(Draft *draft, int32_t a, int32_t b)
{
    if (ints_push(&draft->a, a) < 0 || ints_push(&draft->b, b) < 0)
        return -1;
    draft->folds[draft->fold_count - 1].terms++;
    return 0;
}

/* Return the id of a constant that the list does not contain, or -1 with an exception set; add the constant if it is
   new. The first constant to be added is the seed, whatever its value; it is used for nothing else. */
int32_t extra_constant(Draft *draft, double x)
{
    for (int32_t i = 1; i < draft->extra_count; i++)
        if (memcmp(&draft->extra[i], &x, sizeof x) == 0)
            return draft->extras + i;
    size_t capacity = (size_t)draft->extra_capacity;
    if (grown((void **)&draft->extra, (size_t)draft->extra_count, &capacity, sizeof x) < 0)
        return -1;
    draft->extra_capacity = (int32_t)capacity;
    draft->extra[draft->extra_count++] = x;
    return draft->extras + draft->extra_count - 1;
}

/* Assign cells to leaves and constants: first to those that all rows share, then to the inputs by rows. */
static int place_leaves(Draft *draft)
{
    const Listed *listed = draft->listed;
    Plan *plan = draft->plan;
    draft->cell = PyMem_New(int32_t, (size_t)draft->extras + (size_t)draft->extra_count);
    plan->leaf_cell = PyMem_New(int32_t, (size_t)listed->leaves + 1);
    plan->fixed = PyMem_Calloc((size_t)listed->first + (size_t)draft->extra_count, sizeof *plan->fixed);
    if (!draft->cell || !plan->leaf_cell || !plan->fixed) {
        PyErr_NoMemory();
        return -1;
    }
    for (int32_t slot = 0; slot < listed->leaves; slot++)
        if (slot >= listed->inputs || !plan->by_rows[slot])
            draft->cell[slot] = plan->cells++;
    plan->first_fixed = plan->cells;
    for (int32_t i = 0; i < listed->constants; i++) {
        plan->fixed[plan->cells] = listed->constant[i];
        draft->cell[listed->leaves + i] = plan->cells++;
    }
    plan->seed = plan->cells;
    for (int32_t i = 0; i < draft->extra_count; i++) {
        plan->fixed[plan->cells] = draft->extra[i];
        draft->cell[draft->extras + i] = plan->cells++;
    }
    plan->shared = plan->cells;
    for (int32_t slot = 0; slot < listed->inputs; slot++)
        if (plan->by_rows[slot])
            draft->cell[slot] = plan->cells++;
    memcpy(plan->leaf_cell, draft->cell, sizeof(int32_t) * (size_t)listed->leaves);
    int32_t output = listed->output[0]; /* the seed is its adjoint if no contribution arrives */
    draft->cell[draft->adjoints + output] = plan->seed;
    return 0;
}

static int note_ends(Draft *draft)
{
    const Listed *listed = draft->listed;
    Plan *plan = draft->plan;
    plan->output_cell = PyMem_New(int32_t, (size_t)listed->outputs + 1);
    plan->guard_cells = PyMem_New(int32_t, 2 * (size_t)listed->guards + 1);
    plan->gradient_cell = PyMem_New(int32_t, (size_t)listed->inputs + 1);
    if (!plan->output_cell || !plan->guard_cells || !plan->gradient_cell) {
        PyErr_NoMemory();
        return -1;
    }
    for (int32_t i = 0; i < listed->outputs; i++)
        plan->output_cell[i] = draft->cell[listed->output[i]];
    for (int32_t i = 0; i < 2 * listed->guards; i++) {
        const PlayedGuard *guard = &listed->guard[i / 2];
        plan->guard_cells[i] = draft->cell[guard->operands[i % 2]];
    }
    plan->all_summed = memchr(plan->summed + listed->inputs, 0, (size_t)listed->parameters) == NULL;
    for (int32_t slot = 0; slot < listed->inputs; slot++) {
        int here = plan->by_rows[slot] && draft->root[slot] >= 0;
        plan->gradient_cell[slot] = here ? draft->cell[draft->adjoints + slot] : -1;
    }
    return 0;
}

static void look_at_rows(Plan *plan)
{
    plan->pure = plan->computable = 1;
    for (int32_t i = 0; i < plan->listed->rows; i++) {
        const PlayedRow *row = &plan->listed->row[i];
        plan->computable = plan->computable && (row->meaning != OTHER_ROW || row->kernel.any);
        plan->pure = plan->pure && (row->meaning != OTHER_ROW || row->pure);
    }
}

/* Find what depends on the final positions of the cells. */
static void look_at_steps(Plan *plan)
{
    find_places_side_by_side(plan);
    for (size_t at = 0; at < plan->count; at++) {
        Step *step = &plan->steps[at];
        const int32_t *inits = plan->pool.at + step->at;
        step->bare = step->kind == MATVEC || step->kind == CONVOLUTION;
        for (int32_t o = 0; step->bare && o < results_of(step); o++)
            step->bare = inits[o] < 0;
    }
    plan->play_steps = steps_at_point();
}

Plan *plan_made(const Listed *listed, const char *by_rows, int passes)
{
    Plan *plan = PyMem_Calloc(1, sizeof *plan);
    Draft draft = {.listed = listed, .plan = plan, .slopes = listed->slots, .adjoints = listed->slots + listed->edges};
    int failed = plan == NULL || 2 * (int64_t)listed->slots + listed->edges > INT32_MAX / 2;
    draft.extras = failed ? 0 : draft.adjoints + listed->slots;
    if (!failed) {
        plan->listed = listed;
        plan->passes = passes;
        plan->by_rows = PyMem_Calloc((size_t)listed->inputs + 1, 1);
        plan->summed = PyMem_Calloc((size_t)listed->leaves + 1, 1);
        draft.root = PyMem_New(int32_t, (size_t)listed->slots + 1);
        draft.absorbed = PyMem_Calloc((size_t)listed->count + 1, 1);
        draft.level = PyMem_Calloc((size_t)listed->count + 1, sizeof *draft.level);
        draft.sloped = PyMem_Calloc((size_t)listed->edges + 1, 1);
        failed = !plan->by_rows || !plan->summed || !draft.root || !draft.absorbed || !draft.level || !draft.sloped;
    }
    if (!failed) {
        memcpy(plan->by_rows, by_rows, (size_t)listed->inputs);
        look_at_rows(plan);
        failed = extra_constant(&draft, 1.0) < 0 || fold_values(&draft) < 0 || fold_adjoints(&draft) < 0 ||
                 place_leaves(&draft) < 0 || emit_values(&draft) < 0 || emit_adjoints(&draft) < 0 || note_ends(&draft) < 0 ||
                 ((passes & REUSE) && reuse_cells(plan) < 0);
        if (!failed)
            look_at_steps(plan);
    }
    PyMem_Free(draft.cell);
    PyMem_Free(draft.extra);
    PyMem_Free(draft.folds);
    PyMem_Free(draft.a.at);
    PyMem_Free(draft.b.at);
    PyMem_Free(draft.root);
    PyMem_Free(draft.absorbed);
    PyMem_Free(draft.level);
    PyMem_Free(draft.sloped);
    if (failed) {
        if (!PyErr_Occurred())
            PyErr_NoMemory();
        plan_free(plan);
        return NULL;
    }
    return plan;
}

void plan_free(Plan *plan)
{
    if (plan == NULL)
        return;
    PyMem_Free(plan->by_rows);
    PyMem_Free(plan->fixed);
    PyMem_Free(plan->steps);
    PyMem_Free(plan->pool.at);
    PyMem_Free(plan->leaf_cell);
    PyMem_Free(plan->output_cell);
    PyMem_Free(plan->guard_cells);
    PyMem_Free(plan->gradient_cell);
    PyMem_Free(plan->summed);
    PyMem_Free(plan);
}
