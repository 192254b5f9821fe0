/* The topological sort: depth-first post-order, operands left to right, as graph.discovered has it. */
#include "sort.h"

#include <string.h>

/* What the last sort used, kept for the next: fresh memory costs page faults. Up to 2**24 entries, enough for a graph of
 * 16 million nodes, 512 MiB; more is given back. */
#define MOST_KEPT ((size_t)1 << 24)

static Sorted spare;

void sort_open(Sorted *sorted)
{
    *sorted = spare;
    memset(&spare, 0, sizeof spare);
    sorted->count = sorted->stops = 0;
    sorted->segments = 0;
}

void sort_close(Sorted *sorted)
{
    if (spare.nodes == NULL && sorted->capacity <= MOST_KEPT && sorted->path_capacity <= MOST_KEPT &&
        sorted->adjoint_capacity <= MOST_KEPT) {
        spare = *sorted;
    } else {
        PyMem_Free(sorted->nodes);
        PyMem_Free(sorted->path);
        PyMem_Free(sorted->adjoints);
    }
    memset(sorted, 0, sizeof *sorted);
}

/* Take the marks off again: no other sort may see them. */
void sort_unmark(Sorted *sorted)
{
    for (size_t i = 0; i < sorted->count; i++)
        sorted->nodes[i]->mark = 0;
}

static int grow(void **block, size_t *capacity, size_t entry)
{
    size_t wanted = *capacity ? 2 * *capacity : 1024;
    void *larger = wanted <= UINT32_MAX ? PyMem_Realloc(*block, wanted * entry) : NULL; /* a mark has 32 bits */
    if (larger == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    *block = larger;
    *capacity = wanted;
    return 0;
}

static inline int put(Sorted *sorted, Node *node)
{
    if (sorted->count == sorted->capacity &&
        grow((void **)&sorted->nodes, &sorted->capacity, sizeof(Node *)) < 0)
        return -1;
    sorted->nodes[sorted->count++] = node;
    node->mark = (uint32_t)sorted->count;
    return 0;
}

/* Leave out what lies at or below this node; all stops come before the first root. */
int sort_stop(Sorted *sorted, Node *stop)
{
    if (stop->mark)
        return 0;
    if (put(sorted, stop) < 0)
        return -1;
    sorted->stops = sorted->count;
    return 0;
}

/* Put what lies below `root`, and `root`, into the order, where it is not there yet.
 *
 * A node is marked when it is finished, not when it is met: between the two it lies on the path, and what it depends on
 * cannot lead back to it. */
int sort_from(Sorted *sorted, Node *root)
{
    size_t depth = 0;
    Py_ssize_t next = 0;
    Node *node = root;
    if (root->mark)
        return 0;
    for (;;) {
        Node *below = NULL;
        PREFETCH((uintptr_t)&node->mark - BELOW * sizeof(Node));
        if (operands_of(node) != MANY) {
            if (node->x && !node->x->mark) {
                if (operands_of(node->x) != LEAF)
                    below = node->x;
                else if (put(sorted, node->x) < 0)
                    return -1;
            }
            if (below == NULL && node->y && !node->y->mark) {
                if (operands_of(node->y) != LEAF)
                    below = node->y;
                else if (put(sorted, node->y) < 0)
                    return -1;
            }
        } else {
            Node **nodes = side_nodes(node->side);
            Py_ssize_t count = node->side->count;
            for (; next < count && below == NULL; next++) {
                if (nodes[next] == NULL || nodes[next]->mark)
                    continue;
                if (operands_of(nodes[next]) != LEAF)
                    below = nodes[next];
                else if (put(sorted, nodes[next]) < 0)
                    return -1;
            }
            if (node->flags & SEGMENT)
                sorted->segments = 1;
        }
        if (below) {
            if (depth == sorted->path_capacity &&
                grow((void **)&sorted->path, &sorted->path_capacity, sizeof(Step)) < 0)
                return -1;
            sorted->path[depth++] = (Step){node, next};
            node = below;
            next = 0;
            continue;
        }
        if (put(sorted, node) < 0)
            return -1;
        if (depth == 0)
            return 0;
        depth--;
        if (depth >= BELOW) { /* the way back up: what is needed is known */
            PREFETCH(&sorted->path[depth - BELOW].node->mark);
            PREFETCH(&(sorted->path[depth - BELOW].node - 1)->mark);
        }
        node = sorted->path[depth].node;
        next = sorted->path[depth].next;
    }
}

/* A zero for each node, in `adjoints`. */
int sort_adjoints(Sorted *sorted)
{
    if (sorted->adjoint_capacity < sorted->count) {
        double *larger = PyMem_Realloc(sorted->adjoints, sorted->capacity * sizeof(double));
        if (larger == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        sorted->adjoints = larger;
        sorted->adjoint_capacity = sorted->capacity;
    }
    memset(sorted->adjoints, 0, sorted->count * sizeof(double));
    return 0;
}
