"""TensorFlow writes, ckpt-tool reads: every kind of checkpoint that this version of TensorFlow makes."""
import io
import os

import numpy as np
import tensorflow as tf

from harness import TF2, check, checksum, listing, read, same, save, tool, v1

NUMPY_NATIVE = {"float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
                "uint64", "bool", "complex64", "complex128"}


def agrees(prefix):
  """Names, dtypes, shapes, sizes and bytes, against TensorFlow's reader; and all checksums hold."""
  reader = v1.train.NewCheckpointReader(prefix)
  shapes, dtypes = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
  found = listing(prefix)
  assert sorted(found) == sorted(shapes), "names: %s" % sorted(set(found) ^ set(shapes))[:5]
  for name, (dtype, shape, size) in found.items():
    assert shape == list(shapes[name]), "%s: shape %s, not %s" % (name, shape, shapes[name])
    assert dtype == dtypes[name].name, "%s: dtype %s, not %s" % (name, dtype, dtypes[name].name)
    if dtype in ("string", "variant"):
      continue
    value = np.asarray(reader.get_tensor(name))
    raw = np.ascontiguousarray(value).tobytes()
    assert size == len(raw), "%s: %d bytes, not %d" % (name, size, len(raw))
    assert tool("cat", "--raw", prefix, name) == raw, "%s: values differ" % name
    if dtype in NUMPY_NATIVE:
      same(np.load(io.BytesIO(tool("cat", "--npy", prefix, name))), value, name)
  tool("verify", "-q", prefix)


def every_dtype():
  """A maker for each dtype that this TensorFlow can both build and save."""
  random = np.random.RandomState(3)
  makers = {}
  for dtype in ["float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "uint16",
                "uint32", "uint64", "complex64", "complex128", "float8_e5m2", "float8_e4m3fn", "int4", "uint4"]:
    kind = getattr(tf, dtype, None) or getattr(getattr(tf.dtypes, "experimental", None), dtype, None)
    if kind is not None:
      value = (random.rand(3, 5) * 7).astype(kind.as_numpy_dtype)
      makers[dtype] = lambda value=value, kind=kind: tf.constant(value, kind)
  for dtype, carrier in [("qint8", tf.int8), ("quint8", tf.uint8), ("qint16", tf.int16), ("quint16", tf.uint16),
                         ("qint32", tf.int32)]:
    value = random.randint(0, 100, (2, 3)).astype(carrier.as_numpy_dtype)
    makers[dtype] = lambda value=value, kind=getattr(tf, dtype): tf.bitcast(tf.constant(value), kind)
  makers["bool"] = lambda: tf.constant([True, False, True])
  makers["scalar"] = lambda: tf.constant(1.5)
  makers["empty"] = lambda: tf.zeros([0, 3])
  makers["empty_string"] = lambda: tf.constant(np.zeros((0,), object), tf.string)
  makers["string"] = lambda: tf.constant([b"", b"abc", b"\x00\xff" * 80])
  supported = {}
  for name, maker in makers.items():
    try:
      save("probe", {name: maker})
    except Exception:  # Which dtypes exist differs from version to version.
      continue
    supported[name] = maker
  return supported


@check("every dtype that TensorFlow saves")
def _():
  makers = every_dtype()
  assert len(makers) >= 20, sorted(makers)
  save("dtypes", makers)
  agrees("dtypes")
  print("     " + " ".join(sorted(makers)))


@check("names of any bytes: spaces, quotes, Unicode, control characters")
def _():
  names = ["a b", "a\"b", "a'b", "é/ü", "a\\b", "tab\there", "*", "[x]", "-dash", "a.b", "a/b", "a/b/c"]
  save("names", {n: np.float32(i) for i, n in enumerate(names)})
  found = listing("names")
  assert sorted(found) == sorted(names), sorted(found)
  for i, name in enumerate(names):
    assert tool("cat", "--raw", "names", "--", name) == np.float32(i).tobytes(), name


@check("strings keep their bytes in a copy")
def _():
  words = np.array([[b"", b"x"], [b"\n\x00\xff", b"y" * 70000]], dtype=object)
  save("words", {"words": words})
  tool("keep", "words", "*", "-o", "words_copy")
  same(read("words_copy")["words"], words, "words")


@check("sharded files, variables cut in slices")
def _():
  value = np.arange(60, dtype=np.float32).reshape(10, 3, 2)
  graph = tf.Graph()
  with graph.as_default():
    with v1.variable_scope("emb", use_resource=False):
      cut = v1.get_variable("w", shape=value.shape, partitioner=v1.fixed_size_partitioner(4, 0),
                            initializer=v1.random_uniform_initializer(seed=3))
      v1.get_variable("u", shape=(5, 7), partitioner=v1.fixed_size_partitioner(2, 1),
                      initializer=v1.random_uniform_initializer(seed=4))
    with tf.device("/cpu:1"):
      v1.Variable(tf.range(6.0), name="one", use_resource=False)
    with tf.device("/cpu:2"):
      v1.Variable(b"str", name="text", use_resource=False)
    savers = {sharded: v1.train.Saver(sharded=sharded) for sharded in (False, True)}
    with v1.Session(config=v1.ConfigProto(device_count={"CPU": 3})) as session:
      session.run(v1.global_variables_initializer())
      savers[False].save(session, "./cut")
      savers[True].save(session, "./cut_sharded")
      value = session.run(tf.convert_to_tensor(cut))
  assert os.path.exists("cut_sharded.data-00002-of-00003")
  for prefix in ["cut", "cut_sharded"]:
    agrees(prefix)
    same(np.load(io.BytesIO(tool("cat", "--npy", prefix, "emb/w"))), value, "emb/w")
  assert checksum("cut") == checksum("cut_sharded"), "sharding changes the checksum"


@check("checkpoints of version 1")
def _():
  graph = tf.Graph()
  with graph.as_default():
    kinds = [("f", [1.5, -2.5], tf.float32), ("d", [0.1], tf.float64), ("i", [1, -2], tf.int32),
             ("l", [2 ** 40, -1], tf.int64), ("b", [True, False], tf.bool), ("h", [1.0, -2.0], tf.half),
             ("u", [0, 255], tf.uint8), ("s", 3.25, tf.float32)]
    variables = {n: v1.Variable(tf.constant(x, t), name=n, use_resource=False) for n, x, t in kinds}
    with v1.variable_scope("emb", use_resource=False):
      variables["emb/w"] = v1.get_variable("w", shape=(10, 3), partitioner=v1.fixed_size_partitioner(3, 0),
                                           initializer=v1.random_uniform_initializer(seed=3))
    saver = v1.train.Saver(write_version=v1.train.SaverDef.V1)
    with v1.Session() as session:
      session.run(v1.global_variables_initializer())
      saver.save(session, "./old.ckpt")
      expected = {n: session.run(tf.convert_to_tensor(v)) for n, v in variables.items()}
  assert not os.path.exists("old.ckpt.index")
  assert sorted(listing("old.ckpt")) == sorted(expected)
  for name, value in expected.items():
    same(np.load(io.BytesIO(tool("cat", "--npy", "old.ckpt", name))), value, name)
  tool("convert", "old.ckpt", "new.ckpt")
  for name, value in read("new.ckpt").items():
    same(value, expected[name], name)
  assert checksum("old.ckpt") == checksum("new.ckpt")


@check("the newest checkpoint of a folder, by its state file")
def _():
  os.makedirs("run")
  with v1.Session(graph=tf.Graph()) as session:
    step = v1.train.get_or_create_global_step()
    saver = v1.train.Saver(max_to_keep=2)
    session.run(v1.global_variables_initializer())
    for i in range(4):
      session.run(step.assign(i))
      saver.save(session, os.path.abspath("run/model.ckpt"), global_step=i)
  assert listing("run") == listing("run/model.ckpt-3")
  assert int(tool("cat", "run", "global_step")) == 3
  assert b"model.ckpt-2" in tool("state", "run")


if TF2:
  @check("object checkpoints, CheckpointManager, several shards")
  def _():
    root = tf.train.Checkpoint(w=tf.Variable(tf.random.normal([30, 40])), step=tf.Variable(7, dtype=tf.int64),
                               deep={"a": tf.Variable(1.0), "b": [tf.Variable([1, 2, 3])]})
    agrees(root.write("object"))
    manager = tf.train.CheckpointManager(root, "managed", max_to_keep=2)
    for _ in range(3):
      last = manager.save()
    agrees(last)
    assert listing("managed") == listing(last)
    policy = getattr(tf.train.experimental, "MaxShardSizePolicy", None)
    if policy:
      options = tf.train.CheckpointOptions(experimental_sharding_callback=policy(max_shard_size=2000))
      agrees(root.write("object_sharded", options=options))
      assert not os.path.exists("object_sharded.data-00000-of-00001"), "one shard only"

  @check("Keras model with optimizer, SavedModel variables")
  def _():
    net = tf.keras.Sequential([tf.keras.layers.Input((8,)), tf.keras.layers.Dense(5), tf.keras.layers.Dense(2)])
    net.compile("adam", "mse")
    net.fit(np.ones((4, 8), np.float32), np.ones((4, 2), np.float32), verbose=0)
    agrees(tf.train.Checkpoint(model=net, optimizer=net.optimizer).save("keras/ck"))
    tf.saved_model.save(net, "saved")
    agrees("saved/variables/variables")
