/// Memory on its way before it is needed.
#ifndef CKERNEL_PREFETCH_H
#define CKERNEL_PREFETCH_H

/// Asks for the line of the cache that holds `address`; any address will do, and nothing else happens.
static inline void ck_prefetch(const void *address) { __builtin_prefetch(address); }
#endif
