/* Turns the adjoint of each slot into the fold (a sum of products) of its contributions, in the order in which the
   engine's sweep adds them: instructions from last to first, and the operands of each from left to right. */
#include "plan.h"

/* Return the id of the local derivative along an edge, -1 if it is always 1, or -2 if it is flat everywhere. */
static int32_t local_id(Draft *draft, int32_t k, int32_t i)
{
    const Listed *listed = draft->listed;
    const int32_t *operands = listed->operands + listed->starts[k];
    int32_t count = listed->starts[k + 1] - listed->starts[k];
    const PlayedRow *row = row_at(listed, k);
    switch (row->meaning) {
    case SUM_ROW:
        return -1;
    case MUL_ROW:
        return operands[1 - i];
    case DOT_ROW:
        return operands[i < count / 2 ? i + count / 2 : i - count / 2];
    default:
        break;
    }
    if (row->arity > 0 && i < 2 && row->constant[i]) {
        double slope = row->slope[i];
        return slope == 0.0 ? -2 : slope == 1.0 ? -1 : extra_constant(draft, slope);
    }
    return draft->slopes + listed->starts[k] + i;
}

/* Return, for each slot, whether it depends on a leaf whose gradient is needed. */
static char *leading(Draft *draft)
{
    const Listed *listed = draft->listed;
    char *leads = PyMem_Calloc((size_t)listed->slots + 1, 1);
    if (leads == NULL)
        return NULL;
    memcpy(leads, listed->variable, (size_t)listed->leaves);
    for (int32_t k = 0; k < listed->count; k++) {
        char *found = &leads[listed->first + k];
        for (int32_t i = listed->starts[k]; i < listed->starts[k + 1] && !*found; i++)
            *found = leads[listed->operands[i]] && local_id(draft, k, i - listed->starts[k]) != -2;
        *found = *found && listed->variable[listed->first + k];
    }
    return leads;
}

/* The edges along which contributions arrive, grouped by target, in order; `starts` holds the start of each group. */
typedef struct Arrivals {
    int32_t *starts, *edges, *owner; /* the instruction of each edge */
    char *reached;
} Arrivals;

static void find_reached(const Draft *draft, const char *leads, Arrivals *arrivals)
{
    const Listed *listed = draft->listed;
    arrivals->reached[listed->output[0]] = leads[listed->output[0]];
    for (int32_t k = listed->count; k-- > 0;) {
        if (!arrivals->reached[listed->first + k])
            continue;
        for (int32_t i = listed->starts[k]; i < listed->starts[k + 1]; i++) {
            int32_t slot = listed->operands[i];
            if (!leads[slot] || local_id((Draft *)draft, k, i - listed->starts[k]) == -2)
                continue;
            arrivals->reached[slot] = 1;
            arrivals->starts[slot + 1]++;
        }
    }
}

static void place_edges(const Draft *draft, const char *leads, Arrivals *arrivals)
{
    const Listed *listed = draft->listed;
    for (int32_t slot = 0; slot < listed->slots; slot++)
        arrivals->starts[slot + 1] += arrivals->starts[slot];
    for (int32_t k = listed->count; k-- > 0;) {
        if (!arrivals->reached[listed->first + k])
            continue;
        for (int32_t i = listed->starts[k]; i < listed->starts[k + 1]; i++) {
            int32_t slot = listed->operands[i];
            arrivals->owner[i] = k;
            if (leads[slot] && local_id((Draft *)draft, k, i - listed->starts[k]) != -2)
                arrivals->edges[arrivals->starts[slot]++] = i;
        }
    }
    for (int32_t slot = listed->slots; slot > 0; slot--)
        arrivals->starts[slot] = arrivals->starts[slot - 1];
    arrivals->starts[0] = 0;
}

/* Make the fold of one target. If the only contribution is the adjoint of a sum, unchanged, no fold is made: the target
   shares that adjoint. */
static int fold_target(Draft *draft, int32_t slot, const Arrivals *arrivals, int32_t *level)
{
    const Listed *listed = draft->listed;
    int32_t at = arrivals->starts[slot], end = arrivals->starts[slot + 1], edge, k, local;
    int is_output = slot == listed->output[0], is_leaf = slot < listed->leaves;
    draft->root[slot] = slot;
    if (is_output && at == end && !is_leaf) {
        level[slot] = 0;
        return 0; /* its adjoint is in the seed's cell */
    }
    edge = at < end ? arrivals->edges[at] : 0;
    k = at < end ? arrivals->owner[edge] : 0;
    if (!is_leaf && !is_output && end - at == 1 && local_id(draft, k, edge - listed->starts[k]) == -1) {
        draft->root[slot] = draft->root[listed->first + k];
        level[slot] = level[listed->first + k];
        return 0;
    }
    Fold *fold = new_fold(draft, draft->adjoints + slot, is_output ? draft->extras : -1); /* extra 0: the seed */
    if (fold == NULL)
        return -1;
    int32_t highest = 0;
    for (; at < end; at++) {
        edge = arrivals->edges[at];
        k = arrivals->owner[edge];
        local = local_id(draft, k, edge - listed->starts[k]);
        int32_t from = draft->root[listed->first + k];
        if (level[from] > highest)
            highest = level[from];
        if (local >= draft->slopes && local < draft->adjoints)
            draft->sloped[local - draft->slopes] = 1;
        if (local == -1 && fold->init < 0 && fold->terms == 0 && !is_leaf && end - arrivals->starts[slot] > 1)
            fold->init = draft->adjoints + from;
        else if (fold_term(draft, draft->adjoints + from, local) < 0)
            return -1;
    }
    fold->level = level[slot] = highest + 1;
    return 0;
}

int fold_adjoints(Draft *draft)
{
    const Listed *listed = draft->listed;
    size_t slots = (size_t)listed->slots + 2, edges = (size_t)listed->edges + 1;
    char *leads = leading(draft);
    int32_t *level = PyMem_Calloc(slots, sizeof *level);
    Arrivals arrivals = {PyMem_Calloc(slots, sizeof(int32_t)), PyMem_New(int32_t, edges), PyMem_New(int32_t, edges),
                         PyMem_Calloc(slots, 1)};
    int failed = !leads || !level || !arrivals.starts || !arrivals.edges || !arrivals.owner || !arrivals.reached;
    if (!failed) {
        find_reached(draft, leads, &arrivals);
        place_edges(draft, leads, &arrivals);
    }
    for (int32_t slot = listed->slots; slot-- > 0 && !failed;) {
        draft->root[slot] = -1;
        if (arrivals.reached[slot] && leads[slot])
            failed = fold_target(draft, slot, &arrivals, level) < 0;
    }
    PyMem_Free(leads);
    PyMem_Free(level);
    PyMem_Free(arrivals.starts);
    PyMem_Free(arrivals.edges);
    PyMem_Free(arrivals.owner);
    PyMem_Free(arrivals.reached);
    return failed ? -1 : 0;
}
