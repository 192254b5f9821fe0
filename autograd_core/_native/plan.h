/* A plan: a program as steps that each do the work of many instructions.
 *
 * Sums of products are folds: `init + a*b + c*d + …`, in that order. The passes make folds of chains of additions, and of
 * each adjoint the fold of its contributions in the order in which the sweep of the engine adds them up: so no grouping
 * can change a bit, and plan_check.c looks whether that is so. Folds that share a list of factors become one product of
 * a matrix and a vector (over a block of rows, of two matrices); all others of a level become one list.
 *
 * Numbers stand in cells. The first cells hold what all rows share (inputs, parameters, constants); then follow those
 * that hold a number for each row of a block. In one point, all are plain numbers in one array.
 */
#ifndef AUTOGRAD_CORE_PLAN_H
#define AUTOGRAD_CORE_PLAN_H

#include "player.h"

typedef struct Ints {
    int32_t *at;
    size_t count, capacity;
} Ints;

typedef enum { MAP, DOTS, PRODUCTS, MATVEC, OUTER, SUMS } StepKind;

/* What a step finds at `at` in the pool:
 * MAP       for each operand its cells, n of them (of a row on many, `terms` cells for each of n outputs); `slopes` has the
 *           first cell of the local derivatives by each operand, -1 where nobody asks
 * DOTS      n + 1 starts, n inits (-1 for none), then for each term a cell, then for each its factor's cell (-1: plain)
 * PRODUCTS  n cells, then n cells of factors
 * MATVEC    n inits, `terms` cells of the vector, `terms` cells of the matrix's first row; the next row is `stride` on
 * OUTER     a matrix of gradients, n × m, from leaf `out` on, its rows `stride` leaves apart: n lists of `terms` cells, then
 *           m lists of `terms` cells
 * SUMS      as DOTS, but without inits and to n leaves, which stand after the starts
 */
typedef struct Step {
    StepKind kind;
    int32_t level, n, m, terms, out, stride, row;
    int32_t slopes[2];
    size_t at;
    int32_t first; /* instruction of a MAP: for its rows' Python and for messages */
    char simple;   /* MATVEC: the vector by rows and the matrix shared; OUTER: all by rows */
    char adjacent; /* OUTER: the columns' cells lie side by side, for each term */
} Step;

typedef struct Fold {
    int32_t target, init, start, terms, level; /* ids; then cells, once they are known */
    int32_t rest;                              /* terms that follow a part which is emitted by itself */
    char emitted;
} Fold;

/* Passes. Only the last two change bits: sums in another order; products and sums rounded once, exp and tanh by series. */
enum { CHAINS = 1, MATRICES = 2, REUSE = 4, SORTED = 8, FUSED = 16 };

typedef struct Plan {
    const Listed *listed;
    char *by_rows; /* for each input: whether it differs from row to row */
    int passes;
    int32_t shared, cells; /* of cells */
    int32_t first_fixed;   /* the first of the shared ones that is a constant */
    double *fixed;         /* the numbers of the shared cells, where they are constants */
    int32_t seed;          /* the cell of what the sweep starts from */
    Step *steps;
    size_t count, capacity, forward; /* of steps; those of the values come first */
    Ints pool;
    int32_t *leaf_cell, *output_cell, *guard_cells; /* guards: two each */
    int32_t *gradient_cell; /* of inputs by rows: the cell of the gradient, -1 where there is none */
    char *summed;           /* leaves whose gradient is made by OUTER or SUMS */
    char all_summed;        /* all parameters are */
    char pure, computable;  /* no Python runs in it; each row has a kernel */
    PyObject *found, *missed; /* lists of what explain() says */
} Plan;

/* What the passes work on. Ids: values (slots), local derivatives (edges), adjoints (slots), then extra constants. */
typedef struct Draft {
    const Listed *listed;
    Plan *plan;
    int32_t slopes, adjoints, extras; /* where these ids begin */
    int32_t *cell;                    /* of each id */
    double *extra;
    int32_t extra_count, extra_capacity;
    Fold *folds;
    size_t fold_count, fold_capacity, forward_folds;
    Ints a, b;       /* the terms of all folds: ids, -1 for no factor */
    int32_t *root;   /* the slot whose adjoint is also this one's, -1 where nothing arrives */
    char *absorbed;  /* instructions that are part of another's fold */
    int32_t *level;  /* of each instruction's value */
    char *sloped;    /* edges whose local derivative is asked for */
} Draft;

int ints_push(Ints *ints, int32_t x);
int ints_room(Ints *ints, size_t more);
Step *plan_step(Plan *plan, StepKind kind, int32_t level, int32_t n);
int32_t extra_constant(Draft *draft, double x);
Fold *new_fold(Draft *draft, int32_t target, int32_t init);
int fold_term(Draft *draft, int32_t a, int32_t b);

int fold_values(Draft *draft);    /* plan_values.c */
int fold_adjoints(Draft *draft);  /* plan_adjoints.c */
int emit_values(Draft *draft);    /* plan_steps.c */
int emit_adjoints(Draft *draft);
int emit_folds(Draft *draft, Fold **folds, size_t count, int32_t level); /* plan_groups.c */
int emit_gradients(Draft *draft, Fold **folds, size_t count);            /* plan_gradients.c */
int reuse_cells(Plan *plan);                                             /* plan_cells.c */
int plan_check(const Plan *plan); /* plan_check.c: 1 where all sums are in the order of the sweep */

Plan *plan_made(const Listed *listed, const char *by_rows, int passes);
void plan_free(Plan *plan);

/* play_point.c: 1 done, 0 play it exactly. */
int play_point(const Plan *plan, double *cells, double *gradients);

static inline int is_shared(const Plan *plan, int32_t cell) { return cell < plan->shared; }

#endif
