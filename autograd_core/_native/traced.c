/* Searches the nodes that a trace made: _program/traced_nodes.py in C. No Python code runs while marks are set. */
#include "core.h"

static Node **operands_at(Node *node, Node **few)
{
    few[0] = operands_of(node) >= ONE ? node->x : NULL;
    few[1] = operands_of(node) == TWO ? node->y : NULL;
    return operands_of(node) == MANY ? side_nodes(node->side) : few;
}

static void unmark(PyObject *nodes)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(nodes); i++)
        ((Node *)PyList_GET_ITEM(nodes, i))->mark = 0;
}

static int is_list_of_values(PyObject *nodes)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(nodes); i++)
        if (!is_value(PyList_GET_ITEM(nodes, i)))
            return 0;
    return 1;
}

/* The number of operands to which the node itself holds references. */
static Py_ssize_t counted(const Node *node) { return node->flags & HELD ? 0 : node_count(node); }

/* Return the first node to which anything besides the list and the other nodes refers, or None: `leaked` in
   traced_nodes.py. */
static PyObject *leaked(PyObject *Py_UNUSED(module), PyObject *nodes)
{
    Node *few[2], *found = NULL;
    if (!PyList_CheckExact(nodes) || !is_list_of_values(nodes))
        return PyErr_Format(PyExc_TypeError, "leaked takes a list of Values");
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(nodes); i++) {
        Node *node = (Node *)PyList_GET_ITEM(nodes, i), **operands = operands_at(node, few);
        for (Py_ssize_t k = 0; k < counted(node); k++)
            if (operands[k])
                operands[k]->mark++;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(nodes) && !found; i++) {
        Node *node = (Node *)PyList_GET_ITEM(nodes, i);
        found = Py_REFCNT(node) > (Py_ssize_t)node->mark + 1 ? node : NULL;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(nodes); i++) {
        Node *node = (Node *)PyList_GET_ITEM(nodes, i), **operands = operands_at(node, few);
        for (Py_ssize_t k = 0; k < counted(node); k++)
            if (operands[k])
                operands[k]->mark = 0;
    }
    return Py_NewRef(found ? (PyObject *)found : Py_None);
}

typedef struct Stack {
    Node **nodes;
    size_t count, capacity;
} Stack;

static int push(Stack *stack, Node *node)
{
    if (stack->count == stack->capacity) {
        size_t wanted = stack->capacity ? 2 * stack->capacity : 256;
        Node **larger = PyMem_Realloc(stack->nodes, wanted * sizeof *larger);
        if (larger == NULL)
            return -1;
        stack->nodes = larger;
        stack->capacity = wanted;
    }
    stack->nodes[stack->count++] = node;
    return 0;
}

enum { OWN = 1, SEEN = 2, FOUND = 3 };

/* Read two lists of Values from the arguments. Push the roots on the stack, so that the first root is on top, and mark
   `nodes` as OWN. */
static int opened(PyObject *arguments, const char *format, PyObject **roots, PyObject **nodes, Stack *stack)
{
    if (!PyArg_ParseTuple(arguments, format, &PyList_Type, roots, &PyList_Type, nodes))
        return -1;
    if (!is_list_of_values(*roots) || !is_list_of_values(*nodes)) {
        PyErr_SetString(PyExc_TypeError, "expected two lists of Values");
        return -1;
    }
    for (Py_ssize_t i = PyList_GET_SIZE(*roots); i-- > 0;)
        if (push(stack, (Node *)PyList_GET_ITEM(*roots, i)) < 0) {
            PyErr_NoMemory();
            return -1;
        }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(*nodes); i++)
        ((Node *)PyList_GET_ITEM(*nodes, i))->mark = OWN;
    return 0;
}

/* Mark as SEEN the nodes of the trace from which the nodes on the stack were computed, including these nodes
   themselves. Returns 0, or -1 if there is no memory. */
static int see(Stack *stack)
{
    Node *few[2];
    while (stack->count) {
        Node *node = stack->nodes[--stack->count];
        if (node->mark != OWN)
            continue;
        node->mark = SEEN;
        Node **operands = operands_at(node, few);
        /* A chain of sums usually continues in the first operand, which is popped last, so the stack stays short. */
        for (Py_ssize_t k = 0; k < node_count(node); k++)
            if (operands[k] && operands[k]->mark == OWN && push(stack, operands[k]) < 0)
                return -1;
    }
    return 0;
}

static PyObject *answer(Stack *stack, PyObject *found, int failed)
{
    PyMem_Free(stack->nodes);
    if (!failed)
        return found;
    Py_XDECREF(found);
    return PyErr_Occurred() ? NULL : PyErr_NoMemory();
}

static int find(Node *node, PyObject *found)
{
    if (node == NULL || node->mark)
        return 0;
    node->mark = FOUND;
    return PyList_Append(found, (PyObject *)node);
}

/* outside(roots, nodes): the nodes, other than `nodes`, that the roots were computed from; as in traced_nodes.py. */
static PyObject *outside(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *roots, *nodes, *found = PyList_New(0);
    Stack stack = {NULL, 0, 0};
    Node *few[2];
    int failed = found == NULL || opened(arguments, "O!O!:outside", &roots, &nodes, &stack) < 0;
    if (!failed) {
        failed = see(&stack) < 0;
        for (Py_ssize_t i = 0; !failed && i < PyList_GET_SIZE(nodes); i++) {
            Node *node = (Node *)PyList_GET_ITEM(nodes, i), **operands = operands_at(node, few);
            for (Py_ssize_t k = 0; node->mark == SEEN && k < node_count(node) && !failed; k++)
                failed = find(operands[k], found) < 0;
        }
        for (Py_ssize_t i = 0; !failed && i < PyList_GET_SIZE(roots); i++)
            failed = find((Node *)PyList_GET_ITEM(roots, i), found) < 0;
        unmark(nodes);
        unmark(found);
    }
    return answer(&stack, found, failed);
}

/* unused(roots, nodes): the computed nodes among `nodes` that no root was computed from; as in traced_nodes.py. */
static PyObject *unused(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *roots, *nodes, *found = PyList_New(0);
    Stack stack = {NULL, 0, 0};
    int failed = found == NULL || opened(arguments, "O!O!:unused", &roots, &nodes, &stack) < 0;
    if (!failed) {
        failed = see(&stack) < 0;
        for (Py_ssize_t i = 0; !failed && i < PyList_GET_SIZE(nodes); i++) {
            Node *node = (Node *)PyList_GET_ITEM(nodes, i);
            if (node->mark == OWN && operands_of(node) != LEAF)
                failed = PyList_Append(found, (PyObject *)node) < 0;
        }
        unmark(nodes);
    }
    return answer(&stack, found, failed);
}

/* leaves_among(nodes): as in traced_nodes.py. */
static PyObject *leaves_among(PyObject *Py_UNUSED(module), PyObject *nodes)
{
    if (!PyList_CheckExact(nodes) || !is_list_of_values(nodes))
        return PyErr_Format(PyExc_TypeError, "leaves_among takes a list of Values");
    PyObject *found = PyList_New(0);
    for (Py_ssize_t i = 0; found && i < PyList_GET_SIZE(nodes); i++) {
        PyObject *node = PyList_GET_ITEM(nodes, i);
        if (operands_of((Node *)node) == LEAF && PyList_Append(found, node) < 0)
            Py_CLEAR(found);
    }
    return found;
}

/* risky(nodes, may_raise): as in traced_nodes.py; `may_raise` is called once for each operation. */
static PyObject *risky(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *nodes, *may_raise, *found;
    if (!PyArg_ParseTuple(arguments, "O!O:risky", &PyList_Type, &nodes, &may_raise))
        return NULL;
    if (!is_list_of_values(nodes))
        return PyErr_Format(PyExc_TypeError, "risky takes a list of Values");
    size_t rows = (size_t)S.row_count; /* `may_raise` may add rows, but no node here has one of those */
    char *verdicts = PyMem_Calloc(rows + 1, 1);
    int failed = verdicts == NULL || (found = PyList_New(0)) == NULL;
    if (failed) {
        PyMem_Free(verdicts);
        return PyErr_NoMemory();
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(nodes) && !failed; i++) {
        Node *node = (Node *)PyList_GET_ITEM(nodes, i);
        if (operands_of(node) == LEAF)
            continue;
        if (verdicts[node->row] == 0) {
            PyObject *said = PyObject_CallOneArg(may_raise, S.rows[node->row].operation);
            verdicts[node->row] = said == NULL ? 0 : said == Py_True ? 1 : 2;
            failed = said == NULL;
            Py_XDECREF(said);
        }
        if (verdicts[node->row] == 1) {
            PyObject *place = PyLong_FromSsize_t(i);
            failed = place == NULL || PyList_Append(found, place) < 0;
            Py_XDECREF(place);
        }
    }
    PyMem_Free(verdicts);
    if (failed)
        Py_CLEAR(found);
    return found;
}

PyMethodDef traced_methods[] = {
    {"risky", risky, METH_VARARGS, "risky($module, nodes, may_raise, /)\n--\n\n"},
    {"leaked", leaked, METH_O, "leaked($module, nodes, /)\n--\n\n"},
    {"leaves_among", leaves_among, METH_O, "leaves_among($module, nodes, /)\n--\n\n"},
    {"unused", unused, METH_VARARGS, "unused($module, roots, nodes, /)\n--\n\n"},
    {"outside", outside, METH_VARARGS, "outside($module, roots, nodes, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};
