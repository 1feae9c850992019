"""What the interoperability scripts share: reporting, running ckpt-tool, reading and writing through TensorFlow."""
import json
import os
import subprocess
import sys
import time

import numpy as np
import tensorflow as tf

from checks import LeftOut, check  # noqa: F401 (the scripts import them from here)

v1 = tf.compat.v1
v1.logging.set_verbosity("ERROR")
TF2 = tf.__version__.startswith("2")
TOOL = os.environ["CKPT_TOOL"]
BFLOAT16 = tf.bfloat16.as_numpy_dtype


def tool(*arguments):
  """Standard output of ckpt-tool, which must succeed."""
  done = subprocess.run([TOOL] + [str(a) for a in arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
  if done.returncode != 0:
    raise AssertionError("%s: status %d: %s" % (" ".join(map(str, arguments)), done.returncode, done.stderr.decode()))
  return done.stdout


def listing(path):
  """name -> (dtype, shape, bytes) as `ls --json` has it."""
  answer = json.loads(tool("ls", "--json", path))
  return {t["name"]: (t["dtype"], list(t["shape"]), t["bytes"]) for t in answer["tensors"]}


def checksum(path):
  return tool("checksum", path).split()[0]


def same(found, expected, what=""):
  """Demands equal dtype, shape and bytes (so -0 is not 0, and a NaN equals itself)."""
  found, expected = np.asarray(found), np.asarray(expected)
  assert found.dtype == expected.dtype, "%s: dtype %s, not %s" % (what, found.dtype, expected.dtype)
  assert found.shape == expected.shape, "%s: shape %s, not %s" % (what, found.shape, expected.shape)
  if expected.dtype == object:
    equal = found.tolist() == expected.tolist()
  else:
    equal = np.ascontiguousarray(found).tobytes() == np.ascontiguousarray(expected).tobytes()
  if not equal:
    where = [] if expected.dtype == object else np.argwhere(np.atleast_1d(found != expected))[:1].tolist()
    raise AssertionError("%s: values differ, first at %s" % (what, where))


def identical(a, b):
  with open(a, "rb") as first, open(b, "rb") as second:
    assert first.read() == second.read(), "%s and %s differ" % (a, b)


def save(prefix, tensors, slices=None):
  """SaveV2 of name -> array or tensor maker, in the given order."""
  names = list(tensors)
  slices = slices or [""] * len(names)

  def run():
    values = [t() if callable(t) else tf.constant(t) for t in tensors.values()]
    return tf.raw_ops.SaveV2(prefix=prefix, tensor_names=names, shape_and_slices=slices, tensors=values)

  if TF2:
    run()
  else:
    with v1.Session(graph=tf.Graph()) as session:
      session.run(run())


def read(prefix):
  """name -> array of every tensor, by TensorFlow's own reader."""
  reader = v1.train.NewCheckpointReader(prefix)
  return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def tensorflow_reads(prefix, expected):
  """Demands that TensorFlow finds exactly these tensors in the checkpoint."""
  found = read(prefix)
  assert sorted(found) == sorted(expected), "names: %s" % sorted(set(found) ^ set(expected))[:5]
  for name, value in expected.items():
    same(found[name], value, name)


def model(seed, step=0):
  """The tensors of a small training checkpoint: weights, Adam slots, counters, and every kind of dtype we treat apart."""
  random = np.random.RandomState(seed)
  tensors = {}
  for layer, shape in [("tower/fc1/weights", (64, 33)), ("tower/fc1/biases", (33,)), ("tower/fc2/weights", (33, 7))]:
    for slot in ["", "/Adam", "/Adam_1"]:
      tensors[layer + slot] = random.randn(*shape).astype(np.float32)
  tensors["beta1_power"] = np.float32(0.9 ** (seed + 1))
  tensors["global_step"] = np.int64(step)
  tensors["half"] = random.randn(41).astype(np.float16)
  tensors["brain"] = random.randn(3, 5).astype(np.float32).astype(BFLOAT16)
  tensors["double"] = random.randn(9)
  tensors["empty"] = np.zeros((0, 3), np.float32)
  tensors["ids"] = np.arange(12, dtype=np.int32).reshape(3, 4)
  tensors["mask"] = np.array([True, False, True])
  tensors["words"] = np.array([b"", b"abc", b"\x00\xff" * 80], dtype=object)
  return dict(sorted(tensors.items()))
