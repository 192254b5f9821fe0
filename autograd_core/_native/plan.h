/* A plan: a program as steps, each of which does the work of many instructions.
 *
 * Sums of products are folds: `init + a*b + c*d + …`, in that order. The passes turn chains of additions into folds,
 * and each adjoint into the fold of its contributions, in the order in which the engine's sweep adds them. So no
 * grouping can change a bit, which plan_check.c verifies. Folds that share a list of factors become one product of a
 * matrix and a vector (over a block of rows, of two matrices); those with the same weights at several places become one
 * convolution; all other folds of a level become one list.
 *
 * Numbers are held in cells. The first cells hold the numbers that all rows share (inputs, parameters, constants); the
 * others hold one number for each row of a block. At a single point, all are plain numbers in one array.
 */
#ifndef AUTOGRAD_CORE_PLAN_H
#define AUTOGRAD_CORE_PLAN_H

#include "player.h"

typedef struct Ints {
    int32_t *at;
    size_t count, capacity;
} Ints;

typedef enum { MAP, DOTS, PRODUCTS, MATVEC, OUTER, SUMS, CONVOLUTION } StepKind;

/* The data of a step at `at` in the pool:
 * MAP       for each operand its cells, n of them (of a row on many, `terms` cells for each of n outputs); `slopes` has the
 *           first cell of the local derivatives for each operand, -1 if they are not needed
 * DOTS      n + 1 starts, n inits (-1 for none), then for each term a cell, then for each its factor's cell (-1: plain)
 * PRODUCTS  n cells, then n cells of factors
 * MATVEC    n inits, `terms` cells of the vector, `terms` cells of the matrix's first row; the next row is `stride` on
 * OUTER     a matrix of gradients, n × m, from leaf `out` on, its rows `stride` leaves apart: n lists of `terms` cells, then
 *           m lists of `terms` cells
 * SUMS      as DOTS, but without inits and to n leaves, which stand after the starts
 * CONVOLUTION  n shared filters at m places: m inits for each filter, `terms` cells for each place, `terms` cells of the
 *           first filter, the next is `stride` on; then for each place how many from there on lie side by side, cell by
 *           cell and init by init. Its results: for each filter those at all places
 */
typedef struct Step {
    StepKind kind;
    int32_t level, n, m, terms, out, stride, row;
    int32_t slopes[2];
    size_t at;
    int32_t first; /* the instruction of a MAP, for its row's Python and for messages */
    char simple;   /* MATVEC: the vector by rows and the matrix shared; OUTER: all by rows */
    char bare;     /* MATVEC, CONVOLUTION: no sum has an init */
    char adjacent; /* OUTER: the cells of the columns lie side by side, for each term */
} Step;

typedef struct Fold {
    int32_t target, init, start, terms, level; /* ids, and cells once they are known */
    int32_t rest;                              /* terms after a part that is emitted separately */
    char emitted;
} Fold;

/* Passes. Only the last two change bits: sums in another order; products and sums rounded once, exp and tanh by series. */
enum { CHAINS = 1, MATRICES = 2, REUSE = 4, CONVOLUTIONS = 8, SORTED = 16, FUSED = 32 };

typedef struct Plan Plan;
typedef int PlaySteps(const Plan *plan, size_t count, double *cells, double *gradients);

struct Plan {
    const Listed *listed;
    char *by_rows; /* for each input: whether it differs from row to row */
    int passes;
    int32_t shared, cells; /* of cells */
    int32_t first_fixed;   /* the first shared cell that is a constant */
    double *fixed;         /* the numbers of the shared cells, if they are constants */
    int32_t seed;          /* the cell of the seed, from which the sweep starts */
    Step *steps;
    size_t count, capacity, forward; /* the number of steps; those of the values come first */
    Ints pool;
    int32_t *leaf_cell, *output_cell, *guard_cells; /* guards: two each */
    int32_t *gradient_cell; /* for inputs by rows: the cell of the gradient, -1 if there is none */
    char *summed;           /* leaves whose gradient is made by OUTER or SUMS */
    char all_summed;        /* all parameters are */
    char pure, computable;  /* every row has a kernel, so no Python runs */
    PlaySteps *play_steps;  /* at one point */
    PyObject *found, *missed; /* the texts of explain() */
};

/* The data of the passes. Ids: values (slots), local derivatives (edges), adjoints (slots), then extra constants. */
typedef struct Draft {
    const Listed *listed;
    Plan *plan;
    int32_t slopes, adjoints, extras; /* where these ids start */
    int32_t *cell;                    /* of each id */
    double *extra;
    int32_t extra_count, extra_capacity;
    Fold *folds;
    size_t fold_count, fold_capacity, forward_folds;
    Ints a, b;       /* the terms of all folds: ids, -1 for no factor */
    int32_t *root;   /* the slot whose adjoint this one shares, -1 if nothing arrives */
    char *absorbed;  /* instructions that are part of another's fold */
    int32_t *level;  /* of each instruction's value */
    char *sloped;    /* edges whose local derivative is needed */
} Draft;

int ints_push(Ints *ints, int32_t x);
int ints_room(Ints *ints, size_t more);
Step *plan_step(Plan *plan, StepKind kind, int32_t level, int32_t n);
int32_t extra_constant(Draft *draft, double x);
Fold *new_fold(Draft *draft, int32_t target, int32_t init);
int fold_term(Draft *draft, int32_t a, int32_t b);
int32_t take_cells(Plan *plan, int32_t n);
int32_t distance(const Draft *draft, const Fold *x, const Fold *y);

int fold_values(Draft *draft);    /* plan_values.c */
int fold_adjoints(Draft *draft);  /* plan_adjoints.c */
int emit_values(Draft *draft);    /* plan_steps.c */
int emit_adjoints(Draft *draft);
int emit_folds(Draft *draft, Fold **folds, size_t count, int32_t level); /* plan_groups.c */
int emit_convolutions(Draft *draft, Fold **folds, size_t *count, int32_t level); /* plan_convolutions.c */
void find_places_side_by_side(Plan *plan);
int emit_gradients(Draft *draft, Fold **folds, size_t count);            /* plan_gradients.c */
int reuse_cells(Plan *plan);                                             /* plan_cells.c */
int plan_check(const Plan *plan); /* plan_check.c: 1 if all sums are in the order of the sweep */

Plan *plan_made(const Listed *listed, const char *by_rows, int passes);
void plan_free(Plan *plan);

/* play_point.c: 1: done; 0: it must be played exactly. */
int play_point(const Plan *plan, double *cells, double *gradients);
PlaySteps *steps_at_point(void);

/* The vectors of this machine: play_chunks.c */
typedef enum { GENERIC, AVX2, AVX512 } VectorUnit;
VectorUnit vector_unit(void);

/* How many cells the results of a step take. */
static inline int32_t results_of(const Step *step)
{
    return step->kind == OUTER || step->kind == SUMS ? 0 : step->kind == CONVOLUTION ? step->n * step->m : step->n;
}

static inline int is_shared(const Plan *plan, int32_t cell) { return cell < plan->shared; }

#endif
