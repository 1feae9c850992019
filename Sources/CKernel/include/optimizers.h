/// One step of each optimizer, in place over `count` weights, in TensorFlow's order of float32 operations.
///
/// `var` are the weights and `grad` their gradients; arrays do not overlap. An element's result does not depend on
/// where in the array it is.
#ifndef CKERNEL_OPTIMIZERS_H
#define CKERNEL_OPTIMIZERS_H
#include <stdbool.h>
#include <stddef.h>

/// var -= rate grad.
void ck_gradient_descent(float *var, const float *grad, float rate, size_t count);
/// Gradient descent, then shrunk towards zero by L1 and L2 (Fobos).
void ck_proximal_descent(float *var, const float *grad, float rate, float l1, float l2, size_t count);

/// accum = momentum accum + grad; var -= rate accum, or Nesterov's form of it.
void ck_momentum(float *var, float *accum, const float *grad, float rate, float momentum, bool nesterov, size_t count);
/// The same with the rate inside of what is accumulated.
void ck_keras_momentum(
    float *var, float *accum, const float *grad, float rate, float momentum, bool nesterov, size_t count);

/// m and v follow grad and its square, by `new1` and `new2` of the way; var -= rate m / (sqrt(v) + epsilon).
/// Nesterov's form takes `beta1` m + `new1` grad for m. Meanwhile what is `ahead` in m and v by so many elements is asked
/// for, unless that is 0; it need not exist.
typedef struct {
    float rate, beta1, new1, new2, epsilon;
    bool nesterov;
} ck_adam_step;
void ck_adam(
    float *var, float *m, float *v, const float *grad, ck_adam_step step, size_t count, size_t ahead);
/// v = max(beta2 v, |grad|); var -= rate m / (v + epsilon).
void ck_adamax(
    float *var, float *m, float *v, const float *grad, float rate, float new1, float beta2, float epsilon,
    size_t count);

/// accum += grad^2 if `updates`; var -= rate grad / sqrt(accum).
void ck_adagrad(float *var, float *accum, const float *grad, float rate, bool updates, size_t count);
/// var -= rate grad / (sqrt(accum) + epsilon).
void ck_adagrad_v2(
    float *var, float *accum, const float *grad, float rate, float epsilon, bool updates, size_t count);
/// Adagrad, then shrunk towards zero by L1 and L2.
void ck_proximal_adagrad(
    float *var, float *accum, const float *grad, float rate, float l1, float l2, size_t count);
/// Adagrad by dual averaging: `sums` and `squares` of all gradients of `step` steps give var.
void ck_adagrad_dual(
    float *var, float *sums, float *squares, const float *grad, float rate, float l1, float l2, float step,
    size_t count);
/// accum and accum_update follow the squares of gradients and of updates.
void ck_adadelta(
    float *var, float *accum, float *accum_update, const float *grad, float rate, float rho, float epsilon,
    size_t count);

/// ms follows grad^2; mom = momentum mom + rate grad / sqrt(ms + epsilon); var -= mom.
typedef struct {
    float rate, rho, momentum, epsilon;
} ck_rmsprop_step;
void ck_rmsprop(float *var, float *ms, float *mom, const float *grad, ck_rmsprop_step step, size_t count);
/// The same with ms - mg^2, the variance of gradients.
void ck_centered_rmsprop(
    float *var, float *mg, float *ms, float *mom, const float *grad, ck_rmsprop_step step, size_t count);

/// Follow the regularized leader; `power` is usually -1/2.
typedef struct {
    float rate, l1, l2, shrinkage, power;
} ck_ftrl_step;
void ck_ftrl(float *var, float *accum, float *linear, const float *grad, ck_ftrl_step step, size_t count);
#endif
