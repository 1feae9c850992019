"""fake-filter against the 2018 1st place's scripts, re-stated in Python: same numbers, same records, same rows."""
import csv
import glob
import gzip
import io
import os
import subprocess

import numpy as np
import reference_filter
import tensorflow as tf
from harness import check

TOOL = os.environ["FAKE_FILTER"]
FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Fixtures", "fakes")
v1 = tf.compat.v1
random = np.random.RandomState(2018)


def run(*arguments, **kwargs):
  """Standard output of fake-filter, which must succeed."""
  done = subprocess.run([TOOL] + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kwargs)
  assert done.returncode == 0, "%s: status %d: %s" % (arguments, done.returncode, done.stderr.decode())
  return done.stdout


def feature(**kind):
  return tf.train.Feature(**kind)


def strings(*values):
  return feature(bytes_list=tf.train.BytesList(value=values))


def frames(id, rgb):
  """A frame-level record with the frames `rgb`, uint8, and some sound."""
  lists = {
    "rgb": tf.train.FeatureList(feature=[strings(row.tobytes()) for row in rgb]),
    "audio": tf.train.FeatureList(feature=[strings(bytes(random.bytes(128))) for _ in rgb]),
  }
  labels = feature(int64_list=tf.train.Int64List(value=random.randint(0, 3862, 3)))
  return tf.train.SequenceExample(
    context=tf.train.Features(feature={"id": strings(id), "labels": labels}),
    feature_lists=tf.train.FeatureLists(feature_list=lists))


def means(id, rgb):
  """A video-level record."""
  return tf.train.Example(features=tf.train.Features(feature={
    "id": strings(id), "mean_rgb": feature(float_list=tf.train.FloatList(value=rgb))}))


def write(path, messages, compression="NONE"):
  options = v1.io.TFRecordOptions(getattr(v1.io.TFRecordCompressionType, compression))
  with tf.io.TFRecordWriter(path, options) as writer:
    for message in messages:
      writer.write(message.SerializeToString())


def read(path, compression="NONE"):
  options = v1.io.TFRecordOptions(getattr(v1.io.TFRecordCompressionType, compression))
  return [tf.train.SequenceExample.FromString(record) for record in v1.io.tf_record_iterator(path, options)]


def scanned(*paths):
  rows = csv.DictReader(io.StringIO(run("scan", *paths).decode()))
  return [(row["vids"], float(row["std"] or "nan")) for row in rows]


os.mkdir("source")
expected = []
for shard in range(5):
  messages = []
  for i in range(40):
    id = "%04d" % (40 * shard + i)
    count = random.randint(1, 30)
    rgb = random.randint(0, 256, (count, 1024)).astype(np.uint8)
    if i % 3 == 0:
      rgb = random.randint(120, 136, (300, 1024)).astype(np.uint8)
    expected.append((id, (rgb.astype(np.float64).mean(0) * (4 / 255.)).std()))
    messages.append(frames(id.encode(), rgb))
  write("source/test%d.tfrecord" % shard, messages)
open("source/notes.txt", "w").close()


@check("scan of frames gives numpy's standard deviations")
def _():
  found = scanned("source/*.tfrecord")
  assert [id for id, _ in found] == [id for id, _ in expected]
  worst = max(abs(a - b) for (_, a), (_, b) in zip(found, expected))
  assert worst < 1e-12, worst
  assert {std > 0.1 for _, std in found} == {True, False}


@check("scan of means gives numpy's standard deviations")
def _():
  rows = [(b"m%03d" % i, (random.randn(1024) * 10.0 ** random.randint(-6, 6)).astype(np.float32)) for i in range(200)]
  write("means.tfrecord", [means(id, rgb) for id, rgb in rows])
  for (id, rgb), (found, std) in zip(rows, scanned("means.tfrecord")):
    right = rgb.astype(np.float64).std()
    assert found == id.decode() and abs(std - right) <= 1e-12 * right, (id, std, right)


@check("filter leaves the records that the reference's filter leaves")
def _():
  with open("table.csv", "w") as table:
    table.write(run("scan", "source/*.tfrecord").decode())
  reference_filter.run("source", "theirs", "table.csv")
  run("filter", "-s", "source", "-d", "ours", "-c", "table.csv")
  names = sorted(os.path.basename(path) for path in glob.glob("theirs/*"))
  assert names == sorted(os.listdir("ours")) and len(names) == 5, names
  kept = 0
  for name in names:
    ours, theirs = read("ours/" + name), read("theirs/" + name)
    assert ours == theirs, name
    kept += len(ours)
  assert 0 < kept < 200, kept


@check("filter drops and keeps as the reference does when rows are missing, empty or repeated")
def _():
  for table in ["vids_by_std.csv", "vids_by_std_reordered.csv"]:
    reference_filter.run(FIXTURES + "/records", "theirs_" + table, FIXTURES + "/" + table)
    run("filter", "--source_folder", FIXTURES + "/records", "--dest_folder", "ours_" + table, "--csv_file",
        FIXTURES + "/" + table, "--missing", "drop")
    for name in ["test00.tfrecord", "test02.tfrecord"]:
      ours = read("ours_%s/%s" % (table, name))
      assert ours == read("theirs_%s/%s" % (table, name)) == read("%s/slim/%s" % (FIXTURES, name)), name


@check("filter of gzipped records leaves gzipped records")
def _():
  os.mkdir("zipped")
  write("zipped/a.tfrecord", read("source/test0.tfrecord"), "GZIP")
  run("filter", "-s", "zipped", "-d", "zipped_ours", "-c", "table.csv")
  assert read("zipped_ours/a.tfrecord", "GZIP") == read("ours/test0.tfrecord")


def rows(path):
  with open(path, "rb") as file:
    data = file.read()
  return (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode().splitlines()


@check("splice gives the reference's submission, gzipped by name, and the same bytes each time")
def _():
  good, bad = FIXTURES + "/good.csv", FIXTURES + "/badreplace.csv"
  run("splice", "-o", good, "-f", bad, "-s", "submission.csv.gz")
  with gzip.open("submission.csv.gz") as file:
    data = file.read()
  assert data.decode().splitlines() == rows(FIXTURES + "/submission.csv") == rows(good) + rows(bad)[1:]
  assert data == run("splice", "--good_file", good, "--fake_file", bad)
  run("splice", "-o", good, "-f", bad, "-s", "again.csv.gz", "--threads", "1")
  with open("submission.csv.gz", "rb") as a, open("again.csv.gz", "rb") as b:
    assert a.read() == b.read()


@check("rows and splice complete a submission for exactly the videos that filter dropped")
def _():
  run("rows", "table.csv", "-o", "bad.csv")
  dropped = {row.split(",")[0] for row in rows("bad.csv")[1:]}
  kept = {m.context.feature["id"].bytes_list.value[0].decode() for p in glob.glob("ours/*") for m in read(p)}
  assert dropped | kept == {id for id, _ in expected} and not dropped & kept
