/* Gradients and tangents as numbers: the plain sweeps of _transforms/sweeps.py in C. */
#include "sort.h"

/* If there are checkpoints, find the nodes that depend on the inputs, because only checkpoints among these nodes are
   rerun. The marks are on (see sort.h). */
static int find_wanted(Sorted *sorted, const uint32_t *places, Py_ssize_t count)
{
    if (!sorted->segments)
        return 0;
    sorted->wanted = PyMem_Calloc(sorted->count, 1);
    if (sorted->wanted == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++)
        if (places[i])
            sorted->wanted[places[i] - 1] = 1;
    for (size_t i = sorted->stops; i < sorted->count; i++) {
        Node *node = sorted->nodes[i];
        Node *few[2] = {node->x, node->y}, **nodes = operands_of(node) == MANY ? side_nodes(node->side) : few;
        for (Py_ssize_t k = 0; k < node_count(node); k++)
            if (nodes[k] && sorted->wanted[nodes[k]->mark - 1])
                sorted->wanted[i] = 1;
    }
    return 0;
}

/* Sort the nodes below the Values among `outputs`, except those at or below `stops`; on failure, the marks are off. */
static int sort_several(Sorted *sorted, PyObject *outputs, PyObject *stops)
{
    int failed = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(stops) && !failed; i++)
        failed = sort_stop(sorted, (Node *)PyTuple_GET_ITEM(stops, i)) < 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(outputs) && !failed; i++)
        if (is_value(PyTuple_GET_ITEM(outputs, i)))
            failed = sort_from(sorted, (Node *)PyTuple_GET_ITEM(outputs, i)) < 0;
    if (failed)
        sort_unmark(sorted);
    return failed ? -1 : 0;
}

/* Whether every leaf in the order except the stops is a constant: then nothing depends on any other Value. */
static int is_closed(const Sorted *sorted)
{
    for (size_t i = sorted->stops; i < sorted->count; i++)
        if (operands_of(sorted->nodes[i]) == LEAF && sorted->nodes[i]->row != S.constant_row)
            return 0;
    return 1;
}

/* Return the gradients of `y` with respect to `inputs` as a list of floats. `sorted` is an open sort of `y`, which this
   function closes. */
static PyObject *swept(Sorted *sorted, PyObject *y, PyObject *inputs)
{
    Py_ssize_t count = PyTuple_GET_SIZE(inputs);
    uint32_t *places = PyMem_New(uint32_t, count + 1);
    int failed = places == NULL;
    if (failed)
        PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < count && !failed; i++)
        places[i] = ((Node *)PyTuple_GET_ITEM(inputs, i))->mark;
    failed = failed || sort_adjoints(sorted) < 0 || find_wanted(sorted, places, count) < 0;
    if (failed) {
        sort_unmark(sorted);
    } else {
        sorted->adjoints[((Node *)y)->mark - 1] = 1.0;
        Py_INCREF(y);
        failed = sweep(sorted) < 0;
        Py_DECREF(y);
    }
    PyObject *result = failed ? NULL : PyList_New(count);
    for (Py_ssize_t i = 0; result && i < count; i++) {
        PyObject *gradient = PyFloat_FromDouble(places[i] ? sorted->adjoints[places[i] - 1] + 0.0 : 0.0);
        if (gradient == NULL)
            Py_CLEAR(result);
        else
            PyList_SET_ITEM(result, i, gradient);
    }
    sort_close(sorted);
    PyMem_Free(places);
    return result;
}

static PyObject *gradient_numbers(PyObject *Py_UNUSED(module), PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"y", "inputs", "stops", NULL};
    PyObject *y, *given, *given_stops = NULL, *result = NULL;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OO|O:gradient_numbers", names, &y, &given, &given_stops))
        return NULL;
    PyObject *inputs = PySequence_Tuple(given);
    PyObject *stops = given_stops ? PySequence_Tuple(given_stops) : PyTuple_New(0);
    Sorted sorted;
    if (inputs && stops && !not_values(inputs) && sort_one(&sorted, y, stops) == 0)
        result = swept(&sorted, y, inputs);
    Py_XDECREF(inputs);
    Py_XDECREF(stops);
    return result;
}

static PyObject *closed_gradients(PyObject *Py_UNUSED(module), PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"y", "inputs", NULL};
    PyObject *y, *given, *result = NULL;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OO:closed_gradients", names, &y, &given))
        return NULL;
    PyObject *inputs = PySequence_Tuple(given);
    Sorted sorted;
    if (inputs && sort_one(&sorted, y, inputs) == 0) {
        if (is_closed(&sorted)) {
            result = swept(&sorted, y, inputs);
        } else {
            sort_unmark(&sorted);
            sort_close(&sorted);
            result = Py_NewRef(Py_None);
        }
    }
    Py_XDECREF(inputs);
    return result;
}

static PyObject *closed(PyObject *Py_UNUSED(module), PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"outputs", "inputs", NULL};
    PyObject *given_outputs, *given_inputs;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OO:closed", names, &given_outputs, &given_inputs))
        return NULL;
    PyObject *outputs = PySequence_Tuple(given_outputs), *inputs = PySequence_Tuple(given_inputs);
    int failed = outputs == NULL || inputs == NULL || not_values(inputs), answer = 0;
    Sorted sorted;
    if (!failed) {
        sort_open(&sorted);
        failed = sort_several(&sorted, outputs, inputs) < 0;
        answer = is_closed(&sorted);
        sort_unmark(&sorted);
        sort_close(&sorted);
    }
    Py_XDECREF(outputs);
    Py_XDECREF(inputs);
    return failed ? NULL : PyBool_FromLong(answer);
}

static PyObject *dependent(PyObject *Py_UNUSED(module), PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"things", "inputs", NULL};
    PyObject *given_things, *given_inputs, *result = NULL;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OO:dependent", names, &given_things, &given_inputs))
        return NULL;
    PyObject *things = PySequence_Tuple(given_things), *inputs = PySequence_Tuple(given_inputs);
    Sorted sorted;
    sort_open(&sorted);
    if (things && inputs && !not_values(inputs) && sort_several(&sorted, things, inputs) == 0) {
        char *depends = PyMem_Calloc(sorted.count + 1, 1);
        for (size_t i = sorted.stops; depends && i < sorted.count; i++) {
            Node *node = sorted.nodes[i];
            depends[i] = operands_of(node) == LEAF && node->row != S.constant_row;
            Node *few[2] = {node->x, node->y}, **nodes = operands_of(node) == MANY ? side_nodes(node->side) : few;
            for (Py_ssize_t k = 0; k < node_count(node) && !depends[i]; k++)
                depends[i] = nodes[k] && depends[nodes[k]->mark - 1];
        }
        Py_ssize_t count = PyTuple_GET_SIZE(things);
        char *answers = depends ? PyMem_Calloc((size_t)count + 1, 1) : NULL;
        for (Py_ssize_t i = 0; answers && i < count; i++) {
            PyObject *thing = PyTuple_GET_ITEM(things, i);
            answers[i] = is_value(thing) && depends[((Node *)thing)->mark - 1];
        }
        sort_unmark(&sorted); /* making a list may run the callbacks of the garbage collector, which may sort */
        if (answers == NULL)
            PyErr_NoMemory();
        else if ((result = PyList_New(count)) != NULL)
            for (Py_ssize_t i = 0; i < count; i++)
                PyList_SET_ITEM(result, i, PyBool_FromLong(answers[i]));
        PyMem_Free(answers);
        PyMem_Free(depends);
    }
    sort_close(&sorted);
    Py_XDECREF(things);
    Py_XDECREF(inputs);
    return result;
}

/* Whether the tangents must be pushed through the graph that a node stands for. The node's local derivatives are those
 * of the whole graph, so they do not show which paths inside it are flat, or whether infinities would meet there. */
static int tangent_asks_inside(const Node *node, double tangent)
{
    int open = !isfinite(tangent) || (tangent == 0.0 && !is_nothing(tangent));
    return operands_of(node) == MANY && (node->flags & USER_ROW) && S.rows[node->row].inside && open;
}

/* Return the tangent of one node: the sum, over its operands, of the operand's tangent times the local derivative. */
static double tangent_of(Node *node, const double *tangents)
{
    Node *few[2] = {node->x, node->y}, **nodes = operands_of(node) == MANY ? side_nodes(node->side) : few;
    const double few_locals[2] = {node->dx, node->dy};
    const double *locals = operands_of(node) == MANY ? node->side->locals : few_locals;
    double total = NOTHING;
    for (Py_ssize_t k = 0; k < node_count(node); k++) {
        if (nodes[k] == NULL)
            continue;
        double tangent = tangents[nodes[k]->mark - 1];
        if (!is_nothing(tangent) && !is_nothing(locals[k]))
            total += tangent * locals[k] + 0.0;
    }
    return total;
}

static PyObject *tangent_numbers(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *given_outputs, *given_inputs, *given_directions, *result = NULL;
    if (!PyArg_ParseTuple(arguments, "OOO:tangent_numbers", &given_outputs, &given_inputs, &given_directions))
        return NULL;
    PyObject *outputs = PySequence_Tuple(given_outputs), *inputs = PySequence_Tuple(given_inputs);
    PyObject *directions = PySequence_Tuple(given_directions);
    Py_ssize_t count = inputs ? PyTuple_GET_SIZE(inputs) : 0;
    Py_ssize_t results = outputs ? PyTuple_GET_SIZE(outputs) : 0;
    double *starts = PyMem_New(double, (count > results ? count : results) + 1); /* later, the results */
    int failed = outputs == NULL || inputs == NULL || directions == NULL || not_values(inputs), found = 1;
    if (!failed && starts == NULL) {
        PyErr_NoMemory();
        failed = 1;
    } else if (!failed && PyTuple_GET_SIZE(directions) != count) {
        PyErr_SetString(PyExc_ValueError, "there must be one direction for each input");
        failed = 1;
    }
    for (Py_ssize_t i = 0; i < count && !failed; i++)
        if ((found = number_of(PyTuple_GET_ITEM(directions, i), &starts[i])) <= 0) {
            failed = 1;
            if (found == 0)
                type_error("a direction must be a real number; got %R of type %U", PyTuple_GET_ITEM(directions, i));
        }
    if (failed)
        goto done;
    Sorted sorted;
    sort_open(&sorted);
    failed = sort_several(&sorted, outputs, inputs) < 0 || sort_adjoints(&sorted) < 0;
    int segments = sorted.segments;
    if (!failed && !segments) {
        for (Py_ssize_t i = 0; i < count; i++)
            sorted.adjoints[((Node *)PyTuple_GET_ITEM(inputs, i))->mark - 1] = starts[i];
        for (size_t i = sorted.stops; i < sorted.count; i++) {
            sorted.adjoints[i] = tangent_of(sorted.nodes[i], sorted.adjoints);
            segments |= tangent_asks_inside(sorted.nodes[i], sorted.adjoints[i]);
        }
        for (Py_ssize_t i = 0; i < results; i++) {
            PyObject *output = PyTuple_GET_ITEM(outputs, i);
            starts[i] = is_value(output) ? sorted.adjoints[((Node *)output)->mark - 1] + 0.0 : 0.0;
        }
    }
    sort_unmark(&sorted);
    sort_close(&sorted);
    if (!failed && !segments)
        result = PyList_New(results); /* the marks are off, since callbacks of the garbage collector may sort */
    for (Py_ssize_t i = 0; result && i < results; i++) {
        PyObject *tangent = PyFloat_FromDouble(starts[i]);
        if (tangent == NULL)
            Py_CLEAR(result);
        else
            PyList_SET_ITEM(result, i, tangent);
    }
    if (!failed && segments) /* checkpoints and programs run Python code, so the Python engine does this sweep */
        result = PyObject_CallObject(PyDict_GetItemString(S.originals, "tangent_numbers"), arguments);
done:
    PyMem_Free(starts);
    Py_XDECREF(outputs);
    Py_XDECREF(inputs);
    Py_XDECREF(directions);
    return result;
}

PyMethodDef gradient_methods[] = {
    {"gradient_numbers", WITH_KEYWORDS(gradient_numbers), METH_VARARGS | METH_KEYWORDS,
     "gradient_numbers($module, y, inputs, stops=())\n--\n\n"},
    {"closed", WITH_KEYWORDS(closed), METH_VARARGS | METH_KEYWORDS, "closed($module, outputs, inputs)\n--\n\n"},
    {"dependent", WITH_KEYWORDS(dependent), METH_VARARGS | METH_KEYWORDS, "dependent($module, things, inputs)\n--\n\n"},
    {"closed_gradients", WITH_KEYWORDS(closed_gradients), METH_VARARGS | METH_KEYWORDS,
     "closed_gradients($module, y, inputs)\n--\n\n"},
    {"tangent_numbers", tangent_numbers, METH_VARARGS,
     "tangent_numbers($module, outputs, inputs, directions, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};
