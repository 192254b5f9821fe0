/* Reorders a listing (a flat list of instructions) whose trace has edges that the engine's graph does not have:
   _program/order.py in C. */
#include "core.h"

/* A variable is a slot that stands for a node of the graph, not for a plain number. For each edge along which an
   instruction reads a variable, `earlier` holds the previous instruction, in the engine's order, that reads this
   variable, or -1. */
typedef struct Order {
    Py_buffer codes, starts, operands, variable, roots;
    int32_t *code, *start, *operand;
    int32_t first, count, edges, made;
    int32_t *earlier, *swept, *path, *edge, *order;
    char *state;
} Order;

enum { UNSEEN, WAITING, DONE };

/* Whether every operand comes before its instruction. */
static int in_bounds(const Order *list)
{
    const int32_t *root = list->roots.buf;
    if (list->first < 0 || list->starts.len != (list->count + 1) * (Py_ssize_t)sizeof *root || list->start[0] != 0)
        return 0;
    for (int32_t k = 0; k < list->count; k++) {
        if (list->start[k + 1] < list->start[k] || list->start[k + 1] > list->edges)
            return 0;
        for (int32_t i = list->start[k]; i < list->start[k + 1]; i++)
            if (list->operand[i] < 0 || list->operand[i] >= list->first + k)
                return 0;
    }
    for (Py_ssize_t i = 0; i < list->roots.len / (Py_ssize_t)sizeof *root; i++)
        if (root[i] < 0 || root[i] >= list->first + list->count)
            return 0;
    return list->start[list->count] == list->edges;
}

/* Sort the instructions below a root, visiting only variables. */
static int32_t sweep_from(Order *list, int32_t slot, int32_t swept)
{
    const char *variable = list->variable.buf;
    int32_t depth = 0, k = slot - list->first;
    if (k < 0 || !variable[slot] || list->state[k])
        return swept;
    list->path[depth] = k;
    list->edge[depth++] = list->start[k];
    while (depth) {
        int32_t i = list->edge[depth - 1], below = -1;
        k = list->path[depth - 1];
        for (; i < list->start[k + 1] && below < 0; i++) {
            int32_t at = list->operand[i];
            if (at >= list->first && variable[at] && !list->state[at - list->first])
                below = at - list->first;
        }
        list->edge[depth - 1] = i;
        if (below >= 0) {
            list->path[depth] = below;
            list->edge[depth++] = list->start[below];
        } else {
            list->state[k] = DONE;
            list->swept[swept++] = k;
            depth--;
        }
    }
    return swept;
}

/* Fill `earlier`; `last` is scratch memory with an entry for each slot. */
static void find_earlier(Order *list, int32_t swept, int32_t *last)
{
    const char *variable = list->variable.buf;
    for (int32_t i = 0; i < list->edges; i++)
        list->earlier[i] = -1;
    for (int32_t slot = 0; slot < list->first + list->count; slot++)
        last[slot] = -1;
    for (int32_t n = 0; n < swept; n++) {
        int32_t k = list->swept[n];
        for (int32_t i = list->start[k]; i < list->start[k + 1]; i++)
            list->earlier[i] = variable[list->operand[i]] ? last[list->operand[i]] : -1;
        for (int32_t i = list->start[k]; i < list->start[k + 1]; i++)
            last[list->operand[i]] = k;
    }
}

/* Return requirement `i` of instruction `k`: an instruction that must come before it, or a negative number. An
   instruction with n operands has 2n requirements: first the operands, then the earlier readers. */
static int32_t needed(const Order *list, int32_t k, int32_t i)
{
    int32_t count = list->start[k + 1] - list->start[k];
    return i < count ? list->operand[list->start[k] + i] - list->first : list->earlier[list->start[k] + i - count];
}

/* Add an instruction after everything that must come before it. Returns 0 if it would have to precede itself. */
static int add(Order *list, int32_t root)
{
    int32_t depth = 0;
    if (list->state[root])
        return 1;
    list->path[depth] = root;
    list->edge[depth++] = 0;
    list->state[root] = WAITING;
    while (depth) {
        int32_t k = list->path[depth - 1], i = list->edge[depth - 1], below = -1;
        int32_t count = 2 * (list->start[k + 1] - list->start[k]);
        while (i < count && below < 0) {
            int32_t at = needed(list, k, i++);
            if (at >= 0 && list->state[at] != DONE)
                below = at;
        }
        list->edge[depth - 1] = i;
        if (below < 0) {
            list->state[k] = DONE;
            list->order[list->made++] = k;
            depth--;
        } else if (list->state[below] == WAITING) {
            return 0;
        } else {
            list->state[below] = WAITING;
            list->path[depth] = below;
            list->edge[depth++] = 0;
        }
    }
    return 1;
}

/* Return 1 if the order is complete, or 0 if no order exists. */
static int fill(Order *list, int32_t *last)
{
    const int32_t *root = list->roots.buf;
    int32_t swept = 0;
    for (Py_ssize_t i = 0; i < list->roots.len / (Py_ssize_t)sizeof *root; i++)
        swept = sweep_from(list, root[i], swept);
    find_earlier(list, swept, last);
    memset(list->state, UNSEEN, (size_t)list->count);
    for (int32_t n = 0; n < swept; n++)
        if (!add(list, list->swept[n]))
            return 0;
    for (int32_t k = 0; k < list->count; k++)
        if (!add(list, k))
            return 0;
    return 1;
}

/* Write each slot's new number into `moved`. */
static void number(const Order *list, int32_t *moved)
{
    for (int32_t slot = 0; slot < list->first; slot++)
        moved[slot] = slot;
    for (int32_t k = 0; k < list->count; k++)
        moved[list->first + list->order[k]] = list->first + k;
}

/* Put the instructions in the new order. The arrays that the search used are overwritten by copies of the list. */
static void move(Order *list, const int32_t *moved)
{
    char *variable = (char *)list->variable.buf + list->first;
    int32_t *start = list->path, *operand = list->earlier, *code = list->edge, edge = 0;
    memcpy(start, list->start, ((size_t)list->count + 1) * sizeof *start);
    memcpy(operand, list->operand, (size_t)list->edges * sizeof *operand);
    memcpy(code, list->code, (size_t)list->count * sizeof *code);
    memcpy(list->state, variable, (size_t)list->count);
    for (int32_t k = 0; k < list->count; k++) {
        int32_t old = list->order[k];
        list->code[k] = code[old];
        variable[k] = list->state[old];
        list->start[k] = edge;
        for (int32_t i = start[old]; i < start[old + 1]; i++)
            list->operand[edge++] = moved[operand[i]];
    }
}

/* Reorder the list, and fill `moved`. Returns 1, 0 if no order exists, or -1 with an exception set. */
static int reorder(Order *list, int32_t *moved)
{
    size_t count = (size_t)list->count + 1;
    void **blocks[] = {(void **)&list->earlier, (void **)&list->swept, (void **)&list->path, (void **)&list->edge,
                       (void **)&list->order, (void **)&list->state};
    int good = 1;
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        *blocks[i] = PyMem_Calloc(i ? count : (size_t)list->edges + 1, sizeof(int32_t));
        good = good && *blocks[i] != NULL;
    }
    if (!good) {
        PyErr_NoMemory();
        good = -1;
    } else if ((good = fill(list, moved))) {
        number(list, moved);
        move(list, moved);
    }
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        PyMem_Free(*blocks[i]);
    return good;
}

/* reordered(code, starts, operands, variable, roots, one): `one` is an array of one int; the result is an array of
   ints. */
PyObject *reordered(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Order list = {0};
    Py_buffer view;
    PyObject *one, *moved = NULL;
    if (!PyArg_ParseTuple(arguments, "w*w*w*w*y*O:reordered", &list.codes, &list.starts, &list.operands, &list.variable,
                          &list.roots, &one))
        return NULL;
    list.code = list.codes.buf;
    list.start = list.starts.buf;
    list.operand = list.operands.buf;
    list.count = (int32_t)(list.codes.len / (Py_ssize_t)sizeof(int32_t));
    list.edges = (int32_t)(list.operands.len / (Py_ssize_t)sizeof(int32_t));
    list.first = (int32_t)list.variable.len - list.count;
    if (!in_bounds(&list))
        PyErr_SetString(PyExc_ValueError, "the listing is damaged: an operand does not come before its instruction");
    else if ((moved = PySequence_Repeat(one, list.variable.len)) &&
             PyObject_GetBuffer(moved, &view, PyBUF_C_CONTIGUOUS | PyBUF_WRITABLE) < 0)
        Py_CLEAR(moved);
    if (moved) {
        int found = reorder(&list, view.buf);
        PyBuffer_Release(&view);
        if (found <= 0)
            Py_SETREF(moved, found < 0 ? NULL : Py_NewRef(Py_None));
    }
    Py_buffer *buffers[] = {&list.codes, &list.starts, &list.operands, &list.variable, &list.roots};
    for (int i = 0; i < 5; i++)
        PyBuffer_Release(buffers[i]);
    return moved;
}
