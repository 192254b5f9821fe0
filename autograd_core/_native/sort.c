/* The topological sort: depth-first post-order with operands from left to right, as in `discovered` in graph.py. */
#include "sort.h"

#include <string.h>

/* The memory of the last sort is kept for the next one, because fresh memory costs page faults. Up to 2**24 entries
   (512 MiB) are kept, enough for a graph of 16 million nodes; larger arrays are freed. */
#define MOST_KEPT ((size_t)1 << 24)

static Sorted spare;

void sort_open(Sorted *sorted)
{
    *sorted = spare;
    memset(&spare, 0, sizeof spare);
    sorted->count = sorted->stops = 0;
    sorted->segments = sorted->programs = 0;
    sorted->wanted = NULL;
}

void sort_close(Sorted *sorted)
{
    PyMem_Free(sorted->wanted);
    sorted->wanted = NULL;
    if (spare.nodes == NULL && sorted->capacity <= MOST_KEPT && sorted->path_capacity <= MOST_KEPT &&
        sorted->adjoint_capacity <= MOST_KEPT) {
        spare = *sorted;
    } else {
        PyMem_Free(sorted->nodes);
        PyMem_Free(sorted->path);
        PyMem_Free(sorted->adjoints);
    }
    memset(sorted, 0, sizeof *sorted);
}

/* Clear the marks of all nodes, so that no other sort sees them. */
void sort_unmark(Sorted *sorted)
{
    for (size_t i = 0; i < sorted->count; i++)
        sorted->nodes[i]->mark = 0;
}

static int grow(void **block, size_t *capacity, size_t entry)
{
    size_t wanted = *capacity ? 2 * *capacity : 1024;
    void *larger = wanted <= UINT32_MAX ? PyMem_Realloc(*block, wanted * entry) : NULL; /* a mark has 32 bits */
    if (larger == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    *block = larger;
    *capacity = wanted;
    return 0;
}

static inline int put(Sorted *sorted, Node *node)
{
    if (sorted->count == sorted->capacity &&
        grow((void **)&sorted->nodes, &sorted->capacity, sizeof(Node *)) < 0)
        return -1;
    sorted->nodes[sorted->count++] = node;
    node->mark = (uint32_t)sorted->count;
    return 0;
}

/* Exclude this node and everything below it. All stops must be given before the first root. */
int sort_stop(Sorted *sorted, Node *stop)
{
    if (stop->mark)
        return 0;
    if (put(sorted, stop) < 0)
        return -1;
    sorted->stops = sorted->count;
    return 0;
}

/* Add `root` and the nodes below it to the order, unless they are already there.
 *
 * A node is marked when it is finished, not when it is first reached. In between, the node lies on the path, but it
 * cannot be reached again, because a graph has no cycles. */
int sort_from(Sorted *sorted, Node *root)
{
    size_t depth = 0;
    Py_ssize_t next = 0;
    Node *node = root;
    if (root->mark)
        return 0;
    for (;;) {
        Node *below = NULL;
        PREFETCH((uintptr_t)&node->mark - BELOW * sizeof(Node));
        if (operands_of(node) != MANY) {
            if (node->x && !node->x->mark) {
                if (operands_of(node->x) != LEAF)
                    below = node->x;
                else if (put(sorted, node->x) < 0)
                    return -1;
            }
            if (below == NULL && node->y && !node->y->mark) {
                if (operands_of(node->y) != LEAF)
                    below = node->y;
                else if (put(sorted, node->y) < 0)
                    return -1;
            }
        } else {
            Node **nodes = side_nodes(node->side);
            Py_ssize_t count = node->side->count;
            for (; next < count && below == NULL; next++) {
                if (nodes[next] == NULL || nodes[next]->mark)
                    continue;
                if (operands_of(nodes[next]) != LEAF)
                    below = nodes[next];
                else if (put(sorted, nodes[next]) < 0)
                    return -1;
            }
            sorted->segments |= node->flags & SEGMENT;
            sorted->programs |= node->flags & USER_ROW;
        }
        if (below) {
            if (depth == sorted->path_capacity &&
                grow((void **)&sorted->path, &sorted->path_capacity, sizeof(Step)) < 0)
                return -1;
            sorted->path[depth++] = (Step){node, next};
            node = below;
            next = 0;
            continue;
        }
        if (put(sorted, node) < 0)
            return -1;
        if (depth == 0)
            return 0;
        depth--;
        if (depth >= BELOW) { /* on the way back, when the operands are finished */
            PREFETCH(&sorted->path[depth - BELOW].node->mark);
            PREFETCH(&(sorted->path[depth - BELOW].node - 1)->mark);
        }
        node = sorted->path[depth].node;
        next = sorted->path[depth].next;
    }
}

/* Fill an array with NOTHING, by copying a block that stays in the cache. This is as fast as memset, which cannot be
   used because the bytes of NOTHING are not all equal. */
static void fill_nothing(double *adjoints, size_t count)
{
    enum { BLOCK = 256 };
    size_t filled = count < BLOCK ? count : BLOCK;
    for (size_t i = 0; i < filled; i++)
        adjoints[i] = NOTHING;
    for (size_t room; (room = count - filled) > 0; filled += room) {
        room = room < BLOCK ? room : BLOCK;
        memcpy(adjoints + filled, adjoints, room * sizeof(double));
    }
}

/* Make `adjoints`, with NOTHING for each node. */
int sort_adjoints(Sorted *sorted)
{
    if (sorted->adjoint_capacity < sorted->count) {
        double *larger = PyMem_Realloc(sorted->adjoints, sorted->capacity * sizeof(double));
        if (larger == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        sorted->adjoints = larger;
        sorted->adjoint_capacity = sorted->capacity;
    }
    fill_nothing(sorted->adjoints, sorted->count);
    return 0;
}

/* Whether a tuple contains anything but Values; if so, an exception is set. */
int not_values(PyObject *sequence)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(sequence); i++)
        if (!is_value(PyTuple_GET_ITEM(sequence, i)))
            return type_error("a sweep takes Values; got %R of type %U", PyTuple_GET_ITEM(sequence, i)) < 0;
    return 0;
}

/* Open a sort at `root` with these stops (a tuple of Values, or NULL). */
int sort_one(Sorted *sorted, PyObject *root, PyObject *stops)
{
    if (!is_value(root)) {
        refused("toposort", NULL, root, NULL);
        return -1;
    }
    if (stops && not_values(stops))
        return -1;
    sort_open(sorted);
    int failed = 0;
    for (Py_ssize_t i = 0; stops && i < PyTuple_GET_SIZE(stops) && !failed; i++)
        failed = sort_stop(sorted, (Node *)PyTuple_GET_ITEM(stops, i)) < 0;
    if (failed || sort_from(sorted, (Node *)root) < 0) {
        sort_unmark(sorted);
        sort_close(sorted);
        return -1;
    }
    return 0;
}

/* Return the order as a list. */
static PyObject *order_list(Sorted *sorted)
{
    PyObject *order = PyList_New((Py_ssize_t)(sorted->count - sorted->stops));
    for (size_t i = sorted->stops; order && i < sorted->count; i++)
        PyList_SET_ITEM(order, (Py_ssize_t)(i - sorted->stops), Py_NewRef((PyObject *)sorted->nodes[i]));
    return order;
}

static PyObject *toposort(PyObject *Py_UNUSED(module), PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"root", NULL};
    PyObject *root;
    Sorted sorted;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O", names, &root))
        return misfit("toposort", NULL, NULL, arguments, keywords);
    PyObject *inner = unwrapped(root), *order = NULL;
    if (inner && sort_one(&sorted, is_value(inner) ? inner : root, NULL) == 0) {
        sort_unmark(&sorted);
        order = order_list(&sorted);
        sort_close(&sorted);
    }
    Py_XDECREF(inner);
    return order;
}

static PyObject *discovered(PyObject *Py_UNUSED(module), PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"root", "stops", NULL};
    PyObject *root, *given = NULL, *result = NULL;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O|O:discovered", names, &root, &given))
        return NULL;
    PyObject *stops = given ? PySequence_Tuple(given) : PyTuple_New(0);
    Sorted sorted;
    if (stops && sort_one(&sorted, root, stops) == 0) {
        sort_unmark(&sorted);
        PyObject *order = order_list(&sorted), *zeros = PyDict_New(), *zero = PyFloat_FromDouble(NOTHING);
        int failed = !order || !zeros || !zero;
        for (size_t i = 0; i < sorted.count && !failed; i++)
            failed = PyDict_SetItem(zeros, (PyObject *)sorted.nodes[i], zero) < 0;
        sort_close(&sorted);
        if (!failed)
            result = PyTuple_Pack(2, order, zeros);
        Py_XDECREF(order);
        Py_XDECREF(zeros);
        Py_XDECREF(zero);
    }
    Py_XDECREF(stops);
    return result;
}

PyMethodDef sort_methods[] = {
    {"toposort", WITH_KEYWORDS(toposort), METH_VARARGS | METH_KEYWORDS, "toposort($module, root)\n--\n\n"},
    {"discovered", WITH_KEYWORDS(discovered), METH_VARARGS | METH_KEYWORDS,
     "discovered($module, root, stops=())\n--\n\n"},
    {NULL, NULL, 0, NULL},
};
