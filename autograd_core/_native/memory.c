/* The memory of nodes, and how they are freed. */
#include "core.h"

#include <stdlib.h>
#include <string.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif
#if defined(__linux__)
#include <sys/mman.h>
#elif defined(_WIN32)
#include <malloc.h>
#endif

/* Nodes come from slabs of 2 MiB. Slabs are aligned to their size, so that masking the address of a node yields its
 * slab, and so that the system can back each slab by one huge page: page faults dominate the first use of fresh memory.
 *
 * Each slab has its own list of free nodes. A slab that has become empty is used again from its start, so that later
 * graphs lie in memory in the order in which they are made. At most MOST_EMPTY empty slabs are kept: they take 1 GiB,
 * enough for a graph of 11 million nodes. Any further empty slabs are given back to the system at once. */
#define SLAB_BYTES ((size_t)1 << 21)
#define MOST_EMPTY 512
#define FEW_EMPTY 16

static Slab *with_room, *empty, *newest;
static Slab none; /* the initial current slab, which has no room */
static Py_ssize_t slab_count, empty_count, blocks;

static Slab *slab_of(Node *node) { return (Slab *)((uintptr_t)node & ~(uintptr_t)(SLAB_BYTES - 1)); }

void memory_ready(void) { S.slab = &none; }

static void make_empty(Slab *slab)
{
    slab->free = NULL;
    slab->fresh = (Node *)((char *)slab + 64 * ((sizeof(Slab) + 63) / 64));
    slab->end = slab->fresh + (SLAB_BYTES - ((char *)slab->fresh - (char *)slab)) / sizeof(Node);
}

static Slab *new_slab(void)
{
    Slab *slab;
#if defined(_WIN32)
    slab = _aligned_malloc(SLAB_BYTES, SLAB_BYTES);
#else
    slab = aligned_alloc(SLAB_BYTES, SLAB_BYTES);
#endif
    if (slab == NULL)
        return NULL;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    madvise(slab, SLAB_BYTES, MADV_HUGEPAGE); /* only a hint: nothing depends on it */
#endif
    slab->before = slab->after = slab->newer = NULL;
    slab->older = newest;
    if (newest)
        newest->newer = slab;
    newest = slab;
    slab->live = 0;
    slab->listed = 0;
    make_empty(slab);
    slab_count++;
    return slab;
}

static void drop_slab(Slab *slab)
{
    if (slab->older)
        slab->older->newer = slab->newer;
    if (slab->newer)
        slab->newer->older = slab->older;
    else
        newest = slab->older;
#if defined(_WIN32)
    _aligned_free(slab);
#else
    free(slab);
#endif
    slab_count--;
}

static void list_push(Slab **list, Slab *slab)
{
    slab->before = NULL;
    slab->after = *list;
    if (*list)
        (*list)->before = slab;
    *list = slab;
}

static void list_remove(Slab **list, Slab *slab)
{
    if (slab->before)
        slab->before->after = slab->after;
    else
        *list = slab->after;
    if (slab->after)
        slab->after->before = slab->before;
}

/* Switch to another slab that has room; if there is none, make a slab. */
static int next_slab(void)
{
    Slab *slab = with_room;
    if (slab) {
        list_remove(&with_room, slab);
        slab->listed = 0;
    } else if ((slab = empty)) {
        list_remove(&empty, slab);
        empty_count--;
    } else if ((slab = new_slab()) == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    S.slab = slab;
    return 0;
}

/* Return memory for a node when the current slab has none left. */
Node *node_memory_elsewhere(void)
{
#ifdef NODE_BY_NODE
    Node *node = malloc(sizeof(Node));
    if (node == NULL)
        PyErr_NoMemory();
    blocks += node != NULL;
    return node;
#else
    if (next_slab() < 0)
        return NULL;
    Slab *slab = S.slab;
    Node *node = slab->free;
    if (node)
        slab->free = node->next;
    else
        node = slab->fresh++;
    slab->live++;
    return node;
#endif
}

static void free_node(Node *node)
{
#ifdef NODE_BY_NODE
    free(node);
    blocks--;
#else
    Slab *slab = slab_of(node);
    node->next = slab->free;
    slab->free = node;
    if (--slab->live == 0) {
        make_empty(slab);
        if (slab == S.slab)
            return;
        if (slab->listed) {
            list_remove(&with_room, slab);
            slab->listed = 0;
        }
        if (empty_count < MOST_EMPTY) {
            list_push(&empty, slab);
            empty_count++;
        } else {
            drop_slab(slab);
        }
    } else if (!slab->listed && slab != S.slab) {
        list_push(&with_room, slab);
        slab->listed = 1;
    }
#endif
}

static inline void let_go(Node *operand)
{
    if (operand == NULL)
        return;
#ifdef Py_REF_DEBUG
    Py_DECREF(operand); /* calls node_dealloc, which puts the node into the list */
#else
    if (Py_REFCNT(operand) > 1) {
        Py_SET_REFCNT(operand, Py_REFCNT(operand) - 1);
    } else {
        operand->next = S.dead;
        S.dead = operand;
    }
#endif
}

/* Free a node and everything that only this node kept alive. A list takes the place of recursion, because a graph may
 * be deeper than any stack. The list is linked through the dead nodes themselves, so freeing needs no memory and cannot
 * fail. The user's objects (the function of a checkpoint, a primitive) are released after the node is gone. Their
 * finalizers may run any code; nodes that die meanwhile are only put into the list. */
void node_dealloc(PyObject *self)
{
    ((Node *)self)->next = S.dead;
    S.dead = (Node *)self;
    if (S.freeing)
        return;
    S.freeing = 1;
    while (S.dead) {
        Node *node = S.dead;
        S.dead = node->next;
        PREFETCH((uintptr_t)node - BELOW * sizeof(Node));
        uint32_t flags = node->flags, row = node->row;
        PyObject *last = NULL;
        if ((flags & OPERANDS) != MANY) {
            let_go(node->x);
            let_go(node->y);
        } else {
            Node **nodes = side_nodes(node->side);
            for (Py_ssize_t i = 0; i < node->side->count && !(flags & HELD); i++)
                let_go(nodes[i]);
            PyMem_Free(node->side);
            last = node->segment; /* or the holder */
        }
        Py_XDECREF(node->label);
        Py_DECREF(node->place);
        free_node(node);
        Py_XDECREF(last);
        if (flags & USER_ROW)
            row_release(row);
    }
    S.freeing = 0;
}

Side *side_memory(Py_ssize_t count)
{
    Side *side = NULL;
    if ((size_t)count < PY_SSIZE_T_MAX / (2 * sizeof(double) + sizeof(Node *)))
        side = PyMem_Malloc(sizeof(Side) + (size_t)count * (sizeof(double) + sizeof(Node *)));
    if (side == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    side->count = count;
    return side;
}

/* Free a `side` and release its operands, when its node is not made after all. */
void side_free(Side *side)
{
    for (Py_ssize_t i = 0; i < side->count; i++)
        Py_XDECREF((PyObject *)side_nodes(side)[i]);
    PyMem_Free(side);
}

/* Return memory for `count` numbers, valid until the next call. No Python code may run while it is in use. */
double *scratch_for(Py_ssize_t count)
{
    if (S.scratch == NULL || count > S.scratch_count) { /* allocated even for no numbers, since NULL means an error */
        Py_ssize_t wanted = count + count / 2 + 64;
        double *scratch = PyMem_Realloc(S.scratch, (size_t)wanted * sizeof(double));
        if (scratch == NULL) {
            PyErr_NoMemory();
            return NULL;
        }
        S.scratch = scratch;
        S.scratch_count = wanted;
    }
    return S.scratch;
}

/* Give empty slabs back to the system, except for FEW_EMPTY of them. */
PyObject *release_memory(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    Py_ssize_t before = empty_count;
    while (empty_count > FEW_EMPTY) {
        Slab *slab = empty;
        list_remove(&empty, slab);
        empty_count--;
        drop_slab(slab);
    }
#if defined(__GLIBC__)
    if (empty_count < before)
        malloc_trim(0); /* because a free slab may lie between others */
#else
    (void)before;
#endif
    Py_RETURN_NONE;
}

PyObject *memory_report(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    Py_ssize_t live = blocks;
    for (Slab *slab = newest; slab; slab = slab->older)
        live += slab->live;
    return Py_BuildValue("{s:n,s:n,s:n,s:n,s:n,s:n}", "live_nodes", live, "node_bytes", (Py_ssize_t)sizeof(Node),
                         "slab_bytes", (Py_ssize_t)SLAB_BYTES, "slabs", slab_count, "empty_slabs", empty_count,
                         "most_empty_slabs", (Py_ssize_t)MOST_EMPTY);
}
