/* The data that the rows and chunks of a run share. */
#ifndef AUTOGRAD_CORE_PLAY_ROWS_H
#define AUTOGRAD_CORE_PLAY_ROWS_H

#include "lanes.h"
#include "play.h"

/* Adjacent inputs: `slots` numbers for each row, or the same numbers for all rows. */
typedef struct Column {
    Py_buffer view;
    int32_t first, slots;
    char by_rows;
} Column;

typedef struct Run {
    Player *player;
    double *shared; /* the shared cells of this run */
    Column *columns;
    Py_ssize_t column_count, count; /* the number of rows to play */
    const int32_t *chosen;          /* which rows these are; NULL for all */
    double *outputs, *by_row, *total;
    char *strays;
    int32_t *row_slots, row_slot_count; /* the inputs by rows whose gradients are needed */
    const Lanes *lanes;
    int32_t room; /* the number of lanes in a block */
    int sweeping, threads;
} Run;

/* The memory in which one thread plays blocks and adds the sums of a chunk. */
typedef struct Desk {
    double *cells, *partials, *scratch, *panel, *sums;
} Desk;

enum { MOST_THREADS = 64 };

/* play_rows.c */
int play_run(Run *run);

/* play_chunks.c */
const Lanes *best_lanes(int fast);
void play_chunk(const Run *run, const Desk *desk, Py_ssize_t start, Py_ssize_t count, int *sure);
int play_chunk_exactly(const Run *run, const Desk *desk, Py_ssize_t start, Py_ssize_t count);

#endif
