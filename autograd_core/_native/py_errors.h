/* If Python would raise an exception, a function sets a bit of `*raised`, and the number that it returns is
   meaningless. */
#ifndef AUTOGRAD_CORE_PY_ERRORS_H
#define AUTOGRAD_CORE_PY_ERRORS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { VALUE_ERROR = 1, OVERFLOW_ERROR = 2, ZERO_DIVISION = 4, OTHER_ERROR = 8 };

#endif
