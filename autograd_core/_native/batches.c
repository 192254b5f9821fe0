/* The work that training does once per batch: part of _engine/weights.py in C. */
#include "weights.h"

static PyObject *assign_means(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *nodes;
    Py_buffer sums, places;
    Py_ssize_t count;
    if (!PyArg_ParseTuple(arguments, "Oy*y*n:assign_means", &nodes, &sums, &places, &count))
        return NULL;
    Py_ssize_t given = sums.len / (Py_ssize_t)sizeof(double);
    const int *place = places.buf;
    double nought = 0.0; /* becomes NaN as soon as a number is not finite */
    int fits = check_nodes(nodes) == 0 && places.len == COUNT(nodes) * (Py_ssize_t)sizeof(int);
    for (Py_ssize_t i = 0; fits && i < COUNT(nodes); i++)
        fits = place[i] < given;
    for (Py_ssize_t i = 0; fits && i < COUNT(nodes); i++) {
        Node *node = node_at(nodes, i);
        int reached = place[i] >= 0;
        node->grad = reached ? ((const double *)sums.buf)[place[i]] / (double)count : 0.0;
        node->flags = (uint8_t)(reached ? node->flags | HAS_GRAD : node->flags & ~HAS_GRAD);
        nought += node->grad * 0.0;
    }
    PyBuffer_Release(&sums);
    PyBuffer_Release(&places);
    if (!fits)
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_ValueError, "nodes, sums and places must match in length");
    return PyBool_FromLong(nought == 0.0);
}

static PyObject *data_into(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    Py_buffer numbers;
    if (count != 2)
        return PyErr_Format(PyExc_TypeError, "data_into takes nodes and numbers");
    if (check_nodes(arguments[0]) < 0 || !buffer_of(arguments[1], &numbers, COUNT(arguments[0]), sizeof(double)))
        return NULL;
    for (Py_ssize_t i = 0; i < COUNT(arguments[0]); i++)
        ((double *)numbers.buf)[i] = node_at(arguments[0], i)->data;
    PyBuffer_Release(&numbers);
    Py_RETURN_NONE;
}

static PyObject *root_of(const double *part, PyObject *things, const char *name, PyObject *places)
{
    double sum = ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
    return sum > 1e-280 && sum < 1e300 ? PyFloat_FromDouble(sqrt(sum)) : original(name, things, places);
}

static PyObject *norm_of(PyObject *Py_UNUSED(module), PyObject *nodes)
{
    double part[8] = {0.0};
    if (check_nodes(nodes) < 0)
        return NULL;
    for (Py_ssize_t i = 0; i < COUNT(nodes); i++) {
        double g = gradient_of(node_at(nodes, i));
        part[i % 8] += g * g;
    }
    return root_of(part, nodes, "norm_of", NULL);
}

static PyObject *norm_at(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    Py_buffer numbers, places;
    double part[8] = {0.0};
    if (count != 2)
        return PyErr_Format(PyExc_TypeError, "norm_at takes numbers and places");
    if (PyObject_GetBuffer(arguments[0], &numbers, PyBUF_CONTIG_RO) < 0)
        return NULL;
    if (PyObject_GetBuffer(arguments[1], &places, PyBUF_CONTIG_RO) < 0) {
        PyBuffer_Release(&numbers);
        return NULL;
    }
    Py_ssize_t size = numbers.len / (Py_ssize_t)sizeof(double), wanted = places.len / (Py_ssize_t)sizeof(int);
    int fits = 1;
    for (Py_ssize_t i = 0; i < wanted && fits; i++) {
        int at = ((const int *)places.buf)[i];
        if ((fits = at >= 0 && at < size) != 0)
            part[i % 8] += ((const double *)numbers.buf)[at] * ((const double *)numbers.buf)[at];
    }
    PyBuffer_Release(&numbers);
    PyBuffer_Release(&places);
    if (!fits)
        return PyErr_Format(PyExc_IndexError, "a place is out of range");
    return root_of(part, arguments[0], "norm_at", arguments[1]);
}

static PyObject *gather(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Py_buffer table, chosen, rows;
    Py_ssize_t width, start;
    if (!PyArg_ParseTuple(arguments, "y*ny*nw*:gather", &table, &width, &chosen, &start, &rows))
        return NULL;
    Py_ssize_t bytes = width * (Py_ssize_t)sizeof(double), count = width > 0 ? rows.len / bytes : 0;
    int fits = width > 0 && rows.len == count * bytes && start >= 0 && start + count <= chosen.len / (Py_ssize_t)sizeof(int);
    const int *row = (const int *)chosen.buf + (fits ? start : 0);
    for (Py_ssize_t r = 0; fits && r < count; r++)
        fits = row[r] >= 0 && (row[r] + 1) * bytes <= table.len;
    for (Py_ssize_t r = 0; fits && r < count; r++)
        memcpy((char *)rows.buf + r * bytes, (const char *)table.buf + row[r] * bytes, (size_t)bytes);
    PyBuffer_Release(&table);
    PyBuffer_Release(&chosen);
    PyBuffer_Release(&rows);
    if (!fits)
        return PyErr_Format(PyExc_ValueError, "a row is not in the table");
    Py_RETURN_NONE;
}

PyMethodDef batch_methods[] = {
    {"assign_means", assign_means, METH_VARARGS, NULL},
    {"norm_of", norm_of, METH_O, NULL},
    {"norm_at", (PyCFunction)(void (*)(void))norm_at, METH_FASTCALL, NULL},
    {"data_into", (PyCFunction)(void (*)(void))data_into, METH_FASTCALL, NULL},
    {"gather", gather, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
