/* A plan: a program as steps, each of which does the work of many instructions.
 *
 * Sums of products are folds: `init + a*b + c*d + …`, in that order. The passes turn chains of additions into folds,
 * and each adjoint into the fold of its contributions, in the order in which the engine's sweep adds them. So no
 * grouping can change a bit, which plan_check.c verifies. Folds that share a list of factors become one product of a
 * matrix and a vector (over a block of rows, of two matrices); folds with the same weights at several places become one
 * convolution; all other folds of a level become one list. (The level of a step is above those of the steps whose
 * results it reads.)
 *
 * A plan is played at a single point, or over many rows of data, in blocks of rows. Numbers are held in cells. The
 * first cells, the shared cells, hold numbers that all rows share (inputs, parameters, constants). The other cells are
 * "by rows": each holds one number for each row of a block. At a single point, every cell holds one number, and all
 * cells form one array.
 */
#ifndef AUTOGRAD_CORE_PLAN_H
#define AUTOGRAD_CORE_PLAN_H

#include "player.h"

typedef struct Ints {
    int32_t *at;
    size_t count, capacity;
} Ints;

typedef enum { MAP, DOTS, PRODUCTS, MATVEC, OUTER, SUMS, CONVOLUTION } StepKind;

/* The data of a step are in the pool, from index `at` on:
 * MAP       for each operand, its n cells (for a row on many operands: for each of n outputs, its `terms` cells);
 *           `slopes` holds, for each operand, the first cell of the local derivatives, or -1 if they are not needed
 * DOTS      n + 1 starts; n inits (-1 for none); for each term, a cell; for each term, the cell of a factor (-1: none)
 * PRODUCTS  n cells, then the n cells of their factors
 * MATVEC    n inits; the `terms` cells of the vector; the `terms` cells of the first row of the matrix (the cells of
 *           each further row lie `stride` on)
 * OUTER     for a matrix of n × m gradients (the first is that of leaf `out`; the rows lie `stride` leaves apart):
 *           n lists of `terms` cells, then m lists of `terms` cells
 * SUMS      as for DOTS, but without inits; after the starts come the n leaves whose gradients the sums are
 * CONVOLUTION  for n shared filters at m places: m inits for each filter; `terms` cells for each place; the `terms`
 *           cells of the first filter (the cells of each further filter lie `stride` on); for each place, how many
 *           places from there on lie side by side, cell by cell and init by init. The results are, for each filter,
 *           those at all places
 */
typedef struct Step {
    StepKind kind;
    int32_t level, n, m, terms, out, stride, row;
    int32_t slopes[2];
    size_t at;
    int32_t first; /* the first instruction of a MAP, for its row's Python code and for messages */
    char simple;   /* MATVEC: the vector is by rows, the matrix shared; OUTER: all cells are by rows */
    char bare;     /* MATVEC, CONVOLUTION: no sum has an init */
    char adjacent; /* OUTER: for each term, the cells of the columns lie side by side */
} Step;

typedef struct Fold {
    int32_t target, init, start, terms, level; /* ids, later replaced by cells */
    int32_t rest;                              /* the number of terms after a part that is emitted separately */
    char emitted;
} Fold;

/* Passes. Only the last two can change bits: SORTED adds terms in another order; FUSED rounds a product and its sum
   only once, and computes exp and tanh by series. */
enum { CHAINS = 1, MATRICES = 2, REUSE = 4, CONVOLUTIONS = 8, SORTED = 16, FUSED = 32 };

typedef struct Plan Plan;
typedef int PlaySteps(const Plan *plan, size_t count, double *cells, double *gradients);

struct Plan {
    const Listed *listed;
    char *by_rows; /* for each input: whether it is by rows */
    int passes;
    int32_t shared, cells; /* the number of shared cells; the number of all cells */
    int32_t first_fixed;   /* the first shared cell that is a constant */
    double *fixed;         /* the numbers of the shared cells, if they are constants */
    int32_t seed;          /* the cell of the seed, from which the sweep starts */
    Step *steps;
    size_t count, capacity, forward; /* the first `forward` steps compute values */
    Ints pool;
    int32_t *leaf_cell, *output_cell, *guard_cells; /* guard_cells: two for each guard */
    int32_t *gradient_cell; /* for each input by rows: the cell of its gradient, -1 for none */
    char *summed;           /* for each leaf: whether an OUTER or SUMS step makes its gradient */
    char all_summed;        /* whether `summed` is set for all parameters */
    char pure, computable;  /* no Python code runs; every operation is in a fold or has a kernel */
    PlaySteps *play_steps;  /* at one point */
    PyObject *found, *missed; /* the texts of explain() */
};

/* The data of the passes. Every number has an id: first the values (one for each slot), then the local derivatives (one
   for each edge), the adjoints (one for each slot) and the extra constants. */
typedef struct Draft {
    const Listed *listed;
    Plan *plan;
    int32_t slopes, adjoints, extras; /* where these ids start */
    int32_t *cell;                    /* the cell of each id */
    double *extra;
    int32_t extra_count, extra_capacity;
    Fold *folds;
    size_t fold_count, fold_capacity, forward_folds;
    Ints a, b;       /* the terms of all folds: ids, -1 for no factor */
    int32_t *root;   /* for each slot: the slot whose adjoint it shares, -1 if no contribution arrives */
    char *absorbed;  /* for each instruction: whether it is part of another instruction's fold */
    int32_t *level;  /* the level of each instruction's value */
    char *sloped;    /* for each edge: whether its local derivative is needed */
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

/* play_point.c: returns 1, or 0 if the point must be played exactly. */
int play_point(const Plan *plan, double *cells, double *gradients);
PlaySteps *steps_at_point(void);

/* play_chunks.c: the vector unit of this machine. */
typedef enum { GENERIC, AVX2, AVX512 } VectorUnit;
VectorUnit vector_unit(void);

/* The number of cells that the results of a step take. */
static inline int32_t results_of(const Step *step)
{
    return step->kind == OUTER || step->kind == SUMS ? 0 : step->kind == CONVOLUTION ? step->n * step->m : step->n;
}

static inline int is_shared(const Plan *plan, int32_t cell) { return cell < plan->shared; }

#endif
