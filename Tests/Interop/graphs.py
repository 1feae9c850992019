"""Graphs that we edit: TensorFlow builds and trains models, the library rewrites their .meta, TensorFlow runs both."""
import os
import subprocess

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

from harness import check, read, same, v1

v1.disable_eager_execution()
if hasattr(v1, "disable_control_flow_v2"):
  v1.disable_control_flow_v2()
PROBE = os.environ["GRAPH_PROBE"]
X = np.random.RandomState(5).randn(7, 8).astype(np.float32)


def probe(*arguments):
  """What graph-probe prints; it must succeed."""
  done = subprocess.run([PROBE] + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
  if done.returncode != 0:
    raise AssertionError("%s: %s" % (" ".join(arguments), done.stderr.decode()))
  return done.stdout.decode()


def parse(path):
  with open(path, "rb") as file:
    return meta_graph_pb2.MetaGraphDef.FromString(file.read())


def save(name, tensors):
  """The path of a checkpoint with these tensors, in this folder."""
  path = os.path.abspath(name)
  with tf.Graph().as_default(), v1.Session() as session:
    session.run(tf.raw_ops.SaveV2(
        prefix=path, tensor_names=list(tensors), shape_and_slices=[""] * len(tensors),
        tensors=[tf.constant(t) for t in tensors.values()]))
  return path


def build(prefix, resource, seed):
  """A trained model with a loop, a conditional, a partitioned variable and Adam's slots, saved at `prefix`."""
  with tf.Graph().as_default(), v1.variable_scope("tower", use_resource=resource):
    v1.set_random_seed(seed)
    x = v1.placeholder(tf.float32, [None, 8], "x")
    frames = v1.placeholder(tf.int32, [None], "frames")
    big = v1.get_variable("big", [8, 32])
    inner = v1.get_variable("inner", [32, 32])
    parts = v1.get_variable("parts", [32, 6], partitioner=v1.fixed_size_partitioner(3))
    bias = v1.get_variable("bias", [6], initializer=v1.zeros_initializer())
    hidden = tf.tanh(tf.matmul(x, big))
    _, hidden = v1.while_loop(lambda i, h: i < 3, lambda i, h: (i + 1, tf.tanh(tf.matmul(h, inner))), [0, hidden])
    total = tf.reduce_sum(frames)
    hidden = v1.cond(total > 0, lambda: hidden * 2.0, lambda: hidden - tf.reduce_sum(bias))
    answer = tf.sigmoid(tf.matmul(hidden, tf.convert_to_tensor(parts)) + bias, name="answer")
    for name, tensor in [("input_batch_raw", x), ("num_frames", frames), ("predictions", answer)]:
      v1.add_to_collection(name, tensor)
    step = v1.train.get_or_create_global_step()
    # Not the parts: TensorFlow misnames the slots of partitioned variables so that it cannot read them itself.
    trained = [big, inner, bias]
    train = v1.train.AdamOptimizer(0.01).minimize(tf.reduce_mean(answer), global_step=step, var_list=trained)
    saver = v1.train.Saver()
    with v1.Session() as session:
      session.run(v1.global_variables_initializer())
      for _ in range(3):
        session.run(train, {x: X, frames: [1]})
      return saver.save(session, prefix)


def predict(meta, checkpoint):
  """The predictions of the model at `meta` with the values at `checkpoint`."""
  with tf.Graph().as_default(), v1.Session() as session:
    v1.train.import_meta_graph(meta).restore(session, checkpoint)
    return answer(session)


def answer(session, which=0):
  x, frames, predictions = (v1.get_collection(c)[which] for c in ("input_batch_raw", "num_frames", "predictions"))
  return session.run(predictions, {x: X, frames: [1]})


def imported(meta, **how):
  """name -> (op, inputs, colocations), and the collections, of the graph that TensorFlow makes of `meta`."""
  with tf.Graph().as_default() as graph:
    saver = v1.train.import_meta_graph(meta, **how)
    nodes = {n.name: (n.op, list(n.input), list(n.attr["_class"].list.s)) for n in graph.as_graph_def().node}
    collections = {}
    for name in graph.get_all_collection_keys():
      items = graph.get_collection(name)
      collections[name] = [str(i.to_proto()) if hasattr(i, "to_proto") else getattr(i, "name", i) for i in items]
    return nodes, collections, str(saver.as_saver_def())


for kind, resource in [("references", False), ("resources", True)]:
  prefix = build(os.path.abspath("model_%s.ckpt" % kind), resource, 1)
  meta = prefix + ".meta"
  values = read(prefix)
  names = ["tower/big", "tower/inner"]
  expected = predict(meta, prefix)

  @check("%s: a copied graph is the same message" % kind)
  def _():
    probe("copy", meta, "copy.meta")
    assert parse(meta) == parse("copy.meta")
    same(predict("copy.meta", prefix), expected)

  @check("%s: every tensor of the checkpoint is a variable's" % kind)
  def _():
    keys = {line.split("\t")[0] for line in probe("variables", meta).splitlines()}
    assert keys == set(values), keys ^ set(values)

  @check("%s: nodes are put in an order in which they can run" % kind)
  def _():
    order = probe("order", meta).split()
    assert sorted(order) == sorted(n.name for n in parse(meta).graph_def.node)

  @check("%s: a scope has the names that import_meta_graph gives" % kind)
  def _():
    probe("scope", "S", meta, "scoped.meta")
    ours, theirs = imported("scoped.meta"), imported(meta, import_scope="S")
    for mine, its in zip(ours[0], theirs[0]):
      assert ours[0][mine] == theirs[0].get(mine), (mine, ours[0][mine], theirs[0].get(mine))
    assert sorted(ours[0]) == sorted(theirs[0])
    for name in theirs[1]:
      assert ours[1].get(name) == theirs[1][name], (name, ours[1].get(name), theirs[1][name])
    assert ours[2] == theirs[2], (ours[2], theirs[2])
    same(predict("scoped.meta", prefix), expected)

  @check("%s: two models in scopes share nothing" % kind)
  def _():
    second = build(os.path.abspath("second_%s.ckpt" % kind), resource, 2)
    with tf.Graph().as_default(), v1.Session() as session:
      savers = []
      for scope, path in [("model_0", prefix), ("model_1", second)]:
        probe("scope", scope, path + ".meta", scope + ".meta")
        savers.append((v1.train.import_meta_graph(scope + ".meta"), path))
      for saver, path in savers:
        saver.restore(session, path)
      same(answer(session, 0), expected)
      same(answer(session, 1), predict(second + ".meta", second))

  @check("%s: a pruned graph predicts the same and forgets the training" % kind)
  def _():
    probe("prune", meta, "pruned.meta")
    same(predict("pruned.meta", prefix), expected)
    pruned = parse("pruned.meta")
    assert not [n.name for n in pruned.graph_def.node if "Adam" in n.name]
    assert len(pruned.graph_def.node) < len(parse(meta).graph_def.node) / 2

  @check("%s: a rebuilt saver restores and saves all" % kind)
  def _():
    probe("saver", meta, "saver.meta")
    with tf.Graph().as_default(), v1.Session() as session:
      saver = v1.train.import_meta_graph("saver.meta")
      saver.restore(session, prefix)
      again = read(saver.save(session, os.path.abspath("again.ckpt")))
    assert sorted(again) == sorted(values)
    for name, value in values.items():
      same(again[name], value, name)

  kept = {k: v for k, v in values.items() if "Adam" not in k and not k.startswith("tower/beta")}
  rounded = dict(values)
  rounded.update({n: values[n].astype(np.float16).astype(np.float32) for n in names})

  @check("%s: variables narrowed in place" % kind)
  def _():
    probe("prune", meta, "pruned.meta")
    probe("narrow", "pruned.meta", "narrow.meta", *names)
    narrow = save("narrow.ckpt", dict(kept, **{n: values[n].astype(np.float16) for n in names}))
    same(predict("narrow.meta", narrow), predict(meta, save("rounded.ckpt", rounded)))
    with tf.Graph().as_default(), v1.Session() as session:
      v1.train.import_meta_graph("narrow.meta")
      session.run(v1.global_variables_initializer())
      answer(session)

  @check("%s: variables replaced by float16 ones" % kind)
  def _():
    probe("prune", meta, "pruned.meta")
    probe("float16", "pruned.meta", "float16.meta", *names)
    stored = {k: v for k, v in kept.items() if k not in names}
    stored.update({n + "float16": values[n].astype(np.float16) for n in names})
    same(predict("float16.meta", save("float16.ckpt", stored)), predict(meta, save("rounded.ckpt", rounded)))
    assert not set(names) & {n.name for n in parse("float16.meta").graph_def.node}

  @check("%s: variables replaced by codes and codebooks" % kind)
  def _():
    probe("prune", meta, "pruned.meta")
    probe("codebook", "pruned.meta", "codebook.meta", *names)
    stored, decoded = {k: v for k, v in kept.items() if k not in names}, dict(values)
    for name in names:
      space = np.linspace(values[name].min(), values[name].max(), 256).astype(np.float32)
      codes = np.abs(values[name][..., None] - space).argmin(-1).astype(np.uint8)
      stored.update({name + "_quants": codes, name + "_space": space})
      decoded[name] = space[codes]
    same(predict("codebook.meta", save("codebook.ckpt", stored)), predict(meta, save("decoded.ckpt", decoded)))
    with tf.Graph().as_default(), v1.Session() as session:
      v1.train.import_meta_graph("codebook.meta")
      session.run(v1.global_variables_initializer())
      answer(session)
