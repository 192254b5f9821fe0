/* How an operation records a node: _engine/recording.py in C.
 *
 * If an operation has a kernel (a C function), the kernel computes the value and the local derivatives. For an
 * operation without a kernel, for a primitive, and for any case that the kernel does not handle, the Python code in the
 * operation's row of the table is called. It first computes the value, so that any exception that floats would raise is
 * raised before a node exists, and then the local derivatives with respect to the operands that are Values.
 */
#include "core.h"

/* Replace the current ArithmeticError or ValueError with the error that errors.failed returns for it; leave other
   exceptions alone. */
PyObject *raise_failed(Function *function, PyObject *operands)
{
    if (!PyErr_ExceptionMatches(PyExc_ArithmeticError) && !PyErr_ExceptionMatches(PyExc_ValueError))
        return NULL;
    PyObject *type, *error, *trace;
    PyErr_Fetch(&type, &error, &trace);
    PyErr_NormalizeException(&type, &error, &trace);
    if (trace != NULL)
        PyException_SetTraceback(error, trace);
    PyObject *better = PyObject_CallFunctionObjArgs(S.failed, function->operation, operands, error, NULL);
    if (better == error) { /* the same error, with a note */
        Py_DECREF(better);
        PyErr_Restore(type, error, trace);
        return NULL;
    }
    if (better != NULL) {
        PyException_SetContext(better, Py_NewRef(error));
        PyException_SetCause(better, NULL); /* as in `raise … from None` */
        PyErr_SetObject((PyObject *)Py_TYPE(better), better);
        Py_DECREF(better);
    }
    Py_XDECREF(type);
    Py_XDECREF(error);
    Py_XDECREF(trace);
    return NULL;
}

PyObject *raise_not_a_number(Function *function, PyObject *operand)
{
    PyObject *error = PyObject_CallFunctionObjArgs(S.not_a_number, function->operation, operand, NULL);
    if (error != NULL) {
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
        Py_DECREF(error);
    }
    return NULL;
}

/* Return the Value inside an operand that is a zero-dimensional array; raise a TypeError for any other operand. */
PyObject *value_alone(Function *function, PyObject *operand)
{
    PyObject *inner = unwrapped(operand);
    if (inner == NULL || is_value(inner))
        return inner;
    Py_DECREF(inner);
    return raise_not_a_number(function, operand);
}

/* Do the same as raise_failed, but for one or two operands; `right` is NULL if there is only one. */
static PyObject *operands_failed(Function *function, PyObject *left, PyObject *right)
{
    PyObject *type, *error, *trace;
    PyErr_Fetch(&type, &error, &trace);
    PyObject *operands = right ? PyTuple_Pack(2, left, right) : PyTuple_Pack(1, left);
    if (operands == NULL) {
        Py_XDECREF(type);
        Py_XDECREF(error);
        Py_XDECREF(trace);
        return NULL;
    }
    PyErr_Restore(type, error, trace);
    raise_failed(function, operands);
    Py_DECREF(operands);
    return NULL;
}

/* Compute a local derivative with the row's Python code. */
static int slope_number(Function *function, int at, PyObject *const *numbers, size_t count, double *slope)
{
    PyObject *given = function->slopes[at];
    PyObject *result = PyFloat_Check(given) || PyLong_Check(given) ? Py_NewRef(given)
                                                                     : PyObject_Vectorcall(given, numbers, count, NULL);
    if (result == NULL)
        return -1;
    int found = number_of(result, slope);
    if (found == 0)
        type_error("a local derivative must be a real number; got %R of type %U", result);
    Py_DECREF(result);
    return found > 0 ? 0 : -1;
}

/* Apply an operation, with the row's Python code, to the operands `x` and `y` (NULL if there is only one). Messages
   show `shown_x` and `shown_y`. */
static PyObject *apply_python(Function *function, PyObject *x, PyObject *y, double a, double b, PyObject *shown_x,
                              PyObject *shown_y)
{
    PyObject *numbers[3] = {PyFloat_FromDouble(a), y ? PyFloat_FromDouble(b) : NULL, NULL}, *node = NULL;
    size_t count = y ? 2 : 1;
    double z, slopes[2] = {a, b};
    if (numbers[0] == NULL || (y && numbers[1] == NULL))
        goto done;
    PyObject *value = PyObject_Vectorcall(function->value, numbers, count, NULL);
    if (value == NULL) {
        operands_failed(function, shown_x, shown_y);
        goto done;
    }
    numbers[count] = value;
    if (!is_value(x) && !(y && is_value(y))) {
        node = Py_NewRef(value);
        goto done;
    }
    int found = number_of(value, &z);
    if (found <= 0) {
        if (found == 0)
            type_error("the value of an operation must be a real number; got %R of type %U", value);
        goto done;
    }
    Place *place = place_now();
    if (place == NULL)
        goto done;
    int recording = place->recording;
    Py_DECREF(place);
    int left = is_value(x), right = y && is_value(y);
    for (size_t i = 0; recording && i < count; i++) {
        if (!(i ? right : left))
            continue;
        if (slope_number(function, (int)i, numbers, count + 1, &slopes[i]) < 0)
            goto done;
        if (slopes[i] == 0.0 && zero_slope(function, (int)i, a, b, left, right, &slopes[i]) < 0)
            goto done;
    }
    node = record(function, (uint32_t)count, z, is_value(x) ? (Node *)x : NULL, y && is_value(y) ? (Node *)y : NULL,
                  slopes[0], slopes[1]);
done:
    for (int i = 0; i < 3; i++)
        Py_XDECREF(numbers[i]);
    return node;
}

/* Apply the function to the Value inside a zero-dimensional array; raise a TypeError for any other operand. */
static PyObject *apply_alone(Function *function, PyObject *operand)
{
    PyObject *inner = value_alone(function, operand);
    PyObject *result = inner ? apply_unary(function, inner) : NULL;
    Py_XDECREF(inner);
    return result;
}

PyObject *apply_unary(Function *function, PyObject *operand)
{
    double a, z, dx;
    int found = 1, value = is_value(operand);
    if (value)
        a = ((Node *)operand)->data;
    else if ((found = number_of(operand, &a)) <= 0)
        return found < 0 ? operands_failed(function, operand, NULL) : apply_alone(function, operand);
    if (function->kernel.unary && function->kernel.unary(a, &z, &dx)) {
        if (!value)
            return PyFloat_FromDouble(z);
        if (dx == 0.0 && kernel_zero(function, a, &dx) < 0)
            return NULL;
        return record(function, ONE, z, (Node *)operand, NULL, dx, 0.0);
    }
    return apply_python(function, operand, NULL, a, 0.0, operand, NULL);
}

/* Return the result, or NotImplemented if an operand is not a number. */
PyObject *apply_binary(Function *function, PyObject *left, PyObject *right)
{
    double a, b, z, dx, dy;
    int found, x = is_value(left), y = is_value(right);
    if (x)
        a = ((Node *)left)->data;
    else if ((found = number_of(left, &a)) <= 0)
        return found < 0 ? operands_failed(function, left, right) : Py_NewRef(Py_NotImplemented);
    if (y)
        b = ((Node *)right)->data;
    else if ((found = number_of(right, &b)) <= 0)
        return found < 0 ? operands_failed(function, left, right) : Py_NewRef(Py_NotImplemented);
    if (function->kernel.binary && function->kernel.binary(a, b, &z, &dx, &dy)) {
        if (!x && !y)
            return PyFloat_FromDouble(z);
        if ((dx == 0.0 || dy == 0.0) && kernel_zeros(function, a, b, x, y, &dx, &dy) < 0)
            return NULL;
        return record(function, TWO, z, x ? (Node *)left : NULL, y ? (Node *)right : NULL, x ? dx : a, y ? dy : b);
    }
    PyObject *shown_left = x ? Py_NewRef(left) : PyFloat_FromDouble(a);
    PyObject *shown_right = y ? Py_NewRef(right) : PyFloat_FromDouble(b);
    PyObject *result = NULL;
    if (shown_left && shown_right)
        result = apply_python(function, left, right, a, b, shown_left, shown_right);
    Py_XDECREF(shown_left);
    Py_XDECREF(shown_right);
    return result;
}
