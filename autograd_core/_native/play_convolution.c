/* Convolutions at one point: several places that lie side by side at once, or several filters. */
#include "plan.h"

#include <stddef.h>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3") /* loops over places or filters become vector instructions; no number changes */
#endif

/* Sums of `terms` products each, to be computed side by side. One factor of each product is the same for all sums, at
 * `at`; the other is at `factors`, for the next sum `stride` further on. */
typedef struct Sums {
    const double *cells, *shared;
    const int32_t *inits, *at, *factors;
    ptrdiff_t stride, shift, next; /* of factors from their cells; from one init and one result to the next */
    int32_t terms;
    double *out;
} Sums;

enum { WIDEST = 8 };

static inline void add_up(const Sums *sums, const int width, const ptrdiff_t stride)
{
    double found[WIDEST];
    int32_t t = 0;
    if (sums->inits[0] < 0) {
        const double *factor = sums->cells + sums->factors[0] + sums->shift, x = sums->shared[sums->at[0]];
        for (int i = 0; i < width; i++)
            found[i] = x * factor[i * stride];
        t = 1;
    } else {
        for (int i = 0; i < width; i++)
            found[i] = sums->cells[sums->inits[i * sums->next]];
    }
    for (; t < sums->terms; t++) {
        const double *factor = sums->cells + sums->factors[t] + sums->shift, x = sums->shared[sums->at[t]];
        for (int i = 0; i < width; i++)
            found[i] += x * factor[i * stride];
    }
    for (int i = 0; i < width; i++)
        sums->out[i * sums->next] = found[i];
}

static inline void go_on(Sums *sums, int32_t width)
{
    sums->inits += width * sums->next;
    sums->out += width * sums->next;
    sums->shift += width * sums->stride;
}

/* How many of `count` sums begin as the first does. */
static inline int32_t alike(const Sums *sums, int32_t count)
{
    int32_t i = 1;
    while (i < count && (sums->inits[i * sums->next] < 0) == (sums->inits[0] < 0))
        i++;
    return i;
}

static void add_all(Sums sums, int32_t count)
{
    while (count > 0) {
        int32_t width = alike(&sums, count < WIDEST ? count : WIDEST);
        width = width == WIDEST ? WIDEST : width >= 4 ? 4 : 1;
        if (width == WIDEST && sums.stride == 1)
            add_up(&sums, WIDEST, 1);
        else if (width == WIDEST)
            add_up(&sums, WIDEST, sums.stride);
        else if (width == 4 && sums.stride == 1)
            add_up(&sums, 4, 1);
        else if (width == 4)
            add_up(&sums, 4, sums.stride);
        else
            add_up(&sums, 1, 1);
        go_on(&sums, width);
        count -= width;
    }
}

void play_convolution(const Step *step, const int32_t *pool, double *cells)
{
    int32_t n = step->n, m = step->m, terms = step->terms;
    const int32_t *places = pool + (size_t)n * (size_t)m, *filter = places + (size_t)m * (size_t)terms, *runs = filter + terms;
    for (int32_t p = 0, side_by_side; p < m; p += side_by_side) {
        const int32_t *place = places + (size_t)p * (size_t)terms;
        side_by_side = runs[p] >= 4 || n < 4 ? runs[p] : 1;
        if (side_by_side == 1 && n >= 4) {
            add_all((Sums){cells, cells, pool + p, place, filter, step->stride, 0, m, terms, cells + step->out + p}, n);
            continue;
        }
        for (int32_t o = 0; o < n; o++) {
            size_t first = (size_t)o * (size_t)m + (size_t)p;
            add_all((Sums){cells, cells + (ptrdiff_t)o * step->stride, pool + first, filter, place, 1, 0, 1, terms,
                           cells + step->out + first}, side_by_side);
        }
    }
}
