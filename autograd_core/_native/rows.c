/* The rows to which nodes refer by number. A row describes an operation. The rows of the table of operations are never
   freed; those of primitives are. */
#include "core.h"

/* Find the number by which nodes refer to an operation, and count one more use of the row, by a node or by a function.
 * `flag` becomes USER_ROW for a primitive, and 0 for a row of the table.
 *
 * The rows of the table are never freed. The row of a primitive keeps its operation alive while nodes use the row. A
 * function itself holds a reference to its operation, which Python's garbage collector can see: the operation in turn
 * refers to the function, so the two form a cycle. */
int row_number(PyObject *operation, int by_node, uint32_t *number, uint32_t *flag)
{
    PyObject *key = PyLong_FromVoidPtr(operation);
    PyObject *known = key ? PyDict_GetItemWithError(S.row_numbers, key) : NULL;
    uint32_t at = 0;
    if (known) {
        at = (uint32_t)PyLong_AsUnsignedLong(known);
    } else {
        if (PyErr_Occurred())
            goto failed;
        PyObject *permanent = PyObject_GetAttrString(operation, "permanent");
        PyObject *arity = permanent ? PyObject_GetAttrString(operation, "arity") : NULL;
        PyObject *inside = arity ? PyObject_GetAttrString(operation, "inside") : NULL;
        Row row = {.operation = operation, .arity = -1, .permanent = permanent == Py_True,
                   .inside = inside != NULL && inside != Py_None};
        if (arity && arity != Py_None)
            row.arity = (int)PyLong_AsLong(arity);
        Py_XDECREF(permanent);
        Py_XDECREF(arity);
        Py_XDECREF(inside);
        if (PyErr_Occurred())
            goto failed;
        while (at < S.row_count && S.rows[at].operation != NULL)
            at++;
        if (at == S.row_capacity) {
            uint32_t wanted = 2 * at + 128;
            Row *rows = wanted < ((uint32_t)1 << 24) ? PyMem_Realloc(S.rows, wanted * sizeof(Row)) : NULL;
            if (rows == NULL) {
                PyErr_NoMemory();
                goto failed;
            }
            S.rows = rows;
            S.row_capacity = wanted;
        }
        PyObject *found = PyLong_FromUnsignedLong(at);
        int entered = found ? PyDict_SetItem(S.row_numbers, key, found) : -1;
        Py_XDECREF(found);
        if (entered < 0)
            goto failed;
        S.rows[at] = row;
        if (row.permanent)
            Py_INCREF(operation);
        if (at == S.row_count)
            S.row_count++;
    }
    Py_DECREF(key);
    *number = at;
    *flag = S.rows[at].permanent ? 0 : USER_ROW;
    if (*flag && by_node)
        row_use(at);
    else if (*flag)
        S.rows[at].functions++;
    return 0;

failed:
    Py_XDECREF(key);
    return -1;
}

static void forget_unused(Row *row)
{
    if (row->nodes > 0 || row->functions > 0)
        return;
    PyObject *type, *value, *trace; /* an exception may be in progress */
    PyErr_Fetch(&type, &value, &trace);
    PyObject *key = PyLong_FromVoidPtr(row->operation);
    row->operation = NULL;
    if (key == NULL || PyDict_DelItem(S.row_numbers, key) < 0)
        PyErr_WriteUnraisable(NULL);
    Py_XDECREF(key);
    PyErr_Restore(type, value, trace);
}

/* Called when a node of a primitive is gone. */
void row_release(uint32_t number)
{
    Row *row = &S.rows[number];
    if (row->permanent || --row->nodes > 0)
        return;
    PyObject *operation = row->operation;
    forget_unused(row);
    Py_DECREF(operation);
}

/* Called when the function of a primitive is gone. */
void row_function_gone(uint32_t number)
{
    Row *row = &S.rows[number];
    if (row->permanent || --row->functions > 0)
        return;
    forget_unused(row);
}
