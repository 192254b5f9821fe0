/* The methods of a Player that play one point, and those that describe the Player. */
#include "play.h"

/* Read the numbers in a buffer of float64, or in a sequence of numbers and Values. */
int numbers_into(PyObject *source, double *numbers, Py_ssize_t count)
{
    PyObject *sequence = NULL;
    int failed = 0;
    if (PyObject_CheckBuffer(source)) {
        Py_buffer view;
        if (PyObject_GetBuffer(source, &view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0)
            return -1;
        failed = view.len != count * (Py_ssize_t)sizeof(double) || strcmp(view.format, "d") != 0;
        if (!failed)
            memcpy(numbers, view.buf, (size_t)view.len);
        PyBuffer_Release(&view);
        if (failed)
            PyErr_Format(PyExc_ValueError, "expected %zd float64 numbers", count);
        return failed ? -1 : 0;
    }
    if ((sequence = PySequence_Fast(source, "a program takes sequences of numbers")) == NULL)
        return -1;
    if (PySequence_Fast_GET_SIZE(sequence) != count) {
        PyErr_Format(PyExc_ValueError, "expected %zd numbers; got %zd", count, PySequence_Fast_GET_SIZE(sequence));
        failed = 1;
    }
    PyObject **items = PySequence_Fast_ITEMS(sequence);
    for (Py_ssize_t i = 0; i < count && !failed; i++) {
        if (i + 8 < count)
            PREFETCH(&((Node *)items[i + 8])->data);
        if (is_value(items[i]))
            numbers[i] = ((Node *)items[i])->data;
        else if (PyFloat_CheckExact(items[i]))
            numbers[i] = PyFloat_AS_DOUBLE(items[i]);
        else if ((failed = number_of(items[i], &numbers[i]) <= 0) && !PyErr_Occurred())
            type_error("a program takes real numbers; got %R of type %U", items[i]);
    }
    Py_DECREF(sequence);
    return failed ? -1 : 0;
}

/* Read the numbers of a tuple of Values. */
static void values_into(PyObject *values, double *numbers)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(values); i++)
        numbers[i] = ((Node *)PyTuple_GET_ITEM(values, i))->data;
}

/* Copy inputs and parameters into their cells; the cells of the parameters lie side by side. */
static int leaves_into(const Player *player, PyObject *inputs, PyObject *parameters, double *cells, double *spare)
{
    const Listed *listed = &player->listed;
    double *side_by_side = cells + (listed->parameters ? player->plan->leaf_cell[listed->inputs] : 0);
    int known = parameters == player->known && PyTuple_GET_SIZE(parameters) == listed->parameters;
    if (numbers_into(inputs, spare, listed->inputs) < 0 ||
        (!known && numbers_into(parameters, side_by_side, listed->parameters) < 0))
        return -1;
    if (known)
        values_into(parameters, side_by_side);
    for (int32_t slot = 0; slot < listed->inputs; slot++)
        cells[player->plan->leaf_cell[slot]] = spare[slot];
    return 0;
}

static int doubles_out(PyObject *object, Py_ssize_t count, Py_buffer *view)
{
    if (PyObject_GetBuffer(object, view, PyBUF_C_CONTIGUOUS | PyBUF_WRITABLE | PyBUF_FORMAT) < 0)
        return -1;
    if (view->len == count * (Py_ssize_t)sizeof(double) && strcmp(view->format, "d") == 0)
        return 0;
    PyBuffer_Release(view);
    PyErr_Format(PyExc_ValueError, "expected a buffer of %zd float64 numbers to fill", count);
    return -1;
}

/* Play one point exactly, from the numbers in the cells of the leaves. The gradient of a leaf to which nothing
   contributes is NOTHING. */
static int play_exact_point(const Player *player, double seed, double *outputs, double *gradients)
{
    const Listed *listed = &player->listed;
    Exact exact;
    if (exact_open(listed, &exact) < 0)
        return -1;
    for (int32_t slot = 0; slot < listed->leaves; slot++) /* copied: Python code may play other points meanwhile */
        exact.slots[slot] = player->cells[player->plan->leaf_cell[slot]];
    int done = play_exactly(listed, &exact, seed, gradients);
    for (int32_t i = 0; i < listed->outputs && done > 0; i++)
        outputs[i] = exact.slots[listed->output[i]];
    exact_close(&exact);
    return done;
}

/* Play one point. Returns 1, 0 if the point takes another branch than the trace or raises an exception, or -1 with an
   exception set. `gradients` may be NULL. */
int player_plays(Player *player, PyObject *inputs, PyObject *parameters, double seed, double *outputs, double *gradients)
{
    const Listed *listed = &player->listed;
    double *spare = player->gradients; /* unused until the sweep begins */
    if (leaves_into(player, inputs, parameters, player->cells, spare) < 0)
        return -1;
    player->cells[player->plan->seed] = seed;
    int done = seed != 0.0 ? play_point(player->plan, player->cells, gradients) : 0;
    for (int32_t i = 0; i < listed->outputs && done; i++)
        outputs[i] = player->cells[player->plan->output_cell[i]];
    if (done)
        return 1;
    done = play_exact_point(player, seed, outputs, gradients);
    for (int32_t slot = 0; slot < listed->leaves && gradients && done > 0; slot++)
        gradients[slot] += 0.0;
    return done;
}

/* Compute the gradients of the only output again, exactly; the gradient of a leaf to which nothing contributes is
   NOTHING. The return value has the same meaning as that of player_plays. */
int player_paths(Player *player, PyObject *inputs, PyObject *parameters, double *gradients)
{
    double value;
    if (leaves_into(player, inputs, parameters, player->cells, player->gradients) < 0)
        return -1;
    return play_exact_point(player, 1.0, &value, gradients);
}

PyObject *player_point(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    Player *player = (Player *)self;
    Py_buffer outputs, gradients;
    if (count != 5)
        return PyErr_Format(PyExc_TypeError, "point takes 5 arguments; got %zd", count);
    int wanted = arguments[3] != Py_None;
    double seed = PyFloat_AsDouble(arguments[4]);
    if (PyErr_Occurred() || doubles_out(arguments[2], player->listed.outputs, &outputs) < 0)
        return NULL;
    if (wanted && doubles_out(arguments[3], player->listed.leaves, &gradients) < 0) {
        PyBuffer_Release(&outputs);
        return NULL;
    }
    int done = player_plays(player, arguments[0], arguments[1], seed, outputs.buf, wanted ? gradients.buf : NULL);
    PyBuffer_Release(&outputs);
    if (wanted)
        PyBuffer_Release(&gradients);
    return done < 0 ? NULL : PyBool_FromLong(done);
}

static const char *const KINDS[] = {"map", "dots", "products", "matvec", "outer", "sums", "convolution"};

PyObject *player_steps(PyObject *self, PyObject *Py_UNUSED(unused))
{
    const Plan *plan = ((Player *)self)->plan;
    PyObject *steps = PyList_New(0);
    for (size_t i = 0; steps && i < plan->count; i++) {
        const Step *step = &plan->steps[i];
        PyObject *row = step->kind == MAP ? plan->listed->row[step->row].operation : Py_None;
        PyObject *entry = Py_BuildValue("(siOiiiii)", KINDS[step->kind], i >= plan->forward, row, step->level, step->n,
                                        step->m, step->terms, step->simple);
        if (entry == NULL || PyList_Append(steps, entry) < 0)
            Py_CLEAR(steps);
        Py_XDECREF(entry);
    }
    return steps;
}

PyObject *player_stats(PyObject *self, PyObject *Py_UNUSED(unused))
{
    const Player *player = (Player *)self;
    const Listed *listed = &player->listed;
    const Plan *plan = player->plan;
    size_t list = sizeof(int32_t) * (2 * (size_t)listed->count + (size_t)listed->edges) + (size_t)listed->slots +
                  sizeof(double) * (size_t)listed->constants;
    return Py_BuildValue("{sisisnsnsisisnsnsO}", "operations", listed->count, "slots", listed->slots, "steps",
                         (Py_ssize_t)plan->count, "steps_forward", (Py_ssize_t)plan->forward, "cells", plan->cells,
                         "shared_cells", plan->shared, "bytes_of_list", (Py_ssize_t)list, "bytes_of_plan",
                         (Py_ssize_t)(plan->count * sizeof(Step) + plan->pool.count * sizeof(int32_t)), "refused",
                         player->refused ? Py_True : Py_False);
}

PyObject *player_ordered(PyObject *self, PyObject *Py_UNUSED(unused))
{
    int ordered = plan_check(((Player *)self)->plan);
    return ordered < 0 ? PyErr_NoMemory() : PyBool_FromLong(ordered);
}
