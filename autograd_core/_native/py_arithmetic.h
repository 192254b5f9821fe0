/* Python's arithmetic on floats and on ints. */
#ifndef AUTOGRAD_CORE_PY_ARITHMETIC_H
#define AUTOGRAD_CORE_PY_ARITHMETIC_H

#include "py_errors.h"

#include <errno.h>

/* The largest magnitude of an int. Up to here, a double represents every int exactly; Python handles larger ints. */
#define LARGEST_INT (INT64_C(1) << 53)

static inline int64_t py_whole(int64_t x, int *raised)
{
    if (-LARGEST_INT <= x && x <= LARGEST_INT)
        return x;
    *raised |= OTHER_ERROR;
    return 0;
}

static inline double py_truediv(double x, double y, int *raised)
{
    if (y == 0.0)
        *raised |= ZERO_DIVISION;
    return x / y;
}

static inline double py_mod(double x, double y, int *raised)
{
    if (y == 0.0)
        *raised |= ZERO_DIVISION;
    double rest = fmod(x, y);
    if (rest == 0.0)
        return copysign(0.0, y);
    return (y < 0.0) != (rest < 0.0) ? rest + y : rest;
}

static inline double py_floordiv(double x, double y, int *raised)
{
    if (y == 0.0)
        *raised |= ZERO_DIVISION;
    double rest = fmod(x, y), div = (x - rest) / y;
    if (rest != 0.0 && (y < 0.0) != (rest < 0.0))
        div -= 1.0;
    if (div == 0.0)
        return copysign(0.0, x / y);
    double whole = floor(div);
    return div - whole > 0.5 ? whole + 1.0 : whole;
}

static inline int64_t py_mod_int(int64_t x, int64_t y, int *raised)
{
    if (y == 0) {
        *raised |= ZERO_DIVISION;
        return 0;
    }
    int64_t rest = x % y;
    return rest != 0 && (y < 0) != (rest < 0) ? rest + y : rest;
}

static inline int64_t py_floordiv_int(int64_t x, int64_t y, int *raised)
{
    if (y == 0) {
        *raised |= ZERO_DIVISION;
        return 0;
    }
    return (x - py_mod_int(x, y, raised)) / y;
}

static inline double py_abs(double x) { return fabs(x); }
static inline int64_t py_abs_int(int64_t x, int *raised) { return py_whole(x < 0 ? -x : x, raised); }
/* Python's max and min return the first of two numbers if neither is greater, for example if one is NaN. */
static inline double py_max(double x, double y) { return y > x ? y : x; }
static inline double py_min(double x, double y) { return y < x ? y : x; }
static inline int64_t py_max_int(int64_t x, int64_t y) { return y > x ? y : x; }
static inline int64_t py_min_int(int64_t x, int64_t y) { return y < x ? y : x; }

static inline int is_odd(double y) { return fmod(fabs(y), 2.0) == 1.0; }

/* The compiler is told that no library function sets errno (see setup.py), so that it need not call a function twice
   with the same argument. But the errno of pow is read, so pow is called through a pointer that the compiler
   cannot see through. */
static double (*volatile library_pow)(double x, double y) = pow;

/* float ** float; a complex result is left to Python. */
static inline double py_pow(double x, double y, int *raised)
{
    if (y == 0.0)
        return 1.0;
    if (isnan(x))
        return x;
    if (isnan(y))
        return x == 1.0 ? 1.0 : y;
    if (isinf(y))
        return fabs(x) == 1.0 ? 1.0 : (y > 0.0) == (fabs(x) > 1.0) ? fabs(y) : 0.0;
    if (isinf(x))
        return y > 0.0 ? (is_odd(y) ? x : fabs(x)) : is_odd(y) ? copysign(0.0, x) : 0.0;
    if (x == 0.0) {
        if (y < 0.0)
            *raised |= ZERO_DIVISION;
        return is_odd(y) ? x : 0.0;
    }
    if (x < 0.0 && y != floor(y)) {
        *raised |= OTHER_ERROR;
        return NAN;
    }
    double sign = x < 0.0 && is_odd(y) ? -1.0 : 1.0;
    if (fabs(x) == 1.0)
        return sign;
    errno = 0;
    double z = library_pow(fabs(x), y);
    if (isinf(z) || (errno == ERANGE && z != 0.0))
        *raised |= OVERFLOW_ERROR;
    else if (errno != 0 && errno != ERANGE)
        *raised |= OTHER_ERROR;
    return sign < 0.0 ? -z : z;
}

#endif
