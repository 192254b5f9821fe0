/* The player of programs in C: it computes from a flat list, over and over, what the engine computes node by node.
 *
 * In reading order: player.h and player_rows.c describe the list and its rows, and player_exact.c plays it exactly at
 * one point, with every rule of the sweep. plan.h and plan_*.c turn the list into fewer, larger steps; play_point.c and
 * play_rows.c play these steps: point_*.c applies a step to one point, and lanes*.c applies it to a block of rows. The
 * steps ignore the rule about paths that are not taken: if the rule matters, a gradient is NaN, and the list is played
 * exactly.
 *
 * In these files, "row" may mean a row of the table of operations, a row of data, or a row of a matrix.
 */
#ifndef AUTOGRAD_CORE_PLAYER_H
#define AUTOGRAD_CORE_PLAYER_H

#include "kernels.h"

/* The rows of the table whose lanes are computed side by side: STOP_LANES only at a single point, EXP_LANES and
   TANH_LANES only in fast plans. */
enum {
    NO_LANES, STOP_LANES, RELU_LANES, MAXIMUM_LANES, MINIMUM_LANES, SQUARE_LANES, WHERE_LANES, TAKE_LANES,
    LOGSUMEXP_LANES, EXP_LANES, TANH_LANES
};

/* The operations that the passes treat specially. They treat any other operation as a call to its kernel or its Python
   code. */
typedef enum { OTHER_ROW, ADD_ROW, SUB_ROW, MUL_ROW, NEG_ROW, IDENTITY_ROW, SUM_ROW, DOT_ROW } Meaning;

/* A row of the table, in the form in which the player calls it. */
typedef struct PlayedRow {
    PyObject *operation, *value, *derivatives;
    int arity; /* -1 if the operands are taken together, in a list */
    Meaning meaning;
    Flat flat_kind;
    char states_flat;
    char pure; /* its kernel runs no Python code, so it may run in several threads */
    AnyKernel kernel;
    int vector; /* RELU_LANES, …; NO_LANES for none */
    /* For a row on one or two operands: whether each local derivative is a constant, and which. */
    char constant[2];
    double slope[2];
} PlayedRow;

/* The kinds of guards, as _program/guards.py names them. For a guard of any other kind, BY_PYTHON, the function in that
   module is called. */
enum { LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, EQUAL, NOT_EQUAL, TRUTH, FINITE, NUMBER, FLAT, BY_PYTHON };

typedef struct PlayedGuard {
    int question;
    int32_t count, *operands; /* at least two: a single operand is stored twice */
    double outcome;
    PlayedRow *row;     /* FLAT: the row and the operand of the derivative */
    int32_t at_operand;
    PyObject *function; /* BY_PYTHON */
} PlayedGuard;

/* The list; _program/listing.py explains it. */
typedef struct Listed {
    int32_t inputs, parameters, constants, count, outputs, guards, rows, edges;
    int32_t leaves, first, slots; /* how many inputs and parameters; the first instruction's slot; how many slots */
    const double *constant;
    const int32_t *code, *starts, *operands, *output;
    const char *variable;
    PlayedGuard *guard;
    PlayedRow *row;
    Py_buffer views[6]; /* the buffers of the arrays above */
    int viewed;
} Listed;

#define LENGTH(table) ((int)(sizeof(table) / sizeof *(table)))

/* Whether a step lists its operands output by output, instead of operand by operand. */
static inline int is_many(const PlayedRow *row) { return row->arity < 0 || row->arity > 2; }

static inline PlayedRow *row_at(const Listed *listed, int32_t k) { return &listed->row[listed->code[k]]; }

/* player_rows.c */
int played_row(PyObject *operation, PlayedRow *row);
void played_row_free(PlayedRow *row);
int row_alone(const PlayedRow *row, const double *xs, Py_ssize_t count, const char *variable, double *z, double *slopes);
int number_from(PyObject *object, double *number);

/* player_guards.c */
int guard_holds(const Listed *listed, int32_t i, const double *slots);
int is_left(const PlayedGuard *guard); /* whether only exact playing can check the guard */
int guard_agrees(const PlayedGuard *guard, double x, double y);

/* player_exact.c: returns 1; 0 if the row of data takes another branch or raises an exception, which is cleared; or -1
   if interrupted. The gradient of a leaf to which nothing contributes is NOTHING. `gradients` may be NULL. */
typedef struct Exact {
    double *slots, *slopes, *adjoints;
} Exact;
int exact_open(const Listed *listed, Exact *exact);
void exact_close(Exact *exact);
int play_exactly(const Listed *listed, Exact *exact, double seed, double *gradients);

#endif
