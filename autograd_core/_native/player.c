/* The type Player: a listing (a program as a flat list of instructions), a plan for it (plan.h), and methods that play
 * them. _program/native.py is its Python interface. */
#include "play.h"

static const char *const QUESTIONS[] = {"lt", "le", "gt", "ge", "eq", "ne", "bool", "isfinite", "is"};

/* Find the memory of an attribute that is an array of items of this size. Returns 0, or -1 with an exception set. The
 * view keeps the array alive and its length unchanged, and nothing assigns to the items of a listing's arrays. So no
 * copy is needed, which would take as much memory again. */
static int viewed(Listed *listed, PyObject *object, const char *name, size_t size, void **at, int32_t *count)
{
    Py_buffer *view = &listed->views[listed->viewed];
    PyObject *array = PyObject_GetAttrString(object, name);
    int failed = array == NULL || PyObject_GetBuffer(array, view, PyBUF_C_CONTIGUOUS) < 0;
    Py_XDECREF(array);
    if (failed)
        return -1;
    listed->viewed++;
    if ((size_t)view->itemsize != size || view->len / view->itemsize > INT32_MAX / 4) {
        PyErr_Format(PyExc_ValueError, "a listing's %s must be at most %d items of %zu bytes", name, INT32_MAX / 4, size);
        return -1;
    }
    *at = view->buf;
    *count = (int32_t)(view->len / view->itemsize);
    return 0;
}

static int32_t whole(PyObject *object, const char *name)
{
    PyObject *number = PyObject_GetAttrString(object, name);
    long found = number ? PyLong_AsLong(number) : -1;
    Py_XDECREF(number);
    if (!PyErr_Occurred() && (found < 0 || found > INT32_MAX / 4))
        PyErr_Format(PyExc_ValueError, "a listing's %s are out of range", name);
    return PyErr_Occurred() ? -1 : (int32_t)found;
}

static int read_operands(Listed *listed, PlayedGuard *made, PyObject *operands)
{
    made->count = PyTuple_Check(operands) ? (int32_t)PyTuple_GET_SIZE(operands) : 0;
    made->operands = PyMem_Calloc((size_t)made->count + 2, sizeof *made->operands);
    for (int32_t j = 0; made->operands && j < made->count; j++) {
        long slot = PyLong_AsLong(PyTuple_GET_ITEM(operands, j));
        if (slot < 0 || slot >= listed->slots)
            return -1;
        made->operands[j] = (int32_t)slot;
    }
    if (made->operands && made->count == 1)
        made->operands[1] = made->operands[0];
    return made->operands && made->count ? 0 : -1;
}

/* Read the row and the operand of a guard of the kind "flat". */
static int read_flat(PlayedGuard *made, PyObject *guard, PyObject *row)
{
    PyObject *at = PyObject_GetAttrString(guard, "at_operand");
    made->question = FLAT;
    made->at_operand = at ? (int32_t)PyLong_AsLong(at) : -1;
    made->row = PyMem_Calloc(1, sizeof *made->row);
    int failed = made->row == NULL || played_row(row, made->row) < 0 || made->at_operand < 0 ||
                 made->at_operand >= made->count || (made->row->arity > 0 && made->row->arity != made->count);
    Py_XDECREF(at);
    return failed ? -1 : 0;
}

static int read_guard(Listed *listed, PyObject *guard, PyObject *asked, int32_t i)
{
    PlayedGuard *made = &listed->guard[i];
    PyObject *kind = PyObject_GetAttrString(guard, "kind"), *operands = PyObject_GetAttrString(guard, "operands");
    PyObject *outcome = PyObject_GetAttrString(guard, "outcome"), *row = PyObject_HasAttrString(guard, "row") ? PyObject_GetAttrString(guard, "row") : Py_NewRef(Py_None);
    int failed = !kind || !PyUnicode_Check(kind) || !operands || !outcome || !row || read_operands(listed, made, operands) < 0;
    made->outcome = failed ? 0.0 : PyFloat_AsDouble(outcome);
    made->question = BY_PYTHON;
    for (int j = 0; j < LENGTH(QUESTIONS) && !failed; j++)
        if (PyUnicode_CompareWithASCIIString(kind, QUESTIONS[j]) == 0)
            made->question = j;
    if (!failed && row != Py_None)
        failed = read_flat(made, guard, row) < 0;
    else if (!failed && made->question == BY_PYTHON)
        failed = (made->function = PyObject_GetItem(asked, kind)) == NULL;
    Py_XDECREF(kind);
    Py_XDECREF(operands);
    Py_XDECREF(outcome);
    Py_XDECREF(row);
    if (failed && !PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "a guard must ask about slots of its listing");
    return PyErr_Occurred() ? -1 : 0;
}

static int read_guards(Listed *listed, PyObject *listing)
{
    PyObject *module = PyImport_ImportModule("autograd_core._program.guards");
    PyObject *asked = module ? PyObject_GetAttrString(module, "QUESTIONS") : NULL;
    PyObject *given = asked ? PyObject_GetAttrString(listing, "guards") : NULL;
    PyObject *guards = given ? PySequence_Tuple(given) : NULL;
    int failed = guards == NULL;
    if (!failed) {
        listed->guards = (int32_t)PyTuple_GET_SIZE(guards);
        listed->guard = PyMem_Calloc((size_t)listed->guards + 1, sizeof *listed->guard);
        failed = listed->guard == NULL;
    }
    for (int32_t i = 0; i < listed->guards && !failed; i++)
        failed = read_guard(listed, PyTuple_GET_ITEM(guards, i), asked, i) < 0;
    Py_XDECREF(guards);
    Py_XDECREF(given);
    Py_XDECREF(asked);
    Py_XDECREF(module);
    return failed ? -1 : 0;
}

static int read_rows(Listed *listed, PyObject *listing)
{
    PyObject *given = PyObject_GetAttrString(listing, "rows");
    PyObject *rows = given ? PySequence_Tuple(given) : NULL;
    int failed = rows == NULL;
    Py_XDECREF(given);
    if (!failed) {
        listed->row = PyMem_Calloc((size_t)PyTuple_GET_SIZE(rows) + 1, sizeof *listed->row);
        failed = listed->row == NULL;
    }
    for (Py_ssize_t i = 0; !failed && i < PyTuple_GET_SIZE(rows); i++) {
        listed->rows = (int32_t)i + 1;
        failed = played_row(PyTuple_GET_ITEM(rows, i), &listed->row[i]) < 0;
    }
    Py_XDECREF(rows);
    return failed ? -1 : 0;
}

/* Check everything that C code without bounds checks relies on, since a listing may come from a file. */
static int is_sound(const Listed *listed, int32_t starts, int32_t edges, int32_t variables)
{
    int sound = starts == listed->count + 1 && listed->starts[0] == 0 && listed->starts[listed->count] == edges &&
                variables == listed->slots && listed->outputs > 0;
    for (int32_t k = 0; k < listed->count && sound; k++) {
        sound = listed->starts[k] <= listed->starts[k + 1] && listed->code[k] >= 0 && listed->code[k] < listed->rows;
        int32_t count = sound ? listed->starts[k + 1] - listed->starts[k] : 0;
        sound = sound && (row_at(listed, k)->arity < 0 || row_at(listed, k)->arity == count) &&
                (row_at(listed, k)->meaning != DOT_ROW || count % 2 == 0);
        for (int32_t i = listed->starts[k]; i < listed->starts[k + 1] && sound; i++)
            sound = listed->operands[i] >= 0 && listed->operands[i] < listed->first + k;
    }
    for (int32_t i = 0; i < listed->outputs && sound; i++)
        sound = listed->output[i] >= 0 && listed->output[i] < listed->slots;
    if (!sound)
        PyErr_SetString(PyExc_ValueError, "the listing is damaged: its parts are inconsistent");
    return sound;
}

static int read_listing(Listed *listed, PyObject *listing)
{
    int32_t starts = 0, variables = 0;
    listed->inputs = whole(listing, "inputs");
    listed->parameters = PyErr_Occurred() ? -1 : whole(listing, "parameters");
    if (PyErr_Occurred() ||
        viewed(listed, listing, "constants", sizeof(double), (void **)&listed->constant, &listed->constants) < 0 ||
        viewed(listed, listing, "code", sizeof(int32_t), (void **)&listed->code, &listed->count) < 0 ||
        viewed(listed, listing, "starts", sizeof(int32_t), (void **)&listed->starts, &starts) < 0 ||
        viewed(listed, listing, "operands", sizeof(int32_t), (void **)&listed->operands, &listed->edges) < 0 ||
        viewed(listed, listing, "outputs", sizeof(int32_t), (void **)&listed->output, &listed->outputs) < 0 ||
        viewed(listed, listing, "variable", 1, (void **)&listed->variable, &variables) < 0 ||
        read_rows(listed, listing) < 0)
        return -1;
    listed->leaves = listed->inputs + listed->parameters;
    listed->first = listed->leaves + listed->constants;
    listed->slots = listed->first + listed->count;
    return is_sound(listed, starts, listed->edges, variables) && read_guards(listed, listing) == 0 ? 0 : -1;
}

static void listed_free(Listed *listed)
{
    while (listed->viewed > 0)
        PyBuffer_Release(&listed->views[--listed->viewed]);
    for (int32_t i = 0; listed->guard && i < listed->guards; i++) {
        PlayedGuard *guard = &listed->guard[i];
        PyMem_Free(guard->operands);
        Py_XDECREF(guard->function);
        if (guard->row)
            played_row_free(guard->row);
        PyMem_Free(guard->row);
    }
    PyMem_Free(listed->guard);
    for (int32_t i = 0; i < listed->rows; i++)
        played_row_free(&listed->row[i]);
    PyMem_Free(listed->row);
}

static void player_dealloc(PyObject *self)
{
    Player *player = (Player *)self;
    PyTypeObject *type = Py_TYPE(self);
    plan_free(player->plan);
    PyMem_RawFree(player->cells);
    PyMem_RawFree(player->gradients);
    PyMem_RawFree(player->arena);
    PyMem_RawFree(player->shared);
    Py_XDECREF(player->known);
    listed_free(&player->listed);
    type->tp_free(self);
    Py_DECREF(type);
}

/* Allocate the memory for playing points, and set the cells of the constants, which stay the same for every point. */
static int player_cells(Player *player)
{
    size_t cells = (size_t)player->plan->cells + 8;
    player->cells = PyMem_RawCalloc(cells, sizeof(double));
    player->gradients = PyMem_RawCalloc((size_t)player->listed.leaves + 8, sizeof(double));
    if (player->cells == NULL || player->gradients == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(player->cells, player->plan->fixed, sizeof(double) * (size_t)player->plan->shared);
    return 0;
}

static PyObject *player_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"listing", "by_rows", "passes", NULL};
    PyObject *listing;
    Py_buffer by_rows;
    int passes = CHAINS | MATRICES | REUSE | CONVOLUTIONS;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "Oy*|i", names, &listing, &by_rows, &passes))
        return NULL;
    Player *player = (Player *)type->tp_alloc(type, 0);
    int failed = player == NULL || read_listing(&player->listed, listing) < 0;
    if (!failed && by_rows.len != player->listed.inputs) {
        PyErr_Format(PyExc_ValueError, "there are %d inputs, but by_rows has %zd", player->listed.inputs, by_rows.len);
        failed = 1;
    }
    failed = failed || (player->plan = plan_made(&player->listed, by_rows.buf, passes)) == NULL;
    if (!failed && passes && !(passes & (SORTED | FUSED)) && plan_check(player->plan) != 1) { /* replan without passes */
        plan_free(player->plan);
        failed = (player->plan = plan_made(&player->listed, by_rows.buf, 0)) == NULL;
        player->refused = 1;
    }
    failed = failed || player_cells(player) < 0;
    PyBuffer_Release(&by_rows);
    if (failed)
        Py_CLEAR(player);
    return (PyObject *)player;
}

static PyMethodDef methods[] = {
    {"point", (PyCFunction)(void (*)(void))player_point, METH_FASTCALL,
     "point($self, inputs, parameters, outputs, gradients, seed, /)\n--\n\n"
     "Play one point and fill `outputs` and `gradients` (or None); return False if it is on another branch or raises."},
    {"node", (PyCFunction)(void (*)(void))player_node, METH_FASTCALL,
     "node($self, row, inputs, parameters, below, computed, /)\n--\n\n"
     "Play one point and return it as a node, or None if it is on another branch or raises. See play_node.c."},
    {"rows", (PyCFunction)(void (*)(void))player_rows, METH_FASTCALL,
     "rows($self, count, columns, parameters, outputs, by_row, summed, strays, threads, /)\n--\n\n"
     "Play many rows of data; see native.py."},
    {"steps", player_steps, METH_NOARGS, "steps($self, /)\n--\n\nReturn the steps of the plan, a tuple for each."},
    {"flow", player_flow, METH_NOARGS, "flow($self, /)\n--\n\nReturn the cells that the forward steps read and fill."},
    {"stats", player_stats, METH_NOARGS, "stats($self, /)\n--\n\nReturn the numbers of steps, cells, bytes and so on."},
    {"ordered", player_ordered, METH_NOARGS,
     "ordered($self, /)\n--\n\nReturn whether every sum of the plan is in the order of the engine's sweep."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, player_new}, {Py_tp_dealloc, player_dealloc}, {Py_tp_methods, methods},
    {Py_tp_doc, "Player(listing, by_rows, passes)\n--\n\nA program prepared for the C player."}, {0, NULL},
};

static PyType_Spec spec = {"autograd_core._native._core.Player", sizeof(Player), 0, Py_TPFLAGS_DEFAULT, slots};

int player_ready(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL);
    int failed = type == NULL || PyModule_AddObjectRef(module, "Player", type) < 0;
    Py_XDECREF(type);
    return failed ? -1 : 0;
}
