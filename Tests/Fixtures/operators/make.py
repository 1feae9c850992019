"""Writes operators.meta, a graph with every operator that the library runs, inputs.npz to feed it with, and
expected.npz with what TensorFlow answers. Run in this folder: python3 make.py [FOLDER]"""
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
v1.disable_eager_execution()
if hasattr(v1, "disable_control_flow_v2"):
  v1.disable_control_flow_v2()
R = tf.raw_ops
rnd = np.random.RandomState(17)
inputs, outputs = {}, {}


def f(*shape):
  return np.asarray(rnd.randn(*shape), np.float32)


def i(low, high, *shape):
  return rnd.randint(low, high, size=shape).astype(np.int32)


def feed(array, fresh=True):
  """A placeholder for the array; `fresh` floats pass through a product, so that their memory may be reused."""
  array = np.asarray(array)
  name = "in%d" % len(inputs)
  inputs[name] = array
  tensor = v1.placeholder(array.dtype, array.shape, name)
  return tensor * 1 if fresh and array.dtype in (np.float32, np.float64, np.int32, np.int64) else tensor


def case(name, tensors):
  """Numbers that `tensors` must have."""
  for k, tensor in enumerate(tensors if isinstance(tensors, (list, tuple)) else [tensors]):
    if tensor.dtype.base_dtype in (tf.resource, tf.string):
      continue
    outputs["%s_%d" % (name, k)] = tf.identity(tensor, "out_%s_%d" % (name, k))


def unary():
  wide = np.concatenate([f(3, 40) * 3, np.array([[0, -0.0, 1, -1, 30, -30, 88, -87] * 5], np.float32)])
  for op in ["Exp", "Sigmoid", "Tanh", "Erf", "Erfc", "Relu", "Relu6", "Expm1", "Floor", "Ceil", "Rint", "Round", "Sin",
             "Cos", "Softplus", "Sign", "Square", "Neg", "Abs", "Elu", "Selu", "Softsign"]:
    fn = getattr(R, op)
    x = feed(wide)
    case(op, fn(**{("features" if op in ("Relu", "Relu6", "Softplus", "Elu", "Selu", "Softsign") else "x"): x}))
  for op in ["Log", "Log1p", "Rsqrt", "Sqrt", "Reciprocal", "Inv"]:
    case(op, getattr(R, op)(x=feed(np.abs(f(5, 37)) + np.float32(1e-3))))
  for op in ["Square", "Neg", "Abs"]:
    case(op + "_int", getattr(R, op)(x=feed(i(-9, 9, 4, 5))))
    case(op + "_long", getattr(R, op)(x=feed(i(-9, 9, 4, 5).astype(np.int64))))
  case("Exp_double", R.Exp(x=feed(f(7).astype(np.float64))))
  odd = np.array([1, np.nan, np.inf, -np.inf, 0], np.float32)
  for op in ["IsNan", "IsInf", "IsFinite"]:
    case(op, getattr(R, op)(x=feed(odd)))
  case("LogicalNot", R.LogicalNot(x=feed(f(9) > 0)))


def binary():
  shapes = [((4, 5), (4, 5)), ((4, 5), (5,)), ((4, 1), (4, 5)), ((), (3, 2)), ((2, 1, 6), (3, 1)), ((2, 3, 1, 4), (3, 5, 4)),
            ((0, 3), (1, 3)), ((20, 300), (20, 1))]
  for op in ["AddV2", "Add", "Sub", "Mul", "Maximum", "Minimum", "SquaredDifference", "RealDiv", "Div", "DivNoNan", "FloorDiv",
             "FloorMod", "Atan2"]:
    for k, (a, b) in enumerate(shapes):
      second = f(*b)
      case("%s_%d" % (op, k), getattr(R, op)(**dict(zip("yx" if op == "Atan2" else "xy", (feed(f(*a)), feed(second))))))
  case("AddV2_long", R.AddV2(x=feed(f(40000)), y=feed(f(1))))
  case("Pow", R.Pow(x=feed(np.abs(f(4, 5))), y=feed(f(5))))
  for op in ["AddV2", "Sub", "Mul", "Maximum", "Minimum", "FloorDiv", "FloorMod", "Div", "TruncateDiv", "SquaredDifference"]:
    for dtype in (np.int32, np.int64):
      divisor = (i(1, 5, 4, 1) * np.where(i(0, 2, 4, 1) > 0, 1, -1)).astype(dtype)
      case("%s_%s" % (op, np.dtype(dtype).name), getattr(R, op)(x=feed(i(-20, 20, 3).astype(dtype)), y=feed(divisor)))
  case("BiasAdd", R.BiasAdd(value=feed(f(2, 3, 4)), bias=feed(f(4))))
  case("twice", (lambda x: x + x)(feed(f(4, 5))))
  half = feed(f(3, 4).astype(np.float16))
  case("half", R.Cast(x=R.AddV2(x=half, y=half), DstT=tf.float32))
  for op in ["Less", "LessEqual", "Greater", "GreaterEqual", "Equal", "NotEqual"]:
    for k, make in enumerate([lambda *s: f(*s).round(), lambda *s: i(0, 4, *s), lambda *s: i(0, 4, *s).astype(np.int64)]):
      case("%s_%d" % (op, k), getattr(R, op)(x=feed(make(4, 5)), y=feed(make(5))))
  for op in ["LogicalAnd", "LogicalOr"]:
    case(op, getattr(R, op)(x=feed(f(4, 5) > 0), y=feed(f(5) > 0)))
  case("Select", R.Select(condition=feed(f(4, 5) > 0), x=feed(f(4, 5)), y=feed(f(4, 5))))
  case("Select_rows", R.Select(condition=feed(f(4) > 0), x=feed(f(4, 5, 2)), y=feed(f(4, 5, 2))))
  case("SelectV2", R.SelectV2(condition=feed(f(4, 1) > 0), t=feed(f(5)), e=feed(np.float32(2))))
  case("AddN", R.AddN(inputs=[feed(f(3, 40)) for _ in range(4)]))
  case("AccumulateNV2", R.AccumulateNV2(inputs=[feed(f(3, 4)) for _ in range(3)], shape=[3, 4]))
  case("L2Loss", R.L2Loss(t=feed(f(300, 90))))


def reductions():
  axes = [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2], [-1], []]
  for op in ["Sum", "Mean", "Max", "Min", "Prod"]:
    for k, axis in enumerate(axes):
      case("%s_%d" % (op, k), getattr(R, op)(input=feed(f(5, 7, 6)), axis=np.int32(axis), keep_dims=k % 2 == 0))
  for k, axis in enumerate(axes):
    for op in ["Sum", "Max", "Min", "Prod"]:
      case("%s_int_%d" % (op, k), getattr(R, op)(input=feed(i(-3, 4, 2, 3, 2)), axis=np.int32(axis)))
    for op in ["All", "Any"]:
      case("%s_%d" % (op, k), getattr(R, op)(input=feed(f(2, 3, 2) > 0), axis=np.int32(axis)))
  case("Sum_long", R.Sum(input=feed(i(0, 9, 4, 5).astype(np.int64)), axis=np.int64([1])))
  case("Sum_wide", R.Sum(input=feed(f(2, 20000)), axis=np.int32([1])))
  case("Sum_tall", R.Sum(input=feed(f(12, 5000)), axis=np.int32([0])))
  case("Max_wide", R.Max(input=feed(f(3, 5000)), axis=np.int32([0, 1])))
  case("Sum_none", R.Sum(input=feed(f(3, 0)), axis=np.int32([1])))
  case("Max_none", R.Max(input=feed(f(3, 0)), axis=np.int32([1])))
  for axis in (0, 1, -1):
    case("ArgMax_%d" % axis, R.ArgMax(input=feed(f(5, 7, 3).round()), dimension=np.int32(axis)))
    case("ArgMin_%d" % axis, R.ArgMin(input=feed(f(5, 7, 3).round()), dimension=np.int32(axis), output_type=tf.int32))
  case("TopKV2", R.TopKV2(input=feed(f(4, 60).round(1)), k=np.int32(20)))


def matrices():
  for ta in (False, True):
    for tb in (False, True):
      a, b = f(*((6, 9) if ta else (9, 6))), f(*((11, 6) if tb else (6, 11)))
      case("MatMul_%d%d" % (ta, tb), R.MatMul(a=feed(a), b=feed(b), transpose_a=ta, transpose_b=tb))
      a, b = f(*((3, 6, 9) if ta else (3, 9, 6))), f(*((3, 11, 6) if tb else (3, 6, 11)))
      case("BatchMatMul_%d%d" % (ta, tb), R.BatchMatMul(x=feed(a), y=feed(b), adj_x=ta, adj_y=tb))
      case("BatchMatMulV2_%d%d" % (ta, tb), R.BatchMatMulV2(x=feed(a[:1]), y=feed(b), adj_x=ta, adj_y=tb))
  case("BatchMatMulV2_more", R.BatchMatMulV2(x=feed(f(2, 1, 4, 5)), y=feed(f(3, 5, 2))))
  case("MatMul_wide", R.MatMul(a=feed(f(40, 130)), b=feed(f(130, 700))))
  case("MatMul_tall", R.MatMul(a=feed(f(1500, 64)), b=feed(f(64, 33))))
  case("MatMul_none", R.MatMul(a=feed(f(3, 0)), b=feed(f(0, 2))))
  case("MatMul_int", R.MatMul(a=feed(i(-4, 4, 3, 5)), b=feed(i(-4, 4, 5, 2))))
  case("MatrixDiagPart", R.MatrixDiagPart(input=feed(f(2, 3, 4))))


def moves():
  x = f(4, 5, 6)
  for k, perm in enumerate([(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]):
    case("Transpose_%d" % k, R.Transpose(x=feed(x), perm=np.int32(perm)))
  case("Transpose_large", R.Transpose(x=feed(f(3, 100, 70)), perm=np.int32([0, 2, 1])))
  case("Transpose_uint8", R.Transpose(x=feed(i(0, 255, 3, 4).astype(np.uint8)), perm=np.int32([1, 0])))
  case("Transpose_four", R.Transpose(x=feed(f(2, 3, 4, 5)), perm=np.int32([2, 0, 3, 1])))
  case("InvertPermutation", R.InvertPermutation(x=feed(np.int32([2, 0, 1, 3]))))
  case("ReverseV2", R.ReverseV2(tensor=feed(x), axis=np.int32([0, -1])))
  for k, (seq, batch) in enumerate([(0, 1), (1, 0), (0, 2), (2, 0), (1, 2)]):
    lengths = i(0, x.shape[seq] + 1, x.shape[batch])
    case("ReverseSequence_%d" % k, R.ReverseSequence(input=feed(x), seq_lengths=feed(lengths), seq_dim=seq, batch_dim=batch))
  for axis in (0, 1, -1):
    case("ConcatV2_%d" % axis, R.ConcatV2(values=[feed(x), feed(f(*[n + (k == axis % 3) for k, n in enumerate(x.shape)]))], axis=np.int32(axis)))
    case("Pack_%d" % axis, R.Pack(values=[feed(x), feed(x + 1), feed(x + 2)], axis=axis))
    case("Unpack_%d" % axis, R.Unpack(value=feed(x), num=x.shape[axis], axis=axis))
    case("Tile_%d" % axis, R.Tile(input=feed(x), multiples=np.int32([1 + 2 * (k == axis % 3) for k in range(3)])))
  case("Concat", R.Concat(concat_dim=np.int32(1), values=[feed(f(2, 3)), feed(f(2, 1))]))
  case("Tile_all", R.Tile(input=feed(f(2, 3)), multiples=np.int32([3, 2])))
  case("Tile_none", R.Tile(input=feed(f(2, 3)), multiples=np.int32([3, 0])))
  case("Split", R.Split(axis=np.int32(1), value=feed(f(3, 8)), num_split=4))
  case("SplitV", R.SplitV(value=feed(f(3, 8)), size_splits=np.int32([1, -1, 4]), axis=np.int32(1), num_split=3))
  case("BroadcastTo", R.BroadcastTo(input=feed(f(3, 1)), shape=np.int32([2, 3, 4])))
  case("BroadcastArgs", R.BroadcastArgs(s0=feed(np.int32([3, 1])), s1=feed(np.int32([2, 3, 4]))))
  case("Pad", R.Pad(input=feed(f(2, 3)), paddings=np.int32([[1, 0], [2, 3]])))
  case("PadV2", R.PadV2(input=feed(f(2, 3)), paddings=np.int32([[0, 2], [1, 0]]), constant_values=np.float32(7)))
  big = f(6, 7, 5)
  x = feed(big)
  for k, part in enumerate([x[1:4], x[:, 2:5], x[..., 1], x[::2, ::-1], x[3], x[-2, 1:, :3], x[:, None, 2], x[5:1:-2, 0:7:3, -1:],
                            x[2:2], x[..., None], x[4:100, -100:3], x[:, 1:3, :]]):
    case("StridedSlice_%d" % k, part)
  case("Slice", R.Slice(input=feed(big), begin=np.int32([1, 0, 2]), size=np.int32([2, -1, 3])))
  case("ReverseV2_none", R.ReverseV2(tensor=feed(f(3, 2)), axis=np.int32([])))


def gathers():
  params = f(6, 5, 4)
  case("GatherV2_0", R.GatherV2(params=feed(params), indices=feed(i(0, 6, 2, 3)), axis=np.int32(0)))
  case("GatherV2_1", R.GatherV2(params=feed(params), indices=feed(i(0, 5, 7).astype(np.int64)), axis=np.int32(1)))
  case("GatherV2_2", R.GatherV2(params=feed(params), indices=feed(i(0, 4, 2, 2)), axis=np.int32(-1)))
  case("GatherV2_batch", R.GatherV2(params=feed(params), indices=feed(i(0, 4, 6, 5, 3)), axis=np.int32(2), batch_dims=2))
  case("GatherV2_codes", R.GatherV2(params=feed(f(256)), indices=R.Cast(x=feed(i(0, 256, 30, 40).astype(np.uint8)), DstT=tf.int32), axis=np.int32(0)))
  case("Gather", R.Gather(params=feed(params), indices=feed(i(0, 6, 3))))
  case("GatherNd_2", R.GatherNd(params=feed(params), indices=feed(np.stack([i(0, 6, 3, 8), i(0, 5, 3, 8)], -1))))
  case("GatherNd_3", R.GatherNd(params=feed(params), indices=feed(np.stack([i(0, 6, 8), i(0, 5, 8), i(0, 4, 8)], -1))))
  case("OneHot", R.OneHot(indices=feed(np.int32([[1, 0, 4], [-1, 2, 5]])), depth=np.int32(5), on_value=np.float32(2), off_value=np.float32(-1)))
  case("OneHot_0", R.OneHot(indices=feed(np.int32([[1, 0, 4], [-1, 2, 5]])), depth=np.int32(5), on_value=np.float32(1), off_value=np.float32(0), axis=0))


def shapes():
  x = feed(f(4, 1, 6))
  case("Shape", R.Shape(input=x))
  case("Shape_long", R.Shape(input=x, out_type=tf.int64))
  case("ShapeN", R.ShapeN(input=[x, feed(f(2))]))
  case("Size", R.Size(input=x))
  case("Rank", R.Rank(input=x))
  case("Reshape", R.Reshape(tensor=x, shape=feed(np.int32([-1, 3]))))
  case("ExpandDims", R.ExpandDims(input=x, axis=np.int32(-2)))
  case("Squeeze", R.Squeeze(input=x))
  case("Squeeze_1", R.Squeeze(input=feed(f(1, 2, 1)), axis=[-1]))
  case("EnsureShape", R.EnsureShape(input=x, shape=[None, 1, 6]))
  case("Range", R.Range(start=feed(np.int32(3)), limit=np.int32(20), delta=np.int32(4)))
  case("Range_down", R.Range(start=feed(np.int64(3)), limit=np.int64(-20), delta=np.int64(-4)))
  case("Range_float", R.Range(start=feed(np.float32(0)), limit=np.float32(1), delta=np.float32(0.25)))
  case("Fill", R.Fill(dims=feed(np.int32([2, 3])), value=np.float32(4)))
  case("ZerosLike", R.ZerosLike(x=feed(i(0, 9, 3))))
  case("OnesLike", R.OnesLike(x=feed(f(2, 3))))
  for k, (source, target) in enumerate([(f(50) * 100, tf.int32), (f(50) * 100, tf.int64), (i(-5, 5, 9), tf.float32), (i(0, 3, 9), tf.bool),
                                        (f(9) > 0, tf.float32), (f(9), tf.float64), (f(9), tf.float16), (f(9).astype(np.float16), tf.float32),
                                        (np.int64([1 << 33, -5, 7]), tf.int32), (i(0, 255, 9).astype(np.uint8), tf.int32), (i(0, 200, 9), tf.uint8),
                                        (f(9).round(), tf.bool)]):
    case("Cast_%d" % k, R.Cast(x=feed(source), DstT=target))
  case("Bitcast", R.Bitcast(input=feed(f(5)), type=tf.int32))
  case("Identity", [R.Identity(input=x), R.Snapshot(input=x), R.StopGradient(input=x), R.PreventGradient(input=x), R.CheckNumerics(tensor=x, message="m")])
  case("IdentityN", R.IdentityN(input=[x, feed(i(0, 5, 2))]))
  case("PlaceholderWithDefault", R.PlaceholderWithDefault(input=feed(f(2)), shape=[2]))


def normalizations():
  case("Softmax", R.Softmax(logits=feed(f(5, 40) * 5)))
  case("Softmax_3", R.Softmax(logits=feed(f(2, 3, 7))))
  case("LogSoftmax", R.LogSoftmax(logits=feed(f(5, 40) * 5)))
  for op in ["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"]:
    for training in (False, True):
      result = getattr(R, op)(x=feed(f(20, 1, 1, 70)), scale=feed(f(70)), offset=feed(f(70)), mean=feed(f(0) if training else f(70)),
                              variance=feed(f(0) if training else np.abs(f(70))), epsilon=0.001, is_training=training)
      case("%s_%d" % (op, training), [result[0]] + (list(result[1:3]) if training else []))


def loops():
  x = feed(f(7, 3, 4))
  source = v1.TensorArray(tf.float32, 7).unstack(x)
  target = v1.TensorArray(tf.float32, 7)
  def body(t, state, kept):
    state = tf.cond(tf.equal(t % 2, 0), lambda: state + source.read(t), lambda: state * 0.5)
    _, inner = v1.while_loop(lambda k, _: k < t, lambda k, s: (k + 1, s + 1.0), [0, state])
    return t + 1, state, kept.write(t, inner)
  t, state, kept = v1.while_loop(lambda t, *_: t < 7, body, [0, tf.zeros([3, 4]), target])
  case("while", [t, state, kept.stack(), kept.size()])
  flag = feed(np.array(False))
  case("cond", v1.cond(flag, lambda: tf.constant(1.0) / 0.0, lambda: tf.reduce_sum(x)))
  case("case", v1.case([(x[0, 0, 0] > 100, lambda: tf.constant(1)), (x[0, 0, 0] < 100, lambda: tf.constant(2))], lambda: tf.constant(3)))
  grown = v1.TensorArray(tf.float32, 0, dynamic_size=True, infer_shape=False).write(2, x[0]).write(0, x[1]).write(1, x[2])
  case("grown", [grown.read(2), grown.size()])
  with tf.control_dependencies([v1.Assert(tf.reduce_all(x < 1000), [x])]):
    case("assert", tf.identity(x))


def variables():
  ref = v1.get_variable("ref", initializer=f(3, 4), use_resource=False)
  res = v1.get_variable("res", initializer=f(6, 4), use_resource=True)
  parts = v1.get_variable("parts", [5, 3], partitioner=v1.fixed_size_partitioner(2), use_resource=False, initializer=v1.random_normal_initializer(seed=1))
  case("ref", [ref + 1.0, ref])
  case("res", [res * 2.0, tf.gather(res, feed(np.int32([3, 0])))])
  case("parts", tf.convert_to_tensor(parts))


def draws():
  with tf.Graph().as_default():
    pass
  for k, (seed, seed2) in enumerate([(7, 0), (0, 9), (87654321, 3), (-5, 1 << 40)]):
    case("RandomUniform_%d" % k, R.RandomUniform(shape=feed(np.int32([3, 7]), False), dtype=tf.float32, seed=seed, seed2=seed2))
    case("RandomStandardNormal_%d" % k, R.RandomStandardNormal(shape=feed(np.int32([101]), False), dtype=tf.float32, seed=seed, seed2=seed2))
    case("RandomUniformInt_%d" % k, R.RandomUniformInt(shape=feed(np.int32([33]), False), minval=np.int32(-5), maxval=np.int32(17), seed=seed, seed2=seed2))


def main():
  folder = sys.argv[1] if len(sys.argv) > 1 else "."
  os.chdir(folder)
  with tf.Graph().as_default(), v1.Session() as session:
    for group in [unary, binary, reductions, matrices, moves, gathers, shapes, normalizations, loops, variables, draws]:
      group()
    saver = v1.train.Saver()
    session.run(v1.global_variables_initializer())
    saver.save(session, "./operators", write_state=False)
    feeds = {name + ":0": value for name, value in inputs.items()}
    np.savez_compressed("expected.npz", **session.run(outputs, feeds))
    np.savez_compressed("inputs.npz", **inputs)


if __name__ == "__main__":
  main()
