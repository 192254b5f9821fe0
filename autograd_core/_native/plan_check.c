/* Checks that a plan computes exactly the sums of the list, in the order of the engine's sweep.
 *
 * The plan and the list are both played on fingerprints in place of numbers. The fingerprint of a sum or product stays
 * the same if its two operands are exchanged, which changes no bit, and differs for any other way to combine them. This
 * detects, however the plan was made, a pass that moves a contribution to an adjoint, and a cell that is reused too
 * early.
 */
#include "plan.h"

static uint64_t mixed(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

static uint64_t of_number(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return mixed(bits + 0x51u);
}

static uint64_t product(uint64_t x, uint64_t y)
{
    static uint64_t one;
    one = one ? one : of_number(1.0);
    return x == one ? y : y == one ? x : mixed(mixed(x) + mixed(y) + 0xA5u);
}

static uint64_t sum(uint64_t x, uint64_t y) { return mixed(mixed(x ^ 0x77u) + mixed(y ^ 0x77u) + 0x5Au); }

static uint64_t leaf_print(int32_t slot) { return mixed(((uint64_t)1 << 40) + (uint64_t)slot); }

/* The fingerprint of the value (`part` 0) or of a local derivative (`part` from 1) of a row, made from its operands. */
typedef struct Print {
    uint64_t state;
} Print;

static Print begin(int32_t row) { return (Print){mixed(((uint64_t)1 << 41) + (uint64_t)row)}; }
static void go_on(Print *print, uint64_t x) { print->state = mixed(print->state * 3u + x); }
static uint64_t end(Print print, int32_t part) { return mixed(print.state + ((uint64_t)part << 42)); }

/* --- The list ------------------------------------------------------------------------------------------------- */

static uint64_t other_print(const Listed *listed, int32_t k, const uint64_t *slots, int32_t part)
{
    Print print = begin(listed->code[k]);
    for (int32_t i = listed->starts[k]; i < listed->starts[k + 1]; i++)
        go_on(&print, slots[listed->operands[i]]);
    return end(print, part);
}

static uint64_t value_print(const Listed *listed, int32_t k, const uint64_t *slots)
{
    const int32_t *xs = listed->operands + listed->starts[k];
    int32_t count = listed->starts[k + 1] - listed->starts[k];
    uint64_t found = of_number(0.0);
    switch (row_at(listed, k)->meaning) {
    case ADD_ROW: return sum(slots[xs[0]], slots[xs[1]]);
    case SUB_ROW: return sum(slots[xs[0]], product(slots[xs[1]], of_number(-1.0)));
    case MUL_ROW: return product(slots[xs[0]], slots[xs[1]]);
    case NEG_ROW: return product(slots[xs[0]], of_number(-1.0));
    case IDENTITY_ROW: return slots[xs[0]];
    case SUM_ROW:
        for (int32_t i = 0; i < count; i++)
            found = sum(found, slots[xs[i]]);
        return found;
    case DOT_ROW:
        for (int32_t i = 0; i < count / 2; i++)
            found = sum(found, product(slots[xs[i]], slots[xs[count / 2 + i]]));
        return found;
    default: return other_print(listed, k, slots, 0);
    }
}

/* Return the fingerprint of the local derivative with respect to operand `i`, or 0 if it is flat everywhere. */
static uint64_t slope_print(const Listed *listed, int32_t k, int32_t i, const uint64_t *slots)
{
    const PlayedRow *row = row_at(listed, k);
    const int32_t *xs = listed->operands + listed->starts[k];
    int32_t half = (listed->starts[k + 1] - listed->starts[k]) / 2;
    if (row->meaning == MUL_ROW)
        return slots[xs[1 - i]];
    if (row->meaning == SUM_ROW)
        return of_number(1.0);
    if (row->meaning == DOT_ROW)
        return slots[xs[i < half ? i + half : i - half]];
    if (row->arity > 0 && i < 2 && row->constant[i])
        return row->slope[i] == 0.0 ? 0 : of_number(row->slope[i]);
    return other_print(listed, k, slots, i + 1);
}

/* Fill in the fingerprints of the adjoints as the sweep computes them: 0 if no contribution arrives. */
static void sweep_prints(const Listed *listed, const uint64_t *slots, uint64_t seed, uint64_t *adjoints)
{
    memset(adjoints, 0, sizeof *adjoints * (size_t)listed->slots);
    adjoints[listed->output[0]] = seed;
    for (int32_t k = listed->count; k-- > 0;) {
        uint64_t upstream = adjoints[listed->first + k];
        if (upstream == 0 || !listed->variable[listed->first + k])
            continue;
        for (int32_t i = listed->starts[k]; i < listed->starts[k + 1]; i++) {
            int32_t slot = listed->operands[i];
            uint64_t local = slope_print(listed, k, i - listed->starts[k], slots);
            if (!listed->variable[slot] || local == 0)
                continue;
            uint64_t sent = product(upstream, local);
            adjoints[slot] = adjoints[slot] ? sum(adjoints[slot], sent) : sent;
        }
    }
}

/* --- The plan ------------------------------------------------------------------------------------------------- */

static uint64_t fold_print(const uint64_t *cells, int32_t init, const int32_t *a, const int32_t *b, int32_t terms)
{
    uint64_t found = init >= 0 ? cells[init] : 0;
    for (int32_t t = 0; t < terms; t++) {
        uint64_t next = b[t] < 0 ? cells[a[t]] : product(cells[a[t]], cells[b[t]]);
        found = found ? sum(found, next) : next;
    }
    return found;
}

static void matvec_prints(const Step *step, const int32_t *pool, uint64_t *cells)
{
    const int32_t *vector = pool + step->n, *column = vector + step->terms;
    for (int32_t o = 0; o < step->n; o++) {
        uint64_t found = pool[o] >= 0 ? cells[pool[o]] : 0;
        for (int32_t t = 0; t < step->terms; t++) {
            uint64_t next = product(cells[vector[t]], cells[column[t] + o * step->stride]);
            found = found ? sum(found, next) : next;
        }
        cells[step->out + o] = found;
    }
}

static void convolution_prints(const Step *step, const int32_t *pool, uint64_t *cells)
{
    const int32_t *places = pool + (size_t)step->n * (size_t)step->m, *filter = places + (size_t)step->m * (size_t)step->terms;
    for (int32_t at = 0; at < step->n * step->m; at++) {
        const int32_t *place = places + (size_t)(at % step->m) * (size_t)step->terms;
        uint64_t found = pool[at] >= 0 ? cells[pool[at]] : 0;
        for (int32_t t = 0; t < step->terms; t++) {
            uint64_t next = product(cells[place[t]], cells[filter[t] + at / step->m * step->stride]);
            found = found ? sum(found, next) : next;
        }
        cells[step->out + at] = found;
    }
}

static void map_prints(const Plan *plan, const Step *step, const int32_t *pool, uint64_t *cells)
{
    int many = is_many(&plan->listed->row[step->row]);
    for (int32_t o = 0; o < step->n; o++) {
        Print print = begin(step->row);
        for (int32_t i = 0; i < step->terms; i++)
            go_on(&print, cells[pool[many ? o * step->terms + i : i * step->n + o]]);
        cells[step->out + o] = end(print, 0);
        for (int32_t i = 0; i < step->terms; i++) {
            int32_t first = step->slopes[many ? 0 : i];
            if (first >= 0)
                cells[first + (many ? o * step->terms + i : o)] = end(print, i + 1);
        }
    }
}

static void outer_prints(const Step *step, const int32_t *pool, const uint64_t *cells, uint64_t *gradients)
{
    const int32_t *columns = pool + (size_t)step->n * (size_t)step->terms;
    for (int32_t i = 0; i < step->n; i++)
        for (int32_t j = 0; j < step->m; j++)
            gradients[step->out + i * step->stride + j] =
                fold_print(cells, -1, pool + i * step->terms, columns + j * step->terms, step->terms);
}

static void play_prints(const Plan *plan, uint64_t *cells, uint64_t *gradients)
{
    for (size_t at = 0; at < plan->count; at++) {
        const Step *step = &plan->steps[at];
        const int32_t *pool = plan->pool.at + step->at, *starts = pool, *ends = starts + step->n + 1, *a = ends + step->n;
        switch (step->kind) {
        case MAP: map_prints(plan, step, pool, cells); break;
        case MATVEC: matvec_prints(step, pool, cells); break;
        case CONVOLUTION: convolution_prints(step, pool, cells); break;
        case OUTER: outer_prints(step, pool, cells, gradients); break;
        case PRODUCTS:
            for (int32_t o = 0; o < step->n; o++)
                cells[step->out + o] = product(cells[pool[o]], cells[pool[step->n + o]]);
            break;
        default:
            for (int32_t o = 0; o < step->n; o++) {
                int sums = step->kind == SUMS;
                uint64_t found = fold_print(cells, sums ? -1 : ends[o], a + starts[o], a + step->terms + starts[o],
                                            starts[o + 1] - starts[o]);
                if (sums)
                    gradients[ends[o]] = found;
                else
                    cells[step->out + o] = found;
            }
        }
    }
}

static int agree(const Plan *plan, const uint64_t *slots, const uint64_t *adjoints, const uint64_t *cells,
                 const uint64_t *gradients)
{
    const Listed *listed = plan->listed;
    for (int32_t i = 0; i < listed->outputs; i++)
        if (cells[plan->output_cell[i]] != slots[listed->output[i]])
            return 0;
    for (int32_t slot = 0; slot < listed->leaves; slot++) {
        int by_rows = slot < listed->inputs && plan->by_rows[slot];
        uint64_t found = by_rows ? (plan->gradient_cell[slot] < 0 ? 0 : cells[plan->gradient_cell[slot]]) : gradients[slot];
        if (found != (listed->variable[slot] ? adjoints[slot] : 0))
            return 0;
    }
    return 1;
}

/* Return 1 if the plan and the list agree, 0 if not, or -1 if there is no memory. */
int plan_check(const Plan *plan)
{
    const Listed *listed = plan->listed;
    size_t slots = (size_t)listed->slots + 1, cells = (size_t)plan->cells + 1;
    uint64_t *all = PyMem_Calloc(2 * slots + cells + (size_t)listed->leaves + 1, sizeof *all);
    if (all == NULL)
        return -1;
    uint64_t *adjoints = all + slots, *of_cells = adjoints + slots, *gradients = of_cells + cells;
    for (int32_t i = 0; i < plan->shared; i++)
        of_cells[i] = i == plan->seed ? mixed(7) : of_number(plan->fixed[i]);
    for (int32_t slot = 0; slot < listed->leaves; slot++)
        all[slot] = of_cells[plan->leaf_cell[slot]] = leaf_print(slot);
    for (int32_t i = 0; i < listed->constants; i++)
        all[listed->leaves + i] = of_number(listed->constant[i]);
    for (int32_t k = 0; k < listed->count; k++)
        all[listed->first + k] = value_print(listed, k, all);
    sweep_prints(listed, all, mixed(7), adjoints);
    play_prints(plan, of_cells, gradients);
    int same = agree(plan, all, adjoints, of_cells, gradients);
    PyMem_Free(all);
    return same;
}
