/* The type that plays plans, as Python sees it, and its methods. */
#ifndef AUTOGRAD_CORE_PLAY_H
#define AUTOGRAD_CORE_PLAY_H

#include "plan.h"

typedef struct Player {
    PyObject_HEAD
    Listed listed;
    Plan *plan;
    double *cells, *gradients; /* for playing one point; kept from call to call */
    double *arena, *shared;    /* memory that the last run over rows kept for reuse */
    size_t arena_doubles;
    PyObject *known;           /* the tuple of Values that were the last node's parameters, or NULL */
    Py_ssize_t known_leaves;   /* how many items at the start of `known` are distinct leaves */
    char refused; /* whether plan_check.c refused a plan; the current plan is made without passes */
} Player;

/* play_calls.c */
PyObject *player_point(PyObject *self, PyObject *const *arguments, Py_ssize_t count);
PyObject *player_steps(PyObject *self, PyObject *unused);
PyObject *player_stats(PyObject *self, PyObject *unused);
PyObject *player_ordered(PyObject *self, PyObject *unused);
int player_plays(Player *player, PyObject *inputs, PyObject *parameters, double seed, double *outputs, double *gradients);
int player_paths(Player *player, PyObject *inputs, PyObject *parameters, double *gradients);
int numbers_into(PyObject *source, double *numbers, Py_ssize_t count);

/* play_flow.c */
PyObject *player_flow(PyObject *self, PyObject *unused);

/* play_node.c */
PyObject *player_node(PyObject *self, PyObject *const *arguments, Py_ssize_t count);

/* play_arguments.c */
PyObject *player_rows(PyObject *self, PyObject *const *arguments, Py_ssize_t count);

#endif
