#include "float_modes.h"

#if defined(__x86_64__)
#include <xmmintrin.h>

enum { FLUSH = 0x8000, DENORMALS_ARE_ZEROS = 0x0040 };

unsigned long ck_flush_denormals(void) {
    unsigned mode = _mm_getcsr();
    _mm_setcsr(mode | FLUSH | DENORMALS_ARE_ZEROS);
    return mode;
}

void ck_restore_float_mode(unsigned long mode) { _mm_setcsr((unsigned)mode); }
#elif defined(__aarch64__)
enum { FLUSH = 1 << 24 };

void ck_restore_float_mode(unsigned long mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode)); }

unsigned long ck_flush_denormals(void) {
    unsigned long mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    ck_restore_float_mode(mode | FLUSH);
    return mode;
}
#else
unsigned long ck_flush_denormals(void) { return 0; }
void ck_restore_float_mode(unsigned long mode) { (void)mode; }
#endif
