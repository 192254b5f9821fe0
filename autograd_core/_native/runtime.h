/* What translated rows stand on: Python's arithmetic and `math`, with what they raise.
 *
 * Everything that Python would raise sets a bit of `*raised`; the number that comes back then counts for nothing. Numbers
 * are Python's to the bit: where `math` is CPython's own rather than the C library's, Python is asked.
 */
#ifndef AUTOGRAD_CORE_RUNTIME_H
#define AUTOGRAD_CORE_RUNTIME_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-function"
#endif

enum { VALUE_ERROR = 1, OVERFLOW_ERROR = 2, ZERO_DIVISION = 4, OTHER_ERROR = 8 };

/* An int is kept within these bounds, where a double is as exact; beyond them Python takes over. */
#define LARGEST_INT (INT64_C(1) << 53)

/* A list of floats. Only a list with room of its own is ever changed. */
typedef struct List {
    const double *at;
    int64_t count, room;
} List;

typedef struct Tuple_di {
    double part_0;
    int64_t part_1;
} Tuple_di;

#define TABLE(table) ((List){table, (int64_t)(sizeof(table) / sizeof *(table)), 0})

/* --- Memory of lists: a little on the stack, then blocks, all given back at once ------------------------------- */

typedef struct Block {
    struct Block *next;
    double numbers[];
} Block;

typedef struct Memory {
    Block *blocks;
    int64_t used;
    double near[96];
} Memory;

static inline void memory_begin(Memory *memory)
{
    memory->blocks = NULL;
    memory->used = 0;
}

static inline void memory_end(Memory *memory)
{
    for (Block *block = memory->blocks, *next; block; block = next) {
        next = block->next;
        PyMem_Free(block);
    }
}

static inline double *memory_take(Memory *memory, int64_t count)
{
    if (count <= (int64_t)(sizeof memory->near / sizeof *memory->near) - memory->used) {
        memory->used += count;
        return memory->near + memory->used - count;
    }
    if ((size_t)count > (PY_SSIZE_T_MAX - sizeof(Block)) / sizeof(double))
        return NULL;
    Block *block = PyMem_Malloc(sizeof(Block) + (size_t)count * sizeof(double));
    if (block == NULL)
        return NULL;
    block->next = memory->blocks;
    memory->blocks = block;
    return block->numbers;
}

/* --- Lists ------------------------------------------------------------------------------------------------------ */

static inline int64_t py_place(int64_t index, int64_t count, int *raised)
{
    index += index < 0 ? count : 0;
    if (index >= 0 && index < count)
        return index;
    *raised |= OTHER_ERROR;
    return 0;
}

static inline double py_item(List xs, int64_t index, int *raised)
{
    if (xs.count > 0)
        return xs.at[py_place(index, xs.count, raised)];
    *raised |= OTHER_ERROR;
    return NAN;
}

/* An item of a list that has to have so many. */
static inline double py_item_of(List xs, int64_t index, int64_t count, int *raised)
{
    if (xs.count == count)
        return xs.at[index];
    *raised |= OTHER_ERROR;
    return NAN;
}

static inline int64_t clamped(int64_t index, int64_t count)
{
    index += index < 0 ? count : 0;
    return index < 0 ? 0 : index > count ? count : index;
}

static inline List py_slice(List xs, int64_t low, int64_t high)
{
    low = clamped(low, xs.count);
    high = clamped(high, xs.count);
    return (List){xs.at + low, high > low ? high - low : 0, 0};
}

/* Of no numbers there may be no address. */
static inline void copy_numbers(const double *to, const double *from, int64_t count)
{
    if (count > 0)
        memcpy((double *)to, from, (size_t)count * sizeof(double));
}

static inline List py_list(int64_t room, Memory *memory, int *raised)
{
    double *numbers = memory_take(memory, room);
    if (numbers == NULL) {
        *raised |= OTHER_ERROR;
        return (List){0};
    }
    return (List){numbers, 0, room};
}

static inline void py_append(List *xs, double x, Memory *memory, int *raised)
{
    if (xs->count == xs->room) {
        List larger = py_list(xs->room * 2 + 8, memory, raised);
        if (larger.at == NULL)
            return;
        copy_numbers(larger.at, xs->at, xs->count);
        larger.count = xs->count;
        *xs = larger;
    }
    ((double *)xs->at)[xs->count++] = x;
}

static inline void py_set(List xs, int64_t index, double x, int *raised)
{
    if (xs.room == 0 || xs.count == 0)
        *raised |= OTHER_ERROR;
    else
        ((double *)xs.at)[py_place(index, xs.count, raised)] = x;
}

static inline List py_joined(const List *parts, int count, Memory *memory, int *raised)
{
    int64_t total = 0;
    for (int i = 0; i < count; i++)
        total += parts[i].count;
    List all = py_list(total + 1, memory, raised);
    for (int i = 0; i < count && all.at; i++) {
        copy_numbers(all.at + all.count, parts[i].at, parts[i].count);
        all.count += parts[i].count;
    }
    return all;
}

static inline List py_copied(List xs, Memory *memory, int *raised) { return py_joined(&xs, 1, memory, raised); }

static inline List py_repeat(List xs, int64_t times, Memory *memory, int *raised)
{
    List all = {0};
    if (times > 0 && xs.count > PY_SSIZE_T_MAX / 16 / times)
        *raised |= OTHER_ERROR;
    else
        all = py_list(times > 0 ? xs.count * times + 1 : 1, memory, raised);
    for (int64_t i = 0; all.at && i < times; i++, all.count += xs.count)
        copy_numbers(all.at + all.count, xs.at, xs.count);
    return all;
}

/* xs[:stop:-1] */
static inline List py_backwards(List xs, int64_t stop, Memory *memory, int *raised)
{
    stop += stop < 0 ? xs.count : 0;
    stop = stop < 0 ? -1 : stop;
    List all = py_list(xs.count + 1, memory, raised);
    for (int64_t i = xs.count - 1; all.at && i > stop; i--)
        ((double *)all.at)[all.count++] = xs.at[i];
    return all;
}

static inline int64_t py_index(List xs, double x, int *raised)
{
    for (int64_t i = 0; i < xs.count; i++)
        if (xs.at[i] == x)
            return i;
    *raised |= VALUE_ERROR;
    return 0;
}

/* max(range(count), key=xs.__getitem__) */
static inline int64_t py_largest(List xs, int64_t count, int *raised)
{
    int64_t at = 0;
    if (count <= 0 || count > xs.count) {
        *raised |= OTHER_ERROR;
        return 0;
    }
    for (int64_t i = 1; i < count; i++)
        at = xs.at[i] > xs.at[at] ? i : at;
    return at;
}

static inline int64_t py_same_length(int64_t a, int64_t b, int *raised)
{
    if (a != b)
        *raised |= VALUE_ERROR;
    return a < b ? a : b;
}

static inline int64_t py_range_count(int64_t start, int64_t stop, int64_t step)
{
    if (step > 0)
        return stop > start ? (stop - start + step - 1) / step : 0;
    return start > stop ? (start - stop - step - 1) / -step : 0;
}

/* --- Arithmetic ------------------------------------------------------------------------------------------------- */

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
static inline int py_bool(double x) { return x != 0.0; }
/* Python's max and min keep the first of what is not ordered. */
static inline double py_max(double x, double y) { return y > x ? y : x; }
static inline double py_min(double x, double y) { return y < x ? y : x; }
static inline int64_t py_max_int(int64_t x, int64_t y) { return y > x ? y : x; }
static inline int64_t py_min_int(int64_t x, int64_t y) { return y < x ? y : x; }

static inline int is_odd(double y) { return fmod(fabs(y), 2.0) == 1.0; }

/* float ** float; what would be complex is left to Python. */
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
    double z = pow(fabs(x), y);
    if (isinf(z) || (errno == ERANGE && z != 0.0))
        *raised |= OVERFLOW_ERROR;
    else if (errno != 0 && errno != ERANGE)
        *raised |= OTHER_ERROR;
    return sign < 0.0 ? -z : z;
}

/* --- The module math -------------------------------------------------------------------------------------------- */

/* math turns a NaN out of a number, and an infinity out of a finite number, into an exception. */
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

/* math asks the library for the logarithm of positive finite numbers only. */
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

static inline Tuple_di py_frexp(double x)
{
    int e = 0;
    if (isnan(x) || isinf(x) || x == 0.0)
        return (Tuple_di){x, 0};
    x = frexp(x, &e);
    return (Tuple_di){x, e};
}

static inline double py_ldexp(double x, int64_t e, int *raised)
{
    if (x == 0.0 || !isfinite(x))
        return x;
    double z = e > INT_MAX ? copysign(INFINITY, x) : e < INT_MIN ? copysign(0.0, x) : ldexp(x, (int)e);
    if (isinf(z))
        *raised |= OVERFLOW_ERROR;
    return z;
}

/* A whole double as an int. */
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

enum { MATH_HYPOT, MATH_GAMMA, MATH_LGAMMA, MATH_FACTORIAL };

/* A function of `math` that is CPython's own, by calling it; of the factorial, an int, the float nearest to it. */
static double of_python(int which, const double *xs, Py_ssize_t count, int *raised)
{
    static const char *const names[] = {"hypot", "gamma", "lgamma", "factorial"};
    static PyObject *functions[4];
    PyObject *few[4], **numbers = count <= 4 ? few : PyMem_New(PyObject *, count), *result = NULL;
    Py_ssize_t made = 0;
    double z = NAN;
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
        PyErr_Clear(); /* the row's Python will say it */
    }
    return z;
}

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

/* Of no numbers it is the int 1. */
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
