/* Python's module math. A function that CPython implements itself, instead of using the C library, calls Python. */
#ifndef AUTOGRAD_CORE_PY_MATH_H
#define AUTOGRAD_CORE_PY_MATH_H

#include "py_arithmetic.h"
#include "py_lists.h"

#include <limits.h>

typedef struct Tuple_di {
    double part_0;
    int64_t part_1;
} Tuple_di;

/* Check a result z as math does, which raises if z is NaN but x is not, or if z is infinite but x is finite. */
static inline double checked(double x, double z, int infinite, int *raised)
{
    if (isnan(z) && !isnan(x))
        *raised |= VALUE_ERROR;
    else if (isinf(z) && isfinite(x))
        *raised |= infinite;
    return z;
}

#define LIBRARY(name, infinite)                                                                                        \
    static inline double py_##name(double x, int *raised) { return checked(x, name(x), infinite, raised); }
#define QUIET_LIBRARY(name)                                                                                            \
    static inline double py_##name(double x) { return name(x); }

LIBRARY(acos, VALUE_ERROR)
LIBRARY(acosh, VALUE_ERROR)
LIBRARY(asin, VALUE_ERROR)
LIBRARY(atanh, VALUE_ERROR)
LIBRARY(cos, VALUE_ERROR)
LIBRARY(cosh, OVERFLOW_ERROR)
LIBRARY(exp, OVERFLOW_ERROR)
LIBRARY(exp2, OVERFLOW_ERROR)
LIBRARY(expm1, OVERFLOW_ERROR)
LIBRARY(log1p, VALUE_ERROR)
LIBRARY(sin, VALUE_ERROR)
LIBRARY(sinh, OVERFLOW_ERROR)
LIBRARY(sqrt, VALUE_ERROR)
LIBRARY(tan, VALUE_ERROR)
QUIET_LIBRARY(asinh)
QUIET_LIBRARY(atan)
QUIET_LIBRARY(cbrt)
QUIET_LIBRARY(erf)
QUIET_LIBRARY(erfc)
QUIET_LIBRARY(fabs)
QUIET_LIBRARY(tanh)

static inline double py_radians(double x) { return x * (Py_MATH_PI / 180.0); }
static inline double py_degrees(double x) { return x * (180.0 / Py_MATH_PI); }

/* math calls the library's logarithms only for positive finite numbers. */
#define LOGARITHM(name)                                                                                                \
    static inline double py_##name(double x, int *raised)                                                              \
    {                                                                                                                  \
        if (x > 0.0 && isfinite(x))                                                                                    \
            return name(x);                                                                                            \
        if (x <= 0.0)                                                                                                  \
            *raised |= VALUE_ERROR;                                                                                    \
        return x;                                                                                                      \
    }

LOGARITHM(log)
LOGARITHM(log2)
LOGARITHM(log10)

static inline int py_isnan(double x) { return isnan(x) != 0; }
static inline int py_isinf(double x) { return isinf(x) != 0; }
static inline int py_isfinite(double x) { return isfinite(x) != 0; }
static inline double py_copysign(double x, double y) { return copysign(x, y); }

static inline double py_atan2(double y, double x, int *raised)
{
    (void)raised;
    if (isnan(x) || isnan(y))
        return NAN;
    if (isinf(y)) {
        if (isinf(x))
            return copysign(x > 0.0 ? 0.25 * Py_MATH_PI : 0.75 * Py_MATH_PI, y);
        return copysign(0.5 * Py_MATH_PI, y);
    }
    if (isinf(x) || y == 0.0)
        return copysign(copysign(1.0, x) > 0.0 ? 0.0 : Py_MATH_PI, y);
    return atan2(y, x);
}

static inline double py_fmod(double x, double y, int *raised)
{
    if (isinf(y) && isfinite(x))
        return x;
    double z = fmod(x, y);
    if (isnan(z) && !isnan(x) && !isnan(y))
        *raised |= VALUE_ERROR;
    return z;
}

static inline double py_remainder(double x, double y, int *raised)
{
    double z = remainder(x, y);
    if (isnan(z) && !isnan(x) && !isnan(y))
        *raised |= VALUE_ERROR;
    return z;
}

/* The bits of a double that hold its exponent. */
#define EXPONENT (UINT64_C(0x7ff) << 52)

static inline uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double of_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The exponent of a normal number, from 1 to 2046; 0 or 2047 for others. */
static inline int64_t exponent_of(uint64_t bits) { return (int64_t)(bits >> 52 & 0x7ff); }

static inline Tuple_di frexp_of_others(double x)
{
    int e = 0;
    if (isnan(x) || isinf(x) || x == 0.0)
        return (Tuple_di){x, 0};
    x = frexp(x, &e);
    return (Tuple_di){x, e};
}

/* For normal numbers, the result is computed from the bits: the library takes three times as long, and this function is
   called often, for example for quotients. */
static inline Tuple_di py_frexp(double x)
{
    uint64_t bits = bits_of(x);
    int64_t e = exponent_of(bits);
    if (e == 0 || e == 0x7ff)
        return frexp_of_others(x);
    return (Tuple_di){of_bits((bits & ~EXPONENT) | UINT64_C(1022) << 52), e - 1022};
}

static inline double ldexp_of_others(double x, int64_t e, int *raised)
{
    if (x == 0.0 || !isfinite(x))
        return x;
    double z = e > INT_MAX ? copysign(INFINITY, x) : e < INT_MIN ? copysign(0.0, x) : ldexp(x, (int)e);
    if (isinf(z))
        *raised |= OVERFLOW_ERROR;
    return z;
}

static inline double py_ldexp(double x, int64_t e, int *raised)
{
    uint64_t bits = bits_of(x);
    int64_t before = exponent_of(bits);
    if (before == 0 || before == 0x7ff || e < -2046 || e > 2046 || before + e < 1 || before + e > 2046)
        return ldexp_of_others(x, e, raised);
    return of_bits((bits & ~EXPONENT) | (uint64_t)(before + e) << 52);
}

/* Return an integral double as an int. */
static inline int64_t int_of(double whole, int *raised)
{
    if (fabs(whole) <= (double)LARGEST_INT)
        return (int64_t)whole;
    *raised |= isnan(whole) ? VALUE_ERROR : isinf(whole) ? OVERFLOW_ERROR : OTHER_ERROR;
    return 0;
}

static inline int64_t py_floor(double x, int *raised) { return int_of(floor(x), raised); }
static inline int64_t py_ceil(double x, int *raised) { return int_of(ceil(x), raised); }
static inline int64_t py_trunc(double x, int *raised) { return int_of(trunc(x), raised); }

/* --- Functions of CPython's own ----------------------------------------------------------------------------------- */

#ifndef AUTOGRAD_CORE_STANDALONE /* an exported program has its own: _program/standalone.h */

enum { MATH_HYPOT, MATH_GAMMA, MATH_LGAMMA, MATH_FACTORIAL };

/* Call a function of `math` that CPython implements itself. The factorial is an int; the float nearest to it is
   returned. */
static double of_python(int which, const double *xs, Py_ssize_t count, int *raised)
{
    static const char *const names[] = {"hypot", "gamma", "lgamma", "factorial"};
    static PyObject *functions[4];
    PyObject *few[4], **numbers = count <= 4 ? few : PyMem_New(PyObject *, count), *result = NULL;
    Py_ssize_t made = 0;
    double z = NAN;
    if (!PyGILState_Check()) { /* in a thread of a player: left to a thread that holds the GIL */
        *raised |= OTHER_ERROR;
        return z;
    }
    if (functions[which] == NULL) {
        PyObject *math = PyImport_ImportModule("math");
        functions[which] = math ? PyObject_GetAttrString(math, names[which]) : NULL;
        Py_XDECREF(math);
    }
    if (functions[which] && numbers) {
        for (; made < count; made++) {
            numbers[made] = which == MATH_FACTORIAL ? PyLong_FromDouble(xs[made]) : PyFloat_FromDouble(xs[made]);
            if (numbers[made] == NULL)
                break;
        }
        if (made == count)
            result = PyObject_Vectorcall(functions[which], numbers, (size_t)count, NULL);
    }
    for (Py_ssize_t i = 0; i < made; i++)
        Py_DECREF(numbers[i]);
    if (numbers != few)
        PyMem_Free(numbers);
    if (result != NULL)
        z = PyFloat_AsDouble(result);
    Py_XDECREF(result);
    if (PyErr_Occurred() || result == NULL) {
        *raised |= PyErr_ExceptionMatches(PyExc_OverflowError) ? OVERFLOW_ERROR
                   : PyErr_ExceptionMatches(PyExc_ValueError)  ? VALUE_ERROR
                                                               : OTHER_ERROR;
        PyErr_Clear(); /* the row's Python code will raise it */
    }
    return z;
}

#endif

static inline double py_hypot(const double *xs, int count, int *raised)
{
    return of_python(MATH_HYPOT, xs, count, raised);
}

static inline double py_hypot_of(List xs, int *raised)
{
    return of_python(MATH_HYPOT, xs.at, (Py_ssize_t)xs.count, raised);
}

static inline double py_gamma(double x, int *raised) { return of_python(MATH_GAMMA, &x, 1, raised); }
static inline double py_lgamma(double x, int *raised) { return of_python(MATH_LGAMMA, &x, 1, raised); }

static inline double py_factorial(int64_t n, int *raised)
{
    double x = (double)n;
    return of_python(MATH_FACTORIAL, &x, 1, raised);
}

/* For an empty list, the result of math.prod is an int, 1, so it is left to Python. */
static inline double py_prod_of(List xs, int *raised)
{
    double product = 1.0;
    if (xs.count == 0)
        *raised |= OTHER_ERROR;
    for (int64_t i = 0; i < xs.count; i++)
        product *= xs.at[i];
    return product;
}

static inline double py_left_to_python(int *raised)
{
    *raised |= OTHER_ERROR;
    return NAN;
}

#endif
