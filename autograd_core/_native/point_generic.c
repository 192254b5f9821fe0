/* The build of the steps at one point for any machine: vectors of two numbers, which x86-64 and ARM have. */
#include "point.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif
#define VECTOR_BYTES 16
#define PLAY_STEPS play_steps_generic
#include "point_body.h"
