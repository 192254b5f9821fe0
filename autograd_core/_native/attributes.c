/* The attributes and methods of a Value. */
#include "core.h"

Py_ssize_t node_count(const Node *node)
{
    int few = operands_of(node);
    return few == MANY ? node->side->count : few;
}

/* Return operand `at`, a Value or a float, as a new reference. */
PyObject *operand_at(Node *node, Py_ssize_t at)
{
    Node *operand;
    double number;
    if (operands_of(node) == MANY) {
        operand = side_nodes(node->side)[at];
        number = node->side->locals[at];
    } else {
        operand = at == 0 ? node->x : node->y;
        number = at == 0 ? node->dx : node->dy;
    }
    return operand ? Py_NewRef((PyObject *)operand) : PyFloat_FromDouble(number);
}

PyObject *operands_tuple(Node *node)
{
    Py_ssize_t count = node_count(node);
    PyObject *operands = PyTuple_New(count);
    for (Py_ssize_t i = 0; operands && i < count; i++) {
        PyObject *operand = operand_at(node, i);
        if (operand == NULL)
            Py_CLEAR(operands);
        else
            PyTuple_SET_ITEM(operands, i, operand);
    }
    return operands;
}

/* Return the local derivative with respect to operand `at`, plus `added`; None for a plain number or a checkpoint. */
static PyObject *local_at(Node *node, Py_ssize_t at, double added)
{
    if (operands_of(node) == MANY) {
        if ((node->flags & SEGMENT) || side_nodes(node->side)[at] == NULL)
            Py_RETURN_NONE;
        return PyFloat_FromDouble(node->side->locals[at] + added);
    }
    if ((at == 0 ? node->x : node->y) == NULL)
        Py_RETURN_NONE;
    return PyFloat_FromDouble((at == 0 ? node->dx : node->dy) + added);
}

#define GETTER(name) static PyObject *name(PyObject *self, void *Py_UNUSED(closure))
#define NODE ((Node *)self)

GETTER(get_raw_data) { return PyFloat_FromDouble(NODE->data); }
GETTER(get_data) { return note_taken(self) < 0 ? NULL : get_raw_data(self, NULL); }
GETTER(get_grad) { return PyFloat_FromDouble(NODE->flags & HAS_GRAD ? NODE->grad : 0.0); }
GETTER(get_has_grad) { return PyBool_FromLong(NODE->flags & HAS_GRAD); }
GETTER(get_op) { return Py_NewRef(S.rows[NODE->row].operation); }
GETTER(get_operands) { return operands_tuple(NODE); }
GETTER(get_is_leaf) { return PyBool_FromLong(operands_of(NODE) == LEAF); }
GETTER(get_label) { return Py_NewRef(NODE->label ? NODE->label : Py_None); }
GETTER(get_place) { return Py_NewRef((PyObject *)NODE->place); }
GETTER(get_scope) { return PyObject_GetAttrString((PyObject *)NODE->place, "path"); }
GETTER(get_stamp) { return PyLong_FromLongLong(NODE->stamp); }

/* Return the local derivatives, plus `added`. Adding 0.0 turns NOTHING (-0.0, which marks a flat derivative) into 0.0,
   and changes no other number; adding NOTHING changes no number. */
static PyObject *locals_tuple(Node *node, double added)
{
    Py_ssize_t count = node_count(node);
    PyObject *locals = PyTuple_New(count);
    for (Py_ssize_t i = 0; locals && i < count; i++) {
        PyObject *local = local_at(node, i, added);
        if (local == NULL)
            Py_CLEAR(locals);
        else
            PyTuple_SET_ITEM(locals, i, local);
    }
    return locals;
}

GETTER(get_local_derivatives) { return locals_tuple(NODE, 0.0); }
GETTER(get_slopes) { return locals_tuple(NODE, NOTHING); }

/* Getters for the slots that the Python engine's node has; Python code that copies graphs or reruns checkpoints reads
   them. */
GETTER(get_x)
{
    switch (operands_of(NODE)) {
    case LEAF:
        Py_RETURN_NONE;
    case MANY:
        return operands_tuple(NODE);
    default:
        return operand_at(NODE, 0);
    }
}

GETTER(get_y)
{
    if (operands_of(NODE) != TWO)
        Py_RETURN_NONE;
    return operand_at(NODE, 1);
}

GETTER(get_dx)
{
    switch (operands_of(NODE)) {
    case LEAF:
        Py_RETURN_NONE;
    case MANY:
        return NODE->flags & SEGMENT ? Py_NewRef(NODE->segment) : get_slopes(self, NULL);
    default:
        return local_at(NODE, 0, NOTHING);
    }
}

GETTER(get_dy)
{
    if (operands_of(NODE) != TWO)
        Py_RETURN_NONE;
    return local_at(NODE, 1, NOTHING);
}

GETTER(get_raw_grad)
{
    if (!(NODE->flags & HAS_GRAD))
        Py_RETURN_NONE;
    return PyFloat_FromDouble(NODE->grad);
}

static int set_data(PyObject *self, PyObject *given, void *Py_UNUSED(closure))
{
    double number;
    int found = given && operands_of(NODE) == LEAF ? number_of(given, &number) : 0;
    if (found <= 0)
        return found < 0 ? -1 : refused_attribute(self, given, "data");
    NODE->data = number;
    NODE->stamp = ++S.clock;
    return 0;
}

static int set_grad(PyObject *self, PyObject *given, void *Py_UNUSED(closure))
{
    double number;
    if (given == Py_None) {
        NODE->flags &= (uint8_t)~HAS_GRAD;
        NODE->grad = 0.0;
        return 0;
    }
    int found = given ? number_of(given, &number) : 0;
    if (found <= 0)
        return found < 0 ? -1 : refused_attribute(self, given, "grad");
    NODE->grad = number;
    NODE->flags |= HAS_GRAD;
    return 0;
}

static int set_label(PyObject *self, PyObject *given, void *Py_UNUSED(closure))
{
    if (given == NULL || (given != Py_None && !PyUnicode_CheckExact(given)))
        return refused_attribute(self, given, "label");
    PyObject *old = NODE->label;
    NODE->label = given == Py_None ? NULL : Py_NewRef(given);
    Py_XDECREF(old);
    return 0;
}

/* The docstrings come from the Python class: `document` in module.c sets them. */
PyGetSetDef value_getset[] = {
    {"data", get_data, set_data, NULL, NULL},
    {"grad", get_grad, set_grad, NULL, NULL},
    {"has_grad", get_has_grad, refused_attribute, NULL, "has_grad"},
    {"label", get_label, set_label, NULL, NULL},
    {"op", get_op, refused_attribute, NULL, "op"},
    {"operands", get_operands, refused_attribute, NULL, "operands"},
    {"_slopes", get_slopes, NULL, NULL, NULL},
    {"local_derivatives", get_local_derivatives, refused_attribute, NULL, "local_derivatives"},
    {"is_leaf", get_is_leaf, refused_attribute, NULL, "is_leaf"},
    {"scope", get_scope, refused_attribute, NULL, "scope"},
    {"_data", get_raw_data, NULL, NULL, NULL},
    {"_row", get_op, NULL, NULL, NULL},
    {"_x", get_x, NULL, NULL, NULL},
    {"_y", get_y, NULL, NULL, NULL},
    {"_dx", get_dx, NULL, NULL, NULL},
    {"_dy", get_dy, NULL, NULL, NULL},
    {"_grad", get_raw_grad, NULL, NULL, NULL},
    {"_label", get_label, NULL, NULL, NULL},
    {"_place", get_place, NULL, NULL, NULL},
    {"_stamp", get_stamp, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

#define METHOD(name) static PyObject *name(PyObject *self, PyObject *Py_UNUSED(unused))

static PyObject *zero_grad(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    if (PyTuple_GET_SIZE(arguments) || (keywords && PyDict_GET_SIZE(keywords)))
        return misfit("Value", "zero_grad", self, arguments, keywords);
    NODE->flags &= (uint8_t)~HAS_GRAD;
    NODE->grad = 0.0;
    Py_RETURN_NONE;
}

static PyObject *backward(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"gradient", NULL};
    PyObject *gradient = NULL;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|O", names, &gradient))
        return misfit("Value", "backward", self, arguments, keywords);
    if (backward_from(NODE, gradient) < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* Call float's method of this name on the node's number, and return the result. */
static PyObject *of_float(PyObject *self, const char *method, PyObject *argument)
{
    PyObject *number = PyFloat_FromDouble(NODE->data);
    PyObject *name = number ? PyUnicode_FromString(method) : NULL;
    PyObject *result = name ? PyObject_CallMethodObjArgs(number, name, argument, NULL) : NULL;
    Py_XDECREF(number);
    Py_XDECREF(name);
    return result;
}

/* Do the same as of_float, and notify the watches (_engine/watching.py) that the number leaves the graph. */
static PyObject *taken_of_float(PyObject *self, const char *method, PyObject *argument)
{
    return note_taken(self) < 0 ? NULL : of_float(self, method, argument);
}

METHOD(value_floor) { return taken_of_float(self, "__floor__", NULL); }
METHOD(value_ceil) { return taken_of_float(self, "__ceil__", NULL); }
METHOD(value_trunc) { return taken_of_float(self, "__trunc__", NULL); }

static PyObject *value_round(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"ndigits", NULL};
    PyObject *ndigits = Py_None;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|O", names, &ndigits))
        return misfit("Value", "__round__", self, arguments, keywords);
    return taken_of_float(self, "__round__", ndigits);
}

static PyObject *value_format(PyObject *self, PyObject *spec)
{
    if (PyUnicode_Check(spec) && PyUnicode_GET_LENGTH(spec) == 0)
        return PyObject_Str(self);
    return of_float(self, "__format__", spec);
}

METHOD(value_complex)
{
    PyErr_Clear();
    double unused_number = PyFloat_AsDouble(self); /* raises an error that states what to do instead */
    (void)unused_number;
    return NULL;
}

METHOD(value_sizeof)
{
    size_t bytes = sizeof(Node);
    if (operands_of(NODE) == MANY)
        bytes += sizeof(Side) + (size_t)NODE->side->count * (sizeof(double) + sizeof(Node *));
    return PyLong_FromSize_t(bytes);
}

static PyObject *no_subclass(PyObject *Py_UNUSED(type), PyObject *Py_UNUSED(arguments), PyObject *Py_UNUSED(keywords))
{
    PyObject *none = PyTuple_New(0);
    if (none)
        misfit("Value", "__init_subclass__", NULL, none, NULL);
    Py_XDECREF(none);
    return NULL;
}

PyObject *value_repr(PyObject *self)
{
    PyObject *data = get_raw_data(self, NULL), *grad = get_grad(self, NULL), *text = NULL;
    const char *kind = NODE->row == S.parameter_row ? "parameter" : "Value";
    PyObject *label = Py_XNewRef(NODE->label);
    if (data && grad) {
        if (label && NODE->flags & HAS_GRAD)
            text = PyUnicode_FromFormat("%s(%R, label=%R, grad=%R)", kind, data, label, grad);
        else if (label)
            text = PyUnicode_FromFormat("%s(%R, label=%R)", kind, data, label);
        else if (NODE->flags & HAS_GRAD)
            text = PyUnicode_FromFormat("%s(%R, grad=%R)", kind, data, grad);
        else
            text = PyUnicode_FromFormat("%s(%R)", kind, data);
    }
    Py_XDECREF(data);
    Py_XDECREF(grad);
    Py_XDECREF(label);
    return text;
}

#define WITH_KEYWORDS(function) (PyCFunction)(void (*)(void))function

PyMethodDef value_methods[] = {
    {"backward", WITH_KEYWORDS(backward), METH_VARARGS | METH_KEYWORDS, "backward($self, gradient=1.0)\n--\n\n"},
    {"zero_grad", WITH_KEYWORDS(zero_grad), METH_VARARGS | METH_KEYWORDS, "zero_grad($self)\n--\n\n"},
    {"__round__", WITH_KEYWORDS(value_round), METH_VARARGS | METH_KEYWORDS, NULL},
    {"__floor__", value_floor, METH_NOARGS, NULL},
    {"__ceil__", value_ceil, METH_NOARGS, NULL},
    {"__trunc__", value_trunc, METH_NOARGS, NULL},
    {"__complex__", value_complex, METH_NOARGS, NULL},
    {"__format__", value_format, METH_O, NULL},
    {"__sizeof__", value_sizeof, METH_NOARGS, NULL},
    {"__init_subclass__", WITH_KEYWORDS(no_subclass), METH_CLASS | METH_VARARGS | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};
