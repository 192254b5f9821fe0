/* Searches among the nodes that a trace made: _program/tracing.py in C. No Python runs while marks are set. */
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

/* The first node that anything besides the list and the other nodes refers to, or None: `leaked` in tracing.py. */
static PyObject *leaked(PyObject *Py_UNUSED(module), PyObject *nodes)
{
    Node *few[2], *found = NULL;
    if (!PyList_CheckExact(nodes) || !is_list_of_values(nodes))
        return PyErr_Format(PyExc_TypeError, "leaked takes a list of Values");
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(nodes); i++) {
        Node *node = (Node *)PyList_GET_ITEM(nodes, i), **operands = operands_at(node, few);
        for (Py_ssize_t k = 0; k < node_count(node); k++)
            if (operands[k])
                operands[k]->mark++;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(nodes) && !found; i++) {
        Node *node = (Node *)PyList_GET_ITEM(nodes, i);
        found = Py_REFCNT(node) > (Py_ssize_t)node->mark + 1 ? node : NULL;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(nodes); i++) {
        Node *node = (Node *)PyList_GET_ITEM(nodes, i), **operands = operands_at(node, few);
        for (Py_ssize_t k = 0; k < node_count(node); k++)
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

/* Walk from the nodes on the stack through the nodes of the trace; 0, or -1 if there is no memory. */
static int walk(Stack *stack, PyObject *found)
{
    Node *few[2];
    while (stack->count) {
        Node *node = stack->nodes[--stack->count];
        if (node->mark == 0) {
            node->mark = FOUND;
            if (PyList_Append(found, (PyObject *)node) < 0)
                return -1;
        } else if (node->mark == OWN) {
            node->mark = SEEN;
            Node **operands = operands_at(node, few);
            for (Py_ssize_t k = node_count(node); k-- > 0;)
                if (operands[k] && operands[k]->mark <= OWN && push(stack, operands[k]) < 0)
                    return -1;
        }
    }
    return 0;
}

/* outside(roots, nodes): the nodes, other than `nodes`, that the roots were computed from; as in tracing.py. */
static PyObject *outside(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *roots, *nodes;
    if (!PyArg_ParseTuple(arguments, "O!O!:outside", &PyList_Type, &roots, &PyList_Type, &nodes))
        return NULL;
    if (!is_list_of_values(roots) || !is_list_of_values(nodes))
        return PyErr_Format(PyExc_TypeError, "outside takes two lists of Values");
    PyObject *found = PyList_New(0);
    Stack stack = {NULL, 0, 0};
    int failed = found == NULL;
    for (Py_ssize_t i = PyList_GET_SIZE(roots); !failed && i-- > 0;)
        failed = push(&stack, (Node *)PyList_GET_ITEM(roots, i)) < 0;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(nodes); i++)
        ((Node *)PyList_GET_ITEM(nodes, i))->mark = OWN;
    failed = failed || walk(&stack, found) < 0;
    unmark(nodes);
    if (found)
        unmark(found);
    PyMem_Free(stack.nodes);
    if (failed) {
        Py_XDECREF(found);
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    }
    return found;
}

PyMethodDef traced_methods[] = {
    {"leaked", leaked, METH_O, "leaked($module, nodes, /)\n--\n\n"},
    {"outside", outside, METH_VARARGS, "outside($module, roots, nodes, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};
