/* The build of the lanes for any machine: vectors of two numbers, which x86-64 and ARM have. */
#include "lanes.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif
#define VECTOR_BYTES 16
#define TILE_ROWS 4
#define TILE_VECTORS 2
#define SUM_ROWS 4
#define SUM_COLUMNS 2
#define BUILD lanes_generic
#define BUILD_NAME "generic"
#include "lanes_body.h"
