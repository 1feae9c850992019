#include "gram.h"
#include "widths.h"
#include <string.h>

enum { LANES = 8, SIDE = 4 };
typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));
typedef float narrow __attribute__((vector_size(LANES * sizeof(float))));

INLINE void load(lanes *to, const float *from) {
    narrow x;
    memcpy(&x, from, sizeof x);
    *to = __builtin_convertvector(x, lanes);
}

// The products of up to 4 rows with up to 4 others.
INLINE void add_square(
    double *sums, size_t sums_step, const float *a, const float *b, size_t step, size_t rows, size_t columns,
    size_t count) {
    lanes parts[SIDE][SIDE] = {{{0}}};
    const float *left[SIDE], *right[SIDE];
    for (size_t i = 0; i < SIDE; i++) {
        // Rows that are not there stand for the last.
        left[i] = a + (i < rows ? i : rows - 1) * step;
        right[i] = b + (i < columns ? i : columns - 1) * step;
    }
    size_t place = 0;
    for (; place + LANES <= count; place += LANES) {
        lanes x[SIDE], y[SIDE];
        for (int i = 0; i < SIDE; i++) {
            load(&x[i], left[i] + place);
            load(&y[i], right[i] + place);
        }
        for (int i = 0; i < SIDE; i++)
            for (int j = 0; j < SIDE; j++) parts[i][j] += x[i] * y[j];
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            double sum = 0;
            for (int lane = 0; lane < LANES; lane++) sum += parts[i][j][lane];
            for (size_t k = place; k < count; k++) sum += (double)left[i][k] * (double)right[j][k];
            sums[i * sums_step + j] += sum;
        }
}

WIDTHS void ck_add_gram(double *sums, const float *x, size_t step, size_t rows, size_t count) {
    for (size_t i = 0; i < rows; i += SIDE)
        for (size_t j = 0; j <= i; j += SIDE)
            add_square(
                sums + i * rows + j, rows, x + i * step, x + j * step, step, rows - i < SIDE ? rows - i : SIDE,
                rows - j < SIDE ? rows - j : SIDE, count);
}
