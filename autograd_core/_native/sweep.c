/* The sweeps: backward.py and the plain sweeps of sweeps.py in C.
 *
 * Adjoints lie in an array beside the order, so that `grad` changes only when nothing can fail any more. A contribution
 * is 0 where either factor, adjoint or local derivative, is exactly 0: a path not taken never makes a NaN.
 */
#include "sort.h"

#include <float.h>

/* Where a gradient has vanished below the normal floats (`tiny`), a product costs fifty times as much as elsewhere; that
 * with 1, the commonest local derivative, is exact and is left out. */
static inline void contribute(double *adjoints, const Node *operand, double upstream, double local, int tiny)
{
    if (operand && local != 0.0)
        adjoints[operand->mark - 1] += tiny && local == 1.0 ? upstream : upstream * local;
}

/* Set the gradient of a node from the adjoint of this sweep: leaves add up, computed nodes hold the last. */
static inline void commit(Node *node, double adjoint)
{
    if (operands_of(node) == LEAF && (node->flags & HAS_GRAD))
        node->grad += adjoint;
    else
        node->grad = adjoint;
    node->flags |= HAS_GRAD;
}

/* How many nodes ahead the sweep asks for memory. */
#define AHEAD 8

/* The sweep where no Python runs: the marks say where each operand's adjoint is. With `committing` the gradients are set
 * on the way: when the sweep reaches a node its adjoint is complete. The marks are off afterwards. */
static inline void sweep_marked(Sorted *sorted, int committing)
{
    double *adjoints = sorted->adjoints;
    for (size_t i = sorted->count; i-- > sorted->stops;) {
        Node *node = sorted->nodes[i];
        double upstream = adjoints[i];
        if (i >= AHEAD) {
            PREFETCH(&sorted->nodes[i - AHEAD]->dx);
            PREFETCH(&sorted->nodes[i - AHEAD]->mark);
        }
        if (upstream != 0.0) {
            int tiny = fabs(upstream) < DBL_MIN;
            if (operands_of(node) != MANY) {
                contribute(adjoints, node->x, upstream, node->dx, tiny);
                contribute(adjoints, node->y, upstream, node->dy, tiny);
            } else {
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
}

static int sweep(Sorted *sorted);

/* Run a checkpoint's function again, sweep what it recorded, and add up what reaches its operands. `places` has the
 * place of each operand in `adjoints`, from 1. */
static int sweep_again(Node *node, double upstream, const uint32_t *places, double *adjoints)
{
    if (Py_EnterRecursiveCall(" in the sweep of a checkpoint"))
        return -1;
    PyObject *result = call_python("autograd_core.checkpoint", "rerun", (PyObject *)node, NULL);
    Side *side = node->side;
    uint32_t *outer = PyMem_New(uint32_t, side->count + 1);
    int failed = result == NULL || outer == NULL;
    if (result && outer == NULL)
        PyErr_NoMemory();
    if (!failed && !is_value(result)) {
        PyErr_SetString(PyExc_TypeError, "the function of a checkpoint gives a Value");
        failed = 1;
    }
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
        failed = failed || sort_from(&inner, (Node *)result) < 0 || sort_adjoints(&inner) < 0;
        if (failed) {
            sort_unmark(&inner);
        } else {
            inner.adjoints[((Node *)result)->mark - 1] = upstream;
            failed = sweep(&inner) < 0;
        }
        for (size_t k = 0; k < inner.stops && !failed; k++)
            adjoints[outer[k] - 1] += inner.adjoints[k];
        sort_close(&inner);
    }
    PyMem_Free(outer);
    Py_XDECREF(result);
    Py_LeaveRecursiveCall();
    return failed ? -1 : 0;
}

/* The sweep where checkpoints run Python: it may sort and sweep the same nodes, so the place of each operand is written
 * down first, and the marks are off while Python runs. */
static int sweep_segments(Sorted *sorted)
{
    size_t edges = 0, edge = 0;
    for (size_t i = sorted->stops; i < sorted->count; i++)
        edges += (size_t)node_count(sorted->nodes[i]);
    uint32_t *places = PyMem_New(uint32_t, edges + 1);
    for (size_t i = sorted->stops; places && i < sorted->count; i++) {
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
    int failed = 0;
    for (size_t i = sorted->count; i-- > sorted->stops && !failed;) {
        Node *node = sorted->nodes[i];
        double upstream = sorted->adjoints[i];
        Py_ssize_t count = node_count(node);
        edge -= (size_t)count;
        if (upstream == 0.0)
            continue;
        if (node->flags & SEGMENT) {
            failed = sweep_again(node, upstream, places + edge, sorted->adjoints) < 0;
            continue;
        }
        const double few[2] = {node->dx, node->dy}, *locals = operands_of(node) == MANY ? node->side->locals : few;
        for (Py_ssize_t k = 0; k < count; k++)
            if (places[edge + k] && locals[k] != 0.0)
                sorted->adjoints[places[edge + k] - 1] += upstream * locals[k];
    }
    PyMem_Free(places);
    return failed ? -1 : 0;
}

/* Send the adjoints back along every edge; the marks are off afterwards. */
static int sweep(Sorted *sorted)
{
    if (sorted->segments)
        return sweep_segments(sorted);
    sweep_marked(sorted, 0);
    return 0;
}

/* y.backward(gradient); `gradient` may be NULL for 1. */
int backward_from(Node *y, PyObject *gradient)
{
    double seed = 1.0;
    int found = gradient ? number_of(gradient, &seed) : 1;
    if (found == 0)
        PyErr_Format(PyExc_TypeError, "the gradient to start from is a real number; got %R", gradient);
    if (found <= 0)
        return -1;
    Sorted sorted;
    sort_open(&sorted);
    int failed = sort_from(&sorted, y) < 0 || sort_adjoints(&sorted) < 0;
    if (failed) {
        sort_unmark(&sorted);
    } else {
        sorted.adjoints[y->mark - 1] += seed;
        if (!sorted.segments) {
            sweep_marked(&sorted, 1);
        } else {
            Py_INCREF(y); /* it holds all the others while Python runs */
            failed = sweep_segments(&sorted) < 0;
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
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O|O:backward", names, &y, &gradient))
        return NULL;
    if (!is_value(y)) {
        type_error("backward takes a Value; got %R of type %U", y);
        return NULL;
    }
    if (backward_from((Node *)y, gradient) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static int not_values(PyObject *sequence)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(sequence); i++)
        if (!is_value(PyTuple_GET_ITEM(sequence, i)))
            return type_error("a sweep goes over Values; got %R of type %U", PyTuple_GET_ITEM(sequence, i)) < 0;
    return 0;
}

/* Open a sort at `root` with these stops (a tuple of Values, or NULL). */
static int sort_one(Sorted *sorted, PyObject *root, PyObject *stops)
{
    if (!is_value(root))
        return type_error("toposort takes a Value; got %R of type %U", root);
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

static PyObject *gradient_numbers(PyObject *Py_UNUSED(module), PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"y", "inputs", "stops", NULL};
    PyObject *y, *given, *given_stops = NULL, *result = NULL;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OO|O:gradient_numbers", names, &y, &given, &given_stops))
        return NULL;
    PyObject *inputs = PySequence_Tuple(given);
    PyObject *stops = given_stops ? PySequence_Tuple(given_stops) : PyTuple_New(0);
    Py_ssize_t count = inputs ? PyTuple_GET_SIZE(inputs) : 0;
    uint32_t *places = PyMem_New(uint32_t, count + 1);
    Sorted sorted;
    if (places == NULL)
        PyErr_NoMemory();
    if (inputs && stops && places && !not_values(inputs) && sort_one(&sorted, y, stops) == 0) {
        int failed = sort_adjoints(&sorted) < 0;
        if (failed) {
            sort_unmark(&sorted);
        } else {
            for (Py_ssize_t i = 0; i < count; i++)
                places[i] = ((Node *)PyTuple_GET_ITEM(inputs, i))->mark;
            sorted.adjoints[((Node *)y)->mark - 1] = 1.0;
            Py_INCREF(y);
            failed = sweep(&sorted) < 0;
            Py_DECREF(y);
        }
        result = failed ? NULL : PyList_New(count);
        for (Py_ssize_t i = 0; result && i < count; i++) {
            PyObject *gradient = PyFloat_FromDouble(places[i] ? sorted.adjoints[places[i] - 1] : 0.0);
            if (gradient == NULL)
                Py_CLEAR(result);
            else
                PyList_SET_ITEM(result, i, gradient);
        }
        sort_close(&sorted);
    }
    PyMem_Free(places);
    Py_XDECREF(inputs);
    Py_XDECREF(stops);
    return result;
}

/* The tangent of one node: the sum over its operands of tangent times local derivative. */
static double tangent_of(Node *node, const double *tangents)
{
    Node *few[2] = {node->x, node->y}, **nodes = operands_of(node) == MANY ? side_nodes(node->side) : few;
    const double few_locals[2] = {node->dx, node->dy};
    const double *locals = operands_of(node) == MANY ? node->side->locals : few_locals;
    double total = 0.0;
    for (Py_ssize_t k = 0; k < node_count(node); k++) {
        if (nodes[k] == NULL)
            continue;
        double tangent = tangents[nodes[k]->mark - 1];
        double term = tangent != 0.0 && locals[k] != 0.0 ? tangent * locals[k] + 0.0 : 0.0;
        if (term != 0.0)
            total = total == 0.0 ? term : total + term;
    }
    return total;
}

static PyObject *tangent_numbers(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *given_outputs, *given_inputs, *given_directions, *result = NULL;
    if (!PyArg_ParseTuple(arguments, "OOO:tangent_numbers", &given_outputs, &given_inputs, &given_directions))
        return NULL;
    PyObject *outputs = PySequence_Tuple(given_outputs), *inputs = PySequence_Tuple(given_inputs);
    PyObject *directions = PySequence_Tuple(given_directions);
    Py_ssize_t count = inputs ? PyTuple_GET_SIZE(inputs) : 0;
    double *starts = PyMem_New(double, count + 1);
    int failed = outputs == NULL || inputs == NULL || directions == NULL || not_values(inputs), found = 1;
    if (!failed && (starts == NULL || PyTuple_GET_SIZE(directions) != count)) {
        PyErr_SetString(PyExc_ValueError, "there is one direction for each input");
        failed = 1;
    }
    for (Py_ssize_t i = 0; i < count && !failed; i++)
        if ((found = number_of(PyTuple_GET_ITEM(directions, i), &starts[i])) <= 0) {
            failed = 1;
            if (found == 0)
                type_error("a direction is a real number; got %R of type %U", PyTuple_GET_ITEM(directions, i));
        }
    if (failed)
        goto done;
    Sorted sorted;
    sort_open(&sorted);
    for (Py_ssize_t i = 0; i < count && !failed; i++)
        failed = sort_stop(&sorted, (Node *)PyTuple_GET_ITEM(inputs, i)) < 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(outputs) && !failed; i++)
        if (is_value(PyTuple_GET_ITEM(outputs, i)))
            failed = sort_from(&sorted, (Node *)PyTuple_GET_ITEM(outputs, i)) < 0;
    failed = failed || sort_adjoints(&sorted) < 0;
    int segments = sorted.segments;
    if (!failed && !segments) {
        for (Py_ssize_t i = 0; i < count; i++)
            sorted.adjoints[((Node *)PyTuple_GET_ITEM(inputs, i))->mark - 1] = starts[i];
        for (size_t i = sorted.stops; i < sorted.count; i++)
            sorted.adjoints[i] = tangent_of(sorted.nodes[i], sorted.adjoints);
        result = PyList_New(PyTuple_GET_SIZE(outputs));
        for (Py_ssize_t i = 0; result && i < PyTuple_GET_SIZE(outputs); i++) {
            PyObject *output = PyTuple_GET_ITEM(outputs, i);
            PyObject *tangent =
                PyFloat_FromDouble(is_value(output) ? sorted.adjoints[((Node *)output)->mark - 1] : 0.0);
            if (tangent == NULL)
                Py_CLEAR(result);
            else
                PyList_SET_ITEM(result, i, tangent);
        }
    }
    sort_unmark(&sorted);
    sort_close(&sorted);
    if (!failed && segments) /* checkpoints run Python: the sweep in Python does that */
        result = PyObject_CallObject(PyDict_GetItemString(S.originals, "tangent_numbers"), arguments);
done:
    PyMem_Free(starts);
    Py_XDECREF(outputs);
    Py_XDECREF(inputs);
    Py_XDECREF(directions);
    return result;
}

/* The order as a list. */
static PyObject *order_list(Sorted *sorted)
{
    PyObject *order = PyList_New((Py_ssize_t)(sorted->count - sorted->stops));
    for (size_t i = sorted->stops; order && i < sorted->count; i++)
        PyList_SET_ITEM(order, (Py_ssize_t)(i - sorted->stops), Py_NewRef((PyObject *)sorted->nodes[i]));
    return order;
}

static PyObject *toposort(PyObject *Py_UNUSED(module), PyObject *root)
{
    Sorted sorted;
    if (sort_one(&sorted, root, NULL) < 0)
        return NULL;
    sort_unmark(&sorted);
    PyObject *order = order_list(&sorted);
    sort_close(&sorted);
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
        PyObject *order = order_list(&sorted), *zeros = PyDict_New(), *zero = PyFloat_FromDouble(0.0);
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

#define WITH_KEYWORDS(function) (PyCFunction)(void (*)(void))function

/* Docstrings that are shown to users stand in the Python functions; engine.py hands them over where it can. */
PyMethodDef sweep_methods[] = {
    {"toposort", toposort, METH_O,
     "toposort($module, root, /)\n--\n\n"
     "The nodes that `root` depends on, operands before results, `root` last.\n\n"
     "Depth-first post-order with operands left to right; the order is part of the contract: every sweep runs along\n"
     "it, so results repeat to the last bit."},
    {"discovered", WITH_KEYWORDS(discovered), METH_VARARGS | METH_KEYWORDS,
     "discovered($module, root, stops=())\n--\n\n"
     "The nodes below `root` in topological order, and a zero for each of them and for each stop."},
    {"backward", WITH_KEYWORDS(backward), METH_VARARGS | METH_KEYWORDS,
     "backward($module, y, gradient=1.0)\n--\n\n"
     "Add ∂y/∂leaf · gradient to the `grad` of every leaf below `y`, and set the `grad` of every node between.\n\n"
     "Args: `y`, the output; `gradient`, the adjoint it starts from. Each leaf's contributions are summed first and\n"
     "added once, so two sweeps double the leaves exactly; a computed node holds the last sweep's adjoint. If anything\n"
     "raises, no gradient has changed. (Lecture 000, backpropagation; lecture 003, reverse mode.)"},
    {"gradient_numbers", WITH_KEYWORDS(gradient_numbers), METH_VARARGS | METH_KEYWORDS,
     "gradient_numbers($module, y, inputs, stops=())\n--\n\n"
     "The gradients as floats; what lies below `stops` is not looked at."},
    {"tangent_numbers", tangent_numbers, METH_VARARGS,
     "tangent_numbers($module, outputs, inputs, directions, /)\n--\n\n"
     "The tangents of `outputs`, as floats, where those of `inputs` are `directions`."},
    {NULL, NULL, 0, NULL},
};
