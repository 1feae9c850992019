#include "thin_products.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define WIDE __attribute__((target("avx512f")))
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

enum {
    LANES = 16,
    BAND = 8,     // rows that are computed together
    VECTORS = 3,  // by so many vectors of columns
    CHUNK = 32,   // terms that are added up before they are added to a result
    LINES = 4,    // lines of b that are multiplied together where its terms are one apart,
    ROWS = 4,     // by so many of a,
    LENGTH = 1024 // and so many terms of them at a time
};

size_t ck_thin_room(size_t rows) { return (rows + BAND - 1) / BAND * BAND * LENGTH * sizeof(float); }

int ck_has_thin_products(void) { return __builtin_cpu_supports("avx512f") != 0; }

INLINE size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

// Memory that is asked for evenly: so many floats further with each step, of which there are a known number.
struct stream {
    const float *next;
    size_t step;
};

INLINE struct stream stream_of(ck_ahead ahead, size_t steps) {
    struct stream stream = {ahead.from, steps > 0 ? smaller(LANES, ahead.count / steps) : 0};
    if (stream.step == 0) stream.next = 0;
    return stream;
}

WIDE INLINE void ask(struct stream *stream) {
    if (!stream->next) return;
    _mm_prefetch((const char *)stream->next, _MM_HINT_T1);
    stream->next += stream->step;
}

// A band of rows by some vectors of columns, of which the last is cut off by `last`. `a` has the band's rows side by
// side. Meanwhile `ahead`, what is wanted of b next, is asked for, and the stream.
WIDE INLINE void multiply_band(
    const float *a, const float *b, size_t b_step, const float *ahead, struct stream *stream, float *out,
    size_t out_step, size_t rows, const int vectors, __mmask16 last, size_t terms, int adds) {
    __m512 sums[BAND][VECTORS], line[VECTORS];
    UNROLL
    for (int r = 0; r < BAND; r++)
        UNROLL
        for (int v = 0; v < vectors; v++) sums[r][v] = _mm512_setzero_ps();
    for (size_t term = 0; term < terms; term++, a += BAND, b += b_step) {
        if (ahead) {
            // Where rows of b begin between two lines of the cache, the first was asked for with what is before.
            UNROLL
            for (int v = 0; v < vectors; v++) _mm_prefetch((const char *)(ahead + v * LANES + LANES - 1), _MM_HINT_T1);
            ahead += b_step;
        }
        ask(stream);
        UNROLL
        for (int v = 0; v < vectors; v++)
            line[v] = v < vectors - 1 ? _mm512_loadu_ps(b + v * LANES) : _mm512_maskz_loadu_ps(last, b + v * LANES);
        UNROLL
        for (int r = 0; r < BAND; r++)
            UNROLL
            for (int v = 0; v < vectors; v++)
                sums[r][v] = _mm512_fmadd_ps(_mm512_set1_ps(a[r]), line[v], sums[r][v]);
    }
    UNROLL
    for (int r = 0; r < BAND; r++) {
        if ((size_t)r >= rows) break;
        UNROLL
        for (int v = 0; v < vectors; v++) {
            __mmask16 mask = v < vectors - 1 ? (__mmask16)-1 : last;
            float *to = out + (size_t)r * out_step + v * LANES;
            if (adds) sums[r][v] = _mm512_add_ps(sums[r][v], _mm512_maskz_loadu_ps(mask, to));
            _mm512_mask_storeu_ps(to, mask, sums[r][v]);
        }
    }
}

// b's lines are one apart: a row of b is multiplied with one number of each row of a.
WIDE static void multiply_across(
    ck_factor a, ck_factor b, float *out, size_t out_step, size_t rows, size_t columns, size_t depth, float *packed,
    ck_ahead wanted) {
    const size_t width = VECTORS * LANES;
    struct stream stream =
        stream_of(wanted, (columns + width - 1) / width * ((rows + BAND - 1) / BAND) * depth);
    for (size_t first = 0; first < depth; first += CHUNK) {
        size_t terms = smaller(CHUNK, depth - first);
        for (size_t row = 0; row < (rows + BAND - 1) / BAND * BAND; row++)
            for (size_t term = 0; term < terms; term++)
                packed[(row / BAND * CHUNK + term) * BAND + row % BAND] =
                    row < rows ? a.values[row * a.line_step + (first + term) * a.term_step] : 0.0f;
        const float *part = b.values + first * b.term_step;
        for (size_t column = 0; column < columns; column += width) {
            size_t left = columns - column;
            int vectors = left >= width ? VECTORS : (int)((left + LANES - 1) / LANES);
            size_t rest = left - (size_t)(vectors - 1) * LANES;
            __mmask16 last = rest >= LANES ? (__mmask16)-1 : (__mmask16)((1u << rest) - 1);
            const float *from = part + column;
            const float *ahead = left > width ? from + width : first + CHUNK < depth ? part + CHUNK * b.term_step : 0;
            for (size_t row = 0; row < rows; row += BAND) {
                float *to = out + row * out_step + column;
                const float *own = packed + row * CHUNK, *next = row == 0 ? ahead : 0;
                switch (vectors) {
                case 3:
                    multiply_band(
                        own, from, b.term_step, next, &stream, to, out_step, rows - row, 3, last, terms, first > 0);
                    break;
                case 2:
                    multiply_band(
                        own, from, b.term_step, next, &stream, to, out_step, rows - row, 2, last, terms, first > 0);
                    break;
                default:
                    multiply_band(
                        own, from, b.term_step, next, &stream, to, out_step, rows - row, 1, last, terms, first > 0);
                }
            }
        }
    }
}

// Adds to the products of `ROWS` rows of a, which lie packed, with some lines of b those of up to 16 terms.
WIDE INLINE void add_terms(
    __m512 sums[ROWS * LINES], const float *a, const float *b, size_t b_step, const int lines, __mmask16 mask) {
    __m512 line[LINES];
    UNROLL
    for (int l = 0; l < lines; l++) line[l] = _mm512_maskz_loadu_ps(mask, b + (size_t)l * b_step);
    UNROLL
    for (int r = 0; r < ROWS; r++) {
        __m512 row = _mm512_load_ps(a + r * LANES);
        UNROLL
        for (int l = 0; l < lines; l++) sums[r * LINES + l] = _mm512_fmadd_ps(row, line[l], sums[r * LINES + l]);
    }
}

// The sum of each of 16 vectors.
WIDE INLINE __m512 sums_of_each(__m512 x[LANES]) {
    UNROLL
    for (int i = 0; i < 8; i++)
        x[i] = _mm512_add_ps(_mm512_unpacklo_ps(x[2 * i], x[2 * i + 1]), _mm512_unpackhi_ps(x[2 * i], x[2 * i + 1]));
    UNROLL
    for (int i = 0; i < 4; i++) {
        __m512d a = _mm512_castps_pd(x[2 * i]), b = _mm512_castps_pd(x[2 * i + 1]);
        x[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b)) + _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
    }
    UNROLL
    for (int last = 2; last > 0; last--)
        UNROLL
        for (int i = 0; i < last; i++) {
            __m512 a = x[2 * i], b = x[2 * i + 1];
            x[i] = _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd));
        }
    return x[0];
}

// Up to `ROWS` rows by up to `LINES` lines. Meanwhile what is `ahead` in b is asked for, unless that is 0, and the
// stream.
WIDE INLINE void multiply_lines(
    const float *a, const float *b, size_t b_step, size_t ahead, struct stream *stream, float *out, size_t out_step,
    size_t rows, const int lines, size_t terms, int adds) {
    __m512 sums[ROWS * LINES];
    UNROLL
    for (int i = 0; i < ROWS * LINES; i++) sums[i] = _mm512_setzero_ps();
    for (; terms >= LANES; terms -= LANES, a += ROWS * LANES, b += LANES) {
        UNROLL
        for (int l = 0; l < lines; l++)
            if (ahead) _mm_prefetch((const char *)(b + (size_t)l * b_step + ahead), _MM_HINT_T1);
        ask(stream);
        add_terms(sums, a, b, b_step, lines, (__mmask16)-1);
    }
    if (terms > 0) add_terms(sums, a, b, b_step, lines, (__mmask16)((1u << terms) - 1));
    _Alignas(64) float found[ROWS][LINES];
    _mm512_store_ps(found[0], sums_of_each(sums));
    for (size_t r = 0; r < smaller(rows, ROWS); r++)
        for (int l = 0; l < lines; l++) {
            float *to = out + r * out_step + l;
            *to = adds ? *to + found[r][l] : found[r][l];
        }
}

INLINE size_t rounded_up(size_t count, size_t unit) { return (count + unit - 1) / unit * unit; }

// Of some rows the terms from `first` on: 16 terms of some rows, then the next 16. Contiguous, since rows may be so far
// apart that they compete for a few lines of the cache.
static void pack_rows(ck_factor a, float *packed, size_t rows, size_t first, size_t terms) {
    size_t length = rounded_up(terms, LANES);
    for (size_t row = 0; row < rounded_up(rows, ROWS); row++)
        for (size_t term = 0; term < length; term++)
            packed[row / ROWS * ROWS * length + (term / LANES * ROWS + row % ROWS) * LANES + term % LANES] =
                row < rows && term < terms ? a.values[row * a.line_step + first + term] : 0.0f;
}

// Packed rows by lines of b, whose terms from some one on are `part`.
WIDE static void multiply_part(
    const float *packed, const float *part, size_t b_step, struct stream *stream, float *out, size_t out_step,
    size_t rows, size_t columns, size_t terms, int adds) {
    size_t length = rounded_up(terms, LANES), column = 0;
    for (; column + LINES <= columns; column += LINES)
        for (size_t row = 0; row < rows; row += ROWS)
            multiply_lines(
                packed + row * length, part + column * b_step, b_step,
                row == 0 && columns - column >= 2 * LINES ? LINES * b_step : 0, stream, out + row * out_step + column,
                out_step, rows - row, LINES, terms, adds);
    for (; column < columns; column++)
        for (size_t row = 0; row < rows; row += ROWS)
            multiply_lines(
                packed + row * length, part + column * b_step, b_step, 0, stream, out + row * out_step + column,
                out_step, rows - row, 1, terms, adds);
}

// How many steps it takes to multiply the first lines of b, as many as are taken together.
static size_t steps_along(size_t rows, size_t columns, size_t depth) {
    return (rows + ROWS - 1) / ROWS * (columns / LINES) * (depth / LANES);
}

// Terms are one apart.
static void multiply_along(
    ck_factor a, ck_factor b, float *out, size_t out_step, size_t rows, size_t columns, size_t depth, float *packed,
    ck_ahead ahead) {
    struct stream stream = stream_of(ahead, steps_along(rows, columns, depth));
    for (size_t first = 0; first < depth; first += LENGTH) {
        size_t terms = smaller(LENGTH, depth - first);
        pack_rows(a, packed, rows, first, terms);
        multiply_part(packed, b.values + first, b.line_step, &stream, out, out_step, rows, columns, terms, first > 0);
    }
}

void ck_multiply_thin(
    ck_factor a, ck_factor b, float *out, size_t out_step, size_t rows, size_t columns, size_t depth, void *room,
    ck_ahead ahead) {
    if (b.line_step == 1)
        multiply_across(a, b, out, out_step, rows, columns, depth, room, ahead);
    else
        multiply_along(a, b, out, out_step, rows, columns, depth, room, ahead);
}

size_t ck_packed_count(size_t rows, size_t depth) { return rounded_up(rows, ROWS) * rounded_up(depth, LANES); }

void ck_pack_thin(ck_factor a, float *packed, size_t rows, size_t depth) {
    for (size_t first = 0; first < depth; first += LENGTH)
        pack_rows(a, packed + rounded_up(rows, ROWS) * first, rows, first, smaller(LENGTH, depth - first));
}

void ck_multiply_packed(
    const float *packed, ck_factor b, float *out, size_t out_step, size_t rows, size_t columns, size_t depth,
    ck_ahead ahead) {
    struct stream stream = stream_of(ahead, steps_along(rows, columns, depth));
    for (size_t first = 0; first < depth; first += LENGTH)
        multiply_part(
            packed + rounded_up(rows, ROWS) * first, b.values + first, b.line_step, &stream, out, out_step, rows,
            columns, smaller(LENGTH, depth - first), first > 0);
}
#else
int ck_has_thin_products(void) { return 0; }

size_t ck_thin_room(size_t rows) {
    (void)rows;
    return 0;
}

size_t ck_packed_count(size_t rows, size_t depth) {
    (void)rows, (void)depth;
    return 0;
}

void ck_pack_thin(ck_factor a, float *packed, size_t rows, size_t depth) {
    (void)a, (void)packed, (void)rows, (void)depth;
}

void ck_multiply_packed(
    const float *packed, ck_factor b, float *out, size_t out_step, size_t rows, size_t columns, size_t depth,
    ck_ahead ahead) {
    (void)packed, (void)b, (void)out, (void)out_step, (void)rows, (void)columns, (void)depth, (void)ahead;
}

void ck_multiply_thin(
    ck_factor a, ck_factor b, float *out, size_t out_step, size_t rows, size_t columns, size_t depth, void *room,
    ck_ahead ahead) {
    (void)a, (void)b, (void)out, (void)out_step, (void)rows, (void)columns, (void)depth, (void)room, (void)ahead;
}
#endif
