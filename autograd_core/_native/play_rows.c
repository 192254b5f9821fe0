/* Plays a plan over many rows, in chunks of 1024 rows, with one thread or several. The sums of the chunks are added in
 * order, so the number of threads changes no bit.
 */
#include "play_rows.h"

#if !defined(_WIN32)
#include <pthread.h>
#define THREADS 1
typedef pthread_mutex_t Lock;
typedef pthread_cond_t Turn;
#else
#define THREADS 0
typedef int Lock, Turn;
#define pthread_mutex_lock(lock) ((void)0)
#define pthread_mutex_unlock(lock) ((void)0)
#define pthread_cond_wait(turn, lock) ((void)0)
#define pthread_cond_broadcast(turn) ((void)0)
#endif

/* The state that the threads of a run share: the next chunk, and the chunk whose turn it is to add its sums. */
typedef struct Work {
    const Run *run;
    Py_ssize_t next, turn, chunks;
    int failed;
    Lock lock;
    Turn moved;
} Work;

typedef struct Worker {
    Work *work;
    Desk desk;
} Worker;

/* Add the sums of a chunk after those of all chunks before it. The caller holds the lock. */
static void commit(Work *work, const Desk *desk, Py_ssize_t chunk)
{
    const Run *run = work->run;
    int32_t leaves = run->player->listed.leaves;
    for (int32_t i = 0; i < leaves && run->sweeping && desk->sums != run->total; i++)
        run->total[i] = chunk ? run->total[i] + desk->sums[i] : desk->sums[i];
    work->turn = chunk + 1;
    pthread_cond_broadcast(&work->moved);
}

static int exactly(const Run *run, const Desk *desk, Py_ssize_t start, Py_ssize_t count)
{
    PyGILState_STATE state = PyGILState_Ensure();
    int failed = play_chunk_exactly(run, desk, start, count) < 0;
    if (failed && run->threads > 1)
        PyErr_Clear(); /* with several threads, the run reports only that there is no memory */
    PyGILState_Release(state);
    return failed ? -1 : 0;
}

static void *work_on(void *argument)
{
    Worker *worker = argument;
    Work *work = worker->work;
    const Run *run = work->run;
    for (;;) {
        int sure;
        pthread_mutex_lock(&work->lock);
        Py_ssize_t chunk = work->failed ? work->chunks : work->next++, start = chunk * CHUNK;
        pthread_mutex_unlock(&work->lock);
        if (chunk >= work->chunks)
            return NULL;
        Py_ssize_t count = run->count - start < CHUNK ? run->count - start : CHUNK;
        play_chunk(run, &worker->desk, start, count, &sure);
        int failed = !sure && exactly(run, &worker->desk, start, count) < 0;
        pthread_mutex_lock(&work->lock);
        while (work->turn != chunk)
            pthread_cond_wait(&work->moved, &work->lock);
        work->failed |= failed;
        commit(work, &worker->desk, chunk);
        pthread_mutex_unlock(&work->lock);
    }
}

static size_t desk_doubles(const Run *run)
{
    const Plan *plan = run->player->plan;
    size_t leaves = (size_t)plan->listed->leaves + 8, room = (size_t)run->room;
    size_t partials = run->sweeping && run->room < CHUNK && run->count > run->room ? leaves * PARTIALS : 0;
    return ((size_t)(plan->cells - plan->shared) + 2 + PANEL_COLUMNS) * room + partials + leaves + 16;
}

/* Return a desk (the memory of one thread) that starts at `memory`; rows of lanes start at multiples of 64 bytes. */
static Desk desk_in(const Run *run, double *memory)
{
    const Plan *plan = run->player->plan;
    size_t leaves = (size_t)plan->listed->leaves + 8, room = (size_t)run->room;
    Desk desk;
    desk.cells = memory;
    desk.scratch = desk.cells + (size_t)(plan->cells - plan->shared) * room;
    desk.panel = desk.scratch + 2 * room;
    desk.sums = desk.panel + PANEL_COLUMNS * room;
    desk.partials = desk.sums + leaves;
    if (run->count <= CHUNK && run->sweeping) /* the only chunk */
        desk.sums = run->total;
    return desk;
}

static int work_in_threads(Work *work, Worker *workers, int threads)
{
#if THREADS
    pthread_t ids[MOST_THREADS];
    int started = 0;
    pthread_mutex_init(&work->lock, NULL);
    pthread_cond_init(&work->moved, NULL);
    while (started < threads - 1 && pthread_create(&ids[started], NULL, work_on, &workers[started + 1]) == 0)
        started++;
    work_on(&workers[0]);
    for (int i = 0; i < started; i++)
        pthread_join(ids[i], NULL);
    pthread_cond_destroy(&work->moved);
    pthread_mutex_destroy(&work->lock);
#else
    work_on(&workers[0]);
#endif
    return work->failed ? -1 : 0;
}

/* Return the memory that the last run kept for reuse, or new memory. */
static double *memory_for(Player *player, size_t doubles)
{
    double *memory = player->arena;
    player->arena = NULL;
    if (memory == NULL || player->arena_doubles < doubles) {
        PyMem_RawFree(memory);
        memory = PyMem_RawMalloc((doubles + 8) * sizeof(double));
        player->arena_doubles = doubles;
    }
    if (memory == NULL)
        PyErr_NoMemory();
    return memory;
}

static void give_back(Player *player, double *memory, size_t doubles)
{
    if (player->arena)
        PyMem_RawFree(memory); /* another run has already given its memory back to the player */
    else {
        player->arena = memory;
        player->arena_doubles = doubles;
    }
}

/* Play the chosen rows. */
static int play(Run *run)
{
    Player *player = run->player;
    const Plan *plan = player->plan;
    Worker workers[MOST_THREADS];
    Work work = {.run = run, .chunks = (run->count + CHUNK - 1) / CHUNK};
    int threads = !plan->pure || !THREADS ? 1 : work.chunks < run->threads ? (int)work.chunks : run->threads;
    threads = threads < 1 ? 1 : threads;
    size_t one = (desk_doubles(run) + 7) / 8 * 8, doubles = one * (size_t)threads + 8;
    double *memory = memory_for(player, doubles);
    if (memory == NULL)
        return -1;
    size_t kept = player->arena_doubles;
    double *aligned = (double *)(((uintptr_t)memory + 63) & ~(uintptr_t)63);
    for (int i = 0; i < threads; i++)
        workers[i] = (Worker){&work, desk_in(run, aligned + (size_t)i * one)};
    int failed;
    run->threads = threads;
    if (plan->pure && plan->computable) {
        PyThreadState *state = PyEval_SaveThread();
        failed = work_in_threads(&work, workers, threads) < 0;
        PyEval_RestoreThread(state);
    } else {
        failed = work_in_threads(&work, workers, 1) < 0;
    }
    give_back(player, memory, kept);
    if (failed && !PyErr_Occurred())
        PyErr_NoMemory();
    return failed ? -1 : 0;
}

/* Repeat the run without the rows that take another branch than the trace or raise an exception: the sums must not
   include them. */
static int play_survivors(Run *run)
{
    int32_t *chosen = PyMem_RawMalloc(sizeof *chosen * (size_t)(run->count + 1));
    Py_ssize_t found = 0, all = run->count;
    if (chosen == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t r = 0; r < all; r++)
        if (!run->strays[r])
            chosen[found++] = (int32_t)r;
    run->chosen = chosen;
    run->count = found;
    int failed = found ? play(run) < 0 : 0;
    if (found == 0 && run->sweeping)
        memset(run->total, 0, sizeof(double) * (size_t)run->player->listed.leaves);
    PyMem_RawFree(chosen);
    run->chosen = NULL;
    run->count = all;
    return failed ? -1 : 0;
}

static int strayed(const Run *run) { return memchr(run->strays, 1, (size_t)run->count) != NULL; }

int play_run(Run *run)
{
    int failed = play(run) < 0;
    return failed || (run->sweeping && strayed(run) && play_survivors(run) < 0) ? -1 : 0;
}
