/* Compares what a traced function reads besides its arguments with an earlier record: see _program/captured.py. */
#include "core.h"

#include <math.h>
#include <string.h>

static int same(PyObject *one, PyObject *other);

static int same_tuples(PyObject *one, PyObject *other)
{
    Py_ssize_t size = PyTuple_GET_SIZE(one);
    if (size != PyTuple_GET_SIZE(other) || Py_EnterRecursiveCall(" while comparing tuples"))
        return 0; /* an error is set if the tuples are nested too deeply */
    Py_ssize_t i = 0;
    while (i < size && same(PyTuple_GET_ITEM(one, i), PyTuple_GET_ITEM(other, i)))
        i++;
    Py_LeaveRecursiveCall();
    return i == size;
}

/* Whether two objects count as the same: see Captured. Runs no Python code. */
static int same(PyObject *one, PyObject *other)
{
    if (one == other)
        return 1;
    if (!Py_IS_TYPE(one, Py_TYPE(other)))
        return 0;
    if (PyFloat_Check(one)) {
        double x = PyFloat_AS_DOUBLE(one), y = PyFloat_AS_DOUBLE(other);
        return (isnan(x) && isnan(y)) || memcmp(&x, &y, sizeof x) == 0;
    }
    if (PyTuple_CheckExact(one))
        return same_tuples(one, other);
    if (PyLong_CheckExact(one) || PyUnicode_CheckExact(one) || PyBytes_CheckExact(one))
        return PyObject_RichCompareBool(one, other, Py_EQ) == 1;
    return (PyList_CheckExact(one) && PyList_GET_SIZE(one) + PyList_GET_SIZE(other) == 0) ||
           (PyDict_CheckExact(one) && PyDict_GET_SIZE(one) + PyDict_GET_SIZE(other) == 0) ||
           (Py_IS_TYPE(one, &PySet_Type) && PySet_GET_SIZE(one) + PySet_GET_SIZE(other) == 0);
}

static int same_keys(PyObject *holder, PyObject *keys, PyObject *contents, PyObject *missing)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(keys); i++) {
        PyObject *now = PyDict_GetItemWithError(holder, PyTuple_GET_ITEM(keys, i));
        if (now == NULL && PyErr_Occurred())
            return -1;
        if (!same(now == NULL ? missing : now, PyTuple_GET_ITEM(contents, i)))
            return 0;
    }
    return 1;
}

static int same_items(PyObject *list, PyObject *contents)
{
    Py_ssize_t size = PyTuple_GET_SIZE(contents);
    if (PyList_GET_SIZE(list) != size)
        return 0;
    if (size == 0)
        return 1;
    if (memcmp(PySequence_Fast_ITEMS(list), PySequence_Fast_ITEMS(contents), (size_t)size * sizeof list) == 0)
        return 1; /* nearly always, the items are still the same objects */
    for (Py_ssize_t i = 0; i < size; i++)
        if (!same(PyList_GET_ITEM(list, i), PyTuple_GET_ITEM(contents, i)))
            return 0;
    return 1;
}

static int wrong(PyObject *record)
{
    PyErr_Format(PyExc_TypeError, "first_changed takes lists, dicts with keys, and cells; got %R", record);
    return -1;
}

/* Return 1 if a holder (a list, dict or cell) still has its recorded contents, 0 if not, and -1 with an error set if
   the record is malformed or keys cannot be compared. */
static int unchanged(PyObject *record, PyObject *missing)
{
    if (!PyTuple_CheckExact(record) || PyTuple_GET_SIZE(record) != 4 ||
        !PyTuple_CheckExact(PyTuple_GET_ITEM(record, 2)))
        return wrong(record);
    PyObject *holder = PyTuple_GET_ITEM(record, 0), *keys = PyTuple_GET_ITEM(record, 1);
    PyObject *contents = PyTuple_GET_ITEM(record, 2);
    Py_ssize_t size = PyLong_AsSsize_t(PyTuple_GET_ITEM(record, 3));
    if (size == -1 && PyErr_Occurred())
        return -1;
    if (PyDict_Check(holder) && PyTuple_CheckExact(keys) && PyTuple_GET_SIZE(keys) == PyTuple_GET_SIZE(contents))
        return (size < 0 || size == PyDict_GET_SIZE(holder)) ? same_keys(holder, keys, contents, missing) : 0;
    if (PyList_Check(holder))
        return same_items(holder, contents);
    if (PyCell_Check(holder) && PyTuple_GET_SIZE(contents) == 1) {
        PyObject *now = PyCell_GET(holder);
        return same(now == NULL ? missing : now, PyTuple_GET_ITEM(contents, 0));
    }
    return wrong(record);
}

static PyObject *first_changed(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *held, *missing;
    if (!PyArg_ParseTuple(arguments, "O!O:first_changed", &PyList_Type, &held, &missing))
        return NULL;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(held); i++) {
        /* Comparing the keys of a dict may run Python code, which may change `held`. */
        PyObject *record = Py_NewRef(PyList_GET_ITEM(held, i));
        int found = unchanged(record, missing);
        Py_DECREF(record);
        if (found < 0 || PyErr_Occurred())
            return NULL;
        if (found == 0)
            return PyLong_FromSsize_t(i);
    }
    return PyLong_FromLong(-1);
}

PyMethodDef captured_methods[] = {
    {"first_changed", first_changed, METH_VARARGS, "first_changed($module, held, missing, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};
