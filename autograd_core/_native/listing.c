/* Writes a graph as a listing (a flat list of instructions), as _program/listing.py does, for graphs of any size.
 *
 * In unusual cases (a leaf that is not among the given leaves, a checkpoint, a leaf that was assigned after it was
 * used) the result is None; then the Python code makes the listing, or raises an error.
 */
#include "sort.h"

/* The constants: each plain number once (numbers with different bits are different), and every variable number, that
 * is, the result of a stop_gradient. */
typedef struct Numbers {
    double *numbers;
    char *variable; /* whether each is a variable number */
    int32_t *places; /* a hash table of indices, from 1 */
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

/* Return the index of a number, which is added if it is new, or -1 with an exception set. A variable number is always
   new. */
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

/* While the list is written, the mark of each node is its slot (the index of its value), from 1. The list is written
 * directly into Python's arrays, because a copy would take much memory. Meanwhile, no object is made that could start
 * the garbage collector, which can run any code. */
typedef struct Writer {
    Sorted sorted;
    Numbers numbers;
    int32_t *code, *starts, *operands, *row_code; /* row_code: the code of each row of the engine, from 1 */
    char *variable;
    size_t count, edges;
    PyObject *rows, *plain, *slots, *arrays;
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

/* Count instructions and edges, and collect the constants. Returns 0 in an unusual case. */
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
            int32_t place = place_of(&writer->numbers, node->data, 1);
            if (place < 0)
                return -1;
            node->mark = (uint32_t)sorted->stops + (uint32_t)place + 1;
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
        if (operands_of(node) == LEAF)
            continue;
        writer->starts[k] = edge;
        int moves = 0;
        for (Py_ssize_t j = 0; j < node_count(node); j++) {
            int32_t slot = nodes[j] ? (int32_t)nodes[j]->mark - 1
                                    : leaves + place_of(&writer->numbers, plain_at(node, j), 0);
            moves |= writer->variable[slot];
            writer->operands[edge++] = slot;
        }
        int stands = writer->plain ? PySet_Contains(writer->plain, (PyObject *)node) : 0;
        if (stands < 0 || (writer->code[k] = code_of(writer, node)) < 0)
            return -1;
        writer->variable[first + k] = (char)(moves && !stands);
        node->mark = (uint32_t)(first + ++k);
    }
    writer->starts[k] = edge;
    return 0;
}

/* Sort the nodes below the roots. Returns 0 if a leaf is given twice. */
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

static int find_root_slots(Writer *writer, PyObject *roots)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(roots); i++) {
        PyObject *root = PyTuple_GET_ITEM(roots, i);
        long slot = is_value(root) ? (long)((Node *)root)->mark - 1
                                   : (long)writer->sorted.stops + place_of(&writer->numbers, PyFloat_AsDouble(root), 0);
        PyObject *number = PyLong_FromLong(slot);
        if (number == NULL)
            return -1;
        PyList_SET_ITEM(writer->slots, i, number);
    }
    return 0;
}

/* Make an array of `count` items of the same type as `one`, an array of one item. Set `at` to the address of the new
   array's memory, to which nothing else refers yet. */
static int array_of(Writer *writer, PyObject *one, size_t count, void **at)
{
    Py_buffer view;
    PyObject *array = PySequence_Repeat(one, (Py_ssize_t)count);
    int failed = array == NULL || PyObject_GetBuffer(array, &view, PyBUF_C_CONTIGUOUS | PyBUF_WRITABLE) < 0;
    if (!failed) {
        *at = view.buf;
        PyBuffer_Release(&view);
        failed = PyList_Append(writer->arrays, array) < 0;
    }
    Py_XDECREF(array);
    return failed ? -1 : 0;
}

/* Make all arrays. `ones` holds three arrays of one item each: a double, an int and a byte. */
static int make_arrays(Writer *writer, PyObject *ones)
{
    size_t slots = writer->sorted.stops + writer->numbers.count + writer->count;
    PyObject *ints = PyTuple_GET_ITEM(ones, 1);
    double *numbers;
    if (array_of(writer, PyTuple_GET_ITEM(ones, 0), writer->numbers.count, (void **)&numbers) < 0 ||
        array_of(writer, ints, writer->count, (void **)&writer->code) < 0 ||
        array_of(writer, ints, writer->count + 1, (void **)&writer->starts) < 0 ||
        array_of(writer, ints, writer->edges, (void **)&writer->operands) < 0 ||
        array_of(writer, PyTuple_GET_ITEM(ones, 2), slots, (void **)&writer->variable) < 0)
        return -1;
    if (writer->numbers.count)
        memcpy(numbers, writer->numbers.numbers, writer->numbers.count * sizeof *numbers);
    return 0;
}

/* Return 1 if the list was written, 0 in an unusual case, or -1 with an exception set. */
static int write_all(Writer *writer, PyObject *roots, PyObject *leaves, PyObject *ones)
{
    int good = sort_all(writer, roots, leaves);
    if (good > 0)
        good = look(writer);
    for (Py_ssize_t i = 0; good > 0 && i < PyTuple_GET_SIZE(roots); i++)
        if (!is_value(PyTuple_GET_ITEM(roots, i)) &&
            place_of(&writer->numbers, PyFloat_AsDouble(PyTuple_GET_ITEM(roots, i)), 0) < 0)
            good = -1;
    if (good > 0 && writer->numbers.count == 0 && numbers_grow(&writer->numbers) < 0)
        good = -1;
    if (good > 0 && (PyErr_Occurred() || make_arrays(writer, ones) < 0 || write_list(writer) < 0 ||
                     find_root_slots(writer, roots) < 0))
        good = -1;
    return good;
}

/* listed(roots, leaves, plain, ones): `roots` is a tuple of Values and floats, `leaves` a tuple of Values, and `plain`
 * a set of Values or None. `ones` holds three arrays of one item each, which show the types of the arrays to make. */
static PyObject *listed(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *roots, *leaves, *plain, *ones, *result = NULL;
    if (!PyArg_ParseTuple(arguments, "O!O!OO!:listed", &PyTuple_Type, &roots, &PyTuple_Type, &leaves, &plain,
                          &PyTuple_Type, &ones) ||
        not_values(leaves))
        return NULL;
    Writer writer = {.rows = PyList_New(0), .plain = PyAnySet_Check(plain) && PySet_GET_SIZE(plain) ? plain : NULL,
                     .slots = PyList_New(PyTuple_GET_SIZE(roots)), .arrays = PyList_New(0),
                     .row_code = PyMem_Calloc((size_t)S.row_count + 1, sizeof *writer.row_code)};
    sort_open(&writer.sorted);
    int good = writer.rows && writer.slots && writer.arrays && writer.row_code && PyTuple_GET_SIZE(ones) == 3
                   ? write_all(&writer, roots, leaves, ones) : -1;
    sort_unmark(&writer.sorted);
    sort_close(&writer.sorted);
    PyObject *arrays = good > 0 ? PyList_AsTuple(writer.arrays) : NULL, *rows = arrays ? PyList_AsTuple(writer.rows) : NULL;
    if (rows)
        result = PyTuple_Pack(3, arrays, rows, writer.slots);
    else if (good == 0)
        result = Py_NewRef(Py_None);
    else if (!PyErr_Occurred())
        PyErr_NoMemory();
    void *blocks[] = {writer.row_code, writer.numbers.numbers, writer.numbers.variable, writer.numbers.places};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        PyMem_Free(blocks[i]);
    PyObject *held[] = {arrays, rows, writer.rows, writer.slots, writer.arrays};
    for (size_t i = 0; i < sizeof held / sizeof *held; i++)
        Py_XDECREF(held[i]);
    return result;
}

PyMethodDef listing_methods[] = {
    {"varied", varied, METH_VARARGS,
     "varied($module, leaves, variable, starts, operands, /)\n--\n\nReturn which slots are variables: see varied.c."},
    {"reordered", reordered, METH_VARARGS,
     "reordered($module, code, starts, operands, variable, roots, one, /)\n--\n\nReorder a list: see order.c."},
    {"listed", listed, METH_VARARGS,
     "listed($module, roots, leaves, plain, ones, /)\n--\n\nReturn the parts of a listing, or None: see listing.c."},
    {NULL, NULL, 0, NULL},
};
