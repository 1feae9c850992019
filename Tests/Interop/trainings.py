"""Trainings of ours seen by TensorFlow: event files, histograms, checkpoints, sets for distillation."""
import glob
import os
import subprocess

import numpy as np
import tensorflow as tf

from harness import check, v1

v1.disable_eager_execution()
TRAINER = os.environ["TRAINER"]
TFRECORD_TOOL = os.environ["TFRECORD_TOOL"]
MEANS = ["--feature_names", "mean_rgb,mean_audio", "--feature_sizes", "1024,128", "--num_classes", "10"]


def run(*arguments):
  done = subprocess.run([str(a) for a in arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
  assert done.returncode == 0, "%s: %s" % (" ".join(map(str, arguments)), done.stderr.decode())
  return done.stdout.decode(), done.stderr.decode()


def events(folder):
  (path,) = glob.glob(os.path.join(folder, "events.out.tfevents.*"))
  return list(v1.train.summary_iterator(path))


run(TFRECORD_TOOL, "synth", "-q", "--videos", "60", "--classes", "10", "--level", "video", "-o", "records")
_, log = run(
    TRAINER, "train", "records-*", *MEANS, "--model", "MoeModel", "--train_dir", "run", "--batch_size", "3", "--num_epochs",
    "1", "--save-checkpoint-steps", "10")
RECORDS = "records-00000-of-00001.tfrecord"


@check("TensorFlow reads the events of a training, under the reference's tags")
def numbers():
  found = events("run")
  assert found[0].file_version == "brain.Event:2"
  by_step = {}
  for event in found[1:]:
    for value in event.summary.value:
      by_step.setdefault(event.step, {})[value.tag] = value
  tags = {"model/Training_Hit@1", "model/Training_Perr", "model/Training_GAP", "global_step/Examples/Second",
          "learning_rate", "label_loss", "reg_loss"}
  assert set(by_step) == {10, 20} and tags <= set(by_step[10]), by_step
  assert abs(by_step[10]["learning_rate"].simple_value - 0.01) < 1e-9
  line = [line for line in log.splitlines() if line.startswith("training step 10 ")][0]
  assert "Loss: %.2f" % by_step[10]["label_loss"].simple_value in line, line
  assert "GAP: %.2f" % by_step[10]["model/Training_GAP"].simple_value in line, line


@check("its histograms are those that TensorFlow makes of the same values")
def histograms():
  reader = v1.train.load_checkpoint("run/model.ckpt-20")
  mine = {}
  for event in events("run"):
    for value in event.summary.value:
      if value.HasField("histo") and event.step == 20:
        mine[value.tag] = value.histo
  names = ["tower/gates/weights", "tower/experts/weights", "tower/experts/biases"]
  assert set(names) | {"model/input_raw"} <= set(mine), sorted(mine)
  with tf.Graph().as_default(), v1.Session() as session:
    for name in names:
      text = session.run(v1.summary.histogram("x", tf.constant(reader.get_tensor(name))))
      summary = v1.Summary.FromString(text)
      if not summary.value[0].HasField("histo"):
        raise AssertionError("no histogram was made")
      theirs = summary.value[0].histo
      assert list(mine[name].bucket_limit) == list(theirs.bucket_limit), name
      assert list(mine[name].bucket) == list(theirs.bucket), name
      assert (mine[name].min, mine[name].max, mine[name].num) == (theirs.min, theirs.max, theirs.num), name
      np.testing.assert_allclose(
          [mine[name].sum, mine[name].sum_squares], [theirs.sum, theirs.sum_squares], rtol=1e-9, atol=1e-9)


@check("tf.train finds the newest checkpoint, and restores it through its training graph and trains on")
def restored():
  newest = v1.train.latest_checkpoint("run")
  assert newest.endswith("run/model.ckpt-20"), newest
  with tf.Graph().as_default(), v1.Session() as session:
    saver = v1.train.import_meta_graph(newest + ".meta")
    saver.restore(session, newest)
    graph = v1.get_default_graph()
    step = [v for v in v1.global_variables() if v.op.name == "global_step"][0]
    assert session.run(step) == 20
    (train,) = set(graph.get_collection("train_op"))
    placeholders = {name: graph.get_tensor_by_name("train_input/%s:0" % name) for name in ("features", "num_frames", "labels")}
    rng = np.random.RandomState(1)
    session.run(train, {
        placeholders["features"]: rng.randn(4, 1152), placeholders["num_frames"]: np.ones(4, np.int32),
        placeholders["labels"]: rng.rand(4, 10) < 0.2})
    assert session.run(step) == 21


@check("TensorFlow keeps the averages of 2017 as we do: from the first weights on, of what they were before each step")
def averaged():
  run(TRAINER, "train", "records-*", *MEANS, "--model", "MoeModel", "--train_dir", "always", "--batch_size", "30",
      "--max_steps", "2", "--save-checkpoint-steps", "1", "--ema_halflife", "2")
  with tf.Graph().as_default(), v1.Session() as session:
    saver = v1.train.import_meta_graph("always/model.ckpt-0.meta")
    graph = v1.get_default_graph()
    names = [v.op.name for v in v1.trainable_variables()]
    assert len(names) == 3, names
    variables = [graph.get_tensor_by_name(name + ":0") for name in names]
    shadows = [graph.get_tensor_by_name("tower/%s/ExponentialMovingAverage:0" % name) for name in names]
    session.run(v1.global_variables_initializer())
    for value, average in session.run(list(zip(variables, shadows))):
      assert np.array_equal(value, average), "an average does not begin with the first value"
    saver.restore(session, "always/model.ckpt-0")
    (train,) = set(graph.get_collection("train_op"))
    inputs = [graph.get_tensor_by_name("train_input/%s:0" % name) for name in ("features", "num_frames", "labels")]
    rng = np.random.RandomState(1)
    before = [session.run(variables)]
    for _ in range(2):
      session.run(train, dict(zip(inputs, (rng.randn(4, 1152), np.ones(4, np.int32), rng.rand(4, 10) < 0.2))))
      before.append(session.run(variables))
    for name, first, second, average in zip(names, before[0], before[1], session.run(shadows)):
      assert not np.array_equal(first, second), name
      np.testing.assert_allclose(average, (first + second) / 2, rtol=1e-6, atol=1e-8, err_msg=name)
  ours = [v1.train.load_checkpoint("always/model.ckpt-%d" % step) for step in range(3)]
  for name in names:
    mean = (ours[0].get_tensor(name) + ours[1].get_tensor(name)) / 2
    average = ours[2].get_tensor("tower/%s/ExponentialMovingAverage" % name)
    np.testing.assert_allclose(average, mean, rtol=1e-6, atol=1e-8, err_msg=name)


@check("sets for distillation parse as the reference's reader parses them")
def distilled():
  run(TRAINER, "export", "--train_dir", "run")
  run(TRAINER, "distill-dataset", "--model_file", "run/inference_model", "--input_data_pattern", RECORDS, "--output_dir",
      "set", "--file_size", "25", "--batch_size", "7")
  files = sorted(glob.glob("set/*"))
  assert [os.path.basename(f) for f in files] == ["predictions-0000%d.tfrecord" % n for n in range(3)]
  features = {"video_id": tf.io.FixedLenFeature([], tf.string), "labels": tf.io.VarLenFeature(tf.int64),
              "predictions": tf.io.FixedLenFeature([10], tf.float32), "mean_rgb": tf.io.FixedLenFeature([1024], tf.float32)}
  originals = {}
  for record in v1.io.tf_record_iterator(RECORDS):
    example = tf.train.Example.FromString(record)
    originals[example.features.feature["id"].bytes_list.value[0]] = example.features.feature
  with tf.Graph().as_default(), v1.Session() as session:
    text = v1.placeholder(tf.string, [])
    parsed = tf.io.parse_single_example(text, features)
    count = 0
    for file in files:
      for record in v1.io.tf_record_iterator(file):
        example = session.run(parsed, {text: record})
        original = originals[example["video_id"]]
        assert sorted(set(original["labels"].int64_list.value)) == example["labels"].values.tolist()
        assert list(original["mean_rgb"].float_list.value) == example["mean_rgb"].tolist()
        assert (0 <= example["predictions"]).all() and (example["predictions"] <= 1).all()
        count += 1
    assert count == 60
