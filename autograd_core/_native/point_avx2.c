/* The build of the steps at one point for AVX2: vectors of four numbers. */
#include "point.h"

#if defined(__GNUC__) && defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif
#define VECTOR_BYTES 32
#define PLAY_STEPS play_steps_avx2
#include "point_body.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
