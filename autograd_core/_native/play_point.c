/* Plays a plan at one point, where the cells form one array of numbers. */
#include "point.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3") /* loops become vector instructions; no number changes */
#endif

static int guards_hold(const Plan *plan, const double *cells)
{
    for (int32_t i = 0; i < plan->listed->guards; i++) {
        const PlayedGuard *guard = &plan->listed->guard[i];
        double x = cells[plan->guard_cells[2 * i]], y = cells[plan->guard_cells[2 * i + 1]];
        if (is_left(guard) || !guard_agrees(guard, x, y))
            return 0;
    }
    return 1;
}

/* Whether no gradient is NaN. If none is, paths that were not taken made no difference. */
static int are_numbers(const double *gradients, int32_t count)
{
    double sums[8] = {0.0}; /* in parallel: within one sum, each addition waits for the one before it */
    int32_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (int j = 0; j < 8; j++)
            sums[j] += gradients[i + j] * 0.0; /* an infinity counts as NaN: exact playing only takes longer */
    for (; i < count; i++)
        sums[0] += gradients[i] * 0.0;
    return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7])) == 0.0;
}

/* Return the widest build that this machine supports. */
PlaySteps *steps_at_point(void)
{
#if defined(__GNUC__) && defined(__x86_64__)
    return vector_unit() == GENERIC ? play_steps_generic : play_steps_avx2;
#else
    return play_steps_generic;
#endif
}

int play_point(const Plan *plan, double *cells, double *gradients)
{
    const Listed *listed = plan->listed;
    if (!plan->computable)
        return 0;
    if (gradients)
        memset(gradients, 0, sizeof(double) * (size_t)listed->leaves);
    if (!plan->play_steps(plan, gradients ? plan->count : plan->forward, cells, gradients))
        return 0;
    for (int32_t slot = 0; gradients && slot < listed->inputs; slot++)
        if (plan->gradient_cell[slot] >= 0)
            gradients[slot] = cells[plan->gradient_cell[slot]] + 0.0;
    return guards_hold(plan, cells) && (gradients == NULL || are_numbers(gradients, listed->leaves));
}
