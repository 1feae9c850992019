/// Loops that need a CPU's own instructions; everything else of the suite is Swift.
#ifndef CKERNEL_H
#define CKERNEL_H
#include "half.h"
#endif
