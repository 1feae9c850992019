import CKernel

extension OptimizerRule {
  /// TensorFlow's optimizers.
  ///
  /// Numbers are listed in the order of the inputs; `g` marks the gradient's place among them.
  static let all: [OptimizerRule] = descents + momenta + adagrads + adaptive

  private static let descents = [
    // alpha, g
    OptimizerRule("ApplyGradientDescent", slots: 0, numbers: 1, gradient: 1) { numbers, _ in
      { part in ck_gradient_descent(part.weights, part.grad, numbers[0], part.count) }
    },
    // alpha, l1, l2, g
    OptimizerRule("ApplyProximalGradientDescent", slots: 0, numbers: 3, gradient: 3) { numbers, _ in
      { part in
        ck_proximal_descent(part.weights, part.grad, numbers[0], numbers[1], numbers[2], part.count)
      }
    },
  ]

  private static let momenta = [
    // accum; lr, g, momentum
    OptimizerRule("ApplyMomentum", slots: 1, numbers: 2, gradient: 1) { numbers, flags in
      { part in
        ck_momentum(
          part.weights, part.slot(1), part.grad, numbers[0], numbers[1], flags.usesNesterov, part.count)
      }
    },
    OptimizerRule("ApplyKerasMomentum", slots: 1, numbers: 2, gradient: 1, isResourceOnly: true) { numbers, flags in
      { part in
        ck_keras_momentum(
          part.weights, part.slot(1), part.grad, numbers[0], numbers[1], flags.usesNesterov, part.count)
      }
    },
  ]

  private static let adagrads = [
    // accum; lr, g
    OptimizerRule("ApplyAdagrad", slots: 1, numbers: 1, gradient: 1) { numbers, flags in
      { part in
        ck_adagrad(part.weights, part.slot(1), part.grad, numbers[0], flags.updatesSlots, part.count)
      }
    },
    // accum; lr, epsilon, g
    OptimizerRule("ApplyAdagradV2", slots: 1, numbers: 2, gradient: 2) { numbers, flags in
      { part in
        ck_adagrad_v2(
          part.weights, part.slot(1), part.grad, numbers[0], numbers[1], flags.updatesSlots, part.count)
      }
    },
    // accum; lr, l1, l2, g
    OptimizerRule("ApplyProximalAdagrad", slots: 1, numbers: 3, gradient: 3) { numbers, _ in
      { part in
        ck_proximal_adagrad(
          part.weights, part.slot(1), part.grad, numbers[0], numbers[1], numbers[2], part.count)
      }
    },
    // gradient_accumulator, gradient_squared_accumulator; g, lr, l1, l2, global_step
    OptimizerRule("ApplyAdagradDA", slots: 2, numbers: 4, gradient: 0) { numbers, _ in
      { part in
        ck_adagrad_dual(
          part.weights, part.slot(1), part.slot(2), part.grad, numbers[0], numbers[1], numbers[2],
          numbers[3], part.count)
      }
    },
    ftrl("ApplyFtrl", hasShrinkage: false), ftrl("ApplyFtrlV2", hasShrinkage: true),
  ]

  /// accum, linear; g, lr, l1, l2, in V2 l2_shrinkage, lr_power
  private static func ftrl(_ name: String, hasShrinkage: Bool) -> OptimizerRule {
    OptimizerRule(name, slots: 2, numbers: hasShrinkage ? 5 : 4, gradient: 0) { numbers, _ in
      let step = ck_ftrl_step(
        rate: numbers[0], l1: numbers[1], l2: numbers[2], shrinkage: hasShrinkage ? numbers[3] : 0,
        power: numbers[hasShrinkage ? 4 : 3])
      return { part in
        ck_ftrl(part.weights, part.slot(1), part.slot(2), part.grad, step, part.count)
      }
    }
  }

  private static let adaptive = [
    // m, v; beta1_power, beta2_power, lr, beta1, beta2, epsilon, g
    OptimizerRule("ApplyAdam", slots: 2, numbers: 6, gradient: 6) { numbers, flags in
      let rate = numbers[2] * (1 - numbers[1]).squareRoot() / (1 - numbers[0])
      let step = ck_adam_step(
        rate: rate, beta1: numbers[3], new1: 1 - numbers[3], new2: 1 - numbers[4], epsilon: numbers[5],
        nesterov: flags.usesNesterov)
      return { part in
        ck_adam(part.weights, part.slot(1), part.slot(2), part.grad, step, part.count, part.ahead)
      }
    },
    // m, v; beta1_power, lr, beta1, beta2, epsilon, g
    OptimizerRule("ApplyAdaMax", slots: 2, numbers: 5, gradient: 5) { numbers, _ in
      let rate = numbers[1] / (1 - numbers[0])
      return { part in
        ck_adamax(
          part.weights, part.slot(1), part.slot(2), part.grad, rate, 1 - numbers[2], numbers[3],
          numbers[4], part.count)
      }
    },
    // accum, accum_update; lr, rho, epsilon, g
    OptimizerRule("ApplyAdadelta", slots: 2, numbers: 3, gradient: 3) { numbers, _ in
      { part in
        ck_adadelta(
          part.weights, part.slot(1), part.slot(2), part.grad, numbers[0], numbers[1], numbers[2],
          part.count)
      }
    },
    // ms, mom; lr, rho, momentum, epsilon, g
    OptimizerRule("ApplyRMSProp", slots: 2, numbers: 4, gradient: 4) { numbers, _ in
      let step = ck_rmsprop_step(rate: numbers[0], rho: numbers[1], momentum: numbers[2], epsilon: numbers[3])
      return { part in
        ck_rmsprop(part.weights, part.slot(1), part.slot(2), part.grad, step, part.count)
      }
    },
    // mg, ms, mom; lr, rho, momentum, epsilon, g
    OptimizerRule("ApplyCenteredRMSProp", slots: 3, numbers: 4, gradient: 4) { numbers, _ in
      let step = ck_rmsprop_step(rate: numbers[0], rho: numbers[1], momentum: numbers[2], epsilon: numbers[3])
      return { part in
        ck_centered_rmsprop(
          part.weights, part.slot(1), part.slot(2), part.slot(3), part.grad, step, part.count)
      }
    },
  ]
}
