/* Plays a plan (plan.h) over a block of rows of data. Each row of the block is a lane. A cell is either shared, with
 * one number for all lanes, or by rows, with one number for each lane. The code is built several times, for the vector
 * units that a machine may have, and one build is chosen at run time. All builds return the same bits, because lanes
 * are combined only in sums over rows, whose order is fixed:
 * partial sum k ("partial" for short) adds the lanes k, k + 8, k + 16, …, and a fixed tree adds the eight partials.
 */
#ifndef AUTOGRAD_CORE_LANES_H
#define AUTOGRAD_CORE_LANES_H

#include "plan.h"

#include <stddef.h>

enum { PARTIALS = 8, CHUNK = 1024, PANEL_COLUMNS = 24 };

typedef struct Block {
    const Plan *plan;
    const double *shared;         /* the shared cells */
    double *cells;                /* the cells by rows: `lanes` numbers each */
    int32_t lanes, count, padded; /* the capacity; the number of rows; the same, rounded up to a multiple of 8 */
    double *partials;             /* eight for each leaf; NULL if this is the only block of its chunk */
    double *sums;                 /* one for each leaf; set here if `partials` is NULL */
    double *scratch;              /* two rows of lanes */
    double *panel;                /* PANEL_COLUMNS numbers for each lane */
    char unsure;                  /* whether Python must compute what a kernel could not */
} Block;

typedef struct Lanes {
    const char *name;
    void (*play)(Block *block, size_t from, size_t to); /* plays these steps of the plan */
    /* Transposes eight rows of `count` numbers each: the first number of each row goes into the eight lanes at `out`,
       the next number of each into the eight lanes that lie `lanes` further on, and so on. */
    void (*turn)(const double *const *rows, int32_t count, double *out, ptrdiff_t lanes);
} Lanes;

extern const Lanes lanes_generic, lanes_avx2, lanes_avx512;
extern const Lanes lanes_fast_generic, lanes_fast_avx2, lanes_fast_avx512; /* for plans that may change bits */

static inline double *lane_row(const Block *block, int32_t cell)
{
    return block->cells + (size_t)(cell - block->plan->shared) * (size_t)block->lanes;
}

/* Compute a MAP step lane by lane, with the kernel of its operation: all outputs, or only output `o`. */
void map_lanes(Block *block, const Step *step);
void map_lane_row(Block *block, const Step *step, int32_t o);

static inline double tree(const double *p) { return ((p[0] + p[1]) + (p[2] + p[3])) + ((p[4] + p[5]) + (p[6] + p[7])); }

#endif
