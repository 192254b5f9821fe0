/* Plays the steps of a plan at one point. The code is built several times, for the vector units that a machine may
 * have. All builds return the same bits, because the terms of each sum are added in their order. */
#ifndef AUTOGRAD_CORE_POINT_H
#define AUTOGRAD_CORE_POINT_H

#include "plan.h"

#include <stddef.h>

/* Play the first `count` steps; return 0 if Python must compute a number that a kernel cannot. After the cells, there
   must be room for seven more. */
PlaySteps play_steps_generic, play_steps_avx2; /* vectors of eight numbers would be no faster */

#endif
