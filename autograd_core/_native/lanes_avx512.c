/* The build of the lanes for AVX-512: vectors of eight numbers. */
#include "lanes.h"

#if defined(__GNUC__) && defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512vl,fma")
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif
#define VECTOR_BYTES 64
#define TILE_ROWS 8
#define TILE_VECTORS 3
#define SUM_ROWS 4
#define SUM_COLUMNS 6
#define BUILD lanes_avx512
#define BUILD_NAME "avx512"
#include "lanes_body.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
