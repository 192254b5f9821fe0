/* Applies one operation of a program to numbers, with its kernel (a C function) or with the Python code in its row of
   the table of operations. The value and the local derivatives are those that _engine/recording.py would record. */
#include "player.h"

static const struct {
    const char *name;
    Meaning meaning;
} MEANINGS[] = {
    {"add", ADD_ROW}, {"sub", SUB_ROW}, {"mul", MUL_ROW}, {"neg", NEG_ROW}, {"identity", IDENTITY_ROW},
    {"sum", SUM_ROW}, {"dot", DOT_ROW},
};

static const struct {
    const char *name;
    int vector;
} VECTORS[] = {{"stop", STOP_LANES}, {"relu", RELU_LANES}, {"maximum", MAXIMUM_LANES}, {"minimum", MINIMUM_LANES}, {"square", SQUARE_LANES},
             {"where", WHERE_LANES}, {"take", TAKE_LANES}, {"logsumexp", LOGSUMEXP_LANES}, {"exp", EXP_LANES},
             {"tanh", TANH_LANES}};

/* Kernels that call Python code. A program that contains one of them holds the GIL while it runs. */
static const char *const IMPURE[] = {"hypot", "asinh", "gamma", "lgamma", "polygamma", "norm", "cosine"};

static Kernel *kernel_of(const char *name, int arity)
{
    Kernel *kernel = arity == 1 ? unary_kernels : arity == 2 ? binary_kernels : many_kernels;
    while (kernel->name && strcmp(kernel->name, name) != 0)
        kernel++;
    return kernel->name ? kernel : NULL;
}

static int read_slopes(PlayedRow *row)
{
    for (Py_ssize_t i = 0; i < row->arity && i < 2; i++) {
        PyObject *slope = PyTuple_GET_ITEM(row->derivatives, i);
        if (PyFloat_Check(slope) || PyLong_Check(slope)) {
            row->constant[i] = 1;
            row->slope[i] = PyFloat_AsDouble(slope);
        }
    }
    return PyErr_Occurred() ? -1 : 0;
}

static int states_flat(const PlayedRow *row)
{
    static const char *const names[] = {"flat", "flat_beside"};
    int stated = 0;
    for (int i = 0; i < 2 && stated >= 0; i++) {
        PyObject *said = PyObject_GetAttrString(row->operation, names[i]);
        int truth = said ? PyObject_IsTrue(said) : -1;
        Py_XDECREF(said);
        stated = truth < 0 ? -1 : stated || truth;
    }
    for (int i = 0; i < 2 && stated == 0; i++)
        stated = row->constant[i] && row->slope[i] == 0.0;
    return stated;
}

/* Whether this operation is the table's own, and not a primitive, of this name: only the table's operations have
   kernels. Returns -1 on an error. */
static int is_of_table(PyObject *operation, PyObject *name)
{
    PyObject *module = PyImport_ImportModule("autograd_core._operations.operation");
    PyObject *table = module ? PyObject_GetAttrString(module, "TABLE") : NULL;
    PyObject *found = table ? PyObject_GetItem(table, name) : NULL;
    int same = found == operation;
    if (table && found == NULL && PyErr_ExceptionMatches(PyExc_KeyError))
        PyErr_Clear();
    Py_XDECREF(found);
    Py_XDECREF(table);
    Py_XDECREF(module);
    return PyErr_Occurred() ? -1 : same;
}

int played_row(PyObject *operation, PlayedRow *row)
{
    memset(row, 0, sizeof *row);
    row->operation = Py_NewRef(operation);
    row->value = PyObject_GetAttrString(operation, "value");
    row->derivatives = PyObject_GetAttrString(operation, "derivatives");
    PyObject *name = PyObject_GetAttrString(operation, "name");
    const char *text = name ? PyUnicode_AsUTF8(name) : NULL;
    int known = row->value && row->derivatives && text ? is_of_table(operation, name) : -1;
    if (known >= 0)
        row->arity = PyTuple_Check(row->derivatives) ? (int)PyTuple_GET_SIZE(row->derivatives) : -1;
    if (known >= 0 && (read_slopes(row) < 0 || (row->states_flat = (char)states_flat(row)) < 0))
        known = -1;
    Kernel *kernel = known > 0 && row->arity < 3 ? kernel_of(text, row->arity) : NULL;
    if (kernel) {
        row->kernel.any = kernel->function;
        row->flat_kind = kernel->flat;
        row->pure = 1;
        for (int i = 0; i < LENGTH(IMPURE); i++)
            row->pure = row->pure && strcmp(text, IMPURE[i]) != 0;
    }
    for (int i = 0; known > 0 && i < LENGTH(MEANINGS); i++)
        if (strcmp(text, MEANINGS[i].name) == 0)
            row->meaning = MEANINGS[i].meaning;
    for (int i = 0; known > 0 && i < LENGTH(VECTORS); i++)
        if (strcmp(text, VECTORS[i].name) == 0)
            row->vector = VECTORS[i].vector;
    Py_XDECREF(name);
    return known < 0 ? -1 : 0;
}

void played_row_free(PlayedRow *row)
{
    Py_CLEAR(row->operation);
    Py_CLEAR(row->value);
    Py_CLEAR(row->derivatives);
}

/* Set a local derivative of 0 to the form in which the row records it (Operation.zero). */
static int zero_by_row(const PlayedRow *row, Py_ssize_t at, const double *xs, Py_ssize_t count, const char *variable,
                       double *slope)
{
    PyObject *numbers = PyList_New(count), *variables = PyList_New(count), *zero = NULL;
    for (Py_ssize_t i = 0; numbers && variables && i < count; i++) {
        PyObject *number = PyFloat_FromDouble(xs[i]);
        if (number == NULL)
            Py_CLEAR(numbers);
        else
            PyList_SET_ITEM(numbers, i, number);
        PyList_SET_ITEM(variables, i, PyBool_FromLong(variable[i]));
    }
    if (numbers && variables)
        zero = PyObject_CallMethod(row->operation, "zero", "nOO", at, numbers, variables);
    Py_XDECREF(numbers);
    Py_XDECREF(variables);
    *slope = zero ? PyFloat_AsDouble(zero) : 0.0;
    Py_XDECREF(zero);
    return PyErr_Occurred() ? -1 : 0;
}

/* Convert the local derivatives of 0 that a kernel returned to the form in which they are recorded. */
static int settle_zeros(const PlayedRow *row, const double *xs, Py_ssize_t count, const char *variable, double *slopes)
{
    Py_ssize_t half = count / 2;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!variable[i] || slopes[i] != 0.0)
            continue;
        int all = row->arity == 1 || row->arity < 0 || (variable[0] && variable[count - 1]);
        if (!row->states_flat)
            slopes[i] = 0.0;
        else if (row->meaning == MUL_ROW)
            slopes[i] = variable[1 - i] ? 0.0 : NOTHING;
        else if (row->flat_kind == FLAT_BY_FACTOR)
            slopes[i] = variable[i < half ? i + half : i - half] ? 0.0 : NOTHING;
        else if (row->flat_kind == FLAT_BY_KERNEL && (signbit(slopes[i]) || all))
            continue;
        else if (zero_by_row(row, i, xs, count, variable, &slopes[i]) < 0)
            return -1;
    }
    return 0;
}

/* Read the number in an object. Steals the reference to the object. */
int number_from(PyObject *object, double *number)
{
    int found = object ? number_of(object, number) : -1;
    if (found == 0)
        type_error("the value of an operation must be a real number; got %R of type %U", object);
    Py_XDECREF(object);
    return found > 0 ? 0 : -1;
}

/* Compute the local derivatives with the row's Python code. */
static int slopes_by_python(const PlayedRow *row, PyObject **numbers, PyObject *list, const double *xs, Py_ssize_t count,
                            const char *variable, double *slopes)
{
    PyObject *every = NULL;
    if (row->arity < 0) {
        PyObject *given = PyObject_CallFunctionObjArgs(row->derivatives, list, numbers[count], NULL);
        every = given ? PySequence_Tuple(given) : NULL;
        Py_XDECREF(given);
        if (every == NULL || PyTuple_GET_SIZE(every) != count) {
            Py_XDECREF(every);
            return -1;
        }
    }
    int failed = 0;
    for (Py_ssize_t i = 0; i < count && !failed; i++) {
        if (!variable[i])
            continue;
        if (every)
            failed = number_from(Py_NewRef(PyTuple_GET_ITEM(every, i)), &slopes[i]) < 0;
        else if (!PyCallable_Check(PyTuple_GET_ITEM(row->derivatives, i)))
            failed = number_from(Py_NewRef(PyTuple_GET_ITEM(row->derivatives, i)), &slopes[i]) < 0;
        else
            failed = number_from(PyObject_Vectorcall(PyTuple_GET_ITEM(row->derivatives, i), numbers, (size_t)count + 1,
                                                     NULL), &slopes[i]) < 0;
        if (!failed && slopes[i] == 0.0)
            failed = zero_by_row(row, i, xs, count, variable, &slopes[i]) < 0;
    }
    Py_XDECREF(every);
    return failed ? -1 : 0;
}

static int by_python(const PlayedRow *row, const double *xs, Py_ssize_t count, const char *variable, double *z,
                     double *slopes)
{
    PyObject **numbers = PyMem_Calloc((size_t)count + 1, sizeof *numbers);
    PyObject *list = row->arity < 0 ? PyList_New(count) : NULL;
    int failed = numbers == NULL || (row->arity < 0 && list == NULL);
    for (Py_ssize_t i = 0; i < count && !failed; i++) {
        failed = (numbers[i] = PyFloat_FromDouble(xs[i])) == NULL;
        if (list && !failed)
            PyList_SET_ITEM(list, i, Py_NewRef(numbers[i]));
    }
    if (!failed) {
        numbers[count] = list ? PyObject_CallOneArg(row->value, list)
                              : PyObject_Vectorcall(row->value, numbers, (size_t)count, NULL);
        failed = numbers[count] == NULL || number_from(Py_NewRef(numbers[count]), z) < 0;
    }
    if (!failed && slopes)
        failed = slopes_by_python(row, numbers, list, xs, count, variable, slopes) < 0;
    for (Py_ssize_t i = 0; numbers && i <= count; i++)
        Py_XDECREF(numbers[i]);
    PyMem_Free(numbers);
    Py_XDECREF(list);
    return failed ? -1 : 0;
}

/* Compute the value and, if `slopes` is not NULL, the local derivatives with respect to the variable operands. Returns
   -1 with an exception set if the operation raises. */
int row_alone(const PlayedRow *row, const double *xs, Py_ssize_t count, const char *variable, double *z, double *slopes)
{
    double few[2];
    int done = 0;
    if (row->kernel.any && row->arity == 1)
        done = row->kernel.unary(xs[0], z, slopes ? slopes : few);
    else if (row->kernel.any && row->arity == 2)
        done = row->kernel.binary(xs[0], xs[1], z, slopes ? slopes : few, slopes ? slopes + 1 : few + 1);
    else if (row->kernel.any)
        done = row->kernel.many(xs, count, z, slopes);
    if (!done)
        return by_python(row, xs, count, variable, z, slopes);
    return slopes ? settle_zeros(row, xs, count, variable, slopes) : 0;
}
