/* Operations on many operands. Each makes one node, however many operands there are. The row of an operation is its
   entry in the table of operations, with its Python code. */
#include "core.h"

#include <string.h>

/* The operands of a call, unconverted: the items of a list or tuple, or the arguments themselves. */
typedef struct Items {
    PyObject *const *items;
    Py_ssize_t count;
} Items;

static int items_of(PyObject *list, Items *found)
{
    if (PyList_CheckExact(list))
        *found = (Items){((PyListObject *)list)->ob_item, PyList_GET_SIZE(list)};
    else if (PyTuple_CheckExact(list))
        *found = (Items){((PyTupleObject *)list)->ob_item, PyTuple_GET_SIZE(list)};
    else
        return 0;
    return 1;
}

/* Read Values, floats and ints into `numbers`; return 0 if there is anything else. No Python code runs, so the list
   cannot change. */
static int read_numbers(Items items, double *numbers, int *values)
{
    for (Py_ssize_t i = 0; i < items.count; i++) {
        PyObject *item = items.items[i];
        if (is_value(item)) {
            numbers[i] = ((Node *)item)->data;
            *values = 1;
        } else if (PyFloat_CheckExact(item)) {
            numbers[i] = PyFloat_AS_DOUBLE(item);
        } else if (PyLong_CheckExact(item)) {
            numbers[i] = PyLong_AsDouble(item);
            if (numbers[i] == -1.0 && PyErr_Occurred()) {
                PyErr_Clear(); /* too large: the Python code will raise the error again */
                return 0;
            }
        } else {
            return 0;
        }
    }
    return 1;
}

static void fill_nodes(Side *side, Py_ssize_t at, Items items, const double *numbers)
{
    Node **nodes = side_nodes(side) + at;
    for (Py_ssize_t i = 0; i < items.count; i++) {
        if (is_value(items.items[i])) {
            nodes[i] = (Node *)Py_NewRef(items.items[i]);
        } else {
            nodes[i] = NULL;
            side->locals[at + i] = numbers[at + i];
        }
    }
}

/* Make a node with many operands that owns `side`. If there is no memory, free `side` and return NULL. */
static PyObject *record_many(Function *function, double z, Place *place, Side *side)
{
    if (function->row_flag)
        row_use(function->row);
    Node *node = new_node(z, place, function->row, MANY | function->row_flag);
    if (node == NULL) {
        side_free(side);
        if (function->row_flag)
            row_release(function->row);
        return NULL;
    }
    node->side = side;
    node->segment = NULL;
    return PyDict_GET_SIZE(S.made) ? noted((PyObject *)node) : (PyObject *)node;
}

/* Compute with the kernel, at a place (NULL for the current place). Returns 1, 0 if that is not possible, or -1 on an
   error. No Python code runs, unless the row decides in Python whether a derivative of 0 is flat. */
int apply_many_at(Place *there, Function *function, PyObject *const *arguments, Py_ssize_t count, PyObject **result)
{
    Items first = {arguments, count}, second = {NULL, 0};
    switch (function->gather_kind) {
    case GATHER_ARGUMENTS:
        break;
    case GATHER_LIST:
        if (count != 1 || !items_of(arguments[0], &first))
            return 0;
        break;
    case GATHER_TWO_LISTS:
        if (count != 2 || !items_of(arguments[0], &first) || !items_of(arguments[1], &second) ||
            first.count != second.count)
            return 0;
        break;
    }
    Py_ssize_t total = first.count + second.count;
    double *numbers = scratch_for(total), z;
    int values = 0;
    if (numbers == NULL)
        return -1;
    if (!read_numbers(first, numbers, &values) || !read_numbers(second, numbers + first.count, &values))
        return 0;
    Place *place = NULL;
    Side *side = NULL;
    if (values) {
        if ((place = there ? (Place *)Py_NewRef((PyObject *)there) : place_now()) == NULL)
            return -1;
        if (place->recording && (side = side_memory(total)) == NULL) {
            Py_DECREF(place);
            return -1;
        }
    }
    int done = function->kernel.many(numbers, total, &z, side ? side->locals : NULL);
    if (done && side) {
        fill_nodes(side, 0, first, numbers);
        fill_nodes(side, first.count, second, numbers);
        if (fill_zeros(function, side, numbers, function->flat_kind) < 0) {
            side_free(side);
            Py_DECREF(place);
            return -1;
        }
        *result = record_many(function, z, place, side);
        return *result ? 1 : -1;
    }
    PyMem_Free(side);
    if (done) {
        *result = values ? new_leaf_at(place, S.input_row, z) : PyFloat_FromDouble(z);
        return *result ? 1 : -1;
    }
    Py_XDECREF(place);
    return 0;
}

/* Return the operands' numbers as a list of floats, as a row's Python code takes them. In the tuple of operands, which
   only this code holds, a zero-dimensional array is replaced by the Value inside it. */
static PyObject *numbers_list(Function *function, PyObject *operands, int *values)
{
    Py_ssize_t count = PyTuple_GET_SIZE(operands);
    PyObject *numbers = PyList_New(count);
    for (Py_ssize_t i = 0; numbers && i < count; i++) {
        PyObject *operand = PyTuple_GET_ITEM(operands, i), *item = NULL;
        double number;
        int found = 1;
        if (is_value(operand)) {
            number = ((Node *)operand)->data;
            *values = 1;
        } else {
            found = number_of(operand, &number);
        }
        if (found == 0 && (operand = value_alone(function, operand))) {
            number = ((Node *)operand)->data;
            *values = found = 1;
            Py_DECREF(PyTuple_GET_ITEM(operands, i));
            PyTuple_SET_ITEM(operands, i, operand);
        }
        if (found > 0)
            item = PyFloat_FromDouble(number);
        else if (found < 0)
            raise_failed(function, operands);
        if (item == NULL)
            Py_CLEAR(numbers);
        else
            PyList_SET_ITEM(numbers, i, item);
    }
    return numbers;
}

/* Make the side of a node from the operands and the local derivatives that the row's Python code returned. */
static Side *python_side(PyObject *operands, PyObject *numbers, PyObject *slopes)
{
    Py_ssize_t count = PyTuple_GET_SIZE(operands);
    if (PyTuple_GET_SIZE(slopes) != count || PyList_GET_SIZE(numbers) != count) {
        PyErr_SetString(PyExc_ValueError, "an operation on many operands must return one local derivative for each");
        return NULL;
    }
    Side *side = side_memory(count);
    for (Py_ssize_t i = 0; side && i < count; i++) {
        PyObject *operand = PyTuple_GET_ITEM(operands, i);
        side_nodes(side)[i] = is_value(operand) ? (Node *)operand : NULL;
        PyObject *local = is_value(operand) ? PyTuple_GET_ITEM(slopes, i) : PyList_GET_ITEM(numbers, i);
        int found = number_of(local, &side->locals[i]);
        if (found > 0)
            continue;
        if (found == 0)
            type_error("a local derivative must be a real number; got %R of type %U", local);
        PyMem_Free(side);
        side = NULL;
    }
    for (Py_ssize_t i = 0; side && i < count; i++)
        Py_XINCREF((PyObject *)side_nodes(side)[i]);
    return side;
}

/* Replace the current TypeError with the error that errors.miscalled returns for it; leave other exceptions alone. */
static void raise_miscalled(Function *function, PyObject *const *arguments, Py_ssize_t count)
{
    if (!PyErr_ExceptionMatches(PyExc_TypeError))
        return;
    PyObject *type, *error, *trace, *better = NULL;
    PyErr_Fetch(&type, &error, &trace);
    PyErr_NormalizeException(&type, &error, &trace);
    PyObject *given = PyTuple_New(count);
    for (Py_ssize_t i = 0; given && i < count; i++)
        PyTuple_SET_ITEM(given, i, Py_NewRef(arguments[i]));
    if (given != NULL)
        better = PyObject_CallFunctionObjArgs(S.miscalled, function->operation, given, error, NULL);
    if (better == error) {
        PyErr_Restore(Py_NewRef(type), Py_NewRef(error), Py_XNewRef(trace));
    } else if (better != NULL) {
        PyException_SetContext(better, Py_NewRef(error));
        PyException_SetCause(better, NULL); /* as in `raise … from None` */
        PyErr_SetObject((PyObject *)Py_TYPE(better), better);
    }
    Py_XDECREF(better);
    Py_XDECREF(given);
    Py_XDECREF(type);
    Py_XDECREF(error);
    Py_XDECREF(trace);
}

/* Compute with the row's Python code. */
static PyObject *apply_python(Function *function, PyObject *const *arguments, Py_ssize_t count)
{
    PyObject *gathered = PyObject_Vectorcall(function->gather, arguments, (size_t)count, NULL);
    PyObject *listed = gathered ? PySequence_List(gathered) : NULL; /* a copy, because a user's list may change */
    PyObject *operands = listed ? PyList_AsTuple(listed) : NULL;
    PyObject *numbers = NULL, *value = NULL, *slopes = NULL, *node = NULL;
    Place *place = NULL;
    int values = 0;
    double z;
    if (gathered == NULL)
        raise_miscalled(function, arguments, count);
    if (operands == NULL || (numbers = numbers_list(function, operands, &values)) == NULL)
        goto done;
    if ((value = PyObject_CallOneArg(function->value, numbers)) == NULL) {
        raise_failed(function, operands);
        goto done;
    }
    if (!values) {
        node = Py_NewRef(value);
        goto done;
    }
    int found = number_of(value, &z);
    if (found == 0)
        type_error("the value of an operation must be a real number; got %R of type %U", value);
    if (found <= 0 || (place = place_now()) == NULL)
        goto done;
    if (!place->recording) {
        node = new_leaf_at(place, S.input_row, z);
        place = NULL;
        goto done;
    }
    PyObject *given = PyObject_CallFunctionObjArgs(function->slopes[0], numbers, value, NULL);
    slopes = given ? PySequence_Tuple(given) : NULL;
    Py_XDECREF(given);
    Side *side = slopes ? python_side(operands, numbers, slopes) : NULL;
    double *plain = side ? scratch_for(side->count) : NULL;
    for (Py_ssize_t i = 0; plain && i < side->count; i++)
        plain[i] = PyFloat_AS_DOUBLE(PyList_GET_ITEM(numbers, i));
    if (side && (plain == NULL || fill_zeros(function, side, plain, FLAT_BY_ROW) < 0)) {
        side_free(side);
        side = NULL;
    }
    if (side) {
        node = record_many(function, z, place, side);
        place = NULL;
    }
done:
    Py_XDECREF(gathered);
    Py_XDECREF(listed);
    Py_XDECREF(operands);
    Py_XDECREF(numbers);
    Py_XDECREF(value);
    Py_XDECREF(slopes);
    Py_XDECREF((PyObject *)place);
    return node;
}

PyObject *apply_many(Function *function, PyObject *const *arguments, Py_ssize_t count)
{
    PyObject *result;
    int done = function->kernel.many ? apply_many_at(NULL, function, arguments, count, &result) : 0;
    if (done != 0)
        return done < 0 ? NULL : result;
    return apply_python(function, arguments, count);
}
