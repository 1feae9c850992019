#include "optimizers.h"
#include "widths.h"
#include <math.h>

// A product and a sum are rounded each, as TensorFlow's are, so that weights agree after many steps.
#pragma STDC FP_CONTRACT OFF

// Without `errno`, which would keep loops from being vectorized.
#if defined(__has_builtin) && __has_builtin(__builtin_elementwise_sqrt)
INLINE float root(float x) { return __builtin_elementwise_sqrt(x); }
#else
INLINE float root(float x) { return __builtin_sqrtf(x); }
#endif
INLINE float sign(float x) { return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x; }
INLINE float positive(float x) { return x < 0.0f ? 0.0f : x; }

WIDTHS void ck_gradient_descent(float *var, const float *grad, float rate, size_t count) {
    for (size_t i = 0; i < count; i++) var[i] -= grad[i] * rate;
}

INLINE float shrunk(float x, float rate, float l1, float l2) {
    float kept = l1 > 0.0f ? sign(x) * positive(__builtin_fabsf(x) - rate * l1) : x;
    return kept / (1.0f + l2 * rate);
}

WIDTHS void ck_proximal_descent(float *var, const float *grad, float rate, float l1, float l2, size_t count) {
    for (size_t i = 0; i < count; i++) var[i] = shrunk(var[i] - grad[i] * rate, rate, l1, l2);
}

WIDTHS void ck_momentum(
    float *var, float *accum, const float *grad, float rate, float momentum, bool nesterov, size_t count) {
    if (nesterov) {
        for (size_t i = 0; i < count; i++) {
            accum[i] = accum[i] * momentum + grad[i];
            var[i] -= grad[i] * rate + accum[i] * momentum * rate;
        }
    } else {
        for (size_t i = 0; i < count; i++) {
            accum[i] = accum[i] * momentum + grad[i];
            var[i] -= accum[i] * rate;
        }
    }
}

WIDTHS void ck_keras_momentum(
    float *var, float *accum, const float *grad, float rate, float momentum, bool nesterov, size_t count) {
    if (nesterov) {
        for (size_t i = 0; i < count; i++) {
            accum[i] = accum[i] * momentum - grad[i] * rate;
            var[i] += accum[i] * momentum - grad[i] * rate;
        }
    } else {
        for (size_t i = 0; i < count; i++) {
            accum[i] = accum[i] * momentum - grad[i] * rate;
            var[i] += accum[i];
        }
    }
}

INLINE void adam_part(
    float *restrict var, float *restrict m, float *restrict v, const float *restrict grad, ck_adam_step step,
    size_t count) {
    if (step.nesterov) {
        for (size_t i = 0; i < count; i++) {
            float g = grad[i];
            m[i] += (g - m[i]) * step.new1;
            v[i] += (g * g - v[i]) * step.new2;
            var[i] -= ((g * step.new1 + step.beta1 * m[i]) * step.rate) / (root(v[i]) + step.epsilon);
        }
    } else {
        for (size_t i = 0; i < count; i++) {
            float g = grad[i];
            m[i] += (g - m[i]) * step.new1;
            v[i] += (g * g - v[i]) * step.new2;
            var[i] -= (m[i] * step.rate) / (root(v[i]) + step.epsilon);
        }
    }
}

WIDTHS void ck_adam(
    float *restrict var, float *restrict m, float *restrict v, const float *restrict grad, ck_adam_step step,
    size_t count, size_t ahead) {
    enum { LINE = 16 };
    size_t i = 0;
    if (ahead > 0) {
        // Memory brings what comes next while the arithmetic units divide.
        for (; i + LINE <= count; i += LINE) {
            __builtin_prefetch(m + i + ahead, 0, 2);
            __builtin_prefetch(v + i + ahead, 0, 2);
            adam_part(var + i, m + i, v + i, grad + i, step, LINE);
        }
    }
    adam_part(var + i, m + i, v + i, grad + i, step, count - i);
}

WIDTHS void ck_adamax(
    float *restrict var, float *restrict m, float *restrict v, const float *restrict grad, float rate, float new1,
    float beta2, float epsilon, size_t count) {
    for (size_t i = 0; i < count; i++) {
        float decayed = beta2 * v[i], size = __builtin_fabsf(grad[i]);
        m[i] += (grad[i] - m[i]) * new1;
        v[i] = decayed < size ? size : decayed;
        var[i] -= rate * (m[i] / (v[i] + epsilon));
    }
}

WIDTHS void ck_adagrad(float *var, float *accum, const float *grad, float rate, bool updates, size_t count) {
    for (size_t i = 0; i < count; i++) {
        float g = grad[i];
        accum[i] += updates ? g * g : 0.0f;
        var[i] -= g * rate * (1.0f / root(accum[i]));
    }
}

WIDTHS void ck_adagrad_v2(
    float *var, float *accum, const float *grad, float rate, float epsilon, bool updates, size_t count) {
    for (size_t i = 0; i < count; i++) {
        float g = grad[i];
        accum[i] += updates ? g * g : 0.0f;
        var[i] -= g * rate / (root(accum[i]) + epsilon);
    }
}

WIDTHS void ck_proximal_adagrad(
    float *var, float *accum, const float *grad, float rate, float l1, float l2, size_t count) {
    for (size_t i = 0; i < count; i++) {
        accum[i] += grad[i] * grad[i];
        float own = rate * (1.0f / root(accum[i]));
        var[i] = shrunk(var[i] - grad[i] * own, own, l1, l2);
    }
}

WIDTHS void ck_adagrad_dual(
    float *var, float *sums, float *squares, const float *grad, float rate, float l1, float l2, float step,
    size_t count) {
    for (size_t i = 0; i < count; i++) {
        sums[i] += grad[i];
        squares[i] += grad[i] * grad[i];
        float sum = l1 > 0.0f ? sign(sums[i]) * positive(__builtin_fabsf(sums[i]) - l1 * step) : sums[i];
        var[i] = rate * -sum / (l2 * step * rate + root(squares[i]));
    }
}

WIDTHS void ck_adadelta(
    float *restrict var, float *restrict accum, float *restrict accum_update, const float *restrict grad, float rate,
    float rho, float epsilon, size_t count) {
    float fresh = 1.0f - rho;
    for (size_t i = 0; i < count; i++) {
        float g = grad[i];
        accum[i] = accum[i] * rho + g * g * fresh;
        float update = root(accum_update[i] + epsilon) * (1.0f / root(accum[i] + epsilon)) * g;
        var[i] -= update * rate;
        accum_update[i] = accum_update[i] * rho + update * update * fresh;
    }
}

WIDTHS void ck_rmsprop(
    float *restrict var, float *restrict ms, float *restrict mom, const float *restrict grad, ck_rmsprop_step step,
    size_t count) {
    float fresh = 1.0f - step.rho;
    for (size_t i = 0; i < count; i++) {
        float g = grad[i];
        ms[i] += (g * g - ms[i]) * fresh;
        mom[i] = mom[i] * step.momentum + (g * step.rate) / root(step.epsilon + ms[i]);
        var[i] -= mom[i];
    }
}

WIDTHS void ck_centered_rmsprop(
    float *restrict var, float *restrict mg, float *restrict ms, float *restrict mom, const float *restrict grad,
    ck_rmsprop_step step, size_t count) {
    float fresh = 1.0f - step.rho;
    for (size_t i = 0; i < count; i++) {
        float g = grad[i];
        ms[i] += (g * g - ms[i]) * fresh;
        mg[i] += (g - mg[i]) * fresh;
        float spread = (ms[i] - mg[i] * mg[i]) + step.epsilon;
        mom[i] = mom[i] * step.momentum + (g * step.rate) / root(spread);
        var[i] -= mom[i];
    }
}

INLINE void ftrl(
    float *restrict var, float *restrict accum, float *restrict linear, const float *restrict grad, ck_ftrl_step step,
    float old_power, float new_power, size_t i) {
    float g = grad[i];
    float shrunken = step.shrinkage > 0.0f ? g + 2.0f * step.shrinkage * var[i] : g;
    linear[i] += shrunken - (new_power - old_power) / step.rate * var[i];
    float x = step.l1 * sign(linear[i]) - linear[i], y = new_power / step.rate + 2.0f * step.l2;
    var[i] = __builtin_fabsf(linear[i]) > step.l1 ? x / y : 0.0f;
    accum[i] += g * g;
}

WIDTHS void ck_ftrl(
    float *restrict var, float *restrict accum, float *restrict linear, const float *restrict grad, ck_ftrl_step step,
    size_t count) {
    if (step.power == -0.5f) {
        for (size_t i = 0; i < count; i++) {
            float next = accum[i] + grad[i] * grad[i];
            ftrl(var, accum, linear, grad, step, root(accum[i]), root(next), i);
        }
    } else {
        for (size_t i = 0; i < count; i++) {
            float next = accum[i] + grad[i] * grad[i];
            ftrl(var, accum, linear, grad, step, powf(accum[i], -step.power), powf(next, -step.power), i);
        }
    }
}
