/* Vectors of numbers, for code that is built several times. The including file defines VECTOR_BYTES, their width. */
#ifndef AUTOGRAD_CORE_VECTORS_H
#define AUTOGRAD_CORE_VECTORS_H

#define WIDE (VECTOR_BYTES / 8)
typedef double V __attribute__((vector_size(VECTOR_BYTES)));
typedef double VU __attribute__((vector_size(VECTOR_BYTES), aligned(8)));
typedef int64_t VI __attribute__((vector_size(VECTOR_BYTES)));
#define INLINE static inline __attribute__((always_inline))

INLINE V load(const double *at) { return *(const VU *)at; }
INLINE void store(double *at, V x) { *(VU *)at = x; }
INLINE V all_lanes(double x) { return x - (V){0.0}; } /* x - 0.0 is x, even for -0.0 */

#endif
