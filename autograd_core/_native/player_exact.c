/* Plays a program exactly at one point: every instruction, and every rule of the reverse sweep (sweep.c). */
#include "player.h"

int exact_open(const Listed *listed, Exact *exact)
{
    exact->slots = PyMem_RawMalloc(sizeof(double) * (size_t)(listed->slots + 1));
    exact->slopes = PyMem_RawMalloc(sizeof(double) * ((size_t)listed->edges + 2));
    exact->adjoints = PyMem_RawMalloc(sizeof(double) * (size_t)(listed->slots + 1));
    if (exact->slots && exact->slopes && exact->adjoints) {
        memcpy(exact->slots + listed->leaves, listed->constant, sizeof(double) * (size_t)listed->constants);
        return 0;
    }
    exact_close(exact);
    PyErr_NoMemory();
    return -1;
}

void exact_close(Exact *exact)
{
    PyMem_RawFree(exact->slots);
    PyMem_RawFree(exact->slopes);
    PyMem_RawFree(exact->adjoints);
    memset(exact, 0, sizeof *exact);
}

static int forward(const Listed *listed, Exact *exact, int with_slopes)
{
    int32_t most = 2;
    for (int32_t k = 0; k < listed->count; k++)
        if (listed->starts[k + 1] - listed->starts[k] > most)
            most = listed->starts[k + 1] - listed->starts[k];
    double *xs = PyMem_RawMalloc(sizeof(double) * (size_t)most);
    char *variable = PyMem_RawMalloc((size_t)most);
    int failed = xs == NULL || variable == NULL;
    for (int32_t k = 0; k < listed->count && !failed; k++) {
        const int32_t *operands = listed->operands + listed->starts[k];
        Py_ssize_t count = listed->starts[k + 1] - listed->starts[k];
        for (Py_ssize_t i = 0; i < count; i++) {
            xs[i] = exact->slots[operands[i]];
            variable[i] = listed->variable[operands[i]];
        }
        int32_t slot = listed->first + k;
        double *slopes = with_slopes && listed->variable[slot] ? exact->slopes + listed->starts[k] : NULL;
        failed = row_alone(row_at(listed, k), xs, count, variable, &exact->slots[slot], slopes) < 0;
    }
    for (int32_t i = 0; i < listed->guards && !failed; i++)
        failed = guard_holds(listed, i, exact->slots) <= 0;
    PyMem_RawFree(xs);
    PyMem_RawFree(variable);
    return failed ? -1 : 0;
}

static void backward(const Listed *listed, Exact *exact, double seed)
{
    double *adjoints = exact->adjoints;
    for (int32_t slot = 0; slot < listed->slots; slot++)
        adjoints[slot] = NOTHING;
    adjoints[listed->output[0]] = seed == 0.0 ? NOTHING : seed;
    for (int32_t k = listed->count; k-- > 0;) {
        double upstream = adjoints[listed->first + k];
        if (is_nothing(upstream) || !listed->variable[listed->first + k])
            continue;
        for (int32_t edge = listed->starts[k]; edge < listed->starts[k + 1]; edge++) {
            int32_t slot = listed->operands[edge];
            if (listed->variable[slot] && !is_nothing(exact->slopes[edge]))
                adjoints[slot] = (adjoints[slot] + 0.0) + upstream * exact->slopes[edge];
        }
    }
}

int play_exactly(const Listed *listed, Exact *exact, double seed, double *gradients)
{
    if (forward(listed, exact, gradients != NULL) < 0) {
        if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_Exception))
            return -1; /* an interrupt is not an error at this point */
        PyErr_Clear(); /* replaying the point with the engine raises it again */
        return 0;
    }
    if (gradients) {
        backward(listed, exact, seed);
        for (int32_t slot = 0; slot < listed->leaves; slot++)
            gradients[slot] = listed->variable[slot] ? exact->adjoints[slot] : NOTHING;
    }
    return 1;
}
