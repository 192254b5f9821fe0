/* Many leaves at once, _engine/weights.py in C, and the steps of nn's optimisers: Python's arithmetic on plain doubles,
 * without its objects. For 2,410 weights a step of SGD took as long as the sweep of a batch of 16 before it. */
#include "core.h"

#include <math.h>
#include <string.h>

#define COUNT PySequence_Fast_GET_SIZE

/* Whether this is a list or tuple of Values. */
static int check_nodes(PyObject *nodes)
{
    int fits = PyList_CheckExact(nodes) || PyTuple_CheckExact(nodes);
    for (Py_ssize_t i = 0; fits && i < COUNT(nodes); i++)
        fits = is_value(PySequence_Fast_GET_ITEM(nodes, i));
    if (!fits)
        PyErr_SetString(PyExc_TypeError, "these are not Values in a list");
    return fits ? 0 : -1;
}

static Node *node_at(PyObject *nodes, Py_ssize_t i) { return (Node *)PySequence_Fast_GET_ITEM(nodes, i); }
static double gradient_of(const Node *node) { return node->flags & HAS_GRAD ? node->grad : 0.0; }

static PyObject *gradients_of(PyObject *Py_UNUSED(module), PyObject *nodes)
{
    if (check_nodes(nodes) < 0)
        return NULL;
    PyObject *found = PyList_New(COUNT(nodes));
    for (Py_ssize_t i = 0; found && i < PyList_GET_SIZE(found); i++) {
        PyObject *number = PyFloat_FromDouble(gradient_of(node_at(nodes, i)));
        if (number == NULL)
            Py_CLEAR(found);
        else
            PyList_SET_ITEM(found, i, number);
    }
    return found;
}

static PyObject *gradients_are_finite(PyObject *Py_UNUSED(module), PyObject *nodes)
{
    if (check_nodes(nodes) < 0)
        return NULL;
    int finite = 1;
    for (Py_ssize_t i = 0; finite && i < COUNT(nodes); i++)
        finite = isfinite(gradient_of(node_at(nodes, i)));
    return PyBool_FromLong(finite);
}

static PyObject *clear_gradients(PyObject *Py_UNUSED(module), PyObject *nodes)
{
    if (check_nodes(nodes) < 0)
        return NULL;
    for (Py_ssize_t i = 0; i < COUNT(nodes); i++) {
        node_at(nodes, i)->flags &= (uint8_t)~HAS_GRAD;
        node_at(nodes, i)->grad = 0.0;
    }
    Py_RETURN_NONE;
}

/* Floats, as many as nodes; anything else is for the setter of each node, which says what is wrong. */
static int plain_floats(PyObject *numbers, PyObject *nodes)
{
    int fits = PyList_CheckExact(numbers) && PyList_GET_SIZE(numbers) == COUNT(nodes);
    for (Py_ssize_t i = 0; fits && i < PyList_GET_SIZE(numbers); i++)
        fits = PyFloat_CheckExact(PyList_GET_ITEM(numbers, i));
    return fits;
}

static PyObject *original(const char *name, PyObject *nodes, PyObject *numbers)
{
    PyObject *function = PyDict_GetItemString(S.originals, name);
    return function ? PyObject_CallFunctionObjArgs(function, nodes, numbers, NULL) : NULL;
}

static PyObject *assign_gradients(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    if (count != 2)
        return PyErr_Format(PyExc_TypeError, "assign_gradients takes nodes and numbers");
    if (check_nodes(arguments[0]) < 0)
        return NULL;
    if (!plain_floats(arguments[1], arguments[0]))
        return original("assign_gradients", arguments[0], arguments[1]);
    for (Py_ssize_t i = 0; i < COUNT(arguments[0]); i++) {
        node_at(arguments[0], i)->grad = PyFloat_AS_DOUBLE(PyList_GET_ITEM(arguments[1], i));
        node_at(arguments[0], i)->flags |= HAS_GRAD;
    }
    Py_RETURN_NONE;
}

static PyObject *assign_data(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    if (count != 2)
        return PyErr_Format(PyExc_TypeError, "assign_data takes nodes and numbers");
    if (check_nodes(arguments[0]) < 0)
        return NULL;
    int leaves = plain_floats(arguments[1], arguments[0]);
    for (Py_ssize_t i = 0; leaves && i < COUNT(arguments[0]); i++)
        leaves = operands_of(node_at(arguments[0], i)) == LEAF;
    if (!leaves)
        return original("assign_data", arguments[0], arguments[1]);
    for (Py_ssize_t i = 0; i < COUNT(arguments[0]); i++) {
        node_at(arguments[0], i)->data = PyFloat_AS_DOUBLE(PyList_GET_ITEM(arguments[1], i));
        node_at(arguments[0], i)->stamp = ++S.clock;
    }
    Py_RETURN_NONE;
}

/* --- Sums over the rows of a batch ------------------------------------------------------------------------------- */

/* A buffer of `count` items of `size` bytes, to be released; 0 with an exception set where it is none. */
static int buffer_of(PyObject *object, Py_buffer *view, Py_ssize_t count, Py_ssize_t size)
{
    if (PyObject_GetBuffer(object, view, PyBUF_CONTIG) < 0)
        return 0;
    if (view->len == count * size)
        return 1;
    PyBuffer_Release(view);
    PyErr_SetString(PyExc_ValueError, "these are not as many numbers as nodes");
    return 0;
}

static PyObject *add_gradients(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    Py_buffer sums, reached;
    if (count != 3)
        return PyErr_Format(PyExc_TypeError, "add_gradients takes nodes, sums, and marks");
    PyObject *nodes = arguments[0];
    if (check_nodes(nodes) < 0 || !buffer_of(arguments[1], &sums, COUNT(nodes), sizeof(double)))
        return NULL;
    if (!buffer_of(arguments[2], &reached, COUNT(nodes), 1)) {
        PyBuffer_Release(&sums);
        return NULL;
    }
    int finite = 1;
    for (Py_ssize_t i = 0; i < COUNT(nodes); i++) {
        const Node *node = node_at(nodes, i);
        if (node->flags & HAS_GRAD) {
            ((double *)sums.buf)[i] += node->grad;
            ((char *)reached.buf)[i] = 1;
            finite = finite && isfinite(node->grad);
        }
    }
    PyBuffer_Release(&sums);
    PyBuffer_Release(&reached);
    return PyBool_FromLong(finite);
}

static PyObject *add_numbers(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Py_buffer numbers, places, sums, reached;
    Py_ssize_t start;
    if (!PyArg_ParseTuple(arguments, "y*ny*w*w*:add_numbers", &numbers, &start, &places, &sums, &reached))
        return NULL;
    Py_ssize_t count = places.len / (Py_ssize_t)sizeof(int), width = reached.len;
    int fits = start >= 0 && numbers.len == (start + count) * (Py_ssize_t)sizeof(double) &&
               sums.len == width * (Py_ssize_t)sizeof(double);
    const double *given = (const double *)numbers.buf + (fits ? start : 0);
    const int *places_of = places.buf;
    double *sum = sums.buf, nought = 0.0; /* NaN as soon as a number is not finite */
    for (Py_ssize_t i = 0; fits && i < count; i++)
        fits = places_of[i] < width;
    for (Py_ssize_t i = 0; fits && i < count; i++)
        if (places_of[i] >= 0) {
            sum[places_of[i]] += given[i];
            ((char *)reached.buf)[places_of[i]] = 1;
            nought += given[i] * 0.0;
        }
    int finite = nought == 0.0;
    PyBuffer_Release(&numbers);
    PyBuffer_Release(&places);
    PyBuffer_Release(&sums);
    PyBuffer_Release(&reached);
    if (!fits)
        return PyErr_Format(PyExc_ValueError, "numbers, places and sums do not belong together");
    return PyBool_FromLong(finite);
}

static PyObject *mean_of_partials(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *partials, *means = NULL;
    Py_ssize_t count;
    Py_buffer views[8];
    int got = 0;
    if (!PyArg_ParseTuple(arguments, "O!n:mean_of_partials", &PyList_Type, &partials, &count))
        return NULL;
    if (PyList_GET_SIZE(partials) != 8)
        return PyErr_Format(PyExc_ValueError, "there are eight partial sums");
    Py_ssize_t bytes = 0;
    for (; got < 8; got++) {
        if (PyObject_GetBuffer(PyList_GET_ITEM(partials, got), &views[got], PyBUF_CONTIG_RO) < 0)
            goto done;
        bytes = got ? bytes : views[0].len;
        if (views[got].len != bytes) {
            PyErr_SetString(PyExc_ValueError, "the partial sums are of different lengths");
            got++;
            goto done;
        }
    }
    means = PyList_New(bytes / (Py_ssize_t)sizeof(double));
    for (Py_ssize_t i = 0; means && i < PyList_GET_SIZE(means); i++) {
#define PART(k) ((const double *)views[k].buf)[i]
        double sum = ((PART(0) + PART(1)) + (PART(2) + PART(3))) + ((PART(4) + PART(5)) + (PART(6) + PART(7)));
#undef PART
        PyObject *mean = PyFloat_FromDouble(sum / (double)count);
        if (mean == NULL)
            Py_CLEAR(means);
        else
            PyList_SET_ITEM(means, i, mean);
    }
done:
    while (got > 0)
        PyBuffer_Release(&views[--got]);
    return means;
}

/* --- Steps of optimisers: nn/optim.py says what each does ------------------------------------------------------- */

/* What a step does to one weight: the direction of the gradient g, from what is kept, and what is kept after it. */
typedef struct Rule {
    double rate, decay, bound;
    double momentum;
    int nesterov;
    double b1, b2, eps, begun1, begun2;
} Rule;

typedef double (*Direction)(const Rule *rule, double g, const double *kept, double *after);

static double by_momentum(const Rule *rule, double g, const double *kept, double *after)
{
    double v = rule->momentum * kept[0] + g;
    after[0] = v;
    return rule->nesterov ? g + rule->momentum * v : v;
}

static double by_gradient(const Rule *Py_UNUSED(rule), double g, const double *Py_UNUSED(kept), double *Py_UNUSED(after))
{
    return g;
}

static double by_adam(const Rule *rule, double g, const double *kept, double *after)
{
    double m = rule->b1 * kept[0] + (1.0 - rule->b1) * g;
    double s = rule->b2 * kept[1] + (1.0 - rule->b2) * g * g;
    after[0] = m;
    after[1] = s;
    return m / rule->begun1 / (sqrt(s / rule->begun2) + rule->eps);
}

static double clamped(double x, double bound)
{
    x = bound < x ? bound : x; /* as min and max: NaN stays */
    return -bound > x ? -bound : x;
}

/* The weights after a step and what is kept then, as `1 + wide` lists of floats; NotImplemented where Python has to say
 * what happens: of what is kept other than floats, and of the root of a negative number. */
static PyObject *moved(PyObject *nodes, PyObject *const *kept, int wide, const Rule *rule, Direction direction)
{
    Py_ssize_t count = COUNT(nodes);
    for (int k = 0; k < wide; k++)
        if (!plain_floats(kept[k], nodes))
            return Py_NewRef(Py_NotImplemented);
    PyObject *lists = PyTuple_New(1 + wide);
    for (int k = 0; lists && k <= wide; k++) {
        PyObject *list = PyList_New(count);
        if (list == NULL)
            Py_CLEAR(lists);
        else
            PyTuple_SET_ITEM(lists, k, list);
    }
    for (Py_ssize_t i = 0; lists && i < count; i++) {
        const Node *node = node_at(nodes, i);
        double before[2] = {0.0, 0.0}, numbers[3];
        for (int k = 0; k < wide; k++)
            before[k] = PyFloat_AS_DOUBLE(PyList_GET_ITEM(kept[k], i));
        if (wide == 2 && before[1] < 0.0) {
            Py_DECREF(lists);
            return Py_NewRef(Py_NotImplemented);
        }
        double g = gradient_of(node);
        if (rule->decay != 0.0)
            g = g + rule->decay * node->data;
        double towards = direction(rule, g, before, numbers + 1);
        numbers[0] = clamped(node->data - rule->rate * towards, rule->bound);
        for (int k = 0; lists && k <= wide; k++) {
            PyObject *number = PyFloat_FromDouble(numbers[k]);
            if (number == NULL)
                Py_CLEAR(lists);
            else
                PyList_SET_ITEM(PyTuple_GET_ITEM(lists, k), i, number);
        }
    }
    return lists;
}

static PyObject *sgd_moved(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *nodes, *memory;
    Rule rule = {0};
    if (!PyArg_ParseTuple(arguments, "OOddddp:sgd_moved", &nodes, &memory, &rule.rate, &rule.decay, &rule.bound,
                          &rule.momentum, &rule.nesterov) ||
        check_nodes(nodes) < 0)
        return NULL;
    return rule.momentum != 0.0 ? moved(nodes, &memory, 1, &rule, by_momentum)
                                : moved(nodes, NULL, 0, &rule, by_gradient);
}

static PyObject *adam_moved(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *nodes, *memory[2];
    Rule rule = {0};
    if (!PyArg_ParseTuple(arguments, "OOOdddddddd:adam_moved", &nodes, &memory[0], &memory[1], &rule.rate, &rule.decay,
                          &rule.bound, &rule.b1, &rule.b2, &rule.eps, &rule.begun1, &rule.begun2) ||
        check_nodes(nodes) < 0)
        return NULL;
    return moved(nodes, memory, 2, &rule, by_adam);
}

PyMethodDef weight_methods[] = {
    {"gradients_of", gradients_of, METH_O, NULL},
    {"gradients_are_finite", gradients_are_finite, METH_O, NULL},
    {"clear_gradients", clear_gradients, METH_O, NULL},
    {"assign_gradients", (PyCFunction)(void (*)(void))assign_gradients, METH_FASTCALL, NULL},
    {"assign_data", (PyCFunction)(void (*)(void))assign_data, METH_FASTCALL, NULL},
    {"add_gradients", (PyCFunction)(void (*)(void))add_gradients, METH_FASTCALL, NULL},
    {"add_numbers", add_numbers, METH_VARARGS, NULL},
    {"mean_of_partials", mean_of_partials, METH_VARARGS, NULL},
    {"sgd_moved", sgd_moved, METH_VARARGS, NULL},
    {"adam_moved", adam_moved, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
