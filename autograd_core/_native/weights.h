/* Functions that read or assign the numbers of all nodes in a list at once. */
#ifndef AUTOGRAD_CORE_WEIGHTS_H
#define AUTOGRAD_CORE_WEIGHTS_H

#include "core.h"

#include <math.h>
#include <string.h>

#define COUNT PySequence_Fast_GET_SIZE

int check_nodes(PyObject *nodes); /* 0, or -1 with an exception set if `nodes` is not a list or tuple of Values */

/* Call the Python engine's function of this name with one or two arguments; `numbers` may be NULL. */
PyObject *original(const char *name, PyObject *nodes, PyObject *numbers);
/* Open a buffer of `count` items of `size` bytes, which the caller must release. If `object` is not such a buffer,
   return 0 with an exception set. */
int buffer_of(PyObject *object, Py_buffer *view, Py_ssize_t count, Py_ssize_t size);

static inline Node *node_at(PyObject *nodes, Py_ssize_t i) { return (Node *)PySequence_Fast_GET_ITEM(nodes, i); }
static inline double gradient_of(const Node *node) { return node->flags & HAS_GRAD ? node->grad : 0.0; }

#endif
