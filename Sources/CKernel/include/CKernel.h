/// Loops that need a CPU's own instructions, and code that protobuf-c generates; everything else of the suite is
/// Swift.
#ifndef CKERNEL_H
#define CKERNEL_H
#include "float_modes.h"
#include "gradients.h"
#include "gram.h"
#include "half.h"
#include "optimizers.h"
#include "vector_math.h"
#include "matrix_tiles.h"
#include "meta_graph.pb-c.h"
#include "prefetch.h"
#include "recurrent.h"
#include "thin_products.h"
#include "trackable_object_graph.pb-c.h"
#endif
