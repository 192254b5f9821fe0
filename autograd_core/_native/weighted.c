/* Weighted sums of the same inputs: _engine/weighted.py in C.
 *
 * Entering and leaving a scope takes longer than making the three nodes of a neuron (0.6 us compared with 0.2 us), so
 * these nodes get their place directly, without a scope being entered. Anything that would run Python code is left to
 * Python. */
#include "core.h"

/* Compute function(w . x + b) at a place. Returns 1, 0 if that is not possible here, or -1 on an error. */
static int at_place(Place *place, Function *dot, PyObject *x, PyObject *w, PyObject *b, Function *function,
                    PyObject **result)
{
    PyObject *lists[2] = {w, x}, *sum;
    double dx, z;
    if (dot->flat_kind == FLAT_BY_ROW || !is_value(b))
        return 0;
    int done = apply_many_at(place, dot, lists, 2, &sum);
    if (done <= 0)
        return done;
    if (!is_value(sum)) { /* all factors are plain numbers */
        Py_DECREF(sum);
        return 0;
    }
    *result = record_at((Place *)Py_NewRef((PyObject *)place), S.operators[ADD], TWO,
                        ((Node *)sum)->data + ((Node *)b)->data, (Node *)sum, (Node *)b, 1.0, 1.0);
    Py_DECREF(sum);
    if (*result == NULL || function == NULL)
        return *result ? 1 : -1;
    Node *a = (Node *)*result;
    if (!function->kernel.unary(a->data, &z, &dx) ||
        (dx == 0.0 && function->states_flat && function->flat_kind != FLAT_BY_KERNEL)) {
        Py_CLEAR(*result);
        return 0;
    }
    *result = record_at((Place *)Py_NewRef((PyObject *)place), function, ONE, z, a, NULL,
                        dx == 0.0 && !function->states_flat ? 0.0 : dx, 0.0);
    Py_DECREF((PyObject *)a);
    return *result ? 1 : -1;
}

/* Return the result of one unit, computed by the Python code if C cannot do it. */
static PyObject *weighted_sum(Place *here, Function *dot, PyObject *x, PyObject *unit)
{
    PyObject *result = NULL;
    int done = 0;
    if (PyTuple_CheckExact(unit) && PyTuple_GET_SIZE(unit) == 4 && PyUnicode_CheckExact(PyTuple_GET_ITEM(unit, 0))) {
        PyObject *f = PyTuple_GET_ITEM(unit, 3);
        int plain = f == Py_None, kernel = Py_TYPE(f) == S.function_type && ((Function *)f)->kind == UNARY_FUNCTION &&
                                           ((Function *)f)->kernel.unary;
        Place *place = plain || kernel ? place_inside(here, PyTuple_GET_ITEM(unit, 0)) : NULL;
        if (place != NULL)
            done = at_place(place, dot, x, PyTuple_GET_ITEM(unit, 1), PyTuple_GET_ITEM(unit, 2),
                            plain ? NULL : (Function *)f, &result);
        else if (PyErr_Occurred())
            done = -1;
        Py_XDECREF((PyObject *)place);
    }
    if (done != 0)
        return result;
    PyObject *module = PyImport_ImportModule("autograd_core._engine.weighted");
    result = module ? PyObject_CallMethod(module, "weighted_sum", "OOO", x, unit, dot) : NULL;
    Py_XDECREF(module);
    return result;
}

static PyObject *weighted_sums(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    if (connected() < 0)
        return NULL;
    if (count != 3 || !PyList_CheckExact(arguments[1]) || Py_TYPE(arguments[2]) != S.function_type ||
        ((Function *)arguments[2])->kernel.many == NULL)
        return PyErr_Format(PyExc_TypeError, "weighted_sums takes inputs, a list of units, and the function dot");
    PyObject *units = arguments[1], *sums = PyList_New(0);
    Place *here = sums ? place_now() : NULL;
    int ready = here != NULL;
    for (Py_ssize_t i = 0; ready && i < PyList_GET_SIZE(units); i++) { /* Python code may change the list */
        PyObject *unit = Py_NewRef(PyList_GET_ITEM(units, i));
        PyObject *sum = weighted_sum(here, (Function *)arguments[2], arguments[0], unit);
        ready = sum != NULL && PyList_Append(sums, sum) == 0;
        Py_XDECREF(sum);
        Py_DECREF(unit);
    }
    Py_XDECREF((PyObject *)here);
    if (!ready)
        Py_CLEAR(sums);
    return sums;
}

PyMethodDef weighted_methods[] = {
    {"weighted_sums", (PyCFunction)(void (*)(void))weighted_sums, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};
