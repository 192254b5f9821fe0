/* Reads the arguments of a run over rows. */
#include "play_rows.h"

#define MOST_BYTES ((size_t)3 << 19) /* in a block: a little more than the second-level cache holds */
#define MOST_LANES 128

static int read_column(Column *column, PyObject *given, Py_ssize_t count, const Player *player, int32_t first)
{
    PyObject *buffer;
    int slots, by_rows;
    if (!PyArg_ParseTuple(given, "Oip", &buffer, &slots, &by_rows))
        return -1;
    if (PyObject_GetBuffer(buffer, &column->view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0)
        return -1;
    column->first = first;
    column->slots = slots;
    column->by_rows = (char)by_rows;
    int good = slots >= 0 && slots <= player->listed.inputs - first && strcmp(column->view.format, "d") == 0 &&
               column->view.len == (by_rows ? count : 1) * (Py_ssize_t)slots * (Py_ssize_t)sizeof(double);
    for (int i = 0; i < slots && good; i++)
        good = player->plan->by_rows[first + i] == (char)by_rows;
    if (good)
        return 0;
    PyBuffer_Release(&column->view);
    PyErr_SetString(PyExc_ValueError, "a column must hold contiguous float64 numbers, for all rows of its slots");
    return -1;
}

static int read_columns(Run *run, PyObject *given)
{
    Player *player = run->player;
    int32_t first = 0;
    if (!PyTuple_Check(given))
        return type_error("columns must be a tuple; got %R of type %U", given);
    run->columns = PyMem_Calloc((size_t)PyTuple_GET_SIZE(given) + 1, sizeof *run->columns);
    if (run->columns == NULL)
        return -1;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(given); i++) {
        Column *column = &run->columns[i];
        if (read_column(column, PyTuple_GET_ITEM(given, i), run->count, player, first) < 0)
            return -1;
        run->column_count++;
        if (!column->by_rows && column->slots)
            memcpy(run->shared + player->plan->leaf_cell[first], column->view.buf, (size_t)column->view.len);
        first += column->slots;
    }
    if (first != player->listed.inputs)
        PyErr_Format(PyExc_ValueError, "there are %d inputs, but the columns have %d", player->listed.inputs, first);
    return first == player->listed.inputs ? 0 : -1;
}

/* Choose the number of lanes in a block, so that its cells fit the cache. Blocks are larger if the weights or the
 * partial sums, which every block reads again, take more memory than the cells. A chunk of only one block needs no
 * partial sums. */
static void choose_room(Run *run)
{
    const Plan *plan = run->player->plan;
    size_t cells = (size_t)(plan->cells - plan->shared) + 2, room = ((size_t)run->count + 7) / 8 * 8;
    size_t fitting = MOST_BYTES / sizeof(double) / cells / 32 * 32;
    size_t most = fitting < 32 ? 32 : fitting > MOST_LANES ? MOST_LANES : fitting;
    size_t partials = run->sweeping ? 2 * PARTIALS * (size_t)plan->listed->leaves / cells / 8 * 8 : 0; /* read and written */
    if ((size_t)plan->shared > most * cells)
        most = MOST_LANES;
    most = partials > CHUNK ? CHUNK : partials > most ? partials : most;
    run->room = (int32_t)(room < most ? (room ? room : 8) : most);
}

typedef struct Filled {
    Py_buffer view;
    int taken;
} Filled;

static int fill(Filled *filled, PyObject *object, Py_ssize_t bytes, void **at)
{
    if (object == Py_None)
        return 0;
    if (PyObject_GetBuffer(object, &filled->view, PyBUF_C_CONTIGUOUS | PyBUF_WRITABLE) < 0)
        return -1;
    filled->taken = 1;
    *at = filled->view.buf;
    if (filled->view.len != bytes)
        PyErr_Format(PyExc_ValueError, "a buffer to fill has %zd bytes; it needs %zd", filled->view.len, bytes);
    return filled->view.len == bytes ? 0 : -1;
}

/* rows(count, columns, parameters, outputs, by_row, summed, strays, threads) */
PyObject *player_rows(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    Player *player = (Player *)self;
    const Listed *listed = &player->listed;
    if (count != 8)
        return PyErr_Format(PyExc_TypeError, "rows takes 8 arguments; got %zd", count);
    Run run = {.player = player, .count = PyLong_AsSsize_t(arguments[0]), .threads = (int)PyLong_AsLong(arguments[7])};
    if (PyErr_Occurred())
        return NULL;
    if (run.count < 0 || run.count > INT32_MAX / 2 || run.threads < 1)
        return PyErr_Format(PyExc_ValueError, "there must be at most %d rows and at least one thread", INT32_MAX / 2);
    run.threads = run.threads < MOST_THREADS ? run.threads : MOST_THREADS;
    run.sweeping = arguments[5] != Py_None;
    run.lanes = best_lanes(player->plan->passes & FUSED);
    run.row_slots = PyMem_New(int32_t, (size_t)listed->inputs + 1);
    run.shared = player->shared ? player->shared : PyMem_RawMalloc(sizeof(double) * (size_t)(player->plan->shared + 1));
    player->shared = NULL;
    for (int32_t slot = 0; run.row_slots && slot < listed->inputs && arguments[4] != Py_None; slot++)
        if (player->plan->by_rows[slot])
            run.row_slots[run.row_slot_count++] = slot;
    Filled filled[4] = {{.taken = 0}};
    const Py_ssize_t sizes[] = {run.count * listed->outputs, run.count * run.row_slot_count, listed->leaves};
    void **places[] = {(void **)&run.outputs, (void **)&run.by_row, (void **)&run.total, (void **)&run.strays};
    int failed = run.row_slots == NULL || run.shared == NULL;
    for (int i = 0; i < 4 && !failed; i++)
        failed = fill(&filled[i], arguments[3 + i], i < 3 ? sizes[i] * (Py_ssize_t)sizeof(double) : run.count, places[i]) < 0;
    if (!failed) {
        int32_t fixed = player->plan->first_fixed;
        memcpy(run.shared + fixed, player->plan->fixed + fixed, sizeof(double) * (size_t)(player->plan->shared - fixed));
        run.shared[player->plan->seed] = 1.0;
        double *parameters = run.shared + (listed->parameters ? player->plan->leaf_cell[listed->inputs] : 0);
        failed = run.outputs == NULL || run.strays == NULL || read_columns(&run, arguments[1]) < 0 ||
                 numbers_into(arguments[2], parameters, listed->parameters) < 0;
    }
    if (!failed) {
        memset(run.strays, 0, (size_t)run.count);
        if (run.sweeping && run.count == 0)
            memset(run.total, 0, sizeof(double) * (size_t)listed->leaves);
        choose_room(&run);
        failed = run.count ? play_run(&run) < 0 : 0;
    }
    for (int i = 0; i < 4; i++)
        if (filled[i].taken)
            PyBuffer_Release(&filled[i].view);
    for (Py_ssize_t i = 0; i < run.column_count; i++)
        PyBuffer_Release(&run.columns[i].view);
    PyMem_Free(run.columns);
    PyMem_Free(run.row_slots);
    if (player->shared) /* another run has already given its memory back to the player */
        PyMem_RawFree(run.shared);
    else
        player->shared = run.shared;
    if (failed)
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_ValueError, "outputs and strays must be buffers");
    Py_RETURN_NONE;
}
