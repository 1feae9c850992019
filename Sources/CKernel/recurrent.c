#include "recurrent.h"
#include "widths.h"

WIDTHS void ck_gate(
    float *out, const float *a, const float *b, const float *bias, float shift, const float *weights,
    const float *state, size_t count) {
    if (weights) {
        EACH for (size_t k = 0; k < count; k++) out[k] = a[k] + b[k] + bias[k] + shift + weights[k] * state[k];
    } else {
        EACH for (size_t k = 0; k < count; k++) out[k] = a[k] + b[k] + bias[k] + shift;
    }
}

WIDTHS void ck_cell_state(
    float *out, const float *in, const float *f, const float *old, const float *g, float clip, size_t count) {
    EACH for (size_t k = 0; k < count; k++) out[k] = in[k] * f[k] + old[k] * g[k];
    if (!(clip > 0.0f)) return;
    EACH for (size_t k = 0; k < count; k++) out[k] = out[k] > clip ? clip : out[k] < -clip ? -clip : out[k];
}

INLINE void lstm_grad(
    float *restrict di, float *restrict dci, float *restrict df, float *restrict dout, float *restrict cs_prev_grad,
    ck_lstm_row row, int peeps, size_t count) {
    const float *restrict i = row.i, *restrict ci = row.ci, *restrict f = row.f, *restrict o = row.o;
    const float *restrict co = row.co, *restrict cs_prev = row.cs_prev, *restrict h_grad = row.h_grad;
    const float *restrict cs_grad = row.cs_grad, *restrict h_carry = row.h_carry, *restrict cs_carry = row.cs_carry;
    const float *restrict wci = row.wci, *restrict wcf = row.wcf, *restrict wco = row.wco;
    for (size_t k = 0; k < count; k++) {
        float dh = h_grad[k] + h_carry[k];
        float d_o = o[k] * (1.0f - o[k]) * dh * co[k];
        float dcs = (1.0f - co[k] * co[k]) * dh * o[k] + (cs_grad[k] + cs_carry[k]);
        if (peeps) dcs += d_o * wco[k];
        float d_f = f[k] * (1.0f - f[k]) * dcs * cs_prev[k], d_i = i[k] * (1.0f - i[k]) * dcs * ci[k];
        dci[k] = (1.0f - ci[k] * ci[k]) * dcs * i[k];
        cs_prev_grad[k] = peeps ? dcs * f[k] + (d_i * wci[k] + d_f * wcf[k]) : dcs * f[k];
        dout[k] = d_o;
        df[k] = d_f;
        di[k] = d_i;
    }
}

WIDTHS void ck_lstm_grad(
    float *di, float *dci, float *df, float *dout, float *cs_prev_grad, ck_lstm_row row, size_t count) {
    if (row.wco)
        lstm_grad(di, dci, df, dout, cs_prev_grad, row, 1, count);
    else
        lstm_grad(di, dci, df, dout, cs_prev_grad, row, 0, count);
}

WIDTHS void ck_gru_state(float *h, const float *u, const float *h_prev, const float *c, size_t count) {
    for (size_t k = 0; k < count; k++) h[k] = u[k] * h_prev[k] + (1.0f - u[k]) * c[k];
}

WIDTHS void ck_gru_grad(
    float *dc, float *du, const float *h_grad, const float *u, const float *h_prev, const float *c, size_t count) {
    for (size_t k = 0; k < count; k++) {
        dc[k] = h_grad[k] * (1.0f - u[k]) * (1.0f - c[k] * c[k]);
        du[k] = h_grad[k] * (h_prev[k] - c[k]) * u[k] * (1.0f - u[k]);
    }
}

WIDTHS void ck_gru_reset_grad(float *dr, const float *grad, const float *h_prev, const float *r, size_t count) {
    for (size_t k = 0; k < count; k++) dr[k] = grad[k] * h_prev[k] * r[k] * (1.0f - r[k]);
}

WIDTHS void ck_gru_state_grad(
    float *out, const float *a, const float *b, const float *r, const float *h_grad, const float *u, size_t count) {
    EACH for (size_t k = 0; k < count; k++) out[k] = a[k] + b[k] * r[k] + h_grad[k] * u[k];
}
