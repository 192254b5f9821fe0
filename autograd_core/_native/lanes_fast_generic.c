/* The fast build of the lanes for any machine: vectors of two numbers. */
#include "lanes.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3", "fp-contract=fast")
#endif
#define VECTOR_BYTES 16
#define TILE_ROWS 4
#define TILE_VECTORS 2
#define SUM_ROWS 4
#define SUM_COLUMNS 2
#define FAST
#define BUILD lanes_fast_generic
#define BUILD_NAME "generic"
#if defined(__clang__)
#pragma clang fp contract(fast)
#endif
#include "lanes_body.h"
