/// What recurrent cells do with the sums of their gates: one row of a batch, `count` units.
#ifndef CKERNEL_RECURRENT_H
#define CKERNEL_RECURRENT_H
#include <stddef.h>

/// out = a + b + bias + shift, and weights times state where there is a peephole (else both null).
void ck_gate(
    float *out, const float *a, const float *b, const float *bias, float shift, const float *weights,
    const float *state, size_t count);
/// out = in f + old g, within -clip and clip when that is above 0.
void ck_cell_state(
    float *out, const float *in, const float *f, const float *old, const float *g, float clip, size_t count);

/// What the gradient of an LSTM's step needs: gates, states, the gradients that arrive (two each), the peepholes.
typedef struct {
    const float *i, *ci, *f, *o, *co, *cs_prev;
    const float *h_grad, *h_carry, *cs_grad, *cs_carry;
    const float *wci, *wcf, *wco;
} ck_lstm_row;
/// The gradients of the four gates' sums, and of the state before, which must not be `cs_carry`.
void ck_lstm_grad(float *di, float *dci, float *df, float *dout, float *cs_prev_grad, ck_lstm_row row, size_t count);

/// h = u h_prev + (1 - u) c.
void ck_gru_state(float *h, const float *u, const float *h_prev, const float *c, size_t count);
/// The gradients of the candidate's and the update gate's sums.
void ck_gru_grad(
    float *dc, float *du, const float *h_grad, const float *u, const float *h_prev, const float *c, size_t count);
/// dr = grad h_prev r (1 - r), of the gradient by r h_prev.
void ck_gru_reset_grad(float *dr, const float *grad, const float *h_prev, const float *r, size_t count);
/// out = a + b r + h_grad u.
void ck_gru_state_grad(
    float *out, const float *a, const float *b, const float *r, const float *h_grad, const float *u, size_t count);
#endif
