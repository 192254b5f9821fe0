/* Steps of nn's optimisers: nn/optim.py says what each does. */
#include "weights.h"

/* What a step does to one weight: the direction of the gradient g, from what is kept, and what is kept after it. */
typedef struct Rule {
    double rate, decay, bound;
    double momentum;
    int nesterov;
    double b1, b2, eps, begun1, begun2;
} Rule;

typedef double (*Direction)(const Rule *rule, double g, const double *kept, double *after);

static double by_momentum(const Rule *rule, double g, const double *kept, double *after)
{
    double v = rule->momentum * kept[0] + g;
    after[0] = v;
    return rule->nesterov ? g + rule->momentum * v : v;
}

static double by_gradient(const Rule *Py_UNUSED(rule), double g, const double *Py_UNUSED(kept), double *Py_UNUSED(after))
{
    return g;
}

static double by_adam(const Rule *rule, double g, const double *kept, double *after)
{
    double m = rule->b1 * kept[0] + (1.0 - rule->b1) * g;
    double s = rule->b2 * kept[1] + (1.0 - rule->b2) * g * g;
    after[0] = m;
    after[1] = s;
    return m / rule->begun1 / (sqrt(s / rule->begun2) + rule->eps);
}

static double clamped(double x, double bound)
{
    x = bound < x ? bound : x; /* as min and max: NaN stays */
    return -bound > x ? -bound : x;
}

/* The weights after a step and what is kept then, each as the bytes of its float64; NotImplemented for the root of a
 * negative number, of which Python says what it is. */
static PyObject *moved(PyObject *nodes, const Py_buffer *kept, int wide, const Rule *rule, Direction direction)
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

/* The same, of what is kept in arrays. */
static PyObject *moved_by(PyObject *nodes, PyObject *const *memory, int wide, const Rule *rule, Direction direction)
{
    Py_buffer kept[2];
    int got = 0, fits = check_nodes(nodes) == 0;
    for (; fits && got < wide; got++) {
        if (PyObject_GetBuffer(memory[got], &kept[got], PyBUF_ND | PyBUF_FORMAT) < 0)
            break;
        fits = strcmp(kept[got].format, "d") == 0 && kept[got].len == COUNT(nodes) * (Py_ssize_t)sizeof(double);
    }
    if (!fits && !PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "what is kept is a float64 for each parameter");
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

PyMethodDef optimizer_methods[] = {
    {"sgd_moved", sgd_moved, METH_VARARGS, NULL},
    {"adam_moved", adam_moved, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
