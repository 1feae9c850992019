"""Records that tfrecord-tool makes: from JSON, from frames, from nothing. TensorFlow parses them, numpy computes again."""
import json
import os
import struct
import subprocess

import numpy as np
import tensorflow as tf

from harness import check, v1

TOOL = os.environ["TFRECORD_TOOL"]
Feature, Features = tf.train.Feature, tf.train.Features


def tool(*arguments, **options):
  """Standard output of tfrecord-tool, which must succeed."""
  done = subprocess.run(
      [TOOL] + [str(a) for a in arguments], input=options.get("input"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
  assert done.returncode == 0, "%s: %s" % (" ".join(map(str, arguments)), done.stderr.decode())
  return done.stdout


def read(path):
  return list(v1.io.tf_record_iterator(path))


random = np.random.RandomState(3)


def feature():
  """A feature of any kind, with values that are hard to print."""
  kind = random.randint(5)
  if kind == 0:
    return Feature()
  if kind == 1:
    return Feature(bytes_list=tf.train.BytesList(value=[random.bytes(random.randint(20)) for _ in range(3)]))
  if kind == 2:
    return Feature(bytes_list=tf.train.BytesList(value=[u"\u2028 \"\\\n\u00e9\U0001f600".encode("utf-8"), b""]))
  if kind == 3:
    return Feature(int64_list=tf.train.Int64List(value=[0, -1, 2**63 - 1, -2**63, random.randint(1000)]))
  values = random.randint(0, 2**32, size=random.randint(50), dtype=np.uint32).view(np.float32)
  return Feature(float_list=tf.train.FloatList(value=values))


def features():
  names = [u"id", u"labels", u"r\u00e9sum\u00e9", u"", u"mean_rgb"]
  return Features(feature={name: feature() for name in names[:random.randint(len(names) + 1)]})


def example():
  return tf.train.Example(features=features())


def sequence():
  lists = {name: tf.train.FeatureList(feature=[feature() for _ in range(random.randint(4))]) for name in ["rgb", "audio"]}
  return tf.train.SequenceExample(context=features(), feature_lists=tf.train.FeatureLists(feature_list=lists))


def semantics(message):
  """What a message says, with NaNs made equal: their payload bits are not text."""
  for_features = lambda f: {
      k: (v.WhichOneof("kind"), list(v.bytes_list.value), list(v.int64_list.value),
          [("nan" if x != x else struct.pack("<f", x)) for x in v.float_list.value]) for k, v in f.feature.items()}
  if isinstance(message, tf.train.Example):
    return for_features(message.features)
  lists = {k: [for_features(Features(feature={"": f})) for f in v.feature]
           for k, v in message.feature_lists.feature_list.items()}
  return for_features(message.context), lists


for make, kind in [(example, tf.train.Example), (sequence, tf.train.SequenceExample)]:
  @check("cat | from-json keeps what 500 messages of %s say" % kind.__name__)
  def _():
    messages = [make() for _ in range(500)]
    with tf.io.TFRecordWriter("given") as writer:
      for message in messages:
        writer.write(message.SerializeToString())
    tool("from-json", "-", "-o", "back", "-f", input=tool("cat", "given"))
    found = [kind.FromString(record) for record in read("back")]
    assert len(found) == len(messages)
    for a, b in zip(messages, found):
      assert semantics(a) == semantics(b), "%s became %s" % (a, b)

@check("index has the frames as tfrecord2idx of DALI lists them")
def _():
  tool("index", "given", "-o", "given.idx")
  at, lines = 0, []
  for record in read("given"):
    lines.append("%d %d\n" % (at, len(record) + 16))
    at += len(record) + 16
  with open("given.idx") as index:
    assert index.read() == "".join(lines)

def frames(record, name):
  values = [f.bytes_list.value[0] for f in record.feature_lists.feature_list[name].feature]
  return np.array([np.frombuffer(v, np.uint8) for v in values])


def dequantized(frames):
  """As the readers of the published solutions: max 2, min -2, in float32."""
  return frames.astype(np.float32) * np.float32(4 / 255.0) + np.float32(4 / 512.0 - 2)


@check("made-up videos parse as the readers of the solutions parse them")
def _():
  tool("synth", "--videos", 40, "--shards", 3, "--level", "frame", "--frames", "5-30", "-o", "frames")
  names = ["frames-%05d-of-00003.tfrecord" % i for i in range(3)]
  records = [r for name in names for r in read(name)]
  assert len(records) == 40
  for record in records:
    parsed = tf.train.SequenceExample.FromString(record)
    assert set(parsed.context.feature) == {"id", "labels"}
    assert frames(parsed, "rgb").shape[1] == 1024 and frames(parsed, "audio").shape[1] == 128
  shown = [json.loads(line) for line in tool("cat", "--decode", "yt8m", *names).splitlines()]
  for line, record in zip(shown, records):
    parsed = tf.train.SequenceExample.FromString(record)
    assert line["id"].encode() == parsed.context.feature["id"].bytes_list.value[0]
    assert line["labels"] == list(parsed.context.feature["labels"].int64_list.value)
    assert line["frames"] == {name: len(frames(parsed, name)) for name in ["audio", "rgb"]}

@check("pool is numpy's mean and deviation of the dequantized frames")
def _():
  tool("pool", "--std", "frames-*.tfrecord", "-o", "pooled")
  names = ["frames-%05d-of-00003.tfrecord" % i for i in range(3)]
  videos = [tf.train.SequenceExample.FromString(r) for name in names for r in read(name)]
  pooled = [tf.train.Example.FromString(r) for r in read("pooled")]
  assert len(pooled) == len(videos)
  for video, example in zip(videos, pooled):
    found = example.features.feature
    assert found["id"] == video.context.feature["id"] and found["labels"] == video.context.feature["labels"]
    for name in ["rgb", "audio"]:
      values = dequantized(frames(video, name)).astype(np.float64)
      np.testing.assert_allclose(found["mean_" + name].float_list.value, values.mean(0), rtol=0, atol=3e-7)
      np.testing.assert_allclose(found["std_" + name].float_list.value, values.std(0), rtol=0, atol=3e-7)

@check("convert to .npz and back: numpy has the frames, TensorFlow the records")
def _():
  tool("convert", "frames-*.tfrecord", "-o", "frames.npz")
  arrays = np.load("frames.npz")
  names = ["frames-%05d-of-00003.tfrecord" % i for i in range(3)]
  records = [r for name in names for r in read(name)]
  stacked = np.concatenate([frames(tf.train.SequenceExample.FromString(r), "rgb") for r in records])
  assert any(a.dtype == np.uint8 and a.shape == stacked.shape and (a == stacked).all() for a in arrays.values())
  tool("convert", "frames.npz", "-o", "again")
  again = read("again")
  assert [tf.train.SequenceExample.FromString(r) for r in again] == [
      tf.train.SequenceExample.FromString(r) for r in records]
