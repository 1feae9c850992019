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


def losses():
  logits, labels = f(5, 40) * 5, np.abs(f(5, 40))
  case("SoftmaxCrossEntropyWithLogits", list(R.SoftmaxCrossEntropyWithLogits(features=feed(logits), labels=feed(labels))))
  case("SoftmaxCrossEntropyWithLogits_high", list(R.SoftmaxCrossEntropyWithLogits(features=feed(logits + 90), labels=feed(labels))))
  for dtype in (np.int32, np.int64):
    case("SparseSoftmaxCrossEntropyWithLogits_" + np.dtype(dtype).name,
         list(R.SparseSoftmaxCrossEntropyWithLogits(features=feed(logits), labels=feed(i(0, 40, 5).astype(dtype)))))
  case("L2Loss_large", R.L2Loss(t=feed(f(400, 100), False)))


def shape_grads():
  for k, (a, b) in enumerate([([4, 5], [4, 5]), ([4, 5], [5]), ([], [2, 3]), ([2, 1, 6], [3, 1]), ([2, 3, 1, 4], [3, 5, 4]), ([1, 3], [1, 1]),
                              ([1], [1]), ([1, 1], [1]), ([0, 3], [1, 3])]):
    for dtype in (np.int32, np.int64):
      case("BroadcastGradientArgs_%d_%s" % (k, np.dtype(dtype).name),
           list(R.BroadcastGradientArgs(s0=feed(np.array(a, dtype), False), s1=feed(np.array(b, dtype), False))))
  case("ConcatOffset", list(R.ConcatOffset(concat_dim=np.int32(1), shape=[feed(np.int32([2, n, 5])) for n in (3, 0, 4)])))
  big = f(6, 7, 5)
  slices = [np.s_[1:4], np.s_[:, 2:5], np.s_[..., 1], np.s_[::2, ::-1], np.s_[3], np.s_[-2, 1:, :3], np.s_[:, None, 2], np.s_[5:1:-2, 0:7:3, -1:],
            np.s_[2:2], np.s_[..., None], np.s_[4:100, -100:3], np.s_[:, 1:3, :], np.s_[..., 1:4]]
  for k, where in enumerate(slices):
    part = tf.constant(big)[where]
    op = part.op
    dy = f(*big[where].shape)
    masks = {m: op.get_attr(m) for m in ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")}
    begin, end, strides = op.inputs[1:4]
    case("StridedSliceGrad_%d" % k, R.StridedSliceGrad(shape=np.int32(big.shape), begin=begin, end=end, strides=strides, dy=feed(dy), **masks))
  case("ScatterNd_1", R.ScatterNd(indices=feed(np.int32([[1], [3], [1]])), updates=feed(f(3, 4)), shape=np.int32([5, 4])))
  case("ScatterNd_2", R.ScatterNd(indices=feed(i(0, 3, 6, 2)), updates=feed(f(6)), shape=np.int32([3, 4])))
  case("ScatterNd_long", R.ScatterNd(indices=feed(i(0, 3, 2, 3, 1).astype(np.int64)), updates=feed(i(0, 9, 2, 3, 2)), shape=np.int64([3, 2])))
  case("UnsortedSegmentSum", R.UnsortedSegmentSum(data=feed(f(6, 3)), segment_ids=feed(np.int32([1, 0, 4, -1, 1, 4])), num_segments=np.int32(5)))
  case("UnsortedSegmentSum_2", R.UnsortedSegmentSum(data=feed(f(2, 3, 4)), segment_ids=feed(i(0, 4, 2, 3)), num_segments=np.int32(4)))
  case("DynamicStitch", R.DynamicStitch(indices=[feed(np.int32(6)), feed(np.int32([4, 1])), feed(np.int32([[5, 2], [0, 3]])), feed(np.int32([1]))],
                                        data=[feed(f(3)), feed(f(2, 3)), feed(f(2, 2, 3)), feed(f(1, 3))]))
  case("DynamicStitch_ints", R.DynamicStitch(indices=[feed(np.int32([0, 1, 2])), feed(np.int32([1]))], data=[feed(np.int32([4, 5, 6])), feed(np.int32([1]))]))
  case("MatrixDiag", R.MatrixDiag(diagonal=feed(f(2, 3, 4))))
  case("MatrixSetDiag", R.MatrixSetDiag(input=feed(f(2, 3, 4)), diagonal=feed(f(2, 3))))
  case("MatrixSetDiag_tall", R.MatrixSetDiag(input=feed(f(4, 3), False), diagonal=feed(f(3))))
  for axis in (0, 1, -1):
    for exclusive in (False, True):
      for reverse in (False, True):
        case("Cumsum_%d%d%d" % (axis, exclusive, reverse), R.Cumsum(x=feed(f(4, 5, 3)), axis=np.int32(axis), exclusive=exclusive, reverse=reverse))
  case("Cumsum_int", R.Cumsum(x=feed(i(-9, 9, 4, 5)), axis=np.int32(1)))


def recurrent():
  for number, (steps, time, batch, width, units) in enumerate([(4, 6, 3, 5, 4), (0, 3, 2, 4, 3), (7, 7, 2, 20, 16), (1, 2, 1, 1, 1), (9, 9, 700, 3, 2)]):
    for peephole in (False, True):
      for version in ("", "V2"):
        if batch > 100 and (version or not peephole):
          continue
        state = dict(cs_prev=f(batch, units), h_prev=f(batch, units), w=f(width + units, 4 * units) * np.float32(0.5), wci=f(units), wcf=f(units),
                     wco=f(units), b=f(4 * units))
        # TensorFlow's gradient of a cell takes the memory of inputs that nobody else needs before it has read them.
        state = {key: feed(value, False) for key, value in state.items()}
        x = feed(f(time, batch, width))
        bias = {} if version else {"forget_bias": 0.5 if number else 1.0}
        name = "LSTM%s_%d_%d" % (version, number, peephole)
        result = getattr(R, "BlockLSTM" + version)(seq_len_max=feed(np.int64(steps), False), x=x, cell_clip=0.8 if number == 2 else 3.0,
                                                   use_peephole=peephole, **state, **bias)
        # After the last step TensorFlow sets cs and h only.
        case(name, [tensor if k in (1, 6) else tensor[:steps] for k, tensor in enumerate(result)])
        case(name + "_grad", list(getattr(R, "BlockLSTMGrad" + version)(
            seq_len_max=feed(np.int64(steps), False), x=x, cs_grad=feed(f(time, batch, units)), h_grad=feed(f(time, batch, units)),
            use_peephole=peephole, **state, **result._asdict())))
        if version:
          continue
        cell = R.LSTMBlockCell(x=feed(f(batch, width)), use_peephole=peephole, **state)
        case(name + "_cell", list(cell))
        traces = cell._asdict()
        del traces["h"]
        grads = R.LSTMBlockCellGrad(x=feed(f(batch, width)), cs_grad=feed(f(batch, units), False), h_grad=feed(f(batch, units), False), use_peephole=peephole,
                                    **state, **traces)
        # Without peepholes TensorFlow leaves their gradients undefined.
        case(name + "_cell_grad", list(grads) if peephole else list(grads)[:2])
    gru = dict(x=feed(f(batch, width)), h_prev=feed(f(batch, units)), w_ru=feed(f(width + units, 2 * units)), w_c=feed(f(width + units, units)),
               b_ru=feed(f(2 * units)), b_c=feed(f(units)))
    result = R.GRUBlockCell(**gru)
    case("GRU_%d" % number, list(result))
    case("GRU_%d_grad" % number, list(R.GRUBlockCellGrad(r=result.r, u=result.u, c=result.c, d_h=feed(f(batch, units)), **gru)))


def draws():
  for k, (seed, seed2) in enumerate([(7, 0), (0, 9), (87654321, 3), (-5, 1 << 40)]):
    case("exact_TruncatedNormal_%d" % k, R.TruncatedNormal(shape=feed(np.int32([1001]), False), dtype=tf.float32, seed=seed, seed2=seed2))
    case("exact_RandomStandardNormal_%d" % k, R.RandomStandardNormal(shape=feed(np.int32([1001]), False), dtype=tf.float32, seed=seed, seed2=seed2))
    case("exact_RandomShuffle_%d" % k, R.RandomShuffle(value=feed(np.arange(50, dtype=np.int32), False), seed=seed, seed2=seed2))
    case("exact_RandomShuffle_rows_%d" % k, R.RandomShuffle(value=feed(f(9, 2, 3), False), seed=seed, seed2=seed2))
  case("exact_RandomShuffle_one", R.RandomShuffle(value=feed(f(1, 2), False), seed=1, seed2=2))


def main():
  os.chdir(sys.argv[1] if len(sys.argv) > 1 else ".")
  with tf.Graph().as_default(), v1.Session() as session:
    for group in [grads, batch_norms, losses, shape_grads, recurrent, draws]:
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
