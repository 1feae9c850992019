"""Averages of every kind, against the reference script, and against exact arithmetic and numpy."""
import os
from fractions import Fraction

import numpy as np
import tensorflow as tf

import reference_avg
from harness import BFLOAT16, TF2, check, identical, listing, model, read, same, save, tensorflow_reads, tool, v1

FLOATS = [np.dtype(t) for t in (np.float16, np.float32, np.float64, BFLOAT16)]
SHADOW = "/ExponentialMovingAverage"


def to(dtype, value):
  """A float64 value rounded once to `dtype`; through float32 for bfloat16 only where that is exact enough to tell."""
  if dtype != np.dtype(BFLOAT16):
    return value.astype(dtype)
  # Round to nearest even on the bits of float64: numpy's own way goes through float32 and would round twice.
  bits = np.ascontiguousarray(value, np.float64).view(np.uint64).copy()
  bits += np.uint64((1 << 44) - 1) + ((bits >> np.uint64(45)) & np.uint64(1))
  bits &= ~np.uint64((1 << 45) - 1)
  return bits.view(np.float64).astype(np.float32).astype(BFLOAT16)


def weighted(checkpoints, weights):
  """What avg must give: the exact mean of floats rounded once, all else of the last, global_step 0."""
  expected = dict(checkpoints[-1])
  for name, value in expected.items():
    if np.asarray(value).dtype not in FLOATS:
      continue
    parts = [np.asarray(c[name]).astype(np.float64) for c in checkpoints]
    if np.asarray(value).dtype == np.float64:
      exact = [sum(map(lambda w, x: w * Fraction(float(x)), weights, xs)) / sum(weights)
               for xs in zip(*(p.ravel() for p in parts))]
      expected[name] = np.array([float(x) for x in exact]).reshape(value.shape)
    else:
      total = sum(part * weight for part, weight in zip(parts, weights)) / sum(weights)
      expected[name] = to(np.asarray(value).dtype, np.asarray(total))
  expected["global_step"] = np.zeros_like(expected["global_step"])
  return expected


STEPS = [100, 110, 150]
MODELS = [model(seed, step) for seed, step in enumerate(STEPS)]
PREFIXES = ["run/model.ckpt-%d" % step for step in STEPS]
os.makedirs("run")
for prefix, tensors in zip(PREFIXES, MODELS):
  save(prefix, tensors)
with open("run/checkpoint", "w") as state:
  state.write('model_checkpoint_path: "model.ckpt-150"\n')
  state.writelines('all_model_checkpoint_paths: "model.ckpt-%d"\n' % s for s in STEPS)


@check("avg equals the reference script bit for bit")
def _():
  floats = [{n: t for n, t in m.items() if np.asarray(t).dtype == np.float32} for m in MODELS]
  os.makedirs("ref")
  for step, tensors in zip(STEPS, floats):
    save("ref/model.ckpt-%d" % step, dict(sorted(dict(tensors, global_step=np.int32(step)).items())))
  names = ["ref/model.ckpt-%d" % step for step in STEPS]
  reference_avg.main("ref/theirs", names)
  tool("avg", "--prefix", "ref/model.ckpt-", "--checkpoints", ",".join(map(str, STEPS)), "--output-path", "ref/ours")
  tensorflow_reads("ref/ours-0", read("ref/theirs-0"))
  identical("ref/ours-0.data-00000-of-00001", "ref/theirs-0.data-00000-of-00001")
  identical("ref/ours-0.index", "ref/theirs-0.index")
  tool("avg", "--prefix", "ref/model.ckpt-", "--checkpoints-start-end", "105,150", "--output-path", "ref/range")
  reference_avg.main("ref/their_range", names[1:])
  tensorflow_reads("ref/range-0", read("ref/their_range-0"))


@check("avg keeps each dtype, rounding the float64 mean once")
def _():
  tool("avg", *PREFIXES, "-o", "mean")
  tensorflow_reads("mean", weighted(MODELS, [1, 1, 1]))
  tool("avg", "--prefix", "run/", "--num-last-checkpoints", "2", "-o", "last")
  tensorflow_reads("last", weighted(MODELS[1:], [1, 1]))


@check("avg --weights, --global-step max and last")
def _():
  tool("avg", "--weights", "1,2,5", "--global-step", "max", *(PREFIXES + ["-o", "weighted"]))
  expected = weighted(MODELS, [1, 2, 5])
  expected["global_step"] = np.int64(150)
  # A float64 times its weight rounds before the sum does, and terms may cancel: judged by the largest term.
  found = read("weighted")["double"]
  largest = np.max([np.abs(m["double"]) for m in MODELS], axis=0)
  assert np.all(np.abs(found - expected["double"]) <= 2 * np.spacing(largest)), "double"
  tensorflow_reads("weighted", dict(expected, double=found))
  tool("avg", "--global-step", "last", *(PREFIXES[::-1] + ["-o", "reversed"]))
  assert read("reversed")["global_step"] == 100


@check("ema fold, the decay raised to the distance of the steps")
def _():
  for name, decay, option in [("decay", 0.99, ["--decay", "0.99"]), ("life", 0.5 ** (1 / 25.0), ["--halflife", "25"])]:
    tool("ema", "fold", *(option + PREFIXES + ["-o", "fold_" + name]))
    expected = dict(MODELS[-1])
    for tensor, last in expected.items():
      dtype = np.asarray(last).dtype
      if dtype not in FLOATS:
        continue
      average = np.asarray(MODELS[0][tensor]).astype(np.float64)
      for m, distance in zip(MODELS[1:], np.diff(STEPS)):
        d = decay ** distance
        average = d * average + (1 - d) * np.asarray(m[tensor]).astype(np.float64)
      expected[tensor] = to(dtype, np.asarray(average))
    found = read("fold_" + name)
    assert sorted(found) == sorted(expected)
    for tensor, value in expected.items():
      if np.asarray(value).dtype in FLOATS and value.size:
        # The order of float64 operations is free: at most one unit in the last place where a rounding falls apart.
        a, b = (np.asarray(x).astype(np.float64) for x in (found[tensor], value))
        unit = {2: 2.0 ** -7, 4: 2.0 ** -23, 8: 2.0 ** -48}[np.asarray(value).dtype.itemsize]
        assert np.all(np.abs(a - b) <= unit * np.abs(b) + 1e-300), tensor
      else:
        same(found[tensor], value, tensor)


@check("ema init, apply and strip")
def _():
  tool("ema", "init", PREFIXES[0], "shadowed")
  found = read("shadowed")
  for name in ["tower/fc1/weights", "tower/fc2/weights", "tower/fc1/biases"]:
    same(found[name + SHADOW], MODELS[0][name], name)
  assert not [n for n in found if n.endswith(SHADOW) and "Adam" in n], "optimizer slots have shadows"
  changed = dict(found)
  for name in found:
    if name.endswith(SHADOW):
      changed[name] = (found[name].astype(np.float64) * 3).astype(found[name].dtype)
  save("trained", dict(sorted(changed.items())))
  tool("ema", "apply", "trained", "applied")
  applied = read("applied")
  for name, value in changed.items():
    if name.endswith(SHADOW):
      same(applied[name[:-len(SHADOW)]], value, name)
  tool("ema", "strip", "trained", "stripped")
  tensorflow_reads("stripped", {n: t for n, t in changed.items() if not n.endswith(SHADOW)})


@check("fill: single models into a float16 ensemble")
def _():
  random = np.random.RandomState(5)
  singles, template = [], {"global_step": np.int32(9)}
  for i, width in enumerate([6, 4]):
    single = {"tower/w": random.randn(8, width) * 40000, "tower/b": random.randn(width), "other/c": random.randn(3)}
    singles.append({n: t.astype(np.float32) for n, t in single.items()})
    save("single%d" % i, dict(sorted(singles[i].items()), global_step=np.int32(4)))
    template["tower/model%d/w" % i] = np.zeros((8, width), np.float16)
    template["tower/model%d/b" % i] = np.zeros(width, np.float32)
  template["other/c"] = np.zeros(3, np.float16)
  os.makedirs("ensemble")
  save("ensemble/inference_model_10", dict(sorted(template.items())))
  tool("fill", "--train-dir", "ensemble", "--inference-model", "inference_model_10", "--out-name", "filled",
       "--checkpoints", "single0,single1")
  expected = {"global_step": np.int32(0)}
  with np.errstate(over="ignore"):
    for name, value in template.items():
      if name != "global_step":
        i = 1 if "model1" in name else 0
        expected[name] = singles[i][name.replace("model%d/" % i, "")].astype(value.dtype)
  assert np.isinf(expected["tower/model0/w"]).any(), "the case must overflow"
  tensorflow_reads("ensemble/filled-0", expected)


@check("Saver restores an average into its graph")
def _():
  def graph():
    w = v1.get_variable("w", (5, 4), initializer=v1.random_normal_initializer(), use_resource=False)
    return w, v1.train.get_or_create_global_step()

  values = []
  with tf.Graph().as_default():
    w, step = graph()
    saver = v1.train.Saver()
    with v1.Session() as session:
      for i in range(3):
        session.run(v1.global_variables_initializer())
        saver.save(session, "./graph-%d" % i)
        values.append(session.run(w).astype(np.float64))
  tool("avg", "graph-0", "graph-1", "graph-2", "-o", "graph-mean")
  with tf.Graph().as_default():
    w, step = graph()
    with v1.Session() as session:
      v1.train.Saver().restore(session, "./graph-mean")
      same(session.run(w), (sum(values) / 3).astype(np.float32), "w")
      assert session.run(step) == 0


if TF2:
  @check("an averaged object checkpoint restores with assert_consumed")
  def _():
    def net(seed):
      tf.random.set_seed(seed)
      made = tf.keras.Sequential([tf.keras.layers.Input((8,)), tf.keras.layers.Dense(5), tf.keras.layers.Dense(2)])
      made.compile("adam", "mse")
      made.fit(np.random.rand(4, 8).astype(np.float32), np.ones((4, 2), np.float32), verbose=0)
      return made

    prefixes, values = [], []
    for i in range(3):
      trained = net(i)
      prefixes.append(tf.train.Checkpoint(model=trained, optimizer=trained.optimizer).save("object-%d" % i))
      values.append([w.astype(np.float64) for w in trained.get_weights()])
    tool("avg", *(prefixes + ["-o", "object-mean"]))
    fresh = net(9)
    tf.train.Checkpoint(model=fresh, optimizer=fresh.optimizer).restore("object-mean").assert_consumed()
    for found, parts in zip(fresh.get_weights(), zip(*values)):
      same(found, (sum(parts) / 3).astype(np.float32), "weights")

  @check("an object checkpoint without its optimizer's state restores, optimizer included")
  def _():
    def net():
      made = tf.keras.Sequential([tf.keras.layers.Input((8,)), tf.keras.layers.Dense(5)])
      made.compile("adam", "mse")
      made.fit(np.random.rand(4, 8).astype(np.float32), np.ones((4, 5), np.float32), verbose=0)
      return made

    trained = net()
    prefix = tf.train.Checkpoint(model=trained, optimizer=trained.optimizer).save("whole")
    tool("drop", "--slots", prefix, "-o", "bare")
    assert not any("/_variables/" in name for name in listing("bare")), listing("bare")
    fresh = net()
    # TensorFlow would ask for every tensor that the object graph names.
    tf.train.Checkpoint(model=fresh, optimizer=fresh.optimizer).restore("bare").expect_partial()
    for found, expected in zip(fresh.get_weights(), trained.get_weights()):
      same(found, expected, "weights")
