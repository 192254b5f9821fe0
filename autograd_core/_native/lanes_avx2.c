/* The build of the lanes for AVX2: vectors of four numbers. */
#include "lanes.h"

#if defined(__GNUC__) && defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif
#define VECTOR_BYTES 32
#define TILE_ROWS 4
#define TILE_VECTORS 3
#define SUM_ROWS 4
#define SUM_COLUMNS 3
#define BUILD lanes_avx2
#define BUILD_NAME "avx2"
#include "lanes_body.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
