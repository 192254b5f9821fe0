/* The runtime for translated rows: Python's arithmetic, lists and `math`, exact to the bit, including exceptions. */
#ifndef AUTOGRAD_CORE_RUNTIME_H
#define AUTOGRAD_CORE_RUNTIME_H

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-function"
#endif

#include "py_arithmetic.h"
#include "py_lists.h"
#include "py_math.h"

#endif
