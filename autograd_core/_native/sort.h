/* The topological sort, which every sweep starts with. */
#ifndef AUTOGRAD_CORE_SORT_H
#define AUTOGRAD_CORE_SORT_H

#include "core.h"

/* A node that is waiting for an operand and, if it has many operands, the index of the operand to visit next. */
typedef struct Step {
    Node *node;
    Py_ssize_t next;
} Step;

/* Nodes in order: first the stops, then the nodes below the roots in topological order, without those at or below the
 * stops. While a Sorted is open, the mark of each node is its position in `nodes`, from 1; the comments then call the
 * marks "on", and "off" once all of them are 0 again. References are borrowed: the caller holds the roots and the
 * stops. */
typedef struct Sorted {
    Node **nodes;
    size_t count, capacity, stops;
    Step *path;
    size_t path_capacity;
    double *adjoints; /* one for each node; made by sort_adjoints */
    size_t adjoint_capacity;
    int segments; /* whether a checkpoint is among the nodes */
    int programs; /* whether the node of a program, or of a primitive with many operands, is among them */
    char *wanted; /* in a sweep with checkpoints: whether each node is needed; NULL if all are */
} Sorted;

void sort_open(Sorted *sorted);
int sort_stop(Sorted *sorted, Node *stop);
int sort_from(Sorted *sorted, Node *root);
int sort_adjoints(Sorted *sorted);
void sort_unmark(Sorted *sorted);
void sort_close(Sorted *sorted);
int not_values(PyObject *sequence);
int sort_one(Sorted *sorted, PyObject *root, PyObject *stops);

/* Send the adjoints back along every edge; the marks are off afterwards. */
int sweep(Sorted *sorted);

#define WITH_KEYWORDS(function) (PyCFunction)(void (*)(void))function

#endif
