/* Kernels that are written by hand for speed; kernels.py states the time that each saves, and a test compares their
 * results with Python's bit by bit.
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

/* The slope is 1 for the chosen entry and 0 for all others. If the index is out of range or not an integer, Python
   computes the result. */
int take_by_hand(const double *xs, Py_ssize_t count, double *z, double *locals)
{
    double at = xs[0], entries = (double)(count - 1);
    if (!(at >= -entries && at < entries && at == floor(at)))
        return 0;
    Py_ssize_t chosen = 1 + (Py_ssize_t)(at < 0.0 ? at + entries : at);
    for (Py_ssize_t i = 0; locals && i < count; i++)
        locals[i] = 0.0;
    if (locals)
        locals[chosen] = 1.0;
    *z = xs[chosen];
    return 1;
}
