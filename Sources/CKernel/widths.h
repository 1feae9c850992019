/// What loops over arrays share: compiled for several widths of vector registers, the CPU's picked at run time.
#ifndef CKERNEL_WIDTHS_H
#define CKERNEL_WIDTHS_H
#if defined(__x86_64__)
#define WIDTHS __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define WIDTHS
#endif
#define INLINE static inline __attribute__((always_inline))
// Before a loop whose rounds do not depend on each other. What is written may be what is read, which compilers would
// otherwise take for a reason to go one by one.
#define EACH _Pragma("clang loop vectorize(assume_safety)")
#endif
