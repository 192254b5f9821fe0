/* Groups of folds (sums of products) that have a list of cells in common. A hash table finds the group of a list. */
#ifndef AUTOGRAD_CORE_PLAN_SEATS_H
#define AUTOGRAD_CORE_PLAN_SEATS_H

#include "plan.h"

/* An entry of the table: the hash of a list, how many folds have such a list, and a group of them. */
typedef struct Seat {
    uint64_t hash;
    int32_t count, leader, last; /* leader: the first member of the group, from 1; last: the last member */
} Seat;

typedef struct Table {
    Seat *seats;
    size_t mask;
} Table;

static inline uint64_t hashed_on(uint64_t hash, uint64_t x) { return (hash ^ x) * 0x100000001B3u + (hash >> 29); }

static inline uint64_t hashed(const int32_t *cells, int32_t count)
{
    uint64_t hash = 0x9E3779B97F4A7C15u * (uint64_t)(count + 1);
    for (int32_t i = 0; i < count; i++)
        hash = hashed_on(hash, (uint32_t)cells[i]);
    return hash | 1;
}

/* Make a table with room for this many lists. If there is no memory, `seats` is NULL. */
static inline Table table_for(size_t lists)
{
    Table table = {NULL, 15};
    while (table.mask < 2 * lists)
        table.mask = 2 * table.mask + 1;
    table.seats = PyMem_Calloc(table.mask + 1, sizeof *table.seats);
    return table;
}

static inline Seat *seat_of(const Table *table, uint64_t hash)
{
    size_t at = (hash ^ hash >> 32) & table->mask;
    while (table->seats[at].hash && table->seats[at].hash != hash)
        at = (at + 1) & table->mask;
    table->seats[at].hash = hash;
    return &table->seats[at];
}

/* Add member `i` to the group of this entry. */
static inline void join_group(Seat *seat, int32_t *next, int32_t i)
{
    next[i] = -1;
    if (seat->leader == 0)
        seat->leader = i + 1;
    else
        next[seat->last] = i;
    seat->last = i;
}

#endif
