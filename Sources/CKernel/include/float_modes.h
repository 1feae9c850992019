/// How the calling thread treats numbers that are too small to be normal (below 2^-126 in float32).
#ifndef CKERNEL_FLOAT_MODES_H
#define CKERNEL_FLOAT_MODES_H

/// Takes and makes zeros in their place from here on, since a CPU may need a hundred times as long for them. Returns what
/// ck_restore_float_mode() takes to have them back.
unsigned long ck_flush_denormals(void);

void ck_restore_float_mode(unsigned long mode);
#endif
