/* Describes how numbers flow through a plan, for drawings: which cells each step of the forward pass reads, and which
   it fills. */
#include "play.h"

/* Return how many entries a step of the forward pass has in the pool; plan.h describes them for each kind of step. */
static size_t pool_entries(const Step *step)
{
    size_t n = (size_t)step->n, terms = (size_t)step->terms;
    switch (step->kind) {
    case MAP: return n * terms;
    case DOTS: return 2 * n + 1 + 2 * terms;
    case PRODUCTS: return 2 * n;
    case MATVEC: return n + 2 * terms;
    case CONVOLUTION: return n * (size_t)step->m + ((size_t)step->m + 1) * terms;
    default: return 0; /* these kinds occur only in the backward pass */
    }
}

static PyObject *integers(const int32_t *numbers, size_t count)
{
    return PyBytes_FromStringAndSize((const char *)numbers, (Py_ssize_t)(count * sizeof *numbers));
}

static PyObject *flow_of_steps(const Plan *plan)
{
    PyObject *steps = PyList_New(0);
    for (size_t i = 0; steps && i < plan->forward; i++) {
        const Step *step = &plan->steps[i];
        PyObject *row = step->kind == MAP ? plan->listed->row[step->row].operation : Py_None;
        PyObject *entry = Py_BuildValue("(iOiiiiiiN)", step->kind, row, step->n, step->m, step->terms, step->stride,
                                        step->out, results_of(step),
                                        integers(plan->pool.at + step->at, pool_entries(step)));
        if (entry == NULL || PyList_Append(steps, entry) < 0)
            Py_CLEAR(steps);
        Py_XDECREF(entry);
    }
    return steps;
}

/* Return a dict from the cells of the constants to their numbers. */
static PyObject *flow_of_constants(const Plan *plan)
{
    PyObject *constants = PyDict_New();
    for (int32_t cell = plan->first_fixed; constants && cell < plan->shared; cell++) {
        PyObject *key = PyLong_FromLong(cell), *number = PyFloat_FromDouble(plan->fixed[cell]);
        if (key == NULL || number == NULL || PyDict_SetItem(constants, key, number) < 0)
            Py_CLEAR(constants);
        Py_XDECREF(key);
        Py_XDECREF(number);
    }
    return constants;
}

/* flow(): return the steps of the forward pass; the cells of the leaves, of the outputs and of the guards (two for
 * each); and the constants. A step is a tuple: its kind, row, n, m, terms and stride, the first cell of its results,
 * the number of its results, and its entries in the pool. The plan must not reuse cells, so that each cell stands for
 * one number. */
PyObject *player_flow(PyObject *self, PyObject *Py_UNUSED(unused))
{
    const Player *player = (Player *)self;
    const Plan *plan = player->plan;
    const Listed *listed = &player->listed;
    if (plan->passes & REUSE)
        return PyErr_Format(PyExc_ValueError, "this plan reuses its cells, so a cell does not stand for one number");
    return Py_BuildValue("(NNNNN)", flow_of_steps(plan), integers(plan->leaf_cell, (size_t)listed->leaves),
                         integers(plan->output_cell, (size_t)listed->outputs),
                         integers(plan->guard_cells, 2 * (size_t)listed->guards), flow_of_constants(plan));
}
