/* Decides which objects count as numbers, and calls Python code. */
#include "core.h"

/* Find the number that an object represents. Returns 1 if found, 0 if the object is not a number, or -1 with an
   exception set. Anything but a float or an int is left to `number` in _engine/numbers.py. */
int number_of(PyObject *object, double *number)
{
    if (PyFloat_CheckExact(object)) {
        *number = PyFloat_AS_DOUBLE(object);
        return 1;
    }
    if (PyLong_CheckExact(object) || PyBool_Check(object)) {
        *number = PyLong_AsDouble(object);
        return *number == -1.0 && PyErr_Occurred() ? -1 : 1;
    }
    if (is_value(object) || object == Py_None || PyUnicode_CheckExact(object))
        return 0;
    PyObject *original = S.originals ? PyDict_GetItemString(S.originals, "number") : NULL;
    if (original == NULL) {
        PyErr_SetString(PyExc_SystemError, "the native engine is not connected to the Python engine");
        return -1;
    }
    PyObject *found = PyObject_CallOneArg(original, object);
    if (found == NULL)
        return -1;
    if (found == Py_None) {
        Py_DECREF(found);
        return 0;
    }
    *number = PyFloat_AsDouble(found);
    Py_DECREF(found);
    return *number == -1.0 && PyErr_Occurred() ? -1 : 1;
}

static PyObject *number(PyObject *Py_UNUSED(module), PyObject *object)
{
    double found;
    int is_number = number_of(object, &found);
    if (is_number < 0)
        return NULL;
    if (!is_number)
        Py_RETURN_NONE;
    return PyFloat_CheckExact(object) ? Py_NewRef(object) : PyFloat_FromDouble(found);
}

PyMethodDef number_methods[] = {
    {"number", number, METH_O, "number($module, operand, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

/* Raise a TypeError whose message is `format`, with %R for the object and %U for the name of its type. */
int type_error(const char *format, PyObject *object)
{
    PyObject *name = PyType_GetName(Py_TYPE(object));
    if (name != NULL) {
        PyErr_Format(PyExc_TypeError, format, object, name);
        Py_DECREF(name);
    }
    return -1;
}

/* Call the function `name` of a module; the arguments are `first` and `second`, except those that are NULL. */
PyObject *call_python(const char *module, const char *name, PyObject *first, PyObject *second)
{
    PyObject *found = PyImport_ImportModule(module);
    if (found == NULL)
        return NULL;
    PyObject *function = PyObject_GetAttrString(found, name);
    Py_DECREF(found);
    if (function == NULL)
        return NULL;
    PyObject *result = PyObject_CallFunctionObjArgs(function, first, second, NULL);
    Py_DECREF(function);
    return result;
}

/* Notify the watches (_engine/watching.py) that the number of a node leaves the graph here. */
int note_taken(PyObject *node)
{
    if (S.watches == NULL || PyList_GET_SIZE(S.watches) == 0)
        return 0;
    PyObject *done = call_python("autograd_core._engine.watching", "taken", node, NULL);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

/* Return the number or Value in a zero-dimensional NumPy array, and any other object unchanged. */
PyObject *unwrapped(PyObject *object)
{
    return is_value(object) ? Py_NewRef(object) : call_python("autograd_core._engine.numbers", "unwrapped", object, NULL);
}

/* Raise the Python engine's error for wrong arguments, by calling that engine's function `name`, or the given method of
   the class `name`, with the same arguments. It replaces the current error, which states the same in other words. */
PyObject *misfit(const char *name, const char *method, PyObject *self, PyObject *arguments, PyObject *keywords)
{
    PyErr_Clear();
    PyObject *original = Py_XNewRef(PyDict_GetItemString(S.originals, name)), *all = Py_NewRef(arguments);
    if (original && method)
        Py_SETREF(original, PyObject_GetAttrString(original, method));
    if (self) {
        PyObject *first = PyTuple_Pack(1, self);
        Py_SETREF(all, first ? PySequence_Concat(first, all) : NULL);
        Py_XDECREF(first);
    }
    PyObject *result = original && all ? PyObject_Call(original, all, keywords) : NULL;
    Py_XDECREF(original);
    Py_XDECREF(all);
    if (result || !PyErr_Occurred())
        PyErr_Format(PyExc_SystemError, "the engines disagree about the arguments of %s", method ? method : name);
    Py_XDECREF(result);
    return NULL;
}

/* Do the same as misfit for a call whose arguments have been parsed: `first` and, unless it is NULL, `second`. */
PyObject *refused(const char *name, const char *method, PyObject *first, PyObject *second)
{
    PyObject *arguments = second ? PyTuple_Pack(2, first, second) : PyTuple_Pack(1, first);
    if (arguments)
        misfit(name, method, NULL, arguments, NULL);
    Py_XDECREF(arguments);
    return NULL;
}

/* Raise the Python engine's error for an attribute that cannot be set to `given` or, if `given` is NULL, cannot be
   deleted. This function is also the setter of attributes that can never be set; the table of attributes gives it their
   `name`. */
int refused_attribute(PyObject *self, PyObject *given, void *name)
{
    PyObject *type = PyType_GetName(Py_TYPE(self)), *done = NULL;
    PyObject *original = type ? PyDict_GetItemWithError(S.originals, type) : NULL;
    PyObject *property = original ? PyObject_GetAttrString(original, name) : NULL;
    Py_XDECREF(type);
    if (property)
        done = given ? PyObject_CallMethod(property, "__set__", "OO", self, given)
                     : PyObject_CallMethod(property, "__delete__", "O", self);
    if (done || !PyErr_Occurred())
        PyErr_Format(PyExc_SystemError, "the engines disagree about the arguments of %s", (char *)name);
    Py_XDECREF(property);
    Py_XDECREF(done);
    return -1;
}
