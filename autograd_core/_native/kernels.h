/* The kernels, by the name of their row. */
#ifndef AUTOGRAD_CORE_KERNELS_H
#define AUTOGRAD_CORE_KERNELS_H

#include "special.h"

typedef struct Kernel {
    const char *name;
    void *function;
    Flat flat;
    int taken; /* by the row of the table; a later row of the same name is another operation */
} Kernel;

extern Kernel unary_kernels[], binary_kernels[], many_kernels[];

/* math.hypot, which is CPython's own and differs by version; 0 with no exception set where it raises. */
int python_hypot(const double *xs, Py_ssize_t count, double *z);

/* Whether a function of the C library has given what the math module passes on: math turns a NaN out of a number, and
 * an infinity out of a finite number, into an exception. */
static inline int passed_on(double x, double z) { return !((isnan(z) && !isnan(x)) || (isinf(z) && isfinite(x))); }

#endif
