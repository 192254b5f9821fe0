/* Replaces those parts of Python that the runtime of the translated operations uses, so that an exported program needs
   only the C library. */
#define AUTOGRAD_CORE_STANDALONE 1
#define AUTOGRAD_CORE_PY_ERRORS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#endif

#define PY_SSIZE_T_MAX PTRDIFF_MAX
#define PyMem_RawMalloc malloc
#define PyMem_RawFree free
#define Py_MATH_PI 3.14159265358979323846

typedef ptrdiff_t Py_ssize_t;

enum { VALUE_ERROR = 1, OVERFLOW_ERROR = 2, ZERO_DIVISION = 4, OTHER_ERROR = 8 };
enum { MATH_HYPOT, MATH_GAMMA, MATH_LGAMMA, MATH_FACTORIAL };

/* Computes functions of Python's `math` that CPython implements itself. Here the C library computes them, so their last
   digits may differ. */
static double of_python(int which, const double *xs, Py_ssize_t count, int *raised)
{
    double z = 0.0, largest = 0.0;
    int infinite = 0, no_number = 0;
    if (which == MATH_HYPOT) {
        for (Py_ssize_t i = 0; i < count; i++) {
            infinite |= isinf(xs[i]) != 0;
            no_number |= isnan(xs[i]) != 0;
            largest = fmax(largest, fabs(xs[i]));
        }
        if (infinite || no_number || largest == 0.0)
            return infinite ? INFINITY : no_number ? NAN : 0.0;
        if (count == 2)
            return hypot(xs[0], xs[1]);
        int exponent;
        frexp(largest, &exponent);
        for (Py_ssize_t i = 0; i < count; i++) {
            double x = ldexp(xs[i], -exponent);
            z += x * x;
        }
        return ldexp(sqrt(z), exponent);
    }
    double x = xs[0];
    if (which != MATH_FACTORIAL && (x == -INFINITY || (x <= 0.0 && x == floor(x))))
        *raised |= VALUE_ERROR;
    z = which == MATH_LGAMMA ? lgamma(x) : which == MATH_GAMMA ? tgamma(x) : floor(tgamma(x + 1.0) + 0.5);
    if (isinf(z) && isfinite(x))
        *raised |= OVERFLOW_ERROR;
    return z;
}
