/* The steps at one point for AVX-512: vectors of eight numbers. */
#include "point.h"

#if defined(__GNUC__) && defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512vl")
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif
#define VECTOR_BYTES 64
#define PLAY_STEPS play_steps_avx512
#include "point_body.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
