/* The steps of a plan at one point. They are built several times, for the vector units that a machine may have; all builds
 * return the same bits, because the terms of each sum are added in their order. */
#ifndef AUTOGRAD_CORE_POINT_H
#define AUTOGRAD_CORE_POINT_H

#include "plan.h"

#include <stddef.h>

/* The first `count` steps; 0 if a kernel leaves a number to Python. The cells have room for seven more behind them. */
PlaySteps play_steps_generic, play_steps_avx2; /* vectors of eight numbers would be no faster */

#endif
