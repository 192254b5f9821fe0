/* The reverse sweep: backward.py in C.
 *
 * Adjoints are kept in a separate array, so that `grad` changes only when nothing can fail any more. A node whose
 * adjoint is NOTHING contributes nothing to its operands, and no contribution crosses a flat edge. So a path that was
 * not taken never produces a NaN.
 */
#include "sort.h"

#include <float.h>

/* Add the contribution of a node to the adjoint of one operand. If the upstream adjoint is subnormal or 0 (`tiny`), a
   product can take fifty times as long as usual; the product with 1, the most common local derivative, is exact, so it
   is skipped. */
static inline void contribute(double *adjoints, const Node *operand, double upstream, double local, int tiny)
{
    if (operand == NULL || is_nothing(local))
        return;
    double *adjoint = &adjoints[operand->mark - 1], sent = tiny && local == 1.0 ? upstream : upstream * local;
    /* Adding 0.0 ensures that the sum is not -0.0, which means NOTHING. It is added first, so that this addition does
       not have to wait for the product. */
    *adjoint = (*adjoint + 0.0) + sent;
}

/* Set the gradient of a node from its adjoint in this sweep: a leaf adds the adjoint, a computed node stores it. */
static inline void commit(Node *node, double adjoint)
{
    if (operands_of(node) == LEAF && (node->flags & HAS_GRAD))
        node->grad += adjoint;
    else
        node->grad = adjoint + 0.0;
    node->flags |= HAS_GRAD;
}

/* The number of nodes by which prefetching is ahead of the sweep. */
#define AHEAD 8

/* Whether the sweep has to continue inside the graph that a node stands for. The node's local derivatives are those of
   the whole graph. If the adjoint is not finite, its products with them do not show what arrives along each path. */
static inline int asks_inside(const Node *node, double upstream)
{
    return (node->flags & USER_ROW) && S.rows[node->row].inside && !isfinite(upstream);
}

/* Sweep without running Python code: the marks show where each operand's adjoint is. If `committing`, set the gradients
   along the way, since a node's adjoint is complete when the sweep reaches the node. The marks are off afterwards. If
   the sweep has to continue inside a node, it stops there and returns the number of nodes up to and including this
   node; their marks are still on. */
static inline size_t sweep_marked(Sorted *sorted, int committing)
{
    double *adjoints = sorted->adjoints;
    for (size_t i = sorted->count; i-- > sorted->stops;) {
        Node *node = sorted->nodes[i];
        double upstream = adjoints[i];
        if (i >= AHEAD) {
            PREFETCH(&sorted->nodes[i - AHEAD]->dx);
            PREFETCH(&sorted->nodes[i - AHEAD]->mark);
        }
        if (!is_nothing(upstream)) {
            int tiny = fabs(upstream) < DBL_MIN;
            if (operands_of(node) != MANY) {
                contribute(adjoints, node->x, upstream, node->dx, tiny);
                contribute(adjoints, node->y, upstream, node->dy, tiny);
            } else {
                if (asks_inside(node, upstream))
                    return i + 1;
                Node **nodes = side_nodes(node->side);
                double *locals = node->side->locals;
                for (Py_ssize_t k = 0; k < node->side->count; k++)
                    contribute(adjoints, nodes[k], upstream, locals[k], tiny);
            }
        }
        node->mark = 0;
        if (committing)
            commit(node, upstream);
    }
    for (size_t i = 0; i < sorted->stops; i++)
        sorted->nodes[i]->mark = 0;
    return 0;
}

/* Whether another output of the same checkpoint, called the leader, reruns the function; -1 on an error. */
static int follows_another(Node *node)
{
    PyObject *function = PyObject_GetAttrString(node->segment, "function");
    Py_XDECREF(function); /* the segment holds it */
    return function == NULL ? -1 : function == Py_None;
}

/* Return the outputs of one checkpoint that a contribution has reached: the leader at `at`, and the outputs that wait
   for the leader, linked by `next` (indices from 1; NULL if no output waits). */
static PyObject *reached(const Sorted *sorted, size_t at, const uint32_t *next)
{
    PyObject *nodes = PyList_New(0);
    int failed = nodes == NULL;
    if (!failed && !is_nothing(sorted->adjoints[at]))
        failed = PyList_Append(nodes, (PyObject *)sorted->nodes[at]) < 0;
    for (uint32_t k = next ? next[at] : 0; k && !failed; k = next[k - 1])
        failed = PyList_Append(nodes, (PyObject *)sorted->nodes[k - 1]) < 0;
    if (failed)
        Py_CLEAR(nodes);
    return nodes;
}

/* Sort the graphs below `results`, and add to each result the adjoint of its output. The marks are on afterwards. */
static int start_again(Sorted *inner, PyObject *results, const Sorted *sorted, size_t at, const uint32_t *next)
{
    Py_ssize_t count = PyList_GET_SIZE(results), k = 0;
    for (Py_ssize_t i = 0; i < count; i++)
        if (sort_from(inner, (Node *)PyList_GET_ITEM(results, i)) < 0)
            return -1;
    if (sort_adjoints(inner) < 0)
        return -1;
    if (!is_nothing(sorted->adjoints[at]))
        inner->adjoints[((Node *)PyList_GET_ITEM(results, k++))->mark - 1] += sorted->adjoints[at];
    for (uint32_t i = next ? next[at] : 0; i; i = next[i - 1])
        inner->adjoints[((Node *)PyList_GET_ITEM(results, k++))->mark - 1] += sorted->adjoints[i - 1];
    return 0;
}

/* Whether `results`, which `behind` returned, is a list with one Value for each node; if not, an exception is set. */
static int are_results(PyObject *results, PyObject *nodes)
{
    int good = PyList_Check(results) && PyList_GET_SIZE(results) == PyList_GET_SIZE(nodes);
    for (Py_ssize_t i = 0; good && i < PyList_GET_SIZE(results); i++)
        good = is_value(PyList_GET_ITEM(results, i));
    if (!good)
        PyErr_SetString(PyExc_TypeError, "the function of a checkpoint must return Values");
    return good;
}

/* Rerun a checkpoint's function, or open a program's node. Sweep the resulting graph, and add the adjoints of its
   operands to those of this sweep. `places` holds the position of each operand in the adjoints, from 1. */
static int sweep_again(Sorted *sorted, size_t at, const uint32_t *next, const uint32_t *places)
{
    if (Py_EnterRecursiveCall(" in the sweep of a checkpoint"))
        return -1;
    PyObject *nodes = reached(sorted, at, next);
    PyObject *results = nodes ? call_python("autograd_core.checkpoint", "behind", nodes, NULL) : NULL;
    Side *side = sorted->nodes[at]->side;
    uint32_t *outer = PyMem_New(uint32_t, side->count + 1);
    int failed = results == NULL || outer == NULL || !are_results(results, nodes);
    if (results && outer == NULL)
        PyErr_NoMemory();
    if (!failed) {
        Sorted inner;
        sort_open(&inner);
        for (Py_ssize_t k = 0; k < side->count && !failed; k++) {
            Node *operand = side_nodes(side)[k];
            if (operand == NULL || operand->mark)
                continue;
            outer[inner.stops] = places[k];
            failed = sort_stop(&inner, operand) < 0;
        }
        failed = failed || start_again(&inner, results, sorted, at, next) < 0;
        if (failed)
            sort_unmark(&inner);
        else
            failed = sweep(&inner) < 0;
        for (size_t k = 0; k < inner.stops && !failed; k++)
            sorted->adjoints[outer[k] - 1] += inner.adjoints[k];
        sort_close(&inner);
    }
    PyMem_Free(outer);
    Py_XDECREF(results);
    Py_XDECREF(nodes);
    Py_LeaveRecursiveCall();
    return failed ? -1 : 0;
}

/* Handle one output of a checkpoint. If a contribution has reached an output that is not the leader, this output waits
   for the leader. */
static int sweep_segment(Sorted *sorted, size_t at, uint32_t **next, const uint32_t *places)
{
    int arrived = !is_nothing(sorted->adjoints[at]), follows = follows_another(sorted->nodes[at]);
    if (follows < 0)
        return -1;
    if (sorted->wanted && !sorted->wanted[at])
        return 0;
    if (!follows)
        return arrived || (*next && (*next)[at]) ? sweep_again(sorted, at, *next, places) : 0;
    if (!arrived)
        return 0;
    if (*next == NULL && (*next = PyMem_Calloc(sorted->count, sizeof **next)) == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    (*next)[at] = (*next)[places[0] - 1];
    (*next)[places[0] - 1] = (uint32_t)at + 1;
    return 0;
}

/* Sweep the first `end` nodes when checkpoints or programs run Python code. That code may sort and sweep the same
   nodes, so the position of each operand is stored first, and the marks are off while the code runs. */
static int sweep_segments(Sorted *sorted, size_t end)
{
    size_t edges = 0, edge = 0;
    for (size_t i = sorted->stops; i < end; i++)
        edges += (size_t)node_count(sorted->nodes[i]);
    uint32_t *places = PyMem_New(uint32_t, edges + 1);
    for (size_t i = sorted->stops; places && i < end; i++) {
        Node *node = sorted->nodes[i];
        Node *few[2] = {node->x, node->y}, **nodes = operands_of(node) == MANY ? side_nodes(node->side) : few;
        for (Py_ssize_t k = 0; k < node_count(node); k++)
            places[edge++] = nodes[k] ? nodes[k]->mark : 0;
    }
    sort_unmark(sorted);
    if (places == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    uint32_t *next = NULL; /* for checkpoints with several outputs */
    int failed = 0;
    for (size_t i = end; i-- > sorted->stops && !failed;) {
        Node *node = sorted->nodes[i];
        double upstream = sorted->adjoints[i];
        Py_ssize_t count = node_count(node);
        edge -= (size_t)count;
        if (node->flags & SEGMENT) {
            failed = sweep_segment(sorted, i, &next, places + edge) < 0;
            continue;
        }
        if (is_nothing(upstream) || (sorted->wanted && !sorted->wanted[i]))
            continue;
        if (operands_of(node) == MANY && asks_inside(node, upstream)) {
            failed = sweep_again(sorted, i, NULL, places + edge) < 0;
            continue;
        }
        const double few[2] = {node->dx, node->dy}, *locals = operands_of(node) == MANY ? node->side->locals : few;
        for (Py_ssize_t k = 0; k < count; k++)
            if (places[edge + k] && !is_nothing(locals[k]))
                sorted->adjoints[places[edge + k] - 1] += upstream * locals[k] + 0.0;
    }
    PyMem_Free(next);
    PyMem_Free(places);
    return failed ? -1 : 0;
}

int sweep(Sorted *sorted)
{
    size_t left = sorted->segments ? sorted->count : sweep_marked(sorted, 0);
    return left ? sweep_segments(sorted, left) : 0;
}

/* Mark the operands of a node with many operands. If an operand is not a leaf or occurs twice, return 0, with the marks
   off. */
static int mark_leaves(Side *side)
{
    Node **nodes = side_nodes(side);
    for (Py_ssize_t k = 0; k < side->count; k++) {
        if (nodes[k] == NULL)
            continue;
        if (operands_of(nodes[k]) != LEAF || nodes[k]->mark) {
            while (k-- > 0)
                if (nodes[k])
                    nodes[k]->mark = 0;
            return 0;
        }
        nodes[k]->mark = 1;
    }
    return 1;
}

/* Sweep from a node whose operands are distinct leaves, as those of a program are. Each operand's adjoint is a single
 * contribution, so no array of adjoints is needed. Returns 0 for any other node. */
static int sweep_leaves(Node *y, double seed)
{
    if (operands_of(y) != MANY || (y->flags & SEGMENT) || asks_inside(y, seed) ||
        !((y->flags & HELD) || mark_leaves(y->side)))
        return 0;
    Node **nodes = side_nodes(y->side);
    double upstream = seed == 0.0 ? NOTHING : seed, *locals = y->side->locals;
    for (Py_ssize_t k = 0; k < y->side->count; k++) {
        if (nodes[k] == NULL)
            continue;
        nodes[k]->mark = 0;
        commit(nodes[k], is_nothing(upstream) || is_nothing(locals[k]) ? NOTHING : 0.0 + upstream * locals[k]);
    }
    commit(y, upstream);
    return 1;
}

/* Do y.backward(gradient); if `gradient` is NULL, it counts as 1. */
int backward_from(Node *y, PyObject *gradient)
{
    double seed = 1.0;
    int found = gradient ? number_of(gradient, &seed) : 1;
    if (found == 0)
        refused("backward", NULL, (PyObject *)y, gradient);
    if (found <= 0 || note_taken((PyObject *)y) < 0)
        return -1;
    if (y->row == S.input_row && !y->place->recording) {
        Py_XDECREF(call_python("autograd_core.graph", "check_recorded", (PyObject *)y, NULL)); /* raises an error */
        return -1;
    }
    if (sweep_leaves(y, seed))
        return 0;
    Sorted sorted;
    sort_open(&sorted);
    int failed = sort_from(&sorted, y) < 0 || sort_adjoints(&sorted) < 0;
    if (failed) {
        sort_unmark(&sorted);
    } else {
        sorted.adjoints[y->mark - 1] = seed == 0.0 ? NOTHING : seed;
        if (!sorted.segments && !sorted.programs) {
            (void)sweep_marked(&sorted, 1);
        } else {
            Py_INCREF(y); /* keeps all other nodes alive while Python code runs */
            failed = sweep(&sorted) < 0;
            for (size_t i = 0; i < sorted.count && !failed; i++)
                commit(sorted.nodes[i], sorted.adjoints[i]);
            Py_DECREF(y);
        }
    }
    sort_close(&sorted);
    return failed ? -1 : 0;
}

static PyObject *backward(PyObject *Py_UNUSED(module), PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"y", "gradient", NULL};
    PyObject *y, *gradient = NULL;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O|O", names, &y, &gradient))
        return misfit("backward", NULL, NULL, arguments, keywords);
    PyObject *given = y;
    if ((y = unwrapped(given)) == NULL)
        return NULL;
    int failed = !is_value(y) || backward_from((Node *)y, gradient) < 0;
    Py_DECREF(y);
    if (failed)
        return PyErr_Occurred() ? NULL : refused("backward", NULL, given, NULL);
    Py_RETURN_NONE;
}

/* The docstrings come from the Python functions of the same name: `document` in module.c sets them. */
PyMethodDef sweep_methods[] = {
    {"backward", WITH_KEYWORDS(backward), METH_VARARGS | METH_KEYWORDS, "backward($module, y, gradient=1.0)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};
