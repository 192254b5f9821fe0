/* A graph as a flat list, as in _program/listing.py, for graphs of any size.
 *
 * In unusual cases (a leaf that is not named, a checkpoint, a leaf assigned since) the result is None; then Python
 * makes the list, or says what is wrong.
 */
#include "sort.h"

/* The plain numbers, distinct by their bits, and their indices among the constants. */
typedef struct Numbers {
    double *numbers;
    char *variable; /* the results of stop_gradient */
    int32_t *places; /* by hash, from 1 */
    size_t count, capacity, mask;
} Numbers;

static int numbers_grow(Numbers *numbers)
{
    size_t capacity = numbers->capacity ? 2 * numbers->capacity : 64, mask = 4 * capacity - 1;
    double *larger = PyMem_Realloc(numbers->numbers, capacity * sizeof *larger);
    char *variable = larger ? PyMem_Realloc(numbers->variable, capacity) : NULL;
    int32_t *places = PyMem_Calloc(mask + 1, sizeof *places);
    numbers->numbers = larger ? larger : numbers->numbers;
    numbers->variable = variable ? variable : numbers->variable;
    if (!larger || !variable || !places) {
        PyMem_Free(places);
        PyErr_NoMemory();
        return -1;
    }
    PyMem_Free(numbers->places);
    numbers->places = places;
    numbers->capacity = capacity;
    numbers->mask = mask;
    for (size_t i = 0; i < numbers->count; i++) {
        uint64_t bits;
        memcpy(&bits, &larger[i], sizeof bits);
        size_t at = (bits * 0x9E3779B97F4A7C15u >> 20) & mask;
        while (places[at])
            at = (at + 1) & mask;
        if (!variable[i])
            places[at] = (int32_t)i + 1;
    }
    return 0;
}

/* The index of a number, which may be new; -1 with an exception set. A variable number is always new. */
static int32_t place_of(Numbers *numbers, double number, int variable)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    if (numbers->count == numbers->capacity && numbers_grow(numbers) < 0)
        return -1;
    size_t at = (bits * 0x9E3779B97F4A7C15u >> 20) & numbers->mask;
    while (numbers->places[at] && memcmp(&numbers->numbers[numbers->places[at] - 1], &number, sizeof number) != 0)
        at = (at + 1) & numbers->mask;
    if (!variable && numbers->places[at])
        return numbers->places[at] - 1;
    if (!variable)
        numbers->places[at] = (int32_t)numbers->count + 1;
    numbers->numbers[numbers->count] = number;
    numbers->variable[numbers->count] = (char)variable;
    return (int32_t)numbers->count++;
}

typedef struct Writer {
    Sorted sorted;
    Numbers numbers;
    int32_t *slots;  /* for each position in the order; for constants their number, until all are known */
    int32_t *code, *starts, *operands, *row_code; /* row_code: for each row of the engine, from 1 */
    char *variable;
    size_t count, edges;
    PyObject *rows, *plain;
} Writer;

static Node **operands_at(Node *node, Node **few)
{
    few[0] = node->x;
    few[1] = node->y;
    return operands_of(node) == MANY ? side_nodes(node->side) : few;
}

static double plain_at(const Node *node, Py_ssize_t i)
{
    return operands_of(node) == MANY ? node->side->locals[i] : i ? node->dy : node->dx;
}

/* Count everything, and add the leaves that are constants. 0 in an unusual case. */
static int look(Writer *writer)
{
    Sorted *sorted = &writer->sorted;
    for (size_t i = sorted->stops; i < sorted->count; i++) {
        Node *node = sorted->nodes[i], *few[2], **nodes = operands_at(node, few);
        if (node->flags & SEGMENT)
            return 0;
        if (operands_of(node) == LEAF) {
            if (node->row != S.constant_row)
                return 0;
            if ((writer->slots[i] = place_of(&writer->numbers, node->data, 1)) < 0)
                return -1;
            continue;
        }
        Py_ssize_t count = node_count(node);
        for (Py_ssize_t k = 0; k < count; k++)
            if (nodes[k] && operands_of(nodes[k]) == LEAF && nodes[k]->stamp > node->stamp)
                return 0;
        writer->count++;
        writer->edges += (size_t)count;
    }
    for (size_t i = sorted->stops; i < sorted->count; i++) {
        Node *node = sorted->nodes[i], *few[2], **nodes = operands_at(node, few);
        for (Py_ssize_t k = 0; k < node_count(node); k++)
            if (nodes[k] == NULL && place_of(&writer->numbers, plain_at(node, k), 0) < 0)
                return -1;
    }
    return writer->edges < INT32_MAX / 4;
}

static int32_t code_of(Writer *writer, const Node *node)
{
    if (writer->row_code[node->row] == 0) {
        if (PyList_Append(writer->rows, S.rows[node->row].operation) < 0)
            return -1;
        writer->row_code[node->row] = (int32_t)PyList_GET_SIZE(writer->rows);
    }
    return writer->row_code[node->row] - 1;
}

static int write_list(Writer *writer)
{
    Sorted *sorted = &writer->sorted;
    int32_t leaves = (int32_t)sorted->stops, first = leaves + (int32_t)writer->numbers.count, k = 0, edge = 0;
    memset(writer->variable, 1, sorted->stops);
    memcpy(writer->variable + leaves, writer->numbers.variable, writer->numbers.count);
    for (size_t i = sorted->stops; i < sorted->count; i++) {
        Node *node = sorted->nodes[i], *few[2], **nodes = operands_at(node, few);
        if (operands_of(node) == LEAF) {
            writer->slots[i] += leaves;
            continue;
        }
        writer->slots[i] = first + k;
        writer->starts[k] = edge;
        int moves = 0;
        for (Py_ssize_t j = 0; j < node_count(node); j++) {
            int32_t slot;
            if (nodes[j] == NULL)
                slot = leaves + place_of(&writer->numbers, plain_at(node, j), 0);
            else
                slot = nodes[j]->mark <= sorted->stops ? (int32_t)nodes[j]->mark - 1 : writer->slots[nodes[j]->mark - 1];
            moves |= writer->variable[slot];
            writer->operands[edge++] = slot;
        }
        int stands = writer->plain ? PySet_Contains(writer->plain, (PyObject *)node) : 0;
        if (stands < 0 || (writer->code[k] = code_of(writer, node)) < 0)
            return -1;
        writer->variable[first + k++] = (char)(moves && !stands);
    }
    writer->starts[k] = edge;
    return 0;
}

/* Sort the nodes below the roots. 0 if a leaf is named twice. */
static int sort_all(Writer *writer, PyObject *roots, PyObject *leaves)
{
    Sorted *sorted = &writer->sorted;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(leaves); i++) {
        if (((Node *)PyTuple_GET_ITEM(leaves, i))->mark)
            return 0;
        if (sort_stop(sorted, (Node *)PyTuple_GET_ITEM(leaves, i)) < 0)
            return -1;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(roots); i++)
        if (is_value(PyTuple_GET_ITEM(roots, i)) && sort_from(sorted, (Node *)PyTuple_GET_ITEM(roots, i)) < 0)
            return -1;
    return 1;
}

static PyObject *root_slots(Writer *writer, PyObject *roots)
{
    PyObject *slots = PyList_New(PyTuple_GET_SIZE(roots));
    for (Py_ssize_t i = 0; slots && i < PyTuple_GET_SIZE(roots); i++) {
        PyObject *root = PyTuple_GET_ITEM(roots, i);
        long slot;
        if (is_value(root)) {
            uint32_t mark = ((Node *)root)->mark;
            slot = mark <= writer->sorted.stops ? (long)mark - 1 : writer->slots[mark - 1];
        } else {
            slot = (long)writer->sorted.stops + place_of(&writer->numbers, PyFloat_AsDouble(root), 0);
        }
        PyList_SET_ITEM(slots, i, PyLong_FromLong(slot));
    }
    return slots;
}

static PyObject *bytes_of(const void *items, size_t count, size_t size)
{
    return PyBytes_FromStringAndSize(items, (Py_ssize_t)(count * size));
}

static PyObject *written(Writer *writer, PyObject *roots)
{
    size_t count = writer->count;
    PyObject *slots = root_slots(writer, roots);
    return Py_BuildValue("(NNNNNNN)", bytes_of(writer->numbers.numbers, writer->numbers.count, sizeof(double)),
                         PyList_AsTuple(writer->rows), bytes_of(writer->code, count, sizeof(int32_t)),
                         bytes_of(writer->starts, count + 1, sizeof(int32_t)),
                         bytes_of(writer->operands, writer->edges, sizeof(int32_t)), slots,
                         bytes_of(writer->variable, writer->sorted.stops + writer->numbers.count + count, 1));
}

/* listed(roots, leaves, plain): a tuple of Values and floats, a tuple of Values, and a set of Values or None. */
static PyObject *listed(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *roots, *leaves, *plain, *result = NULL;
    if (!PyArg_ParseTuple(arguments, "O!O!O:listed", &PyTuple_Type, &roots, &PyTuple_Type, &leaves, &plain) ||
        not_values(leaves))
        return NULL;
    Writer writer = {.rows = PyList_New(0), .plain = PyAnySet_Check(plain) && PySet_GET_SIZE(plain) ? plain : NULL};
    sort_open(&writer.sorted);
    int good = writer.rows ? sort_all(&writer, roots, leaves) : -1;
    if (good > 0) {
        writer.slots = PyMem_Calloc(writer.sorted.count + 1, sizeof *writer.slots);
        writer.row_code = PyMem_Calloc((size_t)S.row_count + 1, sizeof *writer.row_code);
        good = writer.slots && writer.row_code ? look(&writer) : -1;
    }
    for (Py_ssize_t i = 0; good > 0 && i < PyTuple_GET_SIZE(roots); i++)
        if (!is_value(PyTuple_GET_ITEM(roots, i)))
            good = place_of(&writer.numbers, PyFloat_AsDouble(PyTuple_GET_ITEM(roots, i)), 0) < 0 ? -1 : good;
    if (good > 0 && writer.numbers.count == 0)
        good = numbers_grow(&writer.numbers) < 0 ? -1 : good;
    if (good > 0 && !PyErr_Occurred()) {
        writer.code = PyMem_New(int32_t, writer.count + 1);
        writer.starts = PyMem_New(int32_t, writer.count + 1);
        writer.operands = PyMem_New(int32_t, writer.edges + 1);
        writer.variable = PyMem_New(char, writer.sorted.count + writer.numbers.count + 1);
        good = writer.code && writer.starts && writer.operands && writer.variable ? write_list(&writer) : -1;
        result = good < 0 ? NULL : written(&writer, roots);
    } else if (good == 0) {
        result = Py_NewRef(Py_None);
    }
    if (result == NULL && !PyErr_Occurred())
        PyErr_NoMemory();
    sort_unmark(&writer.sorted);
    sort_close(&writer.sorted);
    void *blocks[] = {writer.slots, writer.row_code, writer.code, writer.starts, writer.operands, writer.variable,
                      writer.numbers.numbers, writer.numbers.variable, writer.numbers.places};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        PyMem_Free(blocks[i]);
    Py_XDECREF(writer.rows);
    return result;
}

typedef struct Flags {
    Py_buffer leaves, old, starts, operands;
    char *made;
} Flags;

/* Fill the slots after the leaves; 0 if the list would read out of bounds. */
static int vary(const Flags *flags)
{
    const int32_t *starts = flags->starts.buf, *operands = flags->operands.buf;
    const char *old = flags->old.buf;
    Py_ssize_t count = flags->starts.len / (Py_ssize_t)sizeof *starts - 1, first = flags->old.len - count;
    Py_ssize_t leaves = flags->leaves.len, edges = flags->operands.len / (Py_ssize_t)sizeof *operands;
    if (count < 0 || leaves > first || starts[0] < 0)
        return 0;
    memcpy(flags->made, flags->leaves.buf, (size_t)leaves);
    memcpy(flags->made + leaves, old + leaves, (size_t)(first - leaves));
    for (Py_ssize_t k = 0; k < count; k++) {
        char any = 0;
        if (starts[k + 1] < starts[k] || starts[k + 1] > edges)
            return 0;
        for (int32_t i = starts[k]; i < starts[k + 1]; i++) {
            if (operands[i] < 0 || operands[i] >= first + k)
                return 0;
            any |= flags->made[operands[i]];
        }
        flags->made[first + k] = (char)(old[first + k] && any);
    }
    return 1;
}

/* varied(leaves, variable, starts, operands): which slots are variables, given which of the first ones are. */
static PyObject *varied(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Flags flags;
    if (!PyArg_ParseTuple(arguments, "y*y*y*y*:varied", &flags.leaves, &flags.old, &flags.starts, &flags.operands))
        return NULL;
    PyObject *made = PyBytes_FromStringAndSize(NULL, flags.old.len);
    flags.made = made ? PyBytes_AS_STRING(made) : NULL;
    if (made && !vary(&flags)) {
        Py_CLEAR(made);
        PyErr_SetString(PyExc_ValueError, "the listing is damaged: an operand does not come before its instruction");
    }
    Py_buffer *buffers[] = {&flags.leaves, &flags.old, &flags.starts, &flags.operands};
    for (int i = 0; i < 4; i++)
        PyBuffer_Release(buffers[i]);
    return made;
}

PyMethodDef listing_methods[] = {
    {"varied", varied, METH_VARARGS,
     "varied($module, leaves, variable, starts, operands, /)\n--\n\nReturn which slots are variables: see listing.c."},
    {"listed", listed, METH_VARARGS,
     "listed($module, roots, leaves, plain, /)\n--\n\nReturn the parts of a listing, or None: see listing.c."},
    {NULL, NULL, 0, NULL},
};
