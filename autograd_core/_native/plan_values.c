/* Turns chains of additions into folds (sums of products): `bias + w*x + w*x + …` becomes one fold, not two
   instructions per term. */
#include "plan.h"

/* A fold that is still growing. Its terms form a linked list, because the addition at the end of a chain takes over the
   whole chain. */
typedef struct Chain {
    int32_t init, head, tail, terms;
} Chain;

typedef struct Links {
    Draft *draft;
    Chain *chain;                     /* the chain of each instruction */
    int32_t *a, *b, *next, *uses;
    int32_t count;
} Links;

static void append(Links *links, Chain *chain, int32_t a, int32_t b)
{
    int32_t at = links->count++;
    links->a[at] = a;
    links->b[at] = b;
    links->next[at] = -1;
    if (chain->tail < 0)
        chain->head = at;
    else
        links->next[chain->tail] = at;
    chain->tail = at;
    chain->terms++;
}

/* Return the instruction that computes a slot, if the slot is used only once and the pass is on; else -1. */
static int32_t alone(const Links *links, int32_t slot)
{
    const Listed *listed = links->draft->listed;
    int on = links->draft->plan->passes & CHAINS;
    return on && slot >= listed->first && links->uses[slot] == 1 ? slot - listed->first : -1;
}

static int is_chain(const Links *links, int32_t slot)
{
    int32_t k = alone(links, slot);
    Meaning meaning = k >= 0 ? row_at(links->draft->listed, k)->meaning : OTHER_ROW;
    return meaning == ADD_ROW || meaning == SUB_ROW || meaning == SUM_ROW || meaning == DOT_ROW;
}

static int is_product(const Links *links, int32_t slot)
{
    int32_t k = alone(links, slot);
    return k >= 0 && row_at(links->draft->listed, k)->meaning == MUL_ROW;
}

/* Start a chain with a slot or, if only this instruction uses the slot, with the chain or product that computes it. */
static void begin(Links *links, Chain *chain, int32_t slot)
{
    if (is_chain(links, slot) || is_product(links, slot)) {
        *chain = links->chain[slot - links->draft->listed->first];
        links->draft->absorbed[slot - links->draft->listed->first] = 1;
    } else {
        chain->init = slot;
    }
}

/* Add a slot to a chain. If only this instruction uses the slot and a product computes it, add its two factors. */
static void add(Links *links, Chain *chain, int32_t slot)
{
    if (is_product(links, slot)) {
        const Chain *product = &links->chain[slot - links->draft->listed->first];
        append(links, chain, links->a[product->head], links->b[product->head]);
        links->draft->absorbed[slot - links->draft->listed->first] = 1;
    } else {
        append(links, chain, slot, -1);
    }
}

/* Make the chain for x + y. Addition commutes bit for bit, so a chain or a number goes first, and a product second. */
static void add_pair(Links *links, Chain *chain, int32_t x, int32_t y)
{
    int swap = is_chain(links, x) ? 0 : is_chain(links, y) || (is_product(links, x) && !is_product(links, y));
    begin(links, chain, swap ? y : x);
    add(links, chain, swap ? x : y);
}

static int link_instruction(Links *links, int32_t k)
{
    Draft *draft = links->draft;
    const Listed *listed = draft->listed;
    const int32_t *operands = listed->operands + listed->starts[k];
    int32_t count = listed->starts[k + 1] - listed->starts[k], zero;
    Chain *chain = &links->chain[k];
    *chain = (Chain){-1, -1, -1, 0};
    switch (row_at(listed, k)->meaning) {
    case ADD_ROW:
        add_pair(links, chain, operands[0], operands[1]);
        break;
    case SUB_ROW:
        begin(links, chain, operands[0]);
        append(links, chain, operands[1], extra_constant(draft, -1.0));
        break;
    case MUL_ROW:
        append(links, chain, operands[0], operands[1]);
        break;
    case NEG_ROW:
        append(links, chain, operands[0], extra_constant(draft, -1.0));
        break;
    case IDENTITY_ROW:
        append(links, chain, operands[0], -1);
        break;
    case SUM_ROW:
    case DOT_ROW:
        if ((zero = extra_constant(draft, 0.0)) < 0)
            return -1;
        chain->init = zero;
        for (int32_t i = 0; i < count && row_at(listed, k)->meaning == SUM_ROW; i++)
            add(links, chain, operands[i]);
        for (int32_t i = 0; i < count / 2 && row_at(listed, k)->meaning == DOT_ROW; i++)
            append(links, chain, operands[i], operands[count / 2 + i]);
        break;
    case OTHER_ROW:
        chain->terms = -1;
        break;
    }
    return 0;
}

static void count_uses(Links *links)
{
    const Listed *listed = links->draft->listed;
    for (int32_t i = 0; i < listed->edges; i++)
        links->uses[listed->operands[i]]++;
    for (int32_t i = 0; i < listed->outputs; i++)
        links->uses[listed->output[i]] += 2; /* so that no chain takes over an output */
    for (int32_t i = 0; i < listed->guards; i++)
        for (int32_t j = 0; j < listed->guard[i].count; j++)
            links->uses[listed->guard[i].operands[j]] += 2;
}

static int32_t level_of(const Draft *draft, int32_t id)
{
    int32_t first = draft->listed->first;
    return id >= first && id < draft->slopes ? draft->level[id - first] : 0;
}

/* Write the folds of the instructions that are not part of another instruction's fold, and set the level of each: one
   above those of its operands. */
static int write_folds(Links *links)
{
    Draft *draft = links->draft;
    const Listed *listed = draft->listed;
    for (int32_t k = 0; k < listed->count; k++) {
        int32_t level = 0, below;
        if (draft->absorbed[k])
            continue;
        if (links->chain[k].terms < 0) {
            for (int32_t i = listed->starts[k]; i < listed->starts[k + 1]; i++)
                if ((below = level_of(draft, listed->operands[i])) > level)
                    level = below;
            draft->level[k] = level + 1;
            continue;
        }
        Fold *fold = new_fold(draft, listed->first + k, links->chain[k].init);
        if (fold == NULL)
            return -1;
        level = level_of(draft, fold->init);
        for (int32_t at = links->chain[k].head; at >= 0; at = links->next[at]) {
            if (fold_term(draft, links->a[at], links->b[at]) < 0)
                return -1;
            if ((below = level_of(draft, links->a[at])) > level)
                level = below;
            if ((below = level_of(draft, links->b[at])) > level)
                level = below;
        }
        fold->level = draft->level[k] = level + 1;
    }
    return 0;
}

int fold_values(Draft *draft)
{
    const Listed *listed = draft->listed;
    size_t most = (size_t)listed->edges + (size_t)listed->count + 1;
    Links links = {draft, PyMem_New(Chain, (size_t)listed->count + 1), PyMem_New(int32_t, most),
                   PyMem_New(int32_t, most), PyMem_New(int32_t, most),
                   PyMem_Calloc((size_t)listed->slots + 1, sizeof(int32_t)), 0};
    int failed = !links.chain || !links.a || !links.b || !links.next || !links.uses || extra_constant(draft, -1.0) < 0;
    if (!failed)
        count_uses(&links);
    for (int32_t k = 0; k < listed->count && !failed; k++)
        failed = link_instruction(&links, k) < 0;
    failed = failed || write_folds(&links) < 0;
    PyMem_Free(links.chain);
    PyMem_Free(links.a);
    PyMem_Free(links.b);
    PyMem_Free(links.next);
    PyMem_Free(links.uses);
    draft->forward_folds = draft->fold_count;
    return failed ? -1 : 0;
}
