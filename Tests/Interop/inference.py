"""Models that TensorFlow exported, on records that it wrote and parses: predictions of trainer infer must be its own."""
import json
import os
import subprocess

import numpy as np
import tensorflow as tf

from harness import check, v1

v1.disable_eager_execution()
TOOL = os.environ["TRAINER"]
CKPT_TOOL = os.environ["CKPT_TOOL"]
FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Fixtures")
random = np.random.RandomState(2018)


def run(*arguments):
  """Standard output of trainer, which must succeed."""
  done = subprocess.run([TOOL] + [str(a) for a in arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
  assert done.returncode == 0, "%s: status %d: %s" % (arguments, done.returncode, done.stderr.decode())
  return done.stdout.decode()


def features(**lists):
  def feature(values):
    if isinstance(values[0], bytes):
      return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
    if isinstance(values[0], float):
      return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))

  return tf.train.Features(feature={name: feature(values) for name, values in lists.items()})


def frames(name, sizes, count, longest, classes):
  """A file of frame-level records, also shorter than a frame and longer than any model takes."""
  with tf.io.TFRecordWriter(name) as writer:
    for number in range(count):
      length = [longest + 5, longest, 1][number] if number < 3 else random.randint(1, longest + 1)
      lists = {
          key: tf.train.FeatureList(
              feature=[tf.train.Feature(bytes_list=tf.train.BytesList(value=[random.bytes(size)])) for _ in range(length)])
          for key, size in sizes}
      writer.write(tf.train.SequenceExample(
          context=features(id=[b"v%03d" % number], labels=labels(classes)),
          feature_lists=tf.train.FeatureLists(feature_list=lists)).SerializeToString())


def labels(classes):
  return [int(label) for label in random.choice(classes, random.randint(1, 4), replace=False)]


def means(name, sizes, count, classes):
  """A file of video-level records."""
  with tf.io.TFRecordWriter(name) as writer:
    for number in range(count):
      values = {"mean_" + key: [float(x) for x in random.randn(size).astype(np.float32)] for key, size in sizes}
      writer.write(tf.train.Example(
          features=features(id=[b"v%03d" % number], labels=labels(classes), **values)).SerializeToString())


def parsed(name, flags, rows):
  """Ids, labels, features and numbers of frames, by TensorFlow's parsers and the reference's arithmetic."""
  names, sizes = flags["feature_names"].split(","), [int(s) for s in flags["feature_sizes"].split(",")]
  out = []
  iterate = v1.io.tf_record_iterator if hasattr(v1.io, "tf_record_iterator") else v1.python_io.tf_record_iterator
  with tf.Graph().as_default(), v1.Session() as session:
    record = v1.placeholder(tf.string, [])
    ids = {"id": tf.io.FixedLenFeature([], tf.string), "labels": tf.io.VarLenFeature(tf.int64)}
    if flags["frame_features"]:
      context, lists = tf.io.parse_single_sequence_example(
          record, context_features=ids,
          sequence_features={n: tf.io.FixedLenSequenceFeature([], tf.string) for n in names})
      parts = []
      for n, size in zip(names, sizes):
        raw = tf.reshape(tf.cast(tf.io.decode_raw(lists[n], tf.uint8), tf.float32), [-1, size])
        parts.append((raw * (4.0 / 255.0) + (4.0 / 512.0 - 2.0))[:rows])
      length = tf.shape(parts[0])[0]
      matrix = tf.pad(tf.concat(parts, 1), [[0, rows - length], [0, 0]])
    else:
      context = tf.io.parse_single_example(
          record, dict(ids, **{n: tf.io.FixedLenFeature([size], tf.float32) for n, size in zip(names, sizes)}))
      matrix, length = tf.concat([context[n] for n in names], 0), tf.constant(1.0)
    truth = tf.sparse.to_dense(context["labels"])
    for payload in iterate(name):
      out.append(session.run((context["id"], truth, matrix, length), {record: payload}))
  return ([o[0].decode() for o in out], [set(o[1].tolist()) for o in out], np.stack([o[2] for o in out]),
          np.stack([o[3] for o in out]))


def flags_of(model):
  with open(os.path.join(os.path.dirname(model), "model_flags.json")) as file:
    return json.load(file)


def predicted(model, name):
  """Ids, labels and scores of all classes, by TensorFlow."""
  with tf.Graph().as_default() as graph, v1.Session() as session:
    v1.train.import_meta_graph(model + ".meta", clear_devices=True).restore(session, model)
    raw, counts, scores = (graph.get_collection(n)[0] for n in ("input_batch_raw", "num_frames", "predictions"))
    rows = int(raw.shape[1])
    ids, truth, batch, lengths = parsed(name, flags_of(model), rows)
    return ids, truth, session.run(scores, {raw: batch, counts: lengths})


def rows(text):
  """Ids and, for each, scores by label."""
  lines = text.splitlines()
  assert lines[0] == "VideoId,LabelConfidencePairs", lines[0]
  table = []
  for line in lines[1:]:
    id, pairs = line.split(",")
    words = pairs.split(" ")
    table.append((id, {int(a): float(b) for a, b in zip(words[::2], words[1::2])}))
  return table


def compare(model, name, *options):
  ids, truth, scores = predicted(model, name)
  found = rows(run("infer", "--model", model, name, "--top-k", scores.shape[1], *options))
  assert [row[0] for row in found] == ids, "order of the rows"
  for (id, row), expected in zip(found, scores):
    assert sorted(row) == list(range(len(expected)))
    worst = max(abs(row[label] - score) for label, score in enumerate(expected))
    assert worst < 1e-5, "%s differs by %g" % (id, worst)
  return truth, scores


TINY = [("rgb", 24), ("audio", 8)]
frames("tiny.tfrecord", TINY, 37, 20, 12)
means("means.tfrecord", TINY, 40, 12)
frames("wide.tfrecord", [("rgb", 1024), ("audio", 128)], 9, 300, 3862)


for group in ["graphs", "graphs_oldops", "quantized", "ensembles"]:

  @check("predictions of the models of %s" % group)
  def _():
    folder = os.path.join(FIXTURES, "models", group)
    # Those with a seed in their name draw frames at random, as TensorFlow drew them in another session.
    for name in sorted(name for name in os.listdir(folder) if "seed" not in name):
      model = os.path.join(folder, name, "inference_model")
      try:
        compare(model, "tiny.tfrecord" if flags_of(model)["frame_features"] else "means.tfrecord", "--batch-size", "11")
      except AssertionError as error:
        raise AssertionError("%s: %s" % (name, error))


@check("the tenth place's float16 ensemble: a template filled from two models")
def _():
  single = os.path.join(FIXTURES, "boliu", "single%d", "inference_model_20")
  # All frames in order, so that nothing is drawn.
  run("export", "--create_meta_only", "--force_output_model_name", "--lineage", "boliu", "--model", "NetVLADModelLF",
      "--frame_features", "--feature_names", "rgb,audio", "--feature_sizes", "1024,128", "--num_classes", "30",
      "--iterations", "300", "--sample_random_frames=False", "--gating", "--moe_prob_gating", "--float16_flag",
      "--ensemble_num", "2", "--netvlad_cluster_size", "4", "--netvlad_cluster_size", "6", "--netvlad_hidden_size", "6",
      "--netvlad_hidden_size", "5", "--ensemble_wts", "0.7", "--ensemble_wts", "0.3", "-o", "both")
  subprocess.check_call([CKPT_TOOL, "fill", "--train_dir", "both", "--inference_model", "inference_model", "--out_name",
                         "filled", "--checkpoints", ",".join(single % n for n in (1, 2))])
  _, scores = compare("both/filled-0", "wide.tfrecord")
  assert scores.shape == (9, 30) and 0 < scores.min() and scores.std(0).max() > 1e-4, scores
  kinds = [tf.as_dtype(t) for t in v1.train.load_checkpoint("both/filled-0").get_variable_to_dtype_map().values()]
  assert kinds.count(tf.float16) == 8, kinds


@check("the first place's archive is run, packed and evaluated")
def _():
  subprocess.check_call([CKPT_TOOL, "unpack", os.path.join(FIXTURES, "inference", "model.tgz"), "-o", "model"])
  truth, scores = compare("model/inference_model", "wide.tfrecord", "--output_model_tgz", "packed.tgz")
  subprocess.check_call(["tar", "xzf", "packed.tgz"])
  again = predicted("./inference_model", "wide.tfrecord")[2]
  assert np.array_equal(scores, again), "the packed model gives other scores"
  result = json.loads(run("eval", "--model_file", "model/inference_model", "wide.tfrecord", "--json"))
  labels = np.zeros(scores.shape, np.float32)
  for row, classes in enumerate(truth):
    labels[row, sorted(classes)] = 1
  with tf.Graph().as_default(), v1.Session() as session:
    p = tf.constant(scores)
    loss = session.run(tf.reduce_mean(tf.reduce_sum(
        -(labels * tf.math.log(p + 1e-5) + (1 - labels) * tf.math.log(1 - p + 1e-5)), 1)))
  assert abs(result["loss"] / loss - 1) < 1e-6, (result["loss"], loss)
  hits = np.mean([labels[row, np.argmax(scores[row])] for row in range(len(labels))])
  assert abs(result["hit@1"] - hits) < 1e-6

