/* Kernels that are written by hand for speed; kernels.py states the gain of each, and a test compares bits.
 *
 * `locals` is NULL if no node is made. */
#include "kernels.h"

int dot_by_hand(const double *xs, Py_ssize_t count, double *z, double *locals)
{
    Py_ssize_t half = count / 2;
    double total = 0.0;
    for (Py_ssize_t i = 0; i < half; i++)
        total += xs[i] * xs[half + i];
    for (Py_ssize_t i = 0; locals && i < half; i++) {
        locals[i] = xs[half + i];
        locals[half + i] = xs[i];
    }
    *z = total;
    return 1;
}
