/* Plays one chunk of rows, in blocks that fit the cache or, if necessary, row by row. */
#include "play_rows.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3") /* short loops become vector instructions; no number changes */
#endif

VectorUnit vector_unit(void)
{
#if defined(__GNUC__) && defined(__x86_64__)
    const char *wanted = getenv("AUTOGRAD_CORE_LANES"); /* avx2 or generic, for tests and measurements */
    int most = wanted == NULL || strcmp(wanted, "avx512") == 0 ? 2 : strcmp(wanted, "avx2") == 0;
    __builtin_cpu_init();
    if (most == 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return AVX512;
    if (most >= 1 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return AVX2;
#endif
    return GENERIC;
}

/* Return the widest build that this machine supports; a fast build is for plans that may change bits. */
const Lanes *best_lanes(int fast)
{
#if defined(__GNUC__) && defined(__x86_64__)
    switch (vector_unit()) {
    case AVX512: return fast ? &lanes_fast_avx512 : &lanes_avx512;
    case AVX2: return fast ? &lanes_fast_avx2 : &lanes_avx2;
    case GENERIC: break;
    }
#endif
    return fast ? &lanes_fast_generic : &lanes_generic;
}

static Py_ssize_t row_at_place(const Run *run, Py_ssize_t r) { return run->chosen ? run->chosen[r] : r; }

/* Copy the inputs by rows into the block, transposed so that the lanes of each input lie side by side. */
static void fill_lanes(const Run *run, Block *block, Py_ssize_t start)
{
    const Plan *plan = run->player->plan;
    for (Py_ssize_t c = 0; c < run->column_count; c++) {
        const Column *column = &run->columns[c];
        if (!column->by_rows || column->slots == 0)
            continue;
        double *out = lane_row(block, plan->leaf_cell[column->first]);
        for (int32_t r = 0; r < block->padded; r += PARTIALS) {
            const double *rows[PARTIALS];
            for (int32_t i = 0; i < PARTIALS; i++) {
                Py_ssize_t row = row_at_place(run, start + (r + i < block->count ? r + i : block->count - 1));
                rows[i] = (const double *)column->view.buf + row * column->slots;
            }
            run->lanes->turn(rows, column->slots, out + r, block->lanes);
        }
    }
}

static double lane_number(const Block *block, int32_t cell, int32_t r)
{
    return is_shared(block->plan, cell) ? block->shared[cell] : lane_row(block, cell)[r];
}

/* Mark the rows that stray, that is, take another branch than the trace; return whether there are any. */
static int check_guards(const Run *run, Block *block, Py_ssize_t start)
{
    int strayed = 0;
    const Listed *listed = &run->player->listed;
    for (int32_t i = 0; i < listed->guards; i++) {
        const PlayedGuard *guard = &listed->guard[i];
        const int32_t *cells = block->plan->guard_cells + 2 * i;
        if (is_left(guard)) {
            block->unsure = 1;
            return 0;
        }
        for (int32_t r = 0; r < block->count; r++)
            if (!guard_agrees(guard, lane_number(block, cells[0], r), lane_number(block, cells[1], r))) {
                run->strays[row_at_place(run, start + r)] = 1;
                strayed = 1;
            }
    }
    return strayed;
}

static void write_rows(const Run *run, const Block *block, Py_ssize_t start)
{
    const Plan *plan = block->plan;
    int32_t outputs = plan->listed->outputs, width = run->row_slot_count;
    for (int32_t r = 0; r < block->count; r++)
        for (int32_t i = 0; i < outputs; i++)
            run->outputs[row_at_place(run, start + r) * outputs + i] = lane_number(block, plan->output_cell[i], r);
    for (int32_t i = 0; i < width && run->sweeping; i++) {
        int32_t cell = plan->gradient_cell[run->row_slots[i]];
        for (int32_t r = 0; r < block->count; r++)
            run->by_row[row_at_place(run, start + r) * width + i] = cell < 0 ? 0.0 : lane_number(block, cell, r) + 0.0;
    }
}

/* Return the sum of the numbers times 0, which is 0 if all of them are finite. Several sums are computed in parallel,
   because within one sum, each addition waits for the one before it. */
static double of_finite(const double *numbers, Py_ssize_t count)
{
    double found[2 * PARTIALS] = {0.0};
    Py_ssize_t i = 0;
    for (; i + 2 * PARTIALS <= count; i += 2 * PARTIALS)
        for (int j = 0; j < 2 * PARTIALS; j++)
            found[j] += numbers[i + j] * 0.0;
    for (; i < count; i++)
        found[0] += numbers[i] * 0.0;
    return tree(found) + tree(found + PARTIALS);
}

/* Whether the gradients of a chunk are finite. If so, paths that were not taken made no difference. */
static int are_numbers(const Run *run, const double *sums, Py_ssize_t start, Py_ssize_t count)
{
    int32_t width = run->row_slot_count;
    double found = of_finite(sums, run->player->listed.leaves);
    for (Py_ssize_t r = 0; r < count && width; r++)
        found += of_finite(run->by_row + row_at_place(run, start + r) * width, width);
    return found == 0.0;
}

/* Clear the gradients of leaves without a sum: leaves that differ from row to row, or to which nothing contributes. */
static void clear_others(const Plan *plan, double *sums)
{
    const Listed *listed = plan->listed;
    for (int32_t slot = 0; slot < (plan->all_summed ? listed->inputs : listed->leaves); slot++)
        if (!plan->summed[slot])
            sums[slot] = 0.0;
}

void play_chunk(const Run *run, const Desk *desk, Py_ssize_t start, Py_ssize_t count, int *sure)
{
    const Plan *plan = run->player->plan;
    int32_t leaves = plan->listed->leaves;
    int single = count <= run->room, sweeping = run->sweeping; /* becomes 0 if a row strays: then the run is repeated */
    *sure = 0;
    if (!plan->computable)
        return;
    Block block = {plan, run->shared, desk->cells, run->room, 0, 0, single ? NULL : desk->partials, desk->sums,
                   desk->scratch, desk->panel, 0};
    if (run->sweeping) {
        clear_others(plan, desk->sums);
        if (!single)
            memset(desk->partials, 0, sizeof(double) * PARTIALS * (size_t)leaves);
    }
    for (Py_ssize_t at = 0; at < count && !block.unsure; at += run->room) {
        block.count = (int32_t)(count - at < run->room ? count - at : run->room);
        block.padded = (block.count + PARTIALS - 1) / PARTIALS * PARTIALS;
        fill_lanes(run, &block, start + at);
        run->lanes->play(&block, 0, plan->forward);
        if (!block.unsure && check_guards(run, &block, start + at))
            sweeping = 0;
        if (sweeping && !block.unsure)
            run->lanes->play(&block, plan->forward, plan->count);
        if (!block.unsure)
            write_rows(run, &block, start + at);
    }
    for (int32_t i = 0; i < leaves && run->sweeping && !single; i++)
        desk->sums[i] = plan->summed[i] ? tree(desk->partials + (size_t)i * PARTIALS) + 0.0 : 0.0;
    *sure = !block.unsure && (!sweeping || are_numbers(run, desk->sums, start, count));
}

/* Do the same as play_chunk, but row by row, directly from the list. Returns 0, or -1 with an exception set. */
int play_chunk_exactly(const Run *run, const Desk *desk, Py_ssize_t start, Py_ssize_t count)
{
    const Listed *listed = &run->player->listed;
    int32_t leaves = listed->leaves, done = 0;
    double *partials = PyMem_RawCalloc((size_t)(leaves + 1) * (PARTIALS + 1), sizeof(double));
    double *gradients = partials ? partials + (size_t)(leaves + 1) * PARTIALS : NULL;
    Exact exact = {0};
    int failed = partials == NULL || exact_open(listed, &exact) < 0;
    for (Py_ssize_t r = 0; r < count && !failed; r++) {
        Py_ssize_t row = row_at_place(run, start + r);
        for (int32_t slot = 0; slot < leaves; slot++)
            if (slot >= listed->inputs || !run->player->plan->by_rows[slot])
                exact.slots[slot] = run->shared[run->player->plan->leaf_cell[slot]];
        for (Py_ssize_t c = 0; c < run->column_count; c++)
            if (run->columns[c].by_rows && run->columns[c].slots)
                memcpy(exact.slots + run->columns[c].first, (double *)run->columns[c].view.buf + row * run->columns[c].slots,
                       sizeof(double) * (size_t)run->columns[c].slots);
        int played = play_exactly(listed, &exact, 1.0, run->sweeping ? gradients : NULL);
        failed = played < 0;
        run->strays[row] = played == 0;
        if (played <= 0)
            continue;
        for (int32_t i = 0; i < listed->outputs; i++)
            run->outputs[row * listed->outputs + i] = exact.slots[listed->output[i]];
        for (int32_t i = 0; i < run->row_slot_count && run->sweeping; i++)
            run->by_row[row * run->row_slot_count + i] = gradients[run->row_slots[i]] + 0.0;
        for (int32_t slot = 0; slot < leaves && run->sweeping; slot++)
            partials[(size_t)slot * PARTIALS + (size_t)(done % PARTIALS)] += gradients[slot];
        done++;
    }
    for (int32_t slot = 0; slot < leaves && run->sweeping && !failed; slot++)
        desk->sums[slot] = tree(partials + (size_t)slot * PARTIALS);
    for (int32_t i = 0; i < run->row_slot_count && run->sweeping && !failed; i++)
        desk->sums[run->row_slots[i]] = 0.0;
    exact_close(&exact);
    if (partials == NULL)
        PyErr_NoMemory();
    PyMem_RawFree(partials);
    return failed ? -1 : 0;
}
