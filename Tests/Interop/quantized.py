"""Models that quantize makes: TensorFlow trains and exports, quantize edits checkpoint and graph, TensorFlow runs both."""
import json
import os
import subprocess

import numpy as np
import tensorflow as tf

from harness import check, read, same, v1

v1.disable_eager_execution()
if hasattr(v1, "disable_control_flow_v2"):
  v1.disable_control_flow_v2()
X = np.random.RandomState(5).randn(7, 8).astype(np.float32)


def quantize(*arguments):
  """Standard output of quantize, which must succeed."""
  done = subprocess.run([os.environ["QUANTIZE"]] + [str(a) for a in arguments], stdout=subprocess.PIPE,
                        stderr=subprocess.PIPE)
  if done.returncode != 0:
    raise AssertionError("%s: status %d: %s" % (" ".join(map(str, arguments)), done.returncode, done.stderr.decode()))
  return done.stdout.decode()


def build(prefix, resource, train):
  """A model with a loop, a conditional and, if trained, Adam's slots, saved at `prefix`."""
  with tf.Graph().as_default(), v1.variable_scope("tower", use_resource=resource):
    v1.set_random_seed(3)
    x = v1.placeholder(tf.float32, [None, 8], "x")
    frames = v1.placeholder(tf.int32, [None], "frames")
    big = v1.get_variable("big", [8, 37])
    inner = v1.get_variable("inner", [37, 37])
    cube = v1.get_variable("cube", [3, 37, 5])
    bias = v1.get_variable("bias", [5], initializer=v1.zeros_initializer())
    hidden = tf.tanh(tf.matmul(x, big))
    _, hidden = v1.while_loop(lambda i, h: i < 3, lambda i, h: (i + 1, tf.tanh(tf.matmul(h, inner))), [0, hidden])
    hidden = v1.cond(tf.reduce_sum(frames) > 0, lambda: hidden * 2.0, lambda: hidden - tf.reduce_sum(bias))
    answer = tf.sigmoid(tf.reduce_sum(tf.tensordot(hidden, cube, [[1], [1]]), 1) + bias, name="answer")
    for name, tensor in [("input_batch_raw", x), ("num_frames", frames), ("predictions", answer)]:
      v1.add_to_collection(name, tensor)
    step = v1.train.get_or_create_global_step()
    operation = v1.train.AdamOptimizer(0.01).minimize(tf.reduce_mean(answer), global_step=step) if train else None
    saver = v1.train.Saver()
    with v1.Session() as session:
      session.run(v1.global_variables_initializer())
      if train:
        for _ in range(3):
          session.run(operation, {x: X, frames: [1]})
      return saver.save(session, prefix)


def predict(meta, checkpoint, initialize=False):
  """The predictions of the model at `meta` with the values at `checkpoint`."""
  with tf.Graph().as_default(), v1.Session() as session:
    saver = v1.train.import_meta_graph(meta)
    if initialize:
      session.run(v1.global_variables_initializer())
    saver.restore(session, checkpoint)
    x, frames, predictions = (v1.get_collection(c)[0] for c in ("input_batch_raw", "num_frames", "predictions"))
    return session.run(predictions, {x: X, frames: [1]})


NAMES = ["tower/big", "tower/inner", "tower/cube"]
WAYS = [["--transform-type", t] for t in ["float16", "quant_uniform", "quant_kmeans", "quant_quantile"]]
WAYS += [["--transform-type", "quant_kmeans", "--bits", b] for b in range(2, 8)]
WAYS += [["--transform_type=quant_uniform", "--bits", "5", "--unused", "drop"], ["--max-error", "0.01"]]
FLAGS = {"model": "M", "feature_names": "rgb"}

for kind, resource, train in [("references", False, False), ("resources", True, False), ("training", False, True)]:
  os.makedirs(kind)
  prefix = build(os.path.abspath(kind + "/model.ckpt"), resource, train)
  with open(kind + "/model_flags.json", "w") as file:
    json.dump(FLAGS, file)
  values = read(prefix)
  prune = ["--prune"] if train else []

  for number, way in enumerate(WAYS):
    made = os.path.abspath("%s_%d/made" % (kind, number))
    back = os.path.abspath("%s_%d_back/back" % (kind, number))

    @check("%s: %s predicts as its dequantized weights do" % (kind, " ".join(map(str, way))))
    def _():
      quantize("--model", prefix, "--savefile", made, "--min_elements", 100, *(way + prune))
      quantize("dequantize", "--model", made, "--savefile", back, "-q")
      stored, decoded = read(made), read(back)
      assert not set(NAMES) & set(stored) and set(NAMES) <= set(decoded)
      for name in NAMES:
        assert decoded[name].shape == values[name].shape and decoded[name].dtype == np.float32
      expected = predict(back + ".meta", back)
      same(predict(made + ".meta", made), expected)
      same(predict(made + ".meta", made, initialize=True), expected)
      # The dequantized weights fit the graph that TensorFlow wrote.
      if not train:
        same(predict(prefix + ".meta", back), expected)
      with open(os.path.dirname(made) + "/model_flags.json") as file:
        assert json.load(file) == FLAGS

  @check("%s: a report tells the errors that numpy finds" % kind)
  def _():
    report = json.loads(quantize("report", "--json", "%s_5/made" % kind, prefix))
    decoded = read(os.path.abspath("%s_5_back/back" % kind))
    for tensor in report["tensors"]:
      error = decoded[tensor["name"]].astype(np.float64) - values[tensor["name"]]
      assert np.isclose(tensor["mse"], np.mean(error ** 2), rtol=1e-12)
      assert np.isclose(tensor["worst"], np.abs(error).max(), rtol=1e-6)
      power = np.sum(values[tensor["name"]].astype(np.float64) ** 2)
      assert np.isclose(tensor["snr_db"], 10 * np.log10(power / np.sum(error ** 2)), rtol=1e-9)

  @check("%s: codes and levels are numpy's" % kind)
  def _():
    for number, levels in [(1, lambda x: np.linspace(x.min(), x.max(), 256)),
                           (3, lambda x: np.percentile(x, np.arange(256) / 255.0 * 100))]:
      stored = read(os.path.abspath("%s_%d/made" % (kind, number)))
      for name in NAMES:
        exact = values[name].astype(np.float64)
        space = levels(exact)
        np.testing.assert_allclose(stored[name + "_space"], space.astype(np.float32), rtol=2e-7)
        codes = np.argmin((exact[..., None] - space) ** 2, axis=-1)
        assert (codes != stored[name + "_quants"]).sum() <= (0 if number == 1 else 2)

  @check("%s: k-means is no worse than Lloyd's steps by numpy" % kind)
  def _():
    report = json.loads(quantize("report", "--json", "%s_6/made" % kind, prefix))
    for tensor in report["tensors"]:
      x = np.sort(values[tensor["name"]].astype(np.float64).ravel())
      centers = np.percentile(x, np.arange(0.5, 8) / 8 * 100)
      for _ in range(100):
        codes = np.searchsorted((centers[1:] + centers[:-1]) / 2, x)
        centers = np.array([x[codes == c].mean() for c in range(8)])
      assert tensor["mse"] <= np.mean((x - centers[codes]) ** 2) * (1 + 1e-6), tensor

  @check("%s: quantizing what is quantized changes nothing" % kind)
  def _():
    quantize("--model", "%s_2/made" % kind, "--savefile", kind + "_twice/made", "--min-elements", 20,
             "--transform-type", "quant_kmeans", "-q")
    once, twice = read("%s_2/made" % kind), read(kind + "_twice/made")
    assert sorted(once) == sorted(twice)
    for name in once:
      same(once[name], twice[name], name)
    same(predict(kind + "_twice/made.meta", kind + "_twice/made"), predict("%s_2/made.meta" % kind, "%s_2/made" % kind))
