/* The declarations that the files of the native engine share, apart from the node itself (node.h): the functions of
 * each file, and the inline functions that every operation uses.
 *
 * The Python engine defines what everything here must do; this code does the same, faster. In unusual cases (an operand
 * that is neither a Value, a float nor an int; a value whose computation raises an exception) this code calls the
 * Python code, so that results and messages are defined in one place.
 */
#ifndef AUTOGRAD_CORE_H
#define AUTOGRAD_CORE_H

#include "node.h"

/* Count one more node that uses a primitive's row; the first such node makes the row keep its operation alive. */
static inline void row_use(uint32_t number)
{
    Row *row = &S.rows[number];
    if (row->nodes++ == 0)
        Py_INCREF(row->operation);
}

static inline int is_value(PyObject *object) { return Py_TYPE(object) == S.value_type; }

/* memory.c */
void memory_ready(void);
Node *node_memory_elsewhere(void);
void node_dealloc(PyObject *self);
PyObject *memory_report(PyObject *module, PyObject *unused);
PyObject *release_memory(PyObject *module, PyObject *unused);
Side *side_memory(Py_ssize_t count);
void side_free(Side *side);
double *scratch_for(Py_ssize_t count);

/* rows.c */
int row_number(PyObject *operation, int by_node, uint32_t *number, uint32_t *flag);
void row_release(uint32_t number);
void row_function_gone(uint32_t number);

/* place.c */
int place_ready(PyObject *module);
Place *place_inside(Place *here, PyObject *name);

/* value.c, attributes.c */
int value_ready(PyObject *module);
Place *first_place(PyObject *none);
extern PyGetSetDef value_getset[];
extern PyMethodDef value_methods[];
extern PyMethodDef value_makers[];
PyObject *value_repr(PyObject *self);
PyObject *new_leaf(uint32_t row, double data);
PyObject *new_leaf_at(Place *place, uint32_t row, double data);
int connected(void);
Py_ssize_t node_count(const Node *node);
PyObject *operand_at(Node *node, Py_ssize_t at);
PyObject *operands_tuple(Node *node);

/* nodes.c */
extern PyMethodDef node_makers[];
PyObject *noted(PyObject *node);

/* numbers.c */
extern PyMethodDef number_methods[];
int number_of(PyObject *object, double *number);
int type_error(const char *format, PyObject *object);
int note_taken(PyObject *node);
PyObject *unwrapped(PyObject *object);
PyObject *misfit(const char *name, const char *method, PyObject *self, PyObject *arguments, PyObject *keywords);
PyObject *refused(const char *name, const char *method, PyObject *first, PyObject *second);
int refused_attribute(PyObject *self, PyObject *given, void *name);
PyObject *call_python(const char *module, const char *name, PyObject *first, PyObject *second);

/* recording.c */
PyObject *apply_unary(Function *function, PyObject *operand);
PyObject *apply_binary(Function *function, PyObject *left, PyObject *right);
PyObject *raise_failed(Function *function, PyObject *operands);
PyObject *value_alone(Function *function, PyObject *operand);
PyObject *raise_not_a_number(Function *function, PyObject *operand);

/* zeros.c */
int zero_slope(Function *function, int at, double a, double b, int x, int y, double *slope);
int kernel_zero(Function *function, double a, double *dx);
int kernel_zeros(Function *function, double a, double b, int x, int y, double *dx, double *dy);
int fill_zeros(Function *function, Side *side, const double *numbers, Flat said);

/* function.c */
int function_ready(PyObject *module);
extern PyMethodDef function_makers[];

/* many.c */
PyObject *apply_many(Function *function, PyObject *const *arguments, Py_ssize_t count);
int apply_many_at(Place *place, Function *function, PyObject *const *arguments, Py_ssize_t count, PyObject **result);

/* weighted.c */
extern PyMethodDef weighted_methods[];

/* weights.c */
extern PyMethodDef weight_methods[];
extern PyMethodDef optimizer_methods[];
extern PyMethodDef batch_methods[];

/* arithmetic.c */
extern PyMethodDef arithmetic_methods[];

/* sort.c, sweep.c, gradients.c */
extern PyMethodDef sort_methods[], sweep_methods[], gradient_methods[];
int backward_from(Node *y, PyObject *gradient);

/* listing.c, varied.c, order.c, traced.c */
PyObject *varied(PyObject *module, PyObject *arguments);
PyObject *reordered(PyObject *module, PyObject *arguments);
extern PyMethodDef listing_methods[], traced_methods[], captured_methods[];

/* player.c */
int player_ready(PyObject *module);

/* kernels.c */
struct Kernel *kernel_named(const char *name, int arity);
extern PyMethodDef kernel_methods[];

/* Return the current place as a new reference, or NULL with an exception set. */
INLINED Place *place_now(void)
{
    PyObject *place = NULL;
    if (PyContextVar_Get(S.place_variable, Py_None, &place) < 0)
        return NULL;
    if (place == Py_None)
        return first_place(place);
    if (Py_TYPE(place) != S.place_type) {
        Py_DECREF(place);
        PyErr_SetString(PyExc_TypeError, "autograd_core's context variable must hold a Place");
        return NULL;
    }
    return (Place *)place;
}

/* Return memory for a node, as an object with one reference.
 *
 * Nodes hold no reference to their type: the state keeps the type alive until the process ends, so counting a reference
 * for each node would only cost time. */
INLINED Node *node_memory(void)
{
    Node *node;
#ifdef NODE_BY_NODE
    node = node_memory_elsewhere();
    if (node == NULL)
        return NULL;
#else
    Slab *slab = S.slab;
    if (slab->free) {
        node = slab->free;
        slab->free = node->next;
        slab->live++;
    } else if (slab->fresh < slab->end) {
        node = slab->fresh++;
        slab->live++;
        PREFETCH(node + 8);
    } else if ((node = node_memory_elsewhere()) == NULL) {
        return NULL;
    }
#endif
    Py_SET_TYPE(node, S.value_type);
    /* Py_SET_REFCNT would be wrong: since Python 3.12, it skips objects that look immortal, and half of all fresh
       memory looks immortal. */
#ifdef Py_REF_DEBUG
    _Py_NewReference((PyObject *)node);
#elif PY_VERSION_HEX >= 0x030E0000 && SIZEOF_VOID_P > 4
    ((PyObject *)node)->ob_refcnt_full = 1; /* the count, and the flags beside it */
#else
    ((PyObject *)node)->ob_refcnt = 1;
#endif
    return node;
}

/* Make a node, with everything set except its operands and local derivatives. Steals the reference to `place`. */
INLINED Node *new_node(double data, Place *place, uint32_t row, uint32_t flags)
{
    Node *node = node_memory();
    if (node == NULL) {
        Py_DECREF(place);
        return NULL;
    }
    node->data = data;
    node->grad = 0.0;
    node->place = place;
    node->stamp = S.clock;
    node->label = NULL;
    node->mark = 0;
    node->row = row;
    node->flags = (uint8_t)flags;
    return node;
}

/* Record a node with two operands. For an operand that is a plain number, pass NULL as its node, and the number in
   place of its derivative. If `count` is ONE, there is no second operand. Steals the reference to `place`. */
INLINED PyObject *record_at(Place *place, Function *function, uint32_t count, double z, Node *x, Node *y,
                                  double dx, double dy)
{
    if (!place->recording)
        return new_leaf_at(place, S.input_row, z);
    if (function->row_flag)
        row_use(function->row);
    Node *node = new_node(z, place, function->row, count | function->row_flag);
    if (node == NULL) {
        if (function->row_flag)
            row_release(function->row);
        return NULL;
    }
    node->dx = dx;
    node->dy = dy;
    node->x = (Node *)Py_XNewRef((PyObject *)x);
    node->y = (Node *)Py_XNewRef((PyObject *)y);
    return PyDict_GET_SIZE(S.made) ? noted((PyObject *)node) : (PyObject *)node;
}

/* Do the same as record_at, at the current place. */
INLINED PyObject *record(Function *function, uint32_t count, double z, Node *x, Node *y, double dx, double dy)
{
    Place *place = place_now();
    return place ? record_at(place, function, count, z, x, y, dx, dy) : NULL;
}

#endif
