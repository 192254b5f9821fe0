/* The type Value, and how leaves and nodes are made by hand: value.py in C. */
#include "sort.h"

#include <string.h>

/* What the engine needs of the Python modules, fetched when the first row or leaf is made. */
int connected(void)
{
    if (S.place_variable)
        return 0;
    if (S.originals == NULL) {
        PyErr_SetString(PyExc_SystemError, "import autograd_core, not its native engine alone");
        return -1;
    }
    PyObject *places = PyImport_ImportModule("autograd_core._engine.places");
    PyObject *operation = PyImport_ImportModule("autograd_core._operations.operation");
    PyObject *errors = PyImport_ImportModule("autograd_core.errors");
    PyObject *taken = PyImport_ImportModule("autograd_core._engine.taken");
    PyObject *making = PyImport_ImportModule("autograd_core._engine.made");
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

/* The same at a place, and it takes over the reference to it. */
PyObject *new_leaf_at(Place *place, uint32_t row, double data)
{
    Node *leaf = new_node(data, place, row, LEAF);
    if (leaf == NULL)
        return NULL;
    leaf->dx = leaf->dy = 0.0;
    leaf->x = leaf->y = NULL;
    return PyDict_GET_SIZE(S.made) ? noted((PyObject *)leaf) : (PyObject *)leaf;
}

/* Value(data, label), parameter(data, label) or constant(data, label); `row` is in the state, not known before this. */
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
        return PyErr_Format(PyExc_TypeError, "Value is final: a subclass would not survive an operation");
    return leaf_parsed(&S.input_row, "Value", arguments, keywords);
}

/* Value(data) without a tuple of arguments in between. */
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

static PyObject *replace_row(PyObject *nodes, uint32_t old, uint32_t new)
{
    PyObject *listed = PySequence_Tuple(nodes);
    if (listed == NULL || not_values(listed)) {
        Py_XDECREF(listed);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(listed); i++) {
        Node *node = (Node *)PyTuple_GET_ITEM(listed, i);
        if (node->row == old)
            node->row = new;
    }
    Py_DECREF(listed);
    Py_RETURN_NONE;
}

static PyObject *make_constant(PyObject *Py_UNUSED(module), PyObject *nodes)
{
    return replace_row(nodes, S.input_row, S.constant_row);
}

static PyObject *make_input(PyObject *Py_UNUSED(module), PyObject *nodes)
{
    return replace_row(nodes, S.constant_row, S.input_row);
}

/* Fill operand `at` of a node that is being made, from a Value or a number and its local derivative. */
static int set_operand(PyObject *operand, PyObject *local, Node **node, double *derivative)
{
    *node = NULL;
    *derivative = 0.0;
    if (!is_value(operand)) {
        int found = number_of(operand, derivative);
        return found > 0 ? 0 : found < 0 ? -1 : type_error("an operand is a Value or a number; got %R of type %U", operand);
    }
    int found = local == NULL ? 1 : number_of(local, derivative);
    if (found <= 0)
        return found < 0 ? -1 : type_error("a local derivative is a number; got %R of type %U", local);
    *node = (Node *)Py_NewRef(operand);
    return 0;
}

/* Local derivatives that come as doubles, in place of numbers of Python's. */
static int copy_locals(PyObject *recorded, double *numbers, Py_ssize_t count)
{
    Py_buffer view;
    if (PyObject_GetBuffer(recorded, &view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0)
        return -1;
    int fits = view.len == count * (Py_ssize_t)sizeof(double) && strcmp(view.format, "d") == 0;
    if (fits)
        memcpy(numbers, view.buf, (size_t)view.len);
    else
        PyErr_SetString(PyExc_ValueError, "a node has as many operands and local derivatives as its operation");
    PyBuffer_Release(&view);
    return fits ? 0 : -1;
}

/* Operands whose local derivatives are there; a plain number stands in place of its own. */
static int set_operands(PyObject *operands, Node **nodes, double *numbers, Py_ssize_t *done)
{
    for (; *done < PyTuple_GET_SIZE(operands); ++*done) {
        PyObject *operand = PyTuple_GET_ITEM(operands, *done);
        if (is_value(operand))
            nodes[*done] = (Node *)Py_NewRef(operand);
        else if (set_operand(operand, NULL, &nodes[*done], &numbers[*done]) < 0)
            return -1;
    }
    return 0;
}

static PyObject *make_node(PyObject *Py_UNUSED(module), PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"op", "data", "operands", "recorded", "place", "stamp", "grad", "label", NULL};
    PyObject *op, *given, *recorded, *place, *grad = Py_None, *label = Py_None;
    double data, gradient = 0.0;
    long long stamp;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OdOOOL|OO:make_node", names, &op, &data, &given, &recorded,
                                     &place, &stamp, &grad, &label))
        return NULL;
    if (connected() < 0)
        return NULL;
    if (Py_TYPE(place) != S.place_type || (label != Py_None && !PyUnicode_CheckExact(label)))
        return PyErr_Format(PyExc_TypeError, "a node has a Place, and a str or None as its label");
    if (grad != Py_None) {
        gradient = PyFloat_AsDouble(grad);
        if (gradient == -1.0 && PyErr_Occurred())
            return NULL;
    }
    uint32_t row, flag;
    if (row_number(op, 1, &row, &flag) < 0)
        return NULL;
    int arity = S.rows[row].arity;
    PyObject *operands = PySequence_Tuple(given), *locals = NULL;
    int doubles = arity < 0 && PyObject_CheckBuffer(recorded);
    PyObject *segment = arity < 0 && !doubles && !PyTuple_Check(recorded) && !PyList_Check(recorded) ? recorded : NULL;
    Side *side = NULL;
    Node *few[2] = {NULL, NULL}, **nodes = few;
    double derivatives[2] = {0.0, 0.0}, *numbers = derivatives;
    Py_ssize_t done = 0, count = operands ? PyTuple_GET_SIZE(operands) : -1;
    if (count < 0 || (segment == NULL && !doubles && (locals = PySequence_Tuple(recorded)) == NULL))
        goto failed;
    if ((arity >= 0 && count != arity) || (locals && PyTuple_GET_SIZE(locals) != count)) {
        PyErr_SetString(PyExc_ValueError, "a node has as many operands and local derivatives as its operation");
        goto failed;
    }
    if (arity < 0) {
        if ((side = side_memory(count)) == NULL)
            goto failed;
        nodes = side_nodes(side);
        numbers = side->locals;
    }
    if (doubles && (copy_locals(recorded, numbers, count) < 0 || set_operands(operands, nodes, numbers, &done) < 0))
        goto failed;
    for (; done < count; done++)
        if (set_operand(PyTuple_GET_ITEM(operands, done), locals ? PyTuple_GET_ITEM(locals, done) : NULL, &nodes[done],
                        &numbers[done]) < 0)
            goto failed;
    Node *node = new_node(data, (Place *)Py_NewRef(place), row, (arity < 0 ? MANY : (uint32_t)arity) | flag);
    if (node == NULL)
        goto failed;
    if (side) {
        node->side = side;
        node->segment = Py_XNewRef(segment);
        node->flags |= segment ? SEGMENT : 0;
    } else {
        node->x = few[0];
        node->y = few[1];
        node->dx = derivatives[0];
        node->dy = derivatives[1];
    }
    node->stamp = stamp;
    node->grad = gradient;
    node->flags |= grad != Py_None ? HAS_GRAD : 0;
    node->label = label == Py_None ? NULL : Py_NewRef(label);
    Py_DECREF(operands);
    Py_XDECREF(locals);
    return S.made && PyDict_GET_SIZE(S.made) ? noted((PyObject *)node) : (PyObject *)node;

failed:
    for (Py_ssize_t i = 0; i < done; i++)
        Py_XDECREF((PyObject *)nodes[i]);
    PyMem_Free(side);
    Py_XDECREF(operands);
    Py_XDECREF(locals);
    row_release(row);
    return NULL;
}

/* One counter for the process: it moves when a leaf is assigned, and every node notes where it stood. */
static PyObject *tick(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    return PyLong_FromLongLong(++S.clock);
}

static PyObject *catch_up(PyObject *Py_UNUSED(module), PyObject *stamp)
{
    long long moved = PyLong_AsLongLong(stamp);
    if (moved == -1 && PyErr_Occurred())
        return NULL;
    if (moved > S.clock)
        S.clock = moved;
    Py_RETURN_NONE;
}

static PyObject *put_back(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Node *leaf;
    double data;
    long long stamp;
    if (!PyArg_ParseTuple(arguments, "O!dL:put_back", S.value_type, &leaf, &data, &stamp))
        return NULL;
    if (operands_of(leaf) != LEAF)
        return PyErr_Format(PyExc_TypeError, "a computed node is not put back");
    leaf->data = data;
    leaf->stamp = stamp;
    Py_RETURN_NONE;
}

PyMethodDef value_makers[] = {
    {"constant", (PyCFunction)(void (*)(void))constant, METH_VARARGS | METH_KEYWORDS,
     "constant($module, data, label=None)\n--\n\n"},
    {"make_constant", make_constant, METH_O, "make_constant($module, nodes, /)\n--\n\n"},
    {"make_input", make_input, METH_O, "make_input($module, nodes, /)\n--\n\n"},
    {"put_back", put_back, METH_VARARGS, "put_back($module, leaf, data, stamp, /)\n--\n\n"},
    {"tick", tick, METH_NOARGS, "tick($module, /)\n--\n\n"},
    {"catch_up", catch_up, METH_O, "catch_up($module, stamp, /)\n--\n\n"},
    {"parameter", (PyCFunction)(void (*)(void))parameter, METH_VARARGS | METH_KEYWORDS,
     "parameter($module, data, label=None)\n--\n\n"},
    {"make_node", (PyCFunction)(void (*)(void))make_node, METH_VARARGS | METH_KEYWORDS,
     "make_node($module, op, data, operands, recorded, place, stamp, grad=None, label=None)\n--\n\n"},
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
        {Py_tp_doc, "Value(data, label=None)\n--\n\n"}, /* _engine/choice.py hands the docstring of the Python class over */
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
    /* The type can be a base so that __init_subclass__ gets to say why it cannot; value_new refuses what slips past. */
    PyType_Spec spec = {"autograd_core.value.Value", sizeof(Node), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
    S.value_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
    if (S.value_type == NULL)
        return -1;
    S.value_type->tp_name = "Value"; /* messages name a Python class without its module */
    S.value_type->tp_vectorcall = value_vectorcall;
    return PyModule_AddType(module, S.value_type);
}
