/* Reads and assigns many leaves at once: _engine/weights.py in C. The arithmetic is Python's, but on plain doubles. */
#include "weights.h"

/* Check that `nodes` is a list or tuple of Values. Returns 0, or -1 with an exception set. */
int check_nodes(PyObject *nodes)
{
    int fits = PyList_CheckExact(nodes) || PyTuple_CheckExact(nodes);
    for (Py_ssize_t i = 0; fits && i < COUNT(nodes); i++)
        fits = is_value(PySequence_Fast_GET_ITEM(nodes, i));
    if (!fits)
        PyErr_SetString(PyExc_TypeError, "expected a list of Values");
    return fits ? 0 : -1;
}

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

/* Whether there is one float for each node. If not, the Python code does the work or raises an error. */
static int plain_floats(PyObject *numbers, PyObject *nodes)
{
    int fits = PyList_CheckExact(numbers) && PyList_GET_SIZE(numbers) == COUNT(nodes);
    for (Py_ssize_t i = 0; fits && i < PyList_GET_SIZE(numbers); i++)
        fits = PyFloat_CheckExact(PyList_GET_ITEM(numbers, i));
    return fits;
}

PyObject *original(const char *name, PyObject *nodes, PyObject *numbers)
{
    PyObject *function = PyDict_GetItemString(S.originals, name);
    return function ? PyObject_CallFunctionObjArgs(function, nodes, numbers, NULL) : NULL; /* `numbers` may be NULL */
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
    Py_buffer view = {.buf = NULL};
    if (PyObject_CheckBuffer(arguments[1]) && PyObject_GetBuffer(arguments[1], &view, PyBUF_ND | PyBUF_FORMAT) < 0)
        return NULL;
    int floats = view.buf && strcmp(view.format, "d") == 0 && view.len == COUNT(arguments[0]) * (Py_ssize_t)sizeof(double);
    int leaves = floats || plain_floats(arguments[1], arguments[0]);
    for (Py_ssize_t i = 0; leaves && i < COUNT(arguments[0]); i++)
        leaves = operands_of(node_at(arguments[0], i)) == LEAF;
    for (Py_ssize_t i = 0; leaves && i < COUNT(arguments[0]); i++) {
        Node *node = node_at(arguments[0], i);
        node->data = floats ? ((const double *)view.buf)[i] : PyFloat_AS_DOUBLE(PyList_GET_ITEM(arguments[1], i));
        node->stamp = ++S.clock;
    }
    if (view.obj)
        PyBuffer_Release(&view);
    return leaves ? Py_NewRef(Py_None) : original("assign_data", arguments[0], arguments[1]);
}

/* --- Sums over the rows of a batch ------------------------------------------------------------------------------- */

/* Open a buffer of `count` items of `size` bytes, which the caller must release. If `object` is not such a buffer,
   return 0 with an exception set. */
int buffer_of(PyObject *object, Py_buffer *view, Py_ssize_t count, Py_ssize_t size)
{
    if (PyObject_GetBuffer(object, view, PyBUF_CONTIG) < 0)
        return 0;
    if (view->len == count * size)
        return 1;
    PyBuffer_Release(view);
    PyErr_SetString(PyExc_ValueError, "there must be one number for each node");
    return 0;
}

static PyObject *add_gradients(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    Py_buffer sums, reached;
    if (count != 3)
        return PyErr_Format(PyExc_TypeError, "add_gradients takes nodes, sums and marks");
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
    double *sum = sums.buf, nought = 0.0; /* becomes NaN as soon as a number is not finite */
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
        return PyErr_Format(PyExc_ValueError, "numbers, places and sums must match in length");
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
        return PyErr_Format(PyExc_ValueError, "there must be eight partial sums");
    Py_ssize_t bytes = 0;
    for (; got < 8; got++) {
        if (PyObject_GetBuffer(PyList_GET_ITEM(partials, got), &views[got], PyBUF_CONTIG_RO) < 0)
            goto done;
        bytes = got ? bytes : views[0].len;
        if (views[got].len != bytes) {
            PyErr_SetString(PyExc_ValueError, "the partial sums have different lengths");
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

PyMethodDef weight_methods[] = {
    {"gradients_of", gradients_of, METH_O, NULL},
    {"gradients_are_finite", gradients_are_finite, METH_O, NULL},
    {"clear_gradients", clear_gradients, METH_O, NULL},
    {"assign_gradients", (PyCFunction)(void (*)(void))assign_gradients, METH_FASTCALL, NULL},
    {"assign_data", (PyCFunction)(void (*)(void))assign_data, METH_FASTCALL, NULL},
    {"add_gradients", (PyCFunction)(void (*)(void))add_gradients, METH_FASTCALL, NULL},
    {"add_numbers", add_numbers, METH_VARARGS, NULL},
    {"mean_of_partials", mean_of_partials, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
