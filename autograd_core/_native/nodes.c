/* Makes nodes from their parts, for copies, pickles and checkpoints, and keeps the clock that stamps nodes:
 * _engine/nodes.py and clock.py in C. */
#include "sort.h"

#include <string.h>

/* Append a new node to this thread's list of nodes, if a trace keeps one (_engine/traces.py). */
PyObject *noted(PyObject *node)
{
    PyObject *thread = PyLong_FromUnsignedLong(PyThread_get_thread_ident());
    PyObject *nodes = thread ? PyDict_GetItemWithError(S.made, thread) : NULL;
    int failed = nodes ? PyList_Append(nodes, node) < 0 : PyErr_Occurred() != NULL;
    Py_XDECREF(thread);
    if (failed)
        Py_CLEAR(node);
    return node;
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
        if (found == 0)
            return type_error("an operand must be a Value or a number; got %R of type %U", operand);
        return found > 0 ? 0 : -1;
    }
    int found = local == NULL ? 1 : number_of(local, derivative);
    if (found <= 0)
        return found < 0 ? -1 : type_error("a local derivative must be a number; got %R of type %U", local);
    *node = (Node *)Py_NewRef(operand);
    return 0;
}

/* Copy local derivatives that are given as an array of doubles instead of Python numbers. */
static int copy_locals(PyObject *recorded, double *numbers, Py_ssize_t count)
{
    Py_buffer view;
    if (PyObject_GetBuffer(recorded, &view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0)
        return -1;
    int fits = view.len == count * (Py_ssize_t)sizeof(double) && strcmp(view.format, "d") == 0;
    if (fits)
        memcpy(numbers, view.buf, (size_t)view.len);
    else
        PyErr_SetString(PyExc_ValueError, "the operands and local derivatives must match the operation");
    PyBuffer_Release(&view);
    return fits ? 0 : -1;
}

/* Fill the operands of a node whose local derivatives are already set; a plain number is stored in place of its
   derivative. */
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
        return PyErr_Format(PyExc_TypeError, "a node needs a Place, and a str or None as its label");
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
        PyErr_SetString(PyExc_ValueError, "the operands and local derivatives must match the operation");
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

/* The clock is one counter for the whole process. Assigning a leaf advances it; every new node records its count. */
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
        return PyErr_Format(PyExc_TypeError, "only a leaf can be put back");
    leaf->data = data;
    leaf->stamp = stamp;
    Py_RETURN_NONE;
}

PyMethodDef node_makers[] = {
    {"make_constant", make_constant, METH_O, "make_constant($module, nodes, /)\n--\n\n"},
    {"make_input", make_input, METH_O, "make_input($module, nodes, /)\n--\n\n"},
    {"make_node", (PyCFunction)(void (*)(void))make_node, METH_VARARGS | METH_KEYWORDS,
     "make_node($module, op, data, operands, recorded, place, stamp, grad=None, label=None)\n--\n\n"},
    {"put_back", put_back, METH_VARARGS, "put_back($module, leaf, data, stamp, /)\n--\n\n"},
    {"tick", tick, METH_NOARGS, "tick($module, /)\n--\n\n"},
    {"catch_up", catch_up, METH_O, "catch_up($module, stamp, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};
