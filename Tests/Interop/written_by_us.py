"""ckpt-tool writes, TensorFlow reads: each operation on checkpoints, every tensor compared bit for bit."""
import hashlib
import os

import numpy as np
import tensorflow as tf

from harness import BFLOAT16, TF2, check, checksum, identical, model, read, same, save, tensorflow_reads, tool, v1

MODEL = model(1, 1234)
save("model.ckpt-1234", MODEL)
SOURCE = "model.ckpt-1234"


def copies_exactly(source, copy):
  """A no-op copy has the very bytes that TensorFlow wrote."""
  tool("keep", source, "*", "-o", copy)
  identical(source + ".data-00000-of-00001", copy + ".data-00000-of-00001")
  identical(source + ".index", copy + ".index")


def restores(prefix, name, dtype):
  """Through RestoreV2, the operation that graphs use."""
  def op():
    return tf.raw_ops.RestoreV2(prefix=prefix, tensor_names=[name], shape_and_slices=[""], dtypes=[dtype])[0]
  if TF2:
    return op().numpy()
  with v1.Session(graph=tf.Graph()) as session:
    return session.run(op())


@check("a copy that changes nothing has TensorFlow's own bytes")
def _():
  copies_exactly(SOURCE, "copy")
  # Names with little in common, so that the index has more than one block of 256 KiB.
  many = {hashlib.sha512(b"%d" % i).hexdigest() * 2: np.float32(i) for i in range(1500)}
  save("many", dict(sorted(many.items())))
  copies_exactly("many", "many_copy")
  big = {"a": np.arange(3000000, dtype=np.float32), "b": np.array([b"x" * 300000, b""], dtype=object)}
  save("big", big)
  copies_exactly("big", "big_copy")
  if TF2:
    written = tf.train.Checkpoint(v=tf.Variable(tf.random.normal([40, 50])), s=tf.Variable("text")).write("object")
    copies_exactly(written, "object_copy")


@check("rename")
def _():
  tool("rename", SOURCE, "s/^$//", "-o", "same")
  identical("same.index", SOURCE + ".index")
  tool("rename", SOURCE, "s/^tower\\/fc([0-9])/net\\/layer\\1/", "-o", "renamed")
  tensorflow_reads("renamed", {n.replace("tower/fc", "net/layer"): t for n, t in MODEL.items()})


@check("cast to float16, bfloat16, float32, by glob and size")
def _():
  extremes = np.array([0.0, -0.0, 1e-8, 6e-8, 65504, 65519.99, 65520, -1e6, np.inf, -np.inf, 1 + 2 ** -11,
                       1 + 3 * 2 ** -11, 3.4e38], np.float32)
  random = np.random.RandomState(0).randn(100000).astype(np.float32) * 300
  source = {"extremes": extremes, "ids": np.arange(4), "random": random, "step": np.float32(3)}
  save("wide", source)
  for short, dtype in [("f16", np.float16), ("bf16", BFLOAT16)]:
    tool("cast", "--to", short, "--min-elements", "2", "wide", "-o", short)
    with np.errstate(over="ignore"):
      expected = {n: t.astype(dtype) if n in ("extremes", "random") else t for n, t in source.items()}
    tensorflow_reads(short, expected)
    tool("cast", "--to", "f32", short, "-o", short + "_wide")
    wide = {n: t.astype(np.float32) if t.dtype == dtype else t for n, t in expected.items()}
    tensorflow_reads(short + "_wide", wide)
  tool("cast", "--to", "f16", "--saturate", "--only", "rand*", "--only", "extremes", "wide", "-o", "saturated")
  found = read("saturated")["extremes"]
  assert np.isfinite(found[np.isfinite(extremes)]).all(), found
  assert found.max() == np.inf, "an infinity must stay one"


@check("reshard, keep, drop, merge, set")
def _():
  tool("reshard", "3", SOURCE, "-o", "sharded")
  assert os.path.exists("sharded.data-00002-of-00003")
  tensorflow_reads("sharded", MODEL)
  tool("reshard", "1", "sharded", "-o", "unsharded")
  tensorflow_reads("unsharded", MODEL)
  assert checksum("sharded") == checksum(SOURCE) == checksum("unsharded")
  slots = {n for n in MODEL if "/Adam" in n}
  tool("keep", SOURCE, "*/Adam*", "-o", "slots")
  tensorflow_reads("slots", {n: t for n, t in MODEL.items() if n in slots})
  tool("drop", SOURCE, "*/Adam*", "-o", "bare")
  tensorflow_reads("bare", {n: t for n, t in MODEL.items() if n not in slots})
  tool("merge", "slots", "bare", "-o", "merged")
  tensorflow_reads("merged", MODEL)
  value = np.random.RandomState(2).randn(64, 33).astype(np.float32)
  np.save("value.npy", value)
  np.save("fresh.npy", np.asfortranarray(np.arange(12, dtype=np.int16).reshape(3, 4)))
  tool("set", SOURCE, "tower/fc1/weights=value.npy", "brand/new=fresh.npy", "-o", "set")
  expected = dict(MODEL)
  expected["tower/fc1/weights"] = value
  expected["brand/new"] = np.arange(12, dtype=np.int16).reshape(3, 4)
  tensorflow_reads("set", expected)


@check("operators of a graph restore what we wrote")
def _():
  same(restores("merged", "tower/fc1/weights", tf.float32), MODEL["tower/fc1/weights"], "weights")
  same(restores("f16", "extremes", tf.float16), read("f16")["extremes"], "half")


@check("partitioned variables restore from a sliced copy")
def _():
  def graph():
    with v1.variable_scope("emb", use_resource=False):
      cut = v1.get_variable("w", shape=(10, 3, 2), partitioner=v1.fixed_size_partitioner(4, 0),
                            initializer=v1.random_uniform_initializer())
    return cut, v1.train.Saver(sharded=True)

  with tf.Graph().as_default():
    cut, saver = graph()
    with v1.Session() as session:
      session.run(v1.global_variables_initializer())
      saver.save(session, "./cut")
      value = session.run(tf.convert_to_tensor(cut))
  tool("keep", "cut", "*", "-o", "cut_copy")
  tool("rename", "cut", "s/^emb/table/", "-o", "cut_renamed")
  with tf.Graph().as_default():
    cut, saver = graph()
    with v1.Session() as session:
      saver.restore(session, "./cut_copy")
      same(session.run(tf.convert_to_tensor(cut)), value, "emb/w")
  same(read("cut_renamed")["table/w"], value, "table/w")


@check("the state file we write names the checkpoint that TensorFlow finds")
def _():
  os.makedirs("folder")
  for step in (5, 6):
    save("folder/model.ckpt-%d" % step, {"global_step": np.int64(step)})
  tool("state", "folder", "--set", "model.ckpt-5")
  assert tf.train.latest_checkpoint("folder") == "folder/model.ckpt-5", tf.train.latest_checkpoint("folder")
  tool("state", "folder", "--repair")
  assert tf.train.latest_checkpoint("folder") is not None
