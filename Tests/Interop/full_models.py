"""Two models of 2019 at their published sizes, 74 and 236 million weights: what the reference predicted, `trainer infer`
must predict with the graph that we build, and TensorFlow with the same."""
import json
import os
import subprocess

import numpy as np
import tensorflow as tf

from harness import LeftOut, check, v1
from settings_of_2019 import hyperparameters

v1.disable_eager_execution()
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Fixtures", "zoo2019_full")
CLASSES = 3862


def draws(name, count):
  """The numbers in [0, 1) that stand for a variable's elements: SplitMix64 from the FNV-1a hash of its name."""
  seed = 0xCBF29CE484222325
  for byte in name.encode():
    seed = (seed ^ byte) * 0x100000001B3 % 2**64
  with np.errstate(over="ignore"):
    z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
  return (z >> np.uint64(40)).astype(np.float32) / np.float32(2**24)


def weights(name, shape, model):
  """The value that the reference was run with: computed from the name, as no file could hold so much."""
  u = draws(name, int(np.prod(shape)))
  r, last, number = 2 * u - 1, name.split("/")[-1], np.float32
  if last == "gamma":
    values = 1 + number(0.25) * r
  elif last in ("beta", "bias", "biases"):
    values = number(0.2) * r
  elif last == "moving_mean":
    values = number(0.05) * r
  elif last == "moving_variance":
    is_wide = "gating" in name or ("hidden1_bn" in name and "eXt" in model)
    values = number(0.3) + number(1.4) * u if is_wide else number(0.01) + number(0.09) * u
  else:
    values = r * number(2 / np.sqrt(shape[-2] if len(shape) > 1 else shape[-1]))
  return values.astype(np.float32).reshape(shape)


def save(prefix, values):
  """Writes a checkpoint; values are fed, since a graph may not hold so much."""
  with tf.Graph().as_default(), v1.Session() as session:
    holders = [v1.placeholder(value.dtype, value.shape) for value in values.values()]
    session.run(
        tf.raw_ops.SaveV2(prefix=prefix, tensor_names=list(values), shape_and_slices=[""] * len(values), tensors=holders),
        dict(zip(holders, values.values())))


def records(path, quantized, counts):
  """Writes videos `v0`, `v1`, … of frames as bytes."""
  def feature(kind, values):
    return tf.train.Feature(**{kind + "_list": {"bytes": tf.train.BytesList, "int64": tf.train.Int64List}[kind](value=values)})

  with tf.io.TFRecordWriter(path) as writer:
    for number, (frames, count) in enumerate(zip(quantized, counts)):
      context = {"id": feature("bytes", [b"v%d" % number]), "labels": feature("int64", [0])}
      lists = {
          name: tf.train.FeatureList(feature=[feature("bytes", [row.tobytes()]) for row in part])
          for name, part in (("rgb", frames[:count, :1024]), ("audio", frames[:count, 1024:]))}
      writer.write(tf.train.SequenceExample(
          context=tf.train.Features(feature=context),
          feature_lists=tf.train.FeatureLists(feature_list=lists)).SerializeToString())


def by_us(prefix, path, shape):
  """What `trainer infer` predicts of all classes."""
  done = subprocess.run(
      [os.environ["TRAINER"], "infer", "-q", "-m", prefix, path, "--top_k", str(CLASSES)],
      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
  assert done.returncode == 0, done.stderr.decode()
  found = np.zeros(shape, np.float32)
  for line in done.stdout.decode().splitlines()[1:]:
    video, pairs = line.split(",")
    words = pairs.split()
    found[int(video[1:]), [int(word) for word in words[::2]]] = [float(word) for word in words[1::2]]
  return found


def by_tensorflow(prefix, raw, counts):
  with tf.Graph().as_default() as graph, v1.Session() as session:
    v1.train.import_meta_graph(prefix + ".meta", clear_devices=True).restore(session, prefix)
    x, n, y = (graph.get_collection(c)[0] for c in ("input_batch_raw", "num_frames", "predictions"))
    return session.run(y, {x: raw, n: counts})


def full_size(name):
  if os.environ.get("INTEROP_LARGE") == "0":
    raise LeftOut("INTEROP_LARGE=0")
  with open(os.path.join(FOLDER, name + ".json")) as file:
    case = json.load(file)
  arrays = np.load(os.path.join(FOLDER, name + ".npz"))
  quantized, counts = arrays["input_quantized"], arrays["num_frames"].astype(np.int32)
  values = {}
  for variable, facts in case["variables"].items():
    values[variable] = weights(variable, facts["shape"], case["model"])
    # Else the numbers of all that follows would mean nothing.
    assert np.abs(values[variable].ravel()[:3] - facts["first"]).max() < 1e-6, variable
  values["global_step"] = np.zeros((), np.int32)
  weights_path, export = name + "-weights", name + "-export"
  save(weights_path, values)
  os.mkdir(export)
  # The file of BERT's settings that was used is the published one, whose sizes are the defaults.
  flags = {key: value for key, value in case["flags"].items() if key != "bert_config_file"}
  done = subprocess.run(
      [os.environ["MODEL_PROBE"], "export", "tm", case["model"], weights_path, str(quantized.shape[1]), "1024,128",
       str(CLASSES), "1", export] + ["%s=%s" % item for item in hyperparameters(flags).items()],
      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
  assert done.returncode == 0, done.stderr.decode()
  records("videos.tfrecord", quantized, counts)
  found = by_us(export + "/inference_model", "videos.tfrecord", arrays["predictions"].shape)
  difference = np.abs(found - arrays["predictions"]).max()
  assert difference < 1e-5, "we differ by %g" % difference
  raw = quantized.astype(np.float32) * np.float32(4 / 255) + np.float32(4 / 512 - 2)
  raw[np.arange(raw.shape[1])[None, :] >= counts[:, None]] = 0
  difference = np.abs(by_tensorflow(export + "/inference_model", raw, counts) - arrays["predictions"]).max()
  assert difference < 1e-5, "TensorFlow differs by %g" % difference


for case in sorted(name[:-5] for name in os.listdir(FOLDER) if name.endswith(".json")):
  check("%s at its published size, here and in TensorFlow %s" % (case, tf.__version__))(lambda: full_size(case))
