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

/* Whether a slope of 0 leads into a graph below, whose own slopes may be infinite: then it matters whether it is flat.
 * Only the first `count` operands may be computed. */
static int has_graph_below_zero(const Side *side, Node *const *nodes, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++)
        if (side->locals[i] == 0.0 && !is_nothing(side->locals[i]) && nodes[i] && operands_of(nodes[i]) != LEAF)
            return 1;
    return 0;
}

/* Put NOTHING in place of slopes that are 0 because there is no path: always where the list has none, and where it
 * matters (see above) also where all are flat at this point. An adjoint that is not finite asks for the whole graph
 * anyway (backward.py). */
static int find_paths(Player *player, Side *side, PyObject *inputs, PyObject *parameters, int computed)
{
    Node **nodes = side_nodes(side);
    for (int32_t i = 0; i < player->listed.inputs; i++)
        if (nodes[i] && player->plan->gradient_cell[i] < 0 && side->locals[i] == 0.0)
            side->locals[i] = NOTHING;
    if (!has_graph_below_zero(side, nodes, computed ? side->count : player->listed.inputs))
        return 0;
    int done = player_paths(player, inputs, parameters, player->gradients);
    for (Py_ssize_t i = 0; i < side->count && done > 0; i++)
        if (nodes[i] && is_nothing(player->gradients[i]))
            side->locals[i] = NOTHING;
    return done < 0 ? -1 : 0;
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

/* node(row, inputs, parameters, below, computed): the one output as a node of this row, whose operands are the inputs (a list of
 * Values and numbers) and the first `below` parameters (a tuple of Values, some of them `computed`, or all leaves). None
 * where the point is on another branch or raises. */
PyObject *player_node(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    Player *player = (Player *)self;
    const Listed *listed = &player->listed;
    if (count != 5 || !PyList_CheckExact(arguments[1]) || !PyTuple_CheckExact(arguments[2]))
        return PyErr_Format(PyExc_TypeError, "node takes a row, a list, a tuple, a number and a bool");
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
        operands_into(side, arguments[1], arguments[2], below) == 0) {
        if (find_paths(player, side, arguments[1], arguments[2], arguments[4] == Py_True) == 0)
            return node_of(arguments[0], value, side);
        side_free(side);
        return NULL;
    }
    PyMem_Free(side);
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}
