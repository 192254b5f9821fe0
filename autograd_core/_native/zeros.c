/* Settles local derivatives of 0: each is recorded as NOTHING (-0.0) if it is flat (0 in a whole neighbourhood), and as
   0.0 otherwise. The row (Operation.zero) or a kernel decides which. Zeros are rare, and recording calls these
   functions only for a 0. */
#include "core.h"

/* Let the row decide whether a derivative is flat. Steals the references to `numbers` (the operands' numbers) and
   `variable` (which operands are variables). */
static int zero_of_row(Function *function, Py_ssize_t at, PyObject *numbers, PyObject *variable, double *slope)
{
    PyObject *zero = NULL;
    if (numbers && variable)
        zero = PyObject_CallMethod(function->operation, "zero", "nOO", at, numbers, variable);
    Py_XDECREF(numbers);
    Py_XDECREF(variable);
    if (zero == NULL)
        return -1;
    *slope = PyFloat_AsDouble(zero);
    Py_DECREF(zero);
    return *slope == -1.0 && PyErr_Occurred() ? -1 : 0;
}

/* Set the derivative with respect to operand `at` of an operation on one or two operands; `x` and `y` are true if
   these operands are Values. */
int zero_slope(Function *function, int at, double a, double b, int x, int y, double *slope)
{
    if (!function->states_flat) {
        *slope = 0.0;
        return 0;
    }
    if (function->kind == UNARY_FUNCTION)
        return zero_of_row(function, at, Py_BuildValue("(d)", a), Py_BuildValue("(i)", x), slope);
    return zero_of_row(function, at, Py_BuildValue("dd", a, b), Py_BuildValue("ii", x, y), slope);
}

/* Settle a derivative of 0 that a kernel returned for its only operand. */
int kernel_zero(Function *function, double a, double *dx)
{
    return function->flat_kind == FLAT_BY_KERNEL ? 0 : zero_slope(function, 0, a, 0.0, 1, 0, dx);
}

/* Settle the derivatives that a kernel returned for two operands, if the derivative with respect to a Value is 0. Even
   a kernel that decides flatness may leave the decision to the row if the other operand is a plain number. */
int kernel_zeros(Function *function, double a, double b, int x, int y, double *dx, double *dy)
{
    int says = function->flat_kind == FLAT_BY_KERNEL;
    if (says && x && y)
        return 0;
    if (x && *dx == 0.0 && !(says && is_nothing(*dx)) && zero_slope(function, 0, a, b, x, y, dx) < 0)
        return -1;
    return y && *dy == 0.0 && !(says && is_nothing(*dy)) ? zero_slope(function, 1, a, b, x, y, dy) : 0;
}

/* Settle the derivatives of an operation on many operands if the row has no flat derivatives. */
static void fill_plain_zeros(Side *side)
{
    Node **nodes = side_nodes(side);
    for (Py_ssize_t i = 0; i < side->count; i++)
        if (side->locals[i] == 0.0 && nodes[i])
            side->locals[i] = 0.0;
}

/* Settle the derivatives of a dot product: a derivative of 0 is flat if the other factor is a plain number. Networks
   consist mostly of dot products, so both factors are checked at once to save time. */
static void fill_zeros_by_factor(Side *side)
{
    Py_ssize_t half = side->count / 2;
    Node **left = side_nodes(side), **right = left + half;
    double *by_left = side->locals, *by_right = by_left + half;
    for (Py_ssize_t i = 0; i < half; i++) {
        if (fabs(by_left[i] * by_right[i]) > 0.0)
            continue; /* neither derivative is 0 */
        if (left[i] && by_left[i] == 0.0)
            by_left[i] = right[i] ? 0.0 : NOTHING;
        if (right[i] && by_right[i] == 0.0)
            by_right[i] = left[i] ? 0.0 : NOTHING;
    }
}

/* Settle the derivatives of an operation on many operands as the row decides. */
static int fill_zeros_by_row(Function *function, Side *side, const double *numbers)
{
    Node **nodes = side_nodes(side);
    PyObject *all = NULL, *variable = NULL;
    int failed = 0;
    for (Py_ssize_t i = 0; i < side->count && !failed; i++) {
        if (nodes[i] == NULL || side->locals[i] != 0.0)
            continue;
        if (all == NULL && (all = PyTuple_New(side->count)) && (variable = PyTuple_New(side->count)))
            for (Py_ssize_t k = 0; k < side->count; k++) {
                PyTuple_SET_ITEM(all, k, PyFloat_FromDouble(numbers[k]));
                PyTuple_SET_ITEM(variable, k, PyBool_FromLong(nodes[k] != NULL));
            }
        failed = zero_of_row(function, i, Py_XNewRef(all), Py_XNewRef(variable), &side->locals[i]) < 0;
    }
    Py_XDECREF(all);
    Py_XDECREF(variable);
    return failed ? -1 : 0;
}

/* Settle the derivatives of an operation on many operands with respect to the Values among them; `said` specifies what
   decides whether a derivative is flat. */
int fill_zeros(Function *function, Side *side, const double *numbers, Flat said)
{
    if (!function->states_flat)
        fill_plain_zeros(side);
    else if (said == FLAT_BY_FACTOR)
        fill_zeros_by_factor(side);
    else if (said == FLAT_BY_ROW)
        return fill_zeros_by_row(function, side, numbers);
    return 0;
}
