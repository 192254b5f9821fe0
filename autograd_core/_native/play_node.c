/* A point as a node: what a call of a program on Values makes, without a number of Python's for each gradient. */
#include "play.h"

/* Operand `i` of a node that is being made; a plain number stands in place of its derivative. */
static int operand_into(Side *side, Py_ssize_t i, PyObject *given)
{
    side_nodes(side)[i] = is_value(given) ? (Node *)Py_NewRef(given) : NULL;
    if (is_value(given) || number_of(given, &side->locals[i]) > 0)
        return 0;
    return PyErr_Occurred() ? -1 : type_error("an operand is a Value or a number; got %R of type %U", given);
}

/* The operands: the inputs as they were given, and the first `below` parameters; on failure it holds none of them. */
static int operands_into(Side *side, PyObject *inputs, PyObject *parameters, Py_ssize_t below)
{
    Py_ssize_t count = PyList_GET_SIZE(inputs), done = 0;
    int failed = 0;
    side->count = count + below;
    for (; done < side->count && !failed; done += !failed)
        failed = operand_into(side, done, done < count ? PyList_GET_ITEM(inputs, done)
                                                       : PyTuple_GET_ITEM(parameters, done - count)) < 0;
    for (Py_ssize_t i = 0; i < done && failed; i++)
        Py_XDECREF((PyObject *)side_nodes(side)[i]);
    return failed ? -1 : 0;
}

/* A node that takes over `side`, where the running code stands. */
static PyObject *node_of(PyObject *operation, double value, Side *side)
{
    uint32_t row, flag;
    Place *place = place_now();
    if (place == NULL || row_number(operation, 1, &row, &flag) < 0) {
        Py_XDECREF((PyObject *)place);
        side_free(side);
        return NULL;
    }
    Node *node = S.rows[row].arity < 0 ? new_node(value, (Place *)Py_NewRef((PyObject *)place), row, MANY | flag) : NULL;
    Py_DECREF(place);
    if (node == NULL) {
        row_release(row);
        side_free(side);
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_TypeError, "a program's operation takes many operands");
    }
    node->side = side;
    node->segment = NULL;
    node->stamp = ++S.clock;
    return PyDict_GET_SIZE(S.made) ? noted((PyObject *)node) : (PyObject *)node;
}

/* node(row, inputs, parameters, below): the one output as a node of this row, whose operands are the inputs (a list of
 * Values and numbers) and the first `below` parameters (a tuple of Values). None where the point is on another branch or
 * raises. */
PyObject *player_node(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    Player *player = (Player *)self;
    const Listed *listed = &player->listed;
    if (count != 4 || !PyList_CheckExact(arguments[1]) || !PyTuple_CheckExact(arguments[2]))
        return PyErr_Format(PyExc_TypeError, "node takes a row, a list, a tuple and a number");
    Py_ssize_t below = PyLong_AsSsize_t(arguments[3]);
    if (below == -1 && PyErr_Occurred())
        return NULL;
    if (listed->outputs != 1 || below < 0 || below > PyTuple_GET_SIZE(arguments[2]))
        return PyErr_Format(PyExc_ValueError, "a node has one output, and operands among those of its program");
    Side *side = side_memory(listed->leaves);
    double value;
    if (side == NULL || connected() < 0) {
        PyMem_Free(side);
        return NULL;
    }
    int done = player_plays(player, arguments[1], arguments[2], 1.0, &value, side->locals);
    if (done > 0 && PyList_GET_SIZE(arguments[1]) == listed->inputs &&
        operands_into(side, arguments[1], arguments[2], below) == 0)
        return node_of(arguments[0], value, side);
    PyMem_Free(side);
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}
