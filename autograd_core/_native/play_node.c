/* Makes the node that a call to a program on Values returns, without making a Python number for each gradient. */
#include "play.h"

/* Fill operand `i` of a node that is being made; a plain number is stored in place of its derivative. */
static int operand_into(Side *side, Py_ssize_t i, PyObject *given)
{
    side_nodes(side)[i] = is_value(given) ? (Node *)Py_NewRef(given) : NULL;
    if (is_value(given) || number_of(given, &side->locals[i]) > 0)
        return 0;
    return PyErr_Occurred() ? -1 : type_error("an operand must be a Value or a number; got %R of type %U", given);
}

/* Fill the operands: the inputs as they were given, and the first `below` parameters. On failure, `side` holds no
   references. */
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

/* Fill the operands of a HELD node: the inputs, which are plain numbers, and parameters that the tuple keeps alive. */
static int held_into(Side *side, PyObject *inputs, PyObject *parameters, Py_ssize_t below)
{
    Py_ssize_t count = PyList_GET_SIZE(inputs);
    side->count = count + below;
    memcpy(side_nodes(side) + count, PySequence_Fast_ITEMS(parameters), sizeof(Node *) * (size_t)below);
    for (Py_ssize_t i = 0; i < count; i++)
        if (operand_into(side, i, PyList_GET_ITEM(inputs, i)) < 0)
            return -1;
    return 0;
}

static int has_values(PyObject *list)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++)
        if (is_value(PyList_GET_ITEM(list, i)))
            return 1;
    return 0;
}

/* Whether a slope of 0 belongs to a computed operand: the graph below that operand may have infinite slopes, so it
 * matters whether the slope is flat. Only the first `count` operands may be computed nodes. */
static int has_graph_below_zero(const Side *side, Node *const *nodes, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++)
        if (side->locals[i] == 0.0 && !is_nothing(side->locals[i]) && nodes[i] && operands_of(nodes[i]) != LEAF)
            return 1;
    return 0;
}

/* Replace a slope of 0 by NOTHING if no path leads to the operand. Where the list has no path, this is always done;
 * where all paths are flat at this point, it is done only if it matters (see above). If an adjoint is not finite, the
 * sweep opens the whole graph anyway (backward.py). */
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

/* Return how many items at the start of a tuple of Values are distinct leaves. */
static Py_ssize_t leaves_in(PyObject *values)
{
    Py_ssize_t count = 0;
    for (; count < PyTuple_GET_SIZE(values); count++) {
        Node *node = (Node *)PyTuple_GET_ITEM(values, count);
        if (operands_of(node) != LEAF || node->mark)
            break;
        node->mark = 1;
    }
    for (Py_ssize_t i = 0; i < count; i++)
        ((Node *)PyTuple_GET_ITEM(values, i))->mark = 0;
    return count;
}

/* Examine a tuple of parameters and remember it, since the next call usually passes the same tuple. */
static void know(Player *player, PyObject *parameters)
{
    if (player->known == parameters)
        return;
    Py_CLEAR(player->known);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(parameters); i++)
        if (!is_value(PyTuple_GET_ITEM(parameters, i)))
            return;
    player->known = Py_NewRef(parameters);
    player->known_leaves = leaves_in(parameters);
}

/* Make a node at the current place that takes over `side`; `holder` is NULL if the node itself holds its operands. */
static PyObject *node_of(PyObject *operation, double value, Side *side, PyObject *holder)
{
    uint32_t row, flag;
    Place *place = place_now();
    if (place == NULL || row_number(operation, 1, &row, &flag) < 0) {
        Py_XDECREF((PyObject *)place);
        return NULL;
    }
    flag |= MANY | (holder ? HELD : 0);
    Node *node = S.rows[row].arity < 0 ? new_node(value, (Place *)Py_NewRef((PyObject *)place), row, flag) : NULL;
    Py_DECREF(place);
    if (node == NULL) {
        row_release(row);
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_TypeError, "a program's operation takes many operands");
    }
    node->side = side;
    node->holder = Py_XNewRef(holder);
    node->stamp = ++S.clock;
    return PyDict_GET_SIZE(S.made) ? noted((PyObject *)node) : (PyObject *)node;
}

/* Make the node of a point that has been played. If all operands are leaves in the tuple of parameters, the tuple keeps
   them alive, and the node needs no reference to each. */
static PyObject *node_on(Player *player, PyObject *const *arguments, Py_ssize_t below, double value, Side *side)
{
    PyObject *inputs = arguments[1], *parameters = arguments[2], *node;
    if (player->known == parameters && below <= player->known_leaves && !has_values(inputs)) {
        node = held_into(side, inputs, parameters, below) == 0 ? node_of(arguments[0], value, side, parameters) : NULL;
        if (node == NULL)
            PyMem_Free(side);
        return node;
    }
    if (operands_into(side, inputs, parameters, below) < 0) {
        PyMem_Free(side);
        return NULL;
    }
    int found = find_paths(player, side, inputs, parameters, arguments[4] == Py_True) == 0;
    node = found ? node_of(arguments[0], value, side, NULL) : NULL;
    if (node == NULL)
        side_free(side);
    return node;
}

/* node(row, inputs, parameters, below, computed): return the only output as a node of this row. Its operands are the
 * inputs (a list of Values and numbers) and the first `below` parameters (a tuple of Values; `computed` is true if any
 * of them are computed nodes). Return None if the point takes another branch than the trace or raises an exception. */
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
    know(player, arguments[2]);
    int done = player_plays(player, arguments[1], arguments[2], 1.0, &value, side->locals);
    if (done > 0 && PyList_GET_SIZE(arguments[1]) == listed->inputs)
        return node_on(player, arguments, below, value, side);
    PyMem_Free(side);
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}
