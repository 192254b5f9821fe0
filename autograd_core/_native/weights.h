/* Lists of nodes whose numbers are read and assigned at once. */
#ifndef AUTOGRAD_CORE_WEIGHTS_H
#define AUTOGRAD_CORE_WEIGHTS_H

#include "core.h"

#include <math.h>
#include <string.h>

#define COUNT PySequence_Fast_GET_SIZE

int check_nodes(PyObject *nodes); /* -1 with an exception set if it is not a list or tuple of Values */

/* The Python function of that name, on one or two arguments. */
PyObject *original(const char *name, PyObject *nodes, PyObject *numbers);
/* A buffer of `count` items of `size` bytes, to be released; 0 with an exception set where it is none. */
int buffer_of(PyObject *object, Py_buffer *view, Py_ssize_t count, Py_ssize_t size);

static inline Node *node_at(PyObject *nodes, Py_ssize_t i) { return (Node *)PySequence_Fast_GET_ITEM(nodes, i); }
static inline double gradient_of(const Node *node) { return node->flags & HAS_GRAD ? node->grad : 0.0; }

#endif
