/* The data types of the engine: the node, its place (the scopes in which it was made), the rows of the table of
 * operations, the functions that apply them, and the engine's state. */
#ifndef AUTOGRAD_CORE_NODE_H
#define AUTOGRAD_CORE_NODE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <string.h>

#include <math.h>
#include <stdint.h>

#ifdef Py_GIL_DISABLED
#error "the native engine needs the GIL; a free-threaded Python uses the Python engine"
#endif

typedef struct Node Node;

/* The scopes that an operation is in, and whether it is recorded: the Place of _engine/places.py. */
typedef struct Place {
    PyObject_HEAD
    struct Place *parent;
    PyObject *name;           /* a str, or NULL */
    unsigned long long owner; /* the address of the object that entered the place and will leave it; 0 for none */
    char recording;
} Place;

/* The operands of a node with many operands: all local derivatives, then all operand nodes. For an operand that is a
   plain number, the node is NULL, and the number is stored in place of the derivative, which is never read. */
typedef struct Side {
    Py_ssize_t count;
    double locals[];
} Side;

static inline Node **side_nodes(Side *side) { return (Node **)(side->locals + side->count); }

/* NOTHING takes the place of a derivative that is zero in a whole neighbourhood, and of an adjoint to which no
   contribution has been added; see _operations/operation.py. */
#define NOTHING (-0.0)

/* A single comparison of bits, because the innermost loop of a sweep calls this function. */
static inline int is_nothing(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits == (uint64_t)1 << 63;
}

/* Codes for a node's number of operands, and the flags of a node. */
enum { LEAF = 0, ONE = 1, TWO = 2, MANY = 3 };
enum { OPERANDS = 3, HAS_GRAD = 4, USER_ROW = 8, SEGMENT = 16, HELD = 32 };

/* A node takes 96 bytes, of which the first 16 are Python's header. Nodes with one or two operands hold them inline.
 *
 * Python's cyclic garbage collector does not track nodes. That is sound because no cycle can form: a node's operands
 * are set when the node is made and never change, so they are older than the node; a label is exactly a str; a Place
 * refers only to older Places and a str. Only an operation that holds a user's callable (a row of a primitive, the
 * function of a checkpoint) can close a cycle; checkpoint.py documents this. If nodes were tracked, the collector would
 * visit every node of every graph again and again for nothing; this was the largest single cost of the Python engine.
 */
struct Node {
    PyObject_HEAD
    double dx, dy; /* local derivatives; for an operand that is a plain number, the number itself */
    /* The sort reads only bytes 32 to 63, which lie in one cache line of 64 bytes wherever a node begins. */
    union {
        Node *x; /* NULL for a plain number, and in a leaf */
        Side *side;
    };
    union {
        Node *y;
        PyObject *segment; /* in a node with many operands: the segment of a checkpoint, otherwise NULL */
        PyObject *holder;  /* in a HELD node, whose operands are distinct leaves: a tuple that keeps them alive */
    };
    /* The node's position in the order of the running sort, from 1; 0 at all other times. Code that calls back into
       Python in the middle of a sweep must first clear all marks, because the callback may sort the same nodes. */
    uint32_t mark;
    uint32_t row : 24;
    uint32_t flags : 8;
    union {
        double grad; /* while the node is alive; valid only if HAS_GRAD is set */
        Node *next;  /* in a list of dead or free nodes */
    };
    double data;
    Place *place;
    int64_t stamp;
    PyObject *label; /* a str, or NULL */
};

/* INLINED marks functions so short that a call would take a noticeable part of their time. */
#if defined(__GNUC__)
#define PREFETCH(address) __builtin_prefetch((const void *)(address))
#define INLINED static inline __attribute__((always_inline))
#else
#define PREFETCH(address) ((void)0)
#define INLINED static inline
#endif

/* In memory, operands mostly lie a little below their node, because they were made a little earlier. So, before sorting
   and freeing read the operands, they prefetch the memory this many nodes below. Prefetching an invalid address does no
   harm. */
#define BELOW 10

static inline int operands_of(const Node *node) { return node->flags & OPERANDS; }

/* A row of the table of operations, or of a user's primitive. */
typedef struct Row {
    PyObject *operation;         /* NULL: this entry is free */
    Py_ssize_t nodes, functions; /* the uses of a primitive's row; the table's rows are never freed */
    int arity;                   /* -1 for many */
    char permanent;
    char inside; /* whether its nodes stand for graphs that a sweep can open, as those of programs do */
} Row;

/* Kernels compute the value and local derivatives of a row in C. They return 0 in unusual cases (an error, or a special
   case that CPython handles itself); then the row's Python code is called. */
typedef int (*UnaryKernel)(double x, double *z, double *dx);
typedef int (*BinaryKernel)(double x, double y, double *z, double *dx, double *dy);
typedef int (*ManyKernel)(const double *xs, Py_ssize_t count, double *z, double *locals);
typedef union AnyKernel {
    UnaryKernel unary;
    BinaryKernel binary;
    ManyKernel many;
    void *any; /* NULL if the row has no kernel */
} AnyKernel;

typedef enum { UNARY_FUNCTION, BINARY_FUNCTION, STRICT_FUNCTION, MANY_FUNCTION } FunctionKind;
/* How a function on many operands takes them: as its arguments, in one list, or in two lists. */
typedef enum { GATHER_ARGUMENTS, GATHER_LIST, GATHER_TWO_LISTS } Gather;

/* What decides whether a local derivative of 0 is flat (0 in a whole neighbourhood), if the row has flat derivatives:
   the row's Python code; the kernel, which then returns NOTHING; or, in a dot product, the other factor: the derivative
   is flat if that factor is a plain number. */
typedef enum { FLAT_BY_ROW, FLAT_BY_KERNEL, FLAT_BY_FACTOR } Flat;

/* The function that applies a row's operation, as _engine/recording.py makes it. */
typedef struct Function {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *dict;
    FunctionKind kind;
    Gather gather_kind;
    Flat flat_kind;
    char states_flat; /* whether the row has flat derivatives */
    uint32_t row;
    uint32_t row_flag;           /* USER_ROW for a primitive */
    PyObject *operation, *value; /* those of the row */
    PyObject *slopes[2];         /* callables or floats; for many operands, one function for all */
    PyObject *gather;
    PyObject *fallback; /* the default of the second operand, if it has one */
    AnyKernel kernel;
} Function;

enum { ADD, SUB, MUL, DIV, FLOORDIV, MOD, POW, NEG, POS, ABS, OPERATORS };

/* Under AddressSanitizer, each node is a separate block of memory, so that every misuse is detected. */
#if defined(__SANITIZE_ADDRESS__)
#define NODE_BY_NODE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NODE_BY_NODE 1
#endif
#endif

/* A block of memory for nodes; memory.c explains how slabs are managed. */
typedef struct Slab {
    struct Slab *before, *after; /* in one of the two lists of slabs */
    struct Slab *older, *newer;  /* in the list of all slabs */
    Node *free;
    Node *fresh, *end; /* nodes never used since the slab was empty */
    uint32_t live;
    char listed; /* whether this slab is in the list of slabs with room */
} Slab;

/* The state of the engine. There is one state for the whole process, so no operation has to look up its module. This is
   possible because the module can be loaded only once: module.c rejects a second load, and any other interpreter. */
typedef struct State {
    PyTypeObject *value_type, *place_type, *function_type;
    PyObject *place_variable;
    PyObject *originals; /* the Python objects that this engine replaces */
    PyObject *docstrings; /* a list of the docstrings that `document` set */
    PyObject *errors; /* the module errors.py */
    PyObject *failed, *not_a_number, *miscalled;
    PyObject *made;    /* a dict, usually empty: for each thread that traces, the list of the nodes made */
    PyObject *watches; /* a list, usually empty: the watches for numbers that leave the graph */
    uint32_t input_row, parameter_row, constant_row;
    Function *operators[OPERATORS];
    int64_t clock;
    Row *rows;
    uint32_t row_count, row_capacity;
    PyObject *row_numbers; /* {address of the operation: number} */
    Slab *slab;            /* the slab of the next node */
    Node *dead;            /* nodes that are waiting to be freed */
    int freeing;
    int loaded;
    double *scratch; /* the numbers of an operation on many operands */
    Py_ssize_t scratch_count;
} State;

/* The attribute is needed here, too: -fvisibility=hidden affects only definitions. Without the attribute, every access
   from another file would look up the address of S first. */
#if defined(__GNUC__)
__attribute__((visibility("hidden")))
#endif
extern State S;

#endif
