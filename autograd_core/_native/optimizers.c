/* The steps of nn's optimisers; nn/optim.py explains them. */
#include "weights.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3") /* short loops become vector instructions; no number changes */
#endif

/* The parameters of an optimiser's step. A Direction returns the number that, times the rate, is subtracted from a
   weight whose gradient is g. It reads the optimiser's memory for this weight from `kept`, and writes the memory after
   the step to `after`. */
typedef struct Rule {
    double rate, decay, bound;
    double momentum;
    int nesterov;
    double b1, b2, eps, begun1, begun2;
} Rule;

typedef double (*Direction)(const Rule *rule, double g, const double *kept, double *after);

static inline double by_momentum(const Rule *rule, double g, const double *kept, double *after)
{
    double v = rule->momentum * kept[0] + g;
    after[0] = v;
    return rule->nesterov ? g + rule->momentum * v : v;
}

static inline double by_gradient(const Rule *Py_UNUSED(rule), double g, const double *Py_UNUSED(kept), double *Py_UNUSED(after))
{
    return g;
}

static inline double by_adam(const Rule *rule, double g, const double *kept, double *after)
{
    double m = rule->b1 * kept[0] + (1.0 - rule->b1) * g;
    double s = rule->b2 * kept[1] + (1.0 - rule->b2) * g * g;
    after[0] = m;
    after[1] = s;
    return m / rule->begun1 / (sqrt(s / rule->begun2) + rule->eps);
}

static double clamped(double x, double bound)
{
    x = bound < x ? bound : x; /* like Python's min and max, so that NaN stays NaN */
    return -bound > x ? -bound : x;
}

/* Return the weights and the memory after a step, each as the bytes of float64 numbers. Return NotImplemented if a step
   needs the root of a negative number, which is left to Python. */
INLINED PyObject *moved(PyObject *nodes, const Py_buffer *kept, int wide, const Rule *rule, Direction direction)
{
    Py_ssize_t count = COUNT(nodes), bytes = count * (Py_ssize_t)sizeof(double);
    PyObject *found = PyTuple_New(1 + wide);
    double *out[3];
    for (int k = 0; found && k <= wide; k++) {
        PyObject *numbers = PyBytes_FromStringAndSize(NULL, bytes);
        if (numbers == NULL) {
            Py_CLEAR(found);
        } else {
            PyTuple_SET_ITEM(found, k, numbers);
            out[k] = (double *)PyBytes_AS_STRING(numbers);
        }
    }
    for (Py_ssize_t i = 0; found && i < count; i++) {
        const Node *node = node_at(nodes, i);
        double before[2] = {0.0, 0.0}, after[2], g = gradient_of(node);
        for (int k = 0; k < wide; k++)
            before[k] = ((const double *)kept[k].buf)[i];
        if (wide == 2 && before[1] < 0.0) {
            Py_DECREF(found);
            return Py_NewRef(Py_NotImplemented);
        }
        if (rule->decay != 0.0)
            g = g + rule->decay * node->data;
        double towards = direction(rule, g, before, after);
        out[0][i] = clamped(node->data - rule->rate * towards, rule->bound);
        for (int k = 0; k < wide; k++)
            out[k + 1][i] = after[k];
    }
    return found;
}

/* Do the same as `moved` for memory in arrays; first open their buffers and check them. */
INLINED PyObject *moved_by(PyObject *nodes, PyObject *const *memory, int wide, const Rule *rule, Direction direction)
{
    Py_buffer kept[2];
    int got = 0, fits = check_nodes(nodes) == 0;
    for (; fits && got < wide; got++) {
        if (PyObject_GetBuffer(memory[got], &kept[got], PyBUF_ND | PyBUF_FORMAT) < 0)
            break;
        fits = strcmp(kept[got].format, "d") == 0 && kept[got].len == COUNT(nodes) * (Py_ssize_t)sizeof(double);
    }
    if (!fits && !PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "the memory must hold one float64 for each parameter");
    PyObject *found = PyErr_Occurred() ? NULL : moved(nodes, kept, wide, rule, direction);
    while (got > 0)
        PyBuffer_Release(&kept[--got]);
    return found;
}

static PyObject *sgd_moved(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *nodes, *memory;
    Rule rule = {0};
    if (!PyArg_ParseTuple(arguments, "OOddddp:sgd_moved", &nodes, &memory, &rule.rate, &rule.decay, &rule.bound,
                          &rule.momentum, &rule.nesterov))
        return NULL;
    return rule.momentum != 0.0 ? moved_by(nodes, &memory, 1, &rule, by_momentum)
                                : moved_by(nodes, NULL, 0, &rule, by_gradient);
}

static PyObject *adam_moved(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *nodes, *memory[2];
    Rule rule = {0};
    if (!PyArg_ParseTuple(arguments, "OOOdddddddd:adam_moved", &nodes, &memory[0], &memory[1], &rule.rate, &rule.decay,
                          &rule.bound, &rule.b1, &rule.b2, &rule.eps, &rule.begun1, &rule.begun2))
        return NULL;
    return moved_by(nodes, memory, 2, &rule, by_adam);
}

/* --- Whole arrays, in place -------------------------------------------------------------------------------------- */

/* Open float64 arrays, which must all be as long as the first. On failure, release the buffers that are open, and
   return -1 with an exception set. */
static int arrays_of(PyObject *const *objects, Py_buffer *views, int wanted)
{
    for (int got = 0; got < wanted; got++) {
        int opened = PyObject_GetBuffer(objects[got], &views[got], PyBUF_WRITABLE | PyBUF_ND | PyBUF_FORMAT) == 0;
        if (opened && strcmp(views[got].format, "d") == 0 && views[got].len == views[0].len)
            continue;
        if (opened)
            PyErr_SetString(PyExc_ValueError, "weights, gradients and memory must be float64 arrays of equal length");
        for (got -= !opened; got >= 0; got--)
            PyBuffer_Release(&views[got]);
        return -1;
    }
    return 0;
}

/* Move all weights by one step. The same call increments `done`, so that Ctrl-C takes effect before both changes or
   after both. */
INLINED PyObject *step_arrays(PyObject *const *objects, int wide, PyObject *done, const Rule *rule, Direction direction)
{
    Py_buffer views[4], counter;
    if (arrays_of(objects, views, 2 + wide) < 0)
        return NULL;
    int counts = PyObject_GetBuffer(done, &counter, PyBUF_WRITABLE) == 0, fits = 0;
    if (counts && (fits = counter.len == (Py_ssize_t)sizeof(int)) != 0) {
        double *weights = views[0].buf, *slopes = views[1].buf;
        for (Py_ssize_t i = 0; i < views[0].len / (Py_ssize_t)sizeof(double); i++) {
            double before[2] = {0.0, 0.0}, after[2], g = slopes[i];
            for (int k = 0; k < wide; k++)
                before[k] = ((double *)views[2 + k].buf)[i];
            if (rule->decay != 0.0)
                g = g + rule->decay * weights[i];
            weights[i] = clamped(weights[i] - rule->rate * direction(rule, g, before, after), rule->bound);
            for (int k = 0; k < wide; k++)
                ((double *)views[2 + k].buf)[i] = after[k];
        }
        ++*(int *)counter.buf;
    }
    if (counts)
        PyBuffer_Release(&counter);
    for (int k = 0; k < 2 + wide; k++)
        PyBuffer_Release(&views[k]);
    if (counts && !fits)
        PyErr_SetString(PyExc_ValueError, "the counter must be one int");
    return fits ? Py_NewRef(Py_None) : NULL;
}

static PyObject *sgd_step(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *arrays[3], *done;
    Rule rule = {0};
    if (!PyArg_ParseTuple(arguments, "OOOOddddp:sgd_step", &arrays[0], &arrays[1], &arrays[2], &done, &rule.rate,
                          &rule.decay, &rule.bound, &rule.momentum, &rule.nesterov))
        return NULL;
    return rule.momentum != 0.0 ? step_arrays(arrays, 1, done, &rule, by_momentum)
                                : step_arrays(arrays, 0, done, &rule, by_gradient);
}

static PyObject *adam_step(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *arrays[4], *done;
    Rule rule = {0};
    if (!PyArg_ParseTuple(arguments, "OOOOOdddddddd:adam_step", &arrays[0], &arrays[1], &arrays[2], &arrays[3], &done,
                          &rule.rate, &rule.decay, &rule.bound, &rule.b1, &rule.b2, &rule.eps, &rule.begun1,
                          &rule.begun2))
        return NULL;
    return step_arrays(arrays, 2, done, &rule, by_adam);
}

/* Divide the sums from `start` on by a count, write the quotients to `means`, and return whether all are finite. */
static PyObject *means_of(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Py_buffer sums, means;
    Py_ssize_t start, count;
    if (!PyArg_ParseTuple(arguments, "y*nnw*:means_of", &sums, &start, &count, &means))
        return NULL;
    Py_ssize_t size = means.len / (Py_ssize_t)sizeof(double);
    int fits = start >= 0 && count > 0 && sums.len == (start + size) * (Py_ssize_t)sizeof(double);
    double nought[8] = {0.0}, *to = means.buf; /* become NaN as soon as a number is not finite */
    const double *from = (const double *)sums.buf + (fits ? start : 0);
    for (Py_ssize_t i = 0; fits && i < size; i++) {
        to[i] = from[i] / (double)count;
        nought[i % 8] += to[i] * 0.0;
    }
    PyBuffer_Release(&sums);
    PyBuffer_Release(&means);
    if (!fits)
        return PyErr_Format(PyExc_ValueError, "sums and means must match in length");
    double all = nought[0] + nought[1] + nought[2] + nought[3] + nought[4] + nought[5] + nought[6] + nought[7];
    return PyBool_FromLong(all == 0.0);
}

PyMethodDef optimizer_methods[] = {
    {"sgd_moved", sgd_moved, METH_VARARGS, NULL},
    {"adam_moved", adam_moved, METH_VARARGS, NULL},
    {"sgd_step", sgd_step, METH_VARARGS, NULL},
    {"adam_step", adam_step, METH_VARARGS, NULL},
    {"means_of", means_of, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
