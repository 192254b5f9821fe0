/* Computes operations lane by lane, with their kernels; lanes.h explains lanes. */
#include "lanes.h"

/* Return the lanes of a cell; for a shared cell, fill `scratch` with copies of its number. */
static const double *filled(const Block *block, int32_t cell, double *scratch)
{
    if (!is_shared(block->plan, cell))
        return lane_row(block, cell);
    for (int32_t r = 0; r < block->count; r++)
        scratch[r] = block->shared[cell];
    return scratch;
}

/* Pad the last group of eight lanes in `row` with copies of the last lane that holds data. */
static void pad(const Block *block, double *row)
{
    for (int32_t r = block->count; r < block->padded; r++)
        row[r] = row[block->count - 1];
}

static int map_one(Block *block, const PlayedRow *row, const double *x, double *z, double *dx)
{
    double slope;
    for (int32_t r = 0; r < block->count; r++)
        if (!row->kernel.unary(x[r], z + r, dx ? dx + r : &slope))
            return 0;
    return 1;
}

static int map_two(Block *block, const PlayedRow *row, const double *x, const double *y, double *z, double *dx, double *dy)
{
    double slope[2];
    for (int32_t r = 0; r < block->count; r++)
        if (!row->kernel.binary(x[r], y[r], z + r, dx ? dx + r : slope, dy ? dy + r : slope + 1))
            return 0;
    return 1;
}

static int map_many(Block *block, const Step *step, const int32_t *cells, int32_t o)
{
    const PlayedRow *row = &block->plan->listed->row[step->row];
    int32_t count = step->terms, first = step->slopes[0], done = 1;
    double *z = lane_row(block, step->out + o), *numbers = PyMem_RawMalloc(sizeof(double) * 2 * (size_t)(count + 1));
    double *slopes = numbers + count;
    if (numbers == NULL)
        return 0;
    for (int32_t r = 0; r < block->count && done; r++) {
        for (int32_t i = 0; i < count; i++)
            numbers[i] = is_shared(block->plan, cells[i]) ? block->shared[cells[i]] : lane_row(block, cells[i])[r];
        done = row->kernel.many(numbers, count, z + r, first >= 0 ? slopes : NULL);
        for (int32_t i = 0; i < count && first >= 0 && done; i++)
            lane_row(block, first + o * count + i)[r] = slopes[i];
    }
    for (int32_t i = 0; i < count && first >= 0; i++)
        pad(block, lane_row(block, first + o * count + i));
    PyMem_RawFree(numbers);
    return done;
}

/* Compute output `o` of a step. */
void map_lane_row(Block *block, const Step *step, int32_t o)
{
    const PlayedRow *row = &block->plan->listed->row[step->row];
    const int32_t *pool = block->plan->pool.at + step->at;
    double *z = lane_row(block, step->out + o), *slopes[2];
    int done;
    for (int j = 0; j < 2; j++)
        slopes[j] = step->slopes[j] >= 0 && row->arity > 0 ? lane_row(block, step->slopes[j] + o) : NULL;
    if (row->arity == 1)
        done = map_one(block, row, filled(block, pool[o], block->scratch), z, slopes[0]);
    else if (row->arity == 2)
        done = map_two(block, row, filled(block, pool[o], block->scratch),
                       filled(block, pool[step->n + o], block->scratch + block->lanes), z, slopes[0], slopes[1]);
    else
        done = map_many(block, step, pool + (size_t)o * (size_t)step->terms, o);
    block->unsure |= (char)!done;
    pad(block, z);
    for (int j = 0; j < 2; j++)
        if (slopes[j])
            pad(block, slopes[j]);
}

void map_lanes(Block *block, const Step *step)
{
    for (int32_t o = 0; o < step->n && !block->unsure; o++)
        map_lane_row(block, step, o);
}
