"""What make.py does, for the operators that training needs: writes training.meta, training_inputs.npz and
training_expected.npz. Besides, updates.meta with a checkpoint and updates_expected.npz: the values of variables after
one, two and three steps of each optimizer. Run in this folder: python3 training.py [FOLDER]"""
import sys

from make import *


def grads():
  for op in ["SigmoidGrad", "TanhGrad", "RsqrtGrad", "SqrtGrad", "ReciprocalGrad", "InvGrad"]:
    for shape in [(3, 40), ()] + ([(17000,)] if op == "TanhGrad" else []):
      y = np.abs(f(*shape)) + np.float32(0.1)
      case("%s_%d" % (op, y.size), getattr(R, op)(y=feed(y), dy=feed(f(*shape))))
    case(op + "_double", getattr(R, op)(y=feed(f(4, 5).astype(np.float64)), dy=feed(f(4, 5).astype(np.float64))))
  for op in ["ReluGrad", "Relu6Grad", "SoftplusGrad", "SoftsignGrad", "EluGrad", "SeluGrad"]:
    other = "outputs" if op in ("EluGrad", "SeluGrad") else "features"
    x = np.concatenate([f(20) * 5, np.float32([0, 6, -0.0, 30, -30])])
    case(op, getattr(R, op)(gradients=feed(f(25)), **{other: feed(x)}))
    case(op + "_large", getattr(R, op)(gradients=feed(f(5, 601), False), **{other: feed(f(5, 601), False)}))


def batch_norms():
  for op in ["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"]:
    for shape, shift in [((20, 1, 1, 70), 0), ((2, 3, 5, 8), 3), ((600, 1, 1, 33), 2), ((1, 1, 1, 4), 0)]:
      channels = shape[-1]
      x = f(*shape) + np.float32(shift)
      vector = lambda: feed(f(channels))
      training = getattr(R, op)(x=feed(x), scale=vector(), offset=vector(), mean=np.float32([]), variance=np.float32([]),
                                epsilon=0.001, is_training=True)
      name = "%s_%d_%d" % (op, shape[0], shift)
      case(name, list(training)[:5])
      extra = {"reserve_space_3": np.float32([])} if op.endswith("V3") else {}
      for is_training in (True, False):
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2)) + np.float32(0.01)
        gradient = getattr(R, op.replace("Norm", "NormGrad"))(
            y_backprop=feed(f(*shape)), x=feed(x), scale=vector(), reserve_space_1=feed(mean), reserve_space_2=feed(variance),
            epsilon=0.001, is_training=is_training, **extra)
        case("%s_grad_%d" % (name, is_training), list(gradient))
  for shape in [(5, 7), (3, 4, 6), (3000, 12), (0, 3)]:
    case("BiasAddGrad_%d_%d" % (shape[0], len(shape)), R.BiasAddGrad(out_backprop=feed(f(*shape))))


def main():
  os.chdir(sys.argv[1] if len(sys.argv) > 1 else ".")
  with tf.Graph().as_default(), v1.Session() as session:
    for group in [grads, batch_norms]:
      group()
    v1.train.export_meta_graph("training.meta", clear_devices=True)
    feeds = {name + ":0": value for name, value in inputs.items()}
    np.savez_compressed("training_expected.npz", **session.run(outputs, feeds))
    np.savez_compressed("training_inputs.npz", **inputs)
  updates()


def optimizers():
  """The name of each optimizer's operator, its slots, and its other inputs; "grad" is the gradient."""
  lr = ("lr", 0.03)
  rms = [lr, ("rho", 0.9), ("momentum", 0.5), ("epsilon", 1e-3), "grad"]
  adam = [("beta1_power", 0.81), ("beta2_power", 0.998), ("lr", 0.01), ("beta1", 0.9), ("beta2", 0.999), ("epsilon", 1e-8), "grad"]
  ftrl = lambda power: ["grad", lr, ("l1", 0.01), ("l2", 0.1), ("lr_power", power)]
  proximal = lambda l1, name="lr": [(name, 0.03), ("l1", l1), ("l2", 0.1)]
  return [
      ("GradientDescent", [], [("alpha", 0.03), "delta"], {}),
      ("ProximalGradientDescent", [], proximal(0.5, "alpha") + ["delta"], {}),
      ("ProximalGradientDescent", [], proximal(0, "alpha") + ["delta"], {}),
      ("Momentum", ["accum"], [lr, "grad", ("momentum", 0.9)], {"use_nesterov": False}),
      ("Momentum", ["accum"], [lr, "grad", ("momentum", 0.9)], {"use_nesterov": True}),
      ("KerasMomentum", ["accum"], [lr, "grad", ("momentum", 0.9)], {"use_nesterov": False}),
      ("KerasMomentum", ["accum"], [lr, "grad", ("momentum", 0.9)], {"use_nesterov": True}),
      ("Adagrad", ["accum"], [lr, "grad"], {}),
      ("Adagrad", ["accum"], [lr, "grad"], {"update_slots": False}),
      ("AdagradV2", ["accum"], [lr, ("epsilon", 1e-3), "grad"], {}),
      ("ProximalAdagrad", ["accum"], proximal(0.5) + ["grad"], {}),
      ("ProximalAdagrad", ["accum"], proximal(0) + ["grad"], {}),
      ("AdagradDA", ["gradient_accumulator", "gradient_squared_accumulator"],
       ["grad", lr, ("l1", 0.01), ("l2", 0.1), ("global_step", 5)], {}),
      ("AdagradDA", ["gradient_accumulator", "gradient_squared_accumulator"],
       ["grad", lr, ("l1", 0), ("l2", 0.1), ("global_step", 5)], {}),
      ("Ftrl", ["accum", "linear"], ftrl(-0.5), {}),
      ("Ftrl", ["accum", "linear"], ftrl(-0.4), {}),
      ("FtrlV2", ["accum", "linear"], ftrl(-0.5)[:4] + [("l2_shrinkage", 0.2), ("lr_power", -0.5)], {}),
      ("Adam", ["m", "v"], adam, {"use_nesterov": False}),
      ("Adam", ["m", "v"], adam, {"use_nesterov": True}),
      ("AdaMax", ["m", "v"], adam[:1] + adam[2:], {}),
      ("Adadelta", ["accum", "accum_update"], [lr, ("rho", 0.95), ("epsilon", 1e-3), "grad"], {}),
      ("RMSProp", ["ms", "mom"], rms, {}),
      ("CenteredRMSProp", ["mg", "ms", "mom"], rms, {}),
  ]


def updates():
  expected = {}
  with tf.Graph().as_default(), v1.Session() as session:
    for number, (op, slots, others, attributes) in enumerate(optimizers()):
      for resource in (False, True):
        if op == "KerasMomentum" and not resource:
          continue
        shape = [(3, 50), (333,), ()][number % 3] if number else (2, 2)
        prefix = "%d_%s%s" % (number, "Resource" if resource else "", op)
        positive = ("accum", "accum_update", "gradient_squared_accumulator", "v")
        def value(slot):
          if slot == "ms":
            return np.full(shape, 3, np.float32)
          return np.abs(f(*shape)) + np.float32(0.5) if slot in positive else f(*shape)
        variables = [v1.get_variable(prefix + "/" + slot, initializer=value(slot), use_resource=resource) for slot in ["var"] + slots]
        names = dict(zip(["var"] + slots, [v.handle if resource else v._ref() for v in variables]))
        for other in others:
          if isinstance(other, str):
            names[other] = tf.constant(f(*shape))
          else:
            names[other[0]] = tf.constant(other[1], tf.int64 if other[0] == "global_step" else tf.float32)
        apply = getattr(R, ("ResourceApply" if resource else "Apply") + op)(name=prefix + "/apply", **names, **attributes)
        v1.add_to_collection("steps", apply if resource else apply.op)
        for variable in variables:
          tf.identity(variable, variable.op.name + "/now")
    for dtype in (np.float32, np.float64, np.int32, np.int64):
      start, change = (np.arange(12).reshape(3, 4) - 3).astype(dtype), (np.arange(12).reshape(3, 4) * 2 - 7).astype(dtype)
      for resource in (False, True):
        for op in ("AssignAdd", "AssignSub"):
          prefix = "%s%s_%s" % ("Resource" if resource else "", op, np.dtype(dtype).name)
          variable = v1.get_variable(prefix + "/var", initializer=start, use_resource=resource)
          apply = (getattr(R, op + "VariableOp")(resource=variable.handle, value=change, name=prefix + "/apply") if resource
                   else getattr(R, op)(ref=variable._ref(), value=change, name=prefix + "/apply").op)
          v1.add_to_collection("steps", apply)
          tf.identity(variable, prefix + "/var/now")
    R.IsVariableInitialized(ref=v1.get_variable("isSet/var", initializer=1.0, use_resource=False)._ref(), name="isSet")
    tf.identity(v1.get_default_graph().get_tensor_by_name("isSet/var:0"), "isSet/var/now")
    session.run(v1.global_variables_initializer())
    saver = v1.train.Saver()
    saver.save(session, "./updates", write_state=False)
    for step in (1, 2, 3):
      session.run(v1.get_collection("steps"))
      for variable in v1.global_variables():
        expected["%s/%d" % (variable.op.name, step)] = session.run(variable.op.name + "/now:0")
  np.savez_compressed("updates_expected.npz", **expected)


if __name__ == "__main__":
  main()
