"""training_graphs.py FOLDER MILLIONS RUNS: writes graphs of what training does most (steps.meta), runs them by
TensorFlow, and the update of weights by numpy and memory itself by memcpy. Prints lines of NAME SECONDS, the fastest of
RUNS: copy (a copy of as many bytes as the update reads and writes, half of them each way), numpy, and the graph's
targets by TensorFlow."""
import os
import sys
import time

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
v1.disable_eager_execution()
R = tf.raw_ops
folder, millions, runs = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
count = int(millions * 1e6)


def variable(name, shape, value=None):
  initial = tf.fill(shape, value) if value is not None else R.RandomStandardNormal(shape=shape, dtype=tf.float32, seed=1, seed2=2) * 0.1
  return v1.get_variable(name, initializer=initial, use_resource=False)


def fastest(body):
  body()
  best = float("inf")
  for _ in range(runs):
    start = time.perf_counter()
    body()
    best = min(best, time.perf_counter() - start)
  return best


def adam():
  w, m, v, g = (variable(name, [count], value) for name, value in (("w", None), ("m", 0.0), ("v", 0.1), ("g", None)))
  scalars = [tf.constant(x, tf.float32) for x in (0.9, 0.999, 1e-4, 0.9, 0.999, 1e-8)]
  # As the reference clips each variable's gradient by its norm.
  clipped = v1.clip_by_norm(g, 1.0)
  for name, gradient in (("adam", g.read_value()), ("clip_adam", clipped)):
    with tf.control_dependencies([R.ApplyAdam(var=w._ref(), m=m._ref(), v=v._ref(), beta1_power=scalars[0], beta2_power=scalars[1], lr=scalars[2],
                                              beta1=scalars[3], beta2=scalars[4], epsilon=scalars[5], grad=gradient)]):
      tf.no_op(name)


def batch_norm():
  rows, channels = 48000, 1152
  x, dy = variable("x", [rows, 1, 1, channels]), variable("dy", [rows, 1, 1, channels])
  scale, offset = variable("scale", [channels], 1.0), variable("offset", [channels], 0.0)
  forward = R.FusedBatchNorm(x=x, scale=scale, offset=offset, mean=[], variance=[], epsilon=1e-3, is_training=True)
  with tf.control_dependencies([forward[0]]):
    tf.no_op("batch_norm")
  backward = R.FusedBatchNormGrad(y_backprop=dy, x=x, scale=scale, reserve_space_1=offset, reserve_space_2=scale, epsilon=1e-3, is_training=True)
  with tf.control_dependencies([backward[0], backward[1]]):
    tf.no_op("batch_norm_gradient")


ROWS, DEPTH, COLUMNS = 24000, 1024, 4096


def product():
  # The clusters of a bag of 80 videos' frames, and the gradient of their weights.
  x, w, g = variable("frames", [ROWS, DEPTH]), variable("clusters", [DEPTH, COLUMNS]), variable("dy_clusters", [ROWS, COLUMNS])
  for name, result in (("product", tf.matmul(x, w)), ("product_gradient", tf.matmul(x, g, transpose_a=True))):
    with tf.control_dependencies([result]):
      tf.no_op(name)


def lstm():
  time_steps, batch, width, units = 50, 128, 1152, 512
  x = variable("lstm_x", [time_steps, batch, width])
  state = dict(cs_prev=variable("c", [batch, units], 0.0), h_prev=variable("h", [batch, units], 0.0), w=variable("kernel", [width + units, 4 * units]),
               wci=variable("p", [units], 0.0), wcf=variable("p1", [units], 0.0), wco=variable("p2", [units], 0.0), b=variable("b", [4 * units], 0.0))
  forward = R.BlockLSTM(seq_len_max=tf.constant(time_steps, tf.int64), x=x, **state)
  with tf.control_dependencies([forward.h]):
    tf.no_op("lstm")
  backward = R.BlockLSTMGrad(seq_len_max=tf.constant(time_steps, tf.int64), x=x, use_peephole=False, cs_grad=tf.zeros_like(forward.cs),
                             h_grad=forward.h, **state, **forward._asdict())
  with tf.control_dependencies([backward.w_grad, backward.x_grad]):
    tf.no_op("lstm_gradient")


def by_numpy():
  w, m, v, g = (np.full(count, value, np.float32) for value in (0.1, 0, 0.1, 0.01))
  room = np.empty(count, np.float32)
  rate = np.float32(1e-4 * np.sqrt(1 - 0.999) / (1 - 0.9))

  def step():
    np.subtract(g, m, out=room)
    np.multiply(room, np.float32(0.1), out=room)
    np.add(m, room, out=m)
    np.multiply(g, g, out=room)
    np.subtract(room, v, out=room)
    np.multiply(room, np.float32(0.001), out=room)
    np.add(v, room, out=v)
    np.sqrt(v, out=room)
    np.add(room, np.float32(1e-8), out=room)
    np.divide(m, room, out=room)
    np.multiply(room, rate, out=room)
    np.subtract(w, room, out=w)

  print("numpy", fastest(step), flush=True)
  # The update reads four numbers and writes three of each weight.
  source, target = np.ones(count * 7 // 2, np.float32), np.zeros(count * 7 // 2, np.float32)
  print("copy", fastest(lambda: np.copyto(target, source)), flush=True)
  del w, m, v, g, room, source, target
  # numpy multiplies by cblas_sgemm, on all cores.
  x, w, g = (np.random.rand(*shape).astype(np.float32) for shape in ((ROWS, DEPTH), (DEPTH, COLUMNS), (ROWS, COLUMNS)))
  print("sgemm", fastest(lambda: x @ w), flush=True)
  print("sgemm_gradient", fastest(lambda: x.T @ g), flush=True)


with tf.Graph().as_default() as graph:
  for group in (adam, batch_norm, product, lstm):
    group()
  v1.global_variables_initializer()
  v1.train.export_meta_graph(os.path.join(folder, "steps.meta"))
  if millions > 0:
    # Else TensorFlow would take out what nothing but a control edge asks for.
    config = v1.ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    config.graph_options.optimizer_options.opt_level = -1
    with v1.Session(config=config) as session:
      session.run("init")
      for name in sys.argv[4:]:
        print(name, fastest(lambda: session.run(name)), flush=True)
by_numpy()
