/* The type Value, and how leaves are made: value.py in C. */
#include "core.h"

/* Fetch the Python objects that the engine needs; this happens when the first row or leaf is made. */
int connected(void)
{
    if (S.place_variable)
        return 0;
    if (S.originals == NULL) {
        PyErr_SetString(PyExc_SystemError, "import autograd_core instead of its native engine");
        return -1;
    }
    PyObject *places = PyImport_ImportModule("autograd_core._engine.places");
    PyObject *operation = PyImport_ImportModule("autograd_core._operations.operation");
    PyObject *errors = PyImport_ImportModule("autograd_core.errors");
    PyObject *taken = PyImport_ImportModule("autograd_core._engine.watching");
    PyObject *making = PyImport_ImportModule("autograd_core._engine.traces");
    PyObject *variable = places ? PyObject_GetAttrString(places, "_place") : NULL;
    PyObject *input = operation ? PyObject_GetAttrString(operation, "INPUT") : NULL;
    PyObject *parameter = operation ? PyObject_GetAttrString(operation, "PARAMETER") : NULL;
    PyObject *constant = operation ? PyObject_GetAttrString(operation, "CONSTANT") : NULL;
    Py_XSETREF(S.errors, Py_XNewRef(errors));
    Py_XSETREF(S.failed, errors ? PyObject_GetAttrString(errors, "failed") : NULL);
    Py_XSETREF(S.not_a_number, errors ? PyObject_GetAttrString(errors, "not_a_number") : NULL);
    Py_XSETREF(S.miscalled, errors ? PyObject_GetAttrString(errors, "miscalled") : NULL);
    Py_XSETREF(S.watches, taken ? PyObject_GetAttrString(taken, "watches") : NULL);
    Py_XSETREF(S.made, making ? PyObject_GetAttrString(making, "made") : NULL);
    uint32_t flag;
    int failed = !(variable && input && parameter && constant && S.failed && S.not_a_number && S.miscalled &&
                   S.watches && S.made && PyDict_CheckExact(S.made)) ||
                 row_number(input, 1, &S.input_row, &flag) < 0 ||
                 row_number(parameter, 1, &S.parameter_row, &flag) < 0 ||
                 row_number(constant, 1, &S.constant_row, &flag) < 0;
    if (!failed && !PyContextVar_CheckExact(variable)) {
        PyErr_SetString(PyExc_TypeError, "autograd_core._engine.places._place is not a context variable");
        failed = 1;
    }
    if (!failed)
        S.place_variable = Py_NewRef(variable);
    Py_XDECREF(places);
    Py_XDECREF(operation);
    Py_XDECREF(errors);
    Py_XDECREF(taken);
    Py_XDECREF(making);
    Py_XDECREF(variable);
    Py_XDECREF(input);
    Py_XDECREF(parameter);
    Py_XDECREF(constant);
    return failed ? -1 : 0;
}

PyObject *new_leaf(uint32_t row, double data)
{
    Place *place = connected() < 0 ? NULL : place_now();
    return place ? new_leaf_at(place, row, data) : NULL;
}

/* Do the same as new_leaf, at a given place. Steals the reference to `place`. */
PyObject *new_leaf_at(Place *place, uint32_t row, double data)
{
    Node *leaf = new_node(data, place, row, LEAF);
    if (leaf == NULL)
        return NULL;
    leaf->dx = leaf->dy = 0.0;
    leaf->x = leaf->y = NULL;
    return PyDict_GET_SIZE(S.made) ? noted((PyObject *)leaf) : (PyObject *)leaf;
}

/* Make the leaf for Value(data, label), parameter(data, label) or constant(data, label). `row` is a pointer into the
   state, because the row's number may be unset until connected() has been called here. */
static PyObject *leaf_from(const uint32_t *row, PyObject *data, PyObject *label)
{
    double number;
    if (connected() < 0)
        return NULL;
    int found = number_of(data, &number);
    if (found <= 0)
        return found < 0 ? NULL : refused("Value", NULL, data, NULL);
    if (label == Py_None)
        label = NULL;
    if (label && !PyUnicode_CheckExact(label))
        return refused("Value", NULL, data, label);
    Node *leaf = (Node *)new_leaf(*row, number);
    if (leaf != NULL)
        leaf->label = Py_XNewRef(label);
    return (PyObject *)leaf;
}

static PyObject *leaf_parsed(const uint32_t *row, const char *name, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"data", "label", NULL};
    PyObject *data, *label = Py_None;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O|O", names, &data, &label))
        return misfit(name, NULL, NULL, arguments, keywords);
    return leaf_from(row, data, label);
}

static PyObject *value_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    if (type != S.value_type)
        return PyErr_Format(PyExc_TypeError, "Value cannot be subclassed: operations would return plain Values");
    return leaf_parsed(&S.input_row, "Value", arguments, keywords);
}

/* Call Value(data) without making a tuple of its arguments. */
static PyObject *value_vectorcall(PyObject *type, PyObject *const *arguments, size_t count, PyObject *keywords)
{
    Py_ssize_t given = PyVectorcall_NARGS(count);
    if ((PyTypeObject *)type == S.value_type && keywords == NULL && (given == 1 || given == 2))
        return leaf_from(&S.input_row, arguments[0], given == 2 ? arguments[1] : Py_None);
    PyObject *positional = PyTuple_New(given);
    PyObject *named = keywords && PyTuple_GET_SIZE(keywords) ? PyDict_New() : NULL;
    PyObject *made = NULL;
    if (positional == NULL || (keywords && PyTuple_GET_SIZE(keywords) && named == NULL))
        goto done;
    for (Py_ssize_t i = 0; i < given; i++)
        PyTuple_SET_ITEM(positional, i, Py_NewRef(arguments[i]));
    for (Py_ssize_t i = 0; named && i < PyTuple_GET_SIZE(keywords); i++)
        if (PyDict_SetItem(named, PyTuple_GET_ITEM(keywords, i), arguments[given + i]) < 0)
            goto done;
    made = value_new((PyTypeObject *)type, positional, named);
done:
    Py_XDECREF(positional);
    Py_XDECREF(named);
    return made;
}

static PyObject *parameter(PyObject *Py_UNUSED(module), PyObject *arguments, PyObject *keywords)
{
    return leaf_parsed(&S.parameter_row, "parameter", arguments, keywords);
}

static PyObject *constant(PyObject *Py_UNUSED(module), PyObject *arguments, PyObject *keywords)
{
    return leaf_parsed(&S.constant_row, "constant", arguments, keywords);
}

PyMethodDef value_makers[] = {
    {"constant", (PyCFunction)(void (*)(void))constant, METH_VARARGS | METH_KEYWORDS,
     "constant($module, data, label=None)\n--\n\n"},
    {"parameter", (PyCFunction)(void (*)(void))parameter, METH_VARARGS | METH_KEYWORDS,
     "parameter($module, data, label=None)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static PyObject *value_compare(PyObject *self, PyObject *other, int how)
{
    double a = ((Node *)self)->data, b;
    if (is_value(other))
        b = ((Node *)other)->data;
    else if (PyFloat_CheckExact(other))
        b = PyFloat_AS_DOUBLE(other);
    else {
        PyObject *number = PyFloat_FromDouble(a);
        if (number == NULL)
            return NULL;
        PyObject *result = PyObject_RichCompare(number, other, how);
        Py_DECREF(number);
        return result;
    }
    Py_RETURN_RICHCOMPARE(a, b, how);
}

extern PyType_Slot arithmetic_slots[];

int value_ready(PyObject *module)
{
    PyType_Slot slots[64] = {
        {Py_tp_doc, "Value(data, label=None)\n--\n\n"}, /* _engine/choice.py replaces it with the Python docstring */
        {Py_tp_new, value_new},
        {Py_tp_dealloc, node_dealloc},
        {Py_tp_repr, value_repr},
        {Py_tp_hash, PyBaseObject_Type.tp_hash},
        {Py_tp_richcompare, value_compare},
        {Py_tp_getset, value_getset},
        {Py_tp_methods, value_methods},
    };
    int count = 8;
    for (PyType_Slot *slot = arithmetic_slots; slot->slot; slot++)
        slots[count++] = *slot;
    /* The type has Py_TPFLAGS_BASETYPE only so that __init_subclass__ is called, which explains why Value cannot be
       subclassed; value_new rejects any subclass that gets past it. */
    PyType_Spec spec = {"autograd_core.value.Value", sizeof(Node), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
    S.value_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
    if (S.value_type == NULL)
        return -1;
    S.value_type->tp_name = "Value"; /* without a module, as in messages about a class made in Python */
    S.value_type->tp_vectorcall = value_vectorcall;
    return PyModule_AddType(module, S.value_type);
}
