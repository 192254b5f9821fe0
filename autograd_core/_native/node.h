/* What there is: the node, its place, the rows and functions of the table, and the state of the engine. */
#ifndef AUTOGRAD_CORE_NODE_H
#define AUTOGRAD_CORE_NODE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <string.h>

#include <math.h>
#include <stdint.h>

#ifdef Py_GIL_DISABLED
#error "the native engine relies on the GIL; on a free-threaded Python the engine in Python is used"
#endif

typedef struct Node Node;

/* Where an operation happens; the Place of context.py. */
typedef struct Place {
    PyObject_HEAD
    struct Place *parent;
    PyObject *name;           /* a str, or NULL */
    unsigned long long owner; /* the address of who put it there and will take it away; 0 for nobody */
    char recording;
} Place;

/* The operands of a node on many operands: the local derivatives, then the nodes. Where the operand is a plain number
 * its node is NULL and the number stands in place of the derivative, which nobody asks for. */
typedef struct Side {
    Py_ssize_t count;
    double locals[];
} Side;

static inline Node **side_nodes(Side *side) { return (Node **)(side->locals + side->count); }

/* What is recorded in place of a derivative that is zero in a whole neighbourhood, and of an adjoint that nothing has
 * reached; _operations/operation.py says more. */
#define NOTHING (-0.0)

/* One comparison of bits: it stands in the innermost loop. */
static inline int is_nothing(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits == (uint64_t)1 << 63;
}

/* How many operands a node has, and what else is to be known of it. */
enum { LEAF = 0, ONE = 1, TWO = 2, MANY = 3 };
enum { OPERANDS = 3, HAS_GRAD = 4, USER_ROW = 8, SEGMENT = 16 };

/* A node: 96 bytes with Python's 16 in front, everything inline for one and two operands.
 *
 * It stands outside Python's cyclic collector. That is sound because no cycle can form: the operands are given when
 * the node is made and never change, so they are older than the node; a label is exactly a str; a Place refers to
 * older Places and a str. Only an operation that holds a user's callable can close a cycle (a row of a primitive, the
 * function of a checkpoint), and that is documented there. A collector would have to walk every node of every graph
 * again and again, for nothing; it was the largest single cost of the engine in Python.
 */
struct Node {
    PyObject_HEAD
    double dx, dy; /* local derivatives; for a plain operand the number itself */
    /* What the sort reads stands in bytes 32 to 63: these lie in one cache line of 64 bytes, wherever a node begins. */
    union {
        Node *x; /* NULL for a plain number, and in a leaf */
        Side *side;
    };
    union {
        Node *y;
        PyObject *segment; /* of a node on many operands that is a checkpoint */
    };
    /* The place in the order of the sort that is running, from 1; 0 at all other times. Code that calls back into
     * Python in the middle of a sweep must have cleared it before: the callback may sort the same nodes. */
    uint32_t mark;
    uint32_t row : 24;
    uint32_t flags : 8;
    union {
        double grad; /* while alive; it counts where HAS_GRAD is set */
        Node *next;  /* in a list of dead or free nodes */
    };
    double data;
    Place *place;
    int64_t stamp;
    PyObject *label; /* a str, or NULL */
};

#if defined(__GNUC__)
#define PREFETCH(address) __builtin_prefetch((const void *)(address))
#else
#define PREFETCH(address) ((void)0)
#endif

/* Operands mostly lie a little below their node, because they were made a little earlier: sorting and freeing ask for
 * that memory before they know. Asking for an address that is none does no harm. */
#define BELOW 10

static inline int operands_of(const Node *node) { return node->flags & OPERANDS; }

/* A row of the table of operations, or of a user's primitive. */
typedef struct Row {
    PyObject *operation;         /* NULL: this entry is free */
    Py_ssize_t nodes, functions; /* that use it, of a primitive; the table's rows stay for ever */
    int arity;                   /* -1 for many */
    char permanent;
} Row;

/* Kernels compute value and local derivatives of a row in C. They answer 0 where anything is out of the ordinary (an
 * error, a special case that CPython treats itself); then the row's own Python is called. */
typedef int (*UnaryKernel)(double x, double *z, double *dx);
typedef int (*BinaryKernel)(double x, double y, double *z, double *dx, double *dy);
typedef int (*ManyKernel)(const double *xs, Py_ssize_t count, double *z, double *locals);
typedef union AnyKernel {
    UnaryKernel unary;
    BinaryKernel binary;
    ManyKernel many;
    void *any; /* NULL where the row has none */
} AnyKernel;

typedef enum { UNARY_FUNCTION, BINARY_FUNCTION, STRICT_FUNCTION, MANY_FUNCTION } FunctionKind;
/* How a function on many operands takes them: as its arguments, in one list, in two lists. */
typedef enum { GATHER_ARGUMENTS, GATHER_LIST, GATHER_TWO_LISTS } Gather;

/* Who says whether a local derivative of 0 is flat, where the row states that some are: the row's Python, the kernel
 * (by giving NOTHING), or, of a dot product, the factor that it faces: it is flat beside a plain number. */
typedef enum { FLAT_BY_ROW, FLAT_BY_KERNEL, FLAT_BY_FACTOR } Flat;

/* The function of a row, as _engine/recording.py makes it. */
typedef struct Function {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *dict;
    FunctionKind kind;
    Gather gather_kind;
    Flat flat_kind;
    char states_flat; /* whether the row says that some derivatives are flat */
    uint32_t row;
    uint32_t row_flag;           /* USER_ROW for a primitive */
    PyObject *operation, *value; /* of the row */
    PyObject *slopes[2];         /* callables or floats; of many: the one function */
    PyObject *gather;
    PyObject *fallback; /* the second operand where it may be left out */
    AnyKernel kernel;
} Function;

enum { ADD, SUB, MUL, DIV, FLOORDIV, MOD, POW, NEG, POS, ABS, OPERATORS };

/* Under AddressSanitizer each node is a block of its own, so that every misuse is seen. */
#if defined(__SANITIZE_ADDRESS__)
#define NODE_BY_NODE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NODE_BY_NODE 1
#endif
#endif

/* A block of memory for nodes; memory.c says how they are managed. */
typedef struct Slab {
    struct Slab *before, *after; /* in one of the two lists of slabs */
    struct Slab *older, *newer;  /* in the list of all */
    Node *free;
    Node *fresh, *end; /* nodes never used since the slab was empty */
    uint32_t live;
    char listed; /* whether it is in the list of slabs with room */
} Slab;

/* The state of the engine: one for the process, because the module can be loaded once only (module.c refuses a second
 * time, and other interpreters). So no operation has to look its module up. */
typedef struct State {
    PyTypeObject *value_type, *place_type, *function_type;
    PyObject *place_variable;
    PyObject *originals; /* the Python objects that this engine replaces */
    PyObject *docstrings; /* a list of those that `document` set */
    PyObject *errors; /* the module */
    PyObject *failed, *not_a_number, *miscalled;
    PyObject *made;    /* the nodes that are made while programs are traced, by thread: a dict, mostly empty */
    PyObject *watches; /* those who look out for numbers that leave the graph: a list, mostly empty */
    uint32_t input_row, parameter_row, constant_row;
    Function *operators[OPERATORS];
    int64_t clock;
    Row *rows;
    uint32_t row_count, row_capacity;
    PyObject *row_numbers; /* {address of the operation: number} */
    Slab *slab;            /* where the next node comes from */
    Node *dead;            /* nodes that wait to be freed */
    int freeing;
    int loaded;
    double *scratch; /* the numbers of an operation on many operands */
    Py_ssize_t scratch_count;
} State;

extern State S;

#endif
