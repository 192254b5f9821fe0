/* The kernels, by the name of their row. */
#ifndef AUTOGRAD_CORE_KERNELS_H
#define AUTOGRAD_CORE_KERNELS_H

#include "core.h"

typedef struct Kernel {
    const char *name;
    void *function;
    Flat flat;
    int taken; /* by the row of the table; a later row of the same name is a different operation */
} Kernel;

/* A row that runs in Python. */
typedef struct WithoutKernel {
    const char *name, *reason;
} WithoutKernel;

/* In kernels_generated.c; each ends with an entry without a name. */
extern Kernel unary_kernels[], binary_kernels[], many_kernels[];
extern const WithoutKernel without_kernel[];

/* In kernels_by_hand.c. */
int dot_by_hand(const double *xs, Py_ssize_t count, double *z, double *locals);
int take_by_hand(const double *xs, Py_ssize_t count, double *z, double *locals);
#define HAND_WRITTEN_DOT {"dot", (void *)dot_by_hand, FLAT_BY_FACTOR, 0}
#define HAND_WRITTEN_TAKE {"take", (void *)take_by_hand, FLAT_BY_ROW, 0}

#endif
