/* Lists of floats, for translated rows. Their memory comes from a small buffer on the stack and, when that is full,
   from blocks that are all freed together. */
#ifndef AUTOGRAD_CORE_PY_LISTS_H
#define AUTOGRAD_CORE_PY_LISTS_H

#include "py_errors.h"

/* A list of floats. Only a list that owns its memory is ever changed. */
typedef struct List {
    const double *at;
    int64_t count, room;
} List;

#define TABLE(table) ((List){table, (int64_t)(sizeof(table) / sizeof *(table)), 0})

typedef struct Block {
    struct Block *next;
    double numbers[];
} Block;

typedef struct Memory {
    Block *blocks;
    int64_t used;
    double near[96];
} Memory;

static inline void memory_begin(Memory *memory)
{
    memory->blocks = NULL;
    memory->used = 0;
}

static inline void memory_end(Memory *memory)
{
    for (Block *block = memory->blocks, *next; block; block = next) {
        next = block->next;
        PyMem_RawFree(block);
    }
}

static inline double *memory_take(Memory *memory, int64_t count)
{
    if (count <= (int64_t)(sizeof memory->near / sizeof *memory->near) - memory->used) {
        memory->used += count;
        return memory->near + memory->used - count;
    }
    if ((size_t)count > (PY_SSIZE_T_MAX - sizeof(Block)) / sizeof(double))
        return NULL;
    Block *block = PyMem_RawMalloc(sizeof(Block) + (size_t)count * sizeof(double));
    if (block == NULL)
        return NULL;
    block->next = memory->blocks;
    memory->blocks = block;
    return block->numbers;
}

/* --- Lists ------------------------------------------------------------------------------------------------------ */

static inline int64_t py_place(int64_t index, int64_t count, int *raised)
{
    index += index < 0 ? count : 0;
    if (index >= 0 && index < count)
        return index;
    *raised |= OTHER_ERROR;
    return 0;
}

static inline double py_item(List xs, int64_t index, int *raised)
{
    if (xs.count > 0)
        return xs.at[py_place(index, xs.count, raised)];
    *raised |= OTHER_ERROR;
    return NAN;
}

/* Return an item of a list; the list must have length `count`. */
static inline double py_item_of(List xs, int64_t index, int64_t count, int *raised)
{
    if (xs.count == count)
        return xs.at[index];
    *raised |= OTHER_ERROR;
    return NAN;
}

static inline int64_t clamped(int64_t index, int64_t count)
{
    index += index < 0 ? count : 0;
    return index < 0 ? 0 : index > count ? count : index;
}

static inline List py_slice(List xs, int64_t low, int64_t high)
{
    low = clamped(low, xs.count);
    high = clamped(high, xs.count);
    return (List){xs.at + low, high > low ? high - low : 0, 0};
}

/* Copy numbers; an empty list may have no address, so nothing is copied if `count` is 0. */
static inline void copy_numbers(const double *to, const double *from, int64_t count)
{
    if (count > 0)
        memcpy((double *)to, from, (size_t)count * sizeof(double));
}

static inline List py_list(int64_t room, Memory *memory, int *raised)
{
    double *numbers = memory_take(memory, room);
    if (numbers == NULL) {
        *raised |= OTHER_ERROR;
        return (List){0};
    }
    return (List){numbers, 0, room};
}

/* Reserve room for `more` further items, so that appending them does not move the list. */
static inline void py_reserve(List *xs, int64_t more, Memory *memory, int *raised)
{
    if (more <= xs->room - xs->count)
        return;
    List larger = py_list(xs->count + more, memory, raised);
    if (larger.at == NULL)
        return;
    copy_numbers(larger.at, xs->at, xs->count);
    larger.count = xs->count;
    *xs = larger;
}

static inline void py_append(List *xs, double x, Memory *memory, int *raised)
{
    if (xs->count == xs->room) {
        py_reserve(xs, xs->room + 8, memory, raised);
        if (xs->count == xs->room)
            return;
    }
    ((double *)xs->at)[xs->count++] = x;
}

static inline void py_set(List xs, int64_t index, double x, int *raised)
{
    if (xs.room == 0 || xs.count == 0)
        *raised |= OTHER_ERROR;
    else
        ((double *)xs.at)[py_place(index, xs.count, raised)] = x;
}

static inline List py_joined(const List *parts, int count, Memory *memory, int *raised)
{
    int64_t total = 0;
    for (int i = 0; i < count; i++)
        total += parts[i].count;
    List all = py_list(total + 1, memory, raised);
    for (int i = 0; i < count && all.at; i++) {
        copy_numbers(all.at + all.count, parts[i].at, parts[i].count);
        all.count += parts[i].count;
    }
    return all;
}

static inline List py_copied(List xs, Memory *memory, int *raised) { return py_joined(&xs, 1, memory, raised); }

static inline List py_repeat(List xs, int64_t times, Memory *memory, int *raised)
{
    List all = {0};
    if (times > 0 && xs.count > PY_SSIZE_T_MAX / 16 / times)
        *raised |= OTHER_ERROR;
    else
        all = py_list(times > 0 ? xs.count * times + 1 : 1, memory, raised);
    for (int64_t i = 0; all.at && i < times; i++, all.count += xs.count)
        copy_numbers(all.at + all.count, xs.at, xs.count);
    return all;
}

/* xs[:stop:-1] */
static inline List py_backwards(List xs, int64_t stop, Memory *memory, int *raised)
{
    stop += stop < 0 ? xs.count : 0;
    stop = stop < 0 ? -1 : stop;
    List all = py_list(xs.count + 1, memory, raised);
    for (int64_t i = xs.count - 1; all.at && i > stop; i--)
        ((double *)all.at)[all.count++] = xs.at[i];
    return all;
}

static inline int64_t py_index(List xs, double x, int *raised)
{
    for (int64_t i = 0; i < xs.count; i++)
        if (xs.at[i] == x)
            return i;
    *raised |= VALUE_ERROR;
    return 0;
}

/* max(range(count), key=xs.__getitem__) */
static inline int64_t py_largest(List xs, int64_t count, int *raised)
{
    int64_t at = 0;
    if (count <= 0 || count > xs.count) {
        *raised |= OTHER_ERROR;
        return 0;
    }
    for (int64_t i = 1; i < count; i++)
        at = xs.at[i] > xs.at[at] ? i : at;
    return at;
}

static inline int64_t py_same_length(int64_t a, int64_t b, int *raised)
{
    if (a != b)
        *raised |= VALUE_ERROR;
    return a < b ? a : b;
}

static inline int64_t py_range_count(int64_t start, int64_t stop, int64_t step)
{
    if (step > 0)
        return stop > start ? (stop - start + step - 1) / step : 0;
    return start > stop ? (start - stop - step - 1) / -step : 0;
}

#endif
