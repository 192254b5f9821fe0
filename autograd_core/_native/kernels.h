/* The kernels, which are found by the names of their rows. */
#ifndef AUTOGRAD_CORE_KERNELS_H
#define AUTOGRAD_CORE_KERNELS_H

#include "core.h"

typedef struct Kernel {
    const char *name;
    void *function;
    Flat flat;
    int taken; /* whether the table's row has this kernel; a later row of the same name is another operation */
} Kernel;

/* A row that runs in Python, and the reason. */
typedef struct WithoutKernel {
    const char *name, *reason;
} WithoutKernel;

/* These are in kernels_generated.c; each array ends with an entry without a name. */
extern Kernel unary_kernels[], binary_kernels[], many_kernels[];
extern const WithoutKernel without_kernel[];

/* These are in kernels_by_hand.c. */
int dot_by_hand(const double *xs, Py_ssize_t count, double *z, double *locals);
int take_by_hand(const double *xs, Py_ssize_t count, double *z, double *locals);
#define HAND_WRITTEN_DOT {"dot", (void *)dot_by_hand, FLAT_BY_FACTOR, 0}
#define HAND_WRITTEN_TAKE {"take", (void *)take_by_hand, FLAT_BY_ROW, 0}

#endif
